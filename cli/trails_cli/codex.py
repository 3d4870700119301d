"""
Which events of Codex reach the keeper, and its server.

A hook of Codex is a shell command, which it runs only once its user has trusted it. Files are read and tests are run
by its shell, and written by `apply_patch`; calls of our own tools are told beforehand, since sub-agents share a server.
"""

import shlex
from collections.abc import Sequence
from typing import Any

from .claude_code import TIMEOUT_S, tools_of

AGENT = "codex"
PASSED_ON = ("TRAILS_DATA_DIR", "TRAILS_UNASKED", "XDG_DATA_HOME")
"""Which keeper is asked, and what it tells unasked: Codex gives its servers only the variables that are named."""

WORK = "Bash|apply_patch"
START_TIMEOUT_S = 10  # the keeper may have to come up first


def mcp_server(command: Sequence[str]) -> dict[str, Any]:
    """The server as `config.toml` names it; `command` is how `trails` is run."""
    started = {"command": command[0], "args": [*command[1:], "mcp"]}
    return {**started, "env_vars": list(PASSED_ON), "env": {"TRAILS_AGENT": AGENT}}


def hooks(server: str, command: Sequence[str]) -> dict[str, Any]:
    """What stands under `hooks` in `hooks.json`; `server` is the MCP server's name."""
    return {
        "SessionStart": [_run(command, START_TIMEOUT_S)],
        "UserPromptSubmit": [_run(command)],
        "PreToolUse": [{"matcher": f"{WORK}|{tools_of(server)}", **_run(command)}],
        "PostToolUse": [{"matcher": WORK, **_run(command)}],
        "SubagentStart": [_run(command)],
        "SubagentStop": [_run(command)],
        "Stop": [_run(command)],
        "SessionEnd": [_run(command)],
    }


def _run(command: Sequence[str], timeout_s: int = TIMEOUT_S) -> dict[str, Any]:
    return {"hooks": [{"type": "command", "command": shlex.join([*command, "hook", AGENT]), "timeout": timeout_s}]}
