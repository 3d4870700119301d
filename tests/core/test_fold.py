"""
The fold gives one state for one set of facts, however they arrive.

Numbered properties are those that docs/dynamics.md refers to: 1 and 2 are here, 12 and 18 in part.
"""

import json
from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core import strategies as draws
from tests.core.strategies import EPOCH
from trails.events import (
    Credit,
    Event,
    Fact,
    FileChanged,
    FileGone,
    FileMoved,
    Judged,
    Laid,
    OutcomeReported,
    Restored,
    Retagged,
    Served,
    Superseded,
    Undone,
    Withdrawn,
    file_ids_of,
    from_payload,
    note_ids_of,
    to_payload,
)
from trails.fold import ACT_JUDGED, FileState, NoteState, apply_to_file, apply_to_note, fold
from trails.notes import Anchor, Author, Kind, Status, Verdict

FEW = settings(max_examples=30, deadline=None)

ADA = Author("ada", session="s1")
AFTER = EPOCH + timedelta(days=365)


def event(number: int, fact: Fact, *, hours: int = 0, by: Author = ADA) -> Event:
    return Event(f"event-{number:03}", EPOCH + timedelta(hours=hours), "project", by, fact)


def note_after(*events: Event) -> NoteState:
    notes, _ = fold(events)
    return notes["n"]


def file_after(*events: Event) -> FileState:
    _, files = fold(events)
    return files["f"]


# ── properties ───────────────────────────────────────────────────────────────────────────────────────────────────────
@FEW
@given(draws.histories(), draws.histories(max_size=6), draws.histories(max_size=6))
def test_logs_can_be_merged_in_any_grouping(one, two, three):
    """Property 1: union is commutative, associative and idempotent."""
    two = [Event(f"two-{e.id}", e.at, e.workspace, e.by, e.fact) for e in two]
    three = [Event(f"three-{e.id}", e.at, e.workspace, e.by, e.fact) for e in three]

    merged = fold([*one, *two, *three])

    assert fold([*two, *one, *three]) == merged
    assert fold([*three, *two, *one]) == merged
    assert fold([*one, *two, *three, *one, *two, *three]) == merged


WITH_UNDOING = draws.histories(st.one_of(draws.facts, draws.undoing), max_size=16)


@FEW
@given(st.data(), WITH_UNDOING)
def test_any_order_and_any_repetition_gives_the_same_state(data, history):
    """Property 2."""
    repeated = history + data.draw(st.lists(st.sampled_from(history), max_size=5) if history else st.just([]))
    shuffled = data.draw(st.permutations(repeated))

    assert fold(shuffled) == fold(history)


@FEW
@given(draws.histories(), st.integers(0, 12))
def test_a_fold_may_stop_anywhere_and_go_on_from_the_kept_state(history, pause):
    """Property 18, for state: going on from what was kept equals folding at once."""
    notes, files = fold(history[:pause])
    for later in history[pause:]:
        for note_id in note_ids_of(later.fact):
            notes[note_id] = apply_to_note(notes.get(note_id, NoteState(note_id)), later)
        for file_id in file_ids_of(later.fact):
            files[file_id] = apply_to_file(files.get(file_id, FileState(file_id)), later)

    assert (notes, files) == fold(history)


@FEW
@given(draws.histories())
def test_showing_notes_leaves_no_trace_in_any_state(history):
    """Property 12, for state."""
    without = [event for event in history if not isinstance(event.fact, Served)]

    assert fold(history) == fold(without)


@FEW
@given(WITH_UNDOING)
def test_what_was_undone_is_as_if_it_had_not_been_said(history):
    undoings = [event for event in history if isinstance(event.fact, Undone)]

    def counts(event):
        against = [undoing for undoing in undoings if undoing.fact.event_id == event.id]
        return not any(counts(one) for one in against if event not in undoings or one.stamp > event.stamp)

    without = [event for event in history if event not in undoings and counts(event)]

    assert fold(history) == fold(without)


@FEW
@given(draws.histories(), st.integers(0, 11))
def test_what_is_undone_and_brought_back_counts_as_if_nothing_had_been_said(history, number):
    undone = Event("undone", AFTER, "project", ADA, Undone(f"event-{number:03}", "a mistake"))
    back = Event("back", AFTER + timedelta(hours=1), "project", ADA, Undone(undone.id, "it was none"))

    assert fold([*history, undone, back]) == fold(history)


