"""
TOML text with another value, in which everything that stays the same keeps its bytes.

A new table comes to the end of the file, which is what a person would do; tomlkit edits what cannot be written so.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tomlkit

Way = tuple[str, ...]
"""The names that lead to a value, from the outermost table."""


def rewritten(text: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """`text`, whose value is `before`, as a text whose value is `after`, where the two differ in whole tables."""
    windows = "\r\n" in text and text.count("\r\n") == text.count("\n")
    text = text.replace("\r\n", "\n") if windows else text
    for way, old, new in _differences(before, after):
        if old is not None:
            text = _without(text, way, old)
        if new is not None:
            text = _with(text, way, new)
    return text.replace("\n", "\r\n") if windows else text


def section(way: Way, table: Mapping[str, Any]) -> str:
    """A table under its whole name, as it stands in a file."""
    document = tomlkit.document()
    _put(document, way, table)
    return tomlkit.dumps(document)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], way: Way = ()) -> Iterator[tuple[Way, Any, Any]]:
    """What is gone, new or another, with the way to it; None for what is not there."""
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if isinstance(new, dict) and (old is None or isinstance(old, dict)) and not _is_leaf(new):
            yield from _differences(old or {}, new, (*way, name))
        elif old != new:
            yield (*way, name), old, new


def _is_leaf(table: Mapping[str, Any]) -> bool:
    return not all(isinstance(value, dict) for value in table.values())


def _with(text: str, way: Way, table: Mapping[str, Any]) -> str:
    """The text with one more table: at its end, unless it cannot stand there."""
    document = tomlkit.parse(text)
    _put(document, way, table)
    ended = text if text.endswith("\n") or not text else f"{text}\n"
    above = f"{ended}\n" if ended else ""
    return _first_that_means(document, [above + section(way, table)])


def _without(text: str, way: Way, table: Mapping[str, Any]) -> str:
    """The text without a table, and without those around it that hold nothing more."""
    document = tomlkit.parse(text)
    written = section(way, table)
    while way:
        holder: Any = document
        for name in way[:-1]:
            holder = holder[name]
        del holder[way[-1]]
        way = () if holder else way[:-1]
    return _first_that_means(document, [text.replace(f"\n{written}", "", 1), text.replace(written, "", 1)])


def _put(document: Any, way: Way, table: Mapping[str, Any]) -> None:
    holder = document
    for name in way[:-1]:
        if name not in holder:
            holder[name] = tomlkit.table(is_super_table=True)
        holder = holder[name]
    holder[way[-1]] = table


def _first_that_means(document: tomlkit.TOMLDocument, texts: Sequence[str]) -> str:
    """The first of the texts with the value of a document; if it is none of them, that document as it stands."""
    value = document.unwrap()
    return next((text for text in texts if _value(text) == value), tomlkit.dumps(document))


def _value(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
