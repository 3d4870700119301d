"""One memory for all worktrees of a repository: what is known in one is found in the others, under their own names."""

import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server.doors import Asking, a_keeper

LEDGER = "".join(f"def step_{number}():\n    return {number}\n\n\n" for number in range(12))


def git(folder, *arguments):
    identity = ("-c", "user.name=ada", "-c", "user.email=ada@localhost")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def keeper():
    with a_keeper() as running:
        begin(running)
        yield running


def begin(keeper):
    """A repository with a file, and with a linked worktree on a branch of its own."""
    root = keeper.project
    git(root, "init", "--quiet", "--initial-branch=main")
    (root / "ledger.py").write_text(LEDGER)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Begin")
    git(root, "worktree", "add", "--quiet", "-b", "topic", "../topic")


@contextmanager
def agent(keeper, folder):
    """An agent that works in a folder."""
    asking = Asking(keeper.connect(), Path(folder), {"TRAILS_AGENT": "codex", "TRAILS_SESSION": str(folder)})
    with asking:
        yield asking


def titles(answer):
    return [hit["note"]["title"] for hit in answer["hits"]]


def test_a_note_that_is_laid_in_one_worktree_is_found_in_the_other(keeper):
    topic = keeper.project.parent / "topic"
    with agent(keeper, keeper.project) as here, agent(keeper, topic) as there:
        here.ask("lay", title="Close the ledger first", files=["ledger.py:1-2"])
        there.ask("lay", title="Open it last", files=["ledger.py:5-6"])

        assert titles(here.ask("recall", files=["ledger.py"])) == titles(there.ask("recall", files=["ledger.py"]))
        found = there.ask("recall", query="close the ledger")["hits"][0]
        assert (found["note"]["branch"], found["elsewhere"]) == ("main", "")
        assert found["note"]["files"][0]["validity"] == "same"
        assert here.ask("status")["workspace"]["id"] == there.ask("status")["workspace"]["id"]


def test_a_note_on_code_that_is_another_in_this_worktree_says_where_it_comes_from_and_stands_back(keeper):
    topic = keeper.project.parent / "topic"
    (topic / "ledger.py").write_text(
        LEDGER.replace("return 1\n", "return close()\n").replace("return 0\n", "return 9\n")
    )
    with agent(keeper, keeper.project) as here, agent(keeper, topic) as there:
        there.ask("lay", title="Rely on the new close", files=["ledger.py:1-6"])
        here.ask("lay", title="Count steps from zero", files=["ledger.py:9-12"])

        seen = here.ask("recall", files=["ledger.py"])

        assert titles(seen) == ["Count steps from zero", "Rely on the new close"]
        assert seen["hits"][1]["elsewhere"] == "topic"
        assert not seen["hits"][1]["note"]["files"][0]["doubtful"]  # nobody here is to say that it holds no more
        assert "from branch topic" in seen["text"]
        assert "from branch" not in there.ask("recall", files=["ledger.py"])["text"]
        git(keeper.project, "worktree", "remove", "--force", "../topic")
        git(keeper.project, "branch", "--delete", "--force", "topic")
        assert "from branch" not in here.ask("recall", files=["ledger.py"])["text"]


def test_a_file_that_was_renamed_in_one_worktree_is_found_by_its_old_name_in_the_other(keeper):
    topic = keeper.project.parent / "topic"
    with agent(keeper, keeper.project) as here, agent(keeper, topic) as there:
        here.ask("lay", title="Close the ledger first", files=["ledger.py:1-2"])
        git(keeper.project, "mv", "ledger.py", "book.py")
        here.ask("move", old="ledger.py", new="book.py")

        moved, stayed = here.ask("recall", files=["book.py"]), there.ask("recall", files=["ledger.py"])

        for answer, path in ((moved, "book.py"), (stayed, "ledger.py")):
            (file,) = answer["hits"][0]["note"]["files"]
            assert (file["path"], file["validity"]) == (path, "same")
        there.ask("lay", title="Open it last", files=["ledger.py:5-6"])
        assert "Open it last" in titles(here.ask("recall", files=["book.py"]))


def test_a_rename_that_is_told_in_a_linked_worktree_is_one_there(keeper):
    topic = keeper.project.parent / "topic"
    with agent(keeper, keeper.project) as here, agent(keeper, topic) as there:
        here.ask("lay", title="Close the ledger first", files=["ledger.py:1-2"])
        git(topic, "mv", "ledger.py", "book.py")

        assert there.ask("move", old="ledger.py", new="book.py")["files"] == 1

        for asking, path in ((here, "ledger.py"), (there, "book.py")):
            (hit,) = asking.ask("recall", files=[path])["hits"]
            assert hit["note"]["files"][0]["path"] == path


def test_a_new_file_under_a_name_that_was_left_is_another_file(keeper):
    with agent(keeper, keeper.project) as here:
        here.ask("lay", title="Close the ledger first", files=["ledger.py"])
        git(keeper.project, "mv", "ledger.py", "book.py")
        here.ask("move", old="ledger.py", new="book.py")
        (keeper.project / "ledger.py").write_text("# anew\n")

        assert titles(here.ask("recall", files=["ledger.py"], leads=0)) == []
        here.ask("lay", title="Begin anew", files=["ledger.py"])
        assert titles(here.ask("recall", files=["ledger.py"], leads=0))[0] == "Begin anew"
        assert titles(here.ask("recall", files=["book.py"], leads=0))[0] == "Close the ledger first"


def test_nothing_is_found_in_another_repository(keeper, tmp_path):
    git(keeper.project.parent, "clone", "--quiet", str(keeper.project), str(tmp_path / "clone"))
    with agent(keeper, keeper.project) as here, agent(keeper, tmp_path / "clone") as elsewhere:
        here.ask("lay", title="Close the ledger first", files=["ledger.py"])

        assert titles(elsewhere.ask("recall", query="close the ledger")) == []


@pytest.fixture
def watching_keeper():
    with a_keeper(TRAILS_WATCH="yes") as running:
        begin(running)
        yield running


@pytest.mark.slow
def test_a_rename_that_is_seen_in_one_worktree_gives_the_file_a_name_there_and_leaves_it_its_name_here(watching_keeper):
    keeper, topic = watching_keeper, watching_keeper.project.parent / "topic"
    with agent(keeper, keeper.project) as here, agent(keeper, topic) as there:
        here.ask("lay", title="Close the ledger first", files=["ledger.py:1-2"])
        assert there.ask("watch_now")["watcher"]["state"] in ("starting", "watching")

        (topic / "ledger.py").rename(topic / "book.py")
        there.ask("watch_now")
        here.ask("watch_now")

        for asking, path in ((here, "ledger.py"), (there, "book.py")):
            (hit,) = asking.ask("recall", files=[path])["hits"]
            (file,) = hit["note"]["files"]
            assert (file["path"], file["validity"]) == (path, "same")
        (moved,) = [event for event in here.ask("log")["events"] if event["kind"] == "file-moved"]
        assert (moved["old"], moved["path"], moved["tree"]) == ("ledger.py", "book.py", "topic")
        there.ask("lay", title="Open it last", files=["book.py:5-6"])
        assert "Open it last" in titles(here.ask("recall", files=["ledger.py"]))
