"""
Why a note stands where it stands: its place in an answer term by term, its own state in closed form, its edges.

Nothing is decided here. What was decided elsewhere is computed once more and told with the numbers and in words.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce

from . import dynamics, placing
from .edges import Tie, chances, edges, ties_of_walks
from .events import Event, Served
from .evidence import PRIOR, probability
from .fold import NoteState, apply_to_note
from .notes import Author, Note, Question, Reason, Status, handle
from .ports import Folder, Store
from .ranking import BEST_BY_TEXT
from .recalling import FOUND_BY_WORDS, NEAREST, NOTES_A_FILE, NOTES_A_TOPIC, WALKS, Answer, Recaller

EVENTS_OF_A_NOTE = 10_000  # the newest; no note has nearly as many
SHOWINGS_COUNTED = 100
SHOWINGS_TOLD = 5
SLOTS_TOLD = 4  # terms of the energy; the strongest say most of it
EDGES_A_FILE = 3
COMPANIONS = 3
WORDS_OF_A_QUERY = 60  # characters
NEVER_SHOWN = "It was not shown to any question yet: give words, files or topics to see where it would stand."


# ── where a note stands ──────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a note's state with the formula that gives it, filled in, and what it says in words."""

    name: str
    value: float
    formula: str
    words: str


@dataclass(frozen=True, slots=True)
class Sight:
    """One time that a note was shown: to whom, in which place of how many, and the chance it had of that place."""

    at: datetime
    by: Author
    place: int
    of: int
    propensity: float


@dataclass(frozen=True, slots=True)
class Why:
    """
    Where a note stands for a question, and what it is made of.

    `place` is among all `of` hits, before some of them are chosen to be shown; 0 for a note that is none. `above` is
    the note in the place before, and `ahead_by` the terms that it has more of. Without a question only the state of
    the note is told, by `figures` and the last `showings`.
    """

    note: Note
    words: str
    question: Question | None = None
    place: int = 0
    of: int = 0
    score: float = 0.0
    reasons: tuple[Reason, ...] = ()
    above: Note | None = None
    ahead_by: tuple[tuple[str, float], ...] = ()
    figures: tuple[Figure, ...] = ()
    showings: tuple[Sight, ...] = ()
    degraded: tuple[str, ...] = ()


def why(
    recaller: Recaller,
    workspace: str,
    note: Note,
    question: Question | None,
    now: datetime,
    folder: Folder | None = None,
) -> Why:
    """Where a note stands for this question; without one, for the last question to which it was shown."""
    shown = recaller.store.showings_of(workspace, note.id, SHOWINGS_COUNTED)
    question = question or _last_question(shown)
    told = Why(
        note,
        NEVER_SHOWN,
        question,
        figures=(*_state(recaller.store, workspace, note, now), _shown(shown)),
        showings=tuple(_sight(event, note.id) for event in shown[:SHOWINGS_TOLD]),
    )
    if question is None:
        return told
    answer = recaller.answer(workspace, question, now)
    told = replace(told, of=len(answer.ranked), degraded=answer.degraded)
    place = next((place for place, one in enumerate(answer.ranked, start=1) if one.note_id == note.id), 0)
    if not place:
        return replace(told, words=f"No answer for {_asked(question)}: {_absence(note, question, answer)}.")
    hit = placing.hit(note, answer.ranked[place - 1], folder)
    above, ahead_by = _above(recaller.store, workspace, answer, place)
    told = replace(told, place=place, score=hit.score, reasons=hit.reasons, above=above, ahead_by=ahead_by)
    return replace(told, words=_standing(told, question))


def _last_question(shown: Iterable[Event]) -> Question | None:
    facts = [event.fact for event in shown if isinstance(event.fact, Served)]
    asked = (Question(fact.query, fact.files, fact.topics) for fact in facts)
    return next((one for one in asked if one.query or one.files or one.topics), None)


def _above(
    store: Store, workspace: str, answer: Answer, place: int
) -> tuple[Note | None, tuple[tuple[str, float], ...]]:
    """The note in the place before, and how much more it has of which terms, the largest first."""
    if place == 1:
        return None, ()
    before, here = answer.ranked[place - 2], answer.ranked[place - 1]
    difference = Counter({name: weight * amount for name, weight, amount in before.terms})
    difference.subtract({name: weight * amount for name, weight, amount in here.terms})
    more = tuple((name, value) for name, value in difference.most_common() if value > 0)
    return store.find_notes(workspace, [before.note_id]).get(before.note_id), more


