"""
What an agent is told unasked: when it touches a file, and when it is given a task.

Hardly any agent asks by itself, and every one pays for what it is told. So a note is offered only where it is likely to
be worth its place: it stands, it is about that very file or matches the task closely, it has not faded, nobody has
shown it to fail, what it is laid on is not gone, and this session neither laid it nor was given it before. A note that
was made from a commit leads to files but is offered itself only once it has helped somebody. Chance has no part in it.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from . import leading, placing, ranking
from .attribution import Journal
from .copies import shared_notes
from .delivery import LEAST_TOKENS, MORE, files_to_look_at, render, tokens
from .dynamics import is_faded
from .edges import Tie, weights_of
from .events import Laid, Served
from .evidence import probability
from .notes import HISTORY, Author, Candidate, Hit, Kind, Lead, Note, Question, Recall, Status, Validity
from .ports import Folder, Store
from .ranking import Ranked
from .recalling import Recaller
from .words import light_stem, query_words, search_text

NOTES_OFFERED = 3
LEADS_OFFERED = 2
OF_ONE_PRINCIPAL = 2  # of the notes, while others have something to say
FILES_LOOKED_AT = 20  # that most notes tie to it
TIES_LOOKED_AT = 100  # newest notes on the file that is touched
EVENTS_LOOKED_AT = 1000  # of the session: what it was given before
FIRST_LOOKED_AT = 8  # notes that say most of the file; the others only where too few of these are worth it
LOOKED_AT = 16  # notes of those who have laid fewer than others
NEAREST = 15  # notes asked of the vector index; more than three are hardly ever close
TASK_CHARACTERS = 1_000  # of a task, from its start: what it is about stands there, logs and code below it
# Share. Nobody's judgement leaves a note at one half; a single "wrong" of its author's own principal takes it to .4.
LEAST_QUALITY = 0.45
# Cosines of the default model. Measured on replayed histories, see docs/dynamics.md.
CLOSE = 0.55
LEAST_WORDS_ASKED = 3  # of a task: "continue" and "yes, do it" are about no note
# Of an edge, as a share of the file's strongest, and how many notes must tie the two files.
STRONG_EDGE = 0.5
NOTES_OF_AN_EDGE = 2


@dataclass(frozen=True, slots=True)
class Offer:
    """
    What is told unasked and the notes and files in it; `text` is "" where nothing is worth it.

    `count` is how many notes were ever laid on the file that it was about.
    """

    recall: Recall
    text: str = ""
    count: int = 0


NOTHING = Offer(Recall("", ()))


@dataclass(frozen=True, slots=True)
class Offering:
    """Looks in one memory for what is worth telling one session. Writes nothing down."""

    store: Store
    recaller: Recaller
    workspace: str
    by: Author
    folder: Folder | None = None
    known: Collection[str] = frozenset()
    """The notes that are not to be told to it any more."""

    def on_file(self, path: str, now: datetime, *, budget_tokens: int, looked: int = 0) -> Offer:
        """
        The notes on a file that is being touched, and with them the files that change together with it.

        `looked` is how many notes were on it when it was last looked at for this session, or 0: then only those that
        came since can be news.
        """
        name = placing.files_here(self.store, self.workspace, [path], self.folder).get(path)
        if name is None:
            return NOTHING
        shared = shared_notes(self.store, self.workspace, [name.file_id])
        count = len(shared) + self.store.notes_a_file(self.workspace, [name.file_id]).get(name.file_id, 0)
        if count == looked:
            return replace(NOTHING, count=count)
        question = Question(files=(path,), limit=NOTES_OFFERED, leads=LEADS_OFFERED, explores=False)
        ties = self.store.ties_from(self.workspace, name.file_id, TIES_LOOKED_AT)
        hits = [*self._notes_on(question, name.file_id, ties, now), *self._shared(question, shared, now)][
            :NOTES_OFFERED
        ]
        leads = () if looked else self._companions(question, name.file_id, ties, now)
        fitting = _fitting(Recall("", self._with_dissent(hits), (), leads), now, budget_tokens, self.by)
        return replace(fitting, count=count)

    def for_task(self, task: str, now: datetime, *, budget_tokens: int) -> Offer:
        """The notes that match a task so closely that they are likely to be about it."""
        asked = frozenset(map(light_stem, query_words(task)))
        near = [one for one in self.recaller.nearest(self.workspace, task, NEAREST) if self._is_near(one)]
        found = self.store.find_notes(self.workspace, [one.note_id for one in near]) if near else {}
        notes = placing.in_folder(self.store, self.workspace, found, self.folder)
        told = [replace(one, words=float(len(asked & _words_of(notes[one.note_id])))) for one in near]
        close = [one for one in told if is_close(one)]
        question = Question(task, limit=NOTES_OFFERED, explores=False)
        hits = self._best(question, close, notes, now)
        return _fitting(Recall("", self._with_dissent(hits)), now, budget_tokens, self.by)

    def _is_near(self, candidate: Candidate) -> bool:
        return candidate.dense >= CLOSE and candidate.note_id not in self.known

    # ── notes ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _notes_on(self, question: Question, file_id: str, ties: Sequence[Tie], now: datetime) -> list[Hit]:
        """The best notes on a file that are worth telling; those of commits, which are many, are passed over."""
        weights = weights_of(ties, now)
        unknown = sorted(weights.keys() - self.known, key=lambda note_id: (-weights[note_id], note_id))
        found = self._best_of(question, file_id, unknown[:FIRST_LOOKED_AT], now)
        if unknown[FIRST_LOOKED_AT:] and len(found) < NOTES_OFFERED:
            found = self._best_of(question, file_id, unknown, now)
        if len({hit.note.by.principal for hit in found}) == 1 and self.store.has_several_principals(self.workspace):
            crowd = found[0].note.by.principal
            others = set(self.store.notes_on(self.workspace, [file_id], LOOKED_AT, without=crowd)) - {*self.known}
            found = [
                *found[: OF_ONE_PRINCIPAL if others else NOTES_OFFERED],
                *self._best_of(question, file_id, others, now),
            ]
        return found[:NOTES_OFFERED]

    def _shared(self, question: Question, shared: Mapping[str, str], now: datetime) -> list[Hit]:
        """The best of the notes that a copy shares with the file that it was copied from."""
        found = self.store.find_notes(self.workspace, shared.keys() - self.known) if shared else {}
        notes = placing.in_folder(self.store, self.workspace, found, self.folder)
        candidates = [replace(_candidate(note), source=shared[note.id]) for note in notes.values()]
        return self._best(question, candidates, notes, now)

    def _best_of(self, question: Question, file_id: str, note_ids: Collection[str], now: datetime) -> list[Hit]:
        found = self.store.find_notes(self.workspace, note_ids) if note_ids else {}
        notes = placing.in_folder(self.store, self.workspace, found, self.folder)
        return self._best(question, [_candidate(note) for note in notes.values()], notes, now, frozenset([file_id]))

    def _best(
        self,
        question: Question,
        candidates: Sequence[Candidate],
        notes: Mapping[str, Note],
        now: datetime,
        open_ids: frozenset[str] = frozenset(),
    ) -> list[Hit]:
        """The best of the candidates that are worth telling, as many as are offered."""
        ranked = ranking.rank(question, candidates, open_file_ids=open_ids, edges={}, now=now, limit=len(candidates))
        kept: list[Hit] = []
        for one in ranked:
            if len(kept) == NOTES_OFFERED and one.score <= kept[-1].score:  # a place that changed can only cost score
                break
            if hit := self._hit(notes[one.note_id], one, now):
                kept = sorted([*kept, hit], key=lambda hit: -hit.score)[:NOTES_OFFERED]
        return kept

    def _hit(self, note: Note, ranked: Ranked, now: datetime) -> Hit | None:
        """A note with what became of its places; None where it is not worth telling. Files are read last."""
        if not is_worth_telling(Hit(note, 0.0, ()), now):
            return None
        hit = placing.hit(note, ranked, self.folder)
        return hit if is_worth_telling(hit, now) else None

    def _with_dissent(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """No side of a dispute is told without the other. Why a note is told is plain, unless it is another file's."""
        opposed = self.store.opposed(self.workspace, [hit.note.id for hit in hits]) if hits else {}
        refs = {ref for found in opposed.values() for ref in found}
        others = self.store.find_notes(self.workspace, refs) if refs else {}
        return tuple(
            replace(
                hit,
                reasons=tuple(reason for reason in hit.reasons if reason.name == "copy"),
                dissent=_live(others, opposed.get(hit.note.id, ())),
            )
            for hit in hits
        )

    # ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _companions(self, question: Question, file_id: str, ties: Sequence[Tie], now: datetime) -> tuple[Lead, ...]:
        """The files that several notes tie to the one that is touched."""
        shared = Counter(tie.place_id for tie in ties if tie.place_id != file_id)
        likely = [other for other, count in shared.most_common(FILES_LOOKED_AT) if count >= NOTES_OF_AN_EDGE]
        if not likely:
            return ()
        names = self.store.files_by_id(self.workspace, likely)
        paths = {name.file_id: name.path for name in names if name.present}
        leads = leading.lead(
            question,
            (),
            paths,
            ties=ties,
            notes_a_file=self.store.notes_a_file(self.workspace, paths),
            open_file_ids=[file_id],
            fits={},
            touched_at={},
            now=now,
        )
        return tuple(lead for lead in leads if is_strong(lead))


