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
    AtWork,
    Author,
    Drift,
    Event,
    Hit,
    Lead,
    Note,
    Page,
    Question,
    Reason,
    Recall,
    Receipt,
    Story,
    TakenBack,
    Told,
    TrailsError,
    Welcome,
    Whereabouts,
    Why,
    is_doubtful,
    is_undone,
    probability,
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
        "branch": note.head.branch,
        "commit": note.head.commit,
        "topics": list(note.topics),
        "status": note.status.value,
        "reason": note.reason,
        "superseded_by": note.superseded_by,
        "supersedes": note.supersedes,
        "disputed_by": list(note.disputed_by),
        "quality": {
            "value": probability(note.quality),
            "helped": note.quality.helped,
            "failed": note.quality.failed,
        },
        "witnesses": list(note.witnesses),
    }


def author_payload(author: Author) -> Payload:
    return {"principal": author.principal, "agent": author.agent, "session": author.session}


def hit_payload(hit: Hit) -> Payload:
    """
    `propensity` is the chance that the note had of its place, `explored` whether chance put it there.

    `elsewhere` is the other branch that it comes from, where it does not hold on the one that is checked out.
    """
    return {
        "note": note_payload(hit.note, hit.drifts),
        "score": hit.score,
        "reasons": [reason_payload(one) for one in hit.reasons],
        "dissent": [title_payload(other) for other in hit.dissent],
        "propensity": hit.propensity,
        "explored": hit.explored,
        "elsewhere": hit.branch,
    }


def reason_payload(reason: Reason) -> Payload:
    """A term of a score: what it added is `value`; `weight` and `amount` are 0 for a factor."""
    return {
        "name": reason.name,
        "value": reason.value,
        "words": reason.words,
        "weight": reason.weight,
        "amount": reason.amount,
    }


def title_payload(note: Note) -> Payload:
    """A note that is only named."""
    return {"id": note.id, "handle": note.handle, "kind": note.kind.value, "title": note.title}


def laid_payload(note: Note) -> Payload:
    """A note as one of those that a session laid; `undone` tells that it was taken back with the whole session."""
    return {
        **title_payload(note),
        "status": note.status.value,
        "laid_at": note.laid_at.isoformat(),
        "undone": is_undone(note),
    }


def lead_payload(lead: Lead) -> Payload:
    """A file to look at; `notes` are the ids of those that say most for it."""
    return {
        "path": lead.path,
        "score": lead.score,
        "reasons": [reason_payload(one) for one in lead.reasons],
        "notes": list(lead.note_ids),
    }


def recall_payload(recall: Recall, text: str) -> Payload:
    """`text` is the same answer as a model reads it."""
    return {
        "recall_id": recall.id,
        "hits": [hit_payload(hit) for hit in recall.hits],
        "leads": [lead_payload(lead) for lead in recall.leads],
        "degraded": list(recall.degraded),
        "text": text,
    }


def welcome_payload(welcome: Welcome) -> Payload:
    """`text` is the same welcome as a model reads it; of most notes it tells the title alone."""
    return {
        "recall_id": welcome.id,
        "parts": [{"name": part.name, "hits": [hit_payload(hit) for hit in part.hits]} for part in welcome.parts],
        "at_work": [at_work_payload(one) for one in welcome.at_work],
        "reading_path": [lead_payload(lead) for lead in welcome.reading],
        "text": welcome.text,
    }


def at_work_payload(one: AtWork) -> Payload:
    """A session at work; of its `files` it edits `edits` and reads the others. `worktree` is "" for the main one."""
    return {
        "by": author_payload(one.by),
        "files": list(one.paths),
        "edits": list(one.edits),
        "at": one.at.isoformat(),
        "worktree": one.tree,
    }


def receipt_payload(receipt: Receipt) -> Payload:
    return {
        "id": receipt.note_id,
        "handle": receipt.handle,
        "redactions": [{"rule": one.rule, "count": one.count} for one in receipt.redactions],
        "replayed": receipt.replayed,
    }


