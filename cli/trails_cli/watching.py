"""
`trails watch`: what happens to the files of a workspace, as it happens.

A keeper that watches by itself goes on doing so, and only its journal is shown. For one that does not, the same watcher
runs in this process and tells it, so that nothing is ever watched twice.
"""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

from .asking import EVENTS_AT_ONCE, AsJson, ask, follow_journal, keeper, say_aside, say_events

FILE_EVENTS = ("file-moved", "file-copied", "file-changed", "file-gone", "tree-seen")


def watch(as_json: AsJson = False) -> None:
    """
    Show what happens to the files of this workspace, until Ctrl-C.

    The keeper looks at them now and goes on watching. One that watches nothing (TRAILS_WATCH=no) is told by this
    command for as long as it runs.
    """
    after = ask("log", limit=1)["cursor"]  # before anybody looks: what is found is told too
    state = ask("status")
    is_off = state["watcher"]["state"] == "off"
    with watching_here(Path(state["workspace"]["root"])) if is_off else contextlib.nullcontext():
        if not is_off:
            ask("watch_now")
        by = "the keeper watches nothing, so this command is " if is_off else ""
        say_aside(f"{by}watching {state['workspace']['root']} until Ctrl-C")
        for events in follow_journal({"what": FILE_EVENTS}, limit=EVENTS_AT_ONCE, after=after):
            say_events(events, as_json)


@contextlib.contextmanager
def watching_here(root: Path) -> Iterator[None]:
    """Watch a workspace in this process and tell the keeper; of several worktrees the main one, as the keeper does."""
    from trails import FolderOnDisk, Watcher
    from trails.backends.remote_listener import RemoteListener

    complaints = _Complaints(logging.WARNING)
    logging.getLogger("trails").addHandler(complaints)
    watcher = Watcher(FolderOnDisk(root).home, RemoteListener(keeper()))
    watcher.start()
    try:
        watcher.ready.wait()
        yield
    finally:
        watcher.stop()
        logging.getLogger("trails").removeHandler(complaints)


class _Complaints(logging.Handler):
    """Says what the watcher cannot do in a line, without the traceback that belongs into a log."""

    def emit(self, record: logging.LogRecord) -> None:
        say_aside(record.getMessage())
