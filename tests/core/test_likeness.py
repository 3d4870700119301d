"""How alike files are by their lines, and when that is clear enough to say that one is the other."""

from hypothesis import given
from hypothesis import strategies as st

from trails.likeness import ALIKE, MARGIN, Print, clear_pairs, common_lines, likeness

LINES = tuple(f"line {number}" for number in range(20))
FILES = st.lists(st.sampled_from(LINES), max_size=30).map(tuple)


def test_a_file_with_a_few_lines_edited_is_still_alike():
    edited = ("new", *LINES[2:], "also new")

    assert likeness(Print(LINES), edited) == 18 / 20


def test_half_of_the_lines_are_not_enough():
    assert likeness(Print(LINES), LINES[:10]) == 0


def test_a_small_file_is_not_found_in_a_large_one():
    assert likeness(Print(LINES[:8]), LINES) == 0


def test_lines_of_a_part_are_found_in_a_larger_file():
    assert likeness(Print(LINES[5:13], is_whole=False), LINES) == 1


def test_lines_that_many_files_have_say_nothing():
    licence = tuple(f"licence {number}" for number in range(30))
    common = common_lines([licence + LINES[:2], licence + LINES[4:6], licence + LINES[8:10]])

    assert common == set(licence)
    assert likeness(Print(licence + LINES[:2]), licence + LINES[:2], common) == 0


def test_the_best_must_lead_clearly():
    assert clear_pairs({("a", "x"): 0.9, ("a", "y"): 0.7}) == {"a": ("x", 0.9)}
    assert clear_pairs({("a", "x"): 0.9, ("a", "y"): 0.8}) == {}
    assert clear_pairs({("a", "x"): 0.9, ("b", "x"): 0.85}) == {}


def test_what_is_clear_leaves_the_rest_clear():
    assert clear_pairs({("a", "x"): 1.0, ("a", "y"): 0.7, ("b", "x"): 0.7, ("b", "y"): 0.75}) == {
        "a": ("x", 1.0),
        "b": ("y", 0.75),
    }


@given(FILES, FILES)
def test_likeness_is_a_share_and_the_same_both_ways(one, other):
    alike = likeness(Print(one), other)

    assert alike == 0 or ALIKE <= alike <= 1
    assert alike == 0 or alike == likeness(Print(other), one)


@given(st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), st.floats(0, 1)))
def test_nothing_is_paired_twice_and_the_best_pair_leads_all_that_share_a_side(scores):
    pairs = clear_pairs(scores)

    assert len({other for other, _ in pairs.values()}) == len(pairs)
    if pairs:
        one, (other, score) = max(pairs.items(), key=lambda pair: pair[1][1])
        rivals = [rival for (a, b), rival in scores.items() if (a == one) != (b == other)]
        assert all(rival <= score - MARGIN for rival in rivals)
