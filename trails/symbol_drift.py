"""
What became of a symbol that a note is about: it is found by its name, wherever in its file it stands now.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from . import anchors, digests
from .alignment import BLANK, align, token
from .notes import Anchor, Drift, Validity
from .symbols import Symbol

RENAMED_AT_LEAST = 0.8  # share of its lines under the first that another symbol has: then it was given another name
LEAST_LINES = 3  # under the first, so that they tell one symbol from another


def check_symbol(anchor: Anchor, lines: Sequence[str], symbols: Sequence[Symbol]) -> Drift:
    """
    What became of an anchor on a symbol, given the lines of its file and what that defines now.

    Only white space and comments that differ are no change. A symbol that is not there may have another name: then the
    drift tells it, if nearly all of its lines are there. Of several symbols of one name that one counts which is as it
    was, else the nearest.
    """
    named = [symbol for symbol in symbols if symbol.name == anchor.symbol] or _renamed(anchor, lines, symbols)
    if not named:
        return Drift(anchor.path, Validity.GONE, 1.0)
    drifts = [_drift(anchor, symbol, [line.rstrip() for line in lines]) for symbol in named]
    return min(drifts, key=lambda drift: (drift.changed, abs((drift.first_line or 0) - (anchor.first_line or 0))))


def _drift(anchor: Anchor, symbol: Symbol, now: Sequence[str]) -> Drift:
    first, last = symbol.first_line, symbol.last_line
    there = Drift(anchor.path, Validity.SAME, 0.0, first, last, symbol=symbol.name)
    known = anchor.fingerprint
    if known is None or anchor.first_line is None:
        return replace(there, validity=Validity.UNKNOWN)
    is_there = first == anchor.first_line and symbol.name == anchor.symbol
    span = now[first - 1 : last]
    if digests.digest(span) == known.digest or (known.meaning and known.meaning == symbol.meaning):
        return there if is_there else replace(there, validity=Validity.MOVED)
    old, present = anchors.span_tokens(anchor), [token(line) for line in span]
    kept = align(old, present)
    written = [place for place, line in enumerate(old) if line != BLANK]
    lost = 1.0 - sum(place in kept for place in written) / len(written) if written else 1.0
    new_lines = anchors.new_lines(range(first - 1, last), {first - 1 + place for place in kept.values()})
    return replace(there, validity=Validity.CHANGED, changed=lost, new_lines=new_lines)


def _renamed(anchor: Anchor, lines: Sequence[str], symbols: Sequence[Symbol]) -> list[Symbol]:
    """The symbol that has nearly all the lines of one that is not there any more, if one has."""
    wanted = Counter(line for line in anchors.span_tokens(anchor)[1:] if line != BLANK)
    if wanted.total() < LEAST_LINES:
        return []
    shares = {symbol: _share(wanted, lines[symbol.first_line : symbol.last_line]) for symbol in symbols}
    best = max(shares, key=lambda symbol: shares[symbol], default=None)
    return [best] if best is not None and shares[best] >= RENAMED_AT_LEAST else []


def _share(wanted: Counter[str], body: Sequence[str]) -> float:
    """How much of the wanted lines a body is, and it of them: a whole class is not its longest method."""
    there = Counter(line for line in map(token, (line.rstrip() for line in body)) if line != BLANK)
    return (wanted & there).total() / max(wanted.total(), there.total())
