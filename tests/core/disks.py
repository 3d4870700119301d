"""A disk that is a dictionary, and clues that are given by hand."""

from dataclasses import dataclass, field

from trails.likeness import Print
from trails.seeking import NoClues


@dataclass
class Disk:
    """Files by path; the content is its own digest, and its words are its lines."""

    held: dict[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()

    def digest(self, path):
        return None if path in self.ignored else self.held.get(path)

    def lines(self, path):
        return tuple(self.held[path].split()) if path in self.held and path not in self.ignored else None

    def exists(self, path):
        return path in self.held

    def is_folder(self, path):
        return any(held.startswith(path + "/") for held in self.held)

    def is_ignored(self, path):
        return path in self.ignored

    def files(self):
        return ((path, 100) for path in sorted(self.held) if path not in self.ignored)


@dataclass
class GivenClues(NoClues):
    """What is known of lost files, of renames in git, and of files as they were; lines are their own digests."""

    lost_files: dict[str, str] = field(default_factory=dict)
    young_copies: tuple[str, ...] = ()
    in_git: dict[str, tuple[str, float]] = field(default_factory=dict)
    denied: tuple[tuple[str, str], ...] = ()
    there_before: tuple[str, ...] = ()
    were: dict[str, str] = field(default_factory=dict)
    asked_git: list[list[str]] = field(default_factory=list)

    def lost(self):
        return self.lost_files

    def copies(self):
        return self.young_copies

    def taken_back(self):
        return self.denied

    def renamed(self, paths):
        self.asked_git.append(list(paths))
        return {path: self.in_git[path] for path in paths if path in self.in_git}

    def earlier(self):
        return self.there_before

    def prints(self, paths):
        return {path: Print(tuple(self.were[path].split())) for path in paths if path in self.were}

    def digests(self, lines):
        return tuple(lines)
