"""What answers and errors look like in JSON."""

from datetime import UTC, datetime

import pytest

from trails import Anchor, Author, BadInput, Kind, Note
from trails.errors import ERRORS_BY_CODE
from trails.events import FACTS_BY_KIND, Event, Judged, Laid
from trails.notes import Drift, Validity, Verdict
from trails_server.journal_payloads import event_payload
from trails_server.payloads import note_payload
from trails_server.translations import TRANSLATIONS, error_payload

AT = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
ADA = Author("ada", "scout", "s-1")


def test_every_error_has_a_number_of_its_own_on_each_surface():
    assert TRANSLATIONS.keys() == ERRORS_BY_CODE.keys()
    for surface in ("http_status", "json_rpc", "exit_code"):
        assert len({getattr(one, surface) for one in TRANSLATIONS.values()}) == len(TRANSLATIONS)


def test_an_error_of_ours_says_what_to_do_and_any_other_says_nothing():
    assert error_payload(BadInput("Give a title.")) == {"code": "bad_input", "message": "Give a title."}
    assert "swordfish" not in error_payload(KeyError("swordfish"))["message"]


def test_a_file_without_a_known_state_says_unknown():
    note = Note(
        "01" * 13, "w", Kind.WARNING, "Close it", "", ADA, AT, AT, anchors=(Anchor("a.py"), Anchor("b.py", 1, 2))
    )

    files = note_payload(note, [Drift("a.py", Validity.CHANGED, 0.5)])["files"]

    assert [(file["path"], file["validity"], file["changed"]) for file in files] == [
        ("a.py", "changed", 0.5),
        ("b.py", "unknown", 0.0),
    ]


def test_an_event_keeps_its_own_kind_beside_that_of_the_note():
    laid = event_payload(
        7, Event("e", AT, "w", ADA, Laid("n", Kind.WARNING, "Close it", anchors=(Anchor("a.py", 1, 2),)))
    )

    assert (laid["seq"], laid["kind"], laid["note_kind"]) == (7, "laid", "warning")
    assert laid["files"] == [{"path": "a.py", "first_line": 1, "last_line": 2}]
    assert laid["at"] == "2026-01-31T09:30:00+00:00"


def test_no_fact_hides_where_an_event_comes_from():
    origin = {"seq", "id", "at", "by"}

    assert not [kind for kind, fact in FACTS_BY_KIND.items() if origin & set(fact.__dataclass_fields__)]
    assert event_payload(1, Event("e", AT, "w", ADA, Judged("n", Verdict.WRONG)))["verdict"] == "wrong"


@pytest.mark.parametrize("kind", list(FACTS_BY_KIND))
def test_only_a_laid_note_has_a_kind_of_its_own(kind):
    assert ("kind" in FACTS_BY_KIND[kind].__dataclass_fields__) is (kind == "laid")
