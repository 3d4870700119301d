"""
`trails connect`: puts trails into the configuration of a client, looks whether it gets through, and takes it out again.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import render
from .asking import AsJson, answer, settings

if TYPE_CHECKING:
    from .changes import Change, Records
    from .clients import Client, Scope
    from .connecting import Step
    from .examining import Finding

MEANT = {"created": "would create", "changed": "would change", "removed": "would remove", "restored": "would restore"}


def connect(
    client: Annotated[
        str, typer.Argument(metavar="CLIENT", help="claude-code, codex, gemini, opencode, cursor or vscode.")
    ] = "",
    of_user: Annotated[
        bool, typer.Option("--user", help="For all projects: the files of the client in your home folder.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take trails out again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace another server of the name trails.")] = False,
    check: Annotated[bool, typer.Option("--check/--no-check", help="Look whether the client gets through.")] = True,
    by_hand: Annotated[bool, typer.Option("--print", help="Print what to add by hand, for any client.")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Connect a client to trails.

    Writes the files that it reads in this project, keeps what they were, and starts the server once to see it answer.
    """
    from trails import find_root

    from .clients import Scope
    from .known_clients import find_client

    command = own_command()
    if by_hand:
        answer(as_json, _to_add(client, command), _added_by_hand)
        return
    asked = find_client(client)
    scope = Scope(Path.cwd() if of_user else find_root(Path.cwd()), Path.home(), os.environ, of_user)
    if remove:
        answer(as_json, _disconnect(asked, scope, command, dry_run=dry_run), _disconnected)
        return
    said = _connect(asked, scope, command, dry_run=dry_run, force=force)
    if check and not dry_run:
        said["checks"] = [finding.plain() for finding in _checks(asked, scope, command)]
    answer(as_json, said, _connected)
    if not all(finding["ok"] for finding in said["checks"]):
        raise typer.Exit(1)


def own_command() -> list[str]:
    """How this program is run by others: its name, if a client that is started anywhere finds it by that."""
    script = Path(sys.executable).with_name("trails")
    found = shutil.which("trails")
    mine = {os.path.realpath(script), os.path.realpath(sys.argv[0])}
    activated = os.environ.get("VIRTUAL_ENV")  # what is found because of it is not found elsewhere
    if found and os.path.realpath(found) in mine and not (activated and Path(found).is_relative_to(activated)):
        return ["trails"]
    if script.is_file():
        return [str(script)]
    return [sys.executable, "-P", "-m", "trails_cli.entry"]


# ── what is done ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _connect(client: "Client", scope: "Scope", command: Sequence[str], *, dry_run: bool, force: bool) -> dict[str, Any]:
    from .changes import Records, carry_out
    from .connecting import to_connect

    records = Records(settings().data_dir)
    steps = to_connect(client, scope, command, records, force=force)
    if not dry_run:
        carry_out([step.change for step in steps], records)
    return {
        **_said(client, scope, steps, records, dry_run=dry_run),
        "checks": [],
        "notes": [*_remarks(client, scope, command)],
        "next": client.next_steps,
        "undo": f"trails connect {client.name}{' --user' if scope.of_user else ''} --remove",
    }


def _disconnect(client: "Client", scope: "Scope", command: Sequence[str], *, dry_run: bool) -> dict[str, Any]:
    from .changes import Records, carry_out
    from .connecting import to_disconnect

    records = Records(settings().data_dir)
    steps = to_disconnect(client, scope, command, records)
    if not dry_run:
        carry_out([step.change for step in steps], records)
    return _said(client, scope, steps, records, dry_run=dry_run)


def _checks(client: "Client", scope: "Scope", command: Sequence[str]) -> "Iterator[Finding]":
    """What is found when the server is started as the file now says, and what the client says of it."""
    from .checking import check_client, check_server
    from .clients import SERVER, command_line
    from .merging import find_value

    target = client.server(scope, command)
    entry = find_value(target.form, target.path.read_bytes(), (*client.server_at, SERVER))
    words, variables = command_line(entry)
    yield check_server(words, scope.root, variables)
    if found := check_client(client.list_servers, SERVER, scope.root):
        yield found


def _remarks(client: "Client", scope: "Scope", command: Sequence[str]) -> Iterator[str]:
    if command[0] != "trails" and not scope.of_user:
        yield f"`trails` is not on the PATH for good, so the files name {command[0]}: right on this machine only."
    if os.environ.get("TRAILS_DATA_DIR"):
        yield f"TRAILS_DATA_DIR is set here: start {client.title} where it is set too, or it sees other notes."


