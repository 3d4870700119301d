"""Who lays nearly the same unprompted bears witness; who was shown it, repeats it or answers it does not."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import pytest

from tests.core.strategies import EPOCH
from trails.backends.in_memory_index import HashEmbedder, InMemoryIndex
from trails.backends.in_memory_store import InMemoryStore
from trails.embedding import BackgroundEmbedder
from trails.errors import Unavailable
from trails.indexing import Indexer
from trails.memory import Memory
from trails.notes import Anchor, Author, Draft, Kind, Note, Question, Status
from trails.recording import Recorder
from trails.witnessing import Witnessing

HERE = "here"
SAID, SAME = "close the ledger before rotation", "before rotation close the ledger"  # one vector


class OtherEmbedder(HashEmbedder):
    model = "other-64"


@dataclass
class Home:
    """A memory whose indexer is asked by hand, and a clock that goes on by a step with each look at it."""

    memory: Memory = field(init=False)
    now: datetime = EPOCH
    step: timedelta = timedelta(hours=1)
    ids: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.begin(InMemoryStore(self.clock), InMemoryIndex(), HashEmbedder())

    def begin(self, store, index, model) -> None:
        """As a new process does, over what the last one left."""
        embedder = BackgroundEmbedder(lambda: model)
        assert embedder.wait_until_settled(10)
        witnessing = Witnessing(store, index, Recorder(store, self.clock, self.new_id))
        indexer = Indexer(store, index, embedder, meet=witnessing.look)
        self.memory = Memory(store, index, embedder, indexer, self.clock, self.new_id)

    def clock(self) -> datetime:
        self.now += self.step
        return self.now

    def new_id(self, at: datetime) -> str:
        return f"01TRAILS{next(self.ids):018d}"

    def lay(self, title: str, by: str, *, path: str = "a.py", **said) -> str:
        """Lay a note and, as a moment later in life, index it."""
        note_id = self.draft(title, by, path=path, **said)
        self.memory.indexer.catch_up()
        return note_id

    def draft(self, title: str, by: str, *, path: str = "a.py", **said) -> str:
        return self.memory.lay(HERE, Draft(title, anchors=(Anchor(path),), **said), Author(by, "", "s")).note_id

    def ask(self, by: str) -> list[str]:
        return [hit.note.id for hit in self.memory.recall(HERE, Question(files=("a.py",)), Author(by, "", "s2")).hits]

    def note(self, note_id: str) -> Note:
        return self.memory.get_note(HERE, note_id)

    def stand(self, *note_ids: str) -> bool:
        return all(self.note(note_id).status is Status.LIVE for note_id in note_ids)


@pytest.fixture
def home():
    return Home()


# ── who bears witness ────────────────────────────────────────────────────────────────────────────────────────────────
def test_who_says_it_unprompted_bears_witness(home):
    older, newer = home.lay(SAID, "ada"), home.lay(SAME, "ben")

    assert home.note(older).witnesses == (newer,)
    assert home.note(older).confirmed_at == home.note(newer).laid_at
    assert (home.note(newer).status, home.note(newer).superseded_by) == (Status.WITNESS, older)
    assert home.ask("cy") == [older]
    assert home.memory.store.counts()["pending"] == 0


def test_who_was_shown_it_repeats_it(home):
    older = home.lay(SAID, "ada")
    assert home.ask("ben") == [older]

    newer = home.lay(SAME, "ben")

    assert home.stand(older, newer)
    assert home.note(older).witnesses == ()


def test_what_is_shown_after_a_note_was_laid_did_not_prompt_it(home):
    older, newer = home.lay(SAID, "ada"), home.draft(SAME, "ben")
    assert set(home.ask("ben")) == {older, newer}

    home.memory.indexer.catch_up()

    assert home.note(older).witnesses == (newer,)


def test_who_was_shown_what_it_replaced_or_a_witness_of_it_was_prompted_too(home):
    older, ben = home.lay(SAID, "ada"), home.draft(SAME, "ben")
    assert set(home.ask("cy")) == {older, ben}
    home.memory.indexer.catch_up()
    home.memory.supersede(HERE, older, Draft(f"{SAID} please"), Author("ada", "", "s"), reason="politer")
    home.memory.indexer.catch_up()

    assert home.stand(home.lay(f"please {SAME}", "cy"))


def test_one_principal_does_not_bear_witness_to_itself(home):
    assert home.stand(home.lay(SAID, "ada"), home.lay(SAME, "ada"))

    home.lay("something else", "ben")
    assert home.stand(home.lay(f"{SAME}.", "ada"))


def test_one_principal_is_one_witness(home):
    older, newer = home.lay(SAID, "ada"), home.lay(SAME, "ben")

    again = home.lay(f"{SAME}!", "ben")

    assert home.stand(again)
    assert home.note(older).witnesses == (newer,)


def test_the_same_note_laid_again_in_a_moment_is_still_one(home):
    home.lay(SAID, "ada")
    home.step = timedelta(seconds=1)
    newer = home.lay(SAME, "ben")

    assert home.lay(SAME, "ben") == newer


def test_witnesses_of_a_witness_go_to_the_original(home):
    older, second, third = (home.lay(text, by) for text, by in ((SAID, "ada"), (SAME, "ben"), (f"{SAID}.", "cy")))

    assert home.note(older).witnesses == (second, third)
    assert home.note(third).superseded_by == older


def test_of_several_notes_that_say_it_the_oldest_has_the_witness(home):
    older = home.lay(SAID, "ada")
    assert home.ask("cy") == [older]
    echo = home.lay(SAME, "cy")

    newer = home.lay(f"{SAID}.", "ben")

    assert home.stand(older, echo)
    assert home.note(newer).superseded_by == older


def test_notes_of_one_moment_meet_each_other_too(home):
    first, second, third = (home.draft(text, by) for text, by in ((SAID, "ada"), (SAME, "ben"), (f"{SAID}.", "cy")))

    home.memory.indexer.catch_up()

    assert home.note(first).witnesses == (second, third)


@pytest.mark.parametrize(
    "said",
    [{"path": "b.py"}, {"kind": Kind.DECISION}, {"body": "But only the old one, which nobody opens any more."}],
    ids=["another file", "another kind", "another meaning"],
)
def test_what_differs_in_place_kind_or_meaning_stays_apart(home, said):
    assert home.stand(home.lay(SAID, "ada"), home.lay(SAME, "ben", **said))


@pytest.mark.parametrize("verb", [Memory.dispute, Memory.supersede])
def test_a_note_laid_against_another_or_in_its_place_stands(home, verb):
    home.lay(SAID, "ada")
    wrong = home.lay("never close the ledger", "cy")

    newer = verb(home.memory, HERE, wrong, Draft(SAME), Author("ben"), reason="it is lost then").note_id
    home.memory.indexer.catch_up()

    assert home.stand(newer)


# ── for how long ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_restored_witness_is_never_taken_for_one_again(home):
    older, newer = home.lay(SAID, "ada"), home.lay(SAME, "ben")

    home.memory.restore(HERE, newer, Author("ben"), reason="mine is about the other ledger")
    home.memory.indexer.catch_up()
    home.memory.indexer.reindex()
    home.memory.indexer.catch_up()

    assert home.stand(older, newer)
    assert home.note(older).witnesses == ()
    assert set(home.ask("cy")) == {older, newer}


def test_when_a_note_is_withdrawn_its_witnesses_stand_by_themselves(home):
    older, newer = home.lay(SAID, "ada"), home.lay(SAME, "ben")

    home.memory.withdraw(HERE, older, Author("ada"), reason="I was wrong", key="k")
    home.memory.withdraw(HERE, older, Author("ada"), reason="I was wrong", key="k")

    assert home.ask("cy") == [newer]


def test_a_note_that_somebody_changed_before_it_was_looked_at_stands(home):
    home.lay(SAID, "ada")
    newer = home.draft(SAME, "ben")
    home.memory.retag(HERE, newer, Author("ben"), add=["books"], reason="tidy")

    home.memory.indexer.catch_up()

    assert home.stand(newer)


@pytest.mark.parametrize("model", [HashEmbedder, OtherEmbedder])
def test_filling_the_index_anew_joins_nothing_that_stood_apart(home, model):
    older = home.lay(SAID, "ada")
    home.memory.withdraw(HERE, older, Author("ada"), reason="too early")
    newer = home.lay(SAME, "ben")
    home.memory.restore(HERE, older, Author("ada"), reason="now it holds")
    home.memory.indexer.catch_up()

    home.begin(home.memory.store, home.memory.index, model())
    home.memory.indexer.reindex()
    assert home.memory.indexer.catch_up() == 2

    assert home.stand(older, newer)


@pytest.mark.parametrize("after", [False, True], ids=["before the step", "after the step"])
@pytest.mark.parametrize("step", range(1, 9))
def test_a_crash_only_delays(home, step, after):
    store, index, calls = home.memory.store, home.memory.index, count(1)
    older, newer = home.draft(SAID, "ada"), home.draft(SAME, "ben")

    def dying(method):
        def call(*arguments, **more):
            dies = next(calls) == step
            if dies and not after:
                raise Unavailable("killed before")
            answer = method(*arguments, **more)
            if dies:
                raise Unavailable("killed after")
            return answer

        return call

    for target, name in [(store, "append"), (store, "mark_indexed"), (store, "was_shown"), (store, "pending")]:
        setattr(target, name, dying(getattr(target, name)))
    for name in ("put", "nearest"):
        setattr(index, name, dying(getattr(index, name)))

    for _ in range(2):
        with suppress(Unavailable):
            home.begin(store, index, HashEmbedder())
            home.memory.indexer.catch_up()

    assert next(calls) > step
    assert home.note(older).witnesses == (newer,)
    assert store.counts()["pending"] == 0
    assert [event.kind for _, event in store.events_of(HERE)] == ["laid", "laid", "corroborated"]


# ── what it costs ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_where_one_principal_lays_the_index_is_asked_nothing(home):
    def nearest(*arguments):
        pytest.fail("The index was asked.")

    for number in range(20):
        home.draft(f"{SAID} {number}", "ada")
    home.memory.index.nearest = nearest

    assert home.memory.indexer.catch_up() == 20
