"""
What can be said of a note that is there: whether it helped, holds and stands, and what it is about.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from . import admission, placing
from .errors import BadInput
from .events import Confirmed, Fact, Judged, Restored, Retagged, Withdrawn
from .handles import get_note
from .notes import Anchor, Author, Note, Verdict
from .ports import Folder
from .recording import Recorder


@dataclass(frozen=True, slots=True)
class Amending:
    """Says something of one note, and gives the note as it is then. `key` makes a repeated request harmless."""

    recorder: Recorder
    workspace: str
    note: Note
    by: Author
    key: str

    def judge(self, verdict: Verdict, reason: str) -> Note:
        return self._said(Judged(self.note.id, verdict, admission.clean_reason(reason, required=False)))

    def retag(self, add: Sequence[str], remove: Sequence[str], reason: str) -> Note:
        added = tuple(admission.clean_topic(topic) for topic in add)
        removed = tuple(admission.clean_topic(topic) for topic in remove)
        if not added and not removed:
            raise BadInput("Name at least one topic to add or to remove.")
        if len({*self.note.topics, *added} - {*removed}) > admission.TOPICS_LIMIT:
            raise BadInput(f"A note has at most {admission.TOPICS_LIMIT} topics: remove some.")
        return self._said(Retagged(self.note.id, added, removed, admission.clean_reason(reason)))

    def confirm(self, anchors: Sequence[Anchor], folder: Folder | None, reason: str) -> Note:
        """At these places, or for want of them at its own that are still there."""
        why = admission.clean_reason(reason)
        store = self.recorder.store
        here = placing.in_folder(store, self.workspace, {self.note.id: self.note}, folder)[self.note.id]
        named = admission.clean_anchors(anchors)
        placing.check_there(named, folder)
        bare = named or placing.still_there(here, folder)
        places = placing.place(store, self.workspace, bare, folder)
        said = ["confirm", self.note.id, why, *map(repr, bare)]
        return self._said(Confirmed(self.note.id, places, why), said)

    def withdraw(self, reason: str) -> Note:
        why = admission.clean_reason(reason)
        if self.note.witnesses:
            self.recorder.append(self.workspace, self.by, freed(self.note))
        return self._said(Withdrawn(self.note.id, why))

    def restore(self, reason: str) -> Note:
        return self._said(Restored(self.note.id, admission.clean_reason(reason)))

    def _said(self, fact: Fact, said: Sequence[str] = ()) -> Note:
        self.recorder.append(self.workspace, self.by, [fact], key=self.key, said=said)
        return get_note(self.recorder.store, self.workspace, self.note.id)


def freed(note: Note) -> list[Restored]:
    """What lets the witnesses of a note that is withdrawn stand by themselves again."""
    why = f"[{note.handle}], to which it was a witness, is withdrawn."
    return [Restored(witness, why) for witness in note.witnesses]
