"""What every store finds again: notes, words and topics. The rest of the contract is in test_store.py."""

from dataclasses import replace

import pytest

from tests.backends.store_world import ADA, BEN, ELSEWHERE, HERE
from trails import dynamics, evidence
from trails.events import (
    Corroborated,
    Disputed,
    FileMoved,
    OutcomeReported,
    Restored,
    Served,
    Superseded,
    Withdrawn,
)
from trails.fold import fold
from trails.notes import Author, Candidate, Kind, Status, handle


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
    assert store.notes_on(HERE, ["id of a.py"], 10) == ()
    assert store.ties_from(HERE, "id of a.py", 10) == []
    assert store.walks_through(HERE, [there], 10) == []
    assert store.notes_with_topics(HERE, ["t"], 10) == ()
    assert store.hot_notes(HERE, ["plan"], 10) == ()
    assert store.files_at(HERE, ["a.py"]) == {}
    assert store.files_under(HERE) == []
    assert store.count_files_born_at(HERE, "a.py") == 0
    assert store.events_of(HERE) == store.events_of(HERE, note_id=there) == store.events_of(HERE, path="a.py") == []
    assert store.session_events(HERE, ADA.principal, ADA.session, 10) == []
    assert store.shown_to_others(HERE, "ben", "ben-1", 10) == ()
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
            store.ties_from(HERE, "id of a.py", 9),
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


# ── topics ───────────────────────────────────────────────────────────────────────────────────────────────────────────
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


def test_the_notes_of_one_agent_can_be_left_out_of_what_is_hot(world):
    said = world.lay("By a colleague", by=Author("ada", "claude"))
    committed = world.lay("By a commit", by=Author("ada", "git"))

    assert world.store.hot_notes(HERE, [Kind.OBSERVATION], 1) == (committed,)
    assert world.store.hot_notes(HERE, [Kind.OBSERVATION], 1, without_agent="git") == (said,)


def test_the_notes_of_a_principal_that_stand_are_known_whatever_they_are_on(world):
    first, gone, second = (world.lay(f"Step {i}") for i in range(3))
    older = world.lay("The same", by=BEN)
    world.happens(Withdrawn(gone, "no"), Corroborated(older, second, 0.99))

    assert world.store.standing_of(HERE, "ada") == (first, second)
    assert world.store.standing_of(HERE, "ben") == (older,)
    assert world.store.standing_of(ELSEWHERE, "ada") == ()


# ── what belongs together ────────────────────────────────────────────────────────────────────────────────────────────
def test_notes_of_one_session_lie_beside_each_other_in_the_order_they_were_laid(world):
    first, second, gone, third = (world.lay(f"Step {i}") for i in range(4))
    world.happens(Withdrawn(gone, "no"))

    assert world.store.beside(HERE, [first, second, third]) == {
        first: (second,),
        second: (first, third),
        third: (second,),
    }
    assert world.store.beside(HERE, [gone]) == {}
    assert world.store.beside(ELSEWHERE, [second]) == {}


def test_both_sides_of_a_dispute_know_each_other_while_they_stand(world):
    said, denied, gone = world.lay("Said"), world.lay("Denied"), world.lay("Gone")
    world.happens(Disputed(said, denied, "no"), Disputed(said, gone, "no"))
    world.happens(Withdrawn(gone, "no"))

    assert world.store.opposed(HERE, [said, denied]) == {said: (denied,), denied: (said,)}
    assert world.store.opposed(ELSEWHERE, [said]) == {}


def test_a_workspace_has_notes_whether_it_was_opened_or_not(world):
    assert world.store.noted_workspaces() == ()
    world.lay("Here")
    world.lay("There", workspace=ELSEWHERE)

    assert world.store.noted_workspaces() == tuple(sorted((HERE, ELSEWHERE)))
    assert world.store.workspaces() == {}


def test_a_session_that_somebody_else_calls_the_same_is_another_one(world):
    mine = world.lay("Mine", by=Author("ada", session="main"))
    theirs = world.lay("Theirs", by=Author("bo", session="main"))

    assert world.store.beside(HERE, [mine, theirs]) == {}


def test_a_word_that_is_asked_twice_counts_twice(world):
    for i in range(4):
        world.lay(f"Unrelated {i}")
    about_ledgers, about_logs = world.lay("ledger"), world.lay("logs")

    def score(*words):
        return dict(world.store.search_words(HERE, words, 10))

    once, twice = score("ledger", "logs"), score("ledger", "logs", "ledger")
    assert twice[about_ledgers] == pytest.approx(2 * once[about_ledgers])
    assert twice[about_logs] == pytest.approx(once[about_logs])
