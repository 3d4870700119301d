"""
Keeps the vector index equal to the notes: catches up with what changed, builds it anew, asks it whether it still knows.

The store marks a note pending in the transaction that changes it, and unmarks it when the index holds that revision.
Names in the index are `note_id.rev` and never change their vector, so every step can be repeated, and a crash anywhere
costs only the repetition. Each model has collections of its own: vectors of two models never meet.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np

from . import vectors
from .embedding import BackgroundEmbedder
from .errors import TrailsError, Unavailable
from .ports import Embedder, Index, Indexed, Pending, Store, Vectors

ROUND = 256  # revisions a round; after each the store is told
BATCH = 16  # texts embedded at once: a question waits for no more, and neither does `stop`
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 300.0
QUIET_S = 0.05  # without a new note: whoever lays is done
LONGEST_BURST_S = 2.0  # that indexing waits for; notes are found by words and by file meanwhile
FAILURES_UNTIL_DEGRADED = 3
AUDIT_EVERY_S = 3600.0
AUDITED_AT_ONCE = 50  # vectors a workspace, in the audits that nobody asked for
LOST_SHARE = 0.05  # of the audited; Chroma alone loses one in two thousand, a damaged file loses most
NEAREST = 10
TWIN = 0.999  # cosine from which a text is the same for the model

Meet = Callable[[str, str, Sequence[str], Mapping[str, bytes]], object]
"""Is given a workspace, the model, the ids of notes that are new there, and vectors by note id: theirs and others."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Audit:
    """How many vectors the index was asked for by themselves, and how many of them it did not find."""

    asked: int = 0
    missing: int = 0


def collection(workspace: str, model: str) -> str:
    """The name of the collection that holds a workspace's vectors of one model."""
    return workspace + _ending(model)


