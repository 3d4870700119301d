"""
From a ranked answer to what is shown: where a note points by now, who gets a place, who speaks against it.
"""

import hashlib
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from . import placing
from .choosing import Choice, choose, pool
from .notes import Author, Candidate, Hit, Note, Question, Status
from .ports import Folder, Store
from .ranking import Ranked
from .recalling import Answer

SPARE_HITS = 5  # looked at beyond those asked for: a note whose place has changed may fall behind them


@dataclass(frozen=True, slots=True)
class Showing:
    """Chooses from one answer. `folder`, where the files can be seen, tells what became of the places of the notes."""

    store: Store
    workspace: str
    answer: Answer
    folder: Folder | None = None

    def hits(self, question: Question, by: Author, now: datetime) -> tuple[Hit, ...]:
        """What is shown, best first, at most `question.limit`; chance has its say unless the question forbids it."""
        likely = pool(self.answer.ranked, self.answer.candidates, question.limit)
        notes = self._find(one.note_id for one in likely)
        drifted = self._drifted(notes, question.limit + (SPARE_HITS if self.folder else 0))
        ranked = self._rescored(drifted)
        pooled = [one.note_id for one in pool(ranked, self.answer.candidates, question.limit)]
        candidates = self._with_opposition(pooled)
        chance = chance_of(question, by, now) if question.explores else None
        choices = choose(
            ranked,
            candidates,
            limit=question.limit,
            similarity=self.answer.similarities(pooled),
            chance=chance,
        )
        notes |= self._missing(choices, candidates, notes)
        scored = {one.note_id: one for one in self.answer.ranked}
        return tuple(
            self._hit(choice, candidates, notes, drifted.get(choice.note_id), scored[choice.note_id])
            for choice in choices
            if choice.note_id in notes
        )

    def _drifted(self, notes: Mapping[str, Note], count: int) -> dict[str, Hit]:
        """The best notes with what became of their places, by id."""
        best = self.answer.ranked[:count]
        return {one.note_id: placing.hit(notes[one.note_id], one, self.folder) for one in best if one.note_id in notes}

    def _rescored(self, drifted: Mapping[str, Hit]) -> list[Ranked]:
        """All ranked notes, those whose place has changed further down."""
        rescored = [
            replace(one, score=drifted[one.note_id].score) if one.note_id in drifted else one
            for one in self.answer.ranked
        ]
        return sorted(rescored, key=lambda one: -one.score)

    def _with_opposition(self, note_ids: list[str]) -> dict[str, Candidate]:
        opposed = self.store.opposed(self.workspace, note_ids)
        return {
            note_id: replace(candidate, opposed=opposed[note_id]) if note_id in opposed else candidate
            for note_id, candidate in self.answer.candidates.items()
        }

    def _missing(
        self, choices: list[Choice], candidates: Mapping[str, Candidate], known: Mapping[str, Note]
    ) -> dict[str, Note]:
        """The notes that are shown, and those that speak against them, as far as they are not known yet."""
        wanted = {note_id for one in choices for note_id in (one.note_id, *candidates[one.note_id].opposed)}
        return self._find(wanted - known.keys())

    def _find(self, note_ids: Iterable[str]) -> dict[str, Note]:
        """The notes, with their files as they are called here."""
        wanted = list(note_ids)
        notes = self.store.find_notes(self.workspace, wanted) if wanted else {}
        return placing.in_folder(self.store, self.workspace, notes, self.folder)

    def _hit(
        self,
        choice: Choice,
        candidates: Mapping[str, Candidate],
        notes: Mapping[str, Note],
        drifted: Hit | None,
        ranked: Ranked,
    ) -> Hit:
        hit = drifted or placing.hit(notes[choice.note_id], ranked, self.folder)
        against = dict.fromkeys((*choice.against, *candidates[choice.note_id].opposed))
        dissent = tuple(notes[ref] for ref in against if ref in notes and notes[ref].status is Status.LIVE)
        return replace(hit, dissent=dissent, propensity=choice.propensity, explored=choice.explored)


def chance_of(question: Question, by: Author, now: datetime) -> random.Random:
    """Chance that gives one session the same answer to the same question all day."""
    asked = "\0".join((by.session, question.query, *question.files, *question.topics, now.date().isoformat()))
    return random.Random(hashlib.blake2b(asked.encode(), digest_size=8).digest())
