"""
The commands that tell what happened and take it back: `trails log`.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from trails import BadInput

from . import render
from .asking import AsJson, answer, ask, follow_journal, now, say_event
from .moments import moment

NOTE = re.compile(r"\[?([0-9a-hjkmnp-tv-z]{8}|[0-9A-HJKMNP-TV-Z]{26})\]?")
WHEN = "90m, 2h, 3d, 1w, a date, or a date and a time"


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
        for event in follow_journal(asked, limit=limit, after=after):
            say_event(event, as_json)
        return
    said = ask("log", **asked, limit=limit, before=before, after=after)
    answer(as_json, said, lambda page: render.journal(page, is_forward=after is not None))


def _about(subject: str, note: str) -> dict[str, str]:
    """What the journal is asked about: a file that is there, else what looks like a note, else a file that was."""
    if subject and note:
        raise BadInput("Name a file or a note, not both.")
    if note or not subject:
        return {"note": note}
    is_note = NOTE.fullmatch(subject) and not Path(subject).exists()
    return {"note" if is_note else "file": subject}


COMMANDS: tuple[tuple[Callable[..., None], str], ...] = ((log, "trails log src/ledger.py --since 2d"),)
