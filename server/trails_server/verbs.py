"""
The verbs, over plain JSON arguments: the one place that turns what a door was given into calls of the memory.

The ask door and the MCP tools both come here, so they check, decide and answer alike. A verb is a method; its
keyword-only parameters are its arguments (`arguments.py`), its answer is plain JSON (`payloads.py` and its neighbours).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from trails import (
    FACTS_BY_KIND,
    BadInput,
    Draft,
    Kind,
    Memory,
    Question,
    Recall,
    Verdict,
    Wanted,
    check_budget,
    read_kind,
    render,
)

from . import journal_payloads, payloads
from .arguments import Object, Texts, read_arguments
from .hooks import Hooks
from .payloads import Payload
from .places import anchor, anchors
from .upkeep import Upkeep
from .visits import Visit

ACTIONS = ("confirm", "supersede", "dispute", "retag", "withdraw", "restore")
RESULTS = {"failed": 0.0, "partly": 0.5, "succeeded": 1.0}
WELCOME_BUDGET = 400  # tokens
RECALL_BUDGET = 1000  # tokens
EXPLORING_BUDGET = 300  # tokens: in less there is room for the best only, and no place for chance
LEADS = 3  # files
LOG_LIMIT = 1000  # events
FILES_LIMIT = 1000  # told in one answer
NOT_GIVEN = -1  # a place in the log that no event has
ANYWHERE = ("hook", "status", "token", "renew_token", "reindex", "wait_until_indexed", "retire")  # no workspace needed


@dataclass(frozen=True, slots=True)
class Verbs:
    """What can be asked of a keeper. Every method is safe to call from several threads."""

    memory: Memory
    upkeep: Upkeep
    hooks: Hooks

    def answer(self, visit: Visit, verb: str, arguments: Mapping[str, Any]) -> Payload:
        """The answer of one verb. Raises BadInput for an unknown verb or argument, else what the memory raises."""
        method = VERBS.get(verb) or CHORES.get(verb)
        if method is None:
            raise BadInput(f"There is no such verb; there are {', '.join(sorted({*VERBS, *CHORES}))}.")
        if visit.refusal is not None and verb not in ANYWHERE:
            raise visit.refusal
        visit = self.hooks.sessions.joined(visit)
        self.upkeep.follow_tree(visit)
        return method(self if verb in VERBS else self.upkeep, visit, **read_arguments(method, arguments))

    # ── leaving something behind ─────────────────────────────────────────────────────────────────────────────────────
    def lay(
        self,
        visit: Visit,
        *,
        title: str,
        body: str = "",
        kind: str = Kind.OBSERVATION.value,
        files: Texts = (),
        topics: Texts = (),
        key: str = "",
        at: str = "",
    ) -> Payload:
        """Lay a note. `at`, an ISO date and time, is for importers of older notes."""
        places = anchors(visit, files)
        draft = Draft(title, body, read_kind(kind), places, topics)
        laid_at = _moment(at) if at else None
        self.upkeep.enter(visit)
        receipt = self.memory.lay(visit.workspace, draft, visit.author, folder=visit.folder, key=key, at=laid_at)
        self.upkeep.remember(visit, places)
        self.hooks.knows(visit, [receipt.note_id])
        return payloads.receipt_payload(receipt)

    def judge(self, visit: Visit, *, note: str, verdict: str, reason: str = "", key: str = "") -> Payload:
        """Say whether a note helped."""
        said = _verdict(verdict)
        judged = self.memory.judge(visit.workspace, note, said, visit.author, reason=reason, key=key)
        return {"note": payloads.note_payload(judged), "verdict": said.value}

    def use(self, visit: Visit, *, edited: Texts = (), text: str = "", key: str = "") -> Payload:
        """Report files that the session edited and text that it wrote itself: they may show that it used notes."""
        paths = [place.path for place in anchors(visit, edited)]
        if visit.has_named_session:
            self.hooks.seen(visit, paths, edits=True)
        found = self.memory.use(visit.workspace, visit.author, edited=paths, text=text, folder=visit.folder, key=key)
        return {"uses": [{"id": used.note_id, "how": used.how.value} for used in found]}

    def outcome(
        self,
        visit: Visit,
        *,
        result: float | str,
        used: Texts = (),
        task: str = "",
        summary: str = "",
        source: str = "agent",
        key: str = "",
    ) -> Payload:
        """Say how the work ended: `result` is a word or a number from 0 to 1, `source` who says so."""
        fact = self.memory.outcome(
            visit.workspace,
            _result(result),
            visit.author,
            used=used,
            task=task,
            summary=summary,
            source=source,
            key=key,
        )
        sharing = [one for one in fact.credits if one.helped or one.failed] or fact.credits
        shares = [{"id": one.note_id, "helped": one.helped, "failed": one.failed} for one in sharing]
        return {"result": fact.result, "baseline": fact.baseline, "task": fact.task, "credits": shares}

    def amend(
        self,
        visit: Visit,
        *,
        note: str,
        action: str,
        reason: str,
        title: str = "",
        body: str = "",
        add_topics: Texts = (),
        remove_topics: Texts = (),
        files: Texts = (),
        key: str = "",
    ) -> Payload:
        """
        Change what stands: `supersede` and `dispute` lay a new note, the others do not.

        `confirm` says that it still holds, at `files` or at its own places.
        """
        memory, here, by = self.memory, visit.workspace, visit.author
        if action in ("supersede", "dispute"):
            replace_or_dispute = memory.supersede if action == "supersede" else memory.dispute
            if not title:
                raise BadInput(f"To {action} a note, give the `title` (and `body`) of the note that says it better.")
            old = memory.get_note(here, note)
            places = anchors(visit, files)
            draft = Draft(title, body, old.kind, places, add_topics)
            receipt = replace_or_dispute(here, old.id, draft, by, reason=reason, folder=visit.folder, key=key)
            self.upkeep.remember(visit, places)
            self.hooks.knows(visit, [receipt.note_id])
            amended = memory.get_note(here, old.id)
            return {"note": payloads.note_payload(amended), "receipt": payloads.receipt_payload(receipt)}
        match action:
            case "confirm":
                places = anchors(visit, files)
                amended = memory.confirm(here, note, by, reason=reason, anchors=places, folder=visit.folder, key=key)
                self.upkeep.remember(visit, places)
            case "retag":
                amended = memory.retag(here, note, by, reason=reason, add=add_topics, remove=remove_topics, key=key)
            case "withdraw":
                amended = memory.withdraw(here, note, by, reason=reason, key=key)
            case "restore":
                amended = memory.restore(here, note, by, reason=reason, key=key)
            case _:
                raise BadInput(f"`action` must be one of {', '.join(ACTIONS)}.")
        return {"note": payloads.note_payload(amended), "receipt": None}

    def undo(self, visit: Visit, *, what: str, reason: str, all_of: str = "") -> Payload:
        """Take back an event, or all of a session or an agent; asked again, it finds nothing more."""
        taken = self.memory.undo(visit.workspace, what, visit.author, reason=reason, all_of=all_of)
        return journal_payloads.taken_back_payload(taken)

    def would_undo(self, visit: Visit, *, what: str, all_of: str = "") -> Payload:
        """What undo would take back; nothing is."""
        return journal_payloads.taken_back_payload(
            self.memory.would_undo(visit.workspace, what, visit.author, all_of=all_of)
        )

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def recall(
        self,
        visit: Visit,
        *,
        query: str = "",
        files: Texts = (),
        topics: Texts = (),
        limit: int = 5,
        leads: int = LEADS,
        budget: int = RECALL_BUDGET,
    ) -> Payload:
        """The notes that answer and `leads` files to look at, best first; the same as a text in `budget` tokens."""
        check_budget(budget)
        paths = tuple(anchor.path for anchor in anchors(visit, files))
        question = Question(query, paths, topics, limit, leads, explores=budget >= EXPLORING_BUDGET)
        recall = self.memory.recall(visit.workspace, question, visit.author, folder=visit.folder)
        return self._shown(visit, recall, budget)

    def welcome(self, visit: Visit, *, budget: int = WELCOME_BUDGET, files: Texts = ()) -> Payload:
        """What a new agent should know first, of the workspace or above all of some files, in `budget` tokens."""
        paths = [place.path for place in anchors(visit, files)]
        welcome = self.memory.welcome(
            visit.workspace, visit.author, files=paths, folder=visit.folder, budget_tokens=budget
        )
        return payloads.welcome_payload(welcome)

    def who(self, visit: Visit, *, file: str = "") -> Payload:
        """Who is at work on which files just now, last seen first; with a `file` only those who are on it."""
        path = anchor(visit, file).path if file else ""
        there = self.memory.presence.at_work(visit.workspace, self.memory.clock(), path=path)
        return {"at_work": [payloads.at_work_payload(one) for one in there]}

    def meet(self, visit: Visit, *, files: Texts = ()) -> Payload:
        """Say that the session has come to files; the `text` names others at work on its files, each once a file."""
        paths = [place.path for place in anchors(visit, files)]
        return {"text": self.hooks.meet(visit, paths)}

    def show(self, visit: Visit, *, note: str) -> Payload:
        """One note with everything that happened to it."""
        return journal_payloads.story_payload(self.memory.show(visit.workspace, note, folder=visit.folder))

    def why(self, visit: Visit, *, note: str, query: str = "", files: Texts = (), topics: Texts = ()) -> Payload:
        """Where a note stands for a question and why; without one, for the last that it was shown to."""
        paths = tuple(anchor.path for anchor in anchors(visit, files))
        question = Question(query, paths, topics) if query or paths or topics else None
        return payloads.why_payload(self.memory.why(visit.workspace, note, question, folder=visit.folder))

    def notes_of(self, visit: Visit, *, session: str) -> Payload:
        """The notes that a session laid, oldest first, whatever became of them."""
        notes = self.memory.notes_of(visit.workspace, session, visit.author)
        return {"session": session, "notes": [payloads.laid_payload(note) for note in notes]}

    def log(
        self,
        visit: Visit,
        *,
        note: str = "",
        file: str = "",
        what: Texts = (),
        by: str = "",
        since: str = "",
        until: str = "",
        after: int = NOT_GIVEN,
        before: int = NOT_GIVEN,
        limit: int = 50,
    ) -> Payload:
        """
        The journal, oldest first: of one note, of one file or folder, or of the workspace.

        `what` are kinds of events, `by` a principal, an agent or a session; `since` and `until` are ISO times. The
        newest `limit` events, or the last ones before the place `before`, or the first ones after the place `after`.
        """
        if not 1 <= limit <= LOG_LIMIT:
            raise BadInput(f"`limit` of log must lie between 1 and {LOG_LIMIT}.")
        if unknown := [kind for kind in what if kind not in FACTS_BY_KIND]:
            raise BadInput(f"There is no event `{unknown[0][:40]}`; there are {', '.join(sorted(FACTS_BY_KIND))}.")
        wanted = Wanted(
            what,
            by.strip(),
            _moment(since, "since") if since else None,
            _moment(until, "until") if until else None,
        )
        page = self.memory.journal(
            visit.workspace,
            note_ref=note,
            path=anchor(visit, file).path if file else "",
            wanted=wanted,
            after=None if after == NOT_GIVEN else after,
            before=None if before == NOT_GIVEN else before,
            limit=limit,
        )
        return journal_payloads.page_payload(page)

    def files(self, visit: Visit, *, file: str = "", limit: int = 50) -> Payload:
        """Where one file has been; or the files that notes are on, the gone and the moved ones first, and how many."""
        if not 1 <= limit <= FILES_LIMIT:
            raise BadInput(f"`limit` of files must lie between 1 and {FILES_LIMIT}.")
        if file:
            path = anchor(visit, file).path
            found = [self.memory.whereabouts(visit.workspace, path, folder=visit.folder)]
        else:
            found = self.memory.files(visit.workspace)
        counts = Counter(one.state.value for one in found)
        return {"files": [journal_payloads.whereabouts_payload(one) for one in found[:limit]], "counts": counts}

    def hook(self, visit: Visit, *, event: Object) -> Payload:
        """What a client's hook is to print for one of its events; mostly nothing."""
        return {"said": self.hooks.answer(visit, event)}

    def _shown(self, visit: Visit, recall: Recall, budget: int) -> Payload:
        self.hooks.knows(visit, [hit.note.id for hit in recall.hits])
        text = render(recall, now=self.memory.clock(), budget_tokens=budget, asking=visit.author)
        return payloads.recall_payload(recall, text)


