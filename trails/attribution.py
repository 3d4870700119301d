"""
Which of the notes that a session was shown did it use?

That it was shown them says nothing. Three things that it does afterwards do:

    cited    the handle or the id of the note stands in something that the session wrote
    edited   a file that the note is on was edited
    echoed   rare words of the note, new to the session, come back in what it wrote, more than chance would have it

What chance would have is measured on the same words of the session: how much they hold of notes that were shown to
other sessions and not to this one. Only a note above nearly all of those is echoed; without enough of them, none is.

A note that the session laid itself, or spoke against, is none that it used. Everything here works on the journal of a
session, `(place in the log, event)` in the order of the log; a use is told with the place of what shows it.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from .events import (
    Disputed,
    Event,
    FileChanged,
    Judged,
    Laid,
    OutcomeReported,
    Restored,
    Retagged,
    Served,
    Superseded,
    Used,
    Withdrawn,
    file_ids_of,
)
from .notes import Author, Use, Verdict, handle
from .words import light_stem, search_text

LEAST_OTHERS = 20  # notes shown to others: of fewer, nearly all is no measure of chance
CHANCE_SHARE = 0.95  # of those notes, above which an echo must lie: one in twenty is echoed by chance
RARE_SHARE = 0.1  # of all notes compared: a word that more of them hold tells nothing of one
LEAST_WORDS = 2  # rare words: a single one may always be chance
AT_WORK_HOURS = 4.0  # so long after a session met a file it may still be the one that changes it; a guess

Journal = Sequence[tuple[int, Event]]
Finding = tuple[int, Used]
"""A use, and the place in the log of what shows it."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of a session and their place in the log. `about` are notes it speaks of anyway; `is_question`: it asked."""

    seq: int
    text: str
    about: frozenset[str] = frozenset()
    is_question: bool = False


def shown(journal: Journal) -> dict[str, int]:
    """The notes that a session was shown and may have used, each with the place where it first was."""
    ruled_out = spoken_against(journal) | {event.fact.note_id for _, event in journal if isinstance(event.fact, Laid)}
    places: dict[str, int] = {}
    for seq, event in journal:
        if isinstance(event.fact, Served):
            for note_id in event.fact.note_ids:
                places.setdefault(note_id, seq)
    return {note_id: seq for note_id, seq in places.items() if note_id not in ruled_out}


def spoken_against(journal: Journal) -> frozenset[str]:
    """The notes that a session judged badly, replaced, disputed or withdrew: it did not follow them."""
    verdicts = {event.fact.note_id: event.fact.verdict for _, event in journal if isinstance(event.fact, Judged)}
    amended = {event.fact.note_id for _, event in journal if isinstance(event.fact, Superseded | Disputed | Withdrawn)}
    return frozenset(amended | {note_id for note_id, verdict in verdicts.items() if verdict is not Verdict.HELPED})


def passages(journal: Journal) -> list[Passage]:
    """What a session wrote and asked."""
    found = []
    for seq, event in journal:
        match event.fact:
            case Laid(title=title, body=body):
                found.append(Passage(seq, f"{title}\n{body}"))
            case Judged() | Superseded() | Disputed() | Retagged() | Withdrawn() | Restored() as fact:
                found.append(Passage(seq, fact.reason, frozenset({fact.note_id})))
            case OutcomeReported(summary=summary):
                found.append(Passage(seq, summary))
            case Served() as fact:
                found.append(Passage(seq, "\n".join([fact.query, *fact.files, *fact.topics]), is_question=True))
    return [passage for passage in found if passage.text]


def cited(shown: Mapping[str, int], passages: Iterable[Passage]) -> list[Finding]:
    """The notes that a passage names by handle or id after they were shown."""
    last: dict[str, int] = {}
    for passage in passages:
        named = set(re.findall("[0-9a-z]+", passage.text.lower())) if not passage.is_question else set()
        for note_id, seq in shown.items():
            if seq < passage.seq and note_id not in passage.about and {handle(note_id), note_id.lower()} & named:
                last[note_id] = passage.seq
    return _findings(last, Use.CITED)


