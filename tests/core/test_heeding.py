"""Marks become notes and stay one each: as lines move, words change, comments go and come back, files are renamed."""

import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trails import Author, FolderOnDisk, Question, Settings, open_memory
from trails.hearing import MARKS_A_FILE
from trails.heeding import Heeding
from trails.notes import MARKED, Kind, Status

HERE = "w-marks"
ME = Author("me", "test", "s")


class Project:
    """A folder of files, and the memory that heeds the marks in them."""

    def __init__(self, root, memory):
        self.root, self.memory = root, memory
        self.heeding: Heeding = memory.heeding(HERE)

    def write(self, path, *lines):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in lines))

    def heed(self, *paths):
        self.heeding.heed(FolderOnDisk(self.root), paths or None)

    def becomes(self, path, *lines):
        self.write(path, *lines)
        self.heed(path)

    def standing(self):
        """The live notes of marks: where each is and what it says."""
        notes = self.memory.store.find_notes(HERE, self.memory.store.standing_of(HERE, MARKED.principal)).values()
        return sorted((note.anchors[0].path, note.title) for note in notes)

    def note(self, title):
        return next(note for note in self.all() if note.title == title)

    def all(self):
        laid = [event.fact.note_id for _, event in self.memory.log(HERE, limit=10_000) if event.kind == "laid"]
        return [self.memory.get_note(HERE, note_id) for note_id in laid]

    def kinds_told(self):
        return [event.kind for _, event in self.memory.log(HERE, limit=10_000)]


@pytest.fixture
def project(tmp_path):
    memory = open_memory(Settings(data_dir=tmp_path / "data", principal="me", model="none"))
    (tmp_path / "project").mkdir()
    yield Project(tmp_path / "project", memory)
    memory.close()


# ── a mark is a note ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_mark_is_a_note_on_its_lines_by_nobody_but_the_file(project):
    project.becomes(
        "src/a.py", "x = 1", "# trail(warning, books): Close it first", "# Two writers lose a page.", "y = 2"
    )

    (note,) = project.all()
    assert (note.title, note.body, note.kind) == ("Close it first", "Two writers lose a page.", Kind.WARNING)
    assert (note.by, note.topics) == (MARKED, ("books",))
    assert [(one.path, one.first_line, one.last_line) for one in note.anchors] == [("src/a.py", 2, 3)]
    assert project.memory.recall(HERE, Question(files=("src/a.py",)), ME).hits[0].note.id == note.id
    assert project.kinds_told() == ["laid", "file-seen"]


def test_marks_are_found_wherever_they_are_and_looked_for_nowhere_else(project):
    project.write("a.py", "# trail: One")
    project.write("deep/er/b.ts", "// trail: Two")
    project.write("build/c.py", "# trail: Ignored")
    project.write("secret/d.py", "# trail: Ignored too")
    project.write(".env", "# trail: A secret file")
    project.write(".gitignore", "secret/")
    project.write("data.json", '{"a": "// trail: No comment"}')
    (project.root / "link.py").symlink_to(project.root.parent / "outside.py")
    (project.root.parent / "outside.py").write_text("# trail: Outside\n")

    project.heed()

    assert project.standing() == [("a.py", "One"), ("deep/er/b.ts", "Two")]


def test_looking_again_changes_nothing(project):
    project.becomes("a.py", "# trail: One", "# trail: One", "x = 1  # trail: Two")
    before = project.memory.log(HERE)

    project.heed()
    project.heed("a.py")

    assert project.memory.log(HERE) == before
    assert project.standing() == [("a.py", "One"), ("a.py", "One"), ("a.py", "Two")]


# ── a mark changes ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_mark_that_moves_in_its_file_stays_the_note_it_was(project):
    project.becomes("a.py", "# trail: Close it first", "x = 1")
    before = project.memory.log(HERE)

    project.becomes("a.py", "y = 2", "", "# trail: Close it first", "x = 1")

    assert project.memory.log(HERE) == before
    (heard,) = project.heeding.heard()
    assert (heard.line, heard.note_id) == (3, project.note("Close it first").id)
    hit = project.memory.recall(HERE, Question(files=("a.py",)), ME, folder=FolderOnDisk(project.root)).hits[0]
    assert hit.drifts[0].first_line == 3


def test_a_mark_that_is_indented_anew_stays_the_note_it_was_at_its_new_place(project):
    project.becomes("a.py", "# trail: Close it first", "x = 1")

    project.becomes("a.py", "if x:", "    # trail: Close it first", "    x = 1")

    assert [note.status for note in project.all()] == [Status.LIVE]
    assert project.note("Close it first").anchors[0].first_line == 2


def test_a_mark_in_other_words_replaces_its_note(project):
    project.becomes("a.py", "# trail: Close the ledger first", "x = 1", "# trail: Another")

    project.becomes("a.py", "x = 1", "# trail(warning): Close the ledger before the page", "# trail: Another")

    old, new = project.note("Close the ledger first"), project.note("Close the ledger before the page")
    assert (old.status, old.superseded_by, new.supersedes) == (Status.SUPERSEDED, new.id, old.id)
    assert project.note("Another").status is Status.LIVE


def test_a_mark_gets_its_old_note_back_with_its_old_words(project):
    for title in ("Close the ledger first", "Close the ledger last", "Close the ledger first"):
        project.becomes("a.py", f"# trail: {title}")

    assert len(project.all()) == 2
    assert project.standing() == [("a.py", "Close the ledger first")]


def test_a_mark_that_is_removed_takes_its_note_out_of_recall_and_says_why(project):
    project.becomes("a.py", "# trail: Close it first", "x = 1")

    project.becomes("a.py", "x = 1")

    note = project.note("Close it first")
    assert (note.status, note.reason) == (Status.WITHDRAWN, "the mark is gone: its comment was removed")


