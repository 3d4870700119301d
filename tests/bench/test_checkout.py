"""A git repository as something to replay: what counts, and what a message may still say."""

import pytest
from dulwich.repo import Repo

from tests.bench.made import make_repository
from trails.bench.checkout import read_checkout
from trails.bench.cleaning import Cleaner
from trails.errors import BadInput
from trails.history import Change, files_before, revisions

PATHS = ("src/ledger.py", "docs/guide.md", "Makefile", "bin/run", "web/app.vue")


@pytest.fixture(scope="module")
def first_made(tmp_path_factory):
    return make_repository(tmp_path_factory.mktemp("first") / "made")


@pytest.fixture
def made(first_made, tmp_path):
    """A repository of 150 commits, to commit more to."""
    made = first_made.copy(tmp_path / "made")
    yield made
    made.repo.close()


def passed_over(made):
    """Why each of the newest commits is passed over, by subject."""
    reasons = {step.id: step.passed_over for step in read_checkout(made.root).steps}
    return [reasons.get(one.id, "not there") for one in reversed(list(revisions(made.root)))][150:]


def test_every_commit_is_a_step_oldest_first(made):
    course = read_checkout(made.root)

    assert course.name == "made"
    assert course.notes == len(course.steps) == 150
    assert [step.at for step in course.steps] == sorted(step.at for step in course.steps)
    assert course.steps[0].changes == (Change("", "src/main.py"),)
    assert {step.author for step in course.steps} == {"Ann Author", "Ben Builder"}


def test_a_folder_inside_the_checkout_will_do(made):
    (made.root / "src").mkdir()

    assert read_checkout(made.root / "src").notes == 150


def test_robots_bumps_sweeps_and_reverts_are_passed_over(made):
    made.commit("Update the guide", {"docs/a.md": "1"}, by="dependabot[bot] <support@example.org>")
    made.commit("Release 1.2.3", {"docs/a.md": "2"})
    made.commit("Format everything", {f"many/{number}.py": "" for number in range(21)})
    made.commit("Revert what was done to the guide", {"docs/a.md": "3"})
    made.commit("Explain how a guide is read", {"docs/a.md": "4"})

    assert passed_over(made) == ["robot", "bump", "sweeping", "copy", ""]


def test_a_copy_of_a_commit_is_passed_over_for_a_while(made):
    for hours in (1, 2, 24 * 200):
        made.commit("Explain how a guide is read", {"docs/a.md": str(hours)}, hours=hours)
    made.commit("Explain how a guide is read", {"docs/b.md": "of another file"})

    assert passed_over(made) == ["", "copy", "", ""]


def test_a_merge_is_no_step(made):
    made.merge(made.commit("Explain how a guide is read", {"docs/a.md": "1"}))

    assert len(read_checkout(made.root).steps) == 151


def test_a_rename_is_one_change(made):
    text = "a line that is long enough to be recognised\n" * 5
    made.commit("Write a guide for readers", {"docs/a.md": text})
    made.commit("Call the guide by its name", {"docs/a.md": None, "docs/guide.md": text})

    assert read_checkout(made.root).steps[-1].changes == (Change("docs/a.md", "docs/guide.md"),)


def test_times_never_run_backwards(made):
    made.commit("Set the clock of the office right", {"docs/a.md": "1"}, hours=-30)

    times = [step.at for step in read_checkout(made.root).steps]
    assert times == sorted(times)


def test_the_files_before_a_commit_are_those_of_its_parent(made):
    commit = made.commit("Write a guide for readers", {"docs/a.md": "1", "src/main.py": None})
    following = made.commit("Write more of the guide", {"docs/a.md": "2"})

    assert "src/main.py" in files_before(made.root, commit)
    assert "docs/a.md" not in files_before(made.root, commit)
    assert "docs/a.md" in files_before(made.root, following)


def test_too_few_commits_are_told(tmp_path):
    made = make_repository(tmp_path / "short", commits=129)
    made.repo.close()

    with pytest.raises(BadInput, match="at least 130 usable commits"):
        read_checkout(made.root)


def test_a_repository_without_a_commit_is_told_so(tmp_path):
    (tmp_path / "empty").mkdir()
    Repo.init(str(tmp_path / "empty")).close()

    with pytest.raises(BadInput, match="0 usable commits"):
        read_checkout(tmp_path / "empty")


def test_a_folder_without_a_repository_is_told_so(tmp_path):
    with pytest.raises(BadInput, match="no git repository"):
        read_checkout(tmp_path)


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Round in src/ledger.py and ledger.py:12", "Round in and"),
        ("Mend docs/guide and Guide.MD", "Mend and"),
        ("Let the Makefile stop early", "Let the stop early"),
        ("Tidy up (#123), GH-45 and issue 7", "Tidy up, and"),
        ("Tidy up (fixes owner/name#12)", "Tidy up (fixes"),
        ("As https://example.org/a?b=c says", "As says"),
        ("Undo 1a2b3c4d5e of ann@example.org", "Undo of"),
        ("Move app.vue aside", "Move aside"),
        ("Read settings.toml first", "Read first"),
    ],
)
def test_what_gives_files_away_is_taken_out(said, left):
    assert Cleaner(PATHS).clean(said, "").replace(" ,", ",") == left


@pytest.mark.parametrize(
    "said",
    [
        *("Round the balance", "Use read/write locks, e.g. for 3.14", "Call os.path.join() once", "feat(ledger)!: add"),
        *("Make files smaller", "Deface the facade of added beef", "Keep 1234567 apart"),
    ],
)
def test_other_words_stay(said):
    assert Cleaner(PATHS).clean(said, "") == said


def test_lines_that_only_point_at_a_number_are_dropped():
    assert Cleaner(PATHS).clean("Round the balance", "Half cents up.\n\nFixes #12\nSee: GH-3") == (
        "Round the balance\nHalf cents up."
    )


def test_a_long_message_is_cut():
    cleaned = Cleaner(PATHS).clean("word " * 100, "text " * 500)

    subject, _, body = cleaned.partition("\n")
    assert len(subject) <= 200
    assert len(body) <= 500
