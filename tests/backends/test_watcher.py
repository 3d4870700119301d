"""The watcher on real folders: each way of saving, renaming and deleting ends as one right word to the listener."""

import logging
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from tests.backends.watching import PATIENCE_S, SETTLE_S, Book, prove_quiet, write
from trails.bursts import STORM, Gathering
from trails.watcher import Watcher
from trails.watches import TreeWatches, watches_here
from trails.workspace import FolderOnDisk


# ── renames ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_renamed_file_is_followed_and_its_next_edit_too(root, watch):
    file = write(root, "a.py")
    book = Book(root, "a.py")
    watch(book)

    file.rename(root / "b.py")
    book.wait_for(("moved", "a.py", "b.py"))

    write(root, "b.py", "second\n")
    book.wait_for(("moved", "a.py", "b.py"), ("changed", "b.py"))


def test_a_file_is_followed_into_another_folder(root, watch):
    file = write(root, "src/a.py")
    write(root, "lib/other.py")
    book = Book(root, "src/a.py")
    watch(book)

    file.rename(root / "lib/b.py")

    book.wait_for(("moved", "src/a.py", "lib/b.py"))


def test_a_file_is_followed_into_a_folder_that_was_just_made(root, watch):
    file = write(root, "a.py")
    book = Book(root, "a.py")
    watch(book)

    (root / "new/deep").mkdir(parents=True)
    file.rename(root / "new/deep/a.py")

    book.wait_for(("moved", "a.py", "new/deep/a.py"))


def test_a_renamed_folder_takes_its_files_along_and_is_still_watched(root, watch):
    write(root, "src/app/a.py")
    write(root, "src/b.py", "b\n")
    book = Book(root, "src/app/a.py", "src/b.py")
    watch(book)

    (root / "src").rename(root / "lib")
    book.wait_for(("folder moved", "src", "lib"))

    write(root, "lib/app/a.py", "second\n")
    book.wait_for(("folder moved", "src", "lib"), ("changed", "lib/app/a.py"))


def test_a_renamed_folder_takes_along_more_files_than_make_a_storm(root, watch):
    for number in range(STORM + 1):
        write(root, f"src/{number}.py", "")  # their content could not tell them apart
    book = Book(root, "src/7.py")
    watch(book)

    (root / "src").rename(root / "lib")

    book.wait_for(("folder moved", "src", "lib"))


def test_two_files_that_swap_names_keep_their_own_notes(root, watch):
    write(root, "a.py", "content of a\n")
    write(root, "b.py", "content of b\n")
    book = Book(root, "a.py", "b.py")
    digest_of_a, digest_of_b = book.present["a.py"], book.present["b.py"]
    watch(book)

    (root / "a.py").rename(root / "t")
    (root / "b.py").rename(root / "a.py")
    (root / "t").rename(root / "b.py")

    book.wait_for(("moved", "a.py", "t"), ("moved", "b.py", "a.py"), ("moved", "t", "b.py"))
    assert book.present == {"b.py": digest_of_a, "a.py": digest_of_b}


def test_the_same_content_at_another_path_is_the_file_that_was_deleted(root, watch):
    file = write(root, "a.py", "unmistakable\n")
    book = Book(root, "a.py")
    watch(book)

    shutil.copy(file, root / "copy.py")
    file.unlink()

    book.wait_for(("moved", "a.py", "copy.py"))


# ── deletions ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_deleted_file_is_gone_and_comes_back(root, watch):
    file = write(root, "a.py")
    book = Book(root, "a.py")
    watch(book)

    file.unlink()
    book.wait_for(("gone", "a.py"))

    write(root, "a.py")
    book.wait_for(("gone", "a.py"), ("changed", "a.py"))


def test_a_file_that_is_noted_again_can_be_gone_again(root):
    book = Book(root)
    book.present = {"a.py": "known"}
    watcher = Watcher(root, book)
    watcher.reconcile()
    write(root, "a.py")
    book.present["a.py"] = FolderOnDisk(root).digest("a.py") or ""
    watcher.reconcile()

    (root / "a.py").unlink()
    watcher.reconcile()

    assert book.told == [("gone", "a.py"), ("gone", "a.py")]


def test_a_deleted_folder_takes_its_files_along(root, watch):
    write(root, "src/a.py")
    book = Book(root, "src/a.py")
    watch(book)

    shutil.rmtree(root / "src")

    book.wait_for(("gone", "src/a.py"))


def test_a_folder_moved_out_of_the_workspace_is_gone_and_no_longer_watched(root, watch, tmp_path):
    write(root, "src/a.py")
    book = Book(root, "src/a.py")
    watch(book)

    (root / "src").rename(tmp_path / "away")
    book.wait_for(("gone", "src/a.py"))

    write(tmp_path, "away/a.py", "second\n")
    prove_quiet(root, book, ("gone", "src/a.py"))


