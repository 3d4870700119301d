"""
The states that a group of requests touches: loaded together, folded further in memory, written back as a difference.

A note's `rev` grows whenever what it says or whether it stands changes; that is what the vector index follows. It is
counted event by event, so building the tables anew from the log arrives at the same numbers.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Select, Table, bindparam, delete, insert, select, update
from sqlalchemy.sql.dml import Delete, Update

from ..events import Event, file_ids_of, note_ids_of
from ..fold import FileState, NoteState, apply_to_file, apply_to_note
from ..notes import Status
from ..words import search_text
from .sql_rows import (
    KEYS,
    Found,
    Row,
    Rows,
    event_from_row,
    file_from_row,
    note_from_rows,
    rows_of_file,
    rows_of_note,
    text_of,
)
from .sql_schema import STATE_TABLES, disputes, events, files, judgements, note_topics, notes, uses, witnesses

IDS_A_QUERY = 500  # some SQLite builds take 999 bound values
EVENTS_A_FETCH = 1000

CHILDREN = (
    note_topics,
    uses,
    judgements,
    disputes,
    witnesses,
)  # `note_files` says nothing that the laid event does not
NOTES = (
    select(notes, events.c.payload)
    .join(events, events.c.id == notes.c.laid_event)
    .where(notes.c.id.in_(bindparam("ids", expanding=True)))
)
FILES = select(files).where(files.c.id.in_(bindparam("ids", expanding=True)))
CHILDREN_OF_NOTES = {
    table: select(table).where(table.c.note_id.in_(bindparam("ids", expanding=True))) for table in CHILDREN
}


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

    def load(self, connection: Connection, note_ids: Collection[str], file_ids: Collection[str]) -> None:
        """Take in those of the notes and files that exist."""
        rows = list(fetch_in(connection, NOTES, note_ids))
        children = self._children(connection, [row.id for row in rows])
        for row in rows:
            state = note_from_rows(row, children[row.id])
            self._notes[row.id] = HeldNote(state, row.rev, state, row.rev)
        for row in fetch_in(connection, FILES, file_ids):
            file = file_from_row(row)
            self._files[row.id] = HeldFile(file, file)

    def workspace_of_note(self, note_id: str) -> str | None:
        """Where a note was laid, or None: no such note."""
        held = self._notes.get(note_id)
        return held.state.workspace if held else None

    def workspace_of_file(self, file_id: str) -> str | None:
        held = self._files.get(file_id)
        return held.state.workspace if held else None

    def apply(self, event: Event) -> None:
        for note_id in note_ids_of(event.fact):
            empty = NoteState(note_id)
            held = self._notes.setdefault(note_id, HeldNote(None, 0, empty, 0))
            after = apply_to_note(held.state, event)
            held.rev += _shows(after) != _shows(held.state)
            held.state = after
        for file_id in file_ids_of(event.fact):
            held_file = self._files.setdefault(file_id, HeldFile(None, FileState(file_id)))
            held_file.state = apply_to_file(held_file.state, event)

    def changes(self) -> "Changes":
        """What is to be written of all that was applied since `load`."""
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

    @staticmethod
    def _children(connection: Connection, note_ids: list[str]) -> Mapping[str, Mapping[Table, list[Found]]]:
        children: dict[str, dict[Table, list[Found]]] = {
            note_id: {table: [] for table in CHILDREN} for note_id in note_ids
        }
        for table, statement in CHILDREN_OF_NOTES.items():
            for row in fetch_in(connection, statement, note_ids):
                children[row.note_id][table].append(row)
        return children


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
