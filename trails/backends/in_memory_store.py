"""
A store in dictionaries: for tests, for demos, and as the plain statement of what every store promises.

It shares nothing with the SQL store but the rules, so that where the two agree neither can be wrong alone.
"""

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from ..dynamics import HALF_LIFE_DAYS_BY_KIND, slots, t_star
from ..events import file_ids_of
from ..evidence import quality
from ..fold import FileState, NoteState
from ..notes import Candidate, Note, handle
from ..ports import Clock, FileName, Indexed, Pending, Touch
from ..words import search_text
from .in_memory_log import InMemoryLog, is_live, laid, texts

SATURATION, LENGTH_WEIGHT = 1.2, 0.75  # k1 and b of BM25, as SQLite has them
LEAST_RARITY = 1e-6  # a word that most notes hold still counts for something


class InMemoryStore(InMemoryLog):
    """See `ports.Store`."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._model = ""

    # ── notes ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def find_notes(self, workspace: str, note_ids: Collection[str]) -> dict[str, Note]:
        with self._lock:
            return {state.note_id: self._note(state) for state in self._there(workspace) if state.note_id in note_ids}

    def note_ids_with_handle(self, workspace: str, handle: str) -> tuple[str, ...]:
        with self._lock:
            return tuple(sorted(s.note_id for s in self._there(workspace) if _handle(s) == handle))

    def candidates(
        self, workspace: str, note_ids: Collection[str], model: str = ""
    ) -> list[tuple[Candidate, bytes | None]]:
        with self._lock:
            return [
                (self._candidate(state), self._vector(state.note_id, model))
                for state in self._live(workspace)
                if state.note_id in note_ids
            ]

    def search_words(self, workspace: str, words: Sequence[str], limit: int) -> list[tuple[str, float]]:
        with self._lock:
            told = {state.note_id: Counter(_told(state).lower().split()) for state in self._live(workspace)}
        scores = _bm25(told, {word.lower() for asked in words for word in re.findall(r"\w+", asked)})
        return sorted(scores.items(), key=lambda found: found[1], reverse=True)[:limit]

    def notes_with_topics(self, workspace: str, topics: Collection[str], limit: int) -> tuple[str, ...]:
        with self._lock:
            found = [state.note_id for state in self._live(workspace) if set(topics) & set(state.live_topics)]
        return tuple(sorted(found, reverse=True)[:limit])

    def hot_notes(self, workspace: str, kinds: Collection[str], limit: int) -> tuple[str, ...]:
        with self._lock:
            live = sorted(self._live(workspace), key=_t_star, reverse=True)
        return tuple(
            state.note_id
            for kind in dict.fromkeys(kinds)
            for state in [state for state in live if laid(state).kind == kind][:limit]
        )

    # ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def notes_on(self, workspace: str, file_ids: Collection[str], limit: int) -> list[Touch]:
        with self._lock:
            touches = sorted(self._touches(workspace), key=lambda touch: touch.note_id, reverse=True)
        return [
            touch
            for file_id in dict.fromkeys(file_ids)
            for touch in [touch for touch in touches if touch.file_id == file_id][:limit]
        ]

    def files_of(self, workspace: str, note_ids: Collection[str]) -> list[Touch]:
        with self._lock:
            return [touch for touch in self._touches(workspace) if touch.note_id in note_ids]

    def files_at(self, workspace: str, paths: Collection[str]) -> dict[str, FileName]:
        with self._lock:
            claims = sorted(self._named(workspace), key=lambda state: (state.named_stamp, state.file_id))
        return {state.path: _file_name(state) for state in claims if state.path in paths}

    def files_under(self, workspace: str, prefix: str = "") -> list[FileName]:
        with self._lock:
            found = [state for state in self._named(workspace) if state.path.startswith(prefix)]
        claims = sorted(found, key=lambda state: (state.path, state.named_stamp, state.file_id))
        return [_file_name(state) for state in claims]

    def count_files_born_at(self, workspace: str, path: str) -> int:
        with self._lock:
            return sum(state.born[1] == path for state in self._files.values() if state.workspace == workspace)

    def counts(self, workspace: str = "") -> Mapping[str, int]:
        with self._lock:
            notes = [state for state in self._notes.values() if workspace in ("", state.workspace)]
            return {
                "notes": len(notes),
                "live": sum(map(is_live, notes)),
                "pending": sum(self._is_pending(state.note_id) for state in notes),
                "events": sum(workspace in ("", event.workspace) for event in self._log.values()),
                "files": sum(workspace in ("", state.workspace) for state in self._files.values()),
            }

    # ── the index ────────────────────────────────────────────────────────────────────────────────────────────────────
    def pending(self, model: str, limit: int) -> list[Pending]:
        with self._lock:
            self._adopt(model)
            waiting = [state for state in self._notes.values() if self._is_pending(state.note_id)]
            return [self._pending(state, model) for state in waiting[:limit]]

    def mark_indexed(self, done: Sequence[Indexed], model: str) -> None:
        with self._lock:
            self._adopt(model)
            for one in done:
                indexing = self._indexing.get(one.note_id)
                if indexing and indexing.rev == one.rev:
                    indexing.indexed_rev = one.rev
                    if one.vector is not None:
                        indexing.vector, indexing.model = one.vector, model

    def forget_index(self) -> None:
        with self._lock:
            for note_id, indexing in self._indexing.items():
                indexing.indexed_rev = 0 if is_live(self._notes[note_id]) else indexing.rev

    def sample_vectors(self, workspace: str, model: str, limit: int) -> list[tuple[str, int, bytes]]:
        with self._lock:
            indexed = [
                (state.note_id, self._indexing[state.note_id].rev, vector)
                for state in self._live(workspace)
                if not self._is_pending(state.note_id) and (vector := self._vector(state.note_id, model))
            ]
        return random.sample(indexed, min(limit, len(indexed)))

    # ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _touches(self, workspace: str) -> Iterator[Touch]:
        for state in self._live(workspace):
            file_ids = file_ids_of(laid(state))
            for file_id in file_ids:
                yield Touch(state.note_id, file_id, state.confirmed_at, len(file_ids))

    def _adopt(self, model: str) -> None:
        """Make the live notes pending whose vector is of another model."""
        if model != self._model:
            for note_id, indexing in self._indexing.items():
                if indexing.model != model and is_live(self._notes[note_id]):
                    indexing.indexed_rev = 0
            self._model = model

    def _is_pending(self, note_id: str) -> bool:
        return self._indexing[note_id].rev != self._indexing[note_id].indexed_rev

    def _vector(self, note_id: str, model: str) -> bytes | None:
        indexing = self._indexing[note_id]
        return indexing.vector if indexing.model == model else None

    def _pending(self, state: NoteState, model: str) -> Pending:
        indexing, said = self._indexing[state.note_id], laid(state)
        written = (said.title, said.body, ", ".join(state.live_topics)) if is_live(state) else ()
        text = "\n".join(filter(None, written))
        vector = self._vector(state.note_id, model)
        return Pending(state.note_id, state.workspace, indexing.rev, indexing.indexed_rev, text, vector)

    def _candidate(self, state: NoteState) -> Candidate:
        return Candidate(
            note_id=state.note_id,
            confirmed_at=state.confirmed_at,
            paths_by_file_id={file_id: self._files[file_id].path for file_id in file_ids_of(laid(state))},
            topics=state.live_topics,
            quality=quality(state.judgements, state.by.principal, self._clock()),
            principal=state.by.principal,
        )

    def _note(self, state: NoteState) -> Note:
        said, life = laid(state), state.lifecycle
        return Note(
            id=state.note_id,
            workspace=state.workspace,
            kind=said.kind,
            title=said.title,
            body=said.body,
            by=state.by,
            laid_at=state.laid_stamp[0],
            confirmed_at=state.confirmed_at,
            anchors=tuple(replace(anchor, path=self._files[anchor.file_id].path) for anchor in said.anchors),
            topics=state.live_topics,
            status=life.status,
            reason=life.reason,
            superseded_by=life.superseded_by,
            supersedes=said.supersedes,
            disputed_by=tuple(sorted(state.disputed_by)),
            t_star=_t_star(state),
            quality=quality(state.judgements, state.by.principal, self._clock()),
        )


def _told(state: NoteState) -> str:
    return search_text(*texts(state))


def _handle(state: NoteState) -> str:
    return handle(state.note_id)


def _t_star(state: NoteState) -> float:
    kind = laid(state).kind
    return t_star(slots(state.uses, kind, state.by.principal), HALF_LIFE_DAYS_BY_KIND[kind])


def _file_name(state: FileState) -> FileName:
    return FileName(state.file_id, state.path, state.present[1], state.digest[1])


def _bm25(told: Mapping[str, Counter[str]], asked: Collection[str]) -> dict[str, float]:
    """The score of each text that holds a word (Robertson and Zaragoza 2009), by its key."""
    scores: defaultdict[str, float] = defaultdict(float)
    lengths = {key: words.total() for key, words in told.items()}
    usual = sum(lengths.values()) / max(1, len(told))
    for word in asked:
        holders = [key for key, words in told.items() if words[word]]
        rarity = max(LEAST_RARITY, math.log((len(told) - len(holders) + 0.5) / (len(holders) + 0.5)))
        for key in holders:
            often, length = told[key][word], 1 - LENGTH_WEIGHT + LENGTH_WEIGHT * lengths[key] / usual
            scores[key] += rarity * often * (SATURATION + 1) / (often + SATURATION * length)
    return scores
