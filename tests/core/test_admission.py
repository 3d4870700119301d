"""What comes in is clean, short and about files of the workspace; the rest goes back with how to mend it."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trails.admission import (
    BODY_LIMIT,
    PATH_LIMIT,
    QUERY_LIMIT,
    READ_LIMIT,
    REASON_LIMIT,
    TITLE_LIMIT,
    Redaction,
    admit,
    clean_path,
    clean_query,
    clean_reason,
    clean_text,
    clean_topic,
    read_anchor,
    read_kind,
)
from trails.errors import BadInput, Refused
from trails.notes import Anchor, Draft, Fingerprint, Kind
from trails.secret_rules import RULES

TOKEN = next(rule.example for rule in RULES if rule.name == "github-token")
PRIVATE_KEY = next(rule.example for rule in RULES if rule.name == "private-key")
ANYTHING = st.text(st.characters(), max_size=200)
WORDS = "Run the migration before the tests, or they see the old tables and fail in odd ways. "


def test_a_good_draft_comes_in_as_it_is() -> None:
    draft = Draft(
        "Run the migration before the tests",
        "They see the old tables otherwise:\n\n    make migrate && make test",
        Kind.HOW_TO,
        (Anchor("src/a.py", 3, 9, Fingerprint("d" * 32)), Anchor("tests")),
        ("tests", "c++", "db/migrations"),
    )

    assert admit(draft).draft == draft
    assert admit(draft).redactions == ()


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("one\u2028two\u2029three\x85four", "one\ntwo\nthree\nfour"),
        ("cafe\u0301", "caf\u00e9"),
        ("\x1b[31mred\x1b[0m\a", "[31mred[0m"),
        ("del\x7f c1\x9b", "del c1"),
        ("over\u202eride \u2066iso\u2069", "override iso"),
        ("zero\u200bwidth\u2060\ufeff", "zerowidth"),
        ("soft\u00adhyphen", "softhyphen"),
        ("tags\U000e0041\U000e007f", "tags"),
        ("selectors\ufe0f\U000e0100", "selectors"),
        ("fillers\u3164\uffa0\u115f\u2800\u034f", "fillers"),
        ("tab\tstays, and so does 漢字 and עברית", "tab\tstays, and so does 漢字 and עברית"),
    ],
)
def test_only_what_a_reader_can_see_comes_in(sent: str, kept: str) -> None:
    assert clean_text(sent) == kept


@settings(deadline=None)
@given(ANYTHING)
def test_clean_text_is_clean(text: str) -> None:
    try:
        clean = clean_text(text)
    except BadInput:
        assert "\0" in text or any("\ud800" <= char <= "\udfff" for char in text)
        return

    assert clean_text(clean) == clean
    assert unicodedata.is_normalized("NFC", clean)
    assert not [char for char in clean if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and char not in "\n\t"]


def test_binary_is_sent_back_and_called_that() -> None:
    with pytest.raises(BadInput, match="binary"):
        admit(Draft("Look at this", "\x7fELF\x02\0\0"))


def test_half_a_surrogate_pair_is_sent_back() -> None:
    with pytest.raises(BadInput, match="surrogate"):
        admit(Draft("Look at this \ud83d"))


def test_a_whole_file_is_sent_back_unread() -> None:
    with pytest.raises(BadInput, match=f"{READ_LIMIT + 1:,} characters"):
        admit(Draft("Look at this", "x" * (READ_LIMIT + 1)))


# ── title and body ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("title", ["", "  \n ", "\u200b\u3164"])
def test_a_note_without_a_title_is_told_how_to_begin(title: str) -> None:
    with pytest.raises(BadInput, match="lead with what the next agent should do, in the imperative"):
        admit(Draft(title, "The tests need the migration."))


def test_a_title_becomes_one_line() -> None:
    assert admit(Draft("  Run the\n\tmigration  first ")).draft.title == "Run the migration first"


def test_a_title_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assert admit(Draft("x" * TITLE_LIMIT)).draft.title == "x" * TITLE_LIMIT
    with pytest.raises(BadInput, match=r"121 characters long \(limit 120\): say the rest in the body"):
        admit(Draft("x" * (TITLE_LIMIT + 1)))


def test_a_body_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assert len(admit(Draft("Read on", "x" * BODY_LIMIT)).draft.body) == BODY_LIMIT
    with pytest.raises(BadInput, match=r"2,001 characters long \(limit 2,000\)"):
        admit(Draft("Read on", "x" * (BODY_LIMIT + 1)))


def test_a_body_keeps_its_indentation_and_loses_blank_ends() -> None:
    assert admit(Draft("Read on", "\n \n    indented  \n\n  less\n\n")).draft.body == "    indented\n\n  less"


# ── secrets ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_secrets_are_redacted_and_reported() -> None:
    admitted = admit(Draft("Log in with the deploy token", f"{WORDS}Use {TOKEN}. {WORDS}"))

    assert TOKEN not in admitted.draft.body
    assert admitted.redactions == (Redaction("github-token", 1),)


def test_a_secret_announced_in_the_title_and_given_in_the_body_is_redacted() -> None:
    admitted = admit(Draft("Log in as ada, the password is", f"hunter22!x\n{WORDS}"))

    assert admitted.draft.title == "Log in as ada, the password is"
    assert admitted.draft.body.startswith("[redacted:said-password]\n")


def test_a_private_key_is_refused_before_anything_is_said_of_its_length() -> None:
    with pytest.raises(Refused, match="private key"):
        admit(Draft("Use this key", PRIVATE_KEY + "x" * BODY_LIMIT))


def test_a_secret_hidden_behind_invisible_characters_is_found() -> None:
    admitted = admit(Draft("Log in with the deploy token", f"{WORDS}{TOKEN[:9]}\u200b{TOKEN[9:]} {WORDS}"))

    assert admitted.redactions == (Redaction("github-token", 1),)


@pytest.mark.parametrize("draft", [Draft("x", anchors=(Anchor(f"src/{TOKEN}.py"),)), Draft("x", topics=(TOKEN,))])
def test_a_secret_in_a_path_or_a_topic_is_refused(draft: Draft) -> None:
    with pytest.raises(Refused) as refusal:
        admit(draft)

    assert TOKEN not in str(refusal.value)


def test_secrets_are_redacted_from_questions_and_reasons() -> None:
    assert TOKEN not in clean_query(f"{WORDS}why does {TOKEN} fail?")
    assert TOKEN not in clean_reason(f"{WORDS}it was laid with {TOKEN} in it")


@settings(deadline=None)
@given(ANYTHING, ANYTHING, st.lists(ANYTHING, max_size=3))
def test_admitting_twice_changes_nothing(title: str, body: str, topics: list[str]) -> None:
    try:
        admitted = admit(Draft(title, f"{body} password: hunter22! {WORDS * 5}", topics=tuple(topics)))
    except (BadInput, Refused):
        return

    assert admit(admitted.draft).draft == admitted.draft
    assert len(admitted.draft.title) <= TITLE_LIMIT
    assert len(admitted.draft.body) <= BODY_LIMIT
    assert "\n" not in admitted.draft.title


# ── topics and files ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Error Handling", "error-handling"),
        ("  error -- handling!  ", "error-handling"),
        ("#auth", "auth"),
        ("C++", "c++"),
        ("C#", "c#"),
        (".NET", ".net"),
        ("snake_case", "snake_case"),
        ("db/migrations/", "db/migrations"),
        ("v1.2", "v1.2"),
        ("Ｆｕｌｌ", "full"),
        ("ÜBERSETZUNG", "übersetzung"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_a_topic_is_written_in_one_way(sent: str, kept: str) -> None:
    assert clean_topic(sent) == kept


@pytest.mark.parametrize("topic", ["", " ", "---", "#", "\u200b", "!?", "x" * 65])
def test_a_topic_that_names_nothing_or_tells_a_story_is_sent_back(topic: str) -> None:
    with pytest.raises(BadInput, match="topic"):
        clean_topic(topic)


def test_the_same_file_or_topic_twice_counts_once() -> None:
    admitted = admit(Draft("x", anchors=(Anchor("a.py"), Anchor("./a.py")), topics=("Auth", "auth")))

    assert admitted.draft.anchors == (Anchor("a.py"),)
    assert admitted.draft.topics == ("auth",)


def test_too_many_files_or_topics_are_sent_back() -> None:
    with pytest.raises(BadInput, match=r"33 files \(limit 32\)"):
        admit(Draft("x", anchors=tuple(Anchor(f"{number}.py") for number in range(33))))
    with pytest.raises(BadInput, match=r"17 topics \(limit 16\)"):
        admit(Draft("x", topics=tuple(f"t{number}" for number in range(17))))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("src/a.py", "src/a.py"),
        (" ./src//./a.py ", "src/a.py"),
        ("src/", "src"),
        ("cafe\u0301.md", "caf\u00e9.md"),
        ("with space/%2e%2e/a.py", "with space/%2e%2e/a.py"),
        ("a.py~", "a.py~"),
        (".github/workflows/ci.yml", ".github/workflows/ci.yml"),
        ("..hidden/...", "..hidden/..."),
        ("漢字.txt", "漢字.txt"),
        ("x" * PATH_LIMIT, "x" * PATH_LIMIT),
    ],
)
def test_a_path_is_written_in_one_way(sent: str, kept: str) -> None:
    assert clean_path(sent) == kept


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "./",
        "/etc/passwd",
        "//host/share",
        "\\\\host\\share",
        "src\\a.py",
        "C:/x.py",
        "c:x.py",
        "~/x.py",
        "~root/x.py",
        "./~/x.py",
        "./c:x.py",
        "file:///etc/passwd",
        "FILE:x",
        "https://example.com/x",
        "..",
        "../x.py",
        "src/../../x.py",
        "src/../x.py",
        ".git/config",
        "sub/.GIT/hooks/x",
        "a\0b",
        "a\nb",
        "a\tb",
        "a\x1b[0m.py",
        "a\u202etxt.py",
        "a\u200b.py",
        "a\ud800.py",
        "x" * (PATH_LIMIT + 1),
    ],
)
def test_a_path_that_leads_elsewhere_is_sent_back(path: str) -> None:
    with pytest.raises(BadInput) as sent_back:
        clean_path(path)

    assert len(path) < 3 or path not in str(sent_back.value)


@settings(deadline=None, max_examples=300)
@given(st.text(st.sampled_from("ab./\\~:\0 \u202e\u0301e")))
def test_a_clean_path_stays_inside_the_workspace(path: str) -> None:
    try:
        clean = clean_path(path)
    except BadInput:
        return

    assert clean_path(clean) == clean
    assert not clean.startswith(("/", "~"))
    assert not {"", ".", "..", ".git"} & set(clean.split("/"))


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("src/a.py", Anchor("src/a.py")),
        ("src/a.py:12", Anchor("src/a.py", 12, 12)),
        ("src/a.py:12-20", Anchor("src/a.py", 12, 20)),
        ("./src/a.py:12:5", Anchor("src/a.py", 12, 12)),
        ("src/a.py#L12", Anchor("src/a.py", 12, 12)),
        ("src/a.py#L12-L20", Anchor("src/a.py", 12, 20)),
        ("src/a.py#L12-20", Anchor("src/a.py", 12, 20)),
        ("C#/x.cs", Anchor("C#/x.cs")),
    ],
)
def test_a_place_is_read_as_editors_write_it(text: str, anchor: Anchor) -> None:
    assert read_anchor(text) == anchor


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":12",
        "a.py:",
        "a.py:0",
        "a.py:20-12",
        "a.py:12-",
        "a.py:-3",
        "a.py:x",
        "a.py:test_x",
        "a.py:9999999999",
        "a.py#L",
        "a.py#L2-L",
        "a.py#L0",
        "../a.py:3",
    ],
)
def test_a_place_that_cannot_be_is_sent_back(text: str) -> None:
    with pytest.raises(BadInput):
        read_anchor(text)


@pytest.mark.parametrize(("first", "last"), [(0, 3), (5, 4), (None, 4), (-1, None)])
def test_an_anchor_with_impossible_lines_is_sent_back(first: int | None, last: int | None) -> None:
    with pytest.raises(BadInput, match="first"):
        admit(Draft("x", anchors=(Anchor("a.py", first, last),)))


# ── the rest ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("kind", Kind)
def test_a_kind_is_read_however_its_words_are_joined(kind: Kind) -> None:
    assert read_kind(kind.value) is kind
    assert read_kind(f" {kind.value.replace('-', '_').upper()} ") is kind
    assert read_kind(kind.value.replace("-", "")) is kind


def test_an_unknown_kind_is_sent_back_with_those_there_are() -> None:
    with pytest.raises(BadInput, match=r"observation, how-to, warning, .*presence"):
        read_kind("musing")


def test_a_question_may_be_empty_and_is_not_endless() -> None:
    assert clean_query(" \n ") == ""
    assert clean_query("why?\r\n") == "why?"
    with pytest.raises(BadInput, match="4,001"):
        clean_query("x" * (QUERY_LIMIT + 1))


def test_a_reason_is_one_line_and_required_unless_said_otherwise() -> None:
    assert clean_reason("it was\nwrong") == "it was wrong"
    assert clean_reason(" ", required=False) == ""
    with pytest.raises(BadInput, match="say why"):
        clean_reason("\u200b")
    with pytest.raises(BadInput, match="501"):
        clean_reason("x" * (REASON_LIMIT + 1))
