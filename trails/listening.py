"""
Who hears of the files of a workspace.

A `Listener` is told what became of the files that notes are on. An `Onlooker` is told only where something happened,
on whatever file: who looks for marks in files or writes annotations is one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from .following import Finding
from .notes import Head
from .workspace import FolderOnDisk


class Listener(Protocol):
    """Who is told; `tracking.Tracker` is one. Paths are relative to the workspace, with forward slashes."""

    def known_files(self) -> Mapping[str, str]:
        """The digest of each file that matters, by path; "" where none is known."""
        ...

    def saw(self, findings: Sequence[Finding], head: Head) -> object:
        """
        What one look found, in this order: a path means the file that has this name at that point. Often nothing.

        `head` is what was checked out meanwhile. If it raises, all of it is told again.
        """
        ...


@dataclass(frozen=True, slots=True)
class Glance:
    """
    Where something happened since the last glance: paths of files, none of them ignored, and of folders.

    A path may be there no longer, and of a folder all that is or was in it may have changed. With `whole` more may have
    happened than was told, as after a storm and now and then in quiet times: whatever matters is to be compared.
    """

    paths: frozenset[str] = frozenset()
    whole: bool = False


class Onlooker(Protocol):
    """Who looks at files for itself, whether a note is on them or not."""

    def looked(self, glance: Glance, folder: FolderOnDisk) -> object:
        """
        Called after each look, in the watcher's thread, once the listener knows of it; `folder` reads the files.

        The first call, at the start, is of the whole. After one that raised, the next call is of the whole too. Nothing
        is followed meanwhile: what takes long belongs into a thread of its own.
        """
        ...