def _candidate(note: Note) -> Candidate:
    paths = {anchor.file_id: anchor.path for anchor in note.anchors}
    return Candidate(note.id, note.confirmed_at, paths, note.topics, quality=note.quality, principal=note.by.principal)


def _live(notes: Mapping[str, Note], note_ids: Collection[str]) -> tuple[Note, ...]:
    return tuple(notes[ref] for ref in note_ids if ref in notes and notes[ref].status is Status.LIVE)


# ── what is worth it ─────────────────────────────────────────────────────────────────────────────────────────────────
def is_worth_telling(hit: Hit, now: datetime) -> bool:
    """Whether a note on the right matter is good enough to be told to somebody who did not ask."""
    note = hit.note
    if note.status is not Status.LIVE or note.kind is Kind.PRESENCE or is_faded(note.t_star, now, note.kind):
        return False
    if note.by.agent == HISTORY and not note.quality.helped:
        return False
    if hit.drifts and all(drift.validity is Validity.GONE for drift in hit.drifts):
        return False
    return probability(note.quality) >= LEAST_QUALITY


def is_close(candidate: Candidate) -> bool:
    """Whether the text of a note and a task are so alike that the note is likely to be about it."""
    return candidate.dense >= CLOSE and candidate.words > 0


def is_strong(lead: Lead) -> bool:
    """Whether several notes tie a file to the one that is touched."""
    edge = max((reason.amount for reason in lead.reasons if reason.name == "edge"), default=0.0)
    return edge >= STRONG_EDGE and len(lead.note_ids) >= NOTES_OF_AN_EDGE


