"""
What is read from the event log: the journal, what was shown to whom, how tasks ended; and how much there is of all.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    bindparam,
    func,
    not_,
    or_,
    select,
    union_all,
)

from ..events import Chosen, Event, Served, TreeSeen, WorkspaceOpened, from_payload
from ..notes import Head, Status
from ..ports import Wanted
from .sql_rows import event_from_row, from_micros, to_micros
from .sql_schema import (
    HAS_SESSION,
    IS_CHOSEN,
    IS_OPENED,
    IS_PENDING,
    IS_SERVED,
    IS_TREE,
    event_subjects,
    events,
    file_names,
    files,
    note_files,
    notes,
)
from .sql_states import fetch_in

TREES_LOOKED_AT = 1000  # looks at trees; of a worktree that was not looked at for so long nothing is remembered

IDS: BindParameter[Any] = bindparam("ids", expanding=True)
SEQS_OF = select(event_subjects.c.seq).where(
    event_subjects.c.workspace == bindparam("workspace"),
    event_subjects.c.role == bindparam("role"),
    event_subjects.c.subject.in_(IDS),
)

AFTER_SLASH = "0"  # the character after "/": a folder's files lie between


def _files_in(table: FromClause, file_id: ColumnElement[str]) -> Select[Any]:
    """The files that a table has under a path, or in the folder of that name."""
    near = (table.c.path >= bindparam("path")) & (table.c.path < bindparam("last"))  # one search in the index
    is_meant = or_(table.c.path == bindparam("path"), table.c.path >= bindparam("first"))
    return select(file_id).where(table.c.workspace == bindparam("workspace"), near, is_meant)


def _seqs_of_files(file_ids: Select[Any]) -> Select[Any]:
    """What happened to files and to the notes on them."""
    their_notes = select(note_files.c.note_id).where(
        note_files.c.workspace == bindparam("workspace"), note_files.c.file_id.in_(file_ids)
    )
    seqs = [
        select(event_subjects.c.seq).where(
            event_subjects.c.workspace == bindparam("workspace"),
            event_subjects.c.role == role,
            event_subjects.c.subject.in_(subjects),
        )
        for role, subjects in (("file", file_ids), ("note", their_notes))
    ]
    return select(union_all(*seqs).subquery().c.seq)


NAMED_NOW, NAMED_ONCE = _files_in(files, files.c.id), _files_in(file_names, file_names.c.file_id)
SEQS_OF_FILES_NOW, SEQS_OF_FILES_ONCE = _seqs_of_files(NAMED_NOW), _seqs_of_files(NAMED_ONCE)
UNDOINGS = select(events).where(events.c.seq.in_(SEQS_OF)).order_by(events.c.seq)
# The subjects are limited, not the events: a note that is shown all day has a long list of them.
LAST_SEQS_OF = SEQS_OF.order_by(event_subjects.c.seq.desc()).limit(bindparam("limit"))
SHOWINGS_OF = select(events).where(events.c.seq.in_(LAST_SEQS_OF)).order_by(events.c.seq.desc())
OUTCOMES = (
    select(events.c.payload).where(events.c.seq.in_(SEQS_OF)).order_by(events.c.seq.desc()).limit(bindparam("limit"))
)
IS_OF_SESSION = (events.c.principal == bindparam("principal")) & (events.c.session == bindparam("session"))
OF_SESSION = (
    select(events)
    .where(events.c.workspace == bindparam("workspace"), IS_OF_SESSION, HAS_SESSION)
    .order_by(events.c.seq.desc())
    .limit(bindparam("limit"))
)
SHOWN_TO_OTHERS = (
    select(events.c.payload)
    .where(events.c.workspace == bindparam("workspace"), IS_SERVED, not_(IS_OF_SESSION))
    .order_by(events.c.seq.desc())
    .limit(bindparam("limit"))
)
WAS_SHOWN = (
    select(events.c.seq)
    .where(
        events.c.seq.in_(SEQS_OF),
        events.c.principal == bindparam("principal"),
        events.c.at <= bindparam("before"),
    )
    .limit(1)
)
EVERYWHERE = bindparam("workspace") == ""
NOTES_BY_STATUS = (
    select(notes.c.status, func.count().label("number"))
    .where(EVERYWHERE | (notes.c.workspace == bindparam("workspace")))
    .group_by(notes.c.status)
)
COUNTS = {
    "pending": select(func.count())
    .select_from(notes)
    .where(IS_PENDING, EVERYWHERE | (notes.c.workspace == bindparam("workspace"))),
    "events": select(func.count()).where(EVERYWHERE | (events.c.workspace == bindparam("workspace"))),
    "files": select(func.count()).where(EVERYWHERE | (files.c.workspace == bindparam("workspace"))),
}
BY_ID = select(events).where(events.c.id == bindparam("id"), events.c.workspace == bindparam("workspace"))
TREES = (
    select(events.c.payload)
    .where(events.c.workspace == bindparam("workspace"), IS_TREE)
    .order_by(events.c.seq.desc())
    .limit(bindparam("limit"))
)
CHOSEN = (
    select(events).where(events.c.workspace == bindparam("workspace"), IS_CHOSEN).order_by(events.c.at, events.c.id)
)
LAST_AT = select(events.c.at).order_by(events.c.seq.desc()).limit(1)
OPENED = select(events.c.workspace, events.c.payload).where(IS_OPENED).order_by(events.c.at, events.c.id)


def last_event_at(connection: Connection) -> datetime | None:
    at = connection.execute(LAST_AT).scalar_one_or_none()
    return None if at is None else from_micros(at)


@dataclass(frozen=True, slots=True)
class About:
    """Whose events: those of a workspace, or of one note or one path in it."""

    workspace: str
    note_id: str = ""
    path: str = ""

    @property
    def values(self) -> dict[str, Any]:
        """What the statements about it are given."""
        where = {"workspace": self.workspace}
        if self.note_id:
            return {**where, "role": "note", "ids": [self.note_id]}
        return {**where, "path": self.path, "first": f"{self.path}/", "last": self.path + AFTER_SLASH}


def events_of(
    connection: Connection, about: About, wanted: Wanted, *, after: int | None, before: int | None, limit: int
) -> list[tuple[int, Event]]:
    statement = select(events).where(events.c.workspace == about.workspace, *_conditions(wanted))
    if about.note_id:
        statement = statement.where(events.c.seq.in_(SEQS_OF))
    elif about.path:
        is_name = connection.execute(NAMED_NOW.limit(1), about.values).first() is not None
        statement = statement.where(events.c.seq.in_(SEQS_OF_FILES_NOW if is_name else SEQS_OF_FILES_ONCE))
    if after is not None:
        statement = statement.where(events.c.seq > after)
    if before is not None:
        statement = statement.where(events.c.seq < before)
    order = events.c.seq.desc() if after is None else events.c.seq
    rows = connection.execute(statement.order_by(order).limit(limit), about.values).all()
    return [(row.seq, event_from_row(row)) for row in (reversed(rows) if after is None else rows)]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.kinds:
        conditions.append(events.c.kind.in_(wanted.kinds))
    if by := wanted.by:
        conditions.append(or_(events.c.principal == by, events.c.agent == by, events.c.session == by))
    if wanted.since:
        conditions.append(events.c.at >= to_micros(wanted.since))
    if wanted.until:
        conditions.append(events.c.at < to_micros(wanted.until))
    return conditions


def undoings_of(connection: Connection, workspace: str, event_ids: Collection[str]) -> list[Event]:
    found: dict[str, Event] = {}
    asked = set(event_ids)
    while asked:
        rows = fetch_in(connection, UNDOINGS, asked, workspace=workspace, role="undone")
        later = {row.id: event_from_row(row) for row in rows}
        asked = later.keys() - found.keys()
        found |= later
    return sorted(found.values(), key=lambda event: event.stamp)


def find_event(connection: Connection, workspace: str, event_id: str) -> tuple[int, Event] | None:
    row = connection.execute(BY_ID, {"workspace": workspace, "id": event_id}).one_or_none()
    return (row.seq, event_from_row(row)) if row else None


def head_of(connection: Connection, workspace: str, tree: str) -> Head | None:
    for payload in connection.scalars(TREES, {"workspace": workspace, "limit": TREES_LOOKED_AT}):
        fact = from_payload("tree-seen", json.loads(payload))
        assert isinstance(fact, TreeSeen)
        if fact.tree == tree:
            return fact.head
    return None


def choices(connection: Connection, workspace: str) -> dict[str, str]:
    chosen = (event_from_row(row).fact for row in connection.execute(CHOSEN, {"workspace": workspace}))
    return {fact.name: fact.value for fact in chosen if isinstance(fact, Chosen)}


def workspaces(connection: Connection) -> dict[str, str]:
    roots = {}
    for row in connection.execute(OPENED):
        fact = from_payload("workspace-opened", json.loads(row.payload))
        assert isinstance(fact, WorkspaceOpened)
        roots[row.workspace] = fact.root
    return roots


def session_events(
    connection: Connection, workspace: str, principal: str, session: str, limit: int
) -> list[tuple[int, Event]]:
    values = {"workspace": workspace, "principal": principal, "session": session, "limit": limit}
    rows = connection.execute(OF_SESSION, values).all()
    return [(row.seq, event_from_row(row)) for row in reversed(rows)]


def shown_to_others(
    connection: Connection, workspace: str, principal: str, session: str, limit: int
) -> tuple[str, ...]:
    values = {"workspace": workspace, "principal": principal, "session": session, "limit": limit}
    shown: dict[str, None] = {}
    for payload in connection.scalars(SHOWN_TO_OTHERS, values):  # each showed one note at least: `limit` are enough
        fact = from_payload("served", json.loads(payload))
        assert isinstance(fact, Served)
        shown |= dict.fromkeys(fact.note_ids)
    return tuple(shown)[:limit]


def showings_of(connection: Connection, workspace: str, note_id: str, limit: int) -> list[Event]:
    values = {"workspace": workspace, "role": "shown", "ids": [note_id], "limit": limit}
    return [event_from_row(row) for row in connection.execute(SHOWINGS_OF, values)]


def was_shown(
    connection: Connection, workspace: str, principal: str, note_ids: Collection[str], before: datetime
) -> bool:
    where = {"workspace": workspace, "role": "shown", "principal": principal, "before": to_micros(before)}
    return any(True for _ in fetch_in(connection, WAS_SHOWN, note_ids, **where))


def results_of(connection: Connection, workspace: str, task: str, limit: int) -> tuple[float, ...]:
    values = {"workspace": workspace, "role": "task", "ids": [task], "limit": limit}
    return tuple(json.loads(payload)["result"] for payload in connection.scalars(OUTCOMES, values))


def counts(connection: Connection, workspace: str) -> dict[str, int]:
    where = {"workspace": workspace}
    by_status = {row.status: row.number for row in connection.execute(NOTES_BY_STATUS, where)}
    counted = {name: connection.execute(statement, where).scalar_one() for name, statement in COUNTS.items()}
    return {"notes": sum(by_status.values()), "live": by_status.get(Status.LIVE, 0), **counted}
