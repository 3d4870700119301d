"""`trails bench replay` and the benchmarks beside it, through their front doors."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench.made import make_repository

pytestmark = pytest.mark.slow

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A git repository of 150 commits."""
    made = make_repository(tmp_path_factory.mktemp("bench") / "made")
    made.repo.close()
    return made.root


def run(environment, *arguments):
    command = [sys.executable, "-P", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


def replay(environment, *arguments):
    return run(environment, "-m", "trails_cli.entry", "bench", "replay", *arguments)


def test_a_replay_by_words_is_told_as_json_and_each_time_the_same(environment, repository):
    first, second = (replay(environment, repository, "--words-only", "--json", "--max-queries", 10) for _ in range(2))

    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    figures = json.loads(first.stdout)
    assert figures["model"] == "none"
    assert figures["repositories"][0]["name"] == "made"
    assert figures["repositories"][0]["notes"] == 150
    assert figures["means"]["T"]["trails"]["S@5"]["mean"] > 0.5


def test_a_replay_leaves_the_own_notes_and_the_repository_alone(environment, repository, tmp_path):
    before = {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}
    (tmp_path / "scratch").mkdir()

    ran = replay({**environment, "TMPDIR": str(tmp_path / "scratch")}, repository, "--words-only")

    assert ran.returncode == 0, ran.stderr
    assert "Asked from the words and one open file" in ran.stdout
    assert {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()} == before
    assert not Path(environment["TRAILS_DATA_DIR"]).exists()
    assert not list((tmp_path / "scratch").iterdir())


def test_a_replay_with_the_model_compares_and_draws(environment, repository, tmp_path):
    ran = replay(environment, repository, "--max-queries", 20, "--plot", tmp_path / "recall.svg")

    assert ran.returncode == 0, ran.stderr
    for name in ("nearest notes", "20-note vote", "trails −", "95 % interval"):
        assert name in ran.stdout
    ElementTree.parse(tmp_path / "recall.svg")


def test_a_folder_without_a_repository_is_told_so(environment, tmp_path):
    ran = replay(environment, tmp_path, "--json")

    assert ran.returncode == 2
    assert "no git repository" in json.loads(ran.stdout)["error"]["message"]


def test_a_plot_that_cannot_be_written_is_told_before_anything_is_measured(environment, repository, tmp_path):
    ran = replay(environment, repository, "--words-only", "--plot", tmp_path / "none" / "recall.svg")

    assert ran.returncode == 2
    assert "cannot be written" in ran.stderr
    assert "replaying" not in ran.stderr


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_replay_leaves_nothing_behind(environment, repository, tmp_path, sign):
    command = [sys.executable, "-P", "-m", "trails_cli.entry", "bench", "replay", str(repository), "--words-only"]
    running = subprocess.Popen(
        command,
        env={**environment, "TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    wait_for(lambda: list(tmp_path.glob("trails-bench-*/data/trails.db")), running)

    os.kill(running.pid, sign)

    assert running.wait(60) == 128 + sign
    assert not list(tmp_path.iterdir())


def wait_for(happened, running):
    """Return when something has happened, while a process runs."""
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end
        with contextlib.suppress(subprocess.TimeoutExpired):
            pytest.fail(f"it ended with {running.wait(0.02)}")


# ── the benchmarks ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_without_replays_it_is_told_how_to_get_some(environment, tmp_path):
    ran = run(environment, BENCHMARKS / "replay.py", tmp_path / "none")

    assert ran.returncode == 2
    assert "trails bench replay PATH/TO/A/CHECKOUT" in ran.stderr


def test_a_folder_of_replays_is_measured_together(environment, tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.jsonl").write_text(as_lines(name))

    ran = run(environment, BENCHMARKS / "replay.py", tmp_path, "--words-only", "--quick", "--json", tmp_path / "out")

    assert ran.returncode == 0, ran.stderr
    figures = json.loads((tmp_path / "out").read_text())
    assert [one["name"] for one in figures["repositories"]] == ["one", "two"]
    assert figures["drawn"] == "repositories"


def as_lines(name):
    """A history of 120 commits as lines of JSON."""
    rows = [{"type": "trail-replay-v1", "repo": name, "files": []}]
    for number in range(120):
        changed = [["M", f"src/part{number % 3}.py"], ["M", f"tests/part{number % 3}.py"]]
        text = f"Mend part number {('one', 'two', 'three')[number % 3]}"
        rows.append({"id": f"{number:x}", "t": 1_600_000_000 + number * 90_000, "a": "x", "m": text, "f": changed})
    return "\n".join(map(json.dumps, rows))


def test_conversations_are_measured(environment, tmp_path):
    sessions = {
        f"session_{number}": [
            {"dia_id": f"D{number}:1", "speaker": "Ann", "text": f"I bought a {thing} in town."},
            {"dia_id": f"D{number}:2", "speaker": "Ben", "text": "How nice!", "blip_caption": "a house"},
        ]
        for number, thing in enumerate(("boat", "piano", "lamp"), 1)
    }
    dates = {f"session_{number}_date_time": f"1:5{number} pm on {number} May, 2023" for number in (1, 2, 3)}
    asked = [
        {"question": "Where is the piano from?", "category": 4, "evidence": ["D2:1"]},
        {"question": "Which lamp was bought?", "category": 1, "evidence": ["D3:1; D9:9"]},
        {"question": "What was never said?", "category": 5, "evidence": ["D1:1"]},
    ]
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps([{"sample_id": "c-1", "conversation": sessions | dates, "qa": asked}]))

    ran = run(environment, BENCHMARKS / "locomo.py", file, "--words-only", "--json", tmp_path / "out")

    assert ran.returncode == 0, ran.stderr
    figures = json.loads((tmp_path / "out").read_text())
    assert figures["questions"] == 2
    assert figures["categories"]["one turn"]["trails"]["MRR@10"] == 1
    assert figures["categories"]["several turns"]["trails"]["R@5"] == 0.5
