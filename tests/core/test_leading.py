"""Which files the notes lead to, and the reasons it gives."""

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.strategies import EPOCH
from trails import leading
from trails.edges import SESSION, Tie, Walk, ties_of_walks
from trails.notes import Candidate, Lead, Quality, Question

FEW = settings(max_examples=30, deadline=None)

NOW = EPOCH + timedelta(days=10)
OPEN = "src/auth/login.py"
HELPFUL = Quality(helped=4.0)
WRONG = Quality(failed=4.0)
OTHERS = ("src/auth/token.py", "tests/auth/test_login.py", "docs/login.md", "setup.py")


def note(name: str, *paths: str, days: float = 0, **known: object) -> Candidate:
    """A candidate on these files; a file's id is its path."""
    at = NOW - timedelta(days=days)
    return Candidate(name, at, {path: path for path in paths}, **known)  # type: ignore[arg-type]


def tie(name: str, *file_ids: str, days: float = 0) -> list[Tie]:
    """The ties of a note on these files."""
    return [Tie(name, file_id, NOW - timedelta(days=days), len(file_ids)) for file_id in file_ids]


def leads(
    candidates: Sequence[Candidate] = (),
    query: str = "",
    files: tuple[str, ...] = (),
    ties: Sequence[Tie] = (),
    known: Collection[str] = (),
    hours: Mapping[str, float] | None = None,
    limit: int = 20,
    crowded: Mapping[str, int] | None = None,
) -> list[Lead]:
    """
    The answer where the notes' files, those that ties lead to and the `known` ones are there.

    `hours` tells how long ago a note was laid on a file; of the others nobody knows. `crowded` counts notes on files.
    """
    hours = hours or {}
    paths = {path for one in candidates for path in one.paths_by_file_id} | {one.place_id for one in ties}
    paths |= {*known, *hours}
    counts = {word: sum(word in leading.path_words(path) for path in paths) for word in leading.words_of_query(query)}
    return leading.lead(
        Question(query, files, leads=limit),
        candidates,
        {path: path for path in paths.difference(files)},
        ties=ties,
        notes_a_file=crowded or {},
        open_file_ids=files,
        fits=leading.fits(query, paths, counts, len(paths)),
        touched_at={path: NOW - timedelta(hours=ago) for path, ago in hours.items()},
        now=NOW,
    )


def order(*args: object, **kwargs: object) -> list[str]:
    return [lead.path for lead in leads(*args, **kwargs)]  # type: ignore[arg-type]


def values_of(lead: Lead) -> dict[str, float]:
    return {reason.name: reason.value for reason in lead.reasons}


def amounts(name: str, found: Sequence[Lead]) -> dict[str, float]:
    """How much of this term each file has, by its path."""
    return {lead.path: reason.amount for lead in found for reason in lead.reasons if reason.name == name}


# ── what the notes say ───────────────────────────────────────────────────────────────────────────────────────────────
def test_a_file_is_led_to_by_the_notes_on_it_that_match():
    (lead,) = leads([note("n", "a.py", words=2.0), note("silent", "b.py")], "ledger")

    assert (lead.path, lead.file_id, lead.note_ids) == ("a.py", "a.py", ("n",))


def test_memory_is_measured_by_the_loudest_file_and_by_all_that_is_said():
    told = [note("n1", "a.py", words=2.0), note("n2", "a.py", words=1.0), note("n3", "b.py", words=1.0)]
    scale = math.sqrt((1 + 1 / 8) * (1 + 1 / 8 + 1 / 8))

    assert amounts("memory", leads(told, "ledger")) == pytest.approx(
        {"a.py": (1 + 1 / 8) / scale, "b.py": 1 / 8 / scale}
    )


def test_notes_that_scatter_say_little_of_each_file_and_those_that_agree_all():
    scattered = [note(f"n{i}", f"{i}.py", words=1.0) for i in range(4)]
    agreeing = [note(f"n{i}", "a.py", words=1.0) for i in range(4)]

    assert set(amounts("memory", leads(scattered, "ledger")).values()) == {0.5}
    assert amounts("memory", leads(agreeing, "ledger")) == {"a.py": 1.0}


