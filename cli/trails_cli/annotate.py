"""
`trails annotate`: puts what the notes say beside the code, for agents and people who cannot ask, and takes it away.
"""

from collections.abc import Callable
from pathlib import Path
from textwrap import indent
from typing import Annotated, Any

import typer

from trails import BadInput

from .asking import AsJson, answer, ask
from .render import counted

EXAMPLE = "trails annotate"
FILES_TOLD = 20  # of each list; --json has all
IMPORT = "@.trails/MAP.md"
KEPT_UP = "The keeper keeps them up to date; --off ends that, --remove takes them away."


def annotate(
    shared: Annotated[
        bool | None,
        typer.Option("--shared/--ignored", help="Whether git is to see the files. What was chosen before stays."),
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Write no more; what is there stays.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Write no more, and remove what was written.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Put the notes beside the code, in `.trails`.

    A map of where trails are hot and a page for each file with notes, for agents that have no MCP. The keeper keeps
    them up to date.
    """
    if sum((shared is not None, off, remove)) > 1:
        raise BadInput("--shared, --ignored, --off and --remove exclude each other: give one of them.")
    choice = "off" if off else "" if shared is None else "shared" if shared else "on"
    said = ask("annotate", choice=choice, remove=remove, dry=dry_run)
    answer(as_json, said, _planned if dry_run else _done)


def _planned(said: dict[str, Any]) -> str:
    return "\n".join([*_listed("Would write", said["written"]), *_listed("Would remove", said["removed"])]) or (
        "There is nothing to do."
    )


def _done(said: dict[str, Any]) -> str:
    lines = [*_listed("Wrote", said["written"]), *_listed("Removed", said["removed"])]
    if said["choice"] == "off":
        return "\n".join([*lines, "The notes are not kept beside the code here."])
    if said["unchanged"]:
        lines.append(f"{counted(said['unchanged'], 'file')} said that already.")
    return "\n".join([*lines, *_left_alone(said), _seen_by_git(said["choice"]), KEPT_UP, *_import(said["root"])])


def _left_alone(said: dict[str, Any]) -> list[str]:
    lines = []
    if said["kept"]:
        lines += _listed("Left alone, for trails did not write", said["kept"])
    if said["left_out"]:
        lines.append(f"{counted(said['left_out'], 'file')} with weaker notes got no page; `trails recall` has them.")
    return lines


def _seen_by_git(choice: str) -> str:
    if choice == "shared":
        return "git sees them: whoever gets your commits reads the notes, with the names of those who laid them."
    return "git does not see them; --shared changes that."


def _import(root: str) -> list[str]:
    """How an agent gets to read the map, unless that is said to it already."""
    try:
        is_said = IMPORT in (Path(root) / "CLAUDE.md").read_text(errors="replace")
    except OSError:
        is_said = False
    return [] if is_said else ["For Claude Code, add this line to CLAUDE.md:", f"  {IMPORT}"]


def _listed(does: str, names: list[str]) -> list[str]:
    if not names:
        return []
    more = [f"… and {len(names) - FILES_TOLD} more"] if len(names) > FILES_TOLD else []
    return [f"{does} {counted(len(names), 'file')}:", indent("\n".join([*names[:FILES_TOLD], *more]), "  ")]


COMMANDS: tuple[tuple[Callable[..., None], str], ...] = ((annotate, EXAMPLE),)
