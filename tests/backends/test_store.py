"""One contract for every store: what it keeps and refuses, and its log. Three more files test_store_*.py go on."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.backends.store_world import ADA, BEN, ELSEWHERE, HERE, again
from trails.errors import Conflict, NoSuchNote, Unavailable
from trails.events import (
    Credit,
    Disputed,
    FileGone,
    FileMoved,
    Judged,
    Laid,
    OutcomeReported,
    Restored,
    Retagged,
    Served,
    Superseded,
    Undone,
    Withdrawn,
    WorkspaceOpened,
)
from trails.fold import undone_by
from trails.notes import Anchor, Author, Fingerprint, Kind, Quality, Status, Verdict
from trails.ports import Wanted


# ── keeping ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_was_laid_is_found_as_it_was_said(world):
    anchors = (
        Anchor("src/a.py", 3, 9, Fingerprint("digest", ("one", "two")), "id of a"),
        Anchor("src/a.py", 40, 41, None, "id of a"),
        Anchor("docs/b.md", file_id="id of b"),
    )
    fact = Laid(
        world.new_id(), Kind.WARNING, "Close it first", "Or the last page is lost: “é ü 漢字”.", anchors, ("z", "a")
    )

    (event,) = world.happens(fact)

    note = world.note(fact.note_id)
    assert (note.id, note.workspace, note.kind, note.by) == (fact.note_id, HERE, Kind.WARNING, ADA)
    assert (note.title, note.body, note.anchors) == (fact.title, fact.body, anchors)
    assert note.topics == ("a", "z")
    assert note.laid_at == note.confirmed_at == event.at
    assert (note.status, note.reason, note.supersedes, note.superseded_by) == (Status.LIVE, "", "", "")
    assert (note.disputed_by, note.quality) == ((), Quality())


def test_the_same_key_with_the_same_content_gives_the_events_of_the_first_time(world):
    first = world.request(world.laid("One"), world.laid("Two"), key="k", digest="d")
    kept = world.store.append(first)
    world.now += timedelta(days=400)

    assert world.store.append(again(first, world)) == kept == first.events
    assert world.store.counts()["notes"] == 2


def test_the_same_key_with_other_content_is_a_conflict(world):
    world.happens(world.laid(), key="k", digest="one")

    with pytest.raises(Conflict, match="new key"):
        world.happens(world.laid(), key="k", digest="two")

    assert world.store.counts()["events"] == 1


def test_keys_belong_to_one_principal_in_one_workspace(world):
    world.happens(world.laid(), key="k", digest="one")
    world.happens(world.laid(), key="k", digest="two", by=BEN)
    world.happens(world.laid(), key="k", digest="three", workspace=ELSEWHERE)

    assert world.store.counts()["notes"] == 3


@pytest.mark.parametrize(("minutes", "notes"), [(0, 1), (10, 1), (10.1, 2)])
def test_the_same_content_within_ten_minutes_is_a_repetition(world, minutes, notes):
    first = world.request(world.laid(), digest="d", once=True)
    world.store.append(first)
    world.now += timedelta(minutes=minutes)

    kept = world.store.append(again(first, world, key="another"))

    assert (kept == first.events) is (notes == 1)
    assert world.store.counts()["events"] == notes


def test_the_same_content_of_somebody_else_is_no_repetition(world):
    world.happens(world.laid(), digest="d", once=True)
    world.happens(world.laid(), digest="d", once=True, by=BEN)
    world.happens(world.laid(), digest="d", once=True, workspace=ELSEWHERE)

    assert world.store.counts()["events"] == 3


def test_what_may_be_said_twice_is_kept_twice(world):
    world.happens(world.laid(), digest="d")
    world.happens(world.laid(), digest="d")

    assert world.store.counts()["events"] == 2


def test_no_events_are_no_request(world):
    assert world.happens() == ()


def test_a_known_event_is_not_kept_twice_and_never_changed(world):
    (event,) = world.happens(world.laid())
    other = world.request(world.laid())

    assert world.store.append(replace(other, events=(event, *other.events))) == (event, *other.events)
    with pytest.raises(Conflict, match="never changed"):
        world.store.append(replace(other, events=(replace(event, by=BEN),)))

    assert world.store.counts()["events"] == 2


FACTS_ABOUT_A_STRANGER = {
    "judged": lambda known, stranger: Judged(stranger, Verdict.HELPED),
    "superseded": lambda known, stranger: Superseded(stranger, known, "newer"),
    "superseded by": lambda known, stranger: Superseded(known, stranger, "newer"),
    "laid to supersede": lambda known, stranger: Laid("01TRAILSNEW", Kind.PLAN, "New", supersedes=stranger),
    "disputed by": lambda known, stranger: Disputed(known, stranger, "wrong"),
    "retagged": lambda known, stranger: Retagged(stranger, ("a",), (), "tidy"),
    "withdrawn": lambda known, stranger: Withdrawn(stranger, "wrong"),
    "restored": lambda known, stranger: Restored(stranger, "right"),
    "credited": lambda known, stranger: OutcomeReported(1, 0.5, credits=(Credit(known, 1, 0), Credit(stranger, 1, 0))),
}


@pytest.mark.parametrize("workspace_of_stranger", [None, ELSEWHERE])
@pytest.mark.parametrize("fact", FACTS_ABOUT_A_STRANGER.values(), ids=FACTS_ABOUT_A_STRANGER)
def test_an_event_about_a_note_that_is_not_there_is_refused_without_a_trace(world, fact, workspace_of_stranger):
    known = world.lay()
    stranger = world.lay(workspace=ELSEWHERE) if workspace_of_stranger else "01TRAILSNOBODY"
    before = world.note(known), world.store.counts()

    with pytest.raises(NoSuchNote):
        world.happens(world.laid("Goes down with it"), fact(known, stranger), key="k")

    assert (world.note(known), world.store.counts()) == before
    world.happens(world.laid(), key="k")  # the key was not used up


def test_a_request_may_speak_of_the_note_it_lays(world):
    old = world.lay("Old")
    new = world.laid("New", supersedes=old)

    world.happens(Superseded(old, new.note_id, "it moved"), new)

    assert world.note(old).superseded_by == new.note_id
    assert world.note(new.note_id).supersedes == old


def test_an_id_stays_in_its_workspace(world):
    fact = world.laid(files=["a.py"])
    world.happens(fact)

    with pytest.raises(Conflict, match="another workspace"):
        world.happens(fact, workspace=ELSEWHERE)
    with pytest.raises(Conflict, match="another workspace"):
        world.happens(FileGone("id of a.py"), workspace=ELSEWHERE)

    assert world.store.files_at(HERE, ["a.py"])["a.py"].present


def test_what_is_kept_later_is_kept(world):
    note_id = world.lay()

    served = world.event(Served("recall", (note_id,)), by=BEN)
    world.store.append_later(served)

    assert [event for _, event in world.store.session_events(HERE, "ben", BEN.session, 10)] == [served]


def test_a_closed_store_takes_nothing_more(world):
    world.store.close()

    with pytest.raises(Unavailable, match="closed"):
        world.lay()


def test_many_threads_lose_nothing_and_see_their_own(world):
    requests = [world.request(world.laid(f"Note {i}", files=["shared.py"])) for i in range(160)]

    def append(request):
        world.store.append(request)
        note_id = request.events[0].fact.note_id
        return note_id in world.store.find_notes(HERE, [note_id])

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(append, requests))

    assert {event.id for _, event in world.store.events_of(HERE, limit=1000)} == {r.events[0].id for r in requests}
    assert world.store.counts()["notes"] == 160


def test_the_same_key_from_many_threads_at_once_gives_one_event(world):
    first = world.request(world.laid(), key="k", digest="d")
    requests = [again(first, world) for _ in range(32)]

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(world.store.append, requests))

    assert len(answers) == 1
    assert world.store.counts()["events"] == 1


# ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_journal_gives_every_event_as_it_was_in_its_order(world):
    note_id = world.lay(files=["a.py"])
    other = world.lay()
    (judged,) = world.judge(note_id, Verdict.WRONG)
    (moved,) = world.happens(FileMoved("id of a.py", "b.py"))
    (ended,) = world.happens(OutcomeReported(1, 0.5, "fix", credits=(Credit(note_id, 1, 0), Credit(other, 0, 0))))

    journal = world.store.events_of(HERE)
    events = [event for _, event in journal]

    assert events[2:] == [judged, moved, ended]
    assert [seq for seq, _ in journal] == sorted({seq for seq, _ in journal})
    assert [event for _, event in world.store.events_of(HERE, note_id=note_id)] == [events[0], judged, ended]


def test_the_journal_of_a_file_has_all_that_happened_to_it_and_to_the_notes_on_it(world):
    note_id, other = world.lay(files=["src/a.py"]), world.lay(files=["src.py"])
    (judged,) = world.judge(note_id)
    (moved,) = world.happens(FileMoved("id of src/a.py", "lib/b.py"))
    (undone,) = world.happens(Undone(judged.id, "a mistake"))
    (again,) = world.happens(Undone(undone.id, "it was right"))
    world.judge(other)

    def told(path):
        return [event for _, event in world.store.events_of(HERE, path=path)][1:]

    assert told("lib/b.py") == told("lib") == [judged, moved, undone, again]
    assert told("src/a.py") == told("src") == told("lib")  # by the names that it once had
    assert told("src.py") == told("src.py")
    assert world.store.events_of(HERE, path="li") == []


def test_a_name_means_the_file_that_has_it_before_one_that_had_it(world):
    world.lay(files=["a.py"])
    world.happens(FileMoved("id of a.py", "b.py"))
    note_id = world.lay(files=["a.py"], file_id="another")

    assert [event.fact.note_id for _, event in world.store.events_of(HERE, path="a.py")] == [note_id]


def test_the_journal_can_be_narrowed_to_kinds_to_somebody_and_to_a_time(world):
    note_id = world.lay()
    (judged,) = world.judge(note_id, by=BEN)
    (withdrawn,) = world.withdraw(note_id)

    def told(**wanted):
        return [event for _, event in world.store.events_of(HERE, wanted=Wanted(**wanted))]

    assert told(kinds=("judged", "withdrawn")) == [judged, withdrawn]
    assert told(by=BEN.principal) == told(by=BEN.session) == [judged]
    assert told(since=judged.at, until=withdrawn.at) == [judged]
    assert len(told(by=ADA.agent)) == 3


def test_the_journal_can_be_read_page_by_page_in_both_directions(world):
    note_id = world.lay()
    for _ in range(5):
        world.judge(note_id)
    whole = world.store.events_of(HERE)

    assert world.store.events_of(HERE, before=whole[4][0], limit=2) == whole[2:4]
    assert world.store.events_of(HERE, after=0, limit=2) == whole[:2]


def test_what_undoes_an_event_and_what_undoes_that_are_told(world):
    note_id = world.lay()
    (judged,) = world.judge(note_id)
    (undone,) = world.happens(Undone(judged.id, "a mistake"))
    (again,) = world.happens(Undone(undone.id, "it was right"))
    (other,) = world.judge(note_id)

    assert world.store.undoings_of(HERE, [judged.id]) == [undone, again]
    assert world.store.undoings_of(HERE, [undone.id]) == [again]
    assert world.store.undoings_of(HERE, [other.id]) == []
    assert undone_by([undone, again]) == {undone.id: again}


def test_the_journal_gives_the_newest_or_what_comes_after_a_place(world):
    note_id = world.lay()
    for _ in range(5):
        world.judge(note_id)
    whole = world.store.events_of(HERE)

    for asked in ({}, {"note_id": note_id}):
        assert world.store.events_of(HERE, limit=2, **asked) == whole[-2:]
        assert world.store.events_of(HERE, after=whole[1][0], limit=2, **asked) == whole[2:4]
        assert world.store.events_of(HERE, after=whole[-1][0], **asked) == []


def test_a_workspace_is_known_by_its_latest_root(world):
    world.happens(WorkspaceOpened("/new"), at=world.now + timedelta(days=1))
    world.happens(WorkspaceOpened("/old"))
    world.happens(WorkspaceOpened("/there"), workspace=ELSEWHERE)

    assert world.store.workspaces() == {HERE: "/new", ELSEWHERE: "/there"}


def test_a_session_has_its_own_events_and_no_others(world):
    note_id = world.lay()
    first, second, third = (world.judge(note_id)[0] for _ in range(3))
    world.judge(note_id, by=Author("ben", session="ben-2"))
    world.judge(note_id, by=Author("eve", session=BEN.session))
    world.judge(note_id, by=Author("ben"))

    def events(session, limit=10):
        return world.store.session_events(HERE, "ben", session, limit)

    journal = dict(world.store.events_of(HERE))
    assert [event for _, event in events(BEN.session)] == [first, second, third]
    assert [event for _, event in events(BEN.session, limit=2)] == [second, third]
    assert all(journal[seq] == event for seq, event in events(BEN.session))
    assert events("") == []  # nobody can tell whose it is


def test_the_answers_that_showed_a_note_are_told_newest_first(world):
    note_id, other = world.lay("Shown"), world.lay("Not shown")
    shown = [world.happens(Served(f"r{i}", (other, note_id), query=f"question {i}"))[0] for i in range(3)]
    world.happens(Served("r3", (other,)))
    last = world.event(Served("r4", (note_id,), (0.25,)), by=BEN)
    world.store.append_later(last)

    assert world.store.showings_of(HERE, note_id, 10) == [last, *reversed(shown)]
    assert world.store.showings_of(HERE, note_id, 2) == [last, shown[2]]
    assert world.store.showings_of(ELSEWHERE, note_id, 10) == []


def test_what_was_shown_to_others_is_told_newest_first(world):
    notes = [world.lay(f"Note {i}") for i in range(5)]
    world.happens(Served("r1", (notes[0], notes[1])), by=BEN)
    world.happens(Served("r2", (notes[2], notes[1])), by=Author("ben", session="ben-2"))
    world.happens(Served("r3", (notes[3],)), by=ADA)
    world.happens(Served("r4", (notes[4],)))  # to ada as well

    assert world.store.shown_to_others(HERE, "ada", ADA.session, 10) == (notes[2], notes[1], notes[0])
    assert world.store.shown_to_others(HERE, "ada", ADA.session, 2) == (notes[2], notes[1])
    assert world.store.shown_to_others(HERE, "ben", BEN.session, 10) == (notes[4], notes[3], notes[2], notes[1])


def test_results_are_those_of_one_kind_of_task_newest_first(world):
    for result, task in ((0.0, "fix"), (0.25, "docs"), (1.0, "fix"), (0.5, "")):
        world.happens(OutcomeReported(result, 0.5, task))

    assert world.store.results_of(HERE, "fix") == (1.0, 0.0)
    assert world.store.results_of(HERE, "fix", limit=1) == (1.0,)
    assert world.store.results_of(HERE, "") == (0.5,)


def test_counts_are_of_one_workspace_or_of_all(world):
    note_id = world.lay(files=["a.py", "b.py"])
    world.lay(workspace=ELSEWHERE)
    world.withdraw(note_id)

    assert world.store.counts(HERE) == {"notes": 1, "live": 0, "pending": 1, "events": 2, "files": 2}
    assert world.store.counts() == {"notes": 2, "live": 1, "pending": 2, "events": 3, "files": 2}
