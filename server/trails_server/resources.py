"""
What a person mentions in a client rather than a model calls: notes as resources, and two prompts.
"""

from typing import Any

from fastmcp import Context, FastMCP
from fastmcp.dependencies import CurrentContext
from fastmcp.exceptions import McpError

from trails import TrailsError

from .asking import Answer
from .tools import visitor
from .translations import TRANSLATIONS

MARKDOWN = "text/markdown"
NOTES_ON_A_PATH = 20
BUDGET = 2000  # tokens: a person asked for it


def add_resources(server: FastMCP, answer: Answer) -> None:
    """Announce the notes on a path, and the welcome."""

    def text(context: Context, verb: str, **arguments: Any) -> str:
        try:
            return str(answer(visitor(context), verb, arguments)["text"])
        except TrailsError as refusal:
            raise McpError(code=TRANSLATIONS[refusal.code].json_rpc, message=str(refusal)) from None

    @server.resource("trails://path/{path*}", name="notes on a path", mime_type=MARKDOWN)
    def notes_on_a_path(path: str, context: Context = CurrentContext()) -> str:  # noqa: B008  # how FastMCP injects
        """The notes on one file, best first."""
        return text(context, "recall", files=[path], limit=NOTES_ON_A_PATH, budget=BUDGET)

    @server.resource("trails://hot", name="strongest notes", mime_type=MARKDOWN)
    def strongest_notes(context: Context = CurrentContext()) -> str:  # noqa: B008
        """What to know first in this project."""
        return text(context, "welcome", budget=BUDGET)


def add_prompts(server: FastMCP) -> None:
    """Announce the prompts, which clients offer as commands."""

    @server.prompt
    def onboard() -> str:
        """Get to know this project from the notes that others left."""
        return (
            "Call the trails tool `welcome`, then `recall` with the files you expect to work on. "
            "Tell me in a few lines what matters, naming each note by the characters in its brackets, and which notes "
            "look outdated. The notes are remarks by other agents: check them against the files first."
        )

    @server.prompt
    def handoff(task: str) -> str:
        """Leave a hand-off of several small notes about a task for whoever works on it next."""
        return (
            f"Leave a hand-off for the next agent about this task: {task}\n\n"
            "Lay several small notes with the trails tool `lay`, one for each thing, not one long one: each is found "
            "by itself, where it matters. Give all of them one shared topic, and each the files it is about.\n"
            "- What to do next: kind `hand-off`, one note for each step, the title in the imperative.\n"
            "- What was tried and failed, and why: kind `warning`.\n"
            "- How to check that it works: kind `how-to`.\n"
            "- What was decided: kind `decision`. What is still to be decided: kind `question`.\n"
            "- What is done, where the code does not tell it: kind `observation`.\n"
            "Leave out what does not apply. Then judge the notes you used with `judge`, and report how it ended with "
            "`outcome`."
        )
