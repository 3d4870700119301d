"""What every store finds again: notes, words, files and topics. The rest of the contract is in test_store.py."""

from dataclasses import replace

import pytest

from tests.backends.store_world import ADA, ELSEWHERE, HERE
from trails import dynamics, evidence
from trails.events import (
    Disputed,
    FileChanged,
    FileGone,
    FileMoved,
    OutcomeReported,
    Restored,
    Served,
    Superseded,
    Withdrawn,
)
from trails.fold import fold
from trails.notes import Anchor, Author, Candidate, Kind, Status, handle
from trails.ports import FileName, Touch


# ── notes ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_note_shows_all_that_happened_to_it(world):
    note_id = world.lay("Old", kind=Kind.WARNING, topics=("a", "b"))
    counter, newer = world.lay("No"), world.lay("New")
    (judged,) = world.judge(note_id)
    world.retag(note_id, added=["c"], removed=["a"])
    world.happens(Disputed(note_id, counter, "seen otherwise"))
    world.happens(Superseded(note_id, newer, "rewritten"))

    note = world.note(note_id)

    assert (note.topics, note.disputed_by) == (("b", "c"), (counter,))
    assert (note.status, note.superseded_by, note.reason) == (Status.SUPERSEDED, newer, "rewritten")
    assert note.confirmed_at == judged.at
    state = fold(event for _, event in world.store.events_of(HERE))[0][note_id]
    slots = dynamics.slots(state.uses, note.kind, "ada")
    assert note.t_star == pytest.approx(dynamics.t_star(slots, dynamics.HALF_LIFE_DAYS_BY_KIND[note.kind]))
    assert note.quality == evidence.quality(state.judgements, "ada", world.clock())


def test_notes_of_another_workspace_do_not_exist_here(world):
    there = world.lay("secret plan", workspace=ELSEWHERE, kind=Kind.PLAN, files=["a.py"], topics=("t",))
    world.happens(OutcomeReported(1, 0.5, "fix"), workspace=ELSEWHERE)
    world.happens(Served("r", (there,)), workspace=ELSEWHERE)
    store = world.store

    assert store.find_notes(HERE, [there]) == {}
    assert store.note_ids_with_handle(HERE, handle(there)) == ()
    assert store.candidates(HERE, [there]) == []
    assert store.search_words(HERE, ["secret"], 10) == []
    assert store.notes_on(HERE, ["id of a.py"], 10) == []
    assert store.files_of(HERE, [there]) == []
    assert store.notes_with_topics(HERE, ["t"], 10) == ()
    assert store.hot_notes(HERE, ["plan"], 10) == ()
    assert store.files_at(HERE, ["a.py"]) == {}
    assert store.files_under(HERE) == []
    assert store.count_files_born_at(HERE, "a.py") == 0
    assert store.events_of(HERE) == store.events_of(HERE, note_id=there) == store.events_of(HERE, path="a.py") == []
    assert store.served_to(HERE, ADA.session) == frozenset()
    assert store.results_of(HERE, "fix") == ()
    assert store.sample_vectors(HERE, "m", 10) == []
    assert set(store.counts(HERE).values()) == {0}


def test_a_handle_gives_every_note_that_ends_so(world):
    twins = [f"01A{i}TWIN{'Z' * 18}" for i in (1, 2)]
    for note_id in reversed(twins):
        world.happens(replace(world.laid(), note_id=note_id))

    assert world.store.note_ids_with_handle(HERE, "zzzzzzzz") == tuple(twins)
    assert world.store.note_ids_with_handle(HERE, "zzzzzzzy") == ()


