"""
Which notes answer a question, in which order, and why.

A note is a hit when its text matches the query, when it is laid on an open file, when it is laid on a file that the
open one leads to, or when it has a topic that was asked for. Words of its path and nearness in the tree only order
the hits. With unit(x) = x / max x over the candidates, and each term in [0, 1]:

    (11)  sim(n)     = 1/2 unit(dense) + 1/2 unit(words);  unit(words) alone where nothing has a vector
    (12)  text(n)    = unit(sim(n)^3 * lasting(n)),   lasting(n) = fresh(n) / sqrt(files of n);  the 50 best, others 0
               on no file: sim^3 is sim(n)^3 + .3 sum of sim^3 over the notes beside it,   lasting(n) = fresh(n)^.2
    (13)  edge(f)    = eq. 20 of `edges.py`;  of a note that was used together with those on the open file, the same
    (14)  trail(n)   = 1/2 + 1/2 lasting(n) on an open file;  1/2 lasting(n) * max over its files: edge(f) elsewhere
    (15)  topic(n)   = fresh(n) * share of the topics asked for that it has
    (16)  path(n)    = unit(max over its files: sum of idf over query words in the path / sqrt(words of the path))
    (17)  near(n)    = max over its files and the open ones: 1/2 shared folders + 1/2 same stem
    (18)  score(n)   = (text + trail + 1/2 topic + 1/2 path + .4 near) * (1 + .6 (2q - 1)) / most

`most` is what a perfect note would reach on this question, so a score is in [0, 1] and compares within one answer.

The terms are those of `leading.py`, seen from the notes. Two things differ, because here the answer is notes. A note on
the open file is itself an answer: it takes the upper half of trail, so that however old it is it comes before the notes
that the file only leads to. And trail weighs no more than text: with three times as much the best match elsewhere was
buried under whatever else is laid on the open file (of twelve repositories, a note on a file that was then changed came
among the first five in 77 % of the questions instead of 68 %). Strength is no term: ranking by it bought nothing and
lets busy principals push their notes; nor is having been shown or used often.
"""

import heapq
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import takewhile

from .dynamics import freshness
from .evidence import probability
from .notes import Candidate, Quality, Question, Reason
from .words import light_stem, path_words, split_words, stem

# Weights, the exponent and the number of notes won on replayed repositories; topic is a guess beside them.
TEXT_WEIGHT = 1.0
TRAIL_WEIGHT = 1.0
HERE_SHARE = 0.5  # of trail: what a note on an open file has, whatever its age
TOPIC_WEIGHT = 0.5
PATH_WEIGHT = 0.5
NEAR_WEIGHT = 0.4
QUALITY_SWING = 0.6  # share: from .4 for a note that always failed to 1.6 for one that always helped
DENSE_SHARE = 0.5  # of similarity; the rest is words. A sum of scores beats a fusion of ranks
LENT_SHARE = 0.3  # of what a note's neighbours in its session: what was learned together answers together
SHARPNESS = 3  # exponent of similarity: a few close notes say more than many vague ones
FADING_WITHOUT_FILES = 0.2  # exponent of freshness
BEST_BY_TEXT = 50  # notes
PRINCIPAL_SHARE = 0.5  # of them


Term = tuple[str, float, float]
"""Name, weight, amount; the product is what the term adds."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """
    A note in its place: its score in [0, 1] and the terms that add up to it, largest first.

    `source` is the file that it is on where an open one is a copy of that.
    """

    note_id: str
    score: float
    terms: tuple[Term, ...]
    open_paths: tuple[str, ...] = ()
    source: str = ""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The terms in plain words, made for the few notes that are shown."""
        return tuple(_reason(term, self.open_paths, self.source) for term in self.terms)


def rank(
    question: Question,
    candidates: Sequence[Candidate],
    *,
    open_file_ids: Collection[str],
    edges: Mapping[str, float],
    now: datetime,
    limit: int,
) -> list[Ranked]:
    """
    The candidates that answer the question, best first, at most `limit`.

    `edges` come from `edges.py`, by file id and by note id, and count only beside open files. Of equal scores the note
    confirmed later comes first, then the smaller id; the order of the candidates does not matter.
    """
    text = text_terms(candidates, now) if question.query else {}
    followed = edges if open_file_ids else {}
    matches = [_match(candidate, question, text, open_file_ids, followed, now) for candidate in candidates]
    hits = [match for match in matches if match.text or match.trail or match.topic]
    most = _most(question, open_file_ids)
    paths = path_terms(question.query, [match.candidate for match in hits])
    scored = []
    for match in hits:
        terms = _terms(match, question, paths.get(match.candidate.note_id, 0.0), most)
        score = math.fsum(weight * amount for _, weight, amount in terms)
        place = (-score, -match.candidate.confirmed_at.timestamp(), match.candidate.note_id)
        scored.append((*place, terms, match.candidate.source))
    return [
        Ranked(note_id, -score, tuple(terms), question.files, source)
        for score, _, note_id, terms, source in heapq.nsmallest(limit, scored)
    ]


