"""
The memory of another process: the same verbs, answered by a running keeper as plain JSON.

For programs, and for the `trails` command. Nothing is decided here: a question goes out as one line, its answer comes
back as one, and an error comes back as the exception that it was. The keys of the answers are those that
`trails --json` prints. Standard library only: a command must not pay for what only the keeper needs.
"""

import contextlib
import fcntl
import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from socket import socket
from typing import Any

from .. import door
from ..errors import ERRORS_BY_CODE, BadInput, TrailsError, Unavailable
from ..version import VERSION

WRITES = frozenset({"lay", "judge", "use", "outcome", "amend"})
ANSWER_TIMEOUT_S = 120.0  # of silence, after which the keeper is taken for stuck; waits are longer by what they wait
RETIRE_TIMEOUT_S = 10.0
LOOK_AGAIN_S = 0.01

Answer = dict[str, Any]


class RemoteMemory:
    """
    The keeper of one data folder, which is started when the first question finds none.

    `agent`, `session` and `cwd` say who asks and from where; what is left empty is taken from this process. Safe to
    call from several threads, one question at a time.
    """

    def __init__(
        self,
        data_dir: str | Path,
        *,
        agent: str = "",
        session: str = "",
        cwd: str | Path = "",
        start_timeout_s: float = door.START_TIMEOUT_S,
    ) -> None:
        self.data_dir = str(Path(data_dir).expanduser().absolute())
        self.start_timeout_s = start_timeout_s
        self._given = {"TRAILS_AGENT": agent, "TRAILS_SESSION": session}
        self._cwd = str(Path(cwd).absolute()) if cwd else ""
        self._connection: _Connection | None = None
        self._asking = threading.Lock()

    def ask(self, verb: str, /, **arguments: Any) -> Answer:
        """
        The answer of one verb. Raises what the keeper raised, or Unavailable when there is no keeper to be had.

        A question whose connection breaks is asked once more. Writes carry a key, made here unless given, so that
        nothing happens twice.
        """
        if verb in WRITES and not arguments.get("key"):
            arguments["key"] = secrets.token_hex(16)
        timeout_s = ANSWER_TIMEOUT_S + float(arguments.get("timeout_s") or 0)
        return self._again_if_lost(lambda: self._connected().ask(verb, arguments, timeout_s))

    def lay(self, title: str, body: str = "", **more: Any) -> Answer:
        """Lay a note; `more` is kind, files, topics, key, at."""
        return self.ask("lay", title=title, body=body, **more)

    def recall(self, query: str = "", **more: Any) -> Answer:
        """The notes that answer, best first; `more` is files, topics, limit, leads, budget."""
        return self.ask("recall", query=query, **more)

    def connect(self) -> Answer:
        """Meet the keeper, started if need be; what it says of itself: version, pid, data_dir."""
        return self._again_if_lost(lambda: self._connected().keeper)

    def retire(self) -> bool:
        """Ask the keeper to leave once it has answered everybody; false when there is none. The store stays."""
        self.close()
        try:
            return retire_keeper(self.data_dir)
        except door.NoKeeper as problem:
            raise Unavailable(str(problem)) from None
        except TimeoutError:
            raise Unavailable("The keeper still answers somebody; ask it to leave again in a moment.") from None

    def close(self) -> None:
        """Let go of the connection; the next question opens another."""
        with self._asking:
            self._drop()

    def __enter__(self) -> "RemoteMemory":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ── the connection ───────────────────────────────────────────────────────────────────────────────────────────────
    def _again_if_lost(self, step: Callable[[], Answer]) -> Answer:
        """What `step` gives; it is taken a second time, on a new connection, when the first one breaks."""
        with self._asking:
            try:
                return step()
            except TimeoutError:
                self._drop()
                raise Unavailable(f"The keeper is silent; see {door.log_path(self.data_dir)}.") from None
            except (OSError, EOFError):
                self._drop()
            try:
                return step()
            except (OSError, EOFError):
                self._drop()
                raise Unavailable(f"The keeper went away twice; see {door.log_path(self.data_dir)}.") from None

    def _connected(self) -> "_Connection":
        if self._connection is None:
            self._connection = self._connect()
            if _numbers(self._connection.keeper["version"]) < _numbers(VERSION):
                self._drop()
                retire_keeper(self.data_dir)  # it knows fewer verbs than we may ask for
                self._connection = self._connect()
        return self._connection

    def _connect(self) -> "_Connection":
        preface = self._preface()
        try:
            keeper = door.connect_or_start(self.data_dir, self.start_timeout_s)
        except door.NoKeeper as problem:
            raise Unavailable(str(problem)) from None
        except OSError as problem:
            raise Unavailable(
                f"No keeper can be started: {problem}. Set TRAILS_DATA_DIR to a folder of yours."
            ) from None
        return _Connection(keeper, preface)

    def _preface(self) -> bytes:
        environ = {**os.environ, **{name: value for name, value in self._given.items() if value}}
        told = json.loads(door.preface("ask", environ))
        told["cwd"] = self._cwd or told["cwd"]
        if not told["cwd"]:
            raise BadInput("The folder this process works in is gone; change to another one.")
        return json.dumps(told).encode() + b"\n"

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def retire_keeper(data_dir: str, timeout_s: float = RETIRE_TIMEOUT_S) -> bool:
    """
    Ask the running keeper to leave, and wait until it has let go of its files; false when none runs.

    Raises NoKeeper for a socket that belongs to somebody else, TimeoutError when the keeper stays.
    """
    keeper = door.connect(data_dir)
    if keeper is None:
        return False
    with keeper, contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it was leaving already
        keeper.settimeout(timeout_s)
        keeper.sendall(door.preface("ask", os.environ) + b'{"id": 1, "verb": "retire", "args": {}}\n')
        while keeper.recv(4096):
            pass
    _wait_until_unlocked(Path(door.run_dir(data_dir)) / "keeper.lock", timeout_s)
    return True


def _wait_until_unlocked(lock: Path, timeout_s: float) -> None:
    """Wait until no keeper holds its lock: it does so for as long as it may still write."""
    end = time.monotonic() + timeout_s
    with lock.open("rb") as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > end:
                    raise TimeoutError(f"The keeper still holds {lock}.") from None
                time.sleep(LOOK_AGAIN_S)


class _Connection:
    """One connection to a keeper that has been introduced. Raises OSError or EOFError when it breaks."""

    def __init__(self, connection: socket, preface: bytes) -> None:
        self.socket = connection
        self.socket.settimeout(ANSWER_TIMEOUT_S)
        self.answers = connection.makefile("rb")
        self.asked = 0
        try:
            self.socket.sendall(preface)
            self.keeper = self._read()
        except BaseException:
            self.close()
            raise

    def ask(self, verb: str, arguments: Mapping[str, Any], timeout_s: float) -> Answer:
        self.asked += 1
        self.socket.settimeout(timeout_s)
        self.socket.sendall(json.dumps({"id": self.asked, "verb": verb, "args": arguments}).encode() + b"\n")
        reply = self._read()
        while reply.get("id") != self.asked:
            reply = self._read()
        answer: Answer = reply["answer"]
        return answer

    def close(self) -> None:
        self.answers.close()
        self.socket.close()

    def _read(self) -> Answer:
        line = self.answers.readline()
        if not line.endswith(b"\n"):
            raise EOFError("it closed the connection.")
        reply: Answer = json.loads(line)
        if error := reply.get("error"):
            raise ERRORS_BY_CODE.get(error.get("code"), TrailsError)(error.get("message", "The keeper gave no reason."))
        return reply


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]
