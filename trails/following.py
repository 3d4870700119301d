"""
What became of the known files, judged from what the file system told and from what is there now.

Events say little for certain: an editor that saves may rename the old file away and put a new one in its place, and a
rename across folders may come as a deletion and a creation. So events only say where to look and which renames there
were; what a file became is decided by what its names hold once things are quiet.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from .bursts import Burst, Rename
from .reading import EMPTY_DIGEST, TEXT_LIMIT

SEARCHED_FILES = 50_000
SEARCHED_BYTES = 256 * 1024 * 1024  # under a second of hashing, and only when a file is missed
BACKUP_STARTS = ("#", ".#", "~$")
BACKUP_ENDS = ("~", "#", ".bak", ".backup", ".orig", ".old", ".tmp", ".swp", ".swx", "___jb_old___")


class Disk(Protocol):
    """The files as they are now; `workspace.FolderOnDisk` is one."""

    def digest(self, path: str) -> str | None: ...
    def exists(self, path: str) -> bool: ...
    def is_ignored(self, path: str) -> bool: ...
    def files(self) -> Iterable[tuple[str, int]]: ...


@dataclass(frozen=True, slots=True)
class Moved:
    """A known file, or a folder with known files, has a new name."""

    old: str
    new: str
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """A known file holds something else than is known of it."""

    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A known file is no longer there."""

    path: str


Finding = Moved | Changed | Gone


def findings(burst: Burst, known: Mapping[str, str], disk: Disk) -> list[Finding]:
    """
    What became of the files in `known` (their digests by path, "" for one not known) after a burst that has settled.

    To be told in this order: a path then always means the file that has this name at that point.
    """
    plot = _Plot(known)
    for rename in burst.renames:
        plot.follow(rename)
    found = plot.moves(disk)
    touched = _concerned(burst, plot)
    missing = {}
    for file, path in plot.names.items():
        if file not in touched and path not in touched:
            continue
        if not disk.exists(path):
            missing[path] = known[file]
        elif (digest := disk.digest(path)) and digest != known[file]:
            found.append(Changed(path, digest))
    taken = set(plot.names.values()) - missing.keys()
    fresh = (path for path in burst.fresh if path not in taken and path not in missing and disk.exists(path))
    return found + _missed(missing, fresh, disk)


def changes(burst: Burst, known: Mapping[str, str], disk: Disk) -> list[Finding]:
    """What can be said while the burst goes on: which files that stayed where they are hold something else."""
    renamed = {path for rename in burst.renames for path in (rename.old, rename.new)}
    still = (path for path in burst.touched if path in known and path not in renamed)
    digests = ((path, disk.digest(path)) for path in still)
    return [Changed(path, digest) for path, digest in digests if digest and digest != known[path]]


def reconciled(known: Mapping[str, str], disk: Disk) -> list[Finding]:
    """What became of the files in `known` while nobody watched, told by their content wherever it is now."""
    found: list[Finding] = []
    missing = {}
    for path, digest in known.items():
        if not disk.exists(path):
            missing[path] = digest
        elif (now := disk.digest(path)) and now != digest:
            found.append(Changed(path, now))
    candidates = _unknown_files(known, disk) if any(missing.values()) else ()
    return found + _missed(missing, candidates, disk)


@dataclass(frozen=True, slots=True)
class _Carried:
    """One known file that a rename carried along, and the known file whose place it took ("" for none)."""

    file: str
    old: str
    new: str
    displaced: str