# ── the match: what makes a candidate a hit ──────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class _Match:
    """How a candidate answers: the terms that can make it a hit, unweighted."""

    candidate: Candidate
    text: float
    trail: float
    is_here: bool
    topic: float


def _match(
    candidate: Candidate,
    question: Question,
    text: Mapping[str, float],
    open_file_ids: Collection[str],
    edges: Mapping[str, float],
    now: datetime,
) -> _Match:
    file_ids = candidate.paths_by_file_id
    is_here = bool(candidate.source) or any(file_id in open_file_ids for file_id in file_ids)
    edge = max([edges.get(candidate.note_id, 0.0), *(edges.get(file_id, 0.0) for file_id in file_ids)])
    still = lasting(candidate, now)
    asked = frozenset(question.topics)
    found = len(asked.intersection(candidate.topics)) / len(asked) if asked else 0.0
    return _Match(
        candidate,
        text=text.get(candidate.note_id, 0.0),
        trail=HERE_SHARE + (1 - HERE_SHARE) * still if is_here else (1 - HERE_SHARE) * still * edge,
        is_here=is_here,
        topic=found * freshness(candidate.confirmed_at, now),
    )


def quality_factor(quality: Quality) -> float:
    """What quality makes of a relevance: from .4 for a note that always failed to 1.6 for one that always helped."""
    return 1 + QUALITY_SWING * (2 * probability(quality) - 1)


def lasting(candidate: Candidate, now: datetime) -> float:
    """
    How much a note still says of each of its files, in (0, 1]: fresh, and about few of them (eq. 12).

    What a note says of no file does not go out of date with any, and fades far more gently.
    """
    files = len(candidate.paths_by_file_id)
    fresh = freshness(candidate.confirmed_at, now)
    return fresh / math.sqrt(files) if files else fresh**FADING_WITHOUT_FILES


def similarities(candidates: Sequence[Candidate]) -> dict[str, float]:
    """How alike the text of each note and the question are, in [0, 1], by note id (eq. 11)."""
    most_dense = max((candidate.dense for candidate in candidates), default=0.0)
    most_words = max((candidate.words for candidate in candidates), default=0.0)
    dense_share = DENSE_SHARE if most_dense > 0 else 0.0
    return {
        candidate.note_id: dense_share * _share(candidate.dense, most_dense)
        + (1 - dense_share) * _share(candidate.words, most_words)
        for candidate in candidates
    }


def text_terms(
    candidates: Sequence[Candidate], now: datetime, alike: Mapping[str, float] | None = None
) -> dict[str, float]:
    """
    How well the text of each note matches, in (0, 1], by note id; only the 50 best (eq. 11 and 12).

    `alike` are the similarities, where they are known already. A note on no file borrows from those laid beside it in
    its session, which are all the context that it has.
    One principal's fill at most half of the 50 while notes of others wait: whoever repeats itself shuts nobody out.
    """
    alike = similarities(candidates) if alike is None else alike
    raw = {}
    for candidate in candidates:
        beside = candidate.beside if alike[candidate.note_id] and not candidate.paths_by_file_id else ()
        lent = math.fsum(alike.get(note_id, 0.0) ** SHARPNESS for note_id in beside)
        raw[candidate.note_id] = (alike[candidate.note_id] ** SHARPNESS + LENT_SHARE * lent) * lasting(candidate, now)
    by_principal = {candidate.note_id: candidate.principal for candidate in candidates}
    ordered = sorted((-value, note_id) for note_id, value in raw.items() if value > 0)
    counts: Counter[str] = Counter()
    first: list[tuple[float, str]] = []
    later: list[tuple[float, str]] = []
    for one in ordered:
        principal = by_principal[one[1]]
        counts[principal] += 1
        (first if counts[principal] <= PRINCIPAL_SHARE * BEST_BY_TEXT else later).append(one)
    best = (first + later)[:BEST_BY_TEXT]
    return {note_id: _share(-value, -ordered[0][0]) for value, note_id in best}


