"""
Whether notes are still found after their files moved, with a keeper that watches and with one that was off meanwhile.

    python benchmarks/rename.py REPOSITORY REPOSITORY …      (or: make bench-rename REPOS="…")
    python benchmarks/rename.py REPOSITORY --quick           a few commits and a few made-up moves

Any git repositories do, bare ones and checkouts. Of each, commits that renamed or deleted files are drawn with a fixed
seed; the files are checked out as they were before the commit, notes are laid on some of them, and then the commit is
checked out. On the newest files, folders are moved, files are saved as editors do it and swapped, none of it committed.
Everything is done twice: under the eyes of the real watcher, and between two looks of one that was off.

The truth of a commit is what `git log --find-renames=50%` says of it: where a file went, and which files were deleted
with nothing like them being added; to say that one of those moved is false, as is any other name than the true one.
Of files that hold the same and are moved together git pairs any with any, so any is right.
Left out are empty files, links, and what is ignored. A note is found when recall for the new name gives it.

Beside it stand two ways to do without: the path as a plain key, and git's search for renames alone, to which everything
is shown as if it were committed at once.
"""

import argparse
import contextlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from moving import (
    FOLDERS,
    HISTORY,
    SAVES,
    SWAPS,
    Case,
    Checkout,
    commit_case,
    deleting_commits,
    made_up_cases,
    read_commit,
)
from rich.console import Console
from rich.table import Table

from trails import Anchor, Author, Draft, FolderOnDisk, Memory, Question, Settings, Watcher, open_memory
from trails.tracking import Tracker

COMMITS, QUICK_COMMITS = 20, 3  # of each repository that renamed files, and half as many that only deleted some
MADE_UP, QUICK_MADE_UP = {FOLDERS: 100, SAVES: 50, SWAPS: 50}, {FOLDERS: 6, SAVES: 3, SWAPS: 3}  # of all together
SETTLE_S = 0.3  # a keeper waits for two seconds: here a burst may be taken for over too early, never too late
PATIENCE_S = 30.0
AUTHOR = Author("ada", "benchmark")
WATCHED, OFF, PLAIN, GIT = "watching", "off meanwhile", "plain path", "git alone"
WAYS = (WATCHED, OFF, PLAIN, GIT)
LAST = "trails-benchmark-last"
ALL = "all"
KINDS = (HISTORY, FOLDERS, SAVES, SWAPS, ALL)

Names = dict[str, str]
"""What each file is said to be called after the act, by its name before; those said to be gone are left out."""


@dataclass(slots=True)
class Tally:
    """How many notes were to be found and were, and how many moves were told and were none."""

    notes: int = 0
    found: int = 0
    moves: int = 0
    false: int = 0
    wrong: list[str] = field(default_factory=list)
    """What was missed or false, in words."""

    def add(self, other: "Tally") -> None:
        self.notes += other.notes
        self.found += other.found
        self.moves += other.moves
        self.false += other.false


