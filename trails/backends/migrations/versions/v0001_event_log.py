"""The event log and the state folded from it."""

import sqlalchemy as sa
from alembic import op

# Alembic loads this file by its path, so it has no package to be relative to.
from trails.backends.sqlite_only import EVENTS_ARE_KEPT, WORD_INDEX

revision = "0001"
down_revision = None

BigKey = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def text(name: str, *, primary_key: bool = False, unique: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, primary_key=primary_key, unique=unique or None)


def time(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def key(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(text(name, primary_key=True) for name in names)


def upgrade() -> None:
    _create_log()
    _create_notes()
    _create_parts_of_notes()
    _create_files()
    if op.get_context().dialect.name == "sqlite":
        for statement in (*EVENTS_ARE_KEPT, *WORD_INDEX):
            op.execute(statement)


def _create_log() -> None:
    op.create_table(
        "events",
        sa.Column("seq", BigKey, primary_key=True, autoincrement=True),
        text("id", unique=True),
        text("workspace"),
        text("kind"),
        text("principal"),
        text("agent"),
        text("session"),
        time("at"),
        text("key"),
        sa.Column("part", sa.Integer, nullable=False),
        text("digest"),
        text("payload"),
        sqlite_autoincrement=True,
    )
    _partial_index("events_key", ["key", "workspace", "principal", "part"], "\"key\" != ''", unique=True)
    _partial_index("events_digest", ["digest", "workspace", "principal", "at"], "digest != ''")
    op.create_index("events_workspace", "events", ["workspace", "seq"])
    _partial_index("events_served", ["workspace", "session", "seq"], "kind = 'served'")
    _partial_index("events_opened", ["workspace"], "kind = 'workspace-opened'")
    op.create_table(
        "event_subjects",
        *key("workspace", "role", "subject"),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )


def _create_notes() -> None:
    op.create_table(
        "notes",
        sa.Column("number", BigKey, primary_key=True),
        text("id", unique=True),
        text("handle"),
        text("workspace"),
        text("kind"),
        text("principal"),
        text("agent"),
        text("session"),
        time("laid_at"),
        text("laid_event"),
        time("confirmed_at"),
        text("status"),
        time("status_at"),
        text("status_event"),
        text("reason"),
        text("superseded_by"),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("t_star", sa.Float, nullable=False),
        text("search_text"),
        sa.Column("rev", sa.Integer, nullable=False),
        sa.Column("indexed_rev", sa.Integer, nullable=False, server_default="0"),
        sa.Column("embedding", sa.LargeBinary),
        sa.Column("embedding_model", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("notes_handle", "notes", ["workspace", "handle"])
    op.create_index("notes_hot", "notes", ["workspace", "status", "kind", "t_star"])
    _partial_index("notes_pending", ["number"], "rev != indexed_rev", table="notes")


def _create_parts_of_notes() -> None:
    op.create_table("note_files", *key("workspace", "file_id", "note_id"), sqlite_with_rowid=False)
    op.create_index("note_files_note", "note_files", ["note_id"])
    op.create_table(
        "note_topics",
        *key("workspace", "topic", "note_id"),
        time("at"),
        text("event"),
        sa.Column("present", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("note_topics_note", "note_topics", ["note_id"])
    op.create_table("uses", *key("note_id", "principal", "session", "act"), time("at"), sqlite_with_rowid=False)
    op.create_table(
        "judgements",
        *key("note_id", "principal", "session", "act"),
        time("at"),
        text("event"),
        sa.Column("helped", sa.Float, nullable=False),
        sa.Column("failed", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table("disputes", *key("note_id", "counter_id"), sqlite_with_rowid=False)


def _create_files() -> None:
    op.create_table(
        "files",
        *key("id"),
        text("workspace"),
        text("path"),
        time("named_at"),
        text("named_event"),
        time("born_at"),
        text("born_event"),
        text("born_path"),
        time("moved_at"),
        text("moved_event"),
        text("moved_path"),
        time("present_at"),
        text("present_event"),
        sa.Column("present", sa.Boolean, nullable=False),
        time("digest_at"),
        text("digest_event"),
        text("digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("files_path", "files", ["workspace", "path"])
    op.create_index("files_born_path", "files", ["workspace", "born_path"])


def _partial_index(
    name: str, columns: list[str], condition: str, *, table: str = "events", unique: bool = False
) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
