"""What a copied file shares with its original, on real files and a real store."""

import pytest

from trails import Anchor, Author, Draft, FolderOnDisk, Question, Settings, open_memory
from trails.following import Copied, Gone, Moved

HERE = "w-project"
ME = Author("me", "test", "s")
TEXT = "".join(f"def step_{number}(): return close_the_ledger({number})\n" for number in range(20))


class Project:
    def __init__(self, root, memory) -> None:
        self.root, self.memory = root, memory
        self.tracker = memory.tracker(HERE)

    def note(self, title: str, path: str) -> None:
        folder = FolderOnDisk(self.root)
        self.memory.lay(HERE, Draft(title, anchors=(Anchor(path),)), ME, folder=folder)

    def copy(self, path: str, of: str) -> None:
        (self.root / path).write_text((self.root / of).read_text())
        self.tracker.saw([Copied(path, of)])

    def hits(self, path: str):
        question = Question(files=(path,), explores=False)
        return self.memory.recall(HERE, question, ME, folder=FolderOnDisk(self.root)).hits

    def titles(self, path: str) -> set[str]:
        return {hit.note.title for hit in self.hits(path)}


@pytest.fixture
def project(tmp_path):
    memory = open_memory(Settings(data_dir=tmp_path / "data", principal="me", model="none"))
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.py").write_text(TEXT)
    yield Project(root, memory)
    memory.close()


def test_a_copy_shares_what_was_said_before_it_was_made_and_says_where_that_comes_from(project):
    project.note("Close the ledger first", "a.py")
    project.copy("b.py", of="a.py")
    project.note("Only of the original", "a.py")
    project.note("Only of the copy", "b.py")

    assert project.titles("b.py") == {"Close the ledger first", "Only of the copy"}
    assert project.titles("a.py") == {"Close the ledger first", "Only of the original"}
    (shared,) = [hit for hit in project.hits("b.py") if hit.note.title == "Close the ledger first"]
    assert [anchor.path for anchor in shared.note.anchors] == ["a.py"]
    assert shared.reasons[0].words == "laid on a.py before b.py was copied from it"


def test_who_touches_a_copy_is_told_what_it_shares_unasked(project):
    project.note("Close the ledger first", "a.py")
    project.copy("b.py", of="a.py")
    agent = Author("you", "test", "another session")

    offer = project.memory.offer(HERE, agent, file="b.py", folder=FolderOnDisk(project.root))

    assert "│ Close the ledger first" in offer.text
    assert "because laid on a.py before b.py was copied from it" in offer.text
    again = project.memory.offer(HERE, agent, file="b.py", looked=offer.count, folder=FolderOnDisk(project.root))
    assert again.text == ""


def test_a_copy_of_a_copy_shares_no_more_than_the_first_one(project):
    project.note("Of the first", "a.py")
    project.copy("b.py", of="a.py")
    project.note("Too late for both", "a.py")
    project.note("Of the second", "b.py")
    project.copy("c.py", of="b.py")

    assert project.titles("c.py") == {"Of the first", "Of the second"}


def test_a_copy_of_a_file_without_notes_shares_nothing_and_leaves_no_trace(project):
    project.note("Elsewhere", "other.py")
    before = project.memory.log(HERE)
    project.copy("b.py", of="a.py")

    assert project.memory.log(HERE) == before


def test_a_copy_whose_original_was_renamed_still_says_where_its_notes_are(project):
    project.note("Close the ledger first", "a.py")
    project.copy("b.py", of="a.py")
    (project.root / "a.py").rename(project.root / "z.py")
    project.tracker.saw([Moved("a.py", "z.py")])

    (shared,) = project.hits("b.py")
    assert shared.reasons[0].words == "laid on z.py before b.py was copied from it"


def test_a_young_copy_without_notes_may_be_the_new_name_of_its_original(project):
    project.note("Close the ledger first", "a.py")
    project.copy("b.py", of="a.py")
    clues = project.memory.clues(HERE, project.root)
    assert list(clues.copies()) == ["b.py"]

    project.tracker.saw([Moved("a.py", "b.py")])

    assert list(clues.copies()) == []
    assert project.titles("b.py") == {"Close the ledger first"}


def test_a_copy_with_notes_of_its_own_stays_a_copy_when_its_original_goes(project):
    project.note("Close the ledger first", "a.py")
    project.copy("b.py", of="a.py")
    project.note("Of the copy itself", "b.py")
    assert list(project.memory.clues(HERE, project.root).copies()) == []

    project.tracker.saw([Gone("a.py")])

    assert project.titles("b.py") == {"Close the ledger first", "Of the copy itself"}
