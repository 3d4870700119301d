"""
Real folders: where a workspace begins, what a path means in it, what is ignored, and what its files hold now.

A file is read only when it lies inside the workspace and is not ignored (`reading.py` has the other conditions). No git
is run here.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from pathspec import GitIgnoreSpec

from .admission import clean_path
from .errors import BadInput
from .notes import Head
from .reading import Remembered, find_state, is_absent, read_bytes, read_digest, read_lines
from .repository import checkout_at, worktrees_of
from .symbols import Symbol, is_python, python_symbols
from .syntax_trees import syntax_symbols

CACHED_TEXTS = 256
CACHED_DIGESTS = 16_384
CACHED_RULES = 4_096
CACHED_NAMES = 16_384

USUALLY_IGNORED = (  # names; a .gitignore can take these back, with `!build/` for example
    *("node_modules/", ".venv/", "venv/", "__pycache__/", ".mypy_cache/", ".pytest_cache/", ".ruff_cache/", ".tox/"),
    *("dist/", "build/", "target/", "*.pyc"),
)
ALWAYS_IGNORED = (  # names; nothing takes these back: another program's state, our own, or secrets
    *(".git", ".hg", ".svn", ".trails"),
    *(".env", ".env.*", "!.env.example", "!.env.sample", "!.env.template", ".netrc", ".pgpass", ".pypirc", ".htpasswd"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", ".ssh/", ".gnupg/", ".aws/"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*"),
)
ALWAYS, USUALLY = GitIgnoreSpec.from_lines(ALWAYS_IGNORED), GitIgnoreSpec.from_lines(USUALLY_IGNORED)


def find_root(start: Path) -> Path:
    """
    The folder of the workspace that `start` lies in, as a real path.

    That is the nearest folder from there upwards that holds a `.git`, else `start` itself. Raises BadInput for the
    home folder and for whatever holds it: a workspace is a project.
    """
    try:
        start = start.resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        raise BadInput(f"There is no folder {str(start)!r}: name one that exists.") from None
    start = start if start.is_dir() else start.parent
    home = Path.home().resolve()
    if home.is_relative_to(start):
        raise BadInput(f"{start} is a whole home folder or holds one, not a project: change to a project's folder.")
    for folder in (start, *start.parents):
        if home.is_relative_to(folder):
            break  # a home folder under version control is not the project of all that is in it
        if (folder / ".git").exists():
            return folder
    return start


def workspace_id(root: Path) -> str:
    """
    The id of the workspace in this folder: the same at every start, and no other folder's.

    All worktrees of a repository are one workspace, that of its main folder.
    """
    main = checkout_at(os.path.realpath(root)).main_root
    return "w-" + hashlib.blake2b(os.fsencode(os.path.realpath(main)), digest_size=8).hexdigest()


def relative(root: Path, path: str, cwd: Path | None = None) -> str:
    """
    What the workspace calls a file that an agent named, from `cwd` (by default the root) or absolutely.

    Links are followed, so that a file has one name. Raises BadInput for what lies outside and for the root itself.
    """
    if not path.startswith("/") and (named := "/".join(part for part in path.split("/") if part != "..")):
        clean_path(named)  # refuses `~`, URLs, backslashes: joined to a folder they would pass for names
    real_root = os.path.realpath(root)
    try:
        real = os.path.realpath((cwd or Path(real_root)) / path)
    except ValueError:
        raise BadInput("A path holds characters that no file name can have: write it as it is shown.") from None
    if real == real_root:
        raise BadInput(f"{path!r} is the workspace itself: name a file or a folder in it, or none.")
    if not _is_inside(real, real_root):
        raise BadInput(f"{path!r} is outside the workspace {real_root}: name a file in it, or none.")
    return clean_path(real[len(real_root) + 1 :])


class IgnoreRules:
    """
    What of a workspace is nobody's business, by its .gitignore files, .git/info/exclude and a built-in list.

    The files are read when they are needed, and again when they have changed. Safe for several threads.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._specs: Remembered[GitIgnoreSpec] = Remembered(CACHED_RULES)
        self._trees: Remembered[tuple[str, ...]] = Remembered(1)
        self._checkout = checkout_at(self._root)
        self._exclude = f"{self._checkout.common_dir}/info/exclude"

    def is_ignored(self, path: str, is_folder: bool = False) -> bool:
        """Whether a path of the workspace, or a folder above it, is ignored."""
        above = [(folder, True) for folder in _upwards(path) if folder]
        return any(_is_ignored(one, folder, self._rules(one)) for one, folder in [*reversed(above), (path, is_folder)])

    def is_elsewhere(self, path: str) -> bool:
        """Whether a path lies in a linked worktree within this folder, whose files are the same ones once more."""
        return any(path == tree or path.startswith(tree + "/") for tree in self._trees_within())

    def folders(self, start: str = "") -> Iterator[str]:
        """Each folder that is neither ignored nor elsewhere, from `start` down."""
        below = [] if self.is_elsewhere(start) else [start]
        while below:
            here = below.pop()
            yield here
            below += self._kept(here, folders=True)

    def files(self, start: str = "") -> Iterator[str]:
        """Each path in these folders that is neither a folder nor ignored."""
        for here in self.folders(start):
            yield from self._kept(here, folders=False)

    def _kept(self, folder: str, *, folders: bool) -> list[str]:
        """What is in a folder, either its folders or all else, and not ignored."""
        paths = [_join(folder, name) for name, is_folder in _listed(f"{self._root}/{folder}") if is_folder is folders]
        rules = self._rules(paths[0]) if paths else []
        trees = self._trees_within() if folders else ()
        return [path for path in paths if path not in trees and not _is_ignored(path, folders, rules)]

    def _trees_within(self) -> tuple[str, ...]:
        """The paths of linked worktrees in this folder."""
        place = f"{self._checkout.common_dir}/worktrees"
        found = find_state(place)
        return self._trees.get(place, found, self._find_trees) if found is not None else ()

    def _find_trees(self) -> tuple[str, ...]:
        roots = worktrees_of(self._checkout.main_root).values()
        return tuple(root[len(self._root) + 1 :] for root in roots if _is_inside(root, self._root))

    def _rules(self, path: str) -> list[tuple[str, GitIgnoreSpec]]:
        """The rules that a path is subject to, each with the folder that it counts from, nearest first."""
        places = [(_join(folder, ""), f"{self._root}/{_join(folder, '.gitignore')}") for folder in _upwards(path)]
        read = ((start, self._spec(place)) for start, place in (*places, ("", self._exclude)))
        return [(start, spec) for start, spec in read if spec is not None]

    def _spec(self, place: str) -> GitIgnoreSpec | None:
        found = find_state(place)
        if found is None or not stat.S_ISREG(found.st_mode):
            return None
        return self._specs.get(place, found, lambda: _compile(read_bytes(place) or b""))


