"""The folder `.trails`: written whole, only where it changes, never through a link; removed without a trace."""

import os
import resource
import tempfile
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trails.errors import Conflict, Unavailable
from trails.pages import MARKER
from trails.posting import IGNORING, UNFINISHED, Board

NOBODY = 65534
NAMES = ("MAP.md", "files/src/a.py.md", "files/src/b.py.md", "files/README.md.md", "files/docs/deep/c.md.md")


def page(text="Close it first"):
    return f"{MARKER}\n{text}\n"


def post(root, texts, **how):
    plan = Board(root).plan(texts, **how)
    Board(root).carry_out(plan)
    return plan


def tree(root):
    """Every name in a folder with what it is: bytes, a link's target, or None for a folder."""
    found = {}
    for path in sorted(root.rglob("*")):
        is_file = path.is_file() and not path.is_symlink()
        held = path.read_bytes() if is_file else path.readlink() if path.is_symlink() else None
        found[path.relative_to(root).as_posix()] = held
    return found


def times(root):
    return {path: path.stat().st_mtime_ns for path in (root / ".trails").rglob("*") if path.is_file()}


def test_texts_are_put_where_they_belong_and_git_is_kept_from_seeing_them(tmp_path):
    plan = post(tmp_path, {"MAP.md": page(), "files/src/a.py.md": page("a")})

    assert set(plan.write) == {"MAP.md", "files/src/a.py.md", ".gitignore"}
    assert (tmp_path / ".trails/files/src/a.py.md").read_text() == page("a")
    assert (tmp_path / ".trails/.gitignore").read_text() == IGNORING


def test_what_says_that_already_is_not_written_again(tmp_path):
    post(tmp_path, {"MAP.md": page(), "files/src/a.py.md": page("a")})
    before = times(tmp_path)

    plan = post(tmp_path, {"MAP.md": page(), "files/src/a.py.md": page("a")})

    assert (plan.write, plan.remove, len(plan.unchanged)) == ({}, (), 3)
    assert times(tmp_path) == before


def test_only_what_changed_is_written_and_what_is_not_wanted_any_more_goes_with_its_folder(tmp_path):
    post(tmp_path, {"MAP.md": page(), "files/src/a.py.md": page("a"), "files/src/deep/b.py.md": page("b")})
    before = times(tmp_path)

    post(tmp_path, {"MAP.md": page("new"), "files/src/a.py.md": page("a")})

    after = times(tmp_path)
    assert {path.name for path in after if after[path] != before[path]} == {"MAP.md"}
    assert not (tmp_path / ".trails/files/src/deep").exists()


def test_to_share_them_is_to_have_no_rule_that_hides_them(tmp_path):
    post(tmp_path, {"MAP.md": page()})
    post(tmp_path, {"MAP.md": page()}, is_shared=True)
    assert set(tree(tmp_path)) == {".trails", ".trails/MAP.md"}

    post(tmp_path, {"MAP.md": page()})
    assert ".trails/.gitignore" in tree(tmp_path)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=20).map(page), max_size=5), max_size=4),
    st.lists(st.sampled_from(["notes.txt", "files/src/mine.md", "MAP.md", "other/x", ".gitignore"]), unique=True),
    st.booleans(),
)
def test_removing_leaves_the_folder_as_it_was(tmp_path_factory, histories, foreign, is_shared):
    root = tmp_path_factory.mktemp("project")
    (root / "src.py").write_text("pass\n")
    for name in foreign:
        (root / ".trails" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / ".trails" / name).write_text("mine\n")
    before = tree(root)

    for texts in histories:
        post(root, texts, is_shared=is_shared)
        assert {name: held for name, held in tree(root).items() if before.get(name)} == {
            name: held for name, held in before.items() if held
        }
        assert all(f".trails/{name}" in tree(root) for name in texts)
    post(root, {})

    assert tree(root) == before


# ── what is somebody's ───────────────────────────────────────────────────────────────────────────────────────────────
def test_a_file_without_our_first_line_is_left_alone_and_named(tmp_path):
    post(tmp_path, {"MAP.md": page(), "files/src/a.py.md": page()})
    edited = tmp_path / ".trails/files/src/a.py.md"
    edited.write_text("My own words\n")

    plan = post(tmp_path, {"MAP.md": page("new"), "files/src/a.py.md": page("new")})
    assert plan.kept == ("files/src/a.py.md",)
    post(tmp_path, {})

    assert tree(tmp_path / ".trails")["files/src/a.py.md"] == b"My own words\n"
    assert not (tmp_path / ".trails/MAP.md").exists()


