"""Two notes are one when meaning, place, kind, figures and negations agree; whatever is in doubt stays apart."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.strategies import EPOCH
from trails import convergence
from trails.convergence import SAME_COSINE, agrees, same_claim, same_place
from trails.notes import MARKED, Anchor, Author, Fingerprint, Kind, Note

FEW = settings(max_examples=60, deadline=None)

file_ids = st.sets(st.sampled_from("abcd"), max_size=4)
topics = st.sets(st.sampled_from(("auth", "build", "cache")), max_size=3).map(lambda some: tuple(sorted(some)))
texts = st.lists(
    st.sampled_from(["the", "store", "before", "after", "not", "never", "don't", "15", "30", "2.5", "add", "remove"]),
    max_size=6,
).map(" ".join)


def note(note_id: str = "a", title: str = "Close the store before the fork", *, files="a", **said) -> Note:
    anchors = said.pop("anchors", tuple(Anchor(f"{file_id}.py", file_id=file_id) for file_id in sorted(files)))
    at = EPOCH + timedelta(hours=ord(note_id[0]))
    return Note(
        id=note_id,
        workspace="w",
        kind=said.pop("kind", Kind.WARNING),
        title=title,
        body=said.pop("body", ""),
        by=Author("ada"),
        laid_at=at,
        confirmed_at=at,
        anchors=anchors,
        **said,
    )


notes = st.builds(
    lambda note_id, title, files, topics, kind: note(note_id, title, files=files, topics=topics, kind=kind),
    st.sampled_from("abc"),
    texts,
    file_ids,
    topics,
    st.sampled_from(Kind),
)


def test_a_mark_in_a_file_confirms_nobody_and_nobody_confirms_it():
    said, marked = note("a"), replace(note("b"), by=MARKED)

    assert agrees(said, note("b"), 1.0)
    assert not agrees(said, marked, 1.0)
    assert not agrees(replace(said, by=MARKED), note("b"), 1.0)


# ── in general ───────────────────────────────────────────────────────────────────────────────────────────────────────
@FEW
@given(notes, notes, st.floats(0, 1))
def test_what_agrees_agrees_whatever_more_alike_it_gets(one, other, similarity):
    if agrees(one, other, similarity):
        assert similarity >= SAME_COSINE
        assert agrees(one, other, 1.0)


@FEW
@given(notes, notes)
def test_only_the_newer_of_two_notes_can_be_the_witness(one, other):
    assert not (agrees(one, other, 1.0) and agrees(other, one, 1.0))


@FEW
@given(notes)
def test_no_note_is_its_own_witness(one):
    assert not agrees(one, one, 1.0)


@FEW
@given(notes, notes)
def test_place_and_claim_agree_both_ways(one, other):
    assert same_place(one, other) == same_place(other, one)
    assert same_claim(one.title, other.title) == same_claim(other.title, one.title)
    assert same_place(one, one)
    assert same_claim(one.title, one.title)


@FEW
@given(notes, file_ids)
def test_a_file_that_only_one_of_them_names_never_brings_two_notes_together(one, files):
    other = replace(one, id="z", anchors=note(files=files).anchors)
    if one.anchors and not same_place(one, other):
        more = replace(other, anchors=(*other.anchors, Anchor("z.py", file_id="z")))
        assert not same_place(one, more)


@pytest.mark.parametrize("name", ["SAME_COSINE", "SHARED_AT_LEAST"])
def test_no_constant_is_dead(name, monkeypatch):
    one, other = note("a", files="ab"), note("b", files="abc")
    assert agrees(one, other, 0.95)

    monkeypatch.setattr(convergence, name, 0.99)

    assert not agrees(one, other, 0.95)


# ── meaning and kind ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_same_words_of_another_kind_are_another_note():
    assert agrees(note("a"), note("b"), 1.0)
    assert not agrees(note("a"), note("b", kind=Kind.DECISION), 1.0)


@pytest.mark.parametrize("kind", [Kind.PRESENCE, Kind.HAND_OFF])
def test_what_somebody_says_of_themselves_has_no_witness(kind):
    assert not agrees(note("a", "Busy with the parser", kind=kind), note("b", "Busy with the parser", kind=kind), 1.0)


# ── place ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("files", "others", "is_same"),
    [
        ("a", "a", True),
        ("a", "b", False),
        ("a", "", False),
        ("ab", "a", True),
        ("ab", "bc", False),
        ("abc", "abcd", True),
        ("", "", True),
    ],
)
def test_half_of_the_files_are_those_of_both(files, others, is_same):
    assert same_place(note(files=files), note(files=others)) is is_same


@pytest.mark.parametrize(
    ("some", "others", "is_same"),
    [((), (), True), (("t",), ("t",), True), (("t",), (), False), (("t", "u"), ("u",), True), (("t",), ("u",), False)],
)
def test_without_files_the_topics_decide(some, others, is_same):
    assert same_place(note(files="", topics=some), note(files="", topics=others)) is is_same
    assert same_place(note(topics=some), note(topics=others))


@pytest.mark.parametrize(
    ("lines", "others", "is_same"),
    [
        ((10, 20), (20, 30), True),
        ((10, 20), (21, 30), False),
        ((10, None), (5, 12), True),
        ((10, None), (11, None), False),
        ((10, 20), (None, None), True),
    ],
)
def test_lines_of_one_file_must_meet(lines, others, is_same):
    one, other = (note(anchors=(Anchor("a.py", *span, file_id="a"),)) for span in (lines, others))

    assert same_place(one, other) is is_same


def test_lines_that_moved_in_between_are_known_by_what_they_say():
    print_ = Fingerprint("digest", ("x", "y"))
    one, other = (note(anchors=(Anchor("a.py", first, first + 1, print_, "a"),)) for first in (10, 50))

    assert same_place(one, other)


# ── claim ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Close the store before the fork", "Close the store before forking"),
        ("Don't edit schema.sql by hand", "schema.sql is not to be edited by hand"),
        ("Don\u2019t edit it", "do not edit it"),
        ("The websocket reconnect loop has no backoff", "The websocket loop reconnects without backoff"),
        ("A session expires after 15 minutes", "15 minutes idle, and a session expires"),
        ("It retries three times", "3 times it retries"),
        ("Run the migrations before the workers start", "Migrations first, then the workers"),
    ],
)
def test_one_claim_in_other_words_is_the_same(text, other):
    assert same_claim(text, other)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Close the store before the fork", "Never close the store before the fork"),
        ("Close the store before the fork", "Close the store after the fork"),
        ("Tests need TZ=UTC", "Tests no longer need TZ=UTC"),
        ("Tests need TZ=UTC", "Tests don't need TZ=UTC"),
        ("Sessions expire after 15 minutes", "Sessions expire after 60 minutes"),
        ("parse_size takes k for 1000", "parse_size takes k for 1024"),
        ("It retries three times", "It retries five times"),
        ("Fails with sqlite 3.39", "Fails with sqlite 3.40"),
        ("Enable the cache in staging", "Disable the cache in staging"),
    ],
)
def test_a_claim_and_its_opposite_are_two(text, other):
    assert not same_claim(text, other)
