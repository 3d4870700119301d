"""
The numbered properties of docs/dynamics.md that only a database can break, on a store on disk.

The rules have theirs in tests/core; here the same must hold of what was written, read back and built anew.
"""

import importlib
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.backends.soundness import ALL, answers, rows_in
from tests.backends.store_world import ADA, HERE, World
from tests.backends.test_sql_fold import PROJECT, fresh_store, histories
from tests.core import strategies as draws
from trails import Anchor, Author, Draft, Kind, Memory, Question, Verdict
from trails.backends.in_memory_index import InMemoryIndex
from trails.backends.sql_store import open_sql_store
from trails.dynamics import HALF_LIFE_DAYS_BY_KIND, energy_from_t_star, slots, strength, t_star
from trails.embedding import BackgroundEmbedder
from trails.evidence import quality
from trails.fold import fold
from trails.indexing import Indexer
from trails.ports import Request

EVE = Author("eve", "test", "eve-1")
LATER = timedelta(days=40)
drawn = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@contextmanager
def a_life(database):
    """A memory on a store on disk, with the clock and the ids of a world."""
    world = World()
    world.store = open_sql_store(database, world.clock)
    embedder = BackgroundEmbedder(None)
    index = InMemoryIndex()
    indexer = Indexer(world.store, index, embedder)
    memory = Memory(world.store, index, embedder, indexer, world.clock, lambda at: world.new_id())
    try:
        yield world, memory
    finally:
        memory.close()


def live(world, memory):
    """Notes of every kind, good and bad, with all that can be evidence of them."""
    laid = {
        kind: memory.lay(HERE, Draft(f"About {kind}", kind=kind, anchors=(Anchor(f"{kind}.py"),)), ADA).note_id
        for kind in Kind
    }
    warning, how_to, plan = laid[Kind.WARNING], laid[Kind.HOW_TO], laid[Kind.PLAN]
    counter = memory.dispute(HERE, warning, Draft("It is not so"), EVE, reason="seen otherwise").note_id
    memory.judge(HERE, how_to, Verdict.HELPED, ADA)
    for number in range(4):
        world.now += timedelta(days=1)
        ben = Author("ben", "test", f"ben-{number}")
        memory.recall(HERE, Question(files=("how-to.py",)), ben)
        memory.use(HERE, ben, edited=["how-to.py"])
        memory.judge(HERE, plan, Verdict.WRONG if number % 3 else Verdict.HELPED, ben)
        memory.outcome(HERE, number % 2, ben, used=[plan, warning], task="chore", source="kept")
    memory.outcome(HERE, 1.0, EVE, used=[laid[Kind.DECISION], counter], task="rare", source="agent")


def state_of(world, memory):
    """What is answered of every note: strength, T* and quality."""
    laid = [event.fact.note_id for _, event in memory.log(HERE, limit=ALL) if event.kind == "laid"]
    notes = world.store.find_notes(HERE, laid)
    lasting = {
        note_id: strength(energy_from_t_star(note.t_star, world.now, HALF_LIFE_DAYS_BY_KIND[note.kind]))
        for note_id, note in notes.items()
    }
    return lasting, {note_id: (note.t_star, note.quality) for note_id, note in notes.items()}


# ── 12: showing ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_hundreds_of_showings_leave_every_table_of_state_as_it_was(database):
    """Property 12: a crowd that asks for one note moves no bit of what is known of it, nor of any other."""
    with a_life(database) as (world, memory):
        live(world, memory)
        world.now += LATER
        rows, said = rows_in(database), state_of(world, memory)

        for number in range(100):
            crowd = Author(f"eve-{number % 7}", "test", f"s-{number}")
            memory.recall(HERE, Question("about warning", files=("warning.py",), limit=10), crowd)
            memory.welcome(HERE, crowd)
        memory.use(HERE, EVE)

        assert memory.store.session_events(HERE, "eve-0", "s-0", 10)  # it was written down
        assert rows_in(database) == rows
        assert state_of(world, memory) == said


# ── 18: looking ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@drawn
@given(history=histories, looks=st.lists(st.booleans(), min_size=1, max_size=4))
def test_looking_rebuilding_and_hearing_it_again_on_the_way_change_no_answer(
    empty_database, tmp_path_factory, history, looks
):
    """Property 18: what is answered in the end does not depend on what was asked, compacted or repeated before."""
    with (
        fresh_store(empty_database, tmp_path_factory) as (watched, watched_file),
        fresh_store(empty_database, tmp_path_factory) as (direct, direct_file),
    ):
        for number, event in enumerate(history):
            direct.append_later(event)
            watched.append_later(event)
            if looks[number % len(looks)]:
                answers(watched, PROJECT)
                watched.rebuild()
                watched.append_later(event)
        direct.mark_indexed([], "m")
        watched.mark_indexed([], "m")

        assert answers(watched, PROJECT) == answers(direct, PROJECT)
        assert rows_in(watched_file) == rows_in(direct_file)


