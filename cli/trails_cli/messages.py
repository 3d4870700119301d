"""
JSON-RPC as far as the relay must understand it: lines, ids, the key of a call, an error of its own.

What cannot be read is left alone; the keeper answers it. Standard library only, and light: part of the relay.
"""

import json
import os

KEY = "trails/key"
UNAVAILABLE = -32000  # JSON-RPC: the first code that is left to servers

Message = dict[str, object]


class Lines:
    """Bytes as they come, given out as whole lines, each with its line end."""

    def __init__(self) -> None:
        self.rest = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that are whole now, without the empty ones."""
        if b"\n" not in chunk:
            self.rest += chunk
            return []
        *whole, rest = (bytes(self.rest) + chunk).split(b"\n")
        self.rest = bytearray(rest)
        return [line + b"\n" for line in whole if line.strip()]


def read(line: bytes) -> Message:
    """A line as a JSON object; an empty one for anything else."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def part(message: Message, name: str) -> Message:
    """An object inside a message; an empty one where there is none."""
    found = message.get(name)
    return found if isinstance(found, dict) else {}


def write(message: Message) -> bytes:
    """A message as a line."""
    return json.dumps(message).encode() + b"\n"


def with_key(message: Message, line: bytes) -> bytes:
    """The line of a call with a key of its own, so that the keeper can tell a call sent twice from two calls."""
    params = message.get("params")
    meta = params.setdefault("_meta", {}) if isinstance(params, dict) else None
    if not isinstance(meta, dict) or KEY in meta:
        return line
    meta[KEY] = os.urandom(16).hex()
    try:
        return json.dumps(message, allow_nan=False).encode() + b"\n"
    except ValueError:  # a number out of range, which would become something that is not JSON
        return line


def error(request_id: object, words: str) -> bytes:
    """The line that tells a client that its request cannot be answered now."""
    return write({"jsonrpc": "2.0", "id": request_id, "error": {"code": UNAVAILABLE, "message": words}})
