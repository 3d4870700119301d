"""
Trails fade by half in a half-life, grow with use inside their bounds, and do not notice being looked at.

Numbered properties are those that docs/dynamics.md refers to: 3 to 13 and 18.
"""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core import strategies as draws
from tests.core.strategies import EPOCH
from trails import dynamics
from trails.dynamics import HALF_LIFE_DAYS_BY_KIND, LEAST_STRENGTH, energy, energy_from_t_star, strength, t_star
from trails.events import Corroborated, Credit, Event, Judged, Laid, OutcomeReported, Served, Used
from trails.fold import (
    ACT_CONFIRMED,
    ACT_JUDGED,
    ACT_LAID,
    ACT_OUTCOME,
    ACT_USED,
    ACT_WITNESSED,
    NoteState,
    Voice,
    fold,
)
from trails.notes import Author, Kind, Use, Verdict

FEW = settings(max_examples=30, deadline=None)

ONE_PRINCIPAL = math.fsum(1 / rank for rank in range(1, 9))  # 2.72
AFTER_ALL = EPOCH + timedelta(days=30)  # later than every drawn time
ADA: Voice = ("ada", "s1", ACT_LAID)
BO: Voice = ("bo", "s2", ACT_JUDGED)

ages = st.integers(0, 400).map(lambda days: timedelta(days=days))


def half_life(kind: Kind) -> timedelta:
    return timedelta(days=HALF_LIFE_DAYS_BY_KIND[kind])


def energy_of(uses: dict[Voice, datetime], kind: Kind, now: datetime) -> float:
    return energy(dynamics.slots(uses, kind, "ada"), now, HALF_LIFE_DAYS_BY_KIND[kind])


def strength_of(state: NoteState, now: datetime) -> float:
    assert state.laid is not None
    slots = dynamics.slots(state.uses, state.laid.kind, state.by.principal)
    return strength(energy(slots, now, HALF_LIFE_DAYS_BY_KIND[state.laid.kind]))


# ── properties ───────────────────────────────────────────────────────────────────────────────────────────────────────
@FEW
@given(draws.uses(), draws.kinds, ages, ages)
def test_strength_never_grows_by_itself(uses, kind, age, more):
    """Property 3."""
    now = EPOCH + age

    assert strength(energy_of(uses, kind, now + more)) <= strength(energy_of(uses, kind, now)) + 1e-12


@FEW
@given(draws.uses(), draws.kinds)
def test_energy_halves_in_a_half_life(uses, kind):
    """Property 4."""
    now = energy_of(uses, kind, AFTER_ALL)

    assert energy_of(uses, kind, AFTER_ALL + half_life(kind)) == pytest.approx(now / 2, rel=1e-9, abs=1e-300)


@FEW
@given(draws.uses(), draws.kinds, ages)
def test_strength_and_energy_stay_in_their_bounds(uses, kind, age):
    """Property 5: two principals, one of them the author."""
    found = energy_of(uses, kind, EPOCH + age)

    assert 0 <= found <= ONE_PRINCIPAL * 1.5 + 1e-9
    assert LEAST_STRENGTH <= strength(found) < 1


@FEW
@given(draws.uses(min_size=1), draws.uses(min_size=1), draws.kinds, ages)
def test_the_order_by_t_star_is_the_order_of_energy_at_any_later_time(one, other, kind, age):
    """Property 6."""
    half_life_days = HALF_LIFE_DAYS_BY_KIND[kind]
    stars = [t_star(dynamics.slots(uses, kind, "ada"), half_life_days) for uses in (one, other)]
    weak, strong = (one, other) if stars[0] <= stars[1] else (other, one)
    now = AFTER_ALL + age

    assert energy_of(weak, kind, now) <= energy_of(strong, kind, now) * (1 + 1e-6)


@FEW
@given(draws.uses(min_size=1), draws.kinds)
def test_t_star_stands_for_the_energy(uses, kind):
    """Property 7."""
    half_life_days = HALF_LIFE_DAYS_BY_KIND[kind]
    star = t_star(dynamics.slots(uses, kind, "ada"), half_life_days)
    now = AFTER_ALL

    assert energy_from_t_star(star, now, half_life_days) == pytest.approx(energy_of(uses, kind, now), rel=1e-6, abs=0)


