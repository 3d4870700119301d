"""
The ask door: the verbs over lines of JSON, for the command, the hooks and programs.

    → {"id": 1, "verb": "recall", "args": {"files": ["src/a.py"]}}
    ← {"id": 1, "answer": {…}}   or   {"id": 1, "error": {"code": "bad_input", "message": "…"}}

Several requests may be under way at once, and are answered in the order in which they are done.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from trails import BadInput, TrailsError

from .lines import LINE_LIMIT, TooLong, lines, write_line

if TYPE_CHECKING:  # numpy comes with it: the door opens before that is loaded
    from .visits import Visit

AT_ONCE = 32  # requests of one connection; more wait in its socket

logger = logging.getLogger(__name__)

Answer = Callable[["Visit", str, Mapping[str, Any]], dict[str, Any]]
"""Answers one verb with plain JSON, in whatever thread it is called; raises TrailsError."""


async def serve_asking(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, visit: "Visit", answer: Answer
) -> None:
    """Answer the requests of one connection until it ends, the last ones included."""
    room = asyncio.Semaphore(AT_ONCE)

    async def reply(line: bytes | TooLong) -> None:
        try:
            write_line(writer, await _reply(line, visit, answer))
            await writer.drain()
        except ConnectionError:
            pass  # nobody waits for the answer any more; what was asked is done
        finally:
            room.release()

    async with asyncio.TaskGroup() as under_way:
        async for line in lines(reader):
            await room.acquire()
            under_way.create_task(reply(line))


async def serve_hook(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, visit: "Visit", answer: Answer
) -> None:
    """Answer the one event of a hook, which ends its side after it, with what it is to print: mostly nothing."""
    event = b""
    while len(event) <= LINE_LIMIT and (chunk := await reader.read(LINE_LIMIT)):
        event += chunk
    try:
        answered = await asyncio.to_thread(answer, visit, "hook", {"event": json.loads(event)})
    except (TrailsError, ValueError, RecursionError) as problem:
        logger.info("an event of a hook was left alone: %s", type(problem).__name__)
    else:
        writer.write(str(answered["said"]).encode())
        await writer.drain()


async def _reply(line: bytes | TooLong, visit: "Visit", answer: Answer) -> dict[str, Any]:
    number: Any = line.id if isinstance(line, TooLong) else None
    try:
        request = _read(line)
        number = request.get("id")
        return {"id": number, "answer": await asyncio.to_thread(answer, visit, *_verb_and_arguments(request))}
    except Exception as failure:  # noqa: BLE001  # the outermost loop: no request may end the keeper
        return {"id": number, "error": _error(failure)}


def _read(line: bytes | TooLong) -> dict[str, Any]:
    if isinstance(line, TooLong):
        raise BadInput(f"A request may have {LINE_LIMIT // 2**20} MiB; this one was longer and was not read.")
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        raise BadInput("A request is one line of JSON; this line is not.") from None
    if not isinstance(request, dict):
        raise BadInput("A request is a JSON object with `id`, `verb` and `args`.")
    return request


def _verb_and_arguments(request: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    verb, arguments = request.get("verb"), request.get("args") or {}
    if not isinstance(verb, str) or not isinstance(arguments, dict):
        raise BadInput("A request needs a `verb`, a text, and may have `args`, an object.")
    return verb, arguments


def _error(failure: Exception) -> dict[str, str]:
    from .translations import error_payload

    if not isinstance(failure, TrailsError):
        logger.error("a request failed", exc_info=failure)
    return error_payload(failure)
