"""
What is read: one function a question, each given a connection. The statements are built once, when this is imported.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, case, func, select

from ..events import Laid, from_payload
from ..evidence import quality
from ..notes import Anchor, Author, Candidate, Kind, Note, Quality, Status
from ..ports import FileName, Touch
from .sql_rows import Found, from_micros, judgement_of, voice_of
from .sql_schema import (
    IS_LIVE,
    disputes,
    events,
    files,
    judgements,
    note_files,
    note_topics,
    notes,
)
from .sql_states import fetch_in

UNJUDGED = Quality()
LAST_CHARACTER = "\U0010ffff"

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
    )
    .join(events, events.c.id == notes.c.laid_event)
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
JUDGEMENTS = select(judgements).where(judgements.c.note_id.in_(IDS))
HANDLE = select(notes.c.id).where(IN_WORKSPACE, notes.c.handle == bindparam("handle")).order_by(notes.c.id)
TOUCHES = select(note_files.c.note_id, note_files.c.file_id, notes.c.confirmed_at, notes.c.size).join(
    notes, notes.c.id == note_files.c.note_id
)
NOTES_ON = (
    TOUCHES.where(
        note_files.c.workspace == bindparam("workspace"), note_files.c.file_id == bindparam("file_id"), IS_LIVE
    )
    .order_by(note_files.c.note_id.desc())
    .limit(bindparam("limit"))
)
FILES_OF = TOUCHES.where(note_files.c.note_id.in_(IDS), FROM_WORKSPACE, IS_LIVE)
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
HOT = (
    select(notes.c.id)
    .where(IN_WORKSPACE, IS_LIVE, notes.c.kind == bindparam("kind"))
    .order_by(notes.c.t_star.desc())
    .limit(bindparam("limit"))
)
FILE_NAMES = select(
    files.c.id, files.c.path, files.c.present, files.c.digest, files.c.named_at, files.c.named_event
).where(files.c.workspace == bindparam("workspace"))
FILES_AT = FILE_NAMES.where(files.c.path.in_(IDS))
FILES_UNDER = FILE_NAMES.where(
    files.c.path >= bindparam("first"), files.c.path < bindparam("end"), files.c.path != ""
).order_by(files.c.path, files.c.named_at, files.c.named_event, files.c.id)  # the latest claim comes last
BORN_AT = select(func.count()).where(
    files.c.workspace == bindparam("workspace"), files.c.born_path == bindparam("path")
)


# ── notes ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def find_notes(connection: Connection, now: datetime, workspace: str, note_ids: Collection[str]) -> dict[str, Note]:
    rows = list(fetch_in(connection, NOTES, note_ids, workspace=workspace))
    found = [row.id for row in rows]
    paths = _paths(connection, found)
    topics = gathered(fetch_in(connection, TOPICS, found))
    disputed = gathered(fetch_in(connection, DISPUTES, found))
    qualities = _qualities(connection, now, rows)
    return {
        row.id: _note(row, paths.get(row.id, {}), topics[row.id], disputed[row.id], qualities.get(row.id, UNJUDGED))
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


def _note(
    row: Found, paths: Mapping[str, str], topics: Iterable[str], disputed: Iterable[str], judged: Quality
) -> Note:
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
        anchors=tuple(_named_now(anchor, paths) for anchor in laid.anchors),
        topics=tuple(topics),
        status=Status(row.status),
        reason=row.reason,
        superseded_by=row.superseded_by,
        supersedes=laid.supersedes,
        disputed_by=tuple(disputed),
        t_star=row.t_star,
        quality=judged,
    )


def _named_now(anchor: Anchor, paths: Mapping[str, str]) -> Anchor:
    path = paths.get(anchor.file_id, anchor.path)
    return Anchor(path, anchor.first_line, anchor.last_line, anchor.fingerprint, anchor.file_id)


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


def gathered(pairs: Iterable[Found]) -> Mapping[str, list[str]]:
    """The second parts of rows of two, by the first."""
    gathered: dict[str, list[str]] = defaultdict(list)
    for key, value in pairs:
        gathered[key].append(value)
    return gathered


def note_ids_with_handle(connection: Connection, workspace: str, handle: str) -> tuple[str, ...]:
    return tuple(connection.scalars(HANDLE, {"workspace": workspace, "handle": handle}))


def hot_notes(connection: Connection, workspace: str, kinds: Collection[str], limit: int) -> tuple[str, ...]:
    return tuple(
        note_id
        for kind in dict.fromkeys(kinds)
        for note_id in connection.scalars(HOT, {"workspace": workspace, "kind": str(kind), "limit": limit})
    )


def count_files_born_at(connection: Connection, workspace: str, path: str) -> int:
    count: int = connection.execute(BORN_AT, {"workspace": workspace, "path": path}).scalar_one()
    return count


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def notes_on(connection: Connection, workspace: str, file_ids: Collection[str], limit: int) -> list[Touch]:
    return [
        _touch(row)
        for file_id in dict.fromkeys(file_ids)
        for row in connection.execute(NOTES_ON, {"workspace": workspace, "file_id": file_id, "limit": limit})
    ]


def files_of(connection: Connection, workspace: str, note_ids: Collection[str]) -> list[Touch]:
    return [_touch(row) for row in fetch_in(connection, FILES_OF, note_ids, workspace=workspace)]


def notes_with_topics(connection: Connection, workspace: str, topics: Collection[str], limit: int) -> tuple[str, ...]:
    found = {
        note_id
        for topic in topics
        for note_id in connection.scalars(WITH_TOPIC, {"workspace": workspace, "topic": topic, "limit": limit})
    }
    return tuple(sorted(found, reverse=True)[:limit])


def files_at(connection: Connection, workspace: str, paths: Collection[str]) -> dict[str, FileName]:
    rows = sorted(
        fetch_in(connection, FILES_AT, [path for path in paths if path], workspace=workspace),
        key=lambda row: (row.named_at, row.named_event, row.id),
    )
    return {row.path: _file_name(row) for row in rows}  # the latest claim is the last to enter


def files_under(connection: Connection, workspace: str, prefix: str) -> list[FileName]:
    bounds = {"workspace": workspace, "first": prefix, "end": prefix + LAST_CHARACTER}
    return [_file_name(row) for row in connection.execute(FILES_UNDER, bounds)]


def _touch(row: Found) -> Touch:
    note_id, file_id, confirmed_at, size = row
    return Touch(note_id, file_id, from_micros(confirmed_at), size)


def _file_name(row: Found) -> FileName:
    return FileName(row.id, row.path, bool(row.present), row.digest)
