"""Taking back what a session laid: all of that and nothing else, and everything stays readable."""

from datetime import UTC, datetime

import pytest

from trails import Anchor, Author, BadInput, Draft, Question, Settings, is_undone, open_memory
from trails.events import Corroborated, Withdrawn
from trails.notes import Status
from trails.undoing import UNDONE

HERE, ELSEWHERE = "w-here", "w-elsewhere"
ASTRAY = Author("me", "test", "astray")
LATER = Author("me", "test", "later")
SOMEBODY = Author("somebody", "test", "astray")


@pytest.fixture
def memory(tmp_path):
    opened = open_memory(Settings(data_dir=tmp_path / "data", principal="me", model="none"))
    yield opened
    opened.close()


def lay(memory, title, by=ASTRAY, *, workspace=HERE, **more):
    return memory.lay(workspace, Draft(title, anchors=(Anchor("a.py"),)), by, **more).note_id


def status(memory, note_id, workspace=HERE):
    return memory.get_note(workspace, note_id).status


def test_every_note_of_a_session_is_taken_back_at_once(memory):
    note_ids = [lay(memory, f"Remark {number}") for number in range(3)]

    undone = memory.undo(HERE, "astray", LATER, reason="it read the wrong branch")

    assert [note.id for note in undone] == note_ids
    assert {status(memory, note_id) for note_id in note_ids} == {Status.WITHDRAWN}
    assert memory.recall(HERE, Question(files=("a.py",)), LATER).hits == ()
    told = [event for _, event in memory.log(HERE) if isinstance(event.fact, Withdrawn)]
    assert [event.fact.note_id for event in told] == note_ids
    assert {event.by for event in told} == {LATER}
    assert len({event.at for event in told}) == 1
    assert {note.reason for note in undone} == {f"{UNDONE}it read the wrong branch"}


def test_nothing_of_another_session_principal_or_workspace_is_taken_back(memory):
    kept = [lay(memory, "Mine, later", LATER), lay(memory, "Of somebody, in a session of that name", SOMEBODY)]
    away = lay(memory, "Elsewhere", workspace=ELSEWHERE)

    assert memory.undo(HERE, "astray", LATER, reason="wrong") == ()

    assert {status(memory, note_id) for note_id in kept} == {Status.LIVE}
    assert status(memory, away, ELSEWHERE) is Status.LIVE


def test_what_no_longer_stands_keeps_its_own_reason(memory):
    withdrawn, replaced = lay(memory, "Withdraw this"), lay(memory, "Replace this")
    memory.withdraw(HERE, withdrawn, ASTRAY, reason="false")
    memory.supersede(HERE, replaced, Draft("A better one"), LATER, reason="better")

    assert memory.undo(HERE, "astray", LATER, reason="wrong") == ()

    assert memory.get_note(HERE, withdrawn).reason == "false"
    assert status(memory, replaced) is Status.SUPERSEDED


def test_undoing_twice_takes_back_nothing_more(memory):
    lay(memory, "Remark")
    memory.undo(HERE, "astray", LATER, reason="wrong")
    before = memory.log(HERE)

    assert memory.undo(HERE, "astray", LATER, reason="wrong, I said") == ()
    assert memory.log(HERE) == before


def test_a_note_of_an_undone_session_can_be_restored_by_itself(memory):
    note_id, other = lay(memory, "Remark"), lay(memory, "Another")
    memory.undo(HERE, "astray", LATER, reason="wrong")

    memory.restore(HERE, note_id, LATER, reason="this one is right")

    assert (status(memory, note_id), status(memory, other)) == (Status.LIVE, Status.WITHDRAWN)
    assert [is_undone(note) for note in memory.notes_of(HERE, "astray", LATER)] == [False, True]


def test_witnesses_of_other_sessions_stand_by_themselves_again(memory):
    older, own, others = lay(memory, "Remark"), lay(memory, "Own witness"), lay(memory, "Other witness", LATER)
    for witness, by in ((own, ASTRAY), (others, LATER)):
        memory.recorder.append(HERE, by, [Corroborated(older, witness, 0.99)])

    memory.undo(HERE, "astray", LATER, reason="wrong")

    assert [status(memory, note_id) for note_id in (older, own, others)] == [
        Status.WITHDRAWN,
        Status.WITHDRAWN,
        Status.LIVE,
    ]


def test_the_notes_of_a_session_are_told_in_the_order_they_were_laid(memory):
    """Which for imported notes is not that of their own times."""
    newer = lay(memory, "Newer", at=datetime(2024, 1, 2, tzinfo=UTC))
    older = lay(memory, "Older", at=datetime(2024, 1, 1, tzinfo=UTC))

    assert [note.id for note in memory.notes_of(HERE, "astray", LATER)] == [newer, older]
    assert memory.notes_of(HERE, "nobody's", LATER) == ()


@pytest.mark.parametrize("session", ["", "  "])
def test_a_session_must_be_named(memory, session):
    with pytest.raises(BadInput, match="Name the session"):
        memory.undo(HERE, session, LATER, reason="wrong")


def test_a_reason_must_be_given(memory):
    note_id = lay(memory, "Remark")

    with pytest.raises(BadInput, match="reason"):
        memory.undo(HERE, "astray", LATER, reason=" ")

    assert status(memory, note_id) is Status.LIVE