# ── what is nobody's business ────────────────────────────────────────────────────────────────────────────────────────
def test_ignored_files_are_never_reported(root, watch):
    write(root, ".gitignore", "*.log\nout/\n")
    write(root, "a.log")
    write(root, "out/b.py")
    write(root, "node_modules/c.js")
    book = Book(root)
    book.present = {"a.log": "known", "out/b.py": "known", "node_modules/c.js": "known"}
    watch(book)

    write(root, "a.log", "second\n")
    (root / "out/b.py").unlink()
    shutil.rmtree(root / "node_modules")

    prove_quiet(root, book)


def test_a_link_out_of_the_workspace_is_never_followed(root, watch, tmp_path):
    write(tmp_path, "outside/a.py")
    (root / "link").symlink_to(tmp_path / "outside")
    book = Book(root)
    book.present = {"link/a.py": "known"}
    watch(book)

    write(tmp_path, "outside/a.py", "second\n")

    prove_quiet(root, book)


def test_a_file_that_cannot_be_read_is_neither_gone_nor_changed(root, watch):
    file = write(root, "a.py")
    book = Book(root, "a.py")
    watch(book)

    file.unlink()
    file.symlink_to("a.py")  # a loop: it is there, and nobody can open it, not even root

    prove_quiet(root, book)


def test_files_without_notes_are_not_reported(root, watch):
    book = Book(root)
    watch(book)

    write(root, "new/a.py")
    (root / "new").rename(root / "old")
    shutil.rmtree(root / "old")

    prove_quiet(root, book)


# ── new folders ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_file_in_a_folder_that_was_just_made_is_followed_from_its_first_note_on(root, watch):
    book = Book(root)
    watch(book)
    file = write(root, "new/deep/a.py")
    book.present["new/deep/a.py"] = FolderOnDisk(root).digest("new/deep/a.py") or ""

    file.write_text("second\n")

    book.wait_for(("changed", "new/deep/a.py"))


def test_a_file_whose_content_was_not_known_yet_is_told_with_the_next_event(root, watch):
    write(root, "a.py")
    book = Book(root)
    watch(book)
    book.present["a.py"] = ""

    write(root, "b.py")

    book.wait_for(("changed", "a.py"))
    assert book.present["a.py"] == FolderOnDisk(root).digest("a.py")


# ── the watches of macOS, on whatever this is ────────────────────────────────────────────────────────────────────────
def test_one_watch_for_the_tree_follows_renames(root, watch):
    write(root, "src/a.py")
    book = Book(root, "src/a.py")
    watch(book, open_watches=TreeWatches)

    (root / "src").rename(root / "lib")
    book.wait_for(("folder moved", "src", "lib"))
    (root / "lib/a.py").rename(root / "b.py")
    book.wait_for(("folder moved", "src", "lib"), ("moved", "lib/a.py", "b.py"))
    (root / "b.py").unlink()
    book.wait_for(("folder moved", "src", "lib"), ("moved", "lib/a.py", "b.py"), ("gone", "b.py"))


# ── storms and failures ──────────────────────────────────────────────────────────────────────────────────────────────
def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "core.hooksPath=/dev/null")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="only to act like a person who switches branches")
def test_after_a_switch_of_branches_every_file_is_told_right(root, watch):
    for number in range(400):
        write(root, f"pkg{number % 20}/m{number}.py", f"{number}\n")
    git(root, "init", "--initial-branch=one")
    git(root, "add", ".")
    git(root, "commit", "--message", "one")
    git(root, "switch", "--create", "two")
    for number in range(100, 400):
        write(root, f"pkg{number % 20}/m{number}.py", f"{number} on two\n")
    (root / "pkg0/m0.py").rename(root / "pkg0/renamed.py")
    (root / "pkg1/m1.py").unlink()
    git(root, "add", "--all")
    git(root, "commit", "--message", "two")
    git(root, "switch", "one")
    book = Book(root, "pkg0/m0.py", "pkg1/m1.py", "pkg2/m2.py", "pkg3/m103.py")
    watch(book)

    git(root, "switch", "two")

    with book.changed:
        book.changed.wait_for(lambda: len(book.told) >= 3, PATIENCE_S)
    expected = {("moved", "pkg0/m0.py", "pkg0/renamed.py"), ("gone", "pkg1/m1.py"), ("changed", "pkg3/m103.py")}
    assert (len(book.told), set(book.told)) == (3, expected)
    prove_quiet(root, book, *book.told)


def test_a_storm_is_weathered_by_comparing_files(root, watch):
    file = write(root, "a.py", "unmistakable\n")
    book = Book(root, "a.py")
    watch(book)

    for number in range(STORM + 100):
        write(root, f"new/{number}")
    file.rename(root / "b.py")

    book.wait_for(("moved", "a.py", "b.py"))


