"""
Files of other programs, changed together or not at all, and what they held before.

For each file that trails changed, the data folder keeps the bytes from before and the digest of what was written: a
file that nobody has changed since can be put back byte by byte.
"""

import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from trails import Conflict, Unavailable, door

RECORD = "record.json"


@dataclass(frozen=True, slots=True)
class Record:
    """
    What is known of a file that trails changed: what it `was` before (None: not there), and what was written.

    `made` are the folders that were made for it, the outermost first.
    """

    was: bytes | None
    written: str
    made: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What a file holds and what it shall hold, None where it is not there; `record` is kept from then on, if any."""

    path: Path
    before: bytes | None
    after: bytes | None
    record: Record | None = None


class Records:
    """The records in a data folder, one a file."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "connected"

    def find(self, path: Path) -> Record | None:
        try:
            told = json.loads((self._of(path) / RECORD).read_text())
            was = self.backup(path).read_bytes() if told["was_there"] else None
            return Record(was, told["written"], tuple(told["made"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def backup(self, path: Path) -> Path:
        """Where the bytes from before are."""
        return self._of(path) / path.name

    def put(self, path: Path, record: Record) -> None:
        """Keep a record, readable for this user only."""
        for folder in (self.folder.parent, self.folder, self._of(path)):
            door.make_private(str(folder))
        if record.was is not None:
            _write(self.backup(path), record.was, mode=0o600)
        told = {"path": str(path), "was_there": record.was is not None, "written": record.written, "made": record.made}
        _write(self._of(path) / RECORD, json.dumps(told, indent=2).encode(), mode=0o600)

    def forget(self, path: Path) -> None:
        shutil.rmtree(self._of(path), ignore_errors=True)

    def _of(self, path: Path) -> Path:
        return self.folder / hashlib.blake2b(os.fsencode(path), digest_size=8).hexdigest()


def digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def read(path: Path, *, inside: Path) -> bytes | None:
    """
    What a file holds; None where there is none and one can be made.

    Raises Conflict for what is no file of this folder (a folder, a link that leads out of it), Unavailable for what
    may not be read or written.
    """
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(os.path.realpath(inside)):
        raise Conflict(f"{path} leads out of {inside}, to {real}. Nothing was changed; make it a file of the folder.")
    try:
        found = real.stat()
    except FileNotFoundError:
        _check_holder(real)
        return None
    except NotADirectoryError:
        raise Conflict(f"{path.parent} is no folder. Nothing was changed; move it away.") from None
    if not stat.S_ISREG(found.st_mode):
        raise Conflict(f"{path} is no file. Nothing was changed; move it away.")
    if not os.access(real, os.R_OK | os.W_OK):
        raise Unavailable(f"{path} may not be read and written. Nothing was changed; mend its permissions.")
    _check_holder(real)
    return real.read_bytes()


def missing_folders(path: Path) -> tuple[str, ...]:
    """The folders to be made before a file can be written, the outermost first."""
    real = Path(os.path.realpath(path))
    return tuple(str(folder) for folder in reversed(real.parents) if not folder.exists())


def carry_out(changes: Sequence[Change], records: Records) -> None:
    """
    Write or remove every file; if one of them fails, all are as they were.

    Where a file is put back for good, the folders that had been made for it go too, if they are empty. Raises Conflict
    for a file that is not as it was read, Unavailable for one that cannot be written.
    """
    gone = [change.path for change in changes if change.record is None]
    made = {folder for path in gone if (record := records.find(path)) for folder in record.made}
    with _all_or_none() as undo:
        for change in changes:
            with _told(change.path):
                _note_down(change, records, undo)
                _replace(change, undo)
    for path in gone:
        records.forget(path)
    for folder in sorted(made, reverse=True):  # the innermost first
        with suppress(OSError):
            Path(folder).rmdir()


def _check_holder(real: Path) -> None:
    """Raise Unavailable if nothing can be written where a file is or belongs."""
    holder = next(folder for folder in real.parents if folder.exists())
    if not os.access(holder, os.W_OK | os.X_OK):
        raise Unavailable(f"{holder} may not be written to. Nothing was changed; mend its permissions.")


@contextmanager
def _all_or_none() -> Iterator[ExitStack]:
    """Steps back, taken in the other order unless everything inside went well."""
    with ExitStack() as undo:
        yield undo
        undo.pop_all()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, door.NoKeeper) as problem:
        raise Unavailable(f"{path} cannot be written: {problem}. Everything is as it was before.") from None


def _note_down(change: Change, records: Records, undo: ExitStack) -> None:
    earlier = records.find(change.path)
    if change.record is None or change.record == earlier:
        return
    if earlier is None:
        undo.callback(records.forget, change.path)
    else:
        undo.callback(records.put, change.path, earlier)
    records.put(change.path, change.record)


def _replace(change: Change, undo: ExitStack) -> None:
    """Write or remove one file, if it is still as it was read."""
    real = Path(os.path.realpath(change.path))
    now = real.read_bytes() if real.exists() else None
    if now != change.before:
        raise Conflict(f"{change.path} was changed just now by somebody else. Everything is as it was; try again.")
    if change.after == now:
        return
    for folder in missing_folders(real):
        Path(folder).mkdir()
        undo.callback(Path(folder).rmdir)
    mode = 0o666 & ~_umask()
    if now is None:
        undo.callback(real.unlink, missing_ok=True)
    else:
        mode = stat.S_IMODE(real.stat().st_mode)
        undo.callback(_write, real, now, mode=mode)
    if change.after is None:
        real.unlink()
    else:
        _write(real, change.after, mode=mode)


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Put a whole file in the place of another in one step, on the disk when this returns."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
