"""What comes first, and the reasons it gives."""

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.strategies import EPOCH
from trails import ranking
from trails.notes import Candidate, Quality, Question
from trails.ranking import Ranked, nearness

FEW = settings(max_examples=30, deadline=None)

NOW = EPOCH + timedelta(days=10)
OPEN = "src/auth/login.py"
HELPFUL = Quality(helped=4.0)
WRONG = Quality(failed=4.0)


def note(name: str, *paths: str, days: float = 0, **known: object) -> Candidate:
    """A candidate on these files; a file's id is its path."""
    at = NOW - timedelta(days=days)
    return Candidate(name, at, {path: path for path in paths}, **known)  # type: ignore[arg-type]


def ranked(
    candidates: Sequence[Candidate],
    query: str = "",
    files: tuple[str, ...] = (),
    topics: tuple[str, ...] = (),
    edges: Mapping[str, float] | None = None,
    limit: int = 10,
) -> list[Ranked]:
    question = Question(query, files, topics)
    return ranking.rank(question, candidates, open_file_ids=files, edges=edges or {}, now=NOW, limit=limit)


def order(*args: object, **kwargs: object) -> list[str]:
    return [hit.note_id for hit in ranked(*args, **kwargs)]  # type: ignore[arg-type]


def names_of(hit: Ranked) -> list[str]:
    return [reason.name for reason in hit.reasons]


# ── what is a hit ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_note_without_a_match_is_no_hit_however_near_and_helpful():
    beside = note("beside", "src/auth/session.py", quality=HELPFUL)
    matching = note("matching", words=3.0)

    assert order([beside, matching], "session handling", (OPEN,)) == ["matching"]


def test_nothing_matches_a_question_that_nothing_answers():
    assert order([note("n", "a.py")], "anything") == []
    assert order([], "anything") == []
    assert order([note("n", "a.py", words=1.0)]) == []


def test_a_note_just_laid_is_found_by_its_words_before_it_has_a_vector():
    indexed = note("indexed", dense=0.9, words=1.0)
    fresh = note("fresh", words=2.0)

    assert order([indexed, fresh], "query") == ["indexed", "fresh"]


def test_words_alone_decide_where_nothing_has_a_vector():
    (best, weak) = ranked([note("weak", words=1.0), note("best", words=2.0)], "query")

    assert (best.note_id, weak.note_id) == ("best", "weak")
    assert best.reasons[0].value / weak.reasons[0].value == pytest.approx(2**3)


def test_similarity_is_half_the_cosine_and_half_the_words_each_as_a_share_of_the_best():
    found = ranking.similarities(
        [note("a", dense=0.8), note("b", dense=-0.1, words=4.0), note("c", dense=0.2, words=1)]
    )

    assert found == pytest.approx({"a": 0.5, "b": 0.5, "c": 0.5 * 0.25 + 0.5 * 0.25})


def test_similarity_without_any_vector_is_that_of_the_words():
    assert ranking.similarities([note("a", words=4.0), note("b", words=1.0)]) == {"a": 1.0, "b": 0.25}
    assert ranking.similarities([note("a"), note("b")]) == {"a": 0.0, "b": 0.0}
    assert ranking.similarities([]) == {}


def test_only_the_fifty_best_texts_match():
    many = [note(f"n{i:02}", words=1.0 + i) for i in range(60)]

    assert order(many, "query", limit=100) == [f"n{i:02}" for i in range(59, 9, -1)]


def test_one_principals_texts_shut_nobody_out():
    loud = [note(f"loud{i:02}", words=9.0 + i, principal="eve") for i in range(60)]
    quiet = [note(f"quiet{i}", words=8.0, principal=f"p{i}") for i in range(5)]

    found = order([*loud, *quiet], "query", limit=100)

    assert found == [f"loud{i:02}" for i in range(59, 14, -1)] + [f"quiet{i}" for i in range(5)]
    assert order(loud, "query", limit=100) == [f"loud{i:02}" for i in range(59, 9, -1)]  # alone it has all the places


def test_a_topic_is_a_match_in_its_own_right():
    both = note("both", topics=("auth", "cache"), days=3)
    one = note("one", topics=("auth",), days=3)
    none = note("none", topics=("build",))

    assert order([one, none, both], topics=("auth", "cache")) == ["both", "one"]


def test_edges_lead_nowhere_when_no_file_is_open():
    assert order([note("n", "a.py")], edges={"a.py": 1.0}) == []


