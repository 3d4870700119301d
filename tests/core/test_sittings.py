"""Files that were edited together in a sitting are tied: how strongly, and what of it is written down."""

import math
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.strategies import EPOCH
from trails import edges, sittings
from trails.edges import Sitting, Tie
from trails.sittings import NOTED_AGAIN_MINUTES, SITTING_FILES, SITTING_HOURS, SITTINGS_A_PRINCIPAL, ties_of_sittings

FEW = settings(max_examples=50, deadline=None)
NOW = EPOCH + timedelta(days=10)
PAUSE = timedelta(minutes=NOTED_AGAIN_MINUTES)
PATHS = [f"{number}.py" for number in range(40)]


def edit(file_id: str, minutes: float = 0, session: str = "s1", principal: str = "ada") -> Sitting:
    """An edit some minutes ago."""
    return Sitting(principal, session, file_id, NOW - timedelta(minutes=minutes))


def edges_from(open_id: str, *edits: Sitting) -> dict[str, float]:
    return edges.edges([open_id], ties_of_sittings(edits, [open_id]), NOW)


# ── what is together ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_files_edited_within_an_hour_of_one_session_are_tied():
    edits = [edit("open", 5), edit("a", 50), edit("b", 70), edit("c", 5, session="s2")]

    assert edges_from("open", *edits) == {"a": 1.0}
    assert edges_from("b", *edits) == {}


def test_what_sessions_without_a_name_edited_is_not_one_sitting():
    assert edges_from("open", edit("open", session=""), edit("a", session="")) == {}


def test_a_sitting_on_more_files_than_a_commit_may_have_ties_none():
    many = [edit(path) for path in PATHS]

    assert len(edges_from(PATHS[0], *many[:SITTING_FILES])) == SITTING_FILES - 1
    assert edges_from(PATHS[0], *many[: SITTING_FILES + 1]) == {}


def test_a_file_that_was_mostly_edited_alone_leads_less():
    together = [edit("open", 5), edit("a", 5)]
    alone = [edit("open", 5, principal="ben")]

    assert edges_from("open", *together, *alone)["a"] == pytest.approx(1 / 3)


# ── how much it says ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_sitting_says_twice_what_a_commit_on_as_many_files_says():
    commit = [Tie("n", file_id, NOW, 2) for file_id in ("open", "b")]
    sitting = ties_of_sittings([edit("open"), edit("a")], ["open"])

    found = edges.edges(["open"], [*commit, *sitting], NOW)

    assert found == pytest.approx({"a": 2 / 3, "b": 1 / 3})


def test_a_sitting_fades():
    old = ties_of_sittings([edit("open", 60 * 24 * 15), edit("a", 60 * 24 * 15)], ["open"])

    assert old[0].weight(NOW) == pytest.approx(ties_of_sittings([edit("open"), edit("a")], ["open"])[0].weight(NOW) / 2)


def test_the_third_newest_sitting_of_a_principal_counts_a_third():
    edits = [edit(file_id, 120 * age, session=f"s{age}") for age in range(3) for file_id in ("open", f"with {age}")]

    ranks = {tie.place_id: tie.rank for tie in ties_of_sittings(edits, ["open"]) if tie.place_id != "open"}

    assert ranks == {"with 0": 1, "with 1": 2, "with 2": 3}


TIMES = st.integers(0, 60 * 24 * 30)
EDITS = st.builds(
    edit,
    st.sampled_from(["open", *PATHS[:6]]),
    TIMES,
    st.sampled_from(("s1", "s2", "")),
    st.sampled_from(("ada", "bo")),
)
LOGS = st.lists(EDITS, max_size=30)


@FEW
@given(st.data(), LOGS)
def test_the_order_of_the_edits_and_their_repetition_do_not_matter(data, edits):
    shuffled = data.draw(st.permutations(edits + edits[:3]))

    assert ties_of_sittings(shuffled, ["open"]) == ties_of_sittings(edits, ["open"])


@FEW
@given(LOGS)
def test_where_one_file_leads_to_another_by_sittings_that_one_leads_back(edits):
    for other in edges_from("open", *edits):
        assert "open" in edges_from(other, *edits)


@FEW
@given(st.lists(st.tuples(TIMES, st.sampled_from(PATHS[:3])), max_size=200))
def test_however_many_sessions_one_principal_opens_its_sittings_add_a_bounded_amount(drawn):
    edits = [
        edit(file_id, minutes, session=f"s{number}")
        for number, (minutes, other) in enumerate(drawn)
        for file_id in ("open", other)
    ]

    weights = edges.weights_of(ties_of_sittings(edits, ["open"]), NOW)

    harmonic = math.fsum(1 / rank for rank in range(1, SITTINGS_A_PRINCIPAL + 1))
    assert math.fsum(weights.values()) <= edges.SITTING_WEIGHT * harmonic / 2 + 1e-9


@FEW
@given(LOGS, st.integers(0, 100))
def test_the_sittings_of_one_principal_take_nothing_from_what_those_of_another_say(edits, count):
    before = edges.weights_of(ties_of_sittings([one for one in edits if one.principal == "bo"], ["open"]), NOW)
    crowd = [edit("open", number, session=f"crowd {number}") for number in range(count)]

    after = edges.weights_of(ties_of_sittings([*edits, *crowd], ["open"]), NOW)

    assert {name: after[name] for name in before} == before


# ── what is written down ─────────────────────────────────────────────────────────────────────────────────────────────
def test_a_file_that_is_edited_over_and_over_is_written_down_again_after_half_an_hour():
    noted_at = {"a.py": NOW - PAUSE, "b.py": NOW - PAUSE - timedelta(seconds=1)}

    assert sittings.worth_noting(["a.py", "b.py", "c.py", "c.py"], noted_at, NOW) == ["b.py", "c.py"]


def test_of_many_files_only_so_many_are_written_down_that_they_are_seen_to_be_many():
    assert sittings.worth_noting(PATHS, {}, NOW) == PATHS[: SITTING_FILES + 1]
    noted_at = dict.fromkeys(PATHS[: SITTING_FILES + 1], NOW - PAUSE)

    assert sittings.worth_noting(PATHS, noted_at, NOW) == []
    assert sittings.worth_noting(PATHS[-2:], noted_at, NOW + timedelta(hours=SITTING_HOURS)) == PATHS[-2:]


@pytest.mark.parametrize("name", ["SITTING_HOURS", "SITTING_FILES", "SITTINGS_A_PRINCIPAL", "NOTED_AGAIN_MINUTES"])
def test_no_constant_is_dead(name, monkeypatch):
    """Property 20."""

    def answers():
        many = [edit(path, session="many") for path in PATHS[:15]]
        long = [edit(file_id, 50 * age, session="long") for age, file_id in enumerate(("0.py", "a"))]
        often = [edit("0.py", 100 * age, session=f"s{age}") for age in range(9)]
        ties = ties_of_sittings([*many, *long, *often], ["0.py"])
        return ties, sittings.worth_noting(PATHS, {"0.py": NOW - timedelta(minutes=20)}, NOW)

    before = answers()
    monkeypatch.setattr(sittings, name, getattr(sittings, name) // 2)

    assert answers() != before


def test_the_weight_of_a_sitting_is_not_dead(monkeypatch):
    (tie,) = ties_of_sittings([edit("open")], ["open"])
    before = tie.weight(NOW)
    monkeypatch.setattr(edges, "SITTING_WEIGHT", edges.SITTING_WEIGHT / 2)

    assert tie.weight(NOW) == before / 2
