"""
A model on loopback that says what a script says: it drives a real client without an account and without a network.

Every conversation with it follows one script of steps. A sub-agent's is known by a text in its prompt, a compaction by
the client's own words; all others are the main one. Everything that was received is kept, in order.
"""

import itertools
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
MAIN, ASIDE, COMPACTION = "", "an aside", "the compaction"


@dataclass(frozen=True)
class Use:
    """A call of one of the client's tools."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Turn:
    """What the model says in one turn: a text, calls of tools, or both. A turn without calls ends its conversation."""

    text: str = ""
    uses: tuple[Use, ...] = ()


def say(text: str) -> Turn:
    return Turn(text)


def use(tool: str, **arguments: Any) -> Turn:
    return Turn(uses=(Use(tool, arguments),))


@dataclass(frozen=True)
class Request:
    """One request for a turn: of which conversation it is, and its body."""

    conversation: str
    body: Json


class Model:
    """
    The scripted model, over HTTP while it is entered; `url` is where it answers.

    This one speaks the Messages API of Anthropic; another wire is another `conversation_of`, `has_turn` and `reply`.
    """

    def __init__(self, *steps: Turn, compaction: Sequence[Turn] = (), **sub_agents: Sequence[Turn]) -> None:
        """The scripts of the main conversation, of compactions, and of sub-agents by a word that their prompts hold."""
        self.scripts = {MAIN: list(steps), ASIDE: [], COMPACTION: list(compaction)}
        self.sub_agents = {name: list(turns) for name, turns in sub_agents.items()}
        self.received: list[Request] = []
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._said: dict[str, Turn] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Model":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def goes_on(self, *steps: Turn) -> None:
        """More steps for the main conversation: of a further prompt, or of a session that is resumed."""
        self.scripts[MAIN].extend(steps)

    # ── the wire ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def has_turn(self, path: str) -> bool:
        """Whether a turn is asked for at this path; anything else that a client asks is not there."""
        return path.split("?")[0] == "/v1/messages"

    def conversation_of(self, body: Json) -> str:
        last = _text(body["messages"][-1])
        if not body.get("tools"):
            return ASIDE  # a title, a test whether there is a model
        if "Do NOT call any tools" in last and "<summary>" in last:
            return COMPACTION
        prompt = next(_text(one) for one in body["messages"] if one["role"] == "user")
        return next((name for name in self.sub_agents if name in prompt), MAIN)

    def reply(self, turn: Turn, body: Json) -> tuple[str, bytes]:
        """The content type and the body of a reply."""
        content: list[Json] = [{"type": "text", "text": turn.text}] if turn.text else []
        for one in turn.uses:
            name = f"toolu_{next(self._numbers):04d}"
            content.append({"type": "tool_use", "id": name, "name": one.tool, "input": dict(one.arguments)})
        message = {
            "id": f"msg_{next(self._numbers):04d}",
            "type": "message",
            "role": "assistant",
            "model": body.get("model", "scripted"),
            "content": content,
            "stop_reason": "tool_use" if turn.uses else "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
        if not body.get("stream"):
            return "application/json", json.dumps(message).encode()
        return "text/event-stream", "".join(_stream(message)).encode()

    # ── the script ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _turn(self, body: Json) -> Turn:
        with self._lock:
            repeated = json.dumps(body.get("messages", body), sort_keys=True)  # a client may send a request again
            if repeated not in self._said:
                conversation = self.conversation_of(body)
                self.received.append(Request(conversation, body))
                script = {**self.scripts, **self.sub_agents}[conversation]
                self._said[repeated] = script.pop(0) if script else say("(the script has ended)")
            return self._said[repeated]

    def _handler(model: "Model") -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers.get("content-length") or 0))
                if not model.has_turn(self.path):
                    return self._send(404, "application/json", b"{}")
                body = json.loads(sent)
                return self._send(200, *model.reply(model._turn(body), body))

            def do_GET(self) -> None:
                self._send(404, "application/json", b"{}")

            do_HEAD = do_GET  # noqa: N815

            def _send(self, status: int, content_type: str, content: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", content_type)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _text(message: Json) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)


def _stream(message: Json) -> Iterator[str]:
    """The events of a streamed message."""
    yield _event("message_start", message={**message, "content": [], "stop_reason": None})
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            start, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            start = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield _event("content_block_start", index=index, content_block=start)
        yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield _event("message_delta", delta=end, usage=message["usage"])
    yield _event("message_stop")


def _event(name: str, **fields: Any) -> str:
    return f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n"
