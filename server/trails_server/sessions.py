"""
What a keeper remembers of the sessions that hooks tell it about: nothing that a restart must not forget.

What a session was shown, laid and used is in the log; here is what it has been told once and what waits to be written.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from .visits import Visit

if TYPE_CHECKING:
    from trails import Run

SESSIONS = 500  # the last seen
CALLS = 2000  # of tools that sub-agents are about to make

Value = TypeVar("Value")


@dataclass(slots=True)
class Doing:
    """One session in one workspace. `lock` is held while something is told that is to be told once."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    is_welcomed: bool = False
    began: "tuple[str, datetime | None]" = ("", None)
    """By what it last began, and when."""
    told: set[str] = field(default_factory=set)
    """The notes that its last welcome told to the end."""
    was_asked: bool = False
    has_edited: bool = False
    to_lay: bool = False
    """Whether the summary of a compaction was asked to keep lessons."""
    visit: Visit | None = None
    """In whose name it last edited something."""
    edited: dict[str, None] = field(default_factory=dict)
    wrote: list[str] = field(default_factory=list)
    looked: dict[str, int] = field(default_factory=dict)
    """How many notes were on each file that it touched, when they were last looked at for it."""
    known: set[str] | None = None
    """The notes that it laid or was shown when it asked; None until its log was read."""
    since_run: bool = False
    """Whether a file was edited since the last run that was reported."""
    failing: "dict[str, Run]" = field(default_factory=dict)


class Recent(Generic[Value]):
    """A mapping that forgets what was longest not asked for. Safe for several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._values: OrderedDict[tuple[str, ...], Value] = OrderedDict()

    def get(self, *key: str) -> Value | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, value: Value, *key: str) -> Value:
        """The value under the key: this one, or the one that was there before."""
        with self._lock:
            kept = self._values.setdefault(key, value)
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
            return kept

    def values(self) -> list[Value]:
        with self._lock:
            return list(self._values.values())


class Sessions:
    """The sessions of one keeper, and the sub-agents behind calls that are under way."""

    def __init__(self) -> None:
        self._doing: Recent[Doing] = Recent(SESSIONS)
        self._callers: Recent[tuple[str, str, str]] = Recent(CALLS)
        self._run_by: Recent[list[str]] = Recent(SESSIONS)

    def doing(self, visit: Visit) -> Doing:
        """What is remembered of the session of a visit."""
        key = (visit.workspace, visit.author.session)
        return self._doing.get(*key) or self._doing.put(Doing(), *key)

    def find_doing(self, visit: Visit) -> Doing | None:
        """The same, of a session that a hook has told of."""
        return self._doing.get(visit.workspace, visit.author.session)

    def all_doing(self) -> list[Doing]:
        """What is remembered of every session."""
        return self._doing.values()

    def calls(self, tool_use_id: str, session_id: str, agent_id: str, agent_type: str) -> None:
        """Note down who is about to make a call that a client will name by this id."""
        if tool_use_id and agent_id:
            self._callers.put((session_id, agent_id, agent_type), tool_use_id)

    def sent_by(self, visit: Visit, session_id: str) -> None:
        """Note down which session the client runs that has started the hook: its other connections are of that too."""
        if visit.parent_pid and session_id:
            self._run_by.put([""], visit.parent_pid)[0] = session_id

    def joined(self, visit: Visit) -> Visit:
        """
        The visit of a call as the session and the sub-agent that make it, where a hook has told of them.

        A call that its client names is looked up by that name. Else, where nothing has named the session, it is the
        one for which the same process has last run a hook.
        """
        caller = self._callers.get(visit.tool_use_id) if visit.tool_use_id else None
        if caller:
            return within(visit, *caller)
        session = self._run_by.get(visit.parent_pid) if visit.parent_pid and not visit.has_named_session else None
        return within(visit, session[0], "", "") if session else visit


def within(visit: Visit, session_id: str, agent_id: str, agent_type: str) -> Visit:
    """A visit as the session and the sub-agent that a hook names; what it does not name stays."""
    by = visit.author
    session = session_id or by.session
    if not agent_id:
        return replace(visit, author=replace(by, session=session))
    agent = f"{by.agent}/{agent_type}" if agent_type else by.agent
    return replace(visit, author=replace(by, session=f"{session}/{agent_id}", agent=agent))
