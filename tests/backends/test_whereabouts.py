"""Where files have been, from the facts of any store."""

import pytest

from tests.backends.store_world import HERE
from trails.errors import BadInput
from trails.events import FileCopied, FileGone, FileMoved
from trails.whereabouts import State, of_all, of_file

LEDGER, BOOKS = "src/ledger.py", "lib/books.py"


def test_each_name_is_told_with_how_it_is_known(world):
    world.lay(files=[LEDGER])
    world.happens(FileMoved(f"id of {LEDGER}", "books.py", LEDGER, "git", 0.9))
    world.happens(FileMoved(f"id of {LEDGER}", BOOKS, "books.py"))

    told = of_file(world.store, HERE, LEDGER, None)

    assert (told.path, told.state, told.notes) == (BOOKS, State.MOVED, 1)
    assert [(stay.path, stay.how, stay.confidence) for stay in told.names] == [
        (BOOKS, "seen", 1.0),
        ("books.py", "git", 0.9),
        (LEDGER, "", 1.0),
    ]
    assert told == of_file(world.store, HERE, BOOKS, None)


def test_a_file_that_came_back_to_its_first_name_is_found_by_the_other_one_too(world):
    world.lay(files=[LEDGER])
    world.happens(FileMoved(f"id of {LEDGER}", BOOKS, LEDGER))
    world.happens(FileMoved(f"id of {LEDGER}", LEDGER, BOOKS))

    told = of_file(world.store, HERE, BOOKS, None)

    assert told.path == LEDGER
    assert {stay.path for stay in told.names} == {LEDGER, BOOKS}


def test_copies_are_told_on_both_sides(world):
    world.lay(files=[LEDGER])
    world.happens(FileCopied("id of the copy", BOOKS, f"id of {LEDGER}"))

    assert of_file(world.store, HERE, LEDGER, None).copies == (BOOKS,)
    assert of_file(world.store, HERE, BOOKS, None).copy_of == LEDGER


def test_all_files_with_notes_are_told_what_went_first(world):
    for path in ("a.py", "b.py", "c.py"):
        world.lay(files=[path])
    world.happens(FileMoved("id of b.py", "z.py", "b.py"))
    world.happens(FileGone("id of c.py", "c.py"))
    world.happens(FileCopied("id of the copy", "copy.py", "id of a.py"))

    told = of_all(world.store, HERE)

    assert [(one.path, one.state) for one in told] == [
        ("c.py", State.GONE),
        ("z.py", State.MOVED),
        ("a.py", State.HERE),
    ]


def test_a_file_that_no_note_is_on_is_refused(world):
    with pytest.raises(BadInput, match="trails files"):
        of_file(world.store, HERE, LEDGER, None)
