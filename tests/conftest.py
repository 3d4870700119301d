"""What a test that starts processes needs: a private data folder, the checkout on the path, no keeper left behind."""

import fcntl
import json
import os
import signal
import tempfile
from pathlib import Path

import pytest

from trails import door

ROOT = Path(__file__).parent.parent
SOAKS = bool(os.environ.get("TRAILS_TEST_SOAK"))  # `make soak`: the long runs at their full length
PYTHONPATH = os.pathsep.join(str(ROOT / part) for part in ("", "server", "cli"))


@pytest.fixture
def environment():
    """The environment of child processes: nothing of the person who runs the tests, a data folder of its own."""
    with tempfile.TemporaryDirectory(prefix="trails-test-") as folder:  # short: a socket's path has a limit
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
        yield {**kept, "HOME": folder, "PYTHONPATH": PYTHONPATH, "TRAILS_DATA_DIR": str(Path(folder) / "data")}
        kill_keeper(str(Path(folder) / "data"))


def keeper_pid(data_dir: str) -> int | None:
    """The process id of the running keeper, from its own reply to a preface."""
    connection = door.connect(data_dir)
    if connection is None:
        return None
    with connection:
        connection.sendall(door.preface("ask", {}))
        reply = connection.makefile("rb").readline()
        return json.loads(reply)["pid"] if reply else None


def kill_keeper(data_dir: str) -> None:
    """Kill -9 the keeper, if there is one, and return when it has let go of its lock."""
    pid = keeper_pid(data_dir)
    if pid is None:
        return
    os.kill(pid, signal.SIGKILL)
    with (Path(door.run_dir(data_dir)) / "keeper.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