def test_a_listener_that_fails_is_told_again_and_the_watcher_lives(root, watch, caplog):
    class Failing(Book):
        def saw(self, findings, head):
            if findings and not self.told:
                self.write("failed")
                raise OSError("the disk is full")
            super().saw(findings, head)

    write(root, "a.py")
    book = Failing(root, "a.py")
    watch(book, poll_s=SETTLE_S)

    write(root, "a.py", "second\n")

    book.wait_for(("failed",), ("changed", "a.py"))
    assert "could not follow" in caplog.text


def test_too_many_folders_are_compared_now_and_then_with_one_warning(root, caplog):
    for number in range(5):
        write(root, f"{number}/a.py")
    book = Book(root, "0/a.py")
    watcher = Watcher(root, book, settle_s=SETTLE_S, poll_s=SETTLE_S, folder_budget=3)
    caplog.set_level(logging.WARNING, logger="trails.watcher")
    watcher.start()
    try:
        assert watcher.ready.wait(PATIENCE_S)
        assert watcher.polling
        write(root, "0/a.py", "second\n")
        book.wait_for(("changed", "0/a.py"))
    finally:
        watcher.stop()

    assert len(caplog.records) == 1


def test_a_folder_too_many_turns_up_later_and_is_compared_too(root, watch, caplog):
    book = Book(root)
    watcher = watch(book, poll_s=SETTLE_S, folder_budget=2)
    assert not watcher.polling

    write(root, "one/a.py")
    write(root, "two/b.py")
    book.present["two/b.py"] = FolderOnDisk(root).digest("two/b.py") or ""
    write(root, "two/b.py", "second\n")

    book.wait_for(("changed", "two/b.py"))
    assert watcher.polling
    assert len([record for record in caplog.records if record.name == "trails.watcher"]) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only inotify has a queue that overflows")
def test_events_that_the_kernel_dropped_are_made_good(root):
    gathering = Gathering(SETTLE_S, lambda: 0.0)
    watches = watches_here(str(root), FolderOnDisk(root).rules, gathering, 10)
    try:
        watches.cover()
        watches.on_queue_overflow()
    finally:
        watches.stop()

    assert gathering.take().lost


def test_ignored_folders_take_nothing_from_the_budget(root):
    for number in range(5):
        write(root, f"node_modules/{number}/a.js")
    watcher = Watcher(root, Book(root), settle_s=SETTLE_S, folder_budget=1)
    watcher.start()
    try:
        assert watcher.ready.wait(PATIENCE_S)
        assert not watcher.polling
    finally:
        watcher.stop()


def test_a_workspace_that_is_not_there_does_not_read_as_deleted(root, tmp_path):
    book = Book(root, "README.md")
    watcher = Watcher(root, book)

    root.rename(tmp_path / "unmounted")
    watcher.reconcile()
    root.mkdir()
    watcher.reconcile()

    assert book.told == []


# ── while nobody watched ─────────────────────────────────────────────────────────────────────────────────────────────
def test_what_happened_while_nobody_watched_is_told_at_the_start(root, watch):
    for path in ("renamed.py", "edited.py", "deleted.py", "same.py"):
        write(root, path, f"content of {path}\n")
    book = Book(root, "renamed.py", "edited.py", "deleted.py", "same.py")
    (root / "lib").mkdir()
    (root / "renamed.py").rename(root / "lib/renamed.py")
    write(root, "edited.py", "second\n")
    (root / "deleted.py").unlink()

    watch(book)

    assert sorted(book.told) == [
        ("changed", "edited.py"),
        ("gone", "deleted.py"),
        ("moved", "renamed.py", "lib/renamed.py"),
    ]


def test_a_file_that_is_renamed_while_all_are_compared_is_not_taken_for_gone(root, watch):
    """Its event comes before the comparison that misses it, and is looked at after that."""

    def open_watches(root_path, rules, gathering, budget):
        watches = watches_here(root_path, rules, gathering, budget)
        cover, watches.cover = watches.cover, lambda: (cover(), rename(gathering))
        return watches

    def rename(gathering):
        if file.exists():
            file.rename(root / "b.py")
            write(root, "b.py", "something else\n")
            while not gathering.is_pending():
                threading.Event().wait(0.01)

    file = write(root, "a.py")
    book = Book(root, "a.py")
    watch(book, open_watches=open_watches)

    book.wait_for(("moved", "a.py", "b.py"), ("changed", "b.py"))


def test_reconciling_twice_tells_nothing_new(root):
    write(root, "a.py", "second\n")
    book = Book(root, "a.py")
    book.present |= {"a.py": "older", "b.py": "older"}
    watcher = Watcher(root, book)

    watcher.reconcile()
    watcher.reconcile()

    assert sorted(book.told) == [("changed", "a.py"), ("gone", "b.py")]


def test_a_stopped_watcher_leaves_no_thread_and_no_open_file_behind(root):
    def held() -> tuple[int, int]:
        return threading.active_count(), psutil.Process().num_fds()

    before = held()
    for _ in range(3):
        watcher = Watcher(root, Book(root), settle_s=SETTLE_S)
        watcher.start()
        assert watcher.ready.wait(PATIENCE_S)
        watcher.stop()

    assert held() == before
