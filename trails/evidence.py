"""
Quality: did a note help those who used it?

What counts is a judgement, or an outcome that credits the note; being shown never does. Evidence ages towards
"unknown", not towards "bad", and one principal's word has a ceiling, however many sessions it speaks in: without that
ceiling a single adversary can push any note up or down.

    (6)  X_a = sum over the newest 32 voices of principal a:  helped * 2^(-age / H_q),   Y_a likewise with failed
    (7)  f_a = min(1, c_q / (X_a + Y_a)),   helped = sum over a: omega_a f_a X_a,   failed likewise
    (8)  q   = (1 + helped) / (2 + helped + failed)
    (9)  A   = clip((R - b) / max(.25, sqrt(b (1 - b))), -1, 1),   b = (1 + sum of R) / (2 + n)
    (10)  c_n = max over the uses of n: u gamma^(uses after it),   credit_n = w |A| c_n min(1, B / sum of c)

A sum of decayed registers gives the same whatever the order of the events; a running average would not. Eq. 9 measures
an outcome against how such tasks usually end: where most succeed, a success says little about the notes it used. What
counts as a use, and how it shows, is decided in `attribution.py`. A note that a failure charges gives a share of that
to the notes it is in dispute with: without it a right note that few know stays buried under a wrong one.
Properties 14 and 15 of tests/core/test_evidence.py check this.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from .dynamics import SECONDS_PER_DAY, own_weight
from .errors import BadInput
from .events import Credit
from .fold import Judgement, Voice
from .notes import Quality, Use

HALF_LIFE_DAYS = 90.0  # H_q; simulated results hardly change between 30 and 365
VOICES_PER_PRINCIPAL = 32  # bounds the work; older ones have mostly decayed
MOST_BY_PRINCIPAL = 4.0  # c_q, units of evidence: in simulation the most useful defence against one adversary
PRIOR = 1.0  # units of evidence on either side: a note nobody judged stands at one half
USE_DISCOUNT = 0.99  # gamma, for each use that follows: nearly even, the last note a little more
LONGEST_DISCOUNT = 200  # uses
SESSION_BUDGET = 1.0  # B, units of evidence that one outcome hands out, however many notes it used
LEAST_SPREAD = 0.25  # results: keeps a surprise at a baseline near 0 or 1 from counting without bound
COUNTER_SHARE = 0.25  # of what a failure charges a note, to the notes that it is in dispute with

# u, shares: how sure it is that the note was used at all. The tiers are guesses; that being shown has none is not.
WEIGHT_BY_USE: Mapping[Use, float] = MappingProxyType({Use.CITED: 1.0, Use.EDITED: 0.6, Use.ECHOED: 0.3})

# w, shares: how much the one who says how it ended can know. "kept": the work was not taken back for a week. An agent
# on its own work weighs less than its judgement of one note, which is a full unit.
WEIGHT_BY_SOURCE: Mapping[str, float] = MappingProxyType(
    {"tests": 1.0, "ci": 1.0, "person": 1.0, "kept": 0.7, "agent": 0.3}
)


def quality(judgements: Mapping[Voice, Judgement], author_principal: str, now: datetime) -> Quality:
    """
    The evidence that a note helps and that it fails, in sessions, as it counts at `now` (eq. 6 and 7).

    A judgement after `now` counts as one at `now`. Each side of each principal is at most 4, half of that on its
    own notes.
    """
    by_principal: dict[str, list[Judgement]] = defaultdict(list)
    for (principal, _, _), judgement in judgements.items():
        if judgement.helped or judgement.failed:
            by_principal[principal].append(judgement)
    sides = [
        _capped(own_weight(principal, author_principal), judged, now) for principal, judged in by_principal.items()
    ]
    return Quality(math.fsum(helped for helped, _ in sides), math.fsum(failed for _, failed in sides))


def _capped(weight: float, judgements: Sequence[Judgement], now: datetime) -> tuple[float, float]:
    """One principal's part of eq. 7."""
    newest = sorted(judgements, key=lambda judgement: judgement.stamp, reverse=True)[:VOICES_PER_PRINCIPAL]
    faded = [math.exp2(-max(0.0, _age_days(judgement, now) / HALF_LIFE_DAYS)) for judgement in newest]
    helped = math.fsum(judgement.helped * left for judgement, left in zip(newest, faded, strict=True))
    failed = math.fsum(judgement.failed * left for judgement, left in zip(newest, faded, strict=True))
    share = weight * min(1.0, MOST_BY_PRINCIPAL / (helped + failed)) if helped + failed else 0.0
    return share * helped, share * failed


def _age_days(judgement: Judgement, now: datetime) -> float:
    return (now - judgement.stamp[0]).total_seconds() / SECONDS_PER_DAY


def probability(quality: Quality) -> float:
    """How likely a note is to help, in (0, 1); one half for a note that nobody judged (eq. 8)."""
    return (PRIOR + quality.helped) / (2 * PRIOR + quality.helped + quality.failed)


def baseline(results: Sequence[float]) -> float:
    """How tasks of this kind usually end, in (0, 1); one half before any has (eq. 9)."""
    return (1 + math.fsum(results)) / (2 + len(results))


def read_source(name: str) -> str:
    """Who says how a session ended. Raises BadInput, which names the choices."""
    if name not in WEIGHT_BY_SOURCE:
        raise BadInput(f"The source of an outcome must be one of {', '.join(WEIGHT_BY_SOURCE)}.")
    return name


def credits(  # noqa: A001 the interactive prompt alone has a builtin of this name
    uses: Sequence[tuple[str, float]], result: float, baseline: float, weight: float
) -> tuple[Credit, ...]:
    """
    What an outcome says of the notes that its session used: one credit a note, in the order of their last use.

    `uses` are note ids with u of eq. 10, in the order of use; `weight` is w, that of the source. The same use of a note
    several times counts once, where it came last. An outcome that was to be expected credits 0, and is still to be
    recorded: it replaces what the same session reported before.
    """
    shares: dict[str, float] = {}
    for place, (note_id, telling) in enumerate(dict.fromkeys(reversed(uses))):
        share = telling * USE_DISCOUNT ** min(place, LONGEST_DISCOUNT)
        shares[note_id] = max(share, shares.get(note_id, 0.0))
    total = math.fsum(shares.values())
    said = weight * advantage(result, baseline) * min(1.0, SESSION_BUDGET / total if total else 0.0)
    given = [Credit(note_id, share * max(said, 0.0), share * max(-said, 0.0)) for note_id, share in shares.items()]
    return tuple(reversed(given))


def counter_credits(given: Sequence[Credit], opposed: Mapping[str, Collection[str]]) -> tuple[Credit, ...]:
    """
    What goes to the other side of a dispute when a failure charges a note: a quarter of the charge.

    `opposed` are the standing notes in dispute with each note. They share that quarter, so that laying more
    counter-notes wins nothing; a note that was charged itself gets none.
    """
    charges = {credit.note_id: credit.failed for credit in given if credit.failed > 0}
    shares: dict[str, float] = defaultdict(float)
    for note_id, charge in charges.items():
        others = [other for other in opposed.get(note_id, ()) if other not in charges]
        for other in others:
            shares[other] += COUNTER_SHARE * charge / len(others)
    return tuple(Credit(note_id, share, 0.0) for note_id, share in shares.items())


def advantage(result: float, baseline: float) -> float:
    """How much better than usual a result is, in [-1, 1] (A of eq. 9)."""
    spread = max(LEAST_SPREAD, math.sqrt(baseline * (1 - baseline)))
    return min(1.0, max(-1.0, (result - baseline) / spread))
