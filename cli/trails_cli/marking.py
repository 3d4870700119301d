"""
`trails mark` writes a mark into a file, and `trails marks` shows those there are and decides whether they count.

The command writes the file itself, whole and in one step; the keeper only reads it.
"""

import os
import re
from collections.abc import Callable
from difflib import unified_diff
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from trails import BadInput, Draft, FolderOnDisk, Kind, relative, with_mark

from . import changes
from .asking import AsJson, answer, ask, settings, text_of
from .render import counted, one_line, short

EXAMPLE = 'trails mark src/ledger.py:12 "Close the ledger before the page" --kind warning'
EXAMPLE_OF_MARKS = "trails marks"
_LINE = re.compile(r"(?P<path>.+?)(?::(?P<line>[0-9]{1,9}))?(?::[0-9]*)?")


class Choice(StrEnum):
    """Whether marks become notes in a workspace."""

    ON = "on"
    OFF = "off"


def mark(
    place: Annotated[str, typer.Argument(metavar="FILE[:LINE]", help="Where; without a line at the top.")],
    text: Annotated[
        str, typer.Argument(help="What the next one should know, further lines as its body; `-` reads it from stdin.")
    ],
    kind: Annotated[
        Kind, typer.Option(help="What sort of thing it says; decides how fast it fades.")
    ] = Kind.OBSERVATION,
    topics: Annotated[list[str] | None, typer.Option("--topic", "-t", help="A topic it is about; repeatable.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be written.")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Write a note into a file.

    As a comment above that line, which everybody sees who reads the file; the keeper makes it a note on it.
    """
    if kind is Kind.PRESENCE:
        raise BadInput("A file cannot tell who is at work: choose another kind.")
    title, _, body = text_of(text).strip().partition("\n")
    root = _root()
    path, line = _read_place(place, root)
    before = _read(root, path)
    draft = Draft(title, body, kind, topics=tuple(topics or ()))
    after, at = with_mark(path, before.decode("utf-8", "surrogateescape"), line, draft)
    written = after.encode("utf-8", "surrogateescape")
    said: dict[str, Any] = {"path": path, "line": at, "diff": _diff(path, before, written), "written": not dry_run}
    if not dry_run:
        records = changes.Records(settings().data_dir)
        file = root / path
        changes.carry_out([changes.Change(file, before, written, records.find(file))], records)
        said |= _heard(root, path, at)
    answer(as_json, said, _marked)


def marks(
    choice: Annotated[Choice | None, typer.Argument(help="Whether marks become notes in this workspace.")] = None,
    as_json: AsJson = False,
) -> None:
    """
    Show the marks in the files, or decide whether they count.

    A mark is a comment that begins with `trail:`, such as `# trail: Close the ledger first`. With `off` their notes are
    withdrawn, with `on` they stand again; the files stay as they are.
    """
    answer(as_json, ask("marks", choice=choice.value if choice else ""), _listed)


COMMANDS: tuple[tuple[Callable[..., None], str], ...] = ((mark, EXAMPLE), (marks, EXAMPLE_OF_MARKS))


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _root() -> Path:
    """The folder of the workspace that the keeper sees. Raises BadInput where there is none."""
    told = ask("status")["workspace"]["root"]
    if not told:
        ask("log", limit=1)  # which says what is wrong with this folder
    return Path(told)


def _read_place(place: str, root: Path) -> tuple[str, int]:
    """What the workspace calls the file, and the line."""
    found = _LINE.fullmatch(place.strip())
    if found is None:
        raise BadInput("Name the file and a line of it, as in src/ledger.py:12.")
    return relative(root, found["path"], Path.cwd()), int(found["line"] or 1)


def _read(root: Path, path: str) -> bytes:
    """What the file holds. Raises BadInput for one in which a mark would not be read."""
    folder = FolderOnDisk(root)
    if not folder.exists(path):
        raise BadInput(f"There is no file {path}: a mark is written into one that is there.")
    if folder.is_ignored(path):
        raise BadInput(f"{path} is ignored here (by .gitignore, or as a secret), and what is ignored is never read.")
    if folder.lines(path) is None:
        raise BadInput(f"{path} is no text file of at most 1 MB that may be read, so nobody would find a mark in it.")
    return changes.read(root / path, inside=root) or b""


def _heard(root: Path, path: str, line: int) -> dict[str, Any]:
    """What the keeper makes of the mark that was written; in another worktree it has not seen it yet."""
    said = ask("marks", files=[str(root / path)])
    is_here = os.path.realpath(said["root"]) == os.path.realpath(root)
    found = [one for one in said["marks"] if is_here and one["line"] == line]
    heard = found[0] if found else {"note": "", "refusal": ""}
    return {"state": said["state"], "read_here": is_here, "note": heard["note"], "refusal": heard["refusal"]}


def _diff(path: str, before: bytes, after: bytes) -> str:
    old, new = (content.decode(errors="replace").splitlines(keepends=True) for content in (before, after))
    lines = unified_diff(old, new, path, path, n=2)
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


# ── as text ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _marked(said: dict[str, Any]) -> str:
    if not said["written"]:
        return f"{said['diff']}Nothing was written.".replace("\r", "")
    place = f"{said['path']}:{said['line']}"
    if said["note"]:
        told = f"Marked {place}: it is note [{short(said['note'])}] now."
    elif said["refusal"]:
        told = f"Marked {place}, but it is no note: {one_line(said['refusal'])}"
    elif said["state"] == Choice.OFF:
        told = f"Marked {place}. Marks are off here: `trails marks on` makes notes of them."
    else:
        told = f"Marked {place}. It becomes a note once the main worktree has it."
    return f"{told}\nTo take it back, delete the comment: its note is withdrawn with it."


def _listed(said: dict[str, Any]) -> str:
    if said["state"] == Choice.OFF:
        return "Marks are off here: comments such as `# trail: …` are comments. `trails marks on` makes notes of them."
    if not said["marks"]:
        return 'No file here holds a mark. `trails mark FILE:LINE "…"` writes one.'
    return "\n".join([*map(_line, said["marks"]), _counted(said["marks"])])


def _line(heard: dict[str, Any]) -> str:
    place = f"{heard['path']}:{heard['line']}"
    if not heard["note"]:
        return one_line(f"{place}  no note: {heard['refusal']}")
    return one_line(f"{place}  [{short(heard['note'])}] {heard['kind']}: {heard['title']}")


def _counted(heard: list[dict[str, Any]]) -> str:
    notes = sum(bool(one["note"]) for one in heard)
    return f"{counted(len(heard), 'mark')}, of which {counted(notes, 'note')}. `trails marks off` ends that here."
