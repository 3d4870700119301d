"""
What is read: one function a question, each given a connection. The statements are built once, when this is imported.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, case, func, literal_column, select

from ..events import Laid, from_payload
from ..evidence import quality
from ..notes import Anchor, Author, Candidate, Kind, Note, Quality, Status
from .sql_rows import Found, anchors_of, from_micros, judgement_of, voice_of
from .sql_schema import (
    IS_LIVE,
    disputes,
    events,
    files,
    judgements,
    note_files,
    note_topics,
    notes,
    witnesses,
)
from .sql_states import PLACES, fetch_in

UNJUDGED = Quality()

IDS: BindParameter[Any] = bindparam("ids", expanding=True)
IN_WORKSPACE = notes.c.workspace == bindparam("workspace")
# Beside ids the column is hidden from the planner, which would otherwise read the whole workspace by its index.
FROM_WORKSPACE = func.coalesce(notes.c.workspace, "") == bindparam("workspace")

# ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────────
NOTES = (
    select(
        *(notes.c[name] for name in ("id", "workspace", "kind", "principal", "agent", "session", "laid_at")),
        *(notes.c[name] for name in ("confirmed_at", "status", "reason", "superseded_by", "t_star")),
        events.c.payload,
        PLACES.c.payload.label("places"),
    )
    .join(events, events.c.id == notes.c.laid_event)
    .outerjoin(PLACES, PLACES.c.id == notes.c.anchored_event)
    .where(notes.c.id.in_(IDS), FROM_WORKSPACE)
)
CANDIDATES = select(
    notes.c.id,
    notes.c.confirmed_at,
    notes.c.principal,
    case((notes.c.embedding_model == bindparam("model"), notes.c.embedding)).label("vector"),
).where(notes.c.id.in_(IDS), FROM_WORKSPACE, IS_LIVE)
PATHS = (
    select(note_files.c.note_id, note_files.c.file_id, files.c.path)
    .join(files, files.c.id == note_files.c.file_id)
    .where(note_files.c.note_id.in_(IDS))
)
TOPICS = (
    select(note_topics.c.note_id, note_topics.c.topic)
    .where(note_topics.c.note_id.in_(IDS), note_topics.c.present)
    .order_by(note_topics.c.topic)
)
DISPUTES = select(disputes).where(disputes.c.note_id.in_(IDS)).order_by(disputes.c.counter_id)
WITNESSES = (
    select(witnesses)
    .join(notes, notes.c.id == witnesses.c.witness_id)
    .where(
        witnesses.c.note_id.in_(IDS),
        notes.c.status == Status.WITNESS.value,
        notes.c.superseded_by == witnesses.c.note_id,  # not those that stand by themselves again
    )
    .order_by(witnesses.c.witness_id)
)
OPPOSED = tuple(
    select(mine.label("mine"), theirs.label("theirs"))
    .join(notes, notes.c.id == theirs)
    .where(mine.in_(IDS), mine != theirs, FROM_WORKSPACE, IS_LIVE)
    for mine, theirs in (
        (disputes.c.note_id, disputes.c.counter_id),
        (disputes.c.counter_id, disputes.c.note_id),
    )
)
_other = notes.alias("other")
_of_session = (
    select(_other.c.id)
    .where(
        _other.c.workspace == bindparam("workspace"),
        _other.c.session == notes.c.session,
        _other.c.principal == notes.c.principal,  # others may call a session of theirs the same
        _other.c.session != literal_column("''"),
        _other.c.status == literal_column("'live'"),
    )
    .limit(1)
    .correlate(notes)
)
BESIDE = select(
    notes.c.id,
    _of_session.where(_other.c.id < notes.c.id).order_by(_other.c.id.desc()).scalar_subquery().label("before"),
    _of_session.where(_other.c.id > notes.c.id).order_by(_other.c.id).scalar_subquery().label("after"),
).where(notes.c.id.in_(IDS), FROM_WORKSPACE, IS_LIVE)
JUDGEMENTS = select(judgements).where(judgements.c.note_id.in_(IDS))
PRINCIPALS = select(  # each is one step into the index
    *(select(end(notes.c.principal)).where(IN_WORKSPACE).scalar_subquery() for end in (func.min, func.max))
)
NOTED_WORKSPACES = select(notes.c.workspace).distinct().order_by(notes.c.workspace)
HANDLE = select(notes.c.id).where(IN_WORKSPACE, notes.c.handle == bindparam("handle")).order_by(notes.c.id)
WITH_TOPIC = (
    select(note_topics.c.note_id)
    .join(notes, notes.c.id == note_topics.c.note_id)
    .where(
        note_topics.c.workspace == bindparam("workspace"),
        note_topics.c.topic == bindparam("topic"),
        note_topics.c.present,
        IS_LIVE,
    )
    .order_by(note_topics.c.note_id.desc())
    .limit(bindparam("limit"))
)
STANDING_OF = (
    select(notes.c.id)
    .where(IN_WORKSPACE, notes.c.principal == bindparam("principal"))
    .where(notes.c.status.in_((Status.LIVE.value, Status.WITNESS.value)))
    .order_by(notes.c.id)
)
HOT = (
    select(notes.c.id)
    .where(IN_WORKSPACE, IS_LIVE, notes.c.kind == bindparam("kind"))
    .order_by(notes.c.t_star.desc())
    .limit(bindparam("limit"))
)
HOT_OF_OTHERS = HOT.where(notes.c.agent != bindparam("without_agent"))


# ── notes ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def find_notes(connection: Connection, now: datetime, workspace: str, note_ids: Collection[str]) -> dict[str, Note]:
    rows = list(fetch_in(connection, NOTES, note_ids, workspace=workspace))
    found = [row.id for row in rows]
    paths = _paths(connection, found)
    topics = gathered(fetch_in(connection, TOPICS, found))
    disputed = gathered(fetch_in(connection, DISPUTES, found))
    witnessed = gathered(fetch_in(connection, WITNESSES, found))
    qualities = _qualities(connection, now, rows)
    return {
        row.id: replace(
            _note(row, paths.get(row.id, {})),
            topics=tuple(topics[row.id]),
            disputed_by=tuple(disputed[row.id]),
            witnesses=tuple(witnessed[row.id]),
            quality=qualities.get(row.id, UNJUDGED),
        )
        for row in rows
    }


def candidates(
    connection: Connection, now: datetime, workspace: str, note_ids: Collection[str], model: str
) -> list[tuple[Candidate, bytes | None]]:
    rows = list(fetch_in(connection, CANDIDATES, note_ids, workspace=workspace, model=model))
    found = [row.id for row in rows]
    paths = _paths(connection, found)
    topics = gathered(fetch_in(connection, TOPICS, found))
    qualities = _qualities(connection, now, rows)
    return [
        (
            Candidate(
                note_id=note_id,
                confirmed_at=from_micros(confirmed_at),
                paths_by_file_id=paths.get(note_id, {}),
                topics=tuple(topics[note_id]),
                quality=qualities.get(note_id, UNJUDGED),
                principal=principal,
            ),
            vector,
        )
        for note_id, confirmed_at, principal, vector in rows  # hundreds at a time: five times as quick as by name
    ]


def _note(row: Found, paths: Mapping[str, str]) -> Note:
    """A note as far as its own row and the event that laid it say; `paths` are the names of its files, by id."""
    laid = from_payload("laid", json.loads(row.payload))
    assert isinstance(laid, Laid)
    return Note(
        id=row.id,
        workspace=row.workspace,
        kind=Kind(row.kind),
        title=laid.title,
        body=laid.body,
        by=Author(row.principal, row.agent, row.session),
        laid_at=from_micros(row.laid_at),
        confirmed_at=from_micros(row.confirmed_at),
        anchors=tuple(_named_now(anchor, paths) for anchor in anchors_of(row.places) or laid.anchors),
        status=Status(row.status),
        reason=row.reason,
        superseded_by=row.superseded_by,
        supersedes=laid.supersedes,
        t_star=row.t_star,
        head=laid.head,
    )


def _named_now(anchor: Anchor, paths: Mapping[str, str]) -> Anchor:
    return replace(anchor, path=paths.get(anchor.file_id, anchor.path))


def _paths(connection: Connection, note_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """The names of the files of each note, by note id and file id."""
    paths: dict[str, dict[str, str]] = {}
    for note_id, file_id, path in fetch_in(connection, PATHS, note_ids):
        paths.setdefault(note_id, {})[file_id] = path
    return paths


def _qualities(connection: Connection, now: datetime, rows: Collection[Found]) -> dict[str, Quality]:
    """The quality of those notes that somebody judged."""
    authors = {row.id: row.principal for row in rows}
    judged: dict[str, dict[Any, Any]] = {}
    for row in fetch_in(connection, JUDGEMENTS, authors):
        judged.setdefault(row.note_id, {})[voice_of(row)] = judgement_of(row)
    return {note_id: quality(voices, authors[note_id], now) for note_id, voices in judged.items()}


def gathered(pairs: Iterable[Found | tuple[str, str]]) -> Mapping[str, list[str]]:
    """The second parts of rows of two, by the first."""
    gathered: dict[str, list[str]] = defaultdict(list)
    for key, value in pairs:
        gathered[key].append(value)
    return gathered


def note_ids_with_handle(connection: Connection, workspace: str, handle: str) -> tuple[str, ...]:
    return tuple(connection.scalars(HANDLE, {"workspace": workspace, "handle": handle}))


def beside(connection: Connection, workspace: str, note_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    rows = fetch_in(connection, BESIDE, note_ids, workspace=workspace)
    found = {row.id: tuple(filter(None, (row.before, row.after))) for row in rows}
    return {note_id: others for note_id, others in found.items() if others}


def opposed(connection: Connection, workspace: str, note_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    pairs = {
        (row.mine, row.theirs)
        for statement in OPPOSED
        for row in fetch_in(connection, statement, note_ids, workspace=workspace)
    }
    return {note_id: tuple(others) for note_id, others in gathered(sorted(pairs)).items()}


def noted_workspaces(connection: Connection) -> tuple[str, ...]:
    return tuple(connection.scalars(NOTED_WORKSPACES))


def hot_notes(
    connection: Connection, workspace: str, kinds: Collection[str], limit: int, without_agent: str
) -> tuple[str, ...]:
    statement = HOT_OF_OTHERS if without_agent else HOT
    asked = {"workspace": workspace, "limit": limit, "without_agent": without_agent}
    return tuple(
        note_id
        for kind in dict.fromkeys(kinds)
        for note_id in connection.scalars(statement, {**asked, "kind": str(kind)})
    )


def standing_of(connection: Connection, workspace: str, principal: str) -> tuple[str, ...]:
    return tuple(connection.scalars(STANDING_OF, {"workspace": workspace, "principal": principal}))


def has_several_principals(connection: Connection, workspace: str) -> bool:
    first, last = connection.execute(PRINCIPALS, {"workspace": workspace}).one()
    return bool(first != last)


def notes_with_topics(connection: Connection, workspace: str, topics: Collection[str], limit: int) -> tuple[str, ...]:
    found = {
        note_id
        for topic in topics
        for note_id in connection.scalars(WITH_TOPIC, {"workspace": workspace, "topic": topic, "limit": limit})
    }
    return tuple(sorted(found, reverse=True)[:limit])
