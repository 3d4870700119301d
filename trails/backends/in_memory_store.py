"""
A store in dictionaries: for tests, for demos, and as the plain statement of what every store promises.

It shares nothing with the SQL store but the rules, so that where the two agree neither can be wrong alone.
"""

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from ..dynamics import HALF_LIFE_DAYS_BY_KIND, slots, t_star
from ..edges import Sitting, Tie, Walk, newest_first
from ..evidence import quality
from ..fold import ACT_LAID, ACT_WITNESSED, FileState, NoteState
from ..notes import Candidate, Note, Status, handle
from ..ports import Clock, FileName, Indexed, Name, Origin, Pending, WordsOfPaths
from ..words import path_words, search_text, stem
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

    def search_words(
        self, workspace: str, words: Sequence[str], limit: int, *, without: str = ""
    ) -> list[tuple[str, float]]:
        with self._lock:
            told = {state.note_id: Counter(_told(state).lower().split()) for state in self._live(workspace)}
            others = {state.note_id for state in self._live(workspace) if not without or state.by.principal != without}
        scores = _bm25(told, [word.lower() for asked in words for word in re.findall(r"\w+", asked)])
        found = [(note_id, score) for note_id, score in scores.items() if note_id in others]
        return sorted(found, key=lambda one: one[1], reverse=True)[:limit]

    def notes_with_topics(self, workspace: str, topics: Collection[str], limit: int) -> tuple[str, ...]:
        with self._lock:
            found = [state.note_id for state in self._live(workspace) if set(topics) & set(state.live_topics)]
        return tuple(sorted(found, reverse=True)[:limit])

    def beside(self, workspace: str, note_ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        with self._lock:
            live = sorted(
                (state.by.session, state.by.principal, state.note_id)
                for state in self._live(workspace)
                if state.by.session
            )
        found: dict[str, tuple[str, ...]] = {}
        for (*voice, one), (*other_voice, other) in pairwise(live):
            if voice == other_voice:
                for note_id, next_to in ((one, other), (other, one)):
                    if note_id in note_ids:
                        found[note_id] = (*found.get(note_id, ()), next_to)
        return found

    def opposed(self, workspace: str, note_ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        with self._lock:
            live = {state.note_id for state in self._live(workspace)}
            pairs = {(state.note_id, counter) for state in self._there(workspace) for counter in state.disputed_by}
        pairs |= {(counter, disputed) for disputed, counter in pairs}
        found: dict[str, tuple[str, ...]] = {}
        for one, other in sorted(pairs):
            if one in note_ids and other in live and one != other:
                found[one] = (*found.get(one, ()), other)
        return found

    def hot_notes(
        self, workspace: str, kinds: Collection[str], limit: int, *, without_agent: str = ""
    ) -> tuple[str, ...]:
        with self._lock:
            others = [state for state in self._live(workspace) if not without_agent or state.by.agent != without_agent]
        live = sorted(others, key=_t_star, reverse=True)
        return tuple(
            state.note_id
            for kind in dict.fromkeys(kinds)
            for state in [state for state in live if laid(state).kind == kind][:limit]
        )

    def standing_of(self, workspace: str, principal: str) -> tuple[str, ...]:
        standing = (Status.LIVE, Status.WITNESS)
        with self._lock:
            found = [
                state.note_id
                for state in self._there(workspace)
                if state.by.principal == principal and state.lifecycle.status in standing
            ]
        return tuple(sorted(found))

    # ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def notes_on(self, workspace: str, file_ids: Collection[str], limit: int, *, without: str = "") -> tuple[str, ...]:
        found: dict[str, None] = {}
        with self._lock:
            for file_id in dict.fromkeys(file_ids):
                newest = self._newest_on(workspace, file_id)
                others = [state.note_id for state in newest if not without or state.by.principal != without]
                found |= dict.fromkeys(others[:limit])
        return tuple(found)

    def ties_from(self, workspace: str, file_id: str, limit: int) -> list[Tie]:
        with self._lock:
            here = [(state, state.file_ids) for state in self._newest_on(workspace, file_id)[:limit]]
        return [Tie(state.note_id, other, state.confirmed_at, len(ids)) for state, ids in here for other in ids]

    def files_of(self, workspace: str, note_ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        with self._lock:
            wanted = [state for state in self._live(workspace) if state.note_id in note_ids]
        return {state.note_id: tuple(sorted(state.file_ids)) for state in wanted if state.file_ids}

    def walks_through(self, workspace: str, note_ids: Collection[str], limit: int) -> list[Walk]:
        with self._lock:
            walks = [walk for state in self._live(workspace) for walk in _walks(state)]
        here = {(walk.principal, walk.session) for walk in walks if walk.note_id in note_ids and walk.session}
        return newest_first(walk for walk in walks if (walk.principal, walk.session) in here)[:limit]

    def files_at(self, workspace: str, paths: Collection[str]) -> dict[str, FileName]:
        with self._lock:
            claims = sorted(self._named(workspace), key=lambda state: (state.named_stamp, state.file_id))
        return {state.path: _file_name(state) for state in claims if state.path in paths}

    def files_under(self, workspace: str, prefix: str = "") -> list[FileName]:
        with self._lock:
            found = [state for state in self._named(workspace) if state.path.startswith(prefix)]
        claims = sorted(found, key=lambda state: (state.path, state.named_stamp, state.file_id))
        return [_file_name(state) for state in claims]

    def files_by_id(self, workspace: str, file_ids: Collection[str]) -> list[FileName]:
        with self._lock:
            known = (state for state in self._files.values() if state.workspace == workspace)
            return [_file_name(state) for state in known if state.file_id in file_ids]

    def notes_a_file(self, workspace: str, file_ids: Collection[str]) -> Mapping[str, int]:
        with self._lock:
            laid_on = Counter(file_id for state in self._there(workspace) for file_id in state.file_ids)
        return {file_id: laid_on[file_id] for file_id in file_ids if laid_on[file_id]}

    def touched_at(self, workspace: str, file_ids: Collection[str]) -> Mapping[str, datetime]:
        with self._lock:
            newest = {file_id: self._newest_on(workspace, file_id)[:1] for file_id in file_ids}
        return {file_id: state.laid_stamp[0] for file_id, states in newest.items() for state in states}

    def files_like(self, workspace: str, paths: Collection[str]) -> list[FileName]:
        stems = {stem(path) for path in paths} - {""}
        with self._lock:
            return [_file_name(state) for state in self._named(workspace) if stem(state.path) in stems]

    def files_with_words(self, workspace: str, words: Sequence[str]) -> WordsOfPaths:
        with self._lock:
            known = list(self._named(workspace))
        counts = Counter(word for state in known for word in path_words(state.path) & frozenset(words))
        found = [_file_name(state) for state in known if path_words(state.path) & frozenset(words)]
        return WordsOfPaths(tuple(found), dict(counts), len(known) if found else 0)

    def names_like(self, workspace: str, paths: Collection[str]) -> list[Name]:
        with self._lock:
            return _newest(self._files.values(), workspace, lambda state, path: path in paths)

    def names_of(self, workspace: str, file_ids: Collection[str]) -> list[Name]:
        with self._lock:
            return _newest(self._files.values(), workspace, lambda state, path: state.file_id in file_ids)

    def origins_of(self, workspace: str, file_ids: Collection[str]) -> list[Origin]:
        with self._lock:
            known = [state for state in self._files.values() if state.workspace == workspace and state.origin[1]]
        return [Origin(one.file_id, one.origin[1], one.origin[0][0]) for one in known if one.file_id in file_ids]

    def sittings_with(self, workspace: str, file_id: str, limit: int) -> list[Sitting]:
        with self._lock:
            here = [state for state in self._files.values() if state.workspace == workspace]
        mine = next((state.sittings for state in here if state.file_id == file_id), {})
        newest = sorted(sorted(mine), key=lambda voice: mine[voice], reverse=True)
        seen: Counter[str] = Counter()
        found: list[Sitting] = []
        for voice in newest:
            seen[voice[0]] += 1
            if seen[voice[0]] > limit:
                continue
            edited = [Sitting(*voice, one.file_id, one.sittings[voice]) for one in here if voice in one.sittings]
            found += sorted(sorted(edited, key=lambda one: one.file_id), key=lambda one: one.at, reverse=True)
        return found

    def count_files_born_at(self, workspace: str, path: str) -> int:
        with self._lock:
            return sum(state.born[1] == path for state in self._files.values() if state.workspace == workspace)

    def noted_workspaces(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(sorted({state.workspace for state in self._notes.values()}))

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
    def _newest_on(self, workspace: str, file_id: str) -> list[NoteState]:
        found = [state for state in self._live(workspace) if file_id in state.file_ids]
        return sorted(found, key=lambda state: state.note_id, reverse=True)

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
        is_new = indexing.rev == 1 and not indexing.model
        return Pending(state.note_id, state.workspace, indexing.rev, indexing.indexed_rev, text, vector, is_new)

    def _candidate(self, state: NoteState) -> Candidate:
        return Candidate(
            note_id=state.note_id,
            confirmed_at=state.confirmed_at,
            paths_by_file_id={file_id: self._files[file_id].path for file_id in state.file_ids},
            topics=state.live_topics,
            quality=quality(state.judgements, state.by.principal, self._clock()),
            principal=state.by.principal,
        )

    def _stands_behind(self, original: NoteState) -> Callable[[str], bool]:
        """Tells the witnesses of a note from those that stand by themselves again."""
        standing = (Status.WITNESS, original.note_id)
        lives = {state.note_id: state.lifecycle for state in self._there(original.workspace)}
        return lambda note_id: (lives[note_id].status, lives[note_id].superseded_by) == standing

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
            anchors=tuple(replace(anchor, path=self._files[anchor.file_id].path) for anchor in state.anchors),
            topics=state.live_topics,
            status=life.status,
            reason=life.reason,
            superseded_by=life.superseded_by,
            supersedes=said.supersedes,
            disputed_by=tuple(sorted(state.disputed_by)),
            witnesses=tuple(sorted(filter(self._stands_behind(state), state.witnesses))),
            t_star=_t_star(state),
            quality=quality(state.judgements, state.by.principal, self._clock()),
            head=said.head,
        )


def _walks(state: NoteState) -> list[Walk]:
    """The uses that leave edges, one a session."""
    walked: dict[tuple[str, str], datetime] = {}
    for (principal, session, act), at in state.uses.items():
        if act not in (ACT_LAID, ACT_WITNESSED):
            walked[principal, session] = max(at, walked.get((principal, session), at))
    return [Walk(principal, session, state.note_id, at) for (principal, session), at in walked.items()]


def _told(state: NoteState) -> str:
    return search_text(*texts(state))


def _handle(state: NoteState) -> str:
    return handle(state.note_id)


def _t_star(state: NoteState) -> float:
    kind = laid(state).kind
    return t_star(slots(state.uses, kind, state.by.principal), HALF_LIFE_DAYS_BY_KIND[kind])


def _newest(states: Iterable[FileState], workspace: str, fits: Callable[[FileState, str], bool]) -> list[Name]:
    named = [
        (stamp, Name(state.file_id, path, stamp[0], tree))
        for state in states
        if state.workspace == workspace
        for (tree, path), stamp in state.all_names.items()
        if fits(state, path)
    ]
    in_order = sorted(named, key=lambda one: one[1].file_id)
    return [name for _, name in sorted(in_order, key=lambda one: one[0], reverse=True)]


def _file_name(state: FileState) -> FileName:
    return FileName(state.file_id, state.path, state.present[1], state.digest[1], state.present[0][0])


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