def test_a_mark_whose_file_is_deleted_goes_with_it_and_comes_back_with_it(project):
    project.becomes("src/a.py", "# trail: Close it first")

    (project.root / "src/a.py").unlink()
    project.heed("src")
    reason = project.note("Close it first").reason
    project.becomes("src/a.py", "# trail: Close it first")

    assert reason == "the mark is gone: its file is not there"
    assert len(project.all()) == 1
    assert project.note("Close it first").status is Status.LIVE


def test_a_file_that_is_ignored_from_now_on_has_no_marks(project):
    project.becomes("a.py", "# trail: Close it first")
    project.write(".gitignore", "a.py")

    project.heed()

    assert project.note("Close it first").reason == "the mark is gone: its file is no longer read"


def test_a_file_that_is_renamed_keeps_the_notes_of_its_marks(project):
    project.becomes("src/a.py", "# trail: Close it first", "x = 1")
    (project.root / "src").rename(project.root / "lib")
    project.memory.tracker(HERE).folder_moved("src", "lib")

    project.heed("src", "lib")

    assert [note.status for note in project.all()] == [Status.LIVE]
    assert project.standing() == [("lib/a.py", "Close it first")]


def test_switching_a_branch_away_and_back_piles_up_nothing(project):
    def git(*arguments):
        subprocess.run(["git", *arguments], cwd=project.root, check=True, capture_output=True)

    git("init", "-qb", "main")
    git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--allow-empty", "-qm", "first")
    git("switch", "-qc", "marked")
    project.write("a.py", "# trail: Close it first", "x = 1")
    git("add", "a.py")
    git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "second")
    project.heed()

    for branch in ("main", "marked") * 3:
        git("switch", "-q", branch)
        project.heed()

    (note,) = project.all()
    assert (note.status, note.head.branch) == (Status.LIVE, "marked")
    assert project.kinds_told() == ["laid", "file-seen", *["withdrawn", "restored"] * 3]


# ── what a person says holds ─────────────────────────────────────────────────────────────────────────────────────────
def test_a_note_that_a_person_withdrew_stays_withdrawn_though_its_mark_is_there(project):
    project.becomes("a.py", "# trail: Close it first")
    project.memory.withdraw(HERE, project.note("Close it first").id, ME, reason="not true")

    project.becomes("a.py", "x = 1", "# trail: Close it first")

    assert project.note("Close it first").status is Status.WITHDRAWN
    (heard,) = project.heeding.heard()
    assert heard.refusal.endswith("is withdrawn: not true")


def test_a_note_that_a_person_restored_stays_though_its_mark_is_gone(project):
    project.becomes("a.py", "# trail: Close it first")
    project.becomes("a.py", "x = 1")
    project.memory.restore(HERE, project.note("Close it first").id, ME, reason="it still holds")

    project.becomes("a.py", "# trail: Close it last", "x = 1")

    assert project.standing() == [("a.py", "Close it first"), ("a.py", "Close it last")]


def test_marks_that_are_not_wanted_are_taken_back_and_come_back_when_they_are(project):
    project.becomes("a.py", "# trail: One", "# trail: Two")

    project.heeding.take_back()
    reasons = {note.reason for note in project.all()}
    project.heed()

    assert reasons == {"the mark is gone: marks are off here"}
    assert project.standing() == [("a.py", "One"), ("a.py", "Two")]
    assert len(project.all()) == 2


# ── what is not let in ───────────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_refused_is_said_once_and_never_repeated(project, caplog):
    project.becomes("a.py", "# trail(" + "long-" * 30 + "): Close it first", "# trail: Use another")

    project.heed()

    assert project.standing() == [("a.py", "Use another")]
    refused, taken = project.heeding.heard()
    assert refused.refusal.startswith("The topic is 149 characters long")
    assert (refused.line, refused.title, taken.refusal) == (1, "", "")
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("the mark at a.py:1 is not taken up: ")


def test_a_secret_in_a_mark_is_redacted_as_in_every_note(project):
    project.becomes("a.py", "# trail: Log in to the staging server with password = hunter2-Zx9!kq71 before a run")

    (note,) = project.all()
    assert note.title.startswith("Log in to the staging server")
    assert "hunter2" not in note.title


def test_nobody_floods_the_memory_with_marks(project):
    memory = project.memory
    project.heeding = Heeding(memory.store, memory.recorder, HERE, memory.indexer.wake, limit=40)
    for path in ("a.py", "b.py"):
        project.write(path, *(f"# trail: Mark {line}" for line in range(MARKS_A_FILE + 3)))

    project.heed()

    assert len(project.standing()) == 40
    refusals = {heard.refusal for heard in project.heeding.heard() if heard.refusal}
    assert refusals == {
        f"A file has at most {MARKS_A_FILE} marks that become notes.",
        "A workspace has at most 40 marks that become notes.",
    }


# ── in general ───────────────────────────────────────────────────────────────────────────────────────────────────────
TITLES = ("Close it", "Close it first", "Open it", "Open the door")


@given(st.lists(st.lists(st.sampled_from(TITLES), max_size=4), max_size=5))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happened_the_notes_that_stand_are_the_marks_that_are_there(project, versions):
    for titles in versions:
        project.becomes("a.py", "x = 1", *(f"# trail: {title}" for title in titles))

        assert project.standing() == [("a.py", title) for title in sorted(titles)]
        assert sorted(heard.title for heard in project.heeding.heard()) == sorted(titles)
    assert len({note.id for note in project.all()}) <= 4 * len(
        TITLES
    )  # one for each time that a mark stands in the file
