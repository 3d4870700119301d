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

    assert answer.keys() == {"recall_id", "hits", "leads", "degraded", "text"}
    assert answer["hits"][0].keys() == {"note", "score", "reasons", "dissent", "propensity", "explored", "elsewhere"}
    assert answer["hits"][0]["reasons"][0].keys() == {"name", "value", "words", "weight", "amount"}
    assert answer["leads"][0].keys() == {"path", "score", "reasons", "notes"}
    assert answer["hits"][0]["note"].keys() == {
        *("id", "handle", "kind", "title", "body", "by", "laid_at", "confirmed_at", "files", "topics"),
        *("status", "reason", "superseded_by", "supersedes", "disputed_by", "witnesses", "quality"),
        *("branch", "commit"),
    }
    assert answer["hits"][0]["note"]["quality"].keys() == {"value", "helped", "failed"}
    assert NOTE["title"] in answer["text"]


def test_files_to_look_at_come_with_the_notes(asking, other):
    asking.ask("lay", title="Number the pages", files=["ledger.py", "pages.py"])
    on_one = asking.ask("lay", **NOTE)["id"]

    by_file = other.ask("recall", files=["ledger.py"])
    by_words = other.ask("recall", query="rotate ledger")
    none = other.ask("recall", files=["ledger.py"], leads=0)

    assert [lead["path"] for lead in by_file["leads"]] == ["pages.py"]
    assert by_file["text"].endswith("\n\nLook at: pages.py (it changes together with ledger.py)")
    assert by_words["leads"][0]["path"] == "ledger.py"
    assert by_words["leads"][0]["notes"] == [on_one]
    assert (none["leads"], "Look at" in none["text"]) == ([], False)


def test_each_term_of_a_score_is_its_weight_times_its_amount(asking):
    asking.ask("lay", title="Number the pages", files=["ledger.py", "pages.py"])
    asking.ask("lay", **NOTE)

    answer = asking.ask("recall", query="rotate ledger", files=["ledger.py"])

    for ranked in (*answer["hits"], *answer["leads"]):
        assert sum(one["value"] for one in ranked["reasons"]) == pytest.approx(ranked["score"])
        for one in ranked["reasons"]:
            assert one["value"] == pytest.approx(one["weight"] * one["amount"])


def test_a_disputed_note_comes_with_the_other_side(asking, other):
    disputed = asking.ask("lay", **NOTE)["handle"]
    counter = other.ask(
        "amend", note=disputed, action="dispute", reason="measured", title="Rotate first, the ledger waits"
    )["receipt"]

    (hit,) = asking.ask("recall", files=["ledger.py"], limit=1)["hits"]
    text = asking.ask("recall", files=["ledger.py"], limit=1)["text"]

    titles = {disputed: NOTE["title"], counter["handle"]: "Rotate first, the ledger waits"}
    (against,) = hit["dissent"]
    assert {hit["note"]["handle"], against["handle"]} == set(titles)
    assert f"│ dissent [{against['handle']}]: {titles[against['handle']]}" in text


@pytest.mark.parametrize(("budget", "has_chance"), [(299, False), (300, True)])
def test_a_small_budget_leaves_no_place_to_chance(asking, budget, has_chance):
    for number in range(6):
        asking.ask("lay", title=f"Feed parrot number {number}")

    hits = asking.ask("recall", query="feed parrot", limit=3, budget=budget)["hits"]

    assert (hits[2]["propensity"] < 1) is has_chance


def test_why_tells_where_a_note_stands(asking):
    handle = asking.ask("lay", **NOTE)["handle"]
    asking.ask("lay", title="Number the pages", files=["ledger.py"])

    asked = asking.ask("why", note=handle, query="rotate ledger", files=["ledger.py"])
    unasked = asking.ask("why", note=handle)

    assert asked.keys() == {
        *("note", "words", "question", "place", "of", "score", "reasons", "above", "ahead_by"),
        *("figures", "showings", "degraded"),
    }
    assert (asked["place"], asked["of"], asked["above"]) == (1, 2, None)
    assert asked["question"] == {"query": "rotate ledger", "files": ["ledger.py"], "topics": []}
    assert sum(one["value"] for one in asked["reasons"]) == pytest.approx(asked["score"])
    assert (unasked["question"], unasked["place"]) == (None, 0)
    assert asking.refusal("why", note="00000000")["code"] == "no_such_note"


def test_show_tells_where_the_files_of_a_note_lead(asking):
    handle = asking.ask("lay", **NOTE)["handle"]
    asking.ask("lay", title="Number the pages", files=["ledger.py", "pages.py"])

    story = asking.ask("show", note=handle)

    assert story.keys() == {"note", "events", "related", "edges", "used_with"}
    assert story["edges"] == [
        {"from_path": "ledger.py", "path": "pages.py", "chance": pytest.approx(1), "notes": 1, "sessions": 0}
    ]
    assert story["used_with"] == []


def test_a_note_tells_what_became_of_its_file(asking, project):
    asking.ask("lay", **NOTE)
    (project / "ledger.py").write_text("import pages\n\ndef close():\n    write_last_page()\n")

    (hit,) = asking.ask("recall", files=["ledger.py"])["hits"]

    assert hit["note"]["files"] == [
        {
            "path": "ledger.py",
            "first_line": 1,
            "last_line": 2,
            "symbol": "",
            "validity": "moved",
            "changed": 0.0,
            "now_first_line": 3,
            "now_last_line": 4,
            "changed_lines": [],
            "file_gone": False,
            "doubtful": False,
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

    assert asking.ask("log")["events"] == []


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


def test_work_that_shows_a_use_of_a_shown_note_is_evidence_and_being_shown_is_none(asking, other):
    note = asking.ask("lay", **NOTE)
    other.ask("recall", files=["ledger.py"])
    assert other.ask("use") == {"uses": []}
    assert other.ask("outcome", result="succeeded")["credits"] == []

    said = f"Closed it first, as [{note['handle']}] says."
    shown = other.ask("use", edited=["ledger.py"], text=said)["uses"]
    again = other.ask("use", edited=["ledger.py"], text=said)["uses"]
    ended = other.ask("outcome", result="succeeded", source="tests")

    assert sorted(one["how"] for one in shown) == ["cited", "edited"]
    assert again == shown
    assert [credit["id"] for credit in ended["credits"]] == [note["id"]]
    assert ended["credits"][0]["helped"] > 0
    kinds = [event["kind"] for event in asking.ask("log", note=note["handle"])["events"]]
    assert [kind for kind in kinds if kind in ("laid", "used", "outcome")] == ["laid", "used", "used", "outcome"]


def test_a_report_of_use_from_a_session_that_saw_nothing_shows_none(asking):
    asking.ask("lay", **NOTE)

    assert asking.ask("use", edited=["ledger.py"], text="rotate the ledger") == {"uses": []}


def test_the_source_of_an_outcome_is_one_of_a_few(asking):
    refusal = asking.refusal("outcome", result="succeeded", source="hearsay")

    assert refusal["code"] == "bad_input"
    assert "tests, ci, person, kept, agent" in refusal["message"]


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
    assert asking.ask("log")["events"] == []


def test_an_oversized_request_is_answered_by_its_number_and_the_connection_goes_on(asking):
    asking.send({"id": 99, "verb": "lay", "args": {"title": "t", "body": "x" * (LINE_LIMIT + 1)}})

    reply = asking.read()

    assert reply["id"] == 99
    assert reply["error"]["code"] == "bad_input"
    assert asking.ask("log")["events"] == []


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