Method = Callable[..., Payload]
VERBS: dict[str, Method] = {
    method.__name__: method
    for method in (
        Verbs.lay,
        Verbs.judge,
        Verbs.use,
        Verbs.outcome,
        Verbs.amend,
        Verbs.undo,
        Verbs.would_undo,
        Verbs.recall,
        Verbs.welcome,
        Verbs.who,
        Verbs.meet,
        Verbs.show,
        Verbs.why,
        Verbs.notes_of,
        Verbs.log,
        Verbs.files,
        Verbs.hook,
    )
}
CHORES: dict[str, Method] = {
    method.__name__: method
    for method in (
        Upkeep.status,
        Upkeep.token,
        Upkeep.renew_token,
        Upkeep.reindex,
        Upkeep.audit,
        Upkeep.wait_until_indexed,
        Upkeep.move,
        Upkeep.watch_now,
        Upkeep.known_files,
        Upkeep.saw,
        Upkeep.annotate,
        Upkeep.marks,
        Upkeep.retire,
    )
}


def _verdict(said: str) -> Verdict:
    try:
        return Verdict(said)
    except ValueError:
        raise BadInput(f"`verdict` must be one of {', '.join(Verdict)}.") from None


def _result(said: float | str) -> float:
    if isinstance(said, str):
        if said not in RESULTS:
            raise BadInput(
                f"`result` must be one of {', '.join(RESULTS)}, or a number from 0 (failed) to 1 (succeeded)."
            )
        return RESULTS[said]
    return float(said)


def _moment(text: str, name: str = "at") -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"`{name}` must be an ISO 8601 date and time, such as 2026-01-31T09:30:00Z.") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
