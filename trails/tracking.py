"""
What became of the files that notes are on: renames carry a file's identity, deletions and edits are noted down.

The watcher reports here; a path that no note has named is nobody's business and leaves no trace. All that one look
found is kept together or not at all, so that a keeper that is killed has seen all of it or will see it again.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .events import Fact, FileChanged, FileCopied, FileGone, FileMoved, FileSeen, TreeSeen
from .following import Changed, Copied, Exchanged, Finding, Gone, Moved
from .notes import NO_HEAD, Author, Head
from .placing import new_file_id
from .ports import FileName, Store
from .recording import Recorder

WATCHER = Author("", agent="watcher")
HANDFUL = 10  # files that changed or went in one look; of more the journal's reader wants one line, as git gives


class Told(ABC):
    """Takes renames that nobody saw, told by somebody who knows of them."""

    __slots__ = ()

    @abstractmethod
    def saw(self, findings: Sequence[Finding], head: Head = NO_HEAD) -> int:
        """Note down what one look found; gives how many facts that are."""

    def file_moved(self, old: str, new: str) -> bool:
        """Somebody told that a file has a new name: its notes follow. False when no note knows the file."""
        return self.saw([Moved(old, new, how="told")]) > 0

    def folder_moved(self, old: str, new: str) -> int:
        """The same of a folder: the notes of all files in it follow. Gives how many files that were."""
        return self.saw([Moved(old.rstrip("/"), new.rstrip("/"), is_folder=True, how="told")])


@dataclass(frozen=True, slots=True)
class Tracker(Told):
    """Follows the files of one workspace. Paths are relative to it, with forward slashes."""

    store: Store
    recorder: Recorder
    workspace: str

    def known_files(self) -> Mapping[str, str]:
        """The files that a note is on, by path, with their digest: "" where it is not known or the file is gone."""
        names = self.store.files_under(self.workspace)
        return {name.path: name.digest if name.present else "" for name in names}

    def saw(self, findings: Sequence[Finding], head: Head = NO_HEAD) -> int:
        """
        Note down what one look found, in that order, and which commit the files were at; gives how many facts that are.

        Of more files than a handful that changed or went, one fact tells; renames are told one by one. NO_HEAD is said
        of a look while more is going on: what comes later is still to be compared with the commit before.
        """
        look = _Look(self._known(findings))
        for finding in findings:
            look.take(finding)
        before = self.store.head_of(self.workspace) or NO_HEAD
        facts = look.facts(before if head == NO_HEAD else head)
        if head not in (NO_HEAD, before) and not any(isinstance(fact, TreeSeen) for fact in facts):
            facts.append(TreeSeen(head))
        facts += self._copies([finding for finding in findings if isinstance(finding, Copied)])
        if facts:
            self.recorder.append(self.workspace, WATCHER, facts)
        return len(facts)

    def file_changed(self, path: str, digest: str) -> bool:
        """A file has other content than before. False when no note knows it or the content is the one known."""
        return self.saw([Changed(path, digest)]) > 0

    def file_gone(self, path: str) -> bool:
        """A file was deleted; its notes stay and say so. False when no note knows it or it was gone already."""
        return self.saw([Gone(path)]) > 0

    def _copies(self, copies: Sequence[Copied]) -> list[Fact]:
        """That files began as copies of files that notes are on; of others nothing is shared, and nothing said."""
        known = self.store.files_at(self.workspace, [path for one in copies for path in (one.path, one.of)])
        originals = {one.path: known[one.of] for one in copies if one.of in known and one.path not in known}
        noted = self.store.notes_a_file(self.workspace, [file.file_id for file in originals.values()])
        facts: list[Fact] = []
        for path, original in originals.items():
            if noted.get(original.file_id):
                file_id = new_file_id(self.store, self.workspace, path)
                facts += [FileCopied(file_id, path, original.file_id), FileSeen(file_id, original.digest, path)]
        return facts

    def _known(self, findings: Sequence[Finding]) -> dict[str, FileName]:
        """The files that these findings may speak of, by path."""
        known = dict(self.store.files_at(self.workspace, set(_paths(findings))))
        for finding in findings:
            if isinstance(finding, Moved) and finding.is_folder:
                known |= {name.path: name for name in self.store.files_under(self.workspace, finding.old + "/")}
        return known


class TreeTracker(Told):
    """
    Follows what the files of one workspace are called in a linked worktree of it, and at which commit that is.

    A name there changes none elsewhere. What files hold there, and which are not there, is not written down: the log
    has one content of each file, that of the main worktree. It is only remembered here, to find a file again by it.
    """

    def __init__(self, store: Store, recorder: Recorder, workspace: str, tree: str) -> None:
        self._store, self._recorder, self._workspace, self._tree = store, recorder, workspace, tree
        self._digests: dict[str, str] = {}  # of the files that hold something else here, by id

    def known_files(self) -> Mapping[str, str]:
        """The files that a note is on, by what they are called here, with their digest as far as it is known."""
        return {path: self._digests.get(file.file_id, file.digest) for path, file in self._files().items()}

    def saw(self, findings: Sequence[Finding], head: Head = NO_HEAD) -> int:
        """Note down the renames that one look found, and the commit; gives how many facts that are."""
        look = _Look(self._files() if findings else {}, self._tree)
        for finding in findings:
            look.take(finding)
        self._digests |= look.digests
        facts = look.moved
        if head not in (NO_HEAD, self._store.head_of(self._workspace, self._tree) or NO_HEAD):
            facts.append(TreeSeen(head, self._tree))
        if facts:
            self._recorder.append(self._workspace, WATCHER, facts)
        return len(facts)

    def _files(self) -> dict[str, FileName]:
        """The files by their newest name of this worktree, or else by their present one."""
        files = self._store.files_under(self._workspace)
        names = self._store.names_of(self._workspace, [file.file_id for file in files])
        here = {name.file_id: name.path for name in reversed(names) if name.tree == self._tree}
        return {path: replace(file, path=path) for file in files for path in [here.get(file.file_id, file.path)]}


class _Look:
    """
    The facts of one look, taken finding by finding; a path means the file that has this name at that point.

    Files are renamed in the worktree `tree`.
    """

    def __init__(self, known: dict[str, FileName], tree: str = "") -> None:
        self._known, self._tree = known, tree
        self.moved: list[Fact] = []
        self._changed: dict[str, FileName] = {}  # by id, with the path and the digest that are told
        self._first_seen: set[str] = set()
        self._gone: dict[str, FileName] = {}

    def take(self, finding: Finding) -> None:
        match finding:
            case Moved(old, new, is_folder=True):
                inside = [path for path in self._known if path.startswith(old + "/")]
                self._move([replace(finding, old=path, new=new + path[len(old) :]) for path in inside])
            case Moved():
                self._move([finding])
            case Exchanged(moves):
                self._move(moves)
            case Changed(path, digest):
                known = self._known.get(path)
                if known is not None and not (known.present and known.digest == digest):
                    self._first_seen |= set() if known.digest else {known.file_id}
                    self._known[path] = self._changed[known.file_id] = replace(known, present=True, digest=digest)
            case Gone(path):
                known = self._known.get(path)
                if known is not None and known.present:
                    self._known[path] = self._gone[known.file_id] = replace(known, present=False)

    @property
    def digests(self) -> dict[str, str]:
        """What files were seen to hold, by id."""
        return {file_id: name.digest for file_id, name in self._changed.items()}

    def facts(self, head: Head) -> list[Fact]:
        if len(self._changed) + len(self._gone) > HANDFUL:
            return [*self.moved, TreeSeen(head, changed=tuple(self.digests.items()), gone=tuple(self._gone))]
        changed = [
            (FileSeen if file_id in self._first_seen else FileChanged)(file_id, name.digest, name.path)
            for file_id, name in self._changed.items()
        ]
        return [*self.moved, *changed, *(FileGone(file_id, name.path) for file_id, name in self._gone.items())]

    def _move(self, moves: Sequence[Moved]) -> None:
        """Files have new names, all at once: one may have the name that another had until then."""
        going = [
            (move, self._known.pop(move.old)) for move in moves if move.old != move.new and move.old in self._known
        ]
        for move, known in going:
            self._known[move.new] = replace(known, path=move.new, present=True)
            confidence = round(move.confidence, 2)
            self.moved.append(FileMoved(known.file_id, move.new, move.old, move.how, confidence, self._tree))


def _paths(findings: Collection[Finding]) -> Iterator[str]:
    for finding in findings:
        match finding:
            case Exchanged(moves):
                yield from (move.old for move in moves)
            case Moved(old, new):
                yield from (old, new)
            case Copied(path, of):
                yield from (path, of)
            case _:
                yield finding.path
