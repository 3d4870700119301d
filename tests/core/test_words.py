"""Prose, identifiers and paths are cut so that they meet."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trails.words import LONGEST_WORD, light_stem, path_words, query_words, search_text, split_words, stem

FEW = settings(max_examples=30, deadline=None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Parse the config file!", ["parse", "config", "file"]),
        ("parseConfigFile", ["parse", "config", "file"]),
        ("parse_config_file", ["parse", "config", "file"]),
        ("PARSE_CONFIG", ["parse", "config"]),
        ("HTTPServer2", ["http", "server"]),
        ("getURLs of userIDs", ["get", "urls", "user", "ids"]),
        ("sha256 k8s utf8 s3", ["sha256", "k8s", "utf8", "s3"]),
        ("issue1234", ["issue", "1234"]),
        ("10ms or 0x7f3a in a1b2c3d", ["10ms", "0x7f3a", "a1b2c3d"]),
        ("src/auth/token_store.py", ["src", "auth", "token", "store", "py"]),
        ("größeÄndern, naïve café", ["größe", "ändern", "naïve", "café"]),
        ("数据库", ["数据", "据库"]),
        ("हिन्दी", ["हिन्दी"]),
        ("a 1 _ -- the", []),
        ("", []),
    ],
)
def test_words_are_cut_at_case_underscores_and_numbers(text, words):
    assert split_words(text) == words


def test_composed_and_decomposed_accents_are_the_same_word():
    assert split_words("cafe\u0301") == split_words("caf\u00e9")


@FEW
@given(st.text())
def test_any_text_gives_plain_short_words(text):
    for word in split_words(text) + query_words(text):
        assert word
        assert len(word) <= LONGEST_WORD
        assert not set(word) & set(string.whitespace + "\"'*:^()_-+")


@FEW
@given(st.text(), st.integers(0, 5))
def test_a_question_has_different_words_and_no_more_than_the_limit(text, limit):
    words = query_words(text, limit)

    assert len(words) == len(set(words))
    assert len(words) <= limit


@FEW
@given(st.text())
def test_every_word_of_a_question_finds_the_text_it_was_copied_from(text):
    assert set(query_words(text, limit=10_000)) <= set(search_text(text).split())


def test_an_identifier_typed_exactly_has_a_word_of_its_own():
    assert "parseconfigfile" in search_text("Beware of parse_config_file.", "It is slow.").split()
    assert "parseconfigfile" in query_words("parseConfigFile")
    assert "parseconfigfile" not in search_text("Parse the config file.").split()


def test_an_identifier_lengthens_a_note_once_however_often_it_is_named():
    once, thrice = (search_text("parse_config " * times).split() for times in (1, 3))

    assert (len(once), len(thrice)) == (3, 7)


def test_a_long_question_keeps_its_identifiers():
    question = " ".join(f"word{chr(97 + i)}{chr(97 + j)}" for i in range(9) for j in range(9)) + " open_store"

    assert query_words(question)[0] == "openstore"
    assert len(query_words(question)) == 32


@pytest.mark.parametrize(
    "words",
    [
        ("cache", "caches", "caching", "cached"),
        ("query", "queries"),
        ("retry", "retries", "retrying", "retried"),
        ("run", "runs", "running"),
        ("test", "tests", "testing", "tested"),
        ("parse", "parses", "parsing", "parsed"),
        ("index", "indexes", "indexing"),
        ("note", "notes"),
        ("call", "calls", "calling"),
    ],
)
def test_a_path_and_a_question_meet_in_their_stems(words):
    assert len({light_stem(word) for word in words}) == 1


@pytest.mark.parametrize("word", ["status", "class", "string", "redis", "speed", "css", "größen"])
def test_a_word_that_only_looks_inflected_is_left_alone(word):
    assert light_stem(word) == word


def test_the_words_of_a_path_are_those_of_its_folders_name_and_ending():
    assert path_words("src/caches/test_HTTPClients.py") == {"src", "cach", "test", "http", "client", "py"}


@pytest.mark.parametrize(
    "path",
    [
        "src/users.py",
        "tests/test_users.py",
        "users_test.go",
        "web/users.test.tsx",
        "web/users.spec.js",
        "src/UsersTest.java",
        "spec/users_spec.rb",
        "Users.kt",
    ],
)
def test_a_test_has_the_stem_of_what_it_tests(path):
    assert stem(path) == "users"


@pytest.mark.parametrize(
    ("path", "expected"), [("contest.py", "contest"), ("src/latest.py", "latest"), (".gitignore", ".gitignore")]
)
def test_a_name_that_merely_ends_like_a_test_is_kept(path, expected):
    assert stem(path) == expected