# ── what comes first ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_note_on_the_open_file_comes_before_one_on_a_related_file():
    here = note("here", OPEN)
    related = note("related", "src/auth/token.py")

    assert order([related, here], files=(OPEN,), edges={"src/auth/token.py": 1.0}) == ["here", "related"]


@FEW
@given(st.floats(0, 5000), st.floats(0, 5000), st.integers(1, 20), st.floats(0.01, 1), st.booleans())
def test_with_files_alone_the_notes_on_them_come_before_any_neighbour(old, young, files, edge, same_name):
    here = note("here", OPEN, *(f"other/{i}.py" for i in range(files - 1)), days=old)
    neighbour = "src/auth/test_login.py" if same_name else "src/auth/token.py"
    related = note("a-related", neighbour, days=young)

    assert order([related, here], files=(OPEN,), edges={neighbour: edge}) == ["here", "a-related"]


def test_a_note_that_was_used_together_with_those_on_the_open_file_is_found_wherever_it_lies():
    together, elsewhere = note("together", "docs/guide.md"), note("elsewhere", "docs/style.md")
    nowhere = note("nowhere")

    assert order([elsewhere, together], files=(OPEN,), edges={"together": 0.5}) == ["together"]
    assert order([nowhere], files=(OPEN,), edges={"nowhere": 0.5}) == ["nowhere"]


def test_of_a_notes_own_edge_and_those_of_its_files_the_strongest_counts():
    notes = [note("a", "src/a.py"), note("b", "src/b.py"), note("c", "src/c.py")]

    edges = {"a": 0.2, "src/a.py": 0.9, "b": 0.9, "src/b.py": 0.2, "src/c.py": 0.2}
    first, second, third = ranked(notes, files=(OPEN,), edges=edges)

    assert [first.note_id, second.note_id, third.note_id] == ["a", "b", "c"]
    assert first.score == second.score > third.score


def test_a_note_on_a_strongly_related_file_comes_before_one_on_a_weakly_related():
    close, far = note("close", "src/a.py"), note("far", "src/b.py")

    assert order([far, close], files=(OPEN,), edges={"src/a.py": 0.6, "src/b.py": 0.1}) == ["close", "far"]


def test_of_notes_on_the_open_file_the_one_that_matches_comes_first():
    silent = note("silent", OPEN)
    matching = note("matching", OPEN, words=2.0, days=5)

    assert order([silent, matching], "query", (OPEN,)) == ["matching", "silent"]


def test_the_best_text_is_not_buried_under_old_notes_on_the_open_file():
    old = [note(f"old{i}", OPEN, days=400) for i in range(8)]
    best = note("best", "src/billing/retry_policy.py", words=9.0, dense=0.9)

    assert order([*old, best], "retry policy", (OPEN,))[0] == "best"


def test_of_two_equal_texts_the_fresher_comes_first_and_the_old_one_still_comes():
    old, fresh = note("old", words=1.0, days=2000), note("fresh", words=1.0)

    assert order([old, fresh], "query") == ["fresh", "old"]


def test_a_clear_match_of_last_year_beats_a_vague_one_of_today():
    clear, vague = note("clear", words=10.0, days=365), note("vague", words=4.0)

    assert order([vague, clear], "query") == ["clear", "vague"]


def test_of_two_equal_texts_the_note_about_fewer_files_comes_first():
    focused, broad = note("focused", "a.py", words=1.0), note("broad", *"bcdef", words=1.0)

    assert order([broad, focused], "query") == ["focused", "broad"]


# ── notes on no file ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_note_on_no_file_borrows_from_those_beside_it_in_its_session():
    notes = [
        note("a", words=2.0, beside=("b", "c", "unknown")),
        note("b", words=1.0, beside=("a",)),
        note("c", words=1),
    ]

    found = ranking.text_terms(notes, NOW)

    whole = 1 + 0.3 * (0.5**3 + 0.5**3)
    assert found == pytest.approx({"a": 1.0, "b": (0.5**3 + 0.3) / whole, "c": 0.5**3 / whole})


def test_among_notes_that_match_alike_the_one_that_is_not_alone_comes_first():
    notes = [note("alone", words=2.0), note("told", words=2.0, beside=("z",)), note("z", words=1.0, beside=("told",))]

    assert order(notes, "query") == ["told", "alone", "z"]


