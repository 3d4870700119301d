"""
What is measured: trails, and what one gets from a vector store without it.

All are told the same notes, renames and deletions, and embed with the same vectors. Which files are there, the open
one, and those that follow every commit is the replay's business: a system may name what it likes.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from ..errors import BadInput, Refused
from ..history import Change, Commit, draft_from
from ..indexing import collection
from ..memory import LIMIT_OF_LEADS, Memory
from ..notes import Author, Draft, Question
from ..ports import Index
from .opening import ReplayClock
from .steps import Step
from .vectors import KnownVectors

WORKSPACE = "w-replay"
NEAREST = 50  # notes whose files are named in their order
VOTERS = 20  # notes that vote for their files

Voices = Sequence[tuple[tuple[int, ...], float]]
"""The files of each of the nearest notes with its cosine, nearest first."""


class System(Protocol):
    """Something that is told what happens in a repository and asked where to look."""

    name: str

    def follow(self, step: Step, moves: Sequence[Change]) -> None:
        """Files were renamed, deleted, made."""
        ...

    def lay(self, step: Step, files: Sequence[str]) -> None:
        """A commit is over: its message is a note on the files that it left."""
        ...

    def lead(self, step: Step, open_path: str) -> Sequence[str]:
        """The files that this step may change, best first, asked before it; `open_path` is one of them, or ""."""
        ...


class Trails:
    """The memory as agents have it: laid, followed and asked through its own verbs."""

    name = "trails"

    def __init__(self, memory: Memory, clock: ReplayClock) -> None:
        self._memory = memory
        self._clock = clock
        self._tracker = memory.tracker(WORKSPACE)
        self._is_opened = False

    def follow(self, step: Step, moves: Sequence[Change]) -> None:
        self._clock.now = step.at
        for move in moves:
            if not move.after:
                self._tracker.file_gone(move.before)
            elif not move.before or not self._tracker.file_moved(move.before, move.after):
                self._tracker.file_changed(move.after, step.id)  # a watcher says so of a file that is back

    def lay(self, step: Step, files: Sequence[str]) -> None:
        self._clock.now = step.at
        if not self._is_opened:
            self._memory.open_workspace(WORKSPACE, "/replay", author_of(step))
            self._is_opened = True
        try:
            self._memory.lay(WORKSPACE, note_of(step, files), author_of(step), at=step.at, key=step.id)
        except (BadInput, Refused):
            return  # a message that cannot be seen, or that admission refuses: nobody could lay that

    def lead(self, step: Step, open_path: str) -> Sequence[str]:
        self._clock.now = step.at
        self._memory.indexer.catch_up()
        files = (open_path,) if open_path else ()
        question = Question(step.message, files, limit=5, leads=LIMIT_OF_LEADS, explores=False)
        try:
            recall = self._memory.recall(WORKSPACE, question, author_of(step))
        except (BadInput, Refused):
            return ()
        return [lead.path for lead in recall.leads]


class ChromaNotes:
    """
    Notes in a plain Chroma collection: the files of the `limit` nearest notes, in the order that `order` gives.

    Knows no words, no time, no open file; a file that was renamed keeps its notes.
    """

    def __init__(
        self, name: str, index: Index, vectors: KnownVectors, *, limit: int, order: Callable[[Voices], Sequence[int]]
    ) -> None:
        self.name = name
        self._index = index
        self._vectors = vectors
        self._limit = limit
        self._order = order
        self._collection = collection(f"{WORKSPACE}-{limit}", vectors.model)  # which the memory's own tidying leaves
        self._texts: list[str] = []
        self._files: list[tuple[int, ...]] = []
        self._paths: list[str] = []
        self._numbers: dict[str, int] = {}
        self._indexed = 0

    def follow(self, step: Step, moves: Sequence[Change]) -> None:
        for move in moves:
            number = self._numbers.pop(move.before, None) if move.after else None
            if number is not None:
                self._numbers[move.after] = number
                self._paths[number] = move.after

    def lay(self, step: Step, files: Sequence[str]) -> None:
        self._texts.append(text_of(note_of(step, files)))
        self._files.append(tuple(self._number(path) for path in files))

    def lead(self, step: Step, open_path: str) -> Sequence[str]:
        self._catch_up()
        found = self._index.nearest(self._collection, self._vectors.embed([step.message])[0], self._limit)
        return [self._paths[number] for number in self._order([(self._files[int(name)], near) for name, near in found])]

    def _catch_up(self) -> None:
        if self._indexed < len(self._texts):
            fresh = range(self._indexed, len(self._texts))
            rows = self._vectors.embed([self._texts[note] for note in fresh])
            self._index.put(self._collection, [str(note) for note in fresh], rows)
            self._indexed = len(self._texts)

    def _number(self, path: str) -> int:
        if path not in self._numbers:
            self._numbers[path] = len(self._paths)
            self._paths.append(path)
        return self._numbers[path]


def nearest_notes(index: Index, vectors: KnownVectors) -> ChromaNotes:
    """Files in the order of the nearest note that is on them: what a vector store by itself gives."""
    return ChromaNotes("nearest notes", index, vectors, limit=NEAREST, order=in_order_of_notes)


def vote(index: Index, vectors: KnownVectors) -> ChromaNotes:
    """Files by the votes of the nearest notes: the best that a vector store gives without more."""
    return ChromaNotes(f"{VOTERS}-note vote", index, vectors, limit=VOTERS, order=by_vote)


def in_order_of_notes(voices: Voices) -> Sequence[int]:
    """The files as they come, each once."""
    return list(dict.fromkeys(number for files, _ in voices for number in files))


def by_vote(voices: Voices) -> Sequence[int]:
    """The files by the sum of the cosines of their notes; of equal ones, the one met first."""
    votes: defaultdict[int, float] = defaultdict(float)
    for files, cosine in voices:
        for number in files:
            votes[number] += max(0.0, cosine)
    return sorted(votes, key=lambda number: -votes[number])


# ── a commit as a note ───────────────────────────────────────────────────────────────────────────────────────────────
def note_of(step: Step, files: Sequence[str]) -> Draft:
    """The note that a step amounts to, without topics: folders would give away what is asked for."""
    subject, _, body = (step.message or ".").partition("\n")
    return replace(draft_from(Commit(step.id, step.at, step.author, subject, body, tuple(files))), topics=())


def text_of(note: Draft) -> str:
    """What is embedded of a note without topics."""
    return "\n".join(filter(None, (note.title, note.body)))


def author_of(step: Step) -> Author:
    """Each author is one principal, and a day of work one session."""
    return Author(step.author, agent="replay", session=f"{step.author} {_day(step.at)}")


def _day(at: datetime) -> str:
    return at.date().isoformat()
