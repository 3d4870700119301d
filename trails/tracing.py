"""
The ways to find a file that is not where it was: by content, in git, by its neighbours, by its lines.

Each says only what is clear. A note that is told of the wrong file misleads; one whose file is told to be gone only
waits. So two places that are equally likely are none.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from .likeness import Print, clear_pairs, common_lines, likeness, overlap
from .reading import EMPTY_DIGEST

SOUGHT_BY_LINES = 200  # files at once; more are a folder that was deleted, or a move that content and git have told
COMPARED_BY_LINES = 2_000  # new files that they are compared with
WITNESSES_READ = 100  # files besides, to tell the lines that many files have
NEIGHBOURLY = 0.9  # confidence in a file that is found where the other files of its folder went
NEIGHBOURLY_ALIKE = 0.5  # share of the lines that it has there; git asks for as much of any file anywhere
BACKUP_STARTS = ("#", ".#", "~$")
BACKUP_ENDS = ("~", "#", ".bak", ".backup", ".orig", ".old", ".tmp", ".swp", ".swx", "___jb_old___")


class Disk(Protocol):
    """The files as they are now; `workspace.FolderOnDisk` is one."""

    def digest(self, path: str) -> str | None: ...
    def lines(self, path: str) -> tuple[str, ...] | None: ...
    def exists(self, path: str) -> bool: ...
    def is_folder(self, path: str) -> bool: ...
    def is_ignored(self, path: str) -> bool: ...
    def files(self) -> Iterable[tuple[str, int]]: ...


class Clues(Protocol):
    """What helps to find a file again; `clues.FileClues` is one. Each is asked at most once for all that is sought."""

    def lost(self) -> Mapping[str, str]:
        """The files that are known to be gone, by path: their digest where they went lately, else ""."""
        ...

    def copies(self) -> Collection[str]:
        """Files that lately began as copies and have no notes of their own: one may be the new name after all."""
        ...

    def taken_back(self) -> Collection[tuple[str, str]]:
        """The moves that somebody said were none, by old and new name."""
        ...

    def renamed(self, paths: Collection[str]) -> Mapping[str, tuple[str, float]]:
        """Where git says that files went, each with a confidence."""
        ...

    def earlier(self) -> Collection[str] | None:
        """The files that were there at the last look already, so that none of them is a new name; None if unknown."""
        ...

    def prints(self, paths: Collection[str]) -> Mapping[str, Print]:
        """What is known of the lines of files as they were."""
        ...

    def digests(self, lines: Sequence[str]) -> tuple[str, ...]:
        """The digests of the lines that are not blank, to be compared with prints."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """Where a file is now, by what that is known ("content", "git", "lines"), and how surely, in (0, 1]."""

    path: str
    how: str
    confidence: float = 1.0


# ── by content ───────────────────────────────────────────────────────────────────────────────────────────────────────
def by_content(sought: Mapping[str, str], new: Sequence[str], disk: Disk) -> dict[str, Found]:
    """Where files are whose content a new file has; of several the one whose path is most alike."""
    paths_by_digest: dict[str, list[str]] = {
        digest: [] for digest in sought.values() if digest not in ("", EMPTY_DIGEST)
    }
    if paths_by_digest:
        for path in new:
            paths_by_digest.get(disk.digest(path) or "", []).append(path)
    found: dict[str, Found] = {}
    for path, digest in sought.items():
        others = paths_by_digest.get(digest, [])
        if best := _most_alike(path, others):
            others.remove(best)
            found[path] = Found(best, "content")
    return found


def _most_alike(path: str, others: Sequence[str]) -> str:
    """The one whose path ends most like `path`; "" where there is none, or two that are as good as each other."""
    ranked = sorted((_common_end(path, other), other) for other in others)
    if not ranked or (len(ranked) > 1 and ranked[-1][0] == ranked[-2][0]):
        return ""
    return ranked[-1][1]


def _common_end(path: str, other: str) -> int:
    """How many of the last parts of two paths are the same."""
    same = 0
    for one, two in zip(reversed(path.split("/")), reversed(other.split("/")), strict=False):
        if one != two:
            break
        same += 1
    return same


# ── in git ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def by_git(left: Sequence[str], taken: Collection[str], disk: Disk, clues: Clues) -> dict[str, Found]:
    """Where git says that files went, as far as they are there and no other file is."""
    told = clues.renamed(left) if left else {}
    claims = Counter(new for new, _ in told.values())
    return {
        path: Found(new, "git", sure)
        for path, (new, sure) in told.items()
        if claims[new] == 1 and new not in taken and disk.exists(new) and not disk.is_ignored(new)
    }


# ── by neighbours ────────────────────────────────────────────────────────────────────────────────────────────────────
def by_neighbours(
    sought: Mapping[str, str], found: Mapping[str, Found], new: Sequence[str], disk: Disk, clues: Clues
) -> dict[str, Found]:
    """
    Files that their content alone does not tell, such as empty ones, found where the rest of their folder went.

    There they have the same content, or half of their lines where nothing of the folder was left behind.
    """
    places = _places_of_neighbours([path for path in sought if path not in found], found, new)
    same = {path for path, place in places.items() if sought[path] and disk.digest(place) == sought[path]}
    told = {path: Found(places[path], "content", NEIGHBOURLY) for path in same}
    edited = [path for path in places if path not in same and not disk.exists(path.rpartition("/")[0])]
    for path, known in (clues.prints(edited) if edited else {}).items():
        share = overlap(known, clues.digests(disk.lines(places[path]) or ()))
        if share >= NEIGHBOURLY_ALIKE:
            told[path] = Found(places[path], "lines", NEIGHBOURLY * share)
    return told


def _places_of_neighbours(left: Sequence[str], found: Mapping[str, Found], new: Sequence[str]) -> dict[str, str]:
    """Where files would be, had they gone where most of those did that were found: only new files, each once."""
    ways: dict[str, Counter[str]] = defaultdict(Counter)
    for old, one in found.items():
        before, after = _folders(old, one.path)
        if before:
            ways[before][after] += 1
    places: dict[str, str] = {}
    for path in left:
        folder = next((folder for folder in _upwards(path) if folder in ways), "")
        target = _clearly_most(ways[folder]) if folder else None
        if target is not None:
            places[path] = (target + path[len(folder) :]).lstrip("/")
    free, claims = set(new), Counter(places.values())
    return {path: place for path, place in places.items() if place in free and claims[place] == 1}


def _folders(old: str, new: str) -> tuple[str, str]:
    """Which folder became which, given the two names of one file: what is left without the end that they share."""
    before, after = old.split("/")[:-1], new.split("/")[:-1]
    if name_of(old) != name_of(new):
        return "", ""
    while before and after and before[-1] == after[-1]:
        before.pop()
        after.pop()
    return "/".join(before), "/".join(after)


def _clearly_most(counts: Counter[str]) -> str | None:
    ranked = counts.most_common(2)
    return ranked[0][0] if len(ranked) == 1 or ranked[0][1] > ranked[1][1] else None


def _upwards(path: str) -> Iterator[str]:
    """The folders that a path lies in, nearest first, without the root."""
    while path := path.rpartition("/")[0]:
        yield path


# ── by lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def by_lines(left: Sequence[str], new: Sequence[str], disk: Disk, clues: Clues) -> dict[str, Found]:
    """Where files are that were edited as well: a new file of the same kind that has most of their lines."""
    endings = {_ending(path) for path in left}
    places = [path for path in new if _ending(path) in endings]
    if not places or not 0 < len(left) <= SOUGHT_BY_LINES or len(places) > COMPARED_BY_LINES:
        return {}
    prints = clues.prints(left)
    if not prints:
        return {}
    there = {path: clues.digests(lines) for path in places if (lines := disk.lines(path))}
    common = common_lines([*there.values(), *_witnesses(endings, there, disk, clues)])
    scores = {
        (path, place): likeness(known, lines, common)
        for path, known in prints.items()
        for place, lines in there.items()
        if _ending(path) == _ending(place)
    }
    return {path: Found(place, "lines", score) for path, (place, score) in clear_pairs(scores).items()}


def _witnesses(endings: Collection[str], but: Collection[str], disk: Disk, clues: Clues) -> list[tuple[str, ...]]:
    """The lines of some other files of these kinds."""
    read: list[tuple[str, ...]] = []
    for path, _ in disk.files():
        if len(read) == WITNESSES_READ:
            break
        if path not in but and _ending(path) in endings and (lines := disk.lines(path)):
            read.append(clues.digests(lines))
    return read


def _ending(path: str) -> str:
    """What a name ends with: a file that got another ending as well is another kind of file."""
    name = name_of(path)
    return name.rpartition(".")[2] if "." in name else ""


def name_of(path: str) -> str:
    """A path without the folders."""
    return path.rpartition("/")[2]


def is_backup(path: str) -> bool:
    """Whether a name is what editors give to a copy that they put aside."""
    name = name_of(path)
    return name.startswith(BACKUP_STARTS) or name.endswith(BACKUP_ENDS)


def is_passing(path: str) -> bool:
    """Whether a name is one that hardly stays: what an editor puts aside, or hides while it writes."""
    return is_backup(path) or name_of(path).startswith(".")
