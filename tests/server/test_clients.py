"""An independent client in front of the MCP server: FastMCP's own, in both eras."""

import asyncio

import pytest
from fastmcp import Client

from trails.backends.remote_memory import RemoteMemory
from trails_server.app import build_app
from trails_server.visits import VISIT, read_visit


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_lays_recalls_and_is_refused(keeper, project, mode):
    async def story(answer):
        VISIT.set(read_visit({"cwd": str(project)}, principal="ada", number=1))
        async with Client(build_app(answer), mode=mode) as client:
            laid = await client.call_tool("lay", {"title": "Close the ledger first", "files": ["ledger.py"]})
            found = await client.call_tool("recall", {"files": ["ledger.py"]})
            refused = await client.call_tool("recall", {}, raise_on_error=False)
            return laid, found, refused

    with RemoteMemory(keeper.data_dir, cwd=project) as remote:
        laid, found, refused = asyncio.run(story(lambda visit, verb, arguments: remote.ask(verb, **arguments)))

    assert laid.content[0].text.startswith("Laid [")
    assert "Close the ledger first" in found.content[0].text
    assert found.structured_content is None
    assert refused.is_error
    assert "Ask with words" in refused.content[0].text
