"""
The fold: events in, the state of notes and files out.

The state is the same whatever the order of the events and however often one arrives (tests/core/test_fold.py), so a
damaged table can be rebuilt and two logs can be merged by union. To get there every part of a state is a register that
keeps the latest stamp, a maximum, or a set that only grows.

The fold keeps times and facts, no strengths: `dynamics.py` and `evidence.py` compute those when they are read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from .events import (
    NEVER,
    Confirmed,
    Corroborated,
    Disputed,
    Edited,
    Event,
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
    Stamp,
    Superseded,
    TreeSeen,
    Undone,
    Used,
    Withdrawn,
    file_ids_of,
    note_ids_of,
)
from .notes import Anchor, Author, Status, Verdict

NOBODY = Author("")


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Whether the note stands, since when, why, and what replaced it."""

    stamp: Stamp = NEVER
    status: Status = Status.LIVE
    reason: str = ""
    superseded_by: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one session of one principal says of a note: evidence that it helped, and that it failed."""

    stamp: Stamp
    helped: float
    failed: float


Voice = tuple[str, str, str]
"""(principal, session, act): who spoke, and in which way. One voice holds one register, so nothing stacks."""

ACT_LAID, ACT_WITNESSED, ACT_JUDGED, ACT_USED, ACT_OUTCOME = "laid", "witnessed", "judged", "used", "outcome"
ACT_CONFIRMED = "confirmed"

WEIGHT_BY_VERDICT: Mapping[Verdict, tuple[float, float]] = MappingProxyType(
    {Verdict.HELPED: (1.0, 0.0), Verdict.UNHELPFUL: (0.0, 0.5), Verdict.WRONG: (0.0, 1.0)}
)


@dataclass(frozen=True, slots=True)
class NoteState:
    """
    All that the events say of one note.

    `uses` keeps, for each voice, the time of its latest positive act: what strength is made of. `judgements` keeps
    its latest word: what quality is made of. `topics` keeps for each topic when it was last added or removed, and
    `confirmed` the places at which the note was last confirmed.
    """

    note_id: str
    workspace: str = ""
    laid: Laid | None = None
    laid_stamp: Stamp = NEVER
    by: Author = NOBODY
    lifecycle: Lifecycle = Lifecycle()
    topics: Mapping[str, tuple[Stamp, bool]] = field(default_factory=dict)
    disputed_by: frozenset[str] = frozenset()
    witnesses: frozenset[str] = frozenset()
    uses: Mapping[Voice, datetime] = field(default_factory=dict)
    judgements: Mapping[Voice, Judgement] = field(default_factory=dict)
    confirmed: tuple[Stamp, tuple[Anchor, ...]] = (NEVER, ())

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """Where it points: as it was laid, or as it was last confirmed."""
        assert self.laid is not None
        return self.confirmed[1] or self.laid.anchors

    @property
    def file_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(anchor.file_id for anchor in self.anchors))

    @property
    def confirmed_at(self) -> datetime:
        """When it was laid, confirmed, or last found helpful by a session other than the one that laid it."""
        own = (self.by.principal, self.by.session)
        helped = [
            at
            for (principal, session, act), at in self.uses.items()
            if act == ACT_CONFIRMED or (act != ACT_LAID and (principal, session) != own)
        ]
        return max([self.laid_stamp[0], *helped])

    @property
    def live_topics(self) -> tuple[str, ...]:
        return tuple(sorted(topic for topic, (_, present) in self.topics.items() if present))


def apply_to_note(state: NoteState, event: Event) -> NoteState:
    """The state of `state.note_id` after one more event, wherever in time that event belongs."""
    fact = event.fact
    match fact:
        case Laid():
            return _laid(state, event, fact)
        case Confirmed():
            state = replace(state, uses=_later_use(state.uses, _voice(event, ACT_CONFIRMED), event.at))
            is_later = bool(fact.anchors) and event.stamp > state.confirmed[0]
            return replace(state, confirmed=(event.stamp, fact.anchors)) if is_later else state
        case Judged():
            return _judged(state, event, ACT_JUDGED, *WEIGHT_BY_VERDICT[fact.verdict])
        case Used():
            return replace(state, uses=_later_use(state.uses, _voice(event, ACT_USED), event.at))
        case Corroborated():
            return _corroborated(state, event, fact)
        case OutcomeReported():
            credit = next(credit for credit in fact.credits if credit.note_id == state.note_id)
            return _judged(state, event, ACT_OUTCOME, credit.helped, credit.failed)
        case Superseded():
            return _moved_to(state, Lifecycle(event.stamp, Status.SUPERSEDED, fact.reason, fact.by_note_id))
        case Withdrawn():
            return _moved_to(state, Lifecycle(event.stamp, Status.WITHDRAWN, fact.reason))
        case Restored():
            return _moved_to(state, Lifecycle(event.stamp, Status.LIVE, fact.reason))
        case Disputed():
            return replace(state, disputed_by=state.disputed_by | {fact.counter_id})
        case Retagged():
            changes = [(topic, True) for topic in fact.added] + [(topic, False) for topic in fact.removed]
            return replace(state, topics=_later_topics(state.topics, changes, event.stamp))
        case _:
            return state


def _laid(state: NoteState, event: Event, fact: Laid) -> NoteState:
    state = replace(state, topics=_later_topics(state.topics, [(topic, True) for topic in fact.topics], event.stamp))
    state = replace(state, uses=_later_use(state.uses, _voice(event, ACT_LAID), event.at))
    if state.laid is not None and state.laid_stamp <= event.stamp:
        return state
    return replace(state, workspace=event.workspace, laid=fact, laid_stamp=event.stamp, by=event.by)


def _judged(state: NoteState, event: Event, act: str, helped: float, failed: float) -> NoteState:
    voice = _voice(event, act)
    if helped > 0:
        state = replace(state, uses=_later_use(state.uses, voice, event.at))
    known = state.judgements.get(voice)
    if known is not None and known.stamp >= event.stamp:
        return state
    return replace(state, judgements={**state.judgements, voice: Judgement(event.stamp, helped, failed)})


def _corroborated(state: NoteState, event: Event, fact: Corroborated) -> NoteState:
    if state.note_id == fact.witness_id:
        return _moved_to(state, Lifecycle(event.stamp, Status.WITNESS, "", fact.note_id))
    uses = _later_use(state.uses, _voice(event, ACT_WITNESSED), event.at)
    return replace(state, uses=uses, witnesses=state.witnesses | {fact.witness_id})


def _voice(event: Event, act: str) -> Voice:
    return (event.by.principal, event.by.session, act)


def _moved_to(state: NoteState, lifecycle: Lifecycle) -> NoteState:
    return replace(state, lifecycle=lifecycle) if lifecycle.stamp > state.lifecycle.stamp else state


def _later_use(uses: Mapping[Voice, datetime], voice: Voice, at: datetime) -> Mapping[Voice, datetime]:
    return {**uses, voice: max(at, uses.get(voice, at))}


def _later_topics(
    topics: Mapping[str, tuple[Stamp, bool]], changes: Iterable[tuple[str, bool]], stamp: Stamp
) -> Mapping[str, tuple[Stamp, bool]]:
    later = dict(topics)
    for topic, present in changes:
        if stamp >= later.get(topic, (NEVER, False))[0]:
            later[topic] = (stamp, present)
    return later


@dataclass(frozen=True, slots=True)
class FileState:
    """
    A file's identity and what it is called now.

    Its birth name is what the first note called it; only a move gives it another. `present` is false once the file
    was deleted and nothing has been said of it since. `names` are those that moves gave it, by worktree ("" is the main
    one) and path; `origin` is the file that it began as a copy of. `sittings` keeps for each principal and session when
    the file was last edited in it.
    """

    file_id: str
    workspace: str = ""
    born: tuple[Stamp, str] = (NEVER, "")
    moved: tuple[Stamp, str] = (NEVER, "")
    present: tuple[Stamp, bool] = (NEVER, True)
    digest: tuple[Stamp, str] = (NEVER, "")
    origin: tuple[Stamp, str] = (NEVER, "")
    names: Mapping[tuple[str, str], Stamp] = field(default_factory=dict)
    sittings: Mapping[tuple[str, str], datetime] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.moved[1] or self.born[1]

    @property
    def all_names(self) -> Mapping[tuple[str, str], Stamp]:
        """Every name that it ever had, by worktree and path, each with when it last got it."""
        return {("", self.born[1]): self.born[0], **self.names} if self.born[1] else self.names

    @property
    def named_stamp(self) -> Stamp:
        """Since when it has its name; where two files claim one path, the later claim holds it."""
        return self.moved[0] if self.moved[1] else self.born[0]


def apply_to_file(state: FileState, event: Event) -> FileState:
    """The state of `state.file_id` after one more event, wherever in time that event belongs."""
    fact, stamp = event.fact, event.stamp
    state = replace(state, workspace=max(state.workspace, event.workspace))
    match fact:
        case Laid() | Confirmed():
            return _born(state, stamp, _path_in(fact.anchors, state.file_id))
        case Edited():
            voice = (event.by.principal, event.by.session)
            sittings = {**state.sittings, voice: max(event.at, state.sittings.get(voice, event.at))}
            return _born(replace(state, sittings=sittings), stamp, _path_in(fact.anchors, state.file_id))
        case FileCopied():
            return replace(_born(state, stamp, fact.path), origin=max(state.origin, (stamp, fact.of_id)))
        case FileMoved():
            place = (fact.tree, fact.path)
            state = replace(state, names={**state.names, place: max(stamp, state.names.get(place, stamp))})
            if fact.tree:
                return state
            return replace(state, moved=max(state.moved, (stamp, fact.path)), present=max(state.present, (stamp, True)))
        case TreeSeen():
            digests = [digest for file_id, digest in fact.changed if file_id == state.file_id]
            for digest in digests:
                state = replace(state, digest=max(state.digest, (stamp, digest)))
            return replace(state, present=max(state.present, (stamp, bool(digests))))
        case FileChanged() | FileSeen():
            return replace(
                state, digest=max(state.digest, (stamp, fact.digest)), present=max(state.present, (stamp, True))
            )
        case FileGone():
            return replace(state, present=max(state.present, (stamp, False)))
        case _:
            return state


def _born(state: FileState, stamp: Stamp, path: str) -> FileState:
    """A file that is named for the first time, or was named so by then."""
    if not state.born[1] or stamp < state.born[0]:
        state = replace(state, born=(stamp, path))
    return replace(state, present=max(state.present, (stamp, True)))


def _path_in(anchors: Iterable[Anchor], file_id: str) -> str:
    return next(anchor.path for anchor in anchors if anchor.file_id == file_id)


def counting(events: Iterable[Event]) -> list[Event]:
    """The events that count: those that no event of them undoes."""
    told = list(events)
    undone = undone_by(told)
    return [event for event in told if event.id not in undone]


def undone_by(events: Iterable[Event]) -> dict[str, Event]:
    """
    What undoes each event that does not count, by its id: the first that says so.

    To undo can be undone by whoever says so later, and then what it undid counts again.
    """
    undoings = {event.id: event for event in events if isinstance(event.fact, Undone)}
    undone: dict[str, Event] = {}
    for event in sorted(undoings.values(), key=lambda event: event.stamp, reverse=True):
        assert isinstance(event.fact, Undone)
        other = undoings.get(event.fact.event_id)
        if event.id not in undone and (other is None or other.stamp < event.stamp):
            undone[event.fact.event_id] = event
    return undone


def fold(events: Iterable[Event]) -> tuple[dict[str, NoteState], dict[str, FileState]]:
    """The states of all notes and files, by id. Order and repetition of the events do not matter."""
    notes: dict[str, NoteState] = {}
    files: dict[str, FileState] = {}
    for event in counting(events):
        for note_id in note_ids_of(event.fact):
            notes[note_id] = apply_to_note(notes.get(note_id, NoteState(note_id)), event)
        for file_id in file_ids_of(event.fact):
            files[file_id] = apply_to_file(files.get(file_id, FileState(file_id)), event)
    return notes, files
