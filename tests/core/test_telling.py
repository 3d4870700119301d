"""The text of a welcome fits its budget, says how to get deeper, and cannot be forged by the notes in it."""

import re
from datetime import UTC, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.test_delivery import ADA, BOB, FRAME, NOW, hits, hostile_text, lead, note
from trails.delivery import MARK, OPENING, tokens
from trails.errors import BadInput
from trails.notes import AtWork, Author, Drift, Hit, Kind, Lead, Reason, Validity
from trails.telling import CUT, DEEPER, LEAST_TOKENS, MORE, MOST_TOKENS, NOTHING_YET, check_budget, tell
from trails.welcoming import Welcome, parts_of

HEADINGS = {f"{heading} (more: {deeper})" for heading, deeper in DEEPER.items()}
BUDGETS = (200, 400, 2_000, 50_000)

sessions = st.builds(
    AtWork,
    st.builds(Author, hostile_text, hostile_text, hostile_text),
    st.lists(hostile_text, min_size=1, max_size=5).map(tuple),
    st.datetimes(timezones=st.just(UTC)),
)
welcomes = st.builds(
    lambda found, at_work, files: Welcome(parts=parts_of(found, NOW), at_work=at_work, reading=files),
    st.lists(hits, max_size=12),
    st.lists(sessions, max_size=4).map(tuple),
    st.lists(st.builds(lead, hostile_text, hostile_text), max_size=6).map(tuple),
)


def told(found: Welcome, budget: int = 400) -> Welcome:
    return tell(found, now=NOW, budget_tokens=budget, asking=ADA)


def busy(notes: int, words: int = 60) -> Welcome:
    """So many notes of every kind, each with a text of so many words, and a few files and people."""
    kinds = sorted(set(Kind) - {Kind.PRESENCE})
    found = [
        Hit(note(number, kind=kind, title=f"{kind.value} {number}", body="word " * words), 0.0, ())
        for place, kind in enumerate(kinds)
        for number in range(place, notes * len(kinds), len(kinds))
    ]
    at_work = tuple(AtWork(Author("bob", "codex", f"s{number}"), ("src/a.py",), NOW) for number in range(5))
    return Welcome(parts=parts_of(found, NOW), at_work=at_work, reading=tuple(lead(f"{n}.py", "why") for n in range(9)))


# ── properties ───────────────────────────────────────────────────────────────────────────────────────────────────────
@settings(deadline=None, max_examples=50)
@given(welcomes, st.one_of(st.sampled_from(BUDGETS), st.integers(LEAST_TOKENS, MOST_TOKENS), st.integers(200, 1_500)))
def test_no_welcome_is_over_its_budget(found: Welcome, budget: int) -> None:
    assert tokens(told(found, budget).text) <= budget


@settings(deadline=None, max_examples=50)
@given(welcomes, st.sampled_from(BUDGETS))
def test_no_text_of_a_note_makes_a_line_of_the_frame(found: Welcome, budget: int) -> None:
    welcome = told(found, budget)

    lines = welcome.text.split("\n")
    frame = [line for line in lines if FRAME.match(line)]
    others = [line for line in lines if line and not FRAME.match(line) and not line.startswith(MARK.rstrip())]
    assert welcome.text.splitlines() == lines
    assert [line[1:9] for line in frame] == [hit.note.handle for hit in welcome.hits]
    assert all(line in HEADINGS | {OPENING, MORE, NOTHING_YET} or re.match(r"- |\d+\. ", line) for line in others)
    assert len([line for line in others if line.startswith("- ")]) == len(welcome.at_work)
    assert len([line for line in others if line[0].isdigit()]) == len(welcome.reading)


@settings(deadline=None, max_examples=30)
@given(welcomes, st.sampled_from(BUDGETS))
def test_what_is_told_is_the_first_of_what_there_is(found: Welcome, budget: int) -> None:
    welcome = told(found, budget)

    whole = {part.name: part.hits for part in found.parts}
    assert all(hit in whole[part.name] for part in welcome.parts for hit in part.hits)
    assert welcome.at_work == found.at_work[: len(welcome.at_work)]
    assert welcome.reading == found.reading[: len(welcome.reading)]
    assert (MORE in welcome.text) is (
        (len(welcome.hits), len(welcome.at_work), len(welcome.reading))
        != (len(found.hits), len(found.at_work), len(found.reading))
    )


