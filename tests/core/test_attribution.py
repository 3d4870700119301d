"""A note was used when a session cites it, edits its file or echoes it after it was shown; being shown is no use."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trails import attribution
from trails.attribution import Passage
from trails.events import (
    Disputed,
    Event,
    Fact,
    FileChanged,
    Judged,
    Laid,
    OutcomeReported,
    Served,
    Superseded,
    Used,
    Withdrawn,
)
from trails.notes import Anchor, Author, Kind, Use, Verdict, handle

FEW = settings(max_examples=30, deadline=None)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ME, OTHER, WATCHER = Author("ada", session="s1"), Author("ada", session="s2"), Author("", "watcher")
NOTE, SECOND = "01K0000000000000000ABCDEFG", "01K0000000000000000HJKMNPQ"
SHOWN = {NOTE: 10}

LEDGER = "The spindle clerk rejects a ledger whose vellum checksum was never sealed."
OTHERS = [f"Chapter {chr(97 + i) * 5} says what {chr(97 + i) * 6} does with a {chr(97 + i) * 7}." for i in range(24)]


def journal(*facts: Fact, by: Author = ME) -> list[tuple[int, Event]]:
    return [(seq, Event(f"e{seq}", NOW, "project", by, fact)) for seq, fact in enumerate(facts, start=1)]


def served(*note_ids: str, query: str = "") -> Served:
    return Served("recall", note_ids, query=query)


# ── what was shown ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_note_counts_as_shown_from_the_first_time_on():
    assert attribution.shown(journal(served(NOTE), served(NOTE, SECOND))) == {NOTE: 1, SECOND: 2}


def test_a_note_that_the_session_laid_itself_is_none_that_it_was_shown():
    assert attribution.shown(journal(Laid(NOTE, Kind.HOW_TO, "Mine"), served(NOTE))) == {}


@pytest.mark.parametrize(
    "fact",
    [
        Judged(NOTE, Verdict.WRONG),
        Judged(NOTE, Verdict.UNHELPFUL),
        Superseded(NOTE, SECOND, "old"),
        Disputed(NOTE, SECOND, "no"),
        Withdrawn(NOTE, "no"),
    ],
)
def test_a_note_that_the_session_spoke_against_was_not_used(fact):
    assert attribution.shown(journal(served(NOTE), fact)) == {}


def test_a_note_that_was_found_helpful_after_all_may_have_been_used():
    changed = journal(served(NOTE), Judged(NOTE, Verdict.WRONG), Judged(NOTE, Verdict.HELPED))

    assert attribution.shown(changed) == {NOTE: 1}


@FEW
@given(st.lists(st.lists(st.sampled_from([NOTE, SECOND]), min_size=1, max_size=2), max_size=6))
def test_being_shown_however_often_is_no_use(answers):
    """Property 12: whatever is shown, without work of the session nothing is found."""
    kept = journal(*(Served("recall", tuple(note_ids), query=f"what of {note_ids}") for note_ids in answers))
    shown, passages = attribution.shown(kept), attribution.passages(kept)
    files = {note_id: ["f"] for note_id in shown}

    assert attribution.cited(shown, passages) == []
    assert attribution.edited(shown, files, attribution.sole_edits(kept, ME, 0, files)) == []
    assert attribution.echoed(shown, passages, dict.fromkeys(shown, LEDGER), OTHERS) == []


# ── cited ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("text", [f"As [{handle(NOTE)}] says.", f"see {NOTE}", f"({handle(NOTE).upper()})"])
def test_a_note_whose_handle_or_id_was_written_is_cited(text):
    assert attribution.cited(SHOWN, [Passage(11, text)]) == [(11, Used(NOTE, Use.CITED))]


@pytest.mark.parametrize(
    "passage",
    [
        Passage(9, f"[{handle(NOTE)}]"),
        Passage(11, f"[{handle(NOTE)}]", frozenset({NOTE})),
        Passage(11, f"[{handle(NOTE)}]", is_question=True),
        Passage(11, f"x{handle(NOTE)}y"),
        Passage(11, f"[{handle(SECOND)}]"),
    ],
    ids=["before it was shown", "in what is said of the note itself", "in a question", "inside a word", "not shown"],
)
def test_a_handle_that_shows_no_use_is_no_citation(passage):
    assert attribution.cited(SHOWN, [passage]) == []


def test_what_a_session_writes_is_its_notes_its_reasons_and_its_summary():
    kept = journal(
        Laid(SECOND, Kind.HOW_TO, "title", "body"),
        Judged(NOTE, Verdict.HELPED, "reason"),
        OutcomeReported(1.0, 0.5, summary="summary"),
        served(NOTE, query="question"),
        Judged(NOTE, Verdict.HELPED),
    )

    assert attribution.passages(kept) == [
        Passage(1, "title\nbody"),
        Passage(2, "reason", frozenset({NOTE})),
        Passage(3, "summary"),
        Passage(4, "question", is_question=True),
    ]


# ── edited ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_edit_counts_for_the_notes_on_the_file_that_were_shown_before_it():
    files = {NOTE: ["f"], SECOND: ["g"]}
    shown = {NOTE: 10, SECOND: 10}

    assert attribution.edited(shown, files, [(11, "f"), (15, "f"), (9, "g")]) == [(15, Used(NOTE, Use.EDITED))]


def of_others(*facts: tuple[Author, Fact]) -> list[tuple[int, Event]]:
    return [(seq, Event(f"e{seq}", NOW, "project", by, fact)) for seq, (by, fact) in enumerate(facts, start=11)]


def test_a_change_is_the_sessions_own_when_nobody_else_was_told_of_the_file():
    log = of_others((WATCHER, FileChanged("f", "d1")), (OTHER, served(SECOND)), (WATCHER, FileChanged("g", "d2")))

    assert attribution.sole_edits(log, ME, 10, {NOTE: ["f"], SECOND: ["other"]}) == [(11, "f"), (13, "g")]


@pytest.mark.parametrize(
    "fact", [served(NOTE), Laid(SECOND, Kind.HOW_TO, "On f", anchors=(Anchor("f.py", file_id="f"),))]
)
def test_a_change_may_be_anybodys_after_another_session_met_the_file(fact):
    log = of_others((WATCHER, FileChanged("f", "d1")), (OTHER, fact), (WATCHER, FileChanged("f", "d2")))

    assert attribution.sole_edits(log, ME, 10, {NOTE: ["f"]}) == [(11, "f")]


def test_who_laid_a_note_before_it_was_shown_had_done_with_the_file():
    note = Laid(NOTE, Kind.HOW_TO, "On f", anchors=(Anchor("f.py", file_id="f"),))
    log = of_others((OTHER, note), (ME, served(NOTE)), (WATCHER, FileChanged("f", "d")))

    assert attribution.sole_edits(log, ME, 12, {NOTE: ["f"]}) == [(13, "f")]


def test_who_met_a_file_hours_ago_is_not_the_one_that_changes_it():
    met, changed = of_others((OTHER, served(NOTE)), (WATCHER, FileChanged("f", "d")))
    hours_later = (changed[0], replace(changed[1], at=NOW + timedelta(hours=attribution.AT_WORK_HOURS, minutes=1)))

    assert attribution.sole_edits([met, changed], ME, 10, {NOTE: ["f"]}) == []
    assert attribution.sole_edits([met, hours_later], ME, 10, {NOTE: ["f"]}) == [(12, "f")]


# ── echoed ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def echoes(text: str, *, before: tuple[Passage, ...] = (), others: list[str] = OTHERS, note: str = LEDGER) -> list[str]:
    found = attribution.echoed(SHOWN, [*before, Passage(11, text)], {NOTE: note}, others)
    return [used.note_id for _, used in found]


def test_a_note_whose_rare_words_come_back_is_echoed():
    assert echoes("Sealed the vellum checksum so that the clerk takes it.") == [NOTE]


def test_common_words_and_single_words_are_no_echo():
    assert echoes("What the chapter says was done with vellum.") == []


def test_words_of_the_question_are_no_echo():
    asked = Passage(10, "why is the vellum checksum sealed by a clerk", is_question=True)

    assert echoes("Sealed the vellum checksum so that the clerk takes it.", before=(asked,)) == []


def test_words_the_session_wrote_before_are_no_echo():
    assert echoes("Sealed the vellum checksum.", before=(Passage(8, "the sealed vellum has a checksum"),)) == []


def test_a_text_that_holds_as_much_of_notes_it_never_saw_echoes_none():
    """A session that writes a dictionary repeats every note: that is chance, and known by the notes of others."""
    assert echoes(" ".join([LEDGER, *OTHERS])) == []


def test_too_few_notes_of_others_tell_nothing_of_chance():
    text = "Sealed the vellum checksum so that the clerk takes it."

    assert echoes(text, others=OTHERS[: attribution.LEAST_OTHERS]) == [NOTE]
    assert echoes(text, others=OTHERS[: attribution.LEAST_OTHERS - 1]) == []


@FEW
@given(st.permutations(OTHERS), st.sampled_from(["vellum clerk sealed", "chapter", "spindle rejects", ""]))
def test_the_order_of_other_notes_does_not_matter(others, text):
    assert echoes(text, others=list(others)) == echoes(text)


def test_chance_echoes_at_most_one_note_in_twenty():
    """The null: of notes that were shown to nobody in particular, few lie above nearly all of the others."""
    words = [f"{first}{second}ment" for first in "bcdfghjklm" for second in "aeiouy"]
    texts = {f"note-{i}": " ".join(words[(i * 7 + step * (i % 5 + 3)) % 60] for step in range(8)) for i in range(120)}
    others = [texts[f"note-{i}"] for i in range(60, 120)]
    shown = {f"note-{i}": 1 for i in range(60)}

    found = [
        len(attribution.echoed(shown, [Passage(2, " ".join(words[start : start + 9]))], texts, others))
        for start in range(0, 51)
    ]

    assert sum(found) <= 0.08 * 60 * len(found)


@pytest.mark.parametrize(
    ("name", "value"), [("LEAST_OTHERS", 30), ("CHANCE_SHARE", 0.5), ("RARE_SHARE", 0.01), ("LEAST_WORDS", 9)]
)
def test_no_constant_is_dead(name, value, monkeypatch):
    """Property 20, for attribution."""
    alike = [f"{OTHERS[0]} The clerk sealed it.", *OTHERS[1:]]
    as_much_of_two_others = " ".join(["Sealed by the clerk.", *OTHERS[:2]])

    def outputs() -> tuple[list[str], ...]:
        return (
            echoes("Sealed by the clerk."),
            echoes("Sealed by the clerk.", others=alike),
            echoes(as_much_of_two_others),
        )

    before = outputs()
    monkeypatch.setattr(attribution, name, value)

    assert outputs() != before
