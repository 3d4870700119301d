"""The welcome and the hand-off as a person types them."""

import re

import pytest


def kinds_and_titles(trails, *words):
    said = trails.json("recall", *words, "--limit", "20")
    return {(hit["note"]["kind"], hit["note"]["title"]) for hit in said["hits"]}


@pytest.mark.slow
def test_a_newcomer_is_welcomed_with_the_hand_off_of_whoever_left(fresh_trails):
    fresh_trails(
        *("handoff", "Finish the migration of the ledger", "--file", "src/ledger.py"),
        *("--next", "Move the tests", "--failed", "Renaming in place locks the writers"),
    )

    welcome = fresh_trails("welcome")

    assert welcome.returncode == 0
    assert "Under way (more: recall a title)" in welcome.stdout
    lines = welcome.stdout.splitlines()
    assert lines.index("│ Finish the migration of the ledger") < lines.index("│ Move the tests")
    assert "│ Renaming in place locks the writers" in lines
    assert re.search(r"^1\. src/ledger\.py: ", welcome.stdout, re.MULTILINE)


def test_a_hand_off_is_laid_as_small_notes_with_one_topic(trails):
    ran = trails(
        *("handoff", "Finish the migration", "--next", "Move the tests", "--next", "Drop the table"),
        *("--failed", "Renaming in place", "--check", "make test", "--done", "The job fills it", "-f", "src/ledger.py"),
    )

    assert ran.returncode == 0, ran.stderr
    said = [re.sub(r"^\[\w{8}\] ", "", line) for line in ran.stdout.splitlines()]
    laid = [
        *("hand-off: Finish the migration", "hand-off: Move the tests", "hand-off: Drop the table"),
        *("warning: Renaming in place", "how-to: make test", "observation: The job fills it"),
    ]
    assert said == ["Handed over in 6 notes with the topic finish-the-migration", *laid]
    found = kinds_and_titles(trails, "--topic", "finish-the-migration")
    assert found == {tuple(line.split(": ")) for line in laid}
    assert found <= kinds_and_titles(trails, "--file", "src/ledger.py")


def test_a_hand_off_says_where_its_other_notes_are(trails):
    said = trails.json("handoff", "Rotate the log at night", "--check", "Look at the clock")
    alone = trails.json("handoff", "Rotate the log by day")

    leading, check = said["notes"]
    assert said["topic"] == "rotate-the-log-at-night"
    assert [one["kind"] for one in said["notes"]] == ["hand-off", "how-to"]
    assert "recall the topic rotate-the-log-at-night" in trails.json("show", leading["handle"])["note"]["body"]
    assert trails.json("show", check["handle"])["note"]["topics"] == ["rotate-the-log-at-night"]
    assert trails.json("show", alone["notes"][0]["handle"])["note"]["body"] == ""


def test_the_same_hand_off_typed_again_lays_nothing_twice(trails):
    first, again = (trails.json("handoff", "Close the books", "--next", "Count the pages") for _ in range(2))

    assert [one["id"] for one in first["notes"]] == [one["id"] for one in again["notes"]]
    assert [one["replayed"] for one in again["notes"]] == [True, True]


def test_a_long_text_has_its_start_as_title_and_all_of_it_below(trails):
    long = "Count the pages of every ledger " * 8

    said = trails.json("handoff", "Audit the books", "--next", long, "--done", "Read them\nTwice.")

    _, step, done = said["notes"]
    shown = trails.json("show", step["handle"])["note"]
    assert len(shown["title"]) <= 120
    assert shown["title"].endswith("…")
    assert shown["body"] == long.strip()
    assert trails.json("show", done["handle"])["note"]["body"] == "Twice."


@pytest.mark.slow
def test_an_empty_text_lays_nothing(fresh_trails):
    ran = fresh_trails("handoff", "Audit the books", "--next", " ")

    assert ran.returncode == 2
    assert "is empty" in ran.stderr
    assert fresh_trails.json("status")["counts"]["notes"] == 0


@pytest.mark.slow
def test_a_refusal_says_which_notes_stand_and_typing_it_again_lays_the_rest(fresh_trails):
    hand_off = ("handoff", "Audit the books", "--failed", "Asked the bank")

    refused = fresh_trails(*hand_off, "--next", "\u200b")  # a text of nothing that can be seen
    mended = fresh_trails.json(*hand_off, "--next", "Ask the bank again")

    (stands,) = re.findall(r"Laid already: \[(\w{8})\]", refused.stderr)
    assert refused.returncode == 2
    assert [one["replayed"] for one in mended["notes"]] == [False, False, True]
    assert mended["notes"][2]["handle"] == stands


def test_the_answer_of_a_welcome_is_json_on_demand(trails):
    trails("lay", "Close the ledger first", "--kind", "plan", "--file", "src/ledger.py")

    said = trails.json("welcome", "src/ledger.py", "--budget", "300")

    assert said.keys() == {"recall_id", "parts", "at_work", "reading_path", "text"}
    assert len(said["text"]) <= 1_200


def test_a_budget_that_is_none_is_a_mistake_of_the_caller(trails):
    ran = trails("welcome", "--budget", "100")

    assert ran.returncode == 2
    assert "200 to 50,000 tokens" in ran.stderr
