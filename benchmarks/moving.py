"""
What happens to files between two looks: commits of real histories, and moves, saves and swaps that are made up.

Each case has files that notes are laid on, an act, and the truth: which name each of the files has after it, None for
one that is gone. For a commit the truth is what git says of it (renames of at least half of a file), so no case counts
where git itself does not know.
"""

import os
import random
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trails.workspace import FolderOnDisk

RENAMED, DELETED, KEPT = 20, 10, 5  # files a commit that notes are laid on, at most
FILES_A_FOLDER = 40  # a larger folder is not moved
NOTED_A_FOLDER = 10
LEAST_CHARACTERS = 40  # a shorter file is not edited or swapped: it has no content that tells it from others
HISTORY, FOLDERS, SAVES, SWAPS = "history", "folders moved", "saves", "swaps"

NEWEST = "refs/benchmark/newest"
"""The commit that a repository showed when it was cloned."""

Truth = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Case:
    """Files to lay notes on, what happens to them, and what they are called after it."""

    kind: str
    truth: Truth
    act: Callable[[], None]
    prepare: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout of our own of a git repository, which stays as it is."""

    root: Path
    of: Path

    def make(self) -> None:
        """Raises CalledProcessError for what is no repository."""
        subprocess.run(
            ["git", "clone", "--quiet", "--shared", "--no-checkout", str(self.of.resolve()), str(self.root)],
            check=True,
            capture_output=True,
        )
        self.git("update-ref", NEWEST, "HEAD")

    def git(self, *words: str, **variables: str) -> str:
        done = subprocess.run(
            ["git", "-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false", *words],
            cwd=self.root,
            env={**os.environ, **variables},
            check=True,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
        )
        return done.stdout

    def show(self, commit: str) -> None:
        """Make the files those of a commit, and nothing else."""
        self.git("checkout", "--quiet", "--force", "--detach", commit)
        self.git("clean", "--quiet", "--force", "-d", "-x")

    def go(self, commit: str) -> None:
        """What a person does to see another commit."""
        self.git("checkout", "--quiet", "--detach", commit)


# ── commits ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(slots=True)
class Commit:
    """What git says of one commit: renames, and files that it deleted without anything like them being added."""

    id: str
    parent: str
    renamed: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)


def deleting_commits(checkout: Checkout, revision: str = NEWEST) -> list[tuple[str, str]]:
    """The commits with one parent after which a path was no longer there, newest first, each with that parent."""
    told = checkout.git(
        *("log", "--no-merges", "--format=%H %P", "--no-renames", "--diff-filter=D", "--no-patch", revision)
    )
    pairs = (line.split() for line in told.splitlines())
    return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]


def read_commit(checkout: Checkout, commit_id: str, parent: str) -> Commit:
    """What git says of one commit. Raises CalledProcessError where it lacks some of the files."""
    commit = Commit(commit_id, parent)
    raw = checkout.git(
        *("diff-tree", "-r", "--raw", "--no-abbrev", "-z", "--find-renames=50%", "-l1000", "--diff-filter=RD"),
        *(parent, commit_id),
    )
    tokens = iter(raw.split("\0"))
    for token in tokens:
        if not token.startswith(":"):
            continue
        before, after, blob, _, status = token[1:].split()
        old = next(tokens)
        new = next(tokens) if status.startswith("R") else ""
        if not before.startswith("100") or blob == EMPTY_BLOB or (new and not after.startswith("100")):
            continue  # a link, a submodule, or an empty file, which git takes for any other
        if new:
            commit.renamed[old] = new
        else:
            commit.deleted.append(old)
    return commit


EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def commit_case(checkout: Checkout, commit: Commit, chance: random.Random) -> Case:
    """One commit as a case, with notes on some of the files that it moved, deleted and left alone."""
    checkout.show(commit.parent)
    disk = FolderOnDisk(checkout.root)
    usable = {path for path, size in disk.files() if size}
    renamed = [old for old in sorted(commit.renamed) if old in usable and not disk.is_ignored(commit.renamed[old])]
    deleted = [path for path in commit.deleted if path in usable]
    kept = sorted(usable - commit.renamed.keys() - set(commit.deleted))
    truth: dict[str, str | None] = {path: path for path in _some(kept, KEPT, chance)}
    truth |= {path: commit.renamed[path] for path in _some(renamed, RENAMED, chance)}
    truth |= dict.fromkeys(_some(deleted, DELETED, chance))
    return Case(HISTORY, truth, lambda: checkout.go(commit.id), lambda: checkout.show(commit.parent))


# ── what is made up ──────────────────────────────────────────────────────────────────────────────────────────────────
def made_up_cases(checkout: Checkout, kinds: Mapping[str, int], chance: random.Random) -> Iterator[Case]:
    """So many cases of each kind on the newest files of a repository."""
    for kind, number in kinds.items():
        made = (MAKERS[kind](checkout, chance) for _ in range(number))
        yield from (case for case in made if case is not None)


def _folder_moved(checkout: Checkout, chance: random.Random) -> Case | None:
    """A folder gets another name, or goes into another one; in every third case some of its files are edited too."""
    checkout.show(NEWEST)
    paths = _texts(checkout, 1)
    folders: dict[str, list[str]] = {}
    for path in paths:
        for folder in (parent.as_posix() for parent in Path(path).parents if parent.name):
            folders.setdefault(folder, []).append(path)
    small = sorted(folder for folder, inside in folders.items() if 2 <= len(inside) <= FILES_A_FOLDER)
    if not small:
        return None
    folder = chance.choice(small)
    name = f"{Path(folder).name}_{chance.choice(('new', 'core', 'impl', 'v2'))}"
    target = chance.choice([f"{Path(folder).parent.as_posix()}/{name}", f"moved/{name}", f"{name}/inner"])
    target = Path(target).as_posix()
    noted = _some(folders[folder], NOTED_A_FOLDER, chance)
    edited = [path for path in noted if chance.random() < 0.5] if chance.random() < 1 / 3 else []

    def act() -> None:
        (checkout.root / target).parent.mkdir(parents=True, exist_ok=True)
        (checkout.root / folder).rename(checkout.root / target)
        for path in edited:
            _edit(checkout.root / (target + path[len(folder) :]))

    truth = {path: target + path[len(folder) :] for path in noted}
    return Case(FOLDERS, truth, act, lambda: checkout.show(NEWEST))


def _saved(checkout: Checkout, chance: random.Random) -> Case | None:
    """A file is edited and saved as some editor does it."""
    checkout.show(NEWEST)
    path = chance.choice(_texts(checkout, LEAST_CHARACTERS))
    save = chance.choice(SAVES_AS)

    def act() -> None:
        save(checkout.root / path)

    return Case(SAVES, {path: path}, act, lambda: checkout.show(NEWEST))


def _swapped(checkout: Checkout, chance: random.Random) -> Case | None:
    """Two files get each other's names."""
    checkout.show(NEWEST)
    one, other = chance.sample(_texts(checkout, LEAST_CHARACTERS), 2)

    def act() -> None:
        aside = checkout.root / f"{one}.aside"
        (checkout.root / one).rename(aside)
        (checkout.root / other).rename(checkout.root / one)
        aside.rename(checkout.root / other)

    return Case(SWAPS, {one: other, other: one}, act, lambda: checkout.show(NEWEST))


