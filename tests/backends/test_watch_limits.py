"""What the system does not give: watches, and the right to read. The kernel itself refuses here, in a process apart."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.backends.watching import write
from tests.conftest import ROOT

FEW_WATCHES = ("unshare", "--user", "--map-root-user", "sh", "-c", 'echo 3 > "$0" && exec "$@"')
LIMIT = "/proc/sys/user/max_inotify_watches"  # of the namespace that was just made, not of this machine
LITTLE_RIGHT = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
WORKS = "true"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these limits are Linux's")


def can_run(*command: str) -> bool:
    return shutil.which(command[0]) is not None and not subprocess.run(command, capture_output=True).returncode


@contextmanager
def watching(root: Path, known: list[str], *wrapper: str) -> Iterator[subprocess.Popen[str]]:
    """A process that watches a folder, begun by another that takes something away from it."""
    command = [*wrapper, sys.executable, "-m", "tests.backends.watching_process", str(root), *known]
    with subprocess.Popen(command, cwd=ROOT, stdin=-1, stdout=-1, text=True) as process:
        yield process
        process.stdin.close()


def heard(process: subprocess.Popen[str]) -> list[str]:
    return json.loads(process.stdout.readline())


@pytest.mark.skipif(not can_run(*FEW_WATCHES, LIMIT, WORKS), reason="no namespace of one's own is allowed here")
def test_a_system_without_watches_left_is_told_of_once_and_files_are_compared_instead(root):
    files = [f"{number}/a.py" for number in range(5)]
    for path in files:
        write(root, path)
    with watching(root, files, *FEW_WATCHES, LIMIT) as process:
        at_first = [heard(process) for _ in range(7)]
        write(root, "4/a.py", "second\n")
        later = heard(process)
        process.stdin.close()
        rest = process.stdout.read()

    warning, *told, ready = at_first
    assert warning[0] == "warning"
    assert "inotify watch limit reached" in warning[1]
    assert "fs.inotify.max_user_watches" in warning[1]
    assert told == [["changed", path] for path in files]
    assert (ready, later, rest) == (["ready", "polling"], ["changed", "4/a.py"], "")


@pytest.mark.skipif(not can_run(*LITTLE_RIGHT, WORKS), reason="only root can try what others may not read")
def test_a_file_that_may_not_be_read_is_neither_gone_nor_changed_until_it_may(root):
    file = write(root, "src/a.py")
    file.chmod(0)
    write(root, "locked/b.py").parent.chmod(0)
    with watching(root, ["src/a.py", "locked/b.py"], *LITTLE_RIGHT) as process:
        at_first = heard(process)
        file.chmod(0o600)
        file.write_text("second\n")
        later = heard(process)

    assert (at_first, later) == (["ready", "watching"], ["changed", "src/a.py"])
