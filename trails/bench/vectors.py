"""
Vectors that are computed once: a message is a question first and a note right after, in each system that is measured.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..bootstrap import open_memory
from ..errors import Unavailable
from ..ports import Embedder, Vectors
from ..settings import Settings

AT_ONCE = 64  # texts between two words on how far it is
LOADED_WITHIN_S = 600.0


class KnownVectors:
    """An embedder that remembers: the vectors of another one, by text."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._rows_by_digest: dict[bytes, Vectors] = {}

    @property
    def model(self) -> str:
        return self._embedder.model

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, `(n, dimension)` float32."""
        self.learn(texts)
        return np.stack([self._rows_by_digest[_digest(text)] for text in texts])

    def learn(self, texts: Iterable[str], advance: Callable[[int], None] = lambda count: None) -> None:
        """Know the vectors of these texts; `advance` is told how many more are known, whenever some are."""
        asked = {_digest(text): text for text in texts}
        missing = sorted(asked.keys() - self._rows_by_digest.keys(), key=lambda one: (len(asked[one]), one))
        advance(len(asked) - len(missing))
        for start in range(0, len(missing), AT_ONCE):
            batch = missing[
                start : start + AT_ONCE
            ]  # of like lengths: a batch costs as much as its longest text in each
            rows = self._embedder.embed([asked[one] for one in batch])
            self._rows_by_digest.update(zip(batch, rows, strict=True))
            advance(len(batch))

    # ── from run to run ──────────────────────────────────────────────────────────────────────────────────────────────
    def read(self, folder: Path) -> None:
        """Know the vectors that an earlier run kept in a folder; none where there is no such file."""
        path = self._path(folder)
        if path.exists():
            with np.load(path, allow_pickle=False) as kept:
                digests, rows = kept["digests"], kept["rows"]
            self._rows_by_digest.update((digest.tobytes(), row) for digest, row in zip(digests, rows, strict=True))

    def write(self, folder: Path) -> None:
        """Keep all that is known in a folder, for `read`; a crash leaves the file of before."""
        if not self._rows_by_digest:
            return
        folder.mkdir(parents=True, exist_ok=True)
        digests = np.frombuffer(b"".join(self._rows_by_digest), np.uint8).reshape(len(self._rows_by_digest), -1)
        path = self._path(folder)
        half = path.with_name(f"half-{path.name}")
        np.savez(half, digests=digests, rows=np.stack(list(self._rows_by_digest.values())))
        half.replace(path)

    def _path(self, folder: Path) -> Path:
        return folder / f"{hashlib.blake2b(self.model.encode(), digest_size=8).hexdigest()}.npz"


def load_vectors(settings: Settings) -> KnownVectors | None:
    """
    The model of these settings, ready to embed; None where they say that there is none.

    Raises Unavailable when it cannot be loaded.
    """
    with tempfile.TemporaryDirectory(prefix="trails-model-") as folder:
        memory = open_memory(replace(settings, data_dir=Path(os.path.realpath(folder)) / "data"))
        try:
            memory.embedder.wait_until_settled(LOADED_WITHIN_S)
            embedder = memory.embedder.ready()
        finally:
            memory.close()
    if embedder is None and memory.embedder.state != "off":
        raise Unavailable(f"The model cannot be used ({memory.embedder.failure}); --words-only measures without one.")
    return KnownVectors(embedder) if embedder else None


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