def test_notes_on_no_file_and_on_files_that_are_not_led_to_take_from_what_the_others_say():
    there, loose, gone = note("there", "a.py", words=1.0), note("loose", words=1.0), note("gone", "b.py", words=1.0)

    assert amounts("memory", leads([there, loose], "ledger")) == pytest.approx({"a.py": math.sqrt(1 / 2)})
    assert amounts("memory", leads([there, loose, gone], "ledger", files=("b.py",))) == pytest.approx(
        {"a.py": math.sqrt(1 / 3)}
    )


def test_many_notes_speak_louder_than_the_best_of_them_alone():
    best = note("best", "b.py", words=10.0)
    many = [note(f"n{i}", "a.py", words=8.0) for i in range(3)]

    assert order([best, many[0]], "ledger") == ["b.py", "a.py"]
    assert order([best, *many], "ledger") == ["a.py", "b.py"]


def test_a_note_on_many_files_says_less_of_each_and_as_much_of_all():
    broad = note("broad", "b.py", "c.py", "d.py", "e.py", words=2.0)
    focused = note("focused", "z.py", words=2.0)

    found = amounts("memory", leads([broad, focused], "ledger"))

    assert found["z.py"] == pytest.approx(math.sqrt(1 / 2))
    assert found["b.py"] == found["e.py"] == pytest.approx(found["z.py"] / 2)


def test_a_fresh_note_says_more_than_an_old_one():
    assert order([note("old", "a.py", words=2.0, days=900), note("new", "b.py", words=2.0)], "ledger") == [
        "b.py",
        "a.py",
    ]


def test_quality_moves_a_file_within_its_bounds():
    notes = [
        note("wrong", "a.py", words=1.0, quality=Quality(failed=1e12)),
        note("plain", "b.py", words=1.0),
        note("helpful", "c.py", words=1.0, quality=Quality(helped=1e12)),
    ]

    found = {lead.path: lead.score for lead in leads(notes, "ledger")}

    assert found == pytest.approx({"c.py": 1.0, "b.py": 1 / 1.6, "a.py": 0.4 / 1.6})


def test_a_lead_names_the_three_notes_that_say_most_for_it():
    notes = [note(f"n{i}", "a.py", words=1.0 + i) for i in range(5)]
    twins = [note(name, "b.py", words=5.0) for name in ("y", "x", "w", "v")]

    named = {lead.path: lead.note_ids for lead in leads([*notes, *twins], "ledger")}

    assert named == {"a.py": ("n4", "n3", "n2"), "b.py": ("v", "w", "x")}


def test_without_words_the_notes_say_nothing_by_their_text():
    assert leads([note("n", "a.py", words=2.0, dense=0.9)]) == []


# ── edges ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_edges_are_shares_of_the_strongest():
    ties = [*tie("n1", OPEN, "a.py"), *tie("n2", OPEN, "a.py"), *tie("n3", OPEN, "b.py", "c.py", "d.py")]

    found = leads(files=(OPEN,), ties=ties)

    assert found[0].path == "a.py"
    assert amounts("edge", found) == pytest.approx({"a.py": 1.0, "b.py": 1 / 4, "c.py": 1 / 4, "d.py": 1 / 4})


def test_an_edge_counts_more_where_the_note_that_makes_it_matches_the_question():
    told = [note("best", OPEN, "a.py", words=2.0), note("half", OPEN, "b.py", words=1.0), note("off", OPEN, "c.py")]
    ties = [
        *tie("best", OPEN, "a.py"),
        *tie("half", OPEN, "b.py"),
        *tie("off", OPEN, "c.py"),
        *tie("far", OPEN, "d.py"),
    ]

    assert amounts("edge", leads(told, "ledger", (OPEN,), ties)) == pytest.approx(
        {"a.py": 1.0, "b.py": (1 + 10 / 8) / 11, "c.py": 1 / 11, "d.py": 1 / 11}
    )
    assert set(amounts("edge", leads(told, "", (OPEN,), ties)).values()) == {1.0}


