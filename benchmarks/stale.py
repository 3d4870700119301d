"""
Does a note know what became of its lines? Spans of real files, held against later versions of these files.

    python benchmarks/stale.py REPOSITORY...        (or: make bench-stale REPOS="...")    three minutes for twelve
    python benchmarks/stale.py REPOSITORY --quick   a fifth of it

At random commits of each history's main line a random text file gets notes on random spans of it, of 1 to 40 lines.
Then the same file is looked at after the 1st, the 4th, the 11th and the last later commit that changed it. The truth is
`git diff` between the two versions, white space at line ends apart:

* moved: no hunk touches the span, and the lines before it became more or fewer (the same number of them: same);
* gone: of its lines none is left that holds a letter or a digit;
* changed: any other span with a line changed or deleted, or a line added between two of its own;
* carried lines count as moved: the whole span deleted here and added there, with 20 letters and digits or more, by
  which git itself tells moved lines (`--color-moved`). A row without this rule is printed as well.

In a file that was rewritten, which of two equal lines is the old one is a matter of taste, and git's algorithms
differ. So the first rows judge where git's default, `--minimal` and `--histogram` say the same of a span (`spans` tells
how many those are), the next ones by each alone; and the last one judges `--histogram` by the default, for measure.

Files that were deleted are left out: nobody can err about them. For comparison the same is asked of the digests of
single lines, which is what an anchor knows without its outline. `right lines` is the share of moved spans that are
found exactly.
"""

import argparse
import json
import random
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from trails import digests
from trails.anchors import check, fingerprint
from trails.notes import Anchor, Drift, Validity
from trails.reading import TEXT_LIMIT, lines_in

