"""`trails demo`: the main job on a real repository, which it only reads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from dulwich import porcelain

pytestmark = pytest.mark.slow

WHO = b"A Person <person@example.org>"


@pytest.fixture
def repository(tmp_path):
    """A git repository in which two files change together; one of them is called like a package of ours."""
    root = tmp_path / "repository"
    (root / "trails").mkdir(parents=True)
    porcelain.init(root)
    for number in range(4):
        (root / "trails/__init__.py").write_text(f"raise ImportError('not the one you want: {number}')\n")
        (root / "ledger.py").write_text(f"PAGE = {number}\n")
        porcelain.add(root, [root / "trails/__init__.py", root / "ledger.py"])
        porcelain.commit(root, message=b"Count the pages up to %d" % number, author=WHO, committer=WHO)
    return root


def demo(environment, repository, *arguments):
    command = [sys.executable, "-P", "-m", "trails_cli.entry", "demo", "--repo", str(repository), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_the_demonstration_tells_the_whole_story(environment, repository):
    ran = demo(environment, repository, "--json")

    assert ran.returncode == 0, ran.stderr
    steps = json.loads(ran.stdout)["steps"]
    assert steps[0]["notes"] == 4
    assert steps[0]["pending"] == 0
    assert [step["found"] for step in steps if "found" in step] == [True, True]  # by the second agent; after the rename


def test_the_demonstration_leaves_the_repository_and_the_own_notes_alone(environment, repository):
    before = {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}

    ran = demo(environment, repository)

    assert ran.returncode == 0, ran.stderr
    assert {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()} == before
    assert not Path(environment["TRAILS_DATA_DIR"]).exists()
    assert "What to do next" in ran.stdout


def test_a_folder_without_history_is_told_what_to_do(environment, tmp_path):
    ran = demo(environment, tmp_path)

    assert ran.returncode == 2
    assert "--repo" in ran.stderr
