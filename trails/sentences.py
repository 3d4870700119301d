"""
What each fact says in a sentence: what follows the name of whoever did it in the journal.

Notes are named by their handle and title, files by their path. A sentence is one line, whatever the texts in it hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .events import (
    Chosen,
    Confirmed,
    Corroborated,
    Disputed,
    Edited,
    Fact,
    FileChanged,
    FileCopied,
    FileGone,
    FileMoved,
    FileSeen,
    Judged,
    Laid,
    OutcomeReported,
    Restored,
    Retagged,
    Served,
    Superseded,
    TreeSeen,
    Undone,
    Used,
    Withdrawn,
    WorkspaceOpened,
)
from .notes import Anchor, Head, Use, Verdict, handle

NAMED = 3  # notes or files that a sentence names; of more it says how many
TEXT_SHOWN = 60  # characters of a title or a question that is only referred to
COMMIT_SHOWN = 10  # characters
SURE = 0.995  # from here on a move needs no figure

VERDICTS = {Verdict.HELPED: "helped", Verdict.UNHELPFUL: "did not help", Verdict.WRONG: "is wrong"}
USES = {Use.CITED: "cited it", Use.EDITED: "edited its file", Use.ECHOED: "used its words"}
HOW_MOVED = {"git": "by git", "content": "by its content", "lines": "by its lines"}
RESULTS = {0.0: "failed", 0.5: "succeeded in part", 1.0: "succeeded"}


@dataclass(frozen=True, slots=True)
class Names:
    """
    What sentences call things: titles by note id, paths by file id, and what was undone by the id of its event.

    Of that it has the place in the log and the fact.
    """

    titles: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, tuple[int, Fact]] = field(default_factory=dict)

    def note(self, note_id: str) -> str:
        return f"[{handle(note_id)}] {_shortened(self.titles.get(note_id, ''))}".rstrip()

    def notes(self, note_ids: Sequence[str]) -> str:
        return _list([self.note(note_id) for note_id in note_ids], "note")

    def file(self, file_id: str, path: str = "") -> str:
        return path or self.paths.get(file_id) or f"file {file_id[:8]}"


def sentence(fact: Fact, names: Names) -> str:
    """What a fact says, in the past tense and without its subject. Raises TypeError for a fact without a sentence."""
    reason = getattr(fact, "reason", "")
    because = f", because: {reason}" if reason else ""
    return " ".join(f"{_says(fact, names)}{because}".split())


def _says(fact: Fact, names: Names) -> str:
    """The sentence without the reason."""
    match fact:
        case OutcomeReported() | Served() | Undone():
            return _of_work(fact, names)
        case (
            FileMoved() | FileCopied() | FileChanged() | FileSeen() | FileGone() | TreeSeen() | Edited()
            | WorkspaceOpened() | Chosen()
        ):  # fmt: skip
            return _of_the_workspace(fact, names)
        case _:
            return _of_a_note(fact, names)


def _of_a_note(fact: Fact, names: Names) -> str:
    match fact:
        case Laid():
            article = "an" if fact.kind[0] in "aeiou" else "a"
            instead = f" in place of [{handle(fact.supersedes)}]" if fact.supersedes else ""
            return f"laid {article} {fact.kind} [{handle(fact.note_id)}] {fact.title}{_on(fact.anchors)}{instead}"
        case Confirmed():
            return f"confirmed {names.note(fact.note_id)}{_on(fact.anchors)}"
        case Judged():
            return f"said that {names.note(fact.note_id)} {VERDICTS[fact.verdict]}"
        case Used():
            return f"used {names.note(fact.note_id)}: {USES[fact.how]}"
        case Corroborated():
            return f"said the same as {names.note(fact.note_id)} without having seen it, in [{handle(fact.witness_id)}]"
        case Superseded():
            return f"replaced {names.note(fact.note_id)} by {names.note(fact.by_note_id)}"
        case Disputed():
            return f"disputed {names.note(fact.note_id)} with {names.note(fact.counter_id)}"
        case Retagged():
            topics = [*(f"+{topic}" for topic in fact.added), *(f"-{topic}" for topic in fact.removed)]
            return f"retagged {names.note(fact.note_id)} {' '.join(topics)}"
        case Withdrawn():
            return f"withdrew {names.note(fact.note_id)}"
        case Restored():
            return f"restored {names.note(fact.note_id)}"
        case _:
            raise TypeError(f"{type(fact).__name__} has no sentence")


def _of_work(fact: OutcomeReported | Served | Undone, names: Names) -> str:
    match fact:
        case OutcomeReported():
            result = RESULTS.get(fact.result, f"ended at {fact.result:.2f}")
            task = f"a {fact.task} task" if fact.task else "the work"
            source = "" if fact.source == "agent" else f" by {fact.source}"
            shared = [credit.note_id for credit in fact.credits if credit.helped or credit.failed]
            used = f", with {names.notes(shared)}" if shared else ""
            return f"reported that {task} {result}{source}{used}{': ' if fact.summary else ''}{fact.summary}"
        case Served():
            asked = [f"“{_shortened(fact.query)}”"] if fact.query else []
            asked += [", ".join(fact.files[:NAMED])] if fact.files else []
            asked += [f"about {', '.join(fact.topics)}"] if fact.topics else []
            return f"was shown {names.notes(fact.note_ids)}{' for ' if asked else ''}{', '.join(asked)}"
        case Undone():
            return f"took back {_undone(fact, names)}"


def _undone(undoing: Undone, names: Names) -> str:
    """An event that was taken back, by its place and what it said, but not why."""
    if undoing.event_id not in names.events:
        return "an event"
    place, fact = names.events[undoing.event_id]
    if isinstance(fact, Undone):
        return f"{place}: took back {names.events.get(fact.event_id, ('an event',))[0]}"
    return f"{place}: {_says(fact, names)}"


def _of_the_workspace(fact: Fact, names: Names) -> str:
    match fact:
        case FileMoved():
            known = HOW_MOVED.get(fact.how, "")
            surely = f", {fact.confidence:.0%} sure" if fact.confidence < SURE else ""
            how = f" (known {known}{surely})" if known else ""
            where = f" in worktree {fact.tree}" if fact.tree else ""
            return f"saw {names.file(fact.file_id, fact.old)} become {fact.path}{where}{how}"
        case FileCopied():
            surely = f" ({fact.confidence:.0%} sure)" if fact.confidence < SURE else ""
            return f"saw {fact.path} begin as a copy of {names.file(fact.of_id)}{surely}"
        case FileChanged():
            return f"saw {names.file(fact.file_id, fact.path)} change"
        case FileSeen():
            return f"saw {names.file(fact.file_id, fact.path)} for the first time"
        case FileGone():
            return f"saw that {names.file(fact.file_id, fact.path)} is gone"
        case TreeSeen():
            found = [(len(fact.changed), "changed"), (len(fact.gone), "gone")]
            told = ", ".join(f"{number} {word}" for number, word in found if number) or "nothing new"
            return f"looked at the tree{_at(fact.head)}{f' in worktree {fact.tree}' if fact.tree else ''}: {told}"
        case Edited():
            together = " together" if len(fact.anchors) > 1 else ""
            return f"edited {_list([anchor.path for anchor in fact.anchors], 'file')}{together}"
        case WorkspaceOpened():
            return f"opened the workspace {fact.root}"
        case Chosen():
            return f"chose {fact.name}: {fact.value}"
        case _:
            raise TypeError(f"{type(fact).__name__} has no sentence")


def _on(anchors: Sequence[Anchor]) -> str:
    return f" on {_list([_place(anchor) for anchor in anchors], 'file')}" if anchors else ""


def _place(anchor: Anchor) -> str:
    if anchor.first_line is None:
        return anchor.path
    last = "" if anchor.last_line in (None, anchor.first_line) else f"-{anchor.last_line}"
    symbol = f" {anchor.symbol}" if anchor.symbol else ""
    return f"{anchor.path}:{anchor.first_line}{last}{symbol}"


def _at(head: Head) -> str:
    commit = f" at {head.commit[:COMMIT_SHOWN]}" if head.commit else ""
    return f" of {head.branch}{commit}" if head.branch else commit


def _list(names: Sequence[str], noun: str) -> str:
    """Some names, with "and" before the last: the first few, and how many more."""
    more = len(names) - NAMED
    if more > 1:
        names = [*names[:NAMED], f"{more} more {noun}s"]
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= TEXT_SHOWN else f"{words[: TEXT_SHOWN - 1].rstrip()}…"
