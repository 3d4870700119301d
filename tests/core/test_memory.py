"""The verbs together, on a real store: what no rule and no port can promise alone."""

from datetime import UTC, datetime, timedelta

import pytest

from trails import Anchor, Author, BadInput, Draft, FolderOnDisk, Question, Settings, Validity, open_memory
from trails.backends.in_memory_index import HashEmbedder
from trails.bootstrap import SteadyClock
from trails.events import Undone

HERE = "w-memory"
ME = Author("me", "test", "s")
BEN = Author("ben", "test", "t")


@pytest.fixture
def memory(tmp_path):
    opened = open_memory(Settings(data_dir=tmp_path / "data", principal="me", model="none"))
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.py").write_text("".join(f"line {n}\n" for n in range(1, 31)))
    return FolderOnDisk(root)


def test_the_same_note_laid_twice_in_a_moment_is_one(memory):
    first, again = (memory.lay(HERE, Draft("Close the ledger"), ME) for _ in range(2))

    assert again.note_id == first.note_id
    assert again.replayed


def test_a_note_that_was_withdrawn_can_be_laid_again_at_once(memory):
    first = memory.lay(HERE, Draft("Close the ledger"), ME)
    memory.withdraw(HERE, first.handle, ME, reason="too early")

    again = memory.lay(HERE, Draft("Close the ledger"), ME)

    assert not again.replayed
    assert [hit.note.id for hit in memory.recall(HERE, Question("ledger"), ME).hits] == [again.note_id]


def test_a_note_takes_the_place_of_another_where_its_lines_are_now(memory, folder, tmp_path):
    old = memory.lay(HERE, Draft("Mind line ten", anchors=(Anchor("a.py", 10, 12),)), ME, folder=folder)
    text = (tmp_path / "project/a.py").read_text()
    (tmp_path / "project/a.py").write_text("new\n" * 5 + text)

    new = memory.supersede(HERE, old.handle, Draft("Mind line fifteen"), ME, reason="it moved", folder=folder)

    (anchor,) = memory.get_note(HERE, new.handle).anchors
    assert (anchor.first_line, anchor.last_line) == (15, 17)


def test_a_note_takes_the_place_of_another_whose_lines_are_gone(memory, folder, tmp_path):
    old = memory.lay(HERE, Draft("Mind line thirty", anchors=(Anchor("a.py", 28, 30),)), ME, folder=folder)
    (tmp_path / "project/a.py").write_text("line 1\n")

    new = memory.supersede(HERE, old.handle, Draft("Nothing is left of it"), ME, reason="cut", folder=folder)

    (anchor,) = memory.get_note(HERE, new.handle).anchors
    assert (anchor.path, anchor.first_line) == ("a.py", None)


def test_a_note_never_gets_more_topics_than_a_new_one_may_have(memory):
    note = memory.lay(HERE, Draft("Close the ledger"), ME)

    with pytest.raises(BadInput, match="16"):
        memory.retag(HERE, note.handle, ME, add=[f"t{n}" for n in range(17)], reason="many")


def test_a_folder_rename_leaves_each_path_to_the_file_that_held_it(memory):
    memory.lay(HERE, Draft("Of a", anchors=(Anchor("src/a.py"),)), ME)
    memory.lay(HERE, Draft("Of b", anchors=(Anchor("src/b.py"),)), ME)
    tracker = memory.tracker(HERE)
    tracker.file_moved("src/b.py", "src/a.py")

    for number in range(10):
        tracker.folder_moved("src" if number == 0 else f"lib{number - 1}", f"lib{number}")
        (hit,) = memory.recall(HERE, Question(files=(f"lib{number}/a.py",)), ME).hits
        assert hit.note.title == "Of b"


def test_an_index_that_fails_costs_the_meaning_and_not_the_answer(tmp_path):
    memory = open_memory(Settings(data_dir=tmp_path / "data", principal="me"), load=HashEmbedder)
    try:
        note = memory.lay(HERE, Draft("Close the ledger"), ME)
        assert memory.indexer.wait_until_idle(60)
        memory.index.close()  # from now on it raises Unavailable

        answer = memory.recall(HERE, Question("ledger"), ME)

        assert [hit.note.id for hit in answer.hits] == [note.note_id]
        assert answer.degraded == ("vectors",)
    finally:
        memory.close()


@pytest.mark.parametrize("name", ["a#b", "50%41x", "what?", "with space", "ünï"])
def test_a_data_folder_may_be_called_anything(tmp_path, name):
    memory = open_memory(Settings(data_dir=tmp_path / name / "data", principal="me"), load=HashEmbedder)
    try:
        memory.lay(HERE, Draft("Close the ledger"), ME)
        assert memory.indexer.wait_until_idle(60)
        assert memory.indexer.state == "working"
        assert memory.indexer.failure == ""
        assert memory.store.counts()["pending"] == 0
    finally:
        memory.close()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_meaning_counts_from_the_first_question_after_a_restart(tmp_path):
    settings = Settings(data_dir=tmp_path / "data", principal="me")
    memory = open_memory(settings, load=HashEmbedder)
    note = memory.lay(HERE, Draft("Close the ledger"), ME)
    assert memory.indexer.wait_until_idle(60)
    memory.close()

    memory = open_memory(settings, load=HashEmbedder)
    try:
        assert memory.embedder.wait_until_settled(60)
        model = memory.embedder.ready().model
        [(_, vector)] = memory.store.candidates(HERE, [note.note_id], model)
        assert vector
    finally:
        memory.close()


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_time_never_goes_back_a_little():
    times = iter([NOW, NOW - timedelta(seconds=2), NOW, NOW + timedelta(seconds=1)])
    clock = SteadyClock(lambda: next(times))

    told = [clock() for _ in range(4)]

    assert told == sorted(set(told))
    assert told[-1] == NOW + timedelta(seconds=1)