def test_an_undoing_can_be_undone_and_what_it_undid_be_undone_again():
    laid, withdrawn = event(1, Laid("n", Kind.PLAN, "A plan")), event(2, Withdrawn("n", "wrong"))
    undone, again = event(3, Undone(withdrawn.id, "no")), event(4, Undone("event-003", "yes"))
    anew = event(5, Undone(withdrawn.id, "no"))

    def status(*events):
        return note_after(laid, withdrawn, *events).lifecycle.status

    assert status() is status(undone, again) is Status.WITHDRAWN
    assert status(undone) is status(undone, again, anew) is Status.LIVE


@FEW
@given(WITH_UNDOING)
def test_a_fact_survives_being_written_down(history):
    for event in history:
        written = json.loads(json.dumps(to_payload(event.fact)))

        assert from_payload(event.kind, written) == event.fact


@FEW
@given(draws.histories())
def test_an_event_changes_only_the_notes_and_files_it_names(history):
    before = fold(history[:-1])
    after = fold(history)
    named: Sequence[str] = history and (*note_ids_of(history[-1].fact), *file_ids_of(history[-1].fact))

    for old, new in zip(before, after, strict=True):
        assert {key for key in new if old.get(key) != new[key]} <= set(named)


# ── notes ────────────────────────────────────────────────────────────────────────────────────────────────────────────
LAID = Laid("n", Kind.WARNING, "mind the gap", topics=("build",))


def test_the_first_laying_of_an_id_holds():
    first = event(1, LAID)
    second = event(2, Laid("n", Kind.PLAN, "another"), hours=1, by=Author("bo"))

    state = note_after(second, first)

    assert state.laid == LAID
    assert state.by == first.by


def test_the_latest_decision_about_a_note_holds_even_if_it_arrives_first():
    laid, withdrawn, restored = event(1, LAID), event(2, Withdrawn("n", "old"), hours=1), event(3, Restored("n", "no"))
    late_restored = event(4, Restored("n", "still true"), hours=2)

    assert note_after(laid, withdrawn, restored).lifecycle.status is Status.WITHDRAWN
    assert note_after(late_restored, laid, withdrawn).lifecycle.status is Status.LIVE


def test_a_superseded_note_names_its_successor():
    state = note_after(event(1, LAID), event(2, Superseded("n", "m", "rewritten"), hours=1))

    assert (state.lifecycle.status, state.lifecycle.superseded_by) == (Status.SUPERSEDED, "m")


def test_a_topic_is_there_when_it_was_last_added_and_not_removed():
    events = [
        event(1, LAID),
        event(2, Retagged("n", ("cache",), ("build",), "it is about caching"), hours=1),
        event(3, Retagged("n", ("build",), (), "and building"), hours=2),
    ]

    assert note_after(*events[:2]).live_topics == ("cache",)
    assert note_after(*reversed(events)).live_topics == ("build", "cache")


def test_a_session_has_one_word_on_a_note_and_may_change_it():
    reader = Author("bo", session="s9")
    helped = event(2, Judged("n", Verdict.HELPED), hours=1, by=reader)
    wrong = event(3, Judged("n", Verdict.WRONG), hours=2, by=reader)

    state = note_after(event(1, LAID), wrong, helped)

    assert len(state.judgements) == 1
    judgement = state.judgements[("bo", "s9", ACT_JUDGED)]
    assert (judgement.helped, judgement.failed) == (0.0, 1.0)


def test_only_help_to_another_session_confirms_a_note():
    laid = event(1, LAID)
    own = event(2, Judged("n", Verdict.HELPED), hours=5)
    other = event(3, Judged("n", Verdict.HELPED), hours=7, by=Author("bo"))
    failed = event(4, Judged("n", Verdict.WRONG), hours=9, by=Author("cy"))

    assert note_after(laid, own).confirmed_at == laid.at
    assert note_after(laid, own, other, failed).confirmed_at == other.at


def test_an_outcome_without_credit_is_no_use():
    outcome = OutcomeReported(0.5, 0.5, credits=(Credit("n", 0.0, 0.0),))

    state = note_after(event(1, LAID), event(2, outcome, hours=3, by=Author("bo")))

    assert len(state.uses) == 1


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
BORN = Laid("n", Kind.PLAN, "", anchors=(Anchor("old.py", file_id="f"),))


def test_a_file_keeps_its_identity_through_moves():
    moved = event(2, FileMoved("f", "new.py"), hours=1)
    moved_again = event(3, FileMoved("f", "newest.py"), hours=2)

    assert file_after(moved_again, event(1, BORN), moved).path == "newest.py"
    assert file_after(event(1, BORN)).path == "old.py"


def test_a_deleted_file_is_back_when_it_is_seen_again():
    gone = event(2, FileGone("f"), hours=1)
    changed = event(3, FileChanged("f", "digest"), hours=2)

    assert not file_after(event(1, BORN), gone).present[1]
    assert file_after(changed, gone, event(1, BORN)).present[1]
