"""
What becomes of each event that a client's hook tells: a few words for the agent, evidence for the memory, or neither.

Hooks run on every touch of a file, so the answer comes first.
Nothing here may disturb the session that it serves: an event that is not understood is answered with silence.

    SessionStart        the welcome; after a compaction once more, with the files that the session was on
    SubagentStart       the welcome for a sub-agent, which knows nothing of what its session was told
    UserPromptSubmit    notes that match the task closely; the welcome if no keeper was there at the start
    PreToolUse          the notes on the file that is touched
    PostToolUse(Failure), PostToolBatch    what was edited, and how tests and builds ended; only the first ever speaks
    PreCompact          what the summary should keep
    Stop                once in a session: which lessons are worth laying

At a prompt, before a tool and after it the session is also told who else has come to one of its files. What its work
shows is written down by `working.py`.
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from trails import Laid, Memory, Offer, Settings, TrailsError, tokens

from .hook_events import HookEvent, read_event
from .places import inside
from .sessions import Doing, Sessions, within
from .visits import Visit
from .working import Work

TOUCH_BUDGET = 200  # tokens
TASK_BUDGET = 400  # tokens, for at most three notes
SUBAGENT_BUDGET = 250  # tokens: many sub-agents live for a minute
FILES_A_CALL = 10
TWICE = timedelta(seconds=5)
EVENTS_LOOKED_AT = 1000

LESSONS = (
    "Before you finish: did you learn something here that the code does not tell the next agent, such as a trap, a "
    "decision, a dead end, or what changes together? Lay each as one small trails note on its files, and judge the "
    "notes that you used. If there is nothing, just finish."
)
KEEP_LESSONS = (
    "Keep in the summary, under 'Lessons to lay', what was learned that the code does not tell: each in one sentence "
    "with its files. Keep the ids in brackets of the trails notes that were used."
)
LAY_LESSONS = "If the summary lists lessons to lay, lay each now as one small trails note."

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hooks:
    """Answers the events of all sessions of one keeper. Safe for several threads."""

    memory: Memory
    settings: Settings
    work: Work
    sessions: Sessions = field(default_factory=Sessions)

    def answer(self, visit: Visit, told: Mapping[str, Any]) -> str:
        """What the hook prints: text or JSON for the client, or "" for nothing."""
        event = read_event(told)
        tell = TELL.get(event.name)
        self.sessions.calls(event.tool_use_id, event.session_id, event.agent_id, event.agent_type)
        self.sessions.sent_by(visit, event.session_id)
        is_summing_up = event.agent_id and not event.agent_type  # a client's own helper at a compaction
        if tell is None or visit.refusal is not None or is_summing_up:
            return ""
        here = within(visit, event.session_id, event.agent_id, event.agent_type)
        try:
            return tell(self, here, event, self.sessions.doing(here))
        except TrailsError as refusal:  # a path elsewhere, a prompt that is all secret: nothing to say about it
            logger.info("nothing told at %s: %s", event.name, refusal.code)
            return ""

    def knows(self, visit: Visit, note_ids: Iterable[str]) -> None:
        """Note down that a session has laid these notes, or was shown them in answer to a question."""
        doing = self.sessions.find_doing(visit)
        if doing is not None and doing.known is not None:
            doing.known.update(note_ids)

    def meet(self, visit: Visit, paths: Sequence[str], *, edits: bool = False) -> str:
        """Who else is at work on the files of a session, told once; that it is on these is known from now on."""
        self.seen(visit, paths, edits=edits)
        return self.memory.meet(visit.workspace, visit.author) if self._tells(visit, "files") else ""

    def seen(self, visit: Visit, paths: Sequence[str], *, edits: bool = False) -> None:
        """Note down that a session is at work on files; nobody is told of ignored ones."""
        folder, now = visit.folder, self.memory.clock()
        kept = [path for path in paths if folder is None or not folder.is_ignored(path)]
        tree = folder.tree if folder else ""
        self.memory.presence.seen(visit.workspace, visit.author, kept, now, edits=edits, tree=tree)

    def finish(self) -> None:
        """Write what waits to be written, and what sessions in the middle of a turn have done until now."""
        for doing in self.sessions.all_doing():
            if doing.visit is not None:
                self.work.note_uses(doing.visit, doing)
        self.work.finish()

    # ── beginnings ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _session_start(self, visit: Visit, event: HookEvent, doing: Doing) -> str:
        doing.is_welcomed = True
        now, (source, at) = self.memory.clock(), doing.began
        doing.began = event.source, now
        if event.source == "resume":  # it has its old context back, the old welcome included
            return ""
        if event.source == source and at is not None and now - at < TWICE:  # by the plugin and by the project's hooks
            return ""
        lessons = [LAY_LESSONS] if event.source == "compact" and doing.to_lay else []
        doing.to_lay = False
        doing.told.clear()  # what was told before is gone with its context
        files = self._files_of(visit) if event.source == "compact" else ()
        welcome = self._welcome(visit, self.settings.welcome_tokens, files)
        return _context(event, "\n\n".join([*lessons, *([welcome] if welcome else [])]))

    def _subagent_start(self, visit: Visit, event: HookEvent, doing: Doing) -> str:
        doing.is_welcomed = True
        return _context(event, self._welcome(visit, min(SUBAGENT_BUDGET, self.settings.welcome_tokens), ()))

    def _prompt(self, visit: Visit, event: HookEvent, doing: Doing) -> str:
        with doing.lock:
            parts = [self._welcome_once(visit, doing)]
            if self._tells(visit, "prompts") and event.prompt != LESSONS:  # which some clients send as a task
                offer = self.memory.offer(
                    visit.workspace,
                    visit.author,
                    task=event.prompt,
                    known=self._known(visit, doing),
                    folder=visit.folder,
                    budget_tokens=TASK_BUDGET,
                )
                parts.append(_said(offer, doing))
            parts.append(self.meet(visit, ()))
        return _context(event, "\n\n".join(part for part in parts if part))

    def _welcome(self, visit: Visit, budget: int, files: tuple[str, ...]) -> str:
        if not self._tells(visit, "welcome"):
            return ""
        welcome = self.memory.welcome(
            visit.workspace, visit.author, files=files, folder=visit.folder, budget_tokens=budget
        )
        self.sessions.doing(visit).told |= welcome.whole
        return "" if welcome.is_empty else welcome.text

    def _welcome_once(self, visit: Visit, doing: Doing) -> str:
        """The welcome, if no keeper was there when the session began."""
        is_late = not doing.is_welcomed and not self._was_there(visit)
        doing.is_welcomed = True
        return self._welcome(visit, self.settings.welcome_tokens, ()) if is_late else ""

    def _was_there(self, visit: Visit) -> bool:
        """Whether an earlier keeper has told this session anything."""
        by = visit.author
        return bool(self.memory.store.session_events(visit.workspace, by.principal, by.session, 1))

    # ── at work ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def _touch(self, visit: Visit, event: HookEvent, doing: Doing) -> str:
        paths = inside(visit, [file for call in event.calls for file in call.files][:FILES_A_CALL])
        others = self.meet(visit, paths, edits=any(call.edits for call in event.calls))
        if not paths:
            return _context(event, others)
        with doing.lock:  # parallel calls touch one file at once, and each note is told once
            told = self._welcome_once(visit, doing)
            spent = tokens(told)
            for path in paths:
                room = TOUCH_BUDGET + spent - tokens(f"{told}\n\n{others}\n\n")
                told = "\n\n".join(part for part in (told, self._offer(visit, path, doing, room)) if part)
        return _context(event, "\n\n".join(part for part in (told, others) if part))

    def _offer(self, visit: Visit, path: str, doing: Doing, room: int) -> str:
        """The notes on a file, as many as there is room for; later on those that were laid since."""
        if not self._tells(visit, "files"):
            return ""
        offer = self.memory.offer(
            visit.workspace,
            visit.author,
            file=path,
            looked=doing.looked.get(path, 0),
            known=self._known(visit, doing),
            folder=visit.folder,
            budget_tokens=room,
        )
        if offer.text or room >= TOUCH_BUDGET // 2:  # else there was no room for a word
            doing.looked[path] = offer.count
        return _said(offer, doing)

    def _known(self, visit: Visit, doing: Doing) -> set[str]:
        """The notes that a session knows: those that its log shows, and those that its last welcome told to the end."""
        if doing.known is None:
            doing.known = set(self.memory.known_to(visit.workspace, visit.author))
        return doing.known | doing.told

    def _used(self, visit: Visit, event: HookEvent, doing: Doing) -> str:
        self._worked(visit, event, doing)
        return _context(event, self.meet(visit, ())) if event.name == "PostToolUse" else ""

    def _worked(self, visit: Visit, event: HookEvent, doing: Doing) -> None:
        for call in event.calls:
            if call.edits:
                paths = inside(visit, call.files[:FILES_A_CALL])
                self.seen(visit, paths, edits=True)
                self.work.edited(visit, doing, paths, call.written)
            elif call.command:
                self.work.ran(visit, call, doing)
        if event.name == "PostToolBatch":
            self.work.note_uses(visit, doing)

    # ── ends ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _compaction(self, visit: Visit, event: HookEvent, doing: Doing) -> str:
        self.work.note_uses(visit, doing)
        doing.to_lay = self._tells(visit, "lessons") and not event.blocks  # such a client lets nobody say anything
        return KEEP_LESSONS if doing.to_lay else ""

    def _stop(self, visit: Visit, event: HookEvent, doing: Doing) -> str:
        self.work.note_uses(visit, doing, event.said)
        self.work.leave_it_at_that(visit, doing)
        if event.again or doing.was_asked or not doing.has_edited or not self._tells(visit, "lessons"):
            return ""
        doing.was_asked = True
        if self._has_laid(visit):
            return ""
        return json.dumps({"decision": "block", "reason": LESSONS}) if event.blocks else _context(event, LESSONS)

    def _subagent_stop(self, visit: Visit, event: HookEvent, doing: Doing) -> str:
        self.work.note_uses(visit, doing, event.said)
        self.work.leave_it_at_that(visit, doing)
        self.memory.presence.gone(visit.workspace, visit.author)
        return ""

    def _session_end(self, visit: Visit, event: HookEvent, doing: Doing) -> str:
        return self._subagent_stop(visit, event, doing)

    def _has_laid(self, visit: Visit) -> bool:
        by = visit.author
        events = self.memory.store.session_events(visit.workspace, by.principal, by.session, EVENTS_LOOKED_AT)
        return any(isinstance(event.fact, Laid) for _, event in events)

    def _after_tool(self, visit: Visit, event: HookEvent, doing: Doing) -> str:
        """Of a client that lets a hook speak only after a tool."""
        self._worked(visit, event, doing)
        return self._touch(visit, event, doing)

    # ── what is told to whom ─────────────────────────────────────────────────────────────────────────────────────────
    def _tells(self, visit: Visit, what: str) -> bool:
        return what in (visit.unasked or self.settings.unasked).replace(" ", "").split(",")

    def _files_of(self, visit: Visit) -> tuple[str, ...]:
        """The files that a session was last at work on."""
        there = self.memory.presence.at_work(visit.workspace, self.memory.clock())
        return next((one.paths for one in there if one.by == visit.author), ())


def _context(event: HookEvent, text: str) -> str:
    """A text for the agent, as clients want it from a hook."""
    if not text:
        return ""
    told = {"hookEventName": event.answered_as, "additionalContext": text}
    return json.dumps({"hookSpecificOutput": told}, ensure_ascii=False)


def _said(offer: Offer, doing: Doing) -> str:
    """The text of an offer, whose notes the session knows from now on."""
    if doing.known is not None:
        doing.known.update(hit.note.id for hit in offer.recall.hits)
    return offer.text


TELL: Mapping[str, Callable[[Hooks, Visit, HookEvent, Doing], str]] = {
    "SessionStart": Hooks._session_start,
    "SubagentStart": Hooks._subagent_start,
    "UserPromptSubmit": Hooks._prompt,
    "PreToolUse": Hooks._touch,
    "PostToolUse": Hooks._used,
    "PostToolUseFailure": Hooks._used,
    "PostToolBatch": Hooks._used,
    "AfterTool": Hooks._after_tool,
    "PreCompact": Hooks._compaction,
    "Stop": Hooks._stop,
    "SubagentStop": Hooks._subagent_stop,
    "SessionEnd": Hooks._session_end,
}
