"""A few days of a few agents, with exploration and without: the benchmark of exposure, in small."""

import pytest

from benchmarks.exposure import simulate


@pytest.mark.slow
def test_exploration_shows_more_different_notes_and_keeps_its_floor():
    months = simulate(days=4, agents=6, topics=2, seed=1)

    without, explored = months["without"], months["with exploration"]
    assert without["tasks"] == explored["tasks"] > 40
    assert without["places filled by chance"] == 0 < explored["places filled by chance"] < 0.15
    assert explored["never shown"] < without["never shown"]
    assert explored["effective number of notes"] > without["effective number of notes"]
    assert explored["Gini"] < without["Gini"]
    assert explored["shown though greed passed it over"] >= explored["  the floor"] > 0
    assert explored["  topics 3 deviations below it"] == 0
