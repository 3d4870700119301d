"""
What stands beside the code for those who cannot ask: written when it is asked for.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from trails import Board, Memory, Plan

from .payloads import Payload

NAME = "annotations"
FOLDER = ".trails"
ON, SHARED, OFF = "on", "shared", "off"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that is annotated: the main folder of a workspace, or the worktree of this name."""

    workspace: str
    root: Path
    tree: str = ""

    @property
    def choice(self) -> str:
        """The name under which it is chosen whether this folder is annotated."""
        return f"{NAME} of {self.tree}" if self.tree else NAME


@dataclass(frozen=True, slots=True)
class Annotated:
    """What was done in a folder, or is to be done; `left_out` files with notes have no page."""

    plan: Plan
    left_out: int = 0

    def payload(self, *, root: str, choice: str) -> Payload:
        """The same as plain JSON, with files named from the root."""
        return {
            "root": root,
            "choice": choice,
            "written": _names(self.plan.write),
            "removed": _names(self.plan.remove),
            "unchanged": len(self.plan.unchanged),
            "kept": _names(self.plan.kept),
            "left_out": self.left_out,
        }


class Annotator:
    """Writes the annotations of all workspaces, one at a time. Safe for several threads."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._writing = threading.Lock()

    def choice(self, place: Place) -> str:
        """Whether a folder is annotated: "on", "shared" with git, "off", or "" where nobody chose."""
        return self._memory.store.choices(place.workspace).get(place.choice, "")

    def plan(self, place: Place, choice: str) -> Annotated:
        """What is to be done in a folder for this choice; without annotations, what of ours is to be removed."""
        from trails import FolderOnDisk

        if choice == OFF:
            return Annotated(Board(place.root).plan({}))
        found = self._memory.annotations(place.workspace, FolderOnDisk(place.root))
        return Annotated(Board(place.root).plan(found.texts, is_shared=choice == SHARED), found.left_out)

    def write(self, place: Place, choice: str) -> Annotated:
        """Do it at once. Raises Conflict or Unavailable where `.trails` cannot be written."""
        with self._writing:
            planned = self.plan(place, choice)
            Board(place.root).carry_out(planned.plan)
        return planned


def _names(names: Iterable[str]) -> list[str]:
    return sorted(f"{FOLDER}/{name}" for name in names)
