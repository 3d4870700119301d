"""
How evenly notes are shown in a month of twenty agents, with exploration and without. Both months side by side.

    python benchmarks/exposure.py            (or: make bench-exposure)       about two minutes on two cores
    python benchmarks/exposure.py --days 14 --agents 8 --json out.json       quicker, and the figures as JSON

The agents and their luck are made up; the memory is the real one, on disk, with a clock that the month turns. Notes
have a true worth that only the outcome of a task shows: who used better notes succeeds more often. On the tenth day a
much better note is laid on each topic: on every second one in the usual words, on the others in words that match less
than most. Both months meet the same agents with the same questions and the same luck, so that what differs is what was
shown. One month is one sample: a difference in success within twice the printed standard error is none, and --seed
gives another month.
"""

import argparse
import json
import math
import random
import statistics
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import track

from trails import Author, Draft, Question, Verdict
from trails.backends.in_memory_index import InMemoryIndex
from trails.backends.sql_store import open_sql_store
from trails.bootstrap import new_id
from trails.choosing import (
    EXPLORATION_SHARE,
    FIXED_PLACES,
    PLACES_PER_PRINCIPAL,
    UNIFORM_SHARE,
    choose,
    pool,
)
from trails.embedding import BackgroundEmbedder
from trails.exposure import effective_number, gini
from trails.indexing import Indexer
from trails.memory import Memory
from trails.ports import Embedder

WORKSPACE = "w-month"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
LIMIT = 5  # notes an answer
NOTES_A_TOPIC = 12
LATE_DAY, LATE_WORTH = 10, 0.95
FOUND = 5  # times shown: then a late note is known
PRINCIPALS = 8
TASKS_A_DAY = (2, 3, 4)  # of each agent
TOPIC_EXPONENT = 0.7  # of Zipf's law, over the topics
READ = (0.95, 0.8, 0.65, 0.5, 0.4)  # the chance that a place is read
USED_AT_WORST, USED_AT_BEST = 0.15, 0.7  # the chance that a note is used once read, by its worth
JUDGED = 0.4  # the chance that a note is judged once used
LAID_A_DAY = 0.1  # the chance that an agent lays a note that day