def _to_add(name: str, command: Sequence[str]) -> dict[str, Any]:
    """What to add by hand: to which files of a client that is known, or to those of any other."""
    from trails import find_root

    from .clients import BLOCK, SERVER, Scope, plain_entry
    from .known_clients import CLIENTS
    from .merging import merged

    known = next((client for client in CLIENTS if client.name == name), None)
    if known is None:
        return {
            "server": {"mcpServers": {SERVER: plain_entry(command)}},
            "instructions": BLOCK.marked,
        }
    scope = Scope(find_root(Path.cwd()), Path.home(), os.environ)
    targets = known.targets(scope, command)
    added = [merged(target.form, target.new, target.parts).decode() for target in targets]
    return {"files": [{"path": str(target.path), "add": text} for target, text in zip(targets, added, strict=True)]}


# ── how it is told ───────────────────────────────────────────────────────────────────────────────────────────────────
def _said(
    client: "Client", scope: "Scope", steps: "Sequence[Step]", records: "Records", *, dry_run: bool
) -> dict[str, Any]:
    return {
        "client": client.name,
        "title": client.title,
        "folder": str(scope.folder),
        "dry_run": dry_run,
        "files": [_file(step, scope, records, dry_run=dry_run) for step in steps],
    }


def _file(step: "Step", scope: "Scope", records: "Records", *, dry_run: bool) -> dict[str, Any]:
    change = step.change
    has_backup = change.record is not None and change.record.was is not None
    return {
        "path": _short(change.path, scope.folder),
        "did": step.did,
        "why": step.why,
        "backup": str(records.backup(change.path)) if has_backup and not dry_run else "",
        "diff": _diff(change, _short(change.path, scope.folder)) if dry_run else "",
    }


def _short(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _diff(change: "Change", name: str) -> str:
    before, after = ((text or b"").decode().splitlines() for text in (change.before, change.after))
    old, new = (name if text is not None else "/dev/null" for text in (change.before, change.after))
    return "\n".join(unified_diff(before, after, old, new, lineterm=""))


def _connected(said: dict[str, Any]) -> str:
    changed = any(file["did"] != "unchanged" for file in said["files"])
    if said["dry_run"]:
        return _tried(said)
    head = f"Connected {said['title']}" if changed else f"{said['title']} was connected already"
    lines = [f"{head} in {said['folder']}", *_files(said)]
    if said["checks"]:
        lines.append(
            render.table((f"{'ok' if one['ok'] else '!!'}  {one['name']}", one["words"]) for one in said["checks"])
        )
    lines += [f"Note: {note}" for note in said["notes"]]
    return "\n".join([*lines, f"Next: {said['next']}", f"Undo: {said['undo']}"])


def _disconnected(said: dict[str, Any]) -> str:
    if said["dry_run"]:
        return _tried(said)
    if not any(file["did"] != "unchanged" for file in said["files"]):
        return "\n".join([f"{said['title']} was not connected in {said['folder']}", *_files(said)])
    return "\n".join([f"Took trails out of {said['title']} in {said['folder']}", *_files(said)])


def _files(said: dict[str, Any]) -> Iterator[str]:
    for file in said["files"]:
        told = file["why"] or (f"what it was: {file['backup']}" if file["backup"] else "")
        yield f"  {file['did']:<9}  {file['path']}{f'  ({told})' if told else ''}"


def _tried(said: dict[str, Any]) -> str:
    parts = [f"Nothing was written. In {said['folder']} it"]
    for file in said["files"]:
        why = f" ({file['why']})" if file["why"] else ""
        parts.append(f"{MEANT.get(file['did'], 'would leave')} {file['path']}{why}")
        parts += [file["diff"]] if file["diff"] else []
    return "\n".join(parts)


def _added_by_hand(said: dict[str, Any]) -> str:
    import json

    if "files" in said:
        return "\n\n".join(f"To {file['path']} add:\n\n{file['add'].rstrip()}" for file in said["files"])
    server = json.dumps(said["server"], indent=2, ensure_ascii=False)
    return (
        f"Where the client keeps its MCP servers, add:\n\n{server}\n\n"
        f"To the instructions that it reads, often AGENTS.md, add:\n\n{said['instructions'].rstrip()}"
    )


COMMANDS: tuple[tuple[Callable[..., None], str], ...] = ((connect, "trails connect claude-code --dry-run"),)
