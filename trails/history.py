"""
What a project's git history says: its commits as notes that somebody laid long ago.

Read with dulwich, so that no git has to be installed. Only commits that say something of a few files are worth a note:
merges, robots, version bumps and sweeping changes are passed over.
"""

import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from dulwich.diff_tree import CHANGE_ADD, CHANGE_DELETE, CHANGE_RENAME, RenameDetector, TreeChange, tree_changes
from dulwich.errors import NotGitRepository
from dulwich.object_store import iter_tree_contents
from dulwich.objects import Blob, ObjectID, TreeEntry
from dulwich.objects import Commit as GitCommit
from dulwich.repo import Repo
from dulwich.walk import WalkEntry

from .admission import BODY_LIMIT, TITLE_LIMIT, clean_path, clean_topic
from .errors import BadInput, TrailsError
from .notes import Anchor, Draft, Kind

FILES_LIMIT = 20  # a commit of more files says too little of each
LOOKED_AT = 20  # commits looked at for each one wanted; beyond, a history is mostly merges and robots
TOPICS_LIMIT = 4
EMPTY_FILE = Blob().id
ROBOTS = re.compile(r"\[bot\]|\b(dependabot|renovate|greenkeeper|pre-commit-ci|github-actions)\b", re.IGNORECASE)
BUMPS = re.compile(
    r"(chore(\([^)]*\))?: *)?"
    r"((release|bump|version|prepare)\b.*\d\.\d|(bump|new) version\b|release$|v?\d+(\.\d+)+\S*$)",
    re.IGNORECASE,
)
CONVENTIONAL = re.compile(r"(?P<type>[a-z][a-z0-9_./-]{1,30})(\((?P<scope>[^()]{1,40})\))?!?: +\S")
SAYS_NOTHING = frozenset({"chore", "style", "misc", "wip"})
SIGNED = re.compile(r"[A-Z][a-z]+(-[a-z]+)*-by: ")
TRAILER = re.compile(r"[A-Z][A-Za-z]*(-[A-Za-z]+)+: \S|git-svn-id: |\(cherry picked from commit ")


@dataclass(frozen=True, slots=True)
class Commit:
    """
    One commit that may become a note: `at` in UTC, the author's name without address, the files it left behind.

    `files` are paths as of this commit, without those it deleted; `renames` are (old path, new path).
    """

    id: str
    at: datetime
    author: str
    subject: str
    body: str
    files: tuple[str, ...]
    renames: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one file: `before` is "" for a new one, `after` "" for one that is gone, else both are names."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Revision:
    """
    One commit of a history told whole: all that it did to files, none but a merge left out.

    `says_nothing` is why it is not worth a note ("robot", "bump", "sweeping"), or "".
    """

    id: str
    at: datetime
    author: str
    subject: str
    body: str
    changes: tuple[Change, ...]
    says_nothing: str = ""


def commits(root: Path, limit: int) -> Iterator[Commit]:
    """
    The newest `limit` commits worth a note, oldest first, of the repository whose checkout `root` is.

    Raises BadInput where there is no repository; one without commits gives nothing.
    """
    with _opened(root) as repo:
        found = list(islice(_worth_a_note(repo, limit * LOOKED_AT), limit))
    return reversed(found)


def revisions(root: Path) -> Iterator[Revision]:
    """
    Every commit behind HEAD but merges, newest first by date, whether worth a note or not.

    Raises BadInput where there is no repository; one without commits gives nothing.
    """
    with _opened(root) as repo:
        roots = repo.get_shallow()
        for entry in _walk(repo):
            if len(entry.commit.parents) < 2 and entry.commit.id not in roots:
                revision = _told_whole(repo, entry.commit)
                if revision:
                    yield revision


def files_before(root: Path, commit_id: str) -> tuple[str, ...]:
    """The files that were there before a commit; none before the first."""
    with _opened(root) as repo:
        commit = repo.get_object(ObjectID(commit_id.encode()))
        assert isinstance(commit, GitCommit)
        tree = _tree_before(repo, commit)
        if tree is None:
            return ()
        paths = (_path(entry) for entry in iter_tree_contents(repo.object_store, tree))
        return tuple(path for path in paths if path)


