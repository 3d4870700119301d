"""
Where a welcome comes from: the notes that are hot, what lies around the files asked about, who is at work.

Notes that were made from commits say where trails lead; they stand in a welcome themselves only once one has helped
somebody, or a long history would leave no place for what colleagues said.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from . import placing
from .notes import HISTORY, AtWork, Author, Hit, Kind, Lead, Note, Question
from .offering import is_worth_telling
from .ports import Folder, Store
from .presence import Presence
from .recalling import Answer, Recaller
from .welcoming import PARTS, Welcome, notes_by_path, parts_of, reading_path, step

KINDS = tuple(kind for kinds in PARTS.values() for kind in kinds)
TOKENS_A_HOT_NOTE, HOT_NOTES = 100, 250  # of each kind one for so many tokens of the budget, to so many
TOKENS_A_FILE, FILES = 150, 50
LEAST = 4  # of each
TOKENS_A_COMMIT, COMMITS = 10, 100  # strongest, where they say what to read


@dataclass(frozen=True, slots=True)
class Gathering:
    """Gathers from one memory what there is to tell to one session. Writes nothing down."""

    recaller: Recaller
    presence: Presence
    workspace: str
    by: Author
    folder: Folder | None = None

    def welcome(self, files: tuple[str, ...], now: datetime, budget_tokens: int) -> Welcome:
        """All there is to tell, about as much as may fit. With `files`, what is on and around them comes first."""
        wanted = LEAST + min(HOT_NOTES, budget_tokens // TOKENS_A_HOT_NOTE)
        steps = LEAST + min(FILES, budget_tokens // TOKENS_A_FILE)
        asked = Question(files=files, leads=steps, explores=False)
        answer = self.recaller.answer(self.workspace, asked, now) if files else None
        notes = self._notes(answer, wanted)
        commits = [] if answer else self._commits(budget_tokens)
        hits = self._hits([*notes, *commits], answer, now)
        told = [hit.note for hit in hits]
        if answer:
            known = placing.files_here(self.recaller.store, self.workspace, files, self.folder)
            on_files = notes_by_path(told)
            asked_for = [step(path, 1.0, on_files.get(path, ()), now) for path in files if path in known]
            reading = [*asked_for, *answer.leads]
        else:
            reading = reading_path(told, commits, now)
        return Welcome(
            parts=parts_of(with_dissent(self.recaller.store, self.workspace, hits), now),
            at_work=self._at_work(files, now),
            reading=tuple(self._there(reading, steps)),
        )

    # ── notes ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _notes(self, answer: Answer | None, wanted: int) -> list[Note]:
        store = self.recaller.store
        near = [one.note_id for one in answer.ranked[: 2 * wanted]] if answer else []
        hot = store.hot_notes(self.workspace, KINDS, wanted, without_agent=HISTORY)
        found = store.find_notes(self.workspace, {*near, *hot})
        return list(placing.in_folder(store, self.workspace, found, self.folder).values())

    def _commits(self, budget_tokens: int) -> list[Note]:
        """The strongest notes that were made from commits, as many as a reading path of this budget is made of."""
        store, wanted = self.recaller.store, LEAST + min(COMMITS, budget_tokens // TOKENS_A_COMMIT)
        strongest = store.find_notes(self.workspace, store.hot_notes(self.workspace, [Kind.OBSERVATION], wanted))
        return [note for note in strongest.values() if note.by.agent == HISTORY]

    def _hits(self, notes: Iterable[Note], answer: Answer | None, now: datetime) -> list[Hit]:
        """The notes that are worth telling, those near the files asked about with their score and reasons."""
        ranked = {one.note_id: one for one in answer.ranked} if answer else {}
        worth = [note for note in notes if is_worth_telling(Hit(note, 0.0, ()), now)]  # before any file is read
        hits = [
            placing.hit(note, ranked[note.id], self.folder)
            if note.id in ranked
            else Hit(note, 0.0, (), placing.drifts(note, self.folder))
            for note in worth
        ]
        return [hit for hit in hits if is_worth_telling(hit, now)]

    # ── files, and who is at work on them ────────────────────────────────────────────────────────────────────────────
    def _there(self, leads: Iterable[Lead], wanted: int) -> list[Lead]:
        """The first of these files that are there, as far as that is known."""
        names = list(leads)
        known = self.recaller.store.files_at(self.workspace, [lead.path for lead in names])
        gone = {path for path, name in known.items() if not name.present}
        there: list[Lead] = []
        for lead in names:
            if len(there) == wanted:
                break
            if lead.path not in gone and (self.folder is None or self.folder.lines(lead.path) is not None):
                there.append(lead)
        return there

    def _at_work(self, files: Collection[str], now: datetime) -> tuple[AtWork, ...]:
        """Who else is at work, those on the files asked about first."""
        there = self.presence.at_work(self.workspace, now, besides=self.by)
        return tuple(sorted(there, key=lambda one: not set(one.paths).intersection(files)))


def with_dissent(store: Store, workspace: str, hits: Sequence[Hit]) -> list[Hit]:
    """The same hits, each with those that oppose it: no side of a dispute is told without the other."""
    opposed = store.opposed(workspace, [hit.note.id for hit in hits])
    others = store.find_notes(workspace, {ref for refs in opposed.values() for ref in refs})
    return [
        replace(hit, dissent=tuple(others[ref] for ref in opposed.get(hit.note.id, ()) if ref in others))
        for hit in hits
    ]
