"""
What a file holds: its lines or its digest, read safely and not twice while the file stays as it is.

A file may be anything and may change while it is looked at: a pipe, a link, a device, gone. Whatever is not a regular
file that can be read answers None.
"""

import errno
import hashlib
import io
import os
import stat
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

TEXT_LIMIT = 1024 * 1024  # bytes; a longer file is generated, and nobody notes down a line of it
BINARY_PROBE = 8 * 1024  # bytes looked at for a NUL, as git does
RACY_NS = 100_000_000  # a file written so recently may be written again without its times changing

Signature = tuple[int, int, int, int]
"""Size, modification time, change time and inode of a file: while it stays, so does the content."""

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """What was last made of each file, as long as the file keeps its signature; the least asked for goes first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[Signature, Value]] = OrderedDict()

    def get(self, path: str, found: os.stat_result, read: Callable[[], Value]) -> Value:
        """What `read` gives for the file at `path`, whose state is `found`; called only if that is not known."""
        signature = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
        with self._lock:
            held = self._held.get(path)
            if held is not None and held[0] == signature:
                self._held.move_to_end(path)
                return held[1]
        value = read()
        with self._lock:
            self._held.pop(path, None)
            if time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) > RACY_NS:
                self._held[path] = (signature, value)
                if len(self._held) > self._limit:
                    self._held.popitem(last=False)
        return value


def read_bytes(path: str) -> bytes | None:
    """The bytes of a file of at most `TEXT_LIMIT`."""
    file = _open(path)
    if file is None:
        return None
    with file:
        content = file.read(TEXT_LIMIT + 1)
    return content if len(content) <= TEXT_LIMIT else None


def read_lines(path: str) -> tuple[str, ...] | None:
    """The lines of a text file without line ends, bytes that are not UTF-8 replaced; None for a binary one as well."""
    content = read_bytes(path)
    return None if content is None else lines_in(content)


def lines_in(content: bytes) -> tuple[str, ...] | None:
    """The lines of what a text file holds; None for a binary one."""
    if b"\0" in content[:BINARY_PROBE]:
        return None
    # not splitlines(): a form feed or U+2028 ends no line in an editor, and line numbers must be the editor's
    text = content.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    return tuple(text.removesuffix("\n").split("\n")) if text else ()


def read_digest(path: str) -> str | None:
    """The BLAKE2b-128 of a file's bytes, in hex."""
    file = _open(path)
    if file is None:
        return None
    with file:
        return hashlib.file_digest(file, _hash).hexdigest()


def _hash() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=16)


EMPTY_DIGEST = _hash().hexdigest()


def _open(path: str) -> io.BufferedReader | None:
    """The file, opened without following a last link and without waiting for the other end of a pipe."""
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    return None


def find_state(path: str) -> os.stat_result | None:
    """The state of what a path names, links not followed; None when there is nothing."""
    try:
        return os.lstat(path)
    except (OSError, ValueError):
        return None


def is_absent(path: str) -> bool:
    """Whether it is certain that a path names nothing: a folder that cannot be entered hides its files, no more."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False
