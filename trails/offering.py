"""
What an agent is told unasked: when it touches a file, and when it is given a task.

Hardly any agent asks by itself, and every one pays for what it is told. So a note is offered only where it is likely to
be worth its place: it stands, it is about that very file or matches the task closely, it has not faded, nobody has
shown it to fail, what it is laid on is not gone, and this session neither laid it nor was given it before. A note that
was made from a commit leads to files but is offered itself only once it has helped somebody. Chance has no part in it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from . import placing
from .attribution import Journal
from .delivery import LEAST_TOKENS, MORE, files_to_look_at, render, tokens
from .dynamics import is_faded
from .events import Laid, Served
from .evidence import probability
from .notes import HISTORY, Author, Candidate, Hit, Kind, Lead, Note, Question, Recall, Status, Validity
from .ports import Folder, Store
from .recalling import Answer, Recaller

NOTES_OFFERED = 3
LEADS_OFFERED = 2
LEADS_LOOKED_AT = 6  # of which those that notes tie to the file are offered
EVENTS_LOOKED_AT = 1000  # of the session: what it was given before
LOOKED_AT = 12  # best-ranked notes; of the others none would be offered
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
    """What is told unasked and the notes and files in it; `text` is "" where nothing is worth it."""

    recall: Recall
    text: str = ""


NOTHING = Offer(Recall("", ()))


@dataclass(frozen=True, slots=True)
class Offering:
    """Looks in one memory for what is worth telling one session. Writes nothing down."""

    store: Store
    recaller: Recaller
    workspace: str
    by: Author
    folder: Folder | None = None
    known: frozenset[str] = frozenset()
    """Notes that it knows besides those that its log shows it was given."""

    def on_file(self, path: str, now: datetime, *, budget_tokens: int, with_leads: bool = True) -> Offer:
        """The notes on a file that is being touched, and with them the files that change together with it."""
        question = Question(files=(path,), limit=NOTES_OFFERED, leads=LEADS_LOOKED_AT * with_leads, explores=False)
        answer = self.recaller.answer(self.workspace, question, now)
        hits = self._worth(answer, now, lambda ranked: any(name == "file" for name, _, _ in ranked.terms))
        leads = tuple(lead for lead in answer.leads if is_strong(lead))[:LEADS_OFFERED]
        return _fitting(Recall("", hits, (), leads), now, budget_tokens, self.by)

    def for_task(self, task: str, now: datetime, *, budget_tokens: int) -> Offer:
        """The notes that match a task so closely that they are likely to be about it."""
        question = Question(task, limit=NOTES_OFFERED, explores=False)
        answer = self.recaller.answer(self.workspace, question, now)
        hits = self._worth(answer, now, lambda ranked: is_close(answer.candidates[ranked.note_id]))
        return _fitting(Recall("", hits), now, budget_tokens, self.by)

    def _worth(self, answer: Answer, now: datetime, fits: Callable[..., bool]) -> tuple[Hit, ...]:
        likely = [one for one in answer.ranked if fits(one)][:LOOKED_AT]
        if not likely:
            return ()
        notes = self.store.find_notes(self.workspace, [one.note_id for one in likely])
        journal = self.store.session_events(self.workspace, self.by.principal, self.by.session, EVENTS_LOOKED_AT)
        known = self.known | given(journal)
        hits = [placing.hit(notes[one.note_id], one, self.folder) for one in likely if one.note_id in notes]
        kept = [hit for hit in hits if hit.note.id not in known and is_worth_telling(hit, now)]
        return self._with_dissent(sorted(kept, key=lambda hit: -hit.score)[:NOTES_OFFERED])

    def _with_dissent(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """No side of a dispute is told without the other. Why a note is told is plain: no reason takes up room."""
        opposed = self.store.opposed(self.workspace, [hit.note.id for hit in hits]) if hits else {}
        others = self.store.find_notes(self.workspace, {ref for found in opposed.values() for ref in found})
        return tuple(
            replace(hit, reasons=(), dissent=tuple(_live(others, opposed.get(hit.note.id, ())))) for hit in hits
        )


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
