"""The clients that agents are built with, over both doors and in every protocol that each speaks."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.clients.conftest import Door
from tests.clients.node import HERE, TIMEOUT_S, needs_clients, run_node
from tests.server.doors import LEGACY, MODERN
from trails_server.app import INSTRUCTIONS

pytestmark = pytest.mark.slow

INVALID_PARAMS, METHOD_NOT_FOUND = -32602, -32601
CLIENTS = [
    pytest.param("typescript_1.mjs", "", LEGACY, None, marks=needs_clients, id="typescript-1"),
    pytest.param("typescript_2.mjs", "legacy", LEGACY, None, marks=needs_clients, id="typescript-2-legacy"),
    # it does not even send a ping in the protocol that has none
    pytest.param(
        "typescript_2.mjs",
        "auto",
        MODERN,
        "METHOD_NOT_SUPPORTED_BY_PROTOCOL_VERSION",
        marks=needs_clients,
        id="typescript-2",
    ),
    pytest.param("python_client.py", "legacy", LEGACY, None, id="python-legacy"),
    pytest.param("python_client.py", "auto", MODERN, METHOD_NOT_FOUND, id="python"),
]


def told(program: str, door: Door, mode: str) -> dict[str, Any]:
    """What a client was told by trails, from its own program."""
    arguments = (str(HERE / program), json.dumps(door.server), mode)
    if program.endswith(".mjs"):
        ran = run_node(*arguments, environment=door.environment)
    else:
        ran = subprocess.run(
            [sys.executable, *arguments],
            env=door.environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (0, "")
    return json.loads(ran.stdout)


@pytest.mark.parametrize(("program", "mode", "version", "ping"), CLIENTS)
def test_a_client_lays_a_note_finds_it_and_is_told_its_mistakes(door, program, mode, version, ping):
    story = told(program, door, mode)

    assert (story["server"], story["version"]) == ("trails", version)
    assert story["instructions"] == INSTRUCTIONS
    assert story["tools"] == ["recall", "lay", "judge", "outcome", "amend", "welcome"]
    assert re.fullmatch(r"Laid \[\w{8}\]\.", story["laid"])
    note = story["laid"][5:15]
    for found in (story["found"], story["read"], story["found_later"]):
        assert note in found
        assert "Close the ledger first" in found
    assert story["refused"]["isError"]
    assert story["refused"]["content"][0]["text"] == "Ask with words, with files, or with topics."
    assert story["wrong"]["isError"]
    assert "`kind`" in story["wrong"]["content"][0]["text"]
    assert "sonnet" not in str(story["wrong"])
    assert (story["resources"], story["templates"]) == (["trails://hot"], ["trails://path/{path*}"])
    assert story["prompts"] == ["onboard", "handoff"]
    assert "about this task: the ledger" in story["prompted"]
    assert story["no_such_resource"] == INVALID_PARAMS
    assert story["no_such_method"] == METHOD_NOT_FOUND
    assert story["pinged"] == ping
    assert story["cancelled"]
