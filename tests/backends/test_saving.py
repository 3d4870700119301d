"""Each way of saving a file, through the real watcher: however it is done, one change is told, and never a deletion."""

import ctypes
import mmap
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backends.watching import PATIENCE_S, SETTLE_S, Book, write
from trails.watcher import Watcher
from trails.watches import TreeWatches, watches_here

SECOND = "second\n"
EXCHANGE, HERE = 2, -100  # RENAME_EXCHANGE and AT_FDCWD of Linux


def in_place(file: Path) -> None:
    file.write_text(SECOND)


def in_place_in_pieces(file: Path) -> None:
    with file.open("w") as opened:
        for sign in SECOND:
            opened.write(sign)
            opened.flush()


def over_by_renaming(file: Path) -> None:
    write(file.parent, ".a.py.tmp", SECOND).replace(file)


def over_from_an_ordinary_name(file: Path) -> None:
    write(file.parent, "upload-1", SECOND).replace(file)


def like_vim(file: Path) -> None:
    backup = file.rename(file.with_name("a.py~"))
    file.write_text(SECOND)
    backup.unlink()


def like_vim_and_keep_the_backup(file: Path) -> None:
    file.rename(file.with_name("a.py~"))
    file.write_text(SECOND)


def like_a_safe_writer(file: Path) -> None:
    new = write(file.parent, "a.py___jb_tmp___", SECOND)
    old = file.rename(file.with_name("a.py___jb_old___"))
    new.rename(file)
    old.unlink()


def with_a_backup_by_hard_link(file: Path) -> None:
    file.with_name("a.py.bak").hardlink_to(file)
    write(file.parent, "a.py.new", SECOND).replace(file)


def by_exchanging_two_files(file: Path) -> None:
    """As renameat2 does it: at no time is there no file of that name."""
    new = write(file.parent, ".a.py.new", SECOND)
    assert ctypes.CDLL(None).renameat2(HERE, os.fsencode(new), HERE, os.fsencode(file), EXCHANGE) == 0
    new.unlink()


def from_outside(file: Path) -> None:
    write(file.parent.parent.parent, f"elsewhere-{file.parent.name}", SECOND).replace(file)


def by_deleting_and_writing_anew(file: Path) -> None:
    file.unlink()
    file.write_text(SECOND)


def by_deleting_the_folder_and_making_it_anew(file: Path) -> None:
    shutil.rmtree(file.parent)
    write(file.parent, file.name, SECOND)


def by_appending(file: Path) -> None:
    with file.open("a") as opened:
        opened.write(SECOND)


def by_cutting_short(file: Path) -> None:
    with file.open("r+") as opened:
        opened.truncate(3)


def by_mapping_it_into_memory(file: Path) -> None:
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), 0) as mapped:
        mapped[0:5] = b"FIRST"


def again_with_the_same_content(file: Path) -> None:
    content = file.read_text()
    file.unlink()
    file.write_text(content)


def by_touching_it(file: Path) -> None:
    os.utime(file)


SAVES: tuple[Callable[[Path], None], ...] = (
    in_place,
    in_place_in_pieces,
    over_by_renaming,
    over_from_an_ordinary_name,
    like_vim,
    like_vim_and_keep_the_backup,
    like_a_safe_writer,
    with_a_backup_by_hard_link,
    *([by_exchanging_two_files] if sys.platform == "linux" else []),
    from_outside,
    by_deleting_and_writing_anew,
    by_deleting_the_folder_and_making_it_anew,
    by_appending,
    by_cutting_short,
    by_mapping_it_into_memory,
)
NO_CHANGE = (again_with_the_same_content, by_touching_it)
ALL = (*SAVES, *NO_CHANGE)


@pytest.fixture(scope="module", params=[watches_here, TreeWatches], ids=["here", "one-watch-for-the-tree"])
def told(request, tmp_path_factory) -> dict[str, list[str]]:
    """What a watcher told of each file, all of them saved at the same time, each in its own way."""
    root = tmp_path_factory.mktemp("saving") / "project"
    files = {save.__name__: write(root, f"{save.__name__}/a.py", f"first of {save.__name__}\n") for save in ALL}
    last = write(root, "last.py")
    book = Book(root, "last.py", *(f"{name}/a.py" for name in files))
    watcher = Watcher(root, book, settle_s=SETTLE_S, open_watches=request.param)
    watcher.start()
    assert watcher.ready.wait(PATIENCE_S)
    for save in ALL:
        save(files[save.__name__])
    with book.changed:
        book.changed.wait_for(lambda: len(book.told) >= len(SAVES), PATIENCE_S)
    last.write_text(SECOND)  # whatever else there is to tell of the saves comes before this
    with book.changed:
        assert book.changed.wait_for(lambda: ("changed", "last.py") in book.told, PATIENCE_S)
    watcher.stop()
    return {name: [words[0] for words in book.told if words[1].startswith(f"{name}/")] for name in files}


@pytest.mark.parametrize("save", SAVES)
def test_however_a_file_is_saved_it_is_one_change(told, save):
    assert told[save.__name__] == ["changed"]


@pytest.mark.parametrize("save", NO_CHANGE)
def test_what_leaves_the_content_as_it_was_is_no_change(told, save):
    assert told[save.__name__] == []
