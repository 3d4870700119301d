"""The benchmark of speed at size, at a size at which it takes seconds: it must run whenever it is wanted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
VERBS = {"recall by file", "recall by a hot file", "recall by text", "recall by text and file", "lay", "show"}


def run(kept, figures, environment, *flags):
    """The figures of one run, for 200 notes."""
    command = [
        sys.executable,
        BENCHMARKS / "scale.py",
        "--notes",
        "200",
        "--rounds",
        "5",
        "--keep",
        kept,
        "--json",
        figures,
    ]
    done = subprocess.run([*command, *flags], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (figures_of_200,) = json.loads(figures.read_text())
    return figures_of_200, done.stdout


def history(code, environment):
    """What is printed by code that has a `history` of 300 notes."""
    lines = "from made_history import MadeHistory, MadeEmbedder; history = MadeHistory(300)\n" + code
    environment = {**environment, "PYTHONPATH": f"{BENCHMARKS}:{environment['PYTHONPATH']}"}
    return subprocess.run(
        [sys.executable, "-c", lines], env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.slow
def test_every_verb_is_measured_and_a_kept_store_is_not_built_again(environment, tmp_path):
    first, said = run(tmp_path / "kept", tmp_path / "figures.json", environment)
    again, said_again = run(tmp_path / "kept", tmp_path / "figures.json", environment)

    assert "built 200 notes" in said
    assert "built" not in said_again
    assert first.keys() == again.keys() >= VERBS
    for verb in VERBS:
        median, slow = first[verb]
        assert 0 < median <= slow
    assert first["memory, MB"] > 20


@pytest.mark.slow
def test_the_history_is_the_same_in_every_process(environment):
    code = "print(list(history.events(0, 300)), MadeEmbedder(300).embed(['one', 'two']).tobytes().hex())"

    assert history(code, environment) == history(code, environment)


@pytest.mark.slow
def test_a_history_is_made_of_sound_events(environment, tmp_path):
    code = f"""
from datetime import UTC, datetime
from pathlib import Path
from trails.backends.sql_store import open_sql_store
from trails.ports import Request
store = open_sql_store(Path({str(tmp_path)!r}) / "trails.db", lambda: datetime.now(UTC))
for first in range(0, 300, 100):
    store.append(Request(tuple(history.events(first, first + 100))))
counts = store.counts("w-scale")
files = store.files_under("w-scale")
print(counts["notes"], counts["live"] < 300, counts["events"] > 300, len(files) == len({{one.path for one in files}}))
store.close()
"""

    assert history(code, environment).split() == ["300", "True", "True", "True"]
