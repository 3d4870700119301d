"""
The listener of a watcher that runs here, while the notes are kept by another process.

Each look becomes one question to the keeper, so that it keeps all of it or none.
"""

from collections.abc import Mapping, Sequence

from ..following import Finding
from ..looks import look_as_json
from ..notes import NO_HEAD, Head
from .remote_memory import RemoteMemory


class RemoteListener:
    """Tells a keeper what a watcher found (`listening.Listener`). Raises what the keeper raises, or Unavailable."""

    def __init__(self, keeper: RemoteMemory) -> None:
        self._keeper = keeper
        self._head = NO_HEAD

    def known_files(self) -> Mapping[str, str]:
        files: Mapping[str, str] = self._keeper.ask("known_files")["files"]
        return files

    def saw(self, findings: Sequence[Finding], head: Head) -> None:
        if findings or head not in (NO_HEAD, self._head):
            self._keeper.ask("saw", look=look_as_json(findings, head))
        if head != NO_HEAD:
            self._head = head
