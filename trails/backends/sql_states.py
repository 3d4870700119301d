"""
The states that a group of requests touches: loaded together, folded further in memory, written back as a difference.

A note's `rev` grows whenever what it says or whether it stands changes; that is what the vector index follows. It is
counted event by event, so building the tables anew from the log arrives at the same numbers.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Protocol

from sqlalchemy import Connection, Select, Table, bindparam, delete, insert, select, update
from sqlalchemy.sql.dml import Delete, Update

from ..events import Event, Undone, file_ids_of, note_ids_of
from ..fold import FileState, NoteState, apply_to_file, apply_to_note, counting
from ..notes import Status
from ..words import search_text
from .sql_rows import (
    KEYS,
    Found,
    Row,
    Rows,
    Subject,
    event_from_row,
    file_from_rows,
    note_from_rows,
    rows_of_file,
    rows_of_note,
    subjects_of,
    text_of,
)
from .sql_schema import (
    STATE_TABLES,
    disputes,
    event_subjects,
    events,
    file_names,
    files,
    judgements,
    note_topics,
    notes,
    sittings,
    uses,
    witnesses,
)

IDS_A_QUERY = 500  # some SQLite builds take 999 bound values
EVENTS_A_FETCH = 1000

CHILDREN = (
    note_topics,
    uses,
    judgements,
    disputes,
    witnesses,
)  # `note_files` says nothing that the events do not
CHILDREN_OF_FILE = (file_names, sittings)  # nor does `file_words`
PLACES = events.alias("places")
"""The event that has the present places of a note, where that is not the one that laid it."""
NOTES = (
    select(notes, events.c.payload, PLACES.c.payload.label("places"))
    .join(events, events.c.id == notes.c.laid_event)
    .outerjoin(PLACES, PLACES.c.id == notes.c.anchored_event)
    .where(notes.c.id.in_(bindparam("ids", expanding=True)))
)
FILES = select(files).where(files.c.id.in_(bindparam("ids", expanding=True)))
CHILDREN_OF_NOTES = {
    table: select(table).where(table.c.note_id.in_(bindparam("ids", expanding=True))) for table in CHILDREN
}
CHILDREN_OF_FILES = {
    table: select(table).where(table.c.file_id.in_(bindparam("ids", expanding=True))) for table in CHILDREN_OF_FILE
}
EVENTS_BY_ID = select(events).where(events.c.id.in_(bindparam("ids", expanding=True)))
HISTORY = (
    select(events)
    .where(
        events.c.seq.in_(
            select(event_subjects.c.seq).where(
                event_subjects.c.workspace == bindparam("workspace"),
                event_subjects.c.role == bindparam("role"),
                event_subjects.c.subject.in_(bindparam("ids", expanding=True)),
            )
        )
    )
    .order_by(events.c.seq)
)
ALL_UNDONE = select(event_subjects.c.subject).where(event_subjects.c.role == "undone").distinct()


def fetch_in(connection: Connection, statement: Select[Any], ids: Collection[str], **others: Any) -> Iterator[Found]:
    """The rows of a statement for all of `ids`, however many there are."""
    wanted = list(ids)
    for start in range(0, len(wanted), IDS_A_QUERY):
        some = connection.execute(statement, {"ids": wanted[start : start + IDS_A_QUERY], **others})
        yield from some.all()


class WordIndex(Protocol):
    """The words of notes, as `search_text` has them; each kind of database has its own way to search them."""

    def add(self, connection: Connection, note_ids: Sequence[str]) -> None:
        """Take in the words that these notes have now."""
        ...

    def remove(self, connection: Connection, note_ids: Sequence[str]) -> None:
        """Take out the words that these notes still have: to be called before they change."""
        ...

    def rebuild(self, connection: Connection) -> None:
        """Hold the words of the notes there are, and no others."""
        ...

    def search(
        self, connection: Connection, workspace: str, words: Sequence[str], limit: int, without: str = ""
    ) -> list[tuple[str, float]]:
        """See `Store.search_words`."""
        ...


@dataclass(slots=True)
class HeldNote:
    """A note while a group is folded in: as it was found (None: not there yet) and as it is by now."""

    was: NoteState | None
    was_rev: int
    state: NoteState
    rev: int


@dataclass(slots=True)
class HeldFile:
    was: FileState | None
    state: FileState


class States:
    """The notes and files that a group speaks of. Writes nothing itself: see `Changes`."""

    def __init__(self) -> None:
        self._notes: dict[str, HeldNote] = {}
        self._files: dict[str, HeldFile] = {}
        self._told: dict[str, Event] = {}
        self._awaited: set[str] = set()
        self._past: dict[Subject, list[Event]] = {}
        self._stale: dict[str, str] = {}

    def load(
        self, connection: Connection, events: Sequence[Event], note_ids: Collection[str], file_ids: Collection[str]
    ) -> None:
        """Take in those of the notes and files that exist, and what a group of events is going to undo."""
        undone = self._load_past(connection, events)
        self._load(connection, {*note_ids, *undone["note"]}, {*file_ids, *undone["file"]})

    def _load(self, connection: Connection, note_ids: Collection[str], file_ids: Collection[str]) -> None:
        rows = list(fetch_in(connection, NOTES, note_ids))
        children = _gathered(connection, CHILDREN_OF_NOTES, "note_id", [row.id for row in rows])
        for row in rows:
            state = note_from_rows(row, children[row.id])
            self._notes[row.id] = HeldNote(state, row.rev, state, row.rev)
        found = list(fetch_in(connection, FILES, file_ids))
        of_files = _gathered(connection, CHILDREN_OF_FILES, "file_id", [row.id for row in found])
        for row in found:
            file = file_from_rows(row, of_files[row.id])
            self._files[row.id] = HeldFile(file, file)

    def _load_past(self, connection: Connection, events: Sequence[Event]) -> Mapping[str, set[str]]:
        """The whole history of what the undone events are about, by role: they are folded anew without them."""
        ids = {event.fact.event_id for event in events if isinstance(event.fact, Undone)}
        ids_by_role: dict[str, set[str]] = {"note": set(), "file": set()}
        if not ids:
            return ids_by_role
        asked = ids
        while asked:  # what is undone may itself have undone something
            kept = [event_from_row(row) for row in fetch_in(connection, EVENTS_BY_ID, asked)]
            self._told |= {event.id: event for event in kept}
            asked = {event.fact.event_id for event in kept if isinstance(event.fact, Undone)} - self._told.keys()
        self._awaited = ids - self._told.keys()
        for event in [*self._told.values(), *(event for event in events if event.id in self._awaited)]:
            for role, subject in subjects_of(event):
                if (role, subject) in self._past:
                    continue
                where = {"workspace": event.workspace, "role": role}
                rows = fetch_in(connection, HISTORY, [subject], **where)
                self._past[role, subject] = [event_from_row(row) for row in rows]
                ids_by_role[role].add(subject)
        return ids_by_role

    def follow(self, events: Sequence[Event]) -> None:
        """From now on remember what happens to that which these events are about: they will be undone."""
        self._told |= {event.id: event for event in events}
        self._past |= {subject: [] for event in events for subject in subjects_of(event)}

    def undone_by(self, event: Event) -> Event | None:
        """The event that another one undoes or lets count again; None where that is nothing, or nothing known here."""
        found: Event | None = event
        while found and isinstance(found.fact, Undone):
            found = self._told.get(found.fact.event_id)
        return found if found and found is not event and found.workspace == event.workspace else None

    def workspace_of_note(self, note_id: str) -> str | None:
        """Where a note was laid, or None: no such note."""
        held = self._notes.get(note_id)
        return held.state.workspace if held else None

    def workspace_of_file(self, file_id: str) -> str | None:
        held = self._files.get(file_id)
        return held.state.workspace if held else None

    def apply(self, event: Event) -> None:
        if event.id in self._awaited:
            self._told[event.id] = event
        undone = self.undone_by(event)
        for subject in subjects_of(undone) if undone else subjects_of(event):
            if subject in self._past:
                self._past[subject].append(event)
        if undone:
            self._fold_anew(undone)
            return
        for note_id in note_ids_of(event.fact):
            empty = NoteState(note_id)
            held = self._notes.setdefault(note_id, HeldNote(None, 0, empty, 0))
            after = apply_to_note(held.state, event)
            held.rev += _shows(after) != _shows(held.state)
            held.state = after
        for file_id in file_ids_of(event.fact):
            held_file = self._files.setdefault(file_id, HeldFile(None, FileState(file_id)))
            held_file.state = apply_to_file(held_file.state, event)

    def _fold_anew(self, undone: Event) -> None:
        """What an undone event was about, from all that happened to it and still counts."""
        for role, subject in subjects_of(undone):
            if role == "note":
                counts = counting(self._past[role, subject])
                held = self._notes[subject]
                after = reduce(apply_to_note, counts, NoteState(subject))
                held.rev += _shows(after) != _shows(held.state)
                held.state = after
            else:
                self._stale[subject] = undone.workspace  # once for all that is undone of it: its history may be long

    def changes(self) -> "Changes":
        """What is to be written of all that was applied since `load`."""
        for file_id, workspace in self._stale.items():
            counts = counting(self._past["file", file_id])
            self._files[file_id].state = reduce(apply_to_file, counts, FileState(file_id, workspace))
        changes = Changes()
        for held in self._notes.values():
            if held.state is not held.was:
                self._note_changes(held, changes)
        for held_file in self._files.values():
            before = rows_of_file(held_file.was) if held_file.was else {}
            changes.difference(before, rows_of_file(held_file.state))
        return changes

    def _note_changes(self, held: HeldNote, changes: "Changes") -> None:
        said = text_of(held.state)
        after = rows_of_note(held.state)
        row = after[notes][held.state.note_id,]
        row["rev"] = held.rev
        if held.was is None:
            row["search_text"] = search_text(*said)
            changes.difference({}, after)
            return
        before = rows_of_note(held.was)
        before[notes][held.was.note_id,]["rev"] = held.was_rev
        changes.difference(before, after)
        if said != text_of(held.was):
            changes.texts.append({"the_id": held.state.note_id, "the_search_text": search_text(*said)})


def _gathered(
    connection: Connection, statements: Mapping[Table, Select[Any]], name: str, ids: Sequence[str]
) -> Mapping[str, Mapping[Table, list[Found]]]:
    """The rows of each in several tables, by the id that the column of this name holds."""
    found: dict[str, dict[Table, list[Found]]] = {one: {table: [] for table in statements} for one in ids}
    for table, statement in statements.items():
        for row in fetch_in(connection, statement, ids):
            found[getattr(row, name)][table].append(row)
    return found


class Changes:
    """Rows to insert, to update and to delete, gathered so that each table is written once."""

    def __init__(self) -> None:
        self._inserts: dict[Table, list[Row]] = defaultdict(list)
        self._updates: dict[Table, list[Row]] = defaultdict(list)
        self._deletes: dict[Table, list[Row]] = defaultdict(list)
        self.texts: list[Row] = []

    def difference(self, before: Rows, after: Rows) -> None:
        for table, rows in after.items():
            old = before.get(table, {})
            for key, row in rows.items():
                if key not in old:
                    self._inserts[table].append(row)
                elif row != old[key]:
                    values = {name: value for name, value in row.items() if name not in KEYS[table]}
                    self._updates[table].append({**_the_key(table, row), **values})
            self._deletes[table] += [_the_key(table, old[key]) for key in old.keys() - rows.keys()]

    def write(self, connection: Connection, words: WordIndex) -> None:
        retold = [row["the_id"] for row in self.texts]
        if retold:
            words.remove(connection, retold)
        self.write_tables(connection)
        if told := retold + [row["id"] for row in self._inserts[notes]]:
            words.add(connection, told)

    def write_tables(self, connection: Connection) -> None:
        for statements, gathered in ((DELETE, self._deletes), (INSERT, self._inserts), (UPDATE, self._updates)):
            for table, rows in gathered.items():
                if rows:
                    connection.execute(statements[table], rows)
        if self.texts:
            connection.execute(UPDATE_TEXT, self.texts)


def rebuild(connection: Connection, words: WordIndex) -> None:
    """Fold the whole log again into emptied tables. Embeddings stay with the notes that come back as they were."""
    kept = connection.execute(EMBEDDED).mappings().all()
    for table in STATE_TABLES:
        connection.execute(delete(table))
    states, last = States(), 0
    undone = list(connection.scalars(ALL_UNDONE))
    states.follow([event_from_row(row) for row in fetch_in(connection, EVENTS_BY_ID, undone)])
    while rows := connection.execute(LOG_AFTER, {"after": last}).all():
        for row in rows:
            states.apply(event_from_row(row))
        last = rows[-1].seq
    states.changes().write_tables(connection)
    words.rebuild(connection)
    if kept:
        connection.execute(UPDATE_EMBEDDING, [{f"the_{name}": value for name, value in row.items()} for row in kept])


def _shows(state: NoteState) -> tuple[bool, tuple[str, ...]] | None:
    return None if state.laid is None else (state.lifecycle.status is Status.LIVE, text_of(state))


def _the_key(table: Table, row: Row) -> Row:
    return {f"the_{name}": row[name] for name in KEYS[table]}


def _one(statement: Any, table: Table, *names: str) -> Any:
    """The statement for the one row that `the_...` parameters name."""
    return statement.where(*(table.c[name] == bindparam(f"the_{name}") for name in names))


INSERT = {table: insert(table) for table in STATE_TABLES}
UPDATE: dict[Table, Update] = {table: _one(update(table), table, *KEYS[table]) for table in STATE_TABLES}
DELETE: dict[Table, Delete] = {table: _one(delete(table), table, *KEYS[table]) for table in STATE_TABLES}
# An embedding of other words than a note's own would be compared with questions: it goes with the old text.
UPDATE_TEXT = _one(update(notes), notes, "id").values(
    search_text=bindparam("the_search_text"), embedding=None, embedding_model=""
)
EMBEDDED = select(
    notes.c.id, notes.c.rev, notes.c.search_text, notes.c.indexed_rev, notes.c.embedding, notes.c.embedding_model
).where((notes.c.indexed_rev > 0) | (notes.c.embedding_model != ""))
UPDATE_EMBEDDING = _one(update(notes), notes, "id", "rev", "search_text").values(
    indexed_rev=bindparam("the_indexed_rev"),
    embedding=bindparam("the_embedding"),
    embedding_model=bindparam("the_embedding_model"),
)
LOG_AFTER = select(events).where(events.c.seq > bindparam("after")).order_by(events.c.seq).limit(EVENTS_A_FETCH)
