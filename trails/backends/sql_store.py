"""
The store on an SQL database: one thread writes (`sql_writer.py`), any number of threads read (`sql_queries.py`).

The reading connections see what is committed, and an append returns after its commit; so whoever was answered finds
what it wrote.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from ..edges import Sitting, Tie, Walk
from ..errors import Unavailable
from ..events import Event
from ..notes import Candidate, Head, Note
from ..ports import (
    EVERYTHING,
    Clock,
    FileName,
    Indexed,
    Name,
    Origin,
    Pending,
    Request,
    Wanted,
    WordsOfPaths,
)
from . import migrations, sql_index_book, sql_journal, sql_paths, sql_queries, sql_states, sqlite_only
from .sql_states import WordIndex
from .sql_writer import Writer

Explain = Callable[[DBAPIError], Unavailable]
"""Turns a failure of the database into what to tell the caller."""


def open_sql_store(path: Path, clock: Clock) -> "SqlStore":
    """
    The store in an SQLite file, which is made when there is none and brought to the present schema when it is older.

    Raises Unavailable when it cannot be opened; then nothing was deleted, renamed or repaired.
    """
    sqlite_only.make_file(path)
    writing, reading = sqlite_only.engines(path)
    explain = partial(sqlite_only.explain, path)
    try:
        with _explained(explain), reading.connect() as connection:  # a reader changes nothing, whoever's file it is
            sqlite_only.claim(connection, path)
        with _explained(explain), writing.begin() as connection:
            migrations.upgrade(connection, path)
    except Unavailable:
        writing.dispose()
        reading.dispose()
        raise
    return SqlStore(writing, reading, clock, words=sqlite_only.Fts5(), explain=explain)


class SqlStore:
    """See `ports.Store`, whose promises these methods keep. Made by `open_sql_store`."""

    def __init__(
        self,
        writing: Engine,
        reading: Engine,
        clock: Clock,
        *,
        words: WordIndex,
        explain: Explain,
    ) -> None:
        self._engines = (reading, writing)
        self._reading = reading
        self._clock = clock
        self._words = words
        self._explain = explain
        self._model = ""  # the present one: what `pending` or `mark_indexed` was last given
        self._closed = False
        self._writer = Writer(writing, words, explain)

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def append(self, request: Request) -> tuple[Event, ...]:
        return self._writer.append(request)

    def append_later(self, event: Event) -> None:
        self._writer.append_later(event)

    def mark_indexed(self, done: Sequence[Indexed], model: str) -> None:
        self._adopt(model)
        self._writer.do(lambda connection: sql_index_book.mark_indexed(connection, done, model))

    def forget_index(self) -> None:
        self._writer.do(sql_index_book.forget_index)

    def rebuild(self) -> None:
        """Empty every table of state and fold the log again, in one transaction; writers wait, readers do not."""
        self._writer.do(lambda connection: sql_states.rebuild(connection, self._words))

    def close(self) -> None:
        self._writer.close()
        self._closed = True
        for engine in reversed(self._engines):  # the writer last: only it may move the log's pages into the file
            engine.dispose()

    # ── notes ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def find_notes(self, workspace: str, note_ids: Collection[str]) -> dict[str, Note]:
        with self._connection() as connection:
            return sql_queries.find_notes(connection, self._clock(), workspace, note_ids)

    def note_ids_with_handle(self, workspace: str, handle: str) -> tuple[str, ...]:
        with self._connection() as connection:
            return sql_queries.note_ids_with_handle(connection, workspace, handle)

    def candidates(
        self, workspace: str, note_ids: Collection[str], model: str = ""
    ) -> list[tuple[Candidate, bytes | None]]:
        with self._connection() as connection:
            return sql_queries.candidates(connection, self._clock(), workspace, note_ids, model)

    def search_words(
        self, workspace: str, words: Sequence[str], limit: int, *, without: str = ""
    ) -> list[tuple[str, float]]:
        with self._connection() as connection:
            return self._words.search(connection, workspace, words, limit, without)

    def notes_with_topics(self, workspace: str, topics: Collection[str], limit: int) -> tuple[str, ...]:
        with self._connection() as connection:
            return sql_queries.notes_with_topics(connection, workspace, topics, limit)

    def beside(self, workspace: str, note_ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        with self._connection() as connection:
            return sql_queries.beside(connection, workspace, note_ids)

    def opposed(self, workspace: str, note_ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        with self._connection() as connection:
            return sql_queries.opposed(connection, workspace, note_ids)

    def hot_notes(
        self, workspace: str, kinds: Collection[str], limit: int, *, without_agent: str = ""
    ) -> tuple[str, ...]:
        """At most `limit` of each kind, kind by kind in the order given: times of different kinds do not compare."""
        with self._connection() as connection:
            return sql_queries.hot_notes(connection, workspace, kinds, limit, without_agent)

    def standing_of(self, workspace: str, principal: str) -> tuple[str, ...]:
        with self._connection() as connection:
            return sql_queries.standing_of(connection, workspace, principal)

    # ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def notes_on(self, workspace: str, file_ids: Collection[str], limit: int, *, without: str = "") -> tuple[str, ...]:
        with self._connection() as connection:
            return sql_paths.notes_on(connection, workspace, file_ids, limit, without)

    def ties_from(self, workspace: str, file_id: str, limit: int) -> list[Tie]:
        with self._connection() as connection:
            return sql_paths.ties_from(connection, workspace, file_id, limit)

    def files_of(self, workspace: str, note_ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        with self._connection() as connection:
            return sql_paths.files_of(connection, workspace, note_ids)

    def walks_through(self, workspace: str, note_ids: Collection[str], limit: int) -> list[Walk]:
        with self._connection() as connection:
            return sql_paths.walks_through(connection, workspace, note_ids, limit)

    def files_at(self, workspace: str, paths: Collection[str]) -> dict[str, FileName]:
        with self._connection() as connection:
            return sql_paths.files_at(connection, workspace, paths)

    def files_by_id(self, workspace: str, file_ids: Collection[str]) -> list[FileName]:
        with self._connection() as connection:
            return sql_paths.files_by_id(connection, workspace, file_ids)

    def notes_a_file(self, workspace: str, file_ids: Collection[str]) -> Mapping[str, int]:
        with self._connection() as connection:
            return sql_paths.notes_a_file(connection, workspace, file_ids)

    def touched_at(self, workspace: str, file_ids: Collection[str]) -> Mapping[str, datetime]:
        with self._connection() as connection:
            return sql_paths.touched_at(connection, workspace, file_ids)

    def files_like(self, workspace: str, paths: Collection[str]) -> list[FileName]:
        with self._connection() as connection:
            return sql_paths.files_like(connection, workspace, paths)

    def files_with_words(self, workspace: str, words: Sequence[str]) -> WordsOfPaths:
        with self._connection() as connection:
            return sql_paths.files_with_words(connection, workspace, words)

    def files_under(self, workspace: str, prefix: str = "") -> list[FileName]:
        with self._connection() as connection:
            return sql_paths.files_under(connection, workspace, prefix)

    def names_like(self, workspace: str, paths: Collection[str]) -> list[Name]:
        with self._connection() as connection:
            return sql_paths.names_like(connection, workspace, paths)

    def names_of(self, workspace: str, file_ids: Collection[str]) -> list[Name]:
        with self._connection() as connection:
            return sql_paths.names_of(connection, workspace, file_ids)

    def origins_of(self, workspace: str, file_ids: Collection[str]) -> list[Origin]:
        with self._connection() as connection:
            return sql_paths.origins_of(connection, workspace, file_ids)

    def sittings_with(self, workspace: str, file_id: str, limit: int) -> list[Sitting]:
        with self._connection() as connection:
            return sql_paths.sittings_with(connection, workspace, file_id, limit)

    def count_files_born_at(self, workspace: str, path: str) -> int:
        with self._connection() as connection:
            return sql_paths.count_files_born_at(connection, workspace, path)

    # ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────────
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
        about = sql_journal.About(workspace, note_id, "" if note_id else path)
        with self._connection() as connection:
            return sql_journal.events_of(connection, about, wanted, after=after, before=before, limit=limit)

    def undoings_of(self, workspace: str, event_ids: Collection[str]) -> list[Event]:
        with self._connection() as connection:
            return sql_journal.undoings_of(connection, workspace, event_ids)

    def find_event(self, workspace: str, event_id: str) -> tuple[int, Event] | None:
        with self._connection() as connection:
            return sql_journal.find_event(connection, workspace, event_id)

    def head_of(self, workspace: str, tree: str = "") -> Head | None:
        with self._connection() as connection:
            return sql_journal.head_of(connection, workspace, tree)

    def choices(self, workspace: str) -> Mapping[str, str]:
        with self._connection() as connection:
            return sql_journal.choices(connection, workspace)

    def last_event_at(self) -> datetime | None:
        """When the last event of the log happened; None while there is none."""
        with self._connection() as connection:
            return sql_journal.last_event_at(connection)

    def noted_workspaces(self) -> tuple[str, ...]:
        with self._connection() as connection:
            return sql_queries.noted_workspaces(connection)

    def workspaces(self) -> dict[str, str]:
        with self._connection() as connection:
            return sql_journal.workspaces(connection)

    def session_events(self, workspace: str, principal: str, session: str, limit: int) -> list[tuple[int, Event]]:
        # asked of the writing thread, since what was shown a moment ago may still lie with it
        return self._writer.do(
            lambda connection: sql_journal.session_events(connection, workspace, principal, session, limit)
        )

    def shown_to_others(self, workspace: str, principal: str, session: str, limit: int) -> tuple[str, ...]:
        with self._connection() as connection:
            return sql_journal.shown_to_others(connection, workspace, principal, session, limit)

    def was_shown(self, workspace: str, principal: str, note_ids: Collection[str], before: datetime) -> bool:
        with self._connection() as connection:
            return sql_journal.was_shown(connection, workspace, principal, note_ids, before)

    def has_several_principals(self, workspace: str) -> bool:
        with self._connection() as connection:
            return sql_queries.has_several_principals(connection, workspace)

    def showings_of(self, workspace: str, note_id: str, limit: int) -> list[Event]:
        # asked of the writing thread, as above: "why was it shown" is asked moments later
        return self._writer.do(lambda connection: sql_journal.showings_of(connection, workspace, note_id, limit))

    def results_of(self, workspace: str, task: str, limit: int = 200) -> tuple[float, ...]:
        with self._connection() as connection:
            return sql_journal.results_of(connection, workspace, task, limit)

    def counts(self, workspace: str = "") -> Mapping[str, int]:
        with self._connection() as connection:
            return sql_journal.counts(connection, workspace)

    # ── the index ────────────────────────────────────────────────────────────────────────────────────────────────────
    def pending(self, model: str, limit: int) -> list[Pending]:
        self._adopt(model)
        with self._connection() as connection:
            return sql_index_book.pending(connection, model, limit)

    def sample_vectors(self, workspace: str, model: str, limit: int) -> list[tuple[str, int, bytes]]:
        with self._connection() as connection:
            return sql_index_book.sample_vectors(connection, workspace, model, limit)

    def _adopt(self, model: str) -> None:
        if model != self._model:
            self._writer.do(lambda connection: sql_index_book.adopt(connection, model))
            self._model = model

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        if self._closed:  # the pool would open the file anew
            raise Unavailable("The store is closed: start the keeper again.")
        with _explained(self._explain), self._reading.connect() as connection:
            yield connection


@contextmanager
def _explained(explain: Explain) -> Iterator[None]:
    try:
        yield
    except DBAPIError as failure:
        raise explain(failure) from failure
