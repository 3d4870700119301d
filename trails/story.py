"""
One note with all that is known of it: what happened to it, which notes it is tied to, and where its files lead.
"""

from dataclasses import dataclass
from datetime import datetime

from . import placing
from .explaining import Companion, FileEdge, companions_of, edges_of
from .journal import Journal, Told
from .notes import Drift, Note
from .ports import Folder
from .recalling import Recaller


@dataclass(frozen=True, slots=True)
class Story:
    """One note with all that happened to it, the notes it is tied to, its anchors now, and where its files lead to."""

    note: Note
    events: tuple[Told, ...]
    related: tuple[Note, ...] = ()
    drifts: tuple[Drift, ...] = ()
    edges: tuple[FileEdge, ...] = ()
    companions: tuple[Companion, ...] = ()


def story_of(recaller: Recaller, workspace: str, note: Note, now: datetime, folder: Folder | None) -> Story:
    """The story of a note, its places as they are in the folder now."""
    store = recaller.store
    note = placing.in_folder(store, workspace, {note.id: note}, folder)[note.id]
    events = Journal(store, workspace).tell(store.events_of(workspace, note_id=note.id))
    related_ids = [ref for ref in (note.supersedes, note.superseded_by, *note.disputed_by, *note.witnesses) if ref]
    related = store.find_notes(workspace, related_ids)
    return Story(
        note,
        events,
        tuple(related[ref] for ref in related_ids if ref in related),
        placing.drifts(note, folder),
        edges_of(recaller, workspace, note, now),
        companions_of(recaller, workspace, note, now),
    )