def test_of_several_open_files_one_edge_suffices():
    found = leads(files=(OPEN, "b.py"), ties=[*tie("n1", OPEN, "x/1.md"), *tie("n2", "b.py", "x/2.md")])

    assert amounts("edge", found) == {"x/1.md": 1.0, "x/2.md": 1.0}


def test_open_files_are_never_led_to():
    here = note("n", OPEN, "b.py", words=5.0)

    assert order([here], "ledger", (OPEN,), tie("n", OPEN, "b.py"), hours={OPEN: 0}) == ["b.py"]


def test_another_file_that_claims_the_name_of_an_open_one_is_not_led_to():
    found = leading.lead(
        Question("login", (OPEN,), leads=5),
        [],
        {"lost twin": OPEN},
        ties=tie("n", "id", "lost twin"),
        notes_a_file={},
        open_file_ids=["id"],
        fits={OPEN: 1.0},
        touched_at={"lost twin": NOW},
        now=NOW,
    )

    assert found == []


def test_only_files_that_may_be_led_to_come_and_the_loudest_of_them_sets_the_scale():
    told = [note("gone", "gone.py", words=2.0), note("there", "there.py", words=1.0)]
    gone = [one for name in ("n1", "n2") for one in tie(name, OPEN, "gone.py")]

    (found,) = leading.lead(
        Question("ledger", (OPEN,), leads=5),
        told,
        {"there.py": "there.py"},
        ties=[*gone, *tie("n3", OPEN, "there.py")],
        notes_a_file={},
        open_file_ids=[OPEN],
        fits={},
        touched_at={"gone.py": NOW},
        now=NOW,
    )

    assert (found.path, found.score) == ("there.py", 1.0)
    assert amounts("memory", [found]) == pytest.approx({"there.py": 1 / 8 / math.sqrt(1 / 8 * 9 / 8)})
    assert amounts("edge", [found]) == {"there.py": 1.0}


# ── notes that tie ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_where_only_files_are_asked_a_lead_names_the_newest_notes_that_tie_it_to_them():
    ties = [one for i in range(5) for one in tie(f"n{i}", OPEN, "a.py", days=i)]
    ties += tie("wide", OPEN, "a.py", "b.py", days=9)

    named = {lead.path: lead.note_ids for lead in leads(files=(OPEN,), ties=ties)}

    assert named == {"a.py": ("n0", "n1", "n2"), "b.py": ("wide",)}


def test_a_session_that_ties_a_file_is_no_note_to_be_named():
    walks = [Walk("ada", "s1", name, NOW) for name in ("n1", "n2")]

    (lead,) = leads(files=(OPEN,), ties=ties_of_walks(walks, {"n1": (OPEN,), "n2": ("a.py",)}))

    assert (lead.path, lead.note_ids) == ("a.py", ())


def test_notes_that_match_are_named_before_those_that_only_tie():
    told = note("told", "a.py", words=1.0)
    ties = [*tie("tied", OPEN, "a.py"), *tie("other", OPEN, "b.py")]

    named = {lead.path: lead.note_ids for lead in leads([told], "ledger", (OPEN,), ties, known=["src/auth/token.py"])}

    assert named == {"a.py": ("told",), "b.py": ("other",), "src/auth/token.py": ()}


# ── words of the path ────────────────────────────────────────────────────────────────────────────────────────────────
def test_words_of_the_path_alone_lead_to_a_file():
    (lead,) = leads(query="Why are the parsers slow?", known=["src/parsing.py", "src/parser.py", "README.md"])

    assert lead.path == "src/parser.py"
    assert values_of(lead) == {"path": lead.score}


