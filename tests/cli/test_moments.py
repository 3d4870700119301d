"""When a person means."""

from datetime import datetime, timedelta

import pytest

from trails import BadInput
from trails_cli.moments import moment

NOW = datetime(2026, 3, 1, 12).astimezone()


@pytest.mark.parametrize(
    ("text", "span"),
    [("90m", timedelta(minutes=90)), ("2h", timedelta(hours=2)), ("3 d", timedelta(days=3)), ("1w", timedelta(7))],
)
def test_a_span_is_so_long_ago(text, span):
    assert datetime.fromisoformat(moment(text, NOW)) == NOW - span


def test_a_date_is_a_whole_day_on_the_wall():
    begin, end = (datetime.fromisoformat(moment("2026-01-31", NOW, ends=ends)) for ends in (False, True))

    assert begin == datetime(2026, 1, 31).astimezone()
    assert end == datetime(2026, 2, 1).astimezone()
    assert moment("2026-01-31T10:00Z", NOW, ends=True) == moment("2026-01-31T10:00+00:00", NOW)
    assert moment("", NOW) == ""


@pytest.mark.parametrize("text", ["soon", "2 hours ago", "31.1.2026", "9" * 40 + "d", "9999-12-31"])
def test_what_is_no_time_says_how_to_write_one(text):
    with pytest.raises(BadInput, match="1w"):
        moment(text, NOW, ends=True)