def draft_from(commit: Commit) -> Draft:
    """The note that a commit amounts to: an observation on its files."""
    title, rest = _cut(commit.subject, TITLE_LIMIT)
    body, _ = _cut("\n\n".join(part for part in (rest, commit.body) if part), BODY_LIMIT)
    paths = (_accepted(clean_path, path) for path in commit.files)
    return Draft(
        title=title,
        body=body,
        kind=Kind.OBSERVATION,
        anchors=tuple(Anchor(path) for path in dict.fromkeys(paths) if path),
        topics=_topics(commit),
    )


def _opened(root: Path) -> Repo:
    try:
        return Repo(str(root))
    except NotGitRepository:
        raise BadInput(f"There is no git repository in {root}: name the top folder of a checkout.") from None


# ── which commits ────────────────────────────────────────────────────────────────────────────────────────────────────
def _worth_a_note(repo: Repo, look_at: int) -> Iterator[Commit]:
    """The commits behind HEAD that say something of a few files, newest first."""
    roots = repo.get_shallow()  # what the oldest commits of a shallow clone changed is not known
    for entry in _walk(repo, look_at):
        commit = entry.commit
        if len(commit.parents) > 1 or commit.id in roots or ROBOTS.search(_name(commit)):
            continue
        subject, body = _message(commit)
        if subject and not BUMPS.match(subject) and (read := _read(repo, commit, subject, body)):
            yield read


def _walk(repo: Repo, look_at: int | None = None) -> Iterator[WalkEntry]:
    """The commits behind HEAD, newest first."""
    try:
        head = repo.head()
    except KeyError:
        return  # no commit yet
    yield from repo.get_walker(include=[head], max_entries=look_at)


def _read(repo: Repo, commit: GitCommit, subject: str, body: str) -> Commit | None:
    """The commit with its files; None when they are too many, none, or cannot be read."""
    try:
        at = datetime.fromtimestamp(commit.commit_time, UTC)
        changes = _changes(repo, commit)
    except (KeyError, ValueError, OverflowError, OSError):
        return None  # an object that was not cloned, a time that no clock shows
    left = [change for change in changes if change.type != CHANGE_DELETE]
    files = [path for path in (_path(change.new) for change in left) if path]
    moved = [(_path(change.old), _path(change.new)) for change in left if _is_rename(change)]
    if not files or len(changes) > FILES_LIMIT:
        return None
    renames = tuple((old, new) for old, new in moved if old and new)
    return Commit(commit.id.decode(), at, _name(commit), subject, body, tuple(files), renames)


def _told_whole(repo: Repo, commit: GitCommit) -> Revision | None:
    """The commit with all that it did to files; None when it cannot be read."""
    try:
        at = datetime.fromtimestamp(commit.commit_time, UTC)
        before = _tree_before(repo, commit)
        detector = RenameDetector(repo.object_store, max_files=2 * FILES_LIMIT)  # of more, only equal ones are found
        found = list(tree_changes(repo.object_store, before, commit.tree))
        if {CHANGE_ADD, CHANGE_DELETE} <= {change.type for change in found}:
            found = list(detector.changes_with_renames(before, commit.tree))
    except (KeyError, ValueError, OverflowError, OSError):
        return None
    subject, body = _message(commit)
    changes = tuple(change for one in found for change in _told(one) if change.before or change.after)
    says_nothing = ""
    if ROBOTS.search(commit.author.decode(errors="replace")):
        says_nothing = "robot"
    elif not subject or BUMPS.match(subject):
        says_nothing = "bump"
    elif not changes or len(changes) > FILES_LIMIT:
        says_nothing = "sweeping"
    return Revision(commit.id.decode(), at, _name(commit), subject, body, changes, says_nothing)


