"""
The loop: before each commit ask where to look, score the answers, then let the commit happen and lay it as a note.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..settings import Settings
from .opening import ReplayClock, memory_at
from .scores import PLACES, Scores, score
from .steps import Course, FilesThere, Step, Turn
from .systems import System, Trails, nearest_notes, note_of, text_of, vote
from .vectors import KnownVectors

WARM = 100  # notes before the first question
MAX_QUESTIONS = 300  # commits asked about a repository, unless said otherwise
FEWEST_WORDS = 3  # of a message that is asked
WORD = re.compile("[A-Za-z]{2,}")
TEXT, OPEN = "T", "TO"
TRACKS = {TEXT: "from the task's words", OPEN: "from the words and one open file"}
"""The two ways of asking, and how to say them."""

Watch = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and how far it will go."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One question: the file that is open ("" for none) and those that are wanted."""

    track: str
    open_path: str
    wanted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Measured:
    """
    What came of one repository: how many notes were laid, and the scores of each system on each track.

    The n-th rows of a track's systems are answers to the same question.
    """

    name: str
    notes: int
    scores: dict[str, dict[str, Scores]]

    def questions(self, track: str) -> int:
        """How many questions were asked on a track."""
        return max((len(rows) for rows in self.scores.get(track, {}).values()), default=0)


def measure(
    course: Course,
    settings: Settings,
    vectors: KnownVectors | None,
    *,
    max_questions: int = MAX_QUESTIONS,
    watch: Watch = lambda doing, done, total: None,
) -> Measured:
    """
    Replay one repository through a memory of its own, and beside it through the two baselines.

    `vectors` None measures the memory by words only, and no baseline: each of them is nothing but vectors.
    `max_questions` 0 asks about every commit.
    """
    if vectors:
        _learn(course, vectors, watch)
    clock = ReplayClock()
    with memory_at(clock, settings, vectors) as memory:
        systems: list[System] = [Trails(memory, clock)]
        if vectors:
            systems += [nearest_notes(memory.index, vectors), vote(memory.index, vectors)]
        return replay(course, systems, max_questions=max_questions, watch=watch)


def replay(
    course: Course,
    systems: Sequence[System],
    *,
    max_questions: int = MAX_QUESTIONS,
    watch: Watch = lambda doing, done, total: None,
) -> Measured:
    """Take the systems through the steps of a course; each is told the same and asked the same."""
    there = FilesThere(course.files)
    stride = max(1, (course.notes - WARM) // max_questions) if max_questions else 1
    rows: dict[str, dict[str, list[tuple[float, ...]]]] = defaultdict(lambda: defaultdict(list))
    laid = 0
    for done, step in enumerate(course.steps, 1):
        turn = there.read(step.changes)
        if laid >= WARM and laid % stride == 0:
            for trial in trials(step, turn):
                for system in systems:
                    answer = admissible(system.lead(step, trial.open_path), there, trial.open_path)
                    rows[trial.track][system.name].append(score(answer, trial.wanted))
        for system in systems:
            system.follow(step, turn.moves)
        there.apply(turn.moves)
        if not step.passed_over:
            laid += 1
            for system in systems:
                system.lay(step, turn.left)
        watch(f"replaying {course.name}", done, len(course.steps))
    scores = {track: {name: np.array(found) for name, found in rows[track].items()} for track in TRACKS if rows[track]}
    return Measured(course.name, laid, scores)


def trials(step: Step, turn: Turn) -> Iterator[Trial]:
    """The questions that a step gives: none where its message says too little, or it changes nothing that was there."""
    if step.passed_over or not turn.wanted or len(WORD.findall(step.message)) < FEWEST_WORDS:
        return
    yield Trial(TEXT, "", frozenset(turn.wanted))
    if len(turn.wanted) > 1:
        number = int(hashlib.sha256(step.id.encode()).hexdigest(), 16)  # chance that is the same each time
        open_path = turn.wanted[number % len(turn.wanted)]
        yield Trial(OPEN, open_path, frozenset(turn.wanted) - {open_path})


def admissible(named: Sequence[str], there: FilesThere, open_path: str) -> list[str]:
    """The first ten files that can be answers: they are there, are not open, and come once."""
    return [path for path in dict.fromkeys(named) if path in there and path != open_path][:PLACES]


def _learn(course: Course, vectors: KnownVectors, watch: Watch) -> None:
    noted = [step for step in course.steps if not step.passed_over]
    texts = {text_of(note_of(step, ())) for step in noted} | {step.message for step in noted}
    known = 0

    def advance(count: int) -> None:
        nonlocal known
        known += count
        watch(f"embedding {course.name}", known, len(texts))

    vectors.learn(sorted(texts), advance)
