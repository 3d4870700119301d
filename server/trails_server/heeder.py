"""
The marks in the files of all workspaces: heeded as files change, where nobody chose that they are not.
"""

import logging
import threading
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trails import Author, BadInput, FolderOnDisk, Memory

from .payloads import Payload

if TYPE_CHECKING:  # where nothing is watched, watchdog is not loaded
    from trails import Glance, Heard, Heeding, Onlooker

CHOICE, ON, OFF = "marks", "on", "off"

log = logging.getLogger(__name__)


class Heeder:
    """Reads marks, in a thread of its own where a watcher tells of files. Safe for several threads."""

    def __init__(self, memory: Memory, *, usually: bool) -> None:
        self._memory, self._usually = memory, usually
        self._lock = threading.Lock()
        self._heedings: dict[str, Heeding] = {}
        self._looks = ThreadPoolExecutor(1, "marks")  # its thread starts with the first look

    def is_on(self, workspace: str) -> bool:
        """Whether marks become notes in a workspace: as it was chosen there, or else as they usually do."""
        chosen = self._memory.store.choices(workspace).get(CHOICE, "")
        return chosen == ON if chosen else self._usually

    def choose(self, workspace: str, choice: str, by: Author) -> None:
        """Choose whether marks become notes in a workspace. Raises BadInput for what is neither on nor off."""
        if choice not in (ON, OFF):
            raise BadInput(f"`choice` must be {ON} or {OFF}.")
        self._memory.choose(workspace, CHOICE, choice, by)

    def onlookers_of(self, workspace: str) -> Sequence["Onlooker"]:
        """Who looks for marks in the files of a workspace that is watched."""
        return (_Reader(self, workspace),)

    def look(self, workspace: str, folder: FolderOnDisk, paths: Collection[str] | None = None) -> Sequence["Heard"]:
        """Bring the notes in line with the marks in these files, or in all; gives the marks that are known now."""
        heeding = self._heeding(workspace)
        if self.is_on(workspace):
            heeding.heed(folder, paths)
        else:
            heeding.take_back()
        return heeding.heard()

    def look_later(self, workspace: str, folder: FolderOnDisk, paths: Collection[str] | None) -> None:
        """The same without waiting for it."""
        self._looks.submit(self.look, workspace, folder, paths).add_done_callback(_complain)

    def stop(self) -> None:
        """Look no more; returns when nobody does."""
        self._looks.shutdown(cancel_futures=True)

    def _heeding(self, workspace: str) -> "Heeding":
        with self._lock:
            if workspace not in self._heedings:
                self._heedings[workspace] = self._memory.heeding(workspace)
            return self._heedings[workspace]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Looks for marks where a watcher says that something happened."""

    heeder: Heeder
    workspace: str

    def looked(self, glance: "Glance", folder: FolderOnDisk) -> None:
        self.heeder.look_later(self.workspace, folder, None if glance.whole else glance.paths)


def heard_payload(heard: "Heard") -> Payload:
    """One mark as plain JSON; `note` is "" where it has none, and `refusal` says why."""
    return {
        "path": heard.path,
        "line": heard.line,
        "kind": heard.kind,
        "title": heard.title,
        "note": heard.note_id,
        "refusal": heard.refusal,
    }


def _complain(look: "Future[Sequence[Heard]]") -> None:
    """Of a look that nobody waits for, say in the log that it failed."""
    if not look.cancelled() and (failure := look.exception()):
        log.error("could not read the marks of a workspace", exc_info=failure)
