"""
What counts as a word: in a note that is searched, in a question, in a path.

Prose, identifiers and paths are cut in the same way, so that `parseConfigFile`, `parse_config_file` and "parse the
config file" meet. Single characters and the commonest English words carry no meaning of their own and are dropped.
Word indexes stem for themselves; only the words of paths are stemmed here.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from posixpath import basename, splitext

LONGEST_WORD = 64  # characters; digests and encoded blobs are cut alike in notes and in questions

COMMONEST_ENGLISH = """
about after all also an and any are as at be because been before but by can could did do does for from had has have
how if in into is it its just may more must no not now of on only or our should so some such than that the their
them then there these they this those to use used uses using was we were what when where which while who why will
with would you your
"""
STOP_WORDS = frozenset(COMMONEST_ENGLISH.split())

# Texts are cut along their outline: A for a capital, s for the letter s, a for any other letter or mark, 0 for a digit,
# c for a character of a script written without spaces, _ for itself, a blank for everything else.
IDENTIFIER = re.compile("[Aas0c_]+")
PART = re.compile(
    "c+"
    "|(?<![Aas0])[as]*0+[as]+0[as0]*"  # letters and digits by turns: a commit, 0x7f, 2to3
    "|(?<![Aas])[Aas]{1,3}0+[as]*"  # a number that belongs to a short name: sha256, k8s, log4j
    "|(?<![Aas0])0+[as]+"  # or to a unit: 10ms, 2fa
    "|A{2,}s(?![as])"  # URLs, IDs
    "|A+(?![as])"  # HTTP in HTTPServer
    "|A?[as]+|0+"
)
TEST_MARK = re.compile(r"^tests?[_-]|[_.-](?:tests?|spec)$|(?<=[a-z0-9])Tests?$")


def split_words(text: str) -> list[str]:
    """The words of a text in order, lower case, repetitions kept; identifiers come apart at case, `_` and digits."""
    words, _ = _words_and_compounds(text)
    return words


def search_text(*parts: str) -> str:
    """
    What a word index holds of a note: its words, then every compound identifier once, run together.

    `parse_config_file` adds `parseconfigfile`: a rare word, which puts the note that names the identifier before
    notes that only speak of files and configs. Once, however often it occurs, because BM25 charges each word to the
    length of the note; run together, because tokenizers would take it apart again at `_`. On eight replayed histories
    the compounds added .005 to the mean reciprocal rank.
    """
    words, compounds = _words_and_compounds("\n".join(parts))
    return " ".join([*words, *compounds])


def query_words(text: str, limit: int = 32) -> list[str]:
    """The different words to search for, at most `limit`: compound identifiers first, they say most."""
    words, compounds = _words_and_compounds(text)
    return list(dict.fromkeys([*compounds, *words]))[:limit]


@lru_cache(maxsize=16384)
def path_words(path: str) -> frozenset[str]:
    """The stemmed words of a path's folders, name and ending."""
    return frozenset(light_stem(word) for word in split_words(path))


@lru_cache(maxsize=16384)
def stem(path: str) -> str:
    """The name of a file without its ending and without the mark of a test: `tests/test_users.py` gives `users`."""
    return TEST_MARK.sub("", splitext(basename(path))[0]).lower()


def light_stem(word: str) -> str:
    """An English word without plural, -ing, -ed and final -e; crude, but the same for a path and a question."""
    if len(word) < 4 or not word.isascii():
        return word
    if word.endswith(("ies", "ied")) and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending, shortest in (("ing", 3), ("ed", 4)):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= shortest and re.search("[aeiouy]", rest):
            return rest[:-1] if rest[-1] == rest[-2] and rest[-1] not in "lsz" else rest.removesuffix("e")
    return word.removesuffix("e")


def _words_and_compounds(text: str) -> tuple[list[str], list[str]]:
    """The words with repetitions; and, each once, the identifiers that came apart into several."""
    words: list[str] = []
    compounds: dict[str, None] = {}
    for outline, parts in _identifiers(text):
        words += [word for word in parts if _has_meaning(word)]
        if len(parts) > 1 and "c" not in outline:
            compounds["".join(parts)[:LONGEST_WORD]] = None
    return words, list(compounds)


def _identifiers(text: str) -> Iterator[tuple[str, list[str]]]:
    """The outline and the lower-case parts of each unbroken run of letters, digits and `_`."""
    text = unicodedata.normalize("NFKC", text)
    outline = "".join(map(_outline, text))
    for run in IDENTIFIER.finditer(outline):
        spans = (part.span() for part in PART.finditer(outline, *run.span()))
        yield run[0], [word for start, end in spans for word in _words_of(text[start:end], outline[start])]


@lru_cache(maxsize=4096)
def _outline(character: str) -> str:
    if character in "s_":
        return character
    if "\u3040" <= character <= "\u30ff" or "\u3400" <= character <= "\u9fff":
        return "c"
    if character.isupper():
        return "A"
    return {"L": "a", "M": "a", "N": "0"}.get(unicodedata.category(character)[0], " ")


def _words_of(part: str, outline: str) -> list[str]:
    # Without a dictionary such words cannot be told apart, so they are searched by pairs of neighbouring characters.
    if outline == "c" and len(part) > 2:
        return [part[i : i + 2] for i in range(len(part) - 1)]
    return [part.lower()[:LONGEST_WORD]]


def _has_meaning(word: str) -> bool:
    return word not in STOP_WORDS and (len(word) > 1 or _outline(word) == "c")
