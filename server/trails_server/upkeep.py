"""
What keeps a memory in order: which workspaces are known and watched, the state of its parts, and the chores.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trails import Anchor, BadInput, Conflict, FolderOnDisk, Memory, Settings, read_look
from trails.version import VERSION

from .access import Token
from .annotator import NOTHING, OFF, ON, SHARED, Annotator, Place
from .arguments import Object, Texts
from .heeder import Heeder, heard_payload
from .payloads import Payload
from .places import anchor, anchors
from .port import Port
from .visits import Visit
from .watchers import Watchers

AUDIT_SAMPLE = 200  # vectors
AUDIT_LIMIT = 100_000  # vectors; each is a question to the index
FROM_ANOTHER = (
    "What is in .trails was written from somebody else's notes and shared with git. Say --shared to put yours in its "
    "place for everybody, or --ignored to do so for yourself."
)
WAIT_LIMIT_S = 600.0
LOOK_UP_S = 0.2  # how often a wait looks whether the keeper is told to leave


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The chores of one keeper. `leave` tells it to leave; `leaving` is set from then on."""

    memory: Memory
    settings: Settings
    watchers: Watchers
    annotator: Annotator
    heeder: Heeder
    started: float
    """`time.monotonic()` of the keeper's start."""
    leave: Callable[[], None]
    leaving: threading.Event
    http_token: Token
    port: Port
    entered: set[str] = field(default_factory=set)
    """The workspaces that this keeper has seen notes laid in: known, and watched."""

    # ── around the verbs ─────────────────────────────────────────────────────────────────────────────────────────────
    def begin(self) -> None:
        """Watch the workspaces that are known already, and keep up what stands beside their code."""
        if self.settings.watch:
            self.watchers.follow_known()
        self.annotator.keep_known()

    def end(self) -> None:
        """Stop watching, and close the memory."""
        self.watchers.stop()
        self.annotator.stop()
        self.heeder.stop()
        self.memory.close()

    def enter(self, visit: Visit) -> None:
        """Make the workspace known and watched: a note is about to be laid in it."""
        if visit.workspace in self.entered:
            return
        self.memory.open_workspace(visit.workspace, str(_home(visit)), visit.author)
        self._follow(visit)
        self.entered.add(visit.workspace)

    def remember(self, visit: Visit, anchors: Sequence[Anchor]) -> None:
        """
        Note down what the files of a note hold now, so that they are known again under another name.

        The watcher would do it seconds later, and a file may be renamed before.
        """
        if self.settings.watch and visit.folder is not None and not visit.folder.tree:
            tracker = self.memory.tracker(visit.workspace)
            for path in {anchor.path for anchor in anchors}:
                if digest := visit.folder.digest(path):
                    tracker.file_changed(path, digest)

    def follow_tree(self, visit: Visit) -> None:
        """Watch the linked worktree that somebody works in, if its workspace is watched."""
        if self.settings.watch and visit.folder is not None and visit.folder.tree:
            self.watchers.follow_tree(visit.workspace, visit.root, visit.folder.tree)

    def _follow(self, visit: Visit) -> None:
        if self.settings.watch and visit.workspace in self.memory.store.workspaces():
            self.watchers.follow(visit.workspace, _home(visit))
            self.follow_tree(visit)

    # ── verbs ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def status(self, visit: Visit) -> Payload:
        """The state of the keeper and of each part; the counts are of the workspace, outside of one those of all."""
        memory, here = self.memory, visit.workspace
        return {
            "version": VERSION,
            "pid": os.getpid(),
            "uptime_s": round(time.monotonic() - self.started, 3),
            "data_dir": str(self.settings.data_dir),
            "principal": visit.author.principal,
            "workspace": {"id": here, "root": str(visit.root) if here else ""},
            "counts": dict(memory.store.counts(here)),
            "model": {
                "name": self.settings.model,
                "state": memory.embedder.state,
                "reason": memory.embedder.failure,
            },
            "index": {
                "state": memory.indexer.state,
                "reason": memory.indexer.failure,
                "caught_up": memory.indexer.idle(),
            },
            "watcher": self._watcher(visit),
            "http": dict(self.port.state),
        }

    def _watcher(self, visit: Visit) -> dict[str, str]:
        if not self.settings.watch:
            return {"state": "off", "reason": ""}
        return self.watchers.state(visit.workspace, _tree(visit))

    def token(self, visit: Visit) -> Payload:
        """The token of the HTTP door."""
        return {"token": self.http_token.get()}

    def renew_token(self, visit: Visit) -> Payload:
        """Another token for the HTTP door, in force at once; the old one opens it no more."""
        return {"token": self.http_token.renew()}

    def reindex(self, visit: Visit) -> Payload:
        """Empty the vector index; it fills again in the background."""
        self.memory.indexer.reindex()
        return {"pending": self.memory.store.counts().get("pending", 0)}

    def audit(self, visit: Visit, *, sample: int = AUDIT_SAMPLE) -> Payload:
        """Ask the index for vectors that it should hold: how many, and which of them it did not find."""
        if not 1 <= sample <= AUDIT_LIMIT:
            raise BadInput(f"`sample` must lie between 1 and {AUDIT_LIMIT}.")
        audit = self.memory.indexer.audit(visit.workspace, sample)
        return {"asked": audit.asked, "missing": audit.missing}

    def wait_until_indexed(self, visit: Visit, *, timeout_s: float = 60.0) -> Payload:
        """Wait until the index holds every note, the model has failed, or the time is over."""
        if not 0 <= timeout_s <= WAIT_LIMIT_S:
            raise BadInput(f"`timeout_s` must lie between 0 and {WAIT_LIMIT_S:.0f}.")
        end = time.monotonic() + timeout_s
        while not (idle := self.memory.indexer.wait_until_idle(min(LOOK_UP_S, max(0.0, end - time.monotonic())))):
            if self.leaving.is_set() or time.monotonic() >= end:
                break
        pending = self.memory.store.counts().get("pending", 0)  # of all workspaces: they share one indexer
        return {"indexed": idle and pending == 0, "pending": pending}

    def move(self, visit: Visit, *, old: str, new: str) -> Payload:
        """Tell of a rename that nobody saw: the notes of the file, or of all files in the folder, follow."""
        before, after = anchor(visit, old).path, anchor(visit, new).path
        here, tree = visit.workspace, _tree(visit)
        tracker = self.memory.tree_tracker(here, tree) if tree else self.memory.tracker(here)
        moved = 1 if tracker.file_moved(before, after) else tracker.folder_moved(before, after)
        return {"old": before, "new": after, "files": moved}

    def watch_now(self, visit: Visit) -> Payload:
        """Watch the workspace from now on, and compare its known files with the disk at once."""
        if not self.settings.watch:
            raise BadInput("This keeper watches nothing: it was started with TRAILS_WATCH=no.")
        self.enter(visit)
        self.follow_tree(visit)
        self.watchers.look_now(visit.workspace, _tree(visit))
        return {"watcher": self._watcher(visit)}

    def known_files(self, visit: Visit) -> Payload:
        """The files that notes are on, by path, with their digest: for a watcher that is elsewhere."""
        return {"files": dict(self.memory.tracker(visit.workspace).known_files())}

    def saw(self, visit: Visit, *, look: Object) -> Payload:
        """Note down what a watcher elsewhere found in one look (`trails/looks.py`), all of it or nothing."""
        findings, head = read_look(look)
        return {"facts": self.memory.tracker(visit.workspace).saw(findings, head)}

    def annotate(self, visit: Visit, *, choice: str = "", remove: bool = False, dry: bool = False) -> Payload:
        """
        Put what the notes say beside the code, and keep it up to date as it is chosen: on, shared or off.

        Without a choice the last one holds. `remove` takes it away, and `dry` only tells what would be done.
        """
        if choice not in ("", ON, SHARED, OFF):
            raise BadInput(f"`choice` must be one of {ON}, {SHARED}, {OFF}.")
        place = Place(visit.workspace, visit.root, _tree(visit))
        if not (choice or remove or dry) and self.annotator.is_anothers(place):
            raise Conflict(FROM_ANOTHER)
        before = self.annotator.choice(place)
        choice = OFF if remove else choice or (SHARED if before == SHARED else ON)
        if dry:
            does = self.annotator.plan(place, choice) if remove or choice != OFF else NOTHING
        elif choice != OFF:
            self.enter(visit)
            does = self.annotator.write(place, choice)
            self.memory.choose(visit.workspace, place.choice, choice, visit.author)
            self.annotator.keep(place)
        else:
            self.annotator.leave(place)
            if before:
                self.memory.choose(visit.workspace, place.choice, OFF, visit.author)
            does = self.annotator.write(place, OFF) if remove else NOTHING
        return does.payload(root=str(visit.root), choice=choice)

    def marks(self, visit: Visit, *, choice: str = "", files: Texts = ()) -> Payload:
        """
        The marks in the files of the workspace with their notes, as they are now; of some files, or of all.

        `choice`, on or off, decides whether they become notes here. Marks are read in the main worktree.
        """
        paths = {place.path for place in anchors(visit, files)}
        if choice:
            self.heeder.choose(visit.workspace, choice, visit.author)
        if is_on := self.heeder.is_on(visit.workspace):
            self.enter(visit)
            if not paths:
                self.watchers.look_now(visit.workspace)  # else the marks of a file that just moved look like new ones
        home = _home(visit)
        heard = self.heeder.look(visit.workspace, FolderOnDisk(home), paths or None)
        return {
            "state": ON if is_on else OFF,
            "root": str(home),
            "marks": [heard_payload(one) for one in heard if not paths or one.path in paths],
        }

    def retire(self, visit: Visit) -> Payload:
        """Finish what was asked, and leave."""
        self.leave()
        return {"pid": os.getpid(), "version": VERSION}


def _home(visit: Visit) -> Path:
    """The folder that a visit's workspace is known by."""
    return visit.folder.home if visit.folder else visit.root


def _tree(visit: Visit) -> str:
    return visit.folder.tree if visit.folder else ""
