"""The ask door: the verbs over a socket, as the command, the hooks and programs use them."""

import json

import pytest

from trails_server.lines import LINE_LIMIT

NOTE = {
    "title": "Close the ledger before you rotate the log",
    "body": "The ledger writes its last page while closing.",
    "kind": "warning",
    "files": ["ledger.py:1-2"],
    "topics": ["Log Rotation"],
}


@pytest.fixture
def asking(keeper, project):
    with keeper.ask(TRAILS_AGENT="scout", TRAILS_SESSION="s-1") as client:
        yield client


@pytest.fixture
def other(keeper, project):
    with keeper.ask(TRAILS_AGENT="reader", TRAILS_SESSION="s-2") as client:
        yield client


def test_the_keeper_introduces_itself(asking, keeper):
    assert asking.greeting["trails"] == 1
    assert asking.greeting["pid"] == keeper.process.pid
    assert asking.greeting["data_dir"] == keeper.data_dir
    assert asking.greeting["version"]


# ── leaving and finding ──────────────────────────────────────────────────────────────────────────────────────────────
def test_a_note_laid_by_one_session_is_found_by_another(asking, other):
    receipt = asking.ask("lay", **NOTE)

    (hit,) = other.ask("recall", files=["ledger.py"])["hits"]

    assert hit["note"]["id"] == receipt["id"]
    assert hit["note"]["by"] == {"principal": "ada", "agent": "scout", "session": "s-1"}
    assert hit["note"]["topics"] == ["log-rotation"]


def test_a_recalled_note_has_every_key_that_is_documented(asking):
    asking.ask("lay", **NOTE)

    answer = asking.ask("recall", query="rotate ledger")

    assert answer.keys() == {"recall_id", "hits", "degraded", "text"}
    assert answer["hits"][0].keys() == {"note", "score", "reasons"}
    assert answer["hits"][0]["reasons"][0].keys() == {"name", "value", "words"}
    assert answer["hits"][0]["note"].keys() == {
        *("id", "handle", "kind", "title", "body", "by", "laid_at", "confirmed_at", "files", "topics"),
        *("status", "reason", "superseded_by", "supersedes", "disputed_by"),
    }
    assert NOTE["title"] in answer["text"]


def test_a_note_tells_what_became_of_its_file(asking, project):
    asking.ask("lay", **NOTE)
    (project / "ledger.py").write_text("import pages\n\ndef close():\n    write_last_page()\n")

    (hit,) = asking.ask("recall", files=["ledger.py"])["hits"]

    assert hit["note"]["files"] == [
        {
            "path": "ledger.py",
            "first_line": 1,
            "last_line": 2,
            "validity": "moved",
            "changed": 0.0,
            "now_first_line": 3,
            "now_last_line": 4,
        }
    ]


def test_a_file_may_be_named_absolutely_and_from_below(keeper, project, asking):
    (project / "src").mkdir()
    (project / "src/page.py").write_text("pass\n")
    asking.ask("lay", title="Number the pages", files=[str(project / "src/page.py") + ":1"])

    keeper.project = project / "src"
    (project / ".git").mkdir()
    with keeper.ask() as below:
        from_below = below.ask("recall", files=["page.py"])["hits"]
        from_the_root = below.ask("recall", files=["src/page.py#L1"])["hits"]

    assert [hit["note"]["title"] for hit in from_below] == ["Number the pages"]
    assert [hit["note"] for hit in from_the_root] == [hit["note"] for hit in from_below]


def test_asking_in_a_workspace_leaves_no_trace_of_it(asking, project):
    asking.ask("recall", query="anything")

    assert asking.ask("log") == {"events": []}


def test_a_lay_with_the_same_key_happens_once(asking):
    first = asking.ask("lay", key="k-once", **NOTE)
    again = asking.ask("lay", key="k-once", **NOTE)

    assert again == {**first, "replayed": True}
    assert asking.refusal("lay", key="k-once", title="Something else")["code"] == "conflict"


def test_a_secret_is_redacted_and_the_receipt_says_so(asking):
    receipt = asking.ask("lay", title="Log in to the registry", body="password = 'hG7$kq2!vZp9xW'")

    assert receipt["redactions"]
    shown = asking.ask("show", note=receipt["handle"])
    assert "hG7$kq2!vZp9xW" not in json.dumps(shown)


