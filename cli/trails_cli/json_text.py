"""
JSON text with another value, in which everything that stays the same keeps its bytes.

A settings file belongs to a person: spacing, line ends, escapes and the way numbers are written are theirs, and only
what is new is laid out here, the way the rest of the file is. Parsing it and writing it anew would change all of it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,:\[\]{}"]+|[,:\[\]{}]')
FIRST_INDENT = re.compile(r"\n([ \t]+)\S")
USUAL_INDENT = "  "

Tokens = Sequence[re.Match[str]]


def rewritten(text: str, before: Any, after: Any) -> str:
    """
    `text`, whose value is `before`, as a text whose value is `after`.

    `text` must be valid, and no object in it may have a key twice.
    """
    node, _ = _node(list(TOKEN.finditer(text)), 0)
    return text[: node.start] + _Layout(text).changed(node, before, after) + text[node.end :]


def written(value: Any) -> str:
    """A value as a text of its own."""
    return _Layout("").laid_out(value, "") + "\n"


@dataclass(frozen=True, slots=True)
class _Node:
    """Where a value stands, from `start` to before `end`; `parts` are the members or elements of a container."""

    start: int
    end: int
    parts: tuple["_Part", ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """A member or an element: where it begins, its key (an element has its place), its value."""

    start: int
    key: str | int
    node: _Node


def _node(tokens: Tokens, at: int) -> tuple[_Node, int]:
    """The value that begins with a token, and the place of the token after it."""
    first = tokens[at]
    at += 1
    if first[0] not in ("{", "["):
        return _Node(first.start(), first.end()), at
    parts: list[_Part] = []
    while tokens[at][0] not in ("}", "]"):
        start, key = tokens[at].start(), len(parts)
        if first[0] == "{":
            key = json.loads(tokens[at][0])
            at += 2  # the key and its colon
        node, at = _node(tokens, at)
        parts.append(_Part(start, key, node))
        if tokens[at][0] == ",":
            at += 1
    return _Node(first.start(), tokens[at].end(), tuple(parts)), at + 1


class _Layout:
    """How a text is laid out: its line ends, its indentation, or that it is all on one line."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.newline = "\r\n" if "\r\n" in text else "\n"
        indent = FIRST_INDENT.search(text)
        self.indent = indent[1] if indent else USUAL_INDENT
        self.is_one_line = "\n" not in text.strip() and text.strip() not in ("", "{}", "[]")

    def changed(self, node: _Node, before: Any, after: Any) -> str:
        """The text of a node, with another value."""
        if before == after:
            return self.text[node.start : node.end]
        if isinstance(before, dict) and isinstance(after, dict):
            kept = [part for part in node.parts if part.key in after]
            new = [(key, value) for key, value in after.items() if key not in before]
            return self._container(node, kept, before, after, [self._member(node, *one) for one in new])
        if isinstance(before, list) and isinstance(after, list):
            pairs = _paired(before, after)
            kept = [node.parts[place] for place in pairs]
            values = {place: after[other] for place, other in pairs.items()}
            fresh = [value for place, value in enumerate(after) if place not in pairs.values()]
            return self._container(node, kept, before, values, [self._new(node, value) for value in fresh])
        return self.laid_out(after, self._indent_at(node.start))

    def _container(self, node: _Node, kept: Sequence[_Part], before: Any, after: Any, new: Sequence[str]) -> str:
        """A container with only the `kept` parts, and then `new` ones."""
        if not kept:
            return self._filled(node, new)
        lead, tail = self.text[node.start : node.parts[0].start], self.text[node.parts[-1].node.end : node.end]
        written = lead
        for part in kept:
            written += self._before(node, part) if part is not kept[0] else ""
            written += self.text[part.start : part.node.start]
            written += self.changed(part.node, before[part.key], after[part.key])
        between = self._before(node, node.parts[-1]) if len(node.parts) > 1 else "," + (lead[1:] or " ")
        return written + "".join(between + one for one in new) + tail

    def _filled(self, node: _Node, new: Sequence[str]) -> str:
        """A container in which nothing of what was there stays."""
        opening, closing = self.text[node.start], self.text[node.end - 1]
        if not new or self.is_one_line:
            return opening + ", ".join(new) + closing
        outer = self.newline + self._indent_at(node.start)
        inner = outer + self.indent
        return opening + inner + ("," + inner).join(new) + outer + closing

    def _before(self, node: _Node, part: _Part) -> str:
        """What stands between a part and the one before it."""
        previous = node.parts[node.parts.index(part) - 1]
        return self.text[previous.node.end : part.start]

    def _member(self, node: _Node, key: str, value: Any) -> str:
        return f"{json.dumps(key, ensure_ascii=False)}: {self._new(node, value)}"

    def _new(self, node: _Node, value: Any) -> str:
        """A value that stands in a container."""
        if node.parts:
            return self.laid_out(value, self._indent_at(node.parts[-1].start))
        return self.laid_out(value, self._indent_at(node.start) + self.indent)

    def laid_out(self, value: Any, indent: str) -> str:
        """A value that begins on a line of this indentation: a list of texts and numbers stays on that line."""
        parts = list(value.values()) if isinstance(value, dict) else value
        is_plain = not isinstance(parts, list) or not any(isinstance(part, dict | list) for part in parts)
        if self.is_one_line or not parts or (is_plain and not isinstance(value, dict)):
            return json.dumps(value, ensure_ascii=False)
        inner = indent + self.indent
        lines = [self.laid_out(part, inner) for part in parts]
        if isinstance(value, dict):
            lines = [f"{json.dumps(key, ensure_ascii=False)}: {line}" for key, line in zip(value, lines, strict=True)]
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        between = f",{self.newline}{inner}"
        return f"{opening}{self.newline}{inner}{between.join(lines)}{self.newline}{indent}{closing}"

    def _indent_at(self, place: int) -> str:
        """The indentation of the line on which a place is."""
        line = self.text[self.text.rfind("\n", 0, place) + 1 : place]
        return line[: len(line) - len(line.lstrip(" \t"))]


def _paired(before: Sequence[Any], after: Sequence[Any]) -> Mapping[int, int]:
    """Which elements of a list are still there, each with its place now: those that are equal, or else by place."""
    places: dict[int, int] = {}
    for place, element in enumerate(before):
        if len(places) < len(after) and after[len(places)] == element:
            places[place] = len(places)
    in_place = sum(one == other for one, other in zip(before, after, strict=False))
    if len(before) == len(after) and in_place >= len(places):  # some of them changed, and none came or went
        return {place: place for place in range(len(before))}
    return places