def test_a_clock_that_was_wrong_by_hours_is_mended():
    times = iter([NOW + timedelta(days=365), NOW])
    clock = SteadyClock(lambda: next(times))

    clock()

    assert clock() == NOW


def test_time_goes_on_from_the_last_event_of_an_earlier_process():
    clock = SteadyClock(lambda: NOW)
    clock.go_on_from(NOW + timedelta(seconds=5))

    assert clock() > NOW + timedelta(seconds=5)


# ── confirming ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_note_that_is_confirmed_holds_at_the_lines_as_they_are_now(memory, folder):
    handle = memory.lay(HERE, Draft("Mind line 10", anchors=(Anchor("a.py", 9, 11),)), ME, folder=folder).handle
    file = folder.home / "a.py"
    file.write_text("import os\n" + file.read_text().replace("line 10\n", "line ten\n"))
    (changed,) = memory.show(HERE, handle, folder=folder).drifts

    confirmed = memory.confirm(HERE, handle, BEN, reason="read it, still so", folder=folder)

    assert (changed.validity, changed.new_lines) == (Validity.CHANGED, ((11, 11),))
    (drift,) = memory.show(HERE, handle, folder=folder).drifts
    assert (drift.validity, drift.first_line, drift.last_line) == (Validity.SAME, 10, 12)
    assert confirmed.confirmed_at > confirmed.laid_at
    assert confirmed.t_star > memory.get_note(HERE, memory.lay(HERE, Draft("Another"), ME).handle).t_star


def test_a_note_may_be_confirmed_at_another_place(memory, folder):
    handle = memory.lay(HERE, Draft("Mind line 10", anchors=(Anchor("a.py", 10, 10),)), ME, folder=folder).handle

    memory.confirm(HERE, handle, ME, reason="moved", anchors=(Anchor("a.py", 20, 21),), folder=folder)

    (anchor,) = memory.get_note(HERE, handle).anchors
    assert (anchor.first_line, anchor.last_line) == (20, 21)


def test_lines_that_are_gone_leave_a_confirmed_note_its_file_and_a_file_that_is_gone_its_others(memory, folder):
    (folder.home / "b.py").write_text("b = 1\n")
    places = (Anchor("a.py", 10, 10), Anchor("b.py"))
    handle = memory.lay(HERE, Draft("Mind both", anchors=places), ME, folder=folder).handle
    (folder.home / "a.py").write_text("all\nnew\n")
    (folder.home / "b.py").unlink()

    memory.confirm(HERE, handle, ME, reason="still so", folder=folder)

    (anchor,) = memory.get_note(HERE, handle).anchors
    assert (anchor.path, anchor.first_line) == ("a.py", None)


def test_a_note_on_nothing_but_deleted_files_is_not_confirmed_without_naming_others(memory, folder):
    handle = memory.lay(HERE, Draft("Mind it", anchors=(Anchor("a.py", 10, 10),)), ME, folder=folder).handle
    (folder.home / "a.py").unlink()

    with pytest.raises(BadInput, match=r"a\.py is not there any more: name the files that \[\w+\] holds for now"):
        memory.confirm(HERE, handle, ME, reason="still so", folder=folder)


def test_a_note_is_not_confirmed_at_a_file_that_is_not_there(memory, folder):
    handle = memory.lay(HERE, Draft("Mind it", anchors=(Anchor("a.py", 10, 10),)), ME, folder=folder).handle

    with pytest.raises(BadInput, match=r"aa\.py is not there: name files that are"):
        memory.confirm(HERE, handle, ME, reason="still so", anchors=(Anchor("aa.py"),), folder=folder)


@pytest.mark.parametrize("path", ["nowhere.py", "src"])
def test_what_a_file_defines_can_be_named_only_where_it_can_be_read(memory, folder, path):
    (folder.home / "src").mkdir()

    with pytest.raises(BadInput, match=f"There is no text in {path} to find close in"):
        memory.lay(HERE, Draft("Mind it", anchors=(Anchor(path, symbol="close"),)), ME, folder=folder)


def test_a_file_that_is_not_there_has_no_lines_to_lay_a_note_on(memory, folder):
    with pytest.raises(BadInput, match=r"nowhere\.py is not there, so it has no line 3: name the file alone"):
        memory.lay(HERE, Draft("Mind it", anchors=(Anchor("nowhere.py", 3, 4),)), ME, folder=folder)

    assert memory.lay(HERE, Draft("Write it", anchors=(Anchor("nowhere.py"),)), ME, folder=folder).handle


def test_a_confirmation_that_is_taken_back_leaves_the_note_where_it_was(memory, folder):
    handle = memory.lay(HERE, Draft("Mind line 10", anchors=(Anchor("a.py", 10, 10),)), ME, folder=folder).handle
    before = memory.get_note(HERE, handle)
    memory.confirm(HERE, handle, BEN, reason="moved", anchors=(Anchor("a.py", 20, 20),), folder=folder)
    event = memory.show(HERE, handle).events[-1].event

    memory.recorder.append(HERE, ME, [Undone(event.id, "it did not")])

    assert memory.get_note(HERE, handle) == before