def test_a_rare_word_of_the_path_says_more_than_a_common_one():
    known = [*(f"src/store/{name}.py" for name in ("read", "write", "list")), "src/lock/hold.py"]

    assert order(query="store lock", known=known)[0] == "src/lock/hold.py"


def test_a_path_of_few_words_fits_better_than_a_long_one():
    found = leading.fits("lock", ["lock/disk", "src/main/lock/disk"], {"lock": 2}, 2)

    rarity = math.log1p(2 / 2) / math.log1p(2)
    assert found == pytest.approx({"lock/disk": rarity / math.sqrt(2), "src/main/lock/disk": rarity / math.sqrt(4)})


def test_fits_are_measured_by_the_rarest_word_there_can_be_and_leave_out_what_has_no_word():
    found = leading.fits("disk lock", ["lock/main", "disk/main", "disk/lock/main", "c"], {"lock": 1, "disk": 3}, 4)

    lock, disk = 1.0, math.log1p(4 / 3) / math.log1p(4)
    assert found == pytest.approx(
        {
            "lock/main": lock / math.sqrt(2),
            "disk/main": disk / math.sqrt(2),
            "disk/lock/main": (lock + disk) / math.sqrt(3),
        }
    )


def test_how_well_a_path_fits_does_not_depend_on_the_others():
    known = ["store/read.py", "store/write.py"]
    counts = {"store": 2}

    assert leading.fits("store", known[:1], counts, 9).items() <= leading.fits("store", known, counts, 9).items()


def test_a_file_whose_whole_name_is_in_the_question_fits_twice_as_well():
    found = leading.fits("the token store", ["src/token_store.py", "src/store_token_list.py"], {}, 9)
    assert found["src/token_store.py"] / found["src/store_token_list.py"] == pytest.approx(2 * math.sqrt(5 / 4))

    endings = leading.fits("store", ["store/store.py", "store/store.spec.ts", "store/read.py"], {}, 9)
    assert endings["store/store.py"] == pytest.approx(2 * endings["store/read.py"] * math.sqrt(3 / 2))
    assert endings["store/store.spec.ts"] == pytest.approx(endings["store/read.py"] * math.sqrt(3 / 3))


@pytest.mark.parametrize("name", ["1.py", "__.py", "use.py"])
def test_a_file_whose_name_holds_no_word_is_never_named(name):
    (fit,) = leading.fits("lock", [f"lock/{name}"], {}, 9).values()

    assert fit == pytest.approx(1 / math.sqrt(2))


def test_a_word_that_was_not_counted_is_taken_for_rare():
    assert leading.fits("lock", ["lock/main"], {}, 0) == {"lock/main": pytest.approx(1 / math.sqrt(2))}
    assert leading.fits("", ["lock.py"], {}, 9) == leading.fits("lock", [], {}, 9) == {}


def test_words_of_the_first_line_count_twice_as_much_as_those_below_it():
    (title,) = leading.fits("lock", ["lock/main"], {}, 9).values()
    (body,) = leading.fits("key\nlock", ["lock/main"], {}, 9).values()

    assert body == pytest.approx(title / 2)


def test_an_edge_to_a_file_with_many_notes_counts_less():
    ties = [*tie("n", OPEN, "a.py", "b.py")]

    found = leads(files=(OPEN,), ties=ties, crowded={"a.py": 15})

    assert amounts("edge", found) == pytest.approx({"a.py": 1 / 2, "b.py": 1.0})


# ── nearness and lateness ────────────────────────────────────────────────────────────────────────────────────────────
def test_the_test_of_the_open_file_is_nearer_than_its_neighbour():
    found = order(files=(OPEN,), known=["src/auth/token.py", "src/auth/test_login.py", "docs/guide.md"])

    assert found == ["src/auth/test_login.py", "src/auth/token.py", "docs/guide.md"]


def test_of_several_open_files_the_nearest_counts():
    found = leads(files=(OPEN, "docs/guide.md"), known=["docs/style.md"])

    assert amounts("near", found) == {"docs/style.md": 0.5}


