"""
Strength: how much a trail still stands out, from the times at which it was used.

Five times of use make a trail: laying a note, laying the same unprompted, saying that it helped, using it in a way
that shows, and an outcome that credits it. Being shown is not among them. Nothing here is ever written back: the stored
times stay as they are, and the present enters only as `now`, so looking at a note any number of times changes nothing.
Strength decides what is hot, what is archived and in which order presence is listed; it does not order the answers to a
question (`ranking.py`), where only the gentle `freshness` counts.

    (1)  T(a, s) = max over the acts of session s of principal a:  t + H log2 w
    (2)  E(now)  = sum over a: omega_a * sum over r = 1..8: 1/r * min(1, 2^((T_r - now) / H)),   T_1 >= T_2 >= ...
    (3)  S       = s_min + (1 - s_min) * E / (E + kappa)
    (4)  T*      = H log2 (sum over a: omega_a * sum over r: 1/r * 2^(T_r / H)),   so that E(now) = 2^((T* - now) / H)
    (5)  fresh   = (1 + age in days)^-0.25

T* is the time at which the energy E is 1. It moves only when the note is used, so an index over it keeps its order
for ever without being rewritten: the order-preserving decay of LRFU (Lee et al. 2001) and of forward decay (Cormode et
al. 2009). Properties 1 to 13 of tests/core/test_dynamics.py and test_fold.py check what is promised here.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from .fold import ACT_CONFIRMED, ACT_JUDGED, ACT_LAID, ACT_OUTCOME, ACT_USED, ACT_WITNESSED, Voice
from .notes import Kind

SECONDS_PER_DAY = 86_400.0

# Days. The kind decides, never the author: lifetimes that authors may choose end up endless. Guesses by what the kind
# is for; field reports of note stores gather around 30 days, and results hardly change between 7 and 180.
HALF_LIFE_DAYS_BY_KIND: Mapping[Kind, float] = MappingProxyType(
    {
        Kind.PRESENCE: 15 / (24 * 60),
        Kind.HAND_OFF: 2.0,
        Kind.WARNING: 14.0,
        Kind.OBSERVATION: 30.0,
        Kind.HOW_TO: 30.0,
        Kind.QUESTION: 30.0,
        Kind.DECISION: 180.0,
        Kind.PLAN: 180.0,
    }
)

# Shares. Constant for each act, so that a further use can never lower strength; .5 makes a use look one half-life
# older than a laying, .25 two. An outcome says least: it is shared by all notes that its session used.
WEIGHT_BY_ACT: Mapping[str, float] = MappingProxyType(
    {ACT_LAID: 1.0, ACT_WITNESSED: 1.0, ACT_CONFIRMED: 1.0, ACT_JUDGED: 0.5, ACT_USED: 0.5, ACT_OUTCOME: 0.25}
)

SESSIONS_PER_PRINCIPAL = 8  # the r-th newest session counts 1/r: one principal reaches 2.72, however busy it is
OWN_WEIGHT = 0.5  # omega of the author's own principal: coming back to one's own note says less; a guess
HALF_STRENGTH_ENERGY = 3.0  # kappa, energy: one principal alone reaches a strength of .50, two .66; a guess
LEAST_STRENGTH = 0.05  # s_min: a faded note is still there
ARCHIVE_ENERGY = 0.02  # energy: 5.6 half-lives after a single laying
FRESHNESS_EXPONENT = 0.25  # replayed histories: .2 to .4 do best, a 30-day half-life is worse than no evaporation
NEVER_USED = 0.0  # seconds: the T* of a note without uses, which is faded for every kind

MAX_EXPONENT = 1000.0  # 2^1000 still is a float


@dataclass(frozen=True, slots=True)
class Slot:
    """One session's use of a note: when, in epoch seconds less the discount for its act, and how much it counts."""

    used_at_seconds: float
    weight: float


