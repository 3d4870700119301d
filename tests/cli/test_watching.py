"""`trails watch` in a terminal: by the keeper, or where that watches nothing by itself."""

import json

import pytest

pytestmark = pytest.mark.slow


def lines_until(process, kind):
    """The kinds of the events that are shown until one of this kind, and that one."""
    kinds = []
    while True:
        event = json.loads(process.stdout.readline())
        kinds.append(event["kind"])
        if event["kind"] == kind:
            return kinds, event


@pytest.mark.parametrize("keeper_watches", ["yes", "no"])
def test_what_happens_to_the_files_of_notes_is_shown_and_the_notes_follow(fresh_trails, keeper_watches):
    fresh_trails.environment["TRAILS_WATCH"] = keeper_watches
    fresh_trails("lay", "I follow my file", "--file", "src/ledger.py")
    watching = fresh_trails.start("watch", "--json")
    begun = watching.stderr.readline()

    (fresh_trails.project / "src/ledger.py").rename(fresh_trails.project / "src/books.py")
    _, moved = lines_until(watching, "file-moved")
    (fresh_trails.project / "src/books.py").unlink()
    kinds, gone = lines_until(watching, "file-gone")
    code, complaints = fresh_trails.interrupt(watching)

    assert (moved["path"], gone["path"]) == ("src/books.py", "src/books.py")
    assert kinds == ["file-gone"]
    assert begun.startswith(
        f"trails: watching {fresh_trails.project}"
        if keeper_watches == "yes"
        else f"trails: the keeper watches nothing, so this command is watching {fresh_trails.project}"
    )
    assert (code, complaints) == (130, "")
    (hit,) = fresh_trails.json("recall", "--file", "src/books.py")["hits"]
    assert hit["note"]["files"][0]["validity"] == "gone"


def test_where_the_keeper_watches_the_command_does_not(fresh_trails):
    fresh_trails("lay", "I follow my file", "--file", "src/ledger.py")
    watching = [fresh_trails.start("watch", "--json") for _ in range(2)]
    for one in watching:
        one.stderr.readline()

    (fresh_trails.project / "src/ledger.py").rename(fresh_trails.project / "src/books.py")
    shown = [lines_until(one, "file-moved")[1] for one in watching]

    assert shown[0] == shown[1]  # one event, shown twice
    assert [fresh_trails.interrupt(one)[0] for one in watching] == [130, 130]
    moves = [event for event in fresh_trails.json("log", "--limit", "100")["events"] if event["kind"] == "file-moved"]
    assert len(moves) == 1
