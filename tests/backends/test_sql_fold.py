"""One fold: a store on disk answers any history as the store in memory does, and can build its tables anew."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.backends.soundness import ALL, answers, ask, assert_sound, rows_in
from tests.backends.store_world import HERE
from tests.core import strategies as draws
from trails.backends.in_memory_store import InMemoryStore
from trails.backends.sql_store import open_sql_store
from trails.errors import TrailsError
from trails.events import FileMoved, Served
from trails.notes import Verdict
from trails.ports import Indexed, Request

PROJECT = "project"  # where drawn events happen


def tell(store, request):
    """What a store answers to a request: the events, or the name of the refusal."""
    try:
        return store.append(request)
    except TrailsError as refusal:
        return type(refusal).__name__


@contextmanager
def fresh_store(empty_database, tmp_path_factory):
    """A store for one drawn history, and its file."""
    database = tmp_path_factory.mktemp("drawn") / "trails.db"
    database.write_bytes(empty_database.read_bytes())
    store = open_sql_store(database, lambda: draws.EPOCH)
    yield store, database
    store.close()


def requests_of(history, sizes):
    """A history cut into requests of the given sizes, again and again."""
    while history:
        for size in sizes:
            yield Request(tuple(history[:size]))
            history = history[size:]
            if not history:
                return


drawn = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
sizes = st.lists(st.integers(1, 4), min_size=1, max_size=3)
histories = st.builds(
    lambda begin, rest: [replace(event, id=f"event-{i:03}") for i, event in enumerate([*begin, *rest])],
    draws.histories(draws.lays(), max_size=4),
    draws.histories(st.one_of(draws.facts, draws.undoing), max_size=16),
)


@pytest.mark.slow
@drawn
@given(history=histories, sizes=sizes)
def test_any_history_is_answered_and_folded_as_it_is_in_memory(empty_database, tmp_path_factory, history, sizes):
    in_memory = InMemoryStore(lambda: draws.EPOCH)
    with fresh_store(empty_database, tmp_path_factory) as (store, database):
        for request in requests_of(history, sizes):
            assert tell(store, request) == tell(in_memory, request)

        assert answers(store, PROJECT) == answers(in_memory, PROJECT)
        assert_sound(database, store.events_of(PROJECT, limit=ALL))


@pytest.mark.slow
@drawn
@given(history=histories)
def test_events_that_share_a_commit_are_folded_as_one_by_one(empty_database, tmp_path_factory, history):
    in_memory = InMemoryStore(lambda: draws.EPOCH)
    with fresh_store(empty_database, tmp_path_factory) as (store, database):
        for event in history:
            store.append_later(event)
            in_memory.append_later(event)
        store.mark_indexed([], "m")  # answered when all that came before is kept

        assert answers(store, PROJECT) == answers(in_memory, PROJECT)
        assert_sound(database, store.events_of(PROJECT, limit=ALL))


@pytest.mark.slow
@drawn
@given(history=histories)
def test_tables_built_anew_are_the_tables_there_were(empty_database, tmp_path_factory, history):
    with fresh_store(empty_database, tmp_path_factory) as (store, database):
        for event in history:
            store.append_later(event)
        marks = [Indexed(one.note_id, one.rev, b"\1\0") for one in store.pending("m", 2)]
        store.mark_indexed(marks, "m")
        before = rows_in(database)

        store.rebuild()

        assert rows_in(database) == before
        assert_sound(database, store.events_of(PROJECT, limit=ALL))


def test_damaged_tables_can_be_built_anew(sql_world, database):
    note_id = sql_world.lay("Ledger", files=["a.py"], topics=("t",))
    sql_world.judge(note_id, Verdict.WRONG)
    sql_world.happens(FileMoved("id of a.py", "b.py"), Served("r", (note_id,)))
    before, rows = answers(sql_world.store, HERE), rows_in(database)
    for table in ("note_files", "note_topics", "uses", "judgements", "files", "file_words"):
        ask(database, f"DELETE FROM {table}")
    ask(database, "UPDATE notes SET status = 'withdrawn', search_text = 'nonsense', t_star = 0")

    sql_world.store.rebuild()

    assert answers(sql_world.store, HERE) == before
    assert rows_in(database) == rows
