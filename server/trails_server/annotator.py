"""
What stands beside the code for those who cannot ask: written when it is asked for, and kept up to date from then on.

A thread looks at the log of each workspace where that was chosen. It writes once things are quiet, or have not been
for a while, and never spends more than a small share of its time on it; without such a workspace it sleeps.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from trails import Board, Memory, Plan, TrailsError, worktrees_of

from .payloads import Payload

NAME, FOLDER = "annotations", ".trails"
ON, SHARED, OFF = "on", "shared", "off"
LOOK_S = 1.0  # how often the log is looked at
QUIET_S = 1.0  # without anything new before it is written: one change of a folder is many events
MOST_WAIT_S = 15.0  # and after which it is written although things go on
SHARE = 0.05  # of the time, at most, that is spent on writing
AGAIN_S = 60.0  # before another try where it failed
EVENTS_AT_ONCE = 500
WITHOUT_EFFECT = ("served", "edited", "workspace-opened", "chosen")  # events after which the same would be written

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that is annotated: the main folder of a workspace, or the worktree of this name."""

    workspace: str
    root: Path
    tree: str = ""

    @property
    def choice(self) -> str:
        """The name under which it is chosen whether this folder is annotated."""
        return f"{NAME} of {self.tree}" if self.tree else NAME


@dataclass(frozen=True, slots=True)
class Annotated:
    """What was done in a folder, or is to be done; `left_out` files with notes have no page."""

    plan: Plan
    left_out: int = 0

    def payload(self, *, root: str, choice: str) -> Payload:
        """The same as plain JSON, with files named from the root."""
        return {
            "root": root,
            "choice": choice,
            "written": _names(self.plan.write),
            "removed": _names(self.plan.remove),
            "unchanged": len(self.plan.unchanged),
            "kept": _names(self.plan.kept),
            "left_out": self.left_out,
        }


NOTHING = Annotated(Plan())


@dataclass(slots=True)
class Unrest:
    """Whether it is time to write again. All times are seconds of one clock."""

    since: float | None = None
    last: float = 0.0
    not_before: float = 0.0

    def happened(self, now: float) -> None:
        """Something has come that is not written yet."""
        self.since = now if self.since is None else self.since
        self.last = now

    def is_due(self, now: float) -> bool:
        if self.since is None or now < self.not_before:
            return False
        return now - self.last >= QUIET_S or now - self.since >= MOST_WAIT_S

    def written(self, began: float, now: float) -> None:
        """All that had come is written."""
        self.since = None
        self.not_before = now + (now - began) / SHARE

    def failed(self, now: float) -> None:
        """It could not be written, and is tried again after a while."""
        self.not_before = now + AGAIN_S


@dataclass(slots=True)
class _Kept:
    """A folder that is kept up to date, and how far its log has been looked at."""

    place: Place
    seq: int
    unrest: Unrest = field(default_factory=Unrest)


class Annotator:
    """Writes the annotations of all workspaces, one at a time. Safe for several threads."""

    def __init__(
        self, memory: Memory, *, look_s: float = LOOK_S, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._memory = memory
        self._look_s, self._monotonic = look_s, monotonic
        self._writing, self._starting = threading.Lock(), threading.Lock()
        self._kept: dict[Path, _Kept] = {}
        self._awake = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trails-annotator", daemon=True)

    # ── once ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def choice(self, place: Place) -> str:
        """Whether a folder is annotated: "on", "shared" with git, "off", or "" where nobody chose."""
        return self._memory.store.choices(place.workspace).get(place.choice, "")

    def is_anothers(self, place: Place) -> bool:
        """Whether what stands there was shared by somebody, from another memory than this one."""
        return not self.choice(place) and Board(place.root).is_shared()

    def plan(self, place: Place, choice: str) -> Annotated:
        """What is to be done in a folder for this choice; without annotations, what of ours is to be removed."""
        from trails import FolderOnDisk

        if choice == OFF:
            return Annotated(Board(place.root).plan({}))
        found = self._memory.annotations(place.workspace, FolderOnDisk(place.root))
        return Annotated(Board(place.root).plan(found.texts, is_shared=choice == SHARED), found.left_out)

    def write(self, place: Place, choice: str) -> Annotated:
        """Do it at once. Raises Conflict or Unavailable where `.trails` cannot be written."""
        with self._writing:
            planned = self.plan(place, choice)
            Board(place.root).carry_out(planned.plan)
        return planned

    # ── from then on ─────────────────────────────────────────────────────────────────────────────────────────────────
    def keep_known(self) -> None:
        """Keep every folder up to date for which that was chosen, beginning with what happened meanwhile."""
        for workspace, root in self._memory.store.workspaces().items():
            chosen = {name for name, choice in self._memory.store.choices(workspace).items() if choice in (ON, SHARED)}
            trees = {"": root, **worktrees_of(root)} if chosen else {}
            for place in (Place(workspace, Path(root), tree) for tree, root in trees.items()):
                if place.choice in chosen:
                    self.keep(place)

    def keep(self, place: Place) -> None:
        """Keep a folder up to date from now on."""
        newest = self._memory.store.events_of(place.workspace, limit=1)
        kept = _Kept(place, newest[-1][0] if newest else 0)
        kept.unrest.happened(self._monotonic())
        self._kept[place.root] = kept
        with self._starting:
            if not self._thread.is_alive() and not self._stopped.is_set():
                self._thread.start()
        self._awake.set()

    def leave(self, place: Place) -> None:
        """Keep a folder up to date no longer."""
        self._kept.pop(place.root, None)

    def stop(self) -> None:
        """Write no more; returns once nothing is being written."""
        with self._starting:
            self._stopped.set()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._awake.wait()
            self._awake.clear()
            while self._kept and not self._stopped.wait(self._look_s):
                for kept in list(self._kept.values()):
                    self._look(kept)

    def _look(self, kept: _Kept) -> None:
        try:
            self._read_log(kept)
            if kept.unrest.is_due(self._monotonic()):
                self._update(kept)
        except TrailsError as problem:
            logger.warning("the notes beside the code of %s are not up to date: %s", kept.place.root, problem)
            kept.unrest.failed(self._monotonic())
        except Exception:  # an outermost loop
            logger.exception("the notes beside the code of %s are not up to date", kept.place.root)
            kept.unrest.failed(self._monotonic())

    def _read_log(self, kept: _Kept) -> None:
        """Note down whether something happened that changes what is to be written."""
        found = self._memory.store.events_of(kept.place.workspace, after=kept.seq, limit=EVENTS_AT_ONCE)
        if found:
            kept.seq = found[-1][0]
        if any(event.kind not in WITHOUT_EFFECT for _, event in found):
            kept.unrest.happened(self._monotonic())

    def _update(self, kept: _Kept) -> None:
        choice = self.choice(kept.place)
        if choice not in (ON, SHARED) or not kept.place.root.is_dir():
            self.leave(kept.place)
            return
        began = self._monotonic()
        self.write(kept.place, choice)
        kept.unrest.written(began, self._monotonic())


def _names(names: Iterable[str]) -> list[str]:
    return sorted(f"{FOLDER}/{name}" for name in names)
