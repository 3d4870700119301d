"""Histories made for tests: a git repository in which each part of a program has its files and its words."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dulwich.index import commit_tree
from dulwich.object_store import BaseObjectStore, MemoryObjectStore
from dulwich.objects import Blob, Commit
from dulwich.repo import Repo

from trails.bench.steps import Course, Step
from trails.history import Change

BEGIN = datetime(2024, 3, 1, tzinfo=UTC)
PARTS = {
    "ledger": ("src/ledger.py", "tests/test_ledger.py", "round the balance of an account"),
    "parser": ("src/reading/parser.py", "src/reading/tokens.py", "accept nested brackets while reading"),
    "network": ("src/network.py", "src/retry.py", "try again when a connection is lost"),
    "screen": ("src/screen.py", "src/colours.py", "draw the window with softer light"),
}
AUTHORS = ("Ann Author <ann@example.org>", "Ben Builder <ben@example.org>")
Files = dict[str, bytes]


class Made:
    """A repository whose files are in no work tree: only its history counts."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.repo = Repo(str(root))
        self.files: Files = {}
        self.hours = 0
        self.head: list[bytes] = []

    def commit(self, message: str, changed: dict[str, str | None], *, by: str = AUTHORS[0], hours: int = 1) -> str:
        """Commit these contents (None deletes), so many hours after the last one."""
        self.hours += hours
        for path, content in changed.items():
            self.files.pop(path, None)
            if content is not None:
                self.files[path] = content.encode()
        self._add(message, by, self.head)
        return self.head[0].decode()

    def merge(self, other: str) -> None:
        self.hours += 1
        self._add("Merge what others did", AUTHORS[0], [*self.head, other.encode()])

    def copy(self, root: Path) -> "Made":
        shutil.copytree(self.root, root)
        copied = Made(root)
        copied.files, copied.hours, copied.head = dict(self.files), self.hours, list(self.head)
        return copied

    def _add(self, message: str, by: str, parents: list[bytes]) -> None:
        commit = self.add_to(self.repo.object_store, message, by, parents)
        self.repo.refs[b"HEAD"] = commit
        self.head = [commit]

    def add_to(self, store: BaseObjectStore, message: str, by: str, parents: list[bytes]) -> bytes:
        """Put a commit of the files as they are now into a store; gives its id."""
        blobs = [(path.encode(), Blob.from_string(content)) for path, content in self.files.items()]
        for _, blob in blobs:
            store.add_object(blob)
        commit = Commit()
        commit.tree = commit_tree(store, [(path, blob.id, 0o100644) for path, blob in blobs])
        commit.parents = parents
        commit.author = commit.committer = by.encode()
        commit.author_time = commit.commit_time = int((BEGIN + timedelta(hours=self.hours)).timestamp())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding = b"utf-8"
        commit.message = message.encode()
        store.add_object(commit)
        return commit.id


def make_repository(root: Path, commits: int = 150) -> Made:
    """A repository of so many commits, each of which changes one part of the program."""
    root.mkdir(parents=True)
    Repo.init(str(root)).close()
    made = Made(root)
    store = MemoryObjectStore()  # to be one pack: hundreds of small files take long
    made.files["src/main.py"] = b"start"
    made.head = [made.add_to(store, "Begin with an empty program", AUTHORS[0], [])]
    for number, (first, second, words) in zip(range(1, commits), _parts(), strict=False):
        made.hours += 1
        for path in (first,) if number % 3 == 0 else (first, second):
            made.files[path] = str(number).encode()
        made.head = [made.add_to(store, f"Now {words}, step {number}", AUTHORS[number % 2], made.head)]
    made.repo.object_store.add_objects([(store[name], None) for name in store])
    made.repo.refs[b"HEAD"] = made.head[0]
    return made


def make_course(steps: int = 130) -> Course:
    """The same as a course, without a repository."""
    told = []
    for number, (first, second, words) in zip(range(steps), _parts(), strict=False):
        paths = (first,) if number % 3 == 0 else (first, second)
        changes = tuple(Change(path, path) for path in paths)
        at = BEGIN + timedelta(hours=number)
        told.append(Step(f"{number:010x}", at, AUTHORS[number % 2], f"Now {words}, step {number}", changes))
    return Course("made", (), tuple(told))


def _parts() -> Iterator[tuple[str, str, str]]:
    parts = list(PARTS.values())
    number = 0
    while True:
        yield parts[number * 7 // 5 % len(parts)]
        number += 1
