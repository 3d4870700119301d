"""What a session used and what its outcome credits: through the memory, on a real store."""

from datetime import timedelta

import pytest

from trails import Anchor, Author, BadInput, Conflict, Draft, Question, Settings, Verdict, open_memory
from trails.evidence import WEIGHT_BY_SOURCE
from trails.notes import Use

HERE = "w-crediting"
ADA, BEN, EVE = (Author(name, "test", f"{name}-1") for name in ("ada", "ben", "eve"))
WORDS = "amber birch cedar delta ember fjord grove heath islet jetty knoll larch marsh north oasis plume quartz ridge"


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    memory = open_memory(Settings(data_dir=tmp_path_factory.mktemp("data"), principal="me", model="none"))
    yield memory
    memory.close()


@pytest.fixture
def here(request):
    """A workspace of its own for each test."""
    return f"w-{request.node.name}"


@pytest.fixture
def memory(opened):
    return opened


@pytest.fixture
def note(memory, here):
    return memory.lay(here, Draft("Close the ledger first", anchors=(Anchor("ledger.py"),)), ADA)


def show(memory, here, by=BEN, **asked):
    """Ask as somebody; what is on the ledger comes."""
    return memory.recall(here, Question(**(asked or {"files": ("ledger.py",)}), explores=False), by)


def used(memory, here, by=BEN, **work):
    return [(one.note_id, one.how) for one in memory.use(here, by, **work)]


def credits_of(outcome):
    return {credit.note_id: (credit.helped, credit.failed) for credit in outcome.credits}


def kinds(memory, here):
    return [event.kind for _, event in memory.log(here)]


# ── uses ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_note_that_was_only_shown_was_not_used(memory, here, note):
    show(memory, here)

    assert used(memory, here) == []
    assert credits_of(memory.outcome(here, 1.0, BEN)) == {}
    assert memory.get_note(here, note.handle).quality.helped == 0


def test_editing_the_file_of_a_shown_note_is_a_use_of_it(memory, here, note):
    show(memory, here)

    assert used(memory, here, edited=["ledger.py", "other.py"]) == [(note.note_id, Use.EDITED)]
    assert kinds(memory, here) == ["laid", "served", "used", "edited"]
    assert memory.get_note(here, note.handle).confirmed_at > memory.get_note(here, note.handle).laid_at


def test_editing_the_file_of_a_note_that_was_never_shown_is_no_use(memory, here, note):
    assert used(memory, here, edited=["ledger.py"]) == []


def test_naming_a_shown_note_in_what_one_writes_is_a_use_of_it(memory, here, note):
    show(memory, here)

    assert used(memory, here, text=f"Closed it, as [{note.handle}] says.") == [(note.note_id, Use.CITED)]


def test_a_use_is_noted_down_once_a_session_and_told_every_time(memory, here, note):
    show(memory, here)

    for _ in range(3):
        assert used(memory, here, edited=["ledger.py"]) == [(note.note_id, Use.EDITED)]

    assert kinds(memory, here).count("used") == 1
    show(memory, here, by=EVE)
    assert used(memory, here, by=EVE, edited=["ledger.py"]) == [(note.note_id, Use.EDITED)]
    assert kinds(memory, here).count("used") == 2


def test_what_was_written_is_not_kept(memory, here, note):
    show(memory, here)
    memory.use(here, BEN, text=f"The passphrase is xyzzy, says [{note.handle}]", edited=["ledger.py"])

    assert "xyzzy" not in repr(memory.log(here))


def test_a_session_without_a_name_shows_no_use(memory, here, note):
    nameless = Author("ben")
    show(memory, here, by=nameless)

    assert used(memory, here, by=nameless, edited=["ledger.py"]) == []


