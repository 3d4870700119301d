"""What file ranking, edges through sessions, witnesses and the exposure log are read from."""

import json

import sqlalchemy as sa
from alembic import op

from trails.words import path_words, stem

revision = "0002"
down_revision = "0001"

ROWS_AT_ONCE = 1000


def key(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.Text, nullable=False, primary_key=True) for name in names)


def upgrade() -> None:
    op.drop_index("events_served", "events")
    _partial_index("events_served", "events", ["workspace", "seq"], "kind = 'served'")
    _partial_index("events_session", "events", ["workspace", "principal", "session", "seq"], "session != ''")
    op.create_index("notes_principal", "notes", ["workspace", "principal"])
    _partial_index("notes_session", "notes", ["workspace", "session", "id"], "session != ''")
    _partial_index("uses_session", "uses", ["principal", "session"], "(act NOT IN ('laid', 'witnessed'))")
    op.create_index("disputes_counter", "disputes", ["counter_id"])
    op.create_table("witnesses", *key("note_id", "witness_id"), sqlite_with_rowid=False)
    op.add_column("files", sa.Column("stem", sa.Text, nullable=False, server_default=""))
    op.create_index("files_stem", "files", ["workspace", "stem"])
    op.create_table("file_words", *key("workspace", "word", "file_id"), sqlite_with_rowid=False)
    _read_paths()
    _read_exposure()


def _read_paths() -> None:
    """The words and stems of the paths that were known before."""
    here = op.get_bind()
    files = sa.table("files", *(sa.column(name) for name in ("id", "workspace", "path", "stem")))
    words = sa.table("file_words", *(sa.column(name) for name in ("workspace", "word", "file_id")))
    known = here.execute(sa.select(files.c.id, files.c.workspace, files.c.path)).all()
    for start in range(0, len(known), ROWS_AT_ONCE):
        some = known[start : start + ROWS_AT_ONCE]
        stems = [{"the_id": row.id, "the_stem": stem(row.path)} for row in some]
        here.execute(
            sa.update(files).where(files.c.id == sa.bindparam("the_id")).values(stem=sa.bindparam("the_stem")), stems
        )
        told = [
            {"workspace": row.workspace, "word": word, "file_id": row.id}
            for row in some
            for word in sorted(path_words(row.path))
        ]
        if told:
            here.execute(sa.insert(words), told)


def _read_exposure() -> None:
    """Which answers showed a note, for those that were given before."""
    here = op.get_bind()
    events = sa.table("events", *(sa.column(name) for name in ("seq", "workspace", "kind", "payload")))
    subjects = sa.table("event_subjects", *(sa.column(name) for name in ("workspace", "role", "subject", "seq")))
    last = 0
    while rows := here.execute(
        sa.select(events).where(events.c.kind == "served", events.c.seq > last).order_by("seq").limit(ROWS_AT_ONCE)
    ).all():
        shown = [
            {"workspace": row.workspace, "role": "shown", "subject": note_id, "seq": row.seq}
            for row in rows
            for note_id in dict.fromkeys(json.loads(row.payload)["note_ids"])
        ]
        if shown:
            here.execute(sa.insert(subjects), shown)
        last = rows[-1].seq


def _partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
