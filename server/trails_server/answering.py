"""
The verbs that ask: for notes, for those at work, and for what happened.
"""

from collections import Counter
from dataclasses import dataclass

from trails import FACTS_BY_KIND, BadInput, Memory, Question, Recall, Wanted, check_budget, render

from .arguments import Object, Texts, read_moment
from .hooks import Hooks
from .journal_payloads import page_payload, story_payload, whereabouts_payload
from .payloads import Payload, at_work_payload, laid_payload, recall_payload, welcome_payload, why_payload
from .places import anchor, anchors
from .visits import Visit

WELCOME_BUDGET = 400  # tokens
RECALL_BUDGET = 1000  # tokens
EXPLORING_BUDGET = 300  # tokens: in less there is room for the best only, and no place for chance
LEADS = 3  # files
LOG_LIMIT = 1000  # events
FILES_LIMIT = 1000  # told in one answer
NOT_GIVEN = -1  # a place in the log that no event has


@dataclass(frozen=True, slots=True)
class Answering:
    """What a caller can ask of a memory."""

    memory: Memory
    hooks: Hooks

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
        return welcome_payload(welcome)

    def who(self, visit: Visit, *, file: str = "") -> Payload:
        """Who is at work on which files just now, last seen first; with a `file` only those who are on it."""
        path = anchor(visit, file).path if file else ""
        there = self.memory.presence.at_work(visit.workspace, self.memory.clock(), path=path)
        return {"at_work": [at_work_payload(one) for one in there]}

    def meet(self, visit: Visit, *, files: Texts = ()) -> Payload:
        """Say that the session has come to files; the `text` names others at work on its files, each once a file."""
        paths = [place.path for place in anchors(visit, files)]
        return {"text": self.hooks.meet(visit, paths)}

    def show(self, visit: Visit, *, note: str) -> Payload:
        """One note with everything that happened to it."""
        return story_payload(self.memory.show(visit.workspace, note, folder=visit.folder))

    def why(self, visit: Visit, *, note: str, query: str = "", files: Texts = (), topics: Texts = ()) -> Payload:
        """Where a note stands for a question and why; without one, for the last that it was shown to."""
        paths = tuple(anchor.path for anchor in anchors(visit, files))
        question = Question(query, paths, topics) if query or paths or topics else None
        return why_payload(self.memory.why(visit.workspace, note, question, folder=visit.folder))

    def notes_of(self, visit: Visit, *, session: str) -> Payload:
        """The notes that a session laid, oldest first, whatever became of them."""
        notes = self.memory.notes_of(visit.workspace, session, visit.author)
        return {"session": session, "notes": [laid_payload(note) for note in notes]}

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
            read_moment(since, "since") if since else None,
            read_moment(until, "until") if until else None,
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
        return page_payload(page)

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
        return {"files": [whereabouts_payload(one) for one in found[:limit]], "counts": counts}

    def hook(self, visit: Visit, *, event: Object) -> Payload:
        """What a client's hook is to print for one of its events; mostly nothing."""
        return {"said": self.hooks.answer(visit, event)}

    def _shown(self, visit: Visit, recall: Recall, budget: int) -> Payload:
        self.hooks.knows(visit, [hit.note.id for hit in recall.hits])
        text = render(recall, now=self.memory.clock(), budget_tokens=budget, asking=visit.author)
        return recall_payload(recall, text)
