"""One inotify watch a folder: it stays with the folder, whatever that is called and whichever event comes first."""

import sys
import time

import pytest

from trails.bursts import Burst, Gathering
from trails.workspace import IgnoreRules

if sys.platform != "linux":
    pytest.skip("inotify is Linux's", allow_module_level=True)

from tests.backends.watching import PATIENCE_S, write
from trails.watches import FolderWatches


@pytest.mark.filterwarnings("ignore:Callback with id")  # pytest has put aside the filter of trails/watches.py
def test_a_folder_that_moves_into_a_new_one_stays_watched(tmp_path):
    write(tmp_path, "pages/a.py")
    gathering = Gathering(0.0, time.monotonic)
    watches = FolderWatches(str(tmp_path), IgnoreRules(tmp_path), gathering, 100)
    try:
        watches.cover()
        with watches._lock:  # the watch of the new folder comes too late to see what moves into it
            (tmp_path / "new").mkdir()
            (tmp_path / "pages").rename(tmp_path / "new/pages")
        gather(gathering, lambda burst: "pages" in burst.left and "new/pages/a.py" in burst.paths())
        watches.settle()
        write(tmp_path, "new/pages/b.py")
        gather(gathering, lambda burst: "new/pages/b.py" in burst.paths())
    finally:
        watches.stop()


def gather(gathering, is_enough):
    """Take in what is told until it is enough; that it never is fails the test."""
    told, ends_at = Burst(), time.monotonic() + PATIENCE_S
    while not is_enough(told):
        assert time.monotonic() < ends_at, told
        gathering.wait(ends_at)
        burst = gathering.take().burst
        told.left |= burst.left
        told.touched |= set(burst.paths())
