"""What a commit asks and tells: the files that are there, from step to step."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trails.bench.steps import FilesThere, Turn, follows_every_commit, read_jsonl
from trails.errors import BadInput
from trails.history import Change

PATHS = st.sampled_from(["a.py", "b.py", "docs/c.md", "CHANGES.md", "uv.lock"])
CHANGES = st.lists(st.builds(Change, st.just("") | PATHS, st.just("") | PATHS), max_size=6)


def test_a_changed_file_is_wanted_and_left():
    there = FilesThere(["a.py"])

    assert there.read([Change("a.py", "a.py")]) == Turn(("a.py",), (), ("a.py",))


def test_a_new_file_cannot_be_wanted():
    there = FilesThere(["a.py"])

    assert there.read([Change("", "b.py")]) == Turn((), (Change("", "b.py"),), ("b.py",))


def test_a_file_that_goes_or_moves_is_wanted_by_its_old_name():
    there = FilesThere(["a.py", "b.py"])

    turn = there.read([Change("a.py", ""), Change("b.py", "c.py")])

    assert turn == Turn(("a.py", "b.py"), (Change("a.py", ""), Change("b.py", "c.py")), ("c.py",))


def test_a_change_of_a_file_that_nobody_knew_makes_it_known():
    there = FilesThere([])
    turn = there.read([Change("a.py", "a.py")])

    there.apply(turn.moves)

    assert turn.wanted == ()
    assert "a.py" in there


def test_a_file_renamed_to_a_change_log_is_gone():
    there = FilesThere(["a.md"])

    assert there.read([Change("a.md", "CHANGES.md")]) == Turn(("a.md",), (Change("a.md", ""),), ())


@settings(deadline=None)
@given(st.sets(PATHS), CHANGES)
def test_what_follows_every_commit_is_never_there(paths, changes):
    there = FilesThere(paths)

    turn = there.read(changes)
    there.apply(turn.moves)

    assert not any(follows_every_commit(path) for path in (*turn.wanted, *turn.left))
    assert all(path in there or any(move.before == path for move in turn.moves) for path in turn.left)


@settings(deadline=None)
@given(st.sets(PATHS), CHANGES)
def test_only_files_that_are_there_are_wanted(paths, changes):
    assert set(FilesThere(paths).read(changes).wanted) <= paths


@pytest.mark.parametrize(
    "path",
    [
        *("CHANGES", "docs/Changelog.md", "HISTORY-2.rst", "news/12.bugfix", "release notes.txt", "uv.lock", "go.sum"),
        *("a/.beads/x.json", "docs/release_notes/1.md", "AUTHORS", "whats_new.rst", ".lock"),
    ],
)
def test_change_logs_news_and_locks_follow_every_commit(path):
    assert follows_every_commit(path)


@pytest.mark.parametrize("path", ["src/history.d/a.py", "src/changeset.py", "locks.py", "new/a.py", "src/authority.py"])
def test_other_files_do_not(path):
    assert not follows_every_commit(path)


HEAD = {"type": "trail-replay-v1", "repo": "one/two", "files": ["a.py"]}
ROW = {"id": "12ab", "t": 1_700_000_000, "a": "x", "m": "Say it", "f": [["M", "a.py"], ["R", "b.py", "c.py"]]}


def test_lines_of_json_are_a_course(tmp_path):
    file = tmp_path / "one.jsonl"
    file.write_text("\n".join(map(json.dumps, [HEAD, ROW, {**ROW, "x": "bot", "f": [["D", "a.py"], ["A", "d.py"]]}])))

    course = read_jsonl(file)

    assert (course.name, course.files, course.notes) == ("one/two", ("a.py",), 1)
    assert course.steps[0].at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert course.steps[0].changes == (Change("a.py", "a.py"), Change("b.py", "c.py"))
    assert course.steps[1].passed_over == "bot"
    assert course.steps[1].changes == (Change("a.py", ""), Change("", "d.py"))


@pytest.mark.parametrize("text", ["", "{}", "[]", "no JSON", json.dumps(HEAD) + '\n{"id": 1}', "\0"])
def test_another_file_is_refused(tmp_path, text):
    file = tmp_path / "one.jsonl"
    file.write_text(text)

    with pytest.raises(BadInput, match="no replay"):
        read_jsonl(file)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        read_jsonl(tmp_path / "none.jsonl")
