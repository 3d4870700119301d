"""
Answers as plain JSON, and errors as each surface says them.

The keys are documented (docs/reference) and stable: `trails --json` prints them, and other programs read them.
Datetimes are ISO 8601 in UTC, enums their values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trails import (
    ERRORS_BY_CODE,
    Anchor,
    Author,
    Drift,
    Event,
    Hit,
    Note,
    Recall,
    Receipt,
    Story,
    TrailsError,
    to_payload,
)

Payload = dict[str, Any]


def note_payload(note: Note, drifts: Sequence[Drift] = ()) -> Payload:
    """`drifts` are those of the note's anchors, in their order; without them the files' validity is "unknown"."""
    return {
        "id": note.id,
        "handle": note.handle,
        "kind": note.kind.value,
        "title": note.title,
        "body": note.body,
        "by": author_payload(note.by),
        "laid_at": note.laid_at.isoformat(),
        "confirmed_at": note.confirmed_at.isoformat(),
        "files": [
            _file_payload(anchor, drifts[place] if place < len(drifts) else None)
            for place, anchor in enumerate(note.anchors)
        ],
        "topics": list(note.topics),
        "status": note.status.value,
        "reason": note.reason,
        "superseded_by": note.superseded_by,
        "supersedes": note.supersedes,
        "disputed_by": list(note.disputed_by),
    }


def author_payload(author: Author) -> Payload:
    return {"principal": author.principal, "agent": author.agent, "session": author.session}


def hit_payload(hit: Hit) -> Payload:
    return {
        "note": note_payload(hit.note, hit.drifts),
        "score": hit.score,
        "reasons": [{"name": one.name, "value": one.value, "words": one.words} for one in hit.reasons],
    }


def recall_payload(recall: Recall, text: str) -> Payload:
    """`text` is the same answer as a model reads it."""
    return {
        "recall_id": recall.id,
        "hits": [hit_payload(hit) for hit in recall.hits],
        "degraded": list(recall.degraded),
        "text": text,
    }


def receipt_payload(receipt: Receipt) -> Payload:
    return {
        "id": receipt.note_id,
        "handle": receipt.handle,
        "redactions": [{"rule": one.rule, "count": one.count} for one in receipt.redactions],
        "replayed": receipt.replayed,
    }


def event_payload(seq: int | None, event: Event) -> Payload:
    """An event: its place in the journal (null where that is not known), its origin, and the fields of its fact."""
    fact = to_payload(event.fact)
    if "kind" in fact:
        fact["note_kind"] = fact.pop("kind")  # `kind` is the event's
    if "anchors" in fact:
        fact["files"] = [
            {name: anchor.get(name) for name in ("path", "first_line", "last_line")} for anchor in fact.pop("anchors")
        ]
    origin = {"seq": seq, "id": event.id, "at": event.at.isoformat(), "kind": event.kind}
    return {**origin, "by": author_payload(event.by), **fact}


def story_payload(story: Story) -> Payload:
    return {
        "note": note_payload(story.note, story.drifts),
        "events": [event_payload(None, event) for event in story.events],
        "related": [note_payload(note) for note in story.related],
    }


def _file_payload(anchor: Anchor, drift: Drift | None) -> Payload:
    return {
        "path": anchor.path,
        "first_line": anchor.first_line,
        "last_line": anchor.last_line,
        "validity": drift.validity.value if drift else "unknown",
        "changed": drift.changed if drift else 0.0,
        "now_first_line": drift.first_line if drift else None,
        "now_last_line": drift.last_line if drift else None,
    }


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Translation:
    """One kind of error as each surface says it: the HTTP status, the JSON-RPC code, the exit code of a command."""

    http_status: int
    json_rpc: int
    exit_code: int


JSON_RPC_CODES = {
    "error": -32603,  # "Internal error" of JSON-RPC
    "bad_input": -32602,  # "Invalid params"
    "no_such_note": -32010,  # from here on ours: -32000 to -32019 is free for servers
    "refused": -32011,
    "conflict": -32012,
    "unavailable": -32013,
}
TRANSLATIONS = {
    code: Translation(error.status, JSON_RPC_CODES[code], error.exit_code) for code, error in ERRORS_BY_CODE.items()
}
INTERNAL = "The keeper failed at this. Its log says why: `trails doctor` shows where it is."


def error_payload(error: Exception) -> Payload:
    """An error as the ask door says it; of one that is not ours nothing is told."""
    if isinstance(error, TrailsError):
        return {"code": error.code, "message": str(error)}
    return {"code": TrailsError.code, "message": INTERNAL}
