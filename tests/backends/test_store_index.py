"""What every store knows of the vector index: which revisions are pending, and the embeddings kept beside it."""

from tests.backends.store_world import ELSEWHERE, HERE
from trails.events import (
    Restored,
)
from trails.ports import Indexed, Pending

VECTOR, OTHER_VECTOR = b"\1\0" * 4, b"\2\0" * 4


def index_all(world, vector=VECTOR, model="m"):
    world.store.mark_indexed([Indexed(one.note_id, one.rev, vector) for one in world.store.pending(model, 99)], model)


def test_new_notes_are_pending_oldest_first(world):
    first = world.lay("One", body="Body", topics=("a", "b"))
    second = world.lay("Two", workspace=ELSEWHERE)

    assert world.store.pending("m", 9) == [
        Pending(first, HERE, 1, 0, "One\nBody\na, b", is_new=True),
        Pending(second, ELSEWHERE, 1, 0, "Two", is_new=True),
    ]
    assert [one.note_id for one in world.store.pending("m", 1)] == [first]


def test_an_indexed_note_is_pending_again_when_its_words_change(world):
    note_id = world.lay("One", topics=("a",))
    index_all(world)
    assert world.store.pending("m", 9) == []

    world.judge(note_id)
    assert world.store.pending("m", 9) == []

    world.retag(note_id, added=["b"])
    assert world.store.pending("m", 9) == [Pending(note_id, HERE, 2, 1, "One\na, b")]
    assert world.store.candidates(HERE, [note_id], "m")[0][1] is None  # the old vector is of other words


def test_a_note_that_no_longer_stands_only_leaves_the_index(world):
    note_id = world.lay("One")
    index_all(world)

    world.withdraw(note_id)
    assert world.store.pending("m", 9) == [Pending(note_id, HERE, 2, 1, "", VECTOR)]
    world.store.mark_indexed([Indexed(note_id, 2)], "m")
    assert world.store.pending("m", 9) == []

    world.happens(Restored(note_id, "right after all"))
    assert world.store.pending("m", 9) == [Pending(note_id, HERE, 3, 2, "One", VECTOR)]


def test_a_mark_for_an_old_revision_changes_nothing(world):
    note_id = world.lay("One")
    world.retag(note_id, added=["a"])

    world.store.mark_indexed([Indexed(note_id, 1, VECTOR), Indexed("01NOBODY", 1, VECTOR)], "m")

    assert world.store.pending("m", 9) == [Pending(note_id, HERE, 2, 0, "One\na")]


def test_only_embeddings_of_the_present_model_are_given(world):
    note_id = world.lay("One")
    index_all(world, model="old")
    assert world.store.candidates(HERE, [note_id], "old")[0][1] == VECTOR

    assert world.store.pending("new", 9) == [Pending(note_id, HERE, 1, 0, "One")]
    assert world.store.candidates(HERE, [note_id], "new")[0][1] is None

    index_all(world, OTHER_VECTOR, "new")
    assert world.store.candidates(HERE, [note_id], "new")[0][1] == OTHER_VECTOR
    assert world.store.pending("new", 9) == []


def test_an_index_that_is_forgotten_is_filled_from_kept_vectors(world):
    live, gone, leaving = world.lay("One"), world.lay("Two"), world.lay("Three")
    world.withdraw(gone)
    index_all(world)
    world.withdraw(leaving)

    world.store.forget_index()

    assert world.store.pending("m", 9) == [Pending(live, HERE, 1, 0, "One", VECTOR)]
    assert world.store.counts()["pending"] == 1


def test_samples_are_of_indexed_live_notes(world):
    notes = {world.lay(f"Note {i}") for i in range(6)}
    withdrawn = world.lay("Withdrawn")
    index_all(world)
    pending = world.lay("Not indexed")
    world.withdraw(withdrawn)

    sample = world.store.sample_vectors(HERE, "m", 99)

    assert {note_id for note_id, _, _ in sample} == notes
    assert {(rev, vector) for _, rev, vector in sample} == {(1, VECTOR)}
    assert len(world.store.sample_vectors(HERE, "m", 4)) == 4
    assert world.store.sample_vectors(HERE, "another", 9) == []
    assert pending not in notes
