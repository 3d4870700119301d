"""
What a memory and a repository know of files that are looked for (`tracing.Clues`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from .alignment import BLANK, token
from .anchors import known_lines
from .events import FileMoved, Laid, Undone
from .fold import undone_by
from .git_moves import GitMoves
from .likeness import Print
from .notes import Anchor
from .ports import Clock, Store, Wanted

WINDOW = timedelta(minutes=10)  # two reconciliations: whoever moves a file in two steps has done both by then
EVENTS_LOOKED_AT = 200  # for a note that tells a commit, where nothing else does
NOTES_A_FILE = 20


@dataclass(frozen=True, slots=True)
class FileClues:
    """The clues for the files of one workspace, whose main checkout git is asked about."""

    store: Store
    workspace: str
    git: GitMoves
    clock: Clock

    def lost(self) -> Mapping[str, str]:
        """The files that are known to be gone, by path: their digest where they went within WINDOW, else ""."""
        since = self.clock() - WINDOW
        names = self.store.files_under(self.workspace)
        gone = {name.path: name for name in names if not name.present}
        return {path: name.digest if name.since and name.since >= since else "" for path, name in gone.items()}

    def copies(self) -> Collection[str]:
        """Files that began as copies within WINDOW and have no notes of their own."""
        since = self.clock() - WINDOW
        holders = {name.path: name.file_id for name in self.store.files_under(self.workspace) if name.present}
        paths = {file_id: path for path, file_id in holders.items()}  # of two claims the later one
        young = [one.file_id for one in self.store.origins_of(self.workspace, paths) if one.at >= since]
        noted = self.store.notes_a_file(self.workspace, young) if young else {}
        return [paths[file_id] for file_id in young if file_id not in noted]

    def taken_back(self) -> Collection[tuple[str, str]]:
        """The moves that somebody said were none, by old and new name."""
        undone = self.store.events_of(self.workspace, wanted=Wanted(kinds=("undone",)), limit=EVENTS_LOOKED_AT)
        event_ids = [event.fact.event_id for _, event in undone if isinstance(event.fact, Undone)]
        found = [placed[1] for event_id in event_ids if (placed := self.store.find_event(self.workspace, event_id))]
        standing = undone_by(self.store.undoings_of(self.workspace, event_ids)) if found else {}
        moves = [event.fact for event in found if event.id in standing and isinstance(event.fact, FileMoved)]
        return {(move.old, move.path) for move in moves}

    def renamed(self, paths: Collection[str]) -> Mapping[str, tuple[str, float]]:
        """Where git says that files went since the last look."""
        return self.git.renamed(self._commit(), paths)

    def earlier(self) -> Collection[str] | None:
        """The files of the commit that was checked out at the last look, but names that a known file once had."""
        there = self.git.files(self._commit())
        if there is None:
            return None
        known = [name.file_id for name in self.store.files_under(self.workspace)]
        return there - {name.path for name in self.store.names_of(self.workspace, known)}

    def prints(self, paths: Collection[str]) -> Mapping[str, Print]:
        """The lines of files as that commit has them, else as far as the anchors of notes know them."""
        told = self.git.lines(self._commit(), paths)
        prints = {path: Print(self.digests(lines)) for path, lines in told.items()}
        return {**self._noted_lines([path for path in paths if path not in prints]), **prints}

    def digests(self, lines: Sequence[str]) -> tuple[str, ...]:
        """What stands for each of the lines that are not blank."""
        return _written([token(line.rstrip()) for line in lines])

    def _commit(self) -> str:
        """The commit at the last look, or that of the newest note that tells one; "" where there is none."""
        if head := self.store.head_of(self.workspace):
            return head.commit
        events = self.store.events_of(self.workspace, limit=EVENTS_LOOKED_AT)
        told = (event.fact.head.commit for _, event in reversed(events) if isinstance(event.fact, Laid))
        return next((commit for commit in told if commit), "")

    def _noted_lines(self, paths: Sequence[str]) -> dict[str, Print]:
        files = self.store.files_at(self.workspace, paths) if paths else {}
        prints = {}
        for path, file in files.items():
            note_ids = self.store.notes_on(self.workspace, [file.file_id], NOTES_A_FILE)
            notes = self.store.find_notes(self.workspace, note_ids).values()
            anchors = [anchor for note in notes for anchor in note.anchors if anchor.file_id == file.file_id]
            if known := _print_of(anchors):
                prints[path] = known
        return prints


def _print_of(anchors: Sequence[Anchor]) -> Print | None:
    """What anchors know of the lines of their file: all of them, if one of the anchors does."""
    known = [known_lines(anchor) for anchor in anchors]
    whole = next((lines for lines, is_whole in known if is_whole), None)
    if whole is not None:
        return Print(_written(whole))
    parts = tuple(dict.fromkeys(line for lines, _ in known for line in _written(lines)))
    return Print(parts, is_whole=False) if parts else None


def _written(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if line != BLANK)
