"""
Which marks of a file may be notes: those that are admitted and few enough, each placed and named by what it says.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from . import admission, placing
from .errors import BadInput, TrailsError
from .marks import Mark
from .notes import Anchor, Draft
from .ports import Folder, Store
from .rewording import Wording

MARKS_A_FILE = 32
ENDING = 16  # characters at the end of an id that are not its time
_BASE32, _OF_IDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Heard:
    """One mark and what came of it: its note, or why it has none; of a refused one nothing it says is repeated."""

    path: str
    line: int
    kind: str = ""
    title: str = ""
    note_id: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A mark that may be a note: what it says, where, and how the id of its note ends."""

    draft: Draft
    anchor: Anchor
    ending: str

    def wording(self) -> Wording:
        return Wording(self.ending, f"{self.draft.title}\n{self.draft.body}", self.anchor.first_line or 0)

    def heard(self, note_id: str = "", refusal: str = "") -> Heard:
        """What came of it."""
        said = (self.draft.kind.value, self.draft.title)
        return Heard(self.anchor.path, self.anchor.first_line or 0, *said, note_id, refusal)


def hear(
    store: Store, workspace: str, path: str, marks: Sequence[Mark], folder: Folder
) -> tuple[list[Placed], list[Heard]]:
    """
    The marks of a file that may be notes, and those that are refused.

    Raises BadInput for a file whose name no note can carry, or that changes while it is looked at.
    """
    drafts: list[Draft] = []
    refused = []
    for number, mark in enumerate(marks):
        try:
            if number >= MARKS_A_FILE:
                raise BadInput(f"A file has at most {MARKS_A_FILE} marks that become notes.")
            drafts.append(admission.admit(mark.draft(path)).draft)
        except TrailsError as refusal:
            refused.append(Heard(path, mark.first_line, refusal=str(refusal)))
    anchors = placing.place(store, workspace, [draft.anchors[0] for draft in drafts], folder)
    return _named(workspace, drafts, anchors), refused


def _named(workspace: str, drafts: Sequence[Draft], anchors: Sequence[Anchor]) -> list[Placed]:
    """Each with its ending; of several in a file that say the same, the first keeps its name, then the second."""
    times: Counter[str] = Counter()
    named = []
    for draft, anchor in zip(drafts, anchors, strict=True):
        said = "\0".join((anchor.file_id, draft.kind, draft.title, draft.body, *draft.topics))
        named.append(Placed(draft, anchor, _ending(f"{workspace}\0{times[said]}\0{said}")))
        times[said] += 1
    return named


def _ending(said: str) -> str:
    """The last characters of an id, made of what a mark says: the same each time."""
    digest = hashlib.blake2b(said.encode(), digest_size=10).digest()
    return base64.b32encode(digest).decode().translate(str.maketrans(_BASE32, _OF_IDS))