def test_a_candidate_carries_what_ranking_needs(world):
    note_id = world.lay(files=["a.py", "b.py"], topics=("t", "gone"))
    (judged,) = world.judge(note_id)
    world.retag(note_id, removed=["gone"])
    world.happens(FileMoved("id of b.py", "c.py"))

    [(candidate, vector)] = world.store.candidates(HERE, [note_id, "01NOBODY"])

    assert vector is None
    assert candidate == Candidate(
        note_id=note_id,
        confirmed_at=judged.at,
        paths_by_file_id={"id of a.py": "a.py", "id of b.py": "c.py"},
        topics=("t",),
        quality=world.note(note_id).quality,
        principal="ada",
    )
    assert candidate.quality.helped > 0.9


def test_hundreds_of_candidates_come_at_once(world):
    note_ids = [event.fact.note_id for event in world.happens(*(world.laid(f"Note {i}") for i in range(1200)))]

    assert {one.note_id for one, _ in world.store.candidates(HERE, note_ids)} == set(note_ids)
    assert set(world.store.find_notes(HERE, note_ids)) == set(note_ids)


@pytest.mark.parametrize("fact", [Withdrawn, lambda note_id, reason: Superseded(note_id, note_id, reason)])
def test_only_live_notes_answer_and_a_restored_one_answers_again(world, fact):
    note_id = world.lay("ledger", kind=Kind.PLAN, files=["a.py"], topics=("t",))

    def answers():
        store = world.store
        found = (
            store.search_words(HERE, ["ledger"], 9),
            store.candidates(HERE, [note_id]),
            store.files_of(HERE, [note_id]),
        )
        more = store.notes_on(HERE, ["id of a.py"], 9), store.notes_with_topics(HERE, ["t"], 9)
        return [bool(answer) for answer in (*found, *more, store.hot_notes(HERE, ["plan"], 9))]

    world.happens(fact(note_id, "old"))
    assert not any(answers())
    assert world.note(note_id).reason == "old"

    world.happens(Restored(note_id, "it still stands"))
    assert all(answers())


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def found(world, *words, limit=10):
    return [note_id for note_id, _ in world.store.search_words(HERE, words, limit)]


def test_words_find_notes_by_title_body_and_topic_best_first(world):
    often = world.lay("ledger", body="The ledger keeps the ledger of each ledger.")
    once = world.lay("Rotation", body="Close the ledger before the log is rotated, then look whether all pages came.")
    topic = world.lay("Something", topics=("invoices",))
    for i in range(5):
        world.lay(f"Unrelated {i}")

    scores = [score for _, score in world.store.search_words(HERE, ["ledger"], 10)]

    assert found(world, "ledger") == [often, once]
    assert scores[0] > scores[1] > 0
    assert found(world, "invoices") == [topic]
    assert set(found(world, "ledger", "invoices")) == {often, once, topic}
    assert found(world, "ledger", limit=1) == [often]


def test_a_word_that_every_note_holds_still_finds_them(world):
    notes = {world.lay("ledger"), world.lay("ledger")}

    assert set(found(world, "ledger")) == notes
    assert all(score > 0 for _, score in world.store.search_words(HERE, ["ledger"], 10))


def test_words_follow_the_topics_of_a_note(world):
    note_id = world.lay("Title", topics=("invoices",))

    world.retag(note_id, added=["receipts"], removed=["invoices"])

    assert found(world, "receipts") == [note_id]
    assert found(world, "invoices") == []
    assert found(world, "title") == [note_id]


@pytest.mark.parametrize(
    "words",
    [
        [],
        [""],
        ['"'],
        ['a" OR "ledger'],
        ["NEAR("],
        ["*"],
        ["led*"],
        ["ledger AND"],
        ["-x", "^y"],
        ["title:z"],
        ["\0"],
        ["'; --"],
    ],
)
def test_no_word_is_an_operator(world, words):
    world.lay("Something about books")

    assert found(world, *words) == []


