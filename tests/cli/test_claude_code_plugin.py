"""The Claude Code plugin: its files say what the product says; its wrapper finds `trails` or keeps out of the way."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from trails.version import VERSION
from trails_cli.claude_code import PLUGIN_SERVER, SERVER, hooks, tools_of

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "integrations/claude-code"
ALWAYS_SHOWN_WORDS = 40  # of the skill's description, which stands in every session


def manifest(name):
    return json.loads((PLUGIN / ".claude-plugin" / name).read_text())


def front_matter(path):
    """The `name: value` lines between the dashes."""
    lines = path.read_text().split("---\n")[1].splitlines()
    return dict(line.split(": ", 1) for line in lines)


def calls(table):
    """Every hook of a table, with its event and matcher."""
    return [
        (event, group.get("matcher", ""), hook)
        for event, groups in table.items()
        for group in groups
        for hook in group["hooks"]
    ]


# ── its files ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_hooks_and_the_server_of_the_plugin_are_those_that_the_product_writes():
    """Red after a change of the hooks table: `make docs` writes the files anew."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)

    written = generate.plugin_files()

    assert written == {path: (PLUGIN / path).read_text() for path in (".mcp.json", "hooks/hooks.json")}


def test_the_plugin_has_the_version_of_trails():
    (listed,) = manifest("marketplace.json")["plugins"]

    assert manifest("plugin.json")["version"] == listed["version"] == VERSION


def test_what_stands_in_every_session_is_short():
    description = front_matter(PLUGIN / "skills/trails/SKILL.md")["description"]

    assert len(description.split()) <= ALWAYS_SHOWN_WORDS


# ── the hooks table ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_a_file_held_is_not_passed_on():
    """Of an edit its new text is told; Claude Code's answer to one would hold the whole file."""
    told = {field for _, _, hook in calls(hooks(SERVER, ["trails"])) for field in re.findall(r"\$\{(.*?)\}", str(hook))}

    assert {"tool_input.file_path", "tool_input.new_string"} <= told
    assert not told & {"tool_input", "tool_input.old_string", "tool_input.old_source", "tool_calls"}


def test_only_the_answers_of_the_shell_are_passed_on():
    with_answer = {matcher for _, matcher, hook in calls(hooks(SERVER, ["trails"])) if "tool_response" in str(hook)}

    assert with_answer == {"Bash"}


def test_every_hook_gives_up_within_seconds():
    assert all(0 < hook["timeout"] <= 10 for _, _, hook in calls(hooks(SERVER, ["trails"])))


def test_a_plugin_and_a_project_name_their_own_tools():
    assert tools_of(SERVER) == "mcp__trails__.*"
    assert tools_of(PLUGIN_SERVER) == "mcp__plugin_trails_trails__.*"


def test_a_command_of_several_words_is_run_without_a_shell():
    commands = [hook for _, _, hook in calls(hooks(SERVER, ["uv", "run", "trails"])) if hook["type"] == "command"]

    assert {(hook["command"], *hook["args"]) for hook in commands} == {("uv", "run", "trails", "hook")}


# ── the wrapper ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def installed(tmp_path):
    """The wrapper as a plugin cache holds it: a copy, far from any checkout."""
    folder = tmp_path / "plugin/bin"
    folder.mkdir(parents=True)
    shutil.copy(PLUGIN / "bin/trails", folder / "trails")
    (tmp_path / "home").mkdir()
    return folder / "trails"


def a_trails(folder):
    """A command of that name which says where it lies and what it was asked."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "trails").write_text('#!/bin/sh\necho "$0 $*"\n')
    (folder / "trails").chmod(0o755)
    return folder / "trails"


def run(wrapper, *arguments, path="", **environment):
    home = wrapper.parents[2] / "home"
    return subprocess.run(
        [wrapper, *arguments],
        env={"HOME": str(home), "PATH": os.pathsep.join(filter(None, [str(path), "/usr/bin", "/bin"])), **environment},
        input="{}",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_wrapper_runs_the_trails_of_the_path(installed, tmp_path):
    there = a_trails(tmp_path / "somewhere")

    ran = run(installed, "hook", path=there.parent)

    assert ran.stdout == f"{there} hook\n"


def test_the_wrapper_runs_the_trails_that_is_named(installed, tmp_path):
    named, other = a_trails(tmp_path / "a folder"), a_trails(tmp_path / "other")

    ran = run(installed, "mcp", path=other.parent, TRAILS_COMMAND=str(named))

    assert ran.stdout == f"{named} mcp\n"


def test_the_wrapper_looks_where_people_install_for_themselves(installed, tmp_path):
    there = a_trails(tmp_path / "home/.local/bin")

    assert run(installed, "mcp").stdout == f"{there} mcp\n"


def test_the_wrapper_does_not_find_itself(installed, tmp_path):
    """Claude Code puts a plugin's `bin` on the PATH of its shells."""
    there = a_trails(tmp_path / "somewhere")

    ran = run(installed, "status", path=f"{installed.parent}:{there.parent}")

    assert ran.stdout == f"{there} status\n"


def test_a_hook_without_trails_is_silent(installed):
    ran = run(installed, "hook", path=installed.parent)

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_server_without_trails_says_how_to_install_it(installed):
    ran = run(installed, "mcp", path=installed.parent)

    assert ran.returncode == 127
    assert ran.stdout == ""
    assert "TRAILS_COMMAND" in ran.stderr
