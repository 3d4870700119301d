"""
What happened, as plain JSON: to the workspace, to one note, to one file; and what of it is taken back.
"""

from trails import Event, Page, Story, TakenBack, Told, Whereabouts, to_payload

from .payloads import Payload, author_payload, laid_payload, note_payload, title_payload


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
