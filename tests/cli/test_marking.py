"""Marks through the front door: written by the command, seen by the keeper and its watcher, turned off and on."""

import subprocess
import time

import pytest

PATIENCE_S = 20.0
CODE = "def close():\n    lock()\n    write_last_page()\n"


@pytest.fixture
def path(trails, request):
    """A file of its own for each test."""
    name = f"src/{request.node.originalname}.py"
    (trails.project / name).write_text(CODE)
    yield name
    (trails.project / name).unlink(missing_ok=True)


def notes_on(trails, path):
    return [hit["note"]["title"] for hit in trails.json("recall", "--file", path)["hits"]]


def wait_for(trails, path, *titles):
    """Return once these are the notes on a file, as the keeper's watcher sees it."""
    end = time.monotonic() + PATIENCE_S
    with trails.memory() as memory:
        while True:
            hits = memory.recall(files=[path])["hits"]
            if sorted(hit["note"]["title"] for hit in hits) == sorted(titles):
                return
            assert time.monotonic() < end, hits
            time.sleep(0.05)


def test_a_mark_is_written_above_its_line_and_is_a_note_at_once(trails, path):
    shown = trails("mark", f"{path}:2", "Lock it first", "--kind", "warning", "--dry-run")
    unchanged = (trails.project / path).read_text()
    marked = trails("mark", f"{path}:2", "Lock it first\nTwo writers lose a page.", "--kind", "warning")

    assert "+    # trail(warning): Lock it first\n" in shown.stdout
    assert shown.stdout.endswith("Nothing was written.\n")
    assert unchanged == CODE
    assert marked.stdout.startswith(f"Marked {path}:2: it is note [")
    assert "To take it back, delete the comment" in marked.stdout
    assert (trails.project / path).read_text() == CODE.replace(
        "    lock", "    # trail(warning): Lock it first\n    # Two writers lose a page.\n    lock"
    )
    (hit,) = trails.json("recall", "--file", path)["hits"]
    assert (hit["note"]["kind"], hit["note"]["body"]) == ("warning", "Two writers lose a page.")
    assert hit["note"]["by"] == {"principal": "file", "agent": "mark", "session": ""}
    assert (hit["note"]["files"][0]["first_line"], hit["note"]["files"][0]["last_line"]) == (2, 3)


@pytest.mark.slow  # waits for the watcher to settle, four times
def test_a_mark_that_somebody_types_is_a_note_and_follows_what_becomes_of_it(trails, path):
    trails("marks")
    file = trails.project / path

    file.write_text(f"# trail: Close the ledger first\n{CODE}")
    wait_for(trails, path, "Close the ledger first")
    file.write_text(f"{CODE}\n# trail: Close the ledger last\n")
    wait_for(trails, path, "Close the ledger last")
    file.rename(file.with_name("renamed.py"))
    wait_for(trails, "src/renamed.py", "Close the ledger last")
    file.with_name("renamed.py").write_text(CODE)
    wait_for(trails, "src/renamed.py")

    laid = [event for event in trails.json("log", "--limit", "100")["events"] if event["kind"] == "laid"]
    first, last = (trails.json("show", event["note_id"])["note"] for event in laid[-2:])
    assert (first["status"], first["superseded_by"]) == ("superseded", last["id"])
    assert (last["status"], last["reason"]) == ("withdrawn", "the mark is gone: its comment was removed")


@pytest.mark.slow  # starts a keeper twice
def test_what_became_of_marks_while_no_keeper_ran_is_seen_when_it_starts(fresh_trails):
    trails, file = fresh_trails, fresh_trails.project / "src/ledger.py"
    file.write_text(f"# trail: Stays\n# trail: Goes\n{CODE}")
    trails("marks")
    trails("serve", "--stop")
    file.write_text(f"# trail: Stays\n{CODE}\nx = 1  # trail: Comes\n")

    trails("status")

    wait_for(trails, "src/ledger.py", "Stays", "Comes")


@pytest.mark.slow  # starts a keeper
@pytest.mark.slow  # starts a keeper
def test_marks_of_a_file_that_was_renamed_a_moment_ago_are_the_same_notes(fresh_trails):
    trails = fresh_trails
    (trails.project / "src/ledger.py").write_text(CODE)
    marked = trails.json("mark", "src/ledger.py:2", "Lock it first")["note"]
    (trails.project / "src/ledger.py").rename(trails.project / "src/books.py")

    (listed,) = trails.json("marks")["marks"]

    assert (listed["path"], listed["note"]) == ("src/books.py", marked)
    assert trails.json("log", "--what", "withdrawn")["events"] == []


