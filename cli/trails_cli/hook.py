"""
`trails hook [CLIENT]`: a client's hook, asked of the keeper: its JSON on stdin, what the client makes of it on stdout.

It runs while an agent waits, and must never be the reason that one cannot go on. Where no keeper answers in time it
says nothing and exits with 0; at the start of a session it starts one, for the next time. Standard library only, and
only its lightest parts: `json` and `socket` alone would double what the process costs, so events and answers go
through unread.
"""

import os
import sys
import time
from _socket import AF_UNIX, SHUT_WR, SOCK_STREAM, socket  # what `socket` is made of, without enum and selectors

from trails import door

MOST = 4 << 20  # bytes that the keeper reads of one event
CHUNK = 1 << 16
GREETING_S = 0.2  # a keeper that is there greets at once; one that hangs must not hold up an agent
ANSWER_S = 2.0  # one that has greeted is at work
STARTS = b'"SessionStart"'


def main(client: str = "") -> int:
    """Ask in the name of a client, print the answer, and succeed: 0 always."""
    if client:
        os.environ.setdefault("TRAILS_AGENT", client)
    try:
        text = answer(sys.stdin.buffer.read(MOST + 1))
    except (door.NoKeeper, OSError, ValueError):
        return 0
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()
    return 0


def answer(event: bytes) -> bytes:
    """What the keeper wants said to one event. Raises NoKeeper or OSError where nothing can be had."""
    if len(event) > MOST or not event.lstrip().startswith(b"{"):
        return b""
    data_dir = door.data_dir(os.environ)
    keeper = socket(AF_UNIX, SOCK_STREAM)
    try:
        if connects(keeper, door.find_socket(data_dir)):
            return ask(keeper, event)
    finally:
        keeper.close()
    if STARTS in event:
        door.start_soon(data_dir)
    return b""


def connects(keeper: socket, path: str) -> bool:
    """Whether somebody listens at a path."""
    keeper.settimeout(GREETING_S)
    try:
        if path:
            keeper.connect(path)
    except OSError:
        return False
    return bool(path)


def ask(keeper: socket, event: bytes) -> bytes:
    ends_at = time.monotonic() + GREETING_S
    keeper.sendall(door.preface("hook", os.environ))
    greeting, _, said = read(keeper, ends_at, until=b"\n").partition(b"\n")
    if b'"version"' not in greeting:
        return b""
    ends_at = time.monotonic() + ANSWER_S
    keeper.settimeout(ANSWER_S)
    keeper.sendall(event)
    keeper.shutdown(SHUT_WR)
    return said + read(keeper, ends_at)


def read(keeper: socket, ends_at: float, until: bytes = b"") -> bytes:
    """What comes, up to a sign or to the end. Raises OSError when it does not come in time."""
    heard = b""
    while not until or until not in heard:
        keeper.settimeout(max(0.001, ends_at - time.monotonic()))
        chunk = keeper.recv(CHUNK)
        if not chunk:
            break
        heard += chunk
    return heard
