"""Stores to test, an SQL one from a copy of a migrated file, which is quicker than migrating; and folders to watch."""

import shutil

import pytest

from tests.backends.store_world import World
from tests.backends.watching import PATIENCE_S, SETTLE_S, Book
from trails.backends.in_memory_store import InMemoryStore
from trails.backends.sql_store import open_sql_store
from trails.watcher import Watcher


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """The file of a store that holds nothing yet."""
    path = tmp_path_factory.mktemp("empty") / "trails.db"
    open_sql_store(path, World().clock).close()
    return path


@pytest.fixture
def database(empty_database, tmp_path):
    """A file of its own for each test."""
    return shutil.copy(empty_database, tmp_path / "trails.db")


@pytest.fixture(params=["in memory", "sql"])
def world(request):
    """A world around each kind of store."""
    world = World()
    if request.param == "sql":
        world.store = open_sql_store(request.getfixturevalue("database"), world.clock)
    else:
        world.store = InMemoryStore(world.clock)
    yield world
    world.store.close()


@pytest.fixture
def sql_world(database):
    """A world around a store on disk."""
    world = World()
    world.store = open_sql_store(database, world.clock)
    yield world
    world.store.close()


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "README.md").write_text("here\n")
    return folder.resolve()


@pytest.fixture
def watch(root):
    """Starts a watcher for a book and returns it once it watches."""
    running: list[Watcher] = []

    def start(book: Book, **options) -> Watcher:
        watcher = Watcher(root, book, **{"settle_s": SETTLE_S, **options})
        running.append(watcher)
        watcher.start()
        assert watcher.ready.wait(PATIENCE_S)
        return watcher

    yield start
    for watcher in running:
        watcher.stop()
