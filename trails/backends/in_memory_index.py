"""
An index and an embedder that need nothing: for tests, demos and small memories that last as long as their process.
"""

import threading
import zlib
from collections.abc import Sequence

import numpy as np

from .. import words
from ..ports import Vectors


class InMemoryIndex:
    """Compares with every vector: exact, and fast enough for some ten thousand notes."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._vectors_by_name: dict[str, dict[str, Vectors]] = {}

    def put(self, workspace: str, names: Sequence[str], vectors: Vectors) -> None:
        with self._guard:
            self._vectors_by_name.setdefault(workspace, {}).update(zip(names, vectors.copy(), strict=True))

    def remove(self, workspace: str, names: Sequence[str]) -> None:
        with self._guard:
            for name in names:
                self._vectors_by_name.get(workspace, {}).pop(name, None)

    def nearest(self, workspace: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        with self._guard:
            held = dict(self._vectors_by_name.get(workspace, {}))
        if not held:
            return []
        cosines = np.stack(list(held.values())) @ vector
        names = list(held)
        return [(names[i], float(cosines[i])) for i in np.argsort(-cosines, kind="stable")[:limit]]

    def count(self, workspace: str) -> int:
        with self._guard:
            return len(self._vectors_by_name.get(workspace, {}))

    def keep_only(self, ending: str) -> None:
        with self._guard:
            for workspace in [name for name in self._vectors_by_name if not name.endswith(ending)]:
                del self._vectors_by_name[workspace]

    def reset(self) -> None:
        with self._guard:
            self._vectors_by_name.clear()

    def close(self) -> None:
        """Nothing to let go of."""


class HashEmbedder:
    """
    Texts that share words get near vectors; of meaning it knows nothing.

    Each word adds 1 or -1 to a dimension that its checksum chooses: always the same, on every machine, at once.
    """

    model = "hash-64"
    dimension = 64

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.array([self._embed(text) for text in texts], np.float32).reshape(len(texts), self.dimension)

    def _embed(self, text: str) -> Vectors:
        vector = np.zeros(self.dimension, np.float32)
        for word in words.split_words(text):
            checksum = zlib.crc32(words.light_stem(word).encode(errors="replace"))
            vector[checksum % self.dimension] += 1.0 if checksum & 0x10000 else -1.0
        length = float(np.linalg.norm(vector))
        if length == 0.0:  # no words, or words that cancel out: any fixed direction will do
            vector[0] = length = 1.0
        return vector / length
