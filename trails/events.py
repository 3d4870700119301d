"""
The facts kept for ever: what can happen to a note, a file or a workspace, and how a fact is written down.

An event is what happened, once, and is never changed. What notes and files look like now is the fold of their events
(`fold.py`); the event log is the truth, and everything else can be rebuilt from it.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from .notes import NO_HEAD, Anchor, Author, Fingerprint, Head, Kind, Use, Verdict

Stamp = tuple[datetime, str]
"""When something happened and the id of the event that says so: total order, the later one wins."""

NEVER: Stamp = (datetime.min.replace(tzinfo=UTC), "")


# ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Laid:
    """A note was laid."""

    note_id: str
    kind: Kind
    title: str
    body: str = ""
    anchors: tuple[Anchor, ...] = ()
    topics: tuple[str, ...] = ()
    supersedes: str = ""
    head: Head = NO_HEAD


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Somebody has seen that a note still holds, at these places as they are now."""

    note_id: str
    anchors: tuple[Anchor, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A reader said whether a note helped."""

    note_id: str
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Used:
    """A session used a note that it was shown, as its work shows: it strengthens, and is credited by an outcome."""

    note_id: str
    how: Use


@dataclass(frozen=True, slots=True)
class Corroborated:
    """
    Somebody who had not seen a note laid nearly the same one: the older note has a witness.

    `similarity` is the cosine of the two. The event is by the author of the witness.
    """

    note_id: str
    witness_id: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Credit:
    """The evidence that one outcome gives one note: `helped` and `failed`, each in [0, 1]."""

    note_id: str
    helped: float
    failed: float


@dataclass(frozen=True, slots=True)
class OutcomeReported:
    """How a session ended: `result` in [0, 1] against `baseline`, with what it credits to the notes it used."""

    result: float
    baseline: float
    task: str = ""
    source: str = "agent"
    summary: str = ""
    credits: tuple[Credit, ...] = ()


@dataclass(frozen=True, slots=True)
class Superseded:
    """A note was replaced by a newer one, which names it; both stay readable."""

    note_id: str
    by_note_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Retagged:
    """Topics were added to and removed from a note."""

    note_id: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Disputed:
    """A counter-note says that a note is wrong; the two are shown together."""

    note_id: str
    counter_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A note was taken out of recall; it stays readable by id, with the reason."""

    note_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Restored:
    """A withdrawn or superseded note stands again."""

    note_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Served:
    """
    Notes were shown. Proves nothing about them: neither strength nor quality reads it.

    `propensities` is the chance that each had of its place; then what was asked, to explain the answer later.
    """

    recall_id: str
    note_ids: tuple[str, ...]
    propensities: tuple[float, ...] = ()
    query: str = ""
    files: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkspaceOpened:
    """A workspace became known, by the folder it lives in on this machine."""

    root: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """Somebody chose how something is done in a workspace."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Edited:
    """Files were edited together in one sitting; an anchor names each, and no lines of it."""

    anchors: tuple[Anchor, ...]


@dataclass(frozen=True, slots=True)
class Undone:
    """What an event said no longer counts; that it was said stays in the log."""

    event_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class FileMoved:
    """
    A file is now called `path`; its notes come along. `old` is for the journal's reader.

    `how` says by what that was known: it was "seen", "told" by somebody, or clear from "content", "git" or "lines";
    `confidence` in (0, 1] how surely. With a `tree` it is called so in that worktree only, and keeps
    its name elsewhere.
    """

    file_id: str
    path: str
    old: str = ""
    how: str = "seen"
    confidence: float = 1.0
    tree: str = ""


@dataclass(frozen=True, slots=True)
class FileCopied:
    """A file began as a copy of another, and shares what was said of that one until then."""

    file_id: str
    path: str
    of_id: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class TreeSeen:
    """
    What one look at a whole tree found, as after a switch of branches: which commit it shows, and what became of files.

    `changed` are (file id, digest) of files that hold something else, `gone` the ids of those that are not there.
    """

    head: Head
    tree: str = ""
    changed: tuple[tuple[str, str], ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileChanged:
    """The content of a file changed. `path` is what it was called then, for the journal's reader."""

    file_id: str
    digest: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class FileSeen:
    """The content of a file at the first look: what later looks are compared with."""

    file_id: str
    digest: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class FileGone:
    """A file was deleted."""

    file_id: str
    path: str = ""


Fact = (
    Laid
    | Judged
    | Used
    | Corroborated
    | OutcomeReported
    | Superseded
    | Retagged
    | Disputed
    | Withdrawn
    | Restored
    | Served
    | WorkspaceOpened
    | Chosen
    | Edited
    | Undone
    | Confirmed
    | FileMoved
    | FileCopied
    | TreeSeen
    | FileChanged
    | FileSeen
    | FileGone
)

FACTS_BY_KIND: dict[str, type[Fact]] = {
    "laid": Laid,
    "judged": Judged,
    "used": Used,
    "corroborated": Corroborated,
    "outcome": OutcomeReported,
    "superseded": Superseded,
    "retagged": Retagged,
    "disputed": Disputed,
    "withdrawn": Withdrawn,
    "restored": Restored,
    "served": Served,
    "workspace-opened": WorkspaceOpened,
    "chosen": Chosen,
    "edited": Edited,
    "undone": Undone,
    "confirmed": Confirmed,
    "file-moved": FileMoved,
    "file-copied": FileCopied,
    "tree-seen": TreeSeen,
    "file-changed": FileChanged,
    "file-seen": FileSeen,
    "file-gone": FileGone,
}
KINDS_BY_FACT: dict[type[Fact], str] = {fact: kind for kind, fact in FACTS_BY_KIND.items()}


@dataclass(frozen=True, slots=True)
class Event:
    """One fact with its origin: when the first keeper received it, where, and from whom."""

    id: str
    at: datetime
    workspace: str
    by: Author
    fact: Fact

    @property
    def stamp(self) -> Stamp:
        return (self.at, self.id)

    @property
    def kind(self) -> str:
        return KINDS_BY_FACT[type(self.fact)]


UNDOABLE = (
    Confirmed,
    Judged,
    Used,
    Corroborated,
    OutcomeReported,
    Superseded,
    Retagged,
    Disputed,
    Withdrawn,
    Restored,
    Edited,
    Undone,
    FileMoved,
    FileCopied,
    FileGone,
)
"""The facts that can be undone. A note that was laid is withdrawn instead, so that it stays legible."""


def note_ids_of(fact: Fact) -> tuple[str, ...]:
    """The notes whose state a fact can change; none for exposure, files and workspaces."""
    match fact:
        case OutcomeReported():
            return tuple(credit.note_id for credit in fact.credits)
        case Corroborated():
            return (fact.note_id, fact.witness_id)
        case (
            Laid() | Confirmed() | Judged() | Used() | Superseded() | Retagged() | Disputed() | Withdrawn() | Restored()
        ):
            return (fact.note_id,)
        case _:
            return ()


def file_ids_of(fact: Fact) -> tuple[str, ...]:
    """The files whose state a fact can change."""
    match fact:
        case Laid() | Edited() | Confirmed():
            return tuple(dict.fromkeys(anchor.file_id for anchor in fact.anchors))
        case FileMoved() | FileCopied() | FileChanged() | FileSeen() | FileGone():
            return (fact.file_id,)
        case TreeSeen():
            return tuple(dict.fromkeys([*(file_id for file_id, _ in fact.changed), *fact.gone]))
        case _:
            return ()


# ── facts as JSON ────────────────────────────────────────────────────────────────────────────────────────────────────
def to_payload(fact: Fact) -> dict[str, Any]:
    """A fact as plain JSON values; fields that have their default are left out."""
    return _fields(fact)


def from_payload(kind: str, payload: Mapping[str, Any]) -> Fact:
    """The fact of a stored event. Raises KeyError for a kind that this version does not know."""
    values: dict[str, Any] = {
        name: tuple(map(_read_part, value)) if isinstance(value, list) else value for name, value in payload.items()
    }
    for name, read in _READERS.items():
        if name in values and name not in _PLAIN.get(kind, ()):
            values[name] = read(values[name])
    return FACTS_BY_KIND[kind](**values)


def _fields(value: Any) -> dict[str, Any]:
    kept = {}
    for field in fields(value):
        held = getattr(value, field.name)
        if field.default is MISSING or held != field.default:
            kept[field.name] = _plain(held)
    return kept


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return _fields(value) if isinstance(value, Anchor | Fingerprint | Credit | Head) else value


def _read_part(plain: Any) -> Any:
    return tuple(plain) if isinstance(plain, list) else plain


def _read_anchor(plain: Mapping[str, Any]) -> Anchor:
    values = dict(plain)
    if "fingerprint" in values:
        print_ = values["fingerprint"]
        values["fingerprint"] = Fingerprint(**{**print_, "line_digests": tuple(print_.get("line_digests", ()))})
    return Anchor(**values)


_READERS: dict[str, Any] = {
    "anchors": lambda plain: tuple(_read_anchor(anchor) for anchor in plain),
    "head": lambda plain: Head(**plain),
    "credits": lambda plain: tuple(Credit(**credit) for credit in plain),
    "kind": Kind,
    "verdict": Verdict,
    "how": Use,
}
_PLAIN: dict[str, tuple[str, ...]] = {"file-moved": ("how",)}
"""Fields that are text in a fact of this kind, and something else in others."""
