"""
The one thread that writes, with group commit: requests that wait at the same time share one trip to the disk.

A request is checked against what the log and the states say, earlier requests of its group included, before anything is
written; so a refused one leaves no trace and does not disturb its neighbours. Answers are given after the commit.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import groupby
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from ..errors import BadInput, Conflict, NoSuchNote, TrailsError, Unavailable
from ..events import UNDOABLE, Disputed, Event, Fact, Laid, Superseded, Undone, file_ids_of, note_ids_of
from ..ports import Request
from .sql_log import Asked, Log, ask
from .sql_states import States, WordIndex

LEISURE_S = 0.5  # that what nobody waits for may lie
PATIENCE_S = 0.001  # a small part of what the disk takes
GROUP = 64  # requests; more gain nothing, and make the first of them wait

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Outcome = tuple[Event, ...] | TrailsError


@dataclass(frozen=True, slots=True)
class Task:
    """Other work for the writing thread, in a transaction of its own."""

    work: Callable[[Connection], Any]
    answer: "Future[Any]" = field(default_factory=Future)


Wish = Asked | Task


class Writer:
    """Owns the writing connection. `explain` turns a failure of the database into what to tell the caller."""

    def __init__(self, engine: Engine, words: WordIndex, explain: Callable[[DBAPIError], Unavailable]) -> None:
        self._engine = engine
        self._words = words
        self._explain = explain
        self._wishes: SimpleQueue[Wish | None] = SimpleQueue()
        self._closing = Lock()
        self._closed = False
        self._askers = 1
        self._thread = Thread(target=self._run, name="trails-writer", daemon=True)
        self._thread.start()

    def append(self, request: Request) -> tuple[Event, ...]:
        """See `Store.append`."""
        if not request.events:
            return ()
        asked = _asked(request)
        self._enqueue(asked)
        return asked.answer.result()

    def append_later(self, event: Event) -> None:
        """See `Store.append_later`."""
        try:
            asked = _asked(Request((event,)), can_wait=True)
            asked.answer.add_done_callback(_log_loss)
            self._enqueue(asked)
        except TrailsError as refusal:
            log.warning("Exposure was not written down: %s", refusal)

    def do(self, work: Callable[[Connection], Answer]) -> Answer:
        """What `work` returns, done in a transaction of its own after everything that was asked before."""
        task = Task(work)
        self._enqueue(task)
        answer: Answer = task.answer.result()
        return answer

    def close(self) -> None:
        """Finish what was asked, then stop."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._wishes.put(None)
        self._thread.join()

    def _enqueue(self, wish: Wish) -> None:
        with self._closing:  # nothing may come after the end mark: nobody would answer it
            if self._closed:
                raise Unavailable("The store is closed: start the keeper again.")
            self._wishes.put(wish)

    # ── on the writing thread ────────────────────────────────────────────────────────────────────────────────────────
    def _run(self) -> None:
        wishes: list[Wish | None] = []
        while None not in wishes:  # the end mark is always the last one
            wishes = self._waiting()
            for _, alike in groupby(wishes, key=type):
                together = list(alike)
                if group := [wish for wish in together if isinstance(wish, Asked)]:
                    self._keep(group)
                for task in together:
                    if isinstance(task, Task):
                        self._carry_out(task)

    def _waiting(self) -> "list[Wish | None]":
        """
        What to do next: at least one wish, at best those of everybody who asks at present.

        Those who were just answered come back in a moment. Without waiting for them, two halves of the askers would
        take turns, with half the group and twice the trips to the disk for each.
        """
        wishes = [self._wishes.get()]
        end = time.monotonic() + LEISURE_S
        try:
            while _can_wait(wishes[-1]) and len(wishes) < GROUP:  # a trip to the disk for each recall would slow both
                wishes.append(self._wishes.get(timeout=max(end - time.monotonic(), 0)))
            end = time.monotonic() + PATIENCE_S
            while len(wishes) < GROUP:
                left = end - time.monotonic() if len(wishes) < self._askers else 0
                wishes.append(self._wishes.get(timeout=max(left, 0)))
        except Empty:
            pass
        return wishes

    def _keep(self, group: Sequence[Asked]) -> None:
        """Keep a group and answer its requests; should one of them be impossible to write, only that one fails."""
        try:
            outcomes: Sequence[Outcome] = self._commit(group)
        except OperationalError as failure:  # the disk's fault, and the same for all
            outcomes = [self._failed(failure) for _ in group]  # an error of its own for each thread that raises it
        except Exception as failure:  # noqa: BLE001 the outermost loop: this thread must outlive whatever happens
            if len(group) > 1:
                for asked in group:
                    self._keep([asked])
                return
            outcomes = [self._failed(failure)]
        self._askers = len(group) + self._wishes.qsize()
        for asked, outcome in zip(group, outcomes, strict=True):
            _give(asked.answer, outcome)

    def _commit(self, group: Sequence[Asked]) -> list[Outcome]:
        entries, states = Log(), States()
        requests = [asked.request for asked in group]
        told = [event for request in requests for event in request.events]
        facts = [event.fact for event in told]
        with self._engine.begin() as connection:
            entries.load(connection, requests)
            states.load(
                connection,
                told,
                {note_id for fact in facts for note_id in _notes_in(fact)},
                {file_id for fact in facts for file_id in file_ids_of(fact)},
            )
            outcomes = [_take_in(asked, entries, states) for asked in group]
            entries.save(connection)
            states.changes().write(connection, self._words)
        return outcomes

    def _carry_out(self, task: Task) -> None:
        try:
            with self._engine.begin() as connection:
                done = task.work(connection)
        except Exception as failure:  # noqa: BLE001 as above
            task.answer.set_exception(self._failed(failure))
        else:
            task.answer.set_result(done)

    def _failed(self, failure: Exception) -> Unavailable:
        self._engine.dispose()  # a connection that met a failing disk may be left in an odd state
        if isinstance(failure, DBAPIError):
            return self._explain(failure)
        log.error("A write failed", exc_info=failure)
        return Unavailable(
            f"The store could not write this ({type(failure).__name__}); the log of the keeper says more."
        )


