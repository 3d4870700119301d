"""
Everything that only SQLite can do, and what it must be told: files, pragmas, the word index, its error messages.

`synchronous=FULL` because an acknowledged note must survive a power cut; `secure_delete` because deleted text must not
stay behind in free pages; readers are `query_only`, so the writer is the only one that ever checkpoints.
"""

import logging
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from ..errors import Unavailable

WRITER_PRAGMAS = (
    "busy_timeout=5000",
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "mmap_size=0",
)
READER_PRAGMAS = ("busy_timeout=5000", "trusted_schema=OFF", "mmap_size=0", "query_only=ON")

READERS_KEPT_OPEN = 8
SEARCH_LIMIT_S = 0.25
WORDS_A_SEARCH = 64
LEADING_NOTES = 10_000  # ranked by the rare words of a question: ranking a note takes a microsecond
ENOUGH = 10  # notes; where the rare words find fewer, the common ones are asked too
INSTRUCTIONS_A_LOOK = 100_000  # of SQLite's machine, some 8 ms; each look needs the GIL, which others may hold

# Used by migration 0001: a change needs a migration and constants of its own.
EVENTS_ARE_KEPT = tuple(
    f"CREATE TRIGGER events_no_{verb} BEFORE {verb.upper()} ON events"
    " BEGIN SELECT RAISE(ABORT, 'events are kept for ever'); END"
    for verb in ("update", "delete")
)
WORD_INDEX = (
    "CREATE VIRTUAL TABLE note_words USING fts5"
    "(search_text, content='notes', content_rowid='number', tokenize='porter unicode61')",
)

# Written by hand and not by triggers: with trusted_schema=OFF SQLite lets no trigger write to an FTS5 table.
ADD = text("INSERT INTO note_words (rowid, search_text) SELECT number, search_text FROM notes WHERE id = :note_id")
REMOVE = text(
    "INSERT INTO note_words (note_words, rowid, search_text)"
    " SELECT 'delete', number, search_text FROM notes WHERE id = :note_id"
)
REBUILD = text("INSERT INTO note_words (note_words) VALUES ('rebuild')")
COUNT = text("SELECT count(*) FROM (SELECT 1 FROM note_words WHERE note_words MATCH :match LIMIT :limit)")
SEARCH = text(
    "SELECT notes.id, -note_words.rank AS score FROM note_words JOIN notes ON notes.number = note_words.rowid"
    " WHERE note_words MATCH :match AND notes.workspace = :workspace AND notes.status = 'live'"
    " AND (:without = '' OR notes.principal <> :without)"
    " ORDER BY note_words.rank LIMIT :limit"
)

