"""What a workspace's memory is read from: names that files had, copies, sittings, places confirmed anew, trees."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ROWS_AT_ONCE = 1000
ENDS = ("path", "at", "event")


def texts(*names: str, key: bool = True) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.Text, nullable=False, primary_key=key) for name in names)


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    for table, columns in (("notes", ["anchored"]), ("files", ["origin"])):
        for column in columns:
            op.add_column(table, sa.Column(f"{column}_at", sa.BigInteger, nullable=False, server_default="0"))
            op.add_column(table, sa.Column(f"{column}_event", sa.Text, nullable=False, server_default=""))
    op.add_column("files", sa.Column("origin_id", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "file_names",
        *texts("workspace", "path", "file_id", "tree"),
        number("at"),
        *texts("event", key=False),
        sa.Column("moved", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("file_names_file", "file_names", ["file_id"])
    op.create_table(
        "sittings",
        *texts("file_id", "principal", "session"),
        *texts("workspace", key=False),
        number("at"),
        sqlite_with_rowid=False,
    )
    op.create_index("sittings_session", "sittings", ["workspace", "principal", "session"])
    _partial_index("events_tree", ["workspace", "seq"], "kind = 'tree-seen'")
    _partial_index("events_chosen", ["workspace"], "kind = 'chosen'")
    _read_names()


def _read_names() -> None:
    """Every name that the files had until now."""
    here = op.get_bind()
    log = sa.table("events", *(sa.column(name) for name in ("id", "workspace", "kind", "at", "payload")))
    files = sa.table("files", *(sa.column(name) for name in ("id", "workspace", *(f"born_{end}" for end in ENDS))))
    names: dict[tuple[str, str, str, str], dict[str, object]] = {}
    for row in here.execute(sa.select(log).where(log.c.kind == "file-moved").order_by(log.c.at, log.c.id)):
        told = json.loads(row.payload)
        key = (row.workspace, told["path"], told["file_id"], "")
        names[key] = {"at": row.at, "event": row.id, "moved": True}
    for file in here.execute(sa.select(files).where(files.c.born_path != "")):
        key = (file.workspace, file.born_path, file.id, "")
        names.setdefault(key, {"at": file.born_at, "event": file.born_event, "moved": False})
    columns = ("workspace", "path", "file_id", "tree")
    rows = [{**dict(zip(columns, key, strict=True)), **value} for key, value in names.items()]
    table = sa.table("file_names", *(sa.column(name) for name in (*columns, "at", "event", "moved")))
    for start in range(0, len(rows), ROWS_AT_ONCE):
        here.execute(sa.insert(table), rows[start : start + ROWS_AT_ONCE])


def _partial_index(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "events", columns, sqlite_where=where, postgresql_where=where)
