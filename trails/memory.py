"""
The memory: every verb that a front offers, in one place. START HERE.

A front (the MCP tools, the keeper's socket, the command) turns what it was given into these calls and what comes back
into text or JSON; it decides nothing. The rules decide, the ports remember, and this module is the order in which they
are asked. Time and ids come from the ports, so that a test holds them in its hands.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from . import admission, handles, telling, whereabouts
from .amending import Amending
from .annotating import Annotating, Annotations
from .clues import FileClues
from .crediting import Crediting
from .embedding import BackgroundEmbedder
from .errors import BadInput
from .events import Chosen, Event, OutcomeReported, Used, WorkspaceOpened
from .explaining import Why, why
from .gathering import Gathering
from .git_moves import GitMoves
from .heeding import Heeding
from .indexing import Indexer
from .journal import Journal, Page
from .laying import Laying, Receipt
from .notes import Anchor, Author, Draft, Note, Question, Recall, Verdict
from .offering import EVENTS_LOOKED_AT, NOTHING, Offer, Offering, about, given
from .ports import EVERYTHING, Clock, Folder, Index, NewId, Store, Wanted
from .presence import Presence, tell
from .recalling import Recaller
from .recording import Recorder
from .showing import Showing
from .story import Story, story_of
from .tracking import Tracker, TreeTracker
from .undoing import TakenBack, Undoing
from .welcoming import Welcome
from .whereabouts import Whereabouts

LIMIT_OF_HITS = 20
LIMIT_OF_LEADS = 50


@dataclass(frozen=True, slots=True)
class Memory:
    """One memory over one store. All methods are safe to call from several threads."""

    store: Store
    index: Index
    embedder: BackgroundEmbedder
    indexer: Indexer
    clock: Clock
    new_id: NewId
    presence: Presence = field(default_factory=Presence)

    @property
    def recorder(self) -> Recorder:
        return Recorder(self.store, self.clock, self.new_id)

    @property
    def recaller(self) -> Recaller:
        return self.recaller_in(None)

    def recaller_in(self, folder: Folder | None) -> Recaller:
        """A recaller for somebody who sees the files in a folder."""
        return Recaller(self.store, self.index, self.embedder, self.indexer, folder)

    # ── leaving something behind ─────────────────────────────────────────────────────────────────────────────────────
    def lay(
        self,
        workspace: str,
        draft: Draft,
        by: Author,
        *,
        folder: Folder | None = None,
        key: str = "",
        at: datetime | None = None,
    ) -> Receipt:
        """
        Lay a note; it is on disk, and found by file and by words, when this returns.

        `folder` gives the files to fingerprint. `key` makes a repeated call harmless. `at` is for importers only: no
        agent chooses a note's time. Raises BadInput or Refused (see `admission.py`), Conflict for a key used before.
        """
        return self._laying(workspace, by, folder, key).lay(draft, at=at)

    def supersede(
        self,
        workspace: str,
        note_ref: str,
        draft: Draft,
        by: Author,
        *,
        reason: str,
        folder: Folder | None = None,
        key: str = "",
    ) -> Receipt:
        """
        Lay a note in place of an older one, which stays readable.

        The new one keeps the files and the topics of the old where it names none.
        """
        old = self.get_note(workspace, note_ref)
        return self._laying(workspace, by, folder, key).supersede(old, draft, reason)

    def dispute(
        self,
        workspace: str,
        note_ref: str,
        draft: Draft,
        by: Author,
        *,
        reason: str,
        folder: Folder | None = None,
        key: str = "",
    ) -> Receipt:
        """Lay a counter-note against another; from now on the two are shown together."""
        disputed = self.get_note(workspace, note_ref)
        return self._laying(workspace, by, folder, key).dispute(disputed, draft, reason)

    # ── saying something of a note ───────────────────────────────────────────────────────────────────────────────────
    def judge(
        self, workspace: str, note_ref: str, verdict: Verdict, by: Author, *, reason: str = "", key: str = ""
    ) -> Note:
        """Say whether a note helped. One session holds one vote a note: judging again replaces it."""
        return self._amending(workspace, note_ref, by, key).judge(verdict, reason)

    def use(
        self,
        workspace: str,
        by: Author,
        *,
        edited: Sequence[str] = (),
        text: str = "",
        folder: Folder | None = None,
        key: str = "",
    ) -> tuple[Used, ...]:
        """
        Note down which of the notes that a session was shown it has used, and give them in the order of their use.

        `edited` are paths that it changed, which are tied to each other from now on, and `text` what it wrote itself,
        never what it read, which is not kept. What the log shows of the session counts with them, and what was noted
        down before is not noted again.
        """
        paths = [admission.clean_path(path) for path in edited]
        crediting = Crediting(self.store, workspace, by)
        journal = crediting.journal()
        found = crediting.uses(journal, edited=paths, text=text)
        noted = {event.fact for _, event in journal if isinstance(event.fact, Used)}
        fresh = [used for used in found if used not in noted]
        sat = crediting.edits(journal, paths, folder, self.clock())
        self.recorder.append(workspace, by, [*fresh, *sat], key=key, said=["use", *paths, text])
        return found

    def outcome(
        self,
        workspace: str,
        result: float,
        by: Author,
        *,
        used: Sequence[str] = (),
        task: str = "",
        summary: str = "",
        source: str = "agent",
        key: str = "",
    ) -> OutcomeReported:
        """
        Say how a session ended, `result` from 0 (failed) to 1 (succeeded), and which notes it used, in that order.

        To these come the notes whose use shows in the session's log (`attribution.py`). They share the credit,
        measured against how this kind of task usually ends (dynamics.md); notes that were only shown get none.
        `source` is who says so: one of `evidence.WEIGHT_BY_SOURCE`. Saying it again of the same kind of task replaces
        what was said before.
        """
        if not 0 <= result <= 1:
            raise BadInput("The result must lie between 0 (failed) and 1 (succeeded).")
        note_ids = [self.get_note(workspace, ref).id for ref in used]
        report = Crediting(self.store, workspace, by).report(
            result, note_ids, task=task, summary=summary, source=source
        )
        said = ["outcome", repr(float(result)), report.task, report.source, report.summary, *note_ids]
        (kept,) = self.recorder.append(workspace, by, [report], key=key, said=said)
        assert isinstance(kept.fact, OutcomeReported)
        return kept.fact

    def retag(
        self,
        workspace: str,
        note_ref: str,
        by: Author,
        *,
        reason: str,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
        key: str = "",
    ) -> Note:
        """Change the topics of a note."""
        return self._amending(workspace, note_ref, by, key).retag(add, remove, reason)

    def confirm(
        self,
        workspace: str,
        note_ref: str,
        by: Author,
        *,
        reason: str,
        anchors: Sequence[Anchor] = (),
        folder: Folder | None = None,
        key: str = "",
    ) -> Note:
        """
        Say that a note still holds, at these places or at its own ones, as they are in `folder` now.

        From then on its age and what becomes of its places count from here. Raises BadInput when none of its files is
        there and no other is named.
        """
        return self._amending(workspace, note_ref, by, key).confirm(anchors, folder, reason)

    def withdraw(self, workspace: str, note_ref: str, by: Author, *, reason: str, key: str = "") -> Note:
        """
        Take a note out of recall. It stays readable by its id, and can be restored.

        Its witnesses stand by themselves again: their authors took nothing back.
        """
        return self._amending(workspace, note_ref, by, key).withdraw(reason)

    def restore(self, workspace: str, note_ref: str, by: Author, *, reason: str, key: str = "") -> Note:
        """Let a note stand again that was withdrawn, superseded or taken for a witness."""
        return self._amending(workspace, note_ref, by, key).restore(reason)

    def undo(self, workspace: str, what: str, by: Author, *, reason: str, all_of: str = "") -> TakenBack:
        """
        Take back an event, or all that a session or an agent of this principal laid and said; see `Undoing.planned`.

        Asked again it finds nothing more. All stays in the journal, and can be brought back the same way.
        """
        undoing = self._undoing(workspace, by)
        return undoing.carry_out(undoing.planned(what.strip(), all_of), by, reason)

    def would_undo(self, workspace: str, what: str, by: Author, *, all_of: str = "") -> TakenBack:
        """What `undo` would take back; nothing is."""
        return self._undoing(workspace, by).planned(what.strip(), all_of)

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def recall(self, workspace: str, question: Question, by: Author, *, folder: Folder | None = None) -> Recall:
        """
        The notes that answer a question, best first, each with its reasons and the state of its anchors.

        Changes nothing about the notes; that they were shown is written down, and proves nothing.
        """
        asked = admission.clean_question(question)
        if not 1 <= asked.limit <= LIMIT_OF_HITS:
            raise BadInput(f"Ask for 1 to {LIMIT_OF_HITS} notes.")
        if not 0 <= asked.leads <= LIMIT_OF_LEADS:
            raise BadInput(f"Ask for at most {LIMIT_OF_LEADS} files.")
        now = self.clock()
        answer = self.recaller_in(folder).answer(workspace, asked, now)
        hits = Showing(self.store, workspace, answer, folder).hits(asked, by, now)
        return self._served(workspace, by, now, Recall("", hits, answer.degraded, answer.leads), asked)

    def welcome(
        self,
        workspace: str,
        by: Author,
        *,
        files: Sequence[str] = (),
        folder: Folder | None = None,
        budget_tokens: int = 400,
    ) -> Welcome:
        """
        What a new instance should know first: plans, decisions, warnings, strong trails, who is at work, what to read.

        With `files`, what is on and around them comes first. Of most notes only the title is told, so that they were
        shown is written down for no file. Raises BadInput for a budget outside 200 to 50,000 tokens.
        """
        telling.check_budget(budget_tokens)
        asked = tuple(dict.fromkeys(admission.clean_path(path) for path in files))
        now = self.clock()
        found = Gathering(self.recaller_in(folder), self.presence, workspace, by, folder).welcome(
            asked, now, budget_tokens
        )
        told = telling.tell(found, now=now, budget_tokens=budget_tokens, asking=by)
        return replace(told, id=self._served(workspace, by, now, Recall("", told.hits)).id)

    def offer(
        self,
        workspace: str,
        by: Author,
        *,
        file: str = "",
        task: str = "",
        looked: int = 0,
        known: Collection[str] | None = None,
        folder: Folder | None = None,
        budget_tokens: int = 200,
    ) -> Offer:
        """
        What is worth telling a session that did not ask: of a `file` that it touches, or of the `task` it was given.

        Mostly nothing, and none of the notes that are `known` to it: by default what `known_to` says. `looked` is how
        many notes were on the file when it was last asked about; `offering.py` says what comes of it.
        """
        now = self.clock()
        known = self.known_to(workspace, by) if known is None else known
        offering = Offering(self.store, self.recaller_in(folder), workspace, by, folder, known)
        if file:
            asked = Question(files=(admission.clean_path(file),))
            offer = offering.on_file(asked.files[0], now, budget_tokens=budget_tokens, looked=looked)
        else:
            asked = Question(admission.clean_query(about(task)))
            offer = offering.for_task(asked.query, now, budget_tokens=budget_tokens) if asked.query else NOTHING
        return replace(offer, recall=self._served(workspace, by, now, offer.recall, asked))

    def known_to(self, workspace: str, by: Author) -> frozenset[str]:
        """The notes that a session laid itself, or was shown when it asked for them or came to their place."""
        return given(self.store.session_events(workspace, by.principal, by.session, EVENTS_LOOKED_AT))

    def meet(self, workspace: str, by: Author) -> str:
        """
        What a session is to be told of others who are at work on its files, "" for nothing.

        Each other session is told once a file; nothing of this is kept.
        """
        now = self.clock()
        return tell(self.presence.meetings(workspace, by, now), now, by)

    def get_note(self, workspace: str, note_ref: str) -> Note:
        """The note with this id or handle, in any status. Raises NoSuchNote, or Conflict when a handle fits several."""
        return handles.get_note(self.store, workspace, note_ref)

    def show(self, workspace: str, note_ref: str, *, folder: Folder | None = None) -> Story:
        """One note with all its layers: its events, and the notes it replaced, that replaced, dispute or witness it."""
        note = self.get_note(workspace, note_ref)
        return story_of(self.recaller, workspace, note, self.clock(), folder)

    def why(
        self, workspace: str, note_ref: str, question: Question | None = None, *, folder: Folder | None = None
    ) -> Why:
        """
        Where a note stands for a question and what puts it there; without one, for the last that it was shown to.

        Asking this shows nothing to anybody, and is not written down.
        """
        note = self.get_note(workspace, note_ref)
        asked = admission.clean_question(question) if question else None
        return why(self.recaller_in(folder), workspace, note, asked, self.clock(), folder)

    def notes_of(self, workspace: str, session: str, by: Author) -> tuple[Note, ...]:
        """The notes that a session of this principal laid, in that order, in any status."""
        return self._undoing(workspace, by).notes_of(session.strip())

    def log(
        self, workspace: str, *, note_ref: str = "", path: str = "", after: int | None = None, limit: int = 100
    ) -> list[tuple[int, Event]]:
        """The events, oldest first, each with its place: of the workspace, of one note, of one file or folder."""
        note_id = self.get_note(workspace, note_ref).id if note_ref else ""
        return self.store.events_of(workspace, note_id=note_id, path=path, after=after, limit=limit)

    def journal(
        self,
        workspace: str,
        *,
        note_ref: str = "",
        path: str = "",
        wanted: Wanted = EVERYTHING,
        after: int | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> Page:
        """The same as a person reads it: each event in a sentence, those that were taken back marked so."""
        note_id = self.get_note(workspace, note_ref).id if note_ref else ""
        return Journal(self.store, workspace).page(
            note_id=note_id, path=path, wanted=wanted, after=after, before=before, limit=limit
        )

    def files(self, workspace: str) -> list[Whereabouts]:
        """Where all files are that notes are on: those that are gone first, then those that moved, then the others."""
        return whereabouts.of_all(self.store, workspace)

    def whereabouts(self, workspace: str, path: str, *, folder: Folder | None = None) -> Whereabouts:
        """Where one file has been, by any name that it had. Raises BadInput where no note is on such a file."""
        return whereabouts.of_file(self.store, workspace, admission.clean_path(path), folder)

    def annotations(self, workspace: str, folder: Folder) -> Annotations:
        """What is to stand beside the code of a folder, for those who cannot ask. Counts as shown to nobody."""
        return Annotating(self.store, workspace, folder).annotations(self.clock())

    # ── the workspace ────────────────────────────────────────────────────────────────────────────────────────────────
    def open_workspace(self, workspace: str, root: str, by: Author) -> None:
        """Make a workspace known by its folder on this machine; the keeper then watches it."""
        if self.store.workspaces().get(workspace) != root:
            self.recorder.append(workspace, by, [WorkspaceOpened(root)])

    def choose(self, workspace: str, name: str, value: str, by: Author) -> None:
        """Choose how something is done in a workspace, from now on."""
        if self.store.choices(workspace).get(name) != value:
            self.recorder.append(workspace, by, [Chosen(name, value)])

    def heeding(self, workspace: str) -> Heeding:
        """What takes up the marks in the files of one workspace."""
        return Heeding(self.store, self.recorder, workspace, self.indexer.wake)

    def tracker(self, workspace: str) -> Tracker:
        """What a watcher reports to, for the files of one workspace."""
        return Tracker(self.store, self.recorder, workspace)

    def tree_tracker(self, workspace: str, tree: str) -> TreeTracker:
        """The same for a linked worktree of that name, whose files may be called something else."""
        return TreeTracker(self.store, self.recorder, workspace, tree)

    def clues(self, workspace: str, root: Path) -> FileClues:
        """What helps a watcher to find files again; `root` is the folder whose repository is asked."""
        return FileClues(self.store, workspace, GitMoves(str(root)), self.clock)

    def close(self) -> None:
        """Finish what was asked and let go of the files."""
        self.indexer.stop()
        self.store.close()
        self.index.close()

    # ── shared steps ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _laying(self, workspace: str, by: Author, folder: Folder | None, key: str) -> Laying:
        return Laying(self.recorder, self.indexer.wake, workspace, by, folder, key)

    def _amending(self, workspace: str, note_ref: str, by: Author, key: str) -> Amending:
        return Amending(self.recorder, workspace, self.get_note(workspace, note_ref), by, key)

    def _undoing(self, workspace: str, by: Author) -> Undoing:
        return Undoing(self.store, self.recorder, workspace, by.principal)

    def _served(
        self, workspace: str, by: Author, now: datetime, recall: Recall, question: Question | None = None
    ) -> Recall:
        recall_id = self.recorder.served(workspace, by, recall.hits, question or Question(), now) if recall.hits else ""
        return replace(recall, id=recall_id)
