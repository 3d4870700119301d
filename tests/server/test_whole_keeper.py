"""The keeper with everything that it has when nobody leaves anything out: the model, and a watcher."""

import signal
from pathlib import Path

import pytest

from tests.server.doors import a_keeper

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def keeper():
    with a_keeper(TRAILS_MODEL="minilm", TRAILS_WATCH="yes") as running:
        yield running


def test_notes_are_found_by_meaning_once_they_are_indexed(keeper, project):
    with keeper.ask() as asking:
        asking.ask("lay", title="Close the ledger before you rotate the log")

        assert asking.ask("wait_until_indexed", timeout_s=60) == {"indexed": True, "pending": 0}

        status = asking.ask("status")
        assert (status["model"]["state"], status["index"]) == (
            "ready",
            {"state": "working", "reason": "", "caught_up": True},
        )
        (hit,) = asking.ask("recall", query="finish bookkeeping prior to switching files")["hits"]
        assert "meaning" in {reason["name"] for reason in hit["reasons"]} or hit["score"] > 0


def test_the_index_is_built_anew_and_holds_what_it_should(keeper, project):
    with keeper.ask() as asking:
        asking.ask("lay", title="Close the ledger before you rotate the log")
        asking.ask("wait_until_indexed", timeout_s=60)
        asking.ask("reindex")
        asking.ask("wait_until_indexed", timeout_s=60)

        assert asking.ask("audit") == {"asked": 1, "missing": 0}


def test_a_rename_is_followed_in_a_workspace_that_has_notes(keeper, project):
    with keeper.ask() as asking:
        assert asking.ask("status")["watcher"]["state"] == "idle"
        asking.ask("lay", title="Close the ledger first", files=["ledger.py"])
        assert asking.ask("status")["watcher"]["state"] in ("starting", "watching")

        (project / "ledger.py").rename(project / "books.py")
        asking.ask("watch_now")

        assert asking.ask("recall", files=["books.py"])["hits"]


def test_a_known_workspace_is_watched_again_after_a_restart():
    with a_keeper(TRAILS_WATCH="yes") as keeper:
        (keeper.project / "ledger.py").write_text("def close(): ...\n")
        with keeper.ask() as asking:
            asking.ask("lay", title="Close the ledger first", files=["ledger.py"])
        assert keeper.end() == 0
        (keeper.project / "ledger.py").rename(keeper.project / "books.py")

        keeper.start()

        with keeper.ask() as asking:
            asking.ask("watch_now")
            assert asking.ask("recall", files=["books.py"])["hits"]
        assert keeper.end() == 0
        assert "ERROR" not in keeper.log(), Path(keeper.data_dir)


def test_a_keeper_that_was_killed_sees_at_its_next_start_what_became_of_the_files():
    with a_keeper(TRAILS_WATCH="yes") as keeper:
        for name in ("moved", "edited", "deleted"):
            (keeper.project / f"{name}.py").write_text("".join(f"{name} line {n}\n" for n in range(9)))
        with keeper.ask() as asking:
            for name in ("moved", "edited", "deleted"):
                asking.ask("lay", title=f"On {name}", files=[f"{name}.py:1-9"])
            asking.ask("watch_now")
        (keeper.project / "moved.py").rename(keeper.project / "books.py")
        keeper.end(signal.SIGKILL)  # most likely before it has told of that
        edited = keeper.project / "edited.py"
        edited.write_text(edited.read_text().replace("line 4", "line four"))
        (keeper.project / "deleted.py").unlink()

        keeper.start()

        with keeper.ask() as asking:
            asking.ask("watch_now")
            asking.ask("watch_now")  # it tells all that it saw before it answers
            states = {
                hit["note"]["title"]: tuple(hit["note"]["files"][0][name] for name in ("path", "validity"))
                for hit in asking.ask("recall", files=["books.py", "edited.py", "deleted.py"])["hits"]
            }
            kinds = [event["kind"] for event in asking.ask("log", limit=1000)["events"]]
    assert states == {
        "On moved": ("books.py", "same"),
        "On edited": ("edited.py", "changed"),
        "On deleted": ("deleted.py", "gone"),
    }
    assert [kinds.count(kind) for kind in ("file-moved", "file-changed", "file-gone")] == [1, 1, 1]