def _can_wait(wish: Wish | None) -> bool:
    return isinstance(wish, Asked) and wish.can_wait


def _asked(request: Request, *, can_wait: bool = False) -> Asked:
    try:
        return ask(request, can_wait=can_wait)
    except UnicodeEncodeError:
        raise BadInput("The text holds half of a surrogate pair, which is no Unicode: send it as UTF-8.") from None


def _take_in(asked: Asked, entries: Log, states: States) -> Outcome:
    """What a request is answered; its events are added to the log and the states if they are new and allowed."""
    try:
        repeated = entries.repeated(asked.request)
        if repeated is not None:
            return repeated
        fresh = entries.unknown(asked)
        _check_places([event for event, _ in fresh], states)
        undone = _undone([event for event, _ in fresh], states)
    except TrailsError as refusal:
        return refusal
    if fresh:
        entries.add(asked.request, fresh, undone)
    for event, _ in fresh:
        states.apply(event)
    return asked.request.events


def _check_places(events: Sequence[Event], states: States) -> None:
    """Raises NoSuchNote or Conflict unless every event stays within the notes and files of its workspace."""
    laid_here = {event.fact.note_id: event.workspace for event in events if isinstance(event.fact, Laid)}
    for event in events:
        for note_id in _notes_in(event.fact):
            workspace = states.workspace_of_note(note_id) or laid_here.get(note_id)
            if workspace != event.workspace and note_id in laid_here:
                raise Conflict(f"The id {note_id} belongs to a note of another workspace.")
            if workspace != event.workspace:
                raise NoSuchNote(f"No note {note_id} in this workspace.")
        for file_id in file_ids_of(event.fact):
            if states.workspace_of_file(file_id) not in (None, event.workspace):
                raise Conflict(f"The id {file_id} belongs to a file of another workspace.")


def _undone(events: Sequence[Event], states: States) -> dict[str, Event]:
    """What each of the events that undo another one undoes. Raises NoSuchNote or Conflict where that cannot be."""
    undone = {event.id: states.undone_by(event) for event in events if isinstance(event.fact, Undone)}
    for other in undone.values():
        if other is None:
            raise NoSuchNote("No such event in this workspace: `trails log` shows those there are.")
        if not isinstance(other.fact, UNDOABLE):
            raise Conflict(f"An event of this kind ({other.kind}) cannot be undone.")
    return {event_id: other for event_id, other in undone.items() if other}


def _notes_in(fact: Fact) -> tuple[str, ...]:
    """Every note that must exist for a fact to make sense."""
    match fact:
        case Laid(supersedes=str(other)) | Superseded(by_note_id=other) | Disputed(counter_id=other):
            return (*note_ids_of(fact), *filter(None, [other]))
        case _:
            return note_ids_of(fact)


def _give(answer: "Future[tuple[Event, ...]]", outcome: Outcome) -> None:
    if isinstance(outcome, TrailsError):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


def _log_loss(answer: "Future[tuple[Event, ...]]") -> None:
    if answer.exception() is not None:
        log.warning("Exposure was not written down: %s", answer.exception())
