"""
What it costs to watch: a switch of branches and back, and a large tree. Through a real keeper, on real files.

    python benchmarks/watching.py            (or: make bench-watching)       about a minute on two cores
    python benchmarks/watching.py --files 500 --large 5000 --json out.json   quicker, and the figures as JSON

Two branches differ in every file; some files have notes, some of these are renamed on the other branch and some are
not there. The state is right once the store says of each file with a note what the folder holds. The watcher by itself
is measured in a process that has nothing else: no store, no model, no server. Memory and CPU are those of the process
that watches, never of git. Run it on a machine that does nothing else.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from trails.backends.remote_memory import RemoteMemory
from trails.following import Finding
from trails.notes import Head
from trails.watches import affordable_folders
from trails.workspace import FolderOnDisk

NOTED = 500  # files with a note
RENAMED, DELETED = 20, 20  # of these, on the other branch
FILES_A_FOLDER = 20
PATIENCE_S = 60.0
LOOK_S = 0.1
AFTERMATH_S = 3.0  # what is still done once the state is right counts too
GOALS = {
    "switch: state right after": (10.0, "s"),
    "switch: CPU": (5.0, "s"),
    "back: state right after": (10.0, "s"),
    "back: CPU": (5.0, "s"),
    "large tree: watched after": (15.0, "s"),
    "large tree: watched by a keeper after": (15.0, "s"),
    "large tree: a process that only watches": (150.0, "MB"),
    "large tree: more in the keeper": (150.0, "MB"),
}
GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "core.hooksPath=/dev/null")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2_000, help="files that differ between the branches")
    parser.add_argument("--large", type=int, default=50_000, help="files of the large tree")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--only-watch", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_watch:
        only_watch(options.only_watch)
        return
    with tempfile.TemporaryDirectory(prefix="trails-bench-") as folder:
        figures = measure_switch(Path(folder).resolve(), options.files)
    with tempfile.TemporaryDirectory(prefix="trails-bench-") as folder:
        figures |= measure_large(Path(folder).resolve(), options.large)
    Console().print(table(figures))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


def table(figures: dict[str, float]) -> Table:
    shown = Table("what", "measured", "goal", "")
    for name, value in figures.items():
        goal, unit = GOALS.get(name, (None, ""))
        is_met = "" if goal is None else "met" if value <= goal else "MISSED"
        shown.add_row(name, f"{value:,.2f}".removesuffix(".00"), "" if goal is None else f"≤ {goal:g} {unit}", is_met)
    return shown


# ── a switch of branches ─────────────────────────────────────────────────────────────────────────────────────────────
def measure_switch(folder: Path, files: int) -> dict[str, float]:
    """Seconds until the state is right, CPU seconds and events, for a switch of branches and for the way back."""
    project, database = folder / "project", folder / "data/trails.db"
    paths = [f"pkg{number // FILES_A_FOLDER}/m{number}.py" for number in range(files)]
    noted = paths[:: max(1, files // NOTED)][:NOTED]
    make_branches(project, paths, renamed=noted[:RENAMED], deleted=noted[-DELETED:])
    keeper = start_keeper(folder, project)
    for path in noted:
        keeper.lay(f"A note on {path}", files=[path])
    begin_watching(keeper)
    pid = keeper.ask("status")["pid"]
    figures: dict[str, float] = {"switch: files": files, "switch: files with notes": len(noted)}
    there = {branch: names_on(branch, noted) for branch in ("other", "main")}
    for name, branch in (("switch", "other"), ("back", "main")):
        cpu, events = cpu_s(pid), counted_events(database)
        git(project, "switch", "-q", branch)
        started = time.perf_counter()
        wait_until(lambda names=there[branch]: is_right(database, project, names))
        figures[f"{name}: state right after"] = time.perf_counter() - started
        time.sleep(AFTERMATH_S)
        figures[f"{name}: CPU"] = cpu_s(pid) - cpu
        figures |= {f"{name}: events {kind}": count for kind, count in (counted_events(database) - events).items()}
    keeper.retire()
    return figures


def make_branches(project: Path, paths: list[str], *, renamed: list[str], deleted: list[str]) -> None:
    """A repository on `main`; on `other` every file is different, renamed, or not there."""
    for number, path in enumerate(paths):
        file = project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text_of(number, "main"))
    git(project, "init", "-q", "-b", "main")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "main")
    git(project, "switch", "-q", "-c", "other")
    for number, path in enumerate(paths):
        if path in deleted:
            (project / path).unlink()
        elif path in renamed:
            (project / renamed_to(path)).parent.mkdir(exist_ok=True)
            (project / path).rename(project / renamed_to(path))
        else:
            (project / path).write_text(text_of(number, "other"))
    git(project, "add", "--all")
    git(project, "commit", "-q", "-m", "other")
    git(project, "switch", "-q", "main")


def text_of(number: int, branch: str) -> str:
    return "".join(f"def step_{number}_{line}():\n    return {number * line}  # {branch}\n\n" for line in range(20))


def renamed_to(path: str) -> str:
    return f"renamed/{path.rpartition('/')[2]}"


def names_on(branch: str, noted: list[str]) -> set[str]:
    """What the files with notes are called on a branch, those that are there."""
    if branch == "main":
        return set(noted)
    return {renamed_to(path) for path in noted[:RENAMED]} | set(noted[RENAMED:-DELETED])


def is_right(database: Path, project: Path, names: set[str]) -> bool:
    """Whether the store knows these files, each with what it holds, and no other one as there."""
    folder = FolderOnDisk(project)
    kept = asked(database, "SELECT path, digest FROM files WHERE present")
    return {path for path, _ in kept} == names and all(folder.digest(path) == digest for path, digest in kept)


def counted_events(database: Path) -> Counter[str]:
    return Counter(kind for (kind,) in asked(database, "SELECT kind FROM events"))


def asked(database: Path, statement: str) -> list[tuple]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(statement).fetchall()


# ── a large tree ─────────────────────────────────────────────────────────────────────────────────────────────────────
def measure_large(folder: Path, files: int) -> dict[str, float]:
    """Seconds until it is watched, watches, and megabytes, by a watcher alone and by a keeper that was there before."""
    project = folder / "project"
    for number in range(files):
        file = project / f"area{number // 1000}/part{number // FILES_A_FOLDER}/m{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"x = {number}\n")
    git(project, "init", "-q", "-b", "main")
    alone = [sys.executable, __file__, "--only-watch", str(project)]
    figures = json.loads(subprocess.run(alone, check=True, capture_output=True, text=True).stdout)
    small = folder / "small"
    git(small, "init", "-q")
    (small / "a.py").write_text("x = 1\n")
    before = measure_keeper(folder / "a", small, ["a.py"])
    noted = [f"area{n // 1000}/part{n // FILES_A_FOLDER}/m{n}.py" for n in range(0, files, max(1, files // NOTED))]
    after = measure_keeper(folder / "b", project, noted)
    figures["large tree: more in the keeper"] = after["memory"] - before["memory"]
    figures["large tree: watched by a keeper after"] = after["watched"]
    figures["large tree: CPU of the keeper"] = after["CPU"]
    return {"large tree: files": files, **figures, "large tree: watches allowed": affordable_folders()}


def measure_keeper(folder: Path, project: Path, noted: list[str]) -> dict[str, float]:
    """A keeper that starts with notes on these files: seconds until it watches, CPU seconds and megabytes then."""
    with start_keeper(folder, project) as keeper:
        for path in noted:
            keeper.lay(f"A note on {path}", files=[path])
        keeper.retire()
    with start_keeper(folder, project) as keeper:
        started = time.perf_counter()
        pid = keeper.connect()["pid"]
        begin_watching(keeper)
        watched = time.perf_counter() - started
        time.sleep(AFTERMATH_S)
        figures = {"watched": watched, "CPU": cpu_s(pid), "memory": memory_mb(pid)}
        keeper.retire()
    return figures


def only_watch(project: Path) -> None:
    """Watch a tree and nothing else; prints what that took."""
    started = time.perf_counter()
    from trails.watcher import Watcher

    names = {path: "" for number, (path, _) in enumerate(FolderOnDisk(project).files()) if number < NOTED}
    watcher = Watcher(project, Silent(names))
    watcher.start()
    watcher.ready.wait()
    figures = {
        "large tree: watched after": time.perf_counter() - started,
        "large tree: CPU": time.process_time(),
        "large tree: a process that only watches": memory_mb(os.getpid()),
        "large tree: watches": watches_of(os.getpid()),
    }
    watcher.stop()
    print(json.dumps(figures))


class Silent:
    """A listener that knows some files and keeps nothing."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def known_files(self) -> dict[str, str]:
        return self._names

    def saw(self, findings: Sequence[Finding], head: Head) -> None: ...


# ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────────
def start_keeper(folder: Path, project: Path) -> RemoteMemory:
    os.environ |= {"TRAILS_DATA_DIR": str(folder / "data"), "TRAILS_MODEL": "none", "TRAILS_WATCH": "yes"}
    return RemoteMemory(folder / "data", cwd=project, agent="bench")


def begin_watching(keeper: RemoteMemory) -> None:
    keeper.ask("watch_now")
    wait_until(lambda: keeper.ask("status")["watcher"]["state"] == "watching")


def git(project: Path, *arguments: str) -> None:
    project.mkdir(exist_ok=True)
    subprocess.run([*GIT, *arguments], cwd=project, check=True, capture_output=True)


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it does not come to pass"
        time.sleep(LOOK_S)


def cpu_s(pid: int) -> float:
    spent = psutil.Process(pid).cpu_times()
    return spent.user + spent.system


def memory_mb(pid: int) -> float:
    return psutil.Process(pid).memory_info().rss / 2**20


def watches_of(pid: int) -> int:
    """How many folders a process has inotify watches on."""
    notifiers = [link for link in Path(f"/proc/{pid}/fd").iterdir() if "inotify" in os.path.realpath(link)]
    return sum(Path(f"/proc/{pid}/fdinfo/{link.name}").read_text().count("inotify wd:") for link in notifiers)


if __name__ == "__main__":
    main()
