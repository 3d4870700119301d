"""What is measured: trails through its own verbs, and what a plain vector store gives."""

from datetime import timedelta

import pytest

from tests.bench.made import BEGIN
from trails.backends.in_memory_index import HashEmbedder, InMemoryIndex
from trails.bench.opening import CountedIds, ReplayClock, memory_at
from trails.bench.steps import Step
from trails.bench.systems import Trails, by_vote, in_order_of_notes, nearest_notes, vote
from trails.bench.vectors import KnownVectors
from trails.history import Change
from trails.settings import Settings


def step(number, message="Round the balance of an account"):
    return Step(f"{number:010x}", BEGIN + timedelta(hours=number), "Ann", message, ())


@pytest.fixture
def trails():
    clock = ReplayClock()
    with memory_at(clock, Settings(principal="bench"), None) as memory:
        yield Trails(memory, clock)


@pytest.fixture(params=["trails", nearest_notes, vote])
def system(request):
    """Each of the systems, one after the other."""
    if request.param == "trails":
        return request.getfixturevalue("trails")
    return request.param(InMemoryIndex(), KnownVectors(HashEmbedder()))


def test_a_note_leads_to_its_files(system):
    system.lay(step(1), ["src/ledger.py"])
    system.lay(step(2, "Draw the window with softer light"), ["src/screen.py"])

    assert system.lead(step(3), "")[0] == "src/ledger.py"


def test_a_renamed_file_keeps_its_notes(system):
    system.lay(step(1), ["src/ledger.py"])
    system.follow(step(2), [Change("src/ledger.py", "src/book.py")])

    assert list(system.lead(step(3), "")) == ["src/book.py"]


def test_nothing_laid_leads_nowhere(system):
    assert list(system.lead(step(1), "")) == []


def test_trails_does_not_lead_to_a_file_that_is_gone(trails):
    trails.lay(step(1), ["src/ledger.py", "src/book.py"])
    trails.follow(step(2), [Change("src/ledger.py", "")])

    assert list(trails.lead(step(3), "")) == ["src/book.py"]


def test_trails_leads_again_to_a_file_that_is_back(trails):
    trails.lay(step(1), ["src/ledger.py"])
    trails.follow(step(2), [Change("src/ledger.py", "")])
    trails.follow(step(3), [Change("", "src/ledger.py")])

    assert list(trails.lead(step(4), "")) == ["src/ledger.py"]


def test_trails_leads_from_an_open_file_to_those_that_change_with_it(trails):
    trails.lay(step(1, "One thing"), ["src/ledger.py", "docs/money.md"])
    trails.lay(step(2), ["src/window.py"])

    assert trails.lead(step(3, "Nothing that a note says"), "src/ledger.py")[0] == "docs/money.md"


def test_a_message_that_nobody_could_lay_is_passed_over(trails):
    trails.lay(step(1, "\u200b"), ["src/ledger.py"])
    trails.lay(step(2), ["src/book.py"])

    assert list(trails.lead(step(3), "")) == ["src/book.py"]


def test_the_same_message_is_laid_each_time(trails):
    for number in range(3):
        trails.lay(step(number), [f"src/file{number}.py"])

    assert len(trails.lead(step(9), "")) == 3


def test_files_come_in_the_order_of_their_nearest_note():
    assert in_order_of_notes([((2, 3), 0.9), ((3, 1), 0.8)]) == [2, 3, 1]


def test_files_come_by_the_votes_of_their_notes():
    assert by_vote([((2, 3), 0.9), ((3, 1), 0.8), ((1,), 0.2)]) == [3, 1, 2]


def test_ids_of_one_moment_are_in_the_order_in_which_they_were_given():
    ids = CountedIds()

    given = [ids(BEGIN + timedelta(hours=hour)) for hour in (0, 0, 0, 1, 1)]

    assert given == sorted(set(given))
    assert {len(one) for one in given} == {26}


def test_a_replayed_memory_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with memory_at(ReplayClock(), Settings(principal="bench"), None):
        assert list(tmp_path.iterdir())

    assert not list(tmp_path.iterdir())
