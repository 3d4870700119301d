"""
Where a note points: which file a path means when the note is laid, and what became of the place when it is read.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from . import anchors
from .errors import BadInput
from .notes import Anchor, Drift, Hit, Note, Reason, Validity
from .ports import FileName, Folder, Name, Store
from .ranking import Ranked
from .symbol_drift import check_symbol
from .symbols import find_symbol


def files_here(store: Store, workspace: str, paths: Collection[str], folder: Folder | None) -> dict[str, FileName]:
    """
    The file that each path means in a folder, by path; paths that no note has named are left out.

    A worktree of another branch may have a file under the name that it once had, or has nowhere else, and who asks may
    remember a name from before a rename. So a path that is nobody's name now means the file that once had it, unless
    something else is there now while that file goes by its present name, or was deleted.
    """
    found = store.files_at(workspace, paths) if paths else {}
    if folder is None:
        return found
    unclear = [path for path in paths if path not in found or folder.tree]
    once = [name for name in store.names_like(workspace, unclear) if name.tree in ("", folder.tree)] if unclear else []
    if not once:
        return found
    now = {file.file_id: file for file in store.files_by_id(workspace, {name.file_id for name in once})}
    for name in sorted(once, key=lambda name: name.tree != folder.tree):  # of its own worktree first, newest first
        is_own = bool(folder.tree) and name.tree == folder.tree
        file = now[name.file_id]
        if name.path in found and not (is_own and found[name.path].file_id != file.file_id):
            continue
        is_there = folder.exists(name.path)
        if is_own or not is_there or (file.present and not folder.exists(file.path)):
            found[name.path] = replace(file, path=name.path, present=file.present or is_there)
    return found


def in_folder(store: Store, workspace: str, notes: Mapping[str, Note], folder: Folder | None) -> dict[str, Note]:
    """The notes with each of their files under the name that it has in a folder."""
    if folder is None:
        return dict(notes)
    lost = {
        anchor.file_id: anchor.path
        for note in notes.values()
        for anchor in note.anchors
        if folder.tree or not folder.exists(anchor.path)
    }
    if not lost:
        return dict(notes)
    here = _names_here(store.names_of(workspace, lost), lost, folder)
    return {note_id: _renamed(note, here) for note_id, note in notes.items()}


def _names_here(names: Iterable[Name], paths: Mapping[str, str], folder: Folder) -> dict[str, str]:
    """The names of files in a folder, by id: one of its own worktree first, then the present one, then older ones."""
    here: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (name.tree != folder.tree, name.path != paths[name.file_id])):
        is_possible = name.tree in ("", folder.tree) and name.file_id not in here
        if is_possible and folder.exists(name.path):
            here[name.file_id] = name.path
    return here


def _renamed(note: Note, paths_by_file_id: Mapping[str, str]) -> Note:
    if not any(anchor.file_id in paths_by_file_id for anchor in note.anchors):
        return note
    renamed = (replace(one, path=paths_by_file_id.get(one.file_id, one.path)) for one in note.anchors)
    return replace(note, anchors=tuple(renamed))


def place(store: Store, workspace: str, drafted: Sequence[Anchor], folder: Folder | None) -> tuple[Anchor, ...]:
    """
    The anchors with the identity of their file and, where the files can be seen, its fingerprint.

    Raises BadInput for lines that a file has not, and for a symbol that nothing there defines or that cannot be sought.
    """
    names = files_here(store, workspace, [anchor.path for anchor in drafted], folder)
    placed = []
    for anchor in drafted:
        known = names.get(anchor.path)
        file_id = known.file_id if known else new_file_id(store, workspace, anchor.path)
        lines = folder.lines(anchor.path) if folder and not anchor.fingerprint else None
        if folder and lines is None and not anchor.fingerprint:
            _refuse_what_cannot_be_there(anchor, folder)
        found = anchor if folder is None or lines is None else _fingerprinted(anchor, lines, folder)
        placed.append(replace(found, file_id=file_id))
    return tuple(placed)


def _refuse_what_cannot_be_there(anchor: Anchor, folder: Folder) -> None:
    """A file without text has no symbols to be found; one that is not there has no lines either."""
    if anchor.symbol:
        raise BadInput(f"There is no text in {anchor.path} to find {anchor.symbol} in: name the file alone.")
    if anchor.first_line and not folder.exists(anchor.path):
        raise BadInput(f"{anchor.path} is not there, so it has no line {anchor.first_line}: name the file alone.")


def _fingerprinted(anchor: Anchor, lines: Sequence[str], folder: Folder) -> Anchor:
    """An anchor with what its place holds now; one on a symbol with the lines of that too."""
    if not anchor.symbol:
        return replace(anchor, fingerprint=anchors.fingerprint(lines, anchor.first_line, anchor.last_line))
    symbols = folder.symbols(anchor.path)
    if symbols is None:
        raise BadInput(
            f"What {anchor.path} defines cannot be read here: name lines, as in {anchor.path}:10-20. (Languages other "
            "than Python need the extra `symbols` of trails, and code without errors.)"
        )
    symbol = find_symbol(symbols, anchor.symbol, anchor.path)
    print_ = replace(anchors.fingerprint(lines, symbol.first_line, symbol.last_line), meaning=symbol.meaning)
    return replace(anchor, first_line=symbol.first_line, last_line=symbol.last_line, fingerprint=print_)


def named(store: Store, workspace: str, paths: Sequence[str], folder: Folder | None) -> tuple[Anchor, ...]:
    """Files as anchors with their identity; none of them is read."""
    known = files_here(store, workspace, paths, folder)
    return tuple(
        Anchor(path, file_id=known[path].file_id if path in known else new_file_id(store, workspace, path))
        for path in paths
    )


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
    lines = folder.lines(anchor.path) if folder and (anchor.first_line or anchor.symbol) else None
    if folder is None or lines is None:
        return _unseen(anchor) if folder is None else Anchor(anchor.path)
    found = _drift(anchor, folder)
    if found.symbol:
        return Anchor(anchor.path, symbol=found.symbol)
    is_there = found.first_line is not None and (found.last_line or found.first_line) <= len(lines)
    return Anchor(anchor.path, found.first_line, found.last_line) if is_there else Anchor(anchor.path)


def _unseen(anchor: Anchor) -> Anchor:
    """The same place where no file can be seen: a symbol is named, not its lines of some time ago."""
    if anchor.symbol:
        return Anchor(anchor.path, symbol=anchor.symbol)
    return Anchor(anchor.path, anchor.first_line, anchor.last_line)


def check_there(named: Sequence[Anchor], folder: Folder | None) -> None:
    """Raises BadInput where a file that is named is seen not to be there."""
    missing = next((one.path for one in named if folder and not folder.exists(one.path)), "")
    if missing:
        raise BadInput(f"{missing} is not there: name files that are, or withdraw the note.")


def still_there(note: Note, folder: Folder | None) -> tuple[Anchor, ...]:
    """
    The places of a note as they are now, to be placed anew, without files that are gone; none where no file is seen.

    Raises BadInput when all of its files are gone.
    """
    if folder is None:
        return ()
    there = [anchor for anchor in note.anchors if folder.exists(anchor.path)]
    if note.anchors and not there:
        raise BadInput(
            f"{note.anchors[0].path} is not there any more: name the files that [{note.handle}] holds for now, or "
            "withdraw it."
        )
    return bare(there, folder)


def drifts(note: Note, folder: Folder | None) -> tuple[Drift, ...]:
    """What became of a note's anchors; nothing where the files cannot be seen."""
    return tuple(_drift(anchor, folder) for anchor in note.anchors) if folder else ()


