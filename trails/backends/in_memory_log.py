"""
The log and the states of a store in dictionaries; what is asked of them is in `in_memory_store.py`.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from threading import RLock

from ..errors import Conflict, NoSuchNote, TrailsError, Unavailable
from ..events import (
    UNDOABLE,
    Chosen,
    Disputed,
    Event,
    Laid,
    OutcomeReported,
    Served,
    Superseded,
    TreeSeen,
    Undone,
    WorkspaceOpened,
    file_ids_of,
    note_ids_of,
)
from ..fold import FileState, NoteState, apply_to_file, apply_to_note, counting
from ..notes import Head, Status
from ..ports import EVERYTHING, Request, Wanted

REPEATED_WITHIN = timedelta(minutes=10)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Indexing:
    """What the vector index holds of a note, beside the note's present revision."""

    rev: int = 0
    indexed_rev: int = 0
    vector: bytes | None = None
    model: str = ""


class InMemoryLog:
    """Takes events in and folds them; one lock holds for everything."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._closed = False
        self._log: dict[str, Event] = {}
        self._requests: list[Request] = []
        self._notes: dict[str, NoteState] = {}
        self._files: dict[str, FileState] = {}
        self._indexing: dict[str, Indexing] = {}

    def append(self, request: Request) -> tuple[Event, ...]:
        with self._lock:
            if self._closed:
                raise Unavailable("The store is closed: open a new one.")
            repeated = self._repeated(request) if request.events else ()
            if repeated is not None:
                return repeated
            fresh = tuple(event for event in request.events if self._log.get(event.id) != event)
            self._check(fresh)
            if fresh:
                self._requests.append(replace(request, events=fresh))
            for event in fresh:
                self._log[event.id] = event
                self._fold_in(event)
            return request.events

    def append_later(self, event: Event) -> None:
        try:
            self.append(Request((event,)))
        except TrailsError as refusal:
            log.warning("Exposure was not written down: %s", refusal)

    def _repeated(self, request: Request) -> tuple[Event, ...] | None:
        """The events of the request that this one repeats. Raises Conflict for a key that said something else."""
        first = request.events[0]
        earlier = [
            kept
            for kept in reversed(self._requests)
            if (kept.events[0].workspace, kept.events[0].by.principal) == (first.workspace, first.by.principal)
        ]
        for kept in earlier:
            if request.key and kept.key == request.key:
                if kept.digest != request.digest:
                    raise Conflict(f"The key {request.key} was used for another request: send this one with a new key.")
                return kept.events
        for kept in earlier:
            recent = abs(kept.events[0].at - first.at) <= REPEATED_WITHIN
            if request.once and request.digest and kept.digest == request.digest and recent:
                return kept.events
        return None

    def _check(self, fresh: Sequence[Event]) -> None:
        laid_here = {event.fact.note_id: event.workspace for event in fresh if isinstance(event.fact, Laid)}
        places = laid_here | {note_id: state.workspace for note_id, state in self._notes.items()}
        for event in fresh:
            if event.id in self._log:
                raise Conflict(f"Another event has the id {event.id}: an event is never changed.")
            for note_id in _notes_in(event):
                if places.get(note_id) != event.workspace:
                    if note_id in laid_here:
                        raise Conflict(f"The id {note_id} belongs to a note of another workspace.")
                    raise NoSuchNote(f"No note {note_id} in this workspace.")
            if isinstance(event.fact, Undone):
                undone = self._log.get(event.fact.event_id)
                if undone is None or undone.workspace != event.workspace:
                    raise NoSuchNote("No such event in this workspace: `trails log` shows those there are.")
                if not isinstance(undone.fact, UNDOABLE):
                    raise Conflict(f"An event of this kind ({undone.kind}) cannot be undone.")
            for file_id in file_ids_of(event.fact):
                if file_id in self._files and self._files[file_id].workspace != event.workspace:
                    raise Conflict(f"The id {file_id} belongs to a file of another workspace.")

    def _fold_in(self, event: Event) -> None:
        if isinstance(event.fact, Undone):
            self._fold_anew(self._told_of(event))
            return
        for note_id in note_ids_of(event.fact):
            self._becomes(note_id, apply_to_note(self._notes.get(note_id, NoteState(note_id)), event))
        for file_id in file_ids_of(event.fact):
            self._files[file_id] = apply_to_file(self._files.get(file_id, FileState(file_id)), event)

    def _fold_anew(self, undone: Event) -> None:
        """What an undone event was about, from all that happened to it and still counts."""
        counts = counting(self._log.values())
        for note_id in note_ids_of(undone.fact):
            its = (event for event in counts if note_id in note_ids_of(event.fact))
            self._becomes(note_id, reduce(apply_to_note, its, NoteState(note_id)))
        for file_id in file_ids_of(undone.fact):
            its = (event for event in counts if file_id in file_ids_of(event.fact))
            self._files[file_id] = reduce(apply_to_file, its, FileState(file_id, undone.workspace))

    def _becomes(self, note_id: str, after: NoteState) -> None:
        before = self._notes.get(note_id, NoteState(note_id))
        self._notes[note_id] = after
        indexing = self._indexing.setdefault(note_id, Indexing())
        if _shows(before) != _shows(after):
            indexing.rev += 1
            if before.laid is None or texts(before) != texts(after):
                indexing.vector = None

    def events_of(
        self,
        workspace: str,
        *,
        note_id: str = "",
        path: str = "",
        wanted: Wanted = EVERYTHING,
        after: int | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[tuple[int, Event]]:
        with self._lock:
            files = self._meant_by(workspace, path) if path and not note_id else set()
            notes = {note_id} if note_id else {one.note_id for one in self._there(workspace) if files & {*one.file_ids}}
            found = [
                (seq, event)
                for seq, event in enumerate(self._log.values(), start=1)
                if (after is None or seq > after) and (before is None or seq < before)
                if event.workspace == workspace and _is_wanted(event, wanted)
                if not (note_id or path) or self._is_about(event, notes, files)
            ]
        return found[:limit] if after is not None else found[-limit:]

    def _meant_by(self, workspace: str, path: str) -> set[str]:
        """The files that a path names, or that are in the folder of that name; else those that once were."""
        named = list(self._named(workspace))
        now = {state.file_id for state in named if _is_in(state.path, path)}
        return now or {state.file_id for state in named if any(_is_in(name, path) for _, name in state.all_names)}

    def _is_about(self, event: Event, notes: Collection[str], files: Collection[str]) -> bool:
        fact = self._told_of(event).fact
        return not {*note_ids_of(fact)}.isdisjoint(notes) or not {*file_ids_of(fact)}.isdisjoint(files)

    def undoings_of(self, workspace: str, event_ids: Collection[str]) -> list[Event]:
        with self._lock:
            undoings = [event for event in self._log.values() if isinstance(event.fact, Undone)]
        known, found = set(event_ids), []
        for event in undoings:  # each comes after what it undoes
            assert isinstance(event.fact, Undone)
            if event.workspace == workspace and event.fact.event_id in known:
                known.add(event.id)
                found.append(event)
        return sorted(found, key=lambda event: event.stamp)

    def find_event(self, workspace: str, event_id: str) -> tuple[int, Event] | None:
        with self._lock:
            log = enumerate(self._log.values(), start=1)
            return next((one for one in log if (one[1].workspace, one[1].id) == (workspace, event_id)), None)

    def head_of(self, workspace: str, tree: str = "") -> Head | None:
        with self._lock:
            facts = [event.fact for event in reversed(self._log.values()) if event.workspace == workspace]
        return next((fact.head for fact in facts if isinstance(fact, TreeSeen) and fact.tree == tree), None)

    def choices(self, workspace: str) -> Mapping[str, str]:
        with self._lock:
            events = sorted(self._log.values(), key=lambda event: event.stamp)
        chosen = [event.fact for event in events if event.workspace == workspace and isinstance(event.fact, Chosen)]
        return {fact.name: fact.value for fact in chosen}

    def workspaces(self) -> dict[str, str]:
        with self._lock:
            events = sorted(self._log.values(), key=lambda event: event.stamp)
        return {event.workspace: event.fact.root for event in events if isinstance(event.fact, WorkspaceOpened)}

    def session_events(self, workspace: str, principal: str, session: str, limit: int) -> list[tuple[int, Event]]:
        with self._lock:
            log = list(enumerate(self._log.values(), start=1))
        asked = (workspace, principal, session)
        found = [(seq, event) for seq, event in log if session and _origin(event) == asked]
        return found[-limit:]

    def shown_to_others(self, workspace: str, principal: str, session: str, limit: int) -> tuple[str, ...]:
        with self._lock:
            events = [event for event in reversed(self._log.values()) if event.workspace == workspace]
        facts = [event.fact for event in events if _origin(event) != (workspace, principal, session)]
        shown = dict.fromkeys(note_id for fact in facts if isinstance(fact, Served) for note_id in fact.note_ids)
        return tuple(shown)[:limit]

    def showings_of(self, workspace: str, note_id: str, limit: int) -> list[Event]:
        with self._lock:
            events = [event for event in reversed(self._log.values()) if event.workspace == workspace]
        return [event for event in events if isinstance(event.fact, Served) and note_id in event.fact.note_ids][:limit]

    def was_shown(self, workspace: str, principal: str, note_ids: Collection[str], before: datetime) -> bool:
        with self._lock:
            theirs = [event for event in self._log.values() if _origin(event)[:2] == (workspace, principal)]
        facts = [event.fact for event in theirs if event.at <= before]
        return any(isinstance(fact, Served) and not {*fact.note_ids}.isdisjoint(note_ids) for fact in facts)

    def has_several_principals(self, workspace: str) -> bool:
        with self._lock:
            return len({state.by.principal for state in self._there(workspace)}) > 1

    def results_of(self, workspace: str, task: str, limit: int = 200) -> tuple[float, ...]:
        with self._lock:
            facts = [event.fact for event in reversed(self._log.values()) if event.workspace == workspace]
        return tuple(fact.result for fact in facts if isinstance(fact, OutcomeReported) and fact.task == task)[:limit]

    def close(self) -> None:
        self._closed = True

    def _told_of(self, event: Event) -> Event:
        """An event, or the one that it undoes or lets count again."""
        while isinstance(event.fact, Undone):
            event = self._log[event.fact.event_id]
        return event

    # ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _there(self, workspace: str) -> Iterator[NoteState]:
        return (state for state in self._notes.values() if state.workspace == workspace)

    def _live(self, workspace: str) -> Iterator[NoteState]:
        return filter(is_live, self._there(workspace))

    def _named(self, workspace: str) -> Iterator[FileState]:
        return (state for state in self._files.values() if state.workspace == workspace and state.path)


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _is_wanted(event: Event, wanted: Wanted) -> bool:
    by = (event.by.principal, event.by.agent, event.by.session)
    return (
        (not wanted.kinds or event.kind in wanted.kinds)
        and (not wanted.by or wanted.by in by)
        and (wanted.since is None or event.at >= wanted.since)
        and (wanted.until is None or event.at < wanted.until)
    )


def _origin(event: Event) -> tuple[str, str, str]:
    return (event.workspace, event.by.principal, event.by.session)


def _notes_in(event: Event) -> Iterable[str]:
    """Every note that must be there for an event to make sense."""
    fact = event.fact
    others = [
        fact.supersedes if isinstance(fact, Laid) else "",
        fact.by_note_id if isinstance(fact, Superseded) else "",
        fact.counter_id if isinstance(fact, Disputed) else "",
    ]
    return filter(None, [*note_ids_of(fact), *others])


def texts(state: NoteState) -> tuple[str, ...]:
    """What a note says: its title, its body, its topics."""
    return (laid(state).title, laid(state).body, *state.live_topics)


def laid(state: NoteState) -> Laid:
    assert state.laid is not None
    return state.laid


def is_live(state: NoteState) -> bool:
    return state.lifecycle.status is Status.LIVE


def _shows(state: NoteState) -> tuple[bool, tuple[str, ...]] | None:
    return (is_live(state), texts(state)) if state.laid else None
