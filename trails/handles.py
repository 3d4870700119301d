"""
How a note is named: by the characters in brackets before it, or by its whole id.
"""

from .errors import BadInput, Conflict, NoSuchNote
from .notes import HANDLE_LENGTH, Note
from .ports import Store

ID_LENGTH = 26


def get_note(store: Store, workspace: str, note_ref: str) -> Note:
    """The note with this id or handle, in any status. Raises NoSuchNote, or Conflict when a handle fits several."""
    ref = note_ref.strip().strip("[]")
    if not is_name(ref):
        raise BadInput(f"A note is named by the {HANDLE_LENGTH} characters in brackets before it, or by its whole id.")
    notes = store.find_notes(workspace, ids_named(store, workspace, ref))
    if not notes:
        raise NoSuchNote(f"No note {ref} in this workspace; `trails recall` or `trails log` shows those there are.")
    (note,) = notes.values()
    return note


def is_name(ref: str) -> bool:
    """Whether a note can be named so."""
    return ref.isalnum() and len(ref) in (HANDLE_LENGTH, ID_LENGTH)


def ids_named(store: Store, workspace: str, ref: str) -> tuple[str, ...]:
    """The one id that a name means, there or not; none for an unknown handle. Raises Conflict where it fits several."""
    ids = (ref.upper(),) if len(ref) == ID_LENGTH else store.note_ids_with_handle(workspace, ref.lower())
    if len(ids) > 1:
        raise Conflict(f"{ref} fits {len(ids)} notes: use the whole id, one of {', '.join(ids)}.")
    return ids
