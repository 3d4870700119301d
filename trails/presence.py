"""
Who is at work on which files just now, a trail that is gone within minutes; and who is to be told of whom.

Kept in the memory of the one process that everybody asks, and nowhere else. It is said at every touch of a file, so
events of it would soon outnumber the notes; and after a restart of the keeper the next touch says it again.

Two sessions meet on a file when both have touched it and one of them edits it; two that only read are in nobody's way.
Each of the two is told of the other once a file: sub-agents are told by themselves, since none of them sees what the
others are told, but to somebody else a session and its sub-agents are one.
"""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .clauses import PATH_LENGTH, inline
from .delivery import age, who
from .events import NEVER
from .notes import AtWork, Author

GONE_AFTER = timedelta(minutes=15)  # a guess: long enough for a run of tests, short enough not to warn of the past
FILES_A_SESSION = 20  # newest
FILES_TOLD, OTHERS_TOLD = 2, 2  # at once, and of each: 150 tokens at most
MEETINGS_KEPT = 500  # of a session: of whom it was told where
SESSIONS_A_WORKSPACE = 200  # last seen; whoever makes up sessions must not fill the memory


@dataclass(frozen=True, slots=True)
class Meeting:
    """A file that a session is at work on, and the others there whom it has not been told of, last seen first."""

    path: str
    others: tuple[AtWork, ...]
    tree: str = ""


@dataclass(slots=True)
class _Session:
    """What one session touched and edited, by path with the time, and of whom it was told at which file."""

    touched: dict[str, datetime] = field(default_factory=dict)
    edited: dict[str, datetime] = field(default_factory=dict)
    told: dict[tuple[str, str, str], None] = field(default_factory=dict)
    at: datetime = NEVER[0]
    tree: str = ""

    def seen(self, paths: Collection[str], at: datetime, *, edits: bool) -> None:
        self.at = max(self.at, at)
        self.touched = _newest({**self.touched, **dict.fromkeys(paths, at)})
        if edits:
            self.edited = _newest({**self.edited, **dict.fromkeys(paths, at)})

    def at_work(self, by: Author, now: datetime) -> AtWork:
        touched, edited = _fresh(self.touched, now), _fresh(self.edited, now)
        edits = tuple(path for path in _latest(edited) if path in touched)
        return AtWork(by, _latest(touched), self.at, edits, self.tree)


