"""What one look at the files of a workspace becomes in the log: few facts, kept together, and the right state."""

from collections.abc import Sequence

import pytest

from tests.backends.store_world import HERE
from trails.following import Changed, Exchanged, Finding, Gone, Moved
from trails.notes import NO_HEAD, Head
from trails.recording import Recorder
from trails.tracking import HANDFUL, Tracker, TreeTracker

MAIN, TOPIC = Head("main", "c0ffee"), Head("topic", "decade")
MANY = tuple(f"src/{number:02}.py" for number in range(HANDFUL + 1))


@pytest.fixture
def tracker(world):
    """A tracker of a workspace with a note on many files, of which one digest each is known."""
    world.lay("Of all of them", files=MANY)
    tracker = Tracker(world.store, Recorder(world.store, world.clock, lambda at: world.new_id()), HERE)
    tracker.saw([Changed(path, "first") for path in MANY])
    return tracker


def told(tracker: Tracker, findings: Sequence[Finding], head: Head = NO_HEAD) -> list[str]:
    """The kinds of the facts that a look leaves in the log."""
    before = tracker.store.events_of(HERE)[-1][0]
    tracker.saw(findings, head)
    return [event.kind for _, event in tracker.store.events_of(HERE, after=before)]


def test_a_few_files_are_told_one_by_one(tracker):
    assert told(tracker, [Changed(MANY[0], "second"), Gone(MANY[1])]) == ["file-changed", "file-gone"]


def test_of_many_files_one_fact_tells(tracker):
    assert told(tracker, [*(Changed(path, "second") for path in MANY[1:]), Gone(MANY[0])], TOPIC) == ["tree-seen"]
    assert tracker.known_files() == {MANY[0]: "", **dict.fromkeys(MANY[1:], "second")}
    assert tracker.store.head_of(HERE) == TOPIC


def test_back_on_the_first_branch_all_is_as_it_was(tracker):
    before = tracker.known_files()
    tracker.saw([*(Changed(path, "second") for path in MANY[1:]), Gone(MANY[0])], TOPIC)

    kinds = told(tracker, [Changed(path, "first") for path in MANY], MAIN)

    assert kinds == ["tree-seen"]
    assert tracker.known_files() == before


def test_another_commit_is_noted_once_though_no_file_is_another(tracker):
    assert told(tracker, [], MAIN) == ["tree-seen"]
    assert told(tracker, [], MAIN) == []
    assert told(tracker, [], NO_HEAD) == []
    assert told(tracker, [Changed(MANY[0], "second")], TOPIC) == ["file-changed", "tree-seen"]


def test_what_is_known_already_and_what_nobody_noted_leaves_no_trace(tracker):
    assert told(tracker, [Changed(MANY[0], "first"), Changed("other.py", "x"), Gone("other.py")]) == []
    assert told(tracker, [Moved("other.py", "b.py"), Moved(MANY[0], MANY[0])]) == []


def test_a_file_that_was_moved_is_told_of_by_its_new_name(tracker):
    look = [Moved("src", "lib", is_folder=True), Changed("lib/00.py", "second"), Gone("lib/01.py")]

    assert told(tracker, look) == ["file-moved"] * len(MANY) + ["file-changed", "file-gone"]
    known = {"lib" + path.removeprefix("src"): "first" for path in MANY}
    assert tracker.known_files() == known | {"lib/00.py": "second", "lib/01.py": ""}


def test_a_file_that_another_was_moved_over_is_gone_and_the_other_is_not(tracker):
    tracker.saw([Gone(MANY[0]), Moved(MANY[1], MANY[0])])

    found = tracker.store.files_by_id(HERE, [f"id of {path}" for path in MANY[:2]])
    assert {file.file_id: (file.path, file.present) for file in found} == {
        f"id of {MANY[0]}": (MANY[0], False),
        f"id of {MANY[1]}": (MANY[0], True),
    }


def test_two_files_that_swap_their_names_do_so_in_one_look(tracker):
    tracker.saw([Moved(MANY[0], "t"), Moved(MANY[1], MANY[0]), Moved("t", MANY[1])])

    found = tracker.store.files_at(HERE, MANY[:2])
    assert [found[path].file_id for path in MANY[:2]] == [f"id of {MANY[1]}", f"id of {MANY[0]}"]


def test_files_that_have_each_others_names_are_told_at_once_with_how_it_is_known(tracker):
    moves = tuple(Moved(old, new, how="content", confidence=0.9) for old, new in (MANY[:2], MANY[1::-1]))

    assert told(tracker, [Exchanged(moves), Changed(MANY[0], "second")]) == ["file-moved", "file-moved", "file-changed"]
    found = tracker.store.files_at(HERE, MANY[:2])
    assert [found[path].file_id for path in MANY[:2]] == [f"id of {MANY[1]}", f"id of {MANY[0]}"]
    assert [found[path].digest for path in MANY[:2]] == ["second", "first"]
    _, event = tracker.store.events_of(HERE)[-2]
    assert (event.fact.how, event.fact.confidence) == ("content", 0.9)


def test_while_more_is_going_on_the_commit_before_stays_the_one_to_compare_with(tracker):
    tracker.saw([], MAIN)
    tracker.saw([Changed(path, "second") for path in MANY])

    assert tracker.store.head_of(HERE) == MAIN


# ── in a linked worktree ─────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def there(tracker):
    """The same files in a linked worktree of that workspace."""
    return TreeTracker(tracker.store, tracker.recorder, HERE, "topic")


def test_a_rename_in_a_linked_worktree_is_a_name_there_and_none_here(tracker, there):
    there.saw([Moved(MANY[0], "lib/a.py"), Moved("src", "lib", is_folder=True)])

    assert tracker.known_files() == dict.fromkeys(MANY, "first")
    expected = {"lib/a.py", *(path.replace("src/", "lib/") for path in MANY[1:])}
    assert there.known_files() == dict.fromkeys(expected, "first")
    assert set(TreeTracker(tracker.store, tracker.recorder, HERE, "other").known_files()) == set(MANY)


def test_a_file_of_a_linked_worktree_can_be_renamed_again_and_back(there):
    there.saw([Moved(MANY[0], "a.py")])
    there.saw([Moved("a.py", "b.py")])
    there.saw([Moved("b.py", MANY[0])])

    assert set(there.known_files()) == set(MANY)


def test_what_files_hold_in_a_linked_worktree_is_remembered_and_not_told(tracker, there):
    before = tracker.store.events_of(HERE)[-1]

    there.saw([*(Changed(path, "second") for path in MANY[1:]), Gone(MANY[0])])

    assert tracker.store.events_of(HERE)[-1] == before
    assert tracker.known_files() == dict.fromkeys(MANY, "first")
    assert there.known_files() == {MANY[0]: "first", **dict.fromkeys(MANY[1:], "second")}


def test_a_linked_worktree_has_a_commit_of_its_own(tracker, there):
    tracker.saw([], MAIN)
    assert there.saw([], TOPIC) == 1
    assert there.saw([], TOPIC) == 0

    assert (tracker.store.head_of(HERE), tracker.store.head_of(HERE, "topic")) == (MAIN, TOPIC)
