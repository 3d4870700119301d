"""
What can go wrong, as one tree.

    TrailsError
    ├── BadInput      the request itself is wrong; mend it and ask again
    ├── NoSuchNote    no note has that id in this workspace
    ├── Refused       understood, and not allowed in: admission or access
    ├── Conflict      it clashes with what is already there
    └── Unavailable   cannot be answered now; the same request may succeed later

Every message says what was wrong and how to mend it, and never repeats the text of a note.
"""

from typing import ClassVar


class TrailsError(Exception):
    """The root: anything trails raises on purpose. `code` is stable and meant for programs."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1


class BadInput(TrailsError):
    """The request itself is wrong: an empty title, an unknown kind, a path outside the workspace."""

    code = "bad_input"
    status = 400
    exit_code = 2


class NoSuchNote(TrailsError):
    """No note has that id in this workspace."""

    code = "no_such_note"
    status = 404
    exit_code = 3


class Refused(TrailsError):
    """Understood, and not let in: a private key in the text, text that hides a secret."""

    code = "refused"
    status = 422
    exit_code = 4


class Conflict(TrailsError):
    """It clashes with what is there: a key used for something else, an id that fits two notes, a second keeper."""

    code = "conflict"
    status = 409
    exit_code = 5


class Unavailable(TrailsError):
    """It cannot be answered now: the disk is full, the store is damaged, the keeper is starting. Try again."""

    code = "unavailable"
    status = 503
    exit_code = 6


ERRORS_BY_CODE: dict[str, type[TrailsError]] = {
    error.code: error for error in (TrailsError, BadInput, NoSuchNote, Refused, Conflict, Unavailable)
}
