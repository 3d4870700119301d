"""Onlookers: parts that look at files for themselves are shown where something happened, with notes on it or not."""

import shutil
import threading
from pathlib import Path

import pytest

from tests.backends.watching import PATIENCE_S, SETTLE_S, Book, write
from trails.listening import Glance
from trails.watcher import Watcher
from trails.workspace import FolderOnDisk

WHOLE = Glance(whole=True)


class Reader:
    """An onlooker that keeps every glance, and can be made to fail."""

    def __init__(self, book: Book) -> None:
        self.glances: list[Glance] = []
        self.told_before: list[int] = []
        self.fails = False
        self._book = book
        self._changed = threading.Condition()

    def looked(self, glance: Glance, folder: FolderOnDisk) -> None:
        with self._changed:
            self.glances.append(glance)
            self.told_before.append(len(self._book.told))
            self._changed.notify_all()
        if self.fails:
            raise OSError("the disk is full")

    def wait_until_shown(self, *names: str) -> None:
        """Return once exactly these paths have been shown, in one glance or several."""
        with self._changed:
            self._changed.wait_for(lambda: set(names) <= self._shown(), PATIENCE_S)
            assert self._shown() == set(names)

    def _shown(self) -> set[str]:
        return {path for glance in self.glances for path in glance.paths}

    def wait_for(self, *glances: Glance) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self.glances) >= len(glances), PATIENCE_S)
            assert self.glances == list(glances)


@pytest.fixture
def reader(root, watch):
    """The onlooker of a watcher that has begun, on a folder with two files of which nobody knows."""
    write(root, ".gitignore", "*.log\n")
    write(root, "src/a.py")
    write(root, "b.py")
    book = Book(root)
    reader = Reader(book)
    watch(book, onlookers=[reader])
    reader.wait_for(WHOLE)
    return reader


def paths(*names: str) -> Glance:
    return Glance(frozenset(names))


def test_whatever_file_is_written_is_shown(root, reader):
    write(root, "b.py", "second\n")

    reader.wait_for(WHOLE, paths("b.py"))


def test_both_names_of_a_rename_are_shown_and_a_folder_by_its_name(root, reader):
    (root / "b.py").rename(root / "c.py")
    (root / "src").rename(root / "lib")

    reader.wait_until_shown("b.py", "c.py", "src", "lib")


def test_what_was_deleted_is_shown(root, reader):
    shutil.rmtree(root / "src")

    reader.wait_until_shown("src/a.py", "src")


def test_what_is_ignored_is_not_shown(root, reader):
    write(root, "a.log")
    write(root, ".env", "KEY=value\n")
    write(root, ".trails/MAP.md")
    write(root, "b.py", "second\n")

    reader.wait_until_shown("b.py")


def test_an_onlooker_is_shown_what_the_listener_knows_already(root, watch):
    write(root, "a.py")
    book = Book(root, "a.py")
    reader = Reader(book)
    watch(book, onlookers=[reader])

    write(root, "a.py", "second\n")

    reader.wait_for(WHOLE, paths("a.py"))
    assert reader.told_before == [0, 1]


def test_an_onlooker_that_failed_looks_at_the_whole_next_time(root, reader, caplog):
    reader.fails = True
    write(root, "b.py", "second\n")
    reader.wait_for(WHOLE, paths("b.py"))
    reader.fails = False

    write(root, "c.py")

    reader.wait_for(WHOLE, paths("b.py"), Glance(frozenset({"c.py"}), whole=True))
    assert "the disk is full" in caplog.text


def test_every_comparison_of_all_files_is_shown_as_the_whole(root: Path):
    reader = Reader(Book(root))
    watcher = Watcher(root, Book(root), [reader], settle_s=SETTLE_S)

    watcher.reconcile()
    watcher.reconcile()

    assert reader.glances == [WHOLE, WHOLE]
