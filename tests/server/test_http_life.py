"""The life of the HTTP port: opened with the keeper when it is wanted, and never in the way of its end."""

import asyncio
import contextlib
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import psutil
import pytest
from fastmcp import FastMCP
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp_types import SubscriptionsListenRequestParams

from tests.server.doors import ERAS, MODERN, TIMEOUT_S, a_keeper
from tests.server.web import Web, text_of
from trails_server.access import Guard, Token
from trails_server.app import build_app
from trails_server.http import AT_ONCE, HttpApp, Server, build_http

pytestmark = pytest.mark.slow


def test_without_the_setting_there_is_no_port():
    with a_keeper() as keeper, keeper.ask() as asking:
        status = asking.ask("status")

        assert status["http"] == {"state": "off", "url": "", "reason": ""}
        assert psutil.Process(status["pid"]).net_connections("tcp") == []


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]", "localhost"])
def test_it_listens_where_it_is_told_and_nowhere_else(address):
    with a_keeper(TRAILS_HTTP=f"{address}:0") as keeper:
        web = Web.of(keeper)

        assert web.send("GET", "/health")[0] == 200
        listening = [line.laddr for line in psutil.Process(keeper.process.pid).net_connections("tcp") if not line.raddr]
        assert listening == [(web.host, web.port)]
        assert web.host == {"[::1]": "::1"}.get(address, "127.0.0.1")


def test_a_keeper_without_its_port_serves_its_socket_and_says_so():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with a_keeper(TRAILS_HTTP=str(port), TRAILS_IDLE_EXIT_S="0.5") as keeper:
            keeper.http()
            with keeper.ask() as asking:
                asking.ask("lay", title="Close the ledger first")
                http = asking.ask("status")["http"]

            assert http["state"] == "failed"
            assert f"port {port} is taken" in http["reason"]
            assert f"port {port} is taken" in keeper.log()
            assert keeper.left() == 0  # nobody can come over HTTP, so it need not wait for anybody


def test_without_a_token_there_is_no_port():
    with a_keeper() as keeper:
        assert keeper.end() == 0
        (Path(keeper.data_dir) / "http-token").mkdir()
        keeper.settings["TRAILS_HTTP"] = "0"
        keeper.start()

        with keeper.ask() as asking:
            assert asking.refusal("token")["code"] == "unavailable"
            while (http := asking.ask("status")["http"])["state"] == "starting":
                threading.Event().wait(0.01)

        assert http["state"] == "failed"
        assert "http-token" in http["reason"]


def test_a_keeper_with_a_port_stays_though_nobody_is_connected():
    with a_keeper(TRAILS_HTTP="0", TRAILS_IDLE_EXIT_S="0.3") as keeper:
        web = Web.of(keeper)

        with pytest.raises(subprocess.TimeoutExpired):
            keeper.process.wait(timeout=1.5)

        assert web.send("GET", "/health")[0] == 200


def test_the_next_keeper_takes_the_same_token():
    with a_keeper(TRAILS_HTTP="0") as keeper:
        token = Web.of(keeper).token
        assert keeper.end() == 0
        keeper.start()

        again = Web.of(keeper)

        assert again.token == token
        assert again.lay("Close the ledger first").startswith("Laid [")


def test_a_client_goes_on_with_the_next_keeper_on_the_same_port():
    with a_keeper(TRAILS_HTTP="0") as keeper:
        web = Web.of(keeper)
        keeper.settings["TRAILS_HTTP"] = str(web.port)

        async def over_a_restart():
            async with web.client(MODERN) as client:
                before = text_of(await client.call_tool("lay", {"title": "Mind page 1"}))
                await asyncio.to_thread(keeper.end)
                keeper.start()
                await asyncio.to_thread(keeper.http)
                return before, text_of(await client.call_tool("recall", {"query": "page"}))

        before, after = asyncio.run(over_a_restart())

        assert before.startswith("Laid [")
        assert "Mind page 1" in after


def test_an_open_stream_does_not_hold_up_a_leaving_keeper_and_ends_in_order():
    with a_keeper(TRAILS_HTTP="0") as keeper:
        web = Web.of(keeper)
        news = web.begin("GET", **web.legacy(web.begin_legacy()))
        assert news.status == 200

        assert keeper.end() == 0

        assert news.read() == b""  # raises when a stream breaks off instead of ending
        assert "Cancel" not in keeper.log()  # as uvicorn says of what it had to wait for in vain
        assert "ERROR" not in keeper.log()


def test_every_note_that_was_acknowledged_over_http_is_kept():
    with a_keeper(TRAILS_HTTP="0") as keeper, ThreadPoolExecutor(20) as agents:
        web = Web.of(keeper)
        acknowledged, some = set(), threading.Event()

        def lay_on(agent: int) -> None:
            for number in range(5000):
                try:
                    said = web.lay(f"Mind page {agent}.{number}")
                except (OSError, HTTPException, KeyError):
                    return  # the keeper has left, or has said that it is leaving
                if said.startswith("Laid ["):
                    acknowledged.add(f"Mind page {agent}.{number}")
                if number > 2:
                    some.set()

        done = [agents.submit(lay_on, agent) for agent in range(4)]
        some.wait(60)
        assert keeper.end() == 0
        for one in done:
            one.result()

        keeper.start()
        with keeper.ask() as asking:
            kept = {event["title"] for event in asking.ask("log", limit=1000)["events"] if event["kind"] == "laid"}
        assert len(acknowledged) > 2
        assert acknowledged <= kept


