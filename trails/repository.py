"""
What a folder's repository says of itself: which worktree it is, which branch and commit it shows.

Read from the small files that git keeps beside the objects: no git is run and no object is opened, so it costs next to
nothing at every lay and every recall.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from .notes import NO_HEAD, Head
from .reading import read_bytes

SYMBOLIC = "ref: "
BRANCHES = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Checkout:
    """
    A folder with files of a repository: `git_dir` is what is its own, `common_dir` what all its worktrees share.

    `tree` is the name of a linked worktree, "" for the main one and for any other folder.
    """

    root: str
    git_dir: str
    common_dir: str
    tree: str = ""

    @property
    def main_root(self) -> str:
        """The folder of the main worktree, by which a repository is known; of a bare one its own folder."""
        if not self.tree:
            return self.root
        folder, name = os.path.split(self.common_dir)
        return folder if name == ".git" else self.common_dir

    def head(self) -> Head:
        """The branch and the commit that it shows; NO_HEAD without a repository."""
        told = _line(f"{self.git_dir}/HEAD")
        if not told.startswith(SYMBOLIC):
            return Head("", told) if told else NO_HEAD
        ref = told.removeprefix(SYMBOLIC).strip()
        return Head(ref.removeprefix(BRANCHES), self._commit(ref))

    def has_branch(self, name: str) -> bool:
        """Whether there is a branch of this name."""
        return bool(self._commit(BRANCHES + name))

    def _commit(self, ref: str) -> str:
        """The commit that a reference names; "" where it names none."""
        if found := _line(f"{self.common_dir}/{ref}"):
            return found
        packed = (read_bytes(f"{self.common_dir}/packed-refs") or b"").decode(errors="replace")
        lines = (line.split(" ", 1) for line in packed.splitlines() if line[:1] not in ("#", "^"))
        return next((parts[0] for parts in lines if parts[1:] == [ref]), "")


def checkout_at(root: str) -> Checkout:
    """The checkout in a folder; one without a repository has a `.git` that is not there."""
    told = _line(f"{root}/.git")
    if not told.startswith("gitdir:"):
        return Checkout(root, f"{root}/.git", f"{root}/.git")
    git_dir = os.path.normpath(Path(root) / told.removeprefix("gitdir:").strip())
    shared = _line(f"{git_dir}/commondir")  # only a linked worktree has it; a submodule is a repository of its own
    if not shared:
        return Checkout(root, git_dir, git_dir)
    return Checkout(root, git_dir, os.path.normpath(Path(git_dir) / shared), Path(git_dir).name)


def worktrees_of(main_root: str) -> dict[str, str]:
    """The folders of a repository's linked worktrees that are there, by the name of each."""
    folder = Path(checkout_at(main_root).common_dir) / "worktrees"
    try:
        names = sorted(found.name for found in folder.iterdir())
    except OSError:
        return {}
    told = {name: _line(f"{folder}/{name}/gitdir") for name in names}
    roots = {name: Path(path).parent for name, path in told.items() if path}
    return {name: os.path.realpath(root) for name, root in roots.items() if root.is_dir()}


def _line(path: str) -> str:
    """The first line of a small file; "" where there is none."""
    return (read_bytes(path) or b"").decode(errors="replace").strip().partition("\n")[0]