@dataclass(slots=True)
class Figures:
    """The tallies by what happened and by who was asked, and what could not be measured."""

    tallies: dict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    cases: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, kind: str, tallies: Mapping[str, Tally]) -> None:
        for way, tally in tallies.items():
            for total in (kind, ALL):
                self.tallies[total, way].add(tally)

    def add_all(self, other: "Figures") -> None:
        self.cases += other.cases
        self.left_out += other.left_out
        self.wrong += other.wrong
        for key, tally in other.tallies.items():
            self.tallies[key].add(tally)

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON."""
        tallies = {kind: {way: asdict(self.tallies[kind, way]) for way in WAYS} for kind in KINDS}
        return {"cases": self.cases, "left_out": self.left_out, "tallies": tallies, "wrong": self.wrong}


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Trial:
    """One case, tried in a workspace of its own."""

    memory: Memory
    checkout: Checkout
    workspace: str
    case: Case

    def watched(self) -> Tally:
        """The keeper runs all the time."""
        with self._laid() as notes:
            last = self.checkout.root / f"{LAST}-1"
            last.write_text(f"{self.workspace}\n")
            self.memory.lay(self.workspace, Draft("Last", anchors=(Anchor(last.name),)), AUTHOR, folder=self._folder())
            watcher = self._watcher(settle_s=SETTLE_S)
            watcher.start()
            try:
                watcher.ready.wait(PATIENCE_S)
                self.case.act()
                last.rename(last.with_name(f"{LAST}-2"))  # told no sooner than what was before
                _wait_until(lambda: bool(self.memory.store.files_at(self.workspace, [f"{LAST}-2"])))
            finally:
                watcher.stop()
            return self._tally(notes)

    def off(self) -> Tally:
        """The keeper looks, leaves, and looks again after the act."""
        with self._laid() as notes:
            self._watcher().reconcile()
            self.case.act()
            self._watcher().reconcile()
            return self._tally(notes)

    def baselines(self) -> dict[str, Tally]:
        """What the plain path and git's own search for renames would find."""
        self.case.prepare()
        self.case.act()
        renames = _renames_in_git(self.checkout, self.before)
        folder = self._folder()
        paths = [path for path in self.case.truth if folder.exists(path)]
        plain = {path: path for path in paths}
        return {PLAIN: self._score(plain), GIT: self._score({**plain, **renames})}

    @property
    def before(self) -> str:
        self.case.prepare()
        commit = self.checkout.git("rev-parse", "HEAD").strip()
        self.case.act()
        return commit

    @contextlib.contextmanager
    def _laid(self) -> Iterator[dict[str, str]]:
        """The notes on the files of the case, by path."""
        self.case.prepare()
        folder = self._folder()
        yield {
            path: self.memory.lay(
                self.workspace, Draft(f"About {path}"[:100], anchors=(Anchor(path),)), AUTHOR, folder=folder
            ).note_id
            for path in self.case.truth
        }

    def _watcher(self, **options: Any) -> Watcher:
        clues = self.memory.clues(self.workspace, self.checkout.root)
        tracker: Tracker = self.memory.tracker(self.workspace)
        return Watcher(self.checkout.root, tracker, clues=clues, **options)

    def _tally(self, notes: dict[str, str]) -> Tally:
        known = {name.file_id: name for name in self.memory.store.files_under(self.workspace)}
        said = {}
        for path, note_id in notes.items():
            (anchor,) = self.memory.get_note(self.workspace, note_id).anchors
            if known[anchor.file_id].present:
                said[path] = known[anchor.file_id].path
        found = {path for path, name in said.items() if self._is_found(name, notes[path])}
        return self._score(said, found)

    def _is_found(self, path: str, note_id: str) -> bool:
        hits = self.memory.recall(self.workspace, Question(files=(path,), limit=3), AUTHOR, folder=self._folder()).hits
        return any(hit.note.id == note_id and hit.note.anchors[0].path == path for hit in hits)

    def _score(self, said: Names, found: set[str] | None = None) -> Tally:
        truth = self.case.truth
        likely = truth.keys() if found is None else found
        found = {path for path in likely if path in said and self._is_right(path, said[path])}
        counted = [path for path, new in truth.items() if new and (new != path or self.case.kind == SAVES)]
        moves = [path for path in truth if said.get(path, path) != path]
        return Tally(
            notes=len(counted),
            found=sum(path in found for path in counted),
            moves=len(moves),
            false=sum(not self._is_right(path, said[path]) for path in moves),
            wrong=[
                f"{path} is {truth[path] or 'gone'}, told: {said.get(path, 'gone')}"
                for path in truth
                if (path in moves and not self._is_right(path, said[path])) or (path in counted and path not in found)
            ],
        )

    def _is_right(self, path: str, name: str) -> bool:
        """Whether a file is called so; of files that a commit moved and that hold the same, git takes any."""
        true = self.case.truth[path]
        if name == true or true is None or self.case.kind != HISTORY:
            return name == true
        folder = self._folder()
        return folder.digest(name) is not None and folder.digest(name) == folder.digest(true)

    def _folder(self) -> FolderOnDisk:
        return FolderOnDisk(self.checkout.root)


def _renames_in_git(checkout: Checkout, before: str) -> Names:
    """The renames between a commit and the files as they are, as if all of them were committed."""
    index = str(checkout.root / ".git/benchmark-index")
    Path(index).unlink(missing_ok=True)
    checkout.git("add", "--all", "--force", GIT_INDEX_FILE=index)
    told = checkout.git(
        "diff-index", "--cached", "--name-status", "-z", "--find-renames=50%", "-l1000", "--diff-filter=R", before,
        GIT_INDEX_FILE=index,
    )  # fmt: skip
    tokens = told.split("\0")
    return dict(zip(tokens[1::3], tokens[2::3], strict=False))


def _wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError("the watcher told nothing")
        time.sleep(0.02)


