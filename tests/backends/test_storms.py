"""Storms: thousands of files change at once, and the log says in a word what that means for those with notes."""

import shutil
import sys
import threading
from pathlib import Path

import pytest

from tests.backends.repositories import Repository
from tests.backends.store_world import HERE
from tests.backends.watching import PATIENCE_S, SETTLE_S, write
from trails.bursts import STORM, Gathering
from trails.recording import Recorder
from trails.tracking import HANDFUL, Tracker
from trails.watcher import Watcher
from trails.watches import watches_here
from trails.workspace import FolderOnDisk

FILES = STORM + 200
NOTED = HANDFUL * 2
SWITCH_S = 0.5  # longer than git ever pauses, on a busy machine too
KERNEL_KEEPS = Path("/proc/sys/fs/inotify/max_queued_events")


class Switching(Repository):
    """A repository of two branches, on which every file holds something else."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.fill("main")
        self.git("switch", "--quiet", "--create", "topic")
        self.fill("topic")
        self.git("switch", "--quiet", "main")

    def fill(self, branch: str) -> None:
        for number in range(FILES):
            write(self.root, f"pkg{number % 20}/m{number}.py", f"{number} on {branch}\n")
        self.commit()


def wait_until(holds) -> None:
    for _ in range(int(PATIENCE_S * 100)):
        if holds():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it does not come to pass")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="only to act like a person who switches branches")
def test_a_switch_of_branches_and_back_is_two_events_and_leaves_all_as_it_was(tmp_path, sql_world):
    repository = Switching(tmp_path / "project")
    noted = [f"pkg{number % 20}/m{number}.py" for number in range(NOTED)]
    sql_world.lay("Of all of them", files=noted)
    tracker = Tracker(sql_world.store, Recorder(sql_world.store, sql_world.clock, lambda at: sql_world.new_id()), HERE)
    watcher = Watcher(repository.root, tracker, settle_s=SWITCH_S)
    watcher.start()
    assert watcher.ready.wait(PATIENCE_S)
    before, begun = tracker.known_files(), len(sql_world.store.events_of(HERE, limit=FILES))
    assert "" not in before.values()

    for branch in ("topic", "main"):
        repository.git("switch", "--quiet", branch)
        folder = FolderOnDisk(repository.root)
        true = {path: folder.digest(path) for path in noted}
        wait_until(lambda true=true: tracker.known_files() == true)
        wait_until(lambda branch=branch: tracker.store.head_of(HERE).branch == branch)
    watcher.stop()

    assert tracker.known_files() == before
    since = [event for _, event in sql_world.store.events_of(HERE, limit=FILES)][begun:]
    assert [(event.kind, event.fact.head.branch) for event in since] == [("tree-seen", "topic"), ("tree-seen", "main")]
    assert [len(event.fact.changed) for event in since] == [NOTED, NOTED]


class Held(Gathering):
    """A gathering that takes nothing in for a while, so that the kernel has to keep it."""

    def __init__(self, settle_s: float, monotonic) -> None:
        super().__init__(settle_s, monotonic)
        self.open = threading.Event()

    def tell(self, told) -> None:
        assert self.open.wait(PATIENCE_S)
        super().tell(told)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only inotify has a queue that overflows")
def test_more_events_than_the_kernel_keeps_are_said_to_be_lost(root):
    kept = int(KERNEL_KEEPS.read_text())
    gathering = Held(SETTLE_S, lambda: 0.0)
    watches = watches_here(str(root), FolderOnDisk(root).rules, gathering, 10)
    try:
        watches.cover()
        file = root / "again"
        for _ in range(kept * 2 // 3):  # each time it is created, closed and deleted: twice what the kernel keeps
            file.touch()
            file.unlink()
        gathering.open.set()
        wait_until(lambda: gathering.take().lost)
    finally:
        watches.stop()
