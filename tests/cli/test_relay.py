"""The relay with keepers that lose answers, die and refuse: an agent notices nothing, or is told once what to do."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from trails.backends.remote_memory import RemoteMemory
from trails.version import VERSION

ROOT = Path(__file__).parents[2]
KEY = "trails/key"
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


def key_of(call):
    return call["params"]["_meta"][KEY]


def answer_all(line):
    while request := line.hear():
        if "id" in request:
            line.answer(request, said=request)


def hear_one_and_die(line):
    line.hear()


# ── what it adds ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_call_gets_a_key_of_its_own(agents, play):
    play(answer_all)
    agent = agents()

    agent.ask(1, name="lay")
    agent.ask(2, name="lay", _meta={"progressToken": 7})
    first, second = agent.hear()["result"]["said"], agent.hear()["result"]["said"]

    assert len(key_of(first)) >= 16
    assert key_of(first) != key_of(second)
    assert second["params"]["_meta"]["progressToken"] == 7


def test_the_key_that_a_client_has_chosen_is_left_alone(agents, play):
    play(answer_all)
    agent = agents()

    agent.ask(1, name="lay", _meta={KEY: "my own"})

    assert key_of(agent.hear()["result"]["said"]) == "my own"


def test_only_calls_get_a_key(agents, play):
    play(answer_all)
    agent = agents()

    agent.ask(1, "tools/list")

    assert agent.hear()["result"]["said"]["params"] == {}


@pytest.mark.parametrize("junk", [b"not json\n", b'{"half": \n', b"[1, 2]\n", b'"text"\n', b"[" * 5000 + b"\n"])
def test_what_is_no_message_reaches_the_keeper_untouched(agents, play, junk):
    heard = []

    def listen(line):
        heard.append(line.lines.readline())
        answer_all(line)

    play(listen)
    agent = agents()

    agent.say(junk)
    agent.ask(1, "ping")
    agent.hear()

    assert heard == [junk]


# ── a keeper that goes away ──────────────────────────────────────────────────────────────────────────────────────────
def test_a_lost_call_is_sent_again_with_its_key_and_answered_once(agents, play):
    lost = []

    def lose(line):
        lost.append(line.hear())

    play(lose, answer_all)
    agent = agents()

    agent.ask("a", name="lay")
    answered = agent.hear()
    more, complaints, code = agent.hang_up()

    assert answered["id"] == "a"
    assert answered["result"]["said"] == lost[0]
    assert (more, complaints, code) == ([], "", 0)


def test_everything_unanswered_is_sent_again_in_its_order(agents, play):
    def answer_the_second_and_die(line):
        requests = [line.hear() for _ in range(3)]
        line.answer(requests[1])

    play(answer_the_second_and_die, answer_all)
    agent = agents()

    for number in (1, 2, 3):
        agent.ask(number, name="recall")

    assert [agent.hear()["id"] for _ in range(3)] == [2, 1, 3]


def test_half_an_answer_is_never_passed_back(agents, play):
    def die_in_the_middle(line):
        line.hear()
        line.say(b'{"jsonrpc": "2.0", "id": 1, "res')

    play(die_in_the_middle, answer_all)
    agent = agents()

    agent.ask(1, name="lay")

    assert agent.hear()["result"]["said"]["id"] == 1


def test_a_client_that_has_shaken_hands_is_introduced_to_the_next_keeper(agents, play):
    second_life = []

    def greet_and_die(line):
        line.answer(line.hear(), serverInfo="first")
        line.hear()
        line.hear()

    def live_on(line):
        second_life.append(hello := line.hear())
        line.answer(hello, serverInfo="second")
        second_life.append(line.hear())
        second_life.append(call := line.hear())
        line.answer(call)
        line.hear()

    play(greet_and_die, live_on)
    agent = agents()

    agent.ask(0, "initialize", **HELLO)
    greeting = agent.hear()
    agent.say({"jsonrpc": "2.0", "method": "notifications/initialized"})
    agent.ask(1, name="recall")
    answered = agent.hear()
    more, complaints, _ = agent.hang_up()

    assert greeting["result"] == {"serverInfo": "first"}
    assert [message["method"] for message in second_life] == ["initialize", "notifications/initialized", "tools/call"]
    assert second_life[0]["params"] == HELLO
    assert answered["id"] == 1
    assert (more, complaints) == ([], "")


def test_a_handshake_that_was_lost_itself_is_sent_again_and_answered(agents, play):
    play(hear_one_and_die, answer_all)
    agent = agents()

    agent.ask(0, "initialize", **HELLO)

    assert agent.hear()["result"]["said"]["method"] == "initialize"


def test_a_cancelled_call_is_not_sent_again(agents, play):
    after = []

    def die_once_it_is_cancelled(line):
        while line.hear()["method"] != "notifications/cancelled":
            pass

    def listen(line):
        while request := line.hear():
            after.append(request["id"])
            line.answer(request)

    play(die_once_it_is_cancelled, listen)
    agent = agents()

    agent.ask(1, name="recall")
    agent.say({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
    agent.ask(2, name="recall")

    assert agent.hear()["id"] == 2
    assert after == [2]


def test_a_keeper_that_left_while_nobody_asked_is_found_again_by_the_next_call(agents, play):
    gone = threading.Event()

    def answer_and_leave(line):
        line.answer(line.hear())
        gone.set()

    keeper = play(answer_and_leave, answer_all)
    agent = agents()

    agent.ask(1, name="recall")
    agent.hear()
    assert gone.wait(10)
    agent.ask(2, name="recall")

    assert agent.hear()["id"] == 2
    assert keeper.connections == 2


# ── when there is no keeper to be had ────────────────────────────────────────────────────────────────────────────────
def test_a_request_that_brings_every_keeper_down_is_answered_with_an_error(agents, play):
    keeper = play(hear_one_and_die)
    agent = agents()

    agent.ask(1, name="lay")
    answered = agent.hear()

    assert answered["id"] == 1
    assert "trails doctor" in answered["error"]["message"]
    assert keeper.connections == 4  # three times again, and no more


def test_without_a_keeper_every_request_is_told_what_to_do(agents, place):
    (place / "data").write_text("a file where the folder should be")
    agent = agents()

    agent.ask(1, "initialize", **HELLO)
    agent.ask("two", name="recall")
    first, second = agent.hear(), agent.hear()
    more, complaints, code = agent.hang_up()

    assert (first["id"], second["id"]) == (1, "two")
    assert "trails doctor" in first["error"]["message"]
    assert (more, code) == ([], 0)
    assert "trails: " in complaints


def test_a_keeper_that_turns_the_relay_away_is_quoted(agents, play):
    play(lambda line: None, error={"code": "refused", "message": "This keeper serves another user."}, version=None)
    agent = agents()

    agent.ask(1, name="recall")

    assert "This keeper serves another user" in agent.hear()["error"]["message"]


@pytest.mark.slow
def test_an_older_keeper_is_asked_to_leave_and_replaced(agents, data_dir, play):
    asked = []

    def retire(line):
        asked.append((line.preface["for"], line.hear()))
        keeper.leave()

    keeper = play(lambda line: line.hear(), retire, version="0.0.9")
    agent = agents()

    agent.ask(0, "initialize", **HELLO)
    answered = agent.hear()

    assert [(purpose, request["verb"]) for purpose, request in asked] == [("ask", "retire")]
    assert answered["result"]["serverInfo"]["version"] == VERSION
    assert RemoteMemory(data_dir).connect()["pid"] != os.getpid()


# ── its ends ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_answers_that_are_owed_when_the_agent_closes_its_side_are_still_written(agents, play):
    closed = threading.Event()

    def answer_late(line):
        request = line.hear()
        assert closed.wait(10)
        line.answer(request)
        line.hear()

    play(answer_late)
    agent = agents()
    agent.ask(1, name="recall")
    agent.relay.stdin.close()
    agent.relay.stdin = None
    closed.set()

    out, err = agent.relay.communicate(timeout=30)

    assert [json.loads(line)["id"] for line in out.splitlines()] == [1]
    assert (err, agent.relay.returncode) == (b"", 0)


def test_the_last_line_counts_without_a_line_end(agents, play):
    play(answer_all)
    agent = agents()

    agent.say(b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}')
    answers, _, code = agent.hang_up()

    assert [answer["id"] for answer in answers] == [1]
    assert code == 0


def test_a_subscription_does_not_keep_the_relay_alive(agents, play):
    play(lambda line: [line.hear(), line.hear()])
    agent = agents()

    agent.ask(1, "subscriptions/listen")
    answers, _, code = agent.hang_up()

    assert (answers, code) == ([], 0)


def test_an_agent_that_is_gone_ends_the_relay_quietly(agents, play):
    play(answer_all)
    agent = agents()

    agent.ask(1, "ping")
    agent.hear()
    agent.relay.stdout.close()

    assert agent.relay.wait(timeout=30) == 0
    assert agent.relay.stderr.read() == b""


def test_megabytes_pass_both_ways_at_once(agents, play):
    play(answer_all)
    agent = agents()
    text = "x" * (3 << 20)

    speaking = threading.Thread(target=lambda: [agent.ask(number, "ping", text=text) for number in (1, 2, 3)])
    speaking.start()
    answers = [agent.hear() for _ in range(3)]
    speaking.join()

    assert [answer["id"] for answer in answers] == [1, 2, 3]
    assert all(answer["result"]["said"]["params"]["text"] == text for answer in answers)


# ── its weight ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_relay_loads_the_standard_library_only_and_its_light_parts():
    path = [str(ROOT), str(ROOT / "cli")]
    code = f"import sys; sys.path[:0] = {path!r}; import trails_cli.entry, trails_cli.relay; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)

    loaded = {name.split(".")[0] for name in ran.stdout.split()}

    assert loaded <= set(sys.stdlib_module_names) | {"trails", "trails_cli", "__main__"}
    assert not loaded & {"argparse", "asyncio", "dataclasses", "inspect", "logging", "pathlib", "subprocess", "typing"}


@pytest.mark.parametrize("seconds", ["soon", ""])
def test_a_setting_of_the_wrong_form_is_named(agents, play, seconds):
    play(answer_all)
    agent = agents(TRAILS_START_TIMEOUT_S=seconds)

    answers, complaints, code = agent.hang_up()

    assert answers == []
    assert (code, "TRAILS_START_TIMEOUT_S" in complaints) == ((2, True) if seconds else (0, False))
