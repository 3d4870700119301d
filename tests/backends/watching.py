"""What the tests of the watcher share: a listener that keeps a book, and files to write."""

import threading
from pathlib import Path

from trails.following import Changed, Exchanged, Gone, Moved
from trails.workspace import FolderOnDisk

SETTLE_S = 0.15
PATIENCE_S = 10.0  # how long a test waits for what must come


class Book:
    """A listener that follows the files it knows, as a memory does, and writes down what it was told."""

    def __init__(self, root: Path, *paths: str) -> None:
        self.told: list[tuple[str, ...]] = []
        self.changed = threading.Condition()
        self.present = {path: FolderOnDisk(root).digest(path) or "" for path in paths}

    def known_files(self):
        with self.changed:
            return dict(self.present)

    def saw(self, findings, head):
        for finding in findings:
            match finding:
                case Moved(old, new, is_folder=True):
                    inside = [path for path in self.present if path.startswith(old + "/")]
                    with self.changed:
                        self.present |= {new + path[len(old) :]: self.present.pop(path) for path in inside}
                    self.write("folder moved", old, new)
                case Moved(old, new):
                    with self.changed:
                        self.present[new] = self.present.pop(old)
                    self.write("moved", old, new)
                case Exchanged(moves):
                    with self.changed:
                        held = [self.present.pop(move.old) for move in moves]
                        self.present |= {move.new: digest for move, digest in zip(moves, held, strict=True)}
                    self.write("exchanged", *(move.old for move in moves))
                case Changed(path, digest):
                    with self.changed:
                        self.present[path] = digest
                    self.write("changed", path)
                case Gone(path):
                    with self.changed:
                        self.present.pop(path)
                    self.write("gone", path)

    def write(self, *words):
        with self.changed:
            self.told.append(words)
            self.changed.notify_all()

    def wait_for(self, *expected: tuple[str, ...]) -> None:
        """Return once exactly this has been told; else say what was."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.told) >= len(expected), PATIENCE_S)
            assert self.told == list(expected)


def write(root: Path, path: str, content: str = "first\n") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return file


def prove_quiet(root: Path, book: Book, *told: tuple[str, ...]) -> None:
    """Nothing but `told` came of what was done before: a later change is the next thing the listener hears."""
    book.present["README.md"] = FolderOnDisk(root).digest("README.md") or ""
    write(root, "README.md", f"changed {len(book.told)}\n")
    book.wait_for(*told, ("changed", "README.md"))
