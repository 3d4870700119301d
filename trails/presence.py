"""
Who is at work on which files just now: a trail that is gone within minutes.

Kept in the memory of the one process that everybody asks, and nowhere else. It is said at every touch of a file, so
events of it would soon outnumber the notes; and after a restart of the keeper the next touch says it again.
"""

import threading
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from .notes import AtWork, Author

GONE_AFTER = timedelta(minutes=15)  # a guess: long enough for a run of tests, short enough not to warn of the past
FILES_A_SESSION = 20  # newest
SESSIONS_A_WORKSPACE = 200  # last seen; whoever makes up sessions must not fill the memory


class Presence:
    """The sessions at work, by workspace. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._touched: dict[str, dict[Author, dict[str, datetime]]] = defaultdict(dict)

    def seen(self, workspace: str, by: Author, paths: Collection[str], at: datetime) -> None:
        """Note down that a session works on these files."""
        with self._lock:
            sessions = self._touched[workspace]
            touched = {**sessions.pop(by, {}), **dict.fromkeys(paths, at)}
            newest = sorted(touched, key=touched.__getitem__)[-FILES_A_SESSION:]
            sessions[by] = {path: touched[path] for path in newest}
            if len(sessions) > SESSIONS_A_WORKSPACE:
                del sessions[next(iter(sessions))]

    def gone(self, workspace: str, by: Author) -> None:
        """Forget a session that has ended."""
        with self._lock:
            self._touched[workspace].pop(by, None)

    def at_work(
        self, workspace: str, now: datetime, *, besides: Author | None = None, path: str = ""
    ) -> tuple[AtWork, ...]:
        """
        Who is at work, last seen first; with a `path` only those who are at work on that file.

        Left out are `besides`, its sub-agents and whoever sent it: they know of each other.
        """
        with self._lock:
            sessions = {by: dict(touched) for by, touched in self._touched[workspace].items()}
        found = [_at_work(by, touched, now) for by, touched in sessions.items() if not _together(by, besides)]
        here = [one for one in found if one.paths and (not path or path in one.paths)]
        return tuple(sorted(here, key=lambda one: one.at, reverse=True))


def _together(one: Author, other: Author | None) -> bool:
    """Whether two are one session, or sub-agents of it (`SESSION/AGENT`)."""
    if other is None or one.principal != other.principal:
        return False
    return one.session.partition("/")[0] == other.session.partition("/")[0]


def _at_work(by: Author, touched: dict[str, datetime], now: datetime) -> AtWork:
    fresh = {path: at for path, at in touched.items() if now - at < GONE_AFTER}
    paths = sorted(fresh, key=lambda path: (fresh[path], path), reverse=True)
    return AtWork(by, tuple(paths), max(fresh.values(), default=now))
