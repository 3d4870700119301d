"""One contract for every vector index."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from trails.backends.chroma_index import ChromaIndex
from trails.backends.in_memory_index import InMemoryIndex

DIMENSION = 16


@pytest.fixture(params=["in memory", "chroma"])
def index(request, tmp_path):
    index = InMemoryIndex() if request.param == "in memory" else ChromaIndex(tmp_path / "index")
    yield index
    index.close()


def unit_vectors(count: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def names(count: int) -> list[str]:
    return [f"note{i}.1" for i in range(count)]


def test_the_nearest_come_best_first_with_their_cosine(index):
    vectors, question = unit_vectors(50), unit_vectors(1, seed=1)[0]
    index.put("home", names(50), vectors)

    hits = index.nearest("home", question, 10)

    cosines = vectors @ question
    assert [name for name, _ in hits] == [f"note{i}.1" for i in np.argsort(-cosines)[:10]]
    assert [cosine for _, cosine in hits] == pytest.approx(sorted(cosines, reverse=True)[:10], abs=1e-4)


def test_every_vector_finds_itself(index):
    vectors = unit_vectors(200)
    index.put("home", names(200), vectors)

    assert [index.nearest("home", vector, 1)[0][0] for vector in vectors] == names(200)


def test_putting_the_same_again_changes_nothing(index):
    vectors = unit_vectors(20)
    index.put("home", names(20), vectors)
    before = index.nearest("home", vectors[3], 20)

    index.put("home", names(20)[:5], vectors[:5])

    assert index.count("home") == 20
    assert index.nearest("home", vectors[3], 20) == before


def test_a_name_given_twice_in_one_call_is_held_once_with_its_last_vector(index):
    vectors = unit_vectors(3)

    index.put("home", ["a.1", "b.1", "a.1"], vectors)

    assert index.count("home") == 2
    assert index.nearest("home", vectors[2], 1)[0] == ("a.1", pytest.approx(1.0, abs=1e-4))


def test_what_was_removed_is_not_found(index):
    vectors = unit_vectors(20)
    index.put("home", names(20), vectors)

    index.remove("home", ["note3.1", "never-there.1"])

    assert index.count("home") == 19
    assert "note3.1" not in {name for name, _ in index.nearest("home", vectors[3], 20)}


def test_a_workspace_does_not_see_another(index):
    vectors = unit_vectors(2)
    index.put("home", ["a.1"], vectors[:1])
    index.put("work", ["b.1"], vectors[1:])

    index.remove("work", ["a.1"])

    assert [name for name, _ in index.nearest("home", vectors[1], 5)] == ["a.1"]
    assert [name for name, _ in index.nearest("work", vectors[0], 5)] == ["b.1"]


def test_a_workspace_without_vectors_answers_with_nothing(index):
    question = unit_vectors(1)[0]

    index.remove("nowhere", ["a.1"])

    assert index.nearest("nowhere", question, 5) == []
    assert index.count("nowhere") == 0


def test_a_workspace_that_lost_all_its_vectors_answers_with_nothing(index):
    vectors = unit_vectors(3)
    index.put("home", names(3), vectors)

    index.remove("home", names(3))

    assert index.nearest("home", vectors[0], 5) == []
    assert index.count("home") == 0


def test_asking_for_more_than_there_is_gives_all(index):
    index.put("home", names(3), unit_vectors(3))

    assert len(index.nearest("home", unit_vectors(1, seed=1)[0], 100)) == 3


def test_putting_nothing_is_allowed(index):
    index.put("home", [], np.zeros((0, DIMENSION), np.float32))

    assert index.count("home") == 0


def test_only_collections_with_the_wanted_ending_are_kept(index):
    vectors = unit_vectors(1)
    for workspace in ("home.old", "home.new", "work.old"):
        index.put(workspace, ["a.1"], vectors)

    index.keep_only(".new")

    assert [index.count(workspace) for workspace in ("home.old", "home.new", "work.old")] == [0, 1, 0]
    index.put("home.old", ["b.1"], vectors)
    assert [name for name, _ in index.nearest("home.old", vectors[0], 5)] == ["b.1"]


def test_after_a_reset_it_is_empty_and_can_be_filled_again(index):
    vectors = unit_vectors(5)
    index.put("home", names(5), vectors)

    index.reset()
    index.reset()

    assert index.nearest("home", vectors[0], 5) == []
    index.put("home", names(2), vectors[:2])
    assert index.nearest("home", vectors[1], 1)[0][0] == "note1.1"


def test_the_caller_may_go_on_using_its_array(index):
    vectors = unit_vectors(2)
    index.put("home", names(2), vectors)

    asked = vectors[0].copy()
    vectors[:] = 0.0

    assert index.nearest("home", asked, 1)[0] == ("note0.1", pytest.approx(1.0, abs=1e-4))


def test_any_sequence_of_changes_leaves_what_a_dictionary_would_hold(index):
    chance, vectors = random.Random(5), unit_vectors(40)
    expected: dict[str, int] = {}

    for _ in range(40):
        rows = chance.sample(range(40), 5)
        if chance.random() < 0.6:
            index.put("home", [f"note{row}.1" for row in rows], vectors[rows])
            expected |= {f"note{row}.1": row for row in rows}
        else:
            index.remove("home", [f"note{row}.1" for row in rows])
            expected = {name: row for name, row in expected.items() if row not in rows}

    assert index.count("home") == len(expected)
    assert {name for name, _ in index.nearest("home", vectors[0], 40)} == set(expected)


def test_several_threads_may_write_and_ask_at_once(index):
    vectors = unit_vectors(200)

    def write_and_ask(part: int) -> list[str]:
        rows = range(part * 50, part * 50 + 50)
        for row in rows:
            index.put("home", [f"note{row}.1"], vectors[row : row + 1])
        return [index.nearest("home", vectors[row], 1)[0][0] for row in rows]

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(write_and_ask, range(4)))

    assert [name for part in found for name in part] == names(200)
