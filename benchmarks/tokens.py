"""
What trails puts into a context window: what is always there, a touch of a file, a task, a welcome; beside others.

    python benchmarks/tokens.py --repo PATH           (or: make bench-tokens REPO=PATH)
    python benchmarks/tokens.py --peer "basic-memory mcp" --peer "npx -y @modelcontextprotocol/server-memory"

Notes are the commit messages of a repository, laid as if colleagues had written them: more than is usual on busy files.
A token is counted as four characters of what is sent, here and for the others; a model's own count may differ by a
third. Nothing is timed: what else the machine does makes no difference.
"""

import argparse
import asyncio
import json
import os
import shlex
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trails import commits, draft_from
from trails.backends.remote_memory import RemoteMemory

TRAILS = str(Path(sys.executable).with_name("trails"))
ALWAYS_LOADED = "anthropic/alwaysLoad"
PLUGIN = Path(__file__).parents[1] / "integrations/claude-code"
COMMITS, FILES, TASKS = 500, 300, 100
BUDGETS = (200, 400, 2_000, 10_000, 50_000)
GOALS = {"always there": 400, "a touch": 200, "a task": 400}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repo", type=Path, default=Path(), help="a git repository; it is only read")
    parser.add_argument("--peer", action="append", default=[], help="the command of another MCP server, on stdio")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trails-bench-") as folder:
        figures = measure(asked.repo.absolute(), Path(folder), asked.peer)
    print("\n".join(told(figures)))
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2))


def measure(repo: Path, folder: Path, peers: Sequence[str]) -> dict[str, Any]:
    os.environ["TRAILS_DATA_DIR"] = str(folder / "data")
    memory = RemoteMemory(folder / "data", cwd=repo, agent="colleague", session="earlier")
    try:
        files = lay(memory, repo)
        return {
            "always": always(asyncio.run(announced([TRAILS, "mcp"]))),
            "touches": touches(memory, repo, files[:FILES]),
            "tasks": tasks(memory, repo),
            "welcome": {str(budget): size(memory.ask("welcome", budget=budget)["text"]) for budget in BUDGETS},
            "peers": {peer: whole(asyncio.run(announced(shlex.split(peer)))) for peer in peers},
            "trails": whole(asyncio.run(announced([TRAILS, "mcp"]))),
        }
    finally:
        memory.retire()


def lay(memory: RemoteMemory, repo: Path) -> list[str]:
    """The files of the repository that notes are on now, the busiest first."""
    counts: dict[str, int] = {}
    for commit in commits(repo, COMMITS):
        draft = draft_from(commit)
        paths = [anchor.path for anchor in draft.anchors]
        memory.ask("lay", title=draft.title, body=draft.body, kind="how-to", files=paths, key=commit.id)
        for path in paths:
            counts[path] = counts.get(path, 0) + 1
    memory.ask("wait_until_indexed", timeout_s=300)
    return sorted((path for path in counts if (repo / path).is_file()), key=lambda path: -counts[path])


def touches(memory: RemoteMemory, repo: Path, files: Sequence[str]) -> list[int]:
    """Tokens of what is told at the first touch of each file, each in a session that knows nothing yet."""
    return [
        context(memory, "PreToolUse", f"touch-{n}", tool_name="Read", tool_input={"file_path": str(repo / path)})
        for n, path in enumerate(files)
    ]


def tasks(memory: RemoteMemory, repo: Path) -> list[int]:
    """The same for tasks: subjects of commits, which are themselves among the notes."""
    subjects = [commit.subject for commit in commits(repo, TASKS)]
    return [context(memory, "UserPromptSubmit", f"task-{n}", prompt=subject) for n, subject in enumerate(subjects)]


def context(memory: RemoteMemory, event: str, session: str, **fields: Any) -> int:
    memory.ask("hook", event={"hook_event_name": "SessionStart", "session_id": session, "source": "resume"})
    said = memory.ask("hook", event={"hook_event_name": event, "session_id": session, **fields})["said"]
    return size(json.loads(said)["hookSpecificOutput"]["additionalContext"]) if said else 0


# ── what is always there ─────────────────────────────────────────────────────────────────────────────────────────────
async def announced(command: list[str]) -> tuple[str, list[dict[str, Any]]]:
    """A server's instructions and its tools, as a client gets them."""
    from mcp.client.client import Client
    from mcp.client.stdio import StdioServerParameters, stdio_client

    server = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
    async with Client(stdio_client(server)) as client:
        tools = (await client.list_tools()).tools
        instructions = getattr(client, "instructions", "") or ""
    return instructions, [tool.model_dump(by_alias=True, exclude_unset=True, mode="json") for tool in tools]


def always(server: tuple[str, list[dict[str, Any]]]) -> dict[str, int]:
    """What a Claude Code session that recalls nothing holds of trails, in tokens."""
    from trails_cli.instructions import INSTRUCTIONS

    instructions, tools = server
    loaded = [tool for tool in tools if tool.get("_meta", {}).get(ALWAYS_LOADED)]
    deferred = [tool for tool in tools if tool not in loaded]
    common = {
        "instructions": size(instructions),
        "always loaded tools": sum(map(schema, loaded)),
        "names of the other tools": sum(size(f"mcp__trails__{tool['name']}\n") for tool in deferred),
    }
    skill = description(PLUGIN / "skills/trails/SKILL.md")
    command = description(PLUGIN / "commands/handoff.md")
    return common | {
        "block in CLAUDE.md (connect)": size(f"<!-- trails:begin -->\n{INSTRUCTIONS}<!-- trails:end -->\n"),
        "skill and command (plugin)": size(f"- trails:trails: {skill}\n- trails:handoff: {command}\n"),
    }


def description(page: Path) -> str:
    return next(line for line in page.read_text().splitlines() if line.startswith("description:")).partition(": ")[2]


def schema(tool: dict[str, Any]) -> int:
    """What a model is shown of a tool."""
    shown = {name: tool.get(name) for name in ("name", "description", "inputSchema")}
    return size(json.dumps(shown, separators=(",", ":")))


def whole(server: tuple[str, list[dict[str, Any]]]) -> int:
    """A server whose tools are all loaded, which is what most clients do."""
    instructions, tools = server
    return size(instructions) + sum(map(schema, tools))


def size(text: str) -> int:
    return -(-len(text) // 4)


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────────
def told(figures: dict[str, Any]) -> list[str]:
    found = figures["always"]
    common = sum(list(found.values())[:3])
    lines = ["always there, in tokens", *(f"  {name:32}{value:6}" for name, value in found.items())]
    for way, more in (("connect", "block in CLAUDE.md (connect)"), ("plugin", "skill and command (plugin)")):
        lines.append(f"  sum with {way:23}{common + found[more]:6}  goal {GOALS['always there']}")
    lines += [row("a touch", figures["touches"]), row("a task", figures["tasks"])]
    lines += [f"a welcome within {int(budget):6,}{'':17}{value:6}" for budget, value in figures["welcome"].items()]
    lines.append(f"all tools loaded: trails{'':16}{figures['trails']:6}")
    for peer, value in figures["peers"].items():
        lines.append(f"  {peer[:36]:38}{value:6}  {value / figures['trails']:.1f} times as much")
    return lines


def row(name: str, sizes: Sequence[int]) -> str:
    spoken = [one for one in sizes if one]
    middle = statistics.median(spoken) if spoken else 0
    return (
        f"{name}: {len(spoken)} of {len(sizes)} told something, median {middle:.0f}, most {max(sizes)}"
        f"  goal {GOALS[name]}"
    )


if __name__ == "__main__":
    main()