FIRST = draws.NOTE_IDS[0]
POSITIVE = (
    Judged(FIRST, Verdict.HELPED),
    Used(FIRST, Use.ECHOED),
    Corroborated(FIRST, draws.NOTE_IDS[1], 0.97),
    OutcomeReported(1.0, 0.5, credits=(Credit(FIRST, 0.3, 0.0),)),
)


@FEW
@given(
    draws.histories(st.one_of(draws.judged, draws.outcomes, st.sampled_from(POSITIVE))),
    draws.kinds,
    st.tuples(draws.times, draws.authors, st.sampled_from(POSITIVE)),
    ages,
)
def test_a_further_use_never_weakens_a_trail(history, kind, use, age):
    """Property 8: whichever the act."""
    at, by, fact = use
    note_id = FIRST
    laid = Event("laid", EPOCH, "project", Author("ada", session="s1"), Laid(note_id, kind, ""))
    before, _ = fold([laid, *history])
    after, _ = fold([laid, *history, Event("use", at, "project", by, fact)])

    now = EPOCH + age
    assert strength_of(after[note_id], now) >= strength_of(before[note_id], now) - 1e-12


@FEW
@given(draws.uses(), draws.kinds, st.lists(draws.times, max_size=60), ages)
def test_one_principal_adds_a_bounded_amount_however_often_it_comes(uses, kind, times, age):
    """Property 9."""
    spam: dict[Voice, datetime] = {("eve", str(i), ACT_LAID): at for i, at in enumerate(times)}
    now = EPOCH + age

    assert energy_of(uses | spam, kind, now) <= energy_of(uses, kind, now) + ONE_PRINCIPAL + 1e-9


@FEW
@given(draws.histories(), st.lists(ages, max_size=5), ages)
def test_looking_at_a_note_changes_nothing(history, looks, age):
    """Properties 10 and 18: state stays as it is, and an evaluation does not depend on those before it."""
    looked_at, _ = fold(history)
    untouched, _ = fold(history)
    notes = {note_id: state for note_id, state in looked_at.items() if state.laid}

    for look in looks:
        for state in notes.values():
            strength_of(state, EPOCH + look)

    assert looked_at == untouched
    for note_id, state in notes.items():
        assert strength_of(state, EPOCH + age) == strength_of(untouched[note_id], EPOCH + age)


@FEW
@given(
    draws.uses(min_size=1), draws.kinds, ages, st.integers(-10_000, 10_000).map(lambda hours: timedelta(hours=hours))
)
def test_only_differences_of_time_matter(uses, kind, age, shift):
    """Property 11."""
    now = EPOCH + age
    shifted = {voice: at + shift for voice, at in uses.items()}
    half_life_days = HALF_LIFE_DAYS_BY_KIND[kind]
    star, shifted_star = (t_star(dynamics.slots(held, kind, "ada"), half_life_days) for held in (uses, shifted))

    assert energy_of(shifted, kind, now + shift) == pytest.approx(energy_of(uses, kind, now), rel=1e-6)
    assert shifted_star - star == pytest.approx(shift.total_seconds(), abs=1e-3)


@FEW
@given(draws.histories(), ages)
def test_showing_a_note_does_not_strengthen_it(history, age):
    """Property 12, for strength."""
    shown, _ = fold([*history, Event("shown", AFTER_ALL, "project", Author("bo"), Served("recall", draws.NOTE_IDS))])
    unseen, _ = fold(history)

    for note_id, state in unseen.items():
        if state.laid:
            assert strength_of(shown[note_id], EPOCH + age) == strength_of(state, EPOCH + age)


