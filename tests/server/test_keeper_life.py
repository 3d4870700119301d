"""The life of a keeper: one a folder, quick to open its door, and never gone before it has finished."""

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.server.doors import Asking, a_keeper
from trails import door

pytestmark = pytest.mark.slow


def test_only_this_user_can_reach_the_keeper_and_read_what_it_keeps(keeper, project):
    with keeper.ask() as asking:
        asking.ask("lay", title="Close the ledger first")

    kept = [path for path in Path(keeper.data_dir).rglob("*") if path.exists()]

    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in kept} == {0}
    assert stat.S_IMODE(Path(door.socket_path(keeper.data_dir)).stat().st_mode) == 0o600


def test_a_second_keeper_is_refused_and_names_the_first():
    with a_keeper() as keeper:
        first = keeper.process

        second = keeper.start()
        _, said = second.communicate(timeout=60)

        assert second.returncode == 5
        assert f"Keeper {first.pid} already looks after".encode() in said
        assert keeper.log().splitlines()[-1] == said.decode().splitlines()[-1]
        keeper.process = first
        with keeper.ask() as asking:
            assert asking.greeting["pid"] == first.pid


def test_the_socket_of_a_dead_keeper_is_replaced():
    with a_keeper() as keeper:
        keeper.end(signal.SIGKILL)
        assert Path(door.socket_path(keeper.data_dir)).exists()

        keeper.start()

        with keeper.ask() as asking:
            assert asking.greeting["pid"] == keeper.process.pid


def test_a_keeper_that_leaves_removes_its_own_socket_and_no_other():
    with a_keeper() as keeper:
        path = Path(door.socket_path(keeper.data_dir))
        path.unlink()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(path))

            assert keeper.end() == 0
            assert path.exists()

        path.unlink()
        keeper.start()
        keeper.connect().close()
        assert keeper.end() == 0
        assert not path.exists()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_keeper_told_to_leave_leaves_in_peace(sign):
    with a_keeper() as keeper, keeper.ask() as asking:
        asking.ask("lay", title="Close the ledger first")

        assert keeper.end(sign) == 0
        assert "ERROR" not in keeper.log()


def test_a_keeper_that_nobody_needs_leaves():
    with a_keeper(TRAILS_IDLE_EXIT_S="0.5") as keeper:
        assert keeper.left() == 0


def test_a_keeper_with_company_stays():
    with a_keeper(TRAILS_IDLE_EXIT_S="0.5") as keeper, keeper.ask() as asking:
        while asking.ask("status")["uptime_s"] < 1.5:
            threading.Event().wait(0.05)

        assert keeper.process.poll() is None


def test_a_keeper_that_is_asked_to_retire_answers_and_leaves():
    with a_keeper() as keeper, keeper.ask() as asking:
        asking.ask("status")  # the memory is open

        assert asking.ask("retire")["pid"] == keeper.process.pid
        assert asking.incoming.readline() == b""
        assert keeper.left() == 0


def test_the_next_keeper_waits_for_one_that_is_leaving():
    with a_keeper() as keeper:
        with keeper.ask() as asking:
            asking.ask("retire")
        leaving = keeper.process

        keeper.start()

        with keeper.ask() as asking:
            assert asking.greeting["pid"] == keeper.process.pid
        assert leaving.wait(60) == 0


def test_every_note_that_was_acknowledged_before_the_end_is_there_afterwards():
    with a_keeper() as keeper:
        acknowledged, asked = set(), threading.Event()

        def lay_on(number: int) -> None:
            with keeper.ask() as asking, contextlib.suppress(OSError):  # the keeper has left
                for count in range(5000):
                    asking.send({"id": count, "verb": "lay", "args": {"title": f"Mind page {number}.{count}"}})
                    if not asking.incoming.readline():
                        return
                    acknowledged.add(f"Mind page {number}.{count}")
                    if count > 5:
                        asked.set()

        writers = [threading.Thread(target=lay_on, args=(number,)) for number in range(4)]
        for writer in writers:
            writer.start()
        asked.wait(60)
        assert keeper.end() == 0
        for writer in writers:
            writer.join()

        keeper.start()
        with keeper.ask() as asking:
            kept = {event["title"] for event in asking.ask("log", limit=1000)["events"] if event["kind"] == "laid"}
        assert len(acknowledged) > 5
        assert acknowledged <= kept


