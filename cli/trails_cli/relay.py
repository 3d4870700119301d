"""
The relay: one thin process an agent, between the agent's stdio and the keeper's socket (`trails mcp`).

It passes JSON-RPC lines both ways and decides nothing about notes. What it adds is that an agent never notices when
the keeper is restarted: every call gets a key, so that it can be sent again, and a lost connection is opened anew,
introduced again, and given every request that has not been answered. One loop over three file descriptors, without
threads: nothing that it remembers can change under it.

Standard library only, and only its light parts: it starts with every agent.
"""

import json
import os
import select
import sys
import time
from socket import socket

from trails import __version__, door

from . import messages
from .messages import Lines, Message

CHUNK = 1 << 16  # bytes a read
LINE_LIMIT = 4 << 20  # bytes that the keeper reads of one message
WAITING_LIMIT = 1 << 20  # bytes that may wait for a slow reader before its other side is no longer read
ATTEMPTS = 3  # connections tried, or lost without an answer, before those who wait are told
LAST_ANSWERS_S = 10.0  # how long answers are waited for once the agent has closed its side
REPLAY_ID = "trails-relay-replay"
LISTEN = "subscriptions/listen"  # answered only when the subscription ends: nobody waits for it


def main() -> int:
    """Relay between stdin, stdout and the keeper until stdin closes; the exit code."""
    try:
        timeout_s = float(os.environ.get("TRAILS_START_TIMEOUT_S") or door.START_TIMEOUT_S)
    except ValueError:
        complain("TRAILS_START_TIMEOUT_S must be a number of seconds.")
        return 2
    try:
        Relay(door.data_dir(os.environ), timeout_s).run()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the agent is gone; there is nobody to tell
        return 0
    except (door.NoKeeper, OSError) as problem:
        complain(problem)
        return 6
    return 0


