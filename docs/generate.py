"""
Writes the reference pages from the product itself: settings, commands, tools; and what the plugin says of hooks and
server. `make docs` runs it; tests hold the files against it, so they cannot go stale.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
MADE = "<!-- Made by `make docs` from the product itself; a change here is overwritten. -->\n"


def pages() -> dict[str, str]:
    """The reference pages, by path relative to `docs/`."""
    return {
        "reference/settings.md": settings_page(),
        "reference/commands.md": commands_page(),
        "reference/tools.md": asyncio.run(tools_page()),
    }


def plugin_files() -> dict[str, str]:
    """The files of the Claude Code plugin that say how trails is reached, by path relative to its folder."""
    from trails_cli.claude_code import PLUGIN_SERVER, SERVER, hooks, mcp_server

    command = ["${CLAUDE_PLUGIN_ROOT}/bin/trails"]
    files = {
        ".mcp.json": {"mcpServers": {SERVER: mcp_server(command)}},
        "hooks/hooks.json": {"hooks": hooks(PLUGIN_SERVER, command)},
    }
    return {path: json.dumps(content, indent=2) + "\n" for path, content in files.items()}


def settings_page() -> str:
    from trails import describe_settings

    rows = [f"| `{variable}` | {default or '–'} | {meaning} |" for _, variable, default, meaning in describe_settings()]
    return "\n".join(
        [
            MADE,
            "# Settings",
            "",
            "Every setting is an environment variable, read once when a process starts.",
            "The keeper is shared: it has the settings of whichever front started it, until it leaves.",
            "`trails status` shows what is in force, `trails serve --stop` lets the next front start a fresh one.",
            "",
            "| variable | default | meaning |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def commands_page() -> str:
    import typer

    from trails_cli.main import app

    parts = [
        MADE,
        "# Commands",
        "",
        "Each takes `--help`, and `--json` where it answers something.",
        "Exit codes: 0 done, 1 something is wrong, 2 bad input, 3 no such note, 4 refused, 5 conflict, 6 unavailable.",
    ]
    for name, command in _commands("trails", typer.main.get_command(app)):
        context = command.make_context(name, [], resilient_parsing=True, terminal_width=100)
        parts += ["", f"## {name}", "", "```text", _plain(command.get_help(context)), "```"]
    return "\n".join(parts) + "\n"


def _commands(name: str, group: Any) -> Iterator[tuple[str, Any]]:
    """The commands of a group by name, each followed by its own."""
    for part, command in sorted(group.commands.items()):
        yield f"{name} {part}", command
        if hasattr(command, "commands"):
            yield from _commands(f"{name} {part}", command)


async def tools_page() -> str:
    from trails_server.app import INSTRUCTIONS, build_app

    server = build_app(lambda *_: {})
    parts = [
        MADE,
        "# MCP tools",
        "",
        "What an agent is told when it connects:",
        "",
        f"> {INSTRUCTIONS}",
        "",
        "`recall` and `lay` ask to be loaded at once; a client that defers tools lists the others by name.",
        "Claude Code is given one more, `hook_event`, which its hooks call and which it hides from its model.",
    ]
    for tool in await server.list_tools():
        required = set(tool.parameters.get("required", ()))
        parts += ["", f"## {tool.name}", "", tool.description or "", "", "| argument | type | |", "|---|---|---|"]
        for name, schema in tool.parameters.get("properties", {}).items():
            optional = f"default `{schema['default']}`" if "default" in schema else "optional"
            words = "required" if name in required else optional
            said = "; ".join(filter(None, (schema.get("description", ""), words)))
            parts.append(f"| `{name}` | {_type(schema)} | {said} |")
    parts += ["", "## Resources", ""]
    for template in await server.list_resource_templates():
        parts.append(f"- `{template.uri_template}`: {_first_line(template.description)}")
    for resource in await server.list_resources():
        parts.append(f"- `{resource.uri}`: {_first_line(resource.description)}")
    parts += ["", "## Prompts", ""]
    for prompt in await server.list_prompts():
        arguments = ", ".join(argument.name for argument in prompt.arguments or ())
        parts.append(f"- `{prompt.name}({arguments})`: {_first_line(prompt.description)}")
    return "\n".join(parts) + "\n"


def _type(schema: dict) -> str:
    if "enum" in schema:
        return " \\| ".join(f"`{choice}`" for choice in schema["enum"])
    return f"list of {schema.get('items', {}).get('type', 'string')}" if schema["type"] == "array" else schema["type"]


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def main() -> None:
    made = {f"docs/{path}": text for path, text in pages().items()}
    made |= {f"integrations/claude-code/{path}": text for path, text in plugin_files().items()}
    for path, text in made.items():
        target = ROOT / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)
        print(path)  # noqa: T201


if __name__ == "__main__":
    main()
