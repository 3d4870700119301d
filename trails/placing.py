"""
Where a note points: which file a path means when the note is laid, and what became of the place when it is read.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from . import anchors
from .notes import Anchor, Drift, Hit, Note, Reason
from .ports import Folder, Store
from .ranking import Ranked


def place(store: Store, workspace: str, drafted: Sequence[Anchor], folder: Folder | None) -> tuple[Anchor, ...]:
    """The anchors with the identity of their file and, where the files can be seen, its fingerprint."""
    names = store.files_at(workspace, [anchor.path for anchor in drafted]) if drafted else {}
    placed = []
    for anchor in drafted:
        known = names.get(anchor.path)
        lines = folder.lines(anchor.path) if folder and not anchor.fingerprint else None
        print_ = (
            anchor.fingerprint if lines is None else anchors.fingerprint(lines, anchor.first_line, anchor.last_line)
        )
        file_id = known.file_id if known else new_file_id(store, workspace, anchor.path)
        placed.append(replace(anchor, file_id=file_id, fingerprint=print_))
    return tuple(placed)


def new_file_id(store: Store, workspace: str, path: str) -> str:
    """
    The identity of a file that no note has named yet.

    Computed, not drawn: two keepers that meet the same file give it the same identity. The number tells files apart
    that were called the same one after the other.
    """
    number = store.count_files_born_at(workspace, path)
    return hashlib.blake2b(f"{workspace}\0{path}\0{number}".encode(), digest_size=10).hexdigest()


def bare(placed: Sequence[Anchor], folder: Folder | None) -> tuple[Anchor, ...]:
    """The same places as they are now, to be placed anew; lines that are no longer there leave the file alone."""
    return tuple(dict.fromkeys(_where_now(anchor, folder) for anchor in placed))


def _where_now(anchor: Anchor, folder: Folder | None) -> Anchor:
    lines = folder.lines(anchor.path) if folder and anchor.first_line else None
    if folder is None or lines is None:
        return Anchor(anchor.path, *((anchor.first_line, anchor.last_line) if folder is None else ()))
    found = anchors.check(anchor, lines)
    is_there = found.first_line is not None and (found.last_line or found.first_line) <= len(lines)
    return Anchor(anchor.path, found.first_line, found.last_line) if is_there else Anchor(anchor.path)


def drifts(note: Note, folder: Folder | None) -> tuple[Drift, ...]:
    """What became of a note's anchors; nothing where the files cannot be seen."""
    return tuple(anchors.check(anchor, folder.lines(anchor.path)) for anchor in note.anchors) if folder else ()


def hit(note: Note, ranked: Ranked, folder: Folder | None) -> Hit:
    """
    A ranked note with the state of its anchors, which lowers its score where its place has changed.

    The anchor that held best decides: a note on three files still stands when one of them was deleted.
    """
    found = drifts(note, folder)
    held = max((anchors.validity_factor(drift) for drift in found), default=1.0)
    if held == 1.0:
        return Hit(note, ranked.score, ranked.reasons, found)
    changed = Reason("validity", ranked.score * (held - 1.0), "what it is laid on has changed since")
    return Hit(note, ranked.score * held, (*ranked.reasons, changed), found)
