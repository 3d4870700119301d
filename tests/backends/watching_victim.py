"""A process that watches a folder for a store on disk, as a keeper does, until somebody kills it."""

from pathlib import Path
from threading import Event

from tests.backends.store_world import HERE
from trails.backends.sql_store import open_sql_store
from trails.bootstrap import new_id, now_utc
from trails.clues import FileClues
from trails.git_moves import GitMoves
from trails.ports import Store
from trails.recording import Recorder
from trails.tracking import Tracker
from trails.watcher import Watcher

SETTLE_S = 0.03  # so that a kill often comes between two looks at what belongs together


def watcher_of(root: Path, store: Store) -> Watcher:
    tracker = Tracker(store, Recorder(store, now_utc, new_id), HERE)
    return Watcher(root, tracker, clues=FileClues(store, HERE, GitMoves(str(root)), now_utc), settle_s=SETTLE_S)


def watch(root: Path, database: Path, ready: Event) -> None:
    """Watch for ever; `ready` is set once it does."""
    watcher = watcher_of(root, open_sql_store(database, now_utc))
    watcher.start()
    watcher.ready.wait()
    ready.set()
    Event().wait()
