"""What leads from the open files to others, and how strongly."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.strategies import EPOCH
from trails import edges
from trails.edges import Tie, Walk

FEW = settings(max_examples=30, deadline=None)
NOW = EPOCH + timedelta(days=10)


def note(name: str, *file_ids: str, days: float = 0) -> list[Tie]:
    """The ties of a note on these files."""
    return [Tie(name, file_id, NOW - timedelta(days=days), len(file_ids)) for file_id in file_ids]


def walk(note_id: str, session: str = "s1", principal: str = "ada", minutes: float = 0) -> Walk:
    """A use of a note, some minutes ago."""
    return Walk(principal, session, note_id, NOW - timedelta(minutes=minutes))


def session(name: str, *file_ids: str, principal: str = "ada", minutes: float = 0) -> tuple[Walk, ...]:
    """A session that used one note on each of these files; a note is called after its file."""
    return tuple(walk(file_id, name, principal, minutes) for file_id in file_ids)


def ties_of(*walks: Walk) -> list[Tie]:
    return edges.ties_of_walks(walks, {one.note_id: (one.note_id,) for one in walks})


def edges_from(open_id: str, *ties: Sequence[Tie]) -> dict[str, float]:
    return edges.edges([open_id], [tie for some in ties for tie in some], NOW)


# ── notes on several files ───────────────────────────────────────────────────────────────────────────────────────────
def test_the_open_file_leads_to_files_that_its_notes_are_also_on():
    assert edges_from("open", note("n1", "open", "a"), note("n2", "b")) == {"a": 1.0}


def test_an_edge_is_the_share_of_what_touched_the_open_file_weighted_by_freshness_and_size():
    found = edges_from(
        "open",
        note("n1", "open", "a"),
        note("n2", "open", "b", days=15),  # half as fresh: (1 + 15)^-0.25
        note("n3", "open"),
    )

    assert found == pytest.approx({"a": 0.5 / 1.75, "b": 0.25 / 1.75})


def test_a_note_on_two_open_files_counts_once():
    ties = note("n", "o1", "o2", "a")

    assert edges.edges(["o1", "o2"], ties + ties, NOW) == {"a": 1.0}


def test_nothing_leads_on_from_files_that_nothing_touched():
    assert edges_from("open") == edges_from("open", note("n", "a", "b")) == edges_from("open", note("n", "open")) == {}


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_session_that_used_a_note_on_each_of_two_files_ties_them():
    assert edges_from("open", ties_of(*session("s1", "open", "a"))) == {"a": 1.0}


def test_a_session_ties_all_files_of_the_notes_that_it_used():
    walks = [walk("n1"), walk("n2"), walk("unknown")]

    ties = edges.ties_of_walks(walks, {"n1": ("open", "a"), "n2": ("a", "b")})

    assert {(tie.place_id, tie.size, tie.rank) for tie in ties} == {("open", 3, 1), ("a", 3, 1), ("b", 3, 1)}
    assert edges_from("open", ties) == {"a": 1.0, "b": 1.0}


def test_a_session_ties_the_notes_that_it_used_to_each_other():
    assert edges_from("n1", ties_of(walk("n1"), walk("n2"))) == {"n2": 1.0}


def test_a_session_that_used_many_notes_says_less_of_each():
    long = ties_of(*session("long", "open", *"abcdefghi"))
    short = ties_of(*session("short", "open", "z", principal="bo"))

    found = edges_from("open", long, short)

    assert found["z"] / found["a"] == pytest.approx((1 / 2) / (1 / 10))


def test_the_newest_use_of_a_session_decides_how_fresh_it_is():
    ties = ties_of(walk("open", minutes=9000), walk("a", minutes=5))

    assert {tie.at for tie in ties} == {NOW - timedelta(minutes=5)}


def test_the_third_newest_session_of_a_principal_counts_a_third():
    ties = ties_of(
        *session("oldest", "open", "c", minutes=3),
        *session("newest", "open", "a", minutes=1),
        *session("middle", "open", "b", minutes=2),
    )

    assert {tie.place_id: tie.rank for tie in ties if tie.place_id != "open"} == {"a": 1, "b": 2, "c": 3}
    assert edges_from("open", ties) == pytest.approx({"a": 6 / 11, "b": 3 / 11, "c": 2 / 11}, rel=1e-3)


def test_sessions_of_others_are_not_counted_with_ones_own():
    ties = ties_of(*session("s1", "open", "a"), *session("s1", "open", "b", principal="bo"))

    assert {tie.rank for tie in ties} == {1}
    assert edges_from("open", ties) == {"a": 0.5, "b": 0.5}


def test_nobody_wears_a_path_alone():
    busy = ties_of(*(use for i in range(30) for use in session(f"s{i}", "open", "mine", minutes=i)))
    others = ties_of(
        *(use for name in ("bo", "cy", "di", "ed") for use in session("s", "open", "ours", principal=name))
    )

    found = edges_from("open", busy, others)

    assert found["ours"] > found["mine"]


def test_sessions_whose_names_have_blanks_are_kept_apart():
    ties = ties_of(*session("b c", "open", "x", principal="a"), *session("c", "open", "y", principal="a b"))

    assert edges_from("open", ties) == {"x": 0.5, "y": 0.5}


def test_notes_and_sessions_add_up():
    by_note, by_session = note("n", "open", "a"), ties_of(*session("s", "open", "b"))

    assert edges_from("open", by_note, by_session) == {"a": 0.5, "b": 0.5}
    assert [tie.is_of_session for tie in (*by_note, *by_session)] == [False, False, True, True]


# ── emphasis ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_note_that_is_emphasised_says_as_much_as_several():
    ties = [*note("n1", "open", "a"), *note("n2", "open", "b"), *note("n3", "open")]

    assert edges.edges(["open"], ties, NOW, {"n1": 3.0}) == pytest.approx({"a": 1.5 / 3, "b": 0.5 / 3})
    assert edges.edges(["open"], ties, NOW, {"n3": 3.0}) == pytest.approx({"a": 0.5 / 4, "b": 0.5 / 4})


def test_emphasis_on_what_ties_nothing_changes_nothing():
    ties = [*note("n1", "open", "a"), *note("n2", "b", "c")]

    assert edges.edges(["open"], ties, NOW, {"unknown": 9.0, "n2": 9.0}) == edges.edges(["open"], ties, NOW, {})
    assert edges.edges(["open"], ties, NOW, {}) == edges.edges(["open"], ties, NOW) == {"a": 1.0}


# ── what always holds ────────────────────────────────────────────────────────────────────────────────────────────────
TIMES = st.integers(-1, 500).map(lambda hours: NOW - timedelta(hours=hours))
FILES_BY_NOTE_ID = {"n1": ("o",), "n2": ("o", "a"), "n3": ("a", "b", "c"), "n4": ("c", "o")}


@st.composite
def tie_lists(draw: st.DrawFn) -> list[Tie]:
    """Ties of the notes above, and of up to nine sessions that used some of them."""
    drawn = draw(st.dictionaries(st.sampled_from(sorted(FILES_BY_NOTE_ID)), TIMES))
    ties = [
        Tie(name, place, at, len(FILES_BY_NOTE_ID[name]))
        for name, at in drawn.items()
        for place in FILES_BY_NOTE_ID[name]
    ]
    voices = st.tuples(
        st.sampled_from(("ada", "bo", "cy")), st.sampled_from("123"), st.sampled_from(sorted(FILES_BY_NOTE_ID))
    )
    walks = [Walk(*voice, at) for voice, at in draw(st.dictionaries(voices, TIMES, max_size=12)).items()]
    return ties + edges.ties_of_walks(draw(st.permutations(walks)), FILES_BY_NOTE_ID)


@FEW
@given(st.data(), tie_lists())
def test_edges_are_shares_and_do_not_depend_on_order(data, ties):
    found = edges.edges(["o"], ties, NOW)

    assert found == edges.edges(["o"], data.draw(st.permutations(ties)), NOW)
    assert all(0 < share <= 1 for share in found.values())
    assert "o" not in found


@FEW
@given(tie_lists(), st.dictionaries(st.sampled_from(sorted(FILES_BY_NOTE_ID)), st.floats(1, 11)))
def test_emphasis_closes_no_edge_and_leaves_shares(ties, emphasis):
    found = edges.edges(["o"], ties, NOW, emphasis)

    assert found.keys() == edges.edges(["o"], ties, NOW).keys()
    assert all(0 < share <= 1 for share in found.values())


@FEW
@given(
    st.data(),
    st.lists(st.builds(walk, st.sampled_from("abc"), st.sampled_from("12"), st.sampled_from("xy"), st.integers(0, 3))),
)
def test_the_order_of_the_walks_does_not_matter(data, walks):
    shuffled = data.draw(st.permutations(walks))

    assert edges.newest_first(shuffled) == edges.newest_first(walks)
    assert ties_of(*shuffled) == ties_of(*walks)


@FEW
@given(tie_lists(), st.integers(0, 400), st.sampled_from("abc"))
def test_one_more_note_on_the_open_file_and_another_strengthens_that_edge(ties, days, place):
    more = note("new", "o", place, days=days)

    before, after = edges.edges(["o"], ties, NOW), edges.edges(["o"], ties + more, NOW)

    assert after[place] >= before.get(place, 0.0) - 1e-12


@FEW
@given(st.dictionaries(st.text(max_size=3), st.integers(0, 1000).map(lambda share: share / 1000), max_size=40))
def test_chances_add_up_to_one_and_close_no_path(shares):
    """Property 16: an edge that was walked is taken with a chance of at least delta over their number."""
    found = edges.chances(shares)

    assert found.keys() == shares.keys()
    assert sum(found.values()) == pytest.approx(1.0 if shares else 0.0)
    assert all(chance >= edges.EVEN_SHARE / len(shares) for chance in found.values())
    assert sorted(shares, key=lambda place: (found[place], place)) == sorted(
        shares, key=lambda place: (shares[place], place)
    )


def test_chances_follow_the_edges():
    found = edges.chances({"a": 0.95, "b": 0.0})

    assert found == pytest.approx({"a": 0.9 * 1.0 / 1.05 + 0.05, "b": 0.9 * 0.05 / 1.05 + 0.05})


@pytest.mark.parametrize("name", ["LEAST_EDGE", "EVEN_SHARE"])
def test_no_constant_is_dead(name, monkeypatch):
    """Property 20."""
    before = edges.chances({"a": 0.9, "b": 0.1})
    monkeypatch.setattr(edges, name, getattr(edges, name) * 0.5)

    assert edges.chances({"a": 0.9, "b": 0.1}) != before
