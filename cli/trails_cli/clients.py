"""
What `trails connect` has to know of a client: its files, what trails puts into them, and how that is known again.

What a file says of trails is a part (`merging.py`), so that each client is described (`known_clients.py`), and none
has code of its own for reading or writing.
"""

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import claude_code
from .forms import Form
from .instructions import INSTRUCTIONS
from .merging import Block, Member, Part

SERVER = claude_code.SERVER
MODULE = "trails_cli.entry"
BLOCK = Block(INSTRUCTIONS)

Command = Sequence[str]
"""How `trails` is run: a program, and what comes before its first argument."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose files are meant: those of the project at `root`, or the user's own, which hold for all projects."""

    root: Path
    home: Path
    environ: Mapping[str, str]
    of_user: bool = False

    @property
    def folder(self) -> Path:
        return self.home if self.of_user else self.root

    def users_folder(self, variable: str, usual: str) -> Path:
        """The folder that a variable names, or the usual one in the home folder."""
        return Path(self.environ.get(variable) or self.home / usual)


@dataclass(frozen=True, slots=True)
class Target:
    """One file of a client, and what trails puts into it; a file that is not there yet begins as `new`."""

    path: Path
    form: Form
    parts: tuple[Part, ...]
    new: bytes = b""


@dataclass(frozen=True, slots=True)
class Client:
    """
    One client. `server_at` leads to its servers by name, `entry` is ours among them.

    `instructions` are the names that its instructions file may have: the first is made where none is there.
    `list_servers` is its own command that lists servers, `new_file` what its file of servers begins with, `settings`
    the file of its hooks and `next_steps` what its user does then.
    """

    name: str
    title: str
    form: Form
    server_at: tuple[str, ...]
    entry: Callable[[Command], dict[str, Any]]
    server_file: Callable[[Scope], Path]
    instructions: tuple[str, ...]
    users_instructions: Callable[[Scope], Path | None]
    next_steps: str
    list_servers: tuple[str, ...] = ()
    new_file: bytes = b""
    settings: Callable[[Scope, Command], Target] | None = None

    def server(self, scope: Scope, command: Command) -> Target:
        """The file that names the server."""
        member = Member((*self.server_at, SERVER), self.entry(command), runs_trails)
        return Target(self.server_file(scope), self.form, (member,), self.new_file)

    def targets(self, scope: Scope, command: Command) -> list[Target]:
        """Every file to write, that of the server first."""
        targets = [self.server(scope, command)]
        if self.settings:
            targets.append(self.settings(scope, command))
        if chosen := self.chosen_instructions(scope):
            targets.append(Target(chosen, Form.MARKDOWN, (BLOCK,)))
        return _one_a_file(targets)

    def every_target(self, scope: Scope, command: Command) -> list[Target]:
        """Every file that may have something of trails, as the project was then or is now."""
        names = () if scope.of_user else self.instructions
        others = (Target(scope.root / name, Form.MARKDOWN, (BLOCK,)) for name in names)
        targets = self.targets(scope, command)
        return [*targets, *(other for other in others if other not in targets)]

    def chosen_instructions(self, scope: Scope) -> Path | None:
        """The instructions file that the client reads; None where it has none."""
        if scope.of_user:
            return self.users_instructions(scope)
        there = [scope.root / name for name in self.instructions if os.path.lexists(scope.root / name)]
        if len(there) > 1 and _imports(there[0], there[1].name):
            return there[1]
        return (there or [scope.root / self.instructions[0]])[0]


def _one_a_file(targets: Sequence[Target]) -> list[Target]:
    """The same parts, those of one file together."""
    by_path: dict[Path, Target] = {}
    for target in targets:
        first = by_path.get(target.path)
        by_path[target.path] = replace(first, parts=(*first.parts, *target.parts)) if first else target
    return list(by_path.values())


def command_line(entry: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    """The command that the entry of a server names, and the variables that it sets."""
    told = entry.get("env") or entry.get("environment") or {}
    return _words(entry), {name: str(value) for name, value in told.items()} if isinstance(told, dict) else {}


def runs_trails(entry: Any) -> bool:
    """Whether the entry of a server starts a relay of trails, wherever that is installed."""
    return isinstance(entry, dict) and _is_trails(_words(entry), "mcp")


def other_handlers(group: Any) -> list[Any]:
    """What of a group of hooks trails did not write: all of it, the handlers of others, or nothing."""
    handlers = group.get("hooks") if isinstance(group, dict) else None
    if not isinstance(handlers, list):
        return [group]
    others = [handler for handler in handlers if not _is_our_handler(handler)]
    if len(others) == len(handlers):
        return [group]
    return [{**group, "hooks": others}] if others else []


def _is_our_handler(handler: Any) -> bool:
    if not isinstance(handler, dict):
        return False
    if handler.get("type") == "mcp_tool":
        return (handler.get("server"), handler.get("tool")) == (SERVER, claude_code.TOOL)
    return _is_trails(_words(handler), "hook")


def _words(entry: Mapping[str, Any]) -> list[str]:
    """The command line of a server or a hook, as the clients write it: a list, a line, or a program and a list."""
    command, arguments = entry.get("command"), entry.get("args") or []
    words = command if isinstance(command, list) else [command]
    if isinstance(command, str) and not arguments:
        words = _split(command)
    return [str(word) for word in (*words, *arguments)] if isinstance(arguments, list) else []


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quote that does not end
        return line.split()


def _is_trails(words: Sequence[str], verb: str) -> bool:
    """Whether a command line runs a verb of trails; a hook's may name the client after it."""
    return verb in words[1:][-2:] and (Path(words[0]).name == "trails" or MODULE in words)


def _imports(file: Path, name: str) -> bool:
    """Whether an instructions file has a line that takes in another one."""
    try:
        lines = file.read_text(errors="replace").splitlines()
    except OSError:
        return False
    return any(line.strip() in (f"@{name}", f"@./{name}") for line in lines)


def plain_entry(command: Command) -> dict[str, Any]:
    return {"command": command[0], "args": [*command[1:], "mcp"]}
