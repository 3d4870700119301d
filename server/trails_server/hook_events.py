"""
What a client's hook tells: its JSON as a value. Read leniently: clients differ, and a hook must never fail.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trails import read_line

READS = frozenset({"Read", "NotebookRead"})
EDITS = frozenset({"Edit", "Write", "MultiEdit", "NotebookEdit"})
PATCH = "apply_patch"
PATCHED = re.compile(r"^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+)$", re.MULTILINE)
SHELL = "Bash"
READERS = frozenset({"bat", "cat", "head", "less", "more", "nl", "sed", "tail"})
"""Programs by which a client without a tool for it reads files; of their words those with a dot or a slash name one."""
WRITTEN = ("new_string", "content", "new_source")
"""The parts of an editing tool's input that hold what the agent wrote."""
EXIT_CODE = "Exit code "
EXIT_CODE_LINE = re.compile(r"^Exit Code: [1-9]", re.MULTILINE)
OUTPUT_LABEL = re.compile(r"^Output: ", re.MULTILINE)
TIMED_OUT = "Command timed out"
OUTPUTS = ("stdout", "stderr", "llmContent")
"""Where the output of a shell stands in what a client tells of it."""

# What Gemini calls the same; it gives words to its model only after a tool, so that is where a file is touched.
OF_GEMINI = {"BeforeAgent": "UserPromptSubmit", "AfterTool": "AfterTool", "AfterAgent": "Stop"}
HOOK_CONTEXT = re.compile(r"<hook_context>.*?</hook_context>\s*", re.DOTALL)  # stands in its prompts
TOOLS_OF_GEMINI = {"read_file": "Read", "replace": "Edit", "write_file": "Write", "run_shell_command": "Bash"}


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a tool: `output` is what the agent saw of it, `failed` whether it failed where that is known."""

    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    output: str = ""
    failed: bool | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The files that are read or edited, as the client names them."""
        if self.tool == PATCH:
            return tuple(dict.fromkeys(path.strip() for path in PATCHED.findall(self._command)))
        if self.tool == SHELL:
            return _read_by(self._command)
        named = self.arguments.get("file_path") or self.arguments.get("notebook_path")
        is_file = isinstance(named, str) and named and (self.tool in READS or self.tool in EDITS)
        return (str(named),) if is_file else ()

    @property
    def edits(self) -> bool:
        return self.tool in EDITS or self.tool == PATCH

    @property
    def written(self) -> str:
        """What the agent wrote into the file."""
        parts = [self.arguments, *_objects(self.arguments.get("edits"))]
        texts = [part.get(name) for part in parts for name in WRITTEN]
        if self.tool == PATCH:
            texts = [line[1:] for line in self._command.splitlines() if line.startswith("+")]
        return "\n".join(text for text in texts if isinstance(text, str))

    @property
    def command(self) -> str:
        """The command line of a shell; "" for other tools."""
        return self._command if self.tool == SHELL else ""

    @property
    def _command(self) -> str:
        said = self.arguments.get("command")
        return said if isinstance(said, str) else ""


@dataclass(frozen=True, slots=True)
class HookEvent:
    """One event of a session. `agent_id` is that of a sub-agent, "" in the main thread."""

    name: str
    answered_as: str = ""
    """What the client calls it."""
    session_id: str = ""
    agent_id: str = ""
    agent_type: str = ""
    tool_use_id: str = ""
    calls: tuple[Call, ...] = ()
    prompt: str = ""
    source: str = ""
    said: str = ""
    """The agent's last words."""
    again: bool = False
    """Whether the session goes on because a hook has asked for it."""
    blocks: bool = False
    """Whether this client goes on at an end only when it is told that it may not stop yet."""


def read_event(told: Mapping[str, Any]) -> HookEvent:
    """The event in a hook's JSON; what is missing or of another form is left empty."""
    name = _text(told, "hook_event_name")
    is_gemini = name in OF_GEMINI
    return HookEvent(
        OF_GEMINI.get(name, name),
        answered_as=name,
        session_id=_text(told, "session_id"),
        agent_id=_text(told, "agent_id"),
        agent_type=_text(told, "agent_type"),
        tool_use_id=_text(told, "tool_use_id"),
        calls=tuple(_call(told, one) for one in (_objects(told.get("tool_calls")) or [told]) if one.get("tool_name")),
        prompt=HOOK_CONTEXT.sub("", _text(told, "prompt")),
        source=_text(told, "source"),
        said=_text(told, "last_assistant_message") or _text(told, "prompt_response"),
        again=told.get("stop_hook_active") in (True, "true"),
        blocks=is_gemini or "turn_id" in told,  # Codex names the turn, and takes no context at its end
    )


def _call(event: Mapping[str, Any], told: Mapping[str, Any]) -> Call:
    tool = _text(told, "tool_name")
    call = Call(TOOLS_OF_GEMINI.get(tool, tool), _object(told.get("tool_input")), _output(told.get("tool_response")))
    match _text(event, "hook_event_name"):
        case "PostToolUseFailure":
            error = _text(told, "error")
            ended = told.get("is_interrupt") not in (True, "true") and TIMED_OUT not in error
            return (
                replace(call, output=_without_exit_code(error), failed=True) if ended else replace(call, arguments={})
            )
        case "PostToolUse" if "backgroundTaskId" in _object(told.get("tool_response")):
            return replace(call, arguments={})  # it has only been started
        case "PostToolUse" if "turn_id" not in event:  # Codex tells a failure in the same way
            return replace(call, failed=False)
        case "AfterTool":
            failed = bool(EXIT_CODE_LINE.search(call.output))
            return replace(call, output=OUTPUT_LABEL.sub("", call.output), failed=failed)
    return call


def _output(response: Any) -> str:
    found = _object(response)
    parts = [found.get(name) for name in OUTPUTS] if found else [response]
    return "\n".join(part for part in parts if isinstance(part, str))


def _without_exit_code(error: str) -> str:
    first, _, rest = error.partition("\n")
    return rest if first.startswith(EXIT_CODE) else error


def _read_by(command: str) -> tuple[str, ...]:
    line = read_line(command)
    steps = [step.words for step in line.steps if step.words[0] in READERS] if line else []
    words = [word for words in steps for word in words[1:] if not word.startswith("-")]
    return tuple(word for word in words if re.fullmatch(r"[\w@+./ -]*[./][\w@+./ -]+", word))


def _text(told: Mapping[str, Any], name: str) -> str:
    found = told.get(name)
    return found if isinstance(found, str) else ""


def _object(found: Any) -> Mapping[str, Any]:
    """An object, or the text of one: a hook that calls a tool can only pass texts."""
    read = _read(found)
    return read if isinstance(read, dict) else {}


def _objects(found: Any) -> list[Mapping[str, Any]]:
    read = _read(found)
    return [one for one in read if isinstance(one, dict)] if isinstance(read, list) else []


def _read(found: Any) -> Any:
    if not isinstance(found, str):
        return found
    try:
        return json.loads(found)
    except (ValueError, RecursionError):
        return None
