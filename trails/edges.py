"""
Edges: how strongly what is open leads elsewhere, because the same notes or the same sessions touched both.

Nothing is stored for an edge. A note on two files is the edge between them, and so is a session that used a note on
each or edited both (`sittings.py`); they are kept where they lie together in an index, so the edges of one file are
read in one go, follow renames and vanish with what made them.

    (19)  w(n)    = fresh(n) / files of n,    w(s) = fresh(s) / (r * files of s)  for a principal's r-th newest session
    (20)  edge(f) = sum of w over notes and sessions on f and an open file  /  the same sum over those on an open file
    (21)  P(f)    = (1 - delta) (tau_0 + edge(f)) / sum over g: (tau_0 + edge(g))  +  delta / files that are led to

Eq. 20 orders answers. Eq. 21 is the same as chances that add up to 1, as a slime mould shares out its flow (Tero et al.
2007) with the floor of an ant system (Stuetzle and Hoos 2000): what `trails show` tells.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from .dynamics import freshness

LEAST_EDGE = 0.05  # tau_0, share: an edge that was walked once is not nothing; a guess
SESSION = "session "  # how the name of a tie begins that a session made; ids of notes never do
SITTING = f"{SESSION}at work "  # the same, where it edited the files
SITTING_WEIGHT = 2.0  # factor, beside a note or a commit of as many files; a guess
EVEN_SHARE = 0.1  # delta: handed out evenly, so that no path is ever closed; a guess


@dataclass(frozen=True, slots=True)
class Tie:
    """
    What ties one place to others: a note on a file, or a session that used notes on it.

    `place_id` is a file (or, between notes, a note) and `size` how many of them are tied by the same note or session.
    `rank` is 1 for a note, and r for the r-th newest session of its principal.
    """

    by_id: str
    place_id: str
    at: datetime
    size: int
    rank: int = 1

    @property
    def is_of_session(self) -> bool:
        """Whether a session made it; else a note did."""
        return self.by_id.startswith(SESSION)

    @property
    def is_of_sitting(self) -> bool:
        """Whether a session made it by editing the file (`sittings.py`)."""
        return self.by_id.startswith(SITTING)

    def weight(self, now: datetime) -> float:
        """How much its maker says of the place: eq. 19 and 31."""
        factor = SITTING_WEIGHT if self.is_of_sitting else 1.0
        return factor * freshness(self.at, now) / (max(1, self.size) * self.rank)


@dataclass(frozen=True, slots=True)
class Sitting:
    """A session that edited a file, and when it last did."""

    principal: str
    session: str
    file_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Walk:
    """A note that a session used, by citing it, saying that it helped, or an outcome that credits it."""

    principal: str
    session: str
    note_id: str
    used_at: datetime


def newest_first(walks: Iterable[Walk]) -> list[Walk]:
    """The walks in an order of their own, whatever order they come in."""
    return sorted(walks, key=lambda walk: (walk.used_at, walk.note_id, walk.principal, walk.session), reverse=True)


def edges(
    open_ids: Collection[str], ties: Iterable[Tie], now: datetime, emphasis: Mapping[str, float] | None = None
) -> dict[str, float]:
    """
    How strongly the open places lead to each other one, in (0, 1]: eq. 20.

    It is the share of what touched the open places that touched the other one too. Ties of notes and sessions that
    touched no open place are ignored. `emphasis` multiplies what some notes say, by their id.
    """
    ties = list(ties)
    weights = weights_of(ties, now)
    for by_id, factor in (emphasis or {}).items():
        if by_id in weights:
            weights[by_id] *= factor
    places: dict[str, set[str]] = defaultdict(set)
    for tie in ties:
        places[tie.by_id].add(tie.place_id)
    here = {by_id for by_id, found in places.items() if not found.isdisjoint(open_ids)}
    total = math.fsum(weights[by_id] for by_id in here)
    shared: dict[str, list[float]] = defaultdict(list)
    for by_id in here:
        for place_id in places[by_id].difference(open_ids):
            shared[place_id].append(weights[by_id])
    return {place_id: min(1.0, math.fsum(shared[place_id]) / total) for place_id in sorted(shared)}


def weights_of(ties: Iterable[Tie], now: datetime) -> dict[str, float]:
    """How much each note and each session says of the places that it ties, by its id."""
    return {tie.by_id: tie.weight(now) for tie in ties}


def chances(edges: Mapping[str, float]) -> dict[str, float]:
    """The same edges as chances of being followed, which add up to 1: eq. 21."""
    if not edges:
        return {}
    total = math.fsum(LEAST_EDGE + edge for edge in edges.values())
    return {
        place_id: (1 - EVEN_SHARE) * (LEAST_EDGE + edge) / total + EVEN_SHARE / len(edges)
        for place_id, edge in edges.items()
    }


def ties_of_walks(walks: Iterable[Walk], places_by_note_id: Mapping[str, Collection[str]]) -> list[Tie]:
    """
    The ties that sessions made by using notes, each session as a whole: its newest use decides how fresh it is.

    `places_by_note_id` gives the files of each note; to tie notes to each other, each note is its own place. The r-th
    newest session of a principal counts 1/r, so that nobody wears a path alone.
    """
    sessions: dict[tuple[str, str], list[Walk]] = defaultdict(list)
    for walk in walks:
        sessions[walk.principal, walk.session].append(walk)
    newest = {voice: max(walk.used_at for walk in walked) for voice, walked in sessions.items()}
    ranks: dict[str, int] = defaultdict(int)
    ties = []
    for principal, session in sorted(newest, key=lambda voice: (newest[voice], voice), reverse=True):
        ranks[principal] += 1
        walked = sessions[principal, session]
        places = sorted({place for walk in walked for place in places_by_note_id.get(walk.note_id, ())})
        by_id = f"{SESSION}{principal!r} {session!r}"
        at = newest[principal, session]
        ties += [Tie(by_id, place_id, at, len(places), ranks[principal]) for place_id in places]
    return ties