class FolderOnDisk:
    """The files of a workspace as they are now (`ports.Folder`). Safe for several threads."""

    def __init__(self, root: Path) -> None:
        self.rules = IgnoreRules(root)
        self._root = os.path.realpath(root)
        self._checkout = checkout_at(self._root)
        self._texts: Remembered[tuple[str, ...] | None] = Remembered(CACHED_TEXTS)
        self._symbols: Remembered[tuple[Symbol, ...] | None] = Remembered(CACHED_TEXTS)
        self._digests: Remembered[str | None] = Remembered(CACHED_DIGESTS)

    def lines(self, path: str) -> tuple[str, ...] | None:
        """
        The lines of a text file, without line ends.

        None when it is gone, ignored, outside the workspace, binary, unreadable or larger than `reading.TEXT_LIMIT`.
        """
        found = self._find(path)
        return self._texts.get(path, found[1], lambda: read_lines(found[0])) if found else None

    def symbols(self, path: str) -> tuple[Symbol, ...] | None:
        """What a text file defines (`symbols.py`); None for no text, and for code that cannot be read here."""
        found, lines = self._find(path), self.lines(path)
        if found is None or lines is None:
            return None
        return self._symbols.get(path, found[1], lambda: _read_symbols(path, lines))

    def digest(self, path: str) -> str | None:
        """The BLAKE2b-128 of a file's bytes, in hex; None when it is gone, ignored, outside or unreadable."""
        found = self._find(path)
        return self._digests.get(path, found[1], lambda: read_digest(found[0])) if found else None

    @property
    def root(self) -> Path:
        """The folder itself, as a real path."""
        return Path(self._root)

    @property
    def tree(self) -> str:
        """Which worktree of its repository this is; "" for the main one."""
        return self._checkout.tree

    @property
    def home(self) -> Path:
        """The folder that the workspace is known by: of several worktrees the main one, if that has files."""
        main = Path(self._checkout.main_root)
        return main if self.tree and (main / ".git").exists() else Path(self._root)

    def head(self) -> Head:
        """The branch and the commit that it shows now."""
        return self._checkout.head()

    def has_branch(self, name: str) -> bool:
        """Whether its repository has a branch of this name."""
        return self._checkout.has_branch(name)

    def exists(self, path: str) -> bool:
        """Whether anything has this name: a file, readable or not, or a folder; or nobody can tell."""
        return not is_absent(f"{self._root}/{path}")

    def is_folder(self, path: str) -> bool:
        """Whether a folder has this name; a link to one is none."""
        found = find_state(f"{self._root}/{path}")
        return found is not None and stat.S_ISDIR(found.st_mode)

    def is_ignored(self, path: str) -> bool:
        """Whether no note should follow a file of this name."""
        return self.rules.is_ignored(path)

    def is_elsewhere(self, path: str) -> bool:
        """Whether a path lies in a linked worktree within this folder."""
        return self.rules.is_elsewhere(path)

    def files(self) -> Iterator[tuple[str, int]]:
        """Each regular file that is not ignored, with its size in bytes."""
        for path in self.rules.files():
            found = find_state(f"{self._root}/{path}")
            if found is not None and stat.S_ISREG(found.st_mode):
                yield path, found.st_size

    def _find(self, path: str) -> tuple[str, os.stat_result] | None:
        """The real path and the state of a file that may be read."""
        try:
            real = os.path.realpath(f"{self._root}/{path}")
        except ValueError:
            return None
        found = find_state(real)
        if found is None or not stat.S_ISREG(found.st_mode) or not _is_inside(real, self._root):
            return None
        names = {path, real[len(self._root) + 1 :]}  # a link does not uncover what is ignored
        return None if any(self.rules.is_ignored(name) for name in names) else (real, found)


