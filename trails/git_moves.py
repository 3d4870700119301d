"""
What git tells of files that are no longer where they were: new names since a commit, and what they held there.

Asked of the `git` command, whose search for renames is far ahead of any library's: one process for all the commits in
between, one for the tree and one for the contents, however many files are looked for. Where there is no git, no
repository or no such commit, nothing is told.

A repository may come from anywhere, and git can be made to run programs by its configuration. So no hook, no filter,
no pager, no signature check, no remote and no outer diff program has a part in what is asked here.
"""

import logging
import os
import subprocess
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .reading import TEXT_LIMIT, lines_in
from .repository import checkout_at

log = logging.getLogger(__name__)

PATIENCE_S = 30.0
COMMITS_LOOKED_AT = 5_000  # between two states of a checkout: more than a year of a busy project
COMMITS_BEHIND = 500  # looked at where it is not known since when
FILES_COMPARED = 1_000  # deleted and added ones of a commit; of more, git compares only equal ones
CAREFULLY = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never")
NO_PROGRAMS = ("--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-notes", "--no-color")


@dataclass(frozen=True, slots=True)
class Step:
    """What one commit did, or with `is_back` what is undone on the way to another branch."""

    renames: tuple[tuple[str, str, float], ...] = ()
    """(old path, new path, how much is the same)"""
    added: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    is_back: bool = False


@dataclass(slots=True)
class _Steps:
    """The changes of one commit while they are read."""

    is_back: bool
    renames: list[tuple[str, str, float]] = field(default_factory=list)
    added: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)

    def done(self) -> Step:
        if self.is_back:
            renames = tuple((new, old, share) for old, new, share in self.renames)
            return Step(renames, frozenset(self.deleted), frozenset(self.added), True)
        return Step(tuple(self.renames), frozenset(self.added), frozenset(self.deleted))


class GitMoves:
    """The repository of the checkout in a folder, asked about names. Every question is answered by one process."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._is_checkout = Path(checkout_at(root).git_dir).exists()

    def renamed(self, since: str, paths: Collection[str]) -> dict[str, tuple[str, float]]:
        """
        Where these files went between a commit and the one that is checked out, each with a confidence.

        A file that was renamed several times is followed; one that a commit deleted is left out. Without `since`, or
        where that commit is no longer there, the newest COMMITS_BEHIND are looked at.
        """
        found = self._log(f"{since}...HEAD", COMMITS_LOOKED_AT) if since.isalnum() else None
        if found is not None:
            return follow(steps_in(found), paths)
        behind = self._log("HEAD", COMMITS_BEHIND) or b""
        return follow(steps_in(behind), paths, is_from_the_start=False)

    def files(self, commit: str) -> frozenset[str] | None:
        """Every path of a commit; None where it is not known."""
        found = self._git("ls-tree", "-r", "-z", "--name-only", _object(commit))
        return None if found is None else frozenset(_text(name) for name in found.split(b"\0") if name)

    def lines(self, commit: str, paths: Collection[str]) -> dict[str, tuple[str, ...]]:
        """What the text files at these paths held in a commit, line by line; those it does not have are left out."""
        asked = [path for path in paths if "\n" not in path]
        wanted = "".join(f"{_object(commit)}:{path}\n" for path in asked).encode(errors="surrogateescape")
        found = self._git("cat-file", "--batch", told=wanted) if asked else None
        contents = zip(asked, _blobs(found or b""), strict=False)
        told = {path: lines_in(content) for path, content in contents if content is not None}
        return {path: lines for path, lines in told.items() if lines is not None}

    def _log(self, commits: str, limit: int) -> bytes | None:
        return self._git(
            *("log", "--format=%m", "--name-status", "-z", "--find-renames=50%", f"-l{FILES_COMPARED}"),
            *("--diff-filter=ADR", "--left-right", "--topo-order", f"--max-count={limit}", *NO_PROGRAMS, commits, "--"),
        )

    def _git(self, *arguments: str, told: bytes = b"") -> bytes | None:
        """What git prints; None where it cannot answer."""
        if not self._is_checkout:
            return None
        try:
            done = subprocess.run(
                ["git", "--no-pager", "-C", self._root, *CAREFULLY, *arguments],
                input=told,
                capture_output=True,
                timeout=PATIENCE_S,
                env=_environment(),
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            log.info("git does not tell of %s: %s", self._root, type(problem).__name__)
            return None
        return done.stdout if done.returncode == 0 else None


def steps_in(log_output: bytes) -> list[Step]:
    """The steps of `git log --format=%m --name-status -z`, in the order in which a checkout would take them."""
    commits: list[_Steps] = []
    tokens = iter(_text(token) for token in log_output.split(b"\0"))
    for token in tokens:
        status = token.lstrip("\n")
        match status[:1]:
            case "<" | ">":
                commits.append(_Steps(status == "<"))
            case "R":
                old, new = next(tokens, ""), next(tokens, "")
                commits[-1].renames.append((old, new, int(status[1:] or 0) / 100))
            case "A":
                commits[-1].added.add(next(tokens, ""))
            case "D":
                commits[-1].deleted.add(next(tokens, ""))
    steps = [one.done() for one in commits]
    return [step for step in steps if step.is_back] + [step for step in reversed(steps) if not step.is_back]


def follow(
    steps: Sequence[Step], paths: Collection[str], *, is_from_the_start: bool = True
) -> dict[str, tuple[str, float]]:
    """
    The path of each file after the steps, with how much of it stayed the same; only of those that have a new one.

    Unless `is_from_the_start`, the files may be younger than the first steps: then a file that is added under one of
    these paths is the one that is meant.
    """
    where = {path: (path, 1.0) for path in paths}
    gone: set[str] = set()
    for step in steps:
        at: dict[str, list[str]] = {}
        for file, (path, _) in where.items():
            at.setdefault(path, []).append(file)
        for old, new, share in step.renames:
            for file in at.get(old, ()):
                where[file] = (new, where[file][1] * share)
                gone.discard(file)
        gone |= {file for path in step.deleted for file in at.get(path, ())}
        for path in step.added:
            gone -= set(at.get(path, ()))
            if not is_from_the_start and path in where:
                where[path] = (path, 1.0)
                gone.discard(path)
    return {file: (path, sure) for file, (path, sure) in where.items() if path != file and file not in gone}


def _blobs(batch: bytes) -> Iterator[bytes | None]:
    """What `git cat-file --batch` tells of each object that it was asked for: None for one that is no file."""
    start = 0
    while start < len(batch):
        end = batch.index(b"\n", start)
        parts = batch[start:end].split(b" ")
        start = end + 1
        if len(parts) != 3 or not parts[2].isdigit():
            yield None  # "… missing"
            continue
        size = int(parts[2])
        yield batch[start : start + size] if parts[1] == b"blob" and size <= TEXT_LIMIT else None
        start += size + 1


def _environment() -> dict[str, str]:
    """Our own environment without what would lead git elsewhere, or let it ask or fetch."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    careful = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_PAGER": ""}
    return {**kept, **careful, "LC_ALL": "C"}


def _object(commit: str) -> str:
    return commit if commit.isalnum() else "HEAD"


def _text(name: bytes) -> str:
    return name.decode(errors="surrogateescape")
