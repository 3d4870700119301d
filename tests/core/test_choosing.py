"""Who is shown: the best, others, the other side, and now and then one that would wait."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.strategies import EPOCH
from trails import choosing
from trails.choosing import EXPLORATION_SHARE, FIXED_PLACES, UNIFORM_SHARE, Choice, win_odds
from trails.exposure import effective_number, gini
from trails.notes import Candidate, Quality
from trails.ranking import Ranked

FEW = settings(max_examples=30, deadline=None)
FEWER = settings(max_examples=10, deadline=None)  # each goes through a whole tree of draws

BEST_IS_LEFT = 0.9  # a lot on which nothing is drawn
# Close enough together that one falls on each note of a small pool.
LOTS = (*(EXPLORATION_SHARE * (step + 0.5) / 60 for step in range(60)), BEST_IS_LEFT)


class Lots:
    """Chance that gives these numbers, one after the other, and then lets the best have the rest."""

    def __init__(self, *lots: float) -> None:
        self.left = list(lots)

    def random(self) -> float:
        return self.left.pop(0) if self.left else BEST_IS_LEFT


def note(name: str, score: float, principal: str | None = None, **known: object) -> tuple[Ranked, Candidate]:
    """A hit, laid by somebody of its own unless `principal` says who."""
    who = name if principal is None else principal
    return Ranked(name, score, ()), Candidate(name, EPOCH, principal=who, **known)  # type: ignore[arg-type]


def notes(count: int, principal: str | None = None, start: float = 1.0, name: str = "n") -> list:
    return [note(f"{name}{i:02}", start * (1 - 0.01 * i), principal) for i in range(count)]


def unlike(_note_id: str, _other_id: str) -> float:
    return 0.0


def choose(found: Sequence, limit: int = 5, similarity=unlike, chance=None) -> list[Choice]:
    """The choice among these notes, which are put in the order of their scores."""
    ordered = sorted(found, key=lambda pair: -pair[0].score)
    candidates = {candidate.note_id: candidate for _, candidate in ordered}
    ranked = [hit for hit, _ in ordered]
    return choosing.choose(ranked, candidates, limit=limit, similarity=similarity, chance=chance)


def shown(*args, **kwargs) -> list[str]:
    return [choice.note_id for choice in choose(*args, **kwargs)]


def draw_tree(found: Sequence, limit: int, lots: tuple[float, ...] = ()) -> Iterator[tuple[float, list[Choice]]]:
    """Each answer that chance can give, with its probability; the chances at each place sum to 1."""
    choices = choose(found, limit, chance=Lots(*lots))
    place = FIXED_PLACES + len(lots)
    if place >= len(choices):
        probability = 1.0
        for choice in choices:
            probability *= choice.propensity
        yield probability, choices
        return
    here = {}
    for lot in LOTS:
        here[choose(found, limit, chance=Lots(*lots, lot))[place]] = lot
    assert sum(choice.propensity for choice in here) == pytest.approx(1)
    for lot in here.values():
        yield from draw_tree(found, limit, (*lots, lot))


def inclusion(found: Sequence, limit: int) -> dict[str, float]:
    """The chance of each note to be shown, by enumeration."""
    chances: dict[str, float] = defaultdict(float)
    for probability, choices in draw_tree(found, limit):
        for choice in choices:
            chances[choice.note_id] += probability
    return chances


# ── the best first ───────────────────────────────────────────────────────────────────────────────────────────────────
qualities = st.builds(Quality, st.sampled_from([0.0, 1.5, 6.0]), st.sampled_from([0.0, 1.0]))


@st.composite
def findings(draw: st.DrawFn, max_size: int = 40) -> list:
    count = draw(st.integers(0, max_size))
    names = [f"n{i:02}" for i in range(count)]
    opposed = draw(st.dictionaries(st.sampled_from(names), st.sampled_from(names), max_size=6)) if names else {}
    return [
        note(
            name,
            draw(st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9])),
            draw(st.sampled_from(["", "ada", "bo", "cy"])),
            quality=draw(qualities),
            opposed=(opposed[name],) if name in opposed else (),
        )
        for name in names
    ]


@FEW
@given(findings(), st.integers(1, 20), st.integers(0, 99))
def test_what_is_shown_is_found_and_different_and_fills_the_places(found, limit, seed):
    chance = random.Random(seed)

    choices = choose(found, limit, lambda one, other: 0.9 * (one[-1] == other[-1]), chance)

    ids = [choice.note_id for choice in choices]
    against = {note_id for choice in choices for note_id in choice.against}
    assert len(set(ids)) == len(ids) <= limit
    assert against.isdisjoint(ids)
    assert {*ids, *against} <= {hit.note_id for hit, _ in found}
    assert all(0 < choice.propensity <= 1 for choice in choices)
    if not any(candidate.opposed for _, candidate in found):
        assert len(ids) == min(limit, len(found))


@FEW
@given(findings(), st.integers(1, 7), st.integers(0, 99))
def test_the_first_place_is_the_best_hits_whatever_chance_says(found, limit, seed):
    best = max(found, key=lambda pair: pair[0].score, default=None)

    choices = choose(found, limit, lambda *_: 1.0, random.Random(seed))

    assert [choice.note_id for choice in choices[:1]] == ([best[0].note_id] if best else [])
    assert all(choice.propensity == 1 and not choice.explored for choice in choices[:FIXED_PLACES])


@FEW
@given(findings(), st.integers(1, 7))
def test_without_chance_nothing_is_drawn(found, limit):
    assert all(choice.propensity == 1 and not choice.explored for choice in choose(found, limit))


def test_different_notes_are_shown_in_the_order_of_their_scores():
    assert shown(notes(20)) == ["n00", "n01", "n02", "n03", "n04"]


def test_equal_notes_are_shown_in_the_order_in_which_they_were_ranked():
    found = [note(name, 0.5) for name in "dbeac"]

    assert shown(found, limit=4) == ["d", "b", "e", "a"]


def test_notes_that_all_score_nothing_can_be_shown():
    assert shown([note("a", 0.0), note("b", 0.0)]) == ["a", "b"]


# ── not five times the same ──────────────────────────────────────────────────────────────────────────────────────────
def test_a_near_duplicate_of_what_is_shown_gives_way_to_something_new():
    found = [note("best", 1.0), note("same", 0.95), note("new", 0.9)]

    def alike(one: str, other: str) -> float:
        return 0.98 if {one, other} == {"best", "same"} else 0.1

    assert shown(found, limit=2, similarity=alike) == ["best", "new"]
    assert shown(found, limit=3, similarity=alike) == ["best", "new", "same"]


def test_a_duplicate_still_comes_before_what_hardly_answers():
    found = [note("best", 1.0), note("same", 0.95), note("vague", 0.3)]

    assert shown(found, limit=2, similarity=lambda one, other: 0.98 * ({one, other} == {"best", "same"})) == [
        "best",
        "same",
    ]


@pytest.mark.parametrize(("limit", "pool"), [(1, 12), (4, 12), (5, 15), (20, 60)])
def test_similarity_is_asked_for_notes_of_the_pool_only(limit, pool):
    asked = set()

    def record(one: str, other: str) -> float:
        asked.update((one, other))
        return 0.0

    choose(notes(100), limit, record, random.Random(1))

    assert asked == ({f"n{i:02}" for i in range(pool)} if limit > 1 else set())


# ── not one voice alone ──────────────────────────────────────────────────────────────────────────────────────────────
def test_of_the_first_five_one_principal_has_two_while_others_have_something_to_say():
    found = [*notes(10, "ada"), *notes(3, "bo", 0.5, "b"), *notes(2, "cy", 0.4, "c")]

    assert shown(found) == ["n00", "n01", "b00", "b01", "c00"]


def test_after_the_first_five_the_score_alone_decides():
    found = [*notes(7, "ada"), *notes(9, None, 0.5, "other")]

    assert shown(found, limit=7) == ["n00", "n01", "other00", "other01", "other02", "n02", "n03"]


@pytest.mark.parametrize("principal", ["ada", ""])
def test_in_a_memory_of_one_principal_nothing_changes(principal):
    assert shown(notes(30, principal), limit=7) == [f"n{i:02}" for i in range(7)]


def test_others_that_do_not_answer_displace_nobody():
    found = [*notes(6, "ada"), *notes(6, None, 0.05, "vague")]

    assert shown(found) == ["n00", "n01", "n02", "n03", "n04"]


def test_others_displace_only_what_scores_at_most_ten_times_as_much():
    found = [note("a1", 1.0, "ada"), note("a2", 1.0, "ada"), note("a3", 0.9, "ada"), note("a4", 0.7, "ada")]
    found.append(note("bo", 0.08, "bo"))

    assert shown(found, limit=4) == ["a1", "a2", "a3", "bo"]


def test_of_the_pool_one_principal_has_half_while_others_wait():
    found = [*notes(20, "ada"), *notes(20, None, 0.3, "other")]

    chances = [shown(found, chance=Lots(lot, lot, lot)) for lot in LOTS]

    ids = {note_id for one in chances for note_id in one}
    assert ids == {"n00", "n01", *(f"other{i:02}" for i in range(8))}  # 15 less the 7 of the one principal


def test_one_principal_has_the_whole_pool_when_nobody_waits():
    found = [*notes(14, "ada"), note("other", 0.9, "bo")]
    asked = set()

    def record(one: str, other: str) -> float:
        asked.add(one)
        return 0.0

    choose(found, 5, record)

    assert len(asked) == 14


@FEW
@given(findings(15), st.integers(0, 99))
def test_chance_too_gives_a_third_of_the_first_five_places_only_to_who_has_no_other_beside_it(found, seed):
    found = [(Ranked(hit.note_id, 0.5 + hit.score / 2, ()), candidate) for hit, candidate in found]  # all answer
    who = {candidate.note_id: candidate.principal for _, candidate in found}
    everybody = shown(found, limit=len(found)) if found else []

    ids = shown(found, chance=random.Random(seed))

    for place in range(len(ids)):
        before = [who[note_id] for note_id in ids[:place]]
        if before.count(who[ids[place]]) >= 2:
            assert all(before.count(who[note_id]) >= 2 for note_id in everybody if note_id not in ids[:place])


# ── both sides of a dispute ──────────────────────────────────────────────────────────────────────────────────────────
def test_a_dispute_takes_one_place_and_the_better_ranked_side_has_it():
    found = [note("first", 1.0), note("claim", 0.9), note("against", 0.8, opposed=("claim",)), note("last", 0.1)]

    choices = choose(found, limit=3)

    assert [(choice.note_id, choice.against) for choice in choices] == [
        ("first", ()),
        ("claim", ("against",)),
        ("last", ()),
    ]


def test_it_does_not_matter_which_side_says_that_there_is_a_dispute():
    one = [note("claim", 0.9, opposed=("against",)), note("against", 0.8)]
    other = [note("claim", 0.9), note("against", 0.8, opposed=("claim",))]

    assert choose(one) == choose(other) == [Choice("claim", 1.0, against=("against",))]


def test_a_note_disputed_by_several_has_them_all_beside_it_best_first():
    found = [note("claim", 0.9, opposed=("a", "b")), note("b", 0.8), note("a", 0.7)]

    assert choose(found) == [Choice("claim", 1.0, against=("b", "a"))]


def test_whoever_disputes_two_notes_that_agree_stands_beside_both():
    found = [note("one", 0.9), note("against", 0.8, opposed=("one", "two")), note("two", 0.7)]

    assert [(choice.note_id, choice.against) for choice in choose(found)] == [
        ("one", ("against",)),
        ("two", ("against",)),
    ]


def test_a_dispute_with_a_note_that_was_not_found_changes_nothing():
    assert choose([note("claim", 0.9, opposed=("elsewhere", "claim"))]) == [Choice("claim", 1.0)]


@FEW
@given(findings(), st.integers(1, 7), st.integers(0, 99))
def test_no_two_sides_of_a_dispute_have_a_place_each(found, limit, seed):
    candidates = {candidate.note_id: candidate for _, candidate in found}

    ids = shown(found, limit, chance=random.Random(seed))

    assert not any(other in candidates[one].opposed for one in ids for other in ids if one != other)


# ── chance ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@st.composite
def small_pools(draw: st.DrawFn) -> list:
    """Three to seven notes, each of another principal, judged or not, some in dispute."""
    count = draw(st.integers(3, 7))
    scores = st.sampled_from([0.3, 0.6, 0.9])
    sides = {1: ("n02",)} if draw(st.booleans()) else {}
    return [note(f"n{i:02}", draw(scores), quality=draw(qualities), opposed=sides.get(i, ())) for i in range(count)]


@FEWER
@given(small_pools(), st.integers(1, 5))
def test_whatever_waits_is_shown_with_a_chance_of_at_least_the_floor(found, limit):
    """Property 17: inclusion has a floor, and its sum is the number of places."""
    places = choose(found, len(found))
    size = len(places)

    chances = inclusion(found, limit)

    assert sum(chances.values()) == pytest.approx(min(limit, size))
    if size > limit >= 3:
        floor = UNIFORM_SHARE * EXPLORATION_SHARE * (limit - FIXED_PLACES) / (size - FIXED_PLACES)
        assert min(chances[place.note_id] for place in places) >= floor - 1e-12


def test_a_note_that_always_failed_keeps_its_floor():
    found = [*notes(6), note("bad", 0.1, quality=Quality(failed=1000.0))]

    chances = inclusion(found, 4)

    assert 0.5 * 0.2 * 2 / 5 <= chances["bad"] < chances["n05"]


def test_of_two_notes_that_would_wait_the_one_that_helped_is_drawn_more_often():
    found = [*notes(6), note("good", 0.1, quality=Quality(helped=4.0))]

    chances = inclusion(found, 4)

    assert chances["good"] > 1.5 * chances["n05"]


def test_what_chance_alone_brought_says_so_and_how_likely_it_was():
    choices = choose(notes(20), limit=3, chance=Lots(0.999 * EXPLORATION_SHARE))

    assert choices[2] == Choice("n11", pytest.approx(0.2 / 10), explored=True)  # the last of 12, less 2 shown


def test_what_would_have_been_there_anyway_is_as_likely_by_either_way():
    likely = pytest.approx(0.8 + 0.2 / 10)

    assert choose(notes(20), limit=3, chance=Lots(BEST_IS_LEFT))[2] == Choice("n02", likely)
    assert choose(notes(20), limit=3, chance=Lots(0.0))[2] == Choice("n02", likely)


@FEWER
@given(small_pools())
def test_lots_fall_on_a_note_as_often_as_its_propensity_says(found):
    lots = [(step + 0.5) / 400 for step in range(400)]

    third = [choose(found, 3, chance=Lots(lot))[-1] for lot in lots]

    for choice in set(third):
        assert third.count(choice) / len(lots) == pytest.approx(choice.propensity, abs=2 / len(lots))


def test_the_same_chance_gives_the_same_choice():
    found = [*notes(30), note("judged", 0.85, quality=Quality(3.0, 1.0))]

    once, again = ([choose(found, chance=random.Random(seed)) for seed in range(40)] for _ in range(2))

    assert once == again
    assert any(choice.explored for choices in once for choice in choices)


def test_chance_shuffles_nothing_where_all_notes_are_shown():
    assert choose(notes(5), chance=Lots(0.0, 0.19, 0.19)) == choose(notes(5))


def test_a_third_note_of_one_principal_waits_even_for_chance_while_others_answer():
    found = [*notes(4, "ada"), *notes(4, None, 0.5, "other")]

    assert inclusion(found, 4).keys() == {"n00", "n01", "other00", "other01", "other02", "other03"}


# ── who has the largest theta ────────────────────────────────────────────────────────────────────────────────────────
@FEW
@given(st.lists(st.builds(Quality, st.floats(0, 2000), st.floats(0, 2000)), min_size=1, max_size=60))
def test_the_chances_to_win_sum_to_one(judged):
    odds = win_odds(judged)

    assert sum(odds) == pytest.approx(1)
    assert all(0 <= win <= 1 for win in odds)


@FEW
@given(st.data(), st.lists(qualities, min_size=2, max_size=8))
def test_the_order_of_the_notes_does_not_change_their_chances_to_win(data, judged):
    shuffled = data.draw(st.permutations(range(len(judged))))

    odds, again = win_odds(judged), win_odds([judged[place] for place in shuffled])

    assert again == pytest.approx([odds[place] for place in shuffled])


def test_notes_that_nobody_judged_have_equal_chances_to_win():
    assert win_odds([Quality()] * 4) == [0.25] * 4


@pytest.mark.parametrize("helped", [0.5, 1.0, 4.0, 12.0])
def test_against_one_unjudged_note_the_chance_to_win_is_the_mean(helped):
    odds = win_odds([Quality(helped=helped), Quality()])

    assert odds[0] == pytest.approx((1 + helped) / (2 + helped), abs=0.01)


@FEW
@given(st.lists(qualities, min_size=1, max_size=6), st.floats(0.1, 10))
def test_help_raises_the_chance_to_win_and_failure_lowers_it(others, evidence):
    helped = win_odds([Quality(1 + evidence, 1), *others])[0]
    plain = win_odds([Quality(1, 1), *others])[0]
    failed = win_odds([Quality(1, 1 + evidence), *others])[0]

    assert failed < plain < helped


# ── how evenly ───────────────────────────────────────────────────────────────────────────────────────────────────────
@FEW
@given(st.lists(st.integers(0, 50), max_size=12), st.integers(1, 5))
def test_measures_of_exposure_are_bounded_and_do_not_depend_on_how_much_was_shown(counts, times):
    size = len(counts)
    more = [times * count for count in counts]

    assert 0 <= gini(counts) <= max(0.0, 1 - 1 / max(1, size)) + 1e-12
    assert 0 <= effective_number(counts) <= size + 1e-9
    assert gini(more) == pytest.approx(gini(counts))
    assert effective_number(more) == pytest.approx(effective_number(counts))


def test_notes_shown_equally_often_count_in_full():
    assert effective_number([3, 3, 3, 3]) == pytest.approx(4)
    assert gini([3, 3, 3, 3]) == 0


def test_one_note_that_has_all_the_attention_counts_alone():
    assert effective_number([0, 7, 0, 0]) == 1
    assert gini([0, 7, 0, 0]) == pytest.approx(0.75)


def test_a_better_spread_shows_in_both_measures():
    assert effective_number([5, 4, 3]) > effective_number([8, 3, 1])
    assert gini([5, 4, 3]) < gini([8, 3, 1])


def test_where_nothing_was_shown_there_is_nothing_to_measure():
    assert effective_number([]) == effective_number([0, 0]) == gini([]) == gini([0, 0]) == 0


# ── constants ────────────────────────────────────────────────────────────────────────────────────────────────────────
def answers() -> list[list[Choice]]:
    """What is shown in worlds in which every rule has something to do."""
    team = [*notes(12, "ada"), *notes(20, None, 0.6, "other")]
    team += [note(f"judged{i}", 0.9 - 0.1 * i, quality=Quality(3.0 * i, 1.0)) for i in range(3)]
    vague = [*notes(8, "ada"), *notes(8, None, 0.08, "vague")]
    wide = notes(30)

    def alike(one: str, other: str) -> float:
        return 0.9 if one[:-1] == other[:-1] else 0.1

    worlds = [(team, 7), (vague, 5), (wide, 3)]
    lots = [(), (0.01, 0.05, 0.03), (0.15, 0.19, 0.09)]
    return [choose(world, limit, alike, Lots(*lot)) for world, limit in worlds for lot in lots]


@pytest.mark.parametrize(
    "name",
    [
        "HITS_A_PLACE",
        "LEAST_POOL",
        "POOL_SHARE",
        "RELEVANCE_SHARE",
        "FAIR_PLACES",
        "PLACES_PER_PRINCIPAL",
        "OTHERS_SHARE",
        "FIXED_PLACES",
        "EXPLORATION_SHARE",
        "UNIFORM_SHARE",
        "GRID_POINTS",
    ],
)
def test_no_constant_is_dead(name, monkeypatch):
    before = answers()
    monkeypatch.setattr(choosing, name, type(getattr(choosing, name))(getattr(choosing, name) * 0.5))

    assert answers() != before
