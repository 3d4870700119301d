"""
The embedding model, loaded in the background.

A keeper answers at once; the model arrives half a second (or, for a large one, half a minute) later. Until then, and
for good when it fails or there is none, questions are answered by words and by file.
"""

import logging
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from .errors import TrailsError
from .ports import Embedder, Vectors

QUERIES_KEPT = 512  # texts; hooks ask the same question again and again, and embedding it is most of the answer's time

State = Literal["off", "loading", "ready", "failed"]

logger = logging.getLogger(__name__)


class BackgroundEmbedder:
    """
    An embedder that may not be there yet.

    `state` is "loading", then "ready" or "failed" (`failure` says why, for people), and stays so; it is "off" when
    there is nothing to load. All methods are safe to call from any thread, and none but `wait_until_settled` waits.
    """

    def __init__(self, load: Callable[[], Embedder] | None) -> None:
        self.state: State = "off" if load is None else "loading"
        self.failure = ""
        self._embedder: Embedder | None = None
        self._embed_query: Callable[[str], Vectors] | None = None
        self._settled = threading.Event()
        self._guard = threading.Lock()
        self._callbacks: list[Callable[[], object]] = []
        if load is None:
            self._settled.set()
        else:
            threading.Thread(target=self._run, args=(load,), name="trails-embedder", daemon=True).start()

    def ready(self) -> Embedder | None:
        """The embedder once it is loaded, else None."""
        return self._embedder

    def vector(self, text: str) -> Vectors | None:
        """The `(dimension,)` vector of a question, read-only; None while there is no model."""
        return self._embed_query(text) if self._embed_query else None

    def on_settled(self, callback: Callable[[], object]) -> None:
        """Call back once loading has ended, well or badly; at once if it has. The callback must not raise."""
        with self._guard:
            if not self._settled.is_set():
                self._callbacks.append(callback)
                return
        callback()

    def wait_until_settled(self, timeout_s: float) -> bool:
        """Wait for the end of loading; False if it has not come."""
        return self._settled.wait(timeout_s)

    def _run(self, load: Callable[[], Embedder]) -> None:
        try:
            embedder = load()
        except TrailsError as error:
            logger.warning("The embedding model cannot be used: %s", error)
            self._settle("failed", str(error))
        except Exception as error:  # the outermost frame of this thread
            logger.exception("The embedding model could not be loaded.")
            self._settle("failed", f"{type(error).__name__}: {error}")
        else:
            self._embed_query = lru_cache(QUERIES_KEPT)(lambda text: _frozen(embedder.embed([text])[0]))
            self._embedder = embedder
            self._settle("ready", "")

    def _settle(self, state: State, failure: str) -> None:
        with self._guard:
            self.state, self.failure = state, failure
            self._settled.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()


def _frozen(vector: Vectors) -> Vectors:
    vector.setflags(write=False)
    return vector
