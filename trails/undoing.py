"""
Taking back at once what one session laid: a run that went astray, an import that is not wanted.

Nothing is lost by it. The notes are withdrawn with the reason and stay readable, and each can be restored.
"""

from dataclasses import dataclass

from .admission import clean_reason
from .errors import BadInput
from .events import Fact, Laid, Restored, Withdrawn
from .notes import Author, Note, Status
from .ports import Store
from .recording import Recorder

UNDONE = "undone with its whole session: "  # how the reason begins, by which such notes are known again
STANDING = (Status.LIVE, Status.WITNESS)
EVENTS_OF_A_SESSION = 1_000_000


@dataclass(frozen=True, slots=True)
class Undoing:
    """What one session of a principal laid in a workspace."""

    store: Store
    recorder: Recorder
    workspace: str
    principal: str
    session: str

    def notes(self) -> tuple[Note, ...]:
        """Its notes in the order in which they were laid, in any status."""
        if not self.session:
            raise BadInput("Name the session: `trails show NOTE --json` tells that of a note.")
        log = self.store.session_events(self.workspace, self.principal, self.session, EVENTS_OF_A_SESSION)
        note_ids = [event.fact.note_id for _, event in log if isinstance(event.fact, Laid)]
        notes = self.store.find_notes(self.workspace, note_ids)
        return tuple(notes[note_id] for note_id in note_ids if note_id in notes)

    def undo(self, by: Author, reason: str) -> tuple[Note, ...]:
        """
        Withdraw its notes that still stand, all or none; gives them as they are then.

        Their witnesses by other sessions stand by themselves again: those took nothing back.
        """
        why = clean_reason(UNDONE + clean_reason(reason))
        standing = [note for note in self.notes() if note.status in STANDING]
        note_ids = [note.id for note in standing]
        facts: list[Fact] = [fact for note in standing for fact in self._freed(note)]
        facts += [Withdrawn(note_id, why) for note_id in note_ids]
        self.recorder.append(self.workspace, by, facts)
        withdrawn = self.store.find_notes(self.workspace, note_ids)
        return tuple(withdrawn[note_id] for note_id in note_ids)

    def _freed(self, note: Note) -> list[Restored]:
        """What lets the notes stand that are behind one as its witnesses."""
        behind = self.store.find_notes(self.workspace, note.witnesses).values()
        why = f"[{note.handle}], to which it was a witness, is withdrawn."
        return [Restored(witness.id, why) for witness in behind if witness.status is Status.WITNESS]


def is_undone(note: Note) -> bool:
    """Whether a note was withdrawn with its whole session, and not for what it says."""
    return note.status is Status.WITHDRAWN and note.reason.startswith(UNDONE)
