"""
`trails init`: makes a project known to the keeper, and lays its git history as notes, which `--undo` takes back.
"""

import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trails import BadInput, Conflict, Refused
from trails.backends.remote_memory import RemoteMemory

from .asking import AsJson, answer, ask, say_aside, settings
from .render import counted, table

if TYPE_CHECKING:
    from trails import Commit

EXAMPLE = "trails init --history 300"
AGENT, SESSION = "git", "git-history"
COMMITS = 300  # looked for unless said otherwise: enough to lead, seconds to lay
FILES_COUNTED = 20_000
NOT_WANTED = "the history is not wanted as notes"
LAID_AGAIN = "laid again by `trails init`"
NEXT = (
    ("trails connect CLIENT", "gives these notes to an agent: claude-code, codex, gemini, opencode, cursor or vscode"),
    ('trails recall "…"', "asks for notes yourself"),
)
UNDO = ("trails init --undo", "takes the notes of the history back")


def init(
    history: Annotated[
        int | None, typer.Option("--history", min=1, metavar="N", help="Lay the last N commits as notes.")
    ] = None,
    no_history: Annotated[bool, typer.Option("--no-history", help="Lay no commits.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=f"Lay those of the last {COMMITS}, without asking.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the notes of the history back.")] = False,
    reason: Annotated[str, typer.Option(help="Why; it stays with the notes that are taken back.")] = NOT_WANTED,
    as_json: AsJson = False,
) -> None:
    """
    Begin with trails in a project.

    Makes the project known, and offers to lay its last commits as notes on the files that they changed. What was laid
    before is not laid twice.
    """
    if no_history and (history or yes):
        raise BadInput("--no-history says the opposite of --history and --yes: give one of them.")
    if undo:
        answer(as_json, ask("undo", what=SESSION, reason=reason), _undone)
        return
    root = _root()
    known = ask("notes_of", session=SESSION)["notes"]
    commits, why_none = ([], "") if no_history else _read(root, history or COMMITS)
    wanted = commits if history else _wanted(_later(commits, known), yes=yes)
    watched = _make_known()
    counts = _lay(wanted, {note["id"] for note in known if note["undone"]}, quiet=as_json)
    answer(as_json, _said(root, counts, known, watched=watched, why_none=why_none), _begun)


# ── the project ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _root() -> Path:
    """The folder of the workspace that the keeper sees. Raises BadInput where there is none."""
    told = ask("status")["workspace"]["root"]
    if not told:
        ask("notes_of", session=SESSION)  # which says what is wrong with this folder
    return Path(told)


def _make_known() -> bool:
    """Let the keeper know and watch the workspace; false where it was told to watch nothing."""
    if ask("status")["watcher"]["state"] == "off":
        return False  # then the first note makes it known
    ask("watch_now")
    return True


def _count_files(root: Path) -> int:
    """How many files there are that are not ignored; of very many, that there are more than are counted."""
    from trails import FolderOnDisk

    return sum(1 for _ in islice(FolderOnDisk(root).files(), FILES_COUNTED + 1))


# ── its history ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _read(root: Path, limit: int) -> "tuple[list[Commit], str]":
    """The last commits that are worth a note, oldest first; where there are none, why."""
    from trails import commits

    try:
        found = list(commits(root, limit))
    except BadInput:
        return [], "There is no git repository here, so there is no history to lay."
    if found:
        return found, ""
    why = "No commit here says something of a few files, so there is no history to lay."
    if (root / ".git/shallow").exists():
        why += " This is a shallow clone: `git fetch --unshallow` brings the rest."
    return [], why


def _later(commits: "Sequence[Commit]", known: Sequence[dict[str, Any]]) -> "list[Commit]":
    """The commits after the last that was laid; all where none is, or all were taken back."""
    laid_at = [datetime.fromisoformat(note["laid_at"]) for note in known if not note["undone"]]
    return [commit for commit in commits if not laid_at or commit.at > max(laid_at)]


def _wanted(commits: "list[Commit]", *, yes: bool) -> "list[Commit]":
    """The commits to lay, as the person at the terminal says. Raises BadInput where nobody can be asked."""
    if not commits or yes:
        return commits
    if not sys.stdin.isatty():
        offered = f"{counted(len(commits), 'commit')} can be laid as notes, and there is nobody to ask"
        raise BadInput(f"{offered}: say --yes, --history N or --no-history.")
    question = f"Lay {counted(len(commits), 'commit')} as notes? `trails init --undo` takes them back."
    return commits if typer.confirm(question, default=True, err=True) else []


def _lay(commits: "Sequence[Commit]", undone: Collection[str], *, quiet: bool) -> Counter[str]:
    """Lay commits, each once; how many of them were laid, there already, laid again, refused."""
    counts: Counter[str] = Counter()
    here = settings()
    with (
        RemoteMemory(here.data_dir, agent=AGENT, session=SESSION, start_timeout_s=here.start_timeout_s) as memory,
        _bar(len(commits), quiet=quiet) as advance,
    ):
        for commit in commits:
            counts[_lay_one(memory, commit, undone)] += 1
            advance()
    return counts


def _lay_one(memory: RemoteMemory, commit: "Commit", undone: Collection[str]) -> str:
    from trails import draft_from

    draft = draft_from(commit)
    try:
        receipt = memory.lay(
            draft.title,
            draft.body,
            files=[anchor.path for anchor in draft.anchors],
            topics=list(draft.topics),
            key=f"git-{commit.id}",
            at=commit.at.isoformat(),
        )
    except Conflict:
        return "there"  # under the same key, from a version that made another note of it
    except (BadInput, Refused):
        return "refused"
    if receipt["id"] in undone:
        memory.ask("amend", note=receipt["id"], action="restore", reason=LAID_AGAIN)
        return "again"
    return "there" if receipt["replayed"] else "laid"


@contextmanager
def _bar(total: int, *, quiet: bool) -> "Iterator[Any]":
    """A bar that is advanced by a call; one that is left half-way says how to go on."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True, quiet=quiet or not total)
    try:
        with Progress(*columns, console=console) as progress:
            bar = progress.add_task("laying commits as notes", total=total)
            yield lambda: progress.advance(bar)
    except KeyboardInterrupt:
        say_aside(f"What was laid until now stays; {EXAMPLE} goes on, {UNDO[0]} {UNDO[1]}.")
        raise


# ── how it is told ───────────────────────────────────────────────────────────────────────────────────────────────────
def _said(
    root: Path, counts: Counter[str], known: Sequence[dict[str, Any]], *, watched: bool, why_none: str
) -> dict[str, Any]:
    there = sum(not note["undone"] for note in known)
    live = ask("status")["counts"]["live"]
    steps = [*NEXT, UNDO] if there or counts["laid"] or counts["again"] else [*NEXT]
    return {
        "workspace": str(root),
        "watched": watched,
        "files": _count_files(root),
        "notes": live,
        "history": {
            "laid": counts["laid"] + counts["again"],
            "there": max(there, counts["there"]),
            "refused": counts["refused"],
            "why_none": why_none,
        },
        "next": [{"command": command, "does": does} for command, does in steps],
    }


def _begun(said: dict[str, Any]) -> str:
    history = said["history"]
    files = "many files" if said["files"] > FILES_COUNTED else counted(said["files"], "file")
    lines = [f"{said['workspace']}: {files}, {counted(said['notes'], 'note')}."]
    if not said["watched"]:
        lines.append("Its files are not followed when they move: this keeper was started with TRAILS_WATCH=no.")
    if history["laid"]:
        lines.append(f"Laid {counted(history['laid'], 'commit')} as notes.")
    if history["there"]:
        lines.append(f"{counted(history['there'], 'commit')} had been laid before.")
    if history["refused"]:
        what = "it seems to tell a secret" if history["refused"] == 1 else "they seem to tell secrets"
        lines.append(f"{counted(history['refused'], 'commit')} could not be laid: {what}.")
    if history["why_none"]:
        lines.append(history["why_none"])
    steps = table((step["command"], step["does"]) for step in said["next"])
    return "\n".join([*lines, "Next:", indent(steps, "  ")])


def _undone(said: dict[str, Any]) -> str:
    if not said["withdrawn"]:
        return "No note of the history stands here."
    notes = counted(len(said["withdrawn"]), "note")
    return f"Took back {notes} of the history; they stay readable, and `{EXAMPLE}` lays them again."


COMMANDS: tuple[tuple[Callable[..., None], str], ...] = ((init, EXAMPLE),)
