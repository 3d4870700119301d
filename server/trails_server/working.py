"""
What the work of a session shows: the files that it edited, the notes that it used, how its tests and builds ended.

The answer to a hook comes first; this is written afterwards, in one thread. What was edited waits until a batch of
tools or a turn is over, and is written when the keeper leaves.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from trails import Memory, Run, TrailsError, read_run

from .hook_events import Call
from .sessions import Doing
from .visits import Visit

WRITTEN_LIMIT = 20_000  # characters of what a session wrote, from the end
SOURCE = "tests"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """Writes down what sessions did. Safe for several threads."""

    memory: Memory
    _later: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "evidence"))

    def edited(self, visit: Visit, doing: Doing, paths: list[str], written: str) -> None:
        """Keep in mind that a session edited files, and what it wrote into them."""
        doing.edited |= dict.fromkeys(paths)
        doing.wrote.append(written)
        doing.visit = visit
        if paths:
            doing.has_edited = doing.since_run = True

    def ran(self, visit: Visit, call: Call, doing: Doing) -> None:
        """
        Tests that pass after an edit are an outcome; tests that fail are one only if the session leaves it at that.

        A failure on the way is how work is done, and a run before anything was edited says nothing of the session.
        """
        run = read_run(call.command, call.output, failed=call.failed)
        if run is None or not doing.has_edited:
            return
        if run.result < 1:
            doing.failing[run.task] = run
            return
        doing.failing.pop(run.task, None)
        if doing.since_run:
            doing.since_run = False
            self.note_uses(visit, doing)
            self._soon(self._report, visit, run)

    def leave_it_at_that(self, visit: Visit, doing: Doing) -> None:
        """Report the failures that a session did not mend."""
        for task in list(doing.failing):
            self._soon(self._report, visit, doing.failing.pop(task))

    def note_uses(self, visit: Visit, doing: Doing, said: str = "") -> None:
        """Write down what was edited and used since the last time; `said` are the agent's last words."""
        edited, wrote = tuple(doing.edited), "\n".join([*doing.wrote, said])[-WRITTEN_LIMIT:].strip()
        doing.edited.clear()
        doing.wrote.clear()
        if edited or wrote:
            self._soon(self._use, visit, edited, wrote)

    def _use(self, visit: Visit, edited: tuple[str, ...], wrote: str) -> None:
        self.memory.use(visit.workspace, visit.author, edited=edited, text=wrote, folder=visit.folder)

    def _report(self, visit: Visit, run: Run) -> None:
        self.memory.outcome(
            visit.workspace, run.result, visit.author, task=run.task, summary=run.summary, source=SOURCE
        )

    def _soon(self, write: Callable[..., None], *arguments: Any) -> None:
        def do() -> None:
            try:
                write(*arguments)
            except TrailsError as refusal:
                logger.warning("evidence was not written: %s", refusal.code)
            except Exception:  # an outermost loop: the session must not notice, and the next evidence is written
                logger.exception("evidence was not written")

        try:
            self._later.submit(do)
        except RuntimeError:  # the keeper is leaving
            logger.info("evidence came too late")

    def finish(self) -> None:
        """Write what waits to be written."""
        self._later.shutdown()