@pytest.mark.parametrize("name", [".trails", ".trails/files", ".trails/files/src", ".trails/files/src/a.py.md"])
def test_nothing_is_written_or_removed_through_a_link(tmp_path, name):
    root, outside = tmp_path / "project", tmp_path / "outside"
    (root / name).parent.mkdir(parents=True)
    outside.mkdir()
    post(outside, {"MAP.md": page("there"), "files/src/a.py.md": page("there"), "files/x.md": page()})
    (root / name).symlink_to(outside / name)
    before = tree(outside)

    with pytest.raises(Conflict, match="is a link or a file here") if name == ".trails" else nullcontext():
        post(root, {"MAP.md": page(), "files/src/a.py.md": page()})
    with pytest.raises(Conflict) if name == ".trails" else nullcontext():
        post(root, {})

    assert tree(outside) == before
    assert (root / name).is_symlink()


def test_a_file_in_the_way_of_a_folder_is_left_alone(tmp_path):
    (tmp_path / ".trails").mkdir()
    (tmp_path / ".trails/files").write_text("mine\n")

    plan = post(tmp_path, {"MAP.md": page(), "files/src/a.py.md": page()})

    assert plan.kept == ("files/src/a.py.md",)
    assert (tmp_path / ".trails/MAP.md").exists()


def test_a_pipe_in_the_place_of_a_page_is_not_waited_for(tmp_path):
    (tmp_path / ".trails").mkdir()
    os.mkfifo(tmp_path / ".trails/MAP.md")

    assert Board(tmp_path).plan({"MAP.md": page()}).kept == ("MAP.md",)


def test_a_page_that_is_there_in_other_capitals_is_not_removed_after_it_was_written(tmp_path):
    post(tmp_path, {"files/Src/a.py.md": page()})
    (tmp_path / ".trails/files/src").mkdir()
    os.link(tmp_path / ".trails/files/Src/a.py.md", tmp_path / ".trails/files/src/a.py.md")  # as such a disk shows it

    plan = Board(tmp_path).plan({"files/src/a.py.md": page("new")})

    assert (set(plan.write), plan.remove) == ({"files/src/a.py.md"}, ())


# ── when it fails ────────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def no_room(limit=200):
    """A disk on which no file can grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_cannot_be_written_leaves_what_was_and_says_so(tmp_path):
    post(tmp_path, {"MAP.md": page("before")})
    before = tree(tmp_path)

    with no_room(), pytest.raises(Unavailable, match=r"\.trails/MAP\.md cannot be written: File too large\. What was"):
        post(tmp_path, {"MAP.md": page("after" * 100)})

    assert tree(tmp_path) == before


def test_what_a_crash_left_half_written_is_taken_away_or_written_again(tmp_path):
    (tmp_path / ".trails/files/src").mkdir(parents=True)
    (tmp_path / f".trails/files/src/{UNFINISHED}4711-1").write_text(page()[:9])
    (tmp_path / ".trails/MAP.md").touch()

    post(tmp_path, {"MAP.md": page()})

    assert set(tree(tmp_path / ".trails")) == {".gitignore", "MAP.md"}


@contextmanager
def without_rights():
    """What follows is done by somebody who is not root, whom a folder's rights stop."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_a_folder_that_may_not_be_written_to_is_named_and_stays_as_it_was():
    with tempfile.TemporaryDirectory() as folder:  # not pytest's, into which nobody else may look
        root = Path(folder)
        (root / "a.py").write_text("pass\n")
        root.chmod(0o555)

        with (
            without_rights(),
            pytest.raises(Unavailable, match=r"\.gitignore cannot be written: Permission denied\. Wh"),
        ):
            post(root, {"MAP.md": page()})

        root.chmod(0o755)
        assert tree(root) == {"a.py": b"pass\n"}


def test_what_somebody_removed_meanwhile_is_no_matter(tmp_path):
    post(tmp_path, {"MAP.md": page(), "files/src/a.py.md": page()})
    plan = Board(tmp_path).plan({})
    (tmp_path / ".trails/files/src/a.py.md").unlink()

    Board(tmp_path).carry_out(plan)

    assert tree(tmp_path) == {}
