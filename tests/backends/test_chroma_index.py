"""What only the index on disk promises: one owner, nothing but vectors, and a damaged folder that mends itself."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest

from tests.core.note_book import NoteBook
from trails.backends.chroma_index import ChromaIndex
from trails.backends.in_memory_index import HashEmbedder
from trails.embedding import BackgroundEmbedder
from trails.errors import BadInput, Conflict, Unavailable
from trails.indexing import Indexer, collection

ROOT = Path(__file__).parent.parent.parent
DIMENSION = 16
COUNT = 1200  # more than one `sync_threshold`, so that there are vector files to damage


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "index"


@pytest.fixture
def opened(folder):
    """Opens the folder as often as a test wants, one at a time, and leaves it closed."""
    indexes: list[ChromaIndex] = []

    def open_again() -> ChromaIndex:
        if indexes:
            indexes[-1].close()
        indexes.append(ChromaIndex(folder))
        return indexes[-1]

    yield open_again
    for index in indexes:
        index.close()


def unit_vectors(count: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def fill(index: ChromaIndex, workspace: str = "home", count: int = COUNT) -> np.ndarray:
    vectors = unit_vectors(count)
    index.put(workspace, [f"note{i}.1" for i in range(count)], vectors)
    return vectors


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )


# ── one owner ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_vectors_survive_closing_and_opening(opened):
    vectors = fill(opened())

    index = opened()

    assert index.count("home") == COUNT
    assert [index.nearest("home", vectors[i], 1)[0][0] for i in (0, 7, COUNT - 1)] == [
        "note0.1",
        "note7.1",
        f"note{COUNT - 1}.1",
    ]


def test_a_second_owner_is_told_who_has_the_folder(opened, folder):
    opened()

    with pytest.raises(Conflict, match=f"Process {os.getpid()} .*TRAILS_DATA_DIR"):
        ChromaIndex(folder)


def test_an_owner_that_was_killed_does_not_keep_the_folder(opened, folder):
    code = f"""
import os, pathlib, signal
from trails.backends.chroma_index import ChromaIndex
index = ChromaIndex(pathlib.Path({str(folder)!r}))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert run_python(code).returncode == -9

    assert opened().count("home") == 0


def test_nobody_else_can_enter_the_folder(opened, folder):
    folder.mkdir(mode=0o755)

    opened()

    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "index.lock").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(Unavailable, match="file/index cannot be used"):
        ChromaIndex(tmp_path / "file" / "index")


def test_a_closed_index_says_so(opened):
    index = opened()
    index.close()
    index.close()

    with pytest.raises(Unavailable, match="closed"):
        index.count("home")


def test_taking_the_folder_does_not_load_chroma(folder):
    code = f"""
import pathlib, sys
from trails.backends.chroma_index import ChromaIndex
ChromaIndex(pathlib.Path({str(folder)!r})).close()
assert "chromadb" not in sys.modules
"""
    run = run_python(code)
    assert run.returncode == 0, run.stderr


def test_a_workspace_that_chroma_cannot_name_is_refused_and_harms_nothing(opened):
    index = opened()
    vectors = fill(index, count=3)

    with pytest.raises(BadInput, match="letters, digits"):
        index.put("../elsewhere", ["a.1"], vectors[:1])

    assert index.count("home") == 3


# ── what lies on disk ────────────────────────────────────────────────────────────────────────────────────────────────
def test_names_and_vectors_are_all_that_chroma_is_given(opened, folder):
    fill(opened(), count=3)
    opened().close()

    with closing(sqlite3.connect(folder / "generation-1" / "chroma.sqlite3")) as database:
        kept = {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("embedding_metadata", "embedding_fulltext_search", "collection_metadata")
        }
    assert set(kept.values()) == {0}


def test_a_dropped_collection_leaves_no_vectors_on_disk(opened, folder):
    index = opened()
    fill(index, "home.old")
    vectors = fill(index, "home.new")
    assert len(list(folder.glob("generation-1/*/data_level0.bin"))) == 2

    index.keep_only(".new")

    assert len(list(folder.glob("generation-1/*/data_level0.bin"))) == 1
    assert index.nearest("home.new", vectors[5], 1)[0][0] == "note5.1"
    assert opened().nearest("home.new", vectors[5], 1)[0][0] == "note5.1"


def test_a_reset_leaves_nothing_of_the_old_on_disk(opened, folder):
    index = opened()
    fill(index)

    index.reset()

    assert sorted(path.name for path in folder.iterdir()) == ["generation-2", "index.lock"]
    assert not list((folder / "generation-2").iterdir())


# ── damage ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def damage_the_database(generation: Path) -> None:
    (generation / "chroma.sqlite3").write_bytes(b"not a database" * 100)


def cut_the_database(generation: Path) -> None:
    path = generation / "chroma.sqlite3"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def damage_the_graph(generation: Path) -> None:
    next(generation.glob("*/index_metadata.pickle")).write_bytes(b"x" * 100)


