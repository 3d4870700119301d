"""
`trails who`: who is at work on which files just now.
"""

from collections.abc import Callable
from datetime import datetime
from textwrap import indent
from typing import Annotated

import typer

from trails.backends.remote_memory import Answer

from . import render
from .asking import AsJson, answer, ask, now

EXAMPLE = "trails who src/ledger.py"


def who(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="Only those who are at work on this file.")] = "",
    as_json: AsJson = False,
) -> None:
    """
    Show who is at work here just now.

    The sessions that read or edited a file within the last quarter of an hour, the last seen first, with their files.
    """
    answer(as_json, ask("who", file=file), lambda said: _told(said, file, now()))


def _told(said: Answer, file: str, now: datetime) -> str:
    if not said["at_work"]:
        return f"Nobody is at work {f'on {file}' if file else 'here'} just now."
    return "\n".join(_session(one, now) for one in said["at_work"])


def _session(one: Answer, now: datetime) -> str:
    where = f", in the worktree {render.one_line(one['worktree'])}" if one["worktree"] else ""
    files = ((path, "edits it" if path in one["edits"] else "reads it") for path in one["files"])
    return f"{render.author(one['by'])}, {render.ago(one['at'], now)}{where}\n{indent(render.table(files), '  ')}"


COMMANDS: tuple[tuple[Callable[..., None], str], ...] = ((who, EXAMPLE),)
