"""
Notes, and the answers that are made of them, as plain JSON.

The keys are documented (docs/reference) and stable: `trails --json` prints them, and other programs read them.
Datetimes are ISO 8601 in UTC, enums their values.
"""

from collections.abc import Sequence
from typing import Any

from trails import (
    Anchor,
    AtWork,
    Author,
    Drift,
    Hit,
    Lead,
    Note,
    Question,
    Reason,
    Recall,
    Receipt,
    Welcome,
    Why,
    is_doubtful,
    is_undone,
    probability,
)

Payload = dict[str, Any]


def note_payload(note: Note, drifts: Sequence[Drift] = (), *, is_elsewhere: bool = False) -> Payload:
    """
    `drifts` are those of the note's anchors, in their order; without them the files' validity is "unknown".

    A place is `doubtful` where somebody should look if the note still holds: not where it may hold elsewhere.
    """
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
            _file_payload(anchor, drifts[place] if place < len(drifts) else None, is_elsewhere)
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
        "note": note_payload(hit.note, hit.drifts, is_elsewhere=bool(hit.branch)),
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


def _file_payload(anchor: Anchor, drift: Drift | None, is_elsewhere: bool) -> Payload:
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
        "doubtful": drift is not None and not is_elsewhere and is_doubtful(anchor, drift),
    }
