"""
How facts become events: the time, the ids, and the key that makes a repeated request harmless.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .events import Disputed, Event, Fact, Laid, Served, Superseded, to_payload
from .notes import NO_HEAD, Author, Hit, Question
from .ports import Clock, NewId, Request, Store

KEY_LIMIT = 64


@dataclass(frozen=True, slots=True)
class Recorder:
    """Appends facts to the log of a store, each stamped with the time at which it was received."""

    store: Store
    clock: Clock
    new_id: NewId

    def append(
        self,
        workspace: str,
        by: Author,
        facts: Sequence[Fact],
        *,
        key: str = "",
        at: datetime | None = None,
        repeats: bool = True,
        said: Sequence[str] = (),
    ) -> tuple[Event, ...]:
        """
        Keep facts that stand or fall together; returns the events once they are on disk.

        The events are those of the first time when the same request came before: with the same `key`, or, unless
        `repeats`, with the same content by the same principal a few minutes ago. The content is what the facts say;
        or `said`, what was asked for, where the facts were made from it and from what the log held just then.
        """
        at = at or self.clock()
        ids = sorted(self.new_id(at) for _ in facts)  # of facts of one moment the later one in the list wins
        events = tuple(Event(event_id, at, workspace, by, fact) for event_id, fact in zip(ids, facts, strict=True))
        digest = _digest([workspace, *said]) if said else content_digest(workspace, facts)
        return self.store.append(Request(events, key=key[:KEY_LIMIT], digest=digest, once=not repeats))

    def served(self, workspace: str, by: Author, hits: Sequence[Hit], question: Question, at: datetime) -> str:
        """Note down, without waiting for the disk, what was shown to which question. Gives the id of the recall."""
        recall_id = self.new_id(at)
        fact = Served(
            recall_id,
            tuple(hit.note.id for hit in hits),
            tuple(round(hit.propensity, 6) for hit in hits),
            question.query,
            question.files,
            question.topics,
        )
        self.store.append_later(Event(self.new_id(at), at, workspace, by, fact))
        return recall_id


def content_digest(workspace: str, facts: Sequence[Fact]) -> str:
    """What a request says, as a hash: without the ids that are fresh each time and what was computed on the way in."""
    said = [[workspace], *([type(fact).__name__, _said(fact)] for fact in facts)]
    return _digest(said)


def _digest(said: Sequence[Any]) -> str:
    return hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16).hexdigest()


def _said(fact: Fact) -> dict[str, Any]:
    match fact:
        case Laid():
            said = to_payload(replace(fact, note_id="", anchors=(), head=NO_HEAD))
            said["at"] = [[anchor.path, anchor.first_line, anchor.last_line] for anchor in fact.anchors]
        case Superseded():
            said = to_payload(replace(fact, by_note_id=""))
        case Disputed():
            said = to_payload(replace(fact, counter_id=""))
        case _:
            said = to_payload(fact)
    return said
