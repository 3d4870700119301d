"""The model that may not be there yet, and vectors as they are kept."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn

from trails import vectors
from trails.backends.in_memory_index import HashEmbedder
from trails.embedding import QUERIES_KEPT, BackgroundEmbedder
from trails.errors import Unavailable

PATIENCE_S = 10.0


class Gate:
    """A way to load a model that waits until it is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def __call__(self) -> HashEmbedder:
        assert self.opened.wait(PATIENCE_S)
        return HashEmbedder()


class CountingEmbedder(HashEmbedder):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, texts):
        self.texts += texts
        return super().embed(texts)


def refuse() -> HashEmbedder:
    raise Unavailable("The weights are nowhere: install them.")


def break_down() -> HashEmbedder:
    raise ZeroDivisionError("odd")


# ── loading ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_while_the_model_loads_there_are_no_vectors_and_nobody_waits():
    gate = Gate()
    embedder = BackgroundEmbedder(gate)

    assert (embedder.state, embedder.ready(), embedder.vector("upload")) == ("loading", None, None)
    assert not embedder.wait_until_settled(0)

    gate.opened.set()
    assert embedder.wait_until_settled(PATIENCE_S)


def test_once_loaded_a_question_has_the_models_vector():
    embedder = BackgroundEmbedder(HashEmbedder)

    assert embedder.wait_until_settled(PATIENCE_S)

    assert embedder.state == "ready"
    assert np.array_equal(embedder.vector("upload"), HashEmbedder().embed(["upload"])[0])


@pytest.mark.parametrize(
    ("load", "failure"),
    [(refuse, "The weights are nowhere: install them."), (break_down, "ZeroDivisionError: odd")],
    ids=["refused", "broke down"],
)
def test_a_model_that_does_not_load_leaves_a_reason_and_no_vectors(load, failure):
    embedder = BackgroundEmbedder(load)

    assert embedder.wait_until_settled(PATIENCE_S)

    assert (embedder.state, embedder.failure) == ("failed", failure)
    assert (embedder.ready(), embedder.vector("upload")) == (None, None)


def test_without_a_model_it_is_off_at_once():
    embedder = BackgroundEmbedder(None)

    assert (embedder.state, embedder.ready(), embedder.vector("upload")) == ("off", None, None)
    assert embedder.wait_until_settled(0)


@pytest.mark.parametrize("load", [HashEmbedder, refuse])
def test_who_asked_is_called_back_once_however_it_ends(load):
    gate, called = Gate(), threading.Semaphore(0)
    embedder = BackgroundEmbedder(lambda: gate() and load())
    embedder.on_settled(called.release)
    assert not called.acquire(blocking=False)

    gate.opened.set()

    assert called.acquire(timeout=PATIENCE_S)
    assert not called.acquire(blocking=False)


def test_who_asks_later_is_called_back_at_once():
    embedder, called = BackgroundEmbedder(None), []

    embedder.on_settled(lambda: called.append("now"))

    assert called == ["now"]


# ── questions ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def counting():
    model = CountingEmbedder()
    embedder = BackgroundEmbedder(lambda: model)
    assert embedder.wait_until_settled(PATIENCE_S)
    return embedder, model


def test_a_question_asked_again_is_not_embedded_again(counting):
    embedder, model = counting

    first, second = embedder.vector("upload"), embedder.vector("upload")

    assert model.texts == ["upload"]
    assert np.array_equal(first, second)


def test_questions_long_past_are_forgotten(counting):
    embedder, model = counting

    for text in ["first", *map(str, range(QUERIES_KEPT)), "first"]:
        embedder.vector(text)

    assert model.texts.count("first") == 2


def test_nobody_can_change_a_remembered_vector(counting):
    embedder, _ = counting

    with pytest.raises(ValueError, match="read-only"):
        embedder.vector("upload")[0] = 1.0


# ── vectors as they are kept ─────────────────────────────────────────────────────────────────────────────────────────
unit_vectors = drawn.arrays(np.float32, 8, elements=st.floats(-1, 1, width=32)).filter(
    lambda v: np.linalg.norm(v) > 0.1
)


@given(unit_vectors)
def test_keeping_a_vector_costs_two_bytes_a_dimension_and_almost_no_precision(vector):
    vector = vector / np.linalg.norm(vector)

    blob = vectors.to_bytes(vector)

    assert len(blob) == 2 * vector.size
    assert vectors.from_bytes(blob) == pytest.approx(vector, abs=5e-4)


@given(unit_vectors, st.lists(st.none() | unit_vectors, max_size=6))
def test_a_similarity_is_the_cosine_cut_off_at_zero(query, kept):
    found = vectors.similarities(query, [None if vector is None else vectors.to_bytes(vector) for vector in kept])

    assert len(found) == len(kept)
    for vector, similarity in zip(kept, found, strict=True):
        cosine = 0.0 if vector is None else float(query @ vector / np.linalg.norm(query) / np.linalg.norm(vector))
        assert similarity == pytest.approx(max(0.0, cosine), abs=2e-3)
        assert 0.0 <= similarity <= 1.0


def test_what_cannot_be_compared_is_not_similar():
    query = np.array([1.0, 0.0], np.float32)

    assert vectors.similarities(query, []) == []
    assert vectors.similarities(query, [None, b"", bytes(4), bytes(6), vectors.to_bytes(query)]) == [0, 0, 0, 0, 1]