@FEW
@given(draws.uses(), draws.kinds, st.lists(st.integers(1, 100_000), min_size=1, max_size=10))
def test_a_use_in_the_future_counts_no_more_than_one_now(uses, kind, days):
    """Property 13."""
    now = AFTER_ALL
    ahead: dict[Voice, datetime] = {("eve", str(i), ACT_LAID): now + timedelta(days=day) for i, day in enumerate(days)}
    present = dict.fromkeys(ahead, now)

    assert energy_of(uses | ahead, kind, now) == pytest.approx(energy_of(uses | present, kind, now))
    assert energy_of(uses | ahead, kind, now) <= ONE_PRINCIPAL * 2.5 + 1e-9


@FEW
@given(st.data(), draws.uses(), draws.kinds)
def test_the_order_in_which_uses_are_kept_does_not_matter(data, uses, kind):
    shuffled = dict(data.draw(st.permutations(list(uses.items()))))

    assert dynamics.slots(shuffled, kind, "ada") == dynamics.slots(uses, kind, "ada")


@FEW
@given(st.integers(0, 4000), st.integers(0, 4000))
def test_freshness_falls_gently_and_never_to_nothing(days, more):
    older, newer = (dynamics.freshness(EPOCH, EPOCH + timedelta(days=age)) for age in (days + more, days))

    assert 0 < older <= newer <= 1


# ── promises ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_new_note_has_an_energy_of_one_half_and_a_confirmed_one_more():
    laid = {ADA: EPOCH}
    confirmed = laid | {BO: EPOCH}

    assert energy_of(laid, Kind.OBSERVATION, EPOCH) == pytest.approx(0.5)  # the author's own word counts half
    assert energy_of(confirmed, Kind.OBSERVATION, EPOCH) == pytest.approx(0.5 + 0.5)


def test_a_use_looks_one_half_life_older_than_a_laying_and_an_outcome_two():
    by_act = {act: energy_of({("bo", "s", act): EPOCH}, Kind.HOW_TO, EPOCH) for act in dynamics.WEIGHT_BY_ACT}

    assert by_act == pytest.approx(
        {ACT_LAID: 1.0, ACT_WITNESSED: 1.0, ACT_CONFIRMED: 1.0, ACT_JUDGED: 0.5, ACT_USED: 0.5, ACT_OUTCOME: 0.25}
    )


def test_a_session_counts_once_with_the_act_that_lasts_longest():
    judged: dict[Voice, datetime] = {("bo", "s", ACT_JUDGED): EPOCH}
    also_credited = judged | {("bo", "s", ACT_OUTCOME): EPOCH}

    assert energy_of(also_credited, Kind.HOW_TO, EPOCH) == energy_of(judged, Kind.HOW_TO, EPOCH)


def test_each_further_session_of_a_principal_counts_less():
    energies = [energy_of({("bo", str(i), ACT_LAID): EPOCH for i in range(n)}, Kind.HOW_TO, EPOCH) for n in range(11)]
    steps = [after - before for before, after in pairwise(energies)]

    assert steps == pytest.approx([1 / 1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6, 1 / 7, 1 / 8, 0, 0])


def test_presence_is_gone_in_an_hour_or_two_and_a_decision_lasts_years():
    def is_faded_after(kind: Kind, age: timedelta) -> bool:
        star = t_star(dynamics.slots({ADA: EPOCH}, kind, "ada"), HALF_LIFE_DAYS_BY_KIND[kind])
        return dynamics.is_faded(star, EPOCH + age, kind)

    assert not is_faded_after(Kind.PRESENCE, timedelta(minutes=45))
    assert is_faded_after(Kind.PRESENCE, timedelta(hours=2))
    assert is_faded_after(Kind.WARNING, timedelta(days=120))
    assert not is_faded_after(Kind.DECISION, timedelta(days=2 * 365))


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_half_life_and_fades_below_two_percent_after_its_own_number(kind):
    star = t_star(dynamics.slots({BO: EPOCH}, kind, "ada"), HALF_LIFE_DAYS_BY_KIND[kind])
    left = energy_from_t_star(star, EPOCH + 5 * half_life(kind), HALF_LIFE_DAYS_BY_KIND[kind])

    assert left == pytest.approx(0.5**6)
    assert dynamics.is_faded(star, EPOCH + 5 * half_life(kind), kind)
    assert not dynamics.is_faded(star, EPOCH + 4 * half_life(kind), kind)


