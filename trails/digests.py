"""
What became of lines of which only digests are known, and not what stood around them.

So it is with spans of more than two thousand lines, of which a digest of every second, third, … line is kept, and with
what older versions wrote down.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from .alignment import BLANK, line_digest, token, token_of
from .notes import Drift, Fingerprint, Validity

LINES_KEPT = 400  # line digests that are kept; of a longer span every second, third, … line
LEFT_AT_LEAST = 0.2  # share of the anchored lines; less than that says no more where they were than chance
TELLING_AT_LEAST = 0.5  # lines found, each divided by how often the file holds it: one that is there twice tells enough


def fingerprint(span: Sequence[str]) -> Fingerprint:
    """Of lines without white space at their ends: a digest of all of them, and digests of single ones."""
    return Fingerprint(digest(span), tuple(line_digest(line) for line in span[:: _stride(len(span))]))


def digest(lines: Sequence[str]) -> str:
    """What stands for some lines together."""
    return blake2b("\n".join(lines).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def share_lost(known: Fingerprint, now: Sequence[str]) -> float:
    """The share of the lines that a file no longer holds, whatever their order; blank ones do not count."""
    wanted = _written(map(token_of, known.line_digests))
    found = wanted & Counter(token(line) for line in now)
    return _share_lost(wanted, found.total())


def check(path: str, known: Fingerprint, first: int, last: int, now: Sequence[str]) -> Drift:
    """
    What became of the lines from `first` to `last`, which are not in their place any more.

    They are gone when no more than a fifth of them is found in one place.
    """
    kept, length = tuple(map(token_of, known.line_digests)), last - first + 1
    if not kept:
        return Drift(path, Validity.CHANGED, 1.0, first, last)
    present = [token(line) for line in now]
    start = _find_whole(known.digest, kept, length, first - 1, now, present)
    if start is not None:
        return Drift(path, Validity.MOVED, 0.0, start + 1, start + length)
    wanted = _written(kept)
    found, begin, end = _nearest_window(wanted, length, first - 1, present)
    if found <= LEFT_AT_LEAST * wanted.total():
        return Drift(path, Validity.GONE, 1.0)
    # a changed first or last line belongs to the place as well, though nothing of it is found
    begin = max(0, begin - kept.index(present[begin]) * _stride(length))
    end = min(len(now), end + kept[::-1].index(present[end - 1]) * _stride(length))
    return Drift(path, Validity.CHANGED, _share_lost(wanted, found), begin + 1, end)


def _find_whole(
    whole: str, kept: tuple[str, ...], length: int, before: int, now: Sequence[str], present: Sequence[str]
) -> int | None:
    """Where all the lines stand together, unchanged; the place nearest to where they were. Offsets from 0."""
    stride = _stride(length)
    counts = Counter(present)
    rarest = min(range(len(kept)), key=lambda number: counts[kept[number]])
    starts = (place - rarest * stride for place, line in enumerate(present) if line == kept[rarest])
    for start in sorted(starts, key=lambda start: (abs(start - before), start)):
        window = slice(start, start + length)
        if start < 0 or start + length > len(now) or tuple(present[window][::stride]) != kept:
            continue
        if digest(now[window]) == whole:
            return start
    return None


def _nearest_window(wanted: Counter[str], length: int, before: int, present: Sequence[str]) -> tuple[int, int, int]:
    """
    Where most of the wanted lines stand close together: how many they are, and the span (from 0, end excluded).

    A window half as long again as the anchor slides over the file once. A line weighs the less the oftener the file
    holds it: a lone `}` says nothing about a place. Of equal windows the nearest to where the lines were is taken.
    """
    counts = Counter(present)
    weights = {line: 1 / counts[line] for line in wanted if line in counts}
    size = length + length // 2 + 2
    held: Counter[str] = Counter()
    score, best = 0.0, (0.0, 0.0, 0)
    for end, line in enumerate(present, start=1):
        if line in weights:
            held[line] += 1
            score += weights[line] if held[line] <= wanted[line] else 0.0
        left = present[end - size - 1] if end > size else ""
        if left in weights:
            score -= weights[left] if held[left] <= wanted[left] else 0.0
            held[left] -= 1
        begin = max(0, end - size)
        best = max(best, (round(score, 6), -abs(begin + (end - begin - length) / 2 - before), begin))
    score, _, begin = best
    return _trimmed(wanted, begin, min(len(present), begin + size), present) if score >= TELLING_AT_LEAST else (0, 0, 0)


def _trimmed(wanted: Counter[str], begin: int, end: int, present: Sequence[str]) -> tuple[int, int, int]:
    """The smallest span inside a window that still holds as many of the wanted lines, and how many they are."""
    held = Counter(present[begin:end])
    while begin < end and held[present[begin]] > wanted[present[begin]]:
        held[present[begin]] -= 1
        begin += 1
    while begin < end and held[present[end - 1]] > wanted[present[end - 1]]:
        held[present[end - 1]] -= 1
        end -= 1
    return (wanted & held).total(), begin, end


def _written(tokens: Iterable[str]) -> Counter[str]:
    """The lines that are not blank: blank ones are everywhere."""
    return Counter(line for line in tokens if line != BLANK)


def _share_lost(wanted: Counter[str], found: int) -> float:
    total = wanted.total()
    return 1.0 - found / total if total else 1.0


def _stride(length: int) -> int:
    return max(1, -(-length // LINES_KEPT))