def test_a_request_under_way_is_answered_before_the_keeper_leaves():
    with a_keeper() as keeper, keeper.ask() as asking, keeper.mcp() as agent:
        asking.ask("status")
        for number in range(30):
            asking.begin("lay", title=f"Mind page {number}")
        agent.begin("tools/call", {"name": "lay", "arguments": {"title": "Close the ledger first"}})
        assert asking.read()["answer"]  # they have reached the keeper

        assert keeper.end() == 0
        answered = [*asking.rest(), *agent.rest()]

        keeper.start()
        with keeper.ask() as after:
            assert after.ask("status")["counts"]["notes"] == 1 + len(answered)


def test_a_memory_that_cannot_be_opened_is_said_with_the_last_words():
    with a_keeper() as keeper:
        assert keeper.end() == 0
        (Path(keeper.data_dir) / "trails.db").write_bytes(b"this is no database" * 1000)
        for log in Path(keeper.data_dir).glob("trails.db-*"):
            log.unlink()

        keeper.start()
        _, said = keeper.process.communicate(timeout=60)

        assert keeper.process.returncode == 6
        assert "trails.db" in said.decode() or keeper.data_dir in said.decode()
        assert keeper.log().splitlines()[-1] == said.decode().splitlines()[-1]


def test_whoever_asks_a_keeper_without_a_memory_is_told_why():
    with a_keeper() as keeper:
        keeper.end()
        (Path(keeper.data_dir) / "trails.db").write_bytes(b"this is no database" * 1000)

        keeper.start()
        with keeper.ask() as asking:
            assert asking.refusal("recall", query="anything")["code"] == "unavailable"
        assert keeper.left() == 6


def test_a_front_that_starts_the_keeper_gets_its_answer(environment, tmp_path):
    code = (
        "import os, sys; from trails import door; data_dir = os.environ['TRAILS_DATA_DIR'];"
        "line = door.connect_or_start(data_dir); line.sendall(door.preface('ask', {}));"
        "print(line.makefile().readline())"
    )

    run = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True)

    assert environment["TRAILS_DATA_DIR"] in run.stdout, run.stderr


def test_a_data_folder_with_a_long_name_is_served_too(tmp_path):
    with a_keeper() as short:
        short.end()
        short.data_dir = str(tmp_path / ("deep-" * 30) / "data")
        Path(short.data_dir).parent.mkdir()
        short.start()
        try:
            with short.ask() as asking:
                assert asking.greeting["data_dir"] == short.data_dir
        finally:
            short.end()
            for left in Path(door.run_dir(short.data_dir)).iterdir():
                left.unlink()
            Path(door.run_dir(short.data_dir)).rmdir()


def test_wrong_settings_are_said_at_once():
    with a_keeper() as keeper:
        keeper.end()
        keeper.settings["TRAILS_IDLE_EXIT_S"] = "soon"
        keeper.start()
        _, said = keeper.process.communicate(timeout=60)

        assert keeper.process.returncode == 2
        assert b"TRAILS_IDLE_EXIT_S" in said


def test_no_word_of_a_note_is_in_the_log():
    with a_keeper(TRAILS_LOG_LEVEL="DEBUG") as keeper:
        with keeper.ask() as asking, keeper.mcp() as agent:
            asking.ask("lay", title="Whisper swordfish", body="swordfish")
            asking.refusal("lay", title="Whisper swordfish", kind="swordfish")
            asking.send(b"swordfish")
            asking.read()
            agent.text("recall", query="swordfish")
            agent.text("lay", title="Whisper swordfish twice", body="swordfish")
            agent.call("lay", title=["swordfish"])
            agent.send(b"swordfish")
            agent.read()
        assert keeper.end() == 0

        assert keeper.log()
        assert "swordfish" not in keeper.log()


def test_a_client_that_goes_away_takes_nothing_with_it(keeper, project):
    for _ in range(5):
        gone = keeper.ask()
        for number in range(20):
            gone.begin("lay", title=f"Mind page {number}")
        gone.connection.shutdown(socket.SHUT_RDWR)
        gone.__exit__()

    with keeper.ask() as asking:
        assert isinstance(asking, Asking)
        assert asking.ask("status")["pid"] == keeper.process.pid
    assert os.waitpid(keeper.process.pid, os.WNOHANG) == (0, 0)
