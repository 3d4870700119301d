"""Whether a client gets through: the server is started as its file says, and its own command is asked."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

from trails_cli.checking import check_client, check_server
from trails_cli.connect import own_command

SAID = {  # by clients, of a server that is called trails
    "claude": ("trails: trails mcp - ⏸ Pending approval (run `claude` to approve)", True, "waits for your approval"),
    "claude, approved": ("trails: trails mcp - ✔ Connected", True, "is connected"),
    "claude, broken": ("trails: nowhere mcp - ✘ Failed to connect", False, "could not connect"),
    "codex": ("Name    Command  Args  Env  Status\ntrails  trails   mcp   -    enabled", True, "is enabled"),
    "codex, not trusted": ("No MCP servers configured yet. Try `codex mcp add my-tool`.", True, "does not name trails"),
    "gemini": ("\x1b[32m✓\x1b[0m trails: trails mcp (stdio) - Connected", True, "is connected"),
    "gemini, broken": ("✗ trails: trails mcp (stdio) - Disconnected", False, "could not connect"),
    "gemini, not trusted": ("○ trails: trails mcp (stdio) - Disabled", True, "until you trust this folder"),
    "opencode": ("●  ✓ trails \x1b[90mconnected\n│      trails mcp", True, "is connected"),
    "opencode, broken": ("●  ✗ trails \x1b[90mfailed\n│      MCP error -32000: closed", False, "could not connect"),
    "another server": ("trails-old: x - ✘ Failed to connect\ntrails: trails mcp - ✔ Connected", True, "is connected"),
}


def program(folder, name, *, prints="", code=0):
    """A program on the PATH that plays a client: it prints what the real one was seen to print."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    (folder / "said").write_text(prints)
    path.write_text(f"#!/bin/sh\ncat '{folder}/said' >&2\nexit {code}\n")
    path.chmod(0o755)
    return folder


# ── the server ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@pytest.mark.parametrize("client", ["claude-code", "codex", "opencode"])
def test_the_server_that_the_file_names_answers(trails, client):
    ran = trails("connect", client, PATH=os.defpath)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"^ok server +trails answers: [6-9] tools in \d+ ms$", ran.stdout, re.MULTILINE)


@pytest.mark.slow
def test_a_server_that_cannot_answer_is_told_and_the_files_stay(trails, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/run").write_text("no keeper can live here")

    ran = trails("connect", "gemini", "--json", PATH=os.defpath, TRAILS_DATA_DIR=str(tmp_path / "data"))

    assert ran.returncode == 1
    (check,) = json.loads(ran.stdout)["checks"]
    assert not check["ok"]
    assert "trails doctor" in check["words"]
    assert (trails.project / ".gemini/settings.json").exists()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (["/no/such/trails", "mcp"], "cannot be started"),
        ([sys.executable, "-c", "raise SystemExit(7)"], "ended with 7"),
        ([sys.executable, "-c", "raise SystemExit('no such model')"], "no such model"),
    ],
)
def test_a_command_that_is_no_server_is_told(tmp_path, command, why):
    found = check_server(command, tmp_path)

    assert not found.ok
    assert why in found.words


def test_a_server_gets_the_variables_that_the_file_sets_and_few_others(tmp_path, monkeypatch):
    monkeypatch.setenv("ONLY_IN_THIS_SHELL", "1")
    answer = '{"id": 2, "result": {"tools": [1, 2]}}'
    code = f"import os; assert 'ONLY_IN_THIS_SHELL' not in os.environ and os.environ['SET'] == 'x'; print('{answer}')"

    found = check_server([sys.executable, "-c", code], tmp_path, {"SET": "x"})

    assert found.ok, found.words
    assert "2 tools" in found.words


# ── the client ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("said", "ok", "words"), SAID.values(), ids=SAID)
def test_what_a_client_says_of_its_servers_is_told(tmp_path, monkeypatch, said, ok, words):
    monkeypatch.setenv("PATH", str(program(tmp_path / "bin", "client", prints=said)), prepend=os.pathsep)

    found = check_client(["client", "mcp", "list"], "trails", tmp_path)

    assert found.ok is ok
    assert words in found.words


def test_a_client_that_is_not_installed_is_not_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert check_client(["client", "mcp", "list"], "trails", tmp_path) is None


def test_a_client_that_fails_at_everything_speaks_not_against_the_server(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(program(tmp_path / "bin", "client", prints="no node", code=1)), prepend=os.pathsep)

    assert check_client(["client", "mcp", "list"], "trails", tmp_path).ok


# ── the command that is written ──────────────────────────────────────────────────────────────────────────────────────
SCRIPT = Path(sys.executable).with_name("trails")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A folder that is all of the PATH, in a shell without an active environment."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    return tmp_path


def test_a_program_that_is_on_the_path_is_named_by_its_name(elsewhere):
    (elsewhere / "trails").symlink_to(SCRIPT)

    assert own_command() == ["trails"]


def test_another_program_of_that_name_is_not_meant(elsewhere):
    program(elsewhere, "trails")

    assert own_command() == [str(SCRIPT)]


def test_a_program_that_is_found_only_in_an_active_environment_is_named_by_its_place(elsewhere, monkeypatch):
    (elsewhere / "trails").symlink_to(SCRIPT)
    monkeypatch.setenv("VIRTUAL_ENV", str(elsewhere))

    assert own_command() == [str(SCRIPT)]
