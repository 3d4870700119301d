"""The index becomes what the notes are, whatever is in the way."""

import random
import threading
from contextlib import suppress

import numpy as np
import pytest

from tests.core.note_book import NoteBook
from trails import indexing
from trails.backends.in_memory_index import HashEmbedder, InMemoryIndex
from trails.embedding import BackgroundEmbedder
from trails.errors import Unavailable
from trails.indexing import Audit, Indexer, collection

PATIENCE_S = 10.0
MODEL = HashEmbedder.model


class OtherEmbedder(HashEmbedder):
    model = "other-64"


class CountingEmbedder(HashEmbedder):
    def __init__(self) -> None:
        self.batches: list[int] = []

    def embed(self, texts):
        self.batches.append(len(texts))
        return super().embed(texts)


class Failing:
    """Makes the nth call, of any object it watches, raise: before it does anything, or after it has done it."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.at, self.after, self.calls = at, after, 0

    def watch(self, target, *methods: str):
        for name in methods:
            setattr(target, name, self._wrapped(getattr(target, name)))
        return target

    def _wrapped(self, method):
        def call(*arguments):
            self.calls += 1
            if self.calls == self.at and not self.after:
                raise OSError("killed before")
            answer = method(*arguments)
            if self.calls == self.at:
                raise OSError("killed after")
            return answer

        return call


def loaded(model=None) -> BackgroundEmbedder:
    embedder = BackgroundEmbedder(lambda: model or HashEmbedder())
    assert embedder.wait_until_settled(PATIENCE_S)
    return embedder


def held(index: InMemoryIndex, workspace: str = "home", model: str = MODEL) -> set[str]:
    anything = np.ones(HashEmbedder.dimension, np.float32)
    return {name for name, _ in index.nearest(collection(workspace, model), anything, 10_000)}


@pytest.fixture
def book():
    book = NoteBook()
    for number, subject in enumerate(("upload", "invoice", "parser", "login", "cache")):
        book.lay(f"n{number}", f"a note about the {subject}")
    return book


@pytest.fixture
def index():
    return InMemoryIndex()


# ── catching up ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_note_gets_into_the_index_and_is_found_by_what_it_says(book, index):
    indexer = Indexer(book, index, loaded())

    assert indexer.catch_up() == 5

    assert held(index) == book.expected()
    question = HashEmbedder().embed(["login"])[0]
    assert index.nearest(collection("home", MODEL), question, 1)[0][0] == "n3.1"
    assert book.pending(MODEL, 10) == []


def test_nothing_to_do_is_done_at_once(book, index):
    indexer = Indexer(book, index, loaded())
    indexer.catch_up()

    assert indexer.catch_up() == 0


def test_a_changed_note_replaces_its_old_vector(book, index):
    indexer = Indexer(book, index, loaded())
    indexer.catch_up()

    book.change("n2", "something else")
    indexer.catch_up()

    assert held(index) == {"n0.1", "n1.1", "n2.2", "n3.1", "n4.1"}


def test_a_note_that_no_longer_stands_leaves_the_index_and_may_come_back(book, index):
    indexer = Indexer(book, index, loaded())
    indexer.catch_up()

    book.change("n2", "")
    indexer.catch_up()
    assert held(index) == {"n0.1", "n1.1", "n3.1", "n4.1"}

    book.change("n2", "it stands again")
    indexer.catch_up()
    assert held(index) == book.expected()


def test_workspaces_are_kept_apart(book, index):
    book.lay("far", "a note about the login", workspace="work")

    Indexer(book, index, loaded()).catch_up()

    assert held(index, "work") == {"far.1"}
    assert held(index) == {f"n{number}.1" for number in range(5)}


def test_texts_are_embedded_a_few_at_a_time(book, index):
    for number in range(100):
        book.lay(f"m{number}", f"many {number}")
    model = CountingEmbedder()

    Indexer(book, index, loaded(model)).catch_up()

    assert sum(model.batches) == 105
    assert max(model.batches) <= indexing.BATCH


def test_more_notes_than_a_round_takes_are_all_indexed(index):
    book = NoteBook()
    for number in range(2 * indexing.ROUND + 1):
        book.lay(f"n{number}", f"note {number}")

    assert Indexer(book, index, loaded()).catch_up() == 2 * indexing.ROUND + 1

    assert held(index) == book.expected()


def test_a_kept_vector_is_not_made_again(book, index):
    model = CountingEmbedder()
    indexer = Indexer(book, index, loaded(model))
    indexer.catch_up()
    made = list(model.batches)

    indexer.reindex()
    indexer.catch_up()

    assert model.batches == made
    assert held(index) == book.expected()


def test_while_there_is_no_model_notes_stay_pending(book, index):
    indexer = Indexer(book, index, BackgroundEmbedder(None))

    assert indexer.catch_up() == 0

    assert len(book.pending(MODEL, 10)) == 5


def test_a_store_that_never_marks_is_not_asked_for_ever(book, index):
    book.mark_indexed = lambda done, model: None

    with pytest.raises(Unavailable, match="keeps asking"):
        Indexer(book, index, loaded()).catch_up()


def test_a_note_that_changes_while_it_is_indexed_is_indexed_again(book, index):
    put = index.put

    def put_while_it_changes(*arguments):
        put(*arguments)
        if book.rows["n1"].rev == 1:
            book.change("n1", "changed in between")

    index.put = put_while_it_changes

    Indexer(book, index, loaded()).catch_up()

    assert held(index) == book.expected() == {"n0.1", "n1.2", "n2.1", "n3.1", "n4.1"}


# ── another model ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_another_model_embeds_all_notes_anew_and_the_old_vectors_go_last(book, index):
    Indexer(book, index, loaded()).catch_up()
    both: list[int] = []
    mark = book.mark_indexed
    book.mark_indexed = lambda done, model: (both.append(len(held(index))), mark(done, model))

    Indexer(book, index, loaded(OtherEmbedder())).catch_up()

    assert both == [5]
    assert held(index, model=MODEL) == set()
    assert held(index, model=OtherEmbedder.model) == book.expected()


def test_going_back_to_the_first_model_leaves_no_trace_of_the_second(book, index):
    Indexer(book, index, loaded()).catch_up()
    Indexer(book, index, loaded(OtherEmbedder())).catch_up()
    book.change("n0", "")

    Indexer(book, index, loaded()).catch_up()

    assert held(index) == book.expected()
    assert held(index, model=OtherEmbedder.model) == set()


def test_collections_of_different_models_and_workspaces_have_different_names():
    names = {collection(workspace, model) for workspace in ("a", "b") for model in ("m", "n", "path/to a model")}

    assert len(names) == 6
    assert all(name.replace(".", "").isalnum() for name in names)


# ── failures ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("after", [False, True], ids=["before the step", "after the step"])
@pytest.mark.parametrize("step", range(1, 12))
def test_dying_at_any_step_changes_nothing_about_the_end(step, after, index):
    """Notes laid, changed, withdrawn and rebuilt, with a crash at one step; then whoever comes next finishes."""
    book, chance = NoteBook(), random.Random(step)
    crash = Failing(step, after=after)
    crash.watch(book, "pending", "mark_indexed", "forget_index")
    crash.watch(index, "put", "remove", "reset", "keep_only")
    embedder = loaded()

    for number in range(6):
        book.lay(f"n{number}", f"note {number}", workspace=chance.choice(["home", "work"]))
    for work in (Indexer.catch_up, Indexer.catch_up, Indexer.reindex, Indexer.catch_up):
        with suppress(OSError):  # that process is gone
            work(Indexer(book, index, embedder))
        for note_id in chance.sample(sorted(book.rows), 2):
            book.change(note_id, chance.choice(["", f"changed {note_id}"]))
    Indexer(book, index, embedder).catch_up()

    assert crash.calls >= step
    assert held(index, "home") == book.expected("home")
    assert held(index, "work") == book.expected("work")


def test_pauses_grow_up_to_a_limit_and_the_reason_is_told(book, index):
    pauses: list[float] = []
    states: list[str] = []

    def wait(seconds: float) -> None:
        pauses.append(seconds)
        states.append(indexer.state)
        if len(pauses) == 12:
            indexer.stop()

    def put(*arguments):
        raise Unavailable("The disk is full.")

    index.put = put
    indexer = Indexer(book, index, loaded(), wait=wait)
    indexer.run()

    assert pauses[:4] == [1.0, 2.0, 4.0, 8.0]
    assert max(pauses) == pauses[-1] == indexing.LONGEST_PAUSE_S
    assert states[:3] == ["working", "working", "degraded"]
    assert indexer.failure == "The disk is full."


def test_it_recovers_by_itself(book, index):
    put, failures = index.put, iter(range(4))

    def put_in_the_end(*arguments):
        if next(failures, None) is not None:
            raise Unavailable("The disk is full.")
        put(*arguments)

    index.put = put_in_the_end
    indexer = Indexer(book, index, loaded(), wait=lambda seconds: None)
    indexer.start()

    assert indexer.wait_until_idle(PATIENCE_S)
    indexer.stop()

    assert (indexer.state, indexer.failure) == ("working", "")
    assert held(index) == book.expected()


# ── running ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def running(book, index):
    indexer = Indexer(book, index, loaded())
    indexer.start()
    yield indexer
    indexer.stop()


def test_it_indexes_in_the_background_and_is_idle_then(running, book, index):
    assert running.wait_until_idle(PATIENCE_S)

    assert running.idle()
    assert held(index) == book.expected()


def test_woken_it_indexes_what_was_laid_since(running, book, index):
    assert running.wait_until_idle(PATIENCE_S)

    for number in range(20):
        book.lay(f"late{number}", f"a late note {number}")
        running.wake()
        assert running.wait_until_idle(PATIENCE_S)
        assert f"late{number}.1" in held(index)


def test_it_begins_when_the_model_is_loaded(book, index):
    opened = threading.Event()
    indexer = Indexer(book, index, BackgroundEmbedder(lambda: opened.wait(PATIENCE_S) and HashEmbedder()))
    indexer.start()
    assert not indexer.wait_until_idle(0.01)
    assert held(index) == set()

    opened.set()

    assert indexer.wait_until_idle(PATIENCE_S)
    assert held(index) == book.expected()
    indexer.stop()


def refuse() -> HashEmbedder:
    raise Unavailable("The weights are nowhere.")


@pytest.mark.parametrize("load", [None, refuse], ids=["off", "failed"])
def test_without_a_model_it_is_idle_though_notes_are_pending(load, book, index):
    indexer = Indexer(book, index, BackgroundEmbedder(load))
    indexer.start()

    assert indexer.wait_until_idle(PATIENCE_S)
    indexer.stop()

    assert len(book.pending(MODEL, 10)) == 5


def test_stopping_ends_a_long_catch_up_after_the_present_batch_and_loses_nothing(index):
    book = NoteBook()
    for number in range(indexing.ROUND):
        book.lay(f"n{number}", f"note {number}")
    model = CountingEmbedder()
    indexer = Indexer(book, index, loaded(model))
    embed = model.embed

    def embed_and_stop(texts):
        indexer.stop()
        return embed(texts)

    model.embed = embed_and_stop
    assert indexer.catch_up() == indexing.BATCH
    assert len(held(index)) == indexing.BATCH

    Indexer(book, index, loaded()).catch_up()
    assert held(index) == book.expected()


def test_stopping_without_starting_is_allowed(book, index):
    Indexer(book, index, loaded()).stop()


# ── audit ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_index_that_holds_everything_passes_its_audit(book, index):
    indexer = Indexer(book, index, loaded())
    indexer.catch_up()

    assert indexer.audit("home") == Audit(asked=5, missing=0)
    assert indexer.audit("home", sample=3) == Audit(asked=3, missing=0)


def test_an_audit_sees_what_the_index_lost(book, index):
    indexer = Indexer(book, index, loaded())
    indexer.catch_up()

    index.remove(collection("home", MODEL), ["n1.1", "n4.1"])

    assert indexer.audit("home") == Audit(asked=5, missing=2)


def test_many_notes_of_the_same_text_are_not_taken_for_lost(index):
    book = NoteBook()
    for number in range(30):
        book.lay(f"n{number}", "the same text")
    indexer = Indexer(book, index, loaded())
    indexer.catch_up()

    assert indexer.audit("home") == Audit(asked=30, missing=0)


def test_without_a_model_there_is_nothing_to_audit(book, index):
    assert Indexer(book, index, BackgroundEmbedder(None)).audit("home") == Audit()


def test_an_index_that_was_lost_is_filled_again_at_the_next_start(book, index):
    Indexer(book, index, loaded()).catch_up()
    index.reset()

    Indexer(book, index, loaded()).catch_up()

    assert held(index) == book.expected()


def test_what_filling_again_does_not_mend_is_not_filled_for_ever(book, index):
    nearest, resets = index.nearest, []
    reset = index.reset
    index.nearest = lambda workspace, vector, limit: nearest(workspace, vector, limit)[:0]
    index.reset = lambda: (resets.append("reset"), reset())
    indexer = Indexer(book, index, loaded())
    indexer.catch_up()

    for _ in range(3):
        indexer._is_audited = False  # as after an hour
        indexer.catch_up()

    assert resets == ["reset"]


def test_an_index_that_was_lost_while_running_is_filled_again_after_its_first_failure(book, index):
    """What an index on disk does when its files turn out damaged: it fails once, and then it is empty."""
    indexer = Indexer(book, index, loaded(), wait=lambda seconds: None)
    indexer.catch_up()
    put, failures = index.put, iter(range(1))

    def put_into_an_empty_index(*arguments):
        if next(failures, None) is not None:
            index.reset()
            raise Unavailable("The vector index failed.")
        put(*arguments)

    index.put = put_into_an_empty_index
    book.lay("late", "a late note")
    indexer.start()

    assert indexer.wait_until_idle(PATIENCE_S)
    indexer.stop()

    assert held(index) == book.expected()
