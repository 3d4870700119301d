"""
The tools of an agent: six verbs, each answered with the text that a model reads.

Their names, descriptions and schemas stand in every context window that trails is connected to: keep them short
(tests/server/test_mcp_door.py holds the size). The verbs check the arguments; the types here are what a model is told.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastmcp import Context, FastMCP
from fastmcp.dependencies import CurrentContext
from fastmcp.exceptions import ToolError
from fastmcp.tools import FunctionTool, Tool
from mcp_types import ToolAnnotations
from pydantic import Field

from trails import Kind, TrailsError, Verdict

from .answering import WELCOME_BUDGET
from .asking import Answer
from .saying import ACTIONS, RESULTS
from .visits import VISIT, Visit

KEY = "trails/key"
"""In the `_meta` of a call: its name, so that a relay may send it again when a keeper died, and it is done once."""

AGENT, SESSION = "trails/agent", "trails/session"
"""In the `_meta` of a call: who makes it, where nothing that the call came through knows better."""

TOOL_USE_IDS = ("claudecode/toolUseId", "callId")
"""In the `_meta` of a call: what the client calls it, in its hooks too. The second is Codex's."""

SESSION_OF_CODEX = "sessionId"

HIDDEN = {"ui": {"visibility": ["app"]}}
"""Of a tool that a client's hooks call and its model is not told of. Not every client knows that (`app.py`)."""

KINDS = [kind.value for kind in Kind if kind is not Kind.PRESENCE]  # presence is for programs to lay

Files = Annotated[tuple[str, ...], Field(description="path[:line[-line]|::symbol]")]
Texts = tuple[str, ...]


def _one_of(*choices: str) -> Any:
    """The enum in the schema, without pydantic's check: its message would repeat what was sent."""
    return Field(json_schema_extra={"enum": list(choices)})


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools, as methods: `add_tools` says how they are announced."""

    answer: Answer

    def recall(
        self,
        query: str = "",
        files: Files = (),
        topics: Texts = (),
        limit: int = 5,
        context: Context = CurrentContext(),  # noqa: B008  # how FastMCP injects
    ) -> str:
        """Read what earlier agents noted, and what to look at: by file, word, topic. Do it before working on a file."""
        told = self._ask(context, "recall", query=query, files=files, topics=topics, limit=limit)
        return self._with_others(context, str(told["text"]), files)

    def lay(
        self,
        title: Annotated[str, Field(description="imperative: what the next agent should do")],
        body: str = "",
        kind: Annotated[str, _one_of(*KINDS)] = Kind.OBSERVATION.value,
        files: Files = (),
        topics: Texts = (),
        context: Context = CurrentContext(),  # noqa: B008
    ) -> str:
        """Leave a note: a fact, trap, decision or plan that the code does not tell. One thing a note."""
        arguments = {"title": title, "body": body, "kind": kind, "files": files, "topics": topics}
        return self._with_others(context, laid(self._ask(context, "lay", key=_key(context), **arguments)), files)

    def judge(
        self,
        note: Annotated[str, Field(description="the 8 characters in brackets")],
        verdict: Annotated[str, _one_of(*Verdict)],
        reason: str = "",
        context: Context = CurrentContext(),  # noqa: B008
    ) -> str:
        """Say whether a note you used helped."""
        answer = self._ask(context, "judge", key=_key(context), note=note, verdict=verdict, reason=reason)
        return self._with_others(context, f"Judged [{answer['note']['handle']}]: {answer['verdict']}.")

    def outcome(
        self,
        result: Annotated[str, _one_of(*RESULTS)],
        used: Annotated[Texts, Field(description="notes that you acted on")] = (),
        task: Annotated[str, Field(description="kind of task, e.g. bugfix")] = "",
        summary: str = "",
        context: Context = CurrentContext(),  # noqa: B008
    ) -> str:
        """Say how the work ended, and which notes you acted on."""
        arguments = {"result": result, "used": used, "task": task, "summary": summary}
        answer = self._ask(context, "outcome", key=_key(context), **arguments)
        return self._with_others(context, f"Noted: {result}. Notes that share it: {len(answer['credits'])}.")

    def amend(
        self,
        note: str,
        action: Annotated[str, _one_of(*ACTIONS)],
        reason: str,
        title: Annotated[str, Field(description="for supersede, dispute")] = "",
        body: str = "",
        files: Files = (),
        add_topics: Texts = (),
        remove_topics: Texts = (),
        context: Context = CurrentContext(),  # noqa: B008
    ) -> str:
        """Correct an outdated or wrong note, or confirm one that still holds; nothing is lost."""
        new = {"title": title, "body": body, "files": files, "add_topics": add_topics, "remove_topics": remove_topics}
        answer = self._ask(context, "amend", key=_key(context), note=note, action=action, reason=reason, **new)
        done = f"{PAST[action]} [{answer['note']['handle']}]."
        told = f"{done} {laid(answer['receipt'])}" if answer["receipt"] else done
        return self._with_others(context, told, files)

    def welcome(
        self,
        budget: Annotated[int, Field(description="200 to 50000 tokens")] = WELCOME_BUDGET,
        files: Files = (),
        context: Context = CurrentContext(),  # noqa: B008
    ) -> str:
        """What to know first, here or about files: plans, decisions, warnings, who is at work, what to read."""
        return self._with_others(context, str(self._ask(context, "welcome", budget=budget, files=files)["text"]), files)

    def hook_event(self, event: dict[str, Any], context: Context = CurrentContext()) -> str:  # noqa: B008
        """For the hooks of a client."""
        return str(self._ask(context, "hook", event=event)["said"])

    def _with_others(self, context: Context, text: str, files: Texts = ()) -> str:
        """An answer, and below it who else is at work on the session's files; mostly nothing."""
        others = str(self._ask(context, "meet", files=files)["text"])
        return f"{text}\n\n{others}" if others else text

    def _ask(self, context: Context, verb: str, **arguments: Any) -> dict[str, Any]:
        try:
            return self.answer(visitor(context), verb, arguments)
        except TrailsError as refusal:
            raise ToolError(str(refusal), log_level=logging.INFO) from None  # the agent's mistake, not ours


