"""Taking back what a session laid: all of that and nothing else, and everything stays readable."""

from datetime import UTC, datetime

import pytest

from trails import Anchor, Author, BadInput, Conflict, Draft, NoSuchNote, Question, Settings, is_undone, open_memory
from trails.events import FACTS_BY_KIND, UNDOABLE, Corroborated, FileMoved, Laid, Withdrawn
from trails.notes import Status, Verdict, handle
from trails.undoing import UNDONE, WHY_NOT, TakenBack

HERE, ELSEWHERE = "w-here", "w-elsewhere"
ASTRAY = Author("me", "test", "astray")
LATER = Author("me", "test", "later")
SOMEBODY = Author("somebody", "test", "astray")
NOTHING = TakenBack(whole="session")


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

    assert [note.id for note in undone.notes] == note_ids
    assert {status(memory, note_id) for note_id in note_ids} == {Status.WITHDRAWN}
    assert memory.recall(HERE, Question(files=("a.py",)), LATER).hits == ()
    told = [event for _, event in memory.log(HERE) if isinstance(event.fact, Withdrawn)]
    assert [event.fact.note_id for event in told] == note_ids
    assert {event.by for event in told} == {LATER}
    assert len({event.at for event in told}) == 1
    assert {note.reason for note in undone.notes} == {f"{UNDONE['session']}it read the wrong branch"}


def test_nothing_of_another_session_principal_or_workspace_is_taken_back(memory):
    kept = [lay(memory, "Mine, later", LATER), lay(memory, "Of somebody, in a session of that name", SOMEBODY)]
    away = lay(memory, "Elsewhere", workspace=ELSEWHERE)

    assert memory.undo(HERE, "astray", LATER, reason="wrong") == NOTHING

    assert {status(memory, note_id) for note_id in kept} == {Status.LIVE}
    assert status(memory, away, ELSEWHERE) is Status.LIVE


def test_what_no_longer_stands_keeps_its_own_reason(memory):
    withdrawn, replaced = lay(memory, "Withdraw this"), lay(memory, "Replace this")
    memory.withdraw(HERE, withdrawn, ASTRAY, reason="false")
    memory.supersede(HERE, replaced, Draft("A better one"), LATER, reason="better")

    assert memory.undo(HERE, "astray", LATER, reason="wrong") == NOTHING

    assert memory.get_note(HERE, withdrawn).reason == "false"
    assert status(memory, replaced) is Status.SUPERSEDED


def test_undoing_twice_takes_back_nothing_more(memory):
    lay(memory, "Remark")
    memory.undo(HERE, "astray", LATER, reason="wrong")
    before = memory.log(HERE)

    assert memory.undo(HERE, "astray", LATER, reason="wrong, I said") == NOTHING
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
def test_what_is_taken_back_must_be_named(memory, session):
    with pytest.raises(BadInput, match="Name an event"):
        memory.undo(HERE, session, LATER, reason="wrong")


def test_a_reason_must_be_given(memory):
    note_id = lay(memory, "Remark")

    with pytest.raises(BadInput, match="reason"):
        memory.undo(HERE, "astray", LATER, reason=" ")

    assert status(memory, note_id) is Status.LIVE


# ── one event ────────────────────────────────────────────────────────────────────────────────────────────────────────
def said_of(memory, note_id):
    """What counts of a note: how it stands, and what is said against it."""
    note = memory.get_note(HERE, note_id)
    return note.status, note.reason, round(note.quality.failed, 3)


def place_of(memory, kind):
    """The place of the last event of a kind."""
    return str([place for place, event in memory.log(HERE) if event.kind == kind][-1])


def test_a_judgement_that_is_taken_back_no_longer_counts_and_stays_legible(memory):
    note_id = lay(memory, "Remark")
    before = said_of(memory, note_id)
    memory.judge(HERE, note_id, Verdict.WRONG, LATER)

    taken = memory.undo(HERE, place_of(memory, "judged"), LATER, reason="I misread it")

    assert [told.says for told in taken.said] == [f"said that [{handle(note_id)}] Remark is wrong"]
    assert said_of(memory, note_id) == before
    judged, undone = memory.journal(HERE).told[-2:]
    assert judged.undone == undone.event
    assert (
        undone.says == f"took back {judged.place}: said that [{handle(note_id)}] Remark is wrong, because: I misread it"
    )


def test_an_undoing_can_be_undone(memory):
    note_id = lay(memory, "Remark")
    memory.judge(HERE, note_id, Verdict.WRONG, LATER)
    judged = said_of(memory, note_id)
    memory.undo(HERE, place_of(memory, "judged"), LATER, reason="I misread it")

    memory.undo(HERE, place_of(memory, "undone"), LATER, reason="no, it is wrong")

    assert said_of(memory, note_id) == judged
    assert [told.undone is None for told in memory.journal(HERE).told] == [True, True, False, True]


