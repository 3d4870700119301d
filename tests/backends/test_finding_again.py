"""Files that were moved while no keeper ran: their notes are found under the new names, or nothing is claimed."""

import time

import pytest

from tests.backends.repositories import Repository
from tests.backends.watching import PATIENCE_S, SETTLE_S
from trails import Anchor, Author, Draft, FolderOnDisk, Question, Settings, open_memory
from trails.watcher import Watcher

HERE = "w-project"
ME = Author("me", "test", "s")


class Followed(Repository):
    """A repository whose files have notes; `look` is what a keeper does when it starts."""

    def __init__(self, root, memory) -> None:
        super().__init__(root)
        self.memory = memory

    def note(self, path: str, first: int | None = None, last: int | None = None) -> None:
        folder = FolderOnDisk(self.root)
        self.memory.lay(HERE, Draft(f"About {path}", anchors=(Anchor(path, first, last),)), ME, folder=folder)

    def look(self) -> None:
        Watcher(self.root, self.memory.tracker(HERE), clues=self.memory.clues(HERE, self.root)).reconcile()

    def found_at(self, path: str) -> list[str]:
        """The titles of the notes that somebody gets who opens a file."""
        folder = FolderOnDisk(self.root)
        hits = self.memory.recall(HERE, Question(files=(path,)), ME, folder=folder).hits
        return [hit.note.title for hit in hits if path in {anchor.path for anchor in hit.note.anchors}]

    def known_by(self, path: str) -> tuple[str, float]:
        """By what the last move to this name was known, and how surely."""
        facts = [event.fact for _, event in self.memory.log(HERE) if event.kind == "file-moved"]
        return next((fact.how, fact.confidence) for fact in reversed(facts) if fact.path == path)


@pytest.fixture
def project(tmp_path):
    memory = open_memory(Settings(data_dir=tmp_path / "data", principal="me", model="none"))
    followed = Followed(tmp_path / "project", memory)
    for name in ("a.py", "b.py", "src/c.py", "src/d.py", "src/__init__.py"):
        followed.write(name, lines=0 if name.endswith("__init__.py") else 20)
    followed.commit()
    yield followed
    memory.close()


def edit(project: Followed, path: str, number: int = 3) -> None:
    file = project.root / path
    file.write_text(file.read_text().replace(f" {number}\n", " edited\n"))


def test_a_file_that_was_renamed_and_edited_in_several_commits(project):
    project.note("a.py")
    project.look()
    for number, (old, new) in enumerate((("a.py", "x.py"), ("x.py", "y.py"), ("y.py", "lib/z.py"))):
        project.move(old, new)
        project.commit()
        edit(project, new, number)
        project.commit()

    project.look()

    assert project.found_at("lib/z.py") == ["About a.py"]
    assert project.known_by("lib/z.py") == ("git", 1.0)


def test_a_file_that_was_renamed_and_edited_and_not_committed(project):
    project.note("a.py")
    project.look()
    project.move("a.py", "lib/z.py")
    edit(project, "lib/z.py")

    project.look()

    assert project.found_at("lib/z.py") == ["About a.py"]
    assert project.known_by("lib/z.py") == ("lines", 0.95)


def test_where_there_is_no_git_the_lines_that_a_note_was_laid_on_tell(project):
    project.note("a.py")
    project.note("b.py", 1, 12)
    project.look()
    (project.root / ".git").rename(project.root.parent / "elsewhere")
    for name in ("a.py", "b.py"):
        project.move(name, f"lib/z-{name}")
        edit(project, f"lib/z-{name}", 15)

    project.look()

    assert project.found_at("lib/z-a.py") == ["About a.py"]
    assert project.found_at("lib/z-b.py") == ["About b.py"]


def test_a_folder_goes_with_all_that_is_in_it(project):
    for name in ("c.py", "d.py", "__init__.py"):
        project.note(f"src/{name}")
    project.look()
    project.move("src", "lib/core")

    project.look()

    assert [project.found_at(f"lib/core/{name}") for name in ("c.py", "d.py", "__init__.py")] == [
        ["About src/c.py"],
        ["About src/d.py"],
        ["About src/__init__.py"],
    ]


def test_two_files_that_were_swapped(project):
    project.note("a.py")
    project.note("b.py")
    project.look()
    for old, new in (("a.py", "t"), ("b.py", "a.py"), ("t", "b.py")):
        project.move(old, new)

    project.look()

    assert project.found_at("a.py") == ["About b.py"]
    assert project.found_at("b.py") == ["About a.py"]


