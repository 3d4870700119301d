"""
The `trails` command for people: the verbs of the memory here, the chores of the keeper in `chores.py`.

A command turns its options into one question to the keeper and prints the answer. It decides nothing.
"""

import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from io import TextIOWrapper
from typing import Annotated

import typer

from trails import BadInput, Kind, TrailsError, Verdict, __version__

from . import annotate, briefing, chores, connect, explaining, files, init, journal, marking, render, who
from .asking import AsJson, answer, ask, now, say, say_problem, text_of
from .bench import bench

INTERRUPTED = 130  # 128 + SIGINT, as a shell has it
FILES, NOTES_BESIDE_FILES = 10, 3  # shown where files are asked for
READER_GONE = 141  # 128 + SIGPIPE

Files = Annotated[
    list[str] | None,
    typer.Option("--file", "-f", metavar="PATH[:LINES|::SYMBOL]", help="A file it is about; repeatable."),
]
Topics = Annotated[list[str] | None, typer.Option("--topic", "-t", help="A topic it is about; repeatable.")]
NoteRef = Annotated[str, typer.Argument(metavar="NOTE", help="The 8 characters in brackets, or the whole id.")]
Body = Annotated[str, typer.Option(help="The note's text; `-` reads it from stdin.")]


class Action(StrEnum):
    """What can be done to a note that stands."""

    CONFIRM = "confirm"
    SUPERSEDE = "supersede"
    DISPUTE = "dispute"
    RETAG = "retag"
    WITHDRAW = "withdraw"
    RESTORE = "restore"


class Rank(StrEnum):
    """What an answer has most of."""

    NOTES = "notes"
    FILES = "files"


