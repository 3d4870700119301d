"""
The vector index in an embedded Chroma: names and vectors, and nothing else.

Chroma keeps deleted text and metadata on disk and scans all metadata for every filter, so it is given neither. Its
folder bears one process: a second writer loses vectors without a word, a reader goes stale; a lock keeps others out.
The folder is derived, so it is never repaired: one that does not open, or that a process died opening, is moved aside
and an empty one takes its place. Who fills the index finds out by asking it for what it should hold (`indexing.py`).

Chroma is imported and opened on first use: it takes a second, and an answer by words or by file does not need it.
"""

import fcntl
import logging
import os
import re
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ..errors import BadInput, Conflict, Unavailable
from ..ports import Vectors

HNSW = {
    "space": "cosine",
    "ef_construction": 100,
    "ef_search": 400,  # of the nearest 200 of 10,000 it finds 95 %; 100 would find 85 % and save one millisecond
    "max_neighbors": 16,
    "sync_threshold": 1000,  # more is slower; a handful has been seen to damage the files
}
BATCH = 2000  # vectors a call; Chroma takes 5,461
COLLECTION_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]")
GENERATION = re.compile(r"generation-(\d+)(\.broken)?")  # the folder of one life of the index; counted up, never reused

logger = logging.getLogger(__name__)


