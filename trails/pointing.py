"""
Where a note points and what became of that, in words: "CHANGED since, a part of it: line 7 (src/a.py:3-9)".
"""

from collections.abc import Sequence
from itertools import zip_longest

from .anchors import is_doubtful
from .clauses import NAME_LENGTH, PATH_LENGTH, inline
from .notes import Anchor, Drift, Hit, Validity

SPANS_SHOWN = 3
ALL_OF_IT = 0.9  # share of changed lines from which one speaks so
TO_CHECK = "Where it says CHANGED or gone, check the note, then amend it: confirm, supersede or withdraw."


def places(anchors: Sequence[Anchor], drifts: Sequence[Drift]) -> list[str]:
    """What became of each place, what needs a look first."""
    pairs = zip_longest(anchors, drifts[: len(anchors)])
    told = [(_validity(anchor, drift), _place(anchor, drift)) for anchor, drift in pairs]
    return [f"{words} ({place})" if words else place for words, place in sorted(told, key=lambda pair: not pair[0])]


def _validity(anchor: Anchor, drift: Drift | None) -> str:
    """What became of a place, in words; nothing where it is as it was."""
    told = _became(anchor, drift)
    is_renamed = drift is not None and drift.symbol not in ("", anchor.symbol)
    return f"now called {inline(drift.symbol, NAME_LENGTH * 2)}, {told}" if drift and is_renamed else told


def _became(anchor: Anchor, drift: Drift | None) -> str:
    match drift.validity if drift else Validity.UNKNOWN:
        case Validity.MOVED if drift and drift.first_line:
            return f"moved to {_lines(drift.first_line, drift.last_line)}"
        case Validity.CHANGED if drift:
            return f"CHANGED since{_share(drift.changed)}{_spans(drift)}"
        case Validity.GONE if drift and drift.file_gone:
            return "the file is gone"
        case Validity.GONE if anchor.first_line is None:
            return "the file cannot be read"
        case Validity.GONE:
            return f"{inline(anchor.symbol, NAME_LENGTH * 2)} is gone" if anchor.symbol else "these lines are gone"
        case _:
            return ""


def _share(changed: float) -> str:
    steps = ((ALL_OF_IT, ", all of it"), (0.6, ", most of it"), (0.4, ", about half of it"), (0.01, ", a part of it"))
    return next((words for least, words in steps if changed >= least), "")


def _spans(drift: Drift) -> str:
    """Which lines are not as they were, the first few; nothing where that is all of them."""
    new_lines = drift.new_lines
    if not new_lines or drift.changed >= ALL_OF_IT:
        return ""
    told = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in new_lines[:SPANS_SHOWN])
    more = " and more" if len(new_lines) > SPANS_SHOWN else ""
    only = len(new_lines) == 1 and new_lines[0][0] == new_lines[0][1]
    return f": line{'' if only else 's'} {told}{more}"


def _place(anchor: Anchor, drift: Drift | None) -> str:
    path = inline(anchor.path, PATH_LENGTH)
    symbol = f" {inline(anchor.symbol, NAME_LENGTH * 2)}" if anchor.symbol else ""
    now = drift if drift and drift.first_line else anchor
    if now.first_line is None or (drift and drift.validity is Validity.MOVED):
        return path + symbol
    only = now.last_line in (None, now.first_line)
    return f"{path}:{now.first_line}" + ("" if only else f"-{now.last_line}") + symbol


def _lines(first: int, last: int | None) -> str:
    return f"line {first}" if last in (None, first) else f"lines {first}-{last}"


def to_check(hits: Sequence[Hit]) -> list[str]:
    """
    What to do with notes whose places are not as they were.

    A file that changed a little is no matter, nor is a note that may hold on the branch that it comes from.
    """
    here = [hit for hit in hits if not hit.branch]
    pairs = [pair for hit in here for pair in zip(hit.note.anchors, hit.drifts, strict=False)]
    return ["", TO_CHECK] if any(is_doubtful(anchor, drift) for anchor, drift in pairs) else []
