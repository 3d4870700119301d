"""
Finds the comments in a file: what is written for people, told from the strings that merely look like it.

A single pass by the table of `languages.py`, linear in the size of the file whatever it holds. Python is read by its
own tokenizer, as long as the file can be. What only a full parser could tell (a quote in a regular expression, a string
over several lines in a language that seldom has one) may be taken for the other thing.
"""

import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from .languages import PYTHON, Syntax, syntax_of

BYTE_ORDER = "\ufeff"  # what some editors begin a file with
BEFORE_COMMENT = " \t;,(){}[]>"  # what stands between code and a comment in its line: `http://` and `a#b` begin none


@dataclass(frozen=True, slots=True)
class Comment:
    """
    One line of a comment: its number from 1, the column of what began it (`sign`), and what it says after that.

    `is_alone` when there is no code before it. `block` is the line in which its block began; 0 for a comment of one
    line.
    """

    line: int
    column: int
    sign: str
    text: str
    is_alone: bool
    block: int = 0


def comments_in(path: str, lines: Sequence[str]) -> list[Comment]:
    """The comments of a file, line by line; none where it is no language that is known to have any."""
    if lines and lines[0].startswith(BYTE_ORDER):
        lines = [lines[0].removeprefix(BYTE_ORDER), *lines[1:]]
    syntax = syntax_of(path, lines[0] if lines else "")
    if syntax is None:
        return []
    if syntax is PYTHON:
        try:
            return list(_tokenized(lines))
        except (tokenize.TokenError, SyntaxError, ValueError):
            pass  # in the middle of an edit
    return list(_scanned(lines, syntax))


def _tokenized(lines: Sequence[str]) -> Iterator[Comment]:
    for token in tokenize.generate_tokens((f"{line}\n" for line in lines).__next__):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            yield Comment(line, column, "#", token.string[1:], not lines[line - 1][:column].strip())


def _scanned(lines: Sequence[str], syntax: Syntax) -> Iterator[Comment]:
    signs, ends = _signs(syntax), dict(syntax.blocks)
    inside, opened = "", Comment(0, 0, "", "", is_alone=True)  # what ends what goes on, and the comment if it is one
    for number, line in enumerate(lines, start=1):
        place, written = 0, len(line) - len(line.lstrip())
        while place <= len(line):
            if inside:
                end = _end(line, place, inside, escapes=inside in syntax.fences)
                if opened.block:
                    yield Comment(number, opened.column, opened.sign, line[place:end], opened.is_alone, opened.block)
                if end == len(line):
                    break
                place, inside = end + len(inside), ""
            found = signs.search(line, place)
            if found is None:
                break
            sign, place, is_alone = found[0], found.end(), found.start() == written
            if sign in ends:
                inside, opened = ends[sign], Comment(number, found.start(), sign, "", is_alone, block=number)
            elif sign in syntax.lines:
                if _may_begin(line, found.start()):
                    yield Comment(number, found.start(), sign, line[place:], is_alone)
                    break
            elif sign in syntax.quotes:
                place = _after_string(line, found.start(), sign)
            else:
                inside, opened = sign, Comment(0, 0, "", "", is_alone=True)


@cache
def _signs(syntax: Syntax) -> re.Pattern[str]:
    """Whatever begins a comment or a string; of two at one place the longer one."""
    signs = {*syntax.lines, *dict(syntax.blocks), *syntax.quotes, *syntax.fences, *syntax.raw_fences}
    return re.compile("|".join(re.escape(sign) for sign in sorted(signs, key=lambda sign: (-len(sign), sign))))


def _may_begin(line: str, place: int) -> bool:
    return place == 0 or line[place - 1] in BEFORE_COMMENT


def _after_string(line: str, start: int, quote: str) -> int:
    """Where the string that begins at `start` is over, at the latest with the line; an apostrophe begins none."""
    if quote == "'" and start and line[start - 1].isalnum():
        return start + 1
    return _end(line, start + 1, quote, escapes=True) + 1


def _end(line: str, start: int, sign: str, *, escapes: bool) -> int:
    """Where `sign` stands next in a line, not escaped; the length of the line where it does not."""
    place = line.find(sign, start)
    while escapes and place > 0 and _is_escaped(line, place):
        place = line.find(sign, place + 1)
    return len(line) if place < 0 else place


def _is_escaped(line: str, place: int) -> bool:
    start = place
    while start and line[start - 1] == "\\":
        start -= 1
    return (place - start) % 2 == 1
