"""
What the memory needs from the world: a store, an index, an embedder, a folder, a clock, fresh ids.

Each port is small, has one contract test that runs against all of its backends, and hides which technology answers.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

from .edges import Sitting, Tie, Walk
from .events import Event
from .notes import Candidate, Head, Note
from .symbols import Symbol

Vectors = npt.NDArray[np.float32]
"""`(n, dimension)` float32, each row of unit length."""

Clock = Callable[[], datetime]
"""Gives the present as a UTC datetime."""

NewId = Callable[[datetime], str]
"""Gives a fresh id that sorts by the time it is given for (a ULID)."""


@dataclass(frozen=True, slots=True)
class Request:
    """
    Events that stand or fall together, asked for once.

    `key` names the request: sent again with the same key and the same content, it changes nothing and the events of
    the first time come back; with other content it is a Conflict. `digest` is that content, hashed by the caller.
    `once`: the same digest by the same principal within the last ten minutes is a repetition even without a key.
    """

    events: tuple[Event, ...]
    key: str = ""
    digest: str = ""
    once: bool = False


@dataclass(frozen=True, slots=True)
class FileName:
    """A file's identity, what it is called now, and whether it is there."""

    file_id: str
    path: str
    present: bool = True
    digest: str = ""
    since: datetime | None = field(default=None, compare=False)
    """When it was last seen to be there, or gone."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name that a file had: since `at`, in the worktree `tree` ("" is the main one)."""

    file_id: str
    path: str
    at: datetime
    tree: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """The file that another one began as a copy of, and when."""

    file_id: str
    of_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WordsOfPaths:
    """
    The files whose path has any of the words asked for, and how much that says.

    `counts` is how many files have each word (those that no file has are left out), of `total` files that are known.
    Of words that hundreds of files have, not all of the files are given.
    """

    files: tuple[FileName, ...]
    counts: Mapping[str, int]
    total: int


@dataclass(frozen=True, slots=True)
class Pending:
    """
    A note revision that the index does not hold yet.

    `vector` is the stored embedding when there is one of the present model. `indexed_rev` is the revision that the
    index holds (0: none), to be removed. A note that is not live has `text` "" and only leaves the index. `is_new`
    as long as no model has embedded the note and it is as it was laid.
    """

    note_id: str
    workspace: str
    rev: int
    indexed_rev: int
    text: str
    vector: bytes | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the indexer did for one pending revision; `vector` is float16 bytes to keep in the store."""

    note_id: str
    rev: int
    vector: bytes | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    Which events of a journal are asked for; what is left empty does not matter.

    `kinds` are those of `events.FACTS_BY_KIND`; `by` is a principal, an agent or a session; `since` and `until` are
    compared with when an event happened, which for what was imported is long before it came into the log.
    """

    kinds: tuple[str, ...] = ()
    by: str = ""
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = Wanted()


