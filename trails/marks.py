"""
What a mark is: a comment that begins with `trail:` and thereby is a note on its own line, and how one is written.

    # trail: Close the ledger before the page is rotated.
    // trail(warning): Two writers at once lose a page.
    // The lock is taken in ledger.py, not here.

The first line is the title, further lines of the same comment are the body; an empty line of it or the next mark ends
that. In the parentheses stand a kind and topics, in any order: a word that is no kind is a topic.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from .admission import TITLE_LIMIT, TOPICS_LIMIT, clean_topic, read_kind
from .comments import Comment, comments_in
from .errors import BadInput
from .languages import Syntax
from .notes import Anchor, Draft, Kind

WORD = b"trail"
"""What a file holds that has a mark: others need not be read as text."""

_MARK = re.compile(r"[ \t]*trail[ \t]*(?:\(([^()]{0,200})\))?:(?![:/])[ \t]*(.*)")
_DECORATION = re.compile(r"[#/;%!*-]*(?:[ \t]|$)")
_STARRED = ("/*", "(*")  # blocks whose lines people begin with a star


@dataclass(frozen=True, slots=True)
class Mark:
    """What one comment says: its text, the words in its parentheses, and the lines (from 1) that it takes up."""

    text: str
    words: tuple[str, ...] = ()
    first_line: int = 1
    last_line: int = 1

    def draft(self, path: str) -> Draft:
        """The note that it is, before admission. Raises BadInput or Refused for a topic that cannot be one."""
        title, _, body = self.text.partition("\n")
        if len(title) > TITLE_LIMIT:
            title, body = _cut(title), self.text
        kinds = [kind for kind in map(_kind, self.words) if kind]
        topics = [clean_topic(word) for word in self.words if not _kind(word)]
        anchor = Anchor(path, self.first_line, self.last_line)
        return Draft(title, body, kinds[0] if kinds else Kind.OBSERVATION, (anchor,), tuple(topics[:TOPICS_LIMIT]))


def marks_in(path: str, lines: Sequence[str]) -> tuple[Mark, ...]:
    """The marks of a file, from top to bottom."""
    said = [(comment, _bare(comment)) for comment in comments_in(path, lines)]
    found = []
    for place, (comment, text) in enumerate(said):
        begun = _MARK.match(text)
        if begun is None:
            continue
        more = list(takewhile(lambda pair: pair[1].strip() and not _MARK.match(pair[1]), _rest(said, place)))
        told = "\n".join([begun[2], *(text.rstrip() for _, text in more)]).strip()
        if told:
            words = tuple(word.strip() for word in (begun[1] or "").split(",") if word.strip())
            found.append(Mark(told, words, comment.line, more[-1][0].line if more else comment.line))
    return tuple(found)


def written(draft: Draft, syntax: Syntax, indentation: str) -> list[str]:
    """The lines of a comment that says what a draft says. Its kind is named where it is not the usual one."""
    words = [*([] if draft.kind is Kind.OBSERVATION else [draft.kind.value]), *draft.topics]
    body = [line for line in draft.body.split("\n") if line.strip()]
    head = f"trail({', '.join(words)}): {draft.title}" if words else f"trail: {draft.title}"
    if syntax.lines:
        return [f"{indentation}{syntax.lines[0]} {line}" for line in (head, *body)]
    begin, end = syntax.blocks[0]
    margin = " * " if begin in _STARRED else " " * (len(begin) + 1)
    said = [f"{indentation}{begin} {head}", *(f"{indentation}{margin}{line}" for line in body)]
    return [*said[:-1], f"{said[-1]} {end}"]


def _rest(said: Sequence[tuple[Comment, str]], place: int) -> Iterator[tuple[Comment, str]]:
    """The further lines of the comment that the line at `place` belongs to."""
    first = said[place][0]
    for number in range(place + 1, len(said)):
        if not _goes_on(first, said[number][0], number - place):
            return
        yield said[number]


def _goes_on(first: Comment, other: Comment, distance: int) -> bool:
    if first.block or other.block:
        return (other.block, other.column) == (first.block, first.column)
    is_next = other.line == first.line + distance
    return is_next and first.is_alone and other.is_alone and (other.sign, other.column) == (first.sign, first.column)


def _bare(comment: Comment) -> str:
    """What a line of a comment says, without what only adorns it: `///`, a star at the left, indentation."""
    text = comment.text
    if comment.block and comment.line > comment.block:
        stripped = text.lstrip()
        if comment.sign in _STARRED and stripped.startswith("*"):
            return _DECORATION.sub("", stripped, count=1)
        margin = comment.column + len(comment.sign) + 1
        return text[min(margin, len(text) - len(stripped)) :]
    decoration = _DECORATION.match(text)
    return text[decoration.end() :] if decoration else text


def _kind(word: str) -> Kind | None:
    """The kind that a word names; none for presence, which no file can tell of."""
    try:
        kind = read_kind(word)
    except BadInput:
        return None
    return None if kind is Kind.PRESENCE else kind


def _cut(title: str) -> str:
    """The beginning of a line that is too long for a title."""
    return title[: TITLE_LIMIT - 1].rpartition(" ")[0].rstrip() or title[: TITLE_LIMIT - 1]
