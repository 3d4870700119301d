"""
Events and states as rows, and back.

Written so that the rows of a state are a function of the state: what a change has to write is then the difference
between two sets of rows, and no table needs code of its own.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import Table

from ..dynamics import HALF_LIFE_DAYS_BY_KIND, slots, t_star
from ..events import (
    NEVER,
    Confirmed,
    Event,
    Laid,
    Served,
    Stamp,
    Undone,
    file_ids_of,
    from_payload,
    note_ids_of,
    to_payload,
)
from ..events import OutcomeReported as Outcome
from ..fold import FileState, Judgement, Lifecycle, NoteState, Voice
from ..notes import Anchor, Author, Status, handle
from ..words import path_words, stem
from .sql_schema import (
    disputes,
    file_names,
    file_words,
    files,
    judgements,
    note_files,
    note_topics,
    notes,
    sittings,
    uses,
    witnesses,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Found = sqlalchemy.Row[*tuple[Any, ...]]
"""A row that was read."""

Row = dict[str, Any]
"""A row to be written."""

Key = tuple[Any, ...]
Rows = dict[Table, dict[Key, Row]]
"""The rows of a state, by table and by the columns of KEYS."""

KEYS: Mapping[Table, tuple[str, ...]] = {
    notes: ("id",),
    note_files: ("workspace", "file_id", "note_id"),
    note_topics: ("workspace", "topic", "note_id"),
    uses: ("note_id", "principal", "session", "act"),
    judgements: ("note_id", "principal", "session", "act"),
    disputes: ("note_id", "counter_id"),
    witnesses: ("note_id", "witness_id"),
    files: ("id",),
    file_words: ("workspace", "word", "file_id"),
    file_names: ("workspace", "path", "file_id", "tree"),
    sittings: ("file_id", "principal", "session"),
}


def to_micros(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def to_stamp(micros: int, event_id: str) -> Stamp:
    return (from_micros(micros), event_id)


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def event_row(event: Event, key: str, digest: str) -> Row:
    """The row of an event, but for its place. Raises UnicodeEncodeError for text that is not proper Unicode."""
    row = {
        "id": event.id,
        "workspace": event.workspace,
        "kind": event.kind,
        "principal": event.by.principal,
        "agent": event.by.agent,
        "session": event.by.session,
        "at": to_micros(event.at),
        "key": key,
        "digest": digest,
        "payload": json.dumps(to_payload(event.fact), ensure_ascii=False, separators=(",", ":")),
    }
    "".join(value for value in row.values() if isinstance(value, str)).encode()
    return row


def event_from_row(row: Found) -> Event:
    return Event(
        row.id,
        from_micros(row.at),
        row.workspace,
        Author(row.principal, row.agent, row.session),
        from_payload(row.kind, json.loads(row.payload)),
    )


Subject = tuple[str, str]
"""What an event is about: ("note", its id) or ("file", its id)."""


def subjects_of(event: Event) -> list[Subject]:
    notes_of = [("note", note_id) for note_id in note_ids_of(event.fact)]
    return notes_of + [("file", file_id) for file_id in file_ids_of(event.fact)]


def subject_rows(event: Event, seq: int, undone: Event | None = None) -> Iterable[Row]:
    """
    What an event can be looked up by: its notes, its files, its kind of task, the notes that it showed.

    An event that undoes another is found where the one that is `undone` is.
    """
    subjects = subjects_of(event) + (subjects_of(undone) if undone else [])
    if isinstance(event.fact, Outcome):
        subjects.append(("task", event.fact.task))
    if isinstance(event.fact, Served):
        subjects += [("shown", note_id) for note_id in event.fact.note_ids]
    if isinstance(event.fact, Undone):
        subjects.append(("undone", event.fact.event_id))
    for role, subject in dict.fromkeys(subjects):
        yield {"workspace": event.workspace, "role": role, "subject": subject, "seq": seq}


# ── notes ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def text_of(state: NoteState) -> tuple[str, ...]:
    """What a note says: its title, its body, its topics."""
    assert state.laid is not None
    return (state.laid.title, state.laid.body, *state.live_topics)


def rows_of_note(state: NoteState) -> Rows:
    """All rows of a note that was laid, but for what grows from revision to revision: see `sql_states.py`."""
    laid, note_id, workspace = state.laid, state.note_id, state.workspace
    assert laid is not None
    file_ids = state.file_ids
    life = state.lifecycle
    row = {
        "id": note_id,
        "handle": handle(note_id),
        "workspace": workspace,
        "kind": str(laid.kind),
        "principal": state.by.principal,
        "agent": state.by.agent,
        "session": state.by.session,
        "laid_at": to_micros(state.laid_stamp[0]),
        "laid_event": state.laid_stamp[1],
        "confirmed_at": to_micros(state.confirmed_at),
        "status": str(life.status),
        "status_at": to_micros(life.stamp[0]),
        "status_event": life.stamp[1],
        "reason": life.reason,
        "superseded_by": life.superseded_by,
        "anchored_at": _micros(state.confirmed[0]),
        "anchored_event": state.confirmed[0][1],
        "size": len(file_ids),
        "t_star": t_star(slots(state.uses, laid.kind, state.by.principal), HALF_LIFE_DAYS_BY_KIND[laid.kind]),
    }
    return {
        notes: {(note_id,): row},
        note_files: _keyed(
            note_files, [{"workspace": workspace, "file_id": file_id, "note_id": note_id} for file_id in file_ids]
        ),
        note_topics: _keyed(note_topics, _topic_rows(state)),
        uses: _keyed(uses, [{**_voice(note_id, voice), "at": to_micros(at)} for voice, at in state.uses.items()]),
        judgements: _keyed(judgements, _judgement_rows(state)),
        disputes: _keyed(disputes, [{"note_id": note_id, "counter_id": counter} for counter in state.disputed_by]),
        witnesses: _keyed(witnesses, [{"note_id": note_id, "witness_id": witness} for witness in state.witnesses]),
    }


def note_from_rows(row: Found, children: Mapping[Table, Iterable[Found]]) -> NoteState:
    """The state back from its row in `notes` (with the `payload` of the event that laid it) and in other tables."""
    laid = from_payload("laid", json.loads(row.payload))
    assert isinstance(laid, Laid)
    return NoteState(
        note_id=row.id,
        workspace=row.workspace,
        laid=laid,
        laid_stamp=to_stamp(row.laid_at, row.laid_event),
        by=Author(row.principal, row.agent, row.session),
        lifecycle=Lifecycle(
            to_stamp(row.status_at, row.status_event), Status(row.status), row.reason, row.superseded_by
        ),
        topics={topic.topic: (to_stamp(topic.at, topic.event), bool(topic.present)) for topic in children[note_topics]},
        disputed_by=frozenset(dispute.counter_id for dispute in children[disputes]),
        witnesses=frozenset(witness.witness_id for witness in children[witnesses]),
        uses={voice_of(use): from_micros(use.at) for use in children[uses]},
        judgements={voice_of(judged): judgement_of(judged) for judged in children[judgements]},
        confirmed=(_stamp(row.anchored_at, row.anchored_event), anchors_of(row.places)),
    )


def anchors_of(payload: str | None) -> tuple[Anchor, ...]:
    """The places of the event that confirmed a note; none where it never was."""
    fact = from_payload("confirmed", json.loads(payload)) if payload else None
    return fact.anchors if isinstance(fact, Confirmed) else ()


def _micros(at: Stamp) -> int:
    """The time of a stamp, 0 for never."""
    return to_micros(at[0]) if at != NEVER else 0


def _stamp(micros: int, event_id: str) -> Stamp:
    return to_stamp(micros, event_id) if event_id else NEVER


def voice_of(row: Found) -> Voice:
    return (row.principal, row.session, row.act)


def judgement_of(row: Found) -> Judgement:
    return Judgement(to_stamp(row.at, row.event), row.helped, row.failed)


def _topic_rows(state: NoteState) -> Iterable[Row]:
    for topic, ((at, event_id), present) in state.topics.items():
        yield {
            "workspace": state.workspace,
            "topic": topic,
            "note_id": state.note_id,
            "at": to_micros(at),
            "event": event_id,
            "present": present,
        }


def _judgement_rows(state: NoteState) -> Iterable[Row]:
    for voice, judged in state.judgements.items():
        at, event_id = judged.stamp
        yield {
            **_voice(state.note_id, voice),
            "at": to_micros(at),
            "event": event_id,
            "helped": judged.helped,
            "failed": judged.failed,
        }


def _voice(note_id: str, voice: Voice) -> Row:
    principal, session, act = voice
    return {"note_id": note_id, "principal": principal, "session": session, "act": act}


def _keyed(table: Table, rows: Iterable[Row]) -> dict[Key, Row]:
    return {tuple(row[name] for name in KEYS[table]): row for row in rows}


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def rows_of_file(state: FileState) -> Rows:
    row: Row = {"id": state.file_id, "workspace": state.workspace, "path": state.path, "stem": stem(state.path)}
    registers = {
        "born": (state.born[0], "born_path", state.born[1]),
        "moved": (state.moved[0], "moved_path", state.moved[1]),
        "present": (state.present[0], "present", state.present[1]),
        "digest": (state.digest[0], "digest", state.digest[1]),
        "named": (state.named_stamp, "path", state.path),
    }
    for register, ((at, event_id), column, value) in registers.items():
        row |= {f"{register}_at": to_micros(at), f"{register}_event": event_id, column: value}
    row |= {"origin_at": _micros(state.origin[0]), "origin_event": state.origin[0][1], "origin_id": state.origin[1]}
    its = {"workspace": state.workspace, "file_id": state.file_id}
    told = [{**its, "word": word} for word in sorted(path_words(state.path))]
    names = [
        {
            **its,
            "path": path,
            "tree": tree,
            "at": to_micros(at),
            "event": event_id,
            "moved": (tree, path) in state.names,
        }
        for (tree, path), (at, event_id) in state.all_names.items()
    ]
    sat = [
        {**its, "principal": principal, "session": session, "at": to_micros(at)}
        for (principal, session), at in state.sittings.items()
    ]
    return {
        files: {(state.file_id,): row},
        file_words: _keyed(file_words, told),
        file_names: _keyed(file_names, names),
        sittings: _keyed(sittings, sat),
    }


def file_from_rows(row: Found, children: Mapping[Table, Iterable[Found]]) -> FileState:
    """The state back from its row in `files` and those in other tables."""
    return FileState(
        file_id=row.id,
        workspace=row.workspace,
        born=(to_stamp(row.born_at, row.born_event), row.born_path),
        moved=(to_stamp(row.moved_at, row.moved_event), row.moved_path),
        present=(to_stamp(row.present_at, row.present_event), bool(row.present)),
        digest=(to_stamp(row.digest_at, row.digest_event), row.digest),
        origin=(_stamp(row.origin_at, row.origin_event), row.origin_id),
        names={(name.tree, name.path): to_stamp(name.at, name.event) for name in children[file_names] if name.moved},
        sittings={(sat.principal, sat.session): from_micros(sat.at) for sat in children[sittings]},
    )
