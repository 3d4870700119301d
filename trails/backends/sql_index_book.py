"""
What the vector index holds of each note: which revisions are pending, and the embeddings that are kept beside it.

The index follows `rev`, note by note, and not a place in the log: a revision that could not be indexed stays pending
however many later ones could.
"""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, and_, bindparam, case, func, select, update

from ..events import Laid, from_payload
from ..notes import Status
from ..ports import Indexed, Pending
from .sql_queries import TOPICS, gathered
from .sql_rows import Found
from .sql_schema import IS_LIVE, IS_PENDING, events, notes
from .sql_states import fetch_in

OF_MODEL = notes.c.embedding_model == bindparam("model")
PENDING = (
    select(
        *(notes.c[name] for name in ("id", "workspace", "rev", "indexed_rev", "status", "embedding_model")),
        events.c.payload,
        case((OF_MODEL, notes.c.embedding)).label("vector"),
    )
    .join(events, events.c.id == notes.c.laid_event)
    .where(IS_PENDING)
    .order_by(notes.c.number)
    .limit(bindparam("limit"))
)
THE_REVISION = and_(notes.c.id == bindparam("the_id"), notes.c.rev == bindparam("the_rev"))
MARK = update(notes).where(THE_REVISION).values(indexed_rev=bindparam("the_rev"))
MARK_WITH_VECTOR = MARK.values(embedding=bindparam("the_vector"), embedding_model=bindparam("the_model"))
ADOPT = update(notes).where(IS_LIVE, notes.c.indexed_rev > 0, ~OF_MODEL).values(indexed_rev=0)
FORGET_LIVE = update(notes).where(IS_LIVE).values(indexed_rev=0)
FORGET_OTHERS = update(notes).where(~IS_LIVE, IS_PENDING).values(indexed_rev=notes.c.rev)
# Drawn by number alone, which an index covers: sorting by chance must not carry every embedding along.
DRAWN = (
    select(notes.c.number)
    .where(notes.c.workspace == bindparam("workspace"), IS_LIVE)
    .order_by(func.random())
    .limit(bindparam("drawn"))
)
SAMPLE = (
    select(notes.c.id, notes.c.rev, notes.c.embedding)
    .where(notes.c.number.in_(DRAWN.scalar_subquery()), ~IS_PENDING, OF_MODEL, notes.c.embedding.is_not(None))
    .limit(bindparam("limit"))
)
DRAWN_FOR_ONE = 4  # some of the notes drawn are not indexed yet


def adopt(connection: Connection, model: str) -> None:
    """Make the live notes pending whose vector is of another model: the index of this one cannot hold them."""
    connection.execute(ADOPT, {"model": model})


def pending(connection: Connection, model: str, limit: int) -> list[Pending]:
    rows = connection.execute(PENDING, {"model": model, "limit": limit}).all()
    found = [row.id for row in rows]
    topics = gathered(fetch_in(connection, TOPICS, found))
    return [
        Pending(
            note_id=row.id,
            workspace=row.workspace,
            rev=row.rev,
            indexed_rev=row.indexed_rev,
            text=_text(row, topics[row.id]),
            vector=row.vector,
            is_new=row.rev == 1 and not row.embedding_model,
        )
        for row in rows
    ]


def mark_indexed(connection: Connection, done: Sequence[Indexed], model: str) -> None:
    with_vector = [
        {"the_id": one.note_id, "the_rev": one.rev, "the_vector": one.vector, "the_model": model}
        for one in done
        if one.vector is not None
    ]
    without = [{"the_id": one.note_id, "the_rev": one.rev} for one in done if one.vector is None]
    for statement, rows in ((MARK_WITH_VECTOR, with_vector), (MARK, without)):
        if rows:
            connection.execute(statement, rows)


def forget_index(connection: Connection) -> None:
    """Nothing is indexed any more: live notes are pending, and of the others there is nothing left to remove."""
    connection.execute(FORGET_LIVE)
    connection.execute(FORGET_OTHERS)


def sample_vectors(connection: Connection, workspace: str, model: str, limit: int) -> list[tuple[str, int, bytes]]:
    rows = connection.execute(
        SAMPLE, {"workspace": workspace, "model": model, "limit": limit, "drawn": DRAWN_FOR_ONE * limit}
    )
    return [(row.id, row.rev, row.embedding) for row in rows]


def _text(row: Found, topics: Sequence[str]) -> str:
    """What is embedded of a note: what it says, as it was written; nothing of one that no longer stands."""
    if row.status != Status.LIVE:
        return ""
    laid = from_payload("laid", json.loads(row.payload))
    assert isinstance(laid, Laid)
    return "\n".join(filter(None, (laid.title, laid.body, ", ".join(topics))))