def slots(uses: Mapping[Voice, datetime], kind: Kind, author_principal: str) -> tuple[Slot, ...]:
    """
    The uses of a note that count for its strength, newest first: eq. 1 with the ranks and weights of eq. 2.

    Of each session the act that lasts longest, of each principal its eight newest sessions.
    """
    half_life_seconds = HALF_LIFE_DAYS_BY_KIND[kind] * SECONDS_PER_DAY
    times_by_principal: dict[str, dict[str, float]] = defaultdict(dict)
    for (principal, session, act), at in uses.items():
        time = at.timestamp() + half_life_seconds * math.log2(WEIGHT_BY_ACT[act])
        times = times_by_principal[principal]
        times[session] = max(time, times.get(session, time))
    kept = [
        Slot(time, own_weight(principal, author_principal) / rank)
        for principal, times in times_by_principal.items()
        for rank, time in enumerate(sorted(times.values(), reverse=True)[:SESSIONS_PER_PRINCIPAL], start=1)
    ]
    return tuple(sorted(kept, key=lambda slot: (slot.used_at_seconds, slot.weight), reverse=True))


def own_weight(principal: str, author_principal: str) -> float:
    """How much a principal's word on a note counts: half on its own, in full on the notes of others."""
    return OWN_WEIGHT if principal == author_principal else 1.0


def energy(slots: Iterable[Slot], now: datetime, half_life_days: float) -> float:
    """The uses as they still count at `now` (eq. 2); a use after `now` counts as one at `now`, never more."""
    seconds, half_life_seconds = now.timestamp(), half_life_days * SECONDS_PER_DAY
    return math.fsum(
        slot.weight * math.exp2(min(0.0, (slot.used_at_seconds - seconds) / half_life_seconds)) for slot in slots
    )


def strength(energy: float) -> float:
    """How much a trail stands out, in [.05, 1): eq. 3."""
    return LEAST_STRENGTH + (1 - LEAST_STRENGTH) * energy / (energy + HALF_STRENGTH_ENERGY)


def t_star(slots: Iterable[Slot], half_life_days: float) -> float:
    """
    The time at which the energy is 1, in epoch seconds (eq. 4): what is stored and indexed.

    Computed relative to the latest use, because 2^(T/H) itself overflows after 1024 half-lives, which for presence
    are eleven days. Without slots NEVER_USED.
    """
    kept = tuple(slots)
    if not kept:
        return NEVER_USED
    half_life_seconds = half_life_days * SECONDS_PER_DAY
    latest = max(slot.used_at_seconds for slot in kept)
    total = math.fsum(slot.weight * math.exp2((slot.used_at_seconds - latest) / half_life_seconds) for slot in kept)
    return latest + half_life_seconds * math.log2(total)


def energy_from_t_star(t_star: float, now: datetime, half_life_days: float) -> float:
    """
    The energy at `now` of a note with this T* (eq. 4).

    Equal to `energy` when no use lies after `now`. Of uses in the future only `energy` bounds the influence.
    """
    return math.exp2(min(MAX_EXPONENT, (t_star - now.timestamp()) / (half_life_days * SECONDS_PER_DAY)))


def is_faded(t_star: float, now: datetime, kind: Kind) -> bool:
    """
    Whether a note's energy is below .02: kept out of the welcome and of "hot here", never out of an answer.

    A comparison of times, so an index over T* can answer it: T* < now - 5.6 half-lives.
    """
    half_life_seconds = HALF_LIFE_DAYS_BY_KIND[kind] * SECONDS_PER_DAY
    return t_star < now.timestamp() + half_life_seconds * math.log2(ARCHIVE_ENERGY)


def freshness(confirmed_at: datetime, now: datetime) -> float:
    """How fresh a note is for recall, in (0, 1]: eq. 5. A time after `now` counts as `now`."""
    age_days = max(0.0, (now - confirmed_at).total_seconds() / SECONDS_PER_DAY)
    return math.pow(1 + age_days, -FRESHNESS_EXPONENT)
