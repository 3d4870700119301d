"""
What is put beside the code for those who cannot ask: which notes, on which files, and in which words.

The notes are those worth telling unasked (`offering.py`), under the names that their files have in the folder; files
that are gone or ignored get no page. `pages.py` has the words, `posting.py` puts them into the folder.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from . import placing
from .gathering import KINDS, with_dissent
from .notes import HISTORY, Hit, Kind, Lead, Note
from .offering import is_worth_telling
from .pages import MAP, map_text, page_names, page_text
from .ports import Folder, Store
from .welcoming import reading_path

NOTES_A_KIND = 1_000  # strongest; of more the weaker ones have no place beside the code
COMMITS = 100  # strongest, that say where trails lead
FILES_LIMIT = 1_000  # pages in one workspace
COMMIT_FILES = 10  # in the map, that no colleague has said anything of


@dataclass(frozen=True, slots=True)
class Annotations:
    """The files to put into `.trails`, by their name in it; `left_out` files with notes have no page of their own."""

    texts: Mapping[str, str]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Annotating:
    """Looks in one memory for what is to stand beside the code of one folder. Writes nothing down."""

    store: Store
    workspace: str
    folder: Folder
    files_limit: int = FILES_LIMIT

    def annotations(self, now: datetime) -> Annotations:
        """
        The map and the pages, as the notes and the files are now.

        Which file is hotter is asked of the time of the newest note: the mere course of time changes no text, until a
        note has faded.
        """
        notes = self._notes()
        told = with_dissent(self.store, self.workspace, self._hits(notes, now))
        commits = [note for note in notes if note.by.agent == HISTORY]
        newest = max((note.confirmed_at for note in notes), default=now)
        leads = self._leads([hit.note for hit in told], commits, newest)
        with_notes = [lead.path for lead in leads if lead.reasons]
        names = page_names(with_notes[: self.files_limit])
        on_files = _by_path(told)
        pages = {name: page_text(path, on_files[path]) for path, name in names.items()}
        return Annotations({MAP: map_text(told, leads, names), **pages}, max(0, len(with_notes) - self.files_limit))

    def _notes(self) -> list[Note]:
        """The strongest notes of each kind, and the strongest that were made from commits."""
        hot = self.store.hot_notes(self.workspace, KINDS, NOTES_A_KIND, without_agent=HISTORY)
        strongest = self.store.hot_notes(self.workspace, [Kind.OBSERVATION], COMMITS)
        found = self.store.find_notes(self.workspace, {*hot, *strongest})
        return list(placing.in_folder(self.store, self.workspace, found, self.folder).values())

    def _hits(self, notes: Iterable[Note], now: datetime) -> list[Hit]:
        worth = [note for note in notes if is_worth_telling(Hit(note, 0.0, ()), now)]  # before any file is read
        hits = [placing.seen(note, self.folder) for note in worth]
        return [hit for hit in hits if is_worth_telling(hit, now)]

    def _leads(self, told: Sequence[Note], commits: Sequence[Note], at: datetime) -> list[Lead]:
        """The files that are there and to be seen, hottest first, and few of those that commits alone lead to."""
        there = [lead for lead in reading_path(told, commits, at) if self._is_there(lead.path)]
        of_commits = [lead for lead in there if not lead.reasons]
        return [*(lead for lead in there if lead.reasons), *of_commits[:COMMIT_FILES]]

    def _is_there(self, path: str) -> bool:
        return self.folder.exists(path) and not self.folder.is_ignored(path)


def _by_path(hits: Iterable[Hit]) -> dict[str, list[Hit]]:
    found: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        for path in {anchor.path for anchor in hit.note.anchors}:
            found[path].append(hit)
    return found
