"""
The real Claude Code, in a home of its own and with a scripted model: nothing of the person who runs the tests.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "integrations/claude-code"
PYTHONPATH = os.pathsep.join(str(ROOT / part) for part in ("", "server", "cli"))
CLIENTS = Path(os.environ.get("TRAILS_E2E_CLIENTS") or Path(sys.prefix) / "e2e")
"""Where the clients are installed: beside the Python that runs the tests, unless somebody has them elsewhere."""
TIMEOUT_S = 180
QUIET = {
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
}
PATIENT = {  # a script would ask before its servers have connected, which a person hardly can
    "MCP_CONNECTION_NONBLOCKING": "0",
    "CLAUDE_CODE_MCP_STARTUP_WAIT_MS": "60000",
}


def installed(pattern: str) -> Path:
    """A client's file under `node_modules`; the test fails where it is not installed."""
    found = sorted((CLIENTS / "node_modules").glob(pattern))
    if not found:
        pytest.fail(f"There is no {pattern} in {CLIENTS}/node_modules; `make e2e` installs the clients.", pytrace=False)
    return found[0]


def environment_in(home: Path, data_dir: Path, **more: str) -> dict[str, str]:
    """The whole environment of a client: its own home, the notes in `data_dir`, `trails` on the path."""
    home.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    kept = {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", "TERM": "dumb", "PYTHONPATH": PYTHONPATH}
    return {**kept, "TRAILS_DATA_DIR": str(data_dir), "TRAILS_PRINCIPAL": "ada", **more}


class Claude:
    """One person's Claude Code in one project: `ask` starts a session or goes on with one."""

    def __init__(self, environment: Mapping[str, str], project: Path, model_url: str) -> None:
        self.binary = installed("@anthropic-ai/claude-code-*/claude")
        self.project = project
        self.environment = {
            **QUIET,
            **PATIENT,
            **environment,
            "CLAUDE_CONFIG_DIR": str(Path(environment["HOME"]) / ".claude"),
            "IS_SANDBOX": "1",  # or it refuses to work for root
            "ANTHROPIC_BASE_URL": model_url,
            "ANTHROPIC_API_KEY": "of-nobody",
        }

    def ask(self, prompt: str, *, session: str = "", plugin: Path | None = PLUGIN) -> dict[str, Any]:
        """What `claude -p` answers; `session` is one to go on with, without a `plugin` it has what the project says."""
        settings = {"permissions": {"allow": ["mcp__plugin_trails_trails", "Read", "Edit", "Write", "Bash"]}}
        given = ["--settings", json.dumps(settings), "--output-format", "json"]
        given += ["--plugin-dir", str(plugin)] if plugin else []
        given += ["--resume", session] if session else []
        ran = self.run("-p", prompt, *given)
        assert ran.returncode == 0, ran.stderr + ran.stdout
        return json.loads(ran.stdout)

    def trust_the_project(self) -> None:
        """Say what a person is asked at the first start: the folder is trusted, its server may run."""
        answered = {"hasTrustDialogAccepted": True, "enabledMcpjsonServers": ["trails"]}
        file = Path(self.environment["CLAUDE_CONFIG_DIR"]) / ".claude.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"projects": {str(self.project): answered}}))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.binary, *arguments],
            env=self.environment,
            cwd=self.project,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
