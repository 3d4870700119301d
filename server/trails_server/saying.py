"""
The verbs with which something is left behind: laid, said of a note, or taken back.
"""

from dataclasses import dataclass

from trails import BadInput, Draft, Kind, Memory, Verdict, read_kind

from .arguments import Texts, read_moment
from .hooks import Hooks
from .journal_payloads import taken_back_payload
from .payloads import Payload, note_payload, receipt_payload
from .places import anchors
from .upkeep import Upkeep
from .visits import Visit

ACTIONS = ("confirm", "supersede", "dispute", "retag", "withdraw", "restore")
RESULTS = {"failed": 0.0, "partly": 0.5, "succeeded": 1.0}


@dataclass(frozen=True, slots=True)
class Saying:
    """What a caller can leave in a memory."""

    memory: Memory
    upkeep: Upkeep
    hooks: Hooks

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
        laid_at = read_moment(at) if at else None
        self.upkeep.enter(visit)
        receipt = self.memory.lay(visit.workspace, draft, visit.author, folder=visit.folder, key=key, at=laid_at)
        self.upkeep.remember(visit, places)
        self.hooks.knows(visit, [receipt.note_id])
        return receipt_payload(receipt)

    def judge(self, visit: Visit, *, note: str, verdict: str, reason: str = "", key: str = "") -> Payload:
        """Say whether a note helped."""
        said = _verdict(verdict)
        judged = self.memory.judge(visit.workspace, note, said, visit.author, reason=reason, key=key)
        return {"note": note_payload(judged), "verdict": said.value}

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
            return {"note": note_payload(amended), "receipt": receipt_payload(receipt)}
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
        return {"note": note_payload(amended), "receipt": None}

    def undo(self, visit: Visit, *, what: str, reason: str, all_of: str = "") -> Payload:
        """Take back an event, or all of a session or an agent; asked again, it finds nothing more."""
        taken = self.memory.undo(visit.workspace, what, visit.author, reason=reason, all_of=all_of)
        return taken_back_payload(taken)

    def would_undo(self, visit: Visit, *, what: str, all_of: str = "") -> Payload:
        """What undo would take back; nothing is."""
        return taken_back_payload(self.memory.would_undo(visit.workspace, what, visit.author, all_of=all_of))


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