TOPICS = (
    """
database migration|login token|payment retry|search index|image upload|rate limit|email template|session cache
export job|feature flag|audit log|webhook signature|invoice rounding|password reset|backup restore|queue worker
time zone|access control|deploy script|metrics dashboard
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
ADVICE = (
    """
Run the slow tests before you touch the {topic}|Keep the old {topic} until the new one is verified
The {topic} fails silently when its configuration is missing|Lock the row first: the {topic} is not idempotent
Never change the {topic} and its schema together|The {topic} needs a warm start after an upgrade
Read the settings of the {topic} once, at the start|Two threads must not share the {topic}
The {topic} swallows errors of its client library|Undo a broken {topic} with the script in tools
Measure the {topic} with production sizes|The {topic} depends on the order of its arguments
The fixture of the {topic} hides a race|Ask for a review when the {topic} changes
""".strip()
    .replace("\n", "|")
    .split("|")
)
WHY = (
    """
it broke twice last spring|nobody noticed for a week|the tests pass either way|an outage of two hours began there
the documentation says otherwise|only the staging machine shows it|the vendor changed a default|it costs one minute
older clients still send the former format|the error message names another module|a retry makes it worse
""".strip()
    .replace("\n", "|")
    .split("|")
)
ASKED = ("change the {topic}", "{topic} fails in production", "why is the {topic} slow", "review of the {topic} script")

Figures = dict[str, float]


# ── the world ────────────────────────────────────────────────────────────────────────────────────────────────────────
def luck(*parts: object) -> random.Random:
    """Chance that depends on nothing but these parts, the same in both months."""
    return random.Random("\0".join(map(str, parts)))


def draft(topic: str, chance: random.Random) -> Draft:
    """A note on a topic in the usual words, which match a question about it more or less."""
    title, body = chance.choice(ADVICE).format(topic=topic), "; ".join(chance.sample(WHY, chance.randint(1, 4)))
    return Draft(title, f"{body}; see the {topic}" if chance.random() < 0.5 else body)


def reworded(topic: str, chance: random.Random) -> Draft:
    """One that names its topic late, in a long body."""
    advice, whys = chance.choice(ADVICE).format(topic=topic), "; ".join(chance.sample(WHY, 5))
    return Draft("What finally helped, after all else had failed", f"{advice}. {whys}")


def authors(agents: int, seed: int) -> list[Author]:
    """The agents; the first principals have most of them."""
    chance = luck(seed, "agents")
    weights = [1 / rank for rank in range(1, PRINCIPALS + 1)]
    drawn = [*range(PRINCIPALS), *chance.choices(range(PRINCIPALS), weights, k=max(0, agents - PRINCIPALS))]
    return [Author(f"principal-{drawn[number]}", f"agent-{number}") for number in range(agents)]


class Clock:
    """The time of the month; each look at it takes a moment, so that no two events share one."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def open_month(folder: Path, clock: Clock, *, model: bool) -> Memory:
    """A memory as `trails.open_memory` puts it together, but with this clock and an exact index."""
    store, index = open_sql_store(folder / "trails.db", clock), InMemoryIndex()
    embedder = BackgroundEmbedder(_load if model else None)
    embedder.wait_until_settled(60)
    indexer = Indexer(store, index, embedder)
    indexer.start()
    return Memory(store, index, embedder, indexer, clock, new_id)


def _load() -> Embedder:
    from trails.backends.onnx_embedder import OnnxEmbedder

    return OnnxEmbedder.load("")


# ── a month ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass
class Waited:
    """How often greed passed a note of the pool over, how often chance showed it then, and how often it had to."""

    times: int = 0
    shown: int = 0
    floor: float = 0.0

    def count(self, floor: float, *, shown: bool) -> None:
        self.times, self.shown, self.floor = self.times + 1, self.shown + shown, self.floor + floor


@dataclass
class Month:
    """One simulated month: what was laid, what was shown, how the tasks ended."""

    memory: Memory
    clock: Clock
    seed: int
    agents: list[Author]
    explores: bool
    topics: list[str]
    worth: dict[str, float] = field(default_factory=dict)
    topic_of: dict[str, str] = field(default_factory=dict)
    late: dict[str, str] = field(default_factory=dict)  # note id by topic
    shown: Counter[str] = field(default_factory=Counter)
    explored: int = 0
    seen_on: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # days, of late notes
    results: list[bool] = field(default_factory=list)
    waited: dict[str, Waited] = field(default_factory=lambda: defaultdict(Waited))  # by topic

    def live(self, days: int) -> None:
        """Let a month go by, after two in which the first notes were laid."""
        for topic in self.topics:
            for number in range(NOTES_A_TOPIC):
                chance = luck(self.seed, topic, number)
                at = START - timedelta(days=chance.uniform(0, 60))
                self.lay(topic, draft(topic, chance), chance, at=at)
        for day in track(range(days), "with exploration" if self.explores else "without", console=Console(stderr=True)):
            self.clock.now = START + timedelta(days=day)
            if day == LATE_DAY:
                for number, topic in enumerate(self.topics):
                    chance = luck(self.seed, topic, "late")
                    late = (draft, reworded)[number % 2](topic, chance)
                    self.late[topic] = self.lay(topic, late, chance, worth=LATE_WORTH)
            if self.memory.embedder.ready():
                self.memory.indexer.wait_until_idle(60)
            for by in self.agents:
                self.work(by, day)

    def work(self, by: Author, day: int) -> None:
        """What one agent does on one day."""
        chance = luck(self.seed, by.agent, day)
        weights = [rank**-TOPIC_EXPONENT for rank in range(1, len(self.topics) + 1)]
        for number, topic in enumerate(chance.choices(self.topics, weights, k=chance.choice(TASKS_A_DAY))):
            self.task(Author(by.principal, by.agent, f"{by.agent}-{day}-{number}"), topic, day)
        if chance.random() < LAID_A_DAY:
            topic = chance.choices(self.topics, weights)[0]
            self.lay(topic, draft(topic, chance), chance)

    def lay(
        self, topic: str, draft: Draft, chance: random.Random, *, at: datetime | None = None, worth: float | None = None
    ) -> str:
        """Somebody lays a note, worth as much as chance or the caller says. Gives its id."""
        note_id = self.memory.lay(WORKSPACE, draft, chance.choice(self.agents), at=at).note_id
        self.topic_of[note_id] = topic
        self.worth[note_id] = chance.betavariate(2, 2) if worth is None else worth
        return note_id

    def task(self, by: Author, topic: str, day: int) -> None:
        """Ask, use what seems of use, judge some of it, and say how it ended."""
        chance = luck(self.seed, by.session)
        question = Question(chance.choice(ASKED).format(topic=topic), limit=LIMIT, explores=self.explores)
        recall = self.memory.recall(WORKSPACE, question, by)
        note_ids = [hit.note.id for hit in recall.hits]
        self.shown.update(note_ids)
        self.explored += sum(hit.explored for hit in recall.hits)
        self.count_waiting(topic, question, set(note_ids))
        if self.late.get(topic) in note_ids:
            self.seen_on[topic].append(day - LATE_DAY)
        used = []
        for note_id, read in zip(note_ids, READ, strict=False):
            worth, lot, judged = self.worth[note_id], chance.random(), chance.random()
            if lot < read * (USED_AT_WORST + (USED_AT_BEST - USED_AT_WORST) * worth):
                used.append(note_id)
                if judged < JUDGED:
                    verdict = Verdict.HELPED if judged < JUDGED * worth else Verdict.UNHELPFUL
                    self.memory.judge(WORKSPACE, note_id, verdict, by)
        helped = statistics.fmean(self.worth[note_id] for note_id in used) if used else 0.3
        succeeded = luck(self.seed, by.session, "end").random() < 1 / (1 + math.exp(3 - 6 * helped))
        self.memory.outcome(WORKSPACE, float(succeeded), by, used=used, task=topic)
        self.results.append(succeeded)

    def count_waiting(self, topic: str, question: Question, shown: set[str]) -> None:
        """
        Which notes of the pool waited, and whether chance showed them.

        Only of principals that the rule for the first five places cannot touch: the others wait without a floor.
        """
        answer = self.memory.recaller.answer(WORKSPACE, question, self.clock.now)
        hits = pool(answer.ranked, answer.candidates, LIMIT)
        if len(hits) <= LIMIT:
            return
        similarity = answer.similarities([hit.note_id for hit in hits])
        greedy = choose(answer.ranked, answer.candidates, limit=LIMIT, similarity=similarity, chance=None)
        by_greed = {choice.note_id for choice in greedy}
        floor = UNIFORM_SHARE * EXPLORATION_SHARE * (LIMIT - FIXED_PLACES) / (len(hits) - FIXED_PLACES)
        principals = {hit.note_id: answer.candidates[hit.note_id].principal for hit in hits}
        crowd = Counter(principals.values())
        for hit in hits:
            if hit.note_id not in by_greed and crowd[principals[hit.note_id]] <= PLACES_PER_PRINCIPAL:
                self.waited[topic].count(floor, shown=hit.note_id in shown)

    # ── what it came to ──────────────────────────────────────────────────────────────────────────────────────────────
    def figures(self) -> Figures:
        counts = [self.shown[note_id] for note_id in self.worth]
        by_topic = [[self.shown[one] for one in self.worth if self.topic_of[one] == topic] for topic in self.topics]
        success = statistics.fmean(self.results)
        places = sum(counts)
        return {
            "notes": len(counts),
            "tasks": len(self.results),
            "places filled by chance": self.explored / places,
            "effective number of notes": effective_number(counts),
            "  in a topic (mean)": statistics.fmean(map(effective_number, by_topic)),
            "Gini": gini(counts),
            "  in a topic (mean)  ": statistics.fmean(map(gini, by_topic)),
            "never shown": counts.count(0) / len(counts),
            **self.late_figures("in usual words", self.topics[0::2]),
            **self.late_figures("in other words", self.topics[1::2]),
            "worth of what is shown (mean)": sum(n * self.worth[one] for one, n in self.shown.items()) / places,
            "tasks that succeed": success,
            "  standard error": math.sqrt(success * (1 - success) / len(self.results)),
            **self.floor_figures(),
        }

    def late_figures(self, which: str, topics: Sequence[str]) -> Figures:
        """How soon the late notes on these topics were shown; infinite where it was not in this month."""
        if not self.late:
            return {}
        firsts = [self.seen_on[topic][0] if self.seen_on[topic] else math.inf for topic in topics]
        found = [len(self.seen_on[topic]) >= FOUND for topic in topics]
        return {
            f"days until a late note {which} is shown": statistics.median(firsts),
            f"  shown {FOUND} times or more, {which}": statistics.fmean(found),
        }

    def floor_figures(self) -> Figures:
        """Whether what waits is shown at least as often as promised: over all, and on each topic."""
        waited = list(self.waited.values())
        times = sum(one.times for one in waited) or 1
        return {
            "shown though greed passed it over": sum(one.shown for one in waited) / times,
            "  the floor": sum(one.floor for one in waited) / times,
            "  topics 3 deviations below it": sum(one.shown < one.floor - 3 * math.sqrt(one.floor) for one in waited),
        }


def simulate(*, days: int, agents: int, topics: int, seed: int, model: bool = False) -> dict[str, Figures]:
    """The figures of both months, by name."""
    figures = {}
    for name, explores in (("without", False), ("with exploration", True)):
        with tempfile.TemporaryDirectory(prefix="trails-bench-") as folder:
            clock = Clock()
            memory = open_month(Path(folder), clock, model=model)
            month = Month(memory, clock, seed, authors(agents, seed), explores, TOPICS[:topics])
            month.live(days)
            figures[name] = month.figures()
            memory.close()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--topics", type=int, default=len(TOPICS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", action="store_true", help="with the default model; else notes are found by words")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    asked = parser.parse_args()
    figures = simulate(days=asked.days, agents=asked.agents, topics=asked.topics, seed=asked.seed, model=asked.model)
    print(f"{'':44}" + "".join(f"{name:>18}" for name in figures))
    for name in next(iter(figures.values())):
        print(f"{name:44}" + "".join(f"{month[name]:18,.3f}" for month in figures.values()))
    if asked.json:
        finite = {
            name: {what: value if math.isfinite(value) else None for what, value in month.items()}
            for name, month in figures.items()
        }
        asked.json.write_text(json.dumps(finite, indent=2) + "\n")


if __name__ == "__main__":
    main()
