"""What every store knows of files: the notes on them, what ties them to others, their names."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.dialects import sqlite

from tests.backends.soundness import ask
from tests.backends.store_world import BEN, ELSEWHERE, HERE
from trails.backends import sql_paths
from trails.edges import Sitting, Tie, Walk, edges
from trails.events import (
    Corroborated,
    Credit,
    Edited,
    FileChanged,
    FileGone,
    FileMoved,
    Judged,
    OutcomeReported,
    Restored,
    Superseded,
    Undone,
    Used,
    Withdrawn,
)
from trails.notes import Anchor, Author, Use, Verdict
from trails.ports import FileName

A, B = "id of a.py", "id of b.py"


# ── notes on files ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_newest_notes_of_each_file_come_first(world):
    laid = [world.lay(f"Note {i}", files=["a.py"]) for i in range(4)]
    both = world.lay("Both", files=["a.py", "b.py"])
    on_b = world.lay("On b", files=["b.py"])

    assert world.store.notes_on(HERE, [A], 3) == (both, laid[3], laid[2])
    assert world.store.notes_on(HERE, [A, B], 2) == (both, laid[3], on_b)  # at most two of each, none twice
    assert world.store.notes_on(HERE, [], 3) == world.store.notes_on(HERE, ["id of c.py"], 3) == ()


def test_the_notes_of_one_principal_can_be_left_out(world):
    old = world.lay("Old", files=["a.py"], by=BEN)
    for i in range(3):
        world.lay(f"Note {i}", files=["a.py"])

    assert world.store.notes_on(HERE, [A], 2, without="ada") == (old,)
    assert len(world.store.notes_on(HERE, [A], 9, without="ben")) == 3


def test_a_note_that_stands_for_the_lines_of_a_file_twice_is_one_tie(world):
    anchors = (Anchor("a.py", 1, 2, None, A), Anchor("a.py", 8, 9, None, A))
    (event,) = world.happens(replace(world.laid(), anchors=anchors))

    assert world.store.notes_on(HERE, [A], 9) == (event.fact.note_id,)
    assert world.store.ties_from(HERE, A, 9) == [Tie(event.fact.note_id, A, event.at, 1)]


# ── ties ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_file_is_tied_to_all_files_of_its_newest_notes(world):
    old = world.lay("Old", files=["a.py", "old.py"])
    wide = world.lay("Wide", files=["b.py", "a.py", "c.py"])
    narrow = world.lay("Narrow", files=["a.py"])
    world.lay("Beside", files=["b.py", "d.py"])
    (judged,) = world.judge(wide)
    at = {note_id: world.note(note_id).confirmed_at for note_id in (old, wide, narrow)}

    ties = world.store.ties_from(HERE, A, 2)

    assert [tie.by_id for tie in ties] == [narrow, wide, wide, wide]
    assert set(ties) == {
        Tie(narrow, A, at[narrow], 1),
        *(Tie(wide, file_id, judged.at, 3) for file_id in (A, B, "id of c.py")),
    }
    assert {tie.by_id for tie in world.store.ties_from(HERE, A, 3)} == {narrow, wide, old}


def test_a_note_that_was_withdrawn_leaves_no_edge(world):
    tie = world.lay("Both", files=["a.py", "b.py"])
    world.lay("Only a", files=["a.py"])

    def edges_from_a():
        return edges([A], world.store.ties_from(HERE, A, 9), world.now)

    assert edges_from_a().keys() == {B}
    world.withdraw(tie)
    assert edges_from_a() == {}
    world.happens(Restored(tie, "it still stands"))
    assert edges_from_a().keys() == {B}


def test_a_tie_follows_a_rename(world):
    world.lay("Both", files=["a.py", "b.py"])

    world.happens(FileMoved(A, "x.py"), FileMoved(B, "y.py"))

    open_id = world.store.files_at(HERE, ["x.py"])["x.py"].file_id
    places = {tie.place_id for tie in world.store.ties_from(HERE, open_id, 9)}
    assert {name.path for name in world.store.files_by_id(HERE, places)} == {"x.py", "y.py"}


def test_the_files_of_notes_are_told_by_note(world):
    both, loose, gone = world.lay("Both", files=["b.py", "a.py"]), world.lay("Loose"), world.lay("Gone", files=["a.py"])
    one, there = world.lay("One", files=["c.py"]), world.lay("There", workspace=ELSEWHERE, files=["d.py"])
    world.withdraw(gone)

    found = world.store.files_of(HERE, [both, loose, gone, one, there, "01NOBODY"])

    assert {note_id: set(file_ids) for note_id, file_ids in found.items()} == {both: {A, B}, one: {"id of c.py"}}
    assert world.store.files_of(HERE, []) == {}


# ── sittings ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def edits(world, *paths, by=BEN):
    (event,) = world.happens(Edited(tuple(Anchor(path, file_id=f"id of {path}") for path in paths)), by=by)
    return event.at


def test_all_that_a_session_edited_is_told_newest_session_first(world):
    first = edits(world, "a.py", "b.py")
    later = edits(world, "a.py", by=replace(BEN, session="s-later"))
    again = edits(world, "c.py")
    edits(world, "d.py", by=replace(BEN, session="s-elsewhere"))

    assert world.store.sittings_with(HERE, A, 9) == [
        Sitting("ben", "s-later", A, later),
        Sitting("ben", BEN.session, "id of c.py", again),
        Sitting("ben", BEN.session, A, first),
        Sitting("ben", BEN.session, B, first),
    ]
    assert world.store.sittings_with(ELSEWHERE, A, 9) == world.store.sittings_with(HERE, "id of none", 9) == []


def test_many_sessions_of_one_principal_do_not_hide_those_of_another(world):
    edits(world, "a.py", "b.py", by=Author("eve", session="old"))
    for number in range(4):
        edits(world, "a.py", by=replace(BEN, session=f"s{number}"))

    found = world.store.sittings_with(HERE, A, 2)

    assert [(one.principal, one.session) for one in found] == [("ben", "s3"), ("ben", "s2"), *[("eve", "old")] * 2]


def test_an_edit_that_was_undone_ties_nothing(world):
    (event,) = world.happens(Edited((Anchor("a.py", file_id=A), Anchor("b.py", file_id=B))), by=BEN)

    world.happens(Undone(event.id, "it was an accident"))

    assert world.store.sittings_with(HERE, A, 9) == []


# ── walks ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def walks(world, *note_ids, limit=99):
    return world.store.walks_through(HERE, note_ids, limit)


def test_what_a_session_used_is_walked_through_newest_first(world):
    one, two, three, four = (world.lay(f"Note {i}") for i in range(4))
    first = world.judge(one)[0].at
    second = world.judge(two)[0].at
    world.judge(three, by=Author("ben", session="ben-2"))
    last = world.judge(two, by=Author("cy", session=BEN.session))[0].at

    assert walks(world, one) == [Walk("ben", "ben-1", two, second), Walk("ben", "ben-1", one, first)]
    assert walks(world, one, two) == [Walk("cy", "ben-1", two, last), *walks(world, one)]
    assert walks(world, one, two, limit=2) == walks(world, one, two)[:2]
    assert walks(world, four) == walks(world) == walks(world, "01NOBODY") == []


USES = {
    "cited": lambda note_id: Used(note_id, Use.CITED),
    "judged": lambda note_id: Judged(note_id, Verdict.HELPED),
    "credited": lambda note_id: OutcomeReported(1, 0.5, credits=(Credit(note_id, 1, 0),)),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_note_is_walked_by_using_it(world, use):
    note_id, judged = world.lay("Used"), world.lay("Judged")
    world.judge(judged)

    (event,) = world.happens(use(note_id), by=BEN)

    assert walks(world, judged)[0] == Walk("ben", "ben-1", note_id, event.at)


NO_USES = {
    "unhelpful": lambda note_id, _: Judged(note_id, Verdict.UNHELPFUL),
    "wrong": lambda note_id, _: Judged(note_id, Verdict.WRONG),
    "charged": lambda note_id, _: OutcomeReported(0, 0.5, credits=(Credit(note_id, 0, 1),)),
    "corroborated": lambda note_id, witness: Corroborated(note_id, witness, 0.97),
}


@pytest.mark.parametrize("fact", NO_USES.values(), ids=NO_USES)
def test_a_note_is_not_walked_by_what_is_no_use_of_it(world, fact):
    note_id = world.lay("Not used", by=BEN)
    judged, witness = world.lay("Judged"), world.lay("Witness", by=BEN)
    world.judge(judged)

    world.happens(fact(note_id, witness), by=BEN)

    assert [walk.note_id for walk in walks(world, judged)] == [judged]
    assert walks(world, note_id) == []


def test_a_session_that_used_a_note_in_several_ways_walked_it_once(world):
    note_id = world.lay()
    world.judge(note_id)
    world.happens(Used(note_id, Use.CITED), by=BEN)
    (last,) = world.happens(OutcomeReported(1, 0.5, credits=(Credit(note_id, 1, 0),)), by=BEN)
    world.happens(Used(note_id, Use.EDITED), by=BEN, at=last.at - timedelta(days=1))

    assert walks(world, note_id) == [Walk("ben", "ben-1", note_id, last.at)]


def test_those_who_give_no_session_tie_nothing(world):
    one, two = world.lay("One"), world.lay("Two")
    world.judge(one, by=Author("ben"))
    world.judge(two, by=Author("ben"))

    assert walks(world, one) == []


@pytest.mark.parametrize("fact", [Withdrawn, lambda note_id, reason: Superseded(note_id, note_id, reason)])
def test_nobody_walks_through_notes_that_no_longer_stand(world, fact):
    gone, left = world.lay("Gone"), world.lay("Left")
    world.judge(gone)
    world.judge(left)

    world.happens(fact(gone, "old"))

    assert [walk.note_id for walk in walks(world, left)] == [left]
    assert walks(world, gone) == []


def test_a_session_in_two_workspaces_ties_only_what_lies_in_the_same(world):
    here, there = world.lay("Here"), world.lay("There", workspace=ELSEWHERE)
    world.judge(here)
    world.judge(there, workspace=ELSEWHERE)

    assert [walk.note_id for walk in walks(world, here)] == [here]
    assert walks(world, there) == []


def test_of_uses_at_one_moment_every_store_takes_the_same(world):
    notes = [world.lay(f"Note {i}") for i in range(4)]
    for principal in ("ben", "cy"):
        by = Author(principal, session="s")
        world.happens(*(Judged(note_id, Verdict.HELPED) for note_id in notes), by=by, at=world.now)

    newest = sorted(((note_id, principal) for note_id in notes for principal in ("ben", "cy")), reverse=True)
    world.now += timedelta(hours=1)
    by_place = [(walk.note_id, walk.principal) for walk in walks(world, *notes, limit=3)]
    assert len({walk.used_at for walk in walks(world, *notes)}) == 2
    assert by_place == [pair for pair in newest if pair[1] == "cy"][:3]


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_file_keeps_its_notes_through_a_rename(world):
    note_id = world.lay(files=["old.py"])

    world.happens(FileMoved("id of old.py", "new.py"), FileChanged("id of old.py", "digest"))

    name = FileName("id of old.py", "new.py", True, "digest")
    assert world.store.files_at(HERE, ["old.py", "new.py", ""]) == {"new.py": name}
    assert world.store.files_by_id(HERE, ["id of old.py"]) == [name]
    assert [anchor.path for anchor in world.note(note_id).anchors] == ["new.py"]
    assert world.store.count_files_born_at(HERE, "old.py") == 1
    assert world.store.count_files_born_at(HERE, "new.py") == 0


def test_of_two_files_with_one_name_the_later_claim_holds(world):
    world.lay(files=["a.py", "b.py"])
    world.happens(FileGone(B))
    assert not world.store.files_at(HERE, ["b.py"])["b.py"].present

    world.happens(FileMoved(A, "b.py"))

    assert world.store.files_at(HERE, ["b.py"])["b.py"].file_id == A
    assert {name.file_id for name in world.store.files_by_id(HERE, [A, B])} == {A, B}


def test_files_are_found_by_the_beginning_of_their_path(world):
    world.lay(files=["src/a.py", "src/ä.py", "src_b.py", "Src/c.py", "srcX/%.py"])
    world.happens(FileChanged("never laid", "digest"))  # it has no name yet

    def under(prefix):
        return {name.path for name in world.store.files_under(HERE, prefix)}

    assert under("src/") == {"src/a.py", "src/ä.py"}
    assert under("src_") == {"src_b.py"}
    assert under("srcX/%") == {"srcX/%.py"}
    assert len(under("")) == 5


def test_files_are_found_by_their_id_those_that_are_gone_as_gone(world):
    world.lay(files=["a.py", "b.py", "c.py"])
    world.happens(FileGone(B))

    found = world.store.files_by_id(HERE, [A, B, "id of nothing"])

    assert sorted(found, key=lambda name: name.path) == [FileName(A, "a.py"), FileName(B, "b.py", present=False)]
    assert world.store.files_by_id(HERE, []) == []


def test_hundreds_of_files_are_found_at_once(world):
    paths = [f"src/f{i}.py" for i in range(1100)]
    for start in range(0, len(paths), 100):
        world.lay(files=paths[start : start + 100])

    assert {name.path for name in world.store.files_by_id(HERE, [f"id of {path}" for path in paths])} == set(paths)


def test_a_file_was_touched_when_the_newest_note_that_stands_on_it_was_laid(world):
    old = world.lay("Old", files=["a.py"])
    new = world.lay("New", files=["a.py", "b.py"])
    world.lay("Loose")
    at = {note_id: world.note(note_id).laid_at for note_id in (old, new)}

    assert world.store.touched_at(HERE, [A, B]) == {A: at[new], B: at[new]}
    world.judge(old)  # a use lays nothing
    assert world.store.touched_at(HERE, [A]) == {A: at[new]}
    world.withdraw(new)
    assert world.store.touched_at(HERE, [A, B]) == {A: at[old]}
    world.happens(Restored(new, "it still stands"))
    assert world.store.touched_at(HERE, [B]) == {B: at[new]}


def test_a_file_that_is_unknown_or_of_another_workspace_was_never_touched(world):
    world.lay("There", workspace=ELSEWHERE, files=["a.py"])
    world.happens(FileChanged("never laid", "digest"))

    assert world.store.touched_at(HERE, [A, "never laid", "id of nothing"]) == {}
    assert world.store.touched_at(HERE, []) == {}
    assert world.store.touched_at(ELSEWHERE, [A]).keys() == {A}


def test_a_note_that_was_replaced_touches_only_where_the_new_one_lies(world):
    old = world.lay("Old", files=["a.py", "b.py"])
    new = world.laid("New", files=["b.py"])
    world.happens(new, Superseded(old, new.note_id, "better"))

    assert world.store.touched_at(HERE, [A, B]) == {B: world.note(new.note_id).laid_at}


def test_when_a_file_was_touched_follows_a_rename(world):
    note_id = world.lay(files=["a.py"])

    world.happens(FileMoved(A, "x.py"))

    assert world.store.touched_at(HERE, [A]) == {A: world.note(note_id).laid_at}


def like(world, *paths):
    return {name.path for name in world.store.files_like(HERE, paths)}


def test_the_test_of_a_module_is_like_it(world):
    world.lay(files=["src/users.py", "tests/test_users.py", "docs/Users.md", "src/user.py", "src/orders.py"])
    alike = {"src/users.py", "tests/test_users.py", "docs/Users.md"}

    assert like(world, "src/users.py") == like(world, "web/users_test.go") == alike
    assert like(world, "users.c", "orders.h") == alike | {"src/orders.py"}
    assert like(world) == like(world, "") == like(world, "nothing.py") == set()


def test_likeness_follows_a_rename(world):
    world.lay(files=["a.py"])

    world.happens(FileMoved(A, "lib/b.py"))

    assert like(world, "test_a.py") == set()
    assert like(world, "test_b.py") == {"lib/b.py"}


def test_files_are_found_by_the_stemmed_words_of_their_path(world):
    world.lay(files=["src/parsers/json.py", "src/parsers/yaml.py", "src/store.py"])
    world.happens(FileChanged("never laid", "digest"))  # it has no name yet

    found = world.store.files_with_words(HERE, ["parser", "json", "nothing", "parsers"])

    assert {name.path for name in found.files} == {"src/parsers/json.py", "src/parsers/yaml.py"}
    assert found.counts == {"parser": 2, "json": 1}
    assert found.total == 3


def test_without_a_known_word_no_file_is_found(world):
    world.lay(files=["src/store.py"])

    for words in ([], ["nothing"], [""]):
        found = world.store.files_with_words(HERE, words)
        assert (found.files, found.counts) == ((), {})


def test_words_follow_a_rename_and_stay_with_a_file_that_is_gone(world):
    world.lay(files=["ledger.py", "books.py"])

    world.happens(FileMoved("id of ledger.py", "journal.py"), FileGone("id of books.py"))

    assert world.store.files_with_words(HERE, ["ledger"]).counts == {}
    assert world.store.files_with_words(HERE, ["journal"]).files == (FileName("id of ledger.py", "journal.py"),)
    assert [name.present for name in world.store.files_with_words(HERE, ["book"]).files] == [False]


def test_files_of_another_workspace_are_no_files_here(world):
    world.lay(files=["src/store.py"], workspace=ELSEWHERE)

    assert world.store.files_by_id(HERE, ["id of src/store.py"]) == []
    assert world.store.files_like(HERE, ["store.py"]) == []
    assert world.store.files_with_words(HERE, ["stor"]).files == ()
    assert world.store.ties_from(HERE, "id of src/store.py", 9) == []


# ── what only the store on disk leaves out ───────────────────────────────────────────────────────────────────────────
def test_of_words_that_many_files_have_the_rarest_are_looked_at_first(sql_world, monkeypatch):
    monkeypatch.setattr(sql_paths, "FILES_BY_WORDS", 3)
    sql_world.lay(files=[*(f"common/{name}.py" for name in "abcde"), "odd/x.py", "odd/y.py"])

    found = sql_world.store.files_with_words(HERE, ["common", "odd"])

    paths = [name.path for name in found.files]
    assert {path for path in paths if path.startswith("odd")} == {"odd/x.py", "odd/y.py"}
    assert len(paths) == 3
    assert (found.counts, found.total) == ({"common": 5, "odd": 2}, 7)


def test_of_very_many_files_of_one_stem_some_are_given(sql_world):
    sql_world.lay(files=[f"{i}/index.ts" for i in range(40)])

    found = like(sql_world, "index.html")

    assert len(found) == sql_paths.FILES_OF_A_STEM
    assert found <= {f"{i}/index.ts" for i in range(40)}


def test_notes_on_a_file_are_counted_whether_they_stand_or_not(world):
    for _ in range(2):
        world.lay(files=["a.py"])
    world.happens(Withdrawn(world.lay(files=["a.py", "b.py"]), "no"))

    assert world.store.notes_a_file(HERE, [A, B, "id of unknown.py"]) == {A: 3, B: 1}
    assert world.store.notes_a_file(ELSEWHERE, [A]) == {}


def test_when_files_were_touched_is_read_without_the_rest_of_the_workspace(sql_world, database):
    values = sql_paths.TOUCHED_AT.params(ids=[A, B], workspace=HERE)
    question = values.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})

    plan = [row["detail"] for row in ask(database, f"EXPLAIN QUERY PLAN {question}")]

    assert "SEARCH files USING PRIMARY KEY (id=?)" in plan
