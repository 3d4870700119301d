"""The benchmark of moved files, on a history of three commits: it must run whenever it is wanted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backends.repositories import Repository

BENCHMARK = Path(__file__).parents[2] / "benchmarks/rename.py"


def rename(environment, *arguments):
    return subprocess.run(
        [sys.executable, BENCHMARK, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.mark.slow
def test_a_history_is_replayed_with_the_keeper_watching_and_without(environment, tmp_path):
    repository = Repository(tmp_path / "project")
    for name in ("src/a.py", "src/b.py", "docs/c.md"):
        repository.write(name)
    repository.commit()
    repository.move("src/a.py", "lib/a.py")
    (repository.root / "docs/c.md").unlink()
    repository.commit()
    repository.write("src/d.py")
    repository.commit()

    done = rename(environment, repository.root, "--quick", "--json", tmp_path / "out.json")

    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "out.json").read_text())
    assert figures["cases"] == {"history": 1, "folders moved": 6, "saves": 3, "swaps": 3, "all": 13}
    for way in ("watching", "off meanwhile"):
        tally = figures["tallies"]["all"][way]
        assert tally["found"] == tally["notes"] > 0
        assert tally["false"] == 0
    assert figures["tallies"]["history"]["plain path"]["found"] == 0
    assert "Notes found from the new name" in done.stdout


def test_a_place_without_a_repository_is_said_to_be_one(environment, tmp_path):
    assert "there is no repository at" in rename(environment, tmp_path / "none").stderr
    assert rename(environment, tmp_path).returncode == 2
