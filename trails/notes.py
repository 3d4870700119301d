"""
The nouns: what a note is, where it points, and what comes back when somebody asks.

All are frozen values. Times ending in `_at` are UTC datetimes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

HANDLE_LENGTH = 8
HISTORY = "git"
"""The agent of notes that were made from commits."""


class Kind(StrEnum):
    """What sort of thing a note says; the kind alone decides how fast its trail evaporates."""

    OBSERVATION = "observation"
    HOW_TO = "how-to"
    WARNING = "warning"
    DECISION = "decision"
    PLAN = "plan"
    HAND_OFF = "hand-off"
    QUESTION = "question"
    PRESENCE = "presence"


class Verdict(StrEnum):
    """What a reader says of a note after using it."""

    HELPED = "helped"
    UNHELPFUL = "unhelpful"
    WRONG = "wrong"


class Use(StrEnum):
    """How it shows that a session used a note that it was shown."""

    CITED = "cited"
    EDITED = "edited"
    ECHOED = "echoed"


class Status(StrEnum):
    """
    Whether a note still stands. Nothing is ever edited away: what it was stays readable.

    A witness says the same as an older note of somebody else, which is shown in its place.
    """

    LIVE = "live"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    WITNESS = "witness"


class Validity(StrEnum):
    """What became of the place a note points at, compared with when the note was laid."""

    SAME = "same"
    MOVED = "moved"
    CHANGED = "changed"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Author:
    """Who laid, judged or asked. Votes count by `principal`; agent and session are what it said of itself."""

    principal: str
    agent: str = ""
    session: str = ""


MARKED = Author("file", agent="mark")
"""Whose notes the marks in files are: a voice of its own, whoever wrote the comment."""


@dataclass(frozen=True, slots=True)
class AtWork:
    """
    One session that is at work: its files, newest first, when it was last seen, and which of the files it edits.

    `tree` is the worktree that it stands in; "" is the main one.
    """

    by: Author
    paths: tuple[str, ...]
    at: datetime
    edits: tuple[str, ...] = ()
    tree: str = ""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """
    The content of a file, or of some of its lines, when a note was laid (see `anchors.py`).

    `outline` stands for each line of the file, or of the lines and what is around them; `line_digests` for single lines
    where there is none; `meaning` is that of a symbol (`symbols.Symbol`).
    """

    digest: str
    line_digests: tuple[str, ...] = ()
    outline: str = ""
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """
    A place in the workspace: a file, or lines `first_line` to `last_line` of it (1-based, both included).

    `path` is relative to the workspace, with forward slashes: what the file is called now. `file_id` is the
    file's identity, which survives renames; it is empty until the store has given one. `symbol` is the dotted name of
    what the lines define ("Ledger.rotate"), by which they are found again wherever they are.
    """

    path: str
    first_line: int | None = None
    last_line: int | None = None
    fingerprint: Fingerprint | None = None
    file_id: str = ""
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """Which state of a repository a folder shows: its branch, "" for none, and the commit that is checked out."""

    branch: str = ""
    commit: str = ""


NO_HEAD = Head()
"""Of a folder that no repository is in."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to lay, before admission."""

    title: str
    body: str = ""
    kind: Kind = Kind.OBSERVATION
    anchors: tuple[Anchor, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quality:
    """Beta evidence that a note helps: `helped` and `failed` in sessions, faded and capped. See `evidence.py`."""

    helped: float = 0.0
    failed: float = 0.0


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it stands now: what was laid, and what has happened to it since."""

    id: str
    workspace: str
    kind: Kind
    title: str
    body: str
    by: Author
    laid_at: datetime
    confirmed_at: datetime
    anchors: tuple[Anchor, ...] = ()
    topics: tuple[str, ...] = ()
    status: Status = Status.LIVE
    reason: str = ""
    superseded_by: str = ""
    supersedes: str = ""
    disputed_by: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()
    t_star: float = 0.0
    quality: Quality = Quality()
    head: Head = NO_HEAD

    @property
    def handle(self) -> str:
        """The short name that people and agents use: the last characters of the id, lower case."""
        return handle(self.id)


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    What ranking needs to know of a note that may answer, and no more (thousands are looked at, five are shown).

    `dense` is the cosine with the question in [0, 1] and `words` its BM25 score (0 where the side did not find
    it). `paths_by_file_id` gives the current names of the files it is anchored to, `opposed` the notes that it disputes
    or that dispute it, `beside` those laid just before and just after it in its session. `source` is the path of the
    file that it is on where an open file shares it as a copy of that one, else "".
    """

    note_id: str
    confirmed_at: datetime
    paths_by_file_id: Mapping[str, str] = field(default_factory=dict)
    topics: tuple[str, ...] = ()
    dense: float = 0.0
    words: float = 0.0
    quality: Quality = Quality()
    principal: str = ""
    opposed: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """
    What somebody asks: words, the files that are open, topics; at least one of them.

    `limit` is how many notes to show, `leads` how many files to name besides. `explores` lets a small share of the
    places go to notes that are seldom shown (see `choosing.py`).
    """

    query: str = ""
    files: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    limit: int = 5
    leads: int = 0
    explores: bool = True


@dataclass(frozen=True, slots=True)
class Reason:
    """
    One term of a score: its name, what it added, and the same in plain words.

    `value` is `weight * amount`, the weight being a share of what a perfect answer would reach; of a factor that is
    known as a whole, such as that of a changed place, both are 0.
    """

    name: str
    value: float
    words: str
    weight: float = 0.0
    amount: float = 0.0


@dataclass(frozen=True, slots=True)
class Drift:
    """
    What became of one anchor: its validity, the share of its lines that changed, and where the lines are now.

    `new_lines` are the spans there (first and last line) that were changed or added; `symbol` is what a symbol is
    called now; `file_gone` tells that nothing has the name of the file any more.
    """

    path: str
    validity: Validity
    changed: float = 0.0
    first_line: int | None = None
    last_line: int | None = None
    new_lines: tuple[tuple[int, int], ...] = ()
    symbol: str = ""
    file_gone: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """
    A note that is returned, with the terms that put it there and the state of each of its anchors.

    `dissent` are the live notes on the other side of a dispute. `propensity` is the chance that it had of this place,
    and `explored` whether chance put it there. `branch` is the other branch that the note comes from, where its places
    do not hold on the one that is checked out.
    """

    note: Note
    score: float
    reasons: tuple[Reason, ...]
    drifts: tuple[Drift, ...] = ()
    dissent: tuple[Note, ...] = ()
    propensity: float = 1.0
    explored: bool = False
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Lead:
    """A file that the notes lead to, with the terms that put it there and the notes that say most for it."""

    path: str
    score: float
    reasons: tuple[Reason, ...]
    note_ids: tuple[str, ...] = ()
    file_id: str = ""


@dataclass(frozen=True, slots=True)
class Recall:
    """The answer to a question: notes and files. `degraded` names what could not be asked: "vectors", or nothing."""

    id: str
    hits: tuple[Hit, ...]
    degraded: tuple[str, ...] = ()
    leads: tuple[Lead, ...] = ()


def handle(note_id: str) -> str:
    """The short name of a note id."""
    return note_id[-HANDLE_LENGTH:].lower()
