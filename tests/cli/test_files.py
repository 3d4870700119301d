"""`trails files`: where files have been that notes are on, asked of a real keeper."""

import time

import pytest

PATIENCE_S = 10.0  # how long a test waits for what must come
LEDGER = "".join(f"def step_{number}(): return close_the_ledger({number})\n" for number in range(20))


@pytest.fixture(scope="module")
def told(trails):
    """A file that was moved twice, once while no keeper ran, one that is gone, and one that stayed."""
    for name in ("ledger", "old", "cart"):
        (trails.project / f"src/{name}.py").write_text(LEDGER.replace("step", name))
        trails.json("lay", f"About {name}", "--file", f"src/{name}.py")
    trails.memory().ask("watch_now")
    trails("serve", "--stop")
    (trails.project / "src/ledger.py").rename(trails.project / "books.py")
    (trails.project / "src/old.py").unlink()
    trails.json("status")  # starts a keeper
    trails.memory().ask("watch_now")
    trails.memory().ask("move", old="books.py", new="lib/books.py")
    return trails


def lines(ran):
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_of_a_file_each_name_is_told_with_how_it_is_known(told):
    now, once = lines(told("files", "lib/books.py")), lines(told("files", "src/ledger.py"))

    assert now == once
    assert now[0] == "lib/books.py: 1 note"
    assert [line.split(None, 2)[2] for line in now[1:]] == [
        "lib/books.py  told to have moved",
        "books.py  known by its content",
        "src/ledger.py  first named by a note",
    ]


def test_without_a_file_what_went_and_what_moved_comes_first(told):
    listed = lines(told("files"))
    cut = lines(told("files", "--limit", "1"))

    assert [line.split()[:2] for line in listed] == [
        ["gone", "src/old.py"],
        ["moved", "lib/books.py"],
        ["here", "src/cart.py"],
    ]
    assert listed[1].endswith("1 note, was books.py")
    assert cut[1] == "… and 2 more files; --limit shows more."


def test_as_json_it_is_what_the_keeper_answers(told):
    answer = told.json("files")

    assert answer["counts"] == {"gone": 1, "moved": 1, "here": 1}
    moved = answer["files"][1]
    assert (moved["path"], moved["state"], moved["notes"]) == ("lib/books.py", "moved", 1)
    (one,) = told.json("files", "lib/books.py")["files"]
    assert [name["how"] for name in one["names"]] == ["told", "content", ""]


def test_a_file_that_no_note_is_on_is_said_to_be_unknown(told):
    ran = told("files", "nowhere.py")

    assert ran.returncode == 2
    assert "No note is on a file of that name" in ran.stderr


def test_a_copy_says_what_it_was_copied_from(told):
    (told.project / "src/basket.py").write_bytes((told.project / "src/cart.py").read_bytes())
    ends_at = time.monotonic() + PATIENCE_S
    while told("files", "src/basket.py").returncode and time.monotonic() < ends_at:
        time.sleep(0.1)

    copy, original = lines(told("files", "src/basket.py")), lines(told("files", "src/cart.py"))

    assert copy[1].endswith("src/basket.py  seen as a copy")
    assert copy[2].endswith("began as a copy of src/cart.py")
    assert original[-1].endswith("copied to src/basket.py")
