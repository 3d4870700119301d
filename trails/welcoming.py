"""
What a new instance is told first, and in which order.

Of each kind of note one comes before a second of any: what is under way, what was settled, what to look out for, the
strongest trails; between them who is at work, and which files to read first. Notes on the files that were asked about
come before others, and notes whose place has changed beyond recognition come last, wherever they point.
How much of it fits is decided in `telling.py`, and which notes are worth telling at all in `offering.py`.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from .dynamics import HALF_LIFE_DAYS_BY_KIND, energy_from_t_star
from .notes import AtWork, Drift, Hit, Kind, Lead, Note, Reason, Validity

PARTS: Mapping[str, tuple[Kind, ...]] = {
    "Under way": (Kind.HAND_OFF, Kind.PLAN),
    "Settled": (Kind.DECISION,),
    "Look out": (Kind.WARNING, Kind.QUESTION),
    "Strongest trails": (Kind.HOW_TO, Kind.OBSERVATION),
}
"""The headings of a welcome, with the kinds of notes under each."""

TURNS: tuple[tuple[Kind, ...], ...] = (
    (Kind.HAND_OFF,),
    (Kind.PLAN,),
    (Kind.DECISION,),
    (Kind.WARNING,),
    (Kind.HOW_TO, Kind.OBSERVATION),
    (Kind.QUESTION,),
)
"""The kinds that take turns, in this order; of those in one place the stronger note comes first."""

BEFORE_AT_WORK, BEFORE_READING = 2, 4  # of the turns
FIRST_LINES = 3  # of who is at work and of the files to read, among the notes; the others come last
NOTES_A_FILE = 3  # named beside a file to read


@dataclass(frozen=True, slots=True)
class Part:
    """The notes under one heading, most important first. Score and reasons are those for the files asked about."""

    name: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Welcome:
    """
    What there is to know first. `reading` are the files to read, in this order; `text` tells all of it.

    `whole` are the ids of the notes that are told to the end; of the others there is more to know.
    """

    id: str = ""
    parts: tuple[Part, ...] = ()
    at_work: tuple[AtWork, ...] = ()
    reading: tuple[Lead, ...] = ()
    text: str = ""
    whole: frozenset[str] = frozenset()

    @property
    def hits(self) -> tuple[Hit, ...]:
        return tuple(hit for part in self.parts for hit in part.hits)

    @property
    def is_empty(self) -> bool:
        return not (self.parts or self.at_work or self.reading)


Told = Hit | AtWork | Lead


# ── the order ────────────────────────────────────────────────────────────────────────────────────────────────────────
def parts_of(hits: Iterable[Hit], now: datetime) -> tuple[Part, ...]:
    """The notes under their headings, most important first; a heading without notes is left out."""
    told = (hit for hit in hits if hit.note.kind is not Kind.PRESENCE)
    ordered = sorted(told, key=lambda hit: (_level(hit), _turn(hit), -hit.score, -_energy(hit.note, now), hit.note.id))
    parts = (Part(name, tuple(hit for hit in ordered if hit.note.kind in kinds)) for name, kinds in PARTS.items())
    return tuple(part for part in parts if part.hits)


def in_turns(found: Welcome) -> Iterator[Told]:
    """All there is to tell, in the order in which it gets a place."""
    by_level: dict[int, list[list[Told]]] = {}
    for hit in found.hits:
        by_level.setdefault(_level(hit), [[] for _ in TURNS])[_turn(hit)].append(hit)
    levels = [by_level[level] for level in sorted(by_level)] or [[[] for _ in TURNS]]
    first = levels[0]
    at_work: list[Told] = list(found.at_work[:FIRST_LINES])
    reading: list[Told] = list(found.reading[:FIRST_LINES])
    levels[0] = [
        *first[:BEFORE_AT_WORK],
        at_work,
        *first[BEFORE_AT_WORK:BEFORE_READING],
        reading,
        *first[BEFORE_READING:],
    ]
    for turns in levels:
        yield from (one for turn in zip_longest(*turns) for one in turn if one is not None)
    yield from found.at_work[FIRST_LINES:]
    yield from found.reading[FIRST_LINES:]


def _level(hit: Hit) -> int:
    """What comes first, of whichever kind: notes near the files asked about, then others, then those out of date."""
    return 2 * is_stale(hit) + (not hit.reasons)


def _turn(hit: Hit) -> int:
    return next(place for place, kinds in enumerate(TURNS) if hit.note.kind in kinds)


def is_stale(hit: Hit) -> bool:
    """Whether of each place that a note is laid on more than half has changed."""
    return bool(hit.drifts) and all(map(_is_lost, hit.drifts))


def _is_lost(drift: Drift) -> bool:
    return drift.validity is Validity.GONE or (drift.validity is Validity.CHANGED and drift.changed > 0.5)


def _energy(note: Note, now: datetime) -> float:
    return energy_from_t_star(note.t_star, now, HALF_LIFE_DAYS_BY_KIND[note.kind])


# ── the files to read ────────────────────────────────────────────────────────────────────────────────────────────────
def reading_path(told: Collection[Note], commits: Collection[Note], now: datetime) -> list[Lead]:
    """
    The files where trails are strong, strongest first.

    Those that notes made of `commits` alone lead to come after those that colleagues `told` of. A note speaks of each
    of its files with its share of them: what changes with everything is no place to start.
    """
    on_files = notes_by_path(told)
    said, changed = _heat(on_files, now), _heat(notes_by_path(commits), now)
    most_said, most_changed = max(said.values(), default=1.0), max(changed.values(), default=1.0)
    heat = {path: 0.5 * changed[path] / most_changed for path in changed}
    heat |= {path: 0.5 + 0.5 * said[path] / most_said for path in said}
    best_first = sorted(heat, key=lambda path: (-heat[path], path))
    return [step(path, heat[path], on_files.get(path, ()), now) for path in best_first]


def step(path: str, score: float, notes: Collection[Note], now: datetime) -> Lead:
    """A file to read, with the strongest of the notes on it."""
    best = sorted(notes, key=lambda note: (-_energy(note, now), note.id))[:NOTES_A_FILE]
    words = ", ".join(f"{note.kind.value} [{note.handle}]" for note in best)
    return Lead(path, score, (Reason("notes", score, words),) if best else (), tuple(note.id for note in best))


def notes_by_path(notes: Iterable[Note]) -> dict[str, list[Note]]:
    """The notes on each file, each note once."""
    found: dict[str, list[Note]] = defaultdict(list)
    for note in notes:
        for path in _paths(note):
            found[path].append(note)
    return found


def _paths(note: Note) -> frozenset[str]:
    return frozenset(anchor.path for anchor in note.anchors)


def _heat(on_files: Mapping[str, Collection[Note]], now: datetime) -> dict[str, float]:
    return {
        path: math.fsum(_energy(note, now) / len(_paths(note)) for note in notes) for path, notes in on_files.items()
    }
