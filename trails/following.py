"""
What became of the known files, judged from what the file system told and from what is there now.

Events say little for certain: an editor that saves may rename the old file away and put a new one in its place, and a
rename across folders may come as a deletion and a creation. So events only say where to look and which renames there
were; what a file became is decided by what its names hold once things are quiet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap

from .bursts import Burst, Rename
from .copies import copied
from .seeking import NO_CLUES, Search, exchanged
from .tracing import Clues, Disk, is_passing


@dataclass(frozen=True, slots=True)
class Moved:
    """
    A known file, or a folder with known files, has a new name.

    `how` says by what that is known: it was "seen", or `seeking.Found` says so; `confidence` in (0, 1] how surely.
    """

    old: str
    new: str
    is_folder: bool = False
    how: str = "seen"
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Several known files have new names, some of which others of them had until then: to be told all at once."""

    moves: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A known file holds something else than is known of it."""

    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A known file is no longer there."""

    path: str


@dataclass(frozen=True, slots=True)
class Copied:
    """A new file has what the known file `of` holds, which is still there."""

    path: str
    of: str


Finding = Moved | Exchanged | Copied | Changed | Gone


def findings(burst: Burst, known: Mapping[str, str], disk: Disk, clues: Clues = NO_CLUES) -> list[Finding]:
    """
    What became of the files in `known` (their digests by path, "" for one not known) after a burst that has settled.

    To be told in this order: a path then always means the file that has this name at that point.
    """
    plot = _Plot(known)
    for rename in burst.renames:
        plot.follow(rename)
    found = plot.moves(disk)
    touched = _concerned(burst, plot)
    looked_at = {path: known[file] for file, path in plot.names.items() if file in touched or path in touched}
    names = {path: known[file] for file, path in plot.names.items()}
    fresh = [path for path in burst.fresh if path not in names and disk.exists(path)]
    return found + _judged(looked_at, names, disk, clues, fresh)


def changes(burst: Burst, known: Mapping[str, str], disk: Disk) -> list[Finding]:
    """What can be said while the burst goes on: which files that stayed where they are hold something else."""
    renamed = {path for rename in burst.renames for path in (rename.old, rename.new)}
    still = (path for path in burst.touched if path in known and path not in renamed)
    digests = ((path, disk.digest(path)) for path in still)
    return [Changed(path, digest) for path, digest in digests if digest and digest != known[path]]


def reconciled(known: Mapping[str, str], disk: Disk, clues: Clues = NO_CLUES) -> list[Finding]:
    """What became of the files in `known` while nobody watched, told by all that is left to go by."""
    return _judged(known, known, disk, clues)


def _judged(
    looked_at: Mapping[str, str],
    known: Mapping[str, str],
    disk: Disk,
    clues: Clues,
    fresh: Sequence[str] | None = None,
) -> list[Finding]:
    """
    What to say of some known files: which are nowhere, which are elsewhere, and which hold something else.

    `fresh` are the files that appeared; without it all that is not known is searched.
    """
    missing = [path for path, digest in looked_at.items() if _is_missing(path, digest, disk)]
    now = {path: digest for path in looked_at if path not in missing and (digest := disk.digest(path))}
    changed = {path: digest for path, digest in now.items() if digest != looked_at[path]}
    groups = exchanged({path: looked_at[path] for path in (*missing, *changed)}, changed, disk)
    left, entered = ({pair[side] for group in groups for pair in group} for side in (0, 1))
    lost = clues.lost() if missing or entered or fresh != [] else {}
    sought = [path for path in (*missing, *entered) if path not in left and path not in lost]
    search = Search(known, disk, clues, fresh)
    found = search.find({path: looked_at[path] for path in sought}) if sought else {}
    found |= search.regain({path: digest for path, digest in lost.items() if digest and not disk.exists(path)})
    gone = [path for path in sought if path not in found]
    moved = [Moved(path, one.path, how=one.how, confidence=one.confidence) for path, one in found.items()]
    edited = {one.new: (looked_at[one.old], disk.digest(one.new)) for one in moved if one.how != "content"}
    edited |= {path: (looked_at[path], digest) for path, digest in changed.items() if path not in entered}
    told = [Changed(path, digest) for path, (before, digest) in edited.items() if digest and digest != before]
    taken = {one.new for one in moved}
    copies = copied([path for path in fresh or () if path not in taken], known, disk)
    return [*map(Gone, gone), *moved, *map(_exchange, groups), *told, *starmap(Copied, copies.items())]


def _is_missing(path: str, digest: str, disk: Disk) -> bool:
    """Whether a file is not there, though it would be seen: nothing has its name, or a folder has it now."""
    return not disk.is_ignored(path) and (not disk.exists(path) or (digest != "" and disk.is_folder(path)))


def _exchange(group: Sequence[tuple[str, str]]) -> Finding:
    moves = tuple(Moved(old, new, how="content") for old, new in group)
    return moves[0] if len(moves) == 1 else Exchanged(moves)


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
        return disk.exists(file) and (not disk.exists(name) or is_passing(name))


def _concerned(burst: Burst, plot: _Plot) -> set[str]:
    """All paths at which something may have happened to a file."""
    folders = (
        *burst.left,
        *(path for rename in burst.renames for path in (rename.old, rename.new) if rename.is_folder),
    )
    inside = {path for path in plot.names.values() if folders and path.startswith(tuple(f"{one}/" for one in folders))}
    renamed = {path for rename in burst.renames for path in (rename.old, rename.new)}
    return burst.touched | renamed | inside | plot.moved
