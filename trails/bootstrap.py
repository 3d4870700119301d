"""
Puts a memory together: the only module that knows which backends there are. Imported lazily, because they are heavy.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock

from ulid import ULID

from . import door
from .embedding import BackgroundEmbedder
from .errors import Unavailable
from .indexing import Indexer
from .memory import Memory
from .ports import Clock, Embedder
from .recording import Recorder
from .settings import Settings
from .witnessing import Witnessing

DEFAULT_MODEL = "minilm"
NO_MODEL = "none"
LONGEST_STEP_BACK = timedelta(hours=1)


def open_memory(settings: Settings, *, load: Callable[[], Embedder] | None = None) -> Memory:
    """
    The memory of a data folder. Returns as soon as notes can be laid and found by file and by words.

    The embedding model (that of the settings, or what `load` gives) and the vector index are opened in the
    background. Raises Unavailable when the database cannot be opened, Conflict when another keeper has it.
    """
    from .backends.chroma_index import ChromaIndex
    from .backends.sql_store import open_sql_store

    try:
        door.make_private(str(settings.data_dir))
    except (OSError, door.NoKeeper) as refusal:
        raise Unavailable(f"{settings.data_dir} cannot be used: {refusal}") from refusal
    clock = SteadyClock(now_utc)
    store = open_sql_store(settings.data_dir / "trails.db", clock)
    clock.go_on_from(store.last_event_at())
    index = ChromaIndex(settings.data_dir / "index")
    embedder = BackgroundEmbedder(load or _loader(settings))
    witnessing = Witnessing(store, index, Recorder(store, clock, new_id))
    # how near two texts that say the same are is known of the default model only
    indexer = Indexer(store, index, embedder, meet=witnessing.look if settings.model == DEFAULT_MODEL else None)
    indexer.start()
    return Memory(store, index, embedder, indexer, clock, new_id)


class SteadyClock:
    """
    The present, which never goes back a little: an event that comes later must not look earlier.

    Time servers set a clock back by moments, and the later word of two would lose for good. A step of more than an
    hour is believed: then the clock was wrong before.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = datetime.min.replace(tzinfo=UTC)
        self._turn = Lock()

    def __call__(self) -> datetime:
        with self._turn:
            now = self._clock()
            if timedelta() <= self._last - now < LONGEST_STEP_BACK:
                now = self._last + timedelta(microseconds=1)
            self._last = now
            return now

    def go_on_from(self, last: datetime | None) -> None:
        """Take the time of the last event of an earlier process for the last one told."""
        if last is not None:
            self._last = last


def now_utc() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def new_id(at: datetime) -> str:
    """A fresh ULID of that time: ids sort by time."""
    return str(ULID.from_datetime(at))


def _loader(settings: Settings) -> Callable[[], Embedder] | None:
    if settings.model == NO_MODEL:
        return None
    if settings.model == DEFAULT_MODEL:
        return lambda: _default_embedder(settings.model_path)
    return lambda: _other_embedder(settings.model)


def _default_embedder(model_path: str) -> Embedder:
    from .backends.onnx_embedder import OnnxEmbedder

    return OnnxEmbedder.load(model_path)


def _other_embedder(model: str) -> Embedder:
    from .backends.sentence_embedder import SentenceEmbedder

    return SentenceEmbedder.load(model)
