"""
The HTTP door: MCP in both eras of the protocol, behind the guard, for clients that cannot start a relay.

    POST /mcp      Authorization: Bearer TOKEN, Trails-Project: /absolute/path (or ?project=/absolute/path)
    GET  /health   → {"version": …, "pid": …}
"""

import asyncio
import os
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import anyio
import uvicorn
from fastmcp import FastMCP
from mcp.server.transport_security import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trails import Author, BadInput, FolderOnDisk
from trails.version import VERSION

from .access import BODY_LIMIT, Guard, Turned
from .visits import VISIT, Visit, clean, placed

PATH = "/mcp"
AT_ONCE = 32  # requests; more wait unread, as on the socket
FINISH_S = 10  # how long a leaving door waits for the answers that it owes
SILENCE_S = 4 * 3600.0  # an agent may work for hours between two calls; who is back the next day has begun anew
RUNS = 1000  # the last heard of
FOLDERS = 32  # the last asked about
NO_PROJECT = (
    "Which project? In the settings of this client, set the header `Trails-Project: /absolute/path/of/the/project`, "
    "or add `?project=/absolute/path/of/the/project` to the URL."
)
LEAVING = Turned(503, "The keeper is leaving: ask again in a moment.", {"Retry-After": "1"})


class Runs:
    """
    A session for each client and workspace that names none, until the client has been silent for `SILENCE_S`.

    Since the protocol of 2026-07-28 a client has no session of its own. With a new one for each request nothing could
    be told once a session, and no use be credited; with one for ever, no voice would ever be a second one. Two
    agents of one client in one project are one run here: they can tell themselves apart by `Trails-Session`.
    """

    def __init__(self, clock: Callable[[], float], new_name: Callable[[], str]) -> None:
        self._clock, self._new_name = clock, new_name
        self._lock = threading.Lock()
        self._runs: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()

    def session(self, workspace: str, client: str) -> str:
        with self._lock:
            now = self._clock()
            name, heard_at = self._runs.pop((workspace, client), ("", now))
            if not name or now - heard_at > SILENCE_S:
                name = self._new_name()
            self._runs[workspace, client] = (name, now)
            if len(self._runs) > RUNS:
                self._runs.popitem(last=False)
            return name


class HttpApp:
    """
    An ASGI app: the guard, then whoever asks is made out, then MCP answers. `leave` ends what would never end.

    Its lifespan is that of the MCP app, and must be entered once.
    """

    def __init__(self, mcp: ASGIApp, guard: Guard, visit_of: Callable[[Request], Visit]) -> None:
        self._guard, self._visit_of, self._mcp = guard, visit_of, mcp
        self._limited = RequestBodyLimitMiddleware(self._answer, BODY_LIMIT)
        self._room = asyncio.Semaphore(AT_ONCE)
        self._endless: set[anyio.CancelScope] = set()
        self._leaving = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._mcp(scope, receive, send)
        elif scope["type"] == "http":
            request = Request(scope)
            turned = self._guard.turns_away(request.method, request.headers.items())
            if turned or self._leaving:
                await _turn_away(turned or LEAVING)(scope, receive, send)
            elif _is_endless(request):
                await self._answer_until_left(scope, receive, send)
            else:
                async with self._room:
                    await self._limited(scope, receive, send)

    def leave(self) -> None:
        """End the streams that wait for news, and let nothing more in; other requests come to their end."""
        self._leaving = True
        for stream in self._endless:
            stream.cancel()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if request.method == "POST":
            VISIT.set(await asyncio.to_thread(self._visit_of, request))
        await self._mcp(scope, receive, send)

    async def _answer_until_left(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = ended = False

        async def watched(message: Message) -> None:
            nonlocal begun, ended
            begun = True
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        with anyio.CancelScope() as stream:
            self._endless.add(stream)
            try:
                await self._limited(scope, receive, watched)
            finally:
                self._endless.discard(stream)
        if not begun:
            await _turn_away(LEAVING)(scope, receive, send)
        elif not ended:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class Server(uvicorn.Server):
    """uvicorn as a part of a keeper, which sees to signals itself and tells it when to leave."""

    def __init__(self, app: HttpApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="none",
                http="h11",  # strict, and there wherever uvicorn is
                ws="none",
                lifespan="on",
                log_config=None,  # to the keeper's log, and no request ever: the logs have no access lines
                access_log=False,
                proxy_headers=False,  # no proxy stands before a loopback port: nobody may say where he comes from
                server_header=False,
                date_header=False,  # it needs a clock that ticks
                timeout_graceful_shutdown=FINISH_S,
            )
        )
        self.opened, self._app, self._told = asyncio.Event(), app, asyncio.Event()

    def leave(self) -> None:
        self._app.leave()
        self._told.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        self.opened.set()
        await self._told.wait()


def build_http(app: FastMCP, guard: Guard, principal: str) -> HttpApp:
    """The ASGI app that serves an MCP server behind a guard, on behalf of `principal`."""
    # Only 2025-11-25 has sessions: they tell its clients apart, and carry the name that one said when it came.
    mcp = app.http_app(path=PATH, stateless_http=False, host_origin_protection=True)
    mcp.add_route("/health", _health, methods=["GET"])
    folder_at = lru_cache(maxsize=FOLDERS)(FolderOnDisk)  # it remembers what it has read
    runs = Runs(time.monotonic, lambda: f"http-{secrets.token_hex(4)}")
    return HttpApp(mcp, guard, partial(visit_over_http, principal=principal, runs=runs, folder_at=folder_at))


def visit_over_http(
    request: Request, *, principal: str, runs: Runs, folder_at: Callable[[Path], FolderOnDisk] = FolderOnDisk
) -> Visit:
    """The visit that the headers and the query of a request describe."""
    headers = request.headers
    visit = Visit(
        Author(principal, clean(_text(headers.get("trails-agent"))), clean(_text(headers.get("trails-session"))))
    )
    named = _text(headers.get("trails-project")) or request.query_params.get("project", "")
    if not named.startswith("/"):
        return replace(visit, refusal=BadInput(NO_PROJECT))
    try:
        visit = placed(visit, Path(named), Path(named), folder_at)
    except BadInput as refusal:
        return replace(visit, refusal=refusal)
    connection = clean(headers.get("mcp-session-id", ""))
    unnamed = (lambda client: f"http-{connection}") if connection else partial(runs.session, visit.workspace)
    return replace(visit, session_of=unnamed)


def _text(header: str | None) -> str:
    """What a header says: its bytes are UTF-8 where a client sends more than ASCII."""
    try:
        return (header or "").encode("latin-1").decode()
    except UnicodeDecodeError:
        return ""


def _is_endless(request: Request) -> bool:
    """Whether the answer is a stream of news, without an end of its own: one for each era of the protocol."""
    return request.method == "GET" or request.headers.get("mcp-method") == "subscriptions/listen"


def _turn_away(turned: Turned) -> JSONResponse:
    return JSONResponse(
        {"error": {"code": "refused", "message": turned.message}}, turned.status, headers=dict(turned.headers)
    )


def _health(request: Request) -> JSONResponse:
    return JSONResponse({"version": VERSION, "pid": os.getpid()})
