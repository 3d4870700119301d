"""
The watchers of a keeper: one for each workspace that has notes and whose folder is on this machine.

A linked worktree has one of its own from its first visitor on: its files may be called something else.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trails import Memory

if TYPE_CHECKING:  # where nothing is watched, watchdog is not loaded
    from trails import Onlooker, Watcher

    OnlookersOf = Callable[[str], Sequence[Onlooker]]
    """Gives the parts of a keeper that look at the files of a workspace themselves; asked once a watcher."""


TREES_LIMIT = 16  # linked worktrees; each takes watches of its own, and one of the 128 places that Linux gives a user
TOO_MANY = "the workspace is not watched, or too many of its worktrees are"


@dataclass(frozen=True, slots=True)
class _Watch:
    root: Path
    watcher: "Watcher"


class Watchers:
    """Starts each watcher once, and stops them all. Safe for several threads."""

    def __init__(self, memory: Memory, onlookers_of: "OnlookersOf" = lambda workspace: ()) -> None:
        self._memory = memory
        self._onlookers_of = onlookers_of
        self._lock = threading.Lock()
        self._watches: dict[tuple[str, str], _Watch] = {}  # by workspace and worktree; "" is the main one
        self._stopped = False

    def follow_known(self) -> None:
        """Watch every workspace of the store whose folder is still there."""
        for workspace, root in self._memory.store.workspaces().items():
            if Path(root).is_dir():
                self.follow(workspace, Path(root))

    def follow(self, workspace: str, root: Path) -> None:
        """Watch a workspace at this folder, and no longer at another. Returns at once."""
        from trails import Watcher

        memory = self._memory
        self._start(
            (workspace, ""),
            root,
            lambda: Watcher(
                root,
                memory.tracker(workspace),
                self._onlookers_of(workspace),
                clues=memory.clues(workspace, root),
            ),
        )

    def follow_tree(self, workspace: str, root: Path, tree: str) -> None:
        """Watch a linked worktree too, of a workspace that is watched. Returns at once."""
        place = (workspace, tree)
        if place in self._watches or (workspace, "") not in self._watches:
            return
        from trails import Watcher

        self._drop_deserted()
        if sum(1 for _, other in list(self._watches) if other) < TREES_LIMIT:
            self._start(place, root, lambda: Watcher(root, self._memory.tree_tracker(workspace, tree)))

    def look_now(self, workspace: str, tree: str = "") -> bool:
        """Compare the known files of a workspace with the disk, at once; False when it is not watched."""
        watch = self._watches.get((workspace, tree))
        if watch is not None:
            watch.watcher.reconcile()
        return watch is not None

    def state(self, workspace: str, tree: str = "") -> dict[str, str]:
        """Whether a workspace is watched: "watching", "starting", "polling" (slower, and why), or "idle"."""
        watch = self._watches.get((workspace, tree))
        if watch is None:
            return {"state": "idle", "reason": TOO_MANY if tree else "no note has been laid here yet"}
        if watch.watcher.polling:
            return {"state": "polling", "reason": "too many folders to watch: files are compared now and then"}
        return {"state": "watching" if watch.watcher.ready.is_set() else "starting", "reason": ""}

    def _start(self, place: tuple[str, str], root: Path, make: "Callable[[], Watcher]") -> None:
        with self._lock:
            watch = self._watches.get(place)
            if self._stopped or (watch and watch.root == root):
                return
            if watch:
                watch.watcher.stop()
            self._watches[place] = _Watch(root, make())
            self._watches[place].watcher.start()

    def _drop_deserted(self) -> None:
        """Let go of linked worktrees that were removed: they are made and removed all day."""
        with self._lock:
            gone = [place for place, watch in self._watches.items() if place[1] and not watch.root.is_dir()]
            watches = [self._watches.pop(place) for place in gone]
        for watch in watches:
            watch.watcher.stop()

    def stop(self) -> None:
        """Stop them all; none is started from now on."""
        with self._lock:
            self._stopped = True
            watches = list(self._watches.values())
            self._watches.clear()
        for watch in watches:
            watch.watcher.stop()
