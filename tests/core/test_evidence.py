"""
Quality is what judgements and outcomes say, fades to "unknown", and is bounded for each principal.

Numbered properties are those that docs/dynamics.md refers to: 14 and 15, and 12 in part.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core import strategies as draws
from tests.core.strategies import EPOCH
from trails import evidence
from trails.errors import BadInput
from trails.events import Credit, Event, Judged, Laid, OutcomeReported, Served
from trails.evidence import advantage, baseline, probability, quality
from trails.fold import ACT_JUDGED, ACT_OUTCOME, Judgement, Voice, fold
from trails.notes import Author, Kind, Quality, Verdict

FEW = settings(max_examples=30, deadline=None)

NOW = EPOCH + timedelta(days=30)  # later than every drawn time
used_notes = st.sampled_from([f"note-{i}" for i in range(8)])
uses = st.lists(st.tuples(used_notes, st.sampled_from([*evidence.WEIGHT_BY_USE.values(), 0.0])), max_size=12)
weights = st.sampled_from(sorted(evidence.WEIGHT_BY_SOURCE.values()))


def q_of(judgements: Mapping[Voice, Judgement], now: datetime = NOW, author: str = "ada") -> float:
    return probability(quality(judgements, author, now))


def said(*judgements: tuple[str, str, float, float], at: datetime = EPOCH) -> dict[Voice, Judgement]:
    """Judgements (principal, session, helped, failed), all of one time."""
    return {
        (principal, session, ACT_JUDGED): Judgement((at, f"event-{i}"), helped, failed)
        for i, (principal, session, helped, failed) in enumerate(judgements)
    }


# ── quality ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@FEW
@given(st.data(), draws.histories(st.one_of(draws.judged, draws.outcomes)))
def test_quality_does_not_depend_on_order_or_repetition(data, history):
    """Property 14: replay and permutation."""
    repeated = data.draw(st.permutations([*history, *history[:3]]))
    once, _ = fold(history)
    again, _ = fold(repeated)

    for note_id, state in once.items():
        assert quality(again[note_id].judgements, "ada", NOW) == quality(state.judgements, "ada", NOW)


@FEW
@given(draws.judgements())
def test_old_evidence_fades_to_unknown_not_to_bad(judgements):
    """Property 14: q goes to the prior."""
    assert q_of(judgements, NOW + timedelta(days=365 * 20)) == pytest.approx(0.5, abs=1e-9)


@FEW
@given(draws.judgements(), draws.principals, st.integers(0, 40).map(str), draws.times, st.booleans())
def test_a_success_never_lowers_quality_and_a_failure_never_raises_it(judgements, principal, session, at, helped):
    """Property 14: a full success or failure, by any voice, whatever it said before."""
    voice = (principal, session, ACT_JUDGED)
    at = max(at, judgements[voice].stamp[0]) if voice in judgements else at
    further = judgements | {voice: Judgement((at, "event-999"), float(helped), float(not helped))}
    change = q_of(further) - q_of(judgements)

    assert change >= -1e-12 if helped else change <= 1e-12


@FEW
@given(draws.judgements(), st.integers(0, 400), st.integers(0, 400))
def test_evidence_stays_within_the_cap_of_each_principal(judgements, before, after):
    now = EPOCH + timedelta(days=before - after)  # before, amid or after the judgements
    found = quality(judgements, "ada", now)

    assert found.helped >= 0
    assert found.failed >= 0
    assert found.helped + found.failed <= evidence.MOST_BY_PRINCIPAL * 1.5 + 1e-9


@FEW
@given(draws.histories())
def test_showing_a_note_says_nothing_of_its_quality(history):
    """Property 12, for quality."""
    shown, _ = fold([*history, Event("shown", NOW, "project", Author("bo"), Served("recall", draws.NOTE_IDS))])
    unseen, _ = fold(history)

    for note_id, state in unseen.items():
        assert quality(shown[note_id].judgements, "ada", NOW) == quality(state.judgements, "ada", NOW)


def test_a_note_that_nobody_judged_stands_at_one_half():
    assert quality({}, "ada", NOW) == Quality(0.0, 0.0)
    assert q_of({}) == 0.5


def test_help_raises_and_a_wrong_note_sinks():
    helped = said(("bo", "s1", 1.0, 0.0))
    wrong = said(("bo", "s1", 0.0, 1.0))
    unhelpful = said(("bo", "s1", 0.0, 0.5))

    assert q_of(helped, EPOCH) == pytest.approx(2 / 3)
    assert q_of(wrong, EPOCH) < q_of(unhelpful, EPOCH) < 0.5


def test_evidence_counts_half_after_ninety_days():
    helped = said(("bo", "s1", 1.0, 0.0))

    assert quality(helped, "ada", EPOCH + timedelta(days=90)) == Quality(0.5, 0.0)


def test_praise_of_ones_own_note_counts_half():
    praise = said(("ada", "s1", 1.0, 0.0))

    assert quality(praise, "ada", EPOCH).helped == quality(praise, "bo", EPOCH).helped / 2


def test_a_hundred_sessions_of_one_principal_weigh_no_more_than_four():
    spam = said(*[("eve", str(i), 0.0, 1.0) for i in range(100)])
    two_others = said(("bo", "s1", 1.0, 0.0), ("cy", "s1", 1.0, 0.0))

    assert quality(spam, "ada", EPOCH).failed == pytest.approx(4.0)
    assert q_of(spam | two_others, EPOCH) == pytest.approx(3 / 8)


def test_a_judgement_from_the_future_counts_as_one_of_now():
    ahead = said(("bo", "s1", 1.0, 0.0), at=EPOCH + timedelta(days=900))

    assert quality(ahead, "ada", EPOCH) == Quality(1.0, 0.0)


def test_an_expected_outcome_does_not_push_real_evidence_out():
    real = said(("bo", "s0", 1.0, 0.0))
    empty: dict[Voice, Judgement] = {
        ("bo", str(i), ACT_OUTCOME): Judgement((EPOCH + timedelta(hours=1), f"later-{i}"), 0.0, 0.0) for i in range(40)
    }

    assert q_of(real | empty, EPOCH) == q_of(real, EPOCH)


def test_a_reader_who_changes_their_mind_is_counted_once():
    reader = Author("bo", session="s1")
    laid = Event("e1", EPOCH, "project", Author("ada"), Laid("n", Kind.HOW_TO, ""))
    wrong = Event("e2", EPOCH, "project", reader, Judged("n", Verdict.WRONG))
    helped = Event("e3", EPOCH + timedelta(hours=1), "project", reader, Judged("n", Verdict.HELPED))

    notes, _ = fold([laid, helped, wrong])

    assert quality(notes["n"].judgements, "ada", EPOCH + timedelta(hours=1)) == Quality(1.0, 0.0)


# ── credit ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@FEW
@given(uses, draws.shares, draws.shares, weights)
def test_a_session_hands_out_one_unit_of_evidence_at_most(used, result, usual, weight):
    """Property 15: the budget."""
    given_out = evidence.credits(used, result, usual, weight)

    assert sum(credit.helped + credit.failed for credit in given_out) <= weight * evidence.SESSION_BUDGET + 1e-9
    assert all(0 <= credit.helped <= 1 and 0 <= credit.failed <= 1 for credit in given_out)
    assert sorted(credit.note_id for credit in given_out) == sorted({note_id for note_id, _ in used})


@FEW
@given(uses, st.integers(0, 11), draws.shares, draws.shares)
def test_using_a_note_twice_in_a_row_adds_nothing(used, place, result, usual):
    """Property 15: duplicates."""
    doubled = used[: place + 1] + used[place:]

    assert evidence.credits(doubled, result, usual, 1.0) == evidence.credits(used, result, usual, 1.0)


@FEW
@given(st.lists(used_notes, max_size=12), draws.shares, draws.shares)
def test_a_note_used_later_gets_no_less(note_ids, result, usual):
    """Property 15: order of use, where all show equally."""
    used = [(note_id, 0.6) for note_id in note_ids]
    amounts = [credit.helped + credit.failed for credit in evidence.credits(used, result, usual, 1.0)]

    assert amounts == sorted(amounts)


@FEW
@given(uses, draws.shares, draws.shares)
def test_a_better_result_than_usual_helps_and_a_worse_one_fails(used, result, usual):
    told = {note_id for note_id, telling in used if telling}
    for credit in evidence.credits(used, result, usual, 1.0):
        assert (credit.helped > 0) == (advantage(result, usual) > 0 and credit.note_id in told)
        assert (credit.failed > 0) == (advantage(result, usual) < 0 and credit.note_id in told)


def test_a_session_that_used_nothing_credits_nothing():
    """Property 15: what was not used, or only shown."""
    assert evidence.credits([], 1.0, 0.5, 1.0) == ()
    assert evidence.credits([("n", 0.0)], 1.0, 0.5, 1.0) == (Credit("n", 0.0, 0.0),)


def test_one_note_behind_an_unexpected_success_gets_the_whole_unit():
    (credit,) = evidence.credits([("n", 1.0)], 1.0, 0.5, 1.0)

    assert (credit.helped, credit.failed) == (1.0, 0.0)


def test_a_use_that_shows_less_surely_is_credited_less():
    given_out = evidence.credits([("echoed", 0.3), ("edited", 0.6), ("cited", 1.0)], 1.0, 0.5, 1.0)
    (alone,) = evidence.credits([("echoed", 0.3)], 1.0, 0.5, 1.0)

    assert [credit.note_id for credit in given_out] == ["echoed", "edited", "cited"]
    assert given_out[0].helped < given_out[1].helped < given_out[2].helped
    assert alone.helped == pytest.approx(0.3)


def test_of_several_uses_of_a_note_the_one_that_tells_most_counts():
    given_out = evidence.credits([("n", 1.0), ("other", 0.3), ("n", 0.3)], 1.0, 0.5, 1.0)

    assert {credit.note_id: credit.helped for credit in given_out} == pytest.approx(
        {"other": 0.3 * 0.99 / (0.3 * 0.99 + 0.99**2), "n": 0.99**2 / (0.3 * 0.99 + 0.99**2)}
    )


@pytest.mark.parametrize(("source", "weight"), evidence.WEIGHT_BY_SOURCE.items())
def test_an_outcome_counts_as_much_as_its_source_can_know(source, weight):
    (credit,) = evidence.credits([("n", 1.0)], 0.0, 0.5, evidence.WEIGHT_BY_SOURCE[evidence.read_source(source)])

    assert credit.failed == weight


def test_a_source_that_nobody_knows_is_refused_with_the_choices():
    with pytest.raises(BadInput, match="tests, ci, person, kept, agent"):
        evidence.read_source("the moon")


def test_what_an_agent_says_of_its_own_work_weighs_less_than_its_judgement_of_one_note():
    (credit,) = evidence.credits([("n", 1.0)], 1.0, 0.0, evidence.WEIGHT_BY_SOURCE["agent"])
    judged_wrong = said(("bo", "s1", 0.0, 1.0))
    worked_anyway = judged_wrong | {("bo", "s1", ACT_OUTCOME): Judgement((EPOCH, "e"), credit.helped, credit.failed)}

    assert q_of(worked_anyway, EPOCH) < 0.5


def test_a_failure_gives_a_quarter_of_its_charge_to_the_other_side_of_a_dispute():
    charged = evidence.credits([("popular", 1.0)], 0.0, 0.5, 1.0)

    assert evidence.counter_credits(charged, {"popular": ["counter"]}) == (Credit("counter", 0.25, 0.0),)
    assert evidence.counter_credits(evidence.credits([("popular", 1.0)], 1.0, 0.5, 1.0), {"popular": ["counter"]}) == ()


def test_many_counter_notes_win_no_more_than_one():
    charged = evidence.credits([("popular", 1.0)], 0.0, 0.5, 1.0)
    given_out = evidence.counter_credits(charged, {"popular": [f"counter-{i}" for i in range(10)]})

    assert sum(credit.helped for credit in given_out) == pytest.approx(0.25)


def test_of_two_notes_in_dispute_that_failed_together_neither_wins():
    charged = evidence.credits([("one", 1.0), ("other", 1.0)], 0.0, 0.5, 1.0)

    assert evidence.counter_credits(charged, {"one": ["other"], "other": ["one"]}) == ()


def test_a_success_says_less_where_most_succeed():
    usual = baseline([1.0] * 18)
    (credit,) = evidence.credits([("n", 1.0)], 1.0, usual, 1.0)

    assert usual == pytest.approx(0.95)
    assert credit.helped == pytest.approx(0.05 / 0.25)


def test_a_result_as_usual_is_recorded_with_nothing():
    (credit,) = evidence.credits([("n", 1.0)], 0.5, 0.5, 1.0)

    assert (credit.helped, credit.failed) == (0.0, 0.0)


def test_nothing_is_usual_before_the_first_outcome():
    assert baseline([]) == 0.5
    assert baseline([1.0]) == pytest.approx(2 / 3)
    assert baseline([0.0, 0.0]) == pytest.approx(1 / 4)


def test_a_report_that_is_mended_replaces_the_first():
    worker = Author("bo", session="s1")
    laid = Event("e1", EPOCH, "project", Author("ada"), Laid("n", Kind.HOW_TO, ""))
    reports = [
        Event(f"e{2 + i}", EPOCH + timedelta(hours=i), "project", worker, OutcomeReported(result, 0.5, credits=given_))
        for i, (result, given_) in enumerate((r, evidence.credits([("n", 1.0)], r, 0.5, 1.0)) for r in (1.0, 0.5))
    ]

    notes, _ = fold([laid, *reports])

    assert quality(notes["n"].judgements, "ada", EPOCH) == Quality(0.0, 0.0)


@pytest.mark.parametrize(
    "name",
    [
        "HALF_LIFE_DAYS",
        "VOICES_PER_PRINCIPAL",
        "MOST_BY_PRINCIPAL",
        "PRIOR",
        "USE_DISCOUNT",
        "LONGEST_DISCOUNT",
        "SESSION_BUDGET",
        "LEAST_SPREAD",
        "COUNTER_SHARE",
    ],
)
def test_no_constant_is_dead(name, monkeypatch):
    """Property 20, for quality and credit."""
    few = said(("bo", "s1", 1.0, 0.0))
    many = said(*[("bo", str(i), float(i >= 50), float(i < 50)) for i in range(100)])
    used = [(f"note-{i}", 1.0) for i in range(300)]

    def outputs() -> tuple[object, ...]:
        lots, pair = evidence.credits(used, 1.0, 0.9, 1.0), evidence.credits(used[:2], 1.0, 0.97, 1.0)
        countered = evidence.counter_credits([Credit("n", 0.0, 0.5)], {"n": ["counter"]})
        return q_of(few), q_of(many, EPOCH), lots, pair, countered

    before = outputs()
    monkeypatch.setattr(evidence, name, type(getattr(evidence, name))(getattr(evidence, name) * 1.9))

    assert outputs() != before
