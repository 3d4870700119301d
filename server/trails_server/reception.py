"""
The door of the keeper: who may come in, the first words on a connection, and to which conversation it leads.

    → {"trails": 1, "for": "mcp" | "ask" | "hook", "version": …, "pid": …, "cwd": …, "env": {…}}
    ← {"trails": 1, "version": …, "pid": …, "data_dir": …}   or   {"trails": 1, "error": {…}}
"""

import asyncio
import json
import os
import socket
import struct
import sys
from typing import Any

from trails import BadInput, Refused, TrailsError
from trails.door import PROTOCOL

from .lines import read_line, write_line

PREFACE_TIMEOUT_S = 10.0
SOL_LOCAL, LOCAL_PEERCRED = 0, 1  # of macOS, which Python does not name
PURPOSES = ("mcp", "ask", "hook")


async def receive(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, greeting: dict[str, Any]
) -> dict[str, Any] | None:
    """The preface of a connection, once it is greeted; None when it said none that could be understood."""
    try:
        refuse_strangers(writer.get_extra_info("socket"), os.geteuid())
        preface = _read(await asyncio.wait_for(read_line(reader), PREFACE_TIMEOUT_S))
    except TimeoutError:
        return None
    except TrailsError as refusal:
        write_line(writer, {"trails": PROTOCOL, "error": {"code": refusal.code, "message": str(refusal)}})
        return None
    if preface:
        write_line(writer, {"trails": PROTOCOL, **greeting})
    return preface or None


def refuse_strangers(connection: socket.socket, owner: int) -> None:
    """
    Let in only processes of the user id `owner`; root too is somebody else. Raises Refused.

    The folder of the socket keeps others out already: this is the second lock, and the only one where a folder's mode
    is not honoured for sockets.
    """
    if _peer_uid(connection) != owner:
        raise Refused("This keeper serves another user; set TRAILS_DATA_DIR to a folder of your own.")


def _peer_uid(connection: socket.socket) -> int:
    if sys.platform == "darwin":
        _, uid = struct.unpack_from("2I", connection.getsockopt(SOL_LOCAL, LOCAL_PEERCRED, 76))
    else:
        _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(uid)


def _read(line: object) -> dict[str, Any]:
    if line == b"":
        return {}  # somebody only looked whether the door is open
    try:
        preface = json.loads(line) if isinstance(line, bytes) else None
    except (ValueError, RecursionError):
        preface = None
    if not isinstance(preface, dict) or "trails" not in preface:
        raise BadInput("The first line of a connection must be the preface of trails, a JSON object.")
    if preface["trails"] != PROTOCOL:
        raise BadInput(f"This keeper speaks protocol {PROTOCOL}; update trails on the side that is older.")
    if preface.get("for") not in PURPOSES:
        raise BadInput(f"A connection is for one of {', '.join(PURPOSES)}.")
    return preface
