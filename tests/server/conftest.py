"""One keeper for all the tests of a module that only talk to it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.doors import RunningKeeper, a_keeper


@pytest.fixture(scope="module")
def keeper() -> Iterator[RunningKeeper]:
    with a_keeper() as running:
        yield running


@pytest.fixture
def project(keeper: RunningKeeper) -> Path:
    """A workspace of its own for each test, with one file in it."""
    keeper.project = Path(tempfile.mkdtemp(prefix="project-", dir=Path(keeper.data_dir).parent))
    (keeper.project / "ledger.py").write_text("def close():\n    write_last_page()\n")
    return keeper.project
