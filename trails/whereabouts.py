"""
Where the files that notes are on have been: what each is called now, what it was called before, and how that is known.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from . import placing
from .errors import BadInput
from .events import FileMoved
from .ports import FileName, Folder, Name, Store, Wanted

MOVES_LOOKED_AT = 1000  # newest ones of a file


class State(StrEnum):
    """What became of a file since a note first named it."""

    HERE = "here"
    MOVED = "moved"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Stay:
    """
    A name that a file had from `since` on, in the worktree `tree` ("" is the main one).

    `how` says by what the move to it was known (`events.FileMoved`), and is "" for the first name.
    """

    path: str
    since: datetime
    how: str = ""
    confidence: float = 1.0
    tree: str = ""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """
    Where a file is and was: its names, newest first, the present one among them.

    `notes` is how many were ever laid on it, `changed_at` when it was last seen to be there or gone. `copies` are files
    that began as copies of it, and `copy_of` is the file that it began as a copy of itself, or "".
    """

    path: str
    state: State
    notes: int
    names: tuple[Stay, ...] = ()
    changed_at: datetime | None = None
    copies: tuple[str, ...] = ()
    copy_of: str = ""


def of_file(store: Store, workspace: str, path: str, folder: Folder | None) -> Whereabouts:
    """
    Where the file has been that has this name, or had it last. Raises BadInput where no note knows such a file.
    """
    found = placing.files_here(store, workspace, [path], folder).get(path)
    file_ids = [found.file_id] if found else [name.file_id for name in store.names_like(workspace, [path])[:1]]
    files = store.files_by_id(workspace, file_ids)
    if not files:
        raise BadInput("No note is on a file of that name: `trails files` lists those that notes are on.")
    return _told(store, workspace, files, with_moves=True)[0]


def of_all(store: Store, workspace: str) -> list[Whereabouts]:
    """Where all files are that notes are on: those that are gone first, then those that moved, each by path."""
    files = [file for file in store.files_under(workspace) if file.path]
    noted = store.notes_a_file(workspace, [file.file_id for file in files])
    told = _told(store, workspace, [file for file in files if file.file_id in noted])
    order = (State.GONE, State.MOVED, State.HERE)
    return sorted(told, key=lambda one: (order.index(one.state), one.path))


def _told(store: Store, workspace: str, files: Sequence[FileName], *, with_moves: bool = False) -> list[Whereabouts]:
    file_ids = [file.file_id for file in files]
    noted = store.notes_a_file(workspace, file_ids)
    names: dict[str, list[Name]] = {}
    for name in store.names_of(workspace, file_ids):
        names.setdefault(name.file_id, []).append(name)
    copies, originals = _copies(store, workspace, file_ids)
    return [
        Whereabouts(
            file.path,
            _state(file, names.get(file.file_id, ())),
            noted.get(file.file_id, 0),
            _stays(file, names.get(file.file_id, ()), _moves(store, workspace, file) if with_moves else ()),
            file.since,
            tuple(path for path in copies.get(file.file_id, ()) if path != file.path),
            originals.get(file.file_id, ""),
        )
        for file in files
    ]


def _state(file: FileName, names: Collection[Name]) -> State:
    if not file.present:
        return State.GONE
    return State.MOVED if any(name.path != file.path and not name.tree for name in names) else State.HERE


def _stays(file: FileName, names: Collection[Name], moves: Collection[tuple[datetime, FileMoved]]) -> tuple[Stay, ...]:
    """The names, the one of the main worktree that holds now first, then newest first."""
    known = {(at, move.path, move.tree): move for at, move in moves}
    stays = []
    for name in sorted(names, key=lambda name: bool(name.tree) or name.path != file.path):
        move = known.get((name.at, name.path, name.tree))
        how, confidence = (move.how, move.confidence) if move else ("", 1.0)
        stays.append(Stay(name.path, name.at, how, confidence, name.tree))
    return tuple(stays)


def _moves(store: Store, workspace: str, file: FileName) -> list[tuple[datetime, FileMoved]]:
    wanted = Wanted(kinds=("file-moved",))
    events = store.events_of(workspace, path=file.path, wanted=wanted, limit=MOVES_LOOKED_AT)
    facts = ((event.at, event.fact) for _, event in events)
    return [(at, fact) for at, fact in facts if isinstance(fact, FileMoved) and fact.file_id == file.file_id]


def _copies(store: Store, workspace: str, file_ids: Collection[str]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The paths of the copies of these files, and of the files that they are copies of, both by file id."""
    paths = {file.file_id: file.path for file in store.files_under(workspace)}
    copies: dict[str, list[str]] = {}
    originals = {}
    for origin in store.origins_of(workspace, paths):
        if origin.of_id in file_ids and origin.file_id in paths:
            copies.setdefault(origin.of_id, []).append(paths[origin.file_id])
        if origin.file_id in file_ids:
            originals[origin.file_id] = paths.get(origin.of_id, "")
    return copies, originals
