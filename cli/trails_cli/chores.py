"""
The commands that look after the keeper rather than the notes, and the demonstration.

`COMMANDS` lists them with an example each; `main.py` adds them to the command.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from trails import read_settings

from . import render
from .asking import (
    AsJson,
    answer,
    ask,
    keeper,
    say,
    say_aside,
    say_json,
    settings,
)
from .watching import watch

LOOK_S = 0.3  # between two looks at what is still to be indexed


def mcp() -> None:
    """Speak MCP on stdin and stdout, for an agent."""
    from .relay import main as relay

    raise typer.Exit(relay())


def hook(
    client: Annotated[str, typer.Argument(help="What the client is called: codex, gemini or any other.")] = "",
) -> None:
    """
    Answer a hook of an agent's client.

    The event comes on stdin as JSON, and what the client is to tell its agent goes to stdout. Mostly that is nothing.
    """
    from .hook import main

    raise typer.Exit(main(client))


def status(as_json: AsJson = False) -> None:
    """Show the state of the keeper and this workspace."""
    answer(as_json, ask("status"), render.status)


def serve(
    stop: Annotated[bool, typer.Option("--stop", help="Ask the running keeper to leave instead.")] = False,
    http: Annotated[
        str | None, typer.Option(metavar="[HOST:]PORT", help="Serve MCP over HTTP too, here; 0: a free port.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Be the keeper, in the foreground, until Ctrl-C.

    Nobody has to: commands and agents start one in the background when they find none, and it leaves when nobody has
    needed it for half an hour.
    """
    if stop:
        answer(as_json, {"retired": keeper().retire()}, _left)
        return
    from trails_server.keeper import run_keeper

    here = settings() if http is None else read_settings(http=http)
    stays = replace(here, idle_exit_s=0.0)  # somebody is watching it: it does not leave by itself
    say_aside(f"keeping {here.data_dir} until Ctrl-C")
    raise typer.Exit(run_keeper(stays))


def _left(said: dict[str, Any]) -> str:
    return "The keeper has left." if said["retired"] else "No keeper was running."


def token(
    rotate: Annotated[bool, typer.Option("--rotate", help="Make another; the old one opens nothing any more.")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Show the token that opens the HTTP door.

    Whoever has it reads and writes your notes: it belongs into a client's settings, never on a command line.
    """
    answer(as_json, ask("renew_token" if rotate else "token"), lambda said: str(said["token"]))


def reindex(as_json: AsJson = False) -> None:
    """Build the vector index anew from the store."""
    total = ask("reindex")["pending"]
    said = ask("wait_until_indexed", timeout_s=LOOK_S)
    if sys.stderr.isatty():
        said = _wait_with_bar(said, total)
    while _goes_on(said):
        said = ask("wait_until_indexed", timeout_s=LOOK_S)
    answer(as_json, {"notes": total, **said}, _reindexed)


def _goes_on(said: dict[str, Any]) -> bool:
    """Whether waiting helps: without a model, or with an index that fails, it lasts for ever."""
    if said["indexed"]:
        return False
    state = ask("status")
    return state["model"]["state"] in ("loading", "ready") and state["index"]["state"] == "working"


def _wait_with_bar(said: dict[str, Any], total: int) -> dict[str, Any]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("indexing", total=total)
        while _goes_on(said):
            progress.update(bar, completed=max(0, total - said["pending"]))
            said = ask("wait_until_indexed", timeout_s=LOOK_S)
        progress.update(bar, completed=max(0, total - said["pending"]))
    return said


def _reindexed(said: dict[str, Any]) -> str:
    if said["indexed"]:
        return f"Indexed {said['notes']} notes."
    if ask("status")["model"]["state"] == "off":
        return "There is no vector index without a model: this keeper was started with TRAILS_MODEL=none."
    return f"{said['pending']} notes wait for the model or the index; `trails doctor` says more."


def doctor(as_json: AsJson = False) -> None:
    """
    Look for what is wrong.

    Folders, keeper, versions, store, index, model; exits with 1 if anything is not as it should be.
    """
    from .examining import examine

    findings = examine(settings(), keeper())
    if as_json:
        say_json({"checks": [finding.plain() for finding in findings], "ok": all(one.ok for one in findings)})
    else:
        say("\n".join(f"{'ok' if one.ok else '!!'}  {one.name:<9}  {render.one_line(one.words)}" for one in findings))
    if not all(one.ok for one in findings):
        raise typer.Exit(1)


def demo(
    repo: Annotated[Path, typer.Option(help="A git repository; it is only read.")] = Path(),
    commits: Annotated[int, typer.Option(help="At most so many of its last commits.")] = 300,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the demonstration's folder for a look.")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Show on a real repository how a note leads the next.

    Its commits become notes in a folder of their own; your own notes stay as they are.
    """
    from .demo import run

    run(repo, limit=commits, keep=keep, as_json=as_json)


COMMANDS: tuple[tuple[Callable[..., None], str], ...] = (
    (status, "trails status"),
    (serve, "trails serve --stop"),
    (token, "trails token --rotate"),
    (mcp, "claude mcp add trails -- trails mcp"),
    (hook, "trails hook codex < event.json"),
    (watch, "trails watch"),
    (reindex, "trails reindex"),
    (doctor, "trails doctor --json"),
    (demo, "trails demo --repo ~/src/project --commits 100"),
)
