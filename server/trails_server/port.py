"""
The TCP port of a keeper: opened on this machine only, when a setting asks for it, and never a reason to fail.
"""

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from trails import Settings, TrailsError

from .access import Guard, Token

if TYPE_CHECKING:  # heavy: loaded in a thread, when a port is opened
    from fastmcp import FastMCP

    from .http import Server

BACKLOG = 128  # connections that may knock at once

logger = logging.getLogger(__name__)


class Port:
    """The HTTP port of one keeper, if it was told to have one. `state` may be read from any thread."""

    def __init__(self, settings: Settings, token: Token) -> None:
        self._address, self._principal, self._token = settings.http_address, settings.principal, token
        self._turn = asyncio.Lock()
        self._closed = False
        self._server: Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self.state = {"state": "starting" if self._address else "off", "url": "", "reason": ""}

    @property
    def is_open(self) -> bool:
        return self.state["state"] == "listening"

    async def open(self, app: "Awaitable[FastMCP]") -> None:
        """Serve an MCP server at the address of the settings; where that cannot be, the state and the log say why."""
        async with self._turn:
            if self._address is None or self._closed:
                return
            try:
                await self._listen(await app, *self._address)
            except OSError as failure:
                self._fail(_in_words(failure, self._address[1]))
            except TrailsError as failure:
                self._fail(str(failure))
            except Exception as failure:  # an outermost loop: whatever it was, the keeper goes on without a port
                logger.exception("the port could not be opened")
                self._fail(f"it could not be opened: {failure}")

    async def close(self) -> None:
        """Let nobody in any more; return when what was asked is answered."""
        async with self._turn:
            self._closed = True
            if self._server is not None and self._serving is not None:
                self._server.leave()
                await self._serving
                self.state = {"state": "off", "url": "", "reason": ""}

    async def _listen(self, app: "FastMCP", host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with contextlib.ExitStack() as unless_served:
            listening = unless_served.enter_context(socket.create_server((host, port), family=family, backlog=BACKLOG))
            port = listening.getsockname()[1]
            self._server = await asyncio.to_thread(self._build, app, port)
            self._serving = asyncio.create_task(self._serve(self._server, listening))
            unless_served.pop_all()
        opened = asyncio.ensure_future(self._server.opened.wait())
        await asyncio.wait((self._serving, opened), return_when=asyncio.FIRST_COMPLETED)
        opened.cancel()
        if not self._serving.done():
            url = f"http://{f'[{host}]' if family == socket.AF_INET6 else host}:{port}/mcp"
            self.state = {"state": "listening", "url": url, "reason": ""}

    def _build(self, app: "FastMCP", port: int) -> "Server":
        from .http import Server, build_http

        self._token.get()  # nobody could come in without one
        return Server(build_http(app, Guard(self._token, port), self._principal))

    async def _serve(self, server: "Server", listening: socket.socket) -> None:
        try:
            await server.serve(sockets=[listening])
        except (Exception, SystemExit) as failure:  # noqa: BLE001  # an outermost loop; uvicorn exits when it fails
            listening.close()
            self._fail(f"it stopped: {failure}")

    def _fail(self, reason: str) -> None:
        logger.error("no HTTP: %s", reason)
        self.state = {"state": "failed", "url": "", "reason": reason}


def _in_words(failure: OSError, port: int) -> str:
    if failure.errno == errno.EADDRINUSE:
        return f"port {port} is taken; set TRAILS_HTTP to another, then `trails serve --stop`"
    return f"port {port} cannot be opened: {failure.strerror}"
