"""Events as hypothesis draws them: a small world of few notes, files and voices, so that they meet each other often."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from trails.events import (
    Chosen,
    Confirmed,
    Corroborated,
    Credit,
    Disputed,
    Edited,
    Event,
    Fact,
    FileChanged,
    FileCopied,
    FileGone,
    FileMoved,
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
from trails.fold import ACT_JUDGED, ACT_LAID, ACT_OUTCOME, ACT_USED, ACT_WITNESSED, Judgement, Voice
from trails.notes import Anchor, Author, Fingerprint, Head, Kind, Use, Verdict

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
NOTE_IDS = ("note-1", "note-2", "note-3")
TOPICS = ("auth", "build", "cache")
PATHS_BY_FILE_ID = {"file-a": "src/a.py", "file-b": "src/b.py", "file-c": "docs/c.md"}

note_ids = st.sampled_from(NOTE_IDS)
file_ids = st.sampled_from(sorted(PATHS_BY_FILE_ID))
kinds = st.sampled_from(Kind)
principals = st.sampled_from(("ada", "bo", "cy"))
sessions = st.sampled_from(("s1", "s2", "s3", ""))
shares = st.floats(0, 1, allow_nan=False)
# Coarse times, so that several events often share one.
times = st.integers(0, 500).map(lambda hours: EPOCH + timedelta(hours=hours))
topic_sets = st.lists(st.sampled_from(TOPICS), unique=True).map(tuple)
authors = st.builds(Author, principal=principals, session=sessions)


@st.composite
def anchors(draw: st.DrawFn) -> Anchor:
    file_id = draw(file_ids)
    path = draw(st.sampled_from((PATHS_BY_FILE_ID[file_id], "elsewhere.py")))
    hashes = st.sampled_from(("", "abcd"))
    fingerprint = draw(st.none() | st.builds(Fingerprint, st.just("digest"), topic_sets, hashes, hashes))
    symbol = draw(st.sampled_from(("", "Ledger.rotate")))
    return Anchor(path, draw(st.none() | st.just(1)), fingerprint=fingerprint, file_id=file_id, symbol=symbol)


def lays(note_id: st.SearchStrategy[str] = note_ids, kind: st.SearchStrategy[Kind] = kinds) -> st.SearchStrategy[Laid]:
    places = st.lists(anchors(), max_size=2, unique_by=lambda anchor: anchor.file_id).map(tuple)
    head = st.builds(Head, st.sampled_from(("", "main")))
    return st.builds(Laid, note_id, kind, st.text(max_size=5), anchors=places, topics=topic_sets, head=head)


def credit_lists() -> st.SearchStrategy[tuple[Credit, ...]]:
    credits_ = st.builds(Credit, note_ids, shares, shares)
    return st.lists(credits_, max_size=3, unique_by=lambda credit: credit.note_id).map(tuple)


judged = st.builds(Judged, note_ids, st.sampled_from(Verdict))
outcomes = st.builds(OutcomeReported, shares, shares, credits=credit_lists())
served = st.builds(Served, st.just("recall"), st.just(NOTE_IDS))
heads = st.builds(Head, st.sampled_from(("", "main")), st.sampled_from(("", "c1")))
places = st.lists(anchors(), max_size=2, unique_by=lambda anchor: anchor.file_id).map(tuple)
digests = st.lists(st.tuples(file_ids, st.sampled_from(("d1", "d2"))), max_size=2, unique_by=lambda pair: pair[0])
trees = st.builds(
    TreeSeen, heads, st.sampled_from(("", "wt")), digests.map(tuple), st.lists(file_ids, max_size=1).map(tuple)
)
facts: st.SearchStrategy[Fact] = st.one_of(
    lays(),
    judged,
    st.builds(Used, note_ids, st.sampled_from(Use)),
    st.lists(note_ids, min_size=2, max_size=2, unique=True).map(lambda pair: Corroborated(*pair, 0.97)),
    outcomes,
    served,
    st.builds(Superseded, note_ids, note_ids, st.just("newer")),
    st.builds(Withdrawn, note_ids, st.just("gone")),
    st.builds(Restored, note_ids, st.just("back")),
    st.builds(Disputed, note_ids, note_ids, st.just("wrong")),
    st.builds(Retagged, note_ids, topic_sets, topic_sets, st.just("tidy")),
    st.builds(WorkspaceOpened, st.just("/home/ada/project")),
    st.builds(Confirmed, note_ids, places),
    st.builds(Edited, places),
    st.builds(Chosen, st.just("marks"), st.sampled_from(("on", "off"))),
    st.builds(
        FileMoved,
        file_ids,
        st.sampled_from(("src/new.py", "lib/a.py")),
        how=st.sampled_from(("seen", "git")),
        tree=st.sampled_from(("", "wt")),
    ),
    st.builds(FileCopied, file_ids, st.just("src/copy.py"), file_ids),
    trees,
    st.builds(FileChanged, file_ids, st.sampled_from(("d1", "d2"))),
    st.builds(FileGone, file_ids),
)


undoing = st.builds(Undone, st.integers(0, 20).map(lambda number: f"event-{number:03}"), st.just("a mistake"))
"""Undoes some event of a history, or none."""


def histories(facts: st.SearchStrategy[Fact] = facts, max_size: int = 12) -> st.SearchStrategy[list[Event]]:
    """Different events, each with an id of its own; ids and times need not agree."""

    def number(parts: list[tuple[datetime, Author, Fact]]) -> list[Event]:
        return [Event(f"event-{i:03}", at, "project", by, fact) for i, (at, by, fact) in enumerate(parts)]

    return st.lists(st.tuples(times, authors, facts), max_size=max_size).map(number)


@st.composite
def uses(draw: st.DrawFn, min_size: int = 0) -> dict[Voice, datetime]:
    """Past uses of a note: up to twelve sessions of two principals."""
    voices = st.tuples(
        st.sampled_from(("ada", "bo")),
        st.integers(0, 11).map(str),
        st.sampled_from((ACT_LAID, ACT_WITNESSED, ACT_JUDGED, ACT_USED, ACT_OUTCOME)),
    )
    return draw(st.dictionaries(voices, times, min_size=min_size, max_size=30))


@st.composite
def judgements(draw: st.DrawFn, max_size: int = 40) -> dict[Voice, Judgement]:
    """What up to forty voices of two principals say of a note."""
    voices = st.tuples(
        st.sampled_from(("ada", "bo")), st.integers(0, 30).map(str), st.sampled_from((ACT_JUDGED, ACT_OUTCOME))
    )
    said = draw(st.dictionaries(voices, st.tuples(times, shares, shares), max_size=max_size))
    return {
        voice: Judgement((at, f"event-{i:03}"), helped, failed)
        for i, (voice, (at, helped, failed)) in enumerate(said.items())
    }
