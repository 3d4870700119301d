"""
Convergence: when two notes say the same of the same place.

Then the newer one is a witness to the older and no second note, if its author said it unprompted (`witnessing.py`).
The meaning of both must be close, their places and their kind agree, and so must what decides between a claim and its
opposite: figures and negations. A model that puts sentences near each other by what they are about does not tell
"the port is 80" from "the port is 81", nor "do" from "don't"; words do. Taking two notes for one hides the newer, and
missing one costs a repetition, so whatever is in doubt stays apart.
"""

import re
from collections.abc import Collection, Iterable

from .notes import MARKED, Anchor, Kind, Note

# Cosine, of the default model. Of 54,000 pairs of commits by different people on the same files, 276 reach it; of
# those, 60 also agree in figures and negations, and 58 of these say the same.
SAME_COSINE = 0.9
SHARED_AT_LEAST = 0.5  # of all files of both notes, or of all their topics where neither is on a file; a guess

OF_THEIR_AUTHOR = frozenset({Kind.PRESENCE, Kind.HAND_OFF})
"""Kinds that say what their author does: from somebody else the same words say something else."""

FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")
WORD = re.compile(r"[^\W\d_]+(?:'t)?")
NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
FIGURES_BY_WORD = {word: str(number) for number, word in enumerate(NUMBERS, start=2)} | {"twice": "2"}
NEGATIONS = frozenset(
    {"cannot", "lack", "lacks", "neither", "never", "no", "nobody", "none", "nor", "not", "revert", "without"}
)
OPPOSITES = (
    ("add", "remove"),
    ("added", "removed"),
    ("after", "before"),
    ("always", "sometimes"),
    ("disable", "enable"),
    ("disabled", "enabled"),
    ("less", "more"),
)


def agrees(older: Note, newer: Note, similarity: float) -> bool:
    """Whether two notes say the same of the same place; `similarity` is the cosine of their embeddings."""
    return (
        similarity >= SAME_COSINE
        and older.kind is newer.kind
        and newer.kind not in OF_THEIR_AUTHOR
        and MARKED not in (older.by, newer.by)  # whoever writes a comment could confirm himself
        and (older.laid_at, older.id) < (newer.laid_at, newer.id)
        and same_place(older, newer)
        and same_claim(f"{older.title}\n{older.body}", f"{newer.title}\n{newer.body}")
    )


def same_place(one: Note, other: Note) -> bool:
    """Whether half of the files are those of both; of two notes without files, half of the topics, or none at all."""
    if not (one.anchors or other.anchors):
        return _share(one.topics, other.topics) >= SHARED_AT_LEAST
    files, others = ({anchor.file_id for anchor in note.anchors} for note in (one, other))
    met = {here.file_id for here in one.anchors for there in other.anchors if _meet(here, there)}
    return len(met) >= SHARED_AT_LEAST * len(files | others)


def same_claim(text: str, other: str) -> bool:
    """Whether two texts name the same figures, both negate something or neither does, and no word is turned round."""
    words, others = (set(WORD.findall(said.lower().replace("’", "'"))) for said in (text, other))
    if _figures(text, words) != _figures(other, others) or _negates(words) != _negates(others):
        return False
    only, only_other = words - others, others - words
    return not any(
        (left in only and right in only_other) or (right in only and left in only_other) for left, right in OPPOSITES
    )


def _meet(one: Anchor, other: Anchor) -> bool:
    """Whether two anchors are the same place: one file, and lines that meet or read the same, where both name lines."""
    if one.file_id != other.file_id:
        return False
    if one.first_line is None or other.first_line is None or (one.fingerprint and one.fingerprint == other.fingerprint):
        return True
    return one.first_line <= (other.last_line or other.first_line) and other.first_line <= (
        one.last_line or one.first_line
    )


def _figures(text: str, words: Iterable[str]) -> set[str]:
    return {*FIGURE.findall(text), *(FIGURES_BY_WORD[word] for word in words if word in FIGURES_BY_WORD)}


def _negates(words: Iterable[str]) -> bool:
    return any(word in NEGATIONS or word.endswith("n't") for word in words)


def _share(some: Collection[str], others: Collection[str]) -> float:
    both = {*some, *others}
    return len({*some} & {*others}) / len(both) if both else 1.0
