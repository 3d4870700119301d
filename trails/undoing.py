"""
Taking back what was said: one event, or at once all that a session or an agent laid and said in a workspace.

Nothing is lost by it. A note is withdrawn with the reason, anything else no longer counts; the journal shows both, and
what takes back can be taken back the same way.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from . import handles
from .admission import clean_reason
from .amending import freed
from .errors import BadInput, Conflict, NoSuchNote
from .events import (
    UNDOABLE,
    Chosen,
    Event,
    Fact,
    FileChanged,
    FileSeen,
    Laid,
    Served,
    Superseded,
    TreeSeen,
    Undone,
    Withdrawn,
    WorkspaceOpened,
    note_ids_of,
)
from .fold import undone_by
from .journal import Journal, Placed, Told
from .notes import Author, Note, Status
from .ports import Store, Wanted
from .recording import Recorder

UNDONE = {"session": "undone with its whole session: ", "agent": "undone with all of its agent: "}
"""How the reasons begin of what was taken back with other things, by which it is known again."""
STANDING = (Status.LIVE, Status.WITNESS)
ALL_EVENTS = 1_000_000
AN_INSTANT = timedelta(microseconds=1)

SEEN_AGAIN = "it says what a file held, and the next look would say so again"
WHY_NOT: dict[type[Fact], str] = {
    Served: "that a note was shown proves nothing, so there is nothing to take back",
    FileChanged: SEEN_AGAIN,
    FileSeen: SEEN_AGAIN,
    TreeSeen: SEEN_AGAIN,
    WorkspaceOpened: "a workspace stays known by its last folder",
    Chosen: "choose anew instead",
}


@dataclass(frozen=True, slots=True)
class TakenBack:
    """
    What is taken back, or would be: the notes that are withdrawn, and what else was said. Both are empty for nothing.

    `whole` is "session" or "agent" where it is all of one.
    """

    notes: tuple[Note, ...] = ()
    said: tuple[Told, ...] = ()
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Undoing:
    """What can be taken back in a workspace; of whole sessions and agents only those of one principal."""

    store: Store
    recorder: Recorder
    workspace: str
    principal: str

    def notes_of(self, session: str) -> tuple[Note, ...]:
        """The notes of a session in the order in which they were laid, in any status."""
        if not session:
            raise BadInput("Name the session: `trails show NOTE --json` tells that of a note.")
        return self._laid_in(self.store.session_events(self.workspace, self.principal, session, ALL_EVENTS))

    def planned(self, what: str, all_of: str = "") -> TakenBack:
        """
        What there is to take back of an event (by its place or id), of a note (by its handle or id) or of a session.

        With `all_of` "session" or "agent": of that which the event or the note is from, or of that name. Raises
        BadInput, NoSuchNote for an event that is not there, Conflict for one that cannot be taken back.
        """
        if not what:
            raise BadInput("Name an event by its place, a note or a session: `trails log` shows what there is.")
        if all_of not in ("", *UNDONE):
            raise BadInput(f"All can be taken back of a {' or of an '.join(UNDONE)}.")
        placed = self._find(what)
        if placed is None and what.isdigit():
            raise NoSuchNote(f"There is no event {what} in this workspace; `trails log` shows those there are.")
        if placed is not None and not all_of:
            return self._of_event(*placed)
        if all_of == "agent":
            return self._of_whole(self._of_agent(self._own(placed).agent if placed else what), "agent")
        session = self._own(placed).session if placed else what
        events = self.store.session_events(self.workspace, self.principal, session, ALL_EVENTS)
        return self._of_whole(events, "session")

    def carry_out(self, planned: TakenBack, by: Author, reason: str) -> TakenBack:
        """Take it back, all or none; gives the notes as they are then. Their witnesses stand by themselves again."""
        why = clean_reason(UNDONE.get(planned.whole, "") + clean_reason(reason))
        facts: list[Fact] = [fact for note in planned.notes for fact in freed(note)]
        facts += [Withdrawn(note.id, why) for note in planned.notes]
        facts += [Undone(told.event.id, why) for told in planned.said]
        self.recorder.append(self.workspace, by, facts)
        withdrawn = self.store.find_notes(self.workspace, [note.id for note in planned.notes])
        told = Journal(self.store, self.workspace).tell([(one.place, one.event) for one in planned.said])
        return TakenBack(tuple(withdrawn[note.id] for note in planned.notes), told, planned.whole)

    # ── what is meant ────────────────────────────────────────────────────────────────────────────────────────────────
    def _find(self, what: str) -> Placed | None:
        """The event that a place, an id or a note means; None for what is a name."""
        if what.isdigit():
            found = self.store.events_of(self.workspace, after=int(what) - 1, limit=1)
            return found[0] if found and found[0][0] == int(what) else None
        ref = what.strip("[]")
        if not handles.is_name(ref):
            return None
        if len(ref) == handles.ID_LENGTH and (placed := self.store.find_event(self.workspace, ref.upper())):
            return placed
        laid = Wanted(("laid",))
        found = [
            placed
            for note_id in handles.ids_named(self.store, self.workspace, ref)
            for placed in self.store.events_of(self.workspace, note_id=note_id, wanted=laid, limit=1)
        ]
        return found[0] if found else None

    def _own(self, placed: Placed) -> Author:
        """Whose an event is. Raises BadInput where it is another principal's, or the keeper's own."""
        by = placed[1].by
        if by.principal != self.principal:
            raise BadInput(f"Event {placed[0]} is of {by.principal or by.agent}: take such events back one by one.")
        return by

    def _of_agent(self, agent: str) -> list[Placed]:
        found = self.store.events_of(self.workspace, wanted=Wanted(by=agent), limit=ALL_EVENTS) if agent else []
        return [(at, one) for at, one in found if (one.by.principal, one.by.agent) == (self.principal, agent)]

    # ── what there is to take back ───────────────────────────────────────────────────────────────────────────────────
    def _of_event(self, place: int, event: Event) -> TakenBack:
        fact = event.fact
        if isinstance(fact, Laid):
            notes = self._standing([fact.note_id])
            return TakenBack(notes, self._told(self._superseding(fact) if notes else []))
        if not isinstance(fact, UNDOABLE):
            raise Conflict(f"Event {place} ({event.kind}) cannot be taken back: {WHY_NOT[type(fact)]}.")
        return TakenBack(said=self._told(self._together_with(place, event)))

    def _of_whole(self, events: Sequence[Placed], whole: str) -> TakenBack:
        """What was laid and said, but for what was only said of that: it goes with what it is about."""
        own_events = {event.id for _, event in events}
        own_notes = {event.fact.note_id for _, event in events if isinstance(event.fact, Laid)}
        said = [
            (place, event)
            for place, event in events
            if isinstance(event.fact, UNDOABLE)
            and not (isinstance(event.fact, Undone) and event.fact.event_id in own_events)
            and not (note_ids_of(event.fact) and own_notes.issuperset(note_ids_of(event.fact)))
        ]
        laid = [event.fact.note_id for _, event in events if isinstance(event.fact, Laid)]
        return TakenBack(self._standing(laid), self._told(said), whole)

    def _superseding(self, laid: Laid) -> list[Placed]:
        """What put a note in the place of another: taken back with it, so that the other stands again."""
        if not laid.supersedes:
            return []
        wanted = Wanted(("superseded",))
        told = self.store.events_of(self.workspace, note_id=laid.supersedes, wanted=wanted, limit=ALL_EVENTS)
        return [
            (place, event)
            for place, event in told
            if isinstance(event.fact, Superseded) and event.fact.by_note_id == laid.note_id
        ]

    def _together_with(self, place: int, event: Event) -> list[Placed]:
        """An event; of the undoing of a whole session or agent, all of its events."""
        reason = getattr(event.fact, "reason", "")
        if not (isinstance(event.fact, Undone | Withdrawn) and reason.startswith(tuple(UNDONE.values()))):
            return [(place, event)]
        wanted = Wanted(("undone", "withdrawn", "restored"), since=event.at, until=event.at + AN_INSTANT)
        found = self.store.events_of(self.workspace, wanted=wanted, limit=ALL_EVENTS)
        return [(at, one) for at, one in found if one.by == event.by]

    def _told(self, events: Sequence[Placed]) -> tuple[Told, ...]:
        """Those of the events that still count, in sentences."""
        undone = undone_by(self.store.undoings_of(self.workspace, [event.id for _, event in events]))
        counting = [(place, event) for place, event in events if event.id not in undone]
        return Journal(self.store, self.workspace).tell(counting)

    def _standing(self, note_ids: Sequence[str]) -> tuple[Note, ...]:
        notes = self.store.find_notes(self.workspace, note_ids)
        return tuple(notes[note_id] for note_id in note_ids if notes[note_id].status in STANDING)

    def _laid_in(self, events: Iterable[Placed]) -> tuple[Note, ...]:
        note_ids = [event.fact.note_id for _, event in events if isinstance(event.fact, Laid)]
        notes = self.store.find_notes(self.workspace, note_ids)
        return tuple(notes[note_id] for note_id in note_ids if note_id in notes)


def is_undone(note: Note) -> bool:
    """Whether a note was withdrawn with all of its session or agent, and not for what it says."""
    return note.status is Status.WITHDRAWN and note.reason.startswith(tuple(UNDONE.values()))