log = logging.getLogger(__name__)


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def make_file(path: Path) -> None:
    """See to it that the file exists and is its owner's alone, before SQLite could make it otherwise."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
    except OSError as failure:
        raise Unavailable(
            f"{path} cannot be opened for writing ({failure.strerror}): check the folder and its owner."
        ) from failure


def engines(path: Path) -> tuple[Engine, Engine]:
    """The engine that writes, with one connection, and the one that reads, with as many as there are askers."""
    # `hide_parameters`: what a failed statement was to write are notes, and notes do not belong in a log.
    url = URL.create("sqlite", database=str(path))
    arguments = {"isolation_level": None, "check_same_thread": False}  # transactions are begun below, by hand
    writer = create_engine(url, connect_args=arguments, hide_parameters=True, pool_size=1, max_overflow=0)
    reader = create_engine(
        url, connect_args=arguments, hide_parameters=True, pool_size=READERS_KEPT_OPEN, max_overflow=-1
    )
    _configure(writer, WRITER_PRAGMAS, "BEGIN IMMEDIATE")
    _configure(reader, READER_PRAGMAS)  # each query sees the last commit: a BEGIN would cost as much as it
    return writer, reader


def _configure(engine: Engine, pragmas: Sequence[str], begin: str = "") -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _: Any) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    if not begin:
        return

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def claim(connection: Connection, path: Path) -> None:
    """Make the file private. Raises Unavailable for one that has tables, but none that trails made."""
    names = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())
    if names and "events" not in names:
        raise Unavailable(f"{path} is the database of another program: name another file.")
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────
class Fts5:
    """The word index of an SQLite database: see `sql_states.WordIndex`."""

    def __init__(self) -> None:
        self._common: set[str] = set()  # quoted words that more than LEADING_NOTES notes have

    def add(self, connection: Connection, note_ids: Sequence[str]) -> None:
        connection.execute(ADD, [{"note_id": note_id} for note_id in note_ids])

    def remove(self, connection: Connection, note_ids: Sequence[str]) -> None:
        connection.execute(REMOVE, [{"note_id": note_id} for note_id in note_ids])

    def rebuild(self, connection: Connection) -> None:
        connection.execute(REBUILD)

    def search(
        self, connection: Connection, workspace: str, words: Sequence[str], limit: int, without: str = ""
    ) -> list[tuple[str, float]]:
        """
        See `Store.search_words`; of common words alone, the notes that have them all, if there are any.

        BM25 computes a score for every note that has any of the words. So the rare words say which notes get one, and
        count twice; the common ones only add to it. What takes too long is logged, and finds what was found till then.
        """
        # A quoted word is a phrase and no operator; NUL would end the query inside of it.
        phrases = ['"' + word.replace("\0", " ").replace('"', '""') + '"' for word in words[:WORDS_A_SEARCH]]
        parameters = {"workspace": workspace, "limit": limit, "without": without}
        found: list[tuple[str, float]] = []
        try:
            with _time_limit(connection, SEARCH_LIMIT_S) as is_over:
                for match in self._matches(connection, phrases):
                    rows = connection.execute(SEARCH, {"match": match, **parameters})
                    found = max([(row.id, row.score) for row in rows], found, key=len)
                    if len(found) >= min(limit, ENOUGH):
                        break
        except OperationalError:
            if not is_over():
                raise
            log.warning("A search for %d words was given up after %.2f s", len(phrases), SEARCH_LIMIT_S)
        return found

    def _matches(self, connection: Connection, phrases: Sequence[str]) -> Iterator[str]:
        """What to search for, one after the other until enough is found: what costs little comes first."""
        counts = {phrase: self._count(connection, phrase) for phrase in dict.fromkeys(phrases)}
        rarest_first = sorted(counts, key=counts.__getitem__)
        so_far = accumulate(counts[phrase] for phrase in rarest_first)
        rare = [phrase for phrase, number in zip(rarest_first, so_far, strict=True) if number <= LEADING_NOTES]
        common = rarest_first[len(rare) :]
        anything = " OR ".join(phrases)  # with its repetitions: BM25 adds up the score of each
        if rare:
            yield f"({' OR '.join(rare)}) AND ({anything})" if common else anything
        if common:
            yield " AND ".join(common)
            yield f"{common[0]} AND ({anything})"

    def _count(self, connection: Connection, phrase: str) -> int:
        """How many notes have a word; counts no further than to see that it is common, which it then stays."""
        if phrase in self._common:
            return LEADING_NOTES + 1
        count: int = connection.execute(COUNT, {"match": phrase, "limit": LEADING_NOTES + 1}).scalar_one()
        if count > LEADING_NOTES:
            self._common.add(phrase)
        return count


@contextmanager
def _time_limit(connection: Connection, seconds: float) -> Iterator[Callable[[], bool]]:
    """
    Ends whatever this thread runs on the connection after so many seconds of its work; gives whether they are over.

    Its work, not the clock: while a keeper starts, the model and Chroma hold it up for longer than any search takes.
    """
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    end = time.thread_time() + seconds

    def is_over() -> bool:
        return time.thread_time() > end

    raw.set_progress_handler(is_over, INSTRUCTIONS_A_LOOK)
    try:
        yield is_over
    finally:
        raw.set_progress_handler(None, 0)


# ── what went wrong ──────────────────────────────────────────────────────────────────────────────────────────────────
MENDING = (
    ("disk is full", "the disk is full: free some space and try again"),
    ("disk I/O", "the disk refuses to write: see whether it is full, then try again"),
    ("readonly", "the file cannot be written: check its owner and its permissions"),
    ("unable to open", "the file cannot be opened: check the folder, its owner and its permissions"),
    ("locked", "another process holds it: stop that one and try again"),
    (
        "not a database|malformed|corrupt",
        "the file is damaged or not a database. Nothing was changed: copy it aside, then restore a backup;"
        " `trails doctor` tells more",
    ),
)


def explain(path: Path, failure: DBAPIError) -> Unavailable:
    """What SQLite's message means, and how to mend it."""
    said = str(failure.orig)
    mending = next((mending for sign, mending in MENDING if re.search(sign, said)), "`trails doctor` may tell more")
    return Unavailable(f"{path}: {mending} ({said}).")
