"""Whatever is wrong is said, with the way to mend it, and leaves the store as it was."""

import hashlib
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from trails import BadInput, Conflict, NoSuchNote, Refused, Unavailable, door
from trails.backends.remote_memory import RemoteMemory

NOTE = "the handle of the good note"
GOOD = {"title": "Close the ledger before you rotate the log", "files": ["src/ledger.py"], "topics": ["rotation"]}


@pytest.fixture
def project(tmp_path):
    (tmp_path / "project/src").mkdir(parents=True)
    (tmp_path / "project/src/ledger.py").write_text("close()\n")
    return tmp_path / "project"


@pytest.fixture
def memory(project, environment, monkeypatch):
    """A keeper without a model, started by the first question."""
    for name, value in {**environment, "TRAILS_MODEL": "none"}.items():
        monkeypatch.setenv(name, value)
    with RemoteMemory(environment["TRAILS_DATA_DIR"], cwd=project) as memory:
        yield memory


def contents(data_dir):
    """What the store holds: every row of every table that people or agents write to."""
    with sqlite3.connect(f"file:{Path(data_dir) / 'trails.db'}?mode=ro", uri=True) as database:
        tables = ("events", "notes", "note_files", "note_topics", "uses", "judgements", "disputes", "files")
        return {table: sorted(map(repr, database.execute(f"SELECT * FROM {table}"))) for table in tables}


WRONG = {
    "an empty title": ("lay", {"title": "  "}, BadInput, "title"),
    "a title that is too long": ("lay", {"title": "x" * 500}, BadInput, "120"),
    "a body that is too long": ("lay", {"title": "Say", "body": "x " * 4000}, BadInput, "2,000"),
    "binary": ("lay", {"title": "Say \x00\x01"}, BadInput, ""),
    "a lone surrogate": ("lay", {"title": "Say \udc80"}, BadInput, ""),
    "an unknown kind": ("lay", {"title": "Say", "kind": "rumour"}, BadInput, "observation"),
    "a path outside the workspace": ("lay", {"title": "Say", "files": ["../../etc/passwd"]}, BadInput, "outside"),
    "an absolute path elsewhere": ("lay", {"title": "Say", "files": ["/etc/passwd"]}, BadInput, "outside"),
    "lines that end before they start": ("lay", {"title": "Say", "files": ["src/ledger.py:9-3"]}, BadInput, "line"),
    "lines that the file does not have": ("lay", {"title": "Say", "files": ["src/ledger.py:40"]}, BadInput, "line"),
    "too many topics": ("lay", {"title": "Say", "topics": [f"t{n}" for n in range(40)]}, BadInput, "16"),
    "a private key": (
        "lay",
        {"title": "Say", "body": "-----BEGIN RSA PRIVATE " + "KEY-----\n" + "MIIEowIBAAKCAQEA0Z3VS5JJcds3xfn/yg" * 4},
        Refused,
        "private key",
    ),
    "a note that does not exist": ("judge", {"note": "zzzzzzzz", "verdict": "helped"}, NoSuchNote, "zzzzzzzz"),
    "a verdict that does not exist": ("judge", {"note": "zzzzzzzz", "verdict": "nice"}, BadInput, "helped"),
    "an outcome beyond the scale": ("outcome", {"result": 7}, BadInput, "1"),
    "an outcome of unknown notes": ("outcome", {"result": "failed", "used": ["zzzzzzzz"]}, NoSuchNote, "zzzzzzzz"),
    "an amendment without a reason": ("amend", {"note": NOTE, "action": "withdraw", "reason": ""}, BadInput, "reason"),
    "a question without words": ("recall", {}, BadInput, ""),
    "a verb that does not exist": ("sing", {}, BadInput, "recall"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_named_and_changes_nothing(memory, wrong):
    verb, arguments, error, hint = WRONG[wrong]
    handle = memory.ask("lay", **GOOD)["handle"]
    before = contents(memory.data_dir)

    with pytest.raises(error) as raised:
        memory.ask(verb, **{name: handle if value == NOTE else value for name, value in arguments.items()})

    said = str(raised.value)
    assert hint in said
    assert "Traceback" not in said
    assert "MIIEow" not in said
    assert contents(memory.data_dir) == before
    assert memory.recall(files=["src/ledger.py"])["hits"][0]["note"]["title"] == GOOD["title"]


def test_a_broken_database_is_reported_and_left_alone(memory, environment):
    memory.ask("lay", **GOOD)
    assert memory.retire()
    database = Path(memory.data_dir) / "trails.db"
    database.write_bytes(b"this is not a database " * 1000)
    digest = hashlib.sha256(database.read_bytes()).hexdigest()

    with pytest.raises(Unavailable) as raised:
        memory.ask("lay", **GOOD)

    assert "trails.db" in str(raised.value)
    assert hashlib.sha256(database.read_bytes()).hexdigest() == digest


def test_a_second_keeper_is_turned_away(memory, environment):
    memory.ask("lay", **GOOD)

    second = subprocess.run(
        [sys.executable, "-m", "trails_server", "--data-dir", memory.data_dir],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert second.returncode == Conflict.exit_code
    assert "already looks after" in second.stderr
    assert memory.recall(files=["src/ledger.py"])["hits"]


@pytest.mark.slow
def test_a_full_disk_refuses_notes_loses_none_and_lets_go_when_there_is_room(memory, environment):
    """The disk of this keeper holds 3 MB a file; then the limit is lifted from outside."""
    limit = 3 * 2**20
    keeper = subprocess.Popen(
        [sys.executable, "-m", "trails_server", "--data-dir", memory.data_dir],
        env={**environment, "TRAILS_MODEL": "none", "TRAILS_WATCH": "no"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY)),
    )
    try:
        listening = threading.Event()
        while (connection := door.connect(memory.data_dir)) is None:
            assert keeper.poll() is None
            listening.wait(0.02)
        connection.close()
        acknowledged: list[int] = []

        with pytest.raises(Unavailable) as raised:
            fill(memory, acknowledged)

        assert "disk" in str(raised.value) or "full" in str(raised.value)
        assert acknowledged
        for number in (acknowledged[0], acknowledged[-1]):
            assert memory.recall(files=[f"src/file{number}.py"])["hits"]
        assert memory.ask("status")["counts"]["live"] == len(acknowledged)
        resource.prlimit(keeper.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert memory.ask("lay", title="Go on once there is room")["handle"]
    finally:
        os.kill(keeper.pid, signal.SIGKILL)
        keeper.wait()


def fill(memory, acknowledged):
    """Lay big notes until one is refused; `acknowledged` gets the number of each that was not."""
    for number in range(5000):
        title = f"Fill the disk with note {number:04d}"
        memory.ask("lay", title=title, body="lorem " * 300, files=[f"src/file{number}.py"])
        acknowledged.append(number)
