"""
Quality: did a note help those who used it?

What counts is a judgement, or an outcome that credits the note; being shown never does. Evidence ages towards
"unknown", not towards "bad", and one principal's word has a ceiling, however many sessions it speaks in: without that
ceiling a single adversary can push any note up or down.

    (6)  X_a = sum over the newest 32 voices of principal a:  helped * 2^(-age / H_q),   Y_a likewise with failed
    (7)  f_a = min(1, c_q / (X_a + Y_a)),   helped = sum over a: omega_a f_a X_a,   failed likewise
    (8)  q   = (1 + helped) / (2 + helped + failed)
    (9)  A   = clip((R - b) / max(.25, sqrt(b (1 - b))), -1, 1),   b = (1 + sum of R) / (2 + n)
    (10)  c_n = gamma^(notes used after n),   credit_n = |A| c_n min(1, B / sum of c)

A sum of decayed registers gives the same whatever the order of the events; a running average would not. Eq. 9 measures
an outcome against how such tasks usually end: where most succeed, a success says little about the notes it used.
Properties 14 and 15 of tests/core/test_evidence.py check this.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from .dynamics import SECONDS_PER_DAY, own_weight
from .events import Credit
from .fold import Judgement, Voice
from .notes import Quality

HALF_LIFE_DAYS = 90.0  # H_q; simulated results hardly change between 30 and 365
VOICES_PER_PRINCIPAL = 32  # bounds the work; older ones have mostly decayed
MOST_BY_PRINCIPAL = 4.0  # c_q, units of evidence: in simulation the most useful defence against one adversary
PRIOR = 1.0  # units of evidence on either side: a note nobody judged stands at one half
USE_DISCOUNT = 0.99  # gamma, for each note used later: nearly even, the last note a little more
LONGEST_DISCOUNT = 200  # notes
SESSION_BUDGET = 1.0  # B, units of evidence that one outcome hands out, however many notes it used
LEAST_SPREAD = 0.25  # results: keeps a surprise at a baseline near 0 or 1 from counting without bound


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


def credits(  # noqa: A001 the interactive prompt alone has a builtin of this name
    used_note_ids: Sequence[str], result: float, baseline: float
) -> tuple[Credit, ...]:
    """
    What an outcome says of the notes that its session used, given in the order of their use (eq. 9 and 10).

    A note used several times counts once, where it was used last. An outcome that was to be expected credits 0, and
    is still to be recorded: it replaces what the same session reported before.
    """
    last_first = list(dict.fromkeys(reversed(used_note_ids)))
    raw = [USE_DISCOUNT ** min(place, LONGEST_DISCOUNT) for place in range(len(last_first))]
    budget = min(1.0, SESSION_BUDGET / math.fsum(raw)) if raw else 0.0
    surprise = advantage(result, baseline)
    shares = zip(last_first, raw, strict=True)
    given = [
        Credit(note_id, budget * share * max(surprise, 0.0), budget * share * max(-surprise, 0.0))
        for note_id, share in shares
    ]
    return tuple(reversed(given))


def advantage(result: float, baseline: float) -> float:
    """How much better than usual a result is, in [-1, 1] (A of eq. 9)."""
    spread = max(LEAST_SPREAD, math.sqrt(baseline * (1 - baseline)))
    return min(1.0, max(-1.0, (result - baseline) / spread))