def test_where_notes_were_laid_lately_more_are_needed():
    paths = ("a.py", "b.py", "c.py", "ahead.py")
    notes = [note(path, path, words=1.0) for path in paths]

    found = leads(notes, "ledger", hours={"a.py": 0, "b.py": 3, "c.py": 8, "ahead.py": -5})

    assert amounts("late", found) == pytest.approx({"a.py": 1.0, "ahead.py": 1.0, "b.py": 1 / 2, "c.py": 1 / 3})


def test_a_file_that_no_note_was_laid_on_is_not_late():
    (here, there) = leads([note("n", "a.py", words=1.0), note("m", "b.py", words=1.0)], "ledger", hours={"b.py": 0})

    assert (here.path, there.path) == ("b.py", "a.py")
    assert set(values_of(there)) == {"memory"}


def test_having_been_touched_lately_alone_makes_no_lead():
    assert leads(hours={"a.py": 0}) == []


# ── order and reasons ────────────────────────────────────────────────────────────────────────────────────────────────
def test_of_equal_scores_the_path_decides():
    notes = [note(path, path, words=1.0) for path in ("c.py", "a.py", "b.py")]

    assert order(notes, "ledger") == ["a.py", "b.py", "c.py"]


def test_the_best_has_a_score_of_one_and_the_others_are_measured_by_it():
    weak, strong = note("weak", "a.py", words=1.0), note("strong", "b.py", words=2.0)

    assert [lead.score for lead in leads([weak, strong], "ledger")] == [1.0, pytest.approx(1 / 8)]
    assert [lead.score for lead in leads([weak], "ledger")] == [1.0]


def test_the_score_weighs_what_notes_edges_words_places_and_times_say():
    path = "src/auth/test_login.py"
    told = note("told", path, words=1.0)

    first, second = leads([told], "login", (OPEN,), tie("told", OPEN, path), known=["src/b.py"], hours={path: 0})

    weights = {reason.name: reason.weight for reason in first.reasons}
    assert {name: weight / weights["memory"] for name, weight in weights.items()} == pytest.approx(
        {"memory": 1.0, "edge": 1 / 2, "near": 0.4, "path": 1 / 3, "late": 1 / 6}
    )
    fit = math.log1p(3 / 2) / math.log1p(3) / math.sqrt(5)  # `test` was not asked for: not the whole name
    assert 1 / weights["memory"] == pytest.approx(1 + 1 / 2 + fit / 3 + 0.4 + 1 / 6)
    assert second.score == pytest.approx(0.4 * (0.5 * 2 / 3) * weights["memory"])


def test_a_lead_says_why_it_is_there():
    path = "src/auth/test_login.py"
    told = note("n", path, words=3.0)

    (lead,) = leads([told], "login", (OPEN,), tie("n", OPEN, path), hours={path: 1})
    (other,) = leads(files=(OPEN, "b.py"), ties=tie("n", OPEN, "c/d.py"))

    assert {reason.name: reason.words for reason in lead.reasons} == {
        "memory": "notes on it match the question",
        "edge": "it changes together with src/auth/login.py",
        "path": "its path has words of the question",
        "near": "near in the tree",
        "late": "notes were laid on it lately",
    }
    assert [reason.name for reason in lead.reasons][:2] == ["memory", "edge"]
    assert other.reasons[0].words == "it changes together with the open files"


@st.composite
def candidate_lists(draw: st.DrawFn) -> list[Candidate]:
    qualities = st.sampled_from([Quality(), HELPFUL, WRONG])
    return [
        note(
            f"n{i}",
            *draw(st.lists(st.sampled_from([OPEN, *OTHERS]), unique=True)),
            days=draw(st.integers(-5, 900)),
            dense=draw(st.sampled_from([-0.1, 0.0, 0.3, 0.9])),
            words=draw(st.sampled_from([0.0, 1.0, 7.5])),
            quality=draw(qualities),
        )
        for i in range(draw(st.integers(0, 8)))
    ]