class Indexer:
    """
    Fills the index from the store. `start` gives it a thread; `catch_up` does the same work at once.

    `state` is "degraded" after several failures in a row, with `failure` saying why; it goes on trying, ever more
    rarely, and recovers by itself. Meanwhile notes stay pending and are found by words and by file.
    """

    def __init__(
        self,
        store: Store,
        index: Index,
        embedder: BackgroundEmbedder,
        *,
        wait: Callable[[float], object] | None = None,
        meet: Meet | None = None,
    ) -> None:
        """
        `wait` is how `run` pauses after a failure, in seconds; by default it waits, and `stop` ends that. `meet` is
        told of new notes once the index holds them, of some twice after a crash.
        """
        self._store = store
        self._index = index
        self._embedder = embedder
        self._meet = meet or (lambda *_: None)
        self._stopping = threading.Event()
        self._wait = wait or self._stopping.wait
        self._turn = threading.Lock()  # one catch-up, audit or rebuild at a time
        self._changed = threading.Condition()
        self._wakes, self._answered = 1, 0
        self._used: Embedder | None = None
        self._failures = 0
        self.failure = ""
        self._is_audited = self._is_rebuilt = self._is_tidy = False
        self._audited_at = 0.0
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> Literal["working", "degraded"]:
        return "degraded" if self._failures >= FAILURES_UNTIL_DEGRADED else "working"

    # ── running ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def start(self) -> None:
        """Run in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self.run, name="trails-indexer", daemon=True)
        self._thread.start()
        self._embedder.on_settled(self.wake)

    def stop(self) -> None:
        """End `run` after the batch it is at, and wait for that."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread:
            self._thread.join()

    def wake(self) -> None:
        """Say that something may be pending. Returns at once."""
        with self._changed:
            self._wakes += 1
            self._changed.notify_all()

    def doubt(self) -> None:
        """Say that the index failed to answer: it may have been replaced by an empty one. Returns at once."""
        self._is_audited = self._is_rebuilt = False
        self.wake()

    def idle(self) -> bool:
        """Whether everything is indexed that can be; not while the model still loads."""
        used_the_model = self._used is self._embedder.ready()  # it may have become ready a moment ago
        return self._answered == self._wakes and used_the_model and self._embedder.state != "loading"

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Wait until it is idle; False if that takes longer than `timeout_s` seconds."""
        with self._changed:
            return self._changed.wait_for(self.idle, timeout_s)

    def run(self) -> None:
        """Catch up whenever woken, and audit now and then, until `stop`."""
        while not self._stopping.is_set():
            self._let_bursts_pass()
            try:
                self.catch_up()
            except Exception as error:  # the outermost loop: whatever it was, it is tried again
                logger.exception("Indexing failed.")
                self._wait(self._note_failure(error))
            else:
                self._failures, self.failure = 0, ""
                self._sleep()

    def _let_bursts_pass(self) -> None:
        """Wait until nobody lays any more, or long enough: embedding takes half of what a burst of writers needs."""
        end = time.monotonic() + LONGEST_BURST_S
        wakes = -1
        while wakes != self._wakes and time.monotonic() < end and not self._stopping.is_set():
            wakes = self._wakes
            self._stopping.wait(QUIET_S)

    def _sleep(self) -> None:
        with self._changed:
            woken = self._changed.wait_for(
                lambda: self._answered != self._wakes or self._stopping.is_set(), AUDIT_EVERY_S
            )
        if not woken:
            self._is_audited = False

    def _note_failure(self, error: Exception) -> float:
        """Seconds to pause: twice as long after each failure, up to a limit."""
        self._failures += 1
        self.failure = str(error) if isinstance(error, TrailsError) else f"{type(error).__name__}: {error}"
        self._is_audited = self._is_rebuilt = False  # an index that failed may have been replaced by an empty one
        return min(FIRST_PAUSE_S * 2.0 ** min(self._failures - 1, 30), LONGEST_PAUSE_S)

    # ── catching up ──────────────────────────────────────────────────────────────────────────────────────────────────
    def catch_up(self) -> int:
        """
        Index what is pending until nothing is; gives the number of revisions.

        It is 0 while there is no model: the notes stay pending. Raises what the store, the index or the model raise.
        """
        with self._turn:
            wakes = self._wakes
            embedder = self._embedder.ready()
            done = self._catch_up(embedder) if embedder else 0
            with self._changed:
                self._answered, self._used = wakes, embedder
                self._changed.notify_all()
            return done

    def _catch_up(self, embedder: Embedder) -> int:
        self._audit_once(embedder.model)
        done, before = 0, set[tuple[str, int]]()
        while not self._stopping.is_set() and (pending := self._store.pending(embedder.model, ROUND)):
            revisions = {(one.note_id, one.rev) for one in pending}
            if revisions <= before:
                raise Unavailable("The store keeps asking for what the index already holds.")
            wakes = self._wakes
            done, before = done + self._index_round(embedder, pending), revisions
            if self._wakes != wakes:
                self._let_bursts_pass()
        if not self._stopping.is_set() and not self._is_tidy:
            self._index.keep_only(_ending(embedder.model))  # vectors of earlier models: nothing asks for them any more
            self._is_tidy = True
        return done

    def _index_round(self, embedder: Embedder, pending: Sequence[Pending]) -> int:
        blobs = self._vectors_of(embedder, pending)
        done = [one for one in pending if not one.text or one.note_id in blobs]
        by_workspace = sorted(done, key=lambda one: one.workspace)
        for workspace, group in groupby(by_workspace, key=lambda one: one.workspace):
            held = list(group)
            self._hold(collection(workspace, embedder.model), held, blobs)
            self._meet(workspace, embedder.model, [one.note_id for one in held if one.is_new], blobs)
        marks = [Indexed(one.note_id, one.rev, blobs.get(one.note_id)) for one in done]
        self._store.mark_indexed(marks, embedder.model)
        return len(done)

    def _hold(self, name: str, revisions: Sequence[Pending], blobs: dict[str, bytes]) -> None:
        """Make a collection hold these revisions and no earlier ones, not even those whose mark was lost in a crash."""
        live = [one for one in revisions if one.text]
        if live:
            rows = np.stack([vectors.from_bytes(blobs[one.note_id]) for one in live])
            self._index.put(name, [_name(one.note_id, one.rev) for one in live], rows)
        past = [
            _name(one.note_id, rev)
            for one in revisions
            for rev in range(max(one.indexed_rev, 1), one.rev if one.text else one.rev + 1)
        ]
        if past:
            self._index.remove(name, past)

    def _vectors_of(self, embedder: Embedder, pending: Sequence[Pending]) -> dict[str, bytes]:
        """float16 vectors by note id, kept or made now; when `stop` comes in between, of some notes only."""
        blobs = {one.note_id: one.vector for one in pending if one.text and one.vector is not None}
        missing = [one for one in pending if one.text and one.vector is None]
        missing.sort(key=lambda one: len(one.text))  # a batch costs as much as its longest text in each
        for start in range(0, len(missing), BATCH):
            if self._stopping.is_set():
                break
            batch = missing[start : start + BATCH]
            rows: Vectors = embedder.embed([one.text for one in batch])
            blobs |= {one.note_id: vectors.to_bytes(row) for one, row in zip(batch, rows, strict=True)}
        return blobs

    # ── looking after the index ──────────────────────────────────────────────────────────────────────────────────────
    def reindex(self) -> None:
        """Empty the index and fill it again, from the vectors that the store keeps."""
        with self._turn:
            self._rebuild()
        self.wake()

    def audit(self, workspace: str, sample: int = 200) -> Audit:
        """
        Ask the index for vectors that it should hold: each must find its own name among the nearest ten.

        No count shows a loss: Chroma counts what it was given, not what it can find. Asks nothing without a model.
        """
        embedder = self._embedder.ready()
        with self._turn:
            return self._audit(workspace, embedder.model, sample) if embedder else Audit()

    def _audit(self, workspace: str, model: str, sample: int) -> Audit:
        asked = self._store.sample_vectors(workspace, model, sample)
        name = collection(workspace, model)
        missing = sum(not self._finds(name, _name(note_id, rev), blob) for note_id, rev, blob in asked)
        return Audit(len(asked), missing)

    def _finds(self, name: str, own_name: str, blob: bytes) -> bool:
        hits = self._index.nearest(name, vectors.from_bytes(blob), NEAREST)
        crowded = len(hits) == NEAREST and hits[-1][1] >= TWIN  # ten notes of the same text may hide the eleventh
        return crowded or own_name in {hit for hit, _ in hits}

    def _audit_once(self, model: str) -> None:
        """Begin anew where the index lost its vectors, with its folder for one, or never had any of this model."""
        if self._is_audited and time.monotonic() - self._audited_at < AUDIT_EVERY_S:
            return
        audits = [self._audit(workspace, model, AUDITED_AT_ONCE) for workspace in self._store.noted_workspaces()]
        lost = [audit for audit in audits if audit.missing > LOST_SHARE * audit.asked]
        if lost:
            logger.warning("The index does not find %d of %d vectors.", lost[0].missing, lost[0].asked)
        if (
            lost and not self._is_rebuilt
        ):  # what a rebuild did not mend is left: hundreds of equal notes hide each other
            self._rebuild()
            self._is_rebuilt = True
        elif not any(audit.asked for audit in audits) and self._has_indexed_notes():
            self._store.forget_index()  # another model embedded them; until this one has, words and files answer
        self._is_audited, self._audited_at = True, time.monotonic()

    def _has_indexed_notes(self) -> bool:
        counts = self._store.counts()
        return counts["live"] > counts["pending"]

    def _rebuild(self) -> None:
        self._store.forget_index()  # first: a crash in between leaves an index that is filled twice, not one left empty
        self._index.reset()


def _name(note_id: str, rev: int) -> str:
    return f"{note_id}.{rev}"


def _ending(model: str) -> str:
    return f".{hashlib.blake2b(model.encode(), digest_size=4).hexdigest()}"