def event_payload(seq: int, event: Event) -> Payload:
    """An event: its place in the journal, its origin, and the fields of its fact."""
    fact = to_payload(event.fact)
    if "kind" in fact:
        fact["note_kind"] = fact.pop("kind")  # `kind` is the event's
    if "anchors" in fact:
        fact["files"] = [
            {name: anchor.get(name) for name in ("path", "first_line", "last_line")} for anchor in fact.pop("anchors")
        ]
    origin = {"seq": seq, "id": event.id, "at": event.at.isoformat(), "kind": event.kind}
    return {**origin, "by": author_payload(event.by), **fact}


def told_payload(told: Told) -> Payload:
    """An event of the journal; `says` is its sentence, and `undone` who took it back, when and why, or null."""
    undone = told.undone
    return {
        **event_payload(told.place, told.event),
        "says": told.says,
        "undone": None
        if undone is None
        else {
            "id": undone.id,
            "at": undone.at.isoformat(),
            "by": author_payload(undone.by),
            "reason": getattr(undone.fact, "reason", ""),
        },
    }


def page_payload(page: Page) -> Payload:
    """A page of the journal; `more` tells that there is more of it, and whatever happens later is after `cursor`."""
    return {"events": [told_payload(told) for told in page.told], "more": page.is_cut, "cursor": page.cursor}


def taken_back_payload(taken: TakenBack) -> Payload:
    """`withdrawn` are notes, `undone` events; `whole` is "session" or "agent" where it is all of one."""
    return {
        "whole": taken.whole,
        "withdrawn": [laid_payload(note) for note in taken.notes],
        "undone": [told_payload(told) for told in taken.said],
    }


def story_payload(story: Story) -> Payload:
    return {
        "note": note_payload(story.note, story.drifts),
        "events": [told_payload(told) for told in story.events],
        "related": [note_payload(note) for note in story.related],
        "edges": [
            {
                "from_path": edge.from_path,
                "path": edge.path,
                "chance": edge.chance,
                "notes": edge.notes,
                "sessions": edge.sessions,
            }
            for edge in story.edges
        ],
        "used_with": [
            {"note": title_payload(one.note), "chance": one.chance, "sessions": one.sessions}
            for one in story.companions
        ],
    }


def whereabouts_payload(where: Whereabouts) -> Payload:
    """A file with all its names, the present one first; `how` says by what the move to a name was known."""
    return {
        "path": where.path,
        "state": where.state.value,
        "notes": where.notes,
        "changed_at": where.changed_at.isoformat() if where.changed_at else None,
        "names": [
            {
                "path": stay.path,
                "since": stay.since.isoformat(),
                "how": stay.how,
                "confidence": stay.confidence,
                "tree": stay.tree,
            }
            for stay in where.names
        ],
        "copies": list(where.copies),
        "copy_of": where.copy_of,
    }


def why_payload(why: Why) -> Payload:
    """`question` is null, and `place` 0, where there is none to explain; `above` is null in the first place."""
    return {
        "note": note_payload(why.note),
        "words": why.words,
        "question": None if why.question is None else question_payload(why.question),
        "place": why.place,
        "of": why.of,
        "score": why.score,
        "reasons": [reason_payload(one) for one in why.reasons],
        "above": None if why.above is None else title_payload(why.above),
        "ahead_by": [{"name": name, "value": value} for name, value in why.ahead_by],
        "figures": [
            {"name": one.name, "value": one.value, "formula": one.formula, "words": one.words} for one in why.figures
        ],
        "showings": [
            {
                "at": one.at.isoformat(),
                "by": author_payload(one.by),
                "place": one.place,
                "of": one.of,
                "propensity": one.propensity,
            }
            for one in why.showings
        ],
        "degraded": list(why.degraded),
    }


def question_payload(question: Question) -> Payload:
    return {"query": question.query, "files": list(question.files), "topics": list(question.topics)}


def _file_payload(anchor: Anchor, drift: Drift | None) -> Payload:
    return {
        "path": anchor.path,
        "first_line": anchor.first_line,
        "last_line": anchor.last_line,
        "symbol": (drift.symbol if drift else "") or anchor.symbol,
        "validity": drift.validity.value if drift else "unknown",
        "changed": drift.changed if drift else 0.0,
        "now_first_line": drift.first_line if drift else None,
        "now_last_line": drift.last_line if drift else None,
        "changed_lines": [list(span) for span in drift.new_lines] if drift else [],
        "file_gone": drift is not None and drift.file_gone,
        "doubtful": drift is not None and is_doubtful(anchor, drift),
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