QUESTIONS = st.tuples(st.sampled_from(["", "login token"]), st.sampled_from([(), (OPEN,), (OPEN, "setup.py")]))
HOURS = st.dictionaries(st.sampled_from(OTHERS), st.floats(-5, 9000))


@st.composite
def tie_lists(draw: st.DrawFn) -> list[Tie]:
    """Ties of notes, some of which the candidates are, and of a session."""
    names = draw(st.lists(st.sampled_from(["n0", "n1", "n2", "other", f"{SESSION}'ada' 's'"]), unique=True))
    places = st.lists(st.sampled_from([OPEN, *OTHERS]), min_size=1, unique=True)
    return [one for name in names for one in tie(name, *draw(places), days=draw(st.integers(0, 900)))]


@FEW
@given(candidate_lists(), QUESTIONS, tie_lists(), HOURS)
def test_scores_lie_between_nothing_and_one_and_are_the_sum_of_their_reasons(candidates, question, ties, hours):
    found = leads(candidates, *question, ties if question[1] else [], OTHERS, hours)

    for lead in found:
        values = values_of(lead)
        assert 0 < lead.score <= 1
        assert lead.score == pytest.approx(math.fsum(values.values()))
        assert list(values.values()) == sorted(values.values(), reverse=True)
        assert all(reason.value == pytest.approx(reason.weight * reason.amount) for reason in lead.reasons)
        assert all(reason.weight > 0 and reason.amount > 0 and reason.words for reason in lead.reasons)
        assert all(reason.amount <= 1 for reason in lead.reasons if reason.name != "path")
    assert [lead.score for lead in found] == sorted((lead.score for lead in found), reverse=True)
    assert [lead.score for lead in found[:1]] in ([], [1.0])
    assert {lead.path for lead in found}.isdisjoint(question[1])


@FEW
@given(st.data(), candidate_lists(), QUESTIONS, tie_lists(), HOURS)
def test_the_order_of_what_is_given_does_not_matter(data, candidates, question, ties, hours):
    shuffled = data.draw(st.permutations(candidates))
    turned, late = data.draw(st.permutations(ties)), dict(data.draw(st.permutations(list(hours.items()))))

    assert leads(shuffled, *question, turned, hours=late) == leads(candidates, *question, ties, hours=hours)


@FEW
@given(candidate_lists(), QUESTIONS, tie_lists(), st.integers(0, 4))
def test_a_limit_cuts_the_end_and_changes_nothing_else(candidates, question, ties, limit):
    whole = leads(candidates, *question, ties, OTHERS)

    assert leads(candidates, *question, ties, OTHERS, limit=limit) == whole[:limit]


@pytest.mark.parametrize(
    "name",
    [
        "MEMORY_WEIGHT",
        "EDGE_WEIGHT",
        "FIT_WEIGHT",
        "NEAR_WEIGHT",
        "LATE_WEIGHT",
        "MATCHING_EDGE",
        "WHOLE_NAME",
        "HUB_EXPONENT",
        "BODY_SHARE",
        "LATE_EXPONENT",
        "NOTES_A_LEAD",
        "SECONDS_PER_HOUR",
    ],
)
def test_no_constant_is_dead(name, monkeypatch):
    """Property 20."""
    candidates = [note(f"n{i}", OTHERS[0], words=1.0 + i) for i in range(4)]
    ties = [*tie("n3", OPEN, OTHERS[0]), *tie("other", OPEN, OTHERS[1])]

    def answer() -> list[Lead]:
        crowded = {OTHERS[1]: 9}
        return leads(candidates, "log\nlogin", (OPEN,), ties, OTHERS, {OTHERS[1]: 5}, crowded=crowded)

    before = answer()
    monkeypatch.setattr(leading, name, type(getattr(leading, name))(getattr(leading, name) * 0.5))

    assert answer() != before
