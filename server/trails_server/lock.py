"""
One keeper a data folder: the lock that it holds for life, and the socket that only the holder may make.
"""

import fcntl
import os
import socket
import time
from types import TracebackType

from trails import Conflict, Settings, Unavailable, door

LEAVING_S = 15.0  # how long to wait for a keeper that has closed its door and still finishes what it was asked
POLL_S = 0.02
BACKLOG = 128  # connections that may knock at once


class KeeperLock:
    """
    Holds the lock of a data folder while the context lasts, and removes the socket at its end.

    Raises Conflict, naming its process, when another keeper is there; Unavailable for a folder that is not the user's.
    """

    def __init__(self, settings: Settings) -> None:
        self._data_dir = str(settings.data_dir)
        self._path = settings.socket_path
        self._inode: int | None = None
        try:
            door.make_private(self._data_dir)
            door.make_private(str(settings.run_dir))
            self._lock = os.open(settings.run_dir / "keeper.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except (door.NoKeeper, OSError) as refusal:
            raise Unavailable(str(refusal)) from None

    def __enter__(self) -> "KeeperLock":
        try:
            self._take()
        except BaseException:
            os.close(self._lock)
            raise
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, str(os.getpid()).encode(), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close_door()
        os.close(self._lock)

    def open_door(self) -> socket.socket:
        """
        The listening socket; one that a dead keeper left behind is replaced, for we hold the lock.

        Raises Unavailable where none can be made.
        """
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.unlink(missing_ok=True)
            listening.bind(str(self._path))
            self._path.chmod(0o600)
            listening.listen(BACKLOG)
            self._inode = self._path.stat().st_ino
        except OSError as failure:
            listening.close()
            raise Unavailable(
                f"No socket can be made at {self._path}: {failure}. Check the folder, or set another."
            ) from None
        return listening

    def close_door(self) -> None:
        """Remove the socket, if it is still the one that we made: from now on a front finds no keeper."""
        if self._inode is not None and self._path.exists() and self._path.stat().st_ino == self._inode:
            self._path.unlink()
        self._inode = None

    def _take(self) -> None:
        patience = time.monotonic() + LEAVING_S
        while not self._try():
            if self._somebody_listens() or time.monotonic() > patience:
                holder = os.pread(self._lock, 20, 0).decode(errors="replace").strip() or "another process"
                raise Conflict(f"Keeper {holder} already looks after {self._data_dir}: ask that one, or end it first.")
            time.sleep(POLL_S)

    def _try(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _somebody_listens(self) -> bool:
        try:
            connection = door.connect(self._data_dir)
        except door.NoKeeper as refusal:
            raise Unavailable(str(refusal)) from None
        if connection is None:
            return False
        connection.close()
        return True
