"""
Recall on LoCoMo: which turns of a long conversation a question is about. Trails beside plain Chroma, in one run.

    python benchmarks/locomo.py locomo10.json          (or: make bench-locomo)
    python benchmarks/locomo.py locomo10.json --words-only --json out.json

Each turn is laid as a note by its speaker; a session of the conversation is a session of the memory. Then each question
of the categories 1 to 4 whose evidence is in the conversation is asked, and scored by where its evidence turns come.
That is recall alone: no model reads the answer, so the figures compare with no accuracy that a judge gave.

The conversations (Maharana et al. 2024) are under CC BY-NC 4.0 and not part of this project.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from trails import Author, Question, TrailsError, read_settings
from trails.bench import KnownVectors, load_vectors
from trails.bench.opening import ReplayClock, memory_at
from trails.bench.scores import METRICS, interval, score
from trails.history import Commit, draft_from
from trails.indexing import collection
from trails.memory import Memory
from trails.notes import Draft

CATEGORIES = {1: "several turns", 2: "time", 3: "open", 4: "one turn"}
PLACES = 10  # turns that are looked at
BETWEEN_TURNS = timedelta(seconds=20)  # only sessions are dated
TURN = re.compile(r"D\d+:\d+")
SHOWN = tuple(metric for metric in METRICS if metric != "S@5")
READER = Author("reader", agent="locomo", session="questions")
HOW_TO_GET = """There are no conversations at {place}.

Get locomo10.json from github.com/snap-research/locomo (CC BY-NC 4.0), then: make bench-locomo LOCOMO=PATH/locomo10.json
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one of the two said, and when."""

    id: str
    speaker: str
    text: str
    session: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the ids of the turns that answer it."""

    text: str
    category: int
    evidence: frozenset[str]


@dataclass(frozen=True, slots=True)
class Conversation:
    name: str
    turns: tuple[Turn, ...]
    questions: tuple[Asked, ...]


# ── the conversations ────────────────────────────────────────────────────────────────────────────────────────────────
def read(path: Path) -> list[Conversation]:
    """The conversations of the file, their turns in time order."""
    return [_conversation(sample) for sample in json.loads(path.read_text())]


def _conversation(sample: dict[str, Any]) -> Conversation:
    said = sample["conversation"]
    sessions = sorted((key for key in said if re.fullmatch(r"session_\d+", key)), key=lambda key: int(key[8:]))
    turns = [turn for key in sessions for turn in _turns(key, said[key], said[f"{key}_date_time"])]
    known = {turn.id for turn in turns}
    questions = []
    for one in sample["qa"]:
        evidence = frozenset(TURN.findall(" ".join(one["evidence"])))
        if one["category"] in CATEGORIES and evidence & known:
            questions.append(Asked(one["question"], one["category"], evidence))
    return Conversation(sample["sample_id"], tuple(turns), tuple(questions))


