"""The world of the store tests: a clock in the test's hand, ids that count, and short ways to make events happen."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from trails.events import Event, Fact, Judged, Laid, Retagged, Withdrawn
from trails.notes import Anchor, Author, Kind, Verdict
from trails.ports import Request, Store

ADA = Author("ada", "claude", "ada-1")
BEN = Author("ben", "claude", "ben-1")
NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
HERE, ELSEWHERE = "here", "elsewhere"


@dataclass
class World:
    """One store and what a test needs to talk about it. Every event is a second after the one before."""

    store: Store | None = None
    now: datetime = NOON
    made: int = field(default=0)

    def clock(self) -> datetime:
        return self.now

    def new_id(self) -> str:
        self.made += 1
        return f"01TRAILS{self.made:018d}"

    def event(self, fact: Fact, *, by: Author = ADA, workspace: str = HERE, at: datetime | None = None) -> Event:
        self.now += timedelta(seconds=1)
        return Event(self.new_id(), at or self.now, workspace, by, fact)

    def laid(self, title="A title", *, files=(), supersedes="", **said) -> Laid:
        anchors = tuple(Anchor(path, file_id=said.pop("file_id", f"id of {path}")) for path in files)
        return Laid(
            self.new_id(), said.pop("kind", Kind.OBSERVATION), title, anchors=anchors, supersedes=supersedes, **said
        )

    def request(self, *facts: Fact, by=ADA, workspace=HERE, at=None, key="", digest="", once=False) -> Request:
        events = tuple(self.event(fact, by=by, workspace=workspace, at=at) for fact in facts)
        return Request(events, key, digest, once)

    def happens(self, *facts: Fact, **how) -> tuple[Event, ...]:
        return self.store.append(self.request(*facts, **how))

    def lay(self, title="A title", *, by=ADA, workspace=HERE, at=None, **said) -> str:
        """Lay a note; gives its id."""
        (event,) = self.happens(self.laid(title, **said), by=by, workspace=workspace, at=at)
        return event.fact.note_id

    def judge(self, note_id, verdict=Verdict.HELPED, by=BEN, workspace=HERE):
        return self.happens(Judged(note_id, verdict), by=by, workspace=workspace)

    def withdraw(self, note_id):
        return self.happens(Withdrawn(note_id, "it is wrong"))

    def retag(self, note_id, added=(), removed=()):
        return self.happens(Retagged(note_id, tuple(added), tuple(removed), "tidy"))

    def note(self, note_id, workspace=HERE):
        return self.store.find_notes(workspace, [note_id])[note_id]


def again(request: Request, world: World, **changed) -> Request:
    """The same request as a client would send it anew: other ids and times, the same content."""
    events = tuple(replace(event, id=world.new_id(), at=world.now) for event in request.events)
    return replace(request, events=events, **changed)