FILES = 60  # drawn from each history
SPANS = 15  # of each file
LENGTHS = (1, 2, 3, 5, 8, 12, 20, 40)  # lines
LATER = (1, 4, 11)  # later changes of the file after which it is looked at, and the last
TRIES = 10  # commits drawn for each file that is wanted
QUICK_SHARE = 5
CARRIED_AT_LEAST = 20  # letters and digits: what git asks of a moved block
TEXT = re.compile(r".*\.(py|rs|go|js|jsx|ts|tsx|c|h|md|rst|txt|toml|yml|yaml|json|html|css|sh|cfg)")
HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
WAYS = {"myers": "git diff", "minimal": "git diff --minimal", "histogram": "git diff --histogram"}
AGREED, BARE = "where git's ways agree", "where they agree, carried lines are gone"
HEADLINE = f"outline, {AGREED}"
JUDGED = (Validity.CHANGED, Validity.GONE)


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines `old` (1-based, end excluded) that became lines `now`; either may be empty."""

    old: range
    now: range


@dataclass(frozen=True, slots=True)
class Pair:
    """One file at two commits, as lines, and what each way to compare them says."""

    old: tuple[str, ...]
    now: tuple[str, ...]
    hunks: dict[str, list[Hunk]]


# ── histories ────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class History:
    """A git repository, bare or with a work tree."""

    place: Path

    def ask(self, *words: str) -> bytes:
        """What git answers; nothing where it fails."""
        return subprocess.run(["git", "-C", str(self.place), *words], capture_output=True, check=False).stdout

    def told(self, *words: str) -> list[str]:
        return self.ask(*words).decode(errors="replace").splitlines()

    def lines(self, commit: str, path: str) -> tuple[str, ...] | None:
        content = self.ask("cat-file", "blob", f"{commit}:{path}")
        return lines_in(content) if 0 < len(content) <= TEXT_LIMIT else None

    def hunks(self, algorithm: str, before: str, after: str, path: str) -> list[Hunk]:
        options = ("--no-color", "--no-ext-diff", "--no-textconv", "-U0", "--ignore-space-at-eol")
        told = self.ask("diff", *options, f"--diff-algorithm={algorithm}", before, after, "--", path)
        return [_hunk(*found) for found in HUNK.findall(told.decode(errors="replace"))]

    def pairs(self, files: int, chance: random.Random) -> Iterator[Pair]:
        """Random files at random commits of the main line, each beside its later versions."""
        commits = self.told("rev-list", "--first-parent", "HEAD")
        for _ in range(files * TRIES if len(commits) > 1 else 0):
            commit = chance.choice(commits[1:])
            names = [name for name in self.told("ls-tree", "-r", "--name-only", commit) if TEXT.fullmatch(name)]
            path = chance.choice(names) if names else ""
            later = self.told("rev-list", "--first-parent", "--reverse", f"{commit}..HEAD", "--", path) if path else []
            old = self.lines(commit, path) if later else None
            if old is None:
                continue
            yield from self._pairs(old, commit, path, later)
            files -= 1
            if not files:
                return

    def _pairs(self, old: tuple[str, ...], commit: str, path: str, later: Sequence[str]) -> Iterator[Pair]:
        for place in sorted({min(count, len(later)) - 1 for count in (*LATER, len(later))}):
            now = self.lines(later[place], path)
            if now is not None:
                yield Pair(old, now, {way: self.hunks(way, commit, later[place], path) for way in WAYS})


def _hunk(first: str, count: str, new_first: str, new_count: str) -> Hunk:
    return Hunk(_lines(first, count), _lines(new_first, new_count))


def _lines(first: str, count: str) -> range:
    """The lines of one side of a hunk; an empty side is named by the line before it."""
    number = int(count or 1)
    start = int(first) + (not number)
    return range(start, start + number)


# ── truth ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Truth:
    """What became of a span, and where it may be found if it is the same or moved."""

    validity: Validity
    starts: tuple[int, ...] = ()


def truth_of(pair: Pair, hunks: Sequence[Hunk], span: range, *, follows_carried: bool = True) -> Truth:
    """What the diff says of lines `span` (1-based, end excluded)."""
    deleted = {line for hunk in hunks for line in hunk.old if line in span}
    added_inside = any(not hunk.old and span.start < hunk.old.start < span.stop for hunk in hunks)
    if not deleted and not added_inside:
        above = [hunk for hunk in hunks if hunk.old.stop <= span.start]
        start = span.start + sum(len(hunk.now) - len(hunk.old) for hunk in above)
        return Truth(Validity.SAME if start == span.start else Validity.MOVED, (start,))
    if any(_letters(pair.old[line - 1]) and line not in deleted for line in span):
        return Truth(Validity.CHANGED)
    starts = _carried(pair, hunks, span) if follows_carried else ()
    return Truth(Validity.MOVED, starts) if starts else Truth(Validity.GONE)


def _carried(pair: Pair, hunks: Sequence[Hunk], span: range) -> tuple[int, ...]:
    """Where the lines of a span stand together among those that the diff adds."""
    wanted = [line.rstrip() for line in pair.old[span.start - 1 : span.stop - 1]]
    if sum(map(_letters, wanted)) < CARRIED_AT_LEAST:
        return ()
    return tuple(
        start
        for hunk in hunks
        for start in range(hunk.now.start, hunk.now.stop - len(span) + 1)
        if [line.rstrip() for line in pair.now[start - 1 : start - 1 + len(span)]] == wanted
    )


def _letters(line: str) -> int:
    return sum(char.isalnum() for char in line)


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def drift_of(pair: Pair, span: range, *, with_outline: bool = True) -> Drift:
    """What trails says of a span, by the whole rule or by digests alone."""
    first, last = span.start, span.stop - 1
    known = fingerprint(pair.old, first, last)
    if not with_outline:
        known = digests.fingerprint([line.rstrip() for line in pair.old[first - 1 : last]])
    return check(Anchor("file", first, last, known), pair.now)


def spans_of(pair: Pair, chance: random.Random) -> Iterator[range]:
    """Random spans that hold more than blank lines."""
    for _ in range(SPANS):
        length = min(len(pair.old), chance.choice(LENGTHS))
        first = chance.randint(1, len(pair.old) - length + 1)
        if any(line.strip() for line in pair.old[first - 1 : first - 1 + length]):
            yield range(first, first + length)


def measure(pairs: Iterator[Pair], chance: random.Random) -> dict[str, Counter[str]]:
    """For each row how often which came of which: "changed gone" counts changed spans told as gone."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for pair in pairs:
        for span in spans_of(pair, chance):
            for row, truth, told in judgements(pair, span):
                counts[row].update(_outcomes(truth, told))
    return dict(counts)


