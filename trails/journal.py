"""
The journal as a person reads it: each event in a sentence, whether it was taken back, and where to read on.

Its order is that of the log, oldest first: the order in which the keeper learned of things.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .events import (
    Disputed,
    Event,
    Fact,
    FileCopied,
    Served,
    Superseded,
    Undone,
    file_ids_of,
    note_ids_of,
)
from .fold import undone_by
from .ports import EVERYTHING, Store, Wanted
from .sentences import Names, sentence

Placed = tuple[int, Event]
"""An event with its place in the log."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event and its place in the log, what it says in a sentence, and the event that took it back, if one did."""

    place: int
    event: Event
    says: str
    undone: Event | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """
    Some of the journal, oldest first.

    `is_cut` tells that there is more of what was asked for: after the last where the page is one after a place, else
    before the first. Whatever happens later has a place after `cursor`.
    """

    told: tuple[Told, ...]
    is_cut: bool
    cursor: int


@dataclass(frozen=True, slots=True)
class Journal:
    """Reads the journal of one workspace."""

    store: Store
    workspace: str

    def page(
        self,
        *,
        note_id: str = "",
        path: str = "",
        wanted: Wanted = EVERYTHING,
        after: int | None = None,
        before: int | None = None,
        limit: int,
    ) -> Page:
        """At most `limit` events; see `Store.events_of`."""
        newest = max([after or 0, *(place for place, _ in self.store.events_of(self.workspace, limit=1))])
        found = self.store.events_of(
            self.workspace, note_id=note_id, path=path, wanted=wanted, after=after, before=before, limit=limit + 1
        )
        is_cut = len(found) > limit
        kept = found[:limit] if after is not None else found[-limit:]
        last = kept[-1][0] if kept else 0
        is_whole = not (is_cut and after is not None)
        return Page(self.tell(kept), is_cut, max(newest, last) if is_whole else last)

    def tell(self, events: Sequence[Placed]) -> tuple[Told, ...]:
        """Events in sentences."""
        undone = undone_by(self.store.undoings_of(self.workspace, [event.id for _, event in events]))
        names = self._names([event.fact for _, event in events])
        return tuple(Told(place, event, sentence(event.fact, names), undone.get(event.id)) for place, event in events)

    def _names(self, facts: Iterable[Fact]) -> Names:
        """What the facts, and those that they undo, speak of."""
        told = list(facts)
        undone: dict[str, tuple[int, Fact]] = {}
        for fact in told:  # grows while it is read: an undone fact may itself undo one
            if isinstance(fact, Undone) and fact.event_id not in undone:
                found = self.store.find_event(self.workspace, fact.event_id)
                if found is not None:
                    undone[fact.event_id] = (found[0], found[1].fact)
                    told.append(found[1].fact)
        note_ids = {note_id for fact in told for note_id in _notes_in(fact)}
        file_ids = {file_id for fact in told for file_id in _files_in(fact)}
        notes = self.store.find_notes(self.workspace, note_ids)
        files = self.store.files_by_id(self.workspace, file_ids)
        return Names({note.id: note.title for note in notes.values()}, {one.file_id: one.path for one in files}, undone)


def _notes_in(fact: Fact) -> tuple[str, ...]:
    """The notes that a sentence may name."""
    match fact:
        case Superseded():
            return (fact.note_id, fact.by_note_id)
        case Disputed():
            return (fact.note_id, fact.counter_id)
        case Served():
            return fact.note_ids
        case _:
            return note_ids_of(fact)


def _files_in(fact: Fact) -> tuple[str, ...]:
    return (fact.of_id,) if isinstance(fact, FileCopied) else file_ids_of(fact)