def given(journal: Journal) -> frozenset[str]:
    """
    The notes that a session has laid itself, or was shown in answer to a question, a file or a task.

    What a welcome showed does not count: of most notes it tells the title, before anybody has come to their place.
    """
    facts = [event.fact for _, event in journal]
    shown = {ref for fact in facts if isinstance(fact, Served) and _was_asked(fact) for ref in fact.note_ids}
    return frozenset(shown | {fact.note_id for fact in facts if isinstance(fact, Laid)})


def _was_asked(served: Served) -> bool:
    return bool(served.query or served.files or served.topics)


def about(task: str) -> str:
    """What a task is asked about with; "" for one that says too little to be about anything."""
    start = " ".join(task[:TASK_CHARACTERS].split())
    return start if len(start.split()) >= LEAST_WORDS_ASKED else ""


def _words_of(note: Note) -> frozenset[str]:
    return frozenset(map(light_stem, search_text(note.title, note.body, *note.topics).split()))


# ── its text ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _fitting(recall: Recall, now: datetime, budget_tokens: int, by: Author) -> Offer:
    """As many of the notes as the budget has room for, none of them cut off without a word."""
    for count in range(len(recall.hits) if budget_tokens >= LEAST_TOKENS else 0, 0, -1):
        less = replace(recall, hits=recall.hits[:count])
        text = render(less, now=now, budget_tokens=budget_tokens, asking=by)
        if MORE not in text:
            return Offer(less, text)
    text = files_to_look_at(recall.leads)
    is_small = text and tokens(text) <= budget_tokens
    return Offer(replace(recall, hits=()), text) if is_small else NOTHING
