"""Which notes stand beside the code, on which files; and that the text is the same until they change."""

from datetime import timedelta

import pytest

from trails import Author, Draft, FolderOnDisk, Kind, Settings, Verdict, open_memory, read_anchor
from trails.annotating import Annotating
from trails.notes import HISTORY

HERE = "w-annotated"
ADA, BEN = Author("ada", "codex", "s1"), Author("ben", "claude-code", "s2")
COMMITS = Author("ada", HISTORY, "git-history")


@pytest.fixture
def memory(tmp_path):
    opened = open_memory(Settings(data_dir=tmp_path / "data", principal="ada", model="none"))
    yield opened
    opened.close()


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "project"
    for name in ("src/ledger.py", "src/page.py", "docs/book.md", "logo.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"\0" if name.endswith("png") else b"one\ntwo\nthree\n")
    return root


def lay(memory, root, title, *places, by=ADA, kind=Kind.WARNING):
    anchors = tuple(read_anchor(place) for place in places)
    return memory.lay(HERE, Draft(title, "", kind, anchors), by, folder=FolderOnDisk(root)).note_id


def texts(memory, root):
    return memory.annotations(HERE, FolderOnDisk(root)).texts


def test_each_file_with_notes_has_a_page_and_the_map_names_it(memory, root):
    lay(memory, root, "Close it first", "src/ledger.py:1-2", "src/page.py")
    lay(memory, root, "It is drawn by hand", "logo.png")
    lay(memory, root, "Keep modules small", "src")

    found = texts(memory, root)

    assert set(found) == {f"files/{name}.md" for name in ("src/ledger.py", "src/page.py", "logo.png", "src")} | {
        "MAP.md"
    }
    assert "│ Close it first" in found["files/src/page.py.md"]
    assert "- src/ledger.py: warning [" in found["MAP.md"]


def test_a_memory_without_notes_says_so(memory, root):
    assert "Nothing has been left here yet." in texts(memory, root)["MAP.md"]


def test_time_alone_changes_no_text_until_a_note_has_faded(memory, root):
    for number, kind in enumerate(set(Kind) - {Kind.PRESENCE}):
        lay(memory, root, f"Note {number}", "src/ledger.py", kind=kind)
        lay(memory, root, f"Other {number}", "src/page.py", "docs/book.md", kind=kind)
    annotating, now = Annotating(memory.store, HERE, FolderOnDisk(root)), memory.clock()

    for hours in range(0, 48, 3):
        assert annotating.annotations(now + timedelta(hours=hours)) == annotating.annotations(now)
    assert list(annotating.annotations(now + timedelta(days=36_500)).texts) == ["MAP.md"]


def test_a_note_that_no_longer_stands_or_was_shown_to_fail_is_told_nowhere(memory, root):
    gone = lay(memory, root, "Close it first", "src/ledger.py")
    wrong = lay(memory, root, "Close it last", "src/page.py")
    memory.withdraw(HERE, gone, ADA, reason="It was mended")
    for judge in range(3):
        memory.judge(HERE, wrong, Verdict.WRONG, Author(f"p{judge}", "codex", f"j{judge}"))

    assert list(texts(memory, root)) == ["MAP.md"]


def test_both_sides_of_a_dispute_stand_together(memory, root):
    first = lay(memory, root, "Close it first", "src/ledger.py")
    memory.dispute(HERE, first, Draft("Close it last"), BEN, reason="I tried", folder=FolderOnDisk(root))

    assert "│ dissent [" in texts(memory, root)["files/src/ledger.py.md"]


def test_a_note_of_a_commit_is_not_told_until_it_helped_but_says_where_to_look(memory, root):
    note_id = lay(memory, root, "Write the last page", "src/page.py", by=COMMITS, kind=Kind.OBSERVATION)

    before = texts(memory, root)
    assert "- src/page.py: commits lead here" in before["MAP.md"]
    assert "Write the last page" not in before["MAP.md"]
    memory.judge(HERE, note_id, Verdict.HELPED, BEN)
    assert "│ Write the last page" in texts(memory, root)["files/src/page.py.md"]


def test_notes_follow_their_files_and_what_is_gone_or_ignored_has_no_page(memory, root):
    lay(memory, root, "Close it first", "src/ledger.py", "src/page.py")
    (root / "src/ledger.py").rename(root / "src/book.py")
    memory.tracker(HERE).file_moved("src/ledger.py", "src/book.py")
    (root / ".gitignore").write_text("page.py\n")

    assert set(texts(memory, root)) == {"MAP.md", "files/src/book.py.md"}


def test_of_too_many_files_those_with_the_strongest_notes_have_pages_and_the_others_are_counted(memory, root):
    lay(memory, root, "Close it first", "src/page.py")
    lay(memory, root, "Open it last", "src/ledger.py", "docs/book.md")
    lay(memory, root, "Count from zero", "src/ledger.py")

    found = Annotating(memory.store, HERE, FolderOnDisk(root), files_limit=2).annotations(memory.clock())

    assert set(found.texts) == {"MAP.md", "files/src/ledger.py.md", "files/src/page.py.md"}
    assert found.left_out == 1