def test_the_command_prints_the_token_rotates_it_and_shows_the_port(environment, tmp_path):
    def trails(*words):
        run = [sys.executable, "-m", "trails_cli.entry", *words]
        return subprocess.run(run, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    environment |= {"TRAILS_HTTP": "0", "TRAILS_MODEL": "none"}
    first, again, rotated = trails("token"), trails("token"), trails("token", "--rotate")

    assert first == again != rotated == trails("token")
    assert re.search(r"^http +listening http://127\.0\.0\.1:\d+/mcp$", trails("status"), re.MULTILINE)
    assert re.search(r"^ok  http +listening http://127", trails("doctor"), re.MULTILINE)


# ── with tools of a test's own, on the real stack ────────────────────────────────────────────────────────────────────
@contextmanager
def serving(app: FastMCP, folder: Path) -> Iterator[Web]:
    """The door of an MCP app, on a loop of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    token = Token(folder / "http-token")
    ready: Future[tuple[asyncio.AbstractEventLoop, Server]] = Future()

    async def serve() -> None:
        server = Server(build_http(app, Guard(token, port), "ada"))
        ready.set_result((asyncio.get_running_loop(), server))
        await server.serve(sockets=[listening])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    loop, server = ready.result(TIMEOUT_S)
    try:
        yield Web(f"http://127.0.0.1:{port}/mcp", token.get(), folder)
    finally:
        loop.call_soon_threadsafe(server.leave)
        thread.join()


@pytest.mark.parametrize("era", ERAS)
def test_as_many_calls_run_at_once_as_on_the_socket(tmp_path, era):
    app, room_is_full = build_app(lambda *_: {}), threading.Barrier(AT_ONCE)

    @app.tool
    def meet() -> str:
        """Wait until as many are here as there is room for."""
        return str(room_is_full.wait(TIMEOUT_S))

    async def call_often():
        async with web.client(era) as client:
            return await asyncio.gather(*(client.call_tool("meet", {}) for _ in range(2 * AT_ONCE)))

    with serving(app, tmp_path) as web:
        arrived = sorted(int(text_of(result)) for result in asyncio.run(call_often()))

    assert arrived == sorted([*range(AT_ONCE), *range(AT_ONCE)])


def test_more_requests_wait_unread(tmp_path):
    token = Token(tmp_path / "http-token")
    headers = [(b"host", b"localhost:8757"), (b"authorization", f"Bearer {token.get()}".encode())]
    request = {"type": "http", "method": "DELETE", "path": "/mcp", "query_string": b"", "headers": headers}
    inside = []

    async def ask_often():
        let_go = asyncio.Event()

        async def inner(scope, receive, send):
            inside.append(scope)
            await let_go.wait()

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        app = HttpApp(inner, Guard(token, 8757), lambda request: None)
        asked = [asyncio.create_task(app(request, receive, None)) for _ in range(AT_ONCE + 1)]
        for _ in range(100):  # turns of the loop, in which whoever can come in does
            await asyncio.sleep(0)
        most = len(inside)
        let_go.set()
        await asyncio.gather(*asked)
        return most

    assert asyncio.run(ask_often()) == AT_ONCE
    assert len(inside) == AT_ONCE + 1


@pytest.mark.parametrize("era", ERAS)
def test_a_call_under_way_is_answered_before_the_door_is_gone(tmp_path, era):
    app, begun = build_app(lambda *_: {}), threading.Event()

    @app.tool
    def outlast(port: int) -> str:
        """Answer when nobody is let in any more."""
        begun.set()
        with contextlib.suppress(ConnectionRefusedError):
            while True:
                socket.create_connection(("127.0.0.1", port)).close()
        return "done"

    with ThreadPoolExecutor() as agents:
        with serving(app, tmp_path) as web:
            call = {"name": "outlast", "arguments": {"port": web.port}}
            asked = agents.submit(web.modern if era == MODERN else web.old, "tools/call", call)
            assert begun.wait(TIMEOUT_S)

        assert b'"text":"done"' in asked.result(TIMEOUT_S).read()


def test_a_stream_of_the_newer_protocol_does_not_hold_up_the_end_either(tmp_path, caplog):
    app = build_app(lambda *_: {})
    listen = ListenHandler(InMemorySubscriptionBus())  # FastMCP has none yet
    app._mcp_server.add_request_handler("subscriptions/listen", SubscriptionsListenRequestParams, listen)
    with serving(app, tmp_path) as web:
        news = web.modern("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
        assert news.status == 200

    assert b"subscriptions/acknowledged" in news.read()
    assert not caplog.records


@pytest.mark.parametrize("era", ERAS)
def test_a_call_that_a_client_gives_up_is_cancelled(tmp_path, era):
    app, begun, cancelled = build_app(lambda *_: {}), threading.Event(), threading.Event()

    @app.tool
    async def wait() -> str:
        """Wait for ever."""
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async def give_up():
        async with web.client(era) as client:
            call = asyncio.create_task(client.call_tool("wait", {}))
            assert await asyncio.to_thread(begun.wait, TIMEOUT_S)
            call.cancel()
            assert await asyncio.to_thread(cancelled.wait, TIMEOUT_S)

    with serving(app, tmp_path) as web:
        asyncio.run(give_up())

    assert cancelled.is_set()
