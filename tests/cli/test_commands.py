"""Every command as a person or a script runs it: a process, its output, its exit code."""

import json
import os
import re
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


def test_recall_explains_its_scores_only_when_asked(trails):
    handle = lay(trails, "Turn the crank clockwise", "--file", "src/crank.py")
    trails("judge", handle, "helped")

    plain, explained = trails("recall", "crank"), trails("recall", "crank", "--explain")

    assert "score" not in plain.stdout
    assert re.search(r"score 0\.\d{3}\n +term +weight +amount +adds\n +text +0\.\d{3} ", explained.stdout)
    assert re.search(r"quality 0\.\d{3} \(helped 0\.\d\d, failed 0\.00\)", explained.stdout)
    assert re.search(r"Look at\n +src/crank\.py\n +score \d\.\d{3}\n", explained.stdout)


def test_the_terms_that_recall_explains_add_up_to_the_score(trails):
    lay(trails, "Wind the clock on Mondays", "--file", "src/clock.py", "--topic", "clock")

    explained = trails("recall", "wind the clock", "--file", "src/clock.py", "--explain").stdout

    first = explained.partition("sum")[0]
    score = float(re.search(r"score (\d\.\d{3})", first).group(1))
    assert sum(map(float, re.findall(r"[+-]\d\.\d{3}", first))) == pytest.approx(score, abs=0.003)


def test_recall_names_files_to_look_at_after_the_notes(trails):
    lay(trails, "Polish both lenses", "--file", "src/lens.py", "--file", "tests/test_lens.py")

    ran = trails("recall", "--file", "src/lens.py")

    assert ran.stdout.endswith(
        "\n\nLook at\n    tests/test_lens.py (it changes together with src/lens.py and near in the tree)\n"
    )


def test_recall_ranks_files_when_files_are_what_is_sought(trails):
    handles = [
        lay(trails, "Fold the umbrella dry", "--file", f"src/umbrella{number}.py", "--topic", f"u{number}")
        for number in range(4)
    ]

    said = trails("recall", "fold the umbrella", "--rank", "files")
    few = trails.json("recall", "fold the umbrella", "--rank", "files", "--limit", "2")

    first = said.stdout.split("\n\n")[0].splitlines()
    assert re.fullmatch(r"src/umbrella\d\.py", first[0])
    assert first[1].strip().startswith("notes on it match the question")
    assert re.fullmatch(r" +notes \[\w{8}\]", first[2])
    assert first[2].strip()[7:15] in handles
    assert (len(few["leads"]), len(few["hits"])) == (2, 3)


def test_recall_ranks_no_file_where_no_note_is_on_one(trails):
    lay(trails, "Hum a quaint melody")

    ran = trails("recall", "quaint melody", "--rank", "files")

    assert ran.stdout.startswith("The notes lead to no file.\n\n[")


def test_why_tells_the_place_of_a_note_and_its_state(trails):
    first = lay(trails, "Grease the axle", "--file", "src/wheel.py")
    second = lay(trails, "Grease the axle of the cart as well", "--file", "src/wheel.py", "--file", "src/cart.py")
    trails("recall", "--file", "src/wheel.py")

    asked = trails("why", second, "grease the axle")
    unasked = trails("why", first)
    nowhere = trails("why", first, "xylophone quartet")

    assert asked.stdout.startswith('2nd of 2 for "grease the axle", most of all because its text matches the question')
    assert f"[{second}] observation: Grease the axle of the cart as well\n\n  term " in asked.stdout
    assert f"  before it [{first}] observation: Grease the axle (text +" in asked.stdout
    assert unasked.stdout.startswith("1st of 2 for src/wheel.py, most of all because laid on src/wheel.py.\n")
    assert re.search(r"strength +0\.\d{3}  0\.05 \+ 0\.95 \* 0\.500 / \(0\.500 \+ 3\) ", unasked.stdout)
    assert "1 time to 1 principal; exposure is no evidence" in unasked.stdout
    assert re.search(r"Last shown\n.* place 1 of 2, propensity 1\.000, just now\n", unasked.stdout)
    assert nowhere.stdout.startswith('No answer for "xylophone quartet": its text is not among ')


def test_why_is_told_to_programs_too(trails):
    handle = lay(trails, "Sharpen the chisel", "--file", "src/chisel.py")

    said = trails.json("why", handle, "chisel", "--file", "src/chisel.py")

    assert (said["place"], said["note"]["handle"]) == (1, handle)
    assert {one["name"] for one in said["figures"]} == {"energy", "strength", "quality", "freshness", "shown"}


def test_show_tells_where_the_files_of_a_note_lead(trails):
    handle = lay(trails, "Sweep the chimney", "--file", "src/chimney.py")
    other = lay(trails, "Light the stove", "--file", "src/chimney.py", "--file", "src/stove.py")
    for used in (handle, other):
        trails("judge", used, "helped", TRAILS_SESSION="sweeping")

    shown = trails("show", handle).stdout

    assert "\n\nEdges\nsrc/chimney.py leads to src/stove.py (100%: 1 note, 1 session)\n" in shown
    assert f"\nused with [{other}] observation: Light the stove (100%: 1 session)\n\nJournal" in shown


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
    assert f"replaced [{old}] Deploy on Friday by [{new}] Deploy on Tuesday, because: It went badly" in ran.stdout


