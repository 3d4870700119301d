"""
How good a list of files is, and how far a mean can be trusted.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

METRICS = ("MRR@10", "R@5", "R@10", "S@5", "nDCG@10")
"""1 / place of the first right file; share of the right ones among 5 and 10; any among 5; gain discounted by place."""

PLACES = 10
FEW = 5
DRAWS = 5000  # of the bootstrap

Scores = npt.NDArray[np.float64]
"""`(n, 5)`: one row a question, the columns as in METRICS, each in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and where 95 of 100 means of such samples lie."""

    mean: float
    low: float
    high: float

    def plain(self) -> dict[str, float]:
        """As JSON has it."""
        return {"mean": round(self.mean, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


def score(ranked: Sequence[str], wanted: Collection[str]) -> tuple[float, ...]:
    """The metrics of one answer, in the order of METRICS; `ranked` names each at most once, `wanted` is not empty."""
    places = [place for place, name in enumerate(ranked[:PLACES]) if name in wanted]
    few = sum(place < FEW for place in places)
    gain = math.fsum(_worth(place) for place in places)
    most = math.fsum(_worth(place) for place in range(min(PLACES, len(wanted))))
    reciprocal = 1 / (places[0] + 1) if places else 0.0
    return reciprocal, few / len(wanted), len(places) / len(wanted), float(few > 0), gain / most


def interval(values: Any, *, seed: int, weights: Any = None) -> Interval:
    """
    The weighted mean of `(n,)` values with its 95 % interval: a bootstrap that draws the values with their weights.

    Percentiles of DRAWS means (Efron 1979). The values are what is independent: repositories or conversations, and
    questions only where there is but one of those.
    """
    values = np.asarray(values, np.float64)
    weights = np.ones_like(values) if weights is None else np.asarray(weights, np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(values), (DRAWS, len(values)))
    means = (values * weights)[drawn].sum(axis=1) / weights[drawn].sum(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return Interval(float((values * weights).sum() / weights.sum()), float(low), float(high))


def _worth(place: int) -> float:
    return 1 / math.log2(place + 2)