def edited(
    shown: Mapping[str, int], file_ids_by_note_id: Mapping[str, Collection[str]], edits: Iterable[tuple[int, str]]
) -> list[Finding]:
    """The notes on whose files an edit, `(place, file id)`, came after they were shown."""
    last: dict[str, int] = {}
    for place, file_id in edits:
        for note_id, seq in shown.items():
            if seq < place and file_id in file_ids_by_note_id.get(note_id, ()):
                last[note_id] = place
    return _findings(last, Use.EDITED)


def sole_edits(
    log: Journal, by: Author, since: int, file_ids_by_note_id: Mapping[str, Collection[str]]
) -> list[tuple[int, str]]:
    """
    The changes of files that nobody but the session of `by` can be guessed to have made, as `(place, file id)`.

    `log` is that of the whole workspace. The watcher does not see who changed a file, so a change does not count when
    in the hours before any other session was shown a note on the file, or laid one on it after the place `since`.
    """
    met: dict[str, datetime] = {}
    found = []
    for seq, event in log:
        is_other = (event.by.principal, event.by.session) != (by.principal, by.session)
        match event.fact:
            case FileChanged(file_id=file_id) if file_id not in met or event.at - met[file_id] > timedelta(
                hours=AT_WORK_HOURS
            ):
                found.append((seq, file_id))
            case Served(note_ids=note_ids) if is_other:
                file_ids = [file_id for note_id in note_ids for file_id in file_ids_by_note_id.get(note_id, ())]
                met.update(dict.fromkeys(file_ids, event.at))
            case Laid() as laid if is_other and seq > since:
                met.update(dict.fromkeys(file_ids_of(laid), event.at))
    return found


def echoed(
    shown: Mapping[str, int],
    passages: Sequence[Passage],
    texts_by_note_id: Mapping[str, str],
    other_texts: Collection[str],
) -> list[Finding]:
    """
    The notes whose rare words come back in passages after they were shown, more than chance would have it.

    `other_texts` are those of notes that other sessions were shown and this one was not. Words that the session had
    used before, in its questions too, are its own and no echo.
    """
    written = [passage for passage in passages if not passage.is_question]
    if len(other_texts) < LEAST_OTHERS or not written:
        return []
    told = {note_id: _words_of_note(texts_by_note_id[note_id]) for note_id in shown if note_id in texts_by_note_id}
    others = [_words_of_note(text) for text in other_texts]
    weights = _weights([*told.values(), *others])
    words_by_passage = {passage: _words(passage.text) for passage in passages}
    found = {}
    for seq in sorted({shown[note_id] for note_id in told}):
        own = frozenset[str]().union(*(words_by_passage[passage] for passage in passages if passage.seq <= seq))
        said = frozenset[str]().union(*(words_by_passage[passage] for passage in written if passage.seq > seq))
        new = {word: weight for word, weight in weights.items() if word not in own}
        chance = sorted(_share(words, said, new) for words in others)
        limit = chance[math.ceil(CHANCE_SHARE * len(chance)) - 1]
        for note_id, words in told.items():
            enough = len(words & said & new.keys()) >= LEAST_WORDS
            if shown[note_id] == seq and enough and _share(words, said, new) > limit:
                found[note_id] = written[-1].seq
    return _findings(found, Use.ECHOED)


@lru_cache(maxsize=1024)
def _words_of_note(text: str) -> frozenset[str]:
    return _words(text)  # notes do not change, and the same are shown again and again


def _words(text: str) -> frozenset[str]:
    return frozenset(map(light_stem, search_text(text).split()))


def _weights(texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """How much each rare word tells: the logarithm of how many texts there are for each that holds it."""
    counts = Counter(word for words in texts for word in words)
    most = max(1.0, RARE_SHARE * len(texts))
    return {word: math.log(len(texts) / count) for word, count in counts.items() if count <= most}


def _share(words: frozenset[str], said: frozenset[str], weights: Mapping[str, float]) -> float:
    """How much of a note was said, by the weight of its words: as a share, since long notes hold more of any text."""
    whole = math.fsum(weights[word] for word in words if word in weights)
    return math.fsum(weights[word] for word in words & said if word in weights) / whole if whole else 0.0


def _findings(last: Mapping[str, int], how: Use) -> list[Finding]:
    return [(seq, Used(note_id, how)) for note_id, seq in last.items()]
