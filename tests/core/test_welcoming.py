"""What a welcome tells first, and which files it says to read."""

from datetime import timedelta

from tests.core.test_delivery import NOW, note
from trails.dynamics import SECONDS_PER_DAY
from trails.notes import Anchor, AtWork, Author, Drift, Hit, Kind, Lead, Note, Reason, Validity
from trails.welcoming import (
    FIRST_LINES,
    NOTES_A_FILE,
    PARTS,
    TURNS,
    Welcome,
    in_turns,
    is_stale,
    parts_of,
    reading_path,
)

NEAR = (Reason("file", 0.9, "laid on src/a.py"),)
REWRITTEN = (Drift("src/a.py", Validity.CHANGED, 0.9),)


def hit(number: int, kind: Kind = Kind.OBSERVATION, *, days_ago: float = 0, **more: object) -> Hit:
    """A note of one use so long ago, as it would be gathered."""
    t_star = NOW.timestamp() - days_ago * SECONDS_PER_DAY
    score = float(more.pop("score", 0.0))
    reasons = more.pop("reasons", ())
    drifts = more.pop("drifts", ())
    return Hit(note(number, kind=kind, t_star=t_star, **more), score, reasons, drifts)


def told(*hits: Hit, at_work: int = 0, reading: int = 0) -> list[object]:
    """The kinds of notes, and the other lines, in the order in which they get a place."""
    sessions = tuple(AtWork(Author("bob", session=f"s{number}"), ("a.py",), NOW) for number in range(at_work))
    files = tuple(Lead(f"{number}.py", 1.0, ()) for number in range(reading))
    found = Welcome(parts=parts_of(hits, NOW), at_work=sessions, reading=files)
    return [one.note.kind if isinstance(one, Hit) else type(one) for one in in_turns(found)]


def on(number: int, *paths: str, days_ago: float = 0, kind: Kind = Kind.OBSERVATION) -> Note:
    return hit(number, kind, days_ago=days_ago, anchors=tuple(Anchor(path) for path in paths)).note


# ── the order ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_kind_but_presence_has_a_heading_and_a_turn() -> None:
    kinds = set(Kind) - {Kind.PRESENCE}

    assert {kind for kinds in PARTS.values() for kind in kinds} == kinds
    assert {kind for kinds in TURNS for kind in kinds} == kinds


def test_what_is_under_way_comes_first_then_who_is_at_work_what_was_settled_and_what_to_look_out_for() -> None:
    one_of_each = [hit(place, kind) for place, kind in enumerate(sorted(set(Kind) - {Kind.PRESENCE, Kind.HOW_TO}))]

    assert told(*one_of_each, at_work=1, reading=1) == [
        *(Kind.HAND_OFF, Kind.PLAN, AtWork, Kind.DECISION, Kind.WARNING, Lead, Kind.OBSERVATION, Kind.QUESTION)
    ]


def test_one_of_each_kind_comes_before_a_second_of_any() -> None:
    hand_offs = [hit(number, Kind.HAND_OFF) for number in range(3)]

    assert told(*hand_offs, hit(8, Kind.WARNING), hit(9, Kind.PLAN))[:3] == [Kind.HAND_OFF, Kind.PLAN, Kind.WARNING]


def test_many_who_are_at_work_and_many_files_do_not_come_before_the_notes() -> None:
    order = told(*(hit(number, Kind.PLAN) for number in range(9)), at_work=9, reading=9)

    last_note = max(place for place, one in enumerate(order) if one is Kind.PLAN)
    assert order[:last_note].count(AtWork) == order[:last_note].count(Lead) == FIRST_LINES
    assert order.count(AtWork) == order.count(Lead) == 9


def test_of_one_heading_the_stronger_trail_comes_first_whatever_its_kind() -> None:
    weak, strong = hit(1, Kind.HOW_TO, days_ago=20), hit(2, Kind.OBSERVATION, days_ago=2)
    strong_for_long = hit(3, Kind.PLAN, days_ago=20)

    (under_way, trails) = parts_of([weak, strong, strong_for_long], NOW)

    assert under_way.hits == (strong_for_long,)
    assert trails.hits == (strong, weak)


def test_a_note_out_of_date_leads_nothing_however_strong_it_is() -> None:
    stale = hit(1, Kind.HAND_OFF, drifts=REWRITTEN)
    weak = hit(2, Kind.QUESTION, days_ago=30)

    assert told(stale, weak) == [Kind.QUESTION, Kind.HAND_OFF]


def test_notes_near_the_files_asked_about_come_before_others_of_every_kind() -> None:
    far, near = hit(1, Kind.HAND_OFF), hit(2, Kind.OBSERVATION, days_ago=30, reasons=NEAR)

    assert told(far, near) == [Kind.OBSERVATION, Kind.HAND_OFF]


def test_a_near_note_out_of_date_comes_after_far_ones_that_hold() -> None:
    stale, far = hit(1, Kind.HAND_OFF, reasons=NEAR, drifts=REWRITTEN), hit(2, Kind.QUESTION)

    assert told(stale, far) == [Kind.QUESTION, Kind.HAND_OFF]


def test_a_note_is_stale_when_none_of_its_places_held() -> None:
    held, changed, gone = Drift("a", Validity.SAME), Drift("a", Validity.CHANGED, 0.5), Drift("a", Validity.GONE, 1.0)

    assert not is_stale(hit(1))
    assert not is_stale(hit(1, drifts=(gone, held)))
    assert not is_stale(hit(1, drifts=(changed,)))
    assert is_stale(hit(1, drifts=(gone, *REWRITTEN)))


# ── the files to read ────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_files_with_the_strongest_trails_are_to_be_read_first() -> None:
    notes = [on(1, "a.py"), on(2, "b.py"), on(3, "b.py"), on(4, "c.py", days_ago=60)]

    path = reading_path(notes, [], NOW)

    assert [lead.path for lead in path] == ["b.py", "a.py", "c.py"]
    assert [lead.score for lead in path] == sorted((lead.score for lead in path), reverse=True)
    assert path[0].score == 1.0


def test_what_commits_alone_lead_to_comes_after_what_colleagues_told_of() -> None:
    commits = [on(number, "busy.py") for number in range(20)]

    path = reading_path([on(90, "told.py", days_ago=90)], commits, NOW)

    assert [lead.path for lead in path] == ["told.py", "busy.py"]
    assert (path[1].reasons, path[1].note_ids) == ((), ())


def test_a_file_that_changes_with_everything_is_no_place_to_start() -> None:
    commits = [on(number, "changes.md", f"{number}.py", "x.py", "y.py") for number in range(3)] + [on(9, "core.py")]

    assert reading_path([], commits, NOW)[0].path == "core.py"


def test_a_file_to_read_names_the_strongest_notes_on_it() -> None:
    notes = [on(number, "a.py", days_ago=number) for number in range(NOTES_A_FILE + 1)]

    (lead,) = reading_path(notes, [], NOW)

    assert lead.note_ids == tuple(one.id for one in notes[:NOTES_A_FILE])
    assert lead.reasons[0].words == "observation [00000000], observation [00000001], observation [00000002]"


def test_nothing_leads_to_no_file() -> None:
    assert reading_path([], [], NOW) == []
    assert reading_path([on(1)], [on(2)], NOW + timedelta(days=9)) == []
