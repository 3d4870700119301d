"""
`trails demo`: the main job on real input, in a folder of its own.

The git history of a repository becomes notes; then two agents, each a relay process with an MCP client of its own, meet
through one of them; then a file is renamed and its note follows. The person's own notes are never touched.
"""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from trails import BadInput, Commit, commits, draft_from, find_root
from trails.backends.remote_memory import RemoteMemory

WAIT_FOR_RENAME_S = 15.0
WAIT_FOR_INDEX_S = 120.0
ANOTHER = "Show it on another one: trails demo --repo PATH, or make run REPO=PATH."
HANDLE = re.compile(r"\[([0-9a-z]{8})\]")


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the first agent learns from the history: two files that change together."""

    path: str
    title: str
    body: str
    question: str


@dataclass(slots=True)
class Told:
    """What happened, step by step: printed for a person, or as JSON at the end."""

    console: Console
    steps: list[dict[str, Any]] = field(default_factory=list)

    def step(self, heading: str, text: str = "", **facts: Any) -> None:
        self.steps.append({"step": heading, "text": text, **facts})
        self.console.print(f"\n[bold]{len(self.steps)}. {escape(heading)}[/bold]")
        for line in text.splitlines():
            self.console.print(f"   {escape(line)}", highlight=False, soft_wrap=True)


def run(repo: Path, *, limit: int = 300, keep: bool = False, as_json: bool = False) -> None:
    """Tell the story on the history of `repo`, at most `limit` commits. `keep` leaves the folder for a look."""
    root = find_root(repo.expanduser().absolute())
    try:
        history = list(commits(root, limit))
    except BadInput as refusal:
        raise BadInput(f"{refusal} {ANOTHER}") from None
    if not history:
        raise BadInput(f"{root} has no commits that say something of a few files. {ANOTHER}")
    folder = Path(tempfile.mkdtemp(prefix="trails-demo-"))
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda number, _: sys.exit(128 + number))  # so that `finally` runs
    told = Told(Console(stderr=as_json, quiet=as_json))
    try:
        asyncio.run(_tell(told, root, history, folder))
        if as_json:
            print(json.dumps({"repository": str(root), "steps": told.steps}, indent=2))  # noqa: T201
    finally:
        RemoteMemory(str(folder / "data")).retire()
        if keep:
            told.console.print(f"\nLeft for a look: {folder} (TRAILS_DATA_DIR={folder / 'data'})")
        else:
            shutil.rmtree(folder, ignore_errors=True)


async def _tell(told: Told, root: Path, history: Sequence[Commit], folder: Path) -> None:
    scratch = folder / root.name
    copied = _copy_files(root, scratch, history)
    if not copied:
        raise BadInput(f"None of the files that the last commits of {root} changed is there: check it out first.")
    memory = RemoteMemory(str(folder / "data"), cwd=str(scratch), agent="history")
    _lay_history(told, memory, history)
    lesson = _lesson_of(history, copied)
    environment = {**os.environ, "TRAILS_DATA_DIR": str(folder / "data")}
    async with _agent("first", scratch, environment) as first:
        found = await _call(first, "recall", query=lesson.question, limit=3)
        told.step(f"The first agent asks: {lesson.question!r}", found)
        laid = await _call(
            first, "lay", title=lesson.title, body=lesson.body, kind="how-to", files=[lesson.path], topics=["co-change"]
        )
        told.step(
            f"It works on {lesson.path}, learns something and lays a note", f"{lesson.title}\n{lesson.body}\n{laid}"
        )
    handle = HANDLE.search(laid)[1]  # type: ignore[index]
    async with _agent("second", scratch, environment) as second:
        found = await _call(second, "recall", files=[lesson.path], limit=3)
        told.step(f"The second agent, another process, opens {lesson.path}", found, found=handle in found)
        judged = await _call(
            second, "judge", note=handle, verdict="helped", reason="It named the other file to change."
        )
        ended = await _call(
            second, "outcome", result="succeeded", used=[handle], task="change", summary="Both files fit."
        )
        told.step("It finds the note useful, and reports how its work ended", f"{judged}\n{ended}")
        renamed = _renamed(lesson.path)
        (scratch / lesson.path).rename(scratch / renamed)
        followed = await _follow(second, renamed, handle)
        told.step(f"The file is renamed to {renamed}; its note follows", followed, found=handle in followed)
    told.step("What to do next", _next_steps())


def _lay_history(told: Told, memory: RemoteMemory, history: Sequence[Commit]) -> None:
    columns = (TextColumn("   {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=told.console, transient=False) as progress:
        laying = progress.add_task("laying commits as notes", total=len(history))
        for commit in history:
            draft = draft_from(commit)
            memory.ask(
                "lay",
                title=draft.title,
                body=draft.body,
                files=[anchor.path for anchor in draft.anchors],
                topics=list(draft.topics),
                key=f"git-{commit.id}",
                at=commit.at.isoformat(),
            )
            progress.advance(laying)
        pending = memory.ask("status")["counts"]["pending"]
        indexing = progress.add_task("embedding them", total=len(history))
        end = time.monotonic() + WAIT_FOR_INDEX_S
        while pending and time.monotonic() < end:
            memory.ask("wait_until_indexed", timeout_s=0.3)
            pending = memory.ask("status")["counts"]["pending"]
            progress.update(indexing, completed=max(0, len(history) - pending))
        progress.update(indexing, completed=len(history) - pending)
    files = len({path for commit in history for path in commit.files})
    told.step(
        f"{len(history)} commits became notes on {files} files", "", notes=len(history), files=files, pending=pending
    )


def _copy_files(root: Path, scratch: Path, history: Sequence[Commit]) -> frozenset[str]:
    """Copy the files that the commits changed and that are still there; gives their paths."""
    scratch.mkdir(parents=True)
    copied = set()
    for path in sorted({path for commit in history for path in commit.files}):
        source = root / path
        if source.is_file() and not source.is_symlink() and source.resolve().is_relative_to(root.resolve()):
            (scratch / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, scratch / path)
            copied.add(path)
    return frozenset(copied)


def _lesson_of(history: Sequence[Commit], present: frozenset[str]) -> Lesson:
    """A true remark about this repository: which file changes with its busiest one."""
    touched: Counter[str] = Counter()
    together: Counter[tuple[str, str]] = Counter()
    for commit in history:
        here = sorted(present.intersection(commit.files))
        touched.update(here)
        together.update((one, other) for one in here for other in here if one < other)
    path = max(sorted(touched), key=touched.__getitem__)
    if not together:
        title = f"Read {Path(path).name} first: it changes more often than any other file"
        return Lesson(path, title, f"{touched[path]} of the last {len(history)} commits touch it.", _question(path))
    one, other = max(sorted(together), key=together.__getitem__)
    path, partner = (one, other) if touched[one] >= touched[other] else (other, one)
    return Lesson(
        path,
        f"Look at {Path(partner).name} whenever you change {Path(path).name}",
        f"{together[(one, other)]} of the {touched[path]} commits that touch {path} change {partner} too.",
        _question(path),
    )


def _question(path: str) -> str:
    return f"what to know before changing {Path(path).stem.replace('_', ' ')}"


def _renamed(path: str) -> str:
    given = Path(path)
    return given.with_name(f"{given.stem}_renamed{given.suffix}").as_posix()


@contextlib.asynccontextmanager
async def _agent(name: str, cwd: Path, environment: dict[str, str]) -> Any:
    """An agent as the keeper sees one: an MCP client with a relay process of its own."""
    from mcp.client.client import Client
    from mcp.client.stdio import StdioServerParameters, stdio_client

    relay = StdioServerParameters(
        command=sys.executable,
        args=["-P", "-m", "trails_cli.entry", "mcp"],  # -P: the repository may hold a package of the same name
        env={**environment, "TRAILS_AGENT": f"{name}-agent", "TRAILS_SESSION": f"demo-{name}"},
        cwd=cwd,
    )
    async with Client(stdio_client(relay)) as client:
        yield client


async def _call(client: Any, tool: str, **arguments: Any) -> str:
    answer = await client.call_tool(tool, arguments)
    text: str = answer.content[0].text
    if answer.is_error:
        raise BadInput(f"{tool}: {text}")
    return text


async def _follow(client: Any, path: str, handle: str) -> str:
    """What recall gives for the new name, once the watcher has seen the rename."""
    end = time.monotonic() + WAIT_FOR_RENAME_S
    while True:
        found = await _call(client, "recall", files=[path], limit=3)
        if handle in found or time.monotonic() > end:
            return found
        await asyncio.sleep(0.1)


def _next_steps() -> str:
    command = shutil.which("trails") or str(Path(sys.executable).with_name("trails"))
    server = json.dumps({"mcpServers": {"trails": {"type": "stdio", "command": command, "args": ["mcp"]}}})
    return "\n".join(_lines_of_next_steps(command, server))


def _lines_of_next_steps(command: str, server: str) -> Iterator[str]:
    yield "Leave a note, and ask for it, in a folder of yours:"
    yield f'  {command} lay "Run the tests with -x first" --file tests/conftest.py'
    yield f'  {command} recall "how to run the tests"'
    yield f"  {command} log"
    yield "Give it to an agent: put this into .mcp.json of your project (Claude Code), or run"
    yield f"  claude mcp add trails -- {command} mcp"
    yield f"  {server}"
