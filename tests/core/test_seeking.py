"""Where known files are found again that nobody saw move, and when nothing is said instead."""

from hypothesis import given
from hypothesis import strategies as st

from tests.core.disks import Disk, GivenClues
from trails.bursts import Burst
from trails.following import Changed, Exchanged, Gone, Moved, findings, reconciled
from trails.reading import EMPTY_DIGEST

LEDGER = " ".join(f"ledger-{number}" for number in range(20))
EDITED = LEDGER.replace("ledger-7", "edited")
OTHER = " ".join(f"other-{number}" for number in range(20))


def moved(old: str, new: str, how: str = "content", confidence: float = 1.0) -> Moved:
    return Moved(old, new, how=how, confidence=confidence)


# ── by content ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_empty_files_are_never_taken_for_each_other():
    assert reconciled({"a.py": EMPTY_DIGEST}, Disk({"b.py": EMPTY_DIGEST})) == [Gone("a.py")]


def test_of_several_copies_the_one_with_the_most_alike_path_is_the_file():
    known = {"src/app/a.py": "1", "src/lib/a.py": "1"}
    disk = Disk({"new/app/a.py": "1", "new/lib/a.py": "1"})

    assert reconciled(known, disk) == [moved("src/app/a.py", "new/app/a.py"), moved("src/lib/a.py", "new/lib/a.py")]


def test_two_copies_that_are_equally_alike_decide_nothing():
    assert reconciled({"a.py": "1"}, Disk({"x/a.py": "1", "y/a.py": "1"})) == [Gone("a.py")]


def test_a_copy_that_was_there_before_is_not_the_new_name():
    clues = GivenClues(there_before=("a.py", "examples/a.py"))

    assert reconciled({"a.py": "1"}, Disk({"examples/a.py": "1"}), clues) == [Gone("a.py")]


def test_a_file_that_a_checkout_wrote_anew_is_not_the_new_name():
    told = Burst(touched={"a.py", "b.py"}, fresh={"b.py": None})
    clues = GivenClues(there_before=("a.py", "b.py"))

    assert findings(told, {"a.py": "1"}, Disk({"b.py": "1"}), clues) == [Gone("a.py")]


def test_what_appeared_comes_before_what_was_there():
    told = Burst(touched={"a.py", "new.py"}, fresh={"new.py": None})

    assert findings(told, {"a.py": "1"}, Disk({"new.py": "1", "old.py": "1"})) == [moved("a.py", "new.py")]


# ── in each other's places ───────────────────────────────────────────────────────────────────────────────────────────
def test_files_that_were_swapped_are_told_at_once():
    assert reconciled({"a": "1", "b": "2"}, Disk({"a": "2", "b": "1"})) == [
        Exchanged((moved("a", "b"), moved("b", "a")))
    ]


def test_a_ring_of_three_is_told_at_once():
    (told,) = reconciled({"a": "1", "b": "2", "c": "3"}, Disk({"a": "3", "b": "1", "c": "2"}))

    assert told == Exchanged((moved("a", "b"), moved("b", "c"), moved("c", "a")))


def test_a_file_moved_over_another_takes_its_place():
    assert reconciled({"a": LEDGER, "b": "2"}, Disk({"b": LEDGER})) == [Gone("b"), moved("a", "b")]


def test_a_few_words_in_the_place_of_others_are_no_file_that_was_moved_there():
    assert reconciled({"a": "pass", "b": "2"}, Disk({"b": "pass"})) == [Gone("a"), Changed("b", "pass")]


def test_a_file_that_made_way_for_another_is_sought_as_well():
    disk = Disk({"b": LEDGER, "c": "2"})

    assert reconciled({"a": LEDGER, "b": "2"}, disk) == [moved("b", "c"), moved("a", "b")]


def test_a_file_copied_over_another_changed_that_one():
    assert reconciled({"a": "1", "b": "2"}, Disk({"a": "1", "b": "1"})) == [Changed("b", "1")]


def test_a_file_that_was_rewritten_stays_though_another_has_what_it_held():
    assert reconciled({"a": "1", "b": "2"}, Disk({"a": "new", "b": "1"})) == [Changed("a", "new"), Changed("b", "1")]


@given(st.permutations(range(6)))
def test_however_files_are_exchanged_each_is_told_by_its_right_name(order):
    known = {f"file-{number}": str(number) for number in range(6)}
    disk = Disk({f"file-{place}": str(number) for place, number in enumerate(order)})

    names = {path: path for path in known}
    for group in reconciled(known, disk):
        names |= {move.old: move.new for move in group.moves}

    assert {path: disk.held[name] for path, name in names.items()} == known


# ── in git ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_git_is_asked_once_and_only_of_what_content_does_not_tell():
    known = {"a": "1", "b": "2", "c": "3"}
    clues = GivenClues(in_git={"b": ("lib/b", 0.8)})

    told = reconciled(known, Disk({"lib/a": "1", "lib/b": "2 edited"}), clues)

    assert told == [Gone("c"), moved("a", "lib/a"), moved("b", "lib/b", "git", 0.8), Changed("lib/b", "2 edited")]
    assert clues.asked_git == [["b", "c"]]


def test_git_is_not_asked_while_nothing_is_missing():
    clues = GivenClues()

    assert reconciled({"a": "1"}, Disk({"a": "2"}), clues) == [Changed("a", "2")]
    assert clues.asked_git == []


