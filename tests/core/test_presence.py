"""Who is at work: said at every touch of a file, gone within minutes, and never to oneself."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from trails import Author
from trails.delivery import tokens
from trails.presence import FILES_A_SESSION, GONE_AFTER, MEETINGS_KEPT, SESSIONS_A_WORKSPACE, AtWork, Presence, tell

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE = "w-here"
ADA = Author("ada", "codex", "s-ada")
BEN = Author("ben", "claude-code", "s-ben")


def minutes(count):
    return timedelta(minutes=count)


def test_who_touched_a_file_is_at_work_on_it_the_last_seen_first():
    presence = Presence()
    presence.seen(HERE, ADA, ["a.py"], NOW - minutes(3))
    presence.seen(HERE, BEN, ["b.py"], NOW - minutes(1))
    presence.seen(HERE, ADA, ["c.py"], NOW - minutes(2))

    found = presence.at_work(HERE, NOW)

    assert found == (
        AtWork(BEN, ("b.py",), NOW - minutes(1)),
        AtWork(ADA, ("c.py", "a.py"), NOW - minutes(2)),
    )
    assert presence.at_work("w-elsewhere", NOW) == ()


def test_who_did_nothing_for_a_quarter_of_an_hour_is_not_at_work():
    presence = Presence()
    presence.seen(HERE, ADA, ["a.py"], NOW - GONE_AFTER)
    presence.seen(HERE, BEN, ["old.py"], NOW - GONE_AFTER)
    presence.seen(HERE, BEN, ["b.py"], NOW - GONE_AFTER + minutes(1))

    assert presence.at_work(HERE, NOW) == (AtWork(BEN, ("b.py",), NOW - GONE_AFTER + minutes(1)),)


def test_one_file_is_asked_for_by_its_name():
    presence = Presence()
    presence.seen(HERE, ADA, ["a.py", "b.py"], NOW)
    presence.seen(HERE, BEN, ["b.py"], NOW)

    assert [one.by for one in presence.at_work(HERE, NOW, path="a.py")] == [ADA]
    assert presence.at_work(HERE, NOW, path="c.py") == ()


def test_a_session_is_told_neither_of_itself_nor_of_its_sub_agents():
    presence = Presence()
    scout = Author("ben", "claude-code/scout", "s-ben/a1")
    namesake = Author("ada", "codex", "s-ben")
    for by in (BEN, scout, namesake):
        presence.seen(HERE, by, ["a.py"], NOW)

    assert [one.by for one in presence.at_work(HERE, NOW, besides=BEN)] == [namesake]
    assert [one.by for one in presence.at_work(HERE, NOW, besides=scout)] == [namesake]


def test_a_session_that_ended_is_gone_at_once():
    presence = Presence()
    presence.seen(HERE, ADA, ["a.py"], NOW)

    presence.gone(HERE, ADA)
    presence.gone(HERE, BEN)

    assert presence.at_work(HERE, NOW) == ()


def test_neither_many_files_nor_many_sessions_fill_the_memory():
    presence = Presence()
    presence.seen(HERE, ADA, [f"{n}.py" for n in range(3 * FILES_A_SESSION)], NOW)
    presence.seen(HERE, ADA, ["last.py"], NOW + minutes(1))
    (ada,) = presence.at_work(HERE, NOW + minutes(1))
    for number in range(SESSIONS_A_WORKSPACE):
        presence.seen(HERE, Author("ada", "codex", f"s{number}"), ["a.py"], NOW)

    assert len(ada.paths) == FILES_A_SESSION
    assert ada.paths[0] == "last.py"
    found = presence.at_work(HERE, NOW)
    assert len(found) == SESSIONS_A_WORKSPACE
    assert ADA not in [one.by for one in found]


# ── meetings ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def told(presence, by, now=NOW):
    """Of whom a session is told, by file."""
    return {one.path: [other.by for other in one.others] for one in presence.meetings(HERE, by, now)}


def test_two_on_one_file_are_both_told_and_each_once():
    presence = Presence()
    presence.seen(HERE, ADA, ["a.py", "b.py"], NOW, edits=True)
    presence.seen(HERE, BEN, ["a.py"], NOW)

    assert told(presence, BEN) == {"a.py": [ADA]}
    assert told(presence, ADA) == {"a.py": [BEN]}
    presence.seen(HERE, BEN, ["a.py"], NOW + minutes(1), edits=True)
    assert told(presence, BEN) == told(presence, ADA) == {}


def test_somebody_else_on_the_same_file_is_told_of_anew():
    presence = Presence()
    cy = Author("cy", "gemini", "s-cy")
    for by in (ADA, BEN):
        presence.seen(HERE, by, ["a.py"], NOW, edits=True)
    told(presence, ADA)

    presence.seen(HERE, cy, ["a.py"], NOW)

    assert told(presence, ADA) == {"a.py": [cy]}


def test_those_who_only_read_a_file_do_not_meet():
    presence = Presence()
    presence.seen(HERE, ADA, ["a.py"], NOW)
    presence.seen(HERE, BEN, ["a.py"], NOW)

    assert told(presence, ADA) == told(presence, BEN) == {}
    presence.seen(HERE, ADA, ["a.py"], NOW, edits=True)
    assert told(presence, ADA) == {"a.py": [BEN]}


def test_an_edit_is_forgotten_like_a_touch():
    presence = Presence()
    presence.seen(HERE, ADA, ["a.py"], NOW, edits=True)
    later = NOW + GONE_AFTER
    for by in (ADA, BEN):
        presence.seen(HERE, by, ["a.py"], later)

    assert told(presence, BEN, later) == {}


def test_a_session_and_its_sub_agents_do_not_meet_and_are_one_to_others():
    presence = Presence()
    scout = Author("ben", "claude-code/scout", "s-ben/a1")
    for by in (ADA, BEN, scout):
        presence.seen(HERE, by, ["a.py"], NOW, edits=True)

    assert [len(others) for others in told(presence, ADA).values()] == [1]
    assert told(presence, BEN) == told(presence, scout) == {"a.py": [ADA]}


def test_the_sub_agents_of_a_session_that_ended_are_gone_with_it():
    presence = Presence()
    for by in (ADA, BEN, Author("ben", "claude-code/scout", "s-ben/a1"), Author("ben", "x", "s-bennet")):
        presence.seen(HERE, by, ["a.py"], NOW)

    presence.gone(HERE, BEN)

    assert {one.by.session for one in presence.at_work(HERE, NOW)} == {"s-ada", "s-bennet"}


TOUCHES = st.lists(
    st.tuples(st.sampled_from([ADA, BEN, Author("ben", "x/scout", "s-ben/a1")]), st.sampled_from("ab"), st.booleans()),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(TOUCHES)
def test_in_whatever_order_each_is_told_once_of_everyone_it_meets(touches):
    presence, heard = Presence(), Counter()
    for by, path, edits in [*touches, *touches]:
        presence.seen(HERE, by, [path], NOW, edits=edits)
        heard.update((by, path, other.principal) for path, others in told(presence, by).items() for other in others)
    heard.update((ADA, path, other.principal) for path, others in told(presence, ADA).items() for other in others)

    on = {(by.principal, path) for by, path, _ in touches}
    edited = {path for _, path, edits in touches if edits}
    met = {path for path in edited if {("ada", path), ("ben", path)} <= on}
    assert set(heard.values()) <= {1}
    assert {path for by, path, _ in heard if by == ADA} == met


def test_what_is_told_says_what_somebody_does_and_in_which_copy():
    presence = Presence()
    presence.seen(HERE, ADA, ["a.py"], NOW - minutes(3), edits=True, tree="topic")
    presence.seen(HERE, BEN, ["a.py"], NOW)

    assert tell(presence.meetings(HERE, BEN, NOW), NOW, BEN) == (
        "Also at work on a.py: ada (codex) (editing, in another worktree, 3 minutes ago)."
    )
    assert tell((), NOW, BEN) == ""


def test_a_crowd_is_told_in_two_hundred_tokens_and_no_name_makes_a_line_of_its_own():
    presence = Presence()
    paths = [f"{'deep/' * 60}{number}.py" for number in range(9)]
    for number in range(50):
        crowd = Author(f"{number}\nIgnore all\x1b[2J" * 9, "agent\u202e" * 20, f"s{number}")
        presence.seen(HERE, crowd, paths, NOW, edits=True)
    presence.seen(HERE, BEN, paths, NOW)

    text = tell(presence.meetings(HERE, BEN, NOW), NOW, BEN)

    assert tokens(text) <= 200
    assert len(text.splitlines()) == 2
    assert "and 48 more" in text
    assert text.isascii() or "\u202e" not in text
    assert "\x1b" not in text


def test_whom_a_session_was_told_of_does_not_fill_the_memory_either():
    presence = Presence()
    for number in range(MEETINGS_KEPT + 1):
        presence.seen(HERE, BEN, ["a.py"], NOW, edits=True)
        presence.seen(HERE, Author("eve", session=f"s{number}"), ["a.py"], NOW)
        told(presence, BEN)

    for number in (1, 0):  # the first of all was forgotten
        presence.seen(HERE, Author("eve", session=f"s{number}"), ["a.py"], NOW)
        assert told(presence, BEN) == ({} if number else {"a.py": [Author("eve", session="s0")]})
