"""
How candidates are found: by vector, by words, by file, along edges and by topic; then ranked.

Each side gives note ids from an index and no more; one hydration in SQL drops what is no longer live, and the cosine
with the question is computed from the embeddings that the store keeps, so a stale or orphaned vector can do no harm.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from . import ranking, vectors, words
from .embedding import BackgroundEmbedder
from .errors import Unavailable
from .indexing import Indexer, collection
from .notes import Candidate, Question
from .ports import Index, Store, Vectors

logger = logging.getLogger(__name__)

NEAREST = 100  # notes asked of the vector index
FOUND_BY_WORDS = 100
NOTES_A_FILE = 100  # newest notes looked at on an open file
NEIGHBOURS = 8  # files followed along edges, a query each
NOTES_A_NEIGHBOUR = 10
NOTES_A_TOPIC = 100


@dataclass(frozen=True, slots=True)
class Ranking:
    """The ordered answer, as ids, and what could not be asked."""

    ranked: tuple[ranking.Ranked, ...]
    degraded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recaller:
    """Answers questions about one store. Reads only: asking changes nothing about any note."""

    store: Store
    index: Index
    embedder: BackgroundEmbedder
    indexer: Indexer

    def rank(self, workspace: str, question: Question, now: datetime) -> Ranking:
        """The notes that answer the question, best first, at most `question.limit`."""
        vector = self.embedder.vector(question.query) if question.query else None
        by_vector = self._by_vector(workspace, vector)
        note_ids = set(by_vector or ())
        scores_by_words = self._by_words(workspace, question.query)
        open_ids, edges, by_file = self._by_file(workspace, question.files, now)
        note_ids |= by_file | set(scores_by_words)
        if question.topics:
            note_ids |= set(self.store.notes_with_topics(workspace, question.topics, NOTES_A_TOPIC))
        candidates = self._hydrate(workspace, note_ids, vector, scores_by_words)
        ranked = ranking.rank(question, candidates, open_file_ids=open_ids, edges=edges, now=now, limit=question.limit)
        is_missed = bool(question.query) and by_vector is None and self.embedder.state != "off"
        return Ranking(tuple(ranked), ("vectors",) if is_missed else ())

    def _by_vector(self, workspace: str, vector: Vectors | None) -> set[str] | None:
        """The notes nearest to the question; None where that side cannot answer, as recall goes on without it."""
        embedder = self.embedder.ready()
        if embedder is None or vector is None:
            return None
        try:
            names = self.index.nearest(collection(workspace, embedder.model), vector, NEAREST)
        except Unavailable as failure:
            logger.warning("The vector index does not answer: %s", failure)
            self.indexer.doubt()
            return None
        return {name.rpartition(".")[0] for name, _ in names}

    def _by_words(self, workspace: str, query: str) -> dict[str, float]:
        asked = words.query_words(query)
        return dict(self.store.search_words(workspace, asked, FOUND_BY_WORDS)) if asked else {}

    def _by_file(
        self, workspace: str, paths: Collection[str], now: datetime
    ) -> tuple[frozenset[str], dict[str, float], set[str]]:
        """The open files' identities, the edges that leave them, and the notes at both ends."""
        open_ids = (
            frozenset(name.file_id for name in self.store.files_at(workspace, paths).values()) if paths else frozenset()
        )
        if not open_ids:
            return open_ids, {}, set()
        here = self.store.notes_on(workspace, open_ids, NOTES_A_FILE)
        note_ids = {touch.note_id for touch in here}
        edges = ranking.edges(open_ids, self.store.files_of(workspace, note_ids), now)
        neighbours = sorted(edges, key=edges.__getitem__, reverse=True)[:NEIGHBOURS]
        there = self.store.notes_on(workspace, neighbours, NOTES_A_NEIGHBOUR) if neighbours else []
        return open_ids, edges, note_ids | {touch.note_id for touch in there}

    def _hydrate(
        self, workspace: str, note_ids: Collection[str], vector: Vectors | None, scores_by_words: dict[str, float]
    ) -> list[Candidate]:
        if not note_ids:
            return []
        embedder = self.embedder.ready()
        found = self.store.candidates(workspace, note_ids, embedder.model if embedder else "")
        dense = [0.0] * len(found) if vector is None else vectors.similarities(vector, [blob for _, blob in found])
        return [
            replace(candidate, dense=cosine, words=scores_by_words.get(candidate.note_id, 0.0))
            for (candidate, _), cosine in zip(found, dense, strict=True)
        ]
