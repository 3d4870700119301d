"""
The scripted model on the wires of other clients: OpenAI's Responses API (Codex), Gemini's own, and chat completions
(opencode).
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tests.e2e.model_stub import ASIDE, COMPACTION, MAIN, Json, Model, Request, Turn, Use

FREE_TEXT = frozenset({"apply_patch", "exec"})
"""Tools of Codex that take a text and no object: here their argument `text`."""
SPAWNED = "(the agent that was spawned last)"
"""Among the arguments of a tool of Codex: stands for the id that it gave."""
MANY_TOKENS = 1_000_000
SUMMARIZE = "CONTEXT CHECKPOINT COMPACTION"
OF_CODEX = (  # how the messages begin that it writes for itself, and what stands in their place
    (r"(?s)\A<(?:skills_instructions|permissions instructions|tools)>.*", ""),
    (r"(?s)<environment_context>.*</environment_context>", ""),
    (rf"(?s)\AYou are performing a {SUMMARIZE}.*", "(how to write a summary) …"),
    (r"(?s)\AAnother language model started to solve this problem.*?assist with your own analysis:", "(a summary) …"),
    (r"(?s)\A(?:Chunk ID|Exit code|Wall time): .*?Output:\n?", ""),
)


@dataclass(frozen=True)
class Full(Turn):
    """A turn after which the client finds its context full, and compacts it."""


def full(turn: Turn) -> Turn:
    return Full(turn.text, turn.uses)


class ResponsesModel(Model):
    """The scripted model as Codex asks it."""

    def has_turn(self, path: str) -> bool:
        return path.endswith("/responses")

    def conversation_of(self, body: Json) -> str:
        if SUMMARIZE in _said(body["input"][-1]):
            return COMPACTION
        prompts = [_said(one) for one in body["input"] if one.get("role") == "user"]
        return next((name for name in self.sub_agents if any(name in prompt for prompt in prompts)), MAIN)

    def reply(self, turn: Turn, body: Json) -> tuple[str, bytes]:
        said = [{"type": "output_text", "text": turn.text}]
        output: list[Json] = [{"type": "message", "role": "assistant", "content": said}] if turn.text else []
        agents = re.findall(r'"agent_id":"([^"]+)"', "\n".join(_said(one) for one in body["input"]))
        output += [self._call(one, agents[-1] if agents else "") for one in turn.uses]
        for one in output:
            one["id"] = f"out_{next(self._numbers):04d}"
        tokens = MANY_TOKENS if isinstance(turn, Full) else 1
        usage = {"input_tokens": tokens, "output_tokens": 1, "total_tokens": tokens + 1}
        return "text/event-stream", "".join(_responses_stream(output, usage)).encode()

    def _call(self, use: Use, spawned: str) -> Json:
        call = {"call_id": f"call_{next(self._numbers):04d}"}
        if use.tool in FREE_TEXT:
            return {"type": "custom_tool_call", **call, "name": use.tool, "input": use.arguments["text"]}
        space, _, name = use.tool.rpartition("__")
        call |= {"namespace": space} if space else {}
        arguments = json.dumps(use.arguments).replace(SPAWNED, spawned)
        return {"type": "function_call", **call, "name": name, "arguments": arguments}


class GeminiModel(Model):
    """The scripted model as Gemini CLI asks it."""

    def has_turn(self, path: str) -> bool:
        return "enerateContent" in path

    def conversation_of(self, body: Json) -> str:
        return MAIN if body.get("tools") else ASIDE

    def reply(self, turn: Turn, body: Json) -> tuple[str, bytes]:
        parts: list[Json] = [{"text": turn.text}] if turn.text else []
        parts += [{"functionCall": {"name": one.tool, "args": dict(one.arguments)}} for one in turn.uses]
        candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}
        usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
        answer = {"candidates": [candidate], "usageMetadata": usage}
        return "text/event-stream", f"data: {json.dumps(answer)}\r\n\r\n".encode()


class ChatModel(Model):
    """The scripted model as opencode asks it."""

    def has_turn(self, path: str) -> bool:
        return path.endswith("/chat/completions")

    def conversation_of(self, body: Json) -> str:
        return MAIN if body.get("tools") else ASIDE

    def reply(self, turn: Turn, body: Json) -> tuple[str, bytes]:
        deltas: list[Json] = [{"role": "assistant", "content": turn.text}]
        for index, one in enumerate(turn.uses):
            function = {"name": one.tool, "arguments": json.dumps(one.arguments)}
            call = {"index": index, "id": f"call_{next(self._numbers):04d}", "type": "function", "function": function}
            deltas.append({"tool_calls": [call]})
        chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
        end = {"index": 0, "delta": {}, "finish_reason": "tool_calls" if turn.uses else "stop"}
        tokens = MANY_TOKENS if isinstance(turn, Full) else 1
        usage = {"prompt_tokens": tokens, "completion_tokens": 1, "total_tokens": tokens + 1}
        chunks.append({"choices": [end], "usage": usage})
        of_all = {"id": "chat", "object": "chat.completion.chunk", "created": 1, "model": body.get("model", "")}
        sent = [json.dumps({**of_all, **chunk}) for chunk in chunks]
        return "text/event-stream", "".join(f"data: {one}\n\n" for one in [*sent, "[DONE]"]).encode()


def _responses_stream(output: Iterable[Json], usage: Json) -> Iterator[str]:
    """The events of a streamed response."""
    response = {"id": "response"}
    yield _event("response.created", response=response)
    for index, one in enumerate(output):
        yield _event("response.output_item.done", output_index=index, item=one)
    yield _event("response.completed", response={**response, "usage": usage})


def _event(name: str, **fields: object) -> str:
    return f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n"


# ── what Codex sent, for a transcript ────────────────────────────────────────────────────────────────────────────────
def as_messages(requests: Iterable[Request]) -> list[Request]:
    """Requests of Codex as if they had been made of the Messages API, without what Codex says of itself."""
    return [replace(one, body={"messages": list(_messages(one.body["input"]))}) for one in requests]


def _messages(sent: list[Json]) -> Iterator[Json]:
    """What follows the client's own instructions: they end with what it says of the environment."""
    start = max((index for index, one in enumerate(sent) if "<environment_context>" in _said(one)), default=0)
    for one in sent[start:]:
        text = _without_codex(_said(one))
        if one["type"].endswith("_call"):
            name = "__".join(part for part in (one.get("namespace"), one["name"]) if part)
            given = json.loads(one["arguments"]) if "arguments" in one else {"text": one["input"]}
            yield {"role": "assistant", "content": [{"type": "tool_use", "name": name, "input": given}]}
        elif one["type"].endswith("_call_output"):
            yield {"role": "user", "content": [{"type": "tool_result", "content": text}]}
        elif text:
            yield {"role": one["role"], "content": text}


def _said(one: Json) -> str:
    """The text of one part of what Codex sends: of a message, or of what a tool answered."""
    content = one.get("content") or one.get("output") or ""
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)


def _without_codex(text: str) -> str:
    for pattern, instead in OF_CODEX:
        text = re.sub(pattern, instead, text)
    return text.strip()
