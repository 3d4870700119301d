"""What an agent is told unasked, on a real store: little, at the right place, and each note once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from trails import Anchor, Author, Draft, FolderOnDisk, Kind, Question, Settings, Verdict, open_memory
from trails.backends.in_memory_index import HashEmbedder
from trails.delivery import LEAST_TOKENS, tokens
from trails.notes import HISTORY, Candidate, Lead, Reason
from trails.offering import CLOSE, NOTES_OFFERED, about, is_close, is_strong

HERE = "w-offering"
ME = Author("me", "test", "s-me")
ADA = Author("me", "codex", "s-ada")
GIT = Author("me", HISTORY, "git-history")
LONG_AGO = timedelta(days=200)


@pytest.fixture
def memory(tmp_path):
    opened = open_memory(Settings(data_dir=tmp_path / "data", principal="me", model="none"))
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    for name in ("a.py", "b.py", "test_a.py"):
        (root / name).write_text("".join(f"line {n} of {name}\n" for n in range(1, 31)))
    return FolderOnDisk(root)


def lay(memory, title, *paths, by=ADA, at=None, folder=None, **draft):
    anchors = tuple(Anchor(path) for path in paths)
    return memory.lay(HERE, Draft(title, anchors=anchors, **draft), by, at=at, folder=folder)


def told(memory, file="a.py", by=ME, **more):
    return memory.offer(HERE, by, file=file, **more)


def titles(offer):
    return [hit.note.title for hit in offer.recall.hits]


# ── at a file ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_who_touches_a_file_is_told_the_notes_on_it_and_no_others(memory):
    lay(memory, "Close the ledger first", "a.py", kind=Kind.WARNING)
    lay(memory, "Mind the other one", "b.py")
    lay(memory, "Talk to the team")

    offer = told(memory)

    assert titles(offer) == ["Close the ledger first"]
    assert "Close the ledger first" in offer.text
    assert "because" not in offer.text


def test_where_there_is_nothing_nothing_is_said_and_nothing_counts_as_shown(memory):
    lay(memory, "Mind the other one", "b.py")

    offer = told(memory)

    assert offer.text == ""
    assert memory.store.session_events(HERE, "me", ME.session, 10) == []


def test_a_note_is_told_once_in_a_session_and_again_in_the_next(memory):
    lay(memory, "Close the ledger first", "a.py", "b.py")

    assert titles(told(memory)) == ["Close the ledger first"]
    assert titles(told(memory)) == []
    assert titles(told(memory, "b.py")) == []
    assert titles(told(memory, by=replace(ME, session="s-next"))) == ["Close the ledger first"]


def test_what_a_recall_has_shown_is_not_told_again_but_what_a_welcome_named_is(memory):
    lay(memory, "Use one ledger", "a.py", kind=Kind.DECISION)
    memory.welcome(HERE, ME)
    first = titles(told(memory))
    lay(memory, "Close the ledger first", "b.py")
    memory.recall(HERE, Question(files=("b.py",)), ME)

    assert first == ["Use one ledger"]
    assert titles(told(memory, "b.py")) == []


def test_a_file_that_was_looked_at_is_looked_at_again_only_for_what_came_since(memory):
    lay(memory, "Close the ledger first", "a.py")
    first = told(memory, known=())
    again = told(memory, known=(), looked=first.count)
    lay(memory, "Write the last page", "a.py")
    later = told(memory, known=[hit.note.id for hit in first.recall.hits], looked=first.count)

    assert (first.count, again.text, again.count) == (1, "", 1)
    assert titles(later) == ["Write the last page"]


def test_who_laid_a_note_is_not_told_it(memory):
    lay(memory, "Close the ledger first", "a.py", by=ME)

    assert told(memory).text == ""
    assert titles(told(memory, by=replace(ME, session="s-later"))) == ["Close the ledger first"]


def test_what_has_faded_or_failed_or_was_withdrawn_is_not_told(memory):
    lay(memory, "Fixed long ago", "a.py", at=datetime.now(UTC) - LONG_AGO)
    wrong = lay(memory, "Never close it", "a.py")
    gone = lay(memory, "Mistaken", "a.py")
    memory.judge(HERE, wrong.handle, Verdict.WRONG, replace(ADA, session="s-other"))
    memory.withdraw(HERE, gone.handle, ADA, reason="mistaken")

    assert told(memory).text == ""


def test_a_commit_is_told_only_once_it_has_helped_somebody(memory):
    commit = lay(memory, "Fix the order of pages", "a.py", by=GIT)
    before = titles(told(memory))
    memory.judge(HERE, commit.handle, Verdict.HELPED, ADA)

    assert before == []
    assert titles(told(memory)) == ["Fix the order of pages"]


def test_a_busy_history_does_not_hide_what_a_colleague_said(memory):
    lay(memory, "Close the ledger first", "a.py", at=datetime.now(UTC) - timedelta(days=20))
    for number in range(40):
        lay(memory, f"Fix page {number}", "a.py", by=GIT)

    assert titles(told(memory)) == ["Close the ledger first"]


def test_who_lays_the_most_does_not_speak_alone(memory):
    for number in range(120):
        lay(memory, f"Mind page {number}", "a.py", at=datetime.now(UTC) - timedelta(minutes=number))
    lay(memory, "Close the ledger first", "a.py", by=Author("bea", "codex", "s-bea"))
    for number in range(120):
        lay(memory, f"Mind line {number}", "a.py")

    found = titles(told(memory, budget_tokens=400))

    assert len(found) == NOTES_OFFERED
    assert "Close the ledger first" in found


def test_what_is_told_says_when_its_lines_have_changed_and_is_silent_when_they_are_gone(memory, folder, tmp_path):
    lines = tmp_path / "project/a.py"
    changed = Draft("Mind line ten", anchors=(Anchor("a.py", 8, 12),))
    memory.lay(HERE, changed, ADA, folder=folder)
    memory.lay(HERE, Draft("Mind line thirty", anchors=(Anchor("a.py", 28, 30),)), ADA, folder=folder)
    kept = lines.read_text().splitlines(keepends=True)[:20]
    lines.write_text("".join(kept).replace("line 10 of", "line ten of"))

    offer = told(memory, folder=folder)

    assert titles(offer) == ["Mind line ten"]
    assert "CHANGED since" in offer.text


def test_both_sides_of_a_dispute_are_told_together(memory):
    claim = lay(memory, "Close the ledger first", "a.py")
    memory.dispute(HERE, claim.handle, Draft("Close the ledger last"), ADA, reason="it hangs")

    offer = told(memory)

    assert "Close the ledger first" in offer.text
    assert "Close the ledger last" in offer.text


def test_files_that_several_notes_tie_to_it_are_named_even_when_no_note_is_worth_telling(memory):
    for subject in ("Fix the order of pages", "Write the last page", "Count pages once"):
        lay(memory, subject, "a.py", "test_a.py", by=GIT)
    lay(memory, "Rename the ledger", "a.py", "b.py", by=GIT)

    assert told(memory).text == "Look at: test_a.py (it changes together with a.py)"
    assert told(memory, looked=3).text == ""


# ── its size ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("budget", [LEAST_TOKENS, 200, 400])
def test_what_is_told_never_exceeds_its_budget_and_cuts_no_note_off_silently(memory, budget):
    for number in range(6):
        lay(memory, f"Remark {number} " + "and so on " * 10, "a.py", body="word " * 200)

    offer = told(memory, budget_tokens=budget)

    assert 0 < tokens(offer.text) <= budget
    assert 1 <= len(offer.recall.hits) <= NOTES_OFFERED
    assert all(f"[{hit.note.handle}]" in offer.text for hit in offer.recall.hits)


def test_only_what_the_text_holds_counts_as_shown(memory):
    for number in range(6):
        lay(memory, f"Remark {number} " + "and so on " * 10, "a.py", body="word " * 200)

    offer = told(memory, budget_tokens=LEAST_TOKENS)

    (served,) = [event.fact for _, event in memory.store.session_events(HERE, "me", ME.session, 10)]
    assert served.note_ids == tuple(hit.note.id for hit in offer.recall.hits)


# ── at a task ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def with_vectors(tmp_path):
    opened = open_memory(Settings(data_dir=tmp_path / "data", principal="me"), load=HashEmbedder)
    lay(opened, "Close the ledger before the journal is rotated", "a.py")
    assert opened.indexer.wait_until_idle(60)
    yield opened
    opened.close()


def test_a_task_that_a_note_is_about_gets_it_and_any_other_gets_silence(with_vectors):
    close = "Close the ledger before the journal is rotated"

    assert titles(with_vectors.offer(HERE, ME, task=close)) == [close]
    assert with_vectors.offer(HERE, replace(ME, session="s2"), task="Paint the bike shed in green").text == ""
    assert with_vectors.offer(HERE, replace(ME, session="s2"), task="go on").text == ""


@pytest.mark.parametrize(
    ("task", "asked"),
    [("", ""), ("continue", ""), ("yes please", ""), ("fix  the\nledger", "fix the ledger")],
)
def test_a_task_of_a_word_or_two_is_about_nothing(task, asked):
    assert about(task) == asked


def test_a_long_task_is_asked_about_with_its_start():
    assert len(about("fix the ledger " * 1000)) <= 1000


def test_a_match_is_close_by_its_meaning_and_by_a_word_not_by_place_in_the_answer():
    now = datetime.now(UTC)

    assert is_close(Candidate("n", now, dense=CLOSE, words=1.0))
    assert not is_close(Candidate("n", now, dense=CLOSE - 0.01, words=9.0))
    assert not is_close(Candidate("n", now, dense=1.0, words=0.0))


def test_one_note_makes_no_strong_edge():
    edge = Reason("edge", 0.5, "", 0.5, 1.0)

    assert is_strong(Lead("b.py", 1.0, (edge,), ("n1", "n2")))
    assert not is_strong(Lead("b.py", 1.0, (edge,), ("n1",)))
    assert not is_strong(Lead("b.py", 1.0, (replace(edge, amount=0.4),), ("n1", "n2")))
    assert not is_strong(Lead("b.py", 1.0, (replace(edge, name="near"),), ("n1", "n2")))
