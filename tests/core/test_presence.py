"""Who is at work: said at every touch of a file, gone within minutes, and never to oneself."""

from datetime import UTC, datetime, timedelta

from trails import Author
from trails.presence import FILES_A_SESSION, GONE_AFTER, SESSIONS_A_WORKSPACE, AtWork, Presence

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
