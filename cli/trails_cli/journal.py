"""
The commands that tell what happened and take it back: `trails log` and `trails undo`.
"""

import re
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from trails import BadInput
from trails.backends.remote_memory import Answer

from . import render
from .asking import AsJson, answer, ask, follow_journal, now, say_events
from .moments import moment

NOTE = re.compile(r"\[?([0-9a-hjkmnp-tv-z]{8}|[0-9A-HJKMNP-TV-Z]{26})\]?")
WHEN = "90m, 2h, 3d, 1w, a date, or a date and a time"
FEW = 3  # things that are taken back without asking


class Whole(StrEnum):
    """Of what all can be taken back at once."""

    SESSION = "session"
    AGENT = "agent"


def log(
    subject: Annotated[
        str, typer.Argument(metavar="[FILE|FOLDER|NOTE]", help="Only what concerns it, under any name that it had.")
    ] = "",
    note: Annotated[str, typer.Option(help="Only what concerns this note.")] = "",
    what: Annotated[
        list[str] | None, typer.Option("--what", "-w", metavar="KIND", help="Such as laid or file-moved; repeatable.")
    ] = None,
    by: Annotated[str, typer.Option(help="A person, an agent or a session.")] = "",
    since: Annotated[str, typer.Option(metavar="WHEN", help=f"From then on: {WHEN}.")] = "",
    until: Annotated[str, typer.Option(metavar="WHEN", help="Until then; of a date, the whole day.")] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", help="At most so many events.")] = 50,
    before: Annotated[int | None, typer.Option(metavar="PLACE", help="The last ones before this place.")] = None,
    after: Annotated[int | None, typer.Option(metavar="PLACE", help="The first ones after this place.")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Wait for more, until Ctrl-C; with --json one a line.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """
    Tell what happened here.

    Who laid, used, judged, moved, changed, withdrew or took back what, when and why: in this workspace, to a file, a
    folder or a note. The newest events, the last of them last; the number before each is its place.
    """
    if before is not None and (follow or after is not None):
        raise BadInput("--before asks for what was; --after and --follow ask for what came then: give one of them.")
    asked = {
        **_about(subject, note),
        "what": what,
        "by": by,
        "since": moment(since, now()),
        "until": moment(until, now(), ends=True),
    }
    if follow:
        for events in follow_journal(asked, limit=limit, after=after):
            say_events(events, as_json)
        return
    said = ask("log", **asked, limit=limit, before=before, after=after)
    answer(as_json, said, lambda page: render.journal(page, is_forward=after is not None))


def undo(
    what: Annotated[
        str,
        typer.Argument(metavar="EVENT|NOTE|SESSION", help="The number of an event in `trails log`, a note, a session."),
    ],
    reason: Annotated[str, typer.Option(help="Why; it stays in the journal.")] = "",
    all_of: Annotated[
        Whole | None, typer.Option("--all-of", help="All of the session or agent that it is from, or is the name of.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be taken back.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take back however much it is, without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Take back what was said.

    One event, or all that a session laid and said here. A note is withdrawn, anything else no longer counts. Both stay
    in the journal, and an undoing can be undone.
    """
    asked = {"what": what, "all_of": all_of}
    if dry_run:
        answer(as_json, ask("would_undo", **asked), lambda said: render.taken_back(said, "Would take back"))
        return
    if not reason.strip():
        raise BadInput("Say why with --reason; it stays in the journal.")
    if not yes:
        _confirm(ask("would_undo", **asked))
    answer(as_json, ask("undo", **asked, reason=reason), lambda said: render.taken_back(said, "Took back"))


def _confirm(planned: Answer) -> None:
    """Let the person at the terminal agree, where it is more than a few. Raises BadInput where nobody can be asked."""
    if len(planned["withdrawn"]) + len(planned["undone"]) <= FEW:
        return
    count = render.counted_things(planned)
    if not sys.stdin.isatty():
        raise BadInput(f"That takes back {count}, and there is nobody to ask: look with --dry-run, then say --yes.")
    typer.confirm(f"Take back {count}? --dry-run shows them.", abort=True, err=True)


def _about(subject: str, note: str) -> dict[str, str]:
    """What the journal is asked about: a file that is there, else what looks like a note, else a file that was."""
    if subject and note:
        raise BadInput("Name a file or a note, not both.")
    if note or not subject:
        return {"note": note}
    is_note = NOTE.fullmatch(subject) and not Path(subject).exists()
    return {"note" if is_note else "file": subject}


COMMANDS: tuple[tuple[Callable[..., None], str], ...] = (
    (log, "trails log src/ledger.py --since 2d"),
    (undo, 'trails undo 412 --reason "It read the wrong branch"'),
)
