"""
Which files of a workspace may hold marks: those with the word in them, found without reading what has not changed.
"""

import logging
import os
import stat
from collections.abc import Iterator

from .languages import may_have_comments
from .marks import WORD
from .reading import TEXT_LIMIT, Remembered, find_state, read_bytes
from .workspace import FolderOnDisk

SCANNED_FILES = 50_000
SCANNED_BYTES = 256 * 1024 * 1024  # read in one scan; the next one goes on from there

log = logging.getLogger(__name__)


class Scan:
    """Looks through a workspace again and again; what a file held is remembered as long as it stays."""

    def __init__(self, *, files: int = SCANNED_FILES, size: int = SCANNED_BYTES) -> None:
        self._files, self._size = files, size
        self._held: Remembered[bool] = Remembered(files)
        self._read = 0

    def paths(self, folder: FolderOnDisk, start: str = "") -> Iterator[str]:
        """The files from `start` down that hold the word, are not ignored and whose names promise comments."""
        root, self._read, looked_at = str(folder.root), 0, 0
        is_linked = os.path.realpath(f"{root}/{start}") != f"{root}/{start}".removesuffix("/")
        if start and (is_linked or folder.rules.is_ignored(start, is_folder=True)):
            return
        for path in folder.rules.files(start):
            if not may_have_comments(path):
                continue
            looked_at += 1
            if looked_at > self._files or self._read > self._size:
                log.warning("%s is large: not all of its files were looked through for marks", root)
                return
            if self._holds(f"{root}/{path}", path):
                yield path

    def _holds(self, real: str, path: str) -> bool:
        found = find_state(real)
        if found is None or not stat.S_ISREG(found.st_mode) or not 0 < found.st_size <= TEXT_LIMIT:
            return False
        return self._held.get(path, found, lambda: self._look(real))

    def _look(self, real: str) -> bool:
        content = read_bytes(real) or b""
        self._read += len(content)
        return WORD in content
