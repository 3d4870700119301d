"""
Puts a mark into the text of a file, above a line, so that it is found again there as it was meant.

Where a comment would be read as something else (inside a string, between lines that belong together) it is put above
that, or refused: a file is never changed into one that says something else.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from .admission import admit
from .comments import BYTE_ORDER
from .errors import BadInput, Refused
from .languages import Syntax, syntax_of
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
    syntax = syntax_of(path, text[:200].partition("\n")[0])
    if syntax is None:
        raise BadInput(
            f"{path} is in no language whose comments are known here, so it cannot be marked. Lay the note beside it: "
            f"trails lay '…' --file {path}:{line}"
        )
    if not (text.isascii() or _is_unicode(text) or f"{said.title}{said.body}".isascii()):
        raise BadInput(f"{path} is not in UTF-8: mark it with plain letters (ASCII) only.")
    start = text[: text.startswith(BYTE_ORDER)]
    text = text.removeprefix(start)
    parts = [(found[1], found[2]) for found in _LINE.finditer(text) if found[0]]
    lines = [content for content, _ in parts]
    if not 1 <= line <= max(1, len(lines)):
        raise BadInput(f"{path} has {len(lines)} lines, so there is no line {line}: read it again.")
    before = marks_in(path, lines)
    place = _place(lines, before, line)
    ending = next((end for _, end in parts[place:] + parts if end), "\n")
    added = _fitting(path, lines, before, place, written(said, syntax, _indentation(lines, place)), said, syntax)
    new = [*parts[:place], *((content, ending) for content in added), *parts[place:]]
    if 0 < place == len(parts):
        new[place - 1] = (lines[-1], parts[-1][1] or ending)
    return start + "".join(content + end for content, end in new), place + 1


def _admitted(draft: Draft) -> Draft:
    admitted = admit(draft)
    if admitted.redactions:
        raise Refused(f"The text holds what looks like a secret ({admitted.redactions[0].rule}): leave it out.")
    return replace(admitted.draft, anchors=())


def _place(lines: Sequence[str], before: Sequence[Mark], line: int) -> int:
    """How many lines stay above the mark: `line` - 1, or where the comment or the statement of that line begins."""
    place = max(line - 1, _preamble(lines))
    for mark in before:
        if mark.first_line <= place < mark.last_line:
            place = mark.first_line - 1
    while place and lines[place - 1].endswith(_FOLLOWS_ON):
        place -= 1
    return place


def _preamble(lines: Sequence[str]) -> int:
    """How many lines must come first: what runs or encodes the file, or says what sort it is."""
    if lines and lines[0] == _FRONT_MATTER and _FRONT_MATTER in lines[1:]:
        return lines.index(_FRONT_MATTER, 1) + 1
    count = 0
    while count < min(2, len(lines)) and _PREAMBLE.match(lines[count]):
        count += 1
    return count


def _fitting(
    path: str, lines: list[str], before: Sequence[Mark], place: int, comment: list[str], said: Draft, syntax: Syntax
) -> list[str]:
    """The lines to add: the comment, with an empty line of it where the next would be read as its own."""
    ended = [*comment, _indentation(comment, 0) + syntax.lines[0]] if syntax.lines else comment
    for added in (comment, ended):
        after = marks_in(path, [*lines[:place], *added, *lines[place:]])
        ours = [mark for mark in after if mark.first_line == place + 1]
        others = [mark.text for mark in after if mark not in ours]
        if [_read(mark, path) for mark in ours] == [said] and others == [mark.text for mark in before]:
            return added
    raise BadInput(
        f"A comment at line {place + 1} of {path} would not be read as this mark: the line is inside a string or a "
        "comment, or the text holds what ends one. Name another line, or lay the note beside it with `trails lay`."
    )


def _read(mark: Mark, path: str) -> Draft:
    return replace(admit(mark.draft(path)).draft, anchors=())


def _indentation(lines: Sequence[str], place: int) -> str:
    line = lines[place] if place < len(lines) else ""
    return line[: len(line) - len(line.lstrip())]


def _is_unicode(text: str) -> bool:
    """Whether a file's text was read as UTF-8: bytes that are none stand in it as half surrogate pairs."""
    return not re.search("[\udc80-\udcff]", text)
