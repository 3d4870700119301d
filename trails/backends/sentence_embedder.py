"""
Any model of sentence-transformers, by its name on the hub or by a folder. Needs the extra of that name.

The library brings torch and takes seconds to import, so it is imported when a model is loaded and not before.
"""

import hashlib
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import Unavailable
from ..ports import Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 16


class SentenceEmbedder:
    """Vectors of a loaded model; `name` is what people call it."""

    def __init__(self, name: str, sentence_model: "SentenceTransformer") -> None:
        self._sentence_model = sentence_model
        self._model = f"{name}-{_digest(sentence_model)}"
        self._turn = threading.Lock()  # its tokenizer cannot be used by two threads at once
        self._dimension = int(self._encode(["dimension"]).shape[1])

    @classmethod
    def load(cls, name_or_path: str) -> "SentenceEmbedder":
        """
        The model of that name or in that folder.

        One that is not in the cache is downloaded, unless HF_HUB_OFFLINE forbids it. Raises Unavailable when the
        library is not installed or the model does not load.
        """
        return cls(name_or_path, _load(name_or_path))

    @property
    def model(self) -> str:
        return self._model

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, `(n, dimension)` float32; callers from several threads take turns."""
        if not texts:
            return np.zeros((0, self._dimension), np.float32)
        return self._encode([text.encode(errors="replace").decode() for text in texts])

    def _encode(self, texts: list[str]) -> Vectors:
        with self._turn:
            vectors = self._sentence_model.encode(
                texts, batch_size=BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
            )
        return np.asarray(vectors, np.float32)


def _load(name_or_path: str) -> "SentenceTransformer":
    try:
        import torch
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise Unavailable(
            f"The model {name_or_path} needs sentence-transformers, which is not installed ({error.name}): "
            "pip install 'trails-memory[sentence-transformers]'."
        ) from None
    torch.set_num_threads(1)  # its threads spin: two of them on a busy machine are several times slower than one
    try:
        return SentenceTransformer(name_or_path)
    except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise Unavailable(f"sentence-transformers cannot load {name_or_path}: {reason}") from error


def _digest(sentence_model: "SentenceTransformer") -> str:
    """Eight characters that change with the weights, the steps, the longest text or the default prompt."""
    import torch

    steps = [type(step).__name__ for step in sentence_model]  # their repr changes with the library's version
    prompt = sentence_model.prompts.get(sentence_model.default_prompt_name or "", "")
    digest = hashlib.sha256(repr((steps, sentence_model.max_seq_length, prompt)).encode())
    for name, tensor in sorted(sentence_model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()[:8]
