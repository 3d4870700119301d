"""
When a person means: "2h" (two hours ago), "2026-01-31", or a date with a time.
"""

import re
from datetime import datetime, timedelta

from trails import BadInput

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
SPAN = re.compile(r"(\d{1,6})\s*([smhdw])")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def moment(text: str, now: datetime, *, ends: bool = False) -> str:
    """
    A moment as ISO 8601 with its offset, "" for none. A time without an offset is that of the clock on the wall.

    A day alone begins at midnight; where it `ends` something, that is the midnight after it. Raises BadInput.
    """
    text = text.strip()
    if not text:
        return ""
    if span := SPAN.fullmatch(text):
        return (now - timedelta(**{UNITS[span[2]]: int(span[1])})).isoformat()
    try:
        at = datetime.fromisoformat(text)
        is_last_day = ends and DAY.fullmatch(text) is not None
        return (at + timedelta(days=1) if is_last_day else at).astimezone().isoformat()
    except (ValueError, OverflowError):
        raise BadInput("A time is how long ago (90m, 2h, 3d, 1w), a date (2026-01-31), or both with a time.") from None
