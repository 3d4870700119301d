"""What happened, told by the real command: of the workspace, of a file under each of its names, of a time."""

import pytest

NARROWED = ("--what", "laid", "--what", "judged")


@pytest.fixture(scope="module")
def told(trails):
    """A workspace with a little history: a note on a file that was then renamed, judged and withdrawn."""
    first = trails.json("lay", "Close the ledger first", "--file", "src/ledger.py:1-2", "--kind", "warning")["handle"]
    trails.json("lay", "Mind the archive", "--file", "src/archive/old.py")
    (trails.project / "src/ledger.py").rename(trails.project / "src/books.py")
    trails.memory().ask("move", old="src/ledger.py", new="src/books.py")
    trails.json("judge", first, "wrong", "--reason", "It was rewritten")
    trails.json("amend", first, "withdraw", "--reason", "It misleads")
    return first


def lines(ran):
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_a_file_is_told_of_by_any_name_that_it_had(trails, told):
    now, once = lines(trails("log", "src/books.py")), lines(trails("log", "src/ledger.py"))

    assert now == once
    assert [line.split(" cli of ")[-1].partition(" ")[2] for line in now if " cli of " in line] == [
        f"laid a warning [{told}] Close the ledger first on src/ledger.py:1-2",
        f"said that [{told}] Close the ledger first is wrong, because: It was rewritten",
        f"withdrew [{told}] Close the ledger first, because: It misleads",
    ]
    assert any(line.endswith("saw src/ledger.py become src/books.py") for line in now)


def test_a_folder_is_told_of_by_what_happened_in_it(trails, told):
    in_archive = lines(trails("log", "src/archive", *NARROWED))
    in_src = lines(trails("log", "src/", *NARROWED))

    assert [line.partition("] ")[2] for line in in_archive] == ["Mind the archive on src/archive/old.py"]
    assert len(in_src) == 3


def test_the_journal_is_narrowed_by_kind_by_author_and_by_time(trails, told):
    assert [event["kind"] for event in trails.json("log", "--what", "withdrawn")["events"]] == ["withdrawn"]
    assert {event["by"]["agent"] for event in trails.json("log", "--by", "watcher")["events"]} <= {"watcher"}
    assert trails.json("log", "--since", "1h")["events"]
    assert trails.json("log", "--until", "1h")["events"] == []
    assert trails.json("log", "--note", told, "--since", "2020-01-31")["events"]


def test_a_long_journal_is_read_page_by_page(trails, told):
    whole = trails.json("log", *NARROWED)["events"]
    newest = trails.json("log", *NARROWED, "--limit", "2")
    older = trails.json("log", *NARROWED, "--limit", "2", "--before", str(newest["events"][0]["seq"]))
    forward = trails.json("log", *NARROWED, "--limit", "2", "--after", "0")

    assert newest["events"] == whole[-2:]
    assert older["events"] == whole[-4:-2]
    assert forward["events"] == whole[:2]
    assert (newest["more"], older["more"]) == (True, False)
    text = lines(trails("log", *NARROWED, "--limit", "2"))
    assert text[-1] == f"There is more: the same with --before {newest['events'][0]['seq']}."


def test_each_event_of_the_json_has_its_place_its_origin_and_its_sentence(trails, told):
    (event,) = trails.json("log", told, "--what", "judged")["events"]

    assert {*event} == {
        *("seq", "id", "at", "kind", "by", "says", "undone"),
        *("note_id", "verdict", "reason"),
    }
    assert event["says"] == f"said that [{told}] Close the ledger first is wrong, because: It was rewritten"
    assert event["undone"] is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["--since", "yesterday-ish"],
        ["--what", "rumour"],
        ["--before", "3", "--after", "1"],
        ["--before", "3", "--follow"],
        ["src/a.py", "--note", "7q2m4k1z"],
        ["--limit", "0"],
    ],
)
def test_what_makes_no_sense_is_refused_with_what_to_do(trails, arguments):
    ran = trails("log", *arguments)

    assert ran.returncode == 2
    assert len(ran.stderr) > 40


# ── taking back ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_event_is_taken_back_by_its_number_and_the_journal_shows_both(trails):
    note = trails.json("lay", "Oil the hinges")["handle"]
    trails.json("judge", note, "wrong")
    (judged,) = trails.json("log", note, "--what", "judged")["events"]

    would = trails("undo", str(judged["seq"]), "--dry-run")
    ran = trails("undo", str(judged["seq"]), "--reason", "I misread it")
    again = trails("undo", str(judged["seq"]), "--reason", "I misread it")

    assert lines(would)[0] == "Would take back 1 event:"
    assert lines(ran)[0] == "Took back 1 event:"
    assert lines(again) == ["Nothing of that stands here: `trails log` shows what there is."]
    _, shown, undone = lines(trails("log", note))
    assert shown.endswith(
        f"is wrong (taken back by {judged['by']['agent']} of {judged['by']['principal']}, because: I misread it)"
    )
    assert undone.endswith(
        f"took back {judged['seq']}: said that [{note}] Oil the hinges is wrong, because: I misread it"
    )


def test_a_session_is_taken_back_once_somebody_agrees(trails):
    for number in range(4):
        assert trails("lay", f"Guess {number}", TRAILS_SESSION="astray").returncode == 0

    asked = trails("undo", "astray", "--reason", "it guessed")
    told = trails.json("undo", "astray", "--reason", "it guessed", "--yes")

    assert asked.returncode == 2
    assert "takes back 4 notes, and there is nobody to ask" in asked.stderr
    assert (told["whole"], len(told["withdrawn"]), told["undone"]) == ("session", 4, [])
    assert trails.json("undo", "astray", "--dry-run")["withdrawn"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["1"], 2, "--reason"),
        (["999999", "--reason", "r"], 3, "no event 999999"),
        (["1", "--reason", "r"], 5, "cannot be taken back: a workspace stays known"),
    ],
)
def test_what_cannot_be_taken_back_says_why(trails, told, arguments, code, words):
    ran = trails("undo", *arguments)

    assert ran.returncode == code
    assert words in ran.stderr
