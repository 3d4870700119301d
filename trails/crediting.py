"""
What a session used and edited, and what its outcome says of those notes: the log of the session, given to the rules.

The rules are in `attribution.py` (what shows a use), `sittings.py` (which edits are written down) and `evidence.py`
(what an outcome credits).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from . import admission, attribution, evidence, placing, sittings
from .attribution import Finding, Journal, Passage
from .events import Credit, Edited, FileChanged, OutcomeReported, Served, Used
from .fold import undone_by
from .notes import Author, Note, Use
from .ports import Folder, Store

EVENTS_OF_A_SESSION = 1000
EVENTS_BESIDE_IT = 1000  # of the whole workspace, to see who else was at work
OTHER_NOTES = 100  # shown to other sessions, to measure chance with
TEXT_LIMIT = 100_000  # characters, from the end, which says most of what came of it


@dataclass(frozen=True, slots=True)
class Crediting:
    """The work of one session in one workspace. A session without a name has no log of its own, and shows nothing."""

    store: Store
    workspace: str
    by: Author

    def uses(self, journal: Journal, *, edited: Sequence[str] = (), text: str = "", since: int = 0) -> tuple[Used, ...]:
        """
        The uses of shown notes that a session's log, the paths it edited and the text it wrote show, in their order.

        A use is told once, where it last showed; those that showed no later than the place `since` are left out.
        """
        end = journal[-1][0] + 1 if journal else 1
        shown = attribution.shown(journal)
        notes = self.store.find_notes(self.workspace, shown)
        shown = {note_id: seq for note_id, seq in shown.items() if note_id in notes}
        passages = [*attribution.passages(journal), *([Passage(end, text[-TEXT_LIMIT:])] if text else [])]
        findings = [
            *_noted(journal),
            *attribution.cited(shown, passages),
            *attribution.edited(shown, _file_ids(notes), [*self._edits(shown, notes), *self._told(edited, end)]),
            *attribution.echoed(shown, passages, _texts(notes), self._other_texts(shown, journal, passages)),
        ]
        recent = [finding for finding in findings if finding[0] > since]
        last_first = dict.fromkeys(used for _, used in sorted(recent, key=_place, reverse=True))
        return tuple(reversed(last_first))

    def report(self, result: float, note_ids: Iterable[str], task: str, summary: str, source: str) -> OutcomeReported:
        """
        How the session ended, measured against how its kind of task usually ends; `note_ids` are what it says it used.

        Raises BadInput or Refused for words that cannot come in, or a source that is none.
        """
        task = admission.clean_topic(task) if task else ""
        source = evidence.read_source(source)
        summary = admission.clean_reason(summary, required=False)
        baseline = evidence.baseline(self.store.results_of(self.workspace, task))
        return self._credited(OutcomeReported(result, baseline, task, source, summary), note_ids)

    def edits(self, journal: Journal, paths: Sequence[str], folder: Folder | None, now: datetime) -> list[Edited]:
        """
        What is to be written down of the paths that the session has just edited.

        Nothing of ignored files, and nothing of a session without a name, whose edits nothing holds together.
        """
        noted = {event.id: (event.fact.anchors, event.at) for _, event in journal if isinstance(event.fact, Edited)}
        undone = undone_by(self.store.undoings_of(self.workspace, list(noted))) if noted else {}
        counting = [what for event_id, what in noted.items() if event_id not in undone]
        noted_at = {one.path: at for anchors, at in counting for one in anchors}
        kept = [path for path in paths if folder is None or not folder.is_ignored(path)]
        news = sittings.worth_noting(kept, noted_at, now) if self.by.session else []
        return [Edited(placing.named(self.store, self.workspace, news, folder))] if news else []

    def journal(self) -> Journal:
        """What the session did here, as far as it is looked at."""
        return self.store.session_events(self.workspace, self.by.principal, self.by.session, EVENTS_OF_A_SESSION)

    def _credited(self, report: OutcomeReported, note_ids: Iterable[str]) -> OutcomeReported:
        """
        A report with what it gives to which notes: those that `uses` finds, then those that the session says it used.

        What the session did for another kind of task, as reported before, is left out. The other sides of disputes
        with what failed are credited too; and notes that an earlier report of the same task credited get nothing, to
        be recorded as such.
        """
        journal = self.journal()
        reports = [(seq, event.fact) for seq, event in journal if isinstance(event.fact, OutcomeReported)]
        since = max((seq for seq, earlier in reports if earlier.task != report.task), default=0)
        found = self.uses(journal, text=report.summary, since=since)
        told = [(used.note_id, evidence.WEIGHT_BY_USE[used.how]) for used in found]
        told += [(note_id, evidence.WEIGHT_BY_USE[Use.CITED]) for note_id in note_ids]
        weight = evidence.WEIGHT_BY_SOURCE[report.source]
        given = evidence.credits(told, report.result, report.baseline, weight)
        charged = [credit.note_id for credit in given if credit.failed > 0]
        given += evidence.counter_credits(given, self.store.opposed(self.workspace, charged))
        before = [credit.note_id for seq, earlier in reports if seq > since for credit in earlier.credits]
        taken_back = dict.fromkeys(before).keys() - {credit.note_id for credit in given}
        return replace(report, credits=(*given, *(Credit(note_id, 0.0, 0.0) for note_id in sorted(taken_back))))

    def _edits(self, shown: Mapping[str, int], notes: Mapping[str, Note]) -> list[tuple[int, str]]:
        """The changes of files with shown notes that the watcher saw, and that can only be this session's."""
        if not any(notes[note_id].anchors for note_id in shown):
            return []
        log = self.store.events_of(self.workspace, limit=EVENTS_BESIDE_IT)
        if not any(isinstance(event.fact, FileChanged) for _, event in log):
            return []
        met = {note_id for _, event in log if isinstance(event.fact, Served) for note_id in event.fact.note_ids}
        file_ids = _file_ids(self.store.find_notes(self.workspace, met))
        return attribution.sole_edits(log, self.by, min(shown.values()), file_ids)

    def _told(self, paths: Sequence[str], end: int) -> list[tuple[int, str]]:
        names = self.store.files_at(self.workspace, paths) if paths else {}
        return [(end, name.file_id) for name in names.values()]

    def _other_texts(self, shown: Mapping[str, int], journal: Journal, passages: Sequence[Passage]) -> list[str]:
        """The texts of notes that other sessions were shown and this one does not know; none where none is needed."""
        if not shown or all(passage.is_question for passage in passages):
            return []
        known = {note_id for _, event in journal for note_id in getattr(event.fact, "note_ids", ())}
        known |= {event.fact.note_id for _, event in journal if hasattr(event.fact, "note_id")}
        others = self.store.shown_to_others(self.workspace, self.by.principal, self.by.session, OTHER_NOTES)
        notes = self.store.find_notes(self.workspace, [note_id for note_id in others if note_id not in known])
        return list(_texts(notes).values())


def _noted(journal: Journal) -> list[Finding]:
    """The uses that were reported before, but for notes that the session spoke against."""
    against = attribution.spoken_against(journal)
    noted = [(seq, event.fact) for seq, event in journal if isinstance(event.fact, Used)]
    return [(seq, used) for seq, used in noted if used.note_id not in against]


def _file_ids(notes: Mapping[str, Note]) -> dict[str, frozenset[str]]:
    return {note_id: frozenset(anchor.file_id for anchor in note.anchors) for note_id, note in notes.items()}


def _texts(notes: Mapping[str, Note]) -> dict[str, str]:
    return {note_id: f"{note.title}\n{note.body}" for note_id, note in notes.items()}


def _place(finding: Finding) -> int:
    return finding[0]
