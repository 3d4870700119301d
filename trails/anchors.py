"""
Is a note still about the place it names? Decided by the content of the anchored lines, never by dates.

An anchor keeps a digest of its lines as they were and an outline of the file around them. The outline is held against
the file as it is now, as a diff would, and so `check` says whether the lines are the same, moved, changed (which of
them, and how many) or gone.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from . import digests
from .alignment import BLANK, align, outline, token, token_of, tokens
from .errors import BadInput
from .notes import Anchor, Drift, Fingerprint, Validity

AROUND = 500  # lines on either side that the outline of a span goes on for; with 200, one gone span in forty is missed
OUTLINED = 2_000  # lines of a span; an outline of longer ones would weigh more than most notes
CARRIED_AT_LEAST = 20  # letters and digits of lines that are found out of their order; fewer are there by chance
SPANS_TOLD = 20  # of new lines; more of them are no help to anybody
MUCH_CHANGED = 0.5  # share of changed lines from which a note on a whole file is in doubt
HALF_CHANGED = 0.5  # share of changed lines at which a note counts half: 2^(-c / HALF_CHANGED)
LEAST_VALIDITY = 0.2  # a note on rewritten code may still say why it was written as it was


def fingerprint(lines: Sequence[str], first_line: int | None = None, last_line: int | None = None) -> Fingerprint:
    """
    The content of a whole file, or of the lines from `first_line` to `last_line` (1-based, both included).

    White space at line ends does not count. Raises BadInput when the file has no such lines.
    """
    first, last = (1, len(lines)) if first_line is None else (first_line, last_line or first_line)
    if first_line is not None and not 1 <= first <= last <= len(lines):
        missing = f"line {first} is not" if first == last else f"lines {first}-{last} are not all"
        raise BadInput(f"The file has {len(lines)} lines, so {missing} in it: read it again.")
    file = [line.rstrip() for line in lines]
    span = file[first - 1 : last]
    if len(span) > OUTLINED:
        return digests.fingerprint(span)
    around = (0, len(file)) if first_line is None else (_outlined_from(first), last + AROUND)
    return Fingerprint(digests.digest(span), outline=outline(file[slice(*around)]))


def check(anchor: Anchor, lines: Sequence[str] | None) -> Drift:
    """
    What became of an anchor, given the lines of its file now, or None when the file is not there.

    GONE also means: the file is there, and of the anchored lines none that holds a letter or a digit. `changed` is the
    share of the anchored lines that are no longer there; lines that were added count for nothing, and are told as
    `new_lines`. Where nothing is known of the single lines, all count as changed.
    """
    if lines is None:
        return Drift(anchor.path, Validity.GONE, 1.0, file_gone=True)
    known = anchor.fingerprint
    if known is None:
        return Drift(anchor.path, Validity.UNKNOWN, 0.0, anchor.first_line, anchor.last_line)
    now = [line.rstrip() for line in lines]
    if anchor.first_line is None:
        return _check_file(anchor.path, known, now)
    first, last = anchor.first_line, anchor.last_line or anchor.first_line
    if last <= len(now) and digests.digest(now[first - 1 : last]) == known.digest:
        return Drift(anchor.path, Validity.SAME, 0.0, first, last)
    if not known.outline:
        return digests.check(anchor.path, known, first, last, now)
    return _check_span(anchor.path, known, first, last, now)


def span_tokens(anchor: Anchor) -> list[str]:
    """The tokens of the anchored lines as they were; of a long span some, of a whole file all of it."""
    known = anchor.fingerprint
    if known is None or not known.outline:
        return [token_of(digest) for digest in known.line_digests] if known else []
    first = anchor.first_line or 1
    begin = first - 1 - _outlined_from(first)
    return tokens(known.outline)[begin : begin + (anchor.last_line or first) - first + 1 if anchor.first_line else None]


def known_lines(anchor: Anchor) -> tuple[list[str], bool]:
    """The tokens of the lines of its file that an anchor knows, and whether these are all lines of the file."""
    known = anchor.fingerprint
    if known is None:
        return [], False
    if not known.outline:
        is_whole = anchor.first_line is None and len(known.line_digests) <= digests.LINES_KEPT // 2
        return list(map(token_of, known.line_digests)), is_whole
    lines = tokens(known.outline)
    if anchor.first_line is None:
        return lines, True
    begin, end = _outlined_from(anchor.first_line), (anchor.last_line or anchor.first_line) + AROUND
    return lines, begin == 0 and len(lines) < end


def validity_factor(drift: Drift) -> float:
    """How much of a note still counts, in [0.2, 1], by what became of its anchor (docs/dynamics.md, validity)."""
    match drift.validity:
        case Validity.GONE:
            return LEAST_VALIDITY
        case Validity.CHANGED:
            return max(LEAST_VALIDITY, math.exp2(-drift.changed / HALF_CHANGED))
        case _:
            return 1.0


def is_doubtful(anchor: Anchor, drift: Drift) -> bool:
    """Whether somebody should look if a note still holds: its lines changed, or more than half of its file, or all."""
    is_changed = drift.validity is Validity.CHANGED and (anchor.first_line is not None or drift.changed > MUCH_CHANGED)
    return is_changed or drift.validity is Validity.GONE


def _check_file(path: str, known: Fingerprint, now: Sequence[str]) -> Drift:
    if digests.digest(now) == known.digest:
        return Drift(path, Validity.SAME)
    if not known.outline:
        return Drift(path, Validity.CHANGED, digests.share_lost(known, now))
    old, present = tokens(known.outline), [token(line) for line in now]
    written = Counter(line for line in old if line != BLANK)
    left = (written & Counter(present)).total()  # a line that stands elsewhere in the file is not lost
    lost = 1.0 - left / written.total() if written else 1.0
    return Drift(path, Validity.CHANGED, lost, new_lines=new_lines(range(len(now)), set(align(old, present).values())))


def _check_span(path: str, known: Fingerprint, first: int, last: int, now: Sequence[str]) -> Drift:
    span = _Span.held_against(known, first, last, now)
    is_left = any(_tells(now[place]) for place in span.kept.values())
    start = span.whole()
    if start is None and not is_left:
        start = span.carried()
    if start is not None:
        return Drift(path, Validity.SAME if start == first - 1 else Validity.MOVED, 0.0, start + 1, start + span.length)
    if not is_left:
        return Drift(path, Validity.GONE, 1.0)
    there = span.there()
    added = new_lines(there, set(span.kept.values()))
    return Drift(path, Validity.CHANGED, span.share_lost(), there.start + 1, there.stop, added)


@dataclass(frozen=True, slots=True)
class _Span:
    """
    Anchored lines, from `first` (0 is the first of the outline), held against the file as it is now.

    `aligned` gives the places of all the outlined lines that are still there, `kept` those of the span.
    """

    known: Fingerprint
    old: Sequence[str]
    first: int
    before: int
    now: Sequence[str]
    present: Sequence[str]
    aligned: dict[int, int]
    kept: dict[int, int]

    @classmethod
    def held_against(cls, known: Fingerprint, first: int, last: int, now: Sequence[str]) -> "_Span":
        old, present = tokens(known.outline), [token(line) for line in now]
        aligned = align(old, present)
        begin = first - 1 - _outlined_from(first)
        end = begin + last - first + 1
        kept = {place: aligned[place] for place in range(begin, end) if place in aligned}
        return cls(known, old[begin:end], begin, first - 1, now, present, aligned, kept)

    @property
    def length(self) -> int:
        return len(self.old)

    def whole(self) -> int | None:
        """Where all the lines stand together, unchanged, in the order that the file had; from 0."""
        starts = Counter(place - old + self.first for old, place in self.kept.items())
        return next((start for start, _ in starts.most_common() if self._stands_at(start)), None)

    def carried(self) -> int | None:
        """The place nearest to the former one where all the lines stand together among lines that are new."""
        old_ones = set(self.aligned.values())
        starts = (place for place, line in enumerate(self.present) if line == self.old[0] and place not in old_ones)
        for start in sorted(starts, key=lambda start: (abs(start - self.before), start)):
            there = range(start, start + self.length)
            if not old_ones.intersection(there) and self._stands_at(start):
                letters = sum(char.isalnum() for place in there for char in self.now[place])
                return start if letters >= CARRIED_AT_LEAST else None
        return None

    def _stands_at(self, start: int) -> bool:
        there = slice(start, start + self.length)
        is_alike = start >= 0 and list(self.present[there]) == list(self.old)
        return is_alike and digests.digest(self.now[there]) == self.known.digest

    def there(self) -> range:
        """
        Where the lines are that came of the span.

        Beyond the first and the last line that is left are those that replaced others, and none that stood outside: all
        of them where the span's neighbour is left too, else as many as were replaced, for the neighbour's may follow.
        """
        first, last = min(self.kept), max(self.kept)
        taken = set(self.aligned.values())
        begin, end = self.kept[first], self.kept[last]
        before, after = first - self.first, self.first + self.length - 1 - last
        least = 0 if before and self.first - 1 in self.aligned else begin - before
        most = len(self.now) - 1 if after and self.first + self.length in self.aligned else end + after
        while begin > max(0, least) and begin - 1 not in taken:
            begin -= 1
        while end < min(len(self.now) - 1, most) and end + 1 not in taken:
            end += 1
        return range(begin, end + 1)

    def share_lost(self) -> float:
        """The share of the lines that are not there any more; blank ones do not count."""
        written = [place for place, line in enumerate(self.old, start=self.first) if line != BLANK]
        return 1.0 - sum(place in self.kept for place in written) / len(written) if written else 1.0


def _outlined_from(first_line: int) -> int:
    """The place, from 0, at which the outline around a span begins."""
    return max(0, first_line - 1 - AROUND)


def new_lines(there: range, old_ones: set[int]) -> tuple[tuple[int, int], ...]:
    """The spans of lines (1-based, both ends included) that are new in a place, the first SPANS_TOLD of them."""
    return tuple(_runs(place + 1 for place in there if place not in old_ones))[:SPANS_TOLD]


def _runs(numbers: Iterator[int]) -> Iterator[tuple[int, int]]:
    first = last = next(numbers, None)
    if first is None or last is None:
        return
    for number in numbers:
        if number > last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


def _tells(line: str) -> bool:
    """Whether a line says something of its own; a lone `}` is everywhere."""
    return any(char.isalnum() for char in line)