MAKERS = {FOLDERS: _folder_moved, SAVES: _saved, SWAPS: _swapped}


def _in_place(file: Path) -> None:
    _edit(file)


def _over_by_renaming(file: Path) -> None:
    new = file.with_name(f".{file.name}.tmp")
    new.write_bytes(file.read_bytes())
    _edit(new)
    new.replace(file)


def _like_vim(file: Path) -> None:
    backup = file.rename(file.with_name(file.name + "~"))
    file.write_bytes(backup.read_bytes())
    _edit(file)
    backup.unlink()


def _keeping_a_backup(file: Path) -> None:
    backup = file.rename(file.with_name(file.name + ".bak"))
    file.write_bytes(backup.read_bytes())
    _edit(file)


def _like_a_safe_writer(file: Path) -> None:
    new = file.with_name(file.name + "___jb_tmp___")
    new.write_bytes(file.read_bytes())
    _edit(new)
    old = file.rename(file.with_name(file.name + "___jb_old___"))
    new.rename(file)
    old.unlink()


def _deleted_and_written(file: Path) -> None:
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content)
    _edit(file)


SAVES_AS = (_in_place, _over_by_renaming, _like_vim, _keeping_a_backup, _like_a_safe_writer, _deleted_and_written)


def _edit(file: Path) -> None:
    """Another line in the middle, as an edit leaves it."""
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[: len(lines) // 2], b"one more line\n", *lines[len(lines) // 2 :]]))


def _texts(checkout: Checkout, least: int) -> list[str]:
    """The text files that notes can be laid on, of at least so many bytes."""
    disk = FolderOnDisk(checkout.root)
    return [path for path, size in sorted(disk.files()) if size >= least and disk.lines(path) is not None]


def _some(paths: list[str], most: int, chance: random.Random) -> list[str]:
    return chance.sample(paths, min(most, len(paths)))
