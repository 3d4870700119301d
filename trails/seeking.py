"""
Where the known files are that are not where they were: in each other's places, in a new one, or back after a while.

`tracing.py` has the ways to find a file. Here is their order, each with what the ones before left over.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from .likeness import Print
from .reading import EMPTY_DIGEST, TEXT_LIMIT
from .tracing import Clues, Disk, Found, by_content, by_git, by_lines, by_neighbours, is_backup, name_of

SEARCHED_FILES = 50_000
SEARCHED_BYTES = 256 * 1024 * 1024  # under a second of hashing, and only when a file is missed
RETOLD_CHARACTERS = 64  # a shorter file that is found later or in another's place may be another with the same words


class NoClues:
    """Nothing but the content that is known of each file."""

    def lost(self) -> Mapping[str, str]:
        return {}

    def copies(self) -> Collection[str]:
        return ()

    def taken_back(self) -> Collection[tuple[str, str]]:
        return ()

    def renamed(self, paths: Collection[str]) -> Mapping[str, tuple[str, float]]:
        return {}

    def earlier(self) -> Collection[str] | None:
        return None

    def prints(self, paths: Collection[str]) -> Mapping[str, Print]:
        return {}

    def digests(self, lines: Sequence[str]) -> tuple[str, ...]:
        return ()


NO_CLUES = NoClues()


class Search:
    """
    Looks for missing files among those that appeared, and where that does not do, among all that are not known.

    `known` are the names of files that are taken; `fresh` those that appeared, None where nobody watched.
    """

    def __init__(self, known: Collection[str], disk: Disk, clues: Clues, fresh: Sequence[str] | None) -> None:
        self._disk, self._clues = disk, clues
        self._taken = set(known)
        self._appeared = fresh
        self._fresh: list[str] | None = None
        self._new: list[str] | None = None
        self._earlier: Collection[str] | None = None

    def find(self, missing: Mapping[str, str]) -> dict[str, Found]:
        """
        Where missing files are now, by the path that each had; those that are not found are left out.

        `missing` gives the digest of each, "" where none is known.
        """
        self._taken -= set(self._clues.copies())
        found = self._take(by_content(missing, self._fresh_files(), self._disk))
        if len(found) == len(missing):
            return found
        found |= self._take(by_content(_but(missing, found), self._new_files(), self._disk))
        found |= self._take(by_git(list(_but(missing, found)), self._taken, self._disk, self._clues))
        found |= self._take(by_neighbours(missing, found, self._new_files(), self._disk, self._clues))
        likely = self._fresh_files() or self._new_files()
        return found | self._take(by_lines(list(_but(missing, found)), likely, self._disk, self._clues))

    def regain(self, lost: Mapping[str, str]) -> dict[str, Found]:
        """Where files are that were gone until now: a new file has the same content, and enough of it."""
        if not lost or self._appeared == []:
            return {}
        places = self._new_files() if self._appeared is None else self._fresh_files()
        found = by_content(lost, places, self._disk)
        return self._take({old: one for old, one in found.items() if self._is_telling(old, one.path)})

    def _take(self, found: dict[str, Found]) -> dict[str, Found]:
        """What was found, without what somebody said is none; their places are taken from now on."""
        denied = self._clues.taken_back() if found else ()
        believed = {old: one for old, one in found.items() if (old, one.path) not in denied}
        self._taken |= {one.path for one in believed.values()}
        return believed

    def _fresh_files(self) -> list[str]:
        """What appeared and is new: a checkout writes files anew that were there before."""
        if self._fresh is None:
            self._fresh = self._unless_earlier(path for path in self._appeared or () if not is_backup(path))
        return [path for path in self._fresh if path not in self._taken]

    def _new_files(self) -> list[str]:
        if self._new is None:
            self._new = self._unless_earlier(unknown_files(self._taken, self._disk))
        return [path for path in self._new if path not in self._taken]

    def _unless_earlier(self, paths: Iterable[str]) -> list[str]:
        if self._earlier is None:
            self._earlier = self._clues.earlier() or ()
        return [path for path in paths if path not in self._earlier]

    def _is_telling(self, old: str, new: str) -> bool:
        """Whether equal content says that a file is the one that went: the name is the same, or there is enough."""
        return name_of(old) == name_of(new) or _says_enough(new, self._disk)


def exchanged(known: Mapping[str, str], changed: Mapping[str, str], disk: Disk) -> list[list[tuple[str, str]]]:
    """
    Files that have each other's names now, as their content tells: groups of (old name, new name) that belong together.

    `known` are the digests of files that are missing or hold something else, `changed` what the latter hold now. Two
    that were swapped are a group, and so is a missing file that is found in the place of another. A file that holds
    something new itself stays, even if what it held is in another's place: a copy looks the same.
    """
    owners = _unique({path: digest for path, digest in known.items() if digest not in ("", EMPTY_DIGEST)})
    holders = _unique(changed)
    ways = {owners[digest]: holders[digest] for digest in owners.keys() & holders.keys()}
    groups = []
    for start in sorted(ways, key=lambda path: (path in changed, path)):  # what is missing begins a chain
        group = []
        place = start
        while after := ways.pop(place, ""):
            group.append((place, after))
            place = after
        has_gone = start not in changed and bool(group) and _says_enough(group[0][1], disk)
        if group and (place == start or has_gone):
            groups.append(group)
    return groups


def unknown_files(known: Collection[str], disk: Disk) -> Iterator[str]:
    """Files that may be the new name of one that is missing: as many as can be read in a moment."""
    left = SEARCHED_BYTES
    for path, size in islice(disk.files(), SEARCHED_FILES):
        if path not in known and size <= TEXT_LIMIT and not is_backup(path):
            left -= size
            if left <= 0:
                return
            yield path


def _says_enough(path: str, disk: Disk) -> bool:
    lines = disk.lines(path)
    return lines is None or sum(map(len, lines)) >= RETOLD_CHARACTERS


def _unique(digests: Mapping[str, str]) -> dict[str, str]:
    """The path of each digest that only one path has."""
    counts = Counter(digests.values())
    return {digest: path for path, digest in digests.items() if counts[digest] == 1}


def _but(missing: Mapping[str, str], found: Collection[str]) -> dict[str, str]:
    return {path: digest for path, digest in missing.items() if path not in found}
