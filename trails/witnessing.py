"""
Finds out whether a note that was just laid says what somebody else had laid before, and writes down that it did.

Asked by the indexer when it has a vector for a new note: so a lay waits for nothing, and what is looked for are the few
notes that the index has nearest. Each note is looked at once, when its first vector is made; one that a person changed
or restored by then is left alone, and filling the index anew, or another model, joins nothing that stood apart.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from . import convergence, vectors
from .events import Corroborated
from .indexing import collection
from .notes import Note, Status
from .ports import Index, Store, Vectors
from .recording import Recorder

NEAREST = 20  # notes asked of the index; those that say the same come first


@dataclass(frozen=True, slots=True)
class Witnessing:
    """Compares new notes with older ones of others, over one store and its index."""

    store: Store
    index: Index
    recorder: Recorder

    def look(self, workspace: str, model: str, new: Collection[str], blobs: Mapping[str, bytes]) -> None:
        """
        Make witnesses of those of the notes `new` that say unprompted what another principal's note says.

        They are in the index by now; `blobs` has their vectors, which the store may not have yet. Looking again after
        a crash changes nothing: a witness no longer stands, and others are found as before.
        """
        if new and self.store.has_several_principals(workspace):
            for note_id in sorted(new):  # the oldest first, so that the next ones meet it and not each other
                self._look_at(workspace, model, note_id, blobs)

    def _look_at(self, workspace: str, model: str, note_id: str, blobs: Mapping[str, bytes]) -> None:
        cosines = self._near(workspace, model, note_id, blobs)
        notes = self.store.find_notes(workspace, [note_id, *cosines]) if cosines else {}
        newer = notes.pop(note_id, None)
        if newer is None or newer.status is not Status.LIVE:
            return
        agreeing = [older for older in notes.values() if convergence.agrees(older, newer, cosines[older.id])]
        if agreeing and self._is_unprompted(newer, agreeing):
            original = min(agreeing, key=lambda note: (note.laid_at, note.id))
            fact = Corroborated(original.id, newer.id, round(cosines[original.id], 4))
            # It was said when the note was laid; the look at it comes whenever there is a model.
            self.recorder.append(workspace, newer.by, [fact], at=newer.laid_at)

    def _near(self, workspace: str, model: str, note_id: str, blobs: Mapping[str, bytes]) -> dict[str, float]:
        """The cosine with the other live notes that are near enough, by note id."""
        vector: Vectors = vectors.from_bytes(blobs[note_id])
        names = self.index.nearest(collection(workspace, model), vector, NEAREST)
        near = {name.rpartition(".")[0] for name, cosine in names if cosine >= convergence.SAME_COSINE} - {note_id}
        found = self.store.candidates(workspace, near, model) if near else []
        kept = [blobs.get(candidate.note_id, blob) for candidate, blob in found]
        cosines = vectors.similarities(vector, kept)  # of what the notes say now: a name in the index may be stale
        return {candidate.note_id: cosine for (candidate, _), cosine in zip(found, cosines, strict=True)}

    def _is_unprompted(self, newer: Note, agreeing: Sequence[Note]) -> bool:
        """Whether an author says it for the first time, of itself, and not on purpose beside or instead of another."""
        workspace, principal = newer.workspace, newer.by.principal
        witnesses = self.store.find_notes(workspace, [ref for note in agreeing for ref in note.witnesses])
        said = [*agreeing, *witnesses.values()]
        if newer.supersedes or principal in {note.by.principal for note in said}:
            return False
        known = {ref for note in said for ref in (note.id, note.supersedes) if ref}
        is_shown = self.store.was_shown(workspace, principal, known, before=newer.laid_at)
        return not is_shown and not self.store.opposed(workspace, [newer.id])
