"""A real keeper in a process of its own, and the two kinds of client that knock at it."""

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trails import door

ROOT = Path(__file__).parents[2]
PYTHONPATH = os.pathsep.join(str(ROOT / part) for part in ("", "server", "cli"))
LEGACY, MODERN = "2025-11-25", "2026-07-28"
ERAS = (LEGACY, MODERN)
TIMEOUT_S = 60


class RunningKeeper:
    """A keeper process over a data folder, and a project folder to ask about."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.data_dir = str(folder / "data")
        self.project = folder / "project"
        self.project.mkdir(exist_ok=True)
        self.settings = {"TRAILS_MODEL": "none", "TRAILS_WATCH": "no", "TRAILS_PRINCIPAL": "ada", **settings}
        self.process = self.start()

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        return {**kept, "HOME": str(Path(self.data_dir).parent), "PYTHONPATH": PYTHONPATH, **self.settings}

    def start(self) -> subprocess.Popen[bytes]:
        """One more keeper process for the folder; the first is waited for, any other is the test's to watch."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trails_server", "--data-dir", self.data_dir],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
        )
        return self.process

    def connect(self) -> socket.socket:
        """A connection, once the keeper listens."""
        tries = threading.Event()
        while (connection := door.connect(self.data_dir)) is None:
            assert self.process.poll() is None, self.process.stderr.read().decode()
            tries.wait(0.01)
        connection.settimeout(TIMEOUT_S)
        return connection

    def ask(self, **env: str) -> "Asking":
        return Asking(self.connect(), self.project, env)

    def mcp(self, era: str = MODERN, **env: str) -> "Mcp":
        return Mcp(self.connect(), self.project, env, era)

    def http(self) -> tuple[str, str]:
        """The URL and the token of the HTTP door, once the keeper has tried to open it; no URL where it could not."""
        tries = threading.Event()
        with self.ask() as asking:
            while (http := asking.ask("status")["http"])["state"] == "starting":
                tries.wait(0.01)
            return http["url"], asking.ask("token")["token"]

    def end(self, sign: int = signal.SIGTERM) -> int:
        """Tell the keeper to leave and give its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        return self.left()

    def left(self) -> int:
        """The exit code of a keeper that leaves by itself."""
        self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode

    def log(self) -> str:
        return Path(door.log_path(self.data_dir)).read_text()


@contextmanager
def a_keeper(**settings: str) -> Iterator[RunningKeeper]:
    """A keeper in a folder of its own, both gone at the end."""
    # not pytest's tmp_path: a socket's path has a limit
    with tempfile.TemporaryDirectory(prefix="trails-") as folder:
        keeper = RunningKeeper(Path(folder), **settings)
        try:
            keeper.connect().close()
            yield keeper
        finally:
            keeper.end(signal.SIGKILL)


class Line:
    """A connection on which lines of JSON go both ways."""

    def __init__(self, connection: socket.socket, purpose: str, project: Path, env: dict[str, str]) -> None:
        self.connection = connection
        self.incoming = connection.makefile("rb")
        self.numbers = itertools.count(1)
        me = {"version": "0", "pid": os.getpid(), "ppid": os.getppid(), "cwd": str(project), "env": env}
        preface = {"trails": 1, "for": purpose, **me}
        self.send(preface)
        self.greeting = self.read()

    def send(self, message: dict[str, Any] | bytes) -> None:
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.connection.sendall(line + b"\n")

    def read(self) -> dict[str, Any]:
        line = self.incoming.readline()
        assert line, "the keeper hung up"
        return json.loads(line)

    def rest(self) -> Iterator[bytes]:
        """The lines that still come; a keeper that leaves with something unread resets the connection."""
        with contextlib.suppress(ConnectionResetError):
            yield from self.incoming

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *raised: object) -> None:
        self.incoming.close()
        self.connection.close()


class Asking(Line):
    """A client of the ask door."""

    def __init__(self, connection: socket.socket, project: Path, env: dict[str, str]) -> None:
        super().__init__(connection, "ask", project, env)

    def begin(self, verb: str, **arguments: Any) -> int:
        number = next(self.numbers)
        self.send({"id": number, "verb": verb, "args": arguments})
        return number

    def ask(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """The answer of a verb that must succeed."""
        number = self.begin(verb, **arguments)
        reply = self.read()
        assert reply.keys() == {"id", "answer"}, reply
        assert reply["id"] == number
        return reply["answer"]

    def refusal(self, verb: str, **arguments: Any) -> dict[str, str]:
        """The error of a verb that must fail."""
        number = self.begin(verb, **arguments)
        reply = self.read()
        assert reply.keys() == {"id", "error"}, reply
        assert reply["id"] == number
        return reply["error"]


class Mcp(Line):
    """An MCP client of either era, a line at a time."""

    def __init__(self, connection: socket.socket, project: Path, env: dict[str, str], era: str) -> None:
        super().__init__(connection, "mcp", project, env)
        self.era = era
        if era == LEGACY:
            client = {"name": "line-client", "version": "1"}
            self.initialized = self.request(
                "initialize", {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client}
            )
            self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def begin(self, method: str, parameters: dict[str, Any] | None = None, meta: dict[str, Any] | None = None) -> int:
        number = next(self.numbers)
        params = {**(parameters or {}), "_meta": {**self._envelope(), **(meta or {})}}
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return number

    def reply(self, method: str, parameters: dict[str, Any] | None = None, **meta: Any) -> dict[str, Any]:
        """The whole answer to a request, an error or not; notifications on the way are passed over."""
        number = self.begin(method, parameters, meta)
        while (reply := self.read()).get("id") != number:
            assert "id" not in reply, reply
        return reply

    def request(self, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        reply = self.reply(method, parameters)
        assert "result" in reply, reply
        return reply["result"]

    def call(self, tool: str, key: str = "", /, **arguments: Any) -> dict[str, Any]:
        """The result of a tool, an error or not; `key` makes the call repeatable."""
        meta = {"trails/key": key} if key else {}
        return self.reply("tools/call", {"name": tool, "arguments": arguments}, **meta)["result"]

    def text(self, tool: str, key: str = "", /, **arguments: Any) -> str:
        """What a model reads of a call that must succeed."""
        result = self.call(tool, key, **arguments)
        assert not result.get("isError"), result
        return result["content"][0]["text"]

    def _envelope(self) -> dict[str, Any]:
        if self.era == LEGACY:
            return {}
        prefix = "io.modelcontextprotocol/"
        return {
            f"{prefix}protocolVersion": MODERN,
            f"{prefix}clientCapabilities": {},
            f"{prefix}clientInfo": {"name": "line-client", "version": "1"},
        }
