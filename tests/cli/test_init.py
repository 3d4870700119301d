"""`trails init`, on repositories made here: a project becomes known, and its commits become notes that can go again."""

import json
import os
import pty
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from dulwich import porcelain
from dulwich.repo import Repo

from tests.cli.conftest import PATIENCE_S, Command

BEGIN = datetime(2024, 3, 1, tzinfo=UTC)
ANN = b"Ann Author <ann@example.org>"
KEY = f"-----BEGIN {'PRIVATE'} KEY-----\n{'aB3dE5gH' * 8}"  # put together here, so that no scanner takes it for one

pytestmark = pytest.mark.slow


class History:
    """The repository of a project, whose commits are an hour apart."""

    def __init__(self, root):
        self.root = root
        self.repo = Repo.init(str(root))
        self.hours = 0

    def commit(self, subject, *paths):
        self.hours += 1
        paths = paths or ("src/ledger.py",)
        for path in paths:
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{path}, line {self.hours}\n")
        at = (BEGIN + timedelta(hours=self.hours)).timestamp()
        worktree = self.repo.get_worktree()
        worktree.stage([*paths])
        times = {"commit_timestamp": at, "author_timestamp": at, "commit_timezone": 0, "author_timezone": 0}
        return worktree.commit(subject.encode(), committer=ANN, author=ANN, sign=False, **times)


@pytest.fixture
def begun(trails, tmp_path):
    """The command in a project that nobody knows yet; one keeper serves them all."""
    command = Command(tmp_path)
    command.data_dir = command.environment["TRAILS_DATA_DIR"] = trails.data_dir
    return command


@pytest.fixture
def history(begun):
    history = History(begun.project)
    for subject in ("Close the ledger first", "Write the last page", "Rotate at midnight"):
        history.commit(subject)
    yield history
    history.repo.close()


def standing(trails):
    """The titles of the notes that stand, oldest first."""
    told = trails.memory().ask("notes_of", session="git-history")["notes"]
    return [note["title"] for note in told if note["status"] == "live"]


def test_the_commits_become_notes_on_their_files_at_their_time(begun, history):
    said = begun.json("init", "--history", "2")

    assert said["workspace"] == str(begun.project)
    assert said["watched"]
    assert said["notes"] == 2
    assert (said["history"]["laid"], said["history"]["there"]) == (2, 0)
    assert standing(begun) == ["Write the last page", "Rotate at midnight"]
    (hit, *_) = begun.json("recall", "midnight", "--file", "src/ledger.py")["hits"]
    assert hit["note"]["title"] == "Rotate at midnight"
    assert hit["note"]["by"]["agent"] == "git"
    assert hit["note"]["laid_at"] == (BEGIN + timedelta(hours=3)).isoformat()


def test_what_was_laid_is_not_laid_again_and_nobody_is_asked_about_it(begun, history):
    begun.json("init", "--yes")
    before = begun.json("log", "--limit", "100")

    again = begun("init")
    counted = begun.json("init", "--history", "300")

    assert again.returncode == 0, again.stderr
    assert "3 commits had been laid before." in again.stdout
    assert counted["history"] == {"laid": 0, "there": 3, "refused": 0, "why_none": ""}
    assert begun.json("log", "--limit", "100") == before


def test_only_what_came_since_is_offered(begun, history):
    begun.json("init", "--yes")
    history.commit("Archive the old pages")

    refused = begun("init")
    said = begun.json("init", "--yes")

    assert "1 commit can be laid" in refused.stderr
    assert said["history"]["laid"] == 1
    assert standing(begun)[-1] == "Archive the old pages"


def test_the_history_is_taken_back_with_one_command_and_can_be_laid_again(begun, history):
    mine = begun.json("lay", "Mine stays")["id"]
    begun.json("init", "--yes")

    undone = begun("init", "--undo", "--reason", "it is noise")

    assert undone.returncode == 0
    assert undone.stdout.startswith("Took back 3 notes of the history")
    assert standing(begun) == []
    assert begun.json("show", mine)["note"]["status"] == "live"
    assert "No note of the history stands here." in begun("init", "--undo").stdout
    assert begun.json("init", "--history", "2")["history"]["laid"] == 2
    assert standing(begun) == ["Write the last page", "Rotate at midnight"]


def test_files_of_one_commit_lead_to_each_other_until_the_history_is_taken_back(begun, history):
    history.commit("Price the ledger", "docs/prices.md", "src/cart.py")
    begun("init", "--yes")
    begun("init", "--yes")

    (lead, *_) = begun.json("recall", "--file", "src/cart.py")["leads"]
    begun("init", "--undo")
    after = begun.json("recall", "--file", "src/cart.py")["leads"]

    assert lead["path"] == "docs/prices.md"
    assert "it changes together with src/cart.py" in [reason["words"] for reason in lead["reasons"]]
    assert after == []


