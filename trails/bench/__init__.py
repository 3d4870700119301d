"""
Whether trails leads to the right files: git histories replayed through a real memory, beside two plain baselines.

A replay asks the memory before each commit which files it will change, scores the answer, then lays the commit as a
note. Everything is real (SQLite, Chroma, the model) and lives in a temporary folder; the notes of the person who
measures are never opened. Nothing here is used by a keeper.
"""

from .checkout import read_checkout
from .plot import draw
from .replaying import MAX_QUESTIONS, Measured, measure
from .reporting import report
from .steps import Course, read_jsonl
from .vectors import KnownVectors, load_vectors

__all__ = [
    "MAX_QUESTIONS",
    "Course",
    "KnownVectors",
    "Measured",
    "draw",
    "load_vectors",
    "measure",
    "read_checkout",
    "read_jsonl",
    "report",
]
