"""
The newcomer's story: two agents that never meet, one file, and a note that leads from one to the other.

Everything is real: two relay processes, the keeper that the first of them starts, the embedding model, the official
Python MCP client, a git repository on disk.
"""

import asyncio
import re
import sys
from contextlib import asynccontextmanager

import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

pytestmark = pytest.mark.slow

WARNING = {
    "title": "Close the ledger before you rotate the log",
    "body": "Rotating first loses the last page: the ledger writes it while closing.",
    "kind": "warning",
    "files": ["src/ledger.py"],
    "topics": ["log rotation"],
}


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    (root / "src").mkdir(parents=True)
    (root / "src/ledger.py").write_text("def close():\n    write_last_page()\n\n\ndef rotate():\n    rename_log()\n")
    (root / "src/report.py").write_text("def print_report():\n    ...\n")
    return root


@asynccontextmanager
async def an_agent(name, project, environment, *, mode="auto"):
    """A client of its own relay process, as an agent has one."""
    relay = StdioServerParameters(
        command=sys.executable,
        args=["-m", "trails_cli.entry", "mcp"],
        env={**environment, "TRAILS_AGENT": name, "TRAILS_SESSION": f"session-of-{name}"},
        cwd=project,
    )
    async with Client(stdio_client(relay), mode=mode) as client:
        yield client


async def call(client, tool, **arguments):
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    return answer.content[0].text


def handle_in(text):
    return re.search(r"\[([0-9a-z]{8})\]", text).group(1)


def test_a_note_laid_by_one_agent_leads_the_next(project, environment):
    async def story():
        async with an_agent("first", project, environment) as first:
            laid = await call(first, "lay", **WARNING)
        async with an_agent("second", project, environment) as second:
            found = await call(second, "recall", files=["src/ledger.py"])
            judged = await call(second, "judge", note=handle_in(found), verdict="helped")
            ended = await call(second, "outcome", result="succeeded", used=[handle_in(found)], task="bugfix")
        return laid, found, judged, ended

    laid, found, judged, ended = asyncio.run(story())

    assert handle_in(laid) == handle_in(found)
    assert WARNING["title"] in found
    assert WARNING["body"] in found
    assert "first" in found  # whose remark it is
    assert "because" in found  # why it was shown
    assert handle_in(judged) == handle_in(found)
    assert ended


def test_a_note_follows_its_file_through_a_rename(project, environment):
    async def story():
        async with an_agent("first", project, environment) as first:
            await call(first, "lay", **WARNING)
            (project / "src/ledger.py").rename(project / "src/books.py")
            for _ in range(200):  # the watcher needs a moment to see it
                found = await call(first, "recall", files=["src/books.py"])
                if WARNING["title"] in found:
                    return found
                await asyncio.sleep(0.05)
        return found

    found = asyncio.run(story())

    assert WARNING["title"] in found
    assert "src/books.py" in found


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_agent_of_either_protocol_era_is_served(project, environment, mode):
    async def story():
        async with an_agent("any", project, environment, mode=mode) as agent:
            tools = [tool.name for tool in (await agent.list_tools()).tools]
            await call(agent, "lay", **WARNING)
            return tools, await call(agent, "recall", query="rotate the log")

    tools, found = asyncio.run(story())

    assert {"recall", "lay", "judge", "outcome", "amend", "welcome"} <= set(tools)
    assert WARNING["title"] in found


def test_the_next_agent_finds_it_by_meaning_too(project, environment):
    from trails.backends.remote_memory import RemoteMemory

    async def story():
        async with an_agent("first", project, environment) as first:
            await call(first, "lay", **WARNING)
        keeper = RemoteMemory(environment["TRAILS_DATA_DIR"], cwd=str(project))
        keeper.ask("wait_until_indexed", timeout_s=60)
        async with an_agent("second", project, environment) as second:
            return await call(second, "recall", query="journal pages go missing when files are swapped out")

    assert WARNING["title"] in asyncio.run(story())
