"""What these tests share: environments, agents behind a relay, the command, a keeper that plays a part."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.client_files import a_project
from trails import door
from trails.backends.remote_memory import RemoteMemory
from trails.version import VERSION

ROOT = Path(__file__).parents[2]
PYTHONPATH = os.pathsep.join(str(ROOT / part) for part in ("", "server", "cli"))
PATIENCE_S = 60.0  # before a test that waits for an answer fails


def environment_in(folder: Path) -> dict[str, str]:
    """The environment of child processes: nothing of the person who runs the tests, no model to load."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    data = {"TRAILS_DATA_DIR": str(folder / "data"), "TRAILS_MODEL": "none"}
    return {**kept, "HOME": str(folder), "PYTHONPATH": PYTHONPATH, **data}


@pytest.fixture
def place():
    """A folder of a short name: the path of a socket has a limit."""
    with tempfile.TemporaryDirectory(prefix="trails-cli-") as folder:
        yield Path(folder)


@pytest.fixture
def relay_environment(place):
    """The environment of a relay that somebody else starts."""
    return environment_in(place)


@pytest.fixture
def data_dir(place, relay_environment, monkeypatch):
    """The data folder of a keeper, which this process too may start."""
    for name, value in relay_environment.items():
        monkeypatch.setenv(name, value)
    yield str(place / "data")
    RemoteMemory(place / "data").retire()


# ── an agent ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class Agent:
    """One relay process, and what an agent says to it and hears."""

    def __init__(self, environment, cwd):
        self.relay = subprocess.Popen(
            [sys.executable, "-m", "trails_cli.entry", "mcp"],
            env=environment,
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.heard = b""

    def say(self, message):
        line = message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
        self.relay.stdin.write(line)
        self.relay.stdin.flush()

    def ask(self, request_id, method="tools/call", **params):
        self.say({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})

    def hear(self):
        """The next line that the relay writes, as JSON."""
        while b"\n" not in self.heard:
            ready, _, _ = select.select([self.relay.stdout], [], [], PATIENCE_S)
            assert ready, "the relay says nothing"
            chunk = os.read(self.relay.stdout.fileno(), 1 << 20)
            assert chunk, self.relay.stderr.read().decode()
            self.heard += chunk
        line, self.heard = self.heard.split(b"\n", 1)
        return json.loads(line)

    def hang_up(self):
        """Close the agent's side; what the relay still says, on stdout and stderr, and its exit code."""
        self.relay.stdin.close()
        self.relay.stdin = None
        out, err = self.relay.communicate(timeout=PATIENCE_S)
        lines = [json.loads(line) for line in (self.heard + out).splitlines()]
        return lines, err.decode(), self.relay.returncode

    def end(self):
        if self.relay.poll() is None:
            self.relay.kill()
        for stream in (self.relay.stdin, self.relay.stdout, self.relay.stderr):
            if stream is not None:
                stream.close()
        self.relay.wait()


@pytest.fixture
def agents(place):
    """Starts agents, in one folder."""
    (place / "project").mkdir()
    started = []

    def start(**more):
        started.append(Agent({**environment_in(place), **more}, place / "project"))
        return started[-1]

    yield start
    for agent in started:
        agent.end()


# ── a keeper that plays a part ───────────────────────────────────────────────────────────────────────────────────────
@dataclass
class Line:
    """One connection as the playing keeper sees it."""

    connection: socket.socket
    preface: dict
    lines: object

    def hear(self):
        line = self.lines.readline()
        return json.loads(line) if line else None

    def say(self, message):
        self.connection.sendall(message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n")

    def answer(self, request, **result):
        self.say({"jsonrpc": "2.0", "id": request["id"], "result": result})


class PlayedKeeper:
    """A real socket at the keeper's place; each connection gets the next act of the play, the last one for ever."""

    def __init__(self, data_dir, acts, greeting):
        door.make_private(data_dir)
        door.make_private(door.run_dir(data_dir))
        self.data_dir = data_dir
        self.acts = acts
        self.greeting = {"trails": 1, "version": VERSION, "pid": os.getpid(), "data_dir": data_dir} | greeting
        self.connections = 0
        self.connection = None
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(door.socket_path(data_dir))
        self.listening.listen()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                act = self.acts[min(self.connections, len(self.acts) - 1)]
                self.connections += 1
                self.connection = connection
                try:
                    line = Line(connection, json.loads(lines.readline() or b"{}"), lines)
                    if line.preface:
                        line.say(self.greeting)
                        act(line)
                except ConnectionError:
                    pass  # the relay was ended by its test

    def leave(self):
        """Close the door for good, as a keeper does that retires."""
        Path(door.socket_path(self.data_dir)).unlink(missing_ok=True)
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    def die(self):
        """Leave, and let go of whoever is still connected."""
        if self.listening.fileno() != -1:
            self.leave()
        if self.connection is not None:
            with contextlib.suppress(OSError):  # it has ended by itself
                self.connection.shutdown(socket.SHUT_RDWR)
        self.thread.join(PATIENCE_S)


@pytest.fixture
def play(data_dir):
    """Puts a played keeper in the keeper's place."""
    played = []

    def start(*acts, **greeting):
        played.append(PlayedKeeper(data_dir, acts, greeting))
        return played[-1]

    yield start
    for keeper in played:
        keeper.die()


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────────
class Command:
    """Runs `trails` in a project folder, against a keeper of its own."""

    def __init__(self, folder: Path):
        self.project = folder / "project"
        (self.project / "src").mkdir(parents=True)
        (self.project / "src/ledger.py").write_text("def close():\n    write_last_page()\n")
        self.environment = environment_in(folder)
        self.data_dir = self.environment["TRAILS_DATA_DIR"]

    def __call__(self, *arguments, typed="", **environment):
        return subprocess.run(
            [sys.executable, "-m", "trails_cli.entry", *arguments],
            env={**self.environment, **environment},
            cwd=self.project,
            input=typed,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def start(self, *arguments):
        """The command as a process that goes on while the test does."""
        return subprocess.Popen(
            [sys.executable, "-m", "trails_cli.entry", *arguments],
            env=self.environment,
            cwd=self.project,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
        )

    def interrupt(self, process):
        """Ctrl-C; gives the exit code, and what it said on stderr since."""
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=30)
        return process.returncode, complaints

    def json(self, *arguments):
        ran = self(*arguments, "--json")
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    def memory(self):
        return RemoteMemory(self.data_dir, cwd=self.project)


@pytest.fixture(scope="module")
def trails():
    """The command, with one keeper for all tests of a module."""
    with tempfile.TemporaryDirectory(prefix="trails-cli-") as folder:
        command = Command(Path(folder))
        yield command
        command.memory().retire()


@pytest.fixture
def fresh_trails(place):
    """The command, with a keeper for this test alone, or none."""
    command = Command(place)
    yield command
    command.memory().retire()


@pytest.fixture
def connect(tmp_path, monkeypatch, capsys):
    """`trails connect` in a project, with a home folder of its own."""
    with a_project(tmp_path, monkeypatch, capsys) as project:
        yield project
