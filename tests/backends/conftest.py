"""Stores to test. An SQL one starts from a copy of a migrated file, which is quicker than migrating every time."""

import shutil

import pytest

from tests.backends.store_world import World
from trails.backends.in_memory_store import InMemoryStore
from trails.backends.sql_store import open_sql_store


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
