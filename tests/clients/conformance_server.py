"""
What the conformance suite is run against: the tools and the HTTP door of a keeper, and the suite's own fixtures.

Arguments: the data folder of a running keeper, which answers; the project to ask about. The first line on stdout is
the URL. Guard, token, sessions and streams are those of the product.
"""

import asyncio
import socket
import sys
from pathlib import Path

import uvicorn
from starlette.types import Receive, Scope, Send

from trails.backends.remote_memory import RemoteMemory
from trails_server.access import Guard, Token
from trails_server.app import build_app
from trails_server.http import HttpApp, build_http


class WithToken:
    """The door, for whoever cannot say the token: the suite sends no headers of ours. All other guards stay."""

    def __init__(self, door: HttpApp, token: Token) -> None:
        self.door = door
        self.header = (b"authorization", f"Bearer {token.get()}".encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [*scope["headers"], self.header]}
        await self.door(scope, receive, send)


def main(data_dir: str, project: str) -> None:
    from conformance_fixtures import add_fixtures  # brings FastMCP, which trails_server must have set up before

    memory = RemoteMemory(data_dir, cwd=project)
    app = build_app(lambda visit, verb, arguments: memory.ask(verb, **arguments))
    add_fixtures(app)
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    token = Token(Path(data_dir) / "http-token")
    door = WithToken(build_http(app, Guard(token, port), "ada"), token)
    print(f"http://127.0.0.1:{port}/mcp?project={project}", flush=True)  # noqa: T201
    asyncio.run(uvicorn.Server(uvicorn.Config(door, http="h11", ws="none", log_config=None)).serve([listening]))


main(*sys.argv[1:])
