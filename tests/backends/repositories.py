"""A git repository for tests that rename files."""

import subprocess
from pathlib import Path


class Repository:
    """A checkout to rename in."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "Ada")
        self.git("config", "user.email", "ada@example.com")

    def git(self, *words: str) -> str:
        return subprocess.run(["git", *words], cwd=self.root, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, path: str, lines: int = 20, start: str = "") -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(start + "".join(f"{path} {number}\n" for number in range(lines)))

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=more")
        return self.head()

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def move(self, old: str, new: str) -> None:
        """Rename as a person does who does not think of git."""
        (self.root / new).parent.mkdir(parents=True, exist_ok=True)
        (self.root / old).rename(self.root / new)
