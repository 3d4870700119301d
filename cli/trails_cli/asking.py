"""
How a command asks the keeper and says the answer: who it speaks for, JSON or text, errors as exit codes.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

import typer

from trails import BadInput, Settings, TrailsError, Unavailable, read_settings
from trails.backends.remote_memory import Answer, RemoteMemory

from . import render
from .escaping import escape, escape_json

LOOK_AGAIN_S = 0.5  # how often a journal that is followed is asked for more
EVENTS_AT_ONCE = 1000

AsJson = Annotated[bool, typer.Option("--json", help="Print the keeper's answer as JSON.")]


@cache
def settings() -> Settings:
    """The settings of this process. Raises BadInput for a variable of the wrong form."""
    return read_settings()


@cache
def keeper() -> RemoteMemory:
    """
    The keeper, as the caller of this command asks it.

    A command that an agent runs speaks for that agent and its session; otherwise all commands of one shell are one
    session.
    """
    here = settings()
    agent = here.agent or ("" if os.environ.get("CLAUDECODE") else "cli")
    session = here.session or ("" if os.environ.get("CLAUDE_CODE_SESSION_ID") else f"cli-{os.getppid()}")
    return RemoteMemory(here.data_dir, agent=agent, session=session, start_timeout_s=here.start_timeout_s)


def ask(verb: str, /, **arguments: Any) -> Answer:
    """The keeper's answer; arguments that are None or empty are left out. Raises what the keeper raised."""
    return keeper().ask(verb, **{name: value for name, value in arguments.items() if value not in (None, "", [], ())})


def follow_journal(asked: Mapping[str, Any], *, limit: int, after: int | None = None) -> Iterator[list[Answer]]:
    """
    The newest `limit` events, or those after a place, then all further ones as they happen, each once, for ever.

    While there is no keeper to be had it says so, and goes on from its place when there is one.
    """
    said = ask("log", after=after, limit=limit, **asked)
    while True:
        yield said["events"]
        if after is None or not said["more"]:
            time.sleep(LOOK_AGAIN_S)
        after = said["cursor"]
        said = _ask_until_answered("log", after=after, limit=EVENTS_AT_ONCE, **asked)


def _ask_until_answered(verb: str, /, **arguments: Any) -> Answer:
    complaint = ""
    while True:
        try:
            return ask(verb, **arguments)
        except Unavailable as problem:
            if str(problem) != complaint:
                complaint = str(problem)
                say_aside(f"{complaint} Asking again until it answers.")
            time.sleep(LOOK_AGAIN_S)


def text_of(body: str) -> str:
    """The text of an option, or of stdin when the option is `-`."""
    if body != "-":
        return body
    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise BadInput("The text on stdin is not UTF-8.") from None


def answer(as_json: bool, said: Answer, as_text: Callable[[Answer], str]) -> None:
    """Print an answer the way it was asked for."""
    if as_json:
        say_json(said)
    else:
        say(as_text(said))


def say(text: str) -> None:
    """Print lines of text; whatever could drive a terminal is shown instead of done."""
    sys.stdout.write("".join(f"{escape(line)}\n" for line in text.split("\n")))
    sys.stdout.flush()


def say_json(said: Any, indent: int | None = 2) -> None:
    sys.stdout.write(escape_json(json.dumps(said, indent=indent)) + "\n")
    sys.stdout.flush()


def say_events(events: Sequence[Answer], as_json: bool) -> None:
    """Events of a journal that is followed: as JSON each on a line of its own."""
    if as_json:
        for event in events:
            say_json(event, indent=None)
    elif events:
        say("\n".join(render.condensed(events)))


def say_aside(text: str) -> None:
    """Tell the person at the terminal something that is not part of the answer."""
    sys.stderr.write(f"trails: {escape(' '.join(text.split()))}\n")
    sys.stderr.flush()


def say_problem(problem: TrailsError, *, as_json: bool) -> int:
    """Say what went wrong, for people on stderr and for programs on stdout too; the exit code."""
    say_aside(str(problem))
    if as_json:
        say_json({"error": {"code": problem.code, "message": str(problem)}})
    return problem.exit_code


def now() -> datetime:
    """The present, in UTC: for "3 hours ago"."""
    return datetime.now(UTC)
