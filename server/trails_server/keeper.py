"""
The life of a keeper: it takes the lock, opens the door, then the memory; serves; and leaves when nobody needs it.

The door opens first and everything heavy loads behind it, so a front waits for what it needs and no more. A leaving
keeper closes the door, answers what was asked, closes the memory, and only then lets go of the lock.
"""

import asyncio
import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trails import Settings, TrailsError, Unavailable
from trails.version import VERSION

from .access import Token
from .asking import serve_asking, serve_hook
from .lines import LINE_LIMIT
from .lock import KeeperLock
from .logs import keep_log, say_last_words
from .port import Port
from .reception import receive
from .warming import warm_up

if TYPE_CHECKING:  # heavy: loaded in threads, after the door is open
    from fastmcp import FastMCP

    from .verbs import Verbs
    from .visits import Visit

THREADS = 32  # verbs at once; most wait for the disk
FINISH_S = 10.0  # how long a leaving keeper waits for the answers that it owes
ARRIVE_S = 0.01  # what was sent before the keeper was told to leave is read in this time
FAILED_S = 1.0  # how long a keeper without a memory stays, to tell those who are already there

logger = logging.getLogger(__name__)


def run_keeper(settings: Settings) -> int:
    """
    Keep the memory of one data folder until told to leave; gives the exit code.

    0: left in peace. 5: another keeper is there. 6: the memory cannot be opened. The reason is the last line of the
    log, and on stderr.
    """
    os.umask(0o077)
    try:
        with KeeperLock(settings) as lock:
            keep_log(settings)
            asyncio.run(Keeper(settings, lock).live())
    except TrailsError as refusal:
        say_last_words(settings, str(refusal))
        return refusal.exit_code
    return 0