# ── judging and correcting ───────────────────────────────────────────────────────────────────────────────────────────
def test_judge(trails):
    handle = lay(trails, "Sort before you search")

    ran = trails("judge", handle, "helped", "--reason", "It did")
    said = trails.json("judge", handle, "unhelpful")

    assert ran.stdout == f"Judged [{handle}] helped\n"
    assert said["verdict"] == "unhelpful"


def test_use(trails):
    handle = lay(trails, "Wind the clock at noon", "--file", "src/ledger.py")
    trails("recall", "--file", "src/ledger.py", TRAILS_SESSION="another")

    nothing = trails("use", TRAILS_SESSION="another")
    edited = trails("use", "--edited", "src/ledger.py", TRAILS_SESSION="another")
    cited = trails("use", "--text", "-", typed=f"As [{handle}] says.", TRAILS_SESSION="another")

    assert nothing.stdout == "That shows no use of a note you were shown.\n"
    assert f"Used [{handle}]: edited\n" in edited.stdout
    assert f"Used [{handle}]: cited\n" in cited.stdout


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
def test_who_is_at_work_is_told_with_the_files(trails):
    trails("use", "--edited", "src/at_work.py", TRAILS_AGENT="codex", TRAILS_SESSION="s-at-work")

    told = trails("who", "src/at_work.py")
    (there,) = trails.json("who", "src/at_work.py")["at_work"]

    first, second = told.stdout.splitlines()
    assert first.startswith("codex of ")
    assert first.endswith(", just now")
    assert second == "  src/at_work.py  edits it"
    assert (there["by"]["session"], there["files"], there["edits"]) == ("s-at-work", *[["src/at_work.py"]] * 2)
    assert trails("who", "src/nobody.py").stdout == "Nobody is at work on src/nobody.py just now.\n"


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
    follower = trails.start("log", "--follow", "--json", "--limit", "1")
    first = json.loads(follower.stdout.readline())

    handle = lay(trails, "Breaking news")
    told = [json.loads(follower.stdout.readline())]
    while told[-1].get("note_id", "")[-8:].lower() != handle:
        told.append(json.loads(follower.stdout.readline()))
    code, complaints = trails.interrupt(follower)

    assert [event["seq"] for event in told] == sorted({event["seq"] for event in told} - {first["seq"]})
    assert (code, complaints) == (130, "")


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
    serving = fresh_trails.start("serve")
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


def test_a_word_that_is_no_choice_is_answered_with_those_there_are(trails):
    ran = trails("lay", "Close it", "--kind", "rumour")

    assert ran.returncode == 2
    assert ran.stderr.startswith("trails: Invalid value for '--kind': 'rumour' is not one of 'observation', 'how-to'")


def test_a_reader_that_stops_reading_is_nobodys_problem(trails):
    for number in range(5):
        lay(trails, f"One of many {number}")
    running = trails.start("log", "--limit", "1000")
    running.stdout.close()
    running.stdout = None

    _, complaints = running.communicate(timeout=30)

    assert complaints == ""


# ── hostile text ─────────────────────────────────────────────────────────────────────────────────────────────────────
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\x7f\u202egnp.exe\u2066 [bold red]loud[/] \u200bhid\U000e0041den\r\u2028over"


@pytest.mark.parametrize("command", ["show", "recall", "why", "log"])
def test_no_note_can_drive_the_terminal(trails, command):
    with trails.memory() as memory:
        handle = memory.lay(f"Beware {HOSTILE}", f"first {HOSTILE}\nsecond\tline", topics=["hostile"])["handle"]

    subject = {"show": [handle], "recall": ["--topic", "hostile"], "why": [handle], "log": [handle]}[command]
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


# ── confirming ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_note_whose_lines_changed_is_doubtful_until_somebody_confirms_it(trails):
    (trails.project / "src/pump.py").write_text("def prime():\n    fill()\n    turn()\n")
    handle = lay(trails, "Prime the pump twice", "--file", "src/pump.py:1-3")
    (trails.project / "src/pump.py").write_text("import water\n\ndef prime():\n    fill(2)\n    turn()\n")

    doubted = trails("recall", "--file", "src/pump.py").stdout
    confirmed = trails("amend", handle, "confirm", "--reason", "tried it").stdout
    shown = trails("show", handle).stdout

    assert "on src/pump.py:3-5 (changed: 33% of its lines, now in 4)" in doubted
    assert f"check it, then `trails amend {handle} confirm`, or supersede or withdraw it" in doubted
    assert confirmed == f"Confirmed [{handle}]\n"
    assert "on src/pump.py:3-5\n" in shown
    assert "check it" not in shown

    (said,) = [one for one in trails.json("log")["events"] if one["kind"] == "confirmed"]
    trails("undo", str(said["seq"]), "--reason", "it spills")
    assert "on src/pump.py:3-5 (changed: 33% of its lines, now in 4)" in trails("show", handle).stdout


def test_a_note_on_a_function_follows_it_by_its_name(trails):
    file = trails.project / "src/wheel.py"
    file.write_text("class Wheel:\n    def turn(self):\n        return self.axle\n")
    handle = lay(trails, "Grease it first", "--file", "src/wheel.py::Wheel.turn")
    file.write_text("import os\n\n\nclass Wheel:\n    def turn(self, by=1):\n        return self.axle\n")

    shown = trails("show", handle).stdout
    refused = trails("lay", "Nothing", "--file", "src/wheel.py::turm")

    assert "on src/wheel.py:5-6 Wheel.turn (changed: 50% of its lines, now in 5)" in shown
    assert refused.returncode == 2
    assert "src/wheel.py defines no turm" in refused.stderr
