"""
Who is asking: the workspace and the author behind a call.

What tells it, best first: the first line of a connection or the headers of a request, what a call says of itself, and
what the client calls itself. None of them changes the principal, by which votes count: that is the keeper's own.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trails import Author, BadInput, FolderOnDisk, find_root, workspace_id

NAME_LIMIT = 100  # characters of a principal, agent or session


@dataclass(frozen=True, slots=True)
class Visit:
    """
    One connection or request: the workspace it stands in, where in it, and who speaks. `folder` sees its files.

    Agent and session are "" until somebody tells them. A visit from a folder that is no workspace has `refusal`
    instead: most verbs raise it, a few do not need a place. `unasked` is what the agent is to be told unasked, where
    its own environment says it. `tool_use_id` is the name that the client gave to the call that is answered,
    `is_claude_code` whether its hooks may call a tool that it hides. `parent_pid` is the process that has started the
    one that asks, and `has_named_session` whether anybody told the session.
    """

    author: Author
    workspace: str = ""
    root: Path = Path()
    cwd: Path = Path()
    folder: FolderOnDisk | None = None
    refusal: BadInput | None = None
    unasked: str = ""
    tool_use_id: str = ""
    is_claude_code: bool = False
    parent_pid: str = ""
    has_named_session: bool = True
    session_of: Callable[[str], str] = str
    """The session of a client of this name, for want of a better one."""

    def told(self, *, agent: str = "", session: str = "") -> "Visit":
        """The same visit with what a call says of itself; what was known before stays."""
        by = self.author
        return replace(self, author=replace(by, agent=by.agent or clean(agent), session=by.session or clean(session)))

    def called(self, name: str) -> "Visit":
        """The visit complete: a client that nobody named is shown by its own `name`, and always has a session."""
        by, name = self.author, clean(name) or "agent"
        complete = replace(by, agent=by.agent or name, session=by.session or self.session_of(name))
        return replace(self, author=complete, has_named_session=bool(by.session))


VISIT: ContextVar[Visit] = ContextVar("visit")
"""The visit on whose behalf the running task works: set for each connection, and for each request over HTTP."""


def read_visit(preface: Mapping[str, Any], *, principal: str, number: int) -> Visit:
    """
    The visit that a connection's preface describes; `principal` is the keeper's own, `number` the connection's.

    Agent and session stay "" where the environment does not tell them.
    """
    told = preface.get("env")
    env = {name: value for name, value in told.items() if isinstance(value, str)} if isinstance(told, dict) else {}
    author = Author(
        principal=principal,  # never what a front says of itself: a principal is one vote
        agent=clean(env.get("TRAILS_AGENT", "")) or ("claude-code" if env.get("CLAUDECODE") else ""),
        session=clean(env.get("TRAILS_SESSION", "")) or clean(env.get("CLAUDE_CODE_SESSION_ID", "")),
    )
    unnamed = clean(f"relay-{preface.get('pid', 0)}-{number}")
    visit = Visit(
        author,
        unasked=env.get("TRAILS_UNASKED", ""),
        is_claude_code=bool(env.get("CLAUDECODE")),
        parent_pid=str(preface.get("ppid", "")),
        session_of=lambda client: unnamed,
    )
    try:
        here = _folder(preface.get("cwd"))
        return placed(visit, here, Path(env.get("CLAUDE_PROJECT_DIR") or here))
    except BadInput as refusal:
        return replace(visit, refusal=refusal)


def placed(visit: Visit, here: Path, project: Path, folder_at: Callable[[Path], FolderOnDisk] = FolderOnDisk) -> Visit:
    """A visit that stands in `here`, in the workspace of `project`. Raises BadInput where there is none."""
    root = find_root(project)
    return replace(visit, workspace=workspace_id(root), root=root, cwd=here, folder=folder_at(root))


def clean(name: str) -> str:
    """A name that fits on one line of somebody's screen."""
    return "".join(sign for sign in name if sign.isprintable()).strip()[:NAME_LIMIT]


def _folder(cwd: object) -> Path:
    if not isinstance(cwd, str) or not cwd.startswith("/"):
        raise BadInput("The preface must name the folder that the asking process works in, as an absolute `cwd`.")
    return Path(cwd)
