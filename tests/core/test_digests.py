"""Where only digests of single lines are known, a note is found by where most of them stand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.test_anchors import CODE, FILE, PATH, files_with_spans
from trails import digests
from trails.anchors import check, fingerprint, validity_factor
from trails.digests import LINES_KEPT
from trails.notes import Anchor, Drift, Fingerprint, Validity


def anchor(lines: tuple[str, ...] | list[str], first: int | None = None, last: int | None = None) -> Anchor:
    """As it was written down before there were outlines."""
    span = lines[(first or 1) - 1 : last or len(lines)]
    return Anchor(PATH, first, last, digests.fingerprint([line.rstrip() for line in span]))


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


@pytest.mark.parametrize(("far", "near"), [(0, 55), (110, 55)])
def test_of_two_copies_the_nearer_one_is_meant(far: int, near: int) -> None:
    before = [*["# filler"] * 60, *CODE]
    now = ["# filler"] * 140
    for start in (far, near):
        now[start : start + len(CODE)] = CODE

    drift = check(anchor(before, 63, 66), now)

    assert (drift.validity, drift.first_line, drift.last_line) == (Validity.MOVED, near + 3, near + 6)


def test_a_long_span_is_found_where_it_moved_to() -> None:
    lines = [f"line {number}" for number in range(2_000)]

    drift = check(anchor(lines, 101, 1_100), ["above"] * 7 + lines)

    assert drift == Drift(PATH, Validity.MOVED, 0.0, 108, 1_107)


def test_a_rewritten_half_of_a_long_file_is_about_half_of_it() -> None:
    lines = [f"line {number}" for number in range(5_000)]
    now = [line if number < 2_500 else f"new {number}" for number, line in enumerate(lines)]

    assert check(anchor(lines), now).changed == pytest.approx(0.5, abs=0.01)


def test_one_changed_line_in_a_long_file_is_a_small_change() -> None:
    lines = [f"line {number}" for number in range(5_000)]
    now = [*lines[:2_400], "changed", *lines[2_401:]]

    drift = check(anchor(lines), now)

    assert drift.validity is Validity.CHANGED
    assert drift.changed < 0.01


def test_a_fingerprint_stays_small() -> None:
    for length in (1, 399, 400, 401, 10_000):
        kept = digests.fingerprint([f"line {number}" for number in range(length)]).line_digests

        assert length / 2 < len(kept) * -(-length // LINES_KEPT)
        assert len(kept) <= LINES_KEPT


def test_a_fingerprint_without_line_digests_only_knows_that_something_changed() -> None:
    bare = Fingerprint(fingerprint(CODE, 3, 6).digest)

    assert check(Anchor(PATH, 3, 6, bare), CODE).validity is Validity.SAME
    assert check(Anchor(PATH, 3, 6, bare), FILE) == Drift(PATH, Validity.CHANGED, 1.0, 3, 6)
    assert check(Anchor(PATH, None, None, bare), FILE) == Drift(PATH, Validity.CHANGED, 1.0)


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


def test_a_file_that_repeats_itself_is_searched_all_the_same() -> None:
    lines = ["same"] * 10_000

    assert check(anchor([*lines[:50], "other"], 1, 51), lines).validity is Validity.GONE
    assert check(anchor(lines, 9_990, 9_999), lines[:9_000]).validity is Validity.MOVED
