"""
The tables: the event log, which is the truth, and the state folded from it, which can be built again at any time.

Times are whole microseconds since 1970 UTC. The text of a note is kept once, in the event that laid it; `notes` has
what is sorted, filtered and searched by. `migrations/` creates all this; a test holds the two equal.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    literal_column,
)

metadata = MetaData()

BigKey = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts rows by INTEGER only


def text(name: str, *, primary_key: bool = False, unique: bool = False) -> Column[str]:
    return Column(name, Text, nullable=False, primary_key=primary_key, unique=unique or None)


def time(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


# ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────────────
events = Table(
    "events",
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=True),
    text("id", unique=True),
    text("workspace"),
    text("kind"),
    text("principal"),
    text("agent"),
    text("session"),
    time("at"),
    text("key"),
    Column("part", Integer, nullable=False),  # the place of the event in its request
    text("digest"),
    text("payload"),
    sqlite_autoincrement=True,
)

# Conditions of partial indexes are written out: with a bound value no planner could tell that an index applies.
HAS_KEY = events.c.key != literal_column("''")
HAS_DIGEST = events.c.digest != literal_column("''")
IS_SERVED = events.c.kind == literal_column("'served'")
HAS_SESSION = events.c.session != literal_column("''")
IS_OPENED = events.c.kind == literal_column("'workspace-opened'")
IS_TREE = events.c.kind == literal_column("'tree-seen'")
IS_CHOSEN = events.c.kind == literal_column("'chosen'")

_e = events.c
Index(
    "events_key",
    _e.key,
    _e.workspace,
    _e.principal,
    _e.part,
    unique=True,
    sqlite_where=HAS_KEY,
    postgresql_where=HAS_KEY,
)
Index(
    "events_digest", _e.digest, _e.workspace, _e.principal, _e.at, sqlite_where=HAS_DIGEST, postgresql_where=HAS_DIGEST
)
Index("events_workspace", _e.workspace, _e.seq)
Index("events_served", _e.workspace, _e.seq, sqlite_where=IS_SERVED, postgresql_where=IS_SERVED)
Index(
    "events_session",
    _e.workspace,
    _e.principal,
    _e.session,
    _e.seq,
    sqlite_where=HAS_SESSION,
    postgresql_where=HAS_SESSION,
)
Index("events_tree", _e.workspace, _e.seq, sqlite_where=IS_TREE, postgresql_where=IS_TREE)
Index("events_chosen", _e.workspace, sqlite_where=IS_CHOSEN, postgresql_where=IS_CHOSEN)
Index("events_opened", _e.workspace, sqlite_where=IS_OPENED, postgresql_where=IS_OPENED)

event_subjects = Table(
    "event_subjects",
    metadata,
    text("workspace", primary_key=True),
    text("role", primary_key=True),  # note, file or task; shown: a note that an answer showed
    text("subject", primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# ── the state of notes ───────────────────────────────────────────────────────────────────────────────────────────────
notes = Table(
    "notes",
    metadata,
    Column("number", BigKey, primary_key=True),
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
    Column("size", Integer, nullable=False),  # how many files it is on
    Column("t_star", Float, nullable=False),
    text("search_text"),
    Column("rev", Integer, nullable=False),
    # what the vector index holds of it: no part of the fold
    Column("indexed_rev", Integer, nullable=False, server_default="0"),
    Column("embedding", LargeBinary),
    Column("embedding_model", Text, nullable=False, server_default=""),
    Column("anchored_at", BigInteger, nullable=False, server_default="0"),
    Column("anchored_event", Text, nullable=False, server_default=""),  # which has its places; "": the one that laid it
)

IS_LIVE = notes.c.status == literal_column("'live'")
IS_PENDING = notes.c.rev != notes.c.indexed_rev

Index("notes_handle", notes.c.workspace, notes.c.handle)
Index("notes_hot", notes.c.workspace, notes.c.status, notes.c.kind, notes.c.t_star)
Index("notes_principal", notes.c.workspace, notes.c.principal)
IN_SESSION = notes.c.session != literal_column("''")
Index(
    "notes_session",
    notes.c.workspace,
    notes.c.session,
    notes.c.id,
    sqlite_where=IN_SESSION,
    postgresql_where=IN_SESSION,
)
Index("notes_pending", notes.c.number, sqlite_where=IS_PENDING, postgresql_where=IS_PENDING)

# In both, the notes of one file or topic lie together and in the order of their ids, which is that of time.
note_files = Table(
    "note_files",
    metadata,
    text("workspace", primary_key=True),
    text("file_id", primary_key=True),
    text("note_id", primary_key=True),
    sqlite_with_rowid=False,
)
Index("note_files_note", note_files.c.note_id)

note_topics = Table(
    "note_topics",
    metadata,
    text("workspace", primary_key=True),
    text("topic", primary_key=True),
    text("note_id", primary_key=True),
    time("at"),
    text("event"),
    Column("present", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
Index("note_topics_note", note_topics.c.note_id)

uses = Table(
    "uses",
    metadata,
    text("note_id", primary_key=True),
    text("principal", primary_key=True),
    text("session", primary_key=True),
    text("act", primary_key=True),
    time("at"),
    sqlite_with_rowid=False,
)


# What was used in one session lies together: edges are read from it.
def is_walked(table: FromClause) -> ColumnElement[bool]:
    """Whether a use leaves an edge: laying does not, for the files of a note are an edge by themselves."""
    return table.c.act.not_in([literal_column("'laid'"), literal_column("'witnessed'")])


Index(
    "uses_session",
    uses.c.principal,
    uses.c.session,
    sqlite_where=is_walked(uses),
    postgresql_where=is_walked(uses),
)

judgements = Table(
    "judgements",
    metadata,
    text("note_id", primary_key=True),
    text("principal", primary_key=True),
    text("session", primary_key=True),
    text("act", primary_key=True),
    time("at"),
    text("event"),
    Column("helped", Float, nullable=False),
    Column("failed", Float, nullable=False),
    sqlite_with_rowid=False,
)

disputes = Table(
    "disputes",
    metadata,
    text("note_id", primary_key=True),
    text("counter_id", primary_key=True),
    sqlite_with_rowid=False,
)

Index("disputes_counter", disputes.c.counter_id)

witnesses = Table(
    "witnesses",
    metadata,
    text("note_id", primary_key=True),
    text("witness_id", primary_key=True),
    sqlite_with_rowid=False,
)

# ── the state of files ───────────────────────────────────────────────────────────────────────────────────────────────
files = Table(
    "files",
    metadata,
    text("id", primary_key=True),
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
    Column("present", Boolean, nullable=False),
    time("digest_at"),
    text("digest_event"),
    text("digest"),
    Column("stem", Text, nullable=False, server_default=""),
    Column("origin_at", BigInteger, nullable=False, server_default="0"),
    Column("origin_event", Text, nullable=False, server_default=""),
    Column("origin_id", Text, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)
Index("files_path", files.c.workspace, files.c.path)
Index("files_born_path", files.c.workspace, files.c.born_path)

Index("files_stem", files.c.workspace, files.c.stem)

# The stemmed words of each path, as `words.path_words` has them.
file_words = Table(
    "file_words",
    metadata,
    text("workspace", primary_key=True),
    text("word", primary_key=True),
    text("file_id", primary_key=True),
    sqlite_with_rowid=False,
)

# Every name that a file ever had: what is asked by an old path, or in another worktree, is found by it.
file_names = Table(
    "file_names",
    metadata,
    text("workspace", primary_key=True),
    text("path", primary_key=True),
    text("file_id", primary_key=True),
    text("tree", primary_key=True),
    time("at"),
    text("event"),
    Column("moved", Boolean, nullable=False),  # by a move; else it is the first name
    sqlite_with_rowid=False,
)
Index("file_names_file", file_names.c.file_id)

# Who edited a file in which session: the files of one sitting are tied.
sittings = Table(
    "sittings",
    metadata,
    text("file_id", primary_key=True),
    text("principal", primary_key=True),
    text("session", primary_key=True),
    text("workspace"),
    time("at"),
    sqlite_with_rowid=False,
)
Index("sittings_session", sittings.c.workspace, sittings.c.principal, sittings.c.session)

STATE_TABLES = (
    notes,
    note_files,
    note_topics,
    uses,
    judgements,
    disputes,
    witnesses,
    files,
    file_words,
    file_names,
    sittings,
)