@pytest.mark.parametrize("kind", Kind)
def test_a_note_that_nobody_used_is_faded(kind):
    assert dynamics.is_faded(t_star((), HALF_LIFE_DAYS_BY_KIND[kind]), EPOCH, kind)


def test_years_of_quarter_hours_do_not_overflow():
    kind = Kind.PRESENCE
    old: dict[Voice, datetime] = {ADA: datetime.min.replace(tzinfo=UTC), BO: datetime(2400, 1, 1, tzinfo=UTC)}
    star = t_star(dynamics.slots(old, kind, "ada"), HALF_LIFE_DAYS_BY_KIND[kind])

    assert math.isfinite(star)
    assert math.isfinite(energy_from_t_star(star, EPOCH, HALF_LIFE_DAYS_BY_KIND[kind]))


def test_a_stamp_from_the_future_is_no_fresher_than_now():
    assert dynamics.freshness(EPOCH + timedelta(days=900), EPOCH) == 1.0


def test_a_note_of_a_month_is_less_than_half_as_fresh_and_one_of_a_year_still_a_fifth():
    month, year = (dynamics.freshness(EPOCH, EPOCH + timedelta(days=days)) for days in (30, 365))

    assert month == pytest.approx(31**-0.25)
    assert year > 0.2


@pytest.mark.parametrize(
    "name",
    [
        *("OWN_WEIGHT", "HALF_STRENGTH_ENERGY", "LEAST_STRENGTH", "SESSIONS_PER_PRINCIPAL", "ARCHIVE_ENERGY"),
        *("FRESHNESS_EXPONENT", "MAX_EXPONENT", "NEVER_USED", "SECONDS_PER_DAY"),
        *(f"WEIGHT_BY_ACT {act}" for act in dynamics.WEIGHT_BY_ACT),
        *(f"HALF_LIFE_DAYS_BY_KIND {kind}" for kind in Kind),
    ],
)
def test_no_constant_is_dead(name, monkeypatch):
    """Property 20, for strength: a change of each changes an answer."""
    uses = {ADA: EPOCH} | {("bo", str(i), ACT_LAID): EPOCH for i in range(9)}
    kind = Kind.HOW_TO
    faded_at = EPOCH + half_life(kind) * 7.55  # an energy of about .017

    def outputs() -> tuple[object, ...]:
        slots = dynamics.slots(uses, kind, "ada")
        star = t_star(slots, HALF_LIFE_DAYS_BY_KIND[kind])
        found = strength(energy(slots, EPOCH, HALF_LIFE_DAYS_BY_KIND[kind]))
        by_act = [dynamics.slots({("bo", "s", act): EPOCH}, kind, "ada") for act in dynamics.WEIGHT_BY_ACT]
        by_kind = [dynamics.slots({BO: EPOCH}, one, "ada") for one in Kind]
        ageless = t_star((), 1.0), energy_from_t_star(1e12, EPOCH, 1e-3), dynamics.freshness(EPOCH, faded_at)
        return found, dynamics.is_faded(star, faded_at, kind), by_act, by_kind, ageless

    before = outputs()
    name, _, key = name.partition(" ")
    held = getattr(dynamics, name)
    changed = {**held, key: held[key] * 0.6} if key else type(held)(held * 0.6 or 1.0)
    monkeypatch.setattr(dynamics, name, changed)

    assert outputs() != before


def test_one_principal_however_busy_lifts_a_note_half_way():
    busy: dict[Voice, datetime] = {("bo", str(i), ACT_LAID): EPOCH for i in range(100)}

    assert strength(energy_of(busy, Kind.HOW_TO, EPOCH)) == pytest.approx(0.5, abs=0.005)


def test_t_star_of_few_uses_is_between_the_latest_use_and_a_little_later():
    uses = {ADA: EPOCH, ("cy", "s", ACT_LAID): EPOCH}
    star = t_star(dynamics.slots(uses, Kind.PLAN, "ada"), HALF_LIFE_DAYS_BY_KIND[Kind.PLAN])

    assert EPOCH.timestamp() < star < (EPOCH + half_life(Kind.PLAN)).timestamp()
