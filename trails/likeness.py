"""
How alike two files are by their lines, and whether one of several is clearly the one that is looked for.

Only the digests of lines are compared: that is all an anchor keeps of a file (`anchors.py`).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

LEAST_LINES = 6  # that say something; of fewer, two files share some by chance
ALIKE = 0.6  # share of the lines of the longer file that both have; git takes half of the bytes for a rename
PART_ALIKE = 0.8  # share of the lines found, where only a part of a file is known: more may be there than was asked for
MARGIN = 0.15  # by which the best must lead every other, else nothing is said
EVERYWHERE = 2  # other files with a line, from which it tells nothing: a licence, imports, a lone bracket


@dataclass(frozen=True, slots=True)
class Print:
    """What is known of a file's lines: the digests of all that are not blank, or of some."""

    lines: tuple[str, ...]
    is_whole: bool = True


def likeness(known: Print, lines: Sequence[str], common: Collection[str] = ()) -> float:
    """
    How much of a known file a file with these lines holds, in [0, 1]; 0 where too little is known to say.

    Lines that are `common` count on neither side. Of a whole file the longer of the two sets the measure, so that a
    small file is not found in a large one; of a part it is the part. Below ALIKE or PART_ALIKE it is 0 too.
    """
    wanted, there = _telling(known.lines, common), _telling(lines, common)
    if min(wanted.total(), there.total()) < LEAST_LINES:
        return 0.0
    share = _share(wanted, there, is_whole=known.is_whole)
    return share if share >= (ALIKE if known.is_whole else PART_ALIKE) else 0.0


def overlap(known: Print, lines: Sequence[str]) -> float:
    """The same with every line counted and however few there are: for a file that other signs speak for."""
    return _share(Counter(known.lines), Counter(lines), is_whole=known.is_whole)


def clear_pairs(scores: Mapping[tuple[str, str], float]) -> dict[str, tuple[str, float]]:
    """
    The pairs (one, other) that are sure, by the first, each with its score.

    Sure is a pair that leads every other pair of either by MARGIN, given that better pairs are made first.
    """
    pairs: dict[str, tuple[str, float]] = {}
    left = {pair: score for pair, score in scores.items() if score > 0}
    for (one, other), score in sorted(left.items(), key=lambda item: (-item[1], item[0])):
        if (one, other) not in left:
            continue
        rivals = [rival for pair, rival in left.items() if pair != (one, other) and (one in pair or other in pair)]
        if max(rivals, default=0.0) <= score - MARGIN:
            pairs[one] = (other, score)
            left = {pair: rival for pair, rival in left.items() if one not in pair and other not in pair}
    return pairs


def common_lines(files: Sequence[Sequence[str]]) -> frozenset[str]:
    """The lines that more than EVERYWHERE of these files have."""
    counts = Counter(line for lines in files for line in set(lines))
    return frozenset(line for line, count in counts.items() if count > EVERYWHERE)


def _share(wanted: Counter[str], there: Counter[str], *, is_whole: bool) -> float:
    most = max(wanted.total(), there.total()) if is_whole else wanted.total()
    return (wanted & there).total() / most if most else 0.0


def _telling(lines: Sequence[str], common: Collection[str]) -> Counter[str]:
    return Counter(line for line in lines if line not in common)
