"""Vectors that are computed once."""

import numpy as np
import pytest

from trails.backends.in_memory_index import HashEmbedder
from trails.bench.vectors import KnownVectors, load_vectors
from trails.errors import Unavailable
from trails.settings import Settings


class CountingEmbedder(HashEmbedder):
    """Remembers what it was asked."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def embed(self, texts):
        self.asked += texts
        return super().embed(texts)


def test_a_text_is_embedded_once():
    embedder = CountingEmbedder()
    vectors = KnownVectors(embedder)

    first = vectors.embed(["one", "two", "one"])
    vectors.embed(["two", "three"])

    assert sorted(embedder.asked) == ["one", "three", "two"]
    assert np.array_equal(first, HashEmbedder().embed(["one", "two", "one"]))


def test_learning_tells_how_far_it_is():
    vectors = KnownVectors(HashEmbedder())
    vectors.embed(["one"])
    told = []

    vectors.learn([str(number) for number in range(100)] + ["one"], told.append)

    assert told[0] == 1
    assert sum(told) == 101


def test_vectors_are_kept_from_run_to_run(tmp_path):
    vectors = KnownVectors(HashEmbedder())
    rows = vectors.embed(["one", "two"])
    vectors.write(tmp_path / "kept")
    embedder = CountingEmbedder()

    again = KnownVectors(embedder)
    again.read(tmp_path / "kept")

    assert np.array_equal(again.embed(["one", "two"]), rows)
    assert embedder.asked == []


def test_nothing_kept_is_nothing_known(tmp_path):
    embedder = CountingEmbedder()
    vectors = KnownVectors(embedder)

    vectors.write(tmp_path / "kept")
    vectors.read(tmp_path / "kept")
    vectors.embed(["one"])

    assert embedder.asked == ["one"]


def test_there_are_no_vectors_without_a_model():
    assert load_vectors(Settings(principal="bench", model="none")) is None


def test_a_model_that_cannot_be_loaded_is_told(tmp_path):
    with pytest.raises(Unavailable, match="--words-only"):
        load_vectors(Settings(principal="bench", model_path=str(tmp_path / "none.onnx")))
