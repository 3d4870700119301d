"""What every store knows of witnesses: who was shown what, who lays here, which notes are new, who stands for whom."""

from datetime import timedelta

import pytest

from tests.backends.store_world import ADA, BEN, ELSEWHERE, HERE
from trails.events import Corroborated, Restored, Served, Superseded
from trails.notes import Author, Status
from trails.ports import Indexed

MODEL = "m-1"


# ── exposure ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_one_session_was_shown_all_of_its_principal_were(world):
    shown, other = world.lay(), world.lay()
    world.happens(Served("r1", (shown,)), by=BEN)

    assert world.store.was_shown(HERE, "ben", [shown], world.now)
    assert world.store.was_shown(HERE, "ben", [other, shown], world.now)
    assert not world.store.was_shown(HERE, "ben", [other], world.now)
    assert not world.store.was_shown(HERE, "ben", [], world.now)
    assert not world.store.was_shown(HERE, "ada", [shown], world.now)
    assert not world.store.was_shown(ELSEWHERE, "ben", [shown], world.now)


def test_what_was_shown_later_was_not_shown_before(world):
    note_id = world.lay()
    (served,) = world.happens(Served("r1", (note_id,)), by=BEN)

    assert world.store.was_shown(HERE, "ben", [note_id], served.at)
    assert not world.store.was_shown(HERE, "ben", [note_id], served.at - timedelta(microseconds=1))


def test_what_was_written_down_without_waiting_is_known_after_the_next_append(world):
    note_id = world.lay()
    world.store.append_later(world.event(Served("r1", (note_id,)), by=BEN))

    world.lay(by=BEN)

    assert world.store.was_shown(HERE, "ben", [note_id], world.now)


def test_one_shown_note_is_found_among_hundreds(world):
    note_id = world.lay()
    world.happens(Served("r1", (note_id,)), by=BEN)

    assert world.store.was_shown(HERE, "ben", [*(f"note {n}" for n in range(1200)), note_id], world.now)


def test_a_workspace_has_several_principals_as_soon_as_a_second_one_lays(world):
    world.lay(by=ADA)
    world.lay(by=Author("ada", "codex", "another session"))
    world.lay(by=BEN, workspace=ELSEWHERE)
    assert not world.store.has_several_principals(HERE)
    assert not world.store.has_several_principals("nowhere")

    world.lay(by=BEN)

    assert world.store.has_several_principals(HERE)


# ── witnesses ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def pair(world):
    """Ada's note and Ben's, which is a witness to it."""
    older, newer = world.lay("Close the ledger", by=ADA), world.lay("Mind to close the ledger", by=BEN)
    world.happens(Corroborated(older, newer, 0.95), by=BEN)
    return older, newer


def test_a_witness_stands_behind_the_older_note(world, pair):
    older, newer = pair

    assert world.note(older).witnesses == (newer,)
    assert (world.note(newer).status, world.note(newer).superseded_by) == (Status.WITNESS, older)
    assert world.note(newer).title == "Mind to close the ledger"
    assert [note_id for note_id, _ in world.store.search_words(HERE, ["ledger"], 9)] == [older]
    assert {event.kind for _, event in world.store.events_of(HERE, note_id=newer)} == {"laid", "corroborated"}


def test_a_witness_confirms_and_strengthens_the_older_note(world):
    older, newer = world.lay(by=ADA), world.lay(by=BEN)
    before = world.note(older)

    (event,) = world.happens(Corroborated(older, newer, 0.95), by=BEN)

    assert world.note(older).confirmed_at == event.at > before.confirmed_at
    assert world.note(older).t_star > before.t_star


def test_several_witnesses_are_told_in_the_order_in_which_they_came(world, pair):
    older, newer = pair
    third = world.lay(by=Author("cy"))
    world.happens(Corroborated(older, third, 0.99), by=Author("cy"))

    assert world.note(older).witnesses == (newer, third)


def test_a_note_that_stands_again_or_was_rewritten_is_no_longer_a_witness(world, pair):
    older, newer = pair
    world.happens(Restored(newer, "it says something else"))
    assert world.note(older).witnesses == ()
    assert world.note(newer).status is Status.LIVE

    third, rewritten = world.lay(by=Author("cy")), world.lay(by=Author("cy"))
    world.happens(Corroborated(older, third, 0.99), by=Author("cy"))
    world.happens(Superseded(third, rewritten, "rewritten"), by=Author("cy"))
    assert world.note(older).witnesses == ()


# ── new notes ────────────────────────────────────────────────────────────────────────────────────────────────────────
def new(world, model=MODEL):
    return {one.note_id for one in world.store.pending(model, 99) if one.is_new}


def index(world, model=MODEL):
    """As the indexer does: a vector for each text."""
    pending = world.store.pending(model, 99)
    world.store.mark_indexed([Indexed(one.note_id, one.rev, b"vv" if one.text else None) for one in pending], model)


def test_a_note_is_new_until_a_model_has_embedded_it(world):
    note_id = world.lay()
    assert new(world) == {note_id}

    index(world)
    later = world.lay()
    world.store.forget_index()

    assert {one.note_id for one in world.store.pending(MODEL, 99)} == {note_id, later}
    assert new(world) == {later}
    assert new(world, "another model") == {later}


def test_a_note_that_was_changed_or_taken_back_is_not_new(world, pair):
    _, witness = pair
    retagged, restored, untouched = world.lay(), world.lay(), world.lay()
    world.retag(retagged, added=["t"])
    world.withdraw(restored)
    world.happens(Restored(restored, "after all"))
    world.judge(untouched)

    assert new(world) & {retagged, restored, untouched, witness} == {untouched}
