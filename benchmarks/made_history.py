"""
A made-up history of any length: what agents leave behind over two years, and vectors for it. Only for measuring.

Texts are drawn from 20,000 words by Zipf's law, the commonest of them stop words and words that half of all notes
share, the rest words and identifiers; so a word index meets long lists as well as short ones. Files are drawn by
Zipf's law too, and a note on several files mostly keeps to one folder, which is where edges come from. Sessions judge
and use what was laid before them and end with an outcome; some notes are superseded.

Everything is a function of the number of notes and of a note's place in the history: built twice, a store is the same,
and a build that was broken off goes on where it stopped.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from ulid import ULID

from trails.events import Credit, Event, Fact, Judged, Laid, OutcomeReported, Superseded, Used
from trails.notes import Anchor, Author, Draft, Fingerprint, Kind, Use, Verdict

WORKSPACE = "w-scale"
SEED = 20
FIRST, LAST = datetime(2024, 10, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
DIMENSION = 384
MODEL = "made-up"

NOTES_A_SESSION = 25
NOTES_A_FILE = 20  # in the mean; the most popular file has hundreds of times as many
FILES_A_FOLDER = 8
NOTES_A_CLUSTER, CLUSTERS_A_REGION = 50, 50
SPREAD = 0.7  # of a vector around its centre, as a length: the cosine of two of one cluster is 1 / (1 + SPREAD^2)

VOCABULARY = 20_000
LONGEST_TITLE = 120  # characters that are admitted
SYLLABLES = "ba co de fi gu ha je ko la mi no pu re sa to vi wa xe yo zu tri pla ster ment con der fla gri sho"
COMMON = """
the a to is in of test and file when error for it on fix with not call that request from be after user this value are
check before config if build at cache as by only an key token must was or because which session table so list path into
timeout has query no index can run all use state then thread each server were lock there type one retry still client
"""
KINDS = (
    (Kind.OBSERVATION, 0.4),
    (Kind.HOW_TO, 0.17),
    (Kind.WARNING, 0.13),
    (Kind.DECISION, 0.12),
    (Kind.QUESTION, 0.08),
    (Kind.HAND_OFF, 0.06),
    (Kind.PLAN, 0.04),
)
FILES_OF_A_NOTE = (0.05, 0.45, 0.28, 0.14, 0.08)  # the chance of 0, 1, 2, 3, 4
TOPICS_OF_A_NOTE = (0.4, 0.4, 0.2)

Shares = npt.NDArray[np.float64]


def zipf(count: int, exponent: float, shift: float = 0.0) -> Shares:
    """The cumulative shares of `count` ranks, each 1 / (rank + shift)^exponent (Mandelbrot's form of Zipf's law)."""
    shares = (np.arange(1, count + 1) + shift) ** -exponent
    cumulative: Shares = np.cumsum(shares / shares.sum())
    return cumulative


def draw(random: np.random.Generator, shares: Shares, count: int) -> npt.NDArray[np.int64]:
    """`count` ranks from 0, drawn by their cumulative shares."""
    return np.minimum(np.searchsorted(shares, random.random(count)), len(shares) - 1)


def hashed(*parts: object, size: int) -> bytes:
    return hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=size).digest()


class MadeHistory:
    """The first `notes` notes of a history that is so long, with all that happens between them."""

    def __init__(self, notes: int) -> None:
        self.notes = notes
        self.words, self.names = _vocabulary()
        self.files = max(FILES_A_FOLDER, notes // NOTES_A_FILE)
        # Popular files lie anywhere in the tree.
        self._by_popularity = np.random.default_rng(SEED).permutation(self.files)
        self._word_shares, self._file_shares = zipf(VOCABULARY, 1.0, 2.7), zipf(self.files, 0.7)
        self._topic_shares, self._principal_shares = zipf(200, 1.0), zipf(12, 1.0)
        self._kinds, self._kind_shares = [kind for kind, _ in KINDS], np.cumsum([share for _, share in KINDS])

    # ── notes ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def at(self, number: int) -> datetime:
        return FIRST + (LAST - FIRST) * (number / self.notes)

    def note_id(self, number: int) -> str:
        return self._id("note", number, self.at(number))

    def author(self, session: int) -> Author:
        random = np.random.default_rng([SEED, 1, session])
        return Author(f"person-{draw(random, self._principal_shares, 1)[0]}", "made-up", f"s{session}")

    def path(self, file: int) -> str:
        """The path of a file, by its place in the tree."""
        folder = file // FILES_A_FOLDER
        name = self.names[file * 7919 % len(self.names)]
        where = f"{self.names[folder // 16 % len(self.names)]}/{self.names[folder * 17 % len(self.names)]}"
        return f"tests/{where}/test_{name}.py" if file % 5 == 4 else f"src/{where}/{name}.py"

    def popular_path(self, rank: int) -> str:
        return self.path(int(self._by_popularity[rank]))

    def drafts(self, first: int, last: int) -> list[Draft]:
        """The notes from `first` to before `last`, as an agent would hand them in."""
        random = np.random.default_rng([SEED, 2, first])
        count = last - first
        titles, bodies = random.integers(4, 9, count), random.integers(12, 61, count)
        words = iter(self._words(random, int(titles.sum() + bodies.sum())))
        kinds = draw(random, self._kind_shares, count)
        topics = draw(random, np.cumsum(TOPICS_OF_A_NOTE), count)
        return [
            Draft(
                " ".join(next(words) for _ in range(title))[:LONGEST_TITLE].capitalize(),
                " ".join(next(words) for _ in range(body)) + ".",
                self._kinds[kind],
                self._anchors(random),
                tuple(sorted({f"topic-{topic}" for topic in draw(random, self._topic_shares, many)})),
            )
            for title, body, kind, many in zip(titles, bodies, kinds, topics, strict=True)
        ]

    def questions(self, count: int) -> list[str]:
        """Questions of four to eight words, as they stand together in notes: common and rare ones."""
        random = np.random.default_rng([SEED, 3])
        return [" ".join(self._words(random, int(random.integers(4, 9)))) for _ in range(count)]

    def _words(self, random: np.random.Generator, count: int) -> list[str]:
        return [self.words[rank] for rank in draw(random, self._word_shares, count).tolist()]

    def _anchors(self, random: np.random.Generator) -> tuple[Anchor, ...]:
        many = int(draw(random, np.cumsum(FILES_OF_A_NOTE), 1)[0])
        if not many:
            return ()
        drawn = self._by_popularity[draw(random, self._file_shares, many)]
        near = (drawn[0] + random.integers(-FILES_A_FOLDER, FILES_A_FOLDER + 1, many)) % self.files
        files = {int(drawn[0]), *np.where(random.random(many - 1) < 0.7, near[1:], drawn[1:]).tolist()}
        return tuple(self._anchor(file, random) for file in sorted(files))

    def _anchor(self, file: int, random: np.random.Generator) -> Anchor:
        line = int(random.integers(1, 400)) if random.random() < 0.3 else None
        path = self.path(file)
        return Anchor(
            path,
            line,
            line and line + 12,
            Fingerprint(hashed(path, line, size=16).hex()),
            hashed(WORKSPACE, path, 0, size=10).hex(),
        )

    # ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def events(self, first: int, last: int) -> Iterator[Event]:
        """All that happened from note `first` to before note `last`, in the order of time."""
        random = np.random.default_rng([SEED, 4, first])
        for number, draft in enumerate(self.drafts(first, last), start=first):
            session = number // NOTES_A_SESSION
            by, at = self.author(session), self.at(number)
            facts: list[Fact] = [
                Laid(self.note_id(number), draft.kind, draft.title, draft.body, draft.anchors, draft.topics)
            ]
            facts += self._others(number, random)
            for place, fact in enumerate(facts):
                yield Event(self._id(f"event {place}", number, at), at, WORKSPACE, by, fact)

    def _others(self, number: int, random: np.random.Generator) -> Iterator[Fact]:
        """What a session does besides laying: with notes that are a few hundred older, as a rule."""
        earlier = [number - 1 - int(age) for age in random.exponential(500, 4)]
        known = list(dict.fromkeys(self.note_id(other) for other in earlier if other >= 0))
        if not known:
            return
        if random.random() < 0.02:
            yield Superseded(known[0], self.note_id(number), "It is done otherwise now.")
        if random.random() < 0.1:
            yield Judged(known[-1], Verdict.HELPED if random.random() < 0.8 else Verdict.UNHELPFUL)
        if random.random() < 0.25:
            yield Used(known[-1], Use.CITED)
        if number % NOTES_A_SESSION == NOTES_A_SESSION - 1:
            went_well = random.random() < 0.7
            credits_given = tuple(Credit(note_id, 0.2 * went_well, 0.2 * (not went_well)) for note_id in known)
            yield OutcomeReported(float(went_well), 0.6, f"task-{number % 20}", credits=credits_given)

    @staticmethod
    def _id(what: str, number: int, at: datetime) -> str:
        milliseconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
        return str(ULID.from_bytes(milliseconds.to_bytes(6, "big") + hashed(what, number, size=10)))


@lru_cache(1)
def _vocabulary() -> tuple[list[str], list[str]]:
    """All words, the commonest first, and the plain ones among them, of which names are made."""
    random = np.random.default_rng([SEED, 5])
    syllables, common = SYLLABLES.split(), COMMON.split()
    names: dict[str, None] = {}
    while len(names) < VOCABULARY // 2:
        drawn = random.integers(len(syllables), size=random.integers(2, 4))
        names["".join(syllables[place] for place in drawn)] = None
    plain = list(names)
    others: dict[str, None] = {}
    while len(others) < VOCABULARY - len(plain) - len(common):
        one, other = (plain[name] for name in random.integers(len(plain), size=2))
        others[f"{one}_{other}" if random.random() < 0.5 else f"{one}{other.capitalize()}"] = None
    rest = [*plain, *others]
    return [*common, *(rest[place] for place in random.permutation(len(rest)))], plain


# ── vectors ──────────────────────────────────────────────────────────────────────────────────────────────────────────
class MadeEmbedder:
    """Unit vectors in clusters of 50 notes, which lie in regions of 50 clusters; a text always has the same one."""

    model, dimension = MODEL, DIMENSION

    def __init__(self, notes: int) -> None:
        self._clusters = max(1, notes // NOTES_A_CLUSTER)

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """One unit vector a text, made from its hash."""
        vectors = np.empty((len(texts), DIMENSION), np.float32)
        for row, text in enumerate(texts):
            seed = int.from_bytes(hashed(text, size=8))
            vectors[row] = _around(_centre(seed % self._clusters), seed)
        return vectors


@lru_cache(1024)
def _centre(cluster: int) -> npt.NDArray[np.float32]:
    region = _around(np.zeros(DIMENSION, np.float32), -1 - cluster // CLUSTERS_A_REGION)
    return _around(region, -1_000_000_000 - cluster)


def _around(centre: npt.NDArray[np.float32], seed: int) -> npt.NDArray[np.float32]:
    noise = np.random.default_rng(seed % 2**64).standard_normal(DIMENSION).astype(np.float32)
    vector = centre + SPREAD * noise / np.linalg.norm(noise)
    unit: npt.NDArray[np.float32] = vector / np.linalg.norm(vector)
    return unit