def test_rare_words_that_come_back_are_a_use_when_chance_is_known(memory, here):
    note = memory.lay(here, Draft("The spindle clerk rejects a ledger whose vellum seal is torn"), ADA)
    text = "Glued the torn vellum so that the clerk takes it."
    show(memory, here, query="ledger")
    assert used(memory, here, text=text) == []  # nothing was shown to others yet

    for word in [*WORDS.split(), "shoal", "tundra", "vale"]:
        memory.lay(here, Draft(f"Walk the {word} {word}side path by {word}light"), ADA)
        show(memory, here, by=EVE, query=word)

    assert used(memory, here, text=text) == [(note.note_id, Use.ECHOED)]
    assert used(memory, here, by=EVE, text=text) == []


# ── outcomes ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_outcome_credits_what_the_session_used_by_how_it_shows(memory, here, note):
    cited, named = (memory.lay(here, Draft(title, anchors=(Anchor("b.py"),)), ADA) for title in ("One", "Other"))
    show(memory, here)
    show(memory, here, files=("b.py",))
    memory.use(here, BEN, edited=["ledger.py"])
    memory.lay(here, Draft("What followed", f"I did as [{cited.handle}] says"), BEN)

    outcome = memory.outcome(here, 1.0, BEN, used=[named.handle], source="tests")

    credit = credits_of(outcome)
    assert set(credit) == {note.note_id, cited.note_id, named.note_id}
    assert credit[note.note_id][0] < credit[cited.note_id][0] < credit[named.note_id][0]
    assert sum(helped for helped, _ in credit.values()) == pytest.approx(1.0)
    assert all(failed == 0 for _, failed in credit.values())


@pytest.mark.parametrize("writes", ["a note", "a reason", "a summary"])
def test_a_shown_note_that_is_named_anywhere_is_credited_without_being_reported(memory, here, note, writes):
    other = memory.lay(here, Draft("Something else"), ADA)
    show(memory, here)
    said = f"It went as [{note.handle}] says."
    if writes == "a note":
        memory.lay(here, Draft("What I found", said), BEN)
    elif writes == "a reason":
        memory.judge(here, other.handle, Verdict.HELPED, BEN, reason=said)

    outcome = memory.outcome(here, 1.0, BEN, summary=said if writes == "a summary" else "", source="person")

    assert credits_of(outcome) == {note.note_id: (1.0, 0.0)}


def test_a_note_that_the_session_condemned_is_not_credited_with_its_success(memory, here, note):
    show(memory, here)
    memory.use(here, BEN, edited=["ledger.py"])
    memory.judge(here, note.handle, Verdict.WRONG, BEN)

    assert credits_of(memory.outcome(here, 1.0, BEN)) == {}


def test_a_file_that_changed_after_its_note_was_shown_to_one_session_alone_is_its_edit(memory, here, note):
    tracker = memory.tracker(here)
    tracker.file_changed("ledger.py", "before")
    tracker.file_changed("ledger.py", "earlier")
    show(memory, here)
    assert credits_of(memory.outcome(here, 1.0, BEN)) == {}

    tracker.file_changed("ledger.py", "after")

    assert set(credits_of(memory.outcome(here, 1.0, BEN))) == {note.note_id}


def test_a_file_that_two_sessions_were_shown_notes_of_may_be_edited_by_either(memory, here, note):
    tracker = memory.tracker(here)
    tracker.file_changed("ledger.py", "before")
    show(memory, here)
    show(memory, here, by=EVE)

    tracker.file_changed("ledger.py", "after")

    assert credits_of(memory.outcome(here, 1.0, BEN)) == credits_of(memory.outcome(here, 1.0, EVE)) == {}


def test_a_report_that_no_longer_names_a_note_takes_its_credit_back(memory, here, note):
    other = memory.lay(here, Draft("Something else"), ADA)
    memory.outcome(here, 1.0, BEN, used=[note.handle], source="person")
    assert memory.get_note(here, note.handle).quality.helped == pytest.approx(1.0, abs=1e-3)

    outcome = memory.outcome(here, 1.0, BEN, used=[other.handle], source="person")

    assert credits_of(outcome)[note.note_id] == (0.0, 0.0)
    assert memory.get_note(here, note.handle).quality.helped == 0
    assert memory.get_note(here, other.handle).quality.helped > 0