@dataclass(frozen=True, slots=True)
class _Line:
    """The two ends of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def hang_up(self) -> None:
        """Read no more, as if the other side had said all: what came in before is still answered."""
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]  # typeshed: every socket transport has it
        self.reader.feed_eof()


class Keeper:
    """One running keeper. Only `answer` and `leave` may be called from other threads."""

    def __init__(self, settings: Settings, lock: KeeperLock) -> None:
        self._settings = settings
        self._lock = lock
        self._started = time.monotonic()
        self._verbs: Future[Verbs] = Future()
        self._leaving = threading.Event()
        self._told = asyncio.Event()
        self._token = Token(settings.token_path)
        self._port = Port(settings, self._token)
        self._lines: dict[asyncio.Task[None], _Line] = {}
        self._connections = 0
        self._idle: asyncio.TimerHandle | None = None

    def answer(self, visit: "Visit", verb: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of a verb; waits for the memory while that still opens."""
        return self._verbs.result().answer(visit, verb, arguments)

    def leave(self) -> None:
        """Tell the keeper to finish and leave."""
        self._leaving.set()
        self._loop.call_soon_threadsafe(self._told.set)

    async def live(self) -> None:
        """Serve until told to leave, then finish what was asked. Raises Unavailable when there is no memory."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(THREADS, "verb"))
        for sign in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(sign, self.leave)
        listening = self._lock.open_door()
        self._app = self._loop.create_task(asyncio.to_thread(self._build_app))
        opening = self._loop.create_task(self._open())
        server = await asyncio.start_unix_server(self._converse, sock=listening, limit=LINE_LIMIT)
        self._wait_for_company()
        await self._told.wait()
        server.close()
        self._lock.close_door()
        await asyncio.gather(self._finish(), self._port.close())
        await opening
        await asyncio.to_thread(self._close)
        if failure := self._verbs.exception():
            raise failure

    # ── what it serves ───────────────────────────────────────────────────────────────────────────────────────────────
    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its preface to its end. Whatever goes wrong in it ends nothing else."""
        conversation = asyncio.current_task()
        assert conversation is not None
        self._lines[conversation] = _Line(reader, writer)
        self._connections += 1
        self._wait_for_company()
        try:
            await self._serve(_Line(reader, writer), self._connections)
        except ConnectionError:
            pass
        except Exception:  # an outermost loop
            logger.exception("a connection failed")
        finally:
            del self._lines[conversation]
            writer.close()
            self._wait_for_company()

    async def _serve(self, line: _Line, number: int) -> None:
        greeting = {"version": VERSION, "pid": os.getpid(), "data_dir": str(self._settings.data_dir)}
        preface = await receive(line.reader, line.writer, greeting)
        if preface is None:
            return
        visit = await asyncio.to_thread(self._read_visit, preface, number)
        if preface["for"] in ("ask", "hook"):
            serve = serve_asking if preface["for"] == "ask" else serve_hook
            await serve(line.reader, line.writer, visit.called(""), self.answer)
            return
        app = await asyncio.shield(self._app)
        from .connection import serve_mcp
        from .visits import VISIT

        VISIT.set(visit)
        await serve_mcp(line.reader, line.writer, app)

    def _read_visit(self, preface: Mapping[str, Any], number: int) -> "Visit":
        from .visits import read_visit

        return read_visit(preface, principal=self._settings.principal, number=number)

    def _build_app(self) -> "FastMCP":
        from . import connection  # noqa: F401  # loaded here, in a thread, with the rest of mcp
        from .app import build_app

        return build_app(self.answer)

    # ── its memory ───────────────────────────────────────────────────────────────────────────────────────────────────
    async def _open(self) -> None:
        """Open the memory, watch what it knows, and make the first calls, which are the slow ones."""
        try:
            verbs = await asyncio.to_thread(self._open_memory)
        except TrailsError as failure:
            self._verbs.set_exception(failure)
            self.leave()
            return
        except Exception as failure:  # an outermost loop: whatever it was, the keeper says why it leaves
            logger.exception("the memory could not be opened")
            self._verbs.set_exception(
                Unavailable(f"The memory in {self._settings.data_dir} cannot be opened: {failure}")
            )
            self.leave()
            return
        self._verbs.set_result(verbs)
        await self._open_port()
        try:
            await asyncio.to_thread(verbs.upkeep.begin)
            await warm_up(self._settings)
            gc.freeze()  # what was imported stays: looking through it again would hold up every hundredth answer
        except Exception:  # an outermost loop: the memory serves without either
            logger.exception("the first chores failed")

    def _open_memory(self) -> "Verbs":
        from trails import open_memory

        from .annotator import Annotator
        from .heeder import Heeder
        from .hooks import Hooks
        from .upkeep import Upkeep
        from .verbs import Verbs
        from .watchers import Watchers
        from .working import Work

        memory = open_memory(self._settings)
        heeder = Heeder(memory, usually=self._settings.marks)
        watchers = Watchers(memory, heeder.onlookers_of)
        upkeep = Upkeep(
            memory,
            self._settings,
            watchers,
            Annotator(memory),
            heeder,
            self._started,
            self.leave,
            self._leaving,
            self._token,
            self._port,
        )
        return Verbs(memory, upkeep, Hooks(memory, self._settings, Work(memory)))

    async def _open_port(self) -> None:
        """Serve HTTP too, where the settings ask for it; without it the keeper goes on."""
        await self._port.open(asyncio.shield(self._app))
        self._wait_for_company()

    def _close(self) -> None:
        if self._verbs.exception() is None:
            self._verbs.result().hooks.finish()
            self._verbs.result().upkeep.end()

    # ── its end ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def _wait_for_company(self) -> None:
        """
        Leave after the idle time, unless somebody is there by then.

        With an open port it stays: who comes over HTTP cannot start a keeper, and would find nobody.
        """
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._settings.idle_exit_s and not self._lines and not self._port.is_open:
            self._idle = self._loop.call_later(self._settings.idle_exit_s, self.leave)

    async def _finish(self) -> None:
        if self._verbs.done() and self._verbs.exception() and self._lines:
            await asyncio.wait(self._lines, timeout=FAILED_S)
        await asyncio.sleep(ARRIVE_S)
        for line in self._lines.values():
            line.hang_up()
        if self._lines:
            await asyncio.wait(self._lines, timeout=FINISH_S)
        for conversation in self._lines:
            conversation.cancel()
