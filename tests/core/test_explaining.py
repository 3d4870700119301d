"""Why a note stands where it stands, asked of a real store: what is told must be what decided."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from trails import (
    Anchor,
    Author,
    BadInput,
    Draft,
    FolderOnDisk,
    Kind,
    Question,
    Settings,
    Verdict,
    dynamics,
    open_memory,
)
from trails.events import Laid
from trails.evidence import probability
from trails.explaining import EDGES_A_FILE, NEVER_SHOWN, SHOWINGS_TOLD

HERE = "w-explaining"
ADA = Author("ada", "claude-code", "s-1")
BEN = Author("ben", "codex", "s-2")


@pytest.fixture
def memory(tmp_path):
    opened = open_memory(Settings(data_dir=tmp_path / "data", principal="ada", model="none"))
    yield opened
    opened.close()


def lay(memory, title, *paths, by=ADA, at=None):
    """The id of a note on these files."""
    return memory.lay(HERE, Draft(title, anchors=tuple(map(Anchor, paths))), by, at=at).note_id


def lay_all(memory, facts, at=None):
    """The ids of many notes, laid in one go."""
    facts = [replace(fact, note_id=memory.new_id(at or memory.clock())) for fact in facts]
    return [event.fact.note_id for event in memory.recorder.append(HERE, ADA, facts, at=at)]


def figures(memory, note_id):
    return {one.name: one for one in memory.why(HERE, note_id).figures}


# ── the place of a note ──────────────────────────────────────────────────────────────────────────────────────────────
def test_a_note_is_told_its_place_its_terms_and_what_the_note_before_it_has_more_of(memory):
    first = lay(memory, "Rotate the log after closing the ledger", "src/log.py")
    second = lay(memory, "Rotate the log", "src/a.py", "src/b.py", "src/c.py", "src/d.py")
    lay(memory, "Peel the banana", "src/fruit.py")
    question = Question("rotate the log")

    told = memory.why(HERE, second, question)

    ranked = memory.recaller.answer(HERE, question, memory.clock()).ranked
    assert [one.note_id for one in ranked] == [first, second]
    assert (told.place, told.of, told.above.id) == (2, 2, first)
    assert told.score == pytest.approx(sum(one.value for one in told.reasons))
    assert {one.name: one.value for one in told.reasons}.keys() == {name for name, _, _ in ranked[1].terms}
    gap = sum(value for _, value in told.ahead_by)
    assert gap >= ranked[0].score - ranked[1].score > 0
    assert told.words.startswith('2nd of 2 for "rotate the log", most of all because its text matches the question; [')
    assert told.words.endswith(f"[{told.above.handle}] before it has more of: {' and '.join(dict(told.ahead_by))}.")


def test_the_first_of_all_has_none_before_it(memory):
    note_id = lay(memory, "Rotate the log", "src/log.py")

    told = memory.why(HERE, note_id, Question(files=("src/log.py",)))

    assert (told.above, told.ahead_by) == (None, ())
    assert told.words == "The only answer for src/log.py, most of all because laid on src/log.py."


def test_of_two_notes_alike_the_one_confirmed_later_is_said_to_be_before(memory):
    long_ago = datetime.now(UTC) + timedelta(days=1)  # later than now: both are wholly fresh
    older = lay(memory, "Close the ledger", "a.py", at=long_ago)
    lay(memory, "Mind the gap", "a.py", at=long_ago + timedelta(days=1))

    told = memory.why(HERE, older, Question(files=("a.py",)))

    assert told.place == 2
    assert told.words.endswith("before it was confirmed later.")


def test_without_a_question_the_last_one_that_showed_it_is_explained(memory):
    note_id = lay(memory, "Rotate the log", "src/log.py")
    memory.recall(HERE, Question("rotate"), BEN)
    memory.recall(HERE, Question("log", files=("src/log.py",), topics=("books",)), BEN)
    memory.recall(HERE, Question("banana", files=("src/fruit.py",)), BEN)  # did not show it
    memory.welcome(HERE, BEN)  # asks nothing

    told = memory.why(HERE, note_id)

    assert (told.question.query, told.question.files, told.question.topics) == ("log", ("src/log.py",), ("books",))
    assert told.place == 1


def test_a_note_that_was_never_shown_is_told_its_state_alone(memory):
    note_id = lay(memory, "Rotate the log")

    told = memory.why(HERE, note_id)

    assert (told.words, told.question, told.place, told.reasons) == (NEVER_SHOWN, None, 0, ())
    assert {one.name for one in told.figures} == {"energy", "strength", "quality", "freshness", "shown"}


def test_a_place_that_has_changed_is_among_the_reasons(memory, tmp_path):
    folder = FolderOnDisk(tmp_path)
    (tmp_path / "a.py").write_text("one\ntwo\nthree\n")
    anchored = Draft("Rotate the log", anchors=(Anchor("a.py", 1, 3),))
    note_id = memory.lay(HERE, anchored, ADA, folder=folder).note_id
    (tmp_path / "a.py").write_text("four\nfive\nsix\n")

    told = memory.why(HERE, note_id, Question("rotate"), folder=folder)

    assert told.reasons[-1].name == "validity"
    assert told.score == pytest.approx(sum(one.value for one in told.reasons))


def test_a_question_that_asks_nothing_is_sent_back(memory):
    note_id = lay(memory, "Rotate the log")

    with pytest.raises(BadInput, match="Ask with words"):
        memory.why(HERE, note_id, Question(" "))


def test_explaining_shows_nothing_to_anybody(memory):
    note_id = lay(memory, "Rotate the log", "src/log.py")
    before = memory.log(HERE)

    memory.why(HERE, note_id, Question("rotate"))
    memory.show(HERE, note_id)

    assert memory.log(HERE) == before
    assert figures(memory, note_id)["shown"].value == 0


# ── no place ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_note_that_matches_nothing_is_told_each_door_it_did_not_come_through(memory):
    note_id = lay(memory, "Peel the banana", "src/fruit.py")
    lay(memory, "Rotate the log", "src/log.py")

    told = memory.why(HERE, note_id, Question("rotate", files=("src/log.py",), topics=("books",)))

    assert (told.place, told.of) == (0, 1)
    assert told.words == (
        'No answer for "rotate" and src/log.py and the topic books: '
        "its text is not among the 100 nearest in meaning, nor the 100 best by words, "
        "and it is neither on an open file nor on one that the open files lead to, "
        "and it has no topic that was asked for."
    )


@pytest.mark.parametrize("way", ["withdraw", "supersede"])
def test_a_note_that_does_not_stand_is_told_so(memory, way):
    note_id = lay(memory, "Rotate the log")
    if way == "withdraw":
        memory.withdraw(HERE, note_id, ADA, reason="too early")
        because = "it is withdrawn"
    else:
        receipt = memory.supersede(HERE, note_id, Draft("Rotate it daily"), ADA, reason="found out")
        because = f"it was superseded by [{receipt.handle}]"

    assert memory.why(HERE, note_id, Question("rotate")).words == f'No answer for "rotate": {because}.'


def test_a_match_that_many_beat_is_told_so(memory):
    early = datetime(2020, 1, 1, tzinfo=UTC)
    weak = lay(memory, "Rotate " + "something else entirely, of no great interest, " * 2, at=early)
    lay_all(memory, [Laid("", Kind.OBSERVATION, f"Rotate log {number}") for number in range(60)])

    told = memory.why(HERE, weak, Question("rotate"))

    assert told.words == 'No answer for "rotate": its text is not among the 50 that match best.'


def test_a_note_that_many_newer_ones_hide_is_told_so(memory):
    hidden = memory.lay(HERE, Draft("Rotate the log", anchors=(Anchor("a.py"),), topics=("books",)), ADA).note_id
    (anchor,) = memory.get_note(HERE, hidden).anchors
    lay_all(memory, [Laid("", Kind.OBSERVATION, "Mind the gap", "", (anchor,), ("books",)) for _ in range(100)])

    told = memory.why(HERE, hidden, Question(files=("a.py",), topics=("books",)))

    assert told.words.endswith(": 100 newer notes are on the open files, and 100 newer notes have the topic.")


# ── the state of a note ──────────────────────────────────────────────────────────────────────────────────────────────
def worth(figure):
    """What the formula of a figure gives when it is worked out."""
    return eval(figure.formula.replace("^", "**").replace(" days", ""), {})


def test_every_formula_gives_the_number_beside_it(memory):
    note_id = lay(memory, "Rotate the log", at=datetime.now(UTC) - timedelta(days=12))
    memory.judge(HERE, note_id, Verdict.HELPED, BEN)
    memory.judge(HERE, note_id, Verdict.UNHELPFUL, ADA)

    told = figures(memory, note_id)

    for name in ("energy", "strength", "quality", "freshness"):
        assert worth(told[name]) == pytest.approx(told[name].value, abs=0.005), name


def test_the_numbers_are_those_of_the_rules(memory):
    note_id = lay(memory, "Rotate the log", at=datetime.now(UTC) - timedelta(days=12))
    memory.judge(HERE, note_id, Verdict.HELPED, BEN)
    note = memory.get_note(HERE, note_id)

    told = figures(memory, note_id)

    half_life = dynamics.HALF_LIFE_DAYS_BY_KIND[note.kind]
    energy = dynamics.energy_from_t_star(note.t_star, memory.clock(), half_life)
    assert told["energy"].value == pytest.approx(energy, rel=1e-3)
    assert told["strength"].value == pytest.approx(dynamics.strength(energy), rel=1e-3)
    assert told["quality"].value == pytest.approx(probability(note.quality))
    assert told["energy"].words == "2 sessions of 2 principals laid or used it"
    assert told["quality"].words == "1 voice of 1 principal"


def test_being_shown_is_counted_and_called_no_evidence(memory):
    note_id = lay(memory, "Rotate the log")
    for _ in range(SHOWINGS_TOLD):
        memory.recall(HERE, Question("rotate"), ADA)
    memory.recall(HERE, Question("log"), BEN)

    told = memory.why(HERE, note_id)

    assert told.figures[-1].words == f"{SHOWINGS_TOLD + 1} times to 2 principals; exposure is no evidence"
    assert [one.by.principal for one in told.showings] == ["ben", *["ada"] * (SHOWINGS_TOLD - 1)]
    assert {(one.place, one.of, one.propensity) for one in told.showings} == {(1, 1, 1.0)}


# ── edges ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_story_tells_where_each_file_leads_and_what_ties_them(memory):
    note_id = lay(memory, "Rotate the log", "src/a.py")
    lay(memory, "Both at once", "src/a.py", "src/b.py")
    lay(memory, "Both again", "src/a.py", "src/b.py")
    elsewhere = lay(memory, "Elsewhere", "src/c.py")
    memory.judge(HERE, note_id, Verdict.HELPED, BEN)
    memory.judge(HERE, elsewhere, Verdict.HELPED, BEN)

    story = memory.show(HERE, note_id)

    first, second = story.edges
    assert (first.from_path, first.path, first.notes, first.sessions) == ("src/a.py", "src/b.py", 2, 0)
    assert (second.path, second.notes, second.sessions) == ("src/c.py", 0, 1)
    assert first.chance + second.chance == pytest.approx(1)
    (companion,) = story.companions
    assert (companion.note.id, companion.sessions, companion.chance) == (elsewhere, 1, pytest.approx(1))


def test_of_many_files_the_likeliest_are_told_and_none_that_is_gone(memory):
    note_id = lay(memory, "Rotate the log", "src/a.py", *(f"src/b{number}.py" for number in range(EDGES_A_FILE + 2)))
    memory.tracker(HERE).file_gone("src/b0.py")

    paths = [edge.path for edge in memory.show(HERE, note_id).edges if edge.from_path == "src/a.py"]

    assert paths == [f"src/b{number}.py" for number in range(1, EDGES_A_FILE + 1)]


def test_a_note_without_files_leads_nowhere(memory):
    story = memory.show(HERE, lay(memory, "Rotate the log"))

    assert (story.edges, story.companions) == ((), ())
