"""
Who is asking: the workspace and the author behind a connection, read from its first line.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trails import Author, BadInput, FolderOnDisk, find_root, workspace_id

NAME_LIMIT = 100  # characters of a principal, agent or session


@dataclass(frozen=True, slots=True)
class Visit:
    """
    One connection: the workspace it stands in, where in it, and who speaks. `folder` sees the workspace's files.

    A visit from a folder that is no workspace has `refusal` instead: most verbs raise it, a few do not need a place.
    """

    author: Author
    workspace: str = ""
    root: Path = Path()
    cwd: Path = Path()
    folder: FolderOnDisk | None = None
    refusal: BadInput | None = None

    def called(self, name: str) -> "Visit":
        """The same visit of an agent that has told its name; one that was named before keeps that."""
        return replace(self, author=replace(self.author, agent=self.author.agent or _clean(name) or "agent"))


VISIT: ContextVar[Visit] = ContextVar("visit")
"""The visit on whose behalf the running task works: set once for each connection."""


def read_visit(preface: Mapping[str, Any], *, principal: str, number: int) -> Visit:
    """
    The visit that a connection's preface describes; `principal` is the keeper's own, `number` the connection's.

    The agent stays "" where the environment does not tell it.
    """
    told = preface.get("env")
    env = {name: value for name, value in told.items() if isinstance(value, str)} if isinstance(told, dict) else {}
    author = Author(
        principal=principal,  # never what a front says of itself: a principal is one vote
        agent=_clean(env.get("TRAILS_AGENT", "")) or ("claude-code" if env.get("CLAUDECODE") else ""),
        session=_clean(env.get("TRAILS_SESSION", ""))
        or _clean(env.get("CLAUDE_CODE_SESSION_ID", ""))
        or _clean(f"relay-{preface.get('pid', 0)}-{number}"),
    )
    cwd = preface.get("cwd")
    try:
        here = _folder(cwd)
        root = find_root(Path(env.get("CLAUDE_PROJECT_DIR") or here))
    except BadInput as refusal:
        return Visit(author, refusal=refusal)
    return Visit(author, workspace_id(root), root, here, FolderOnDisk(root))


def _folder(cwd: object) -> Path:
    if not isinstance(cwd, str) or not cwd.startswith("/"):
        raise BadInput("The preface must name the folder that the asking process works in, as an absolute `cwd`.")
    return Path(cwd)


def _clean(name: str) -> str:
    """A name that fits on one line of somebody's screen."""
    return "".join(sign for sign in name if sign.isprintable()).strip()[:NAME_LIMIT]