def _drift(anchor: Anchor, folder: Folder) -> Drift:
    lines = folder.lines(anchor.path)
    if lines is None and folder.exists(anchor.path):  # a folder, or a file that cannot be read: it has no lines
        return Drift(anchor.path, Validity.GONE, 1.0) if anchor.fingerprint else Drift(anchor.path, Validity.UNKNOWN)
    symbols = folder.symbols(anchor.path) if anchor.symbol and lines is not None else None
    if lines is not None and symbols is not None:
        return check_symbol(anchor, lines, symbols)
    return anchors.check(anchor, lines)


def hit(note: Note, ranked: Ranked, folder: Folder | None) -> Hit:
    """
    A ranked note with the state of its anchors, which lowers its score where its place has changed.

    The anchor that held best decides: a note on three files still stands when one of them was deleted.
    """
    found = drifts(note, folder)
    branch = _elsewhere(note, found, folder)
    held = max((anchors.validity_factor(drift) for drift in found), default=1.0)
    if held == 1.0:
        return Hit(note, ranked.score, ranked.reasons, found, branch=branch)
    changed = Reason("validity", ranked.score * (held - 1.0), "what it is laid on has changed since")
    return Hit(note, ranked.score * held, (*ranked.reasons, changed), found, branch=branch)


def seen(note: Note, folder: Folder | None) -> Hit:
    """A note with the state of its anchors, as nobody asked for it."""
    found = drifts(note, folder)
    return Hit(note, 0.0, (), found, branch=_elsewhere(note, found, folder))


def _elsewhere(note: Note, drifts: Sequence[Drift], folder: Folder | None) -> str:
    """The other branch that a note was laid on, if it may hold there and not here; else ""."""
    branch = note.head.branch
    if not (folder and branch and branch != folder.head().branch):
        return ""
    holds = any(drift.validity in (Validity.SAME, Validity.MOVED) for drift in drifts)
    return "" if holds or not folder.has_branch(branch) else branch
