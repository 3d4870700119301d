"""
Which files the notes lead to, in which order, and why.

The same terms as in `ranking.py`, seen from the files: a note that matches the question speaks for each file that it is
on, and many notes together speak louder than the best of them alone.

    (22)  voice(f)  = sum over notes on f: text(n) (1 + .6 (2q - 1)),   memory(f) = voice(f) / sqrt(largest voice * all)
    (23)  edge(f)   = unit(sum over notes and sessions on f and an open file: w (1 + 10 sim^3) / (1 + notes on f)^.25)
    (24)  fit(f)    = sum of log(1 + F / F_word) over query words in the path / (sqrt(words of the path) log(1 + F))
                      twice that where the query has every word of the file's name
    (29)  late(f)   = (1 + hours since a note was laid on f)^-.5
    (30)  score(f)  = (memory + 1/2 edge + 1/3 fit + .4 near + 1/6 late) / the largest

Memory is largest where the notes agree on one file, and small for each where they scatter over many. An edge (w of
eq. 19) counts more where the notes that make it match the question too, and less to a file that every note is on.
`docs/dynamics.md` tells what else was tried.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from posixpath import basename, splitext

from .dynamics import SECONDS_PER_DAY
from .edges import Tie, edges
from .notes import Candidate, Lead, Question, Reason
from .ranking import SHARPNESS, nearness, quality_factor, similarities, text_terms
from .words import light_stem, path_words, split_words

SECONDS_PER_HOUR = SECONDS_PER_DAY / 24

# Won on replayed repositories, and held on those that were left out.
MEMORY_WEIGHT = 1.0
EDGE_WEIGHT = 0.5
FIT_WEIGHT = 1 / 3
NEAR_WEIGHT = 0.4
LATE_WEIGHT = 1 / 6
MATCHING_EDGE = 10.0  # how much more an edge counts whose note matches the question as well as any
HUB_EXPONENT = 0.25  # by which edges to files with many notes count less
WHOLE_NAME = 2.0  # factor of a path whose file is named in the question
BODY_SHARE = 0.5  # of a word in a query of several lines that is not in the first, which says what it is about
LATE_EXPONENT = 0.5
NOTES_A_LEAD = 3  # named beside a file: those that speak loudest for it


def words_of_query(query: str) -> frozenset[str]:
    """The words of a question as paths have them."""
    return frozenset(light_stem(word) for word in split_words(query))


def fits(query: str, paths: Iterable[str], counts: Mapping[str, int], total: int) -> dict[str, float]:
    """
    How well the words of the query fit each path, at least 0 (eq. 24); paths without any of them are left out.

    `counts` is how many of the `total` known files have a word.
    """
    asked, title = words_of_query(query), words_of_query(query.partition("\n")[0])
    known = max(1, total)
    found = {}
    for path in paths:
        words = path_words(path)
        if shared := asked & words:
            rarity = math.fsum(
                math.log1p(known / max(1, counts.get(word, 1))) * (1.0 if word in title else BODY_SHARE)
                for word in shared
            )
            name = path_words(splitext(basename(path))[0])
            is_named = bool(name) and name <= asked  # of `1.py` and `use.py` no word is left to name them by
            found[path] = rarity / (math.sqrt(len(words)) * math.log1p(known)) * (WHOLE_NAME if is_named else 1.0)
    return found


@dataclass(frozen=True, slots=True)
class Voices:
    """What the notes say: how loudly each speaks for each file, by file id and note id, and all of them together."""

    by_file: Mapping[str, Mapping[str, float]]
    all: float

    def memory(self, file_ids: Collection[str]) -> dict[str, float]:
        """The memory of those of the files that are spoken for, in (0, 1] (eq. 22)."""
        spoken = {file_id: math.fsum(notes.values()) for file_id, notes in self.by_file.items() if file_id in file_ids}
        scale = math.sqrt(max(spoken.values(), default=0.0) * self.all)
        return {file_id: voice / scale for file_id, voice in spoken.items()}


def lead(
    question: Question,
    candidates: Sequence[Candidate],
    paths: Mapping[str, str],
    *,
    ties: Sequence[Tie],
    notes_a_file: Mapping[str, int],
    open_file_ids: Collection[str],
    fits: Mapping[str, float],
    touched_at: Mapping[str, datetime],
    now: datetime,
) -> list[Lead]:
    """
    The files that answer the question, best first, at most `question.leads`; the best has a score of 1.

    `paths` names, by file id, the files that may be led to: those that are there, and none that is open. `ties` are
    those of the open files (`edges.py`), and `notes_a_file` counts the notes on the files that they lead to; `fits`
    comes from the function above, and `touched_at` tells when a note was last laid on a file. Of equal scores the path
    decides.
    """
    alike = similarities(candidates) if question.query else {}
    voices = _voices(candidates, alike, now) if question.query else Voices({}, 0.0)
    memory = voices.memory(paths.keys())
    edge = _edges(open_file_ids, ties, alike, {file_id: notes_a_file.get(file_id, 0) for file_id in paths}, now)
    scored = []
    for file_id, path in paths.items():
        if path not in question.files:
            amounts = (
                ("memory", MEMORY_WEIGHT, memory.get(file_id, 0.0)),
                ("edge", EDGE_WEIGHT, edge.get(file_id, 0.0)),
                ("path", FIT_WEIGHT, fits.get(path, 0.0)),
                ("near", NEAR_WEIGHT, max((nearness(path, open_path) for open_path in question.files), default=0.0)),
                ("late", LATE_WEIGHT, _lateness(touched_at[file_id], now) if file_id in touched_at else 0.0),
            )
            score = math.fsum(weight * amount for _, weight, amount in amounts)
            if score > LATE_WEIGHT * amounts[-1][2]:  # which alone says nothing of the question
                scored.append((-score, path, file_id, amounts))
    best = heapq.nsmallest(question.leads, scored)
    tied = _tied(ties, open_file_ids)
    together = {tie.place_id for tie in ties if tie.is_of_sitting}
    return [
        Lead(
            path,
            score / best[0][0],
            _reasons(amounts, -best[0][0], question.files, EDITED_TOGETHER if file_id in together else {}),
            _loudest(voices.by_file.get(file_id) or tied.get(file_id, {})),
            file_id,
        )
        for score, path, file_id, amounts in best
    ]


def _voices(candidates: Sequence[Candidate], alike: Mapping[str, float], now: datetime) -> Voices:
    text = text_terms(candidates, now, alike)
    by_file: dict[str, dict[str, float]] = defaultdict(dict)
    said = []
    for candidate in candidates:
        voice = text.get(candidate.note_id, 0.0) * quality_factor(candidate.quality)
        if voice > 0:
            said.append(voice * math.sqrt(max(1, len(candidate.paths_by_file_id))))
            for file_id in candidate.paths_by_file_id:
                by_file[file_id][candidate.note_id] = voice
    return Voices(by_file, math.fsum(said))


def _edges(
    open_file_ids: Collection[str],
    ties: Sequence[Tie],
    alike: Mapping[str, float],
    notes_a_file: Mapping[str, int],
    now: datetime,
) -> dict[str, float]:
    """The edges to the files that may be led to, in (0, 1], the strongest 1 (eq. 23)."""
    emphasis = {note_id: 1 + MATCHING_EDGE * similarity**SHARPNESS for note_id, similarity in alike.items()}
    found = {
        file_id: edge / math.pow(1 + notes_a_file[file_id], HUB_EXPONENT)
        for file_id, edge in edges(open_file_ids, ties, now, emphasis).items()
        if file_id in notes_a_file
    }
    most = max(found.values(), default=0.0)
    return {file_id: edge / most for file_id, edge in found.items()}


def _lateness(touched_at: datetime, now: datetime) -> float:
    hours = max(0.0, (now - touched_at).total_seconds() / SECONDS_PER_HOUR)
    return math.pow(1 + hours, -LATE_EXPONENT)


def _tied(ties: Sequence[Tie], open_file_ids: Collection[str]) -> dict[str, dict[str, float]]:
    """The notes that tie each file to the open ones, the newest loudest: who speaks where no words were asked."""
    tied: dict[str, dict[str, float]] = defaultdict(dict)
    for tie in ties:
        if not tie.is_of_session and tie.place_id not in open_file_ids:
            tied[tie.place_id][tie.by_id] = tie.at.timestamp()
    return tied


def _loudest(voices: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(heapq.nsmallest(NOTES_A_LEAD, voices, key=lambda note_id: (-voices[note_id], note_id)))


def _reasons(
    amounts: Iterable[tuple[str, float, float]], most: float, open_paths: Sequence[str], words: Mapping[str, str]
) -> tuple[Reason, ...]:
    whom = open_paths[0] if len(open_paths) == 1 else "the open files"
    words_by_term = {**WORDS_BY_TERM, **words}
    told = [
        Reason(name, weight * amount / most, words_by_term[name].format(whom=whom), weight / most, amount)
        for name, weight, amount in amounts
        if amount > 0
    ]
    return tuple(sorted(told, key=lambda reason: (-reason.value, reason.name)))


WORDS_BY_TERM = {
    "memory": "notes on it match the question",
    "edge": "it changes together with {whom}",
    "path": "its path has words of the question",
    "near": "near in the tree",
    "late": "notes were laid on it lately",
}
EDITED_TOGETHER = {"edge": "it was edited together with {whom}"}
