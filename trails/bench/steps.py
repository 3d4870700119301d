"""
What a replay is made of: the commits of one repository in time order, and the files that are there at each.

A step that is passed over (a robot's, a version bump, a sweeping change, a copy of another) is neither question nor
note; only what it does to files counts. Files that follow every commit, such as change logs and lock files, are not
there at all: to name them is no merit.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from posixpath import splitext
from typing import Any

from ..errors import BadInput
from ..history import Change

RELEASE_NOTES = [f"release{sign}note{many}" for sign in ("", "-", "_", " ") for many in ("", "s")]
CHANGE_LOGS = ("change", "changes", "changelog", "changelogs", "history", "news", "next_release", "upgrading")
FOLLOWING_NAMES = frozenset(  # also with an ending: changes.md, history-2.txt
    (*CHANGE_LOGS, *RELEASE_NOTES, "whatsnew", "whats-new", "whats_new", "authors", "contributors")
)
FOLLOWING_FOLDERS = frozenset(
    ("changelog", "changelog.d", "changelogs", "changes", "news", "newsfragments", "releases", "release-notes")
) | {"release_notes", ".beads"}
LOCKS = frozenset({"package-lock.json", "pnpm-lock.yaml", "go.sum", "npm-shrinkwrap.json"})
FORMAT = "trail-replay-v1"


@dataclass(frozen=True, slots=True)
class Step:
    """
    One commit of a replay; times never run backwards, and `author` is one principal.

    `message` holds neither paths nor names of files; `passed_over` says why it is neither question nor note.
    """

    id: str
    at: datetime
    author: str
    message: str
    changes: tuple[Change, ...]
    passed_over: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """A repository to be replayed: the files that are there before the first step, and the steps, oldest first."""

    name: str
    files: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def notes(self) -> int:
        """How many steps become notes."""
        return sum(not step.passed_over for step in self.steps)


@dataclass(frozen=True, slots=True)
class Turn:
    """
    What a step means for the files that are there.

    `wanted` are those that it changes, `moves` what becomes of names (new, gone, renamed), `left` those it leaves.
    """

    wanted: tuple[str, ...]
    moves: tuple[Change, ...]
    left: tuple[str, ...]


class FilesThere:
    """The files that are there, from step to step, without those that follow every commit."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = {path for path in paths if not follows_every_commit(path)}

    def __contains__(self, path: str) -> bool:
        return path in self._paths

    def read(self, changes: Iterable[Change]) -> Turn:
        """What a step with these changes asks and tells. Changes nothing yet."""
        wanted, moves, left = set[str](), list[Change](), set[str]()
        for change in changes:
            before = change.before if change.before in self._paths else ""
            after = "" if follows_every_commit(change.after) else change.after
            if not before and after in self._paths and change.before in ("", after):
                before = after  # said to be new, and there all the same
            if before:
                wanted.add(before)
            if after:
                left.add(after)
            if before != after:
                moves.append(Change(before, after))
        return Turn(tuple(sorted(wanted)), tuple(moves), tuple(sorted(left)))

    def apply(self, moves: Iterable[Change]) -> None:
        """Let what a turn tells have happened."""
        for move in moves:
            self._paths.discard(move.before)
            if move.after:
                self._paths.add(move.after)


def follows_every_commit(path: str) -> bool:
    """Whether a file is a change log, a news fragment, a list of authors or a lock file."""
    *folders, name = path.lower().split("/")
    beginnings = {name, *(name[:at] for at, sign in enumerate(name) if sign in "-_.")}
    return (
        name.endswith(".lock")
        or name in LOCKS
        or not FOLLOWING_NAMES.isdisjoint(beginnings)
        or not FOLLOWING_FOLDERS.isdisjoint(folders)
    )


def read_jsonl(path: Path) -> Course:
    """
    A replay from a file of JSON lines: what it is and which files were there, then one commit a line.

    A commit has `id`, `t` (Unix seconds), `a` (its author), `m` (its message) or `x` (why it is passed over), and `f`:
    ["M" | "A" | "D", path] or ["R", old path, new path] for each file. Raises BadInput for anything else.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            head = json.loads(next(lines, "{}"))
            if head.get("type") != FORMAT:
                raise BadInput(f"{path} is no replay: its first line does not say {FORMAT}.")
            steps = tuple(_step(json.loads(line)) for line in lines)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise BadInput(f"{path} is no replay, or it is damaged: {type(error).__name__}.") from error
    return Course(head["repo"], tuple(head["files"]), steps)


def _step(row: dict[str, Any]) -> Step:
    at = datetime.fromtimestamp(row["t"], UTC)
    return Step(row["id"], at, row["a"], row.get("m", ""), tuple(map(_change, row["f"])), row.get("x", ""))


def _change(told: list[str]) -> Change:
    match told:
        case ["R", old, new]:
            return Change(old, new)
        case ["D", path]:
            return Change(path, "")
        case ["A", path]:
            return Change("", path)
        case ["M", path]:
            return Change(path, path)
    raise ValueError(told)


def names_in(paths: Collection[str]) -> frozenset[str]:
    """The names of all folders and files, lower case, and the files' also without their ending."""
    names = {part for path in paths for part in path.lower().split("/")}
    return frozenset(names | {splitext(name)[0] for name in names})
