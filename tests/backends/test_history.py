"""A git history read as notes, on repositories made here."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dulwich import porcelain
from dulwich.repo import Repo

from trails.admission import BODY_LIMIT, TITLE_LIMIT, admit
from trails.errors import BadInput
from trails.history import Commit, commits, draft_from
from trails.notes import Anchor, Draft, Kind

BEGIN = datetime(2024, 3, 1, tzinfo=UTC)
ANN = b"Ann Author <ann@example.org>"


class Project:
    """A repository whose commits are an hour apart."""

    def __init__(self, root: Path) -> None:
        root.mkdir()
        self.root = root
        self.repo = Repo.init(str(root))
        self.hours = 0

    def write(self, path: str, content: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    def commit(
        self, message: str | bytes, files: dict[str, str | None] | None = None, *, by: bytes = ANN, **more
    ) -> str:
        """Commit these contents (None deletes); without any, one line is added to log.txt."""
        self.hours += 1
        files = {"log.txt": "line\n" * self.hours} if files is None else files
        for path, content in files.items():
            if content is None:
                (self.root / path).unlink()
            else:
                self.write(path, content)
        worktree = self.repo.get_worktree()
        worktree.stage(list(files))
        message = message.encode() if isinstance(message, str) else message
        at = (BEGIN + timedelta(hours=self.hours)).timestamp()
        times = {"commit_timestamp": at, "author_timestamp": at, "commit_timezone": 7200, "author_timezone": 7200}
        return worktree.commit(message, committer=by, author=by, sign=False, **times, **more).decode()

    def subjects(self, limit: int = 100) -> list[str]:
        return [commit.subject for commit in commits(self.root, limit)]


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path / "project")
    yield project
    project.repo.close()


def test_a_commit_is_told_with_its_time_its_author_and_its_files(project):
    commit_id = project.commit("Add a parser\n\nIt reads tables.\n", {"src/parser.py": "x\n", "docs/a.md": "y\n"})

    assert list(commits(project.root, 10)) == [
        Commit(
            commit_id,
            BEGIN + timedelta(hours=1),
            "Ann Author",
            "Add a parser",
            "It reads tables.",
            ("docs/a.md", "src/parser.py"),
        )
    ]


def test_the_newest_commits_come_oldest_first(project):
    for subject in ("one", "two", "three", "four"):
        project.commit(subject)

    assert project.subjects(limit=3) == ["two", "three", "four"]


def test_a_renamed_file_is_a_rename_even_when_it_was_edited(project):
    text = "".join(f"line {number}\n" for number in range(100))
    project.commit("Add", {"old.py": text, "same.py": "s\n"})
    project.commit("Rename", {"old.py": None, "lib/new.py": text + "one more\n"})

    renamed = list(commits(project.root, 10))[-1]

    assert (renamed.files, renamed.renames) == (("lib/new.py",), (("old.py", "lib/new.py"),))


def test_empty_files_are_not_taken_for_each_other(project):
    project.commit("Add", {"a/__init__.py": ""})
    project.commit("Move", {"a/__init__.py": None, "b/__init__.py": ""})

    assert list(commits(project.root, 10))[-1].renames == ()


def test_a_deleted_file_is_none_that_the_commit_left_behind(project):
    project.commit("Add", {"a.py": "a\n", "b.py": "b\n"})
    project.commit("Delete one, change one", {"a.py": None, "b.py": "c\n"})
    project.commit("Only delete", {"b.py": None})

    assert [commit.files for commit in commits(project.root, 10)] == [("a.py", "b.py"), ("b.py",)]


def test_merges_are_passed_over_and_what_they_merged_is_not(project):
    first = project.commit("first")
    side = project.commit("on the side", {"side.txt": "s\n"})
    project.repo.refs[b"refs/heads/master"] = first.encode()
    project.commit("on the main line", {"main.txt": "m\n"})
    project.commit("Merge side", {"side.txt": "s\n"}, merge_heads=[side.encode()])

    assert project.subjects() == ["first", "on the side", "on the main line"]


@pytest.mark.parametrize(
    "subject",
    ["Bump requests from 2.0 to 2.1", "v1.4.0", "1.4.0rc1", "Release 1.4.0", "chore(release): 1.4.0", "Bump version"],
)
def test_version_bumps_are_passed_over(project, subject):
    project.commit(subject)

    assert project.subjects() == []


@pytest.mark.parametrize(
    "subject", ["Release the lock before waiting", "Bump the timeout, CI is slow", "Version the API"]
)
def test_what_only_sounds_like_a_version_bump_is_kept(project, subject):
    project.commit(subject)

    assert project.subjects() == [subject]


def test_robots_are_passed_over(project):
    project.commit("Update lock file", by=b"dependabot[bot] <support@example.org>")

    assert project.subjects() == []


def test_sweeping_commits_are_passed_over(project):
    project.commit("Reformat", {f"src/{number}.py": f"{number}\n" for number in range(21)})
    project.commit(
        "Move all", {f"src/{number}.py": None for number in range(21)} | {f"lib/{n}.py": f"{n}\n" for n in range(21)}
    )
    project.commit("Touch many", {f"lib/{number}.py": f"{number} more\n" for number in range(20)})

    assert project.subjects() == ["Touch many"]


def test_trailers_are_left_out_of_the_body(project):
    project.commit(
        "Subject\n\nWhy it was done.\nNote: a colon is no trailer.\n\nReviewed-by: Bob <bob@example.org>\n\n"
        "More.\n\nSigned-off-by: Ann <ann@example.org>\nChange-Id: I123\nCo-authored-by: Cy <cy@example.org>\n"
    )

    assert next(commits(project.root, 1)).body == "Why it was done.\nNote: a colon is no trailer.\n\n\nMore."


def test_a_body_of_trailers_only_is_no_body(project):
    project.commit("Subject\n\nSigned-off-by: Ann <ann@example.org>\nChange-Id: I123\n")

    assert next(commits(project.root, 1)).body == ""


def test_a_message_in_another_encoding_is_read_in_it(project):
    project.commit("Grüße".encode("latin-1"), encoding=b"iso-8859-1")

    assert project.subjects() == ["Grüße"]


def test_an_author_who_gave_only_an_address_keeps_it_private(project):
    project.commit("one", by=b" <ann@example.org>")
    project.commit("two", by=b"ann@example.org <ann@example.org>")

    assert [commit.author for commit in commits(project.root, 2)] == ["ann", "ann"]


def test_a_folder_without_a_repository_is_refused_with_a_way_out(tmp_path):
    with pytest.raises(BadInput, match=r"no git repository in .* name the top folder"):
        commits(tmp_path, 10)


def test_a_repository_without_commits_has_no_history(project):
    assert list(commits(project.root, 10)) == []


def test_a_linked_worktree_has_the_history_of_its_branch(project, tmp_path):
    project.commit("first")
    porcelain.worktree_add(str(project.root), str(tmp_path / "tree"), branch="feature")

    assert [commit.subject for commit in commits(tmp_path / "tree", 10)] == ["first"]


def test_a_shallow_clone_tells_what_it_can_know(project):
    for subject in ("one", "two", "three"):
        project.commit(subject)
    boundary = next(commit.id for commit in commits(project.root, 10) if commit.subject == "two")
    project.repo.update_shallow({boundary.encode()}, set())

    assert project.subjects() == ["three"]


# ── drafts ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def commit_of(subject: str, body: str = "", files: tuple[str, ...] = ("a.py",)) -> Commit:
    return Commit("0" * 40, BEGIN, "Ann", subject, body, files)


def test_a_commit_becomes_an_observation_on_its_files():
    drafted = draft_from(
        commit_of("fix(auth): refuse empty tokens", "They passed.", ("src/auth.py", "tests/test_auth.py"))
    )

    assert drafted == Draft(
        "fix(auth): refuse empty tokens",
        "They passed.",
        Kind.OBSERVATION,
        (Anchor("src/auth.py"), Anchor("tests/test_auth.py")),
        ("auth", "fix", "src", "tests"),
    )


def test_topics_are_few_and_a_plain_subject_names_none():
    files = ("a/1", "b/2", "c/3", "d/4", "e/5", "a/6")

    assert draft_from(commit_of("Plain words: with a colon", files=files)).topics == ("a", "b", "c", "d")
    assert draft_from(commit_of("chore: tidy", files=("x.py",))).topics == ()


def test_a_long_subject_goes_on_in_the_body():
    drafted = draft_from(commit_of("word " * 40 + "end", "Body."))

    assert len(drafted.title) <= TITLE_LIMIT
    assert drafted.title.endswith("word…")
    assert drafted.body.startswith("…word")
    assert drafted.body.endswith("end\n\nBody.")


@pytest.mark.parametrize("text", ["x" * 10_000, "word " * 2_000, "Zeile\n" * 2_000])
def test_every_draft_fits(text):
    drafted = draft_from(commit_of(text.split("\n")[0], text))

    assert len(drafted.title) <= TITLE_LIMIT
    assert len(drafted.body) <= BODY_LIMIT
    assert admit(drafted).draft.title


def test_a_file_that_no_note_can_name_is_left_out():
    drafted = draft_from(commit_of("one", files=("a\\b.py", "bell\x07.py", "ok.py")))

    assert drafted.anchors == (Anchor("ok.py"),)
