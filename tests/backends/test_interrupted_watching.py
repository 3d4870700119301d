"""A watcher that is killed at any point, and started again, comes to know the same as one that lives on."""

import multiprocessing
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.backends import watching_victim
from tests.backends.store_world import HERE
from tests.backends.watching import PATIENCE_S, write
from tests.conftest import SOAKS
from trails.anchors import fingerprint
from trails.backends.sql_store import SqlStore, open_sql_store
from trails.bootstrap import new_id, now_utc
from trails.events import Laid
from trails.fold import fold
from trails.notes import Anchor, Author, Kind
from trails.recording import Recorder
from trails.workspace import FolderOnDisk

SEEDS = 20 if SOAKS else 3
STEPS = 30
KILLED = 0.25  # the chance of it, after each step
STARTED = 0.6  # the chance that work goes on only when the next one watches, not while it starts
ALL = 100_000
FILES = 8
PAUSES_S = (0.0, 0.0, 0.005, 0.02, 0.05, 0.1)  # some shorter than a look, some longer than it takes to settle


@dataclass
class Person:
    """Somebody who edits, renames and deletes files, and knows what each is called: "" for one that is deleted."""

    root: Path
    luck: random.Random
    names: dict[str, str] = field(default_factory=dict)
    made: int = 0

    def begin(self) -> None:
        for number in range(FILES):
            path = f"src{number % 3}/m{number}.py"
            write(self.root, path, "".join(f"file {number} line {line}\n" for line in range(40)))
            self.names[f"id of {number}"] = path

    def do_something(self) -> None:
        file_id = self.luck.choice([one for one, path in self.names.items() if path])
        file = self.root / self.names[file_id]
        ways = {self.edit: 6, self.save_over: 4, self.rename: 4, self.rename_folder: 1, self.delete: 0.3}
        (do,) = self.luck.choices(list(ways), list(ways.values()))
        do(file_id, file)

    def edit(self, file_id: str, file: Path) -> None:
        with file.open("a") as opened:
            opened.write(f"edit {self.number()}\n")

    def save_over(self, file_id: str, file: Path) -> None:
        write(self.root, f"{self.names[file_id]}.tmp", f"{file.read_text()}edit {self.number()}\n").replace(file)

    def rename(self, file_id: str, file: Path) -> None:
        folder = Path(self.luck.choice([path for path in self.names.values() if path])).parent
        self.names[file_id] = f"{folder}/n{self.number()}.py"
        file.rename(self.root / self.names[file_id])

    def rename_folder(self, file_id: str, file: Path) -> None:
        old, new = Path(self.names[file_id]).parent, f"folder{self.number()}"
        (self.root / old).rename(self.root / new)
        moved = {one: path for one, path in self.names.items() if path and Path(path).parent == old}
        self.names |= {one: f"{new}/{Path(path).name}" for one, path in moved.items()}

    def delete(self, file_id: str, file: Path) -> None:
        file.unlink()
        self.names[file_id] = ""

    def number(self) -> int:
        self.made += 1
        return self.made


class Victim:
    """A watcher in a process of its own."""

    def __init__(self, root: Path, database: Path) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([watching_victim.__name__])
        self.ready = context.Event()
        self.process = context.Process(target=watching_victim.watch, args=(root, database, self.ready), daemon=True)
        self.process.start()

    def wait_until_ready(self) -> None:
        assert self.ready.wait(PATIENCE_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


def known(store: SqlStore) -> dict[str, tuple[str, bool, str]]:
    """What the log says of each file: its name, whether it is there, and what it holds."""
    _, states = fold(event for _, event in store.events_of(HERE, limit=ALL))
    return {state.file_id: (state.path, state.present[1], state.digest[1]) for state in states.values()}


def true_of(person: Person) -> dict[str, tuple[str, bool, str]]:
    folder = FolderOnDisk(person.root)
    return {file_id: (path, True, folder.digest(path) or "") for file_id, path in person.names.items() if path}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_fold_ends_the_same_however_often_the_watcher_is_killed(root, database, seed):
    luck = random.Random(seed)
    person = Person(root, luck)
    person.begin()
    store = open_sql_store(database, now_utc)
    recorder = Recorder(store, now_utc, new_id)
    folder = FolderOnDisk(root)
    for number, (file_id, path) in enumerate(person.names.items()):
        anchor = Anchor(path, file_id=file_id, fingerprint=fingerprint(folder.lines(path) or ()))
        recorder.append(HERE, Author("ada"), [Laid(f"note {number}", Kind.OBSERVATION, "A note", anchors=(anchor,))])
    watching_victim.watcher_of(root, store).reconcile()

    victim = Victim(root, database)
    victim.wait_until_ready()
    for _ in range(STEPS):
        person.do_something()
        victim.process.join(luck.choice(PAUSES_S))
        if luck.random() < KILLED:
            victim.kill()
            victim = Victim(root, database)
            if luck.random() < STARTED:
                victim.wait_until_ready()
    victim.kill()
    watching_victim.watcher_of(root, store).reconcile()  # as the next keeper does when it starts

    told, true = known(store), true_of(person)
    store.close()
    assert {file_id: told[file_id] for file_id in true} == true
    assert {file_id for file_id, (_, is_there, _) in told.items() if is_there} == set(true)
