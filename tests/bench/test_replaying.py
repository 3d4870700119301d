"""The loop: who is asked what, and when; and what comes of it."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.bench.made import make_course
from trails.backends.in_memory_index import HashEmbedder
from trails.bench import KnownVectors, Measured, draw, measure, report
from trails.bench.replaying import WARM, admissible, replay, trials
from trails.bench.scores import METRICS
from trails.bench.steps import FilesThere, Turn
from trails.settings import Settings

COURSE = make_course()
HERE = Settings(principal="bench")


class Oracle:
    """Knows what every step will change, and writes down what it is told."""

    name = "trails"

    def __init__(self, course=COURSE):
        self.told = []
        self._changes = {step.id: [change.before for change in step.changes] for step in course.steps}

    def follow(self, step, moves):
        self.told.append(("follow", step.id))

    def lay(self, step, files):
        self.told.append(("lay", step.id))

    def lead(self, step, open_path):
        self.told.append(("lead", step.id))
        return self._changes[step.id]


class Nothing(Oracle):
    name = "nearest notes"

    def lead(self, step, open_path):
        return ()


def test_who_knows_the_future_scores_everything_and_who_says_nothing_nothing():
    found = replay(COURSE, [Oracle(), Nothing()])

    assert found.questions("T") == len(COURSE.steps) - WARM
    assert 0 < found.questions("TO") < found.questions("T")
    for track in ("T", "TO"):
        assert (found.scores[track]["trails"] == 1).all()
        assert (found.scores[track]["nearest notes"] == 0).all()


def test_a_step_is_asked_about_before_it_is_laid():
    oracle = Oracle()

    replay(COURSE, [oracle])

    for number, (did, step_id) in enumerate(oracle.told):
        if did == "lead":
            assert ("lay", step_id) in oracle.told[number:]
            assert ("lay", step_id) not in oracle.told[:number]
    assert sum(did == "lay" for did, _ in oracle.told) == len(COURSE.steps)


def test_nothing_is_asked_before_a_hundred_notes_are_laid():
    oracle = Oracle()

    replay(COURSE, [oracle])

    first = [did for did, _ in oracle.told].index("lead")
    assert sum(did == "lay" for did, _ in oracle.told[:first]) == WARM


def test_fewer_questions_are_spread_over_the_history():
    oracle = Oracle()

    replay(COURSE, [oracle], max_questions=10)

    asked = list(dict.fromkeys(step_id for did, step_id in oracle.told if did == "lead"))
    assert [int(step_id, 16) for step_id in asked] == list(range(102, 130, 3))


@pytest.mark.parametrize(("message", "wanted"), [("Fix it", ("a.py",)), ("Add three more words", ())])
def test_a_step_that_says_too_little_or_changes_nothing_is_not_asked_about(message, wanted):
    step = COURSE.steps[0].__class__("1", COURSE.steps[0].at, "Ann", message, ())

    assert list(trials(step, Turn(wanted, (), ()))) == []


def test_the_open_file_is_not_wanted():
    text, opened = trials(COURSE.steps[1], Turn(("a.py", "b.py", "c.py"), (), ()))

    assert text.wanted == {"a.py", "b.py", "c.py"}
    assert opened.wanted == text.wanted - {opened.open_path}
    assert opened.open_path in text.wanted


def test_an_answer_is_ten_files_that_are_there_and_not_open():
    there = FilesThere([f"{number}.py" for number in range(20)] + ["CHANGES.md"])

    named = ["gone.py", "CHANGES.md", "3.py", "3.py", *(f"{number}.py" for number in range(20))]

    assert admissible(named, there, "0.py") == [f"{number}.py" for number in (3, 1, 2, 4, 5, 6, 7, 8, 9, 10)]


# ── measured with real parts ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def measured():
    """A short course through a real memory and a real Chroma, with vectors that take no time."""
    return measure(COURSE, HERE, KnownVectors(HashEmbedder()), max_questions=15)


def test_all_systems_answer_the_same_questions(measured):
    for track in ("T", "TO"):
        assert list(measured.scores[track]) == ["trails", "nearest notes", "20-note vote"]
        assert {rows.shape for rows in measured.scores[track].values()} == {(measured.questions(track), len(METRICS))}


def test_each_finds_files_in_a_history_that_repeats_itself(measured):
    for rows in measured.scores["T"].values():
        assert rows[:, METRICS.index("S@5")].mean() > 0.5


def test_the_same_replay_gives_the_same_report(measured):
    again = measure(COURSE, HERE, KnownVectors(HashEmbedder()), max_questions=15)

    one, other = (report([found], seed=1, max_questions=15, model="hash") for found in (measured, again))

    assert json.dumps(one) == json.dumps(other)


def test_without_vectors_the_memory_answers_by_words_alone():
    found = measure(COURSE, HERE, None, max_questions=15)

    assert list(found.scores["T"]) == ["trails"]
    assert found.scores["T"]["trails"][:, METRICS.index("S@5")].mean() > 0.5
    assert "Nothing to compare" in report([found], seed=0, max_questions=15, model="none")["said"]


def test_a_replay_tells_how_far_it_is():
    told = []

    measure(make_course(101), HERE, None, watch=lambda *words: told.append(words))

    assert told[-1] == ("replaying made", 101, 101)


# ── telling ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def scores(value, questions=20):
    return np.full((questions, len(METRICS)), value)


def figures(ours, theirs, repositories=4):
    found = [
        Measured(f"repo <{number}>", 200, {"T": {"trails": scores(ours), "nearest notes": scores(theirs)}})
        for number in range(repositories)
    ]
    return report(found, seed=0, max_questions=300, model="m")


def test_each_repository_counts_the_same():
    found = [
        Measured("small", 200, {"T": {"trails": scores(1.0, 2)}}),
        Measured("large", 200, {"T": {"trails": scores(0.0, 98)}}),
    ]

    assert report(found, seed=0, max_questions=0, model="m")["means"]["T"]["trails"]["MRR@10"]["mean"] == 0.5


def test_a_repository_without_questions_on_a_track_is_left_out_of_it():
    both = Measured("both", 200, {"T": {"trails": scores(1.0)}, "TO": {"trails": scores(0.5)}})
    one = Measured("one", 200, {"T": {"trails": scores(1.0)}})

    means = report([both, one], seed=0, max_questions=0, model="m")["means"]

    assert means["TO"]["trails"]["MRR@10"]["mean"] == 0.5


def test_differences_are_counted_by_what_is_drawn():
    found = figures(0.75, 0.5)["differences"]["T"]["nearest notes"]["MRR@10"]

    assert found == {"mean": 0.25, "low": 0.25, "high": 0.25, "better": 4, "worse": 0, "of": 4}
    assert figures(0.75, 0.5, repositories=1)["differences"]["T"]["nearest notes"]["MRR@10"]["of"] == 20


@pytest.mark.parametrize(
    ("ours", "theirs", "said"), [(1.0, 0.5, "more often"), (0.5, 1.0, "less often"), (0.5, 0.5, "no difference")]
)
def test_the_sentence_says_who_is_better(ours, theirs, said):
    assert said in figures(ours, theirs)["said"]


def test_of_too_few_repositories_no_sentence_is_made():
    assert "3 repositories are too few" in figures(1.0, 0.5, repositories=3)["said"]


def test_the_picture_is_sound_and_shows_every_repository():
    picture = ElementTree.fromstring(draw(figures(0.75, 0.5)))

    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    titles = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert {"repo <0>", "repo <1>", "repo <2>", "mean of all", "trails", "nearest notes"} <= set(texts)
    assert "repo <1>, trails: 0.750" in titles


def test_a_higher_score_is_a_higher_bar():
    picture = ElementTree.fromstring(draw(figures(0.75, 0.5, repositories=1)))

    bars = [bar for bar in picture.iter("{http://www.w3.org/2000/svg}rect") if len(bar)]
    ours, theirs = (float(bar.attrib["height"]) for bar in bars)
    assert ours / theirs == pytest.approx(1.5)
