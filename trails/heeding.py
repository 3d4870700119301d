"""
Takes up the marks in the files of a workspace: notes are laid, replaced, withdrawn and restored as their comments are.

A mark keeps its note as long as it says the same in the same file, wherever in it and whatever the file is called. One
that goes and comes back, as when branches are switched, gets its note back: the end of a note's id is made of what the
mark says. What a person did to such a note stays done.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from . import placing
from .errors import BadInput
from .events import Confirmed, Fact, FileSeen, Laid, Restored, Superseded, Withdrawn
from .hearing import ENDING, Heard, Placed, hear
from .languages import may_have_comments
from .marks import marks_in
from .notes import MARKED, Note, Status, Validity, handle
from .ports import Store
from .recording import Recorder
from .rewording import Wording, reworded
from .scanning import Scan
from .workspace import FolderOnDisk

MARKS_A_WORKSPACE = 1_000
GONE = "the mark is gone: "  # how the reason begins, by which such notes are known again
BACK = "the mark is there again"
REWORDED = "the mark was written anew"
MOVED = "the mark stands here now"
STANDING = (Status.LIVE, Status.WITNESS)

log = logging.getLogger(__name__)


class Heeding:
    """The marks of one workspace. Safe for several threads."""

    def __init__(
        self,
        store: Store,
        recorder: Recorder,
        workspace: str,
        wake: Callable[[], None],
        *,
        limit: int = MARKS_A_WORKSPACE,
    ) -> None:
        self._store, self._recorder, self._workspace, self._wake = store, recorder, workspace, wake
        self._scan, self._limit = Scan(), limit
        self._turn = threading.Lock()
        self._heard: dict[str, tuple[Heard, ...]] = {}
        self._told: set[tuple[str, str]] = set()  # refusals that are in the log, each with its file
        self._room = limit

    def heed(self, folder: FolderOnDisk, paths: Collection[str] | None = None) -> None:
        """Bring the notes in line with these files and folders, or with all files there are."""
        with self._turn:
            standing = self._standing()
            self._room = self._limit - sum(map(len, standing.values()))
            facts: list[Fact] = []
            for path in sorted(self._concerned(folder, paths, standing)):
                try:
                    facts += self._facts(path, standing.get(path, []), folder)
                except BadInput as refusal:  # a name that no note can carry, or a file that changes just now
                    log.info("the marks of %s are not taken up: %s", path, refusal)
            self._append(facts)

    def take_back(self) -> None:
        """Withdraw the notes of all marks: they are not wanted here."""
        with self._turn:
            self._heard.clear()
            standing = [note for notes in self._standing().values() for note in notes]
            self._append(_withdrawn(filter(_is_by_its_mark, standing), "marks are off here"))

    def heard(self) -> list[Heard]:
        """Every mark that was found, by file and line."""
        with self._turn:
            return [one for path in sorted(self._heard) for one in self._heard[path]]

    # ── which files ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _standing(self) -> Mapping[str, list[Note]]:
        """The notes of marks that stand, by the file that they are on."""
        notes_by_path: dict[str, list[Note]] = defaultdict(list)
        note_ids = self._store.standing_of(self._workspace, MARKED.principal)
        for note in self._store.find_notes(self._workspace, note_ids).values():
            if note.by == MARKED and note.anchors:
                notes_by_path[note.anchors[0].path].append(note)
        return notes_by_path

    def _concerned(
        self, folder: FolderOnDisk, paths: Collection[str] | None, standing: Mapping[str, list[Note]]
    ) -> set[str]:
        known = {*standing, *self._heard}
        if paths is None:
            return {*known, *self._scan.paths(folder)}
        below = tuple(f"{path}/" for path in paths)
        inside = {path for path in known if path in paths or path.startswith(below)}
        held = {path for start in paths for path in self._scan.paths(folder, start)}
        return inside | held | {path for path in paths if may_have_comments(path)}

    # ── what they say ────────────────────────────────────────────────────────────────────────────────────────────────
    def _facts(self, path: str, notes: Sequence[Note], folder: FolderOnDisk) -> list[Fact]:
        """What has happened to the marks of one file."""
        self._heard.pop(path, None)
        lines = folder.lines(path)
        marks = marks_in(path, lines) if lines and any("trail" in line for line in lines) else ()
        if not (marks or notes):
            return []
        placed, refused = hear(self._store, self._workspace, path, marks, folder)
        for one in refused:
            self._refuse(one)
        left = {note.id[-ENDING:]: note for note in notes}
        fresh = [mark for mark in placed if mark.ending not in left]
        same = [(left.pop(mark.ending), mark) for mark in placed if mark.ending in left]
        facts = [fact for note, mark in same for fact in self._kept(note, mark, folder)]
        gone = [note for note in left.values() if _is_by_its_mark(note)]
        facts += self._new(fresh, gone, folder)
        replaced = {fact.note_id for fact in facts if isinstance(fact, Superseded)}
        return facts + _withdrawn([note for note in gone if note.id not in replaced], _why_gone(path, lines, folder))

    def _kept(self, note: Note, one: Placed, folder: FolderOnDisk) -> list[Fact]:
        """What there is to say of a mark that says what it said: nothing, unless its lines look different now."""
        self._hear(one.heard(note.id))
        return self._moved(note, one, folder)

    def _moved(self, note: Note, one: Placed, folder: FolderOnDisk) -> list[Fact]:
        is_found = all(drift.validity in (Validity.SAME, Validity.MOVED) for drift in placing.drifts(note, folder))
        return [] if is_found else [Confirmed(note.id, (one.anchor,), MOVED)]

    def _new(self, fresh: Sequence[Placed], gone: Sequence[Note], folder: FolderOnDisk) -> list[Fact]:
        """What comes of marks that were not there before; some say what one of those that are gone said."""
        before = reworded([_wording(note) for note in gone], [one.wording() for one in fresh])
        facts: list[Fact] = []
        for one in fresh:
            old_id = before.get(one.ending, "")
            known = self._find(one.ending)
            if known is not None and known.status in STANDING:  # under another name of its file
                facts += self._kept(known, one, folder)
                continue
            if known is not None and not _is_free(known):
                self._hear(one.heard(refusal=f"its note [{known.handle}] is {known.status}: {known.reason}"))
                continue
            if not old_id and self._room <= 0:
                self._refuse(one.heard(refusal=f"A workspace has at most {self._limit:,} marks that become notes."))
                continue
            self._room -= not old_id
            note_id = known.id if known else self._new_id(one.ending)
            self._hear(one.heard(note_id))
            if known:
                facts += [Restored(note_id, BACK), *self._moved(known, one, folder)]
            else:
                facts += self._laid(note_id, old_id, one, folder)
            if old_id:
                facts.append(Superseded(old_id, note_id, REWORDED))
        return facts

    def _laid(self, note_id: str, old_id: str, one: Placed, folder: FolderOnDisk) -> list[Fact]:
        draft, anchor = one.draft, one.anchor
        facts: list[Fact] = [
            Laid(note_id, draft.kind, draft.title, draft.body, (anchor,), draft.topics, old_id, folder.head())
        ]
        is_known = anchor.path in self._store.files_at(self._workspace, [anchor.path])
        if not is_known and (digest := folder.digest(anchor.path)):
            facts.append(FileSeen(anchor.file_id, digest, anchor.path))  # to be known again under another name
        return facts

    # ── shared steps ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _find(self, ending: str) -> Note | None:
        """The note of a mark that says this, in any status."""
        note_ids = self._store.note_ids_with_handle(self._workspace, handle(ending))
        notes = self._store.find_notes(self._workspace, [one for one in note_ids if one.endswith(ending)])
        return next(iter(notes.values()), None)

    def _new_id(self, ending: str) -> str:
        return self._recorder.new_id(self._recorder.clock())[:-ENDING] + ending

    def _append(self, facts: Sequence[Fact]) -> None:
        if facts:
            self._recorder.append(self._workspace, MARKED, facts)
            self._wake()

    def _hear(self, heard: Heard) -> None:
        """Note down what came of a mark."""
        self._heard[heard.path] = tuple(sorted((*self._heard.get(heard.path, ()), heard), key=lambda one: one.line))

    def _refuse(self, heard: Heard) -> None:
        """Note down why a mark is no note, and say it once of each file."""
        self._hear(heard)
        if (heard.path, heard.refusal) not in self._told:
            self._told.add((heard.path, heard.refusal))
            log.warning("the mark at %s:%d is not taken up: %s", heard.path, heard.line, heard.refusal)


def _wording(note: Note) -> Wording:
    return Wording(note.id, f"{note.title}\n{note.body}", note.anchors[0].first_line or 0)


def _withdrawn(notes: Iterable[Note], why: str) -> list[Fact]:
    return [Withdrawn(note.id, GONE + why) for note in notes]


def _why_gone(path: str, lines: Sequence[str] | None, folder: FolderOnDisk) -> str:
    if lines is not None:
        return "its comment was removed"
    return "its file is no longer read" if folder.exists(path) else "its file is not there"


def _is_by_its_mark(note: Note) -> bool:
    """Whether a note stands because its mark does: nobody restored it without."""
    return note.reason in ("", BACK)


def _is_free(note: Note) -> bool:
    """Whether a note may stand again by its mark: nobody but the marks themselves took it back."""
    if note.status is Status.WITHDRAWN:
        return note.reason.startswith(GONE)
    return note.status is Status.SUPERSEDED and note.reason == REWORDED
