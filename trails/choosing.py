"""
Which of the ranked notes are shown: the best, but not five times the same, and now and then one that would wait.

Whoever always shows the best keeps showing what was shown before: a better note that comes late is never tried. So of
the pool, the best hits, one note after another is given a place:

    (25)  mmr(n)    = .85 score(n) / best score - .15 * max over the notes shown: similarity(n, shown)
    (26)  draw(n)   = 1/2 * 1 / waiting + 1/2 * P(theta_n is the largest),   theta_n ~ Beta(1 + helped, 1 + failed)
    (27)  chance(n) = .8 if n has the largest mmr, else 0;   + .2 draw(n)   for each place from the third on

mmr is maximal marginal relevance (Carbonell and Goldstein 1998); the second half of the draw is Thompson sampling
(1933), computed and not sampled, so that the chance of what is shown is known exactly and can be written down with it.
The first place is the best hit's and the second the largest mmr's. Whatever waits has, with a pool of P and k places,

    (28)  P(shown)  >= 1/2 * .2 (k - 2) / (P - 2)

A dispute takes one place for both its sides, and one principal at most two of the first five while others have
something to say; who waits for these reasons waits without a floor. Where nothing waits nothing is drawn.
"""

import math
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from operator import mul
from typing import Protocol

from .evidence import PRIOR
from .notes import Candidate, Quality
from .ranking import Ranked

HITS_A_PLACE = 3  # in the pool; a guess: so far down most hits still answer the question
LEAST_POOL = 12  # hits
POOL_SHARE = 0.5  # of the pool: the most that one principal fills while others wait
RELEVANCE_SHARE = 0.85  # of mmr, the rest is novelty; .7 costs .009 of recall in long conversations
FAIR_PLACES = 5  # the first places, which are read: there one principal is held to
PLACES_PER_PRINCIPAL = 2
OTHERS_SHARE = 0.1  # of the score of what they displace: with less, others are no answer and displace nothing
FIXED_PLACES = 2  # never drawn: what is best is read first, whatever chance says
EXPLORATION_SHARE = 0.2  # of the further places; a guess: about every second answer of five notes has one draw
UNIFORM_SHARE = 0.5  # of the draw: gives each note its floor, whatever was said of it
GRID_POINTS = 32  # of theta: more of them change a chance by .01 at most