# ── in words ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _standing(told: Why, question: Question) -> str:
    among = "the only answer" if told.of == 1 else f"{_ordinal(told.place)} of {told.of}"
    because = max(told.reasons, key=lambda one: one.value).words
    said = f"{among} for {_asked(question)}, most of all because {because}"
    if told.above is not None:
        more = " and ".join(name for name, _ in told.ahead_by[:2])
        said += f"; [{told.above.handle}] before it " + (f"has more of: {more}" if more else "was confirmed later")
    return f"{said[0].upper()}{said[1:]}."


def _absence(note: Note, question: Question, answer: Answer) -> str:
    """Why a note is no hit: that it does not stand, or each of the doors that it did not come through."""
    if note.status is Status.SUPERSEDED:
        return f"it was superseded by [{handle(note.superseded_by)}]"
    if note.status is Status.WITNESS:
        return f"it says the same as [{handle(note.superseded_by)}], which is shown in its place"
    if note.status is not Status.LIVE:
        return f"it is {note.status.value}"
    is_found = note.id in answer.candidates
    missing = []
    if question.query:
        nearest = f"its text is not among the {NEAREST} nearest in meaning, nor the {FOUND_BY_WORDS} best by words"
        missing.append(f"its text is not among the {BEST_BY_TEXT} that match best" if is_found else nearest)
    if question.files:
        is_here = any(anchor.path in question.files for anchor in note.anchors)
        nowhere = "it is neither on an open file nor on one that the open files lead to"
        missing.append(f"{NOTES_A_FILE} newer notes are on the open files" if is_here else nowhere)
    if question.topics:
        is_about = not set(question.topics).isdisjoint(note.topics)
        missing.append(
            f"{NOTES_A_TOPIC} newer notes have the topic" if is_about else "it has no topic that was asked for"
        )
    return ", and ".join(missing)


def _asked(question: Question) -> str:
    query = " ".join(question.query.split())
    query = query if len(query) <= WORDS_OF_A_QUERY else f"{query[: WORDS_OF_A_QUERY - 1]}…"
    parts = [f'"{query}"'] if query else []
    parts += [*question.files, *(f"the topic {topic}" for topic in question.topics)]
    return " and ".join(parts)


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# ── the state of a note ──────────────────────────────────────────────────────────────────────────────────────────────
def _state(store: Store, workspace: str, note: Note, now: datetime) -> tuple[Figure, ...]:
    """Energy, strength, quality and freshness: eq. 2, 3, 5 and 8 with their numbers."""
    events = (event for _, event in store.events_of(workspace, note_id=note.id, limit=EVENTS_OF_A_NOTE))
    state = reduce(apply_to_note, events, NoteState(note.id))
    energy = _energy(state, note, now)
    e, least = energy.value, dynamics.LEAST_STRENGTH
    strength = f"{least:g} + {1 - least:g} * {e:.3f} / ({e:.3f} + {dynamics.HALF_STRENGTH_ENERGY:g})"
    helped, failed = note.quality.helped, note.quality.failed
    quality = f"({PRIOR:g} + {helped:.2f}) / ({2 * PRIOR:g} + {helped:.2f} + {failed:.2f})"
    days = max(0.0, (now - note.confirmed_at).total_seconds() / dynamics.SECONDS_PER_DAY)
    freshness = f"(1 + {days:.1f} days)^-{dynamics.FRESHNESS_EXPONENT:g}"
    return (
        energy,
        Figure("strength", dynamics.strength(e), strength, "decides what is hot, not what answers a question"),
        Figure("quality", probability(note.quality), quality, _judged(state)),
        Figure("freshness", dynamics.freshness(note.confirmed_at, now), freshness, "since it was last confirmed"),
    )