def test_an_importer_may_lay_a_note_as_of_its_time(asking):
    receipt = asking.ask("lay", title="Keep the old format", at="2024-05-06T07:08:09+02:00")

    assert asking.ask("show", note=receipt["id"])["note"]["laid_at"] == "2024-05-06T05:08:09+00:00"
    assert asking.refusal("lay", title="Keep it", at="last week")["code"] == "bad_input"


# ── saying something of notes ────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_said_of_a_note_is_in_its_story(asking, other):
    handle = asking.ask("lay", **NOTE)["handle"]
    other.ask("recall", files=["ledger.py"])

    assert other.ask("judge", note=handle, verdict="helped")["verdict"] == "helped"
    ended = other.ask("outcome", result="succeeded", used=[handle], task="bugfix")
    story = other.ask("show", note=handle)

    assert ended["credits"][0]["id"] == story["note"]["id"]
    assert [event["kind"] for event in story["events"]] == ["laid", "judged", "outcome"]
    assert story["events"][0]["note_kind"] == "warning"
    assert story["events"][0]["files"] == [{"path": "ledger.py", "first_line": 1, "last_line": 2}]


@pytest.mark.parametrize(
    ("said", "result"), [("failed", 0.0), ("partly", 0.5), ("succeeded", 1.0), (0.25, 0.25), (1, 1.0)]
)
def test_an_outcome_is_a_word_or_a_number(asking, said, result):
    assert asking.ask("outcome", result=said)["result"] == result


@pytest.mark.parametrize("said", ["superb", 2, -1, True, None, []])
def test_an_outcome_that_is_neither_is_refused(asking, said):
    assert asking.refusal("outcome", result=said)["code"] == "bad_input"


def test_a_note_is_superseded_and_both_stay_readable(asking):
    old = asking.ask("lay", **NOTE)["handle"]

    answer = asking.ask("amend", note=old, action="supersede", reason="the ledger is gone", title="Rotate at will")

    new = asking.ask("show", note=answer["receipt"]["handle"])["note"]
    assert answer["note"]["status"] == "superseded"
    assert answer["note"]["superseded_by"] == new["id"]
    assert (new["kind"], new["topics"], new["files"][0]["path"]) == ("warning", ["log-rotation"], "ledger.py")


def test_a_disputed_note_names_its_counter_note(asking):
    handle = asking.ask("lay", **NOTE)["handle"]

    answer = asking.ask(
        "amend", note=handle, action="dispute", reason="tried it", title="Rotate first: nothing is lost"
    )

    assert answer["note"]["disputed_by"] == [answer["receipt"]["id"]]


def test_a_note_is_retagged_withdrawn_and_restored(asking):
    handle = asking.ask("lay", **NOTE)["handle"]

    retagged = asking.ask(
        "amend", note=handle, action="retag", reason="r", add_topics=["wal"], remove_topics=["log-rotation"]
    )
    withdrawn = asking.ask("amend", note=handle, action="withdraw", reason="not true any more")
    gone = asking.ask("recall", files=["ledger.py"])["hits"]
    restored = asking.ask("amend", note=handle, action="restore", reason="true again")

    assert retagged["note"]["topics"] == ["wal"]
    assert (withdrawn["note"]["status"], withdrawn["note"]["reason"]) == ("withdrawn", "not true any more")
    assert gone == []
    assert restored["note"]["status"] == "live"


# ── the journal, the workspace ───────────────────────────────────────────────────────────────────────────────────────
def test_the_journal_can_be_followed_from_a_place_on(asking):
    asking.ask("lay", **NOTE)
    first = asking.ask("log")["events"]
    asking.ask("lay", title="Number the pages")

    later = asking.ask("log", after=first[-1]["seq"])["events"]

    assert [event["title"] for event in later] == ["Number the pages"]
    assert asking.ask("log", file="ledger.py", limit=1)["events"][0]["kind"] == "laid"


def test_a_rename_told_by_hand_takes_the_notes_along(asking, project):
    asking.ask("lay", **NOTE)
    (project / "ledger.py").rename(project / "books.py")

    assert asking.ask("move", old="ledger.py", new="books.py") == {"old": "ledger.py", "new": "books.py", "files": 1}
    assert asking.ask("recall", files=["books.py"])["hits"]


