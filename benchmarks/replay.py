"""
Recall on replayed git histories: trails beside two plain ways to ask a vector store. Real parts, one run.

    python benchmarks/replay.py FOLDER                 a folder of replays (JSON lines), or one of them
    python benchmarks/replay.py CHECKOUT CHECKOUT      or checkouts of git repositories
    python benchmarks/replay.py FOLDER --quick         the four shortest, few questions: under three minutes; where
                                                       there is no such folder, this checkout if it is long enough

`make bench-replay` names the folder. What is measured and how is told in docs/how-to/measure-recall.md.
"""

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from trails import TrailsError
from trails.bench import MAX_QUESTIONS, Course, read_checkout, read_jsonl
from trails_cli.bench import Read, check_place, measure_all, tell

QUICK_REPOSITORIES = 4
QUICK_QUESTIONS = 100  # about: every so-manieth commit is asked about, so it may come to 150
PROJECT = Path(__file__).parents[1]
HOW_TO_GET = """There are no replays at {place}.

A replay is a git history as JSON lines; `make bench-replay DATA=FOLDER` reads a folder of them.
Any checkout will do as well:

    make bench-replay DATA="PATH/TO/A/CHECKOUT PATH/TO/ANOTHER"
    trails bench replay PATH/TO/A/CHECKOUT
"""


def reads_of(places: list[Path], *, quick: bool) -> list[Read]:
    """What reads each of the repositories, in the order of their names; of many, `quick` keeps the shortest."""
    files = sorted(file for place in places for file in ([place] if place.is_file() else place.glob("*.jsonl")))
    checkouts = [place for place in places if place.is_dir() and not list(place.glob("*.jsonl"))]
    if quick:
        files = sorted(sorted(files, key=lambda file: (_commits(file), file))[:QUICK_REPOSITORIES])
        checkouts = checkouts[: QUICK_REPOSITORIES - len(files)]
    from_files: list[Read] = [partial(_read_file, file) for file in files]
    return [*from_files, *(partial(read_checkout, checkout) for checkout in checkouts)]


def _read_file(file: Path, on_commit: Callable[[int], None]) -> Course:
    return read_jsonl(file)  # quick: there is nothing to tell on the way


def _commits(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for _ in lines)


def run(asked: argparse.Namespace, places: list[Path]) -> dict[str, Any]:
    for file in (asked.json, asked.plot):
        check_place(file)
    most = min(asked.max_queries, QUICK_QUESTIONS) if asked.quick else asked.max_queries
    return measure_all(
        reads_of(places, quick=asked.quick),
        max_questions=0 if asked.all else most,
        seed=asked.seed,
        words_only=asked.words_only,
        cache=asked.cache,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="+", type=Path, help="folders of replays, replays, or git checkouts")
    parser.add_argument("--max-queries", type=int, default=MAX_QUESTIONS, help="commits asked about, each repository")
    parser.add_argument("--all", action="store_true", help="ask about every commit")
    parser.add_argument(
        "--quick", action="store_true", help="the four shortest, few questions; without replays this checkout"
    )
    parser.add_argument("--words-only", action="store_true", help="without the model, and so without the baselines")
    parser.add_argument("--seed", type=int, default=0, help="of the draws that the intervals are made of")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--plot", type=Path, help="draw the figures here as SVG")
    parser.add_argument("--cache", type=Path, help="keep the vectors in this folder for the next run")
    asked = parser.parse_args()
    missing = [place for place in asked.places if not place.exists()]
    if missing and not asked.quick:
        print(HOW_TO_GET.format(place=", ".join(map(str, missing))), file=sys.stderr)
        return 2
    try:
        figures = run(asked, [PROJECT] if missing else asked.places)
        tell(figures, plot=asked.plot)
    except TrailsError as problem:
        if missing:
            print(f"SKIPPED: nothing was measured. There are no replays, and this checkout will not do: {problem}")
            return 0
        print(f"replay: {problem}", file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        return 130
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
