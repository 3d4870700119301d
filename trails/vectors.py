"""
Vectors as they are kept and compared.

The store keeps float16: half the bytes, and no cosine moves by more than a few ten-thousandths. A cosine below 0
counts as 0: that two notes are opposite says no more than that they are unrelated.
"""

from collections.abc import Sequence

import numpy as np

from .ports import Vectors


def to_bytes(vector: Vectors) -> bytes:
    """A `(dimension,)` vector as little-endian float16."""
    return vector.astype("<f2").tobytes()


def from_bytes(blob: bytes) -> Vectors:
    """The `(dimension,)` float32 vector kept in `blob`."""
    return np.frombuffer(blob, "<f2").astype(np.float32)


def similarities(query_vector: Vectors, blobs: Sequence[bytes | None]) -> list[float]:
    """
    The cosine of the query with each kept vector, in [0, 1].

    It is 0 where there is no vector, or one of another dimension (another model wrote it).
    """
    width = 2 * query_vector.size
    known = [i for i, blob in enumerate(blobs) if blob is not None and len(blob) == width]
    cosines = np.zeros(len(blobs), np.float32)
    if known:
        rows = from_bytes(b"".join([blobs[i] or b"" for i in known])).reshape(len(known), -1)
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows)) * np.linalg.norm(query_vector)
        cosines[known] = np.divide(
            rows @ query_vector, lengths, out=np.zeros(len(known), np.float32), where=lengths > 0
        )
    result: list[float] = np.clip(cosines, 0.0, 1.0).tolist()
    return result


def cosines_among(blobs: Sequence[bytes]) -> list[list[float]]:
    """The cosines of kept vectors of one dimension with each other, in [0, 1]; nothing for none."""
    if not blobs:
        return []
    rows = from_bytes(b"".join(blobs)).reshape(len(blobs), -1)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    result: list[list[float]] = np.clip(rows @ rows.T, 0.0, 1.0).tolist()
    return result