def _share(value: float, largest: float) -> float:
    return max(0.0, value) / largest if largest > 0 else 0.0


# ── what only orders the hits ────────────────────────────────────────────────────────────────────────────────────────
def path_terms(query: str, candidates: Sequence[Candidate]) -> dict[str, float]:
    """How well the words of the query fit the path of each note, in [0, 1], by note id (eq. 16)."""
    asked = frozenset(light_stem(word) for word in split_words(query))
    if not asked:
        return {}
    paths = {path for candidate in candidates for path in candidate.paths_by_file_id.values()}
    files_by_word = Counter(word for path in paths for word in asked & path_words(path))
    fits = {
        path: math.fsum(math.log1p(len(paths) / files_by_word[word]) for word in asked & path_words(path))
        / math.sqrt(max(1, len(path_words(path))))
        for path in paths
    }
    best = max(fits.values(), default=0.0)
    return {
        candidate.note_id: max((_share(fits[path], best) for path in candidate.paths_by_file_id.values()), default=0.0)
        for candidate in candidates
    }


@lru_cache(4096)
def nearness(path: str, open_path: str) -> float:
    """How near two files are in the tree, in [0, 1]: half for shared folders, half for the same stem (eq. 17)."""
    folders, open_folders = path.split("/")[:-1], open_path.split("/")[:-1]
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(folders, open_folders, strict=False)))
    together = (shared + 1) / (max(len(folders), len(open_folders)) + 1)
    return 0.5 * together + 0.5 * (stem(path) == stem(open_path))


def _near(candidate: Candidate, open_paths: Collection[str]) -> float:
    paths = candidate.paths_by_file_id.values()
    return max((nearness(path, open_path) for path in paths for open_path in open_paths), default=0.0)


# ── the sum, term by term ────────────────────────────────────────────────────────────────────────────────────────────
def _most(question: Question, open_file_ids: Collection[str]) -> float:
    """What a perfect note would reach on this question, from the terms that the question makes possible."""
    weights = (
        (TEXT_WEIGHT + PATH_WEIGHT) * bool(question.query)
        + (TRAIL_WEIGHT + NEAR_WEIGHT) * bool(question.files or open_file_ids)
        + TOPIC_WEIGHT * bool(question.topics)
    )
    return weights * (1 + QUALITY_SWING)


def _terms(match: _Match, question: Question, path: float, most: float) -> list[Term]:
    """The terms of eq. 18 that are not zero, largest first; quality is what its factor adds or takes."""
    terms: list[Term] = [
        ("text", TEXT_WEIGHT / most, match.text),
        ("topic", TOPIC_WEIGHT / most, match.topic),
        ("path", PATH_WEIGHT / most, path),
    ]
    if match.is_here:  # one term: a file is as near to itself as can be
        terms.append(("copy" if match.candidate.source else "file", (TRAIL_WEIGHT + NEAR_WEIGHT) / most, _here(match)))
    else:
        terms.append(("edge", TRAIL_WEIGHT / most, match.trail))
        terms.append(("near", NEAR_WEIGHT / most, _near(match.candidate, question.files)))
    relevance = math.fsum(weight * amount for _, weight, amount in terms)
    terms.append(("quality", relevance, quality_factor(match.candidate.quality) - 1))
    kept = [term for term in terms if term[1] * term[2]]
    return sorted(kept, key=lambda term: (-abs(term[1] * term[2]), term[0]))


def _here(match: _Match) -> float:
    return (TRAIL_WEIGHT * match.trail + NEAR_WEIGHT) / (TRAIL_WEIGHT + NEAR_WEIGHT)


def _reason(term: Term, open_paths: Sequence[str], source: str) -> Reason:
    name, weight, amount = term
    value = weight * amount
    if name == "quality" and value < 0:
        return Reason(name, value, "it was judged wrong or did not help", weight, amount)
    here, whom = (open_paths[0], open_paths[0]) if len(open_paths) == 1 else ("an open file", "the open files")
    words = WORDS_BY_TERM[name].format(here=here, whom=whom, source=source)
    return Reason(name, value, words, weight, amount)


WORDS_BY_TERM = {
    "text": "its text matches the question",
    "topic": "it has a topic that was asked for",
    "path": "its path has words of the question",
    "file": "laid on {here}",
    "copy": "laid on {source} before {here} was copied from it",
    "edge": "laid on a file that changes together with {whom}",
    "near": "near the open file",
    "quality": "it helped those who used it",
}
