"""
Lines of JSON on a socket: how one is read, and what becomes of one that is far too long.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

LINE_LIMIT = 4 * 2**20
"""Bytes. A note is a few thousand; whoever sends megabytes in one line is mistaken, and must not fill the memory."""

_ID = rb'"id"\s*:\s*("[^"\\]{1,100}"|\d{1,18})\s*'
_ID_FIRST = re.compile(rb'\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?' + _ID + rb",")
_ID_LAST = re.compile(rb",\s*" + _ID + rb"\}\s*$")


@dataclass(frozen=True, slots=True)
class TooLong:
    """A line over the limit, thrown away while it came in; `id` is that of its request where it could be seen."""

    id: str | int | None


async def read_line(reader: asyncio.StreamReader) -> bytes | TooLong:
    """The next line with its end; without one at the end of the stream, which is `b""` from then on."""
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as overrun:
        return await _skip_line(reader, overrun.consumed)
    except ConnectionError:
        return b""


async def lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes | TooLong]:
    """Every line until the stream ends, without the empty ones."""
    while line := await read_line(reader):
        if isinstance(line, TooLong) or line.strip():
            yield line


def write_line(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    """Send one message; a whole line at a time, so that answers of several tasks never mix."""
    writer.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")


async def _skip_line(reader: asyncio.StreamReader, consumed: int) -> TooLong:
    head = await reader.readexactly(consumed)
    head, tail = head[:200], head[-200:]
    while True:
        try:
            rest = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as overrun:
            tail = (await reader.readexactly(overrun.consumed))[-200:]
            continue
        except (asyncio.IncompleteReadError, ConnectionError):
            return TooLong(None)
        return TooLong(_id_of(head, (tail + rest)[-200:]))


def _id_of(head: bytes, tail: bytes) -> str | int | None:
    # Only where the request's own id can stand: an "id" somewhere inside may be anybody's.
    found = _ID_FIRST.match(head) or _ID_LAST.search(tail)
    if found is None:
        return None
    try:
        name: str | int = json.loads(found[1])
    except ValueError:
        return None
    return name