# ── depth ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_welcome_reads_like_this() -> None:
    warning = Hit(
        note(1, body="The child inherits the lock."), 0.0, (), (Drift("src/a.py", Validity.MOVED, 0, 20, 25),)
    )
    plan = Hit(note(2, kind=Kind.PLAN, title="Split the store", body="", anchors=()), 0.0, ())
    at_work = AtWork(BOB, ("src/a.py", "src/b.py"), NOW - timedelta(minutes=2))
    found = Welcome("", parts_of([warning, plan], NOW), (at_work,), (lead("src/a.py"), Lead("src/c.py", 0.1, ())))

    assert told(found, 200).text.splitlines() == [
        OPENING,
        "",
        "Under way (more: recall a title)",
        "[00000002] plan · 3 days ago · bob (codex)",
        "│ Split the store",
        "",
        "Look out (more: recall a title)",
        "[00000001] warning · 3 days ago · bob (codex) · moved to lines 20-25 (src/a.py)",
        "│ Close the store before the fork",
        "│ The child inherits the lock.",
        "",
        "At work now (more: recall a file)",
        "- bob (codex): src/a.py, src/b.py · 2 minutes ago",
        "",
        "Read first (more: recall each file)",
        "1. src/a.py: it changes together with src/a.py",
        "2. src/c.py",
    ]


def test_a_small_budget_tells_titles_alone_and_says_which_have_a_text() -> None:
    for budget in (200, 400):
        welcome = told(busy(20), budget)

        assert "│ hand-off 1 …\n" in welcome.text
        assert "word" not in welcome.text
        assert welcome.text.endswith(MORE)


def test_four_hundred_tokens_tell_one_of_each_kind_who_is_at_work_and_what_to_read() -> None:
    welcome = told(busy(20))

    assert {hit.note.kind for hit in welcome.hits} >= {Kind.HAND_OFF, Kind.PLAN, Kind.DECISION, Kind.WARNING}
    assert welcome.at_work
    assert welcome.reading
    assert tokens(welcome.text) > 350


def test_a_larger_budget_tells_texts_too() -> None:
    welcome = told(busy(20), 2_000)

    assert 10 <= welcome.text.count("│ word word") < len(welcome.hits)
    assert tokens(welcome.text) > 1_850


def test_the_largest_budget_tells_every_note_whole() -> None:
    found = busy(10, words=399)

    welcome = told(found, 50_000)
    most = told(busy(50, words=399), 50_000)

    assert welcome.hits == found.hits
    assert welcome.text.count(f"│ {'word ' * 398}word\n") == len(found.hits)
    assert MORE not in welcome.text
    assert tokens(most.text) > 49_000


def test_one_long_text_leaves_room_for_the_others() -> None:
    long, short = note(1, kind=Kind.HAND_OFF, body="long " * 399), note(2, kind=Kind.PLAN, body="short text")

    text = told(Welcome(parts=parts_of([Hit(long, 0.0, ()), Hit(short, 0.0, ())], NOW))).text

    assert CUT in text
    assert "│ short text" in text
    assert text.count(CUT) == 1


def test_a_single_long_text_has_all_of_the_room() -> None:
    one = Hit(note(1, body="long " * 399), 0.0, ())

    assert tokens(told(Welcome(parts=parts_of([one], NOW))).text) > 370


def test_a_note_far_down_is_not_let_past_a_title_that_does_not_fit() -> None:
    long = [Hit(note(number, kind=Kind.PLAN, title="p" * 120), 0.0, ()) for number in range(9)]
    short = Hit(note(50, kind=Kind.PLAN, title="Short", t_star=-1e9), 0.0, ())

    welcome = told(Welcome(parts=parts_of([*long, short], NOW)), 200)

    assert short not in welcome.hits


# ── what is told of whom ─────────────────────────────────────────────────────────────────────────────────────────────
def test_where_a_note_was_changed_or_judged_no_number_is_shown() -> None:
    one = Hit(note(1), 0.8765, (Reason("file", 0.4321, "laid on src/a.py"),))

    text = told(Welcome(parts=parts_of([one], NOW))).text

    assert "8765" not in text
    assert "4321" not in text


def test_what_the_other_side_of_a_dispute_says_stands_with_a_note() -> None:
    one = Hit(note(1), 0.0, (), dissent=(note(2, title="Leave it open"),))

    assert "│ dissent [00000002]: Leave it open" in told(Welcome(parts=parts_of([one], NOW))).text


def test_of_many_files_somebody_is_at_work_on_the_newest_are_named() -> None:
    at_work = AtWork(BOB, ("a.py", "b.py", "c.py", "d.py"), NOW)

    assert "- bob (codex): a.py, b.py, c.py, … · just now" in told(Welcome(at_work=(at_work,))).text


def test_an_empty_welcome_says_so_and_invites_a_note() -> None:
    welcome = told(Welcome(), 200)

    assert welcome.is_empty
    assert welcome.text == NOTHING_YET
    assert "lay a note" in NOTHING_YET


@pytest.mark.parametrize("budget", [-1, 0, 199, 50_001])
def test_a_budget_that_is_none_is_sent_back(budget: int) -> None:
    with pytest.raises(BadInput, match="200 to 50,000 tokens"):
        check_budget(budget)
    with pytest.raises(BadInput, match="200 to 50,000 tokens"):
        told(Welcome(), budget)
