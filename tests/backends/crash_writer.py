"""
Processes that are made to fail: one that is killed while it writes, and one whose disk is full.

`kill` starts a warm process that forks a writer for each line it reads. The writer says "ack ID" for each event that
the store has acknowledged and goes on until somebody kills it; then the warm process says "dead".
`full` lets the disk fill up once and says as JSON what happened.
"""

import json
import os
import resource
import sys
from pathlib import Path
from threading import Thread

from tests.backends.store_world import HERE, World
from trails.backends.sql_store import open_sql_store
from trails.errors import TrailsError
from trails.events import Judged
from trails.notes import Author, Verdict

THREADS = 3
ROOM = 200_000  # bytes until the disk is full
FULL_AFTER = 5_000  # notes at most: far more than there is room for


def serve_kills(database: Path) -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            write_for_ever(database, int(line))
        say(f"pid {pid}")
        os.waitpid(pid, 0)
        say("dead")


def write_for_ever(database: Path, place: int) -> None:
    store = open_sql_store(database, World().clock)
    threads = [Thread(target=write, args=(store, place * THREADS + i)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def write(store, place: int) -> None:
    """Notes on two files with two topics, each judged: the ids of each place lie apart."""
    world = World(store, made=place * 100_000)
    by = Author(f"writer-{place}", session=f"session-{place}")
    while True:
        laid = world.laid(f"Note of {place}", body="Close the ledger", files=["a.py", f"{place}.py"], topics=("a", "b"))
        for request in (
            world.request(laid, by=by, key=laid.note_id),
            world.request(Judged(laid.note_id, Verdict.HELPED), by=by, key=f"judge {laid.note_id}"),
        ):
            for event in store.append(request):
                say(f"ack {event.id}")


def say(words: str) -> None:
    os.write(1, words.encode() + b"\n")  # at once, and lines of several threads do not mix


def fill_the_disk(database: Path) -> None:
    world = World()
    world.store = store = open_sql_store(database, world.clock)
    acknowledged = [world.lay("Before", files=["a.py"])]
    refusal = None
    size = max(path.stat().st_size for path in database.parent.iterdir())
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + ROOM, hard))
    while refusal is None and len(acknowledged) < FULL_AFTER:
        try:
            acknowledged.append(world.lay("While there is room", body="word " * 400, files=["a.py"]))
        except TrailsError as error:
            refusal = error
    still_there = len(store.find_notes(HERE, acknowledged))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    acknowledged.append(world.lay("After", files=["a.py"]))
    store.close()
    said = {"code": getattr(refusal, "code", ""), "message": str(refusal), "still there": still_there}
    say(json.dumps({**said, "acknowledged": acknowledged}))


if __name__ == "__main__":
    {"kill": serve_kills, "full": fill_the_disk}[sys.argv[1]](Path(sys.argv[2]))
