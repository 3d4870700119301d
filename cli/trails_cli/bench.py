"""
`trails bench`: measures on your own repositories whether trails leads to the right files.

The replay runs in this process, in a temporary folder; no keeper is asked and no note of yours is read.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trails import BadInput, read_settings

from .asking import say_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from trails.bench import Course

BAR_WIDTH = 40  # signs for a score of 1
SHOWN = ("MRR@10", "R@5", "R@10", "S@5", "nDCG@10")
WAYS = {"T": "Asked from the task's words", "TO": "Asked from the words and one open file"}
HOW_TO_READ = (
    "MRR: 1 / place of the first right file. R: share of the right files found. S: any found. "
    "In brackets the 95 % interval; --json has all of them."
)

bench = typer.Typer(name="bench", rich_markup_mode=None, epilog="Example: trails bench replay . --max-queries 100")

Read = Callable[[Callable[[int], None]], "Course"]
"""Reads one repository to be replayed, and tells how many commits it has read."""


@bench.callback()
def _bench() -> None:
    """
    Measure whether trails helps in a repository.

    Your own notes are never touched.
    """


@bench.command(name="replay", epilog="Example: trails bench replay ~/src/project --plot recall.svg")
def replay(
    path: Annotated[Path, typer.Argument(help="A checkout of a git repository; it is only read.")] = Path(),
    max_queries: Annotated[int, typer.Option(min=1, help="Ask before at most about so many commits.")] = 300,
    every: Annotated[bool, typer.Option("--all", help="Ask before every commit.")] = False,
    seed: Annotated[int, typer.Option(help="Of the draws that the intervals are made of.")] = 0,
    words_only: Annotated[
        bool, typer.Option("--words-only", help="Without the model; there is nothing to compare with then.")
    ] = False,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the figures as SVG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """
    Replay a git history, and measure how often the right files are named.

    Before each commit the memory is asked from its message which files it will change, beside two plain ways to ask a
    vector store; then the commit is laid as a note.
    """
    from trails.bench import read_checkout

    check_place(plot)
    figures = measure_all(
        [lambda on_commit: read_checkout(path, on_commit)],
        max_questions=0 if every else max_queries,
        seed=seed,
        words_only=words_only,
        quiet=as_json,
    )
    tell(figures, as_json=as_json, plot=plot)


def measure_all(
    reads: Sequence[Read],
    *,
    max_questions: int,
    seed: int,
    words_only: bool,
    quiet: bool = False,
    cache: Path | None = None,
) -> dict[str, Any]:
    """
    The figures of several repositories, one after the other, with a bar that shows how far it is.

    `cache` is a folder in which vectors are kept from run to run.
    """
    from rich.console import Console

    from trails.bench import load_vectors, measure, report

    settings = read_settings()
    if words_only:
        settings = replace(settings, model="none")
    with _ends_on_signals(), _bar(Console(stderr=True, quiet=quiet and not sys.stderr.isatty())) as watch:
        courses = [read(lambda count: watch("reading commits", count, 0)) for read in reads]
        watch("loading the model", 0, 0)
        vectors = load_vectors(settings)
        if vectors and cache:
            vectors.read(cache)
        measured = [measure(course, settings, vectors, max_questions=max_questions, watch=watch) for course in courses]
        if vectors and cache:
            vectors.write(cache)
    if not any(one.questions("T") for one in measured):
        raise BadInput("No commit could be asked about: their messages say too little, or change only new files.")
    return report(measured, seed=seed, max_questions=max_questions, model=vectors.model if vectors else "none")


def check_place(file: Path | None) -> None:
    """Raise BadInput if a file cannot be written where it is asked for: before the minutes, not after them."""
    if file and (file.is_dir() or not os.access(file.parent, os.W_OK)):
        raise BadInput(f"{file} cannot be written: name a file in a folder that is there.")


def tell(figures: dict[str, Any], *, as_json: bool = False, plot: Path | None = None) -> None:
    """Print the figures the way they were asked for, and draw them where a file is named."""
    from rich.console import Console

    from trails.bench import draw

    if plot:
        try:
            plot.write_text(draw(figures))
        except OSError as problem:
            raise BadInput(f"{plot} cannot be written: {problem.strerror}.") from None
    if as_json:
        say_json(figures)
        return
    console = Console(highlight=False)
    if len(figures["repositories"]) > 1:
        _tell_repositories(console, figures)
    for track in figures["means"]:
        _tell_track(console, figures, track)
    console.print(f"[dim]{HOW_TO_READ}[/dim]\n")
    console.print(figures["said"], markup=False)


# ── tables and bars ──────────────────────────────────────────────────────────────────────────────────────────────────
def _tell_repositories(console: "Console", figures: dict[str, Any]) -> None:
    from rich.markup import escape
    from rich.table import Table

    columns = [(track, name) for track in figures["means"] for name in figures["means"][track]]
    table = Table("repository", "notes", title="MRR@10", title_justify="left", box=None, pad_edge=False)
    for track, name in columns:
        table.add_column(f"{track}\n{name}", justify="right", max_width=9)
    for one in figures["repositories"]:
        found = [one["scores"].get(track, {}).get(name, {}).get("MRR@10") for track, name in columns]
        table.add_row(escape(one["name"]), str(one["notes"]), *("–" if it is None else f"{it:.3f}" for it in found))
    console.print(table)
    console.print()


def _tell_track(console: "Console", figures: dict[str, Any], track: str) -> None:
    from rich.table import Table

    means, differences = figures["means"][track], figures["differences"][track]
    questions = sum(one["questions"][track] for one in figures["repositories"])
    console.print(f"[bold]{WAYS[track]}[/bold] ({track}, {questions} questions)")
    table = Table("", box=None, pad_edge=False)
    for metric in SHOWN:
        table.add_column(metric, justify="right", no_wrap=True)
    for name, found in means.items():
        table.add_row(name, *_cells(found, "{:.3f}"))
    for name, found in differences.items():
        table.add_row(f"trails − {name}", *_cells(found, "{:+.3f}"), style="dim")
    console.print(table)
    for name, found in differences.items():
        few = found["MRR@10"]
        better, worse = few["better"], few["worse"]
        console.print(f"  against {name}: MRR better in {better}, worse in {worse} of {few['of']} {figures['drawn']}")
    longest = max(map(len, means))
    for name, found in means.items():
        value = found["MRR@10"]["mean"]
        console.print(f"  {name:<{longest}}  {'█' * round(BAR_WIDTH * value)} {value:.3f}")
    console.print()


def _cells(found: dict[str, dict[str, float]], shown: str) -> Iterator[str]:
    """A row of means; the first with its interval, the others have theirs in the JSON."""
    for metric in SHOWN:
        mean, low, high = (shown.format(found[metric][part]) for part in ("mean", "low", "high"))
        yield f"{mean} \\[{low}, {high}]" if metric == SHOWN[0] else mean


# ── while it runs ────────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def _bar(console: "Console") -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each thing that is done; gives the function that moves them."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bars: dict[str, TaskID] = {}
    with Progress(*columns, console=console) as progress:

        def watch(doing: str, done: int, total: int) -> None:
            if doing not in bars:
                _finish(progress)
                bars[doing] = progress.add_task(doing, total=total or None)
            progress.update(bars[doing], completed=done)

        yield watch
        _finish(progress)


def _finish(progress: "Progress") -> None:
    """Let what was done until now be over: how much it would be was not always known."""
    for task in progress.tasks:
        if not task.finished:
            progress.update(task.id, total=max(1, task.completed), completed=max(1, task.completed))


@contextmanager
def _ends_on_signals() -> Iterator[None]:
    """Inside, a polite signal ends the program as Ctrl-C does: the temporary folder goes too."""
    signs = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(sign, lambda number, _: sys.exit(128 + number)) for sign in signs]
    try:
        yield
    finally:
        for sign, old in zip(signs, before, strict=True):
            signal.signal(sign, old)