PAST = {
    "confirm": "Confirmed",
    "supersede": "Superseded",
    "dispute": "Disputed",
    "retag": "Retagged",
    "withdraw": "Withdrew",
    "restore": "Restored",
}


def add_tools(server: FastMCP, answer: Answer) -> None:
    """Announce the tools. Clients that load tools only when they are needed have the two of everyday use at once."""
    tools = Tools(answer)
    everyday = {"anthropic/alwaysLoad": True}
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    adds = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
    server.add_tool(_tool(tools.recall, title="Recall notes", annotations=reads, meta=everyday))
    server.add_tool(_tool(tools.lay, title="Lay a note", annotations=adds, meta=everyday))
    server.add_tool(_tool(tools.judge, title="Judge a note", annotations=adds))
    server.add_tool(_tool(tools.outcome, title="Report an outcome", annotations=adds))
    server.add_tool(_tool(tools.amend, title="Amend a note", annotations=adds))
    server.add_tool(_tool(tools.welcome, title="Welcome", annotations=reads))
    server.add_tool(_tool(tools.hook_event, title="Hook", annotations=adds, meta=HIDDEN))


class PlainTool(FunctionTool):
    """A tool that is announced without what FastMCP says to itself: fifty tokens in all."""

    def get_meta(self) -> dict[str, Any]:
        return {name: value for name, value in super().get_meta().items() if name != "fastmcp"}


def _tool(method: Callable[..., str], **announced: Any) -> Tool:
    """
    A tool that answers in text, and whose schema leaves out what says nothing: empty defaults, and that there are no
    further arguments, which are refused all the same.
    """
    tool = PlainTool.from_function(method, output_schema=None, **announced)
    properties = {
        name: {word: value for word, value in one.items() if word != "default" or value}
        for name, one in tool.parameters["properties"].items()
    }
    told = {word: value for word, value in tool.parameters.items() if word != "additionalProperties"}
    return tool.model_copy(update={"parameters": {**told, "properties": properties}})


def laid(receipt: dict[str, Any]) -> str:
    """A receipt in words."""
    words = f"Laid [{receipt['handle']}]" + (", which had been laid already." if receipt["replayed"] else ".")
    taken_out = ", ".join(f"{one['rule']} ({one['count']})" for one in receipt["redactions"])
    return f"{words} Redacted before it was stored: {taken_out}." if taken_out else words


def visitor(context: Context) -> Visit:
    """The visit behind a call; the client's own name is shown when nothing better is known, and never trusted."""
    request = context.request_context
    client = context.session.client_params if request else None
    said = {name: value for name, value in _meta(context).items() if isinstance(value, str)}
    visit = VISIT.get().told(agent=said.get(AGENT, ""), session=said.get(SESSION) or said.get(SESSION_OF_CODEX, ""))
    visit = visit.called(client.client_info.name if client else "")
    return replace(visit, tool_use_id=next((said[name] for name in TOOL_USE_IDS if name in said), ""))


def _key(context: Context) -> str:
    key = _meta(context).get(KEY)
    return key if isinstance(key, str) else ""


def _meta(context: Context) -> Mapping[str, Any]:
    """What a call says beside its arguments."""
    request = context.request_context
    return (request.meta or {}) if request else {}
