"""Gathering what the file system tells into bursts, on a clock that stands still."""

from trails.bursts import STORM, Appeared, Burst, Gathering, Left, Rename, Touched


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_over_when_known_files_have_been_quiet_for_a_settle_time():
    clock = Clock()
    gathering = Gathering(1.0, clock)
    gathering.expect(["a"])
    gathering.tell(Touched("a"))
    clock.now = 0.9
    gathering.tell(Rename("a", "b"))
    clock.now = 1.5
    gathering.tell(Touched("b"))  # a known file by now

    clock.now = 2.4
    assert not gathering.take().settled
    clock.now = 2.5
    taken = gathering.take()
    assert taken.settled
    assert taken.burst.renames == [Rename("a", "b")]
    assert not gathering.take().burst


def test_events_about_other_files_prolong_nothing():
    clock = Clock()
    gathering = Gathering(1.0, clock)
    gathering.expect(["a"])
    gathering.tell(Touched("a"))
    for clock.now in (0.5, 0.9):
        gathering.tell(Touched("b"))
        gathering.tell(Rename("b", "c"))

    clock.now = 1.0
    assert gathering.take().settled


def test_files_that_appear_are_waited_for_but_not_for_ever():
    clock = Clock()
    gathering = Gathering(1.0, clock)
    gathering.expect(["a"])
    gathering.tell(Touched("a"))
    settled_at = []
    for tenths in range(1, 80):
        clock.now = tenths / 10
        gathering.tell(Appeared(str(tenths)))
        if gathering.take().settled:
            settled_at.append(clock.now)

    assert settled_at[0] == 5.0


def test_a_burst_that_never_ends_is_looked_at_all_the_same():
    clock = Clock()
    gathering = Gathering(1.0, clock)
    gathering.expect(["a"])
    for tenths in range(101):
        clock.now = tenths / 10
        gathering.tell(Touched("a"))

    assert gathering.wait(until=10**9)  # due, long before `until`
    taken = gathering.take()
    assert (taken.settled, taken.burst.touched) == (False, {"a"})


def test_a_storm_is_dropped_and_said_to_be_incomplete():
    gathering = Gathering(1.0, Clock())
    for number in range(STORM + 1):
        gathering.tell(Left(str(number)))

    taken = gathering.take()
    assert (taken.lost, len(taken.burst)) == (True, 0)


def test_of_what_lies_elsewhere_only_the_border_is_told():
    burst = Burst()
    for told in (Touched("there/a"), Appeared("there/b"), Left("there/c"), Rename("there/d", "there/e")):
        burst.add(told)
    assert not burst.without(lambda path: path.startswith("there/"))
    for told in (Rename("f", "g"), Rename("h", "there/h"), Rename("i", "there/i", True), Rename("there/j", "j")):
        burst.add(told)

    kept = burst.without(lambda path: path.startswith("there/"))

    assert (kept.renames, kept.touched, kept.left) == ([Rename("f", "g")], {"h", "j"}, {"i"})
    assert list(kept.fresh) == ["g", "j"]
