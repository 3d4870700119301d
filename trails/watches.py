"""
Where events come from: the file system's own notices for all folders of a workspace that are not ignored.
"""

import errno
import os
import re
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from .bursts import Appeared, Gathering, Left, Rename, Touched
from .workspace import IgnoreRules

if sys.platform == "linux":
    from watchdog.observers.inotify_c import (
        CallbackId,
        InotifyConstants,
        InotifyEvent,
        InotifyFD,
        Mask,
        WatchDescriptor,
    )

    # watchdog warns where a folder is met again under a new name before its renaming is told; see FolderWatches._watch
    warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning, re.escape(__name__))

FOLDER_BUDGET = 8_192
WATCHES_ALLOWED = Path("/proc/sys/fs/inotify/max_user_watches")


class Watches(Protocol):
    """Tells a gathering what happens in a workspace."""

    def cover(self) -> None:
        """
        Watch every folder that is not watched yet, and none that is ignored by now.

        Raises OSError when the system allows no more.
        """
        ...

    def settle(self) -> None:
        """Let go of folders that have left the workspace."""
        ...

    def stop(self) -> None:
        """Tell nothing more."""
        ...


OpenWatches = Callable[[str, IgnoreRules, Gathering, int], Watches]
"""Makes the watches of a root; the number is how many folders they may watch."""


def watches_here(root: str, rules: IgnoreRules, gathering: Gathering, budget: int) -> Watches:
    """The watches that suit this system. Raises OSError when it allows none."""
    if sys.platform == "linux":
        return FolderWatches(root, rules, gathering, budget)
    return TreeWatches(root, rules, gathering, budget)