# ── measuring ────────────────────────────────────────────────────────────────────────────────────────────────────────
def measure(repository: Path, commits: int, made_up: dict[str, int], seed: int) -> Figures:
    """The figures of one repository."""
    chance = random.Random(f"{seed} {repository.parent.name}/{repository.name}")
    figures = Figures()
    with tempfile.TemporaryDirectory(prefix="trails-rename-") as folder:
        checkout = Checkout(Path(folder) / "checkout", repository)
        checkout.make()
        memory = open_memory(Settings(data_dir=Path(folder) / "data", principal="ada", model="none"))
        try:
            for number, case in enumerate(_cases(checkout, commits, made_up, chance, figures)):
                _try(memory, checkout, f"w-{number}", case, figures)
        finally:
            memory.close()
    return figures


def _cases(
    checkout: Checkout, commits: int, made_up: dict[str, int], chance: random.Random, figures: Figures
) -> Iterator[Case]:
    left = {True: commits, False: -(-commits // 2)}  # whether it renamed files
    found = deleting_commits(checkout)
    for commit_id, parent in chance.sample(found, len(found)):
        if not any(left.values()):
            break
        try:
            commit = read_commit(checkout, commit_id, parent)
            if not left[bool(commit.renamed)]:
                continue
            case = commit_case(checkout, commit, chance)
        except subprocess.CalledProcessError:
            figures.left_out += 1  # a mirror need not have every file of every commit
            continue
        if case.truth:
            left[bool(commit.renamed)] -= 1
            yield case
    yield from made_up_cases(checkout, made_up, chance)


def _try(memory: Memory, checkout: Checkout, workspace: str, case: Case, figures: Figures) -> None:
    try:
        watched = Trial(memory, checkout, f"{workspace}-watched", case).watched()
        off = Trial(memory, checkout, f"{workspace}-off", case).off()
        tallies = {WATCHED: watched, OFF: off, **Trial(memory, checkout, workspace, case).baselines()}
    except subprocess.CalledProcessError:
        figures.left_out += 1
        return
    figures.cases.update((case.kind, ALL))
    figures.add(case.kind, tallies)
    figures.wrong += [f"{checkout.of}: {way}: {told}" for way in (WATCHED, OFF) for told in tallies[way].wrong]


def shares(number: int, parts: int) -> list[int]:
    """A number in so many nearly equal parts."""
    return [number // parts + (place < number % parts) for place in range(parts)]


def measure_all(repositories: list[Path], *, quick: bool, seed: int, workers: int) -> Figures:
    """The figures of all repositories together."""
    kinds = QUICK_MADE_UP if quick else MADE_UP
    made_up = [
        {kind: shares(number, len(repositories))[place] for kind, number in kinds.items()}
        for place in range(len(repositories))
    ]
    total = Figures()
    with ProcessPoolExecutor(max_workers=workers) as pool:
        commits = QUICK_COMMITS if quick else COMMITS
        running = [
            pool.submit(measure, repository, commits, part, seed)
            for repository, part in zip(repositories, made_up, strict=True)
        ]
        for repository, future in zip(repositories, running, strict=True):
            total.add_all(future.result())
            print(f"{repository}: done", file=sys.stderr)
    return total


# ── telling ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def tell(figures: Figures, console: Console) -> None:
    for title, share in (("Notes found from the new name", _found), ("Moves told that were none", _false)):
        table = Table(title=title, title_justify="left")
        for name in ("", "cases", *WAYS):
            table.add_column(name, justify="left" if not name else "right")
        for kind in KINDS:
            table.add_row(kind, str(figures.cases[kind]), *(share(figures.tallies[kind, way]) for way in WAYS))
        console.print(table)
    if figures.left_out:
        console.print(f"{figures.left_out} commits could not be checked out and were left out.")


def _found(tally: Tally) -> str:
    return f"{tally.found / tally.notes:.1%} of {tally.notes}" if tally.notes else "-"


def _false(tally: Tally) -> str:
    return f"{tally.false / tally.moves:.2%} of {tally.moves}" if tally.moves else "-"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path, help="git repositories, bare ones or checkouts")
    parser.add_argument("--quick", action="store_true", help="a few commits and made-up moves")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    parser.add_argument("--workers", type=int, default=2, help="repositories at a time")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    asked = parser.parse_args()
    if missing := [str(place) for place in asked.repositories if not place.is_dir()]:
        print(f"rename: there is no repository at {', '.join(missing)}.", file=sys.stderr)
        return 2
    try:
        figures = measure_all(asked.repositories, quick=asked.quick, seed=asked.seed, workers=asked.workers)
    except subprocess.CalledProcessError as problem:
        print(f"rename: git says: {problem.stderr or problem}", file=sys.stderr)
        return 2
    tell(figures, Console())
    if asked.json:
        asked.json.write_text(json.dumps(figures.to_json(), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
