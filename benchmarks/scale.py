"""
Speed at size: stores of 10,000, 100,000 and 1,000,000 made-up notes, asked and written to as a keeper does.

    python benchmarks/scale.py                  (or: make bench-scale)     10,000 and 100,000 notes
    python benchmarks/scale.py --keep DIR --notes 10000 100000 1000000     a million takes half an hour to build
    python benchmarks/scale.py --keep DIR --notes 100000 --profile         where the time goes

Stores are built once and kept in DIR, if one is given. Each size is measured in a process of its own, whose memory is
that of a keeper. Notes, files and vectors are made up (`made_history.py`), and making a vector costs next to nothing:
the embedding is not in the figures. A measurement lays a hundred notes in the store that it measures.
"""

import argparse
import cProfile
import gc
import json
import logging
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from made_history import MODEL, WORKSPACE, MadeEmbedder, MadeHistory
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from trails import Author, Kind, Memory, Question, Settings, open_memory, vectors
from trails.indexing import collection
from trails.ports import Indexed, Request

NOTES_A_REQUEST = 700  # with what else happens about 1000 events
VECTORS_A_ROUND = 4000
LAYS, PROFILED = 100, 50
BY = Author("reader", "bench", "bench")

# Milliseconds (median) and megabytes, by number of notes.
GOALS = {
    100_000: {"recall by file": 3.0, "recall by text": 20.0},
    1_000_000: {"recall by file": 10.0, "recall by text": 60.0, "memory, MB": 1536.0},
}

Figures = dict[str, Any]


# ── building ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def build(folder: Path, notes: int) -> None:
    """Bring the store in `folder` to this many notes, all of them indexed; goes on where it was broken off."""
    memory = open_memory(_settings(folder), load=lambda: MadeEmbedder(notes))
    memory.indexer.stop()  # the rounds below are larger than its own
    memory.open_workspace(WORKSPACE, str(folder), BY)
    history, started = MadeHistory(notes), time.perf_counter()
    laid = memory.store.counts(WORKSPACE)["notes"]
    firsts = range(laid, notes, NOTES_A_REQUEST)
    for first in _progress(firsts, f"{notes:,} notes"):
        events = tuple(history.events(first, min(notes, first + NOTES_A_REQUEST)))
        memory.store.append(Request(events))
    embedded, embedder = time.perf_counter(), MadeEmbedder(notes)
    rounds = -(-memory.store.counts(WORKSPACE)["pending"] // VECTORS_A_ROUND)
    for _ in _progress(range(rounds), f"{notes:,} vectors"):
        _index(memory, embedder)
    ended = time.perf_counter()
    memory.close()
    if laid < notes:
        print(f"built {notes:,} notes: {embedded - started:.0f} s, their index {ended - embedded:.0f} s", flush=True)


def _index(memory: Memory, embedder: MadeEmbedder) -> None:
    """A round of what `indexing.py` does, with many vectors at once."""
    pending = memory.store.pending(MODEL, VECTORS_A_ROUND)
    live = [one for one in pending if one.text]
    rows = embedder.embed([one.text for one in live])
    memory.index.put(collection(WORKSPACE, MODEL), [f"{one.note_id}.{one.rev}" for one in live], rows)
    blobs = {one.note_id: vectors.to_bytes(row) for one, row in zip(live, rows, strict=True)}
    memory.store.mark_indexed([Indexed(one.note_id, one.rev, blobs.get(one.note_id)) for one in pending], MODEL)


def _progress(rounds: Sequence[int], what: str) -> Iterable[int]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        yield from progress.track(rounds, description=what)


def _settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, principal="bench")


# ── measuring ────────────────────────────────────────────────────────────────────────────────────────────────────────
class Asking:
    """What is asked of one store: the same questions in each run, no question twice."""

    def __init__(self, memory: Memory, notes: int, rounds: int) -> None:
        self.memory, self.history = memory, MadeHistory(notes)
        self.random = np.random.default_rng(notes)
        self._questions = iter(self.history.questions(5 * (rounds + PROFILED)))
        there = memory.store.counts(WORKSPACE)["notes"]
        self.drafts = self.history.drafts(there, there + LAYS)

    def a_path(self) -> str:
        return self.history.path(int(self.random.integers(self.history.files)))

    def a_hot_path(self) -> str:
        return self.history.popular_path(int(self.random.integers(5)))

    def recall(self, *, text: bool = False, path: Callable[[], str] | None = None) -> None:
        question = Question(next(self._questions) if text else "", (path(),) if path else ())
        self.memory.recall(WORKSPACE, question, BY)

    def recall_as_agents_do(self) -> None:
        """With a file open, and files to look at asked for as well: what the MCP tool asks."""
        question = Question(next(self._questions), (self.a_path(),), leads=3)
        self.memory.recall(WORKSPACE, question, BY)

    def edges(self, path: Callable[[], str]) -> None:
        self.memory.recaller.around(WORKSPACE, [path()], self.memory.clock())

    def hot(self) -> None:
        self.memory.store.hot_notes(WORKSPACE, list(Kind), 10)

    def welcome(self) -> None:
        self.memory.welcome(WORKSPACE, BY)

    def show(self) -> None:
        self.memory.show(WORKSPACE, self.history.note_id(int(self.random.integers(self.history.notes))))

    def lay(self) -> None:
        self.memory.lay(WORKSPACE, self.drafts.pop(), BY)

    def embed(self) -> None:
        self.memory.embedder.vector(next(self._questions))

    def verbs(self) -> dict[str, Callable[[], None]]:
        """What is measured, by its name in the table. Laying comes last: it wakes the indexer."""
        return {
            "recall by file": partial(self.recall, path=self.a_path),
            "recall by a hot file": partial(self.recall, path=self.a_hot_path),
            "recall as an agent asks": self.recall_as_agents_do,
            "recall by text": partial(self.recall, text=True),
            "recall by text and file": partial(self.recall, text=True, path=self.a_path),
            "edges of a file": partial(self.edges, self.a_path),
            "edges of a hot file": partial(self.edges, self.a_hot_path),
            "hot notes of each kind": self.hot,
            "welcome": self.welcome,
            "show": self.show,
            "making a vector (in the above)": self.embed,
            "lay": self.lay,
        }