def affordable_folders() -> int:
    """How many folders one workspace may watch: editors and build tools live on the same limit of the system."""
    try:
        return min(FOLDER_BUDGET, int(WATCHES_ALLOWED.read_text()) // 10)
    except (OSError, ValueError):
        return FOLDER_BUDGET


class TreeWatches(FileSystemEventHandler):
    """One watch for the whole tree, where that is cheap (macOS); events in ignored folders are dropped here."""

    def __init__(self, root: str, rules: IgnoreRules, gathering: Gathering, budget: int) -> None:
        self._root, self._rules, self._gathering = root, rules, gathering
        self._observer = Observer()

    def cover(self) -> None:
        if not self._observer.is_alive():
            self._observer.schedule(self, self._root, recursive=True)
            self._observer.start()

    def settle(self) -> None:
        """Nothing to let go of: there is one watch."""

    def stop(self) -> None:
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called by watchdog, in its thread."""
        path = self._inside(event.src_path)
        if not path or self._rules.is_ignored(path, event.is_directory):
            path = ""
        new = self._inside(event.dest_path) if event.event_type == "moved" else ""
        if path and new:
            self._gathering.tell(Rename(path, new, event.is_directory))
        elif event.is_directory:
            if path and event.event_type in ("deleted", "moved"):
                self._gathering.tell(Left(path))
        elif new or (path and event.event_type == "created"):
            self._gathering.tell(Appeared(new or path))
        elif path and event.event_type in ("deleted", "moved", "modified", "closed"):
            self._gathering.tell(Touched(path))

    def _inside(self, path: str | bytes) -> str:
        return os.fsdecode(path).removeprefix(self._root).removeprefix("/")


if sys.platform == "linux":
    EVENTS = Mask(
        InotifyConstants.IN_CREATE
        | InotifyConstants.IN_DELETE
        | InotifyConstants.IN_CLOSE_WRITE
        | InotifyConstants.IN_MOVE
        | InotifyConstants.IN_ONLYDIR
        | InotifyConstants.IN_DONT_FOLLOW
    )

    class FolderWatches:
        """
        One inotify watch for each folder that is not ignored.

        watchdog's own observer watches ignored folders too, or else takes a thread a folder and sees no rename from one
        folder to another; and it keeps to itself that the kernel dropped events. So this uses the layer below it.
        """

        def __init__(self, root: str, rules: IgnoreRules, gathering: Gathering, budget: int) -> None:
            self._root, self._rules, self._gathering, self._budget = root, rules, gathering, budget
            self._lock = threading.RLock()  # guards the folders: both watchdog's thread and the watcher's come here
            self._folders: dict[WatchDescriptor, str] = {}
            self._watches: dict[str, WatchDescriptor] = {}
            self._departed: dict[int, str] = {}  # what was moved away, by the cookie that its arrival will carry
            self._id = CallbackId(id(self))
            self._inotify = InotifyFD()
            self._inotify.start()

        def cover(self) -> None:
            with self._lock:
                found = dict.fromkeys(self._rules.folders())
                for folder in [folder for folder in self._watches if folder not in found]:
                    if folder in self._watches:  # not let go of with one above it
                        self._let_go(folder)
                for folder in found:
                    self._watch(folder)

        def settle(self) -> None:
            with self._lock:
                for folder in self._watches.keys() & self._departed.values():
                    self._let_go(folder)
                self._departed.clear()

        def stop(self) -> None:
            self._inotify.stop()
            self._inotify.join()

        def on_event(self, event: InotifyEvent) -> None:
            """Called by watchdog, in its thread, for each event in a watched folder."""
            try:
                with self._lock:
                    folder = self._folders.get(event.wd)
                    if folder is not None and event.name:
                        path = os.fsdecode(event.name)
                        (self._on_folder if event.is_directory else self._on_file)(
                            event, f"{folder}/{path}" if folder else path
                        )
            except OSError:
                self._gathering.tell_lost()  # a folder too many: covering the tree meets it again, and says so

        def on_watch_deleted(self, wd: WatchDescriptor) -> None:
            """Called by watchdog when a watched folder is no more."""
            with self._lock:
                folder = self._folders.pop(wd, None)
                if folder is not None and self._watches.get(folder) == wd:
                    del self._watches[folder]

        def on_queue_overflow(self) -> None:
            """Called by watchdog when the kernel had more events than it keeps."""
            self._gathering.tell_lost()

        def _on_file(self, event: InotifyEvent, path: str) -> None:
            old = self._departed.pop(event.cookie, "") if event.is_moved_to else ""
            if old:
                self._gathering.tell(Rename(old, path))
            elif event.is_moved_to or event.is_create:
                self._gathering.tell(Appeared(path))
            else:
                if event.is_moved_from:
                    self._departed[event.cookie] = path
                self._gathering.tell(Touched(path))

        def _on_folder(self, event: InotifyEvent, path: str) -> None:
            if event.is_delete or event.is_moved_from:
                if event.is_moved_from:
                    self._departed[event.cookie] = path
                self._gathering.tell(Left(path))
                return
            old = self._departed.pop(event.cookie, "") if event.is_moved_to else ""
            was_watched = old != "" and old in self._watches
            if old:
                self._gathering.tell(Rename(old, path, is_folder=True))
                self._rename(old, path)
            if not was_watched and not self._rules.is_ignored(path, is_folder=True):
                self._welcome(path)

        def _welcome(self, folder: str) -> None:
            """Watch a folder that has just appeared; what was put into it before that, no event has told."""
            for found in self._rules.folders(folder):
                self._watch(found)
            for path in self._rules.files(folder):
                self._gathering.tell(Appeared(path))

        def _watch(self, folder: str) -> None:
            path = f"{self._root}/{folder}"
            if folder in self._watches or not os.access(path, os.R_OK):
                return
            if len(self._watches) >= self._budget:
                raise OSError(errno.ENOSPC, f"more than {self._budget} folders")
            try:
                wd = self._inotify.add_callback(os.fsencode(path), EVENTS, self, self._id)
            except (FileNotFoundError, NotADirectoryError):
                return  # it went while it was looked at
            known = self._folders.get(wd, folder)
            if known != folder:  # the same folder under another name, of whose renaming no event has come yet
                self._watches.pop(known, None)
            self._folders[wd], self._watches[folder] = folder, wd

        def _rename(self, old: str, new: str) -> None:
            if self._rules.is_ignored(new, is_folder=True):
                self._let_go(old)
                return
            for folder in self._below(old):
                wd = self._watches.pop(folder)
                renamed = new + folder[len(old) :]
                self._folders[wd], self._watches[renamed] = renamed, wd

        def _let_go(self, folder: str) -> None:
            watches = [self._watches.pop(found) for found in self._below(folder)]
            for wd in watches:
                self._folders.pop(wd, None)
            self._inotify.remove_callbacks([(wd, self._id) for wd in watches])

        def _below(self, folder: str) -> list[str]:
            return [found for found in self._watches if found == folder or found.startswith(folder + "/")]
