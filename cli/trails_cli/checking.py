"""
Whether a client that was connected really gets through: its server as the file names it, then the client's own word.
"""

import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from .examining import Finding

PATIENCE_S = 60.0  # for a first keeper on a busy machine
CLIENT_PATIENCE_S = 30.0
USUAL = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TERM", "TMPDIR")
"""All that a client that is careful gives its servers, but for what the file names."""
ASKED_FOR_TOOLS = 2
HANDSHAKE = (
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "trails-connect", "version": "1"},
        },
    },
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": ASKED_FOR_TOOLS, "method": "tools/list"},
)
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
STATES = (  # what clients say of a server, the most telling first
    (re.compile(r"pending|approv", re.IGNORECASE), True, "waits for your approval"),
    (re.compile(r"disconnected|failed|error", re.IGNORECASE), False, "could not connect"),
    (re.compile(r"disabled|untrusted", re.IGNORECASE), True, "is off until you trust this folder"),
    (re.compile(r"connected|ready", re.IGNORECASE), True, "is connected"),
    (re.compile(r"enabled", re.IGNORECASE), True, "is enabled"),
)


def check_server(command: Sequence[str], cwd: Path, more: Mapping[str, str] | None = None) -> Finding:
    """Start the server as a client does, in an environment of the usual variables and `more`, and ask for its tools."""
    kept = {name: value for name, value in os.environ.items() if name in USUAL or name.startswith(("TRAILS_", "XDG_"))}
    began = time.monotonic()
    with TemporaryFile() as complaints:
        try:
            server = subprocess.Popen(
                [*command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                cwd=cwd,
                env={**kept, **(more or {})},
            )
        except OSError as problem:
            return Finding("server", ok=False, words=f"{command[0]} cannot be started: {problem.strerror}")
        answer = _ask_for_tools(server)
        took_ms = (time.monotonic() - began) * 1000
        complaints.seek(0)
        told = complaints.read().decode(errors="replace").strip().splitlines() or [f"it ended with {server.returncode}"]
    if "result" in answer:
        count = len(answer["result"].get("tools", ()))
        return Finding("server", ok=True, words=f"trails answers: {count} tools in {took_ms:.0f} ms")
    why = answer.get("error", {}).get("message") or told[-1]
    return Finding("server", ok=False, words=f"it does not answer: {why} (`trails doctor` looks for the cause)")


def check_client(command: Sequence[str], server: str, cwd: Path) -> Finding | None:
    """What a client's own list of servers says of ours; None where the client is not on the PATH."""
    if not command or shutil.which(command[0]) is None:
        return None
    name = " ".join(command)
    try:
        ran = subprocess.run(
            [*command],
            stdin=subprocess.DEVNULL,
            cwd=cwd,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=CLIENT_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return Finding(name, ok=True, words=f"gave no answer ({type(problem).__name__}), which says nothing of trails")
    return Finding(name, *_state(COLOURS.sub("", f"{ran.stdout}\n{ran.stderr}"), server))


def _ask_for_tools(server: subprocess.Popen[bytes]) -> dict[str, Any]:
    """What a server answers when it is asked for its tools, in time, or nothing; it has ended then."""
    assert server.stdin is not None
    assert server.stdout is not None
    end = threading.Timer(PATIENCE_S, server.kill)
    end.start()
    try:
        server.stdin.write(b"".join(json.dumps(message).encode() + b"\n" for message in HANDSHAKE))
        server.stdin.flush()
        return next((message for line in server.stdout if (message := _answer(line))), {})
    except BrokenPipeError:
        return {}
    finally:
        with suppress(BrokenPipeError):
            server.stdin.close()
        server.stdout.close()
        server.wait()
        end.cancel()


def _answer(line: bytes) -> dict[str, Any]:
    """The message on a line, if it is the answer that is waited for; else nothing."""
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) and message.get("id") == ASKED_FOR_TOOLS else {}


def _state(said: str, server: str) -> tuple[bool, str]:
    """Whether a list of servers speaks against ours, and what it says of it."""
    lines = [line for line in said.splitlines() if re.search(rf"(?<![\w-]){re.escape(server)}(?![\w-])", line)]
    for line in lines:
        for pattern, ok, words in STATES:
            if pattern.search(line):
                return ok, f"{server} {words}"
    return True, f"names {server}" if lines else f"does not name {server} yet: see Next"
