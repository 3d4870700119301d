"""A note knows whether the lines it is about are still there, elsewhere, changed or gone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trails.anchors import AROUND, LEAST_VALIDITY, OUTLINED, SPANS_TOLD, check, fingerprint, validity_factor
from trails.digests import LINES_KEPT
from trails.errors import BadInput
from trails.notes import Anchor, Drift, Validity

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


@st.composite
def repetitive_files(draw: st.DrawFn) -> tuple[list[str], int, int]:
    """A file of few different lines, as code has them, and a span of it."""
    lines = draw(st.lists(st.sampled_from(["", "}", "a = 1", "b = 2", "return open_store(path)"]), min_size=1))
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

    drift = check(anchor(lines, first, last), now)

    if len(touched) < last - first + 1:
        assert drift.validity is Validity.CHANGED
        assert drift.changed == pytest.approx(len(touched) / (last - first + 1))
        assert (drift.first_line, drift.last_line) == (first, last)
        assert {number for begin, end in drift.new_lines for number in range(begin, end + 1)} == touched
    else:
        assert drift == Drift(PATH, Validity.GONE, 1.0)


@settings(deadline=None)
@given(files_with_spans(), st.data())
def test_what_happens_outside_the_lines_never_changes_them(
    world: tuple[list[str], int, int], data: st.DataObject
) -> None:
    lines, first, last = world
    others = st.lists(st.text("xyz }"), max_size=8)
    above = data.draw(st.sampled_from([lines[: first - 1], []])) + data.draw(others)
    below = data.draw(others) + data.draw(st.sampled_from([lines[last:], []]))

    drift = check(anchor(lines, first, last), [*above, *lines[first - 1 : last], *below])

    moved_by = len(above) - first + 1
    validity = Validity.MOVED if moved_by else Validity.SAME
    assert drift == Drift(PATH, validity, 0.0, first + moved_by, last + moved_by)


@settings(deadline=None)
@given(repetitive_files(), repetitive_files())
def test_lines_found_elsewhere_hold_what_they_held(
    world: tuple[list[str], int, int], other: tuple[list[str], int, int]
) -> None:
    (lines, first, last), (now, _, _) = world, other

    drift = check(anchor(lines, first, last), now)

    if drift.validity in (Validity.SAME, Validity.MOVED):
        assert drift.first_line is not None
        assert now[drift.first_line - 1 : drift.last_line] == lines[first - 1 : last]


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
    assert check(anchor(FILE), None) == Drift(PATH, Validity.GONE, 1.0, file_gone=True)
    assert check(Anchor(PATH, 3, 4), None) == Drift(PATH, Validity.GONE, 1.0, file_gone=True)


def test_a_place_without_fingerprint_is_unknown() -> None:
    assert check(Anchor(PATH, 3, 4), FILE) == Drift(PATH, Validity.UNKNOWN, 0.0, 3, 4)


def test_a_single_line_is_a_span_of_one() -> None:
    assert check(Anchor(PATH, 3, None, fingerprint(FILE, 3)), FILE) == Drift(PATH, Validity.SAME, 0.0, 3, 3)


def test_white_space_at_line_ends_does_not_count() -> None:
    assert check(anchor(CODE, 3, 6), [f"{line}  \r" for line in CODE]).validity is Validity.SAME


def test_indentation_counts() -> None:
    assert check(anchor(CODE, 3, 6), [f"  {line}" for line in CODE]).validity is Validity.GONE


@pytest.mark.parametrize(("last", "told"), [(None, "line 99 is not in it"), (120, "lines 99-120 are not all in it")])
def test_lines_that_a_file_has_not_are_refused_by_their_numbers(last: int | None, told: str) -> None:
    with pytest.raises(BadInput, match=f"The file has 40 lines, so {told}: read it again"):
        fingerprint(FILE, 99, last)


def test_lines_that_changed_are_told_as_they_stand_now() -> None:
    now = ["# a new head", "", *CODE]
    now[now.index("        raise ValueError(path)")] = "        raise BadInput(path)"

    drift = check(anchor(CODE, 3, 6), now)

    assert drift == Drift(PATH, Validity.CHANGED, 0.25, 5, 8, ((7, 7),))


def test_a_changed_first_line_still_belongs_to_the_place() -> None:
    now = [*CODE[:2], "def open_store(path, *, mode):", *CODE[3:]]

    assert check(anchor(CODE, 3, 6), now) == Drift(PATH, Validity.CHANGED, 0.25, 3, 6, ((3, 3),))


def test_one_line_that_became_three_is_told_with_all_of_them() -> None:
    raised = CODE.index("        raise ValueError(path)")
    now = [
        *CODE[:raised],
        "        error = ValueError(path)",
        "        error.add_note(HINT)",
        "        raise error",
        *CODE[raised + 1 :],
    ]

    drift = check(anchor(CODE, 3, raised + 1), now)

    assert (drift.first_line, drift.last_line, drift.new_lines) == (3, raised + 3, ((raised + 1, raised + 3),))


def test_lines_added_inside_change_the_place_and_none_of_what_was_said() -> None:
    now = [*CODE[:3], "    path = os.fspath(path)", *CODE[3:]]

    drift = check(anchor(CODE, 3, 6), now)

    assert drift == Drift(PATH, Validity.CHANGED, 0.0, 3, 7, ((4, 4),))
    assert validity_factor(drift) == 1.0


def test_lines_deleted_inside_leave_no_new_ones() -> None:
    assert check(anchor(CODE, 3, 6), [*CODE[:3], *CODE[5:]]) == Drift(PATH, Validity.CHANGED, 0.5, 3, 4)


def test_a_neighbour_that_begins_alike_does_not_change_them() -> None:
    before = ["@command", "def start(): ...", "", "@command", "def stop(): ...", ""]
    now = [*before[:3], "@command", "def pause(): ...", "", *before[3:]]

    assert check(anchor(before, 4, 5), now) == Drift(PATH, Validity.MOVED, 0.0, 7, 8)


def test_of_two_copies_the_one_among_the_same_lines_is_meant() -> None:
    copied = ["def close(self):", "    self.file.close()"]
    before = ["class Reader:", *copied, "", "class Writer:", *copied]

    assert check(anchor(before, 6, 7), ["import os", *before]) == Drift(PATH, Validity.MOVED, 0.0, 7, 8)
    assert check(anchor(before, 6, 7), before[:5]) == Drift(PATH, Validity.GONE, 1.0)


def test_lines_carried_past_others_are_found() -> None:
    now = [*CODE[:2], *CODE[8:], "", "", *CODE[2:6]]

    assert check(anchor(CODE, 3, 6), now) == Drift(PATH, Validity.MOVED, 0.0, 10, 13)


def test_what_could_stand_anywhere_is_not_taken_for_lines_carried_off() -> None:
    before = ["start()", "x = 1", "stop()", "close()"]

    assert check(anchor(before, 2, 2), ["start()", "stop()", "close()", "x = 1"]) == Drift(PATH, Validity.GONE, 1.0)


@pytest.mark.parametrize("left", ["", "}", "    });"])
def test_blank_lines_and_brackets_that_stay_do_not_keep_a_place(left: str) -> None:
    before, now = ["a = 1", left, left, "b = 2"], ["x = 1", left, left, "y = 2"]

    assert check(anchor(before, 1, 4), now) == Drift(PATH, Validity.GONE, 1.0)


def test_what_changed_in_a_file_is_told_as_well() -> None:
    now = [*CODE[:4], "        raise BadInput(path)", *CODE[5:], "", "# the end"]

    drift = check(anchor(CODE), now)

    assert drift.validity is Validity.CHANGED
    assert drift.changed == pytest.approx(1 / 10)
    assert drift.new_lines == ((5, 5), (14, 15))


def test_of_many_changes_the_first_are_told() -> None:
    now = [line if number % 2 else f"new {number}" for number, line in enumerate(FILE * 3)]

    assert len(check(anchor(FILE * 3, 1, 120), now).new_lines) == SPANS_TOLD


def test_a_fingerprint_stays_small() -> None:
    lines = [f"line {number}" for number in range(10_000)]

    assert len(fingerprint(lines, 5_000, 5_001).outline) == 4 * (2 * AROUND + 2)
    assert len(fingerprint(lines[:OUTLINED]).outline) == 4 * OUTLINED
    assert len(fingerprint(lines).line_digests) <= LINES_KEPT


def test_lines_far_down_a_long_file_are_found() -> None:
    lines = [f"line {number}" for number in range(5_000)]

    assert check(anchor(lines, 4_000, 4_009), ["new"] * 700 + lines) == Drift(PATH, Validity.MOVED, 0.0, 4_700, 4_709)


def test_a_file_that_only_grew_keeps_its_notes_whole() -> None:
    drift = check(anchor(CODE), [*CODE, "", "def more(): ..."])

    assert drift == Drift(PATH, Validity.CHANGED, 0.0, new_lines=((14, 15),))


def test_a_file_that_was_empty_is_all_new() -> None:
    assert check(anchor([]), CODE) == Drift(PATH, Validity.CHANGED, 1.0)


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
