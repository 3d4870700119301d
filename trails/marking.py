"""
Puts a mark into the text of a file, above a line, so that it is found again there as it was meant.

Where a comment would be read as something else (inside a string, between lines that belong together) it is put above
that, or refused: a file is never changed into one that says something else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .admission import admit
from .comments import BYTE_ORDER
from .errors import BadInput, Refused
from .languages import MARKDOWN, Syntax, syntax_of
from .marks import Mark, marks_in, written
from .notes import Draft

_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_PREAMBLE = re.compile(r"#!|<\?|<!doctype|#.*coding[:=]", re.IGNORECASE)
_FRONT_MATTER = "---"
_FOLLOWS_ON = "\\"  # at the end of a line: the next one belongs to it


def with_mark(path: str, text: str, line: int, draft: Draft) -> tuple[str, int]:
    """
    The text of a file with a mark above its line `line` (from 1), and the line in which that is now.

    All that was there stays byte for byte. Raises BadInput where no mark can be put there, Refused for a secret.
    """
    said = _admitted(draft)
    start = text[: text.startswith(BYTE_ORDER)]
    parts = [(found[1], found[2]) for found in _LINE.finditer(text.removeprefix(start)) if found[0]]
    page = _page(path, [content for content, _ in parts])
    if not (text.isascii() or _is_unicode(text) or f"{said.title}{said.body}".isascii()):
        raise BadInput(f"{path} is not in UTF-8: mark it with plain letters (ASCII) only.")
    place = page.place(line)
    ending = next((end for _, end in parts[place:] + parts if end), "\n")
    added = [(content, ending) for content in page.comment(place, said)]
    if 0 < place == len(parts):
        parts[-1] = (parts[-1][0], parts[-1][1] or ending)
    return start + "".join(content + end for content, end in (*parts[:place], *added, *parts[place:])), place + 1


@dataclass(frozen=True, slots=True)
class _Page:
    """A file as it is: its lines, how its language writes comments, and the marks in it."""

    path: str
    lines: list[str]
    syntax: Syntax
    marks: tuple[Mark, ...]

    def place(self, line: int) -> int:
        """How many lines stay above a mark: `line` - 1, or fewer where a comment or a statement began before."""
        if not 1 <= line <= max(1, len(self.lines)):
            raise BadInput(f"{self.path} has {len(self.lines)} lines, so there is no line {line}: read it again.")
        place = max(line - 1, _preamble(self.lines), _front_matter(self.lines) if self.syntax is MARKDOWN else 0)
        for mark in self.marks:
            if mark.first_line <= place < mark.last_line:
                place = mark.first_line - 1
        while place and self.lines[place - 1].endswith(_FOLLOWS_ON):
            place -= 1
        return place

    def comment(self, place: int, said: Draft) -> list[str]:
        """The lines that say it there, with an empty one where the next line would be read as their own."""
        indentation = _indentation(self.lines[place]) if place < len(self.lines) else ""
        comment = written(said, self.syntax, indentation)
        ended = [*comment, indentation + self.syntax.lines[0]] if self.syntax.lines else comment
        for added in (comment, ended):
            if self._is_read(place, added, said):
                return added
        raise BadInput(
            f"A comment at line {place + 1} of {self.path} would not be read as this mark: the line is inside a string "
            "or a comment, or the text holds what ends one. Name another line, or lay the note beside it with "
            "`trails lay`."
        )

    def _is_read(self, place: int, added: list[str], said: Draft) -> bool:
        """Whether these lines are read as what is said, and all other marks as before."""
        after = marks_in(self.path, [*self.lines[:place], *added, *self.lines[place:]])
        ours = [mark for mark in after if mark.first_line == place + 1]
        others = [mark.text for mark in after if mark not in ours]
        read = [replace(admit(mark.draft(self.path)).draft, anchors=()) for mark in ours]
        return read == [said] and others == [mark.text for mark in self.marks]


def _page(path: str, lines: list[str]) -> _Page:
    syntax = syntax_of(path, lines[0] if lines else "")
    if syntax is None:
        raise BadInput(
            f"{path} is in no language whose comments are known here, so it cannot be marked. Lay the note beside it "
            f"with `trails lay` and `--file {path}`."
        )
    return _Page(path, lines, syntax, marks_in(path, lines))


def _admitted(draft: Draft) -> Draft:
    admitted = admit(draft)
    if admitted.redactions:
        raise Refused(f"The text holds what looks like a secret ({admitted.redactions[0].rule}): leave it out.")
    return replace(admitted.draft, anchors=())


def _preamble(lines: Sequence[str]) -> int:
    """How many lines must come first: what runs or encodes the file, or says what sort it is."""
    count = 0
    while count < min(2, len(lines)) and _PREAMBLE.match(lines[count]):
        count += 1
    return count


def _front_matter(lines: Sequence[str]) -> int:
    """How many lines of YAML a page of Markdown begins with."""
    is_there = bool(lines) and lines[0] == _FRONT_MATTER and _FRONT_MATTER in lines[1:]
    return lines.index(_FRONT_MATTER, 1) + 1 if is_there else 0


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _is_unicode(text: str) -> bool:
    """Whether a file's text was read as UTF-8: bytes that are none stand in it as half surrogate pairs."""
    return not re.search("[\udc80-\udcff]", text)