def test_a_note_on_a_file_borrows_nothing():
    placed = [note("a", "a.py", words=1.0, beside=("b",)), note("b", "b.py", words=2.0, beside=("a",))]

    assert ranking.text_terms(placed, NOW) == pytest.approx({"a": 1 / 8, "b": 1.0})


def test_a_note_that_does_not_match_is_no_hit_by_those_beside_it():
    notes = [note("silent", beside=("loud",)), note("loud", words=2.0, beside=("silent",))]

    assert order(notes, "query") == ["loud"]


def test_what_is_said_of_no_file_fades_far_more_gently():
    half = 0.5  # of the freshness, after fifteen days

    assert ranking.lasting(note("on one", "a.py", days=15), NOW) == pytest.approx(half)
    assert ranking.lasting(note("on four", *"abcd", days=15), NOW) == pytest.approx(half / 2)
    assert ranking.lasting(note("on none", days=15), NOW) == pytest.approx(half**0.2)
    assert ranking.lasting(note("fresh"), NOW) == 1.0


def test_of_equally_old_notes_that_match_alike_the_one_on_no_file_comes_first():
    assert order([note("on a file", "x/y.c", words=1.0, days=90), note("z", words=1.0, days=90)], "query")[0] == "z"


# ── quality, paths, nearness ─────────────────────────────────────────────────────────────────────────────────────────
def test_helpful_notes_rise_and_wrong_ones_sink():
    notes = [
        note("wrong", words=1.0, quality=WRONG),
        note("plain", words=1.0),
        note("helpful", words=1.0, quality=HELPFUL),
    ]

    assert order(notes, "query") == ["helpful", "plain", "wrong"]


def test_praise_does_not_carry_a_note_past_a_clearly_better_match():
    praised = note("praised", words=1.0, quality=Quality(helped=1000.0))
    better = note("better", words=2.0, quality=WRONG)

    assert order([praised, better], "query") == ["better", "praised"]


def test_words_of_the_path_decide_between_equal_texts():
    other, named = note("a-other", "src/users.py", words=1.0), note("named", "src/parsers.py", words=1.0)

    assert order([other, named], "parser is slow") == ["named", "a-other"]


def test_a_rare_word_of_the_path_says_more_than_a_common_one():
    common = [note(f"c{i}", f"src/store/{name}.py", words=1.0) for i, name in enumerate(("read", "write", "list"))]
    rare = note("rare", "src/lock/hold.py", words=1.0)

    assert order([*common, rare], "store lock")[0] == "rare"


def test_nearness_decides_between_equal_texts():
    far, near = note("a-far", "docs/guide.md", words=1.0), note("near", "src/auth/token.py", words=1.0)

    assert order([far, near], "query", (OPEN,)) == ["near", "a-far"]


def test_nearness_is_half_the_folder_and_half_the_name():
    assert nearness(OPEN, OPEN) == 1.0
    assert nearness("src/auth/token.py", OPEN) == pytest.approx(0.5)
    assert nearness("tests/auth/test_login.py", OPEN) == pytest.approx(0.5 / 3 + 0.5)
    assert nearness("setup.py", OPEN) == pytest.approx(0.5 / 3)


def test_equal_scores_put_the_newer_note_first_and_then_the_smaller_id():
    ahead = NOW + timedelta(hours=1)  # as fresh as now, but confirmed later
    notes = [note("b", words=1.0), note("a", words=1.0), Candidate("c", ahead, words=1.0)]

    assert order(notes, "query") == ["c", "a", "b"]


# ── scores and reasons ───────────────────────────────────────────────────────────────────────────────────────────────
qualities = st.builds(Quality, st.floats(0, 8), st.floats(0, 8))


@st.composite
def candidate_lists(draw: st.DrawFn) -> list[Candidate]:
    paths = st.lists(st.sampled_from([OPEN, "src/auth/token.py", "docs/login.md", "setup.py"]), unique=True)
    return [
        note(
            f"n{i}",
            *draw(paths),
            days=draw(st.integers(-5, 900)),
            dense=draw(st.sampled_from([-0.1, 0.0, 0.3, 0.9])),
            words=draw(st.sampled_from([0.0, 1.0, 7.5])),
            topics=draw(st.sampled_from([(), ("auth",), ("auth", "build")])),
            quality=draw(qualities),
        )
        for i in range(draw(st.integers(0, 6)))
    ]