def test_two_kinds_of_task_of_one_session_are_reported_apart(memory, here, note):
    other = memory.lay(here, Draft("Something else", anchors=(Anchor("b.py"),)), ADA)
    show(memory, here)
    memory.use(here, BEN, edited=["ledger.py"])
    assert set(credits_of(memory.outcome(here, 1.0, BEN, task="bugfix"))) == {note.note_id}

    show(memory, here, files=("b.py",))
    memory.use(here, BEN, edited=["b.py"])
    second = memory.outcome(here, 0.0, BEN, task="docs")

    assert set(credits_of(second)) == {other.note_id}
    assert memory.get_note(here, note.handle).quality.helped > 0


def test_a_session_cannot_stack_its_outcomes(memory, here, note):
    for _ in range(5):
        memory.outcome(here, 0.0, BEN, used=[note.handle], task="one of its kind", source="tests")

    assert memory.get_note(here, note.handle).quality.failed <= 1.0


def test_the_other_side_of_a_dispute_gains_when_a_note_fails(memory, here, note):
    counter = memory.dispute(here, note.handle, Draft("Leave the ledger open"), EVE, reason="the lock")

    failed = memory.outcome(here, 0.0, BEN, used=[note.handle], source="tests")

    assert credits_of(failed) == {note.note_id: (0.0, 1.0), counter.note_id: (0.25, 0.0)}
    assert memory.get_note(here, counter.handle).quality.helped == pytest.approx(0.25, abs=1e-3)
    succeeded = memory.outcome(here, 1.0, EVE, used=[note.handle], source="tests")
    assert set(credits_of(succeeded)) == {note.note_id}


def test_a_dispute_works_both_ways_but_not_for_a_note_that_was_withdrawn(memory, here, note):
    counter = memory.dispute(here, note.handle, Draft("Leave the ledger open"), EVE, reason="the lock")
    assert set(credits_of(memory.outcome(here, 0.0, BEN, used=[counter.handle]))) == {counter.note_id, note.note_id}

    memory.withdraw(here, note.handle, ADA, reason="it is wrong")

    late = Author("fay", "test", "fay-1")
    assert set(credits_of(memory.outcome(here, 0.0, late, used=[counter.handle]))) == {counter.note_id}


@pytest.mark.parametrize(("source", "weight"), WEIGHT_BY_SOURCE.items())
def test_who_says_how_it_ended_decides_how_much_it_counts(memory, here, note, source, weight):
    outcome = memory.outcome(here, 1.0, BEN, used=[note.handle], source=source)

    assert outcome.source == source
    assert credits_of(outcome) == {note.note_id: (pytest.approx(weight), 0.0)}


def test_a_source_that_nobody_knows_is_refused(memory, here):
    with pytest.raises(BadInput, match="tests, ci, person, kept, agent"):
        memory.outcome(here, 1.0, BEN, source="hearsay")
    assert kinds(memory, here) == []


def test_a_repeated_report_with_its_key_is_the_first_one_whatever_happened_since(memory, here, note):
    show(memory, here)
    first = memory.outcome(here, 1.0, BEN, key="k")
    memory.lay(here, Draft("Later", f"[{note.handle}] was right"), BEN)

    assert memory.outcome(here, 1.0, BEN, key="k") == first
    with pytest.raises(Conflict):
        memory.outcome(here, 1.0, BEN, used=[note.handle], key="k")


def test_a_use_that_is_reported_again_with_its_key_is_no_conflict(memory, here, note):
    show(memory, here)
    for _ in range(2):
        assert used(memory, here, edited=["ledger.py"], key="u") == [(note.note_id, Use.EDITED)]
    assert kinds(memory, here).count("used") == 1


def test_uses_strengthen_within_the_bounds_of_one_principal(memory, here, note):
    before = memory.get_note(here, note.handle).t_star
    for number in range(12):
        session = Author("ben", "test", f"ben-{number}")
        show(memory, here, by=session)
        memory.use(here, session, edited=["ledger.py"])

    gained = timedelta(seconds=memory.get_note(here, note.handle).t_star - before)
    assert timedelta(0) < gained < timedelta(days=30 * 3)  # 2.72 + .5 against .5 is under three half-lives
