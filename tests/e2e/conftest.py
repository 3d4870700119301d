"""Where the stories of real clients happen: a project, the notes on it, and a comparison with a story that is kept."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import kill_keeper
from tests.e2e.claude import environment_in
from trails.backends.remote_memory import RemoteMemory

FIXTURES = Path(__file__).parent / "fixtures"
PATIENCE_S = 60.0
LEDGER = """\
class Ledger:
    def __init__(self):
        self.pages = []

    def close(self):
        self.pages.append("last page")

    def rotate(self):
        self.pages = []
"""
TEST = """\
from src.ledger import Ledger


def test_the_last_page_is_written():
    ledger = Ledger()
    ledger.close()
    assert ledger.pages == ["last page"]
"""


@pytest.fixture
def place():
    """A folder of a short name (the path of a socket has a limit), without a keeper when the test has ended."""
    with tempfile.TemporaryDirectory(prefix="trails-e2e-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
        kill_keeper(str(Path(folder) / "data"))


@pytest.fixture
def project(place):
    root = place / "project"
    (root / "src").mkdir(parents=True)
    (root / "tests").mkdir()
    (root / "src/ledger.py").write_text(LEDGER)
    (root / "tests/test_ledger.py").write_text(TEST)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=root, check=True)
    return root


class Notes:
    """The notes on the project, as their owner sees them."""

    def __init__(self, place: Path, project: Path) -> None:
        self.project = project
        self.data_dir = place / "data"
        self.environment = environment_in(place / "home-of-the-owner", self.data_dir)

    def trails(self, *arguments: str, **environment: str) -> str:
        """What `trails …` prints."""
        ran = subprocess.run(
            [sys.executable, "-m", "trails_cli.entry", *arguments],
            env={**self.environment, **environment},
            cwd=self.project,
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout

    def lay(self, title: str, *arguments: str, agent: str = "codex") -> None:
        """Lay a note as another agent, and wait until it can be found by what it says."""
        self.trails("lay", title, *arguments, TRAILS_AGENT=agent, TRAILS_SESSION=f"session of {agent}")
        with RemoteMemory(self.data_dir, cwd=self.project) as memory:
            memory.ask("wait_until_indexed", timeout_s=PATIENCE_S)

    def events(self, kind: str) -> list[dict[str, Any]]:
        """What the log holds of one kind of event, oldest first."""
        log = json.loads(self.trails("log", "--limit", "1000", "--json"))
        return [event for event in log["events"] if event["kind"] == kind]

    def wait_for(self, kind: str) -> dict[str, Any]:
        """The newest event of a kind, once there is one: evidence is written after the session was answered."""
        tries = threading.Event()
        for _ in range(int(PATIENCE_S / 0.2)):
            if found := self.events(kind):
                return found[-1]
            tries.wait(0.2)
        pytest.fail(f"there is no {kind} in the log")


@pytest.fixture
def notes(place, project):
    """The notes, with their keeper at work: a client does not wait for one that is only starting."""
    found = Notes(place, project)
    found.trails("status")
    return found


def compare(name: str, told: str) -> None:
    """Hold a transcript against the one that is kept; with TRAILS_E2E_RENEW it takes its place."""
    kept = FIXTURES / name
    if os.environ.get("TRAILS_E2E_RENEW"):
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(told)
    changes = "\n".join(unified_diff(kept.read_text().splitlines(), told.splitlines(), "kept", "told", lineterm=""))
    assert not changes, f"{name} tells another story; `make e2e RENEW=1` keeps the new one:\n{changes}"