def test_a_file_of_another_branch_and_back(project):
    project.note("a.py")
    project.look()
    project.git("switch", "--quiet", "--create=topic")
    project.move("a.py", "x.py")
    edit(project, "x.py")
    project.commit()

    for branch, name in (("topic", "x.py"), ("main", "a.py"), ("topic", "x.py")):
        project.git("switch", "--quiet", branch)
        project.look()
        assert project.found_at(name) == ["About a.py"]


def test_a_file_that_goes_back_to_the_name_that_git_knows(project):
    project.note("a.py")
    project.look()
    for old, new in (("a.py", "lib/z.py"), ("lib/z.py", "a.py")):
        project.move(old, new)
        project.look()
        assert project.found_at(new) == ["About a.py"]


def test_a_deleted_file_is_gone_though_a_copy_of_it_has_always_been_there(project):
    project.write("examples/a.py")
    (project.root / "examples/a.py").write_text((project.root / "a.py").read_text())
    project.commit()
    project.note("a.py")
    project.look()
    (project.root / "a.py").unlink()
    project.commit()

    project.look()

    assert project.found_at("examples/a.py") == []
    assert [event.kind for _, event in project.memory.log(HERE)][-2:] == ["file-gone", "tree-seen"]


def test_a_file_that_is_deleted_and_comes_back_elsewhere_after_the_next_look(project):
    project.note("a.py")
    project.look()
    text = (project.root / "a.py").read_text()
    (project.root / "a.py").unlink()
    project.look()
    (project.root / "src/a.py").write_text(text)

    project.look()

    assert project.found_at("src/a.py") == ["About a.py"]


def test_a_move_that_somebody_took_back_stays_taken_back(project):
    project.note("a.py")
    project.look()
    project.move("a.py", "lib/z.py")
    project.look()
    (moved,) = [event for _, event in project.memory.log(HERE) if event.kind == "file-moved"]
    project.memory.undo(HERE, moved.id, ME, reason="It is another file")

    project.look()

    assert project.found_at("lib/z.py") == []
    assert project.memory.whereabouts(HERE, "a.py").state == "gone"


# ── with the watcher running ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def watching(project):
    project.write("a.py", lines=60)
    project.note("a.py")
    watcher = Watcher(
        project.root, project.memory.tracker(HERE), clues=project.memory.clues(HERE, project.root), settle_s=SETTLE_S
    )
    watcher.start()
    assert watcher.ready.wait(PATIENCE_S)
    yield project
    watcher.stop()


def wait_until_told(project: Followed, kind: str):
    """The last fact of this kind, once there is one."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if facts := [event.fact for _, event in project.memory.log(HERE) if event.kind == kind]:
            return facts[-1]
        time.sleep(0.01)
    raise AssertionError(f"no {kind} was told")


def test_a_file_that_is_copied_and_then_deleted_has_moved(watching):
    text = (watching.root / "a.py").read_text()
    (watching.root / "src/z.py").write_text(text)
    assert wait_until_told(watching, "file-copied").path == "src/z.py"
    (watching.root / "a.py").unlink()

    moved = wait_until_told(watching, "file-moved")

    assert (moved.old, moved.path, moved.how) == ("a.py", "src/z.py", "content")
    assert watching.found_at("src/z.py") == ["About a.py"]
    assert watching.memory.whereabouts(HERE, "src/z.py").copies == ()


def test_a_file_that_is_deleted_and_then_written_elsewhere_has_moved(watching):
    text = (watching.root / "a.py").read_text()
    (watching.root / "a.py").unlink()
    wait_until_told(watching, "file-gone")
    (watching.root / "src/z.py").write_text(text)

    moved = wait_until_told(watching, "file-moved")

    assert (moved.old, moved.path) == ("a.py", "src/z.py")
    assert watching.found_at("src/z.py") == ["About a.py"]


def test_a_worktree_within_the_main_one_is_neither_a_copy_of_it_nor_where_its_files_go(project):
    project.note("a.py")
    project.note("b.py")
    project.look()

    project.git("worktree", "add", "--quiet", "-b", "topic", ".worktrees/topic")
    (project.root / "a.py").unlink()
    project.look()

    assert [event.kind for _, event in project.memory.log(HERE)][-1] == "file-gone"
    assert project.found_at("a.py") == ["About a.py"]
    assert project.found_at(".worktrees/topic/a.py") == []