def measure(folder: Path, notes: int, rounds: int, *, profiled: bool) -> Figures:
    """Median and 95th percentile of each verb in milliseconds, and the memory of this process, as a keeper's."""
    started = time.perf_counter()
    memory = open_memory(_settings(folder), load=lambda: MadeEmbedder(notes))
    opened = time.perf_counter()
    memory.embedder.wait_until_settled(60)
    memory.indexer.wait_until_idle(900)
    asking = Asking(memory, notes, rounds)
    for _ in range(20):
        asking.recall(text=True, path=asking.a_path)
    gc.collect()
    gc.freeze()  # as the keeper does
    figures: Figures = {"notes": notes, "open, ms": (opened - started) * 1000}
    figures["until warm, ms"] = (time.perf_counter() - started) * 1000
    if profiled:
        for name in ("recall by file", "recall by text"):
            _profile(name, asking.verbs()[name])
    for name, verb in asking.verbs().items():
        figures[name] = _times(verb, min(rounds, LAYS) if name == "lay" else rounds)
    held = psutil.Process().memory_full_info()
    figures |= {"memory, MB": held.uss / 2**20, "resident, MB": held.rss / 2**20}
    memory.close()
    return figures | {"disk, MB": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20}


def _times(verb: Callable[[], None], rounds: int) -> tuple[float, float]:
    took = []
    for _ in range(rounds):
        before = time.perf_counter()
        verb()
        took.append((time.perf_counter() - before) * 1000)
    return statistics.median(took), statistics.quantiles(took, n=20)[18]


def _profile(name: str, verb: Callable[[], None]) -> None:
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(PROFILED):
        verb()
    profile.disable()
    print(f"\n{PROFILED} times {name}", flush=True)
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────────
def show(sizes: Sequence[Figures]) -> None:
    """The figures side by side, how they grow from size to size, and what became of the goals."""
    print(f"{'':32s}" + "".join(f"{one['notes']:>22,}" for one in sizes) + ("   growth" if len(sizes) > 1 else ""))
    for name in sizes[0]:
        if name == "notes":
            continue
        values = [one[name] for one in sizes]
        cells = [f"{one[0]:.2f} / {one[1]:.2f}" if isinstance(one, list) else f"{one:,.0f}" for one in values]
        medians = [one[0] if isinstance(one, list) else one for one in values]
        growth = [f"{after / before:.1f}" for before, after in pairwise(medians)]
        print(f"{name:32s}" + "".join(f"{cell:>22s}" for cell in cells) + "   " + ", ".join(growth))
    print("Times in ms: median / 95th percentile. Memory is what only this process holds.")
    for one in sizes:
        for name, goal in GOALS.get(one["notes"], {}).items():
            value = one[name][0] if isinstance(one[name], list) else one[name]
            verdict = "reached" if value <= goal else "MISSED"
            print(f"goal at {one['notes']:,}: {name} {value:.1f} of at most {goal:g}: {verdict}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--notes", type=int, nargs="+", default=[10_000, 100_000], help="the sizes")
    parser.add_argument("--keep", type=Path, help="build the stores here, or take those that are here")
    parser.add_argument("--rounds", type=int, default=200, help="how often each verb is asked")
    parser.add_argument("--profile", action="store_true", help="print where 50 recalls by file and by text spend time")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--only", choices=["build", "measure"], help=argparse.SUPPRESS)  # what a child does
    asked = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    if asked.only:
        (notes,), folder = asked.notes, asked.keep
        if asked.only == "build":
            build(folder, notes)
        else:
            asked.json.write_text(json.dumps(measure(folder, notes, asked.rounds, profiled=asked.profile)))
        return
    with tempfile.TemporaryDirectory(prefix="trails-scale-") as made:
        kept, figures = asked.keep or Path(made), Path(made) / "figures.json"
        sizes = []
        for notes in asked.notes:
            child = [sys.executable, __file__, "--notes", str(notes), "--keep", str(kept / f"notes-{notes}")]
            subprocess.run([*child, "--only", "build"], check=True)
            flags = ["--json", str(figures), "--rounds", str(asked.rounds), *(["--profile"] if asked.profile else [])]
            subprocess.run([*child, "--only", "measure", *flags], check=True)
            sizes.append(json.loads(figures.read_text()))
    show(sizes)
    if asked.json:
        asked.json.write_text(json.dumps(sizes, indent=2) + "\n")


if __name__ == "__main__":
    main()
