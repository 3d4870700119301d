"""The two ways to trails, described as the configuration of a client describes a server."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.server.doors import PYTHONPATH, RunningKeeper, a_keeper


@dataclass(frozen=True, slots=True)
class Door:
    """A way to trails: `server` is what stands in a client's configuration, `home` the HOME of the client."""

    server: Mapping[str, Any]
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """Of a client: nothing of the person who runs the tests."""
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "LANG": "C.UTF-8"}

    def configuration(self) -> str:
        """The path of an mcp.json that names this server `trails`."""
        file = self.home / "mcp.json"
        file.write_text(json.dumps({"mcpServers": {"trails": self.server}}))
        return str(file)


@pytest.fixture(params=["relay", "http"])
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    """A relay that the client starts, and the port of the keeper; a keeper of its own for each test."""
    # It is there before the client: what a client makes of one that still starts under load is a matter of time-outs.
    with a_keeper(TRAILS_HTTP="0") as keeper:
        (keeper.project / "ledger.py").write_text("def close():\n    write_last_page()\n")
        server = _port_of(keeper) if request.param == "http" else _relay_to(keeper)
        yield Door(server, Path(keeper.data_dir).parent)


def _relay_to(keeper: RunningKeeper) -> dict[str, Any]:
    return {
        "type": "stdio",
        "command": sys.executable,
        "args": ["-m", "trails_cli.entry", "mcp"],
        "env": {"PYTHONPATH": PYTHONPATH, "TRAILS_DATA_DIR": keeper.data_dir},
        "cwd": str(keeper.project),
    }


def _port_of(keeper: RunningKeeper) -> dict[str, Any]:
    url, token = keeper.http()
    headers = {"Authorization": f"Bearer {token}", "Trails-Project": str(keeper.project)}
    return {"type": "streamable-http", "url": url, "headers": headers}
