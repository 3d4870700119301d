"""
What became of the files that notes are on: renames carry a file's identity, deletions and edits are noted down.

The watcher reports here; a path that no note has named is nobody's business and leaves no trace. All that one look
found is kept together or not at all, so that a keeper that is killed has seen all of it or will see it again.
"""

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


@dataclass(frozen=True, slots=True)
class Tracker:
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

    def file_moved(self, old: str, new: str) -> bool:
        """Somebody told that a file has a new name: its notes follow. False when no note knows the file."""
        return self.saw([Moved(old, new, how="told")]) > 0

    def folder_moved(self, old: str, new: str) -> int:
        """The same of a folder: the notes of all files in it follow. Gives how many files that were."""
        return self.saw([Moved(old.rstrip("/"), new.rstrip("/"), is_folder=True, how="told")])

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


class _Look:
    """The facts of one look, taken finding by finding; a path means the file that has this name at that point."""

    def __init__(self, known: dict[str, FileName]) -> None:
        self._known = known
        self._moved: list[Fact] = []
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

    def facts(self, head: Head) -> list[Fact]:
        if len(self._changed) + len(self._gone) > HANDFUL:
            digests = tuple((file_id, name.digest) for file_id, name in self._changed.items())
            return [*self._moved, TreeSeen(head, changed=digests, gone=tuple(self._gone))]
        changed = [
            (FileSeen if file_id in self._first_seen else FileChanged)(file_id, name.digest, name.path)
            for file_id, name in self._changed.items()
        ]
        return [*self._moved, *changed, *(FileGone(file_id, name.path) for file_id, name in self._gone.items())]

    def _move(self, moves: Sequence[Moved]) -> None:
        """Files have new names, all at once: one may have the name that another had until then."""
        going = [
            (move, self._known.pop(move.old)) for move in moves if move.old != move.new and move.old in self._known
        ]
        for move, known in going:
            self._known[move.new] = replace(known, path=move.new, present=True)
            confidence = round(move.confidence, 2)
            self._moved.append(FileMoved(known.file_id, move.new, move.old, move.how, confidence))


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
