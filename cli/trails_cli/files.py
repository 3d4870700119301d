"""
The command that tells where the files have been that notes are on: `trails files`.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated

import typer

from .asking import AsJson, answer, ask, now
from .render import MARGIN, Answer, ago, counted, local, one_line

HOW = {
    "seen": "seen to move",
    "content": "known by its content",
    "git": "known from git",
    "lines": "known by its lines",
    "told": "told to have moved",
}


def files(
    path: Annotated[str, typer.Argument(metavar="[FILE]", help="Only this one, under any name that it had.")] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", help="At most so many files.")] = 50,
    as_json: AsJson = False,
) -> None:
    """
    Tell where files have been.

    Of one file: what it is called now, what it was called before and since when, how each move is known and how surely,
    and its copies. Without one: the files that notes are on, those that are gone first, then those that moved.
    """
    said = ask("files", file=path, limit=limit)
    answer(as_json, said, (lambda it: _one(it["files"][0], now())) if path else (lambda it: _all(it, now())))


def _all(said: Answer, at: datetime) -> str:
    if not said["files"]:
        return "No note is on a file here yet."
    width = max(len(one_line(file["path"])) for file in said["files"])
    lines = [_line(file, width, at) for file in said["files"]]
    left = sum(said["counts"].values()) - len(said["files"])
    return "\n".join(lines + ([f"… and {counted(left, 'more file')}; --limit shows more."] if left > 0 else []))


def _line(file: Answer, width: int, at: datetime) -> str:
    before = next((name["path"] for name in file["names"] if name["path"] != file["path"] and not name["tree"]), "")
    told = [counted(file["notes"], "note")]
    told += [f"was {one_line(before)}"] if before else []
    told += [ago(file["changed_at"], at)] if file["state"] == "gone" and file["changed_at"] else []
    return f"{file['state']:<5}  {one_line(file['path']):<{width}}  {', '.join(told)}"


def _one(file: Answer, at: datetime) -> str:
    told = [counted(file["notes"], "note")]
    told += [f"gone {ago(file['changed_at'], at)}"] if file["state"] == "gone" and file["changed_at"] else []
    return "\n".join([f"{one_line(file['path'])}: {', '.join(told)}", *_names(file), *_copies(file)])


def _names(file: Answer) -> Iterator[str]:
    for name in file["names"]:
        began = "seen as a copy" if file["copy_of"] else "first named by a note"
        how = HOW.get(name["how"], began) if name["how"] or name is file["names"][-1] else ""
        sure = f" ({name['confidence']:.0%})" if name["confidence"] < 1 else ""
        tree = f", in worktree {one_line(name['tree'])}" if name["tree"] else ""
        yield f"{MARGIN}{local(name['since'])}  {one_line(name['path'])}{f'  {how}{sure}' if how else ''}{tree}"


def _copies(file: Answer) -> Iterator[str]:
    if file["copy_of"]:
        yield f"{MARGIN}began as a copy of {one_line(file['copy_of'])}"
    for path in file["copies"]:
        yield f"{MARGIN}copied to {one_line(path)}"


COMMANDS: tuple[tuple[Callable[..., None], str], ...] = ((files, "trails files src/ledger.py"),)
