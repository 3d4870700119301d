"""
What is read of files: their names, the notes on them, the edges between them. One function a question.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    Select,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy import text as sql

from ..edges import Sitting, Tie, Walk, newest_first
from ..ports import FileName, Name, Origin, WordsOfPaths
from ..words import stem
from .sql_rows import Found, from_micros
from .sql_schema import IS_LIVE, file_names, file_words, files, is_walked, note_files, notes, sittings, uses
from .sql_states import fetch_in

LAST_CHARACTER = "\U0010ffff"
FILES_A_WORD = 1000  # looked at; a word that more paths have tells too little to follow
FILES_BY_WORDS = 300
FILES_OF_A_STEM = 20
FILES_A_QUERY = 8

IDS: BindParameter[Any] = bindparam("ids", expanding=True)
WORKSPACE: BindParameter[Any] = bindparam("workspace")
LIMIT: BindParameter[Any] = bindparam("limit")


def is_here(table: FromClause) -> ColumnElement[bool]:
    """Whether a note stands in the workspace."""
    return is_in_workspace(table) & (table.c.status == literal_column("'live'"))


def is_in_workspace(table: FromClause) -> ColumnElement[bool]:
    """For rows that are named by their ids; hidden from the planner, which would read all of it by an index."""
    return func.coalesce(table.c.workspace, "") == WORKSPACE


def newest_on(file_id: str, *columns: ColumnElement[Any]) -> Select[Any]:
    """The newest `limit` live notes on the file that the parameter of this name names."""
    return (
        select(*columns)
        .select_from(note_files)
        .join(notes, notes.c.id == note_files.c.note_id)
        .where(note_files.c.workspace == WORKSPACE, note_files.c.file_id == bindparam(file_id), IS_LIVE)
        .order_by(note_files.c.note_id.desc())
        .limit(LIMIT)
    )


# ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────────
HERE = newest_on("file_id", note_files.c.note_id, notes.c.confirmed_at, notes.c.size).cte("here")
TIES_FROM = (
    select(HERE.c.note_id, note_files.c.file_id, HERE.c.confirmed_at, HERE.c.size)
    .join(note_files, note_files.c.note_id == HERE.c.note_id)
    .order_by(HERE.c.note_id.desc(), note_files.c.file_id)
)
_mine, _theirs, _asked = uses.alias("mine"), uses.alias("theirs"), notes.alias("asked")
WALKS = (
    select(_theirs.c.principal, _theirs.c.session, _theirs.c.note_id, func.max(_theirs.c.at).label("last_at"))
    .select_from(_mine)
    .join(_asked, _asked.c.id == _mine.c.note_id)
    .join(_theirs, (_theirs.c.principal == _mine.c.principal) & (_theirs.c.session == _mine.c.session))
    .join(notes, notes.c.id == _theirs.c.note_id)
    .where(
        _mine.c.note_id.in_(IDS),
        _mine.c.session != "",
        is_here(_asked),
        is_walked(_mine),
        is_walked(_theirs),
        is_here(notes),
    )
    .group_by(_theirs.c.principal, _theirs.c.session, _theirs.c.note_id)
    .order_by(sql("last_at DESC"), _theirs.c.note_id.desc(), _theirs.c.principal.desc(), _theirs.c.session.desc())
    .limit(LIMIT)
)
FILES_OF = (
    select(note_files.c.note_id, note_files.c.file_id)
    .join(notes, notes.c.id == note_files.c.note_id)
    .where(note_files.c.note_id.in_(IDS), is_here(notes))
    .order_by(note_files.c.note_id, note_files.c.file_id)
)
FILE_NAMES_ANYWHERE = select(
    *(files.c[name] for name in ("id", "path", "present", "digest", "present_at", "named_at", "named_event"))
)
FILE_NAMES = FILE_NAMES_ANYWHERE.where(files.c.workspace == WORKSPACE)
FILES_AT = FILE_NAMES.where(files.c.path.in_(IDS))
FILES_BY_ID = FILE_NAMES_ANYWHERE.where(files.c.id.in_(IDS), is_in_workspace(files))
_newest = (
    select(notes.c.laid_at)
    .join(note_files, note_files.c.note_id == notes.c.id)
    .where(note_files.c.workspace == files.c.workspace, note_files.c.file_id == files.c.id, IS_LIVE)
    .order_by(note_files.c.note_id.desc())
    .limit(1)
    .correlate(files)
    .scalar_subquery()
)
TOUCHED_AT = select(files.c.id, _newest).where(files.c.id.in_(IDS), is_in_workspace(files))
NOTES_A_FILE = (
    select(note_files.c.file_id, func.count().label("number"))
    .where(note_files.c.workspace == WORKSPACE, note_files.c.file_id.in_(IDS))
    .group_by(note_files.c.file_id)
)
FILES_UNDER = FILE_NAMES.where(
    files.c.path >= bindparam("first"), files.c.path < bindparam("end"), files.c.path != ""
).order_by(files.c.path, files.c.named_at, files.c.named_event, files.c.id)  # the latest claim comes last
STEMS = FILE_NAMES.where(files.c.stem == bindparam("stem"), files.c.path != "").order_by(files.c.id).limit(LIMIT)
BORN_AT = select(func.count()).where(files.c.workspace == WORKSPACE, files.c.born_path == bindparam("path"))
HOW_MANY = select(func.count()).where(files.c.workspace == WORKSPACE, files.c.path != "")
WITH_WORD = (
    select(file_words.c.file_id)
    .where(file_words.c.workspace == WORKSPACE, file_words.c.word == bindparam("word"))
    .order_by(file_words.c.file_id)
    .limit(FILES_A_WORD)
)

NAMES = select(file_names.c.file_id, file_names.c.path, file_names.c.at, file_names.c.tree).order_by(
    file_names.c.at.desc(), file_names.c.event.desc(), file_names.c.file_id
)
NAMES_LIKE = NAMES.where(file_names.c.workspace == WORKSPACE, file_names.c.path.in_(IDS))
NAMES_OF = NAMES.where(file_names.c.file_id.in_(IDS), is_in_workspace(file_names))
ORIGINS = select(files.c.id, files.c.origin_id, files.c.origin_at).where(
    files.c.id.in_(IDS), is_in_workspace(files), files.c.origin_id != literal_column("''")
)
_theirs = sittings.alias("theirs")
_newest_of_each = func.row_number().over(
    partition_by=sittings.c.principal, order_by=(sittings.c.at.desc(), sittings.c.session)
)
_newest_sittings = (
    select(sittings.c.principal, sittings.c.session, sittings.c.at.label("sat_at"), _newest_of_each.label("place"))
    .where(sittings.c.file_id == bindparam("file_id"), is_in_workspace(sittings))
    .subquery("newest")
)
SITTINGS_WITH = (
    select(_theirs.c.principal, _theirs.c.session, _theirs.c.file_id, _theirs.c.at)
    .select_from(_newest_sittings)
    .join(
        _theirs,
        (_theirs.c.workspace == WORKSPACE)
        & (_theirs.c.principal == _newest_sittings.c.principal)
        & (_theirs.c.session == _newest_sittings.c.session),
    )
    .where(_newest_sittings.c.place <= LIMIT)
    .order_by(
        _newest_sittings.c.sat_at.desc(), _theirs.c.principal, _theirs.c.session, _theirs.c.at.desc(), _theirs.c.file_id
    )
)


# ── notes on files ───────────────────────────────────────────────────────────────────────────────────────────────────
def notes_on(
    connection: Connection, workspace: str, file_ids: Collection[str], limit: int, without: str
) -> tuple[str, ...]:
    wanted = list(dict.fromkeys(file_ids))
    values = {"workspace": workspace, "limit": limit, **({"without": without} if without else {})}
    found: dict[str, None] = {}
    for start in range(0, len(wanted), FILES_A_QUERY):
        some = wanted[start : start + FILES_A_QUERY]
        named = {f"file_{place}": file_id for place, file_id in enumerate(some)}
        rows = connection.execute(_notes_on(len(some), bool(without)), {**values, **named}).all()
        found |= dict.fromkeys(row.note_id for row in sorted(rows, key=lambda row: row.place))
    return tuple(found)


@lru_cache(2 * FILES_A_QUERY)
def _notes_on(files: int, has_others: bool) -> CompoundSelect[Any]:
    """The newest notes of so many files, `file_0` and so on, in one statement: each costs more than what it reads."""
    parts = []
    for place in range(files):
        newest = newest_on(f"file_{place}", note_files.c.note_id, literal_column(str(place)).label("place"))
        others = newest.where(notes.c.principal != bindparam("without")) if has_others else newest
        parts.append(select(others.subquery()))
    return union_all(*parts)


def ties_from(connection: Connection, workspace: str, file_id: str, limit: int) -> list[Tie]:
    rows = connection.execute(TIES_FROM, {"workspace": workspace, "file_id": file_id, "limit": limit})
    return [Tie(note_id, other_id, from_micros(at), size) for note_id, other_id, at, size in rows]


def files_of(connection: Connection, workspace: str, note_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for note_id, file_id in fetch_in(connection, FILES_OF, note_ids, workspace=workspace):
        found[note_id] = (*found.get(note_id, ()), file_id)
    return found


def walks_through(connection: Connection, workspace: str, note_ids: Collection[str], limit: int) -> list[Walk]:
    rows = fetch_in(connection, WALKS, note_ids, workspace=workspace, limit=limit)
    walks = {Walk(principal, session, note_id, from_micros(at)) for principal, session, note_id, at in rows}
    return newest_first(walks)[:limit]


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def files_at(connection: Connection, workspace: str, paths: Collection[str]) -> dict[str, FileName]:
    rows = sorted(
        fetch_in(connection, FILES_AT, [path for path in paths if path], workspace=workspace),
        key=lambda row: (row.named_at, row.named_event, row.id),
    )
    return {row.path: _file_name(row) for row in rows}  # the latest claim is the last to enter


def files_by_id(connection: Connection, workspace: str, file_ids: Collection[str]) -> list[FileName]:
    return [_file_name(row) for row in fetch_in(connection, FILES_BY_ID, file_ids, workspace=workspace)]


def files_under(connection: Connection, workspace: str, prefix: str) -> list[FileName]:
    bounds = {"workspace": workspace, "first": prefix, "end": prefix + LAST_CHARACTER}
    return [_file_name(row) for row in connection.execute(FILES_UNDER, bounds)]


def names_like(connection: Connection, workspace: str, paths: Collection[str]) -> list[Name]:
    return [_name(row) for row in fetch_in(connection, NAMES_LIKE, paths, workspace=workspace)]


def names_of(connection: Connection, workspace: str, file_ids: Collection[str]) -> list[Name]:
    return [_name(row) for row in fetch_in(connection, NAMES_OF, file_ids, workspace=workspace)]


def origins_of(connection: Connection, workspace: str, file_ids: Collection[str]) -> list[Origin]:
    rows = fetch_in(connection, ORIGINS, file_ids, workspace=workspace)
    return [Origin(row.id, row.origin_id, from_micros(row.origin_at)) for row in rows]


def sittings_with(connection: Connection, workspace: str, file_id: str, limit: int) -> list[Sitting]:
    rows = connection.execute(SITTINGS_WITH, {"workspace": workspace, "file_id": file_id, "limit": limit})
    return [Sitting(row.principal, row.session, row.file_id, from_micros(row.at)) for row in rows]


def _name(row: Found) -> Name:
    return Name(row.file_id, row.path, from_micros(row.at), row.tree)


def notes_a_file(connection: Connection, workspace: str, file_ids: Collection[str]) -> dict[str, int]:
    rows = fetch_in(connection, NOTES_A_FILE, file_ids, workspace=workspace)
    return {row.file_id: row.number for row in rows}


def touched_at(connection: Connection, workspace: str, file_ids: Collection[str]) -> dict[str, datetime]:
    rows = fetch_in(connection, TOUCHED_AT, file_ids, workspace=workspace)
    return {file_id: from_micros(at) for file_id, at in rows if at is not None}


def files_like(connection: Connection, workspace: str, paths: Collection[str]) -> list[FileName]:
    rows = {
        row.id: row
        for name in sorted({stem(path) for path in paths} - {""})
        for row in connection.execute(STEMS, {"workspace": workspace, "stem": name, "limit": FILES_OF_A_STEM})
    }
    return [_file_name(row) for row in rows.values()]


def files_with_words(connection: Connection, workspace: str, words: Sequence[str]) -> WordsOfPaths:
    found = {
        word: list(connection.scalars(WITH_WORD, {"workspace": workspace, "word": word}))
        for word in dict.fromkeys(words)
    }
    chosen: dict[str, None] = {}
    for word in sorted(found, key=lambda word: (len(found[word]), word)):  # the rarest say most
        chosen |= dict.fromkeys(found[word][: FILES_BY_WORDS - len(chosen)])
    total = connection.execute(HOW_MANY, {"workspace": workspace}).scalar_one() if chosen else 0
    counts = {word: len(file_ids) for word, file_ids in found.items() if file_ids}
    return WordsOfPaths(tuple(files_by_id(connection, workspace, chosen)), counts, total)


def count_files_born_at(connection: Connection, workspace: str, path: str) -> int:
    count: int = connection.execute(BORN_AT, {"workspace": workspace, "path": path}).scalar_one()
    return count


def _file_name(row: Found) -> FileName:
    return FileName(row.id, row.path, bool(row.present), row.digest, from_micros(row.present_at))
