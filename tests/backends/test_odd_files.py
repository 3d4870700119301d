"""Files that are not what they seem, moves across the border of a workspace, and rules that change meanwhile."""

import os
import shutil
from pathlib import Path

import pytest

from tests.backends.repositories import Repository
from tests.backends.watching import Book, prove_quiet, write
from trails.watches import TreeWatches, watches_here

pytestmark = pytest.mark.parametrize("watches", [watches_here, TreeWatches], ids=["here", "one-watch-for-the-tree"])


def test_a_rename_of_nothing_but_the_case_is_a_rename(root, watch, watches):
    file = write(root, "src/Readme.py")
    book = Book(root, "src/Readme.py")
    watch(book, open_watches=watches)

    file.rename(root / "src/README.py")

    book.wait_for(("moved", "src/Readme.py", "src/README.py"))


def test_a_folder_renamed_in_nothing_but_the_case_takes_its_files_along(root, watch, watches):
    write(root, "Src/a.py")
    book = Book(root, "Src/a.py")
    watch(book, open_watches=watches)

    (root / "Src").rename(root / "src")

    book.wait_for(("folder moved", "Src", "src"))


def test_a_folder_moved_deeper_and_back_takes_its_files_along(root, watch, watches):
    write(root, "src/a.py")
    write(root, "lib/b.py", "b\n")
    book = Book(root, "src/a.py")
    watch(book, open_watches=watches)

    (root / "src").rename(root / "lib/src")
    book.wait_for(("folder moved", "src", "lib/src"))
    (root / "lib/src").rename(root / "back")

    book.wait_for(("folder moved", "src", "lib/src"), ("folder moved", "lib/src", "back"))


def test_a_folder_that_comes_back_into_the_workspace_brings_its_files_back(root, watch, watches):
    write(root, "src/a.py")
    book = Book(root, "src/a.py")
    watch(book, open_watches=watches)
    away = root.parent / "away"
    (root / "src").rename(away)
    book.wait_for(("gone", "src/a.py"))

    away.rename(root / "src")

    book.wait_for(("gone", "src/a.py"), ("changed", "src/a.py"))


def test_a_file_in_folders_that_were_just_made_is_seen(root, watch, watches):
    book = Book(root)
    watch(book, open_watches=watches)
    book.present["one/two/three/a.py"] = "older"

    write(root, "one/two/three/a.py")  # mkdir -p, and a file before anybody watches there

    book.wait_for(("changed", "one/two/three/a.py"))


def test_a_file_replaced_by_a_folder_is_gone_until_it_is_back(root, watch, watches):
    file = write(root, "a")
    book = Book(root, "a")
    watch(book, open_watches=watches)

    file.unlink()
    write(root, "a/inside.py", "something else\n")
    book.wait_for(("gone", "a"))
    shutil.rmtree(root / "a")
    file.write_text("second\n")

    book.wait_for(("gone", "a"), ("changed", "a"))


def test_a_file_replaced_by_a_link_is_neither_gone_nor_what_the_link_names(root, watch, watches):
    outside = write(root.parent, "outside.py", "secret\n")
    file = write(root, "a.py")
    book = Book(root, "a.py")
    watch(book, open_watches=watches)

    file.unlink()
    file.symlink_to(outside)

    prove_quiet(root, book)


@pytest.mark.parametrize("target", [".", "..", "loop", "b.py"])
def test_links_that_go_round_in_circles_are_not_followed(root, watch, watches, target):
    write(root, "src/b.py")
    book = Book(root, "src/b.py")
    watch(book, open_watches=watches)

    (root / "src/loop").symlink_to(target)
    write(root, "src/b.py", "second\n")

    book.wait_for(("changed", "src/b.py"))
    prove_quiet(root, book, ("changed", "src/b.py"))


def test_a_file_replaced_by_a_pipe_holds_nobody_up(root, watch, watches):
    file = write(root, "a.py")
    book = Book(root, "a.py")
    watch(book, open_watches=watches)

    file.unlink()
    os.mkfifo(file)

    prove_quiet(root, book)


def test_what_the_rules_begin_to_ignore_is_no_longer_told(root, watch, watches):
    write(root, "src/a.py")
    book = Book(root, "src/a.py")
    watch(book, open_watches=watches)

    write(root, "src/.gitignore", "a.py\n")
    write(root, "src/a.py", "second\n")
    (root / "src/a.py").unlink()

    prove_quiet(root, book)


def test_a_folder_that_the_rules_no_longer_ignore_is_watched_from_then_on(root, watch, watches):
    write(root, ".gitignore", "gen/\n")
    book = Book(root)
    write(root, "gen/deep/a.py")
    book.present["gen/deep/a.py"] = "older"
    watch(book, open_watches=watches)

    write(root, ".gitignore", "*.log\n")
    book.wait_for(("changed", "gen/deep/a.py"))
    write(root, "gen/deep/a.py", "second\n")

    book.wait_for(("changed", "gen/deep/a.py"), ("changed", "gen/deep/a.py"))


def test_a_rule_of_a_folder_counts_below_it_and_not_beside_it(root: Path, watch, watches):
    write(root, "one/.gitignore", "*.txt\n")
    book = Book(root)
    for path in ("one/a.txt", "one/deep/a.txt", "two/a.txt"):
        write(root, path)
        book.present[path] = "older"
    watch(book, open_watches=watches)

    assert book.told == [("changed", "two/a.txt")]


def test_a_worktree_that_is_made_within_the_main_one_is_nobodys_business_here(root, watch, watches):
    repository = Repository(root)
    repository.write("a.py")
    repository.write("src/b.py")
    repository.commit()
    book = Book(root, "a.py", "src/b.py")
    watch(book, open_watches=watches)

    repository.git("worktree", "add", "--quiet", "-b", "topic", ".worktrees/topic")
    (root / "a.py").unlink()
    book.wait_for(("gone", "a.py"))
    (root / "src").rename(root / ".worktrees/topic/moved")

    book.wait_for(("gone", "a.py"), ("gone", "src/b.py"))