class Chance(Protocol):
    """Where chance comes from: `random.Random` fits. Asked once for each place that may be drawn."""

    def random(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """
    A note in its place.

    `propensity` is the chance that it had of this place, given the places before it, in (0, 1]. `explored` is whether
    it is there by chance alone, `against` the notes of the pool on the other side of a dispute that share its place.
    """

    note_id: str
    propensity: float
    explored: bool = False
    against: tuple[str, ...] = ()


def choose(
    ranked: Sequence[Ranked],
    candidates: Mapping[str, Candidate],
    *,
    limit: int,
    similarity: Callable[[str, str], float],
    chance: Chance | None,
) -> list[Choice]:
    """
    The notes to show, at most `limit`, first place first.

    `ranked` are all hits, best first; `candidates` has each by its id. `similarity` of two note ids is in [0, 1] and
    asked for notes of the pool only. Without `chance` nothing is drawn. The same chance gives the same choice.
    """
    hits = pool(ranked, candidates, limit)
    against = _sides([hit.note_id for hit in hits], candidates)
    waiting = [hit for hit in hits if hit.note_id in against]
    best_score = max((hit.score for hit in waiting), default=0.0) or 1.0
    nearest = dict.fromkeys(against, 0.0)

    def mmr(hit: Ranked) -> float:
        return RELEVANCE_SHARE * hit.score / best_score - (1 - RELEVANCE_SHARE) * nearest[hit.note_id]

    choices: list[Choice] = []
    dice = chance if len(waiting) > limit else None  # where all are shown, chance would only shuffle them
    while waiting and len(choices) < limit:
        free = _free(waiting, candidates, choices)
        taken = greedy = max(free, key=mmr)
        propensity = 1.0
        if dice is not None and len(choices) >= FIXED_PLACES:
            odds = draw_odds([candidates[hit.note_id].quality for hit in free])
            taken, propensity = _drawn(free, odds, greedy, dice.random())
        choices.append(Choice(taken.note_id, propensity, taken is not greedy, against[taken.note_id]))
        waiting = [hit for hit in waiting if hit is not taken]
        if len(choices) < limit:
            for hit in waiting:
                nearest[hit.note_id] = max(nearest[hit.note_id], similarity(hit.note_id, taken.note_id))
    return choices


# ── who may have a place ─────────────────────────────────────────────────────────────────────────────────────────────
def pool(ranked: Sequence[Ranked], candidates: Mapping[str, Candidate], limit: int) -> list[Ranked]:
    """The hits that may be shown, best first: one principal's fill half of them at most while those of others wait."""
    size = max(HITS_A_PLACE * limit, LEAST_POOL)
    hits_by_principal: Counter[str] = Counter()
    first: list[int] = []
    later: list[int] = []
    for place, hit in enumerate(ranked):
        principal = candidates[hit.note_id].principal
        hits_by_principal[principal] += 1
        (first if hits_by_principal[principal] <= POOL_SHARE * size else later).append(place)
        if len(first) == size:
            break
    return [ranked[place] for place in sorted((first + later)[:size])]


def _sides(note_ids: Sequence[str], candidates: Mapping[str, Candidate]) -> dict[str, tuple[str, ...]]:
    """
    The notes that may have a place of their own, each with those on the other side of a dispute.

    A note that a better one is in dispute with may not: it stands beside that one.
    """
    opposed: dict[str, set[str]] = {note_id: set() for note_id in note_ids}
    for note_id in note_ids:
        for other_id in candidates[note_id].opposed:
            if other_id in opposed and other_id != note_id:
                opposed[note_id].add(other_id)
                opposed[other_id].add(note_id)
    heads: dict[str, tuple[str, ...]] = {}
    for note_id in note_ids:
        if opposed[note_id].isdisjoint(heads):
            heads[note_id] = tuple(sorted(opposed[note_id], key=note_ids.index))
    return heads


def _free(
    waiting: Sequence[Ranked], candidates: Mapping[str, Candidate], choices: Sequence[Choice]
) -> Sequence[Ranked]:
    """Those of the waiting that may have the next place: not a third of one principal before others had theirs."""
    if len(choices) >= FAIR_PLACES:
        return waiting
    places = Counter(candidates[choice.note_id].principal for choice in choices)
    served = {principal for principal, count in places.items() if count >= PLACES_PER_PRINCIPAL}
    if not served:
        return waiting
    others = max((hit.score for hit in waiting if candidates[hit.note_id].principal not in served), default=-1.0)
    return [
        hit for hit in waiting if candidates[hit.note_id].principal not in served or OTHERS_SHARE * hit.score > others
    ]


# ── chance ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _drawn(free: Sequence[Ranked], odds: Sequence[float], greedy: Ranked, lot: float) -> tuple[Ranked, float]:
    """The note that a lot in [0, 1) falls on, and the chance that it would."""
    taken = greedy
    if lot < EXPLORATION_SHARE:
        sums = list(accumulate(odds))
        taken = free[min(bisect_right(sums, lot / EXPLORATION_SHARE * sums[-1]), len(free) - 1)]
    drawn = EXPLORATION_SHARE * odds[free.index(taken)]
    return taken, min(1.0, (1 - EXPLORATION_SHARE) * (taken is greedy) + drawn)


def draw_odds(qualities: Sequence[Quality]) -> list[float]:
    """The chance of each of these notes when one is drawn, half of it alike and half by what may be in it; sum 1."""
    wins = win_odds(qualities)
    return [UNIFORM_SHARE / len(wins) + (1 - UNIFORM_SHARE) * win for win in wins]


def win_odds(qualities: Sequence[Quality]) -> list[float]:
    """
    The chance of each to have the largest theta, on a grid of `GRID_POINTS`; sum 1.

    Two thetas on one point are a tie, of which each has a half: notes that are alike have the same chance, whatever
    their order.
    """
    counts = Counter(qualities)
    if len(counts) == 1:
        return [1 / len(qualities)] * len(qualities)
    all_below = [1.0] * GRID_POINTS
    for quality, count in counts.items():
        all_below = [
            product * below**count for product, below in zip(all_below, _theta(quality, GRID_POINTS)[0], strict=True)
        ]
    wins = {quality: sum(map(mul, all_below, _theta(quality, GRID_POINTS)[1])) for quality in counts}
    total = math.fsum(wins[quality] for quality in qualities)
    return [wins[quality] / total for quality in qualities]


@lru_cache(1024)
def _theta(quality: Quality, points: int) -> tuple[list[float], list[float]]:
    """For each point of the grid the chance that theta is below it, and the chance that it is there over the former."""
    helped, failed = PRIOR - 1 + quality.helped, PRIOR - 1 + quality.failed
    middles = ((place + 0.5) / points for place in range(points))
    logs = [helped * math.log(x) + failed * math.log1p(-x) for x in middles]
    largest = max(logs)  # which alone could underflow
    density = [math.exp(log - largest) for log in logs]
    total = math.fsum(density)
    here = [value / total for value in density]
    below = [max(up_to - at / 2, sys.float_info.min) for up_to, at in zip(accumulate(here), here, strict=True)]
    return below, [at / less for at, less in zip(here, below, strict=True)]