def test_a_note_that_was_withdrawn_by_itself_stays_so(begun, history):
    begun.json("init", "--yes")
    wrong = begun.memory().ask("notes_of", session="git-history")["notes"][0]
    begun.json("amend", wrong["handle"], "withdraw", "--reason", "it says the opposite")
    begun.json("init", "--undo")

    begun.json("init", "--yes")

    assert standing(begun) == ["Write the last page", "Rotate at midnight"]


def test_a_commit_with_a_secret_is_passed_over_and_said(begun, history):
    history.commit(f"Add the key\n\n{KEY}\n")
    history.commit("Remove it")

    ran = begun("init", "--yes")

    assert ran.returncode == 0, ran.stderr
    assert "1 commit could not be laid: it seems to tell a secret." in ran.stdout
    assert standing(begun)[-1] == "Remove it"
    assert "aB3dE5gH" not in ran.stdout + ran.stderr


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_without_a_terminal_it_must_be_said_what_to_do(begun, history):
    ran = begun("init")

    assert ran.returncode == 2
    assert all(option in ran.stderr for option in ("3 commits", "--yes", "--history N", "--no-history"))
    assert begun.json("log")["events"] == []


def test_no_history_only_makes_the_project_known(begun, history):
    said = begun.json("init", "--no-history")

    assert (said["notes"], said["history"]["laid"]) == (0, 0)
    assert begun.json("log")["events"][0]["kind"] == "workspace-opened"
    assert begun.json("log", "--what", "laid")["events"] == []
    assert "undo" not in json.dumps(said["next"])


@pytest.mark.parametrize("more", [["--yes"], ["--history", "3"]])
def test_opposite_options_are_refused(begun, history, more):
    assert begun("init", "--no-history", *more).returncode == 2


@pytest.mark.parametrize(("typed", "laid"), [("y\n", 3), ("\n", 3), ("n\n", 0)])
def test_on_a_terminal_a_person_is_asked(begun, history, typed, laid):
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb", buffering=0) as keyboard:
        keyboard.write(typed.encode())
        ran = subprocess.run(
            [sys.executable, "-m", "trails_cli.entry", "init"],
            env=begun.environment,
            cwd=begun.project,
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    os.close(theirs)

    assert ran.returncode == 0, ran.stderr
    assert "Lay 3 commits as notes?" in ran.stderr
    assert len(standing(begun)) == laid
    assert ("laying commits as notes" in ran.stderr) is bool(laid)


def test_it_says_what_happens_next(begun, history):
    ran = begun("init", "--yes")

    assert re.search(r"project: 1 file, 3 notes\.\nLaid 3 commits as notes\.\nNext:\n", ran.stdout)
    assert all(command in ran.stdout for command in ("trails connect", "trails recall", "trails init --undo"))


# ── other projects ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_project_without_git_is_made_known(begun):
    ran = begun("init")

    assert ran.returncode == 0, ran.stderr
    assert "There is no git repository here, so there is no history to lay." in ran.stdout
    assert begun.json("status")["watcher"]["state"] == "watching"


def test_a_repository_without_commits_has_no_history(begun):
    Repo.init(str(begun.project)).close()

    ran = begun("init")

    assert ran.returncode == 0, ran.stderr
    assert "no history to lay" in ran.stdout


def test_a_shallow_clone_is_told_how_to_get_more(begun, history, tmp_path):
    clone = tmp_path / "clone"
    porcelain.clone(str(begun.project), str(clone), depth=1, errstream=porcelain.NoneStream()).close()

    ran = subprocess.run(
        [sys.executable, "-m", "trails_cli.entry", "init", "--yes"],
        env=begun.environment,
        cwd=clone,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert "git fetch --unshallow" in ran.stdout


def test_a_detached_head_is_a_history_too(begun, history):
    first = history.repo.head()
    history.commit("After it")
    porcelain.checkout(history.repo, first)

    assert begun.json("init", "--yes")["history"]["laid"] == 3


def test_a_home_folder_is_no_project(fresh_trails):
    ran = fresh_trails("init", "--yes", HOME=str(fresh_trails.project))

    assert ran.returncode == 2
    assert "home folder" in ran.stderr


def test_a_keeper_that_watches_nothing_takes_the_history_all_the_same(fresh_trails):
    fresh_trails.environment["TRAILS_WATCH"] = "no"
    history = History(fresh_trails.project)
    history.commit("Close the ledger first")
    history.repo.close()

    ran = fresh_trails("init", "--yes")

    assert ran.returncode == 0, ran.stderr
    assert "TRAILS_WATCH=no" in ran.stdout
    assert len(standing(fresh_trails)) == 1
