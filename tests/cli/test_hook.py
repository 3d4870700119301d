"""`trails hook`: what a client's hook runs at every step. It must be quick, and must never be in the way."""

import json
import subprocess
import sys
import time

import pytest

from tests.cli.conftest import PATIENCE_S
from trails import door
from trails.backends.remote_memory import RemoteMemory

TOUCH = {"hook_event_name": "PreToolUse", "session_id": "s1", "tool_name": "Read", "tool_input": {"file_path": "a.py"}}


@pytest.fixture
def hook(place, relay_environment):
    """Runs the hook in a project with the file a.py, and gives what it printed."""
    (place / "project").mkdir()
    (place / "project/a.py").write_text("x = 1\n")

    def run(event, *client, cwd=place / "project", **environment):
        told = event if isinstance(event, bytes) else json.dumps(event).encode()
        done = subprocess.run(
            [sys.executable, "-m", "trails_cli.entry", "hook", *client],
            input=told,
            env={**relay_environment, **environment},
            cwd=cwd,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout.decode()

    return run


@pytest.fixture
def told(hook):
    """What the hook printed, asked again while it is silent: on a busy machine a keeper may greet too late for it."""

    def ask(*event, **options):
        ends_at = time.monotonic() + PATIENCE_S
        while not (said := hook(*event, **options)) and time.monotonic() < ends_at:
            time.sleep(0.1)
        return said

    return ask


@pytest.fixture
def memory(place, data_dir):
    return RemoteMemory(data_dir, cwd=place / "project", agent="codex", session="s-other")


def test_it_prints_what_the_keeper_has_to_say(hook, told, memory):
    memory.ask("lay", title="Close the ledger first", files=["a.py"])

    said = json.loads(told(TOUCH))["hookSpecificOutput"]

    assert said["hookEventName"] == "PreToolUse"
    assert "Close the ledger first" in said["additionalContext"]
    assert hook(TOUCH) == ""


def test_signs_of_all_languages_come_through(told, memory):
    memory.ask("lay", title="Schließe zuerst das 台帳", files=["a.py"])

    assert "Schließe zuerst das 台帳" in json.loads(told(TOUCH, LC_ALL="C"))["hookSpecificOutput"]["additionalContext"]


def test_two_sessions_on_one_file_are_both_told_and_each_once(hook, told, memory):
    ada, ben = ({**TOUCH, "session_id": session, "tool_name": "Edit"} for session in ("s-ada", "s-ben"))
    while not memory.ask("who")["at_work"]:
        hook(ada, "codex")

    both = [json.loads(told(event, "codex"))["hookSpecificOutput"]["additionalContext"] for event in (ben, ada)]

    assert [text.splitlines()[-1] for text in both] == [
        "Also at work on a.py: you, in another session (editing, just now)."
    ] * 2
    assert hook(ben, "codex") == hook(ada, "codex") == ""


def test_without_a_keeper_it_says_nothing_and_starts_none(hook, data_dir):
    assert hook(TOUCH) == ""
    assert door.connect(data_dir) is None


def test_the_start_of_a_session_starts_a_keeper_for_the_next_question(hook, data_dir):
    assert hook({"hook_event_name": "SessionStart", "session_id": "s1", "source": "startup"}) == ""

    door.connect_or_start(data_dir, PATIENCE_S).close()


@pytest.mark.parametrize("told", [b"", b"no JSON", b"[]", b"{}", b"\xff", b'{"hook_event_name": 7}', b"[" * 100_000])
def test_whatever_it_is_sent_it_does_no_harm(hook, memory, told):
    memory.ask("status")

    assert hook(told) == ""


def test_an_event_that_is_far_too_large_is_left_alone(hook, memory):
    memory.ask("status")

    assert hook({**TOUCH, "padding": "x" * (5 << 20)}) == ""


def test_a_keeper_that_hangs_is_not_waited_for(hook, play):
    said = []
    keeper = play(lambda line: said.append(line.hear()), version="")
    keeper.greeting = {"trails": 1}

    assert hook(TOUCH) == ""


def test_a_keeper_that_goes_away_in_mid_answer_leaves_silence(hook, play):
    play(lambda line: line.hear())

    assert hook(TOUCH) == ""


def test_a_keeper_that_refuses_leaves_silence(hook, play):
    played = play(lambda line: line.hear(), version="")
    played.greeting = {"trails": 1, "error": {"code": "refused", "message": "no"}}

    assert hook(TOUCH) == ""


def test_an_event_may_stand_on_several_lines(told, memory):
    memory.ask("lay", title="Close the ledger first", files=["a.py"])

    assert "Close the ledger first" in told(json.dumps(TOUCH, indent=2).encode() + b"\n\n")


@pytest.mark.parametrize(
    "name", ["a folder", 'quoted "\\ é', "with\ttab", b"no utf-8 \xff".decode(errors="surrogateescape")]
)
def test_it_works_in_a_folder_of_any_name(told, memory, place, name):
    folder = place / "project" / name
    folder.mkdir()
    (folder / "b.py").write_text("")
    memory.ask("lay", title="Close the ledger first", files=["a.py"])

    touch = {**TOUCH, "tool_input": {"file_path": str(place / "project/a.py")}}
    assert "Close the ledger first" in told(touch, cwd=folder, CLAUDE_PROJECT_DIR=str(place / "project"))


def test_it_speaks_in_the_name_of_its_client_unless_told_otherwise(told, memory):
    memory.ask("lay", title="Close the ledger first", files=["a.py"])
    told(TOUCH, "codex")
    told({**TOUCH, "session_id": "s2"}, "codex", TRAILS_AGENT="mine")

    shown = [event for event in memory.ask("log")["events"] if event["kind"] == "served"]
    assert [event["by"]["agent"] for event in shown] == ["codex", "mine"]


def test_a_data_folder_that_cannot_be_had_leaves_silence(hook, place):
    (place / "file").write_text("")

    start = {"hook_event_name": "SessionStart", "session_id": "s1"}
    assert hook(start, TRAILS_DATA_DIR=str(place / "file/data")) == ""
