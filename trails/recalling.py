"""
How candidates are found: by vector, by words, by file, along edges and by topic; then ranked, as notes and as files.

Each side gives note ids from an index and no more; one hydration in SQL drops what is no longer live, and the cosine
with the question is computed from the embeddings that the store keeps, so a stale or orphaned vector can do no harm.
"""

import heapq
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain

from . import leading, placing, ranking, vectors, words
from .copies import shared_notes
from .edges import Tie, edges, ties_of_walks, weights_of
from .embedding import BackgroundEmbedder
from .errors import Unavailable
from .indexing import Indexer, collection
from .notes import Candidate, Lead, Question
from .ports import Folder, Index, Store, Vectors
from .sittings import SITTINGS_A_PRINCIPAL, ties_of_sittings

logger = logging.getLogger(__name__)

NEAREST = 100  # notes asked of the vector index
FOUND_BY_WORDS = 100
NOTES_A_FILE = 100  # newest notes looked at on an open file
TIES_A_FILE = 300  # newest notes on an open file that edges are read from
WALKS = 200  # uses in sessions that used a note on an open file
NEIGHBOURS = 8  # files followed along edges
NOTES_A_NEIGHBOUR = 5
NOTES_WALKED_TO = 10  # of those that were used together with notes on an open file
ENOUGH_HERE = 20  # notes on the open files that are looked at where files are all that was asked: they come first
NOTES_A_TOPIC = 100
WITH_NEIGHBOURS = 30  # best by words, and as many by vector, whose neighbours in their session are looked at
SPARE_LEADS = 10  # looked at beyond those asked for: some of the files are gone
CROWD = 15  # candidates of one principal from which it may be crowding others out
CROWD_SHARE = 0.75  # of the candidates
RANKED = 1000  # notes put in order, for `choosing.py` to choose from: the sides together find fewer


