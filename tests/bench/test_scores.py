"""What the metrics promise, and the intervals around their means."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trails.bench.scores import METRICS, interval, score

NAMES = [f"file{number}" for number in range(14)]
ANSWERS = st.lists(st.sampled_from(NAMES), unique=True)
WANTED = st.sets(st.sampled_from(NAMES), min_size=1)
VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_an_answer_is_scored_by_the_places_of_the_right_files():
    found = dict(zip(METRICS, score(["x", "a", "y", "z", "v", "w", "b"], {"a", "b", "c"}), strict=True))

    assert found["MRR@10"] == 1 / 2
    assert found["R@5"] == 1 / 3
    assert found["R@10"] == 2 / 3
    assert found["S@5"] == 1
    best = 1 + 1 / math.log2(3) + 1 / 2
    assert found["nDCG@10"] == pytest.approx((1 / math.log2(3) + 1 / 3) / best)


@settings(deadline=None)
@given(ANSWERS, WANTED)
def test_every_score_is_a_share(answer, wanted):
    assert all(0 <= value <= 1 + 1e-12 for value in score(answer, wanted))


@settings(deadline=None)
@given(st.permutations(NAMES), st.sets(st.sampled_from(NAMES), min_size=1, max_size=5))
def test_only_the_right_files_first_score_everything(others, wanted):
    answer = sorted(wanted) + [name for name in others if name not in wanted]

    assert score(answer, wanted) == pytest.approx((1, 1, 1, 1, 1))


@settings(deadline=None)
@given(ANSWERS, WANTED)
def test_what_comes_after_the_tenth_place_does_not_count(answer, wanted):
    assert score(answer, wanted) == score(answer[:10], wanted)


@settings(deadline=None)
@given(ANSWERS, WANTED)
def test_a_right_file_before_a_wrong_one_is_never_worse(answer, wanted):
    for place in range(len(answer) - 1):
        first, second = answer[place : place + 2]
        if second in wanted and first not in wanted:
            better = [*answer[:place], second, first, *answer[place + 2 :]]
            assert all(
                new >= old - 1e-12 for new, old in zip(score(better, wanted), score(answer, wanted), strict=True)
            )


@settings(deadline=None)
@given(WANTED)
def test_no_answer_scores_nothing(wanted):
    assert score([], wanted) == (0, 0, 0, 0, 0)


@settings(deadline=None)
@given(VALUES, st.integers(0, 9))
def test_an_interval_lies_around_its_mean_and_within_the_values(values, seed):
    found = interval(values, seed=seed)

    assert found.mean == pytest.approx(float(np.mean(values)))
    assert min(values) - 1e-12 <= found.low <= found.mean + 1e-12
    assert found.mean - 1e-12 <= found.high <= max(values) + 1e-12


@settings(deadline=None)
@given(VALUES)
def test_the_same_seed_draws_the_same_interval(values):
    assert interval(values, seed=3) == interval(values, seed=3)


def test_more_values_make_an_interval_narrower():
    few, many = interval([0.0, 1.0] * 5, seed=0), interval([0.0, 1.0] * 500, seed=0)

    assert many.high - many.low < few.high - few.low


def test_a_value_with_more_weight_counts_more():
    assert interval([0.0, 1.0], weights=[1, 3], seed=0).mean == 0.75