app = typer.Typer(name="trails", rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


def _show_version(asked: bool) -> None:
    if asked:
        say(f"trails {__version__}")
        raise typer.Exit


@app.callback(epilog='Start with: trails lay "Run the tests with -x first" --file tests/conftest.py')
def trails(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Small notes that agents leave where they work, and that lead the next one."""


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code (0, those of `trails/errors.py`, 130 for Ctrl-C)."""
    as_json = "--json" in arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # for a terminal that does not speak Unicode
    try:
        code = app(list(arguments) or ["--help"], prog_name="trails", standalone_mode=False)
        sys.stdout.flush()
    except TrailsError as problem:
        return say_problem(problem, as_json=as_json)
    except typer.TyperException as problem:  # a mistake in the command line itself
        said = problem.format_message().replace(": Value error, ", ": ")  # as the library calls it
        return say_problem(BadInput(said), as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing more to say when Python flushes at its end
        return READER_GONE
    return code if isinstance(code, int) else 0


# ── leaving something behind ─────────────────────────────────────────────────────────────────────────────────────────
@app.command(epilog='Example: trails lay "Close the ledger first" --file src/ledger.py:10-24 --kind warning --body -')
def lay(
    title: Annotated[str, typer.Argument(help="One line: what the next one should know.")],
    body: Body = "",
    kind: Annotated[
        Kind, typer.Option(help="What sort of thing it says; decides how fast it fades.")
    ] = Kind.OBSERVATION,
    files: Files = None,
    topics: Topics = None,
    as_json: AsJson = False,
) -> None:
    """Leave a note."""
    receipt = ask("lay", title=title, body=text_of(body), kind=kind.value, files=files, topics=topics)
    answer(as_json, receipt, render.laid)


@app.command(epilog='Example: trails judge 7q2m4k1z helped --reason "It named the other file to change."')
def judge(
    note: NoteRef,
    verdict: Annotated[Verdict, typer.Argument(help="What it was to you.")],
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: AsJson = False,
) -> None:
    """
    Say whether a note helped.

    Saying it again replaces what you said before.
    """
    answer(as_json, ask("judge", note=note, verdict=verdict.value, reason=reason), render.judged)


@app.command(epilog='Example: trails use --edited src/ledger.py --text "Closed it first, as [7q2m4k1z] says."')
def use(
    edited: Annotated[
        list[str] | None, typer.Option("--edited", "-e", metavar="PATH", help="A file you changed; repeatable.")
    ] = None,
    text: Annotated[
        str, typer.Option(help="What you wrote yourself, such as a commit message; `-` reads it from stdin.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """
    Report work that may show which notes you used.

    Of those that you were shown in this shell, or in the session that TRAILS_SESSION names.
    """
    answer(as_json, ask("use", edited=edited, text=text_of(text)), render.used)


@app.command(epilog="Example: trails outcome succeeded --used 7q2m4k1z --used 0c9d3f5h --task bugfix")
def outcome(
    result: Annotated[str, typer.Argument(metavar="succeeded|partly|failed|0..1", help="How the work ended.")],
    used: Annotated[
        list[str] | None, typer.Option("--used", "-u", metavar="NOTE", help="A note you used; repeatable.")
    ] = None,
    task: Annotated[str, typer.Option(help="The kind of task, such as bugfix.")] = "",
    summary: Annotated[str, typer.Option(help="What came of it, in a sentence.")] = "",
    source: Annotated[str, typer.Option(help="Who says so: tests, ci, person, kept or agent.")] = "agent",
    as_json: AsJson = False,
) -> None:
    """
    Say how the work ended.

    The notes that you used share the credit.
    """
    said = ask("outcome", result=_result(result), used=used, task=task, summary=summary, source=source)
    answer(as_json, said, render.reported)


@app.command(epilog='Example: trails amend 7q2m4k1z supersede --reason "The tool changed" --title "Use make test now"')
def amend(
    note: NoteRef,
    action: Annotated[Action, typer.Argument(help="What to do to it; nothing is lost by any of them.")],
    reason: Annotated[str, typer.Option(help="Why; it stays with the note.")],
    title: Annotated[str, typer.Option(help="Title of the new note, to supersede or dispute.")] = "",
    body: Body = "",
    files: Files = None,
    add_topics: Annotated[list[str] | None, typer.Option("--add-topic", help="A topic to add; repeatable.")] = None,
    remove_topics: Annotated[
        list[str] | None, typer.Option("--remove-topic", help="A topic to remove; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Correct a note, or confirm that it still holds.

    Confirm it where its files are now, replace it, counter it, retag it, take it out of recall, or let it stand again.
    """
    amended = ask(
        "amend",
        note=note,
        action=action.value,
        reason=reason,
        title=title,
        body=text_of(body),
        files=files,
        add_topics=add_topics,
        remove_topics=remove_topics,
    )
    answer(as_json, amended, lambda said: render.amended(said, action.value))


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@app.command(epilog='Example: trails recall "how to rotate the log" --file src/ledger.py --explain')
def recall(
    query: Annotated[str, typer.Argument(help="In your own words; may be left out if files or topics are named.")] = "",
    files: Files = None,
    topics: Topics = None,
    rank: Annotated[Rank, typer.Option(help="What to find above all: notes, or the files they lead to.")] = Rank.NOTES,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", help="At most so many; 5 notes or 10 files unless said.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show the terms of each score.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask for notes and files, by words, by file or by topic."""
    asked = {"query": query, "files": files, "topics": topics}
    if rank is Rank.FILES:
        said = ask("recall", **asked, limit=NOTES_BESIDE_FILES, leads=FILES if limit is None else limit)
        answer(as_json, said, lambda it: explaining.files_first(it, explain=explain, now=now()))
    else:
        said = ask("recall", **asked, limit=limit)
        answer(as_json, said, lambda it: explaining.notes_first(it, explain=explain, now=now()))


@app.command(epilog='Example: trails why 7q2m4k1z "how to rotate the log"')
def why(
    note: NoteRef,
    query: Annotated[str, typer.Argument(help="The question; may be left out if files or topics are named.")] = "",
    files: Files = None,
    topics: Topics = None,
    as_json: AsJson = False,
) -> None:
    """
    Explain where a note stands, and why.

    For a question of yours, or without one for the last that the note was shown to.
    """
    said = ask("why", note=note, query=query, files=files, topics=topics)
    answer(as_json, said, lambda it: explaining.why(it, now=now()))


@app.command(epilog="Example: trails show 7q2m4k1z")
def show(note: NoteRef, as_json: AsJson = False) -> None:
    """
    Show one note whole.

    What was laid, what became of it, and every event about it.
    """
    answer(as_json, ask("show", note=note), lambda said: render.story(said, now=now()))


for command, example in (
    *journal.COMMANDS,
    *files.COMMANDS,
    *init.COMMANDS,
    *connect.COMMANDS,
    *briefing.COMMANDS,
    *who.COMMANDS,
    *marking.COMMANDS,
    *annotate.COMMANDS,
    *chores.COMMANDS,
):
    app.command(epilog=f"Example: {example}")(command)
app.add_typer(bench)


# ── what the words of a command mean ─────────────────────────────────────────────────────────────────────────────────
def _result(said: str) -> float | str:
    try:
        return float(said)
    except ValueError:
        return said