class _Plot:
    """
    Which name each known file has after a number of renames.

    A file is called here by the path it had at first. `names` holds the present path of each file that is left.
    """

    def __init__(self, known: Mapping[str, str]) -> None:
        self.names = {path: path for path in known}
        self.moved: set[str] = set()
        self._at = dict(self.names)
        self._users: dict[str, set[str]] = {}  # the files that were moved to or from each path, or written over there
        self._steps: list[tuple[Rename, list[_Carried]]] = []

    def follow(self, rename: Rename) -> None:
        """Take one more rename into account."""
        inside = [rename.old] if rename.old in self._at else []
        if rename.is_folder:
            inside += [path for path in self._at if path.startswith(rename.old + "/")]
        files = {path: self._at.pop(path) for path in inside}
        carried = []
        for path, file in files.items():
            target = rename.new + path[len(rename.old) :]
            displaced = self._at.get(target, "")
            carried.append(_Carried(file, path, target, displaced))
            for used in (path, target):
                self._users.setdefault(used, set()).update({file, displaced} - {""})
            self._at[target], self.names[file] = file, target
        self._steps.append((rename, carried))
        self.moved |= set(files.values())

    def moves(self, disk: Disk) -> list[Finding]:
        """
        The renames that count, and the files that one of them wrote over.

        Where several known files had to do with one path, all renames are told as they were.
        """
        entangled = {file for users in self._users.values() if len(users) > 1 for file in users}
        staying = {file for file in self.moved - entangled if self._stays(file, disk)}
        found: list[Finding] = []
        for rename, carried in self._steps:
            going = [move for move in carried if move.file not in staying]
            found += [Gone(self.names.pop(move.displaced)) for move in going if move.displaced in self.names]
            if rename.is_folder and going and not any(file.startswith(rename.old + "/") for file in staying):
                found.append(Moved(rename.old, rename.new, is_folder=True))
                going = [move for move in going if move.old == rename.old]  # a note on the folder itself
            found += [Moved(move.old, move.new) for move in going]
        self.names |= {file: file for file in staying}
        return found

    def _stays(self, file: str, disk: Disk) -> bool:
        """Whether a file was only put aside: its name came back, or the new one is no name to follow it to."""
        name = self.names[file]
        if name == file or disk.is_ignored(name):
            return True
        return disk.exists(file) and (not disk.exists(name) or _is_backup(name) or _is_hidden(name))


def _concerned(burst: Burst, plot: _Plot) -> set[str]:
    """All paths at which something may have happened to a file."""
    folders = (
        *burst.left,
        *(path for rename in burst.renames for path in (rename.old, rename.new) if rename.is_folder),
    )
    inside = {path for path in plot.names.values() if folders and path.startswith(tuple(f"{one}/" for one in folders))}
    renamed = {path for rename in burst.renames for path in (rename.old, rename.new)}
    return burst.touched | renamed | inside | plot.moved


def _missed(missing: Mapping[str, str], candidates: Iterable[str], disk: Disk) -> list[Finding]:
    """What to say of files that are not where they were: moved to where their content is now, or gone."""
    paths_by_digest: dict[str, list[str]] = {
        digest: [] for digest in missing.values() if digest not in ("", EMPTY_DIGEST)
    }
    if paths_by_digest:
        for path in candidates:
            if not _is_backup(path):
                paths_by_digest.get(disk.digest(path) or "", []).append(path)
    found: list[Finding] = []
    for path, digest in missing.items():
        new = _most_alike(path, paths_by_digest.get(digest, []))
        if new:
            paths_by_digest[digest].remove(new)
            found.append(Moved(path, new))
        elif not disk.is_ignored(path):
            found.append(Gone(path))
    return found


def _most_alike(path: str, others: list[str]) -> str:
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


def _unknown_files(known: Mapping[str, str], disk: Disk) -> Iterable[str]:
    """Files that may be the new name of one that is missing: as many as can be read in a moment."""
    left = SEARCHED_BYTES
    for number, (path, size) in enumerate(disk.files()):
        if number >= SEARCHED_FILES or left <= 0:
            return
        if path not in known and 0 < size <= TEXT_LIMIT:
            left -= size
            yield path


def _is_hidden(path: str) -> bool:
    return path.rpartition("/")[2].startswith(".")


def _is_backup(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith(BACKUP_STARTS) or name.endswith(BACKUP_ENDS)
