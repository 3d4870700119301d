"""Two ways to the HTTP door of a keeper: requests as they are on the wire, and the official client of either era."""

import http.client
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from tests.server.doors import LEGACY, MODERN, TIMEOUT_S, RunningKeeper

MODES = {LEGACY: "legacy", MODERN: "auto"}
META = "io.modelcontextprotocol/"


class Web:
    """Requests to one door about one project, with the right token unless a test says otherwise."""

    def __init__(self, url: str, token: str, project: Path) -> None:
        self.url, self.token, self.project = url, token, project
        parts = urlsplit(url)
        self.host, self.port = parts.hostname, parts.port
        self.numbers = itertools.count(1)

    @classmethod
    def of(cls, keeper: RunningKeeper) -> "Web":
        return cls(*keeper.http(), keeper.project)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Trails-Project": str(self.project)}

    def send(
        self, method: str, path: str = "/mcp", body: bytes = b"", **headers: str | None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body of an answer; headers as keywords, None leaves one of the usual out."""
        response = self.begin(method, path, body, **headers)
        with response:
            return response.status, response.headers, response.read()

    def begin(self, method: str, path: str = "/mcp", body: bytes = b"", **headers: str | None) -> Any:
        """The answer as soon as its headers are there; its connection goes with it."""
        usual = {
            **self.headers,
            "Host": f"{self.host}:{self.port}" if ":" not in self.host else f"[{self.host}]:{self.port}",
            "Accept": "application/json, text/event-stream",
            "Content-Length": str(len(body)),
            **({"Content-Type": "application/json"} if method == "POST" else {}),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        connection = http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT_S)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in usual.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body)
        return connection.getresponse()

    def modern(self, method: str, parameters: dict[str, Any] | None = None, **headers: str | None) -> Any:
        """The answer to one request of the protocol of 2026-07-28, which needs no other before it."""
        envelope = {
            f"{META}protocolVersion": MODERN,
            f"{META}clientCapabilities": {},
            f"{META}clientInfo": {"name": "raw-client", "version": "1"},
        }
        given = parameters or {}
        params = {**given, "_meta": {**envelope, **given.get("_meta", {})}}
        body = json.dumps({"jsonrpc": "2.0", "id": next(self.numbers), "method": method, "params": params}).encode()
        named = {"Mcp_Name": params["name"]} if "name" in params else {}
        return self.begin("POST", body=body, MCP_Protocol_Version=MODERN, Mcp_Method=method, **named, **headers)

    def lay(self, title: str, meta: dict[str, str] | None = None, **headers: str | None) -> str:
        """What a model reads of laying a note."""
        call = {"name": "lay", "arguments": {"title": title}, "_meta": meta or {}}
        with self.modern("tools/call", call, **headers) as response:
            return json.loads(response.read())["result"]["content"][0]["text"]

    def begin_legacy(self) -> str:
        """A session of the protocol of 2025-11-25; its name."""
        client = {"name": "raw-client", "version": "1"}
        hello = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client}
        message = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello}
        status, headers, _ = self.send("POST", body=json.dumps(message).encode())
        assert status == 200
        begun = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        self.send("POST", body=json.dumps(begun).encode(), **self.legacy(headers["Mcp-Session-Id"]))
        return headers["Mcp-Session-Id"]

    def old(self, method: str, parameters: dict[str, Any], session: str = "", **headers: str | None) -> Any:
        """The answer to one request of the protocol of 2025-11-25, in a session of its own unless one is given."""
        message = {"jsonrpc": "2.0", "id": next(self.numbers), "method": method, "params": parameters}
        told = {**self.legacy(session or self.begin_legacy()), **headers}
        return self.begin("POST", body=json.dumps(message).encode(), **told)

    @staticmethod
    def legacy(session: str) -> dict[str, str]:
        return {"Mcp_Session_Id": session, "MCP_Protocol_Version": LEGACY}

    @asynccontextmanager
    async def client(self, era: str, url: str = "", **headers: str | None) -> AsyncIterator[Client]:
        """The official client; headers as in `send`."""
        told = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        sent = {name: value for name, value in told.items() if value is not None}
        async with httpx2.AsyncClient(headers=sent, timeout=TIMEOUT_S, trust_env=False) as carrier:
            transport = streamable_http_client(url or self.url, http_client=carrier)
            async with Client(transport, mode=MODES[era]) as client:
                yield client


def text_of(result: Any) -> str:
    """What a model reads of a call that must succeed."""
    assert not result.is_error, result
    return result.content[0].text
