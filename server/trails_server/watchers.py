"""
The watchers of a keeper: one for each workspace that has notes and whose folder is on this machine.
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
        self._watches: dict[str, _Watch] = {}
        self._stopped = False

    def follow_known(self) -> None:
        """Watch every workspace of the store whose folder is still there."""
        for workspace, root in self._memory.store.workspaces().items():
            if Path(root).is_dir():
                self.follow(workspace, Path(root))

    def follow(self, workspace: str, root: Path) -> None:
        """Watch a workspace at this folder, and no longer at another. Returns at once."""
        from trails import Watcher

        with self._lock:
            watch = self._watches.get(workspace)
            if self._stopped or (watch and watch.root == root):
                return
            if watch:
                watch.watcher.stop()
            memory = self._memory
            watcher = Watcher(
                root,
                memory.tracker(workspace),
                self._onlookers_of(workspace),
                clues=memory.clues(workspace, root),
            )
            self._watches[workspace] = _Watch(root, watcher)
            watcher.start()

    def look_now(self, workspace: str) -> bool:
        """Compare a workspace's known files with the disk, at once; False when it is not watched."""
        watch = self._watches.get(workspace)
        if watch is not None:
            watch.watcher.reconcile()
        return watch is not None

    def state(self, workspace: str) -> dict[str, str]:
        """Whether a workspace is watched: "watching", "starting", "polling" (slower, and why), or "idle"."""
        watch = self._watches.get(workspace)
        if watch is None:
            return {"state": "idle", "reason": "no note has been laid here yet"}
        if watch.watcher.polling:
            return {"state": "polling", "reason": "too many folders to watch: files are compared now and then"}
        return {"state": "watching" if watch.watcher.ready.is_set() else "starting", "reason": ""}

    def stop(self) -> None:
        """Stop them all; none is started from now on."""
        with self._lock:
            self._stopped = True
            watches = list(self._watches.values())
            self._watches.clear()
        for watch in watches:
            watch.watcher.stop()
