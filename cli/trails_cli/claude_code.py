"""
Which events of Claude Code reach the keeper, by which way, and how much of each: its hooks, and its server.

While there is a connection, a hook is a call on it: no process, two milliseconds, and silence where no server answers.
Four events run `trails hook` instead. At the first and the last there is no connection; a prompt would be told
"completed" of a tool that has nothing to say; and only what a command prints goes into a compaction.
What an edit wrote is told, since it may name a note; what the file held is not.
"""

from collections.abc import Sequence
from typing import Any

SERVER = "trails"
PLUGIN_SERVER = "plugin:trails:trails"  # how the hooks of a plugin call the server that it brings
TOOL = "hook_event"
START_TIMEOUT_S = 10  # the keeper may have to come up first
TIMEOUT_S = 5  # a person waits for it

STARTS = "startup|resume|clear|compact"
EDITS = "Edit|Write|MultiEdit|NotebookEdit"
SHELL = "Bash"

OF_EVERY = ("hook_event_name", "session_id", "agent_id", "agent_type", "cwd")
OF_STOP = ("stop_hook_active", "last_assistant_message")
OF_CALL = ("tool_use_id", "tool_name")
OF_FILE = tuple(f"tool_input.{field}" for field in ("file_path", "notebook_path"))
OF_EDIT = (*OF_FILE, *(f"tool_input.{field}" for field in ("new_string", "content", "new_source", "edits")))
OF_RUN = (*OF_CALL, "tool_input.command")


def mcp_server(command: Sequence[str]) -> dict[str, Any]:
    """The server as `.mcp.json` names it; `command` is how `trails` is run."""
    return {"type": "stdio", "command": command[0], "args": [*command[1:], "mcp"]}


def hooks(server: str, command: Sequence[str]) -> dict[str, Any]:
    """
    What stands under `hooks` in a settings file or a plugin.

    `server` is the MCP server's name as hooks see it (`SERVER` in a project, `PLUGIN_SERVER` in the plugin), `command`
    how `trails` is run.
    """
    return {
        "SessionStart": [{"matcher": STARTS, **_run(command, START_TIMEOUT_S)}],
        "UserPromptSubmit": [_run(command)],
        "PreToolUse": [
            {"matcher": f"Read|{EDITS}", **_call(server, *OF_CALL, *OF_FILE)},
            {"matcher": tools_of(server), **_call(server, *OF_CALL)},  # sub-agents share one connection: whose is it?
        ],
        "PostToolUse": [
            {"matcher": EDITS, **_call(server, *OF_CALL, *OF_EDIT)},
            {"matcher": SHELL, **_call(server, *OF_RUN, "tool_response")},
        ],
        "PostToolUseFailure": [{"matcher": SHELL, **_call(server, *OF_RUN, "error", "is_interrupt")}],
        "PostToolBatch": [_call(server)],  # what was edited is written down, should the session be killed
        "SubagentStart": [_call(server)],
        "SubagentStop": [_call(server, *OF_STOP)],
        "PreCompact": [_run(command)],
        "Stop": [_call(server, *OF_STOP)],
        "SessionEnd": [_run(command)],
    }


def tools_of(server: str) -> str:
    """A pattern of the names that the tools of a server have in hooks: `mcp__plugin_trails_trails__.*`."""
    return f"mcp__{server.replace(':', '_')}__.*"


def _run(command: Sequence[str], timeout_s: int = TIMEOUT_S) -> dict[str, Any]:
    """Hands all of the event to a process."""
    hook = {"type": "command", "command": command[0], "args": [*command[1:], "hook"], "timeout": timeout_s}
    return {"hooks": [hook]}


def _call(server: str, *fields: str) -> dict[str, Any]:
    """Hands these fields of the event to the server, each as text and "" where it is missing."""
    event: dict[str, Any] = {}
    for field in (*OF_EVERY, *fields):
        outer, _, inner = field.rpartition(".")
        (event.setdefault(outer, {}) if outer else event)[inner] = f"${{{field}}}"
    hook = {"type": "mcp_tool", "server": server, "tool": TOOL, "input": {"event": event}, "timeout": TIMEOUT_S}
    return {"hooks": [hook]}
