"""Where candidates come from, and which files are led to: the rules together with a store, on disk and in memory."""

import pytest

from trails import Anchor, Author, BadInput, Draft, Memory, Question, Verdict, recalling
from trails.backends.in_memory_index import InMemoryIndex
from trails.backends.in_memory_store import InMemoryStore
from trails.backends.sql_store import open_sql_store
from trails.bootstrap import SteadyClock, new_id, now_utc
from trails.embedding import BackgroundEmbedder
from trails.indexing import Indexer

HERE = "w-recalling"
ME = Author("me", "test", "s")
BEN = Author("ben", "test", "ben-1")


@pytest.fixture(params=["in memory", "sql"])
def memory(request):
    """A memory without a model, over each kind of store."""
    clock = SteadyClock(now_utc)
    on_disk = request.param == "sql"
    store = open_sql_store(request.getfixturevalue("database"), clock) if on_disk else InMemoryStore(clock)
    index, embedder = InMemoryIndex(), BackgroundEmbedder(None)
    yield Memory(store, index, embedder, Indexer(store, index, embedder), clock, new_id)
    store.close()


def lay(memory, *paths, title="Close the ledger"):
    """Lay a note on these files; gives its handle."""
    return memory.lay(HERE, Draft(title, anchors=tuple(Anchor(path) for path in paths)), ME).handle


def lead(memory, query="", files=(), leads=10):
    return memory.recall(HERE, Question(query, tuple(files), leads=leads), ME).leads


def paths(memory, *asked, **how):
    return [one.path for one in lead(memory, *asked, **how)]


# ── the files that notes lead to ─────────────────────────────────────────────────────────────────────────────────────
def test_a_question_leads_to_the_files_whose_notes_answer_it(memory):
    note = lay(memory, "src/books.py", title="Close the ledger before the log is rotated")
    lay(memory, "src/users.py", title="Names may be empty")

    (found,) = lead(memory, "ledger rotation rotated")

    assert found.path == "src/books.py"
    assert [note_id[-8:].lower() for note_id in found.note_ids] == [note]
    assert [reason.name for reason in found.reasons] == ["memory", "late"]


def test_files_are_named_only_when_they_are_asked_for(memory):
    lay(memory, "src/books.py", title="Close the ledger")

    assert lead(memory, "ledger", leads=0) == ()
    assert memory.recall(HERE, Question("ledger"), ME).leads == ()


def test_an_open_file_leads_to_what_its_notes_are_also_on_and_not_to_itself(memory):
    lay(memory, "src/a.py", "docs/b.md")
    lay(memory, "src/c.py")

    found = lead(memory, files=["src/a.py"])

    assert [one.path for one in found] == ["docs/b.md"]
    assert found[0].reasons[0].words == "it changes together with src/a.py"


def test_a_session_that_used_notes_on_two_files_leads_from_one_to_the_other(memory):
    first, second = lay(memory, "src/a.py"), lay(memory, "docs/b.md")
    assert paths(memory, files=["src/a.py"]) == []

    memory.judge(HERE, first, Verdict.HELPED, BEN)
    memory.judge(HERE, second, Verdict.HELPED, BEN)

    assert paths(memory, files=["src/a.py"]) == ["docs/b.md"]
    answer = memory.recall(HERE, Question(files=("src/a.py",)), ME)
    assert [hit.note.handle for hit in answer.hits] == [first, second]
    memory.withdraw(HERE, second, ME, reason="wrong")
    assert paths(memory, files=["src/a.py"]) == []


def test_a_note_on_no_file_is_found_through_the_session_that_used_it(memory):
    here, loose = lay(memory, "src/a.py"), lay(memory, title="Ask the office first")
    for handle in (here, loose):
        memory.judge(HERE, handle, Verdict.HELPED, BEN)

    answer = memory.recall(HERE, Question(files=("src/a.py",)), ME)

    assert [hit.note.handle for hit in answer.hits] == [here, loose]


def test_where_only_files_are_asked_a_lead_names_the_notes_that_tie_them(memory):
    old, new = lay(memory, "src/a.py", "docs/b.md"), lay(memory, "src/a.py", "docs/b.md", title="Open the ledger")
    lay(memory, "docs/b.md", title="Names may be empty")

    (found,) = lead(memory, files=["src/a.py"])

    assert [note_id[-8:].lower() for note_id in found.note_ids] == [new, old]


