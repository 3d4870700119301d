"""
What others chose, such as names, paths and clauses, made fit for a line of ours.
"""

NAME_LENGTH, PATH_LENGTH, CLAUSE_LENGTH = 32, 120, 160  # characters


def inline(text: str, length: int) -> str:
    """A name or a clause in the frame: one line of at most `length` characters, without the frame's own signs."""
    return one_line(text.replace("·", " ").replace("│", " "), length)


def one_line(text: str, length: int) -> str:
    words = " ".join(printable(text).split())
    return words if len(words) <= length else words[: length - 1] + "…"


def printable(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\t" else " " for char in text)