def _is_ignored(path: str, is_folder: bool, rules: list[tuple[str, GitIgnoreSpec]]) -> bool:
    """Whether a path is ignored, given that no folder above it is: the nearest rule that says something decides."""
    always, usually = _built_in(path.rpartition("/")[2], is_folder)
    if always:
        return True
    asked = path + "/" if is_folder else path
    verdicts = (spec.check_file(asked[len(start) :]).include for start, spec in rules)
    return next((verdict for verdict in verdicts if verdict is not None), usually)


@lru_cache(CACHED_NAMES)
def _built_in(name: str, is_folder: bool) -> tuple[bool, bool]:
    """Whether a name is always ignored, and whether usually; also always one that no note can carry."""
    asked = name + "/" if is_folder else name
    printable = name.isprintable()  # neither control characters nor bytes that are not UTF-8
    return not printable or ALWAYS.match_file(asked), printable and USUALLY.match_file(asked)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _is_inside(real: str, root: str) -> bool:
    return real.startswith(root + "/")


def _upwards(path: str) -> Iterator[str]:
    """The folders that a path lies in, nearest first; the root is ""."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _listed(folder: str) -> list[tuple[str, bool]]:
    """The names in a folder, each with whether it is a folder (a link is not); none where it cannot be read."""
    try:
        with os.scandir(folder) as found:
            return sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in found)
    except OSError:
        return []


def _compile(rules: bytes) -> GitIgnoreSpec:
    lines = rules.decode(errors="replace").splitlines()
    try:
        return GitIgnoreSpec.from_lines(lines)
    except (ValueError, re.error):  # git skips a line that makes no sense; one of them must not uncover all the rest
        return GitIgnoreSpec.from_lines(line for line in lines if _makes_sense(line))


def _makes_sense(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True


def _read_symbols(path: str, lines: tuple[str, ...]) -> tuple[Symbol, ...] | None:
    return python_symbols(lines) if is_python(path) else syntax_symbols(path, lines)