def test_a_name_from_git_that_is_not_there_or_is_another_known_file_is_none():
    clues = GivenClues(in_git={"a": ("nowhere", 1.0), "b": ("c", 1.0)})

    assert reconciled({"a": "1", "b": "2", "c": "3"}, Disk({"c": "3"}), clues) == [Gone("a"), Gone("b")]


def test_two_files_that_git_sees_in_one_are_both_gone():
    clues = GivenClues(in_git={"a": ("all", 0.6), "b": ("all", 0.6)})

    assert reconciled({"a": "1", "b": "2"}, Disk({"all": "1 2"}), clues) == [Gone("a"), Gone("b")]


# ── by neighbours ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_empty_file_goes_where_the_rest_of_its_folder_went():
    known = {"src/__init__.py": EMPTY_DIGEST, "src/a.py": "1"}
    disk = Disk({"lib/__init__.py": EMPTY_DIGEST, "lib/a.py": "1", "x/__init__.py": EMPTY_DIGEST})

    assert reconciled(known, disk) == [
        moved("src/a.py", "lib/a.py"),
        moved("src/__init__.py", "lib/__init__.py", confidence=0.9),
    ]


def test_a_short_file_that_was_edited_is_found_where_all_of_its_folder_went():
    clues = GivenClues(were={"src/b.py": "one two"})
    known = {"src/a.py": "1", "src/b.py": "one two"}
    disk = Disk({"lib/a.py": "1", "lib/b.py": "one two three"})

    assert reconciled(known, disk, clues) == [
        moved("src/a.py", "lib/a.py"),
        moved("src/b.py", "lib/b.py", "lines", 0.9 * 2 / 3),
        Changed("lib/b.py", "one two three"),
    ]
    disk.held["src"] = ""
    assert Gone("src/b.py") in reconciled(known, disk, clues)


def test_a_folder_that_went_two_ways_decides_nothing():
    known = {"src/__init__.py": EMPTY_DIGEST, "src/a.py": "1", "src/b.py": "2"}
    disk = Disk({"lib/__init__.py": EMPTY_DIGEST, "lib/a.py": "1", "x/b.py": "2", "x/__init__.py": EMPTY_DIGEST})

    assert Gone("src/__init__.py") in reconciled(known, disk)


# ── by lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_file_that_was_moved_and_edited_is_found_by_its_lines():
    clues = GivenClues(were={"a.py": LEDGER})

    assert reconciled({"a.py": LEDGER}, Disk({"b.py": EDITED, "c.py": OTHER}), clues) == [
        moved("a.py", "b.py", "lines", 19 / 20),
        Changed("b.py", EDITED),
    ]


def test_two_files_that_are_nearly_as_alike_decide_nothing():
    clues = GivenClues(were={"a.py": LEDGER})
    disk = Disk({"b.py": EDITED, "c.py": LEDGER.replace("ledger-3", "x").replace("ledger-4", "y")})

    assert reconciled({"a.py": LEDGER}, disk, clues) == [Gone("a.py")]


def test_a_file_of_another_kind_is_not_the_same_file():
    clues = GivenClues(were={"a.py": LEDGER})

    assert reconciled({"a.py": LEDGER}, Disk({"a.md": EDITED}), clues) == [Gone("a.py")]


def test_lines_that_the_files_around_have_as_well_make_no_file_alike():
    clues = GivenClues(were={"a.py": LEDGER + " a"}, there_before=("x.py", "y.py", "z.py"))
    disk = Disk({f"{name}.py": f"{LEDGER} {name}" for name in "bxyz"})

    assert reconciled({"a.py": LEDGER + " a"}, disk, clues) == [Gone("a.py")]


def test_a_move_that_somebody_took_back_is_not_told_again():
    clues = GivenClues(denied=(("a.py", "b.py"),), were={"a.py": LEDGER}, in_git={"a.py": ("b.py", 1.0)})

    assert reconciled({"a.py": LEDGER}, Disk({"b.py": LEDGER}), clues) == [Gone("a.py")]


# ── after a while ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_file_that_went_and_came_back_elsewhere_soon_after_moved():
    clues = GivenClues(lost_files={"a.py": LEDGER, "long-ago.py": ""})
    told = Burst(touched={"b.py"}, fresh={"b.py": None})
    known = {"a.py": "", "long-ago.py": ""}

    assert findings(told, known, Disk({"b.py": LEDGER}), clues) == [moved("a.py", "b.py")]
    assert reconciled(known, Disk({"b.py": LEDGER}), clues) == [moved("a.py", "b.py")]


def test_a_few_words_that_come_back_elsewhere_are_no_move_unless_the_name_is_the_same():
    clues = GivenClues(lost_files={"a.py": "pass"})

    assert reconciled({"a.py": ""}, Disk({"b.py": "pass"}), clues) == []
    assert reconciled({"a.py": ""}, Disk({"b/a.py": "pass"}), clues) == [moved("a.py", "b/a.py")]


def test_a_file_that_is_known_to_be_gone_is_not_sought_over_and_over():
    clues = GivenClues(lost_files={"a.py": ""}, in_git={"a.py": ("b.py", 1.0)})

    assert reconciled({"a.py": ""}, Disk({"b.py": "1"}), clues) == []
    assert clues.asked_git == []


def test_a_copy_whose_original_goes_was_a_move():
    clues = GivenClues(young_copies=("b.py",))

    assert reconciled({"a.py": LEDGER, "b.py": LEDGER}, Disk({"b.py": LEDGER}), clues) == [moved("a.py", "b.py")]
    assert reconciled({"a.py": LEDGER, "b.py": LEDGER}, Disk({"b.py": LEDGER})) == [Gone("a.py")]
