"""`benchmarks/stale.py`: what git says of a span, and a small history measured through the front door."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.stale import History, Hunk, Pair, Truth, truth_of
from trails.notes import Validity

BENCHMARK = Path(__file__).parents[2] / "benchmarks/stale.py"
OLD = ("import os", "", "def first():", "    return one_of_them", "", "def second():", "    return other_one", "}")


@pytest.fixture
def repository(tmp_path):
    """A git repository, and what commits a text as its only file."""
    root = tmp_path / "history"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch", "main")

    def commit(lines):
        (root / "a.py").write_text("\n".join(lines) + "\n")
        git(root, "add", "a.py")
        git(root, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--message", "next")
        return git(root, "rev-parse", "HEAD").strip()

    return root, commit


def git(root, *words):
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout


def truth(repository, now, first, last):
    """What became of lines of OLD, by git's own diff."""
    root, commit = repository
    before, after = commit(OLD), commit(now)
    hunks = History(root).hunks("myers", before, after, "a.py")
    return truth_of(Pair(OLD, tuple(now), {}), hunks, range(first, last + 1))


# ── truth ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ([*OLD[:7], "# more", "}"], Truth(Validity.SAME, (3,))),
        (["# more", *OLD], Truth(Validity.MOVED, (4,))),
        ([line + "  " for line in OLD], Truth(Validity.SAME, (3,))),
        ([*OLD[:3], "    log()", *OLD[3:]], Truth(Validity.CHANGED)),
        ([*OLD[:3], "    return two", *OLD[4:]], Truth(Validity.CHANGED)),
        ([*OLD[:2], *OLD[4:]], Truth(Validity.GONE)),
        ([*OLD[:2], *OLD[4:7], "", *OLD[2:4], "}"], Truth(Validity.MOVED, (7,))),
    ],
    ids=["added below", "added above", "white space", "added inside", "edited", "deleted", "carried"],
)
def test_git_tells_what_became_of_lines(repository, now, expected):
    assert truth(repository, now, 3, 4) == expected


def test_a_bracket_that_stays_is_nothing_that_is_left(repository):
    assert truth(repository, ["import os", "}"], 7, 8) == Truth(Validity.GONE)


def test_a_hunk_without_lines_lies_after_the_one_that_it_names(repository):
    root, commit = repository
    before, after = commit(["a", "b"]), commit(["a", "new", "b"])

    assert History(root).hunks("myers", before, after, "a.py") == [Hunk(range(2, 2), range(2, 3))]


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_history_is_measured(repository, tmp_path):
    root, commit = repository
    commit(OLD)
    commit(["# more", *OLD])
    commit(["# more", *OLD[:3], "    return two", *OLD[4:]])

    ran = run(root, "--quick", "--json", tmp_path / "out.json")

    assert ran.returncode == 0, ran.stderr
    assert "where git's ways agree" in ran.stdout
    row = json.loads((tmp_path / "out.json").read_text())["rows"]["outline, where git's ways agree"]
    assert row["spans"] > 0
    assert row["changed"]["precision"] in (None, 1.0)


def test_a_folder_without_a_history_is_refused(tmp_path):
    ran = run(tmp_path)

    assert ran.returncode == 2
    assert "there is no git history in" in ran.stderr


def run(*arguments):
    words = [sys.executable, BENCHMARK, *arguments]
    return subprocess.run(list(map(str, words)), check=False, capture_output=True, text=True)