@pytest.mark.parametrize("name", ["id", "handle", "place"])
def test_a_laid_note_is_withdrawn_and_what_it_replaced_stands_again(memory, name):
    old = lay(memory, "Remark")
    new = memory.supersede(HERE, old, Draft("Worse"), LATER, reason="so").note_id
    place, event = next(one for one in memory.log(HERE) if isinstance(one[1].fact, Laid) and one[1].fact.note_id == new)
    what = {"id": event.id, "handle": f"[{new[-8:].lower()}]", "place": str(place)}[name]

    memory.undo(HERE, what, LATER, reason="it is worse")

    assert (status(memory, new), status(memory, old)) == (Status.WITHDRAWN, Status.LIVE)
    memory.undo(HERE, place_of(memory, "withdrawn"), LATER, reason="it is not")
    assert status(memory, new) is Status.LIVE


def test_a_move_that_was_taken_for_one_can_be_taken_back(memory):
    note_id = lay(memory, "Remark")
    (anchor,) = memory.get_note(HERE, note_id).anchors
    memory.recorder.append(HERE, Author("", "watcher"), [FileMoved(anchor.file_id, "b.py", "a.py", "content", 0.9)])

    memory.undo(HERE, place_of(memory, "file-moved"), LATER, reason="they are two files")

    assert [one.path for one in memory.get_note(HERE, note_id).anchors] == ["a.py"]


def test_an_event_that_is_taken_back_already_is_left_alone(memory):
    memory.judge(HERE, lay(memory, "Remark"), Verdict.WRONG, LATER)
    for what in (place_of(memory, "judged"), place_of(memory, "laid")):
        memory.undo(HERE, what, LATER, reason="wrong")
        before = memory.log(HERE)

        assert memory.undo(HERE, what, LATER, reason="wrong") == TakenBack()
        assert memory.log(HERE) == before


def test_what_cannot_be_taken_back_says_why(memory):
    lay(memory, "Remark")
    memory.recall(HERE, Question(files=("a.py",)), LATER)
    memory.known_to(HERE, LATER)  # after what was shown is written down

    with pytest.raises(Conflict, match="proves nothing"):
        memory.undo(HERE, place_of(memory, "served"), LATER, reason="wrong")
    with pytest.raises(NoSuchNote, match="no event 99"):
        memory.undo(HERE, "99", LATER, reason="wrong")


def test_every_fact_can_be_taken_back_or_has_a_reason_why_not():
    assert {Laid, *UNDOABLE, *WHY_NOT} == set(FACTS_BY_KIND.values())
    assert not {Laid, *UNDOABLE} & {*WHY_NOT}


# ── all that was said ────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_a_session_said_of_the_notes_of_others_goes_with_its_own_notes(memory):
    other, own = lay(memory, "Remark", LATER), lay(memory, "Astray")
    before = said_of(memory, other)
    memory.judge(HERE, other, Verdict.WRONG, ASTRAY)
    memory.judge(HERE, own, Verdict.HELPED, ASTRAY)
    memory.withdraw(HERE, other, ASTRAY, reason="wrong")

    would = memory.would_undo(HERE, "astray", LATER)
    taken = memory.undo(HERE, "astray", LATER, reason="it read the wrong branch")

    assert [note.id for note in taken.notes] == [note.id for note in would.notes] == [own]
    assert [told.event.kind for told in taken.said] == ["judged", "withdrawn"]
    assert all(told.undone is None for told in would.said)
    assert said_of(memory, other) == before


def test_the_undoing_of_a_session_is_itself_undone_at_once(memory):
    note_ids = [lay(memory, f"Remark {number}") for number in range(3)]
    other = lay(memory, "Other", LATER)
    memory.judge(HERE, other, Verdict.WRONG, ASTRAY)
    before = [said_of(memory, note_id) for note_id in (*note_ids, other)]
    memory.undo(HERE, "astray", LATER, reason="wrong")

    memory.undo(HERE, place_of(memory, "undone"), LATER, reason="it was right")

    assert [said_of(memory, note_id) for note_id in (*note_ids, other)] == before


def test_all_of_an_agent_is_taken_back_by_its_name_or_by_one_of_its_events(memory):
    scout = [Author("me", "scout", session) for session in ("one", "two")]
    for what in ("scout", None):
        note_ids = [lay(memory, f"Remark of {by.session} {what}", by) for by in scout]
        kept = lay(memory, f"Mine {what}", LATER)

        memory.undo(HERE, what or note_ids[0], LATER, reason="it guessed", all_of="agent")

        assert {status(memory, note_id) for note_id in note_ids} == {Status.WITHDRAWN}
        assert status(memory, kept) is Status.LIVE


def test_only_single_events_of_another_principal_are_taken_back(memory):
    note_id = lay(memory, "Of somebody", SOMEBODY)

    with pytest.raises(BadInput, match="one by one"):
        memory.undo(HERE, note_id, LATER, reason="wrong", all_of="session")
    memory.undo(HERE, note_id, LATER, reason="wrong")

    assert status(memory, note_id) is Status.WITHDRAWN
