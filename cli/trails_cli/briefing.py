"""
What stands at the two ends of work: the welcome before it, and the hand-off after it.

A hand-off is several small notes, not one long one: each is found by itself, on its files and by its words, and each is
judged and fades by itself. What holds them together is a topic made from the task.
`COMMANDS` lists the commands with an example each; `main.py` adds them to the command.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from textwrap import shorten
from typing import Annotated, Any

import typer

from trails import TITLE_LIMIT, BadInput, Kind, TrailsError

from . import render
from .asking import AsJson, answer, ask

TOPIC_CHARACTERS = 48
NOT_IN_A_TOPIC = re.compile(r"[\W_]+")

Texts = list[str] | None


def welcome(
    files: Annotated[Texts, typer.Argument(metavar="[FILE]...", help="The files it is about above all.")] = None,
    budget: Annotated[int, typer.Option(help="At most so many tokens, 200 to 50000.")] = 400,
    as_json: AsJson = False,
) -> None:
    """
    Show what to know first here, as an agent reads it.

    What is under way, what was settled, what to look out for, the strongest trails, who is at work, what to read.
    """
    answer(as_json, ask("welcome", files=files, budget=budget), lambda said: str(said["text"]))


def handoff(
    task: Annotated[str, typer.Argument(help="One line: what the next one should do.")],
    done: Annotated[Texts, typer.Option(help="What is done; repeatable.")] = None,
    next_: Annotated[Texts, typer.Option("--next", help="A step that is left to do; repeatable.")] = None,
    failed: Annotated[Texts, typer.Option(help="What was tried and failed, and why; repeatable.")] = None,
    check: Annotated[Texts, typer.Option(help="How to check that it works; repeatable.")] = None,
    files: Annotated[
        Texts, typer.Option("--file", "-f", metavar="PATH[:LINES]", help="A file it is about; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Leave work to the next one, as several small notes.

    Each text becomes a note of its own; a topic made from the task holds them together.
    """
    topic = NOT_IN_A_TOPIC.sub("-", task.lower())[:TOPIC_CHARACTERS].strip("-")
    said = {Kind.HAND_OFF: next_, Kind.WARNING: failed, Kind.HOW_TO: check, Kind.OBSERVATION: done}
    notes = [_note(text, kind) for kind, texts in said.items() for text in texts or ()]
    whereabouts = f"Its steps, dead ends and checks are small notes: recall the topic {topic}." if notes else ""
    notes.insert(0, _note(task, Kind.HAND_OFF, whereabouts))
    laid = list(_laid(reversed(notes), topic, files))  # of notes alike the newest comes first in a welcome
    answer(as_json, {"topic": topic, "notes": laid[::-1]}, _handed_off)


@dataclass(frozen=True, slots=True)
class _Note:
    """One note of a hand-off, before it is laid."""

    kind: Kind
    title: str
    body: str


def _note(text: str, kind: Kind, body: str = "") -> _Note:
    """A text as a note: its first line is the title; where that is too long, it stands in the body as a whole."""
    first, _, rest = text.strip().partition("\n")
    if not first:
        raise BadInput("A text of the hand-off is empty: say something, or leave that option out.")
    if len(first) > TITLE_LIMIT:
        first, rest = shorten(first, TITLE_LIMIT, placeholder="…"), text
    return _Note(kind, first, "\n\n".join(part for part in (rest.strip(), body) if part))


def _laid(notes: Iterable[_Note], topic: str, files: Texts) -> Iterator[dict[str, Any]]:
    """The receipts of notes that are laid one after the other. A refusal says which of them stand already."""
    handles: list[str] = []
    for note in notes:
        try:
            receipt = ask(
                "lay", title=note.title, body=note.body, kind=note.kind.value, files=files, topics=[topic] * bool(topic)
            )
        except TrailsError as problem:
            if not handles:
                raise
            stand = " ".join(f"[{handle}]" for handle in handles)
            raise type(problem)(f"{problem} Laid already: {stand}; the same once more lays only the rest.") from None
        handles.append(receipt["handle"])
        yield {"kind": note.kind.value, "title": note.title, **receipt}


def _handed_off(said: dict[str, Any]) -> str:
    """What was laid, each note on a line of its own."""
    count = render.counted(len(said["notes"]), "note")
    lines = [f"Handed over in {count} with the topic {said['topic']}"]
    for one in said["notes"]:
        lines += [render.line_of(one), *(f"{render.MARGIN}{line}" for line in render.laid(one).splitlines()[1:])]
    return "\n".join(lines)


COMMANDS: tuple[tuple[Callable[..., None], str], ...] = (
    (welcome, "trails welcome src/ledger.py --budget 1000"),
    (
        handoff,
        'trails handoff "Finish the migration of the ledger" --next "Move the tests" --failed "Renaming in place"',
    ),
)
