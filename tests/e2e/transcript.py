"""
What a model was sent, as a text that a person can read and a test can compare.

Left out is what the client says of itself and of its own tools. What differs from run to run is named alike: sessions,
agents, notes, times and folders.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from tests.e2e.model_stub import ASIDE, COMPACTION, MAIN, Json, Request

OURS = re.compile(r"[\w: ]*hook (?:additional context|success|error|blocking)|## plugin:trails:trails")
THEIRS = (  # how the paragraphs begin that Claude Code writes for itself
    "# Environment",
    "# MCP Server Instructions",
    "The following MCP servers have provided instructions",
    "The following deferred tools",
    "The following skills",
    "You are powered by",
    "Available agent types",
    "When you launch multiple agents",
    "Today's date",
    "The date has changed",
    "The user hasn't heard",
    "<system-reminder>\nAttribution for git commits",
    "<system-reminder>\nAs you answer the user's questions",
)
SAME_IN_EVERY_RUN = (  # pattern, what stands in its place; a place with {} counts what is different
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "session-{}"),
    (r"\ba[0-9a-f]{16}\b", "agent-{}"),
    (r"(?<=\[)[0-9a-hjkmnp-tv-z]{8}(?=\])", "note-{}"),
    (r"\bjust now\b|\b\d+ (?:seconds?|minutes?|min|s) ago\b", "just now"),
    (r"\bin \d+\.\d+s\b", "in 0.01s"),
    (r"(?s)\[Subagent hand-back\].*?The report follows:", "[Subagent hand-back] …"),
    (r"(?s)\nagentId: .*?</usage>", ""),
    (r"(?s)CRITICAL: Respond with TEXT ONLY.*?\nAdditional Instructions:\n", "(how to write a summary) …\n"),
    (r"(?s)\n\nREMINDER: Do NOT call any tools.*?(?=\n+\[|\n+─|\n+═|\Z)", ""),
    (r"(?s)\n\nIf you need specific details from before compaction.*?already have happened in them\.", " …"),
)


def transcript(title: str, requests: Iterable[Request]) -> str:
    """All that a model was sent and answered, each once, in order."""
    lines = [f"═══ {title} ═══"]
    before: dict[str, list[str]] = {}
    for request in requests:
        if request.conversation != ASIDE:
            now = list(_parts(request.body))
            then = before.get(request.conversation, now[:-1] if request.conversation == COMPACTION else [])
            kept = _common(then, now)
            lines += _heading(request.conversation, is_new=request.conversation not in before, is_cut=kept < len(then))
            lines += now[kept:]
            before[request.conversation] = now
    return "\n".join(line.rstrip() for line in "\n".join(lines).splitlines()) + "\n"


def alike(text: str, folders: Mapping[str, str]) -> str:
    """A text in which what differs from run to run has a name that does not; `folders` are paths and their names."""
    for path, name in sorted(folders.items(), key=lambda one: -len(one[0])):
        text = text.replace(path, name)
    for pattern, name in SAME_IN_EVERY_RUN:
        text = re.sub(pattern, _counted(name), text)
    return text


def _counted(name: str) -> Callable[[re.Match[str]], str]:
    seen: dict[str, int] = {}
    return lambda found: name.format(seen.setdefault(found[0], len(seen) + 1))


def _heading(conversation: str, *, is_new: bool, is_cut: bool) -> list[str]:
    said = "starts" if is_new else "has other words before it now" if is_cut else ""
    return ["", f"─── {'the session' if conversation == MAIN else conversation} {said} ───"] if said else []


def _common(one: list[str], other: list[str]) -> int:
    return next(
        (index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


# ── one request ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _parts(body: Json) -> Iterator[str]:
    """What was said in a request, part by part."""
    for message in body["messages"]:
        content = message["content"]
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            yield from _block(message["role"], block)


def _block(role: str, block: Json) -> Iterator[str]:
    if block["type"] == "tool_use":
        yield f"[assistant uses {block['name']}] {json.dumps(block['input'], ensure_ascii=False)}"
    elif block["type"] == "tool_result":
        yield f"[{'error' if block.get('is_error') else 'result'}] {_text(block['content'])}"
    elif block["type"] == "text":
        kept = "\n\n".join(_ours(block["text"]))
        if kept:
            yield f"[{role}] {kept}"


def _text(content: str | list[Json]) -> str:
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)


def _ours(text: str) -> Iterator[str]:
    """The paragraphs of a text that are not the client's about itself; of its list of skills, those of trails."""
    is_theirs = False
    for paragraph in text.strip().split("\n\n"):
        if paragraph.startswith(THEIRS):
            is_theirs = True
        elif OURS.match(paragraph):
            is_theirs = False
        if not is_theirs:
            yield paragraph
        elif found := [line for line in paragraph.splitlines() if line.startswith("- trails:")]:
            yield "\n".join(["(among the skills)", *found])
