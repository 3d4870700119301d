"""What a session edits together leads the next one from file to file: through the memory, on a real store."""

import pytest

from trails import Anchor, Author, Draft, FolderOnDisk, Question, Settings, open_memory
from trails.events import Edited
from trails.sittings import SITTING_FILES

ADA, BEN = (Author(name, "test", f"{name}-1") for name in ("ada", "ben"))


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    memory = open_memory(Settings(data_dir=tmp_path_factory.mktemp("data"), principal="me", model="none"))
    yield memory
    memory.close()


@pytest.fixture
def here(request):
    """A workspace of its own for each test."""
    return f"w-{request.node.name}"


def leads(memory, here, path):
    recall = memory.recall(here, Question(files=(path,), leads=5, explores=False), BEN)
    return {lead.path: [reason.words for reason in lead.reasons if reason.name == "edge"] for lead in recall.leads}


def edited(memory, here):
    facts = [event.fact for _, event in memory.log(here)]
    return [[anchor.path for anchor in fact.anchors] for fact in facts if isinstance(fact, Edited)]


def test_files_that_were_edited_together_lead_to_each_other(memory, here):
    memory.use(here, ADA, edited=["src/cart.py", "docs/prices.md"])

    assert leads(memory, here, "src/cart.py") == {"docs/prices.md": ["it was edited together with src/cart.py"]}
    assert leads(memory, here, "docs/prices.md") == {"src/cart.py": ["it was edited together with docs/prices.md"]}


def test_edits_that_were_told_one_by_one_are_one_sitting(memory, here):
    for path in ("a.py", "z.md", "a.py"):
        memory.use(here, ADA, edited=[path])

    assert leads(memory, here, "a.py").keys() == {"z.md"}
    assert edited(memory, here) == [["a.py"], ["z.md"]]


def test_what_was_edited_together_stays_tied_under_new_names(memory, here):
    memory.use(here, ADA, edited=["src/cart.py", "docs/prices.md"])

    memory.tracker(here).file_moved("docs/prices.md", "web/prices.md")

    assert leads(memory, here, "src/cart.py").keys() == {"web/prices.md"}


def test_notes_find_the_file_that_an_edit_made_known(memory, here):
    memory.use(here, ADA, edited=["src/cart.py", "docs/prices.md"])

    memory.lay(here, Draft("Round once, at the end", anchors=(Anchor("docs/prices.md"),)), BEN)

    recall = memory.recall(here, Question(files=("src/cart.py",), explores=False), BEN)
    assert [hit.note.title for hit in recall.hits] == ["Round once, at the end"]


def test_an_edit_that_was_undone_ties_nothing_until_it_is_made_again(memory, here):
    memory.use(here, ADA, edited=["a.py", "z.md"])
    ((_, event),) = memory.log(here)
    memory.undo(here, event.id, ADA, reason="it was an accident")

    before = leads(memory, here, "a.py")
    memory.use(here, ADA, edited=["a.py", "z.md"])

    assert (before.keys(), leads(memory, here, "a.py").keys()) == (set(), {"z.md"})


def test_nothing_is_kept_of_ignored_files_and_of_sessions_without_a_name(memory, here, tmp_path):
    (tmp_path / ".gitignore").write_text("made/\n")
    folder = FolderOnDisk(tmp_path)

    memory.use(here, ADA, edited=["made/out.js", "a.py", ".env"], folder=folder)
    memory.use(here, Author("ada", "test", ""), edited=["b.py", "c.py"], folder=folder)

    assert edited(memory, here) == [["a.py"]]


def test_a_sweep_over_many_files_is_cut_short_and_ties_none(memory, here):
    memory.use(here, ADA, edited=[f"{number}.py" for number in range(500)])

    assert len(edited(memory, here)[0]) == SITTING_FILES + 1
    assert leads(memory, here, "0.py").keys() & {f"{number}.py" for number in range(500)} == set()


def test_the_same_report_sent_again_adds_nothing(memory, here):
    for _ in range(2):
        memory.use(here, ADA, edited=["a.py", "b.py"], key="once")

    assert edited(memory, here) == [["a.py", "b.py"]]