def test_where_a_note_was_laid_last_work_goes_on(memory):
    lay(memory, "src/b.py")
    lay(memory, "src/a.py")
    lay(memory, "src/b.py", title="Names may be empty")

    found = {one.path: {reason.name: reason.amount for reason in one.reasons} for one in lead(memory, "ledger")}

    assert found["src/b.py"]["late"] > found["src/a.py"]["late"]
    assert found["src/b.py"]["memory"] == pytest.approx(found["src/a.py"]["memory"], rel=1e-3)


# ── the notes that are found ─────────────────────────────────────────────────────────────────────────────────────────
def hits(memory, *asked, **how):
    return [hit.note.handle for hit in memory.recall(HERE, Question(*asked, **how), ME).hits]


def test_a_busy_open_file_does_not_hide_what_is_known_of_another(memory, monkeypatch):
    monkeypatch.setattr(recalling, "NOTES_A_FILE", 3)
    quiet = lay(memory, "src/busy.py")
    for n in range(4):
        lay(memory, "src/zeal.py", title=f"Zeal {n}")

    assert quiet in hits(memory, files=("src/zeal.py", "src/busy.py"), limit=10)
    assert len(hits(memory, files=("src/zeal.py", "src/busy.py"), limit=10)) == 4


def test_a_note_on_no_file_is_helped_by_what_was_laid_beside_it(memory):
    def say(title, by):
        return memory.lay(HERE, Draft(title), by).handle

    told = {say("Close the ledger", ME), say("Close that ledger", ME)}
    alone = say("Close this ledger", BEN)

    found = hits(memory, "ledger")

    assert set(found) == {*told, alone}
    assert found[-1] == alone  # though it is the newest


def test_a_file_without_a_word_about_it_is_found_by_its_path(memory):
    lay(memory, "src/parsers.py", title="Names may be empty")

    assert paths(memory, "Which parser is slow?") == ["src/parsers.py"]


def test_the_test_of_an_open_file_is_near(memory):
    lay(memory, "src/users.py", title="Names may be empty")
    lay(memory, "tests/test_users.py", title="Mind the fixtures")

    (found,) = lead(memory, files=["src/users.py"])

    assert (found.path, [reason.name for reason in found.reasons]) == ("tests/test_users.py", ["near", "late"])


# ── files come and go ────────────────────────────────────────────────────────────────────────────────────────────────
def test_leads_follow_a_rename(memory):
    lay(memory, "src/a.py", "src/b.py")
    tracker = memory.tracker(HERE)

    tracker.folder_moved("src", "lib")
    tracker.file_moved("lib/b.py", "lib/journal.py")

    assert paths(memory, files=["lib/a.py"]) == ["lib/journal.py"]
    assert paths(memory, "journal") == ["lib/journal.py"]
    assert paths(memory, files=["src/a.py"]) == ["lib/a.py"]  # nothing is left of the old name but a likeness


def test_a_file_that_is_gone_is_not_led_to_until_it_is_back(memory):
    lay(memory, "src/a.py", "src/b.py", title="Close the ledger")
    tracker = memory.tracker(HERE)

    tracker.file_gone("src/b.py")
    assert paths(memory, files=["src/a.py"]) == []
    assert paths(memory, "ledger") == ["src/a.py"]

    tracker.file_changed("src/b.py", "digest")
    assert paths(memory, files=["src/a.py"]) == ["src/b.py"]


def test_of_two_files_that_claim_one_path_it_is_named_once(memory):
    lay(memory, "src/a.py", title="Close the ledger")
    lay(memory, "src/b.py", title="Open the ledger")

    memory.tracker(HERE).file_moved("src/b.py", "src/a.py")

    assert paths(memory, "ledger") == ["src/a.py"]


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_no_more_files_are_named_than_were_asked_for(memory):
    for n in range(15):
        lay(memory, f"src/f{n}.py")

    whole = paths(memory, "ledger", leads=15)

    assert len(whole) == 15
    assert paths(memory, "ledger", leads=4) == whole[:4]


def test_files_that_are_gone_take_no_place_from_those_that_are_there(memory):
    for n in range(8):
        lay(memory, f"src/f{n}.py")
    best = paths(memory, "ledger", leads=8)

    for path in best[:3]:
        memory.tracker(HERE).file_gone(path)

    assert paths(memory, "ledger", leads=4) == best[3:7]


@pytest.mark.parametrize("leads", [-1, 51])
def test_a_number_of_files_beyond_the_limits_is_refused(memory, leads):
    with pytest.raises(BadInput, match="50 files"):
        lead(memory, "ledger", leads=leads)
    assert lead(memory, "ledger", leads=50) == ()
