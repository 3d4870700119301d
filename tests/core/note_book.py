"""The part of a store that indexing sees, kept by hand."""

from dataclasses import dataclass, field, replace

from trails.ports import Indexed, Pending


@dataclass(frozen=True)
class Row:
    workspace: str
    text: str
    rev: int = 1
    indexed_rev: int = 0
    vector: bytes | None = None
    model: str = ""


@dataclass
class NoteBook:
    """Which revisions there are, and which of them are indexed by which model."""

    rows: dict[str, Row] = field(default_factory=dict)

    def lay(self, note_id: str, text: str, workspace: str = "home") -> None:
        self.rows[note_id] = Row(workspace, text)

    def change(self, note_id: str, text: str) -> None:
        """Another text; none for a note that no longer stands."""
        row = self.rows[note_id]
        self.rows[note_id] = replace(row, text=text, rev=row.rev + 1, vector=None, model="")

    def pending(self, model: str, limit: int) -> list[Pending]:
        rows = [(note_id, row) for note_id, row in self.rows.items() if row.rev != row.indexed_rev]
        return [
            Pending(
                note_id, row.workspace, row.rev, row.indexed_rev, row.text, row.vector if row.model == model else None
            )
            for note_id, row in rows[:limit]
        ]

    def counts(self) -> dict[str, int]:
        live = [row for row in self.rows.values() if row.text]
        return {"live": len(live), "pending": sum(row.rev != row.indexed_rev for row in self.rows.values())}

    def mark_indexed(self, done: list[Indexed], model: str) -> None:
        for one in done:
            row = self.rows[one.note_id]
            if row.rev == one.rev:
                marked = replace(row, indexed_rev=one.rev)
                self.rows[one.note_id] = replace(marked, vector=one.vector, model=model) if one.vector else marked

    def forget_index(self) -> None:
        self.rows = {note_id: replace(row, indexed_rev=0) if row.text else row for note_id, row in self.rows.items()}

    def sample_vectors(self, workspace: str, model: str, limit: int) -> list[tuple[str, int, bytes]]:
        return [
            (note_id, row.rev, row.vector)
            for note_id, row in self.rows.items()
            if row.vector and row.workspace == workspace and row.model == model and row.rev == row.indexed_rev
        ][:limit]

    def noted_workspaces(self) -> tuple[str, ...]:
        return tuple({row.workspace: None for row in self.rows.values()})

    def expected(self, workspace: str = "home") -> set[str]:
        return {f"{note_id}.{row.rev}" for note_id, row in self.rows.items() if row.text and row.workspace == workspace}