def test_a_folder_renamed_by_hand_takes_the_notes_of_all_its_files_along(asking, project):
    (project / "old").mkdir()
    for name in ("a.py", "b.py"):
        (project / "old" / name).write_text(name)
        asking.ask("lay", title=f"Mind {name}", files=[f"old/{name}"])

    assert asking.ask("move", old="old", new="new")["files"] == 2
    assert asking.ask("recall", files=["new/b.py"])["hits"][0]["note"]["title"] == "Mind b.py"


def test_the_status_tells_of_every_part(asking, keeper, project):
    asking.ask("lay", **NOTE)

    status = asking.ask("status")

    assert (status["pid"], status["data_dir"], status["principal"]) == (keeper.process.pid, keeper.data_dir, "ada")
    assert status["workspace"]["root"] == str(project.resolve())
    assert (status["counts"]["notes"], status["counts"]["live"]) == (1, 1)
    assert status["model"] == {"name": "none", "state": "off", "reason": ""}
    assert status["watcher"]["state"] == "off"
    assert status["uptime_s"] > 0


def test_outside_of_a_project_only_the_keeper_itself_can_be_asked(keeper, project):
    keeper.project = "/"
    with keeper.ask() as lost:
        assert lost.ask("status")["workspace"] == {"id": "", "root": ""}
        assert "project" in lost.refusal("recall", query="anything")["message"]


# ── what must not be asked ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("verb", "arguments", "code"),
    [
        ("forget", {}, "bad_input"),
        ("lay", {}, "bad_input"),
        ("lay", {"title": ""}, "bad_input"),
        ("lay", {"title": "t", "kind": "rumour"}, "bad_input"),
        ("lay", {"title": "t", "files": ["../secret.py"]}, "bad_input"),
        ("lay", {"title": "t", "files": ["/etc/passwd"]}, "bad_input"),
        ("recall", {}, "bad_input"),
        ("recall", {"query": "q", "limit": 0}, "bad_input"),
        ("recall", {"query": "q", "colour": "red"}, "bad_input"),
        ("show", {"note": "00000000"}, "no_such_note"),
        ("judge", {"note": "00000000", "verdict": "great"}, "bad_input"),
        ("amend", {"note": "00000000", "action": "forget", "reason": "r"}, "bad_input"),
        ("amend", {"note": "00000000", "action": "supersede", "reason": "r"}, "bad_input"),
        ("log", {"limit": 0}, "bad_input"),
        ("wait_until_indexed", {"timeout_s": -1}, "bad_input"),
        ("watch_now", {}, "bad_input"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_its_code_and_how_to_mend_it(asking, verb, arguments, code):
    refusal = asking.refusal(verb, **arguments)

    assert refusal["code"] == code
    assert len(refusal["message"]) > 20


@pytest.mark.parametrize(
    "junk", [b"hello", b"[]", b"7", b'{"id":', b"\xff\xfe", b"[" * 100_000, b'{"verb":7}', b'{"verb":"lay","args":[]}']
)
def test_junk_is_answered_and_the_connection_goes_on(asking, junk):
    asking.send(junk)

    assert asking.read()["error"]["code"] == "bad_input"
    assert asking.ask("log") == {"events": []}


def test_an_oversized_request_is_answered_by_its_number_and_the_connection_goes_on(asking):
    asking.send({"id": 99, "verb": "lay", "args": {"title": "t", "body": "x" * (LINE_LIMIT + 1)}})

    reply = asking.read()

    assert reply["id"] == 99
    assert reply["error"]["code"] == "bad_input"
    assert asking.ask("log") == {"events": []}


def test_several_requests_may_be_under_way_at_once(asking):
    numbers = {asking.begin("lay", title=f"Mind page {number}") for number in range(20)}

    replies = [asking.read() for _ in numbers]

    assert {reply["id"] for reply in replies} == numbers
    assert all("answer" in reply for reply in replies)
    assert asking.ask("status")["counts"]["notes"] == 20


@pytest.mark.parametrize(
    "preface", [b"GET / HTTP/1.1", b"{}", b'{"trails": 99, "for": "ask"}', b'{"trails": 1, "for": "fun"}']
)
def test_a_stranger_to_the_protocol_is_told_so_and_let_go(keeper, preface):
    with keeper.connect() as connection, connection.makefile("rb") as incoming:
        connection.sendall(preface + b"\n")

        assert json.loads(incoming.readline())["error"]["code"] == "bad_input"
        assert incoming.readline() == b""
