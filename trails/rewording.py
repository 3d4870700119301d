"""
Which mark of a file is an older one in other words: then its note is replaced, and not withdrawn beside a new one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

ALIKE_AT_LEAST = 1 / 3  # share of all words of both that both have: a sentence of which a third was kept
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Wording:
    """What one mark says or said, and its line; `name` is the caller's."""

    name: str
    text: str
    line: int


def reworded(gone: Sequence[Wording], new: Sequence[Wording]) -> dict[str, str]:
    """
    The names of marks that are gone, by the names of the new ones that took their place.

    Each is taken at most once, those most alike first. Marks that have few words in common are the same only where
    the one stands in the line of the other.
    """
    pairs = [
        (-likeness, abs(old.line - one.line), old.name, one.name)
        for old in gone
        for one in new
        if (likeness := _likeness(old.text, one.text)) >= ALIKE_AT_LEAST or old.line == one.line
    ]
    found: dict[str, str] = {}
    for *_, old_name, name in sorted(pairs):
        if name not in found and old_name not in found.values():
            found[name] = old_name
    return found


def _likeness(text: str, other: str) -> float:
    words, others = (set(_WORDS.findall(said.lower())) for said in (text, other))
    return len(words & others) / len(words | others) if words | others else 0.0
