"""A welcome on a real store: what comes into it, what stays out, and what is written down of it."""

from datetime import UTC, datetime, timedelta

import pytest

from trails import Anchor, Author, BadInput, Draft, FolderOnDisk, Kind, Question, Settings, Verdict, open_memory
from trails.delivery import tokens
from trails.events import Served
from trails.notes import HISTORY

HERE = "w-gathering"
ME = Author("me", "test", "s-me")
ADA = Author("ada", "codex", "s-ada")
BEN = Author("ben", "codex", "s-ben")
GIT = Author("me", HISTORY, "git-history")
BUDGETS = (200, 400, 2_000, 50_000)


@pytest.fixture
def memory(tmp_path):
    opened = open_memory(Settings(data_dir=tmp_path / "data", principal="me", model="none"))
    yield opened
    opened.close()


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    for name in ("a.py", "b.py", "c.py", "test_a.py"):
        (root / name).write_text("".join(f"line {n} of {name}\n" for n in range(1, 31)))
    return root


def lay(memory, title, *paths, by=ADA, days_ago=0.0, root=None, **draft):
    folder = FolderOnDisk(root) if root else None
    at = datetime.now(UTC) - timedelta(days=days_ago) if days_ago else None
    return memory.lay(HERE, Draft(title, anchors=tuple(map(Anchor, paths)), **draft), by, at=at, folder=folder)


def titles(welcome):
    return [hit.note.title for hit in welcome.hits]


def reading(welcome):
    return [lead.path for lead in welcome.reading]


# ── which notes ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_plans_and_decisions_come_first_then_warnings_then_trails(memory):
    for kind in sorted(set(Kind) - {Kind.PRESENCE}):
        lay(memory, f"A {kind.value}", kind=kind)

    welcome = memory.welcome(HERE, ME)

    assert [part.name for part in welcome.parts] == ["Under way", "Settled", "Look out", "Strongest trails"]
    assert titles(welcome)[:5] == ["A hand-off", "A plan", "A decision", "A warning", "A question"]
    assert sorted(titles(welcome)[5:]) == ["A how-to", "A observation"]


def test_what_has_faded_was_withdrawn_or_is_presence_stays_out(memory):
    lay(memory, "Hand over the old work", kind=Kind.HAND_OFF, days_ago=400)
    lay(memory, "Use one ledger", kind=Kind.DECISION, days_ago=400)
    lay(memory, "Ada is here", kind=Kind.PRESENCE)
    memory.withdraw(HERE, lay(memory, "Never mind").handle, ADA, reason="no")

    assert titles(memory.welcome(HERE, ME)) == ["Use one ledger"]


def test_a_note_that_was_judged_wrong_stays_out(memory):
    wrong = lay(memory, "Use two ledgers", kind=Kind.DECISION)
    lay(memory, "Use one ledger", kind=Kind.DECISION)
    memory.judge(HERE, wrong.handle, Verdict.WRONG, BEN)

    assert titles(memory.welcome(HERE, ME)) == ["Use one ledger"]


def test_a_note_whose_place_was_rewritten_does_not_lead_and_one_whose_place_is_gone_stays_out(memory, root):
    lay(memory, "Mind the rewritten file", "a.py", kind=Kind.WARNING, root=root)
    lay(memory, "Mind the deleted file", "b.py", kind=Kind.WARNING, root=root)
    lay(memory, "Mind the kept file", "c.py", kind=Kind.WARNING, root=root)
    (root / "a.py").write_text("all\nnew\n")
    (root / "b.py").unlink()

    welcome = memory.welcome(HERE, ME, folder=FolderOnDisk(root))

    assert titles(welcome) == ["Mind the kept file", "Mind the rewritten file"]
    assert "CHANGED since, all of it (a.py)" in welcome.text


def test_commits_do_not_crowd_out_what_a_colleague_said_long_ago(memory):
    lay(memory, "Chroma keeps its files open", days_ago=60)
    for number in range(150):
        lay(memory, f"Commit {number}", "a.py", by=GIT)

    for budget in BUDGETS:
        assert titles(memory.welcome(HERE, ME, budget_tokens=budget)) == ["Chroma keeps its files open"]


def test_a_commit_that_helped_somebody_stands_among_the_trails(memory):
    lay(memory, "Fix the page count", "a.py", by=GIT)
    useful = lay(memory, "Close the ledger before the log", "b.py", by=GIT)
    memory.judge(HERE, useful.handle, Verdict.HELPED, ADA)

    assert titles(memory.welcome(HERE, ME)) == ["Close the ledger before the log"]


def test_no_side_of_a_dispute_is_told_without_the_other(memory):
    said = lay(memory, "Use one ledger", kind=Kind.DECISION)
    memory.dispute(HERE, said.handle, Draft("Use two ledgers", kind=Kind.DECISION), BEN, reason="locks")

    text = memory.welcome(HERE, ME).text

    assert text.count("dissent") == 2