def _turns(session: str, told: Sequence[dict[str, Any]], dated: str) -> list[Turn]:
    begin = datetime.strptime(dated, "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
    turns = []
    for number, one in enumerate(told):
        shown = f" [shows {one['blip_caption']}]" if one.get("blip_caption") else ""
        turns.append(Turn(one["dia_id"], one["speaker"], one["text"] + shown, session, begin + number * BETWEEN_TURNS))
    return turns


def note_of(turn: Turn) -> Draft:
    """A turn as a note on no file."""
    said = Commit(turn.id, turn.at, turn.speaker, f"{turn.speaker}: {turn.text}", "", ())
    return replace(draft_from(said), topics=())


def text_of(turn: Turn) -> str:
    note = note_of(turn)
    return "\n".join(filter(None, (note.title, note.body)))


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────
Ask = Callable[[str], list[str]]
"""Gives the ids of the turns that answer a question, best first."""


def ask_trails(memory: Memory, clock: ReplayClock, conversation: Conversation) -> Ask:
    """Lay the turns, and ask the memory a day after the last."""
    workspace = f"w-{conversation.name}"
    turn_by_note = {}
    for turn in conversation.turns:
        clock.now = turn.at
        by = Author("locomo", agent=turn.speaker, session=f"{conversation.name} {turn.session}")
        receipt = memory.lay(workspace, note_of(turn), by, at=turn.at, key=turn.id)
        turn_by_note.setdefault(receipt.note_id, turn.id)
    clock.now += timedelta(days=1)
    memory.indexer.catch_up()

    def ask(text: str) -> list[str]:
        recall = memory.recall(workspace, Question(text, limit=PLACES, explores=False), READER)
        return [turn_by_note[hit.note.id] for hit in recall.hits]

    return ask


def ask_chroma(memory: Memory, vectors: KnownVectors, conversation: Conversation) -> Ask:
    """The nearest turns in a plain collection."""
    name = collection(f"w-{conversation.name}-nearest", vectors.model)
    rows = vectors.embed([text_of(turn) for turn in conversation.turns])
    memory.index.put(name, [str(number) for number in range(len(rows))], rows)

    def ask(text: str) -> list[str]:
        found = memory.index.nearest(name, vectors.embed([text])[0], PLACES)
        return [conversation.turns[int(number)].id for number, _ in found]

    return ask


def measure(
    conversations: Sequence[Conversation], *, words_only: bool, cache: Path | None = None
) -> dict[str, dict[str, Any]]:
    """The scores by system and conversation, one row a question."""
    settings = read_settings(**({"model": "none"} if words_only else {}))
    vectors = load_vectors(settings)
    if vectors and cache:
        vectors.read(cache)
    scores: dict[str, dict[str, Any]] = {}
    clock = ReplayClock()
    total = sum(len(one.questions) for one in conversations)
    with memory_at(clock, settings, vectors) as memory, Progress(console=Console(stderr=True)) as progress:
        embedding = progress.add_task("embedding", total=None, visible=vectors is not None)
        if vectors:
            texts = {text_of(turn) for one in conversations for turn in one.turns}
            texts |= {asked.text for one in conversations for asked in one.questions}
            progress.update(embedding, total=len(texts))
            vectors.learn(sorted(texts), lambda count: progress.advance(embedding, count))
        asking = progress.add_task("asking", total=total)
        for conversation in conversations:
            systems = {"trails": ask_trails(memory, clock, conversation)}
            if vectors:
                systems["nearest notes"] = ask_chroma(memory, vectors, conversation)
            for name, ask in systems.items():
                rows = [score(ask(asked.text), asked.evidence) for asked in conversation.questions]
                scores.setdefault(name, {})[conversation.name] = np.array(rows).reshape(-1, len(METRICS))
            progress.advance(asking, len(conversation.questions))
    if vectors and cache:
        vectors.write(cache)
    return scores


# ── telling ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def report(conversations: Sequence[Conversation], scores: dict[str, dict[str, Any]], seed: int) -> dict[str, Any]:
    """Means over all questions; the bootstrap draws conversations, whose questions are about the same turns."""
    weights = [len(one.questions) for one in conversations if one.questions]
    told = [one.name for one in conversations if one.questions]
    categories = np.concatenate([[asked.category for asked in one.questions] for one in conversations])
    differences = {
        f"trails - {name}": {one: scores["trails"][one] - rows[one] for one in told}
        for name, rows in scores.items()
        if name != "trails"
    }
    return {
        "seed": seed,
        "questions": len(categories),
        "drawn": "conversations",
        "means": {name: _intervals([rows[one] for one in told], weights, seed) for name, rows in scores.items()},
        "differences": {
            name: _intervals([rows[one] for one in told], weights, seed) for name, rows in differences.items()
        },
        "categories": {
            words: {
                name: _means(np.concatenate([rows[one] for one in told])[categories == number])
                for name, rows in scores.items()
            }
            for number, words in CATEGORIES.items()
            if (categories == number).any()
        },
    }


def _intervals(rows: Sequence[Any], weights: Sequence[int], seed: int) -> dict[str, Any]:
    means = np.array([one.mean(axis=0) for one in rows])
    return {metric: interval(means[:, METRICS.index(metric)], seed=seed, weights=weights).plain() for metric in SHOWN}


def _means(rows: Any) -> dict[str, Any]:
    mean = rows.mean(axis=0)
    return {"questions": len(rows)} | {metric: round(float(mean[METRICS.index(metric)]), 4) for metric in SHOWN}


def tell(figures: dict[str, Any]) -> None:
    console = Console(highlight=False)
    columns = {**figures["means"], **figures["differences"]}
    table = Table("", *columns, box=None, pad_edge=False, title=f"{figures['questions']} questions")
    for metric in SHOWN:
        table.add_row(
            metric, *(_shown(found[metric], signed=name.startswith("trails -")) for name, found in columns.items())
        )
    console.print(table)
    for words, systems in figures["categories"].items():
        said = ", ".join(f"{name} {found['R@10']:.3f}" for name, found in systems.items())
        console.print(f"  {words} ({next(iter(systems.values()))['questions']} questions): R@10 {said}")


def _shown(found: dict[str, float], *, signed: bool) -> str:
    mean, low, high = (f"{found[part]:{'+' if signed else ''}.3f}" for part in ("mean", "low", "high"))
    return f"{mean} \\[{low}, {high}]"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="locomo10.json")
    parser.add_argument("--conversations", type=int, help="only the first so many")
    parser.add_argument("--words-only", action="store_true", help="without the model, and so without the baseline")
    parser.add_argument("--seed", type=int, default=0, help="of the draws that the intervals are made of")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--cache", type=Path, help="keep the vectors in this folder for the next run")
    asked = parser.parse_args()
    if not asked.path.exists():
        print(HOW_TO_GET.format(place=asked.path), file=sys.stderr)
        return 2
    conversations = read(asked.path)[: asked.conversations]
    try:
        scores = measure(conversations, words_only=asked.words_only, cache=asked.cache)
    except TrailsError as problem:
        print(f"locomo: {problem}", file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        return 130
    figures = report(conversations, scores, asked.seed)
    tell(figures)
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
