"""
What a commit message may say before it is asked as a question: nothing that gives away the files.

Paths, file names, links, addresses, commit ids and the numbers of issues and pull requests are taken out, whatever
the repository calls its files; the words around them stay.
"""

import re
from collections.abc import Collection
from posixpath import splitext

from .steps import names_in

SUBJECT_LIMIT = 200  # characters
BODY_LIMIT = 500  # characters
LINK = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+|\bwww\.\S+", re.IGNORECASE)
ADDRESS = re.compile(r"<?[\w.+-]+@[\w-]+(\.[\w-]+)+>?")
NUMBER = re.compile(
    r"\(?\b(gh|pr|mr|issues?|bugs?|tickets?|pull requests?)[-: ]*#?\d+\b\)?|\(?[\w./-]*#\d+\b\)?", re.IGNORECASE
)
COMMIT_ID = re.compile(r"\b(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{7,40}\b")
EMPTY = re.compile(r"\(\s[\s,;:&]*\)")  # now: `()` is a call
POINTING = re.compile(r"\W*(close[sd]?|fix(es|ed)?|resolve[sd]?|refs?|see)\W*", re.IGNORECASE)  # at a number, gone now
NAMING = re.compile(r"[\w.*{}~@+-]*(?:[\\/][\w.*{}~@+-]*)+(?::\d+)?|[\w*{}~@+-]*\.[\w.*{}~@+-]+(?::\d+)?|[\w+-]+")
LINE = re.compile(r":\d+$")
COMMON = "c cc cfg cpp css go h html ini java js json lock md py rb rs rst sh toml ts txt xml yaml yml"
COMMON_ENDINGS = frozenset(f".{ending}" for ending in COMMON.split())  # those of the repository come to them
ENDING = re.compile(r"\.[a-z][a-z0-9_]{0,11}")


class Cleaner:
    """Takes the names of one repository's files out of its messages."""

    def __init__(self, paths: Collection[str]) -> None:
        names = {path.rpartition("/")[2] for path in paths}
        endings = {splitext(name)[1].lower() for name in names}
        self._parts = names_in(paths) - {""}
        self._endings = COMMON_ENDINGS | {ending for ending in endings if ENDING.fullmatch(ending)}
        self._marked = {name for name in names if not name.islower() and "." not in name}  # Makefile, README

    def clean(self, subject: str, body: str) -> str:
        """The subject in one line, then the body, both cut to what a task description might say."""
        lines = [" ".join(subject.split()), *body.splitlines()]
        subject, *rest = (self._clean_line(line) for line in lines)
        told = "\n".join(line for line in rest if line)
        return "\n".join(part for part in (subject[:SUBJECT_LIMIT].rstrip(), told[:BODY_LIMIT].rstrip()) if part)

    def _clean_line(self, line: str) -> str:
        for pattern in (LINK, ADDRESS, NUMBER):
            line = pattern.sub(" ", line)
        line = NAMING.sub(self._without_name, line)
        line = EMPTY.sub(" ", COMMIT_ID.sub(" ", line))
        return "" if POINTING.fullmatch(line) else " ".join(line.split()).strip("-*` ")

    def _without_name(self, found: re.Match[str]) -> str:
        """What stands for a word: nothing if it names a file or a folder of this repository."""
        word = LINE.sub("", found[0]).strip("-+*.{}")
        parts = [part for part in re.split(r"[\\/]", word.lower()) if part]
        if len(parts) > 1 and not self._parts.isdisjoint(parts):
            return " "
        ending = splitext(parts[-1])[1] if parts else ""
        return " " if ending in self._endings or word in self._marked else found[0]
