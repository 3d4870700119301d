"""
What may come in: text is cleaned, secrets are redacted, limits hold, and the rest is sent back with how to mend it.

Everything an agent sends passes here once, before it is stored, embedded or logged.
No message repeats what was sent.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .errors import BadInput, Refused
from .notes import Anchor, Draft, Kind, Question
from .secret_rules import Redacted, redact

TITLE_LIMIT = 120  # characters: one line of a terminal, one breath
BODY_LIMIT = 2_000  # characters, about 500 tokens: a note is a sentence or three
REASON_LIMIT = 500  # characters
QUERY_LIMIT = 4_000  # characters
TOPIC_LIMIT = 64  # characters
PATH_LIMIT = 512  # characters
SYMBOL_LIMIT = 200  # characters
FILES_LIMIT = 32
TOPICS_LIMIT = 16
READ_LIMIT = 20_000  # characters; longer text is sent back unread, whatever it is

# What no reader can see, besides the categories Cc and Cf: fillers, joiners, variation selectors, tags
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U0001d159\U000e0000-\U000e0fff]"
)
_LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_BETWEEN_WORDS = re.compile("-+")
_URL_OR_DRIVE = re.compile(r"[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]{1,20}://|file:", re.IGNORECASE)
_PLACE = re.compile(r"(?P<path>.+?)(?:(?::|#L)(?P<first>[0-9]{1,9})(?:-L?(?P<last>[0-9]{1,9})|:[0-9]{1,9})?)?")
_BROKEN_LINES = re.compile(r"#L[0-9L-]*$")
_SYMBOL = re.compile(r"[\w$~?!-]+(\.[\w$~?!-]+)*")
_KINDS_BY_LETTERS = {kind.value.replace("-", ""): kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Redaction:
    """How many secrets of one kind were taken out."""

    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class Admitted:
    """A draft fit to be stored, and what was redacted to make it so."""

    draft: Draft
    redactions: tuple[Redaction, ...] = ()


def admit(draft: Draft) -> Admitted:
    """
    The draft as it may be stored. Admitting it again changes nothing.

    Raises BadInput for what its author can mend: no title, too long, too many files or topics, a path outside the
    workspace. Raises Refused for what must not be stored at all (see `secret_rules.redact`).
    """
    title = _one_line(clean_text(draft.title, name="title"))
    body = _without_blank_ends(clean_text(draft.body, name="body"))
    if not title:
        raise BadInput("The title is empty: lead with what the next agent should do, in the imperative, in one line.")
    if len(draft.topics) > TOPICS_LIMIT:
        raise BadInput(f"The note names {len(draft.topics)} topics (limit {TOPICS_LIMIT}): keep the main ones.")
    anchors = clean_anchors(draft.anchors)
    topics = tuple(dict.fromkeys(clean_topic(topic) for topic in draft.topics))
    # together, since a secret may be announced in the title and stand in the body; no label holds a line break
    redacted = redact(f"{title}\n{body}")
    title, _, body = redacted.text.partition("\n")
    _must_fit("title", title, TITLE_LIMIT, "say the rest in the body")
    _must_fit("body", body, BODY_LIMIT, "lay several notes, each about one thing")
    cleaned = replace(draft, title=title, body=body, anchors=anchors, topics=topics)
    return Admitted(cleaned, tuple(Redaction(rule, count) for rule, count in redacted.rules))


def clean_anchors(anchors: Sequence[Anchor]) -> tuple[Anchor, ...]:
    """The places of a note, each once. Raises BadInput for too many of them and for one that cannot be."""
    if len(anchors) > FILES_LIMIT:
        raise BadInput(f"The note names {len(anchors)} files (limit {FILES_LIMIT}): keep those it is about.")
    return tuple(dict.fromkeys(_clean_anchor(anchor) for anchor in anchors))


def clean_text(text: str, *, name: str = "text") -> str:
    """
    The text in NFC with `\\n` line ends, and nothing in it that a reader cannot see.

    Control and format characters, bidirectional marks, zero-width characters, tags, variation selectors and fillers
    are dropped. Raises BadInput for what is no text (NUL, half a surrogate pair) and for more than READ_LIMIT.
    """
    if len(text) > READ_LIMIT:
        raise BadInput(f"The {name} is {len(text):,} characters long: send a note about a file, not the file.")
    if "\0" in text:
        raise BadInput(
            f"The {name} is binary (it holds NUL): describe the file, and name it as one of the note's files."
        )
    if _SURROGATES.search(text):
        raise BadInput(f"The {name} holds half a surrogate pair: send it as valid Unicode.")
    return unicodedata.normalize("NFC", _drop_unseen(_LINE_ENDS.sub("\n", text)))


def clean_query(text: str) -> str:
    """The words of a question, secrets redacted (it is embedded and may be logged); empty stays empty."""
    cleaned = _redacted(_without_blank_ends(clean_text(text, name="query"))).text
    _must_fit("query", cleaned, QUERY_LIMIT, "ask with the words that matter")
    return cleaned


def clean_question(question: Question) -> Question:
    """The question as it is asked of the store. Raises BadInput where it asks for nothing."""
    cleaned = replace(
        question,
        query=clean_query(question.query),
        files=tuple(dict.fromkeys(clean_path(path) for path in question.files)),
        topics=tuple(dict.fromkeys(clean_topic(topic) for topic in question.topics)),
    )
    if not (cleaned.query or cleaned.files or cleaned.topics):
        raise BadInput("Ask with words, with files, or with topics.")
    return cleaned


def clean_reason(text: str, *, required: bool = True, name: str = "reason") -> str:
    """A reason in one line, secrets redacted. Raises BadInput when it is empty and `required`."""
    cleaned = _redacted(_one_line(clean_text(text, name=name))).text
    if required and not cleaned:
        raise BadInput(f"The {name} is empty: say why in a few words; it stays in the journal.")
    _must_fit(name, cleaned, REASON_LIMIT, "keep to what a reader of the journal needs")
    return cleaned


def clean_topic(text: str) -> str:
    """A topic as everybody writes it: lower-case words joined by `-`; letters, digits and `._+#/` are kept."""
    lower = _compatible(_compatible(_no_secret("topic", clean_text(text, name="topic"))).lower())
    kept = (char if char in "._+#/" or unicodedata.category(char)[0] in "LNM" else "-" for char in lower)
    topic = _BETWEEN_WORDS.sub("-", "".join(kept)).lstrip("-#/").rstrip("-/")
    if not any(char.isalnum() for char in topic):
        raise BadInput("A topic is empty: name it with a word or two, such as auth or error-handling.")
    _must_fit("topic", topic, TOPIC_LIMIT, "a topic is a word or two; say the rest in the note")
    return topic


def clean_path(path: str) -> str:
    """
    A path from the workspace's root, with forward slashes, in NFC. It is only ever a name: nothing opens it.

    A backslash is refused, not kept as the part of a name that POSIX takes it for: an anchor written with backslashes
    would point nowhere, and nobody would notice. Raises BadInput with how to write it.
    """
    if _SURROGATES.search(path) or _drop_unseen(path) != path or "\n" in path or "\t" in path:
        raise BadInput("A path holds characters that cannot be seen: write the file's name as it is shown.")
    path = unicodedata.normalize("NFC", path.strip())
    _must_fit("path", path, PATH_LIMIT, "name a folder above it")
    if "\\" in path:
        raise BadInput("A path holds a backslash: write it from the workspace's root with '/', as in src/a.py.")
    parts = [part for part in (part.strip() for part in path.split("/")) if part not in ("", ".")]
    cleaned = "/".join(parts)
    if not parts:
        raise BadInput("A path is empty or names the whole workspace: name a file or a folder in it.")
    if _URL_OR_DRIVE.match(path) or _URL_OR_DRIVE.match(cleaned):
        raise BadInput("A path is a URL or starts with a drive: write it from the workspace's root, as in src/a.py.")
    if path.startswith("/") or cleaned.startswith("~"):
        raise BadInput("A path is absolute: write it from the workspace's root, as in src/a.py.")
    if ".." in parts:
        raise BadInput("A path holds '..': write it from the workspace's root, without '..'.")
    if any(part.lower() == ".git" for part in parts):
        raise BadInput("A path leads into .git: notes are about files that people edit.")
    return _no_secret("path", cleaned)


def read_anchor(text: str) -> Anchor:
    """
    The place that `src/a.py`, `src/a.py:12-20`, `src/a.py#L12-L20` or `src/a.py::Class.method` names.

    A column after the line is passed over, and `::` between the names of a symbol is a dot. Raises BadInput for lines
    and names that cannot be, and for any other colon.
    """
    path, is_symbol, symbol = text.partition("::")
    if is_symbol:
        return _clean_anchor(Anchor(path, symbol=symbol.strip() or " "))
    found = _PLACE.fullmatch(text.strip())
    path = clean_path(found["path"] if found else text)
    if ":" in path or _BROKEN_LINES.search(path):
        raise BadInput("After a file's name come lines or a symbol: src/a.py:12-20 or src/a.py::Class.method.")
    first, last = found.group("first", "last") if found else (None, None)
    return _clean_anchor(Anchor(path, int(first) if first else None, int(last) if last else None))


def read_kind(text: str) -> Kind:
    """The kind of a note from its name, however its words are joined (`how-to`, `how_to`, `HowTo`)."""
    kind = _KINDS_BY_LETTERS.get(re.sub(r"[\s_-]", "", text).lower())
    if kind is None:
        raise BadInput(f"There is no such kind of note; the kinds are {', '.join(Kind)}.")
    return kind


def _compatible(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _drop_unseen(text: str) -> str:
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    seen = (char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf"))
    return _UNSEEN.sub("", "".join(seen))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _without_blank_ends(text: str) -> str:
    """The text without blank lines around it; the indentation of its first line stays."""
    lines = [line.rstrip() for line in text.split("\n")]
    written = [number for number, line in enumerate(lines) if line]
    return "\n".join(lines[written[0] : written[-1] + 1]) if written else ""


def _redacted(text: str) -> Redacted:
    return redact(text) if text else Redacted(text)


def _no_secret(name: str, text: str) -> str:
    if found := _redacted(text).rules:
        raise Refused(f"A {name} holds what looks like a secret ({found[0][0]}): leave it out.")
    return text


def _must_fit(name: str, text: str, limit: int, advice: str) -> None:
    if len(text) > limit:
        raise BadInput(f"The {name} is {len(text):,} characters long (limit {limit:,}): {advice}.")


def _clean_anchor(anchor: Anchor) -> Anchor:
    first, last = anchor.first_line, anchor.last_line
    if first is None and last is not None:
        raise BadInput("An anchor has a last line and no first one: give both, as in src/a.py:12-20.")
    last = first if last is None else last
    if first is not None and last is not None and not 1 <= first <= last:
        raise BadInput("An anchor's lines start at 1 and the first comes before the last, as in src/a.py:12-20.")
    symbol = _clean_symbol(anchor.symbol) if anchor.symbol else ""
    if symbol and first is not None and anchor.fingerprint is None:
        raise BadInput("An anchor has lines and a symbol: name one of the two.")
    return replace(anchor, path=clean_path(anchor.path), first_line=first, last_line=last, symbol=symbol)


def _clean_symbol(name: str) -> str:
    """The dotted name of what a file defines."""
    symbol = unicodedata.normalize("NFC", name.replace("::", ".").strip())
    if not _SYMBOL.fullmatch(symbol):
        raise BadInput("A symbol is a name, or names with dots between them: src/a.py::Class.method.")
    _must_fit("symbol", symbol, SYMBOL_LIMIT, "name what it is in")
    return _no_secret("symbol", symbol)
