"""All that a store answers; and whether its file is sound: whether tables and word index say what its log says."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Table

from trails.backends.sql_rows import KEYS, Rows, rows_of_file, rows_of_note, text_of
from trails.backends.sql_schema import STATE_TABLES, notes
from trails.events import Event, Fact, Undone, file_ids_of, note_ids_of
from trails.fold import fold
from trails.notes import Kind
from trails.ports import Wanted
from trails.words import path_words, search_text

ALL = 100_000
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
TOPICS = ("auth", "build", "cache", "t")
WANTED = (Wanted(("laid", "edited")), Wanted(by="ada"), Wanted(since=EPOCH), Wanted(until=EPOCH + timedelta(days=9)))
OUTCOMES = "SELECT seq, payload FROM events WHERE kind = 'outcome'"


def ask(database: Path, statement: str) -> list[sqlite3.Row]:
    """What SQLite answers to one statement, on a connection of its own."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(statement).fetchall()


def rows_in(database: Path) -> dict[Table, dict[tuple, dict]]:
    """All rows of state, with the columns that are none of the fold's business."""
    return {
        table: {tuple(row[name] for name in KEYS[table]): dict(row) for row in ask(database, f"SELECT * FROM {table}")}
        for table in STATE_TABLES
    }


def rows_of(events: Iterable[Event]) -> Rows:
    """All rows of state as the fold of these events has them."""
    rows: Rows = {table: {} for table in STATE_TABLES}
    note_states, file_states = fold(events)
    for state in note_states.values():
        its = rows_of_note(state)
        its[notes][state.note_id,]["search_text"] = search_text(*text_of(state))
        for table, some in its.items():
            rows[table] |= some
    for state in file_states.values():
        for table, some in rows_of_file(state).items():
            rows[table] |= some
    return rows


def assert_sound(database: Path, events: list[tuple[int, Event]]) -> None:
    """The tables equal the fold of the events, each event is found by its subjects, and SQLite finds no fault."""
    expected, found = rows_of(event for _, event in events), rows_in(database)
    for table in STATE_TABLES:
        kept = {key: {name: row[name] for name in expected[table].get(key, row)} for key, row in found[table].items()}
        assert kept == expected[table], table.name
    told = {event.id: event.fact for _, event in events}
    subjects = {
        (role, subject, seq)
        for seq, event in events
        for fact in facts_in(event.fact, told)
        for role, ids in (("note", note_ids_of(fact)), ("file", file_ids_of(fact)))
        for subject in ids
    }
    undone = {("undone", event.fact.event_id, seq) for seq, event in events if isinstance(event.fact, Undone)}
    tasks = {("task", json.loads(row["payload"]).get("task", ""), row["seq"]) for row in ask(database, OUTCOMES)}
    shown = {("shown", note_id, seq) for seq, event in events for note_id in getattr(event.fact, "note_ids", ())}
    kept = {tuple(row) for row in ask(database, "SELECT role, subject, seq FROM event_subjects")}
    assert kept == subjects | tasks | shown | undone
    ask(
        database, "INSERT INTO note_words (note_words, rank) VALUES ('integrity-check', 1)"
    )  # raises if it is not sound
    assert [row[0] for row in ask(database, "PRAGMA quick_check")] == ["ok"]


def facts_in(fact: Fact, told: Mapping[str, Fact]) -> Iterable[Fact]:
    """A fact, and those that it undoes or lets count again."""
    yield fact
    if isinstance(fact, Undone):
        yield from facts_in(told[fact.event_id], told)


def sorted_by_ids(ties):
    return sorted(ties, key=lambda tie: (tie.by_id, tie.place_id))


def by_path(names):
    return sorted(names, key=lambda name: (name.path, name.file_id))


def answers(store, workspace):
    """What a store says to every question, in an order that does not depend on the store."""
    events = store.events_of(workspace, limit=ALL)
    note_ids = sorted({event.fact.note_id for _, event in events if event.kind == "laid"})
    file_ids = sorted({name.file_id for name in store.files_under(workspace)})
    paths = sorted({name.path for name in store.files_under(workspace)})
    by_words = store.files_with_words(workspace, sorted(set().union(*map(path_words, paths))))
    return {
        "pending": store.pending("m", 9),
        "events": events,
        "notes": store.find_notes(workspace, note_ids),
        "candidates": sorted(store.candidates(workspace, note_ids, "m"), key=lambda found: found[0].note_id),
        "on files": store.notes_on(workspace, file_ids, 2),
        "ties": [sorted_by_ids(store.ties_from(workspace, file_id, 2)) for file_id in file_ids],
        "files of": store.files_of(workspace, note_ids),
        "walks": [store.walks_through(workspace, [note_id], 3) for note_id in note_ids],
        "files": (store.files_under(workspace), store.files_at(workspace, paths)),
        "by id": by_path(store.files_by_id(workspace, file_ids)),
        "like": by_path(store.files_like(workspace, paths)),
        "with words": (by_path(by_words.files), by_words.counts, by_words.total),
        "born": [store.count_files_born_at(workspace, path) for path in paths],
        "journals": [store.events_of(workspace, note_id=note_id) for note_id in note_ids],
        "journals of files": [store.events_of(workspace, path=path) for path in (*paths, "src", "docs")],
        "journals of some": [
            store.events_of(workspace, wanted=wanted, before=events[-1][0], limit=3) for wanted in WANTED if events
        ],
        "undoings": store.undoings_of(workspace, [event.id for _, event in events]),
        "topics": [store.notes_with_topics(workspace, [topic], 2) for topic in TOPICS],
        "hot": {kind: set(store.hot_notes(workspace, [kind], 9)) for kind in Kind},
        "standing": [store.standing_of(workspace, name) for name in ("ada", "ben")],
        "found": {note_id for note_id, _ in store.search_words(workspace, TOPICS, 9)},
        "sessions": [store.session_events(workspace, "ada", session, 9) for session in ("s1", "")],
        "named": [store.names_like(workspace, paths), store.names_of(workspace, file_ids)],
        "since": [(name.file_id, name.since) for name in store.files_under(workspace)],
        "origins": sorted(store.origins_of(workspace, file_ids), key=lambda one: one.file_id),
        "sittings": [store.sittings_with(workspace, file_id, 2) for file_id in file_ids],
        "heads": [store.head_of(workspace, tree) for tree in ("", "wt", "none")],
        "choices": dict(store.choices(workspace)),
        "by event": [store.find_event(workspace, event.id) for _, event in events],
        "shown to others": store.shown_to_others(workspace, "ada", "s1", 9),
        "results": store.results_of(workspace, ""),
        "workspaces": store.workspaces(),
        "counts": store.counts(),
    }
