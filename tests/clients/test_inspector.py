"""The MCP Inspector: its schema lint, and what a person sees in it, over both doors and in both protocols."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.clients.conftest import Door
from tests.clients.node import INSPECTOR, needs_clients, program, run_node

pytestmark = [pytest.mark.slow, needs_clients]

TOOL_FAILED = 5  # its exit code when a tool answers with an error


def inspect(door: Door, era: str, method: str, *more: str, exit_code: int = 0) -> dict[str, Any]:
    """What the Inspector prints of one request."""
    ran = run_node(
        *(program(INSPECTOR), "--cli", "--config", door.configuration(), "--server", "trails"),
        *("--protocol-era", era, "--connect-timeout", "60000", "--format", "json", "--method", method, *more),
        environment={**door.environment, "MCP_INSPECTOR_SECRET_STORE": "memory"},
    )
    assert ran.returncode == exit_code, ran.stderr
    return json.loads(ran.stdout)


def call(door: Door, era: str, tool: str, exit_code: int = 0, **arguments: Any) -> str:
    """What a tool answers; that it was asked in the right era."""
    given = ("--tool-name", tool, "--tool-args-json", json.dumps(arguments))
    result = inspect(door, era, "tools/call", *given, exit_code=exit_code)["result"]
    assert ("io.modelcontextprotocol/serverInfo" in result.get("_meta", {})) == (era == "modern")
    return result["content"][0]["text"]


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_finds_no_fault_in_any_schema_and_shows_what_there_is(door, era):
    listed = inspect(door, era, "tools/list", "--strict")

    laid = call(door, era, "lay", title="Close the ledger first", files=["ledger.py"])
    found = call(door, era, "recall", files=["ledger.py"])
    refused = call(door, era, "recall", exit_code=TOOL_FAILED)
    resources = inspect(door, era, "resources/list")["result"]["resources"]
    prompts = inspect(door, era, "prompts/list")["result"]["prompts"]

    assert "schemaFindings" not in listed  # no warnings either; an error is an exit code
    assert [tool["name"] for tool in listed["result"]["tools"]] == [
        "recall",
        "lay",
        "judge",
        "outcome",
        "amend",
        "welcome",
    ]
    assert laid.startswith("Laid [")
    assert "Close the ledger first" in found
    assert refused == "Ask with words, with files, or with topics."
    assert [resource["uri"] for resource in resources] == ["trails://hot"]
    assert [prompt["name"] for prompt in prompts] == ["onboard", "handoff"]


@pytest.mark.parametrize("door", ["relay"], indirect=True)
def test_nor_in_the_tools_that_only_claude_code_is_shown(door):
    started = {**door.server, "env": {**door.server["env"], "CLAUDECODE": "1"}}

    listed = inspect(replace(door, server=started), "modern", "tools/list", "--strict")

    assert "schemaFindings" not in listed
    assert listed["result"]["tools"][-1]["name"] == "hook_event"
