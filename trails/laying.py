"""
How a note comes to be: admitted, put at its places, kept, and in line for its vector; alone, or in answer to another.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from . import admission, placing
from .events import Disputed, Event, Fact, Laid, Superseded
from .handles import get_note
from .notes import NO_HEAD, Author, Draft, Note, Status, handle
from .ports import Folder
from .recording import Recorder


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a lay answers: the note's id, what was redacted from it, and whether it had been laid before."""

    note_id: str
    redactions: tuple[admission.Redaction, ...] = ()
    replayed: bool = False

    @property
    def handle(self) -> str:
        return handle(self.note_id)


@dataclass(frozen=True, slots=True)
class Laying:
    """
    Lays what one author leaves in one workspace; `folder` gives the files to fingerprint.

    `key` makes a repeated request harmless, and `wake` is called once there is a note without a vector.
    """

    recorder: Recorder
    wake: Callable[[], None]
    workspace: str
    by: Author
    folder: Folder | None
    key: str

    def supersede(self, old: Note, draft: Draft, reason: str) -> Receipt:
        why = admission.clean_reason(reason)
        return self.lay(self._about(old, draft), supersedes=old.id, also=lambda new: Superseded(old.id, new, why))

    def dispute(self, disputed: Note, draft: Draft, reason: str) -> Receipt:
        why = admission.clean_reason(reason)
        return self.lay(self._about(disputed, draft), also=lambda new: Disputed(disputed.id, new, why))

    def lay(
        self,
        draft: Draft,
        *,
        at: datetime | None = None,
        supersedes: str = "",
        also: Callable[[str], Fact] | None = None,
    ) -> Receipt:
        """Lay a note, and with it what `also` says, given its id: both are kept, or neither."""
        admitted = admission.admit(draft)
        draft = admitted.draft
        note_id = self.recorder.new_id(at or self.recorder.clock())
        laid = Laid(
            note_id,
            draft.kind,
            draft.title,
            draft.body,
            placing.place(self.recorder.store, self.workspace, draft.anchors, self.folder),
            draft.topics,
            supersedes,
            self.folder.head() if self.folder and at is None else NO_HEAD,  # an importer's note is of no branch
        )
        facts: list[Fact] = [laid] if also is None else [laid, also(note_id)]
        kept = self.recorder.append(self.workspace, self.by, facts, key=self.key, at=at, repeats=False)
        if self._is_repeated_in_vain(kept[0], note_id):
            kept = self.recorder.append(self.workspace, self.by, facts, key=self.key, at=at)
        self.wake()
        first = kept[0].fact
        assert isinstance(first, Laid)
        return Receipt(first.note_id, admitted.redactions, replayed=first.note_id != note_id)

    def _about(self, other: Note, draft: Draft) -> Draft:
        """The draft at the places and with the topics of another note, where it names none."""
        places = draft.anchors or placing.bare(other.anchors, self.folder)
        return replace(draft, anchors=places, topics=draft.topics or other.topics)

    def _is_repeated_in_vain(self, kept: Event, note_id: str) -> bool:
        """Whether a lay was taken for the repetition of one whose note no longer stands: then it is a new one."""
        assert isinstance(kept.fact, Laid)
        if kept.fact.note_id == note_id:
            return False
        before = get_note(self.recorder.store, self.workspace, kept.fact.note_id)
        return before.status not in (Status.LIVE, Status.WITNESS)
