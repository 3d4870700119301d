"""Which notes stand beside the code, on which files; and that the text is the same until they change."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from trails import Author, Draft, FolderOnDisk, Kind, Memory, Settings, Verdict, open_memory, read_anchor, workspace_id
from trails.annotating import Annotating
from trails.notes import HISTORY

ADA, BEN = Author("ada", "codex", "s1"), Author("ben", "claude-code", "s2")
COMMITS = Author("ada", HISTORY, "git-history")
FILES = ("src/ledger.py", "src/page.py", "docs/book.md", "logo.png")


@dataclass(frozen=True)
class Project:
    """A folder with some files, and the workspace of it in a memory."""

    memory: Memory
    root: Path

    @property
    def here(self):
        return workspace_id(self.root)

    @property
    def folder(self):
        return FolderOnDisk(self.root)

    def lay(self, title, *places, by=ADA, kind=Kind.WARNING):
        draft = Draft(title, "", kind, tuple(read_anchor(place) for place in places))
        return self.memory.lay(self.here, draft, by, folder=self.folder).note_id

    def texts(self):
        return self.memory.annotations(self.here, self.folder).texts


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), principal="ada", model="none")
    opened = open_memory(settings)
    yield opened
    opened.close()


@pytest.fixture
def project(memory, tmp_path):
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"\0" if name.endswith("png") else b"one\ntwo\nthree\n")
    return Project(memory, tmp_path)


def test_each_file_with_notes_has_a_page_and_the_map_names_it(project):
    project.lay("Close it first", "src/ledger.py:1-2", "src/page.py")
    project.lay("It is drawn by hand", "logo.png")
    project.lay("Keep modules small", "src")

    found = project.texts()

    assert set(found) == {f"files/{name}.md" for name in ("src/ledger.py", "src/page.py", "logo.png", "src")} | {
        "MAP.md"
    }
    assert "│ Close it first" in found["files/src/page.py.md"]
    assert "- src/ledger.py: warning [" in found["MAP.md"]


def test_a_memory_without_notes_says_so(project):
    assert "Nothing has been left here yet." in project.texts()["MAP.md"]


def test_time_alone_changes_no_text_until_a_note_has_faded(project):
    for number, kind in enumerate(set(Kind) - {Kind.PRESENCE}):
        project.lay(f"Note {number}", "src/ledger.py", kind=kind)
        project.lay(f"Other {number}", "src/page.py", "docs/book.md", kind=kind)
    annotating, now = Annotating(project.memory.store, project.here, project.folder), project.memory.clock()

    for hours in range(0, 48, 3):
        assert annotating.annotations(now + timedelta(hours=hours)) == annotating.annotations(now)
    assert list(annotating.annotations(now + timedelta(days=36_500)).texts) == ["MAP.md"]


def test_a_note_that_no_longer_stands_or_was_shown_to_fail_is_told_nowhere(project):
    gone = project.lay("Close it first", "src/ledger.py")
    wrong = project.lay("Close it last", "src/page.py")
    project.memory.withdraw(project.here, gone, ADA, reason="It was mended")
    for judge in range(3):
        project.memory.judge(project.here, wrong, Verdict.WRONG, Author(f"p{judge}", "codex", f"j{judge}"))

    assert list(project.texts()) == ["MAP.md"]


def test_both_sides_of_a_dispute_stand_together(project):
    first = project.lay("Close it first", "src/ledger.py")
    project.memory.dispute(project.here, first, Draft("Close it last"), BEN, reason="I tried", folder=project.folder)

    assert "│ dissent [" in project.texts()["files/src/ledger.py.md"]


def test_a_note_of_a_commit_is_not_told_until_it_helped_but_says_where_to_look(project):
    note_id = project.lay("Write the last page", "src/page.py", by=COMMITS, kind=Kind.OBSERVATION)

    before = project.texts()
    assert "- src/page.py: commits lead here" in before["MAP.md"]
    assert "Write the last page" not in before["MAP.md"]
    project.memory.judge(project.here, note_id, Verdict.HELPED, BEN)
    assert "│ Write the last page" in project.texts()["files/src/page.py.md"]


def test_notes_follow_their_files_and_what_is_gone_or_ignored_has_no_page(project):
    project.lay("Close it first", "src/ledger.py", "src/page.py")
    (project.root / "src/ledger.py").rename(project.root / "src/book.py")
    project.memory.tracker(project.here).file_moved("src/ledger.py", "src/book.py")
    (project.root / ".gitignore").write_text("page.py\n")

    assert set(project.texts()) == {"MAP.md", "files/src/book.py.md"}


def test_of_too_many_files_those_with_the_strongest_notes_have_pages_and_the_others_are_counted(project):
    project.lay("Close it first", "src/page.py")
    project.lay("Open it last", "src/ledger.py", "docs/book.md")
    project.lay("Count from zero", "src/ledger.py")

    found = Annotating(project.memory.store, project.here, project.folder, files_limit=2).annotations(
        project.memory.clock()
    )

    assert set(found.texts) == {"MAP.md", "files/src/ledger.py.md", "files/src/page.py.md"}
    assert found.left_out == 1
