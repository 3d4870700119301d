"""Many at once on one store: nothing acknowledged is lost, and everything is found from each of its sides."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import SOAKS
from tests.journeys.agents import RelayedAgent
from trails.backends.remote_memory import RemoteMemory

pytestmark = pytest.mark.slow

EACH = 50 if SOAKS else 15


def word(writer, number):
    """A word that no other note has."""
    return f"quark{writer}x{number:02d}z"


def path(writer, number):
    return f"src/part{writer}/file{number:02d}.py"


def note(writer, number):
    return {
        "title": f"Keep {word(writer, number)} in step with its neighbours",
        "body": f"Laid by writer {writer} while seven others lay.",
        "files": [path(writer, number)],
    }


def lay_through_a_relay(writer, project, environment):
    with RelayedAgent(f"relay-{writer}", project, environment) as agent:
        return [agent.call("lay", **note(writer, number)) for number in range(EACH)]


def lay_through_the_socket(writer, project, environment):
    with RemoteMemory(environment["TRAILS_DATA_DIR"], cwd=project, session=f"socket-{writer}") as memory:
        return [f"Laid [{memory.ask('lay', **note(writer, number))['handle']}]." for number in range(EACH)]


def lay_with_the_command(writer, project, environment):
    said = []
    for number in range(EACH):
        one = note(writer, number)
        words = ["lay", one["title"], "--body", one["body"], "--file", one["files"][0]]
        command = [sys.executable, "-m", "trails_cli.entry", *words]
        ran = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=True)
        said.append(ran.stdout.strip())
    return said


WAYS = [lay_through_a_relay] * 5 + [lay_through_the_socket] * 2 + [lay_with_the_command]


def test_eight_processes_lay_at_once_and_every_note_is_found(tmp_path, environment):
    project = tmp_path / "project"
    project.mkdir()

    with ThreadPoolExecutor(len(WAYS)) as at_once:
        started = [at_once.submit(way, writer, project, environment) for writer, way in enumerate(WAYS)]
        said = [line for one in started for line in one.result()]

    assert len(said) == 8 * EACH
    assert all(line.startswith("Laid [") for line in said)
    assert len(set(said)) == 8 * EACH
    with RemoteMemory(environment["TRAILS_DATA_DIR"], cwd=project) as memory:
        assert memory.ask("wait_until_indexed", timeout_s=120)["indexed"]
        everything = [(writer, number) for writer in range(len(WAYS)) for number in range(EACH)]
        for writer, number in everything:
            by_words = memory.recall(word(writer, number))["hits"][0]["note"]
            by_file = memory.recall(files=[path(writer, number)])["hits"][0]["note"]
            assert by_words["title"] == by_file["title"] == note(writer, number)["title"]
        audit = memory.ask("audit", sample=8 * EACH)
        assert (audit["asked"], audit["missing"]) == (8 * EACH, 0)
        assert memory.ask("status")["counts"]["live"] == 8 * EACH
