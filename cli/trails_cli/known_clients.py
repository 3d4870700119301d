"""
The clients that `trails connect` knows: which files of theirs it writes, and what into them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trails import BadInput

from . import claude_code, codex, gemini
from .clients import SERVER, Client, Command, Scope, Target, other_handlers, plain_entry
from .forms import Form
from .merging import Elements, Part


def _opencode_entry(command: Command) -> dict[str, Any]:
    return {"type": "local", "command": [*command, "mcp"], "enabled": True}


def _claude_folder(scope: Scope) -> Path:
    return scope.users_folder("CLAUDE_CONFIG_DIR", ".claude") if scope.of_user else scope.root / ".claude"


def _claude_servers(scope: Scope) -> Path:
    if not scope.of_user:
        return scope.root / ".mcp.json"
    return scope.users_folder("CLAUDE_CONFIG_DIR", "") / ".claude.json"  # beside the folder, unless that is named


def _claude_settings(scope: Scope, command: Command) -> Target:
    """Its hooks, and that it need not ask each time whether the tools may be called."""
    allow = f"mcp__{SERVER}"
    hooks = claude_code.hooks(SERVER, command)
    may_be_called = Elements(("permissions", "allow"), (allow,), lambda rule: [] if rule == allow else [rule])
    return Target(_claude_folder(scope) / "settings.json", Form.JSON, (*_hooks(hooks), may_be_called))


def _hooks(hooks: Mapping[str, Any]) -> tuple[Part, ...]:
    """The parts of a settings file that are our hooks, beside those of others."""
    return tuple(Elements(("hooks", event), tuple(groups), other_handlers) for event, groups in hooks.items())


def _codex_folder(scope: Scope) -> Path:
    return scope.users_folder("CODEX_HOME", ".codex") if scope.of_user else scope.root / ".codex"


def _codex_hooks(scope: Scope, command: Command) -> Target:
    return Target(_codex_folder(scope) / "hooks.json", Form.JSON, _hooks(codex.hooks(SERVER, command)))


def _gemini_file(scope: Scope) -> Path:
    return scope.folder / ".gemini/settings.json"


def _gemini_hooks(scope: Scope, command: Command) -> Target:
    return Target(_gemini_file(scope), Form.JSON, _hooks(gemini.hooks(command)))


def _opencode_file(scope: Scope) -> Path:
    return _opencode_folder(scope) / "opencode.json" if scope.of_user else scope.root / "opencode.json"


def _opencode_folder(scope: Scope) -> Path:
    return scope.users_folder("XDG_CONFIG_HOME", ".config") / "opencode"


def _vscode_file(scope: Scope) -> Path:
    if scope.of_user:
        raise BadInput(
            "VS Code keeps the user's servers in a profile: run `code --add-mcp` with what `--print` shows, or connect"
            " a project, without --user."
        )
    return scope.root / ".vscode/mcp.json"


CLIENTS = (
    Client(
        name="claude-code",
        title="Claude Code",
        form=Form.JSON,
        server_at=("mcpServers",),
        entry=claude_code.mcp_server,
        server_file=_claude_servers,
        settings=_claude_settings,
        instructions=("CLAUDE.md", "AGENTS.md"),  # a new CLAUDE.md would hide an AGENTS.md that is there
        users_instructions=lambda scope: _claude_folder(scope) / "CLAUDE.md",
        list_servers=("claude", "mcp", "list"),
        next_steps="Start `claude` here: it asks once whether this project's server may run.",
    ),
    Client(
        name="codex",
        title="Codex",
        form=Form.TOML,
        server_at=("mcp_servers",),
        entry=codex.mcp_server,
        server_file=lambda scope: _codex_folder(scope) / "config.toml",
        settings=_codex_hooks,
        instructions=("AGENTS.md",),
        users_instructions=lambda scope: _codex_folder(scope) / "AGENTS.md",
        list_servers=("codex", "mcp", "list"),
        next_steps="Start `codex` here, trust the folder, and then the hooks: it asks for both.",
    ),
    Client(
        name="gemini",
        title="Gemini CLI",
        form=Form.JSON,
        server_at=("mcpServers",),
        entry=gemini.mcp_server,
        server_file=_gemini_file,
        settings=_gemini_hooks,
        instructions=("GEMINI.md",),
        users_instructions=lambda scope: scope.home / ".gemini/GEMINI.md",
        list_servers=("gemini", "mcp", "list"),
        next_steps="Start `gemini` here. It starts servers once you trust the folder, which it asks.",
    ),
    Client(
        name="opencode",
        title="opencode",
        form=Form.JSON,
        server_at=("mcp",),
        entry=_opencode_entry,
        server_file=_opencode_file,
        new_file=b'{\n  "$schema": "https://opencode.ai/config.json"\n}\n',  # it would write this itself
        instructions=("AGENTS.md",),
        users_instructions=lambda scope: _opencode_folder(scope) / "AGENTS.md",
        list_servers=("opencode", "mcp", "list"),
        next_steps="Start `opencode` here.",
    ),
    Client(
        name="cursor",
        title="Cursor",
        form=Form.JSON,
        server_at=("mcpServers",),
        entry=plain_entry,
        server_file=lambda scope: scope.folder / ".cursor/mcp.json",
        instructions=("AGENTS.md",),
        users_instructions=lambda scope: None,
        next_steps="Open the folder in Cursor, and switch the server on in Settings, MCP.",
    ),
    Client(
        name="vscode",
        title="VS Code",
        form=Form.JSON,
        server_at=("servers",),
        entry=claude_code.mcp_server,
        server_file=_vscode_file,
        instructions=("AGENTS.md",),
        users_instructions=lambda scope: None,
        next_steps="Open the folder in VS Code, and press Start above the server in .vscode/mcp.json.",
    ),
)


def find_client(name: str) -> Client:
    """The client of this name. Raises BadInput for one that is not known."""
    for client in CLIENTS:
        if client.name == name:
            return client
    known = ", ".join(client.name for client in CLIENTS)
    raise BadInput(f"Name a client: {known}. For any other, `trails connect --print` shows what to add by hand.")