# ── 19: the registers are the log ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@drawn
@given(history=histories)
def test_the_registers_say_exactly_what_the_whole_log_says(empty_database, tmp_path_factory, history):
    """Property 19: quality and T*, and so strength, from the tables equal those from every event; rebuilt ones too."""
    with fresh_store(empty_database, tmp_path_factory) as (store, _):
        for event in history:
            store.append_later(event)
        store.mark_indexed([], "m")
        states, _ = fold(event for _, event in store.events_of(PROJECT, limit=ALL))
        expected = {note_id: from_the_log(state) for note_id, state in states.items() if state.laid}

        for _ in range(2):
            notes = store.find_notes(PROJECT, list(expected))
            assert {note_id: (note.t_star, note.quality) for note_id, note in notes.items()} == expected
            store.rebuild()


def from_the_log(state):
    kept = slots(state.uses, state.laid.kind, state.by.principal)
    return t_star(kept, HALF_LIFE_DAYS_BY_KIND[state.laid.kind]), quality(
        state.judgements, state.by.principal, draws.EPOCH
    )


def test_a_rebuilt_store_answers_a_whole_life_as_before(database):
    """Property 19: after all verbs have been used."""
    with a_life(database) as (world, memory):
        live(world, memory)
        world.now += LATER
        rows, said = rows_in(database), state_of(world, memory)

        world.store.rebuild()

        assert rows_in(database) == rows
        assert state_of(world, memory) == said


def test_two_stores_that_heard_the_same_events_in_another_order_agree(database, empty_database, tmp_path):
    """Properties 2 and 19: a log merged by union gives the same S, q and T*."""
    other_file = tmp_path / "other.db"
    other_file.write_bytes(empty_database.read_bytes())
    with a_life(database) as (world, memory), a_life(other_file) as (elsewhere, other):
        live(world, memory)
        events = [event for _, event in memory.log(HERE, limit=ALL)]
        laid = [event for event in events if event.kind == "laid"]

        for event in [*reversed(laid), *reversed([event for event in events if event.kind != "laid"]), *laid[:3]]:
            other.store.append(Request((event,)))

        elsewhere.now = world.now = world.now + LATER
        assert state_of(elsewhere, other) == state_of(world, memory)


# ── 20: no parameter is dead ─────────────────────────────────────────────────────────────────────────────────────────
CHANGES = [
    *((("dynamics", "HALF_LIFE_DAYS_BY_KIND"), kind, 2.5) for kind in Kind),
    *((("dynamics", "WEIGHT_BY_ACT"), act, 0.7) for act in ("laid", "judged", "used", "outcome")),
    (("dynamics", "SESSIONS_PER_PRINCIPAL"), None, 2),
    (("dynamics", "OWN_WEIGHT"), None, 0.9),
    (("dynamics", "HALF_STRENGTH_ENERGY"), None, 5.0),
    (("dynamics", "LEAST_STRENGTH"), None, 0.2),
    (("evidence", "HALF_LIFE_DAYS"), None, 20.0),
    (("evidence", "VOICES_PER_PRINCIPAL"), None, 3),
    (("evidence", "MOST_BY_PRINCIPAL"), None, 1.5),
    (("evidence", "USE_DISCOUNT"), None, 0.7),
    (("evidence", "LONGEST_DISCOUNT"), None, 0),
    (("evidence", "SESSION_BUDGET"), None, 0.4),
    (("evidence", "LEAST_SPREAD"), None, 0.9),
    (("evidence", "COUNTER_SHARE"), None, 0.9),
    (("evidence", "WEIGHT_BY_USE"), "cited", 0.2),
    (("evidence", "WEIGHT_BY_USE"), "edited", 0.1),
    (("evidence", "WEIGHT_BY_SOURCE"), "kept", 0.2),
    (("evidence", "WEIGHT_BY_SOURCE"), "agent", 0.9),
]


@pytest.fixture(scope="module")
def usual(empty_database, tmp_path_factory):
    database = tmp_path_factory.mktemp("usual") / "trails.db"
    return lived(empty_database, database)


def lived(empty_database, database):
    """What is known after a life, on a fresh store."""
    database.write_bytes(empty_database.read_bytes())
    with a_life(database) as (world, memory):
        live(world, memory)
        world.now += LATER
        return state_of(world, memory)


@pytest.mark.slow
@pytest.mark.parametrize(("place", "key", "value"), CHANGES, ids=[f"{p[1]}[{k}]" if k else p[1] for p, k, _ in CHANGES])
def test_changing_a_parameter_changes_what_is_known_after_a_life(
    usual, empty_database, tmp_path, monkeypatch, place, key, value
):
    """Property 20: each parameter that strength and quality are made of is read on the way to a real store."""
    module, name = place
    known = getattr(importlib.import_module(f"trails.{module}"), name)
    changed = MappingProxyType({**known, key: value}) if isinstance(known, Mapping) else value
    for holder in [one for one_name, one in sys.modules.items() if one_name.split(".")[0] == "trails"]:
        if vars(holder).get(name) is known:
            monkeypatch.setattr(holder, name, changed)

    assert lived(empty_database, tmp_path / "trails.db") != usual