QUESTIONS = st.tuples(
    st.sampled_from(["", "login token"]), st.sampled_from([(), (OPEN,)]), st.sampled_from([(), ("auth", "cache")])
)


@FEW
@given(candidate_lists(), QUESTIONS)
def test_scores_lie_between_nothing_and_one_and_are_the_sum_of_their_reasons(candidates, question):
    for hit in ranked(candidates, *question, edges={"src/auth/token.py": 0.4, "n0": 0.7}):
        assert 0 < hit.score <= 1
        assert hit.score == math.fsum(reason.value for reason in hit.reasons)
        assert all(reason.value == reason.weight * reason.amount for reason in hit.reasons)
        assert [(reason.name, reason.weight, reason.amount) for reason in hit.reasons] == list(hit.terms)
        assert all(reason.value and reason.words for reason in hit.reasons)
        sizes = [abs(reason.value) for reason in hit.reasons]
        assert sizes == sorted(sizes, reverse=True)


@FEW
@given(st.data(), candidate_lists(), QUESTIONS)
def test_the_order_of_the_candidates_does_not_matter(data, candidates, question):
    shuffled = data.draw(st.permutations(candidates))

    assert ranked(shuffled, *question) == ranked(candidates, *question)


@FEW
@given(candidate_lists(), QUESTIONS, st.integers(0, 6))
def test_a_limit_cuts_the_end_and_changes_nothing_else(candidates, question, limit):
    assert ranked(candidates, *question, limit=limit) == ranked(candidates, *question)[:limit]


def test_a_perfect_note_reaches_the_top_of_the_scale():
    perfect = note("n", OPEN, words=3.0, dense=1.0, topics=("auth",), quality=Quality(helped=1e12))

    (hit,) = ranked([perfect], "login", (OPEN,), ("auth",))

    assert hit.score == pytest.approx(1.0)


def test_a_note_says_why_it_is_there():
    here = note("here", OPEN, words=1.0, topics=("auth",), quality=HELPFUL)
    related = note("related", "src/billing/token.py", quality=WRONG)

    first, second = ranked([here, related], "login", (OPEN,), ("auth",), {"src/billing/token.py": 0.5})

    assert {reason.name: reason.words for reason in first.reasons} == {
        "file": "laid on src/auth/login.py",
        "text": "its text matches the question",
        "topic": "it has a topic that was asked for",
        "path": "its path has words of the question",
        "quality": "it helped those who used it",
    }
    assert {reason.name: reason.words for reason in second.reasons} == {
        "edge": "laid on a file that changes together with src/auth/login.py",
        "near": "near the open file",
        "quality": "it was judged wrong or did not help",
    }
    assert next(reason.value for reason in second.reasons if reason.name == "quality") < 0


def test_several_open_files_are_not_named_one_by_one():
    (hit,) = ranked([note("n", "a.py")], files=("a.py", "b.py"))

    assert hit.reasons[0].words == "laid on an open file"


def test_a_note_that_nobody_judged_says_nothing_of_quality():
    (hit,) = ranked([note("n", words=1.0)], "query")

    assert names_of(hit) == ["text"]


@pytest.mark.parametrize(
    "name",
    [
        "TEXT_WEIGHT",
        "TRAIL_WEIGHT",
        "HERE_SHARE",
        "TOPIC_WEIGHT",
        "PATH_WEIGHT",
        "NEAR_WEIGHT",
        "QUALITY_SWING",
        "DENSE_SHARE",
        "SHARPNESS",
        "BEST_BY_TEXT",
        "PRINCIPAL_SHARE",
        "LENT_SHARE",
        "FADING_WITHOUT_FILES",
    ],
)
def test_no_constant_is_dead(name, monkeypatch):
    candidates = [note(f"n{i}", words=1.0 + i, dense=0.5 / (1 + i)) for i in range(60)]
    candidates += [note(f"quiet{i}", words=1.0, principal=f"p{i}") for i in range(40)]
    candidates.append(note("beside", words=50.0, days=15, beside=("n59",)))
    candidates.append(note("here", OPEN, "b.py", topics=("auth",), words=2.0, dense=0.3, quality=HELPFUL))

    def answer() -> Collection[Ranked]:
        return ranked(candidates, "login", (OPEN,), ("auth",), limit=100)

    before = answer()
    monkeypatch.setattr(ranking, name, type(getattr(ranking, name))(getattr(ranking, name) * 0.5))

    assert answer() != before
