"""
Is a note still about the place it names? Decided by the content of the anchored lines, never by dates.

An anchor keeps a digest of its lines as they were, and a short digest of each line. From these and the file as it is
now `check` says whether the lines are the same, moved, changed (and how much of them), or gone.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from .errors import BadInput
from .notes import Anchor, Drift, Fingerprint, Validity

LINES_KEPT = 400  # line digests an anchor keeps; of a longer span every second, third, … line
LEFT_AT_LEAST = 0.2  # share of the anchored lines; less than that says no more where they were than chance
TELLING_AT_LEAST = 0.5  # lines found, each divided by how often the file holds it: one that is there twice tells enough
HALF_CHANGED = 0.5  # share of changed lines at which a note counts half: 2^(-c / HALF_CHANGED)
LEAST_VALIDITY = 0.2  # a note on rewritten code may still say why it was written as it was

BLANK = blake2b(b"", digest_size=4).hexdigest()


def fingerprint(lines: Sequence[str], first_line: int | None = None, last_line: int | None = None) -> Fingerprint:
    """
    The content of a whole file, or of the lines from `first_line` to `last_line` (1-based, both included).

    White space at line ends does not count. Raises BadInput when the file has no such lines.
    """
    if first_line is None:
        first_line, last_line = 1, len(lines)
    elif not 1 <= first_line <= (last_line or first_line) <= len(lines):
        place = f"{first_line}-{last_line or first_line}"
        raise BadInput(f"The file has {len(lines)} lines, so lines {place} are not all in it: read it again.")
    span = [line.rstrip() for line in lines[first_line - 1 : last_line or first_line]]
    return Fingerprint(_digest(span), tuple(_line_digest(line) for line in span[:: _stride(len(span))]))


def check(anchor: Anchor, lines: Sequence[str] | None) -> Drift:
    """
    What became of an anchor, given the lines of its file now, or None when the file is not there.

    GONE also means: the file is there and the anchored lines are not (no more than a fifth of them is found in one
    place). `changed` is the share of the anchored lines that are no longer there; lines that were added count for
    nothing, nor does the order of lines. Where nothing is known of the single lines, all count as changed.
    """
    if lines is None:
        return Drift(anchor.path, Validity.GONE, 1.0)
    if anchor.fingerprint is None:
        return Drift(anchor.path, Validity.UNKNOWN, 0.0, anchor.first_line, anchor.last_line)
    now = [line.rstrip() for line in lines]
    if anchor.first_line is None:
        return _check_file(anchor.path, anchor.fingerprint, now)
    last = anchor.first_line if anchor.last_line is None else anchor.last_line
    return _check_span(anchor.path, anchor.fingerprint, anchor.first_line, last, now)


def validity_factor(drift: Drift) -> float:
    """How much of a note still counts, in [0.2, 1], by what became of its anchor (docs/dynamics.md, validity)."""
    match drift.validity:
        case Validity.GONE:
            return LEAST_VALIDITY
        case Validity.CHANGED:
            return max(LEAST_VALIDITY, math.exp2(-drift.changed / HALF_CHANGED))
        case _:
            return 1.0


def _check_file(path: str, known: Fingerprint, now: Sequence[str]) -> Drift:
    if _digest(now) == known.digest:
        return Drift(path, Validity.SAME)
    wanted = _written(known.line_digests)
    found = wanted & Counter(_line_digest(line) for line in now)
    return Drift(path, Validity.CHANGED, _share_lost(wanted, found.total()))


def _check_span(path: str, known: Fingerprint, first: int, last: int, now: Sequence[str]) -> Drift:
    if last <= len(now) and _digest(now[first - 1 : last]) == known.digest:
        return Drift(path, Validity.SAME, 0.0, first, last)
    kept, length = known.line_digests, last - first + 1
    if not kept:
        return Drift(path, Validity.CHANGED, 1.0, first, last)
    digests = [_line_digest(line) for line in now]
    start = _find_whole(known, length, first - 1, now, digests)
    if start is not None:
        return Drift(path, Validity.MOVED, 0.0, start + 1, start + length)
    wanted = _written(kept)
    found, begin, end = _nearest_window(wanted, length, first - 1, digests)
    if found <= LEFT_AT_LEAST * wanted.total():
        return Drift(path, Validity.GONE, 1.0)
    # a changed first or last line belongs to the place as well, though nothing of it is found
    begin = max(0, begin - kept.index(digests[begin]) * _stride(length))
    end = min(len(now), end + kept[::-1].index(digests[end - 1]) * _stride(length))
    return Drift(path, Validity.CHANGED, _share_lost(wanted, found), begin + 1, end)


def _find_whole(known: Fingerprint, length: int, before: int, now: Sequence[str], digests: Sequence[str]) -> int | None:
    """Where all the lines stand together, unchanged; the place nearest to where they were. Offsets from 0."""
    stride = _stride(length)
    kept = known.line_digests
    counts = Counter(digests)
    rarest = min(range(len(kept)), key=lambda number: counts[kept[number]])
    starts = (place - rarest * stride for place, digest in enumerate(digests) if digest == kept[rarest])
    for start in sorted(starts, key=lambda start: (abs(start - before), start)):
        window = slice(start, start + length)
        if start < 0 or start + length > len(now) or tuple(digests[window][::stride]) != kept:
            continue
        if _digest(now[window]) == known.digest:
            return start
    return None


def _nearest_window(wanted: Counter[str], length: int, before: int, digests: Sequence[str]) -> tuple[int, int, int]:
    """
    Where most of the wanted lines stand close together: how many they are, and the span (from 0, end excluded).

    A window half as long again as the anchor slides over the file once. A line weighs the less the oftener the file
    holds it: a lone `}` says nothing about a place. Of equal windows the nearest to where the lines were is taken.
    """
    counts = Counter(digests)
    weights = {digest: 1 / counts[digest] for digest in wanted if digest in counts}
    size = length + length // 2 + 2
    held: Counter[str] = Counter()
    score, best = 0.0, (0.0, 0.0, 0)
    for end, digest in enumerate(digests, start=1):
        if digest in weights:
            held[digest] += 1
            score += weights[digest] if held[digest] <= wanted[digest] else 0.0
        left = digests[end - size - 1] if end > size else ""
        if left in weights:
            score -= weights[left] if held[left] <= wanted[left] else 0.0
            held[left] -= 1
        begin = max(0, end - size)
        best = max(best, (round(score, 6), -abs(begin + (end - begin - length) / 2 - before), begin))
    score, _, begin = best
    return _trimmed(wanted, begin, min(len(digests), begin + size), digests) if score >= TELLING_AT_LEAST else (0, 0, 0)


def _trimmed(wanted: Counter[str], begin: int, end: int, digests: Sequence[str]) -> tuple[int, int, int]:
    """The smallest span inside a window that still holds as many of the wanted lines, and how many they are."""
    held = Counter(digests[begin:end])
    while begin < end and held[digests[begin]] > wanted[digests[begin]]:
        held[digests[begin]] -= 1
        begin += 1
    while begin < end and held[digests[end - 1]] > wanted[digests[end - 1]]:
        held[digests[end - 1]] -= 1
        end -= 1
    return (wanted & held).total(), begin, end


def _written(line_digests: Iterable[str]) -> Counter[str]:
    """The lines that are not blank: blank ones are everywhere."""
    return Counter(digest for digest in line_digests if digest != BLANK)


def _share_lost(wanted: Counter[str], found: int) -> float:
    total = wanted.total()
    return 1.0 - found / total if total else 1.0


def _stride(length: int) -> int:
    return max(1, -(-length // LINES_KEPT))


def _digest(lines: Sequence[str]) -> str:
    return blake2b("\n".join(lines).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def line_digests(lines: Sequence[str]) -> tuple[str, ...]:
    """The digest of each line, as anchors keep them; that of a blank one is BLANK."""
    return tuple(_line_digest(line.rstrip()) for line in lines)


def _line_digest(line: str) -> str:
    return blake2b(line.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
