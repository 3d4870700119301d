"""
Follows the files that notes are on: events of the file system in; moved, changed and gone files out.

Events are only collected here. Once a burst of them has settled, `following.py` decides what it means; what no event
told (the watcher was not running, or lost events in a storm) is found by comparing all known files with the disk.
"""

import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from . import following
from .bursts import Burst, Gathering
from .following import Changed, Exchanged, Finding, Gone, Moved
from .listening import Glance, Listener, Onlooker
from .notes import NO_HEAD, Head
from .seeking import NO_CLUES
from .tracing import Clues
from .watches import OpenWatches, Watches, affordable_folders, watches_here
from .workspace import FolderOnDisk

log = logging.getLogger(__name__)

SETTLE_S = 2.0  # an editor that saves by renaming takes milliseconds, and a `git checkout` never pauses so long
RECONCILE_S = 300.0
POLL_S = 15.0  # the same where nothing can be watched
REMEMBERED_GONE = 10_000


class Watcher:
    """
    Follows the known files of one workspace, in a thread of its own, and tells a listener what became of them.

    `ready` is set once every folder is watched and what happened before has been told. `polling` says that there are
    too many folders to watch, so that files are only compared every `poll_s` seconds.
    """

    def __init__(
        self,
        root: Path,
        listener: Listener,
        onlookers: Sequence[Onlooker] = (),
        *,
        clues: Clues = NO_CLUES,
        settle_s: float = SETTLE_S,
        reconcile_s: float = RECONCILE_S,
        poll_s: float = POLL_S,
        folder_budget: int | None = None,
        open_watches: OpenWatches = watches_here,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ready = threading.Event()
        self.polling = False
        self._root = os.path.realpath(root)
        self._listener, self._clues = listener, clues
        self._owed = dict.fromkeys(onlookers, True)  # whether each is to look at the whole next time
        self._reconcile_s, self._poll_s = reconcile_s, poll_s
        self._budget = affordable_folders() if folder_budget is None else folder_budget
        self._open_watches = open_watches
        self._monotonic = monotonic
        self._disk = FolderOnDisk(root)
        self._gathering = Gathering(settle_s, monotonic)
        self._watches: Watches | None = None
        self._gone: dict[str, None] = {}
        self._next_at = monotonic()  # at once
        self._doubts = False
        self._looking = threading.Lock()  # held while files are looked at and the listener is told
        self._thread = threading.Thread(target=self._run, name="trails-watcher", daemon=True)

    def start(self) -> None:
        """Begin to follow; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop following; returns once nothing more will be told."""
        self._gathering.stop()
        if self._thread.is_alive():
            self._thread.join()
        if self._watches:
            self._watches.stop()

    def reconcile(self) -> None:
        """Tell what no event told, by comparing all known files; also watch the folders that are not watched yet."""
        with self._looking:
            if self._thread.is_alive():
                self._cover()
            self._next_at = self._monotonic() + (self._poll_s if self.polling else self._reconcile_s)
            if self._is_there():
                head = self._disk.head()
                found = following.reconciled(self._known(), self._disk, self._clues)
                self._doubts = not self._doubts and self._gathering.is_pending() and any(map(self._is_news, found))
                if self._doubts:  # what seems to be gone may have been renamed meanwhile: its events will tell
                    self._next_at = self._monotonic()
                    self._tell([one for one in found if not isinstance(one, Gone)], NO_HEAD)
                else:
                    self._tell(found, head)
                self._show(Glance(whole=True))

    def _run(self) -> None:
        while self._gathering.wait(self._next_at):
            try:
                self._look()
            except Exception:
                log.exception("could not follow the files of %s; trying again in %.0f s", self._root, self._poll_s)
                self._next_at = self._monotonic() + self._poll_s
            self.ready.set()

    def _look(self) -> None:
        taken = self._gathering.take()
        if taken.burst and not taken.lost:
            self._follow(taken.burst.without(self._disk.is_elsewhere), settled=taken.settled)
        is_due = taken.settled and (self._monotonic() >= self._next_at or taken.burst.changes_rules())
        if taken.lost or is_due:
            self.reconcile()

    def _follow(self, burst: Burst, *, settled: bool) -> None:
        with self._looking:
            if not self._is_there():
                return
            if self._watches:
                self._watches.settle()
            paths = frozenset(path for path in burst.paths() if not self._disk.is_ignored(path))
            known = self._known()
            burst.touched |= {path for path, digest in known.items() if not digest and self._disk.exists(path)}
            if not settled:
                self._tell(following.changes(burst, known, self._disk), NO_HEAD)  # moves are yet to be told
                return
            head = self._disk.head()
            self._tell(following.findings(burst, known, self._disk, self._clues), head)
            if paths:
                self._show(Glance(paths))

    def _is_there(self) -> bool:
        """False for a root that is gone or empty: a drive that is not mounted must not read as all files deleted."""
        try:
            with os.scandir(self._root) as found:
                return next(found, None) is not None
        except OSError:
            return False

    def _known(self) -> dict[str, str]:
        listed = self._listener.known_files()
        self._gone = {path: None for path in self._gone if not listed.get(path)}  # it is back when its content is known
        known = dict.fromkeys(self._gone, "") | dict(listed)
        self._gathering.expect(known)
        return known

    def _tell(self, findings: list[Finding], head: Head) -> None:
        news = [found for found in findings if not isinstance(found, Gone) or self._is_news(found)]
        self._listener.saw(news, head)
        for found in news:
            match found:
                case Moved(old, new):
                    self._found_again(old, new)
                case Exchanged(moves):
                    self._found_again(*(move.new for move in moves))
                case Changed(path):
                    self._found_again(path)
                case Gone(path):
                    self._gone[path] = None  # a checkout of another branch may bring it back
                    if len(self._gone) > REMEMBERED_GONE:
                        del self._gone[next(iter(self._gone))]

    def _is_news(self, finding: Finding) -> bool:
        """Whether a file is gone that was not before."""
        return isinstance(finding, Gone) and finding.path not in self._gone

    def _found_again(self, *paths: str) -> None:
        for path in paths:
            self._gone.pop(path, None)

    def _show(self, glance: Glance) -> None:
        for onlooker, owed in self._owed.items():
            try:
                onlooker.looked(Glance(glance.paths, glance.whole or owed), self._disk)
                self._owed[onlooker] = False
            except Exception:
                log.exception("could not show %s what happened in %s", type(onlooker).__name__, self._root)
                self._owed[onlooker] = True

    def _cover(self) -> None:
        if self.polling:
            return
        try:
            self._watches = self._watches or self._open_watches(
                self._root, self._disk.rules, self._gathering, self._budget
            )
            self._watches.cover()
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EMFILE):
                raise
            log.warning(
                "cannot watch %s (%s): its files are compared every %.0f s instead. Let .gitignore name the folders "
                "that nobody edits, or raise fs.inotify.max_user_watches.",
                *(self._root, error.strerror, self._poll_s),
            )
            self.polling = True
            if self._watches:
                self._watches.stop()
            self._watches = None
