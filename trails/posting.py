"""
The folder `.trails` of a workspace: what is put into it, what is left alone there, and how it goes again.

A file is ours while it starts with the first line that we write; every other file there is somebody's, and is neither
changed nor removed. Each file is written whole or not at all, and only when it would hold something else. Every step
goes through the open folder above it and follows no link, so that nothing outside can be reached by way of one.
"""

import errno
import os
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from .errors import Conflict, Unavailable
from .pages import MAP, MARKER, PAGES

FOLDER, IGNORE = ".trails", ".gitignore"
IGNORING = "# Written by trails: what it keeps here is not to be committed.\n*\n"
OURS = (MARKER.encode() + b"\n", IGNORING.encode().partition(b"\n")[0] + b"\n")
UNFINISHED = ".trails-new-"  # how the name of a file begins that is being written
READ_LIMIT = 64 * 1024  # bytes; ours are far smaller

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What is to be done in `.trails`, by names in it: texts to write, files of ours to remove.

    `unchanged` hold already what they shall. `kept` are somebody's, and stand where one of ours would.
    """

    write: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that is there: its bytes, None for what is none of ours; and which file it is on the disk."""

    content: bytes | None
    identity: tuple[int, int]


class Board:
    """The folder `.trails` in one workspace."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def plan(self, texts: Mapping[str, str], *, is_shared: bool = False) -> Plan:
        """
        What there is to do so that the folder holds these texts and nothing else of ours.

        Unless it `is_shared`, it gets a rule that keeps git from seeing it. Raises Conflict where `.trails` is no
        folder, Unavailable where it cannot be read.
        """
        wanted = {**texts, **({} if is_shared or not texts else {IGNORE: IGNORING})}
        try:
            found = {name: self._find(name) for name in wanted}
            ours = dict(self._ours())
        except OSError as problem:
            raise Unavailable(f"{FOLDER} cannot be read: {problem.strerror}. Nothing was written.") from None
        contents = {name: one.content for name, one in found.items() if one}
        here = {one.identity for one in found.values() if one}  # the same file may be there in other capitals
        kept = tuple(name for name, content in contents.items() if content is None)
        unchanged = tuple(name for name, content in contents.items() if content == wanted[name].encode())
        done = {*kept, *unchanged}
        return Plan(
            write={name: text for name, text in wanted.items() if name not in done},
            remove=tuple(name for name, one in ours.items() if name not in wanted and one.identity not in here),
            unchanged=unchanged,
            kept=kept,
        )

    def is_shared(self) -> bool:
        """Whether there is a map of ours that git is to see."""
        map_, ignoring = self._find(MAP), self._find(IGNORE)
        return bool(map_ and map_.content and not (ignoring and ignoring.content))

    def carry_out(self, plan: Plan) -> None:
        """
        Write and remove; a folder that is empty then goes too.

        Raises Unavailable where that fails: each file then holds what it held, or what it shall.
        """
        for name in sorted(plan.write, key=lambda name: (name != IGNORE, name)):  # git shall not see the others first
            with self._told(name):
                self._write(name, plan.write[name].encode())
        for name in sorted(plan.remove, key=lambda name: (name == IGNORE, name)):
            with self._told(name):
                self._remove(name)

    # ── what is there ────────────────────────────────────────────────────────────────────────────────────────────────
    def _find(self, name: str) -> _Found | None:
        """The file of this name; a link, a folder or a file in the way of its folder is somebody's."""
        folder, _, last = name.rpartition("/")
        try:
            with self._open(folder) as opened:
                return _look(last, opened)
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            return _Found(None, (0, 0))

    def _ours(self) -> Iterator[tuple[str, _Found]]:
        """The files of ours that are there, and what was left half written."""
        for start in ("", PAGES):
            with suppress(FileNotFoundError, NotADirectoryError), self._open(start) as opened:
                for above, folders, files, folder in os.fwalk(".", dir_fd=opened, follow_symlinks=False):
                    if not start:
                        folders.clear()  # but for that of the pages, what is in other folders is not ours
                        files = [name for name in files if name in (MAP, IGNORE) or name.startswith(UNFINISHED)]
                    for name in files:
                        found = _look(name, folder)
                        if found and (found.content is not None or name.startswith(UNFINISHED)):
                            yield os.path.normpath(f"{start}/{above}/{name}").lstrip("/"), found

    # ── what is done ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _write(self, name: str, content: bytes) -> None:
        folder, _, last = name.rpartition("/")
        with self._open(folder, make=True) as opened:
            unfinished = f"{UNFINISHED}{os.getpid()}-{threading.get_ident()}"
            try:
                with os.fdopen(os.open(unfinished, _WRITE_FLAGS, 0o666, dir_fd=opened), "wb") as file:
                    file.write(content)
                os.replace(unfinished, last, src_dir_fd=opened, dst_dir_fd=opened)
            except BaseException:
                with suppress(OSError):
                    os.unlink(unfinished, dir_fd=opened)
                raise

    def _remove(self, name: str) -> None:
        """Remove a file, and the folders above it that are empty then."""
        folder, _, last = name.rpartition("/")
        with suppress(FileNotFoundError), self._open(folder) as opened:  # somebody else was faster
            os.unlink(last, dir_fd=opened)
        with suppress(OSError):  # something else is in it
            while folder:
                above, _, last = folder.rpartition("/")
                with self._open(above) as opened:
                    os.rmdir(last, dir_fd=opened)
                folder = above
            (self._root / FOLDER).rmdir()

    @contextmanager
    def _open(self, folder: str, *, make: bool = False) -> Iterator[int]:
        """
        A folder inside `.trails`, opened part by part, and made where it is missing and that is wanted.

        Raises Conflict where `.trails` itself is a link or a file, NotADirectoryError where another part is.
        """
        opened = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                opened = _step_into(FOLDER, opened, make=make)
            except NotADirectoryError:
                raise Conflict(f"{FOLDER} is a link or a file here. Nothing was written; move it away.") from None
            for part in filter(None, folder.split("/")):
                opened = _step_into(part, opened, make=make)
            yield opened
        finally:
            os.close(opened)

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            raise Unavailable(
                f"{FOLDER}/{name} cannot be written: {problem.strerror}. What was there stays; mend that, and run "
                "`trails annotate` again."
            ) from None


def _step_into(part: str, above: int, *, make: bool) -> int:
    """The folder of this name in an open one, opened in its place; it is no link. Raises NotADirectoryError."""
    try:
        if make:
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=above)
        opened = os.open(part, _FOLDER_FLAGS, dir_fd=above)
    except OSError as problem:
        if problem.errno == errno.ELOOP:  # what some systems say of a link
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None
        raise
    os.close(above)
    return opened


def _look(name: str, folder: int) -> _Found | None:
    """What a name in an open folder is; None for nothing."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    identity = (found.st_dev, found.st_ino)
    if not stat.S_ISREG(found.st_mode):
        return _Found(None, identity)
    try:
        with os.fdopen(os.open(name, _READ_FLAGS, dir_fd=folder), "rb") as file:
            content = file.read(READ_LIMIT)
    except OSError:
        return _Found(None, identity)
    is_ours = not content or content.startswith(OURS)  # an empty one was cut off by a crash
    return _Found(content if is_ours else None, identity)
