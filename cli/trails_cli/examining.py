"""
What `trails doctor` looks at, and when it finds something wrong.
"""

import os
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trails import Settings, TrailsError, __version__
from trails.backends.remote_memory import Answer, RemoteMemory

SQLITE_WITHOUT_RESET_BUG = (3, 51, 3)
"""Before it, two connections that write or checkpoint one file at the same instant may, very rarely, damage it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is as it should be, and what there is to say."""

    name: str
    ok: bool
    words: str

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def examine(settings: Settings, keeper: RemoteMemory) -> list[Finding]:
    """Everything that can be looked at; without a keeper, only what can be seen from outside."""
    findings = [_sqlite()]
    try:
        hello = keeper.connect()
        findings += [_keeper(hello), *_folders(settings)]
        status = keeper.ask("status")
        findings += [_model(status), _store(status), _index(status), _watcher(status), _http(status)]
        if status["workspace"]["root"]:  # there is nothing to audit in a home folder
            findings.append(_audit(keeper.ask("audit")))
    except TrailsError as problem:
        findings.append(Finding("keeper", ok=False, words=f"{problem} Its log: {settings.log_path}"))
    return findings


def _sqlite() -> Finding:
    words = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < SQLITE_WITHOUT_RESET_BUG:
        words += ": before 3.51.3 two writers could damage a file; the keeper has one, and no other program may write"
    return Finding("sqlite", ok=True, words=words)


def _keeper(hello: Answer) -> Finding:
    words = f"version {hello['version']}, process {hello['pid']}"
    if hello["version"] != __version__:
        return Finding(
            "keeper", ok=False, words=f"{words}, and this command is {__version__}: run `trails serve --stop`"
        )
    return Finding("keeper", ok=True, words=words)


def _folders(settings: Settings) -> Iterator[Finding]:
    """The permissions of what holds notes: nobody else may enter, read or write."""
    token = (settings.token_path,) if settings.token_path.exists() else ()  # made when it is first needed
    for path in (settings.data_dir, settings.run_dir, settings.socket_path, settings.log_path, *token):
        yield _private(path)


def _private(path: Path) -> Finding:
    try:
        found = path.lstat()
    except OSError as problem:
        return Finding("files", ok=False, words=f"{path}: {problem.strerror}")
    if found.st_uid != os.geteuid():
        return Finding(
            "files", ok=False, words=f"{path} belongs to somebody else: set TRAILS_DATA_DIR to a folder of yours"
        )
    if stat.S_IMODE(found.st_mode) & 0o077:
        return Finding("files", ok=False, words=f"{path} is open to others: chmod go= {path}")
    return Finding("files", ok=True, words=f"{path} is yours alone")


def _model(status: Answer) -> Finding:
    model = status["model"]
    words = f"{model['name']}: {model['state']}"
    if model["state"] == "off":
        words += " (notes are found by words and files, not by meaning)"
    return Finding("model", ok=model["state"] != "failed", words=f"{words} {model['reason']}".strip())


def _store(status: Answer) -> Finding:
    counts = ", ".join(f"{count} {name}" for name, count in status["counts"].items())
    return Finding("store", ok=True, words=f"{counts} in {status['workspace']['root'] or 'all workspaces'}")


def _index(status: Answer) -> Finding:
    index, pending = status["index"], status["counts"].get("pending", 0)
    waits = f"{pending} notes wait to be indexed" if pending else "holds every note"
    stuck = index["state"] != "working" or (pending and index["caught_up"] and status["model"]["state"] == "ready")
    words = f"{waits}: {index['state']} {index['reason']}".strip()
    return Finding("index", ok=not stuck, words=f"{words}; `trails reindex` builds it anew" if stuck else words)


def _watcher(status: Answer) -> Finding:
    watcher = status["watcher"]
    return Finding("watcher", ok=True, words=f"{watcher['state']} {watcher['reason']}".strip())


def _http(status: Answer) -> Finding:
    http = status["http"]
    words = " ".join(part for part in (http["state"], http["url"], http["reason"]) if part)
    return Finding("http", ok=http["state"] != "failed", words=words)


def _audit(said: Answer) -> Finding:
    if said["missing"]:
        words = f"{said['missing']} of {said['asked']} notes are missing from the index: run `trails reindex`"
        return Finding("audit", ok=False, words=words)
    return Finding("audit", ok=True, words=f"asked the index for {said['asked']} of its notes, and found them all")
