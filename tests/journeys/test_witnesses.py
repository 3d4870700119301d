"""Two people find out the same: with the real model, the real store and the real index, through `Memory` alone."""

from datetime import UTC, datetime

import pytest

from trails import Anchor, Author, Draft, Kind, Question, Settings, Status, open_memory
from trails.delivery import render, render_note

HERE = "w-witnesses"
ADA, BEN, CY = (Author(name, "agent", f"{name}-1") for name in ("ada", "ben", "cy"))
PATIENCE_S = 60
SAID = Draft(
    "upload.py retries three times and then swallows the error",
    "The caller sees success.",
    Kind.WARNING,
    (Anchor("src/upload.py"),),
)
AGAIN = Draft(
    "After three retries upload.py swallows the error",
    "Its caller sees a success.",
    Kind.WARNING,
    (Anchor("src/upload.py", 10, 20), Anchor("src/client.py")),
)
ABOUT_IT = Question("upload retries")


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data", principal="ada")


@pytest.fixture
def memory(settings):
    opened = open_memory(settings)
    yield opened
    opened.close()


def lay(memory, draft, by):
    note_id = memory.lay(HERE, draft, by).note_id
    assert memory.indexer.wait_until_idle(PATIENCE_S)
    assert memory.indexer.failure == ""
    return memory.get_note(HERE, note_id)


def found(memory, by=CY):
    return {hit.note.id for hit in memory.recall(HERE, ABOUT_IT, by).hits}


def test_two_who_find_out_the_same_make_one_note_with_a_witness(memory):
    first = lay(memory, SAID, ADA)
    before = memory.get_note(HERE, first.id)

    second = lay(memory, AGAIN, BEN)

    (hit,) = memory.recall(HERE, ABOUT_IT, CY).hits
    assert (hit.note.id, hit.note.witnesses) == (first.id, (second.id,))
    assert hit.note.t_star > before.t_star
    assert hit.note.confirmed_at == second.laid_at
    assert (second.status, second.superseded_by) == (Status.WITNESS, first.id)


def test_both_texts_stay_legible(memory):
    first, second = lay(memory, SAID, ADA), lay(memory, AGAIN, BEN)
    now = datetime.now(UTC)

    answer = render(memory.recall(HERE, ABOUT_IT, CY), now=now, asking=CY)
    assert " · 1 witness · " in answer
    for ref in (first.handle, second.handle):
        story = memory.show(HERE, ref)
        shown = render_note(story.note, now=now, asking=CY, related=story.related)
        assert all(text in shown for text in (SAID.title, SAID.body, AGAIN.title, AGAIN.body))
    assert f"witness of [{first.handle}]" in shown


def test_who_was_shown_the_note_lays_one_of_its_own(memory):
    first = lay(memory, SAID, ADA)
    assert found(memory, by=BEN) == {first.id}

    second = lay(memory, AGAIN, BEN)

    assert found(memory) == {first.id, second.id}
    assert memory.get_note(HERE, first.id).witnesses == ()


@pytest.mark.parametrize(
    "other",
    [
        Draft(AGAIN.title, AGAIN.body, AGAIN.kind, (Anchor("src/download.py"),)),
        Draft(AGAIN.title, AGAIN.body, Kind.DECISION, AGAIN.anchors),
        Draft("upload.py retries five times and then swallows the error", SAID.body, SAID.kind, SAID.anchors),
        Draft("upload.py never swallows the error", SAID.body, SAID.kind, SAID.anchors),
        Draft("upload.py retries in a thread of its own", SAID.body, SAID.kind, SAID.anchors),
    ],
    ids=["another file", "another kind", "another figure", "the opposite", "another matter"],
)
def test_what_says_something_else_stays_a_note_of_its_own(memory, other):
    first, second = lay(memory, SAID, ADA), lay(memory, other, BEN)

    assert found(memory) == {first.id, second.id}


def test_a_restored_witness_stands_again_for_good(memory, settings):
    first, second = lay(memory, SAID, ADA), lay(memory, AGAIN, BEN)

    memory.restore(HERE, second.handle, BEN, reason="mine is about the client")
    memory.indexer.reindex()
    assert memory.indexer.wait_until_idle(PATIENCE_S)

    assert found(memory) == {first.id, second.id}
    assert memory.get_note(HERE, first.id).witnesses == ()


def test_what_was_laid_without_the_model_meets_once_it_is_there(settings):
    without = open_memory(Settings(data_dir=settings.data_dir, principal="ada", model="none"))
    first, second = (without.lay(HERE, draft, by).note_id for draft, by in ((SAID, ADA), (AGAIN, BEN)))
    assert found(without) == {first, second}
    without.close()

    memory = open_memory(settings)
    try:
        assert memory.indexer.wait_until_idle(PATIENCE_S)
        assert found(memory) == {first}
        assert memory.get_note(HERE, first).witnesses == (second,)
    finally:
        memory.close()