# ── for some files ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_on_the_files_and_what_they_lead_to_comes_first(memory):
    for number in range(30):
        lay(memory, f"Elsewhere {number}", "c.py", kind=Kind.WARNING)
    lay(memory, "Mind the first line", "a.py", kind=Kind.WARNING, days_ago=20)
    lay(memory, "Change both together", "a.py", "test_a.py", days_ago=20)
    lay(memory, "Run it with -x", "test_a.py", kind=Kind.HOW_TO, days_ago=20)

    everywhere = memory.welcome(HERE, ME)
    here = memory.welcome(HERE, ME, files=["a.py"])

    near = {"Mind the first line", "Change both together", "Run it with -x"}
    assert "Mind the first line" not in titles(everywhere)
    assert near < set(titles(here))
    assert here.parts[0].hits[0].note.title == "Mind the first line"
    assert reading(here) == ["a.py", "test_a.py"]


def test_a_file_that_no_note_is_on_changes_nothing(memory):
    lay(memory, "Mind the first line", "a.py")

    welcome = memory.welcome(HERE, ME, files=["unknown.py", "unknown.py"])

    assert titles(welcome) == ["Mind the first line"]
    assert "unknown.py" not in reading(welcome)


# ── the files to read, and who is at work ────────────────────────────────────────────────────────────────────────────
def test_the_reading_path_leads_to_the_files_that_colleagues_and_then_commits_speak_of(memory):
    for number in range(5):
        lay(memory, f"Commit {number}", "b.py", by=GIT)
    note = lay(memory, "Mind the first line", "a.py", kind=Kind.WARNING)

    welcome = memory.welcome(HERE, ME)

    assert reading(welcome) == ["a.py", "b.py"]
    assert f"1. a.py: warning [{note.handle}]\n2. b.py" in welcome.text


def test_the_reading_path_names_no_file_that_is_gone(memory, root):
    lay(memory, "Mind both", "a.py", "gone.py")
    lay(memory, "Mind the removed one", "c.py")
    memory.tracker(HERE).file_gone("c.py")

    assert reading(memory.welcome(HERE, ME)) == ["a.py", "gone.py"]
    assert reading(memory.welcome(HERE, ME, folder=FolderOnDisk(root))) == ["a.py"]


def test_a_newcomer_is_told_who_else_is_at_work_and_never_itself(memory):
    now = memory.clock()
    memory.presence.seen(HERE, ADA, ["a.py"], now)
    memory.presence.seen(HERE, BEN, ["b.py"], now)
    memory.presence.seen(HERE, ME, ["c.py"], now)
    memory.presence.seen(HERE, Author("me", "test/helper", "s-me/7"), ["c.py"], now)

    everywhere = memory.welcome(HERE, ME)
    here = memory.welcome(HERE, ME, files=["a.py"])

    assert {one.by for one in everywhere.at_work} == {ADA, BEN}
    assert [one.by for one in here.at_work] == [ADA, BEN]
    assert "- ada (codex): a.py · just now" in everywhere.text
    assert "c.py" not in everywhere.text


# ── the budget, and what is written down ─────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("budget", BUDGETS)
def test_a_welcome_of_a_busy_place_fits_and_uses_its_budget(memory, budget):
    for number in range(60):
        kind = (Kind.HAND_OFF, Kind.PLAN, Kind.DECISION, Kind.WARNING, Kind.HOW_TO, Kind.OBSERVATION)[number % 6]
        lay(memory, f"Mind page {number} of the ledger", f"src/{number}.py", kind=kind, body="word " * 390)

    welcome = memory.welcome(HERE, ME, budget_tokens=budget)

    assert 0.8 * min(budget, 30_000) <= tokens(welcome.text) <= budget
    assert (len(welcome.hits) == 60) is (budget == 50_000)


def test_only_what_was_told_counts_as_shown_and_for_no_file(memory):
    for number in range(30):
        lay(memory, f"Mind page {number}", "a.py")

    welcome = memory.welcome(HERE, ME, files=["a.py"], budget_tokens=200)

    [(_, event)] = memory.store.session_events(HERE, "me", "s-me", 10)
    assert isinstance(event.fact, Served)
    assert event.fact.recall_id == welcome.id
    assert event.fact.note_ids == tuple(hit.note.id for hit in welcome.hits)
    assert 0 < len(event.fact.note_ids) < 30
    assert (event.fact.query, event.fact.files) == ("", ())


def test_an_empty_place_is_told_as_such_and_nothing_is_written_down(memory):
    welcome = memory.welcome(HERE, ME)

    assert welcome.is_empty
    assert "lay a note" in welcome.text
    assert memory.store.session_events(HERE, "me", "s-me", 10) == []


@pytest.mark.parametrize("budget", [199, 50_001])
def test_a_budget_that_is_none_is_sent_back_and_nothing_counts_as_shown(memory, budget):
    lay(memory, "Mind the first line", "a.py")

    with pytest.raises(BadInput, match="200 to 50,000"):
        memory.welcome(HERE, ME, budget_tokens=budget)
    assert memory.store.session_events(HERE, "me", "s-me", 10) == []


def test_a_title_that_a_welcome_told_leads_to_the_whole_note(memory):
    for number in range(30):
        lay(memory, f"Mind page {number}", "b.py")
    lay(memory, "Close the ledger before the log", "a.py", body="The log takes the lock. " * 60)

    assert "│ Close the ledger before the log …\n" in memory.welcome(HERE, ME, budget_tokens=200).text
    (hit,) = memory.recall(HERE, Question("Close the ledger before the log", limit=1), ME).hits
    assert hit.note.title == "Close the ledger before the log"
