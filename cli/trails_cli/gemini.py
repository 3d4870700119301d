"""
Which events of Gemini CLI reach the keeper, and its server.

A hook of Gemini is a shell command. It can tell the model something only before a turn and after a tool, so the notes
on a file come with what was read of it.
"""

import shlex
from collections.abc import Sequence
from typing import Any

AGENT = "gemini"
WORK = "read_file|replace|write_file|run_shell_command"
TIMEOUT_MS = 5_000
START_TIMEOUT_MS = 10_000  # the keeper may have to come up first


def mcp_server(command: Sequence[str]) -> dict[str, Any]:
    """The server as `settings.json` names it; `command` is how `trails` is run."""
    return {"command": command[0], "args": [*command[1:], "mcp"], "env": {"TRAILS_AGENT": AGENT}}


def hooks(command: Sequence[str]) -> dict[str, Any]:
    """What stands under `hooks` in `settings.json`."""
    return {
        "SessionStart": [_run(command, START_TIMEOUT_MS)],
        "BeforeAgent": [_run(command)],
        "AfterTool": [{"matcher": WORK, **_run(command)}],
        "AfterAgent": [_run(command)],
        "SessionEnd": [_run(command)],
    }


def _run(command: Sequence[str], timeout_ms: int = TIMEOUT_MS) -> dict[str, Any]:
    line = shlex.join([*command, "hook", AGENT])
    return {"hooks": [{"name": "trails", "type": "command", "command": line, "timeout": timeout_ms}]}
