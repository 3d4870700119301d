"""What stands beside the code is kept up to date: once things are quiet, at a bounded cost, over restarts."""

import itertools
import subprocess
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.doors import a_keeper
from trails import Anchor, Author, Draft, FolderOnDisk, Settings, open_memory
from trails_server.annotator import AGAIN_S, MOST_WAIT_S, OFF, ON, QUIET_S, SHARE, Annotator, Place, Unrest

HERE, ME = "w-annotated", Author("ada", "test", "s")
PATIENCE_S = 60.0


def until(holds):
    """Wait until something holds."""
    pause, end = threading.Event(), time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        pause.wait(0.01)


def git(folder, *arguments):
    identity = ("-c", "user.name=ada", "-c", "user.email=ada@localhost")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


# ── when it is time ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_burst_is_written_once_when_it_is_over():
    unrest = Unrest()
    for now in (0.0, 0.5, 1.0):
        unrest.happened(now)

    assert not unrest.is_due(1.0 + QUIET_S / 2)
    assert unrest.is_due(1.0 + QUIET_S)
    unrest.written(2.0, 2.0)
    assert not unrest.is_due(99.0)


def test_what_never_becomes_quiet_is_written_all_the_same():
    unrest = Unrest()
    due = next(
        now for now in itertools.count() if unrest.happened(now * QUIET_S / 2) or unrest.is_due(now * QUIET_S / 2)
    )

    assert due * QUIET_S / 2 == MOST_WAIT_S


def test_what_could_not_be_written_is_tried_again_after_a_while():
    unrest = Unrest()
    unrest.happened(0.0)
    unrest.failed(1.0)

    assert not unrest.is_due(AGAIN_S)
    assert unrest.is_due(1.0 + AGAIN_S)


@given(st.lists(st.floats(0.01, 5.0), min_size=1, max_size=30))
def test_no_more_than_a_small_share_of_the_time_is_spent_on_it(costs):
    unrest, now, spent = Unrest(), 0.0, 0.0
    for cost in costs:
        unrest.happened(now)
        now = next(later for tick in itertools.count() if unrest.is_due(later := now + tick * QUIET_S / 4))
        assert spent <= SHARE * now + 1e-6
        unrest.written(now, now + cost)
        now, spent = now + cost, spent + cost


# ── on a real memory and a real folder ───────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def root(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    (root / "ledger.py").write_text("def close():\n    pass\n")
    return root


@pytest.fixture
def memory(tmp_path):
    opened = open_memory(Settings(data_dir=tmp_path / "data", principal="ada", model="none"))
    yield opened
    opened.close()


@pytest.fixture
def annotator(memory):
    """One for which time passes a hundred times as fast."""
    running = Annotator(memory, look_s=0.01, monotonic=lambda: 100 * time.monotonic())
    yield running
    running.stop()


def lay(memory, root, title):
    return memory.lay(HERE, Draft(title, anchors=(Anchor("ledger.py"),)), ME, folder=FolderOnDisk(root)).note_id


def page(root):
    written = root / ".trails/files/ledger.py.md"
    return written.read_text() if written.exists() else ""


def test_what_is_laid_changed_and_moved_is_written_without_being_asked_for(memory, annotator, root):
    place = Place(HERE, root)
    first = lay(memory, root, "Close it first")
    memory.choose(HERE, place.choice, ON, ME)

    annotator.keep(place)
    until(lambda: "Close it first" in page(root))
    lay(memory, root, "Rotate it last")
    until(lambda: "Rotate it last" in page(root))
    memory.withdraw(HERE, first, ME, reason="It was mended")
    until(lambda: "Close it first" not in page(root))
    (root / "ledger.py").rename(root / "book.py")
    memory.tracker(HERE).file_moved("ledger.py", "book.py")
    until(lambda: (root / ".trails/files/book.py.md").exists() and not page(root))


def test_being_shown_changes_nothing_and_writes_nothing(memory, annotator, root):
    place = Place(HERE, root)
    lay(memory, root, "Close it first")
    annotator.write(place, ON)
    before = (root / ".trails/MAP.md").stat().st_mtime_ns

    memory.welcome(HERE, ME)
    annotator.write(place, ON)

    assert (root / ".trails/MAP.md").stat().st_mtime_ns == before


def test_nothing_is_written_any_more_once_it_is_not_chosen(memory, annotator, root, tmp_path):
    place, other = Place(HERE, root), Place(HERE, tmp_path / "other", "other")
    other.root.mkdir()
    (other.root / "ledger.py").write_text("pass\n")
    lay(memory, root, "Close it first")
    for one in (place, other):
        memory.choose(HERE, one.choice, ON, ME)
        annotator.keep(one)
    until(lambda: page(place.root) and page(other.root))

    memory.choose(HERE, place.choice, OFF, ME)
    lay(memory, root, "Rotate it last")
    until(lambda: "Rotate it last" in page(other.root))

    assert "Rotate it last" not in page(place.root)


def test_what_happened_while_nobody_kept_it_is_made_up_for(memory, annotator, root):
    place = Place(HERE, root)
    memory.open_workspace(HERE, str(root), ME)
    memory.choose(HERE, place.choice, ON, ME)
    lay(memory, root, "Close it first")

    annotator.keep_known()

    until(lambda: "Close it first" in page(root))


def test_each_worktree_is_chosen_for_itself(memory, annotator, root):
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "Begin"]):
        git(root, *command)
    for tree in ("one", "two"):
        git(root, "worktree", "add", "--quiet", f"../{tree}")
    memory.open_workspace(HERE, str(root), ME)
    memory.choose(HERE, Place(HERE, root.parent / "one", "one").choice, ON, ME)
    lay(memory, root, "Close it first")

    annotator.keep_known()

    until(lambda: page(root.parent / "one"))
    assert not page(root)
    assert not page(root.parent / "two")


def test_a_folder_that_cannot_be_written_is_told_of_and_stops_no_other(memory, annotator, root, tmp_path, caplog):
    broken = tmp_path / "broken"
    (broken / "x").mkdir(parents=True)
    (broken / ".trails").write_text("mine\n")
    lay(memory, root, "Close it first")
    memory.choose(HERE, Place(HERE, root).choice, ON, ME)

    annotator.keep(Place(HERE, broken))
    annotator.keep(Place(HERE, root))

    until(lambda: page(root))
    until(lambda: ".trails is a link or a file here" in caplog.text)
    assert (broken / ".trails").read_text() == "mine\n"


@pytest.mark.slow
def test_a_keeper_keeps_it_up_over_renames_and_restarts_and_does_not_follow_its_own_files():
    with a_keeper(TRAILS_WATCH="yes") as keeper:
        root = Path(keeper.project)
        (root / "ledger.py").write_text("def close():\n    pass\n")
        with keeper.ask() as asking:
            asking.ask("lay", title="Close it first", files=["ledger.py"])
            asking.ask("annotate")
            asking.ask("lay", title="Rotate it last", files=["ledger.py"])
            until(lambda: "Rotate it last" in page(root))
            (root / "ledger.py").rename(root / "book.py")
            until(lambda: (root / ".trails/files/book.py.md").exists() and not page(root))
            assert not [event for event in asking.ask("log")["events"] if ".trails" in str(event)]
        keeper.end()

        keeper.start()
        with keeper.ask() as asking:
            asking.ask("lay", title="Count from zero", files=["book.py"])
            until(lambda: "Count from zero" in (root / ".trails/files/book.py.md").read_text())
            asking.ask("annotate", remove=True)
            asking.ask("lay", title="One more", files=["book.py"])
            assert sorted(path.name for path in root.iterdir()) == ["book.py"]