def _energy(state: NoteState, note: Note, now: datetime) -> Figure:
    half_life_days = dynamics.HALF_LIFE_DAYS_BY_KIND[note.kind]
    slots = dynamics.slots(state.uses, note.kind, note.by.principal)
    ages = [max(0.0, now.timestamp() - slot.used_at_seconds) / dynamics.SECONDS_PER_DAY for slot in slots]
    terms = [
        f"{slot.weight:.3g} * 2^(-{days:.1f}/{half_life_days:.3g})" for slot, days in zip(slots, ages, strict=True)
    ]
    more = [f"{len(terms) - SLOTS_TOLD} more"] if len(terms) > SLOTS_TOLD else []
    principals = {principal for principal, _, _ in state.uses}
    words = f"{_count(len(slots), 'session')} of {_count(len(principals), 'principal')} laid or used it"
    return Figure("energy", dynamics.energy(slots, now, half_life_days), " + ".join(terms[:SLOTS_TOLD] + more), words)


def _judged(state: NoteState) -> str:
    voices = [voice for voice, said in state.judgements.items() if said.helped or said.failed]
    if not voices:
        return "no judgement and no outcome speaks for it or against it"
    principals = {principal for principal, _, _ in voices}
    return f"{_count(len(voices), 'voice')} of {_count(len(principals), 'principal')}"


# ── exposure ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _shown(shown: Sequence[Event]) -> Figure:
    if not shown:
        return Figure("shown", 0.0, "", "it was never shown")
    times = _count(len(shown), "time") + (" or more" if len(shown) == SHOWINGS_COUNTED else "")
    principals = _count(len({event.by.principal for event in shown}), "principal")
    return Figure("shown", float(len(shown)), "", f"{times} to {principals}; exposure is no evidence")


def _sight(event: Event, note_id: str) -> Sight:
    assert isinstance(event.fact, Served)
    place = event.fact.note_ids.index(note_id)
    chance = event.fact.propensities[place] if place < len(event.fact.propensities) else 1.0
    return Sight(event.at, event.by, place + 1, len(event.fact.note_ids), chance)


# ── edges ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class FileEdge:
    """That one file leads to another: with which chance (eq. 21), and how many notes and sessions tie them."""

    from_path: str
    path: str
    chance: float
    notes: int
    sessions: int


@dataclass(frozen=True, slots=True)
class Companion:
    """A note that was used in the same sessions as another, with the chance that the edges between notes give it."""

    note: Note
    chance: float
    sessions: int


def edges_of(recaller: Recaller, workspace: str, note: Note, now: datetime) -> tuple[FileEdge, ...]:
    """Where each file of a note leads to, the likeliest first; files that are gone are left out."""
    found = []
    for file_id, path in {anchor.file_id: anchor.path for anchor in note.anchors}.items():
        around = recaller.around_files(workspace, frozenset({file_id}), now)
        odds = chances(around.file_edges)
        there = [name for name in recaller.store.files_by_id(workspace, odds.keys()) if name.present]
        for name in sorted(there, key=lambda name: (-odds[name.file_id], name.path))[:EDGES_A_FILE]:
            by_sessions, by_notes = _tied(around.ties, file_id, name.file_id)
            found.append(FileEdge(path, name.path, odds[name.file_id], by_notes, by_sessions))
    return tuple(found)


def companions_of(recaller: Recaller, workspace: str, note: Note, now: datetime) -> tuple[Companion, ...]:
    """The notes that were used together with a note, the likeliest first."""
    walks = recaller.store.walks_through(workspace, [note.id], WALKS)
    ties = ties_of_walks(walks, {walk.note_id: (walk.note_id,) for walk in walks})
    odds = chances(edges([note.id], ties, now))
    best = sorted(odds, key=lambda note_id: (-odds[note_id], note_id))[:COMPANIONS]
    notes = recaller.store.find_notes(workspace, best)
    return tuple(
        Companion(notes[note_id], odds[note_id], _tied(ties, note.id, note_id)[0])
        for note_id in best
        if note_id in notes
    )


def _tied(ties: Collection[Tie], place_id: str, other_id: str) -> tuple[int, int]:
    """How many sessions and how many notes touched both places."""
    here, there = ({tie.by_id: tie for tie in ties if tie.place_id == place} for place in (place_id, other_id))
    both = [tie for by_id, tie in here.items() if by_id in there]
    sessions = sum(tie.is_of_session for tie in both)
    return sessions, len(both) - sessions
