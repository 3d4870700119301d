"""
The event log while a group of requests is taken in: which of them are repetitions, and what is to be added.

Everything is looked up before anything is written, so that a request can be refused without a trace.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select

from ..errors import Conflict
from ..events import Event
from ..ports import Request
from .sql_rows import Found, Row, event_from_row, event_row, subject_rows, to_micros
from .sql_schema import HAS_DIGEST, HAS_KEY, event_subjects, events
from .sql_states import fetch_in

REPEATED_WITHIN = timedelta(minutes=10)

Voucher = tuple[str, str, str]
"""(workspace, principal, key or digest)."""

BY_KEY = select(events).where(events.c.key.in_(bindparam("ids", expanding=True)), HAS_KEY).order_by(events.c.seq)
BY_DIGEST = (
    select(events)
    .where(
        events.c.digest.in_(bindparam("ids", expanding=True)),
        events.c.at.between(bindparam("since"), bindparam("until")),
        HAS_DIGEST,
    )
    .order_by(events.c.seq)
)
BY_ID = select(events).where(events.c.id.in_(bindparam("ids", expanding=True)))
LAST_SEQ = select(func.coalesce(func.max(events.c.seq), 0))
INSERT_EVENTS = insert(events)
INSERT_SUBJECTS = insert(event_subjects)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with its rows, made by the thread that asks, and the place where the answer will be."""

    request: Request
    rows: tuple[Row, ...]
    can_wait: bool = False  # nobody waits for the answer
    answer: Future[tuple[Event, ...]] = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class Kept:
    """A request that was kept before, as far as it is needed to recognise it."""

    digest: str
    events: tuple[Event, ...]


def ask(request: Request, *, can_wait: bool = False) -> Asked:
    """A request ready to be written. Raises UnicodeEncodeError for text that is not proper Unicode."""
    rows = tuple(event_row(event, request.key, request.digest) for event in request.events)
    return Asked(request, rows, can_wait)


class Log:
    """What the log says of a group's requests, and what the group adds to it."""

    def __init__(self) -> None:
        self._by_key: dict[Voucher, Kept] = {}
        self._by_digest: dict[Voucher, list[Kept]] = defaultdict(list)
        self._by_id: dict[str, Event] = {}
        self._last_seq = 0
        self._event_rows: list[Row] = []
        self._subject_rows: list[Row] = []

    def load(self, connection: Connection, requests: Sequence[Request]) -> None:
        self._last_seq = connection.execute(LAST_SEQ).scalar_one()
        ids = [event.id for request in requests for event in request.events]
        self._by_id = {row.id: event_from_row(row) for row in fetch_in(connection, BY_ID, ids)}
        keys = {request.key for request in requests if request.key}
        for kept in _requests(list(fetch_in(connection, BY_KEY, keys))):
            self._by_key[kept[0]] = kept[2]
        for _, voucher, request in _requests(self._rows_by_digest(connection, requests)):
            self._by_digest[voucher].append(request)

    def repeated(self, request: Request) -> tuple[Event, ...] | None:
        """The events of the request that this one repeats. Raises Conflict for a key that said something else."""
        key, digest = _vouchers(request.events[0], request.key, request.digest)
        if request.key and key in self._by_key:
            if self._by_key[key].digest != request.digest:
                raise Conflict(f"The key {request.key} was used for another request: send this one with a new key.")
            return self._by_key[key].events
        if request.once and request.digest:
            for kept in reversed(self._by_digest[digest]):
                if abs(kept.events[0].at - request.events[0].at) <= REPEATED_WITHIN:
                    return kept.events
        return None

    def unknown(self, asked: Asked) -> list[tuple[Event, Row]]:
        """The events that the log does not have. Raises Conflict for an id that it has with another content."""
        fresh = []
        for event, row in zip(asked.request.events, asked.rows, strict=True):
            known = self._by_id.get(event.id)
            if known is None:
                fresh.append((event, row))
            elif known != event:
                raise Conflict(f"Another event has the id {event.id}: an event is never changed.")
        return fresh

    def add(self, request: Request, fresh: Sequence[tuple[Event, Row]], undone: Mapping[str, Event]) -> None:
        """Take in new events; `undone` are those that some of them undo, by the id of the one that does."""
        for part, (event, row) in enumerate(fresh):
            self._last_seq += 1
            self._event_rows.append({**row, "seq": self._last_seq, "part": part})
            self._subject_rows += subject_rows(event, self._last_seq, undone.get(event.id))
            self._by_id[event.id] = event
        key, digest = _vouchers(request.events[0], request.key, request.digest)
        kept = Kept(request.digest, tuple(event for event, _ in fresh))
        if request.key:
            self._by_key[key] = kept
        if request.digest:
            self._by_digest[digest].append(kept)

    def save(self, connection: Connection) -> None:
        if self._event_rows:
            connection.execute(INSERT_EVENTS, self._event_rows)
        if self._subject_rows:
            connection.execute(INSERT_SUBJECTS, self._subject_rows)

    @staticmethod
    def _rows_by_digest(connection: Connection, requests: Sequence[Request]) -> list[Found]:
        once = [request for request in requests if request.once and request.digest]
        if not once:
            return []
        times = [request.events[0].at for request in once]
        since, until = to_micros(min(times) - REPEATED_WITHIN), to_micros(max(times) + REPEATED_WITHIN)
        digests = {request.digest for request in once}
        return list(fetch_in(connection, BY_DIGEST, digests, since=since, until=until))


def _requests(rows: Collection[Found]) -> list[tuple[Voucher, Voucher, Kept]]:
    """Rows in the order of the log as requests: each begins with its part 0."""
    together: list[list[Found]] = []
    for row in rows:
        if row.part == 0:
            together.append([])
        together[-1].append(row)
    found = []
    for parts in together:
        kept = Kept(parts[0].digest, tuple(event_from_row(row) for row in parts))
        found.append((*_vouchers(kept.events[0], parts[0].key, kept.digest), kept))
    return found


def _vouchers(first: Event, key: str, digest: str) -> tuple[Voucher, Voucher]:
    whose: Any = (first.workspace, first.by.principal)
    return (*whose, key), (*whose, digest)