@dataclass(frozen=True, slots=True)
class Surroundings:
    """
    What lies around the open files: their identities, the edges that leave them, the notes at both ends.

    `ties` are what the edges between files are made of.
    """

    open_ids: frozenset[str] = frozenset()
    file_edges: Mapping[str, float] = field(default_factory=dict)
    note_edges: Mapping[str, float] = field(default_factory=dict)
    note_ids: frozenset[str] = frozenset()
    ties: tuple[Tie, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The ordered answer and what could not be asked. `vectors` are the stored embeddings, by note id."""

    ranked: tuple[ranking.Ranked, ...]
    candidates: Mapping[str, Candidate]
    vectors: Mapping[str, bytes]
    leads: tuple[Lead, ...]
    degraded: tuple[str, ...]

    def similarities(self, note_ids: Collection[str]) -> Callable[[str, str], float]:
        """The cosine of any two of these notes, in [0, 1]; 0 where one of them has no vector."""
        known = {note_id: self.vectors[note_id] for note_id in note_ids if note_id in self.vectors}
        place = {note_id: i for i, note_id in enumerate(known)}
        cosines = vectors.cosines_among(list(known.values()))
        return lambda one, other: cosines[place[one]][place[other]] if one in place and other in place else 0.0


@dataclass(frozen=True, slots=True)
class Recaller:
    """Answers questions about one store. Reads only: asking changes nothing about any note."""

    store: Store
    index: Index
    embedder: BackgroundEmbedder
    indexer: Indexer
    folder: Folder | None = None
    """Where the one who asks sees the files."""

    def answer(self, workspace: str, question: Question, now: datetime) -> Answer:
        """The notes and the files that answer the question, best first."""
        vector = self.embedder.vector(question.query) if question.query else None
        by_vector = self._by_vector(workspace, vector, NEAREST)
        scores_by_words = self._by_words(workspace, question.query)
        is_only_files = not (question.query or question.topics)
        enough = max(ENOUGH_HERE, 2 * question.limit) if is_only_files and not question.leads else 0
        around = self.around(workspace, question.files, now, notes_enough=enough)
        shared = shared_notes(self.store, workspace, around.open_ids)
        note_ids = around.note_ids | shared.keys() | set(by_vector or ()) | set(scores_by_words)
        if question.topics:
            note_ids |= set(self.store.notes_with_topics(workspace, question.topics, NOTES_A_TOPIC))
        candidates, blobs = self._hydrate(workspace, note_ids, vector, scores_by_words)
        if (crowd := _crowd(candidates)) and self.store.has_several_principals(workspace):
            scores_by_words = self._by_words(workspace, question.query, without=crowd)
            others = set(self.store.notes_on(workspace, around.open_ids, NOTES_A_FILE, without=crowd))
            more, more_blobs = self._hydrate(
                workspace, (others | set(scores_by_words)) - note_ids, vector, scores_by_words
            )
            candidates, blobs = candidates + more, {**blobs, **more_blobs}
        if question.query:
            candidates, blobs = self._with_neighbours(workspace, candidates, blobs, vector, scores_by_words)
        if shared:
            candidates = [replace(one, source=shared.get(one.note_id, "")) for one in candidates]
        ranked = ranking.rank(
            question,
            candidates,
            open_file_ids=around.open_ids,
            edges={**around.file_edges, **around.note_edges},
            now=now,
            limit=RANKED,
        )
        is_missed = bool(question.query) and by_vector is None and self.embedder.state != "off"
        return Answer(
            tuple(ranked),
            {candidate.note_id: candidate for candidate in candidates},
            blobs,
            self._leads(workspace, question, candidates, around, now) if question.leads else (),
            ("vectors",) if is_missed else (),
        )

    def nearest(self, workspace: str, query: str, limit: int) -> list[Candidate]:
        """The notes nearest to a text by their meaning alone; none where that side cannot answer."""
        vector = self.embedder.vector(query)
        found = self._by_vector(workspace, vector, limit) or ()
        return self._hydrate(workspace, found, vector, {})[0]

    def around(self, workspace: str, paths: Collection[str], now: datetime, *, notes_enough: int = 0) -> Surroundings:
        """What the open files lead to; nothing else where so many notes are on the files themselves, unless 0."""
        names = placing.files_here(self.store, workspace, paths, self.folder)
        open_ids = frozenset(name.file_id for name in names.values())
        return self.around_files(workspace, open_ids, now, notes_enough=notes_enough)

    def around_files(
        self, workspace: str, open_ids: frozenset[str], now: datetime, *, notes_enough: int = 0
    ) -> Surroundings:
        """The same for files that are known by their identity."""
        if not open_ids:
            return Surroundings()
        looked_at = NOTES_A_FILE if notes_enough else TIES_A_FILE
        found = [self.store.ties_from(workspace, file_id, looked_at) for file_id in sorted(open_ids)]
        newest = [list(dict.fromkeys(tie.by_id for tie in ties))[:NOTES_A_FILE] for ties in found]
        here = list(dict.fromkeys(note_id for note_ids in newest for note_id in note_ids))
        ties = [tie for some in found for tie in some]
        if 0 < notes_enough <= len(here):
            weights = weights_of(ties, now)
            best = heapq.nsmallest(notes_enough, here, key=lambda note_id: (-weights[note_id], note_id))
            return Surroundings(open_ids, note_ids=frozenset(best))
        walks = self.store.walks_through(workspace, here, WALKS)
        note_edges: dict[str, float] = {}
        if walks:
            walked = {walk.note_id for walk in walks}
            ties += ties_of_walks(walks, self.store.files_of(workspace, walked))
            note_edges = edges(here, ties_of_walks(walks, {note_id: (note_id,) for note_id in walked}), now)
        sat = [self.store.sittings_with(workspace, file_id, SITTINGS_A_PRINCIPAL) for file_id in sorted(open_ids)]
        ties += ties_of_sittings(chain.from_iterable(sat), open_ids)
        file_edges = edges(open_ids, ties, now)
        neighbours = heapq.nsmallest(NEIGHBOURS, file_edges, key=lambda file_id: (-file_edges[file_id], file_id))
        walked_to = heapq.nsmallest(NOTES_WALKED_TO, note_edges, key=lambda one: (-note_edges[one], one))
        there = self.store.notes_on(workspace, neighbours, NOTES_A_NEIGHBOUR) if neighbours else ()
        note_ids = [*here, *walked_to, *there]
        return Surroundings(open_ids, file_edges, note_edges, frozenset(note_ids), tuple(ties))

    # ── the sides ────────────────────────────────────────────────────────────────────────────────────────────────────
    def _by_vector(self, workspace: str, vector: Vectors | None, limit: int) -> set[str] | None:
        """The notes nearest to the question; None where that side cannot answer, as recall goes on without it."""
        embedder = self.embedder.ready()
        if embedder is None or vector is None:
            return None
        try:
            names = self.index.nearest(collection(workspace, embedder.model), vector, limit)
        except Unavailable as failure:
            logger.warning("The vector index does not answer: %s", failure)
            self.indexer.doubt()
            return None
        return {name.rpartition(".")[0] for name, _ in names}

    def _by_words(self, workspace: str, query: str, without: str = "") -> dict[str, float]:
        title, _, rest = query.partition("\n")
        asked = words.query_words(query) + (words.query_words(title) if rest else [])
        return dict(self.store.search_words(workspace, asked, FOUND_BY_WORDS, without=without)) if asked else {}

    def _hydrate(
        self, workspace: str, note_ids: Collection[str], vector: Vectors | None, scores_by_words: dict[str, float]
    ) -> tuple[list[Candidate], dict[str, bytes]]:
        """The live ones of the notes with their scores, and their embeddings by id."""
        if not note_ids:
            return [], {}
        embedder = self.embedder.ready()
        found = self.store.candidates(workspace, note_ids, embedder.model if embedder else "")
        dense = [0.0] * len(found) if vector is None else vectors.similarities(vector, [blob for _, blob in found])
        candidates = [
            replace(candidate, dense=cosine, words=scores_by_words.get(candidate.note_id, 0.0))
            for (candidate, _), cosine in zip(found, dense, strict=True)
        ]
        return candidates, {candidate.note_id: blob for candidate, blob in found if blob is not None}

    def _with_neighbours(
        self,
        workspace: str,
        candidates: list[Candidate],
        blobs: dict[str, bytes],
        vector: Vectors | None,
        scores_by_words: dict[str, float],
    ) -> tuple[list[Candidate], dict[str, bytes]]:
        """The same, and what was laid beside the best notes on no file in their session, each told of the other."""
        unplaced = [one for one in candidates if not one.paths_by_file_id]
        by_words = heapq.nlargest(WITH_NEIGHBOURS, unplaced, key=lambda one: (one.words, one.note_id))
        by_vector = heapq.nlargest(WITH_NEIGHBOURS, unplaced, key=lambda one: (one.dense, one.note_id))
        asked = {one.note_id for one in by_words if one.words} | {one.note_id for one in by_vector if one.dense}
        beside: dict[str, set[str]] = defaultdict(set)
        for note_id, others in self.store.beside(workspace, asked).items() if asked else ():
            for other in others:
                beside[note_id].add(other)
                beside[other].add(note_id)
        if not beside:
            return candidates, blobs
        known = {one.note_id for one in candidates}
        more, more_blobs = self._hydrate(workspace, beside.keys() - known, vector, scores_by_words)
        told = [
            replace(one, beside=tuple(sorted(beside[one.note_id]))) if one.note_id in beside else one
            for one in candidates + [one for one in more if not one.paths_by_file_id]
        ]
        return told, {**blobs, **more_blobs}

    # ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _leads(
        self,
        workspace: str,
        question: Question,
        candidates: Collection[Candidate],
        around: Surroundings,
        now: datetime,
    ) -> tuple[Lead, ...]:
        by_words = self.store.files_with_words(workspace, sorted(leading.words_of_query(question.query)))
        like = self.store.files_like(workspace, question.files) if question.files else []
        paths = {file_id: path for one in candidates for file_id, path in one.paths_by_file_id.items()}
        paths |= {name.file_id: name.path for name in (*by_words.files, *like)}
        unnamed = around.file_edges.keys() - paths.keys()
        paths |= {name.file_id: name.path for name in self.store.files_by_id(workspace, unnamed)} if unnamed else {}
        paths = {file_id: path for file_id, path in paths.items() if file_id not in around.open_ids}
        leads = leading.lead(
            replace(question, leads=question.leads + SPARE_LEADS),
            list(candidates),
            paths,
            ties=around.ties,
            open_file_ids=around.open_ids,
            notes_a_file=self.store.notes_a_file(workspace, around.file_edges.keys()),
            touched_at=self.store.touched_at(workspace, paths),
            fits=leading.fits(question.query, paths.values(), by_words.counts, by_words.total),
            now=now,
        )
        names = self.store.files_by_id(workspace, [one.file_id for one in leads])
        present = {name.file_id for name in names if name.present}
        best = {one.path: one for one in reversed(leads) if one.file_id in present}  # of two claims the better one
        return tuple(sorted(best.values(), key=lambda one: (-one.score, one.path))[: question.leads])


def _crowd(candidates: Collection[Candidate]) -> str:
    """The principal whose notes fill the answer, or "": then the notes of others are asked for by themselves."""
    counts = Counter(candidate.principal for candidate in candidates)
    for principal, count in counts.most_common(1):
        if count >= CROWD and count >= CROWD_SHARE * len(candidates):
            return principal
    return ""
