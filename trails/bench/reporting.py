"""
What came of the replays, as plain JSON: scores, means with intervals, and how trails differs from each baseline.

Of several repositories each counts the same, and they are what the bootstrap draws; of a single one its questions are.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..version import VERSION
from .replaying import OPEN, TEXT, TRACKS, WARM, Measured
from .scores import METRICS, Scores, interval
from .systems import Trails

FOUND = METRICS.index("S@5")
OURS = Trails.name
FEWEST_DRAWN = 4  # of fewer things a bootstrap makes intervals that promise too much


def report(measured: Sequence[Measured], *, seed: int, max_questions: int, model: str) -> dict[str, Any]:
    """The figures of one run; the same run gives the same report."""
    tracks = [track for track in TRACKS if any(one.questions(track) for one in measured)]
    figures = {
        "trails": VERSION,
        "model": model,
        "seed": seed,
        "max_questions": max_questions,
        "first_question_after": WARM,
        "drawn": "repositories" if len(measured) > 1 else "questions",
        "repositories": [_repository(one) for one in measured],
        "means": {track: _means(measured, track, seed) for track in tracks},
        "differences": {track: _differences(measured, track, seed) for track in tracks},
    }
    return figures | {"said": say_difference(figures)}


def say_difference(figures: dict[str, Any], other: str = "nearest notes") -> str:
    """In one sentence, whether trails leads to a right file more often than a baseline does."""
    told = [
        _say_track(figures, track, other) for track in (OPEN, TEXT) if other in figures["differences"].get(track, {})
    ]
    if not told:
        return "Nothing to compare with: without a model there are no nearest notes."
    few = ", ".join(str(figures_of["name"]) for figures_of in figures["repositories"])
    where = f"In {few}" if len(figures["repositories"]) == 1 else f"In {len(figures['repositories'])} repositories"
    return f"{where}, {'; '.join(told)}."


def _say_track(figures: dict[str, Any], track: str, other: str) -> str:
    found = figures["differences"][track][other]["S@5"]
    ours, theirs = (figures["means"][track][name]["S@5"]["mean"] for name in (OURS, other))
    if found["of"] < FEWEST_DRAWN:
        verdict = f"{found['of']} {figures['drawn']} are too few to tell trails and {other} apart"
    elif found["low"] > 0:
        verdict = f"trails has a right file among its first five more often than {other}"
    elif found["high"] < 0:
        verdict = f"trails has a right file among its first five less often than {other}"
    else:
        verdict = f"no difference between trails and {other} can be told"
    return (
        f"asked {TRACKS[track]}, {verdict}: {ours:.0%} against {theirs:.0%} of the questions "
        f"({100 * found['mean']:+.0f} points, 95 % interval {100 * found['low']:+.0f} to {100 * found['high']:+.0f})"
    )


def _repository(one: Measured) -> dict[str, Any]:
    return {
        "name": one.name,
        "notes": one.notes,
        "questions": {track: one.questions(track) for track in TRACKS},
        "scores": {
            track: {name: _by_metric(rows.mean(axis=0)) for name, rows in systems.items()}
            for track, systems in one.scores.items()
        },
    }


def _by_metric(values: Scores) -> dict[str, float]:
    return {metric: round(float(value), 4) for metric, value in zip(METRICS, values, strict=True)}


def _means(measured: Sequence[Measured], track: str, seed: int) -> dict[str, Any]:
    asked = _asked(measured, track)
    return {name: _intervals(_drawn([found[name] for found in asked], len(measured)), seed) for name in asked[0]}


def _differences(measured: Sequence[Measured], track: str, seed: int) -> dict[str, Any]:
    """Ours less each of the others, question by question, and in how many of what is drawn it is better or worse."""
    asked = _asked(measured, track)
    told: dict[str, Any] = {}
    for name in (name for name in asked[0] if name != OURS):
        drawn = _drawn([found[OURS] - found[name] for found in asked], len(measured))
        told[name] = _intervals(drawn, seed)
        for column, metric in enumerate(METRICS):
            values = drawn[:, column]
            counts = {"better": int((values > 0).sum()), "worse": int((values < 0).sum()), "of": len(values)}
            told[name][metric] |= counts
    return told


def _asked(measured: Sequence[Measured], track: str) -> list[dict[str, Scores]]:
    """The scores by system of each repository that was asked anything on a track."""
    return [one.scores[track] for one in measured if one.questions(track)]


def _drawn(rows: Sequence[Scores], repositories: int) -> Scores:
    """One row for each thing that the bootstrap draws: the questions of the only repository, or repositories."""
    return rows[0] if repositories == 1 else np.array([one.mean(axis=0) for one in rows])


def _intervals(drawn: Scores, seed: int) -> dict[str, Any]:
    return {metric: interval(drawn[:, column], seed=seed).plain() for column, metric in enumerate(METRICS)}