def _told(change: TreeChange) -> tuple[Change, ...]:
    """A change by names; an empty file that seems to have a new one is one that is gone and another that is new."""
    before, after = _path(change.old), _path(change.new)
    if change.type == CHANGE_RENAME and not _is_rename(change):
        return Change(before, ""), Change("", after)
    return (Change(before, after),)


def _tree_before(repo: Repo, commit: GitCommit) -> ObjectID | None:
    """The tree that a commit changed: that of its first parent."""
    parents = repo.get_parents(commit.id, commit)
    parent = repo.get_object(parents[0]) if parents else None
    return parent.tree if isinstance(parent, GitCommit) else None


def _changes(repo: Repo, commit: GitCommit) -> list[TreeChange]:
    """What a commit changed, a rename as one change; of a sweeping commit only so many that it is seen to be one."""
    before = _tree_before(repo, commit)
    changes = list(islice(tree_changes(repo.object_store, before, commit.tree), 2 * FILES_LIMIT + 1))
    kinds = {change.type for change in changes}
    if len(changes) <= 2 * FILES_LIMIT and {CHANGE_ADD, CHANGE_DELETE} <= kinds:  # comparing contents is what costs
        return list(RenameDetector(repo.object_store).changes_with_renames(before, commit.tree))
    return changes


def _is_rename(change: TreeChange) -> bool:
    """Whether a file has a new name; empty files all look alike, and none is followed."""
    return change.type == CHANGE_RENAME and change.old is not None and change.old.sha != EMPTY_FILE


def _path(entry: TreeEntry | None) -> str:
    """The path of a file; "" for a link, a submodule, and a name that is not UTF-8."""
    if entry is None or entry.path is None or entry.mode is None or not stat.S_ISREG(entry.mode):
        return ""
    try:
        return entry.path.decode()
    except UnicodeDecodeError:
        return ""


# ── what they say ────────────────────────────────────────────────────────────────────────────────────────────────────
def _name(commit: GitCommit) -> str:
    """The author's name; of one who gave only an address, what stands before the @."""
    author: bytes = commit.author
    name, _, address = author.decode(errors="replace").partition("<")
    return (name.strip() or address).partition("@")[0].strip(" >")


def _message(commit: GitCommit) -> tuple[str, str]:
    """The subject and the body of the message, without the trailers that tools and customs put below it."""
    encoding: bytes = commit.encoding or b"utf-8"
    message: bytes = commit.message
    try:
        text = message.decode(encoding.decode("ascii"), errors="replace")
    except (LookupError, UnicodeDecodeError):
        text = message.decode(errors="replace")
    subject, _, body = text.strip().partition("\n")
    lines = [line.rstrip() for line in body.splitlines() if not SIGNED.match(line)]
    paragraphs = "\n".join(lines).strip().split("\n\n")
    if all(TRAILER.match(line) for line in paragraphs[-1].splitlines()):
        paragraphs.pop()
    return subject.strip(), "\n\n".join(paragraphs).strip()


def _topics(commit: Commit) -> tuple[str, ...]:
    """Scope and type of a conventional subject, then the top folders of the files."""
    found = CONVENTIONAL.match(commit.subject)
    said = [found["scope"], found["type"]] if found else []
    folders = [path.partition("/")[0] for path in commit.files if "/" in path]
    named = (_accepted(clean_topic, topic) for topic in (*said, *folders) if topic and topic not in SAYS_NOTHING)
    return tuple(dict.fromkeys(topic for topic in named if topic))[:TOPICS_LIMIT]


def _accepted(clean: Callable[[str], str], text: str) -> str:
    """The text as admission would have it; "" where it would have none of it."""
    try:
        return clean(text)
    except TrailsError:
        return ""


def _cut(text: str, limit: int) -> tuple[str, str]:
    """The text as far as it fits, and the rest, each with a sign that there is more; cut between words."""
    if len(text) <= limit:
        return text, ""
    end = text.rfind(" ", limit // 2, limit - 1)
    end = end if end > 0 else limit - 1
    return text[:end].rstrip() + "…", "…" + text[end:].lstrip()
