"""Every command as a person or a script runs it: a process, its output, its exit code."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_group

from trails import __version__
from trails_cli.main import app, run

COMMANDS = sorted(get_group(app).commands)
NOWHERE = "zzzzzzzz"


def lay(trails, title, *options):
    return trails.json("lay", title, *options)["handle"]


# ── every command ────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_shows_an_example_of_it(command, capsys):
    code = run([command, "--help"])

    assert code == 0
    assert re.search(rf"Example: .*trails {command}\b", " ".join(capsys.readouterr().out.split()))


def test_without_a_command_the_help_is_shown(trails):
    ran = trails()

    assert ran.returncode == 0
    assert all(command in ran.stdout for command in COMMANDS)


def test_the_version_is_shown(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"trails {__version__}\n"


def test_a_command_does_not_pay_for_tables_progress_bars_or_the_keeper(trails):
    code = "import sys, trails_cli.main; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code], env=trails.environment, capture_output=True, text=True, check=True
    )

    assert not {"rich", "asyncio", "trails_server", "trails.memory"} & set(ran.stdout.split())


# ── laying and asking ────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_note_is_laid_and_recalled_by_its_file(trails):
    laid = trails(
        "lay", "Close the ledger first", "--file", "src/ledger.py:1-2", "--kind", "warning", "--topic", "books"
    )
    found = trails("recall", "--file", "src/ledger.py")

    handle = re.fullmatch(r"Laid \[([0-9a-z]{8})\]\n", laid.stdout).group(1)
    assert f"[{handle}] warning: Close the ledger first" in found.stdout
    assert "on src/ledger.py:1-2" in found.stdout
    assert "about books" in found.stdout


def test_a_file_is_named_from_the_folder_one_stands_in(trails):
    handle = subprocess.run(
        [sys.executable, "-m", "trails_cli.entry", "lay", "Named from inside", "--file", "ledger.py", "--json"],
        env={**trails.environment, "CLAUDE_PROJECT_DIR": str(trails.project)},
        cwd=trails.project / "src",
        capture_output=True,
        text=True,
        check=True,
    )

    shown = trails.json("show", json.loads(handle.stdout)["handle"])

    assert [file["path"] for file in shown["note"]["files"]] == ["src/ledger.py"]


def test_a_body_comes_from_stdin(trails):
    laid = trails("lay", "A long story", "--body", "-", "--json", typed="It began\non a Monday.\n")

    shown = trails.json("show", json.loads(laid.stdout)["handle"])

    assert shown["note"]["body"].strip() == "It began\non a Monday."


def test_a_secret_that_was_taken_out_is_told(trails):
    ran = trails("lay", "A token that works", "--body", "AKIAIOSFODNN7EXAMPLQ is the key")

    assert ran.returncode == 0
    assert re.search(r"Secrets were taken out: [\w-]+ \(1\)", ran.stdout)


def test_recall_says_why_only_when_asked(trails):
    lay(trails, "Turn the crank clockwise")

    plain, reasoned = trails("recall", "crank"), trails("recall", "crank", "--why")

    assert "score" not in plain.stdout
    assert re.search(r"score 0\.\d+, because\n +\+0\.\d+  \w", reasoned.stdout)


def test_recall_gives_no_more_than_was_asked_for(trails):
    for number in range(3):
        lay(trails, f"Feed parrot number {number}")

    said = trails.json("recall", "parrot", "--limit", "2")

    assert len(said["hits"]) == 2
    assert said["hits"][0]["reasons"]


def test_recall_that_finds_nothing_says_so_and_succeeds(trails):
    ran = trails("recall", "xylophone quartet")

    assert (ran.returncode, ran.stdout) == (0, "No note answers that.\n")


def test_show_has_every_layer_of_a_note(trails):
    old = lay(trails, "Deploy on Friday")
    amended = trails.json("amend", old, "supersede", "--reason", "It went badly", "--title", "Deploy on Tuesday")

    ran = trails("show", f"[{old}]")

    new = amended["receipt"]["handle"]
    assert f"[{old}] observation (superseded): Deploy on Friday" in ran.stdout
    assert f"superseded by [{new}]" in ran.stdout
    assert "because It went badly" in ran.stdout
    assert f"[{new}] observation: Deploy on Tuesday" in ran.stdout
    assert re.search(rf"superseded .* \[{old}\] by \[{new}\]: It went badly", ran.stdout)


# ── judging and correcting ───────────────────────────────────────────────────────────────────────────────────────────
def test_judge(trails):
    handle = lay(trails, "Sort before you search")

    ran = trails("judge", handle, "helped", "--reason", "It did")
    said = trails.json("judge", handle, "unhelpful")

    assert ran.stdout == f"Judged [{handle}] helped\n"
    assert said["verdict"] == "unhelpful"


@pytest.mark.parametrize(("said", "result"), [("succeeded", 1.0), ("partly", 0.5), ("failed", 0.0), ("0.25", 0.25)])
def test_outcome(trails, said, result):
    handle = lay(trails, f"The way to {said}")

    ran = trails("outcome", said, "--used", handle, "--task", f"task-{said}")
    reported = trails.json("outcome", said, "--task", f"task-{said}")

    assert ran.stdout.startswith(f"Outcome {result:.2f}, usual ")
    assert "1 note shares it" in ran.stdout
    assert reported["result"] == result


def test_amend_retag_withdraw_and_restore(trails):
    handle = lay(trails, "Oil the hinge", "--topic", "door")

    done = [
        trails("amend", handle, "retag", "--reason", "r", "--add-topic", "hinge", "--remove-topic", "door").stdout,
        trails("amend", handle, "withdraw", "--reason", "The door is gone").stdout,
        trails("amend", handle, "restore", "--reason", "It is back").stdout,
    ]
    shown = trails.json("show", handle)["note"]

    assert done == [f"Retagged [{handle}]\n", f"Withdrew [{handle}]\n", f"Restored [{handle}]\n"]
    assert (shown["topics"], shown["status"]) == (["hinge"], "live")


def test_amend_dispute_shows_both(trails):
    handle = lay(trails, "The cache is warm")

    disputed = trails(
        "amend", handle, "dispute", "--reason", "Measured", "--title", "The cache is cold", "--body", "0 hits"
    )
    counter = re.search(r"Laid \[(\w{8})\]", disputed.stdout).group(1)

    assert f"disputed by [{counter}]" in trails("show", handle).stdout


# ── the journal ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_log_of_the_workspace_of_a_file_and_of_a_note(trails):
    handle = lay(trails, "Chronicle me", "--file", "src/ledger.py")

    whole = trails("log", "--limit", "1000")
    of_file = trails("log", "src/ledger.py")
    of_note = trails.json("log", handle)

    assert f"[{handle}] Chronicle me" in whole.stdout
    assert f"[{handle}] Chronicle me" in of_file.stdout
    assert [event["kind"] for event in of_note["events"]] == ["laid"]


def test_a_file_whose_name_looks_like_a_note_is_a_file(trails):
    (trails.project / "abcdef12").write_text("x\n")
    handle = lay(trails, "About the odd file", "--file", "abcdef12")

    assert handle in trails("log", "abcdef12").stdout


def test_log_follow_tells_what_happens_until_it_is_interrupted(trails):
    follower = start(trails, "log", "--follow", "--json", "--limit", "1")
    first = json.loads(follower.stdout.readline())

    handle = lay(trails, "Breaking news")
    told = [json.loads(follower.stdout.readline())]
    while told[-1].get("note_id", "")[-8:].lower() != handle:
        told.append(json.loads(follower.stdout.readline()))
    code, complaints = interrupt(follower)

    assert [event["seq"] for event in told] == sorted({event["seq"] for event in told} - {first["seq"]})
    assert (code, complaints) == (130, "")


def start(trails, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "trails_cli.entry", *arguments],
        env=trails.environment,
        cwd=trails.project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )


def interrupt(process):
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=30)
    return process.returncode, complaints


# ── the keeper ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_status(trails):
    ran, said = trails("status"), trails.json("status")

    assert f"data       {trails.data_dir}" in ran.stdout
    assert "model      none: off" in ran.stdout
    assert said["workspace"]["root"] == str(trails.project)


def test_the_commands_of_one_shell_are_one_session_and_an_agent_keeps_its_own(trails):
    lay(trails, "From a shell")
    trails("lay", "From Claude", CLAUDECODE="1", CLAUDE_CODE_SESSION_ID="its-session")

    shell, claude = [event["by"] for event in trails.json("log")["events"] if event["kind"] == "laid"][-2:]

    assert (shell["agent"], shell["session"]) == ("cli", f"cli-{os.getpid()}")
    assert (claude["agent"], claude["session"]) == ("claude-code", "its-session")


def test_doctor_finds_nothing_wrong(trails):
    ran, said = trails("doctor"), trails.json("doctor")

    assert ran.returncode == 0
    assert {line[:2] for line in ran.stdout.splitlines()} == {"ok"}
    assert said["ok"] is True
    assert {"sqlite", "keeper", "files", "model", "store", "index", "audit"} <= {one["name"] for one in said["checks"]}


def test_doctor_finds_a_folder_that_others_may_read(trails):
    Path(trails.data_dir).chmod(0o755)
    try:
        ran = trails("doctor", "--json")
    finally:
        Path(trails.data_dir).chmod(0o700)

    wrong = [one for one in json.loads(ran.stdout)["checks"] if not one["ok"]]
    assert ran.returncode == 1
    assert [one["name"] for one in wrong] == ["files"]
    assert "chmod go=" in wrong[0]["words"]


def test_reindex_without_a_model_says_that_there_is_no_index(trails):
    lay(trails, "Not a vector in sight")

    ran, said = trails("reindex"), trails.json("reindex")

    assert "no vector index without a model" in ran.stdout
    assert (said["indexed"], said["notes"] > 0) == (False, True)


@pytest.mark.slow
def test_serve_and_its_stop(fresh_trails):
    serving = start(fresh_trails, "serve")
    announced = serving.stderr.readline()
    pid = fresh_trails.memory().connect()["pid"]
    second = fresh_trails("serve")
    stopped, again = fresh_trails("serve", "--stop"), fresh_trails.json("serve", "--stop")
    serving.communicate(timeout=30)

    assert announced == f"trails: keeping {fresh_trails.data_dir} until Ctrl-C\n"
    assert pid == serving.pid
    assert second.returncode == 5
    assert stopped.stdout == "The keeper has left.\n"
    assert again == {"retired": False}
    assert serving.returncode == 0


def test_stopping_a_keeper_starts_none(fresh_trails):
    assert fresh_trails("serve", "--stop").stdout == "No keeper was running.\n"
    assert not Path(fresh_trails.data_dir).exists()


@pytest.mark.slow
def test_watch_shows_what_happens_to_the_files_of_notes(fresh_trails):
    lay(fresh_trails, "I follow my file", "--file", "src/ledger.py")
    watching = start(fresh_trails, "watch", "--json")
    watching.stderr.readline()

    (fresh_trails.project / "src/ledger.py").rename(fresh_trails.project / "src/books.py")
    event = json.loads(watching.stdout.readline())
    while event["kind"] != "file-moved":
        event = json.loads(watching.stdout.readline())
    code, complaints = interrupt(watching)

    assert event["path"] == "src/books.py"
    assert (code, complaints) == (130, "")


# ── what goes wrong ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["lay", ""], "bad_input", 2),
        (["lay", "x", "--file", "/etc/passwd"], "bad_input", 2),
        (["lay"], "bad_input", 2),
        (["lay", "x", "--kind", "poem"], "bad_input", 2),
        (["no-such-command"], "bad_input", 2),
        (["recall"], "bad_input", 2),
        (["outcome", "splendid"], "bad_input", 2),
        (["show", NOWHERE], "no_such_note", 3),
        (["judge", NOWHERE, "helped"], "no_such_note", 3),
        (["lay", "x", "--body", f"-----BEGIN OPENSSH PRIVATE KEY-----\n{'b3BlbnNzaC1rZXktdjEA' * 20}"], "refused", 4),
    ],
)
def test_an_error_is_one_line_for_people_json_for_programs_and_an_exit_code(trails, arguments, code, exit_code):
    ran = trails(*arguments, "--json")

    said = json.loads(ran.stdout)["error"]
    assert (ran.returncode, said["code"]) == (exit_code, code)
    assert re.fullmatch(r"trails: [^\n]+\n", ran.stderr)
    assert said["message"] in ran.stderr


def test_an_error_prints_nothing_on_stdout_for_people(trails):
    ran = trails("show", NOWHERE)

    assert (ran.returncode, ran.stdout) == (3, "")


def test_without_a_keeper_it_says_what_to_do(fresh_trails):
    Path(fresh_trails.data_dir).write_text("a file where the folder should be")

    ran, doctor = fresh_trails("status"), fresh_trails("doctor")
    Path(fresh_trails.data_dir).unlink()

    assert ran.returncode == 6
    assert "TRAILS_DATA_DIR" in ran.stderr
    assert doctor.returncode == 1
    assert "!!  keeper" in doctor.stdout


def test_a_setting_of_the_wrong_form_is_named(trails):
    ran = trails("status", TRAILS_START_TIMEOUT_S="soon")

    assert ran.returncode == 2
    assert "TRAILS_START_TIMEOUT_S" in ran.stderr


def test_a_reader_that_stops_reading_is_nobodys_problem(trails):
    for number in range(5):
        lay(trails, f"One of many {number}")
    running = start(trails, "log", "--limit", "1000")
    running.stdout.close()
    running.stdout = None

    _, complaints = running.communicate(timeout=30)

    assert complaints == ""


# ── hostile text ─────────────────────────────────────────────────────────────────────────────────────────────────────
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\x7f\u202egnp.exe\u2066 [bold red]loud[/] \u200bhid\U000e0041den\r\u2028over"


@pytest.mark.parametrize("command", ["show", "recall", "log"])
def test_no_note_can_drive_the_terminal(trails, command):
    with trails.memory() as memory:
        handle = memory.lay(f"Beware {HOSTILE}", f"first {HOSTILE}\nsecond\tline", topics=["hostile"])["handle"]

    subject = {"show": [handle], "recall": ["--topic", "hostile"], "log": [handle]}[command]
    for ran in (trails(command, *subject), trails(command, *subject, "--json")):
        assert ran.returncode == 0
        assert "Beware" in ran.stdout
        assert is_harmless(ran.stdout)
        assert "loud[/]" in ran.stdout  # markup is text


def is_harmless(text):
    return all(sign.isprintable() or sign == "\n" for sign in text)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_not_even_a_keeper_can_drive_the_terminal(fresh_trails, play, options):
    """As a store from before admission was strict, or a keeper that is not ours, might try."""

    def answer(line):
        while request := line.hear():
            line.say({"id": request["id"], "error": {"code": "conflict", "message": HOSTILE}})

    play(answer)

    ran = fresh_trails("status", *options)

    assert ran.returncode == 5
    assert "loud[/]" in ran.stderr
    assert is_harmless(ran.stdout + ran.stderr)


def test_a_command_line_that_is_quoted_in_an_error_cannot_either(trails):
    ran = trails("\x1b]0;owned\x07")

    assert ran.returncode == 2
    assert "owned" in ran.stderr
    assert is_harmless(ran.stderr)
