"""The keeper is killed again and again while notes are laid: what was acknowledged is there, once, whole."""

import os
import random
import threading
import time

import pytest

from tests.conftest import SOAKS, kill_keeper
from tests.journeys.agents import RelayedAgent
from trails.backends.remote_memory import RemoteMemory

pytestmark = pytest.mark.slow

KILLS = 30 if SOAKS else 10
PATIENCE_S = 60.0
IN_THE_START = 5  # every fifth kill comes while the next keeper still starts; the others, after it has acknowledged


@pytest.fixture
def seed():
    """Printed when the test fails; give it back with TRAILS_TEST_SEED."""
    chosen = int(os.environ.get("TRAILS_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"TRAILS_TEST_SEED={chosen}")  # noqa: T201
    return chosen


def test_many_kills_lose_and_double_nothing(tmp_path, environment, seed):
    project = tmp_path / "project"
    project.mkdir()
    data_dir = environment["TRAILS_DATA_DIR"]
    chance = random.Random(seed)
    stopping = threading.Event()
    acknowledged: dict[str, list[str]] = {}
    failures: list[BaseException] = []

    def lay_on_and_on(writer):
        titles = acknowledged.setdefault(writer, [])
        try:
            with RelayedAgent(writer, project, environment) as agent:
                while not stopping.is_set():
                    title = f"Keep {writer} note {len(titles):04d} whole"
                    said = agent.call("lay", title=title, files=[f"src/{writer}.py"], topics=["crash", writer])
                    assert said.startswith("Laid ["), said
                    titles.append(title)
        except BaseException as failure:  # noqa: BLE001 - told by the test, which would hang without it
            failures.append(failure)
            stopping.set()

    def count():
        return sum(map(len, acknowledged.values()))

    def until(is_so):
        end = time.monotonic() + PATIENCE_S
        while not is_so() and not stopping.wait(0.01):
            assert time.monotonic() < end, "nothing was acknowledged any more"

    def until_more_than(before):
        until(lambda: count() > before)

    writers = [threading.Thread(target=lay_on_and_on, args=(f"writer{n}",)) for n in range(3)]
    for writer in writers:
        writer.start()
    for kill in range(KILLS):
        if kill % IN_THE_START:
            until_more_than(count())
        stopping.wait(chance.uniform(0.0, 0.4))
        kill_keeper(data_dir)
    before = {writer: len(titles) for writer, titles in acknowledged.items()}
    until(lambda: all(len(acknowledged[writer]) > n for writer, n in before.items()))  # every front has recovered
    stopping.set()
    for writer in writers:
        writer.join(120)

    assert not failures, failures
    with RemoteMemory(data_dir, cwd=project) as memory:
        assert memory.ask("wait_until_indexed", timeout_s=180)["indexed"]
        laid = all_laid(memory)
        for writer, titles in acknowledged.items():
            assert titles, "no note was acknowledged at all"
            assert sorted(title for title in laid if f" {writer} " in title) == titles
        for event in laid.values():
            (writer,) = [w for w in acknowledged if f" {w} " in event["title"]]
            assert [file["path"] for file in event["files"]] == [f"src/{writer}.py"]
            assert sorted(event["topics"]) == sorted(["crash", writer])
        audit = memory.ask("audit", sample=len(laid))
        assert (audit["asked"], audit["missing"]) == (len(laid), 0)


def all_laid(memory):
    """Every laid event of the journal, by title; the same title twice fails the test."""
    found, after = {}, 1
    while events := memory.ask("log", after=after, limit=1000)["events"]:
        for event in events:
            if event["kind"] == "laid":
                assert event["title"] not in found, f"laid twice: {event['title']}"
                found[event["title"]] = event
        after = events[-1]["seq"]
    return found