class Store(Protocol):
    """The event log and the state folded from it. Every method is safe to call from any thread."""

    def append(self, request: Request) -> tuple[Event, ...]:
        """
        Keep the events for ever and fold them in; returns after they are on disk.

        Returns the events as kept, which are those of an earlier request when this one repeats it. Raises Conflict
        (the key was used for something else), NoSuchNote (an event speaks of a note that is not in its workspace),
        Unavailable (disk full, store closed).
        Of a refused request nothing is kept.
        """
        ...

    def append_later(self, event: Event) -> None:
        """Keep an event soon, without waiting for the disk: for exposure, which nobody was promised."""
        ...

    def find_notes(self, workspace: str, note_ids: Collection[str]) -> dict[str, Note]:
        """The notes with these ids, in any status, by id; those that are not in the workspace are left out."""
        ...

    def note_ids_with_handle(self, workspace: str, handle: str) -> tuple[str, ...]:
        """The ids that end in this handle (lower case): one, none, or by rare chance several."""
        ...

    def candidates(
        self, workspace: str, note_ids: Collection[str], model: str = ""
    ) -> list[tuple[Candidate, bytes | None]]:
        """
        What ranking needs of each live note among these, with its stored embedding.

        `dense` and `words` are left at 0. The embedding is float16 bytes, or None where there is none of `model`.
        """
        ...

    def search_words(
        self, workspace: str, words: Sequence[str], limit: int, *, without: str = ""
    ) -> list[tuple[str, float]]:
        """Live notes that hold any of the words, but none of principal `without`, with their BM25 score, best first.

        A word that is given twice counts twice.
        """
        ...

    def notes_on(self, workspace: str, file_ids: Collection[str], limit: int, *, without: str = "") -> tuple[str, ...]:
        """The newest live notes on each of these files, at most `limit` a file; none of principal `without`."""
        ...

    def ties_from(self, workspace: str, file_id: str, limit: int) -> list[Tie]:
        """All files of the newest `limit` live notes on a file, newest note first."""
        ...

    def files_of(self, workspace: str, note_ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """The files that each of these live notes is on, by note id."""
        ...

    def walks_through(self, workspace: str, note_ids: Collection[str], limit: int) -> list[Walk]:
        """The live notes that were used in a session that used one of these, newest use first, about `limit`."""
        ...

    def notes_with_topics(self, workspace: str, topics: Collection[str], limit: int) -> tuple[str, ...]:
        """The newest live notes that carry any of these topics."""
        ...

    def beside(self, workspace: str, note_ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """The live notes laid just before and just after each of these in its session, by id; none for most."""
        ...

    def opposed(self, workspace: str, note_ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """The live notes that dispute each of these or are disputed by it, by id; notes without any are left out."""
        ...

    def hot_notes(
        self, workspace: str, kinds: Collection[str], limit: int, *, without_agent: str = ""
    ) -> tuple[str, ...]:
        """
        The live notes of these kinds with the latest T* (see `dynamics.py`), strongest first within a kind.

        At most `limit` a kind; none that the agent of this name laid.
        """
        ...

    def standing_of(self, workspace: str, principal: str) -> tuple[str, ...]:
        """The notes of one principal that stand, live or as a witness, oldest first."""
        ...

    def files_at(self, workspace: str, paths: Collection[str]) -> dict[str, FileName]:
        """The file that each path is the name of now, by path; paths that no note has named are left out."""
        ...

    def files_by_id(self, workspace: str, file_ids: Collection[str]) -> list[FileName]:
        """What these files are called now; unknown ones are left out."""
        ...

    def names_like(self, workspace: str, paths: Collection[str]) -> list[Name]:
        """Which files were ever called so, newest first."""
        ...

    def names_of(self, workspace: str, file_ids: Collection[str]) -> list[Name]:
        """Every name that these files ever had, newest first."""
        ...

    def origins_of(self, workspace: str, file_ids: Collection[str]) -> list[Origin]:
        """Which of these files began as copies, and of what."""
        ...

    def sittings_with(self, workspace: str, file_id: str, limit: int) -> list[Sitting]:
        """
        All that was edited by the sessions that edited a file, those that did so last first.

        Of each principal the newest `limit` sessions, so that none hides the others.
        """
        ...

    def notes_a_file(self, workspace: str, file_ids: Collection[str]) -> Mapping[str, int]:
        """How many notes were ever laid on each of these files; those without any are left out."""
        ...

    def touched_at(self, workspace: str, file_ids: Collection[str]) -> Mapping[str, datetime]:
        """When the newest live note on each of these files was laid; files without one are left out."""
        ...

    def files_like(self, workspace: str, paths: Collection[str]) -> list[FileName]:
        """Some of the files that have the same stem as one of these paths: the test of a module, its header."""
        ...

    def files_with_words(self, workspace: str, words: Sequence[str]) -> WordsOfPaths:
        """The files whose path has any of these stemmed words, those with the rarest words first."""
        ...

    def files_under(self, workspace: str, prefix: str = "") -> list[FileName]:
        """Every known file whose path starts with `prefix`, by path; of several with one path the latest claim last."""
        ...

    def count_files_born_at(self, workspace: str, path: str) -> int:
        """How many identities were first called `path`: the next one gets this number into its id."""
        ...

    def events_of(
        self,
        workspace: str,
        *,
        note_id: str = "",
        path: str = "",
        wanted: Wanted = EVERYTHING,
        after: int | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[tuple[int, Event]]:
        """
        Events with their place in the log, in the order they came: of one note, of one path, or of the workspace.

        A path means the file of that name, or the files in the folder of that name; where there is none, those that
        once had it. Of a file all is told that happened to it or to the notes on it. The newest `limit` ones, `before`
        a place if that is given; with `after`, the first `limit` ones after that place.
        """
        ...

    def undoings_of(self, workspace: str, event_ids: Collection[str]) -> list[Event]:
        """What was ever said to undo these events, or to undo that; `fold.undone_by` says what holds of it."""
        ...

    def find_event(self, workspace: str, event_id: str) -> tuple[int, Event] | None:
        """An event by its id, with its place in the log; None where there is none in the workspace."""
        ...

    def head_of(self, workspace: str, tree: str = "") -> Head | None:
        """Which commit a worktree showed when its files were last told of; None where that was never noted."""
        ...

    def choices(self, workspace: str) -> Mapping[str, str]:
        """How things are done in a workspace, as far as somebody chose: the latest value of each name."""
        ...

    def noted_workspaces(self) -> tuple[str, ...]:
        """The workspaces that have notes, opened by their folder or not."""
        ...

    def workspaces(self) -> dict[str, str]:
        """The root folder of each known workspace, by its id."""
        ...

    def session_events(self, workspace: str, principal: str, session: str, limit: int) -> list[tuple[int, Event]]:
        """
        The newest `limit` events of one session with their place in the log, in the order they came.

        Those asked for earlier by `append_later` are among them. A session without a name has none.
        """
        ...

    def shown_to_others(self, workspace: str, principal: str, session: str, limit: int) -> tuple[str, ...]:
        """The notes that were last shown to any session but this one, newest first."""
        ...

    def was_shown(self, workspace: str, principal: str, note_ids: Collection[str], before: datetime) -> bool:
        """Whether an answer showed any of these notes to any session of a principal until then."""
        ...

    def has_several_principals(self, workspace: str) -> bool:
        """Whether more than one principal has laid notes here."""
        ...

    def showings_of(self, workspace: str, note_id: str, limit: int) -> list[Event]:
        """The last answers that showed a note, newest first; those asked for by `append_later` are among them."""
        ...

    def results_of(self, workspace: str, task: str, limit: int = 200) -> tuple[float, ...]:
        """The results of the last outcomes of one kind of task, newest first."""
        ...

    def pending(self, model: str, limit: int) -> list[Pending]:
        """Notes that the index does not hold as they are now, oldest first."""
        ...

    def mark_indexed(self, done: Sequence[Indexed], model: str) -> None:
        """Note down what the index now holds, for each revision that is still the present one."""
        ...

    def forget_index(self) -> None:
        """Make every live note pending again: the index is to be built anew."""
        ...

    def counts(self, workspace: str = "") -> Mapping[str, int]:
        """notes, live, pending, events, files; of one workspace, or of all."""
        ...

    def sample_vectors(self, workspace: str, model: str, limit: int) -> list[tuple[str, int, bytes]]:
        """(note id, rev, float16 vector) of randomly chosen indexed live notes, to audit the index with."""
        ...

    def close(self) -> None:
        """Finish what was asked and let go of the files."""
        ...


class Index(Protocol):
    """Vectors and their names, one collection a workspace. Derived: it may be lost and built again at any time."""

    def put(self, workspace: str, names: Sequence[str], vectors: Vectors) -> None:
        """Hold these vectors under these names; the same name again replaces nothing else."""
        ...

    def remove(self, workspace: str, names: Sequence[str]) -> None:
        """Let go of these names; unknown ones are ignored."""
        ...

    def nearest(self, workspace: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """The names nearest to a `(dimension,)` unit vector with their cosine similarity, best first."""
        ...

    def keep_only(self, ending: str) -> None:
        """Drop every collection whose name does not end so: those of a model that is no longer used."""
        ...

    def count(self, workspace: str) -> int:
        """How many names the workspace's collection holds."""
        ...

    def reset(self) -> None:
        """Drop everything: the indexer will fill it again."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...


class Embedder(Protocol):
    """Text to vectors. Loading is not part of it: an embedder that exists is ready."""

    @property
    def model(self) -> str:
        """A name that changes whenever the vectors would."""
        ...

    @property
    def dimension(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text; the same text always gives the same vector."""
        ...


class Folder(Protocol):
    """The files of a workspace, as far as anchors need them. Absent for a front that cannot see them."""

    @property
    def tree(self) -> str:
        """Which worktree of its repository this is; "" for the main one, and where there is no repository."""
        ...

    def head(self) -> Head:
        """The branch and the commit that it shows now."""
        ...

    def has_branch(self, name: str) -> bool:
        """Whether its repository has a branch of this name."""
        ...

    def exists(self, path: str) -> bool:
        """Whether anything has this name: a file, readable or not, or a folder."""
        ...

    def is_ignored(self, path: str) -> bool:
        """Whether nothing should be kept of a file of this name."""
        ...

    def symbols(self, path: str) -> tuple[Symbol, ...] | None:
        """What a text file defines; None where there are no lines, or nothing here can read such code."""
        ...

    def lines(self, path: str) -> tuple[str, ...] | None:
        """The lines of a text file, without line ends; None when it is gone, ignored, binary or too large."""
        ...
