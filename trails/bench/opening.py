"""
A memory for a replay: real store, real index, real model, in a folder that goes away, at a time that the replay tells.

Nothing in it runs by itself. The index is brought up to date when a question is about to be asked, and ids count up,
so the same replay gives the same answers.
"""

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ..bootstrap import DEFAULT_MODEL, NO_MODEL, open_memory
from ..indexing import Indexer
from ..memory import Memory
from ..recording import Recorder
from ..settings import Settings
from ..witnessing import Witnessing
from .vectors import LOADED_WITHIN_S, KnownVectors

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ID_LENGTH, BITS_A_SIGN, BITS_BELOW_TIME = 26, 5, 80  # as a ULID has them


class ReplayClock:
    """The present of a replay, which stands still until it is set."""

    def __init__(self) -> None:
        self.now = datetime.fromtimestamp(0, UTC)

    def __call__(self) -> datetime:
        return self.now


class CountedIds:
    """Ids as ULIDs are written, with a count where those have chance: of one moment, the later id is the greater."""

    def __init__(self) -> None:
        self._count = itertools.count(1)

    def __call__(self, at: datetime) -> str:
        number = (max(0, int(at.timestamp() * 1000)) << BITS_BELOW_TIME) + next(self._count)
        places = range((ID_LENGTH - 1) * BITS_A_SIGN, -1, -BITS_A_SIGN)
        return "".join(CROCKFORD[number >> place & 31] for place in places)


@contextmanager
def memory_at(clock: ReplayClock, settings: Settings, vectors: KnownVectors | None) -> Iterator[Memory]:
    """
    An empty memory in a temporary folder, whose present is what the clock says. `vectors` None: words only.

    Its indexer does not run: `memory.indexer.catch_up()` does its work.
    """
    with tempfile.TemporaryDirectory(prefix="trails-bench-") as folder:
        model = settings.model if vectors else NO_MODEL
        here = replace(settings, data_dir=Path(folder).resolve() / "data", model=model)
        memory = open_memory(here, load=(lambda: vectors) if vectors else None)
        try:
            memory.indexer.stop()
            memory.embedder.wait_until_settled(LOADED_WITHIN_S)
            yield _told_the_time(memory, clock, model)
        finally:
            memory.close()


def _told_the_time(memory: Memory, clock: ReplayClock, model: str) -> Memory:
    """The same memory, put together as `open_memory` does it, at another time and with nothing that runs by itself."""
    ids = CountedIds()
    witnessing = Witnessing(memory.store, memory.index, Recorder(memory.store, clock, ids))
    meet = witnessing.look if model == DEFAULT_MODEL else None
    indexer = Indexer(memory.store, memory.index, memory.embedder, meet=meet)
    return replace(memory, indexer=indexer, clock=clock, new_id=ids)
