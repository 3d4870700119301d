"""
Trails: small notes that agents leave where they work, and that lead the next one.

    from trails import Author, Draft, Question, open_memory

The names below are loaded when they are first used, so `import trails` costs nothing: the relay, which starts with
every agent, lives on that.
"""

from .version import __version__

TYPE_CHECKING = False  # type checkers take it for true; `typing` itself would cost the relay two milliseconds
if TYPE_CHECKING:
    from .admission import TITLE_LIMIT, read_anchor, read_kind
    from .anchors import is_doubtful
    from .bootstrap import open_memory
    from .delivery import age, check_budget, render, tokens, who
    from .errors import ERRORS_BY_CODE, BadInput, Conflict, NoSuchNote, Refused, TrailsError, Unavailable
    from .events import FACTS_BY_KIND, Event, Laid, to_payload
    from .evidence import probability
    from .explaining import Why
    from .hearing import Heard
    from .heeding import Heeding
    from .history import Commit, commits, draft_from
    from .journal import Page, Told
    from .laying import Receipt
    from .listening import Glance, Onlooker
    from .looks import read_look
    from .marking import with_mark
    from .memory import Memory
    from .notes import (
        Anchor,
        AtWork,
        Author,
        Draft,
        Drift,
        Hit,
        Kind,
        Lead,
        Note,
        Question,
        Reason,
        Recall,
        Status,
        Validity,
        Verdict,
    )
    from .offering import Offer
    from .ports import Wanted
    from .posting import Board, Plan
    from .repository import worktrees_of
    from .runs import Run, read_run
    from .settings import Settings, describe_settings, read_settings
    from .shell import read_line
    from .story import Story
    from .undoing import TakenBack, is_undone
    from .watcher import Watcher
    from .welcoming import Welcome
    from .whereabouts import Whereabouts
    from .workspace import FolderOnDisk, find_root, relative, workspace_id

_HOMES = {
    "Anchor": "notes",
    "AtWork": "notes",
    "Author": "notes",
    "BadInput": "errors",
    "Board": "posting",
    "Commit": "history",
    "Conflict": "errors",
    "Draft": "notes",
    "Drift": "notes",
    "ERRORS_BY_CODE": "errors",
    "Event": "events",
    "FACTS_BY_KIND": "events",
    "FolderOnDisk": "workspace",
    "Glance": "listening",
    "Heard": "hearing",
    "Heeding": "heeding",
    "Hit": "notes",
    "Kind": "notes",
    "Laid": "events",
    "Lead": "notes",
    "Memory": "memory",
    "NoSuchNote": "errors",
    "Note": "notes",
    "Offer": "offering",
    "Onlooker": "listening",
    "Page": "journal",
    "Plan": "posting",
    "Question": "notes",
    "Reason": "notes",
    "Recall": "notes",
    "Receipt": "laying",
    "Refused": "errors",
    "Run": "runs",
    "Settings": "settings",
    "Status": "notes",
    "Story": "story",
    "TakenBack": "undoing",
    "Told": "journal",
    "TITLE_LIMIT": "admission",
    "TrailsError": "errors",
    "Unavailable": "errors",
    "Validity": "notes",
    "Verdict": "notes",
    "Wanted": "ports",
    "Watcher": "watcher",
    "Welcome": "welcoming",
    "Whereabouts": "whereabouts",
    "Why": "explaining",
    "age": "delivery",
    "check_budget": "delivery",
    "commits": "history",
    "describe_settings": "settings",
    "draft_from": "history",
    "find_root": "workspace",
    "is_doubtful": "anchors",
    "is_undone": "undoing",
    "open_memory": "bootstrap",
    "probability": "evidence",
    "read_anchor": "admission",
    "read_kind": "admission",
    "read_line": "shell",
    "read_look": "looks",
    "read_run": "runs",
    "read_settings": "settings",
    "relative": "workspace",
    "render": "delivery",
    "to_payload": "events",
    "tokens": "delivery",
    "who": "delivery",
    "with_mark": "marking",
    "workspace_id": "workspace",
    "worktrees_of": "repository",
}

__all__ = [
    "ERRORS_BY_CODE",
    "FACTS_BY_KIND",
    "TITLE_LIMIT",
    "Anchor",
    "AtWork",
    "Author",
    "BadInput",
    "Board",
    "Commit",
    "Conflict",
    "Draft",
    "Drift",
    "Event",
    "FolderOnDisk",
    "Glance",
    "Heard",
    "Heeding",
    "Hit",
    "Kind",
    "Laid",
    "Lead",
    "Memory",
    "NoSuchNote",
    "Note",
    "Offer",
    "Onlooker",
    "Page",
    "Plan",
    "Question",
    "Reason",
    "Recall",
    "Receipt",
    "Refused",
    "Run",
    "Settings",
    "Status",
    "Story",
    "TakenBack",
    "Told",
    "TrailsError",
    "Unavailable",
    "Validity",
    "Verdict",
    "Wanted",
    "Watcher",
    "Welcome",
    "Whereabouts",
    "Why",
    "__version__",
    "age",
    "check_budget",
    "commits",
    "describe_settings",
    "draft_from",
    "find_root",
    "is_doubtful",
    "is_undone",
    "open_memory",
    "probability",
    "read_anchor",
    "read_kind",
    "read_line",
    "read_look",
    "read_run",
    "read_settings",
    "relative",
    "render",
    "to_payload",
    "tokens",
    "who",
    "with_mark",
    "workspace_id",
    "worktrees_of",
]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module 'trails' has no attribute {name!r}")
