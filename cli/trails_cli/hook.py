"""
`trails hook [CLIENT]`: a client's hook, asked of the keeper: its JSON on stdin, what the client makes of it on stdout.

It runs while an agent waits, and must never be the reason that one cannot go on. Where no keeper answers in time it
says nothing and exits with 0; at the start of a session it starts one, for the next time. Standard library only, and
only its light parts.
"""

import os
import sys
import time
from socket import socket

from trails import door

from . import messages
from .messages import Message

MOST = 4 << 20  # bytes that the keeper reads of one message
GREETING_S = 0.2  # a keeper that is there greets at once; one that hangs must not hold up an agent
ANSWER_S = 2.0  # one that has greeted is at work
STARTS = "SessionStart"


def main(client: str = "") -> int:
    """Ask in the name of a client, print the answer, and succeed: 0 always."""
    if client:
        os.environ.setdefault("TRAILS_AGENT", client)
    try:
        text = answer(sys.stdin.buffer.read(MOST + 1))
    except (door.NoKeeper, OSError, ValueError):
        return 0
    sys.stdout.write(text)
    sys.stdout.flush()
    return 0


def answer(told: bytes) -> str:
    """What the keeper wants said to one event. Raises NoKeeper, OSError or ValueError where nothing can be had."""
    event = messages.read(told)
    if not event or len(told) > MOST:
        return ""
    data_dir = door.data_dir(os.environ)
    keeper = door.connect(data_dir)
    if keeper is None:
        if event.get("hook_event_name") == STARTS:
            door.start_soon(data_dir)
        return ""
    with keeper:
        return ask(keeper, event)


def ask(keeper: socket, event: Message) -> str:
    ends_at = time.monotonic() + GREETING_S
    keeper.settimeout(GREETING_S)
    keeper.sendall(door.preface("ask", os.environ))
    lines = messages.Lines()
    if not read_line(keeper, lines, ends_at).get("version"):
        return ""
    ends_at = time.monotonic() + ANSWER_S
    keeper.settimeout(ANSWER_S)
    keeper.sendall(messages.write({"id": 1, "verb": "hook", "args": {"event": event}}))
    said = messages.part(read_line(keeper, lines, ends_at), "answer").get("said")
    return said if isinstance(said, str) else ""


def read_line(keeper: socket, lines: "messages.Lines", ends_at: float) -> Message:
    """The next message; an empty one at the end. Raises OSError when it does not come in time."""
    while True:
        keeper.settimeout(max(0.001, ends_at - time.monotonic()))
        chunk = keeper.recv(1 << 16)
        for line in lines.feed(chunk or b"\n"):
            return messages.read(line)
        if not chunk:
            return {}