class ChromaIndex:
    """
    Collections in one folder, which belongs to this object until `close`.

    All methods are safe to call from any thread and take turns, as Chroma makes them do anyway. Raises Conflict when
    another process has the folder, and Unavailable from any method when Chroma fails.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._marker = directory / "opening"
        self._lock = _lock(directory)
        self._turn = threading.RLock()
        self._client: Any = None
        self._names: set[str] = set()
        self._proved: dict[str, Any] = {}
        self._is_closed = False

    def put(self, workspace: str, names: Sequence[str], vectors: Vectors) -> None:
        """Hold these vectors under these names; the same name again replaces nothing else."""
        rows = list({name: row for row, name in enumerate(names)}.values())  # Chroma refuses a name given twice
        with self._asking():
            collection = self._find(workspace) or self._create(workspace)
            for start in range(0, len(rows), BATCH):
                batch = rows[start : start + BATCH]
                collection.upsert(ids=[names[row] for row in batch], embeddings=vectors[batch])

    def remove(self, workspace: str, names: Sequence[str]) -> None:
        """Let go of these names; unknown ones are ignored."""
        with self._asking():
            if collection := self._find(workspace):
                for start in range(0, len(names), BATCH):
                    collection.delete(ids=list(names[start : start + BATCH]))

    def nearest(self, workspace: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """The names nearest to a `(dimension,)` unit vector with their cosine similarity, best first."""
        with self._asking():
            collection = self._find(workspace)
            if collection is None:
                return []
            with self._reading():
                found = collection.query(query_embeddings=[vector], n_results=limit, include=["distances"])
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return [(name, 1.0 - float(distance)) for name, distance in pairs]

    def count(self, workspace: str) -> int:
        """How many names the workspace's collection holds; damaged vectors are counted as if they were whole."""
        with self._asking():
            collection = self._find(workspace)
            with self._reading():
                return int(collection.count()) if collection else 0

    def keep_only(self, ending: str) -> None:
        """Drop every collection whose name does not end so."""
        with self._asking():
            client = self._opened()
            for name in [name for name in self._names if not name.endswith(ending)]:
                client.delete_collection(name)
                self._proved.pop(name, None)
                self._names.discard(name)
            _remove_unused_segments(_current(self._directory))

    def reset(self) -> None:
        """Drop everything, from disk too, with whatever had been moved aside."""
        with self._asking():
            self._move_aside()  # renamed before it is removed: a crash here leaves an empty index, not half of one
            _current(self._directory).mkdir()  # so that the number is not used again: Chroma remembers paths
            _remove_broken(self._directory)

    def close(self) -> None:
        """Let go of the files and of the lock."""
        with self._turn:
            if not self._is_closed:
                self._is_closed = True
                self._let_go()
                os.close(self._lock)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Wait for one's turn; what Chroma raises becomes Unavailable."""
        with self._turn:
            if self._is_closed:
                raise Unavailable("The vector index is closed.")
            try:
                yield
            except _failures() as error:
                raise Unavailable(f"The vector index failed ({_said(error)}); words and files still answer.") from error

    def _opened(self) -> Any:
        """Chroma's client; a folder that does not open, or that somebody died opening, makes way for an empty one."""
        if self._client is None:
            if self._marker.exists():
                self._give_up("a process died while opening it")
            try:
                self._client = self._connect()
            except _failures() as error:
                self._give_up(_said(error))
                self._client = self._connect()
        return self._client

    def _connect(self) -> Any:
        import chromadb

        with self._marked():
            settings = chromadb.Settings(anonymized_telemetry=False)
            client = chromadb.PersistentClient(_current(self._directory), settings=settings)
            self._names = {collection.name for collection in client.list_collections()}
            return client

    def _find(self, name: str) -> Any:
        """The collection, or None. The first time it is asked something: its files are read then, and crash or not."""
        client = self._opened()
        if name in self._names and name not in self._proved:
            with self._marked(), self._reading():
                self._proved[name] = _proved(client.get_collection(name, embedding_function=None))
        return self._proved.get(name)

    def _create(self, name: str) -> Any:
        if not COLLECTION_NAME.fullmatch(name):
            raise BadInput(f"A workspace's id consists of letters, digits, dots and dashes, not {name!r}.")
        collection = self._opened().create_collection(name, embedding_function=None, configuration={"hnsw": HNSW})
        self._names.add(name)
        self._proved[name] = collection
        return collection

    @contextmanager
    def _marked(self) -> Iterator[None]:
        """Leaves a marker behind if the process dies inside."""
        self._marker.touch()
        yield
        self._marker.unlink()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """A failure inside is taken for damage, which lasts: some questions would fail for ever, others find little."""
        try:
            yield
        except _failures() as error:
            if not _is_callers_fault(error):
                self._give_up(_said(error))
            raise

    def _give_up(self, reason: str) -> None:
        logger.warning("The vector index is damaged (%s); it was moved aside and will be filled again.", reason)
        _remove_broken(self._directory)  # one is enough to look into, and each is as large as the index
        self._move_aside()

    def _move_aside(self) -> None:
        self._let_go()
        current = _current(self._directory)
        if current.exists():
            current.rename(current.with_name(f"{current.name}.broken"))
        self._marker.unlink(missing_ok=True)

    def _let_go(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
        self._names.clear()
        self._proved.clear()


def _lock(directory: Path) -> int:
    """An open, locked file: the lock ends with the process, however that ends."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        lock = os.open(directory / "index.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(f"{directory} cannot be used ({error.strerror}): check the folder and its owner.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 32, 0).decode().strip() or "unknown"
        os.close(lock)
        raise Conflict(
            f"Process {holder} has the vector index in {directory} open, and it bears only one: "
            "ask the keeper that runs, stop it, or set another TRAILS_DATA_DIR."
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _generations(directory: Path) -> dict[int, Path]:
    matches = [(GENERATION.fullmatch(path.name), path) for path in directory.iterdir()]
    return {int(match[1]): path for match, path in matches if match}


def _current(directory: Path) -> Path:
    """The folder in use, or, when there is none, the next one to use."""
    generations = _generations(directory)
    newest = max(generations, default=0)
    if newest and generations[newest].suffix != ".broken":
        return generations[newest]
    return directory / f"generation-{newest + 1}"


def _remove_broken(directory: Path) -> None:
    for path in _generations(directory).values():
        if path.suffix == ".broken":
            shutil.rmtree(path)


def _remove_unused_segments(generation: Path) -> None:
    """Chroma leaves the vectors of a dropped collection on disk, in a folder with the name of its segment."""
    with closing(
        sqlite3.connect(f"{(generation / 'chroma.sqlite3').absolute().as_uri()}?mode=ro", uri=True)
    ) as database:
        used = {segment for (segment,) in database.execute("SELECT id FROM segments")}
    for folder in generation.iterdir():
        if folder.is_dir() and folder.name not in used:
            shutil.rmtree(folder)


def _proved(collection: Any) -> Any:
    known = collection.get(limit=1, include=["embeddings"])["embeddings"]
    if len(known):
        collection.query(query_embeddings=known, n_results=1, include=["distances"])
    return collection


def _failures() -> tuple[type[Exception], ...]:
    """What Chroma raises; asked for only when something was raised, and then it is imported already."""
    from chromadb.errors import ChromaError

    return ChromaError, OSError, ValueError, RuntimeError, sqlite3.Error


def _is_callers_fault(error: Exception) -> bool:
    """Whether Chroma refused the question itself, as one with a vector of another dimension."""
    from chromadb.errors import InvalidArgumentError

    return isinstance(error, InvalidArgumentError)


def _said(error: Exception) -> str:
    return str(error).partition("\n")[0][:200] or type(error).__name__
