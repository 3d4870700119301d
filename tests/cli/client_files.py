"""A project with the files of clients in it, and `trails connect` as a person runs it there."""

import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from trails_cli import asking
from trails_cli.known_clients import CLIENTS
from trails_cli.main import run

NAMES = [client.name for client in CLIENTS]
SERVERS = {  # the file that names the servers, and under which name it does
    "claude-code": (".mcp.json", "mcpServers"),
    "codex": (".codex/config.toml", "mcp_servers"),
    "gemini": (".gemini/settings.json", "mcpServers"),
    "opencode": ("opencode.json", "mcp"),
    "cursor": (".cursor/mcp.json", "mcpServers"),
    "vscode": (".vscode/mcp.json", "servers"),
}


@dataclass
class Project:
    """A project and a home folder of its own, and the command run in it."""

    root: Path
    home: Path
    data: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments):
        """The exit code and the output of `trails connect`, without a look at the server."""
        code = run(["connect", *arguments, *([] if "--print" in arguments else ["--no-check"])])
        self.out, self.err = self.capsys.readouterr()
        return code

    def json(self, *arguments):
        assert self(*arguments, "--json") == 0, self.err
        return json.loads(self.out)

    def did(self, *arguments):
        """What became of each file, by path."""
        return {file["path"]: file["did"] for file in self.json(*arguments)["files"]}

    def put(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def read(self, name):
        return (self.root / name).read_bytes()

    def value(self, name):
        text = self.read(name).decode("utf-8-sig")
        return tomllib.loads(text) if name.endswith(".toml") else json.loads(text)

    def server(self, client):
        name, servers = SERVERS[client]
        return self.value(name)[servers]["trails"]

    def everything(self):
        """Every folder, file and link of the project and of the home folder, with its bytes."""
        paths = sorted([*self.root.rglob("*"), *self.home.rglob("*")])
        return {
            path: str(path.readlink()) if path.is_symlink() else None if path.is_dir() else path.read_bytes()
            for path in paths
        }


@contextmanager
def a_project(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Project]:
    """An empty project in an empty home folder; the process works in it."""
    project = Project(folder / "project", folder / "home", folder / "data", capsys)
    project.root.mkdir()
    project.home.mkdir()
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(project.home))
    monkeypatch.setenv("TRAILS_DATA_DIR", str(project.data))
    monkeypatch.chdir(project.root)
    asking.settings.cache_clear()
    yield project
    asking.settings.cache_clear()
