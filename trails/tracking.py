"""
What became of the files that notes are on: renames carry a file's identity, deletions and edits are noted down.

The watcher reports here; a path that no note has named is nobody's business and leaves no trace.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .events import FileChanged, FileGone, FileMoved, FileSeen
from .notes import Author
from .ports import Store
from .recording import Recorder

WATCHER = Author("", agent="watcher")


@dataclass(frozen=True, slots=True)
class Tracker:
    """Follows the files of one workspace. Paths are relative to it, with forward slashes."""

    store: Store
    recorder: Recorder
    workspace: str

    def known_files(self) -> Mapping[str, str]:
        """The files that a note is on, by path, with their digest: "" where it is not known or the file is gone."""
        names = self.store.files_under(self.workspace)
        return {name.path: name.digest if name.present else "" for name in names}

    def file_moved(self, old: str, new: str) -> bool:
        """A file has a new name: its notes follow. False when no note knows the file."""
        known = self.store.files_at(self.workspace, [old]).get(old)
        if known is None or old == new:
            return False
        self.recorder.append(self.workspace, WATCHER, [FileMoved(known.file_id, new, old)])
        return True

    def folder_moved(self, old: str, new: str) -> int:
        """A folder has a new name: the notes of all files in it follow. Gives how many files that were."""
        before, after = old.rstrip("/") + "/", new.rstrip("/") + "/"
        inside = self.store.files_under(self.workspace, before)
        if inside:
            facts = [FileMoved(name.file_id, after + name.path.removeprefix(before), name.path) for name in inside]
            self.recorder.append(self.workspace, WATCHER, facts)
        return len(inside)

    def file_changed(self, path: str, digest: str) -> bool:
        """A file has other content than before. False when no note knows it or the content is the one known."""
        known = self.store.files_at(self.workspace, [path]).get(path)
        if known is None or (known.present and known.digest == digest):
            return False
        fact = FileChanged if known.digest else FileSeen
        self.recorder.append(self.workspace, WATCHER, [fact(known.file_id, digest, path)])
        return True

    def file_gone(self, path: str) -> bool:
        """A file was deleted; its notes stay and say so. False when no note knows it or it was gone already."""
        known = self.store.files_at(self.workspace, [path]).get(path)
        if known is None or not known.present:
            return False
        self.recorder.append(self.workspace, WATCHER, [FileGone(known.file_id, path)])
        return True
