"""A process that is killed while it writes, and a disk that is full."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backends.soundness import ALL, assert_sound
from tests.backends.store_world import HERE, World
from tests.conftest import PYTHONPATH
from trails.backends.sql_store import open_sql_store

CRASH_WRITER = Path(__file__).with_name("crash_writer.py")

pytestmark = pytest.mark.slow


def environment():
    return {**os.environ, "PYTHONPATH": PYTHONPATH}


def test_a_full_disk_is_said_and_survived(database):
    child = subprocess.run(
        [sys.executable, CRASH_WRITER, "full", database], env=environment(), capture_output=True, text=True, check=True
    )
    said = json.loads(child.stdout)

    assert said["code"] == "unavailable"
    assert str(database) in said["message"]
    assert "try again" in said["message"]
    world = World()
    store = open_sql_store(database, world.clock)
    events = store.events_of(HERE, limit=ALL)
    store.close()
    assert [event.fact.note_id for _, event in events] == said["acknowledged"]
    assert said["still there"] == len(said["acknowledged"]) - 1
    assert_sound(database, events)


class Nursery:
    """Starts writers and kills them, each after it has acknowledged some number of events."""

    def __init__(self, database: Path) -> None:
        command = [sys.executable, str(CRASH_WRITER), "kill", str(database)]
        self._process = subprocess.Popen(
            command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def killed_after(self, acknowledgements: int, place: int) -> set[str]:
        """The ids of all events that a writer acknowledged until it was dead."""
        self._process.stdin.write(f"{place}\n")
        acknowledged: set[str] = set()
        pid = 0
        for line in self._process.stdout:
            word, _, rest = line.strip().partition(" ")
            if word == "dead":
                return acknowledged
            if word == "pid":
                pid = int(rest)
            else:
                acknowledged.add(rest)
            if pid and len(acknowledged) >= acknowledgements:
                os.kill(pid, signal.SIGKILL)
                pid = 0
        raise AssertionError("The nursery ended before its writer did.")


def test_kill_9_loses_nothing_that_was_acknowledged_and_leaves_nothing_torn(database):
    dice = random.Random(9)
    acknowledged: set[str] = set()
    with Nursery(database) as nursery:
        for place in range(12):
            acknowledged |= nursery.killed_after(dice.randrange(1, 60), place)

            store = open_sql_store(database, World().clock)
            events = store.events_of(HERE, limit=ALL)
            store.close()
            assert acknowledged <= {event.id for _, event in events}
            assert_sound(database, events)

    assert len(acknowledged) >= 12
    assert len({event.id for _, event in events}) == len(events)