class Presence:
    """The sessions at work, by workspace. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, dict[Author, _Session]] = defaultdict(dict)

    def seen(
        self,
        workspace: str,
        by: Author,
        paths: Collection[str],
        at: datetime,
        *,
        edits: bool = False,
        tree: str = "",
    ) -> None:
        """Note down that a session works on these files of a worktree: that it `edits` them, or else reads them."""
        if not paths:
            return
        with self._lock:
            sessions = self._sessions[workspace]
            session = sessions.pop(by, None) or _Session()
            session.seen(paths, at, edits=edits)
            session.tree = tree
            sessions[by] = session
            if len(sessions) > SESSIONS_A_WORKSPACE:
                del sessions[next(iter(sessions))]

    def gone(self, workspace: str, by: Author) -> None:
        """Forget a session that has ended, and its sub-agents with it."""
        with self._lock:
            sessions = self._sessions[workspace]
            for one in [one for one in sessions if one == by or _is_sent_by(one, by)]:
                del sessions[one]

    def at_work(
        self, workspace: str, now: datetime, *, besides: Author | None = None, path: str = ""
    ) -> tuple[AtWork, ...]:
        """
        Who is at work, last seen first; with a `path` only those who are at work on that file.

        Left out are `besides`, its sub-agents and whoever sent it: they know of each other.
        """
        with self._lock:
            found = self._others(workspace, besides, now)
        return tuple(one for one in found if not path or path in one.paths)

    def meetings(self, workspace: str, by: Author, now: datetime) -> tuple[Meeting, ...]:
        """
        The meetings of a session that it has not been told of, on a few files, those that it touched last first.

        From now on it has been told of them.
        """
        with self._lock:
            session = self._sessions[workspace].get(by)
            others = self._others(workspace, by, now, session.touched.keys()) if session else []
            if session is None or not others:
                return ()
            own = session.at_work(by, now)
            found = [Meeting(path, _met(path, own, others, session.told), session.tree) for path in own.paths]
            meetings = [one for one in found if one.others][:FILES_TOLD]
            session.told |= dict.fromkeys(_told(one.path, other.by) for one in meetings for other in one.others)
            for oldest in list(session.told)[:-MEETINGS_KEPT]:
                del session.told[oldest]
        return tuple(meetings)

    def _others(
        self, workspace: str, besides: Author | None, now: datetime, paths: Collection[str] | None = None
    ) -> list[AtWork]:
        """Who else is at work, with `paths` those who may be on one of them; last seen first."""
        found = [
            session.at_work(by, now)
            for by, session in self._sessions[workspace].items()
            if now - session.at < GONE_AFTER
            and not (paths and session.touched.keys().isdisjoint(paths))
            and not _together(by, besides)
        ]
        return sorted(found, key=lambda one: one.at, reverse=True)


def tell(meetings: Iterable[Meeting], now: datetime, asking: Author) -> str:
    """Meetings as a text for an agent, a line each; "" for none."""
    return "\n".join(
        f"Also at work on {inline(one.path, PATH_LENGTH)}: {_names(one, now, asking)}." for one in meetings
    )


def _names(meeting: Meeting, now: datetime, asking: Author) -> str:
    names = [f"{who(one.by, asking)} ({_how(one, meeting, now)})" for one in meeting.others[:OTHERS_TOLD]]
    more = len(meeting.others) - len(names)
    return ", ".join([*names, *([f"and {more} more"] if more else [])])


def _how(one: AtWork, meeting: Meeting, now: datetime) -> str:
    """What somebody does to the file, where that is another copy of it, and when."""
    does = ["editing"] if meeting.path in one.edits else []
    where = ["in another worktree"] if one.tree != meeting.tree else []
    return ", ".join([*does, *where, age(one.at, now)])


def _met(
    path: str, own: AtWork, others: Collection[AtWork], told: Collection[tuple[str, str, str]]
) -> tuple[AtWork, ...]:
    """The others on a file whom one is to be told of: one of each session, the last seen."""
    there = [one for one in others if path in one.paths and (path in own.edits or path in one.edits)]
    fresh = {_told(path, one.by): one for one in reversed(there)}
    return tuple(one for one in there if fresh[_told(path, one.by)] is one and _told(path, one.by) not in told)


def _told(path: str, by: Author) -> tuple[str, str, str]:
    return (path, by.principal, _root(by))


def _root(by: Author) -> str:
    """The session that a sub-agent belongs to, which is called `SESSION/AGENT`; any other one itself."""
    return by.session.partition("/")[0]


def _together(one: Author, other: Author | None) -> bool:
    """Whether two are one session, or sub-agents of it."""
    return other is not None and (one.principal, _root(one)) == (other.principal, _root(other))


def _is_sent_by(one: Author, other: Author) -> bool:
    return one.principal == other.principal and one.session.startswith(f"{other.session}/")


def _newest(at_by_path: Mapping[str, datetime]) -> dict[str, datetime]:
    newest = sorted(at_by_path, key=at_by_path.__getitem__)[-FILES_A_SESSION:]
    return {path: at_by_path[path] for path in newest}


def _fresh(at_by_path: Mapping[str, datetime], now: datetime) -> dict[str, datetime]:
    return {path: at for path, at in at_by_path.items() if now - at < GONE_AFTER}


def _latest(at_by_path: Mapping[str, datetime]) -> tuple[str, ...]:
    return tuple(sorted(at_by_path, key=lambda path: (at_by_path[path], path), reverse=True))