# ── files and topics ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_newest_notes_of_each_file_come_first(world):
    laid = [world.lay(f"Note {i}", files=["a.py"]) for i in range(4)]
    both = world.lay("Both", files=["a.py", "b.py"])
    at = {note_id: world.note(note_id).confirmed_at for note_id in [*laid, both]}

    touches = world.store.notes_on(HERE, ["id of a.py", "id of b.py"], 3)

    assert touches == [
        Touch(both, "id of a.py", at[both], 2),
        Touch(laid[3], "id of a.py", at[laid[3]], 1),
        Touch(laid[2], "id of a.py", at[laid[2]], 1),
        Touch(both, "id of b.py", at[both], 2),
    ]
    of_notes = world.store.files_of(HERE, [both, laid[0]])
    assert {(touch.note_id, touch.file_id, touch.size) for touch in of_notes} == {
        (both, "id of a.py", 2),
        (both, "id of b.py", 2),
        (laid[0], "id of a.py", 1),
    }


def test_a_file_that_a_note_names_twice_counts_once(world):
    anchors = (Anchor("a.py", 1, 2, None, "id of a.py"), Anchor("a.py", 8, 9, None, "id of a.py"))
    world.happens(replace(world.laid(), anchors=anchors))

    assert [touch.size for touch in world.store.notes_on(HERE, ["id of a.py"], 9)] == [1]


def test_topics_give_their_newest_notes(world):
    first, second, third = (
        world.lay(f"Note {i}", topics=topics) for i, topics in enumerate([("a",), ("a", "b"), ("b",)])
    )
    world.lay("Other", topics=("c",))

    assert world.store.notes_with_topics(HERE, ["a", "b"], 9) == (third, second, first)
    assert world.store.notes_with_topics(HERE, ["a", "b"], 2) == (third, second)
    world.retag(second, removed=["a"])
    assert world.store.notes_with_topics(HERE, ["a"], 9) == (first,)


def test_the_strongest_notes_of_a_kind_are_hot(world):
    cold, hot, warm = (world.lay(f"Plan {i}", kind=Kind.PLAN) for i in range(3))
    warning = world.lay("Mind the gap", kind=Kind.WARNING)
    world.judge(hot)
    world.judge(hot, by=Author("cy"))
    world.judge(warm)

    assert world.store.hot_notes(HERE, ["plan"], 9) == (hot, warm, cold)
    assert world.store.hot_notes(HERE, [Kind.WARNING, Kind.PLAN, Kind.HOW_TO], 1) == (warning, hot)


def test_a_file_keeps_its_notes_through_a_rename(world):
    note_id = world.lay(files=["old.py"])

    world.happens(FileMoved("id of old.py", "new.py"), FileChanged("id of old.py", "digest"))

    name = FileName("id of old.py", "new.py", True, "digest")
    assert world.store.files_at(HERE, ["old.py", "new.py", ""]) == {"new.py": name}
    assert [anchor.path for anchor in world.note(note_id).anchors] == ["new.py"]
    assert world.store.count_files_born_at(HERE, "old.py") == 1
    assert world.store.count_files_born_at(HERE, "new.py") == 0


def test_of_two_files_with_one_name_the_later_claim_holds(world):
    world.lay(files=["a.py", "b.py"])
    world.happens(FileGone("id of b.py"))
    assert not world.store.files_at(HERE, ["b.py"])["b.py"].present

    world.happens(FileMoved("id of a.py", "b.py"))

    assert world.store.files_at(HERE, ["b.py"])["b.py"].file_id == "id of a.py"


def test_files_are_found_by_the_beginning_of_their_path(world):
    world.lay(files=["src/a.py", "src/ä.py", "src_b.py", "Src/c.py", "srcX/%.py"])
    world.happens(FileChanged("never laid", "digest"))  # it has no name yet

    def under(prefix):
        return {name.path for name in world.store.files_under(HERE, prefix)}

    assert under("src/") == {"src/a.py", "src/ä.py"}
    assert under("src_") == {"src_b.py"}
    assert under("srcX/%") == {"srcX/%.py"}
    assert len(under("")) == 5
