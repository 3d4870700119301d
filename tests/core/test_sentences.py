"""Every fact has its sentence, on one line, that names its notes, its files and its reason."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core import strategies as draws
from trails.events import (
    FACTS_BY_KIND,
    Chosen,
    Confirmed,
    Corroborated,
    Credit,
    Disputed,
    Edited,
    FileChanged,
    FileCopied,
    FileGone,
    FileMoved,
    FileSeen,
    Judged,
    Laid,
    OutcomeReported,
    Restored,
    Retagged,
    Served,
    Superseded,
    TreeSeen,
    Undone,
    Used,
    Withdrawn,
    WorkspaceOpened,
)
from trails.notes import Anchor, Head, Kind, Use, Verdict
from trails.sentences import Names, sentence

ONE, TWO = "01HZZZZZZZZZZZZZZZAAAAAAAA", "01HZZZZZZZZZZZZZZZBBBBBBBB"
FILE, OTHER = "0123456789abcdef", "fedcba9876543210"
NAMES = Names(
    {ONE: "Close it first", TWO: "Close it last"},
    {FILE: "src/a.py", OTHER: "src/b.py"},
    {"e1": (7, Judged(ONE, Verdict.WRONG, "no")), "e2": (9, Undone("e1", "read it twice"))},
)
A, B = Anchor("src/a.py", 3, 9, file_id=FILE), Anchor("src/b.py", file_id=OTHER)
FIRST, LAST = "[aaaaaaaa] Close it first", "[bbbbbbbb] Close it last"

EXAMPLES = [
    (
        Laid(ONE, Kind.HOW_TO, "Two\nlines", anchors=(A, B)),
        "laid a how-to [aaaaaaaa] Two lines on src/a.py:3-9 and src/b.py",
    ),
    (Laid(TWO, Kind.OBSERVATION, "So", supersedes=ONE), "laid an observation [bbbbbbbb] So in place of [aaaaaaaa]"),
    (Confirmed(ONE, (A,), "still so"), f"confirmed {FIRST} on src/a.py:3-9, because: still so"),
    (Judged(ONE, Verdict.HELPED), f"said that {FIRST} helped"),
    (Judged(ONE, Verdict.WRONG, "no\tlonger"), f"said that {FIRST} is wrong, because: no longer"),
    (Used(ONE, Use.EDITED), f"used {FIRST}: edited its file"),
    (Corroborated(ONE, TWO, 0.97), f"said the same as {FIRST} without having seen it, in [bbbbbbbb]"),
    (OutcomeReported(1, 0.5), "reported that the work succeeded"),
    (
        OutcomeReported(0, 0.5, "bugfix", "tests", "2 of 9 failed", (Credit(ONE, 0, 1), Credit(TWO, 0, 0))),
        f"reported that a bugfix task failed by tests, with {FIRST}: 2 of 9 failed",
    ),
    (Superseded(ONE, TWO, "newer"), f"replaced {FIRST} by {LAST}, because: newer"),
    (Retagged(ONE, ("a",), ("b",), "tidy"), f"retagged {FIRST} +a -b, because: tidy"),
    (Disputed(ONE, TWO, "seen"), f"disputed {FIRST} with {LAST}, because: seen"),
    (Withdrawn(ONE, "false"), f"withdrew {FIRST}, because: false"),
    (Restored(ONE, "true"), f"restored {FIRST}, because: true"),
    (
        Served("r", (ONE, TWO), query="which first?", files=("src/a.py",)),
        f"was shown {FIRST} and {LAST} for “which first?”, src/a.py",
    ),
    (WorkspaceOpened("/src/shop"), "opened the workspace /src/shop"),
    (Chosen("marks", "off"), "chose marks: off"),
    (Edited((A, B)), "edited src/a.py and src/b.py together"),
    (Undone("e1", "a slip"), f"took back 7: said that {FIRST} is wrong, because: a slip"),
    (Undone("e2", "no, it is"), "took back 9: took back 7, because: no, it is"),
    (Undone("unknown", "a slip"), "took back an event, because: a slip"),
    (FileMoved(FILE, "lib/a.py", "src/a.py"), "saw src/a.py become lib/a.py"),
    (
        FileMoved(FILE, "lib/a.py", "src/a.py", "content", 0.87),
        "saw src/a.py become lib/a.py (known by its content, 87% sure)",
    ),
    (FileCopied(FILE, "src/c.py", OTHER, 0.9), "saw src/c.py begin as a copy of src/b.py (90% sure)"),
    (
        TreeSeen(Head("main", "0123456789abcdef"), changed=((FILE, "d"),), gone=(OTHER,)),
        "looked at the tree of main at 0123456789: 1 changed, 1 gone",
    ),
    (TreeSeen(Head(), "wt"), "looked at the tree in worktree wt: nothing new"),
    (FileChanged(FILE, "d"), "saw src/a.py change"),
    (FileSeen(FILE, "d", "src/then.py"), "saw src/then.py for the first time"),
    (FileGone("unknown-file"), "saw that file unknown- is gone"),
]


@pytest.mark.parametrize(("fact", "words"), EXAMPLES)
def test_a_fact_says_what_was_done_to_what_and_why(fact, words):
    assert sentence(fact, NAMES) == words


def test_there_is_a_sentence_for_every_fact():
    """A new fact fails here until it has one."""
    assert {type(fact) for fact, _ in EXAMPLES} == set(FACTS_BY_KIND.values())


def test_of_many_files_the_first_are_named_and_the_rest_counted():
    many = tuple(replace(B, path=f"src/{number}.py") for number in range(9))

    assert sentence(Edited(many), NAMES) == "edited src/0.py, src/1.py, src/2.py and 6 more files together"


@given(st.one_of(draws.facts, draws.undoing))
def test_a_sentence_is_one_line_whatever_it_is_about(fact):
    assert len(sentence(fact, Names()).splitlines()) == 1
