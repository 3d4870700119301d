"""
How a front finds the keeper, starts it when there is none, and introduces itself.

Standard library only, and only its light parts: the relay imports this at every start of an agent, so no dataclasses,
pathlib or typing here (together they cost more than everything the relay does).
"""

import os
import sys
import time

from .version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from socket import socket
    from subprocess import Popen

PROTOCOL = 1
SOCKET_PATH_LIMIT = 100  # bytes; Linux takes 108, macOS 104, with the final NUL
START_TIMEOUT_S = 30.0
_ESCAPES = {code: f"\\u{code:04x}" for code in (*range(32), ord('"'), ord("\\"))}
PASSED_ON = (  # what the keeper learns of the process behind a connection
    "TRAILS_AGENT",
    "TRAILS_SESSION",
    "TRAILS_UNASKED",
    "CLAUDECODE",
    "CLAUDE_CODE_SESSION_ID",
    "CLAUDE_PROJECT_DIR",
)


class NoKeeper(Exception):
    """There is no keeper and none could be started; the message says why and what to do."""


def data_dir(environ: "os._Environ[str] | dict[str, str]") -> str:
    """The data folder that the environment names, or the platform's usual place."""
    if environ.get("TRAILS_DATA_DIR"):
        return os.path.abspath(os.path.expanduser(environ["TRAILS_DATA_DIR"]))
    if "PYTEST_CURRENT_TEST" in environ:
        raise NoKeeper("A test must set TRAILS_DATA_DIR: tests never touch a person's own notes.")
    if os.path.isabs(environ.get("XDG_DATA_HOME", "")):  # a relative one is to be ignored, says its specification
        return os.path.join(environ["XDG_DATA_HOME"], "trails")
    usual = "Library/Application Support/trails" if sys.platform == "darwin" else ".local/share/trails"
    return os.path.join(os.path.expanduser("~"), usual)


def run_dir(data_dir: str) -> str:
    """Where the socket and the lock of a data folder live: in it, or under /tmp where that path is too long."""
    inside = os.path.join(data_dir, "run")
    if len(os.fsencode(os.path.join(inside, "keeper.sock"))) <= SOCKET_PATH_LIMIT:
        return inside
    import zlib

    digest = zlib.crc32(os.fsencode(os.path.realpath(data_dir)))
    return f"/tmp/trails-{os.getuid()}-{digest:08x}"  # made 0700 and checked before use


def socket_path(data_dir: str) -> str:
    return os.path.join(run_dir(data_dir), "keeper.sock")


def log_path(data_dir: str) -> str:
    return os.path.join(data_dir, "keeper.log")


def make_private(folder: str) -> None:
    """Make a folder that only this user can enter; refuse one that somebody else made. Raises NoKeeper."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    found = os.lstat(folder)
    if found.st_uid != os.geteuid() or (found.st_mode & 0o170000) != 0o040000:
        raise NoKeeper(f"{folder} is not a folder of yours; remove it or set TRAILS_DATA_DIR.")
    if found.st_mode & 0o077:
        os.chmod(folder, 0o700)


def find_socket(data_dir: str) -> str:
    """The path of the keeper's socket, "" where there is none. Raises NoKeeper when it belongs to somebody else."""
    path = socket_path(data_dir)
    try:
        owner = os.lstat(path).st_uid
    except OSError:
        return ""
    if owner != os.geteuid():
        raise NoKeeper(f"{path} belongs to another user; remove it or set TRAILS_DATA_DIR.")
    return path


def connect(data_dir: str) -> "socket | None":
    """A connection to the running keeper, or None. Raises NoKeeper when the socket belongs to somebody else."""
    from socket import AF_UNIX, SOCK_STREAM, socket

    path = find_socket(data_dir)
    if not path:
        return None
    door = socket(AF_UNIX, SOCK_STREAM)
    try:
        door.connect(path)
        return door
    except OSError:
        door.close()
        return None


def connect_or_start(data_dir: str, timeout_s: float = START_TIMEOUT_S) -> "socket":
    """
    A connection to the keeper, which is started if it is not running.

    Of several fronts that find none at once, one starts it and the others wait. Raises NoKeeper when it does not
    come up in `timeout_s` seconds or leaves at once.
    """
    door = connect(data_dir)
    if door is not None:
        return door
    import fcntl

    make_private(data_dir)
    make_private(run_dir(data_dir))
    lock = os.open(os.path.join(run_dir(data_dir), "start.lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return connect(data_dir) or _start(data_dir, timeout_s)
    finally:
        os.close(lock)


def start_soon(data_dir: str) -> None:
    """Start a keeper without waiting for it: for whoever can do without this time. Of two at once one leaves again."""
    make_private(data_dir)
    make_private(run_dir(data_dir))
    _spawn(data_dir)


def _spawn(data_dir: str) -> "Popen[bytes]":
    import subprocess

    log = os.open(log_path(data_dir), os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "trails_server", "--data-dir", data_dir],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
        )
    finally:
        os.close(log)


def _start(data_dir: str, timeout_s: float) -> "socket":
    keeper = _spawn(data_dir)
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        door = connect(data_dir)
        if door is not None:
            return door
        if keeper.poll() is not None:
            raise NoKeeper(f"The keeper left at once: {_last_words(data_dir)} (more in {log_path(data_dir)})")
        time.sleep(0.01)
    raise NoKeeper(
        f"The keeper did not come up in {timeout_s:.0f} s; see {log_path(data_dir)}, or try `trails doctor`."
    )


def _last_words(data_dir: str) -> str:
    with open(log_path(data_dir), "rb") as log:
        log.seek(max(0, os.path.getsize(log_path(data_dir)) - 2000))
        lines = log.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no word in its log"


def _folder() -> str:
    """Where this process works; nothing when that folder was deleted under it."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return ""


def preface(purpose: str, environ: "os._Environ[str] | dict[str, str]") -> bytes:
    """
    The first line of a connection, as JSON: `purpose` is "mcp" (JSON-RPC follows), "ask" (verbs) or "hook" (an event).

    Written by hand: `json` takes longer to load than a hook takes for all else.
    """
    env = ", ".join(f"{_quoted(name)}: {_quoted(environ[name])}" for name in PASSED_ON if name in environ)
    told = (
        f'"trails": {PROTOCOL}, "for": {_quoted(purpose)}, "version": {_quoted(VERSION)}, "pid": {os.getpid()}, '
        f'"ppid": {os.getppid()}, "cwd": {_quoted(_folder())}, "env": {{{env}}}'
    )
    return f"{{{told}}}\n".encode(errors="backslashreplace")  # what is no UTF-8 comes as JSON's escapes


def _quoted(text: str) -> str:
    """A text as JSON."""
    return f'"{text.translate(_ESCAPES)}"'
