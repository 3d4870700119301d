"""What git tells of files that have other names now, asked of real repositories."""

import subprocess

import pytest

from tests.backends.repositories import Repository
from trails.git_moves import GitMoves


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "project")


@pytest.fixture
def moves(repository):
    repository.write("a.py")
    repository.write("b.py")
    repository.commit()
    return GitMoves(str(repository.root))


def test_a_file_is_followed_through_all_its_names(repository, moves):
    before = repository.head()
    for old, new in (("a.py", "src/a.py"), ("src/a.py", "src/ä b.py")):
        (repository.root / new).parent.mkdir(exist_ok=True)
        repository.git("mv", old, new)
        repository.commit()

    assert moves.renamed(before, ["a.py", "b.py"]) == {"a.py": ("src/ä b.py", 1.0)}


def test_an_edited_file_is_followed_with_less_confidence(repository, moves):
    before = repository.head()
    repository.git("mv", "a.py", "c.py")
    repository.write("more.py")
    text = (repository.root / "c.py").read_text()
    (repository.root / "c.py").write_text(text.replace("a.py 1\n", "changed\n"))
    repository.commit()

    new, confidence = moves.renamed(before, ["a.py"])["a.py"]
    assert new == "c.py"
    assert 0.9 <= confidence < 1


def test_a_file_that_a_commit_deleted_went_nowhere(repository, moves):
    before = repository.head()
    repository.git("mv", "a.py", "c.py")
    repository.commit()
    repository.git("rm", "--quiet", "c.py")
    repository.commit()

    assert moves.renamed(before, ["a.py"]) == {}


def test_on_the_way_to_another_branch_renames_are_taken_back(repository, moves):
    repository.git("switch", "--quiet", "--create=topic")
    repository.git("mv", "a.py", "c.py")
    topic = repository.commit()
    repository.git("switch", "--quiet", "main")
    repository.git("mv", "a.py", "d.py")
    repository.commit()

    assert moves.renamed(topic, ["c.py"]) == {"c.py": ("d.py", 1.0)}


def test_without_a_commit_to_start_from_the_last_ones_are_looked_at(repository, moves):
    repository.git("mv", "a.py", "c.py")
    repository.commit()
    repository.write("a.py", start="another file of that name\n")
    repository.commit()
    repository.git("mv", "b.py", "e.py")
    repository.commit()

    for unknown in ("", "0" * 40):
        assert moves.renamed(unknown, ["a.py", "b.py"]) == {"b.py": ("e.py", 1.0)}


def test_the_files_and_lines_of_a_commit_are_told(repository, moves):
    before = repository.head()
    repository.git("rm", "--quiet", "a.py")
    (repository.root / "data").write_bytes(b"\0\1")
    after = repository.commit()

    assert moves.files(before) == {"a.py", "b.py"}
    assert moves.files(after) == {"b.py", "data"}
    told = moves.lines(before, ["missing.py", "a.py", "b.py"])
    assert told.keys() == {"a.py", "b.py"}
    assert told["a.py"][:2] == ("a.py 0", "a.py 1")
    assert moves.lines(after, ["data", "b.py"]).keys() == {"b.py"}


def test_where_there_is_no_repository_nothing_is_told(tmp_path):
    moves = GitMoves(str(tmp_path))

    assert moves.renamed("", ["a.py"]) == {}
    assert moves.files("") is None
    assert moves.lines("", ["a.py"]) == {}


def test_a_repository_without_a_commit_tells_nothing(repository):
    moves = GitMoves(str(repository.root))

    assert moves.renamed("", ["a.py"]) == {}
    assert moves.files("") is None


def test_no_program_that_a_repository_names_is_run(repository, moves, tmp_path):
    before = repository.head()
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    for setting in ("core.fsmonitor", "core.pager", "diff.external", "gpg.program", "diff.evil.textconv"):
        repository.git("config", setting, str(program))
    repository.git("config", "log.showSignature", "true")
    (repository.root / ".git/info/attributes").write_text("* diff=evil\n")
    (repository.root / "a.py").rename(repository.root / "c.py")
    subprocess.run(
        ["git", "-c", "core.fsmonitor=false", "add", "--all"], cwd=repository.root, check=True, capture_output=True
    )
    subprocess.run(
        ["git", "-c", "core.fsmonitor=false", "commit", "--quiet", "--message=move"],
        cwd=repository.root,
        check=True,
        capture_output=True,
    )
    ran.unlink(missing_ok=True)

    assert moves.renamed(before, ["a.py"]) == {"a.py": ("c.py", 1.0)}
    assert moves.files(before)
    assert moves.lines(before, ["a.py"])
    assert not ran.exists()
