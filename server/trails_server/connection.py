"""
One MCP connection: lines of JSON-RPC fed into FastMCP, in both eras of the protocol.

This is the one module that uses private parts of fastmcp and mcp (`_lifespan_manager`, `_mcp_server`,
`_context_streams`): FastMCP serves stdio and HTTP, and neither can be pointed at a socket that is already open. Both
libraries are pinned to a minor version for its sake, and tests/server/test_mcp_door.py holds what it relies on.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import anyio
import mcp_types
from fastmcp import FastMCP
from fastmcp.server.context import set_transport
from mcp.shared._context_streams import ContextReceiveStream, ContextSendStream, create_context_streams
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from .lines import LINE_LIMIT, TooLong, lines, write_line

PARSE_ERROR = -32700
INVALID_REQUEST = -32600


@dataclass(slots=True)
class Unanswered:
    """The requests of a connection that still wait for their answer, so that it can end without losing one."""

    ids: set[str | int] = field(default_factory=set)
    none_left: asyncio.Event = field(default_factory=asyncio.Event)

    def asked(self, message: mcp_types.JSONRPCMessage) -> None:
        if isinstance(message, mcp_types.JSONRPCRequest):
            self.ids.add(message.id)
        elif isinstance(message, mcp_types.JSONRPCNotification) and message.method == "notifications/cancelled":
            self._settled((message.params or {}).get("requestId"))

    def answered(self, message: mcp_types.JSONRPCMessage) -> None:
        if isinstance(message, mcp_types.JSONRPCResponse | mcp_types.JSONRPCError):
            self._settled(message.id)

    async def all_answered(self) -> None:
        while self.ids:
            self.none_left.clear()
            await self.none_left.wait()

    def _settled(self, number: str | int | None) -> None:
        self.ids -= {number}
        if not self.ids:
            self.none_left.set()


async def serve_mcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: FastMCP) -> None:
    """
    Serve one client until its stream ends, every request that it sent before included.

    What runs in its tools sees the context variables of the calling task.
    """
    set_transport("stdio")
    to_server, from_client = create_context_streams[SessionMessage | Exception](0)
    from_server, to_client = create_context_streams[SessionMessage](0)
    unanswered = Unanswered()
    async with server._lifespan_manager(), anyio.create_task_group() as tasks:

        async def send() -> None:
            try:
                await _send(to_client, writer, unanswered)
            except ConnectionError:
                tasks.cancel_scope.cancel()  # the client has gone; what its calls have begun in threads, they finish

        tasks.start_soon(_receive, reader, writer, to_server, unanswered)
        tasks.start_soon(send)
        low = server._mcp_server
        await low.run(from_client, from_server, low.create_initialization_options())
        tasks.cancel_scope.cancel()


async def _receive(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    to_server: ContextSendStream[SessionMessage | Exception],
    unanswered: Unanswered,
) -> None:
    async with to_server:
        async for line in lines(reader):
            message = _read(line)
            if isinstance(message, dict):
                write_line(writer, message)
                continue
            unanswered.asked(message)
            await to_server.send(SessionMessage(message))
        await unanswered.all_answered()


async def _send(
    to_client: ContextReceiveStream[SessionMessage], writer: asyncio.StreamWriter, unanswered: Unanswered
) -> None:
    async with to_client:
        async for sent in to_client:
            writer.write(sent.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
            await writer.drain()
            unanswered.answered(sent.message)


def _read(line: bytes | TooLong) -> mcp_types.JSONRPCMessage | dict[str, Any]:
    """The message of a line, or the error to answer it with: a client must not wait for an answer that never comes."""
    if isinstance(line, TooLong):
        return _error(line.id, INVALID_REQUEST, f"A message may have {LINE_LIMIT // 2**20} MiB; this one was longer.")
    try:
        message = mcp_types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError:
        pass
    else:
        if isinstance(message, mcp_types.JSONRPCNotification) and "id" in json.loads(line):
            return _error(None, INVALID_REQUEST, "The id of a request is a text or a whole number.")
        return message
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return _error(None, PARSE_ERROR, "A message is one line of JSON; this line is not.")
    number = said.get("id") if isinstance(said, dict) else None
    known = number if isinstance(number, str | int) and not isinstance(number, bool) else None
    return _error(known, INVALID_REQUEST, "This is JSON, and no message of JSON-RPC 2.0.")


def _error(number: str | int | None, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}
