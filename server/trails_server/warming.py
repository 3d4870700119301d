"""
The first calls of a keeper, made by itself: libraries load parts of themselves when they are first used.
"""

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from typing import Any

from trails import Settings, door

CALLS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("server/discover", {}),
    ("tools/list", {}),
    ("tools/call", {"name": "recall", "arguments": {"query": "warm", "files": ["warm.txt"]}}),
)
_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "keeper", "version": "0"},
}

logger = logging.getLogger(__name__)


async def warm_up(settings: Settings) -> None:
    """Come in by the own front door, as an agent does, and ask; a keeper that is leaving is not asked."""
    try:
        reader, writer = await asyncio.open_unix_connection(settings.socket_path)
    except OSError:
        return
    try:
        preface = {"trails": door.PROTOCOL, "for": "mcp", "pid": os.getpid(), "cwd": str(settings.data_dir)}
        writer.write(json.dumps(preface).encode() + b"\n")
        await reader.readline()
        for number, (method, parameters) in enumerate(CALLS):
            call = {"jsonrpc": "2.0", "id": number, "method": method, "params": {**parameters, "_meta": _META}}
            writer.write(json.dumps(call).encode() + b"\n")
            await reader.readline()
    except ConnectionError as end:
        logger.info("not warm: %s", end)
    finally:
        writer.close()
