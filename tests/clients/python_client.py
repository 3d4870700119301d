"""
The official Python client: what it does with trails, and what it was told, as one JSON object.

Arguments: the server, as an mcp.json has it; which protocol: auto (the newest) or legacy.
"""

import asyncio
import json
import sys
import warnings
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx2
import mcp_types
from mcp import MCPDeprecationWarning, MCPError
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

NOTE = {"title": "Close the ledger first", "files": ["ledger.py"]}
ON_THE_FILE = {"files": ["ledger.py"]}


class Unknown(mcp_types.Request[None, Literal["notes/burn"]]):
    """A request that no version of the protocol has."""

    method: Literal["notes/burn"] = "notes/burn"
    params: None = None


@asynccontextmanager
async def connected(server: dict[str, Any], mode: str) -> AsyncIterator[Client]:
    kind = server.pop("type")
    if kind == "stdio":
        async with Client(stdio_client(StdioServerParameters(**server)), mode=mode) as client:
            yield client
        return
    async with (
        httpx2.AsyncClient(headers=server["headers"], timeout=60) as web,
        Client(streamable_http_client(server["url"], http_client=web), mode=mode) as client,
    ):
        yield client


async def tell(client: Client) -> dict[str, Any]:
    return {
        "version": client.protocol_version,
        "server": client.server_info.name,
        "instructions": client.instructions,
        "tools": [tool.name for tool in (await client.list_tools()).tools],
        "laid": await said(client, "lay", NOTE),
        "found": await said(client, "recall", ON_THE_FILE),
        "refused": as_json(await client.call_tool("recall", {})),
        "wrong": as_json(await client.call_tool("lay", {"title": "Open the vault", "kind": ["sonnet"]})),
        "resources": [str(one.uri) for one in (await client.list_resources()).resources],
        "templates": [one.uri_template for one in (await client.list_resource_templates()).resource_templates],
        "read": (await client.read_resource("trails://path/ledger.py")).contents[0].text,
        "prompts": [one.name for one in (await client.list_prompts()).prompts],
        "prompted": (await client.get_prompt("handoff", {"task": "the ledger"})).messages[0].content.text,
        "no_such_resource": await failure(client.read_resource("trails://nowhere")),
        "no_such_method": await failure(client.session.send_request(Unknown(), mcp_types.EmptyResult)),
        "pinged": await failure(client.send_ping()),
        "cancelled": await cancelled(client),
        "found_later": await said(client, "recall", ON_THE_FILE),
    }


async def said(client: Client, tool: str, arguments: dict[str, Any]) -> str:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    return result.content[0].text


def as_json(result: mcp_types.CallToolResult) -> dict[str, Any]:
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


async def failure(answer: Awaitable[Any]) -> int | None:
    """The code of an error, or None."""
    try:
        await answer
    except MCPError as error:
        return error.error.code
    return None


async def cancelled(client: Client) -> bool:
    change = asyncio.create_task(client.call_tool("recall", ON_THE_FILE))
    await asyncio.sleep(0)  # it has begun
    change.cancel("changed my mind")
    await asyncio.wait([change])
    return change.cancelled()


async def main() -> None:
    async with connected(json.loads(sys.argv[1]), sys.argv[2]) as client:
        sys.stdout.write(json.dumps(await tell(client)))


warnings.simplefilter("ignore", MCPDeprecationWarning)  # of a ping where there is none: that is what is asked here
asyncio.run(main())