def used_again(index: ChromaIndex) -> bool:
    """Whether the index takes and finds vectors; damage may first be reported, once."""
    with suppress(Unavailable):
        index.count("home")
    vectors = fill(index, count=5)
    return index.count("home") == 5 and index.nearest("home", vectors[4], 1)[0][0] == "note4.1"


@pytest.mark.parametrize("damage", [damage_the_database, cut_the_database, damage_the_graph])
def test_a_damaged_folder_makes_way_for_an_empty_one(opened, folder, damage, caplog):
    fill(opened())
    opened().close()
    damage(folder / "generation-1")

    assert used_again(opened())

    assert sorted(path.name for path in folder.glob("generation-*")) == ["generation-1.broken", "generation-2"]
    assert "moved aside" in caplog.text


def test_damage_is_reported_once_and_then_the_index_is_empty(opened, folder):
    vectors = fill(opened())
    opened().close()
    damage_the_graph(folder / "generation-1")
    index = opened()

    with pytest.raises(Unavailable, match="words and files still answer"):
        index.nearest("home", vectors[0], 5)

    assert index.nearest("home", vectors[0], 5) == []


def test_a_file_that_kills_chroma_kills_one_process_only(opened, folder):
    """Without its vectors Chroma reports an error or is killed by the system, by chance; neither happens twice."""
    fill(opened())
    opened().close()
    next(folder.glob("generation-1/*/data_level0.bin")).write_bytes(b"")
    code = f"""
import pathlib
from trails.backends.chroma_index import ChromaIndex
ChromaIndex(pathlib.Path({str(folder)!r})).count("home")
"""
    assert run_python(code).returncode != 0

    assert run_python(code).returncode == 0
    assert used_again(opened())


def test_vectors_that_were_lost_are_seen_and_put_back(opened, folder):
    """Chroma goes on as if it held them all, and fails some questions; only asking for what it held shows it."""
    book, embedder = NoteBook(), BackgroundEmbedder(HashEmbedder)
    assert embedder.wait_until_settled(10.0)
    chance = random.Random(3)
    for number in range(COUNT):
        book.lay(f"n{number}", " ".join(f"{chance.getrandbits(32):x}" for _ in range(8)))
    Indexer(book, opened(), embedder).catch_up()
    opened().close()
    shutil.rmtree(next(folder.glob("generation-1/*/data_level0.bin")).parent)

    index = opened()
    with suppress(Unavailable):
        Indexer(book, index, embedder).catch_up()
    Indexer(book, index, embedder).catch_up()

    assert index.count(collection("home", HashEmbedder.model)) == COUNT
    assert Indexer(book, index, embedder).audit("home", sample=COUNT).missing <= COUNT / 100


def test_a_question_of_another_dimension_is_refused_and_harms_nothing(opened, folder):
    index = opened()
    vectors = fill(index, count=5)

    with pytest.raises(Unavailable, match="dimension"):
        index.nearest("home", np.ones(3, np.float32), 5)

    assert index.nearest("home", vectors[4], 1)[0][0] == "note4.1"


def test_a_process_that_died_while_opening_is_not_followed(opened, folder):
    fill(opened(), count=5)
    opened().close()
    code = f"""
import os, pathlib
from trails.backends.chroma_index import ChromaIndex
index = ChromaIndex(pathlib.Path({str(folder)!r}))
with index._marked():
    os._exit(9)
"""
    assert run_python(code).returncode == 9

    assert used_again(opened())

    assert (folder / "generation-1.broken").is_dir()
    assert not (folder / "opening").exists()


def test_a_process_that_died_later_costs_nothing(opened, folder):
    code = f"""
import os, pathlib, numpy
from trails.backends.chroma_index import ChromaIndex
index = ChromaIndex(pathlib.Path({str(folder)!r}))
index.put("home", ["a.1"], numpy.eye(1, 16, dtype="float32"))
os._exit(9)
"""
    assert run_python(code).returncode == 9

    assert opened().count("home") == 1


def test_only_the_last_damaged_folder_is_kept(opened, folder):
    for number in (1, 2):
        fill(opened(), count=3)
        opened().close()
        damage_the_database(folder / f"generation-{number}")

    assert opened().count("home") == 0

    assert sorted(path.name for path in folder.glob("*.broken")) == ["generation-2.broken"]


def test_the_graph_finds_nearly_all_of_the_true_nearest(opened):
    index = opened()
    vectors, questions = fill(index, count=2000), unit_vectors(20, seed=1)

    shares = []
    for question in questions:
        true = set(np.argsort(-(vectors @ question))[:200])
        found = {int(name[4:-2]) for name, _ in index.nearest("home", question, 200)}
        shares.append(len(true & found) / 200)

    assert np.mean(shares) >= 0.95