def judgements(pair: Pair, span: range) -> Iterator[tuple[str, Truth, Truth]]:
    """What each row says of a span: its name, the truth, and what is told."""
    truths = {way: truth_of(pair, hunks, span) for way, hunks in pair.hunks.items()}
    told = {"outline": drift_of(pair, span), "digests": drift_of(pair, span, with_outline=False)}
    said = {rule: Truth(drift.validity, (drift.first_line or 0,)) for rule, drift in told.items()}
    if len({truth.validity for truth in truths.values()}) == 1:
        bare = truth_of(pair, pair.hunks["myers"], span, follows_carried=False)
        yield from ((f"{rule}, {AGREED}", truths["myers"], answer) for rule, answer in said.items())
        yield f"outline, {BARE}", bare, said["outline"]
    yield from ((f"outline, by {name}", truths[way], said["outline"]) for way, name in WAYS.items())
    yield "git diff --histogram, by git diff", truths["myers"], truths["histogram"]


def _outcomes(truth: Truth, told: Truth) -> Iterator[str]:
    yield f"{truth.validity} {told.validity}"
    if truth.validity is Validity.MOVED is told.validity and set(told.starts) <= set(truth.starts):
        yield "right lines"


def figures_of(counts: Counter[str]) -> dict[str, Any]:
    """Precision and recall of changed and gone, and the share of moved spans that were found."""
    figures: dict[str, Any] = {"spans": sum(number for key, number in counts.items() if key != "right lines")}
    for validity in JUDGED:
        right = counts[f"{validity} {validity}"]
        told = sum(counts[f"{other} {validity}"] for other in Validity)
        true = sum(counts[f"{validity} {other}"] for other in Validity)
        figures[validity] = {"precision": _share(right, told), "recall": _share(right, true), "spans": true}
    moved = sum(counts[f"{Validity.MOVED} {other}"] for other in Validity)
    figures["moved"] = {"right_lines": _share(counts["right lines"], moved), "spans": moved}
    return figures | {"counts": dict(sorted(counts.items()))}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def run(places: Sequence[Path], *, files: int, seed: int, on: Callable[[Any], Any]) -> dict[str, Any]:
    totals: dict[str, Counter[str]] = {}
    repositories = {}
    for place in on(places):
        name = f"{place.parent.name}/{place.name}"
        chance = random.Random(f"{seed} {name}")
        found = measure(History(place).pairs(files, chance), chance)
        repositories[name] = figures_of(found.get(HEADLINE, Counter()))
        totals = {row: totals.get(row, Counter()) + counts for row, counts in found.items()}
    rows = {row: figures_of(counts) for row, counts in totals.items()}
    return {"seed": seed, "files": files, "rows": rows, "repositories": repositories}


def tell(figures: dict[str, Any], console: Console) -> None:
    table = Table("", "spans", "changed", "precision", "recall", "gone", "precision", "recall", "moved", "right lines")
    for part in (figures["rows"], figures["repositories"]):
        for name, row in part.items():
            cells = [row["spans"]]
            for validity in JUDGED:
                cells += [row[validity]["spans"], row[validity]["precision"], row[validity]["recall"]]
            cells += [row["moved"]["spans"], row["moved"]["right_lines"]]
            table.add_row(name, *map(_cell, cells))
        table.add_section()
    console.print(table)


def _cell(value: float | None) -> str:
    return "-" if value is None else str(value) if isinstance(value, int) else f"{value:.3f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="+", type=Path, metavar="REPOSITORY", help="git repositories, bare or not")
    parser.add_argument("--files", type=int, default=FILES, help="drawn from each history")
    parser.add_argument("--quick", action="store_true", help="a fifth of the files")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    asked = parser.parse_args()
    places = [place.resolve() for place in asked.places]
    if missing := [place for place in places if not History(place).told("rev-parse", "HEAD")]:
        print(f"stale: there is no git history in {', '.join(map(str, missing))}", file=sys.stderr)
        return 2
    console = Console(width=160)
    files = max(1, asked.files // QUICK_SHARE) if asked.quick else asked.files
    figures = run(places, files=files, seed=asked.seed, on=lambda of: track(of, "Replaying", console=console))
    tell(figures, console)
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
