"""Looking for files that may hold marks: cheap, bounded, and never in what is ignored."""

import pytest

from trails.languages import _ENDINGS, _NAMES, may_have_comments
from trails.scanning import Scan
from trails.workspace import FolderOnDisk


@pytest.fixture
def folder(tmp_path):
    for name in ("a.py", "b.py", "c.py", "d.json", "run"):
        (tmp_path / name).write_text("# trail: Close it\n")
    (tmp_path / "plain.py").write_text("x = 1\n")
    return FolderOnDisk(tmp_path)


def test_only_files_that_hold_the_word_and_may_have_comments_are_given(folder):
    assert list(Scan().paths(folder)) == ["a.py", "b.py", "c.py", "run"]


def test_of_a_folder_that_is_ignored_or_linked_nothing_is_read(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    for where in (folder.root / "lib", folder.root / "build", outside):
        where.mkdir(exist_ok=True)
        (where / "a.py").write_text("# trail: Close it\n")
    (folder.root / "link").symlink_to(outside)

    assert list(Scan().paths(folder, "link")) == []
    assert list(Scan().paths(folder, "lib")) == ["lib/a.py"]
    assert list(Scan().paths(folder, "build")) == []
    assert list(Scan().paths(folder, "a.py")) == []


def test_no_more_is_looked_at_than_the_budget_allows(folder, caplog):
    assert list(Scan(files=2).paths(folder)) == ["a.py", "b.py"]
    assert list(Scan(size=20).paths(folder)) == ["a.py", "b.py"]
    assert "not all of its files were looked through" in caplog.text


def test_a_file_that_changed_is_looked_at_again(folder):
    scan = Scan()
    list(scan.paths(folder))

    (folder.root / "plain.py").write_text("x = 1  # trail: Close it\n")
    (folder.root / "a.py").write_text("x = 1\n")

    assert list(scan.paths(folder)) == ["b.py", "c.py", "plain.py", "run"]


def test_every_ending_and_every_name_has_one_language():
    for table in (_ENDINGS, _NAMES):
        told = [one for some in table.values() for one in some.split()]
        assert len(told) == len(set(told))
        assert all(may_have_comments(f"a.{one}") for one in told if table is _ENDINGS)