class Relay:
    """What is under way between one agent and the keeper."""

    def __init__(self, data_dir: str, timeout_s: float, stdin: int = 0, stdout: int = 1) -> None:
        self.data_dir = data_dir
        self.timeout_s = timeout_s
        self.stdin = stdin
        self.stdout = stdout
        self.door: "socket | None" = None
        self.from_agent = Lines()
        self.from_keeper = Lines()
        self.to_agent = bytearray()
        self.to_keeper = bytearray()
        self.unanswered: dict[str, tuple[str, bytes]] = {}  # request id as JSON -> method, line; in the order they came
        self.introduction: "tuple[str, bytes] | None" = None  # the `initialize` of a client of the handshake eras
        self.initialized = b""
        self.losses = 0  # connections lost since the last answer
        self.closes_at = 0.0  # set once the agent has closed its side

    def run(self) -> None:
        """Pass lines until the agent has closed its side and has its answers. Raises BrokenPipeError if it is gone."""
        self.open()  # a cold keeper starts while the agent is still busy with its own start
        try:
            while not self.is_done():
                self.step()
        finally:
            self.drop()

    def is_done(self) -> bool:
        """Whether the agent has closed its side, and waits for nothing more or has waited long enough."""
        if not self.closes_at:
            return False
        waits = any(method != LISTEN for method, _ in self.unanswered.values())
        return not (waits or self.to_agent or self.to_keeper) or time.monotonic() > self.closes_at

    def step(self) -> None:
        """Wait until a side has something to say or can take more, and serve it."""
        waiting = select.poll()
        if not self.closes_at and len(self.to_keeper) < WAITING_LIMIT:
            waiting.register(self.stdin, select.POLLIN)
        waiting.register(self.stdout, select.POLLOUT if self.to_agent else 0)
        if self.door is not None:
            hears = select.POLLIN if len(self.to_agent) < WAITING_LIMIT else 0
            waiting.register(self.door, hears | (select.POLLOUT if self.to_keeper else 0))
        patience_ms = max(0.0, self.closes_at - time.monotonic()) * 1000 + 1 if self.closes_at else None
        for ready, what in waiting.poll(patience_ms):
            if ready == self.stdin:
                self.hear_agent()
            elif ready == self.stdout:
                self.tell_agent(what)
            elif self.door is not None and ready == self.door.fileno():
                self.serve_keeper(what)

    # ── the agent's side ─────────────────────────────────────────────────────────────────────────────────────────────
    def hear_agent(self) -> None:
        chunk = os.read(self.stdin, CHUNK)
        if not chunk:
            self.closes_at = time.monotonic() + LAST_ANSWERS_S
        for line in self.from_agent.feed(chunk or b"\n"):
            self.pass_on(line)

    def pass_on(self, line: bytes) -> None:
        """Send one line of the agent to the keeper, remembered if it wants an answer."""
        message = messages.read(line)
        method = message.get("method")
        if method == "tools/call":
            line = messages.with_key(message, line)
        if (
            len(line) > LINE_LIMIT and message.get("id") is not None
        ):  # the keeper would not find the id in so long a line
            self.to_agent += messages.error(message["id"], "A message may have 4 MiB; this one was longer.")
            return
        remembered = self.note_down(method, message, line)
        if self.door is not None or (self.open() and not remembered):  # `open` sends what is remembered
            self.to_keeper += line

    def note_down(self, method: object, message: Message, line: bytes) -> bool:
        """Whether this is something that a new keeper is told as well; if so, it is remembered."""
        if method == "notifications/cancelled":
            self.unanswered.pop(json.dumps(messages.part(message, "params").get("requestId")), None)
            return False
        if method == "notifications/initialized":
            self.initialized = line
            return True
        number = message.get("id")
        if not isinstance(method, str) or isinstance(number, bool) or not isinstance(number, (str, int)):
            return False  # a fraction is no id: the keeper says so, and nobody waits
        request_id = json.dumps(number)
        if method == "initialize":
            self.introduction = (request_id, line)
        self.unanswered[request_id] = (method, line)
        return True

    def tell_agent(self, what: int) -> None:
        """Write as much as is taken without blocking: a writable pipe takes PIPE_BUF bytes."""
        if not what & select.POLLOUT:
            raise BrokenPipeError
        try:
            del self.to_agent[: os.write(self.stdout, self.to_agent[: select.PIPE_BUF])]
        except BlockingIOError:
            return

    # ── the keeper's side ────────────────────────────────────────────────────────────────────────────────────────────
    def serve_keeper(self, what: int) -> None:
        assert self.door is not None
        try:
            if what & ~select.POLLOUT:
                self.hear_keeper(self.door.recv(CHUNK))
            elif self.to_keeper:
                self.tell_keeper()
        except BlockingIOError:
            return
        except OSError:
            self.lose_keeper()

    def hear_keeper(self, chunk: bytes) -> None:
        if not chunk:
            raise ConnectionResetError("it closed the connection")
        for line in self.from_keeper.feed(chunk):
            self.pass_back(line)

    def tell_keeper(self) -> None:
        assert self.door is not None
        try:
            del self.to_keeper[: self.door.send(self.to_keeper)]
        except (BrokenPipeError, ConnectionResetError):  # the last answers may still be there to be read
            self.to_keeper.clear()

    def pass_back(self, line: bytes) -> None:
        message = messages.read(line)
        if "method" not in message and (answered := json.dumps(message.get("id"))) in self.unanswered:
            del self.unanswered[answered]
            self.losses = 0
        self.to_agent += line

    def lose_keeper(self) -> None:
        """Let go of a broken connection; open another at once only if somebody waits for an answer."""
        self.drop()
        if not self.unanswered:
            return
        self.losses += 1
        if self.losses > ATTEMPTS:  # a request that brings every keeper down must not be sent for ever
            self.give_up(f"It went away {self.losses} times without an answer")
        else:
            self.open()

    def drop(self) -> None:
        if self.door is not None:
            self.door.close()
        self.door = None
        self.to_keeper.clear()
        self.from_keeper = Lines()  # half a line of a keeper that is gone is nothing

    # ── a new connection ─────────────────────────────────────────────────────────────────────────────────────────────
    def open(self) -> bool:
        """Connect, starting a keeper if need be, and say again what is unanswered; else answer that with an error."""
        problem = "There was no time to start one"
        ends_at = time.monotonic() + self.timeout_s
        for attempt in range(ATTEMPTS):
            if time.monotonic() > ends_at:
                break
            time.sleep(0.1 * attempt)
            try:
                self.connect(max(1.0, ends_at - time.monotonic()))
                return True
            except (door.NoKeeper, OSError) as this:
                problem = str(this)
                self.drop()
        self.give_up(problem)
        return False

    def connect(self, timeout_s: float) -> None:
        """Raises NoKeeper or OSError when the keeper cannot be started, reached or understood."""
        self.door = door.connect_or_start(self.data_dir, timeout_s)
        self.door.settimeout(timeout_s)
        if _numbers(_greet(self.door)) < _numbers(__version__):
            from trails.backends.remote_memory import retire_keeper  # too heavy for a start, and hardly ever needed

            self.drop()
            retire_keeper(self.data_dir, timeout_s)
            raise ConnectionResetError("The keeper was of an older version")  # the next attempt starts one of ours
        self.introduce(self.door)
        self.door.setblocking(False)
        self.to_keeper += b"".join(line for _, line in self.unanswered.values())

    def introduce(self, keeper: socket) -> None:
        """Let a new keeper know a client that has shaken hands with an earlier one."""
        if self.introduction is None or self.introduction[0] in self.unanswered:
            return
        keeper.sendall(messages.write(json.loads(self.introduction[1]) | {"id": REPLAY_ID}))
        with keeper.makefile("rb", buffering=0) as answers:
            while (line := answers.readline()) and messages.read(line).get("id") != REPLAY_ID:
                self.pass_back(line)
        if not line:
            raise ConnectionResetError("It closed the connection")
        keeper.sendall(self.initialized)

    def give_up(self, problem: str) -> None:
        """Answer everything that waits with an error, which says what to do."""
        problem = (
            f"trails cannot reach its keeper. {problem.rstrip('.')}. Try again; `trails doctor` looks for the cause."
        )
        complain(problem)
        for request_id in self.unanswered:
            self.to_agent += messages.error(json.loads(request_id), problem)
        self.unanswered.clear()
        self.losses = 0


def complain(problem: object) -> None:
    """Tell a person; stdout belongs to the protocol."""
    sys.stderr.write(f"trails: {problem}\n")
    sys.stderr.flush()


def _greet(keeper: socket) -> str:
    """Introduce this process; the keeper's version. Raises NoKeeper if it turns the relay away."""
    keeper.sendall(door.preface("mcp", os.environ))
    with keeper.makefile("rb", buffering=0) as answers:
        reply = messages.read(answers.readline())
    if not reply.get("version"):
        raise door.NoKeeper(str(messages.part(reply, "error").get("message", "It closed the connection")))
    return str(reply["version"])


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]