def test_marks_are_listed_and_turned_off_and_on(fresh_trails):
    trails = fresh_trails
    (trails.project / "src/ledger.py").write_text(f"# trail: Close it first\n{CODE}# trail(x{'x' * 70}): No topic\n")

    listed = trails("marks")
    off = trails("marks", "off")
    nothing = notes_on(trails, "src/ledger.py")
    marked = trails("mark", "src/ledger.py:3", "Lock it")
    on = trails.json("marks", "on")

    lines = listed.stdout.splitlines()
    assert lines[0].startswith("src/ledger.py:1 [")
    assert lines[0].endswith("] observation: Close it first")
    assert lines[1].startswith("src/ledger.py:5 no note: The topic is 71 characters long (limit 64)")
    assert lines[2].startswith("2 marks, of which 1 note.")
    assert off.stdout.startswith("Marks are off here")
    assert nothing == []
    assert "Marks are off here" in marked.stdout
    assert [one["title"] for one in on["marks"] if one["note"]] == ["Close it first", "Lock it"]
    assert sorted(notes_on(trails, "src/ledger.py")) == ["Close it first", "Lock it"]
    assert "chose marks: off" in trails("log").stdout


@pytest.mark.slow  # starts a keeper
def test_a_setting_says_whether_marks_count_where_nobody_chose(fresh_trails):
    trails = fresh_trails
    (trails.project / "src/ledger.py").write_text(f"# trail: Close it first\n{CODE}")

    usually = trails("marks", TRAILS_MARKS="no")
    chosen = trails("marks", "on")

    assert usually.stdout.startswith("Marks are off here")
    assert "Close it first" in chosen.stdout


def test_the_bytes_around_a_mark_and_the_permissions_of_the_file_stay(trails, path):
    file = trails.project / path
    file.write_bytes(b"#!/bin/env python\r\nx = '\xe9'\r\ny = 2")
    file.chmod(0o750)

    ran = trails("mark", path, "Run it twice")

    assert ran.returncode == 0, ran.stderr
    assert file.read_bytes() == b"#!/bin/env python\r\n# trail: Run it twice\r\nx = '\xe9'\r\ny = 2"
    assert file.stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("data.json:1", "trails lay"),
        ("logo.png:1", "no text file"),
        ("hidden.py:1", "is ignored here"),
        (".env:1", "is ignored here"),
        ("missing.py:1", "There is no file"),
        ("../outside.py:1", "outside the workspace"),
        ("src:1", "no text file"),
        ("src/ledger.py:99", "there is no line 99"),
    ],
)
def test_what_cannot_be_marked_is_refused_and_left_as_it_is(trails, place, why):
    project = trails.project
    for name, content in (
        ("data.json", "{}\n"),
        ("logo.png", "\x89PNG\0\n"),
        ("hidden.py", "x = 1\n"),
        (".env", "A=1\n"),
    ):
        (project / name).write_text(content)
    (project / ".gitignore").write_text("hidden.py\n")
    (project.parent / "outside.py").write_text("x = 1\n")

    ran = trails("mark", place, "Close it first", "--json")

    assert ran.returncode == 2
    assert why in ran.stderr
    assert '"code": "bad_input"' in ran.stdout
    assert "trail" not in "".join(file.read_text() for file in project.glob("*.*"))


@pytest.mark.slow  # starts a keeper
def test_a_mark_in_another_worktree_waits_for_the_main_one(fresh_trails, place):
    trails, project = fresh_trails, fresh_trails.project
    commit = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "first"]
    for command in (["git", "init", "-q"], ["git", "add", "."], commit, ["git", "worktree", "add", "-q", "../other"]):
        subprocess.run(command, cwd=project, check=True, capture_output=True)
    trails.project = place / "other"

    marked = trails("mark", "src/ledger.py:1", "Close it first")

    assert "It becomes a note once the main worktree has it." in marked.stdout
    assert (trails.project / "src/ledger.py").read_text().startswith("# trail: Close it first\n")
