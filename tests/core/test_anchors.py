"""A note knows whether the lines it is about are still there, elsewhere, changed or gone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trails.anchors import LEAST_VALIDITY, LINES_KEPT, check, fingerprint, validity_factor
from trails.errors import BadInput
from trails.notes import Anchor, Drift, Fingerprint, Validity

PATH = "src/a.py"
FILE = tuple(f"    step_{number}(order)" for number in range(40))
CODE = """\
import os

def open_store(path):
    if not path:
        raise ValueError(path)
    return Store(path)


def close_store(store):
    if not store:
        return None
    store.flush()
    return store.close()
""".splitlines()


def anchor(lines: tuple[str, ...] | list[str], first: int | None = None, last: int | None = None) -> Anchor:
    return Anchor(PATH, first, last, fingerprint(lines, first, last))


@st.composite
def files_with_spans(draw: st.DrawFn, longest: int = 60) -> tuple[list[str], int, int]:
    """A file of different lines, and a span of it, 1-based with both ends included."""
    lines = draw(st.lists(st.text("abcdefgh ", min_size=3), min_size=1, max_size=longest, unique_by=str.strip))
    lines = [f"{number}{line}" for number, line in enumerate(lines)]
    first = draw(st.integers(1, len(lines)))
    return lines, first, draw(st.integers(first, len(lines)))


# ── properties ───────────────────────────────────────────────────────────────────────────────────────────────────────
@settings(deadline=None)
@given(st.lists(st.text()), st.data())
def test_what_nobody_touched_is_the_same(lines: list[str], data: st.DataObject) -> None:
    first = data.draw(st.none() | st.integers(1, len(lines))) if lines else None
    last = data.draw(st.integers(first, len(lines))) if first else None

    assert check(anchor(lines, first, last), lines) == Drift(PATH, Validity.SAME, 0.0, first, last)


@settings(deadline=None)
@given(files_with_spans(), st.lists(st.text("xyz", min_size=1), min_size=1, max_size=30))
def test_lines_move_by_as_many_as_were_inserted_above(world: tuple[list[str], int, int], above: list[str]) -> None:
    lines, first, last = world

    drift = check(anchor(lines, first, last), above + lines)

    assert drift == Drift(PATH, Validity.MOVED, 0.0, first + len(above), last + len(above))


@settings(deadline=None)
@given(files_with_spans(), st.data())
def test_changed_is_the_share_of_lines_that_changed(world: tuple[list[str], int, int], data: st.DataObject) -> None:
    lines, first, last = world
    touched = data.draw(st.sets(st.integers(first, last), min_size=1))
    now = [f"new {number}" if number in touched else line for number, line in enumerate(lines, start=1)]
    share = len(touched) / (last - first + 1)

    drift = check(anchor(lines, first, last), now)

    if share < 0.8:
        assert drift.validity is Validity.CHANGED
        assert drift.changed == pytest.approx(share)
        assert (drift.first_line, drift.last_line) == (first, last)
    else:
        assert drift == Drift(PATH, Validity.GONE, 1.0)


@settings(deadline=None)
@given(files_with_spans())
def test_lines_that_were_deleted_are_gone(world: tuple[list[str], int, int]) -> None:
    lines, first, last = world

    assert check(anchor(lines, first, last), lines[: first - 1] + lines[last:]) == Drift(PATH, Validity.GONE, 1.0)


@settings(deadline=None)
@given(files_with_spans(), st.data())
def test_a_file_is_changed_by_the_share_of_lines_it_lost(
    world: tuple[list[str], int, int], data: st.DataObject
) -> None:
    lines, _, _ = world
    kept = data.draw(st.permutations(lines)) if len(lines) > 1 else []
    kept = kept[: data.draw(st.integers(0, len(lines) - 1))]

    drift = check(anchor(lines), kept)

    assert drift.validity is Validity.CHANGED
    assert drift.changed == pytest.approx(1 - len(kept) / len(lines))


@settings(deadline=None)
@given(files_with_spans(), st.lists(st.text("ab1 }")), st.booleans())
def test_a_drift_is_always_in_bounds(world: tuple[list[str], int, int], now: list[str], whole: bool) -> None:
    lines, first, last = world

    drift = check(anchor(lines) if whole else anchor(lines, first, last), now)

    assert 0.0 <= drift.changed <= 1.0
    assert LEAST_VALIDITY <= validity_factor(drift) <= 1.0
    if drift.first_line is not None and drift.last_line is not None:
        assert 1 <= drift.first_line <= drift.last_line <= len(now)


# ── examples ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_file_that_is_not_there_is_gone() -> None:
    assert check(anchor(FILE), None) == Drift(PATH, Validity.GONE, 1.0)
    assert check(Anchor(PATH, 3, 4), None) == Drift(PATH, Validity.GONE, 1.0)


def test_a_place_without_fingerprint_is_unknown() -> None:
    assert check(Anchor(PATH, 3, 4), FILE) == Drift(PATH, Validity.UNKNOWN, 0.0, 3, 4)


def test_a_single_line_is_a_span_of_one() -> None:
    assert check(Anchor(PATH, 3, None, fingerprint(FILE, 3)), FILE) == Drift(PATH, Validity.SAME, 0.0, 3, 3)


def test_white_space_at_line_ends_does_not_count() -> None:
    assert check(anchor(CODE, 3, 6), [f"{line}  \r" for line in CODE]).validity is Validity.SAME


def test_indentation_counts() -> None:
    assert check(anchor(CODE, 3, 6), [f"  {line}" for line in CODE]).validity is Validity.GONE


@pytest.mark.parametrize(("far", "near"), [(0, 55), (110, 55)])
def test_of_two_copies_the_nearer_one_is_meant(far: int, near: int) -> None:
    before = [*["# filler"] * 60, *CODE]
    now = ["# filler"] * 140
    for start in (far, near):
        now[start : start + len(CODE)] = CODE

    drift = check(anchor(before, 63, 66), now)

    assert (drift.validity, drift.first_line, drift.last_line) == (Validity.MOVED, near + 3, near + 6)


def test_blank_lines_that_stay_do_not_keep_a_place() -> None:
    before, now = ["a = 1", "", "", "", "b = 2"], ["x = 1", "", "", "", "y = 2"]

    assert check(anchor(before, 1, 5), now) == Drift(PATH, Validity.GONE, 1.0)
    assert check(anchor(before), now) == Drift(PATH, Validity.CHANGED, 1.0)


def test_lines_that_moved_and_changed_are_followed() -> None:
    now = ["# a new head", "", *CODE]
    now[now.index("        raise ValueError(path)")] = "        raise BadInput(path)"

    drift = check(anchor(CODE, 3, 6), now)

    assert drift == Drift(PATH, Validity.CHANGED, 0.25, 5, 8)


def test_a_changed_first_line_still_belongs_to_the_place() -> None:
    now = [*CODE[:2], "def open_store(path, *, mode):", *CODE[3:]]

    assert check(anchor(CODE, 3, 6), now) == Drift(PATH, Validity.CHANGED, 0.25, 3, 6)


def test_lines_added_inside_change_the_place_and_none_of_what_was_said() -> None:
    now = [*CODE[:3], "    path = os.fspath(path)", *CODE[3:]]

    drift = check(anchor(CODE, 3, 6), now)

    assert drift == Drift(PATH, Validity.CHANGED, 0.0, 3, 7)
    assert validity_factor(drift) == 1.0


def test_a_lone_brace_elsewhere_is_not_the_place() -> None:
    lines = ["int add(int a, int b) {", "}", *["", "void f() {", "}"] * 9]
    without = lines[2:]

    assert check(anchor(lines, 1, 2), without) == Drift(PATH, Validity.GONE, 1.0)


def test_a_file_that_only_grew_keeps_its_notes_whole() -> None:
    drift = check(anchor(CODE), [*CODE, "", "def more(): ..."])

    assert drift == Drift(PATH, Validity.CHANGED, 0.0)


def test_a_file_that_was_empty_is_all_new() -> None:
    assert check(anchor([]), CODE) == Drift(PATH, Validity.CHANGED, 1.0)


def test_one_changed_line_in_a_long_file_is_a_small_change() -> None:
    lines = [f"line {number}" for number in range(5_000)]
    now = [*lines[:2_400], "changed", *lines[2_401:]]

    drift = check(anchor(lines), now)

    assert drift.validity is Validity.CHANGED
    assert drift.changed < 0.01


def test_a_rewritten_half_of_a_long_file_is_about_half_of_it() -> None:
    lines = [f"line {number}" for number in range(5_000)]
    now = [line if number < 2_500 else f"new {number}" for number, line in enumerate(lines)]

    assert check(anchor(lines), now).changed == pytest.approx(0.5, abs=0.01)


def test_a_long_span_is_found_where_it_moved_to() -> None:
    lines = [f"line {number}" for number in range(2_000)]

    drift = check(anchor(lines, 101, 1_100), ["above"] * 7 + lines)

    assert drift == Drift(PATH, Validity.MOVED, 0.0, 108, 1_107)


def test_a_fingerprint_stays_small() -> None:
    for length in (1, 399, 400, 401, 10_000):
        kept = fingerprint([f"line {number}" for number in range(length)]).line_digests

        assert length / 2 < len(kept) * -(-length // LINES_KEPT)
        assert len(kept) <= LINES_KEPT


def test_a_file_that_repeats_itself_is_searched_all_the_same() -> None:
    lines = ["same"] * 10_000

    assert check(anchor([*lines[:50], "other"], 1, 51), lines).validity is Validity.GONE
    assert check(anchor(lines, 9_990, 9_999), lines[:9_000]).validity is Validity.MOVED


def test_a_fingerprint_without_line_digests_only_knows_that_something_changed() -> None:
    bare = Fingerprint(fingerprint(CODE, 3, 6).digest)

    assert check(Anchor(PATH, 3, 6, bare), CODE).validity is Validity.SAME
    assert check(Anchor(PATH, 3, 6, bare), FILE) == Drift(PATH, Validity.CHANGED, 1.0, 3, 6)
    assert check(Anchor(PATH, None, None, bare), FILE) == Drift(PATH, Validity.CHANGED, 1.0)


@pytest.mark.parametrize(("first", "last"), [(41, 41), (40, 41), (0, 1), (-1, 1), (5, 4)])
def test_lines_that_the_file_has_not_are_sent_back(first: int, last: int) -> None:
    with pytest.raises(BadInput, match="The file has 40 lines"):
        fingerprint(FILE, first, last)


@pytest.mark.parametrize(
    ("drift", "factor"),
    [
        (Drift(PATH, Validity.SAME), 1.0),
        (Drift(PATH, Validity.MOVED), 1.0),
        (Drift(PATH, Validity.UNKNOWN), 1.0),
        (Drift(PATH, Validity.CHANGED, 0.0), 1.0),
        (Drift(PATH, Validity.CHANGED, 0.5), 0.5),
        (Drift(PATH, Validity.CHANGED, 0.25), 0.5**0.5),
        (Drift(PATH, Validity.CHANGED, 1.0), 0.25),
        (Drift(PATH, Validity.GONE), LEAST_VALIDITY),
    ],
)
def test_a_note_counts_half_when_half_of_its_lines_changed(drift: Drift, factor: float) -> None:
    assert validity_factor(drift) == pytest.approx(factor)
