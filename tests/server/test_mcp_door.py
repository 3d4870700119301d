"""The MCP door: what a client of either era of the protocol sees, line by line."""

import hashlib
import json

import pytest

from benchmarks import tokens
from tests.server.doors import ERAS, LEGACY, MODERN
from trails_server.app import INSTRUCTIONS
from trails_server.lines import LINE_LIMIT

TOOLS_TOKENS = 900
ALWAYS_LOADED_TOKENS = 300
INSTRUCTIONS_CHARACTERS = 400
# Of names, schemas and annotations. When a tool is changed on purpose, look at what a model reads, then renew it.
TOOLS_HASH = "253b5fd0307a0376"


@pytest.fixture(params=ERAS)
def agent(keeper, project, request):
    with keeper.mcp(request.param) as client:
        yield client


def handle_in(text):
    return text[text.index("[") + 1 : text.index("]")]


# ── what stands in every context window ──────────────────────────────────────────────────────────────────────────────
def test_the_tools_cost_little_of_an_agent_s_attention(agent):
    tools = agent.request("tools/list")["tools"]

    assert len(json.dumps(tools, separators=(",", ":"))) / 4 <= TOOLS_TOKENS


def test_the_tools_change_only_on_purpose(agent):
    tools = agent.request("tools/list")["tools"]

    assert hashlib.sha256(json.dumps(tools, sort_keys=True).encode()).hexdigest()[:16] == TOOLS_HASH


def test_six_tools_are_there_and_the_two_of_everyday_use_are_always_loaded(agent):
    tools = {tool["name"]: tool for tool in agent.request("tools/list")["tools"]}

    assert set(tools) == {"recall", "lay", "judge", "outcome", "amend", "welcome"}
    always = {name for name, tool in tools.items() if tool.get("_meta", {}).get("anthropic/alwaysLoad")}
    assert always == {"recall", "lay"}
    shown = [{part: tools[name][part] for part in ("name", "description", "inputSchema")} for name in always]
    assert len(json.dumps(shown, separators=(",", ":"))) / 4 <= ALWAYS_LOADED_TOKENS


def test_a_session_that_recalls_nothing_holds_few_words_of_trails(agent):
    held = tokens.always((INSTRUCTIONS, agent.request("tools/list")["tools"]))

    of_each, of_some = list(held.values())[:3], list(held.values())[3:]
    assert sum(of_each) + max(of_some) <= tokens.GOALS["always there"]


def test_every_tool_says_what_it_does_to_the_world_and_answers_in_text(agent):
    for tool in agent.request("tools/list")["tools"]:
        hints = tool["annotations"]
        assert tool["title"]
        assert hints["openWorldHint"] is False
        assert hints["readOnlyHint"] is (tool["name"] in ("recall", "welcome"))
        assert hints["readOnlyHint"] or (hints["idempotentHint"] and not hints["destructiveHint"])
        assert "outputSchema" not in tool


def test_the_instructions_are_short_and_teach_recall_lay_and_judge(keeper, project):
    with keeper.mcp(LEGACY) as legacy, keeper.mcp(MODERN) as modern:
        instructions = legacy.initialized["instructions"]
        assert instructions == modern.request("server/discover")["instructions"]

    assert len(instructions) <= INSTRUCTIONS_CHARACTERS
    assert all(word in instructions.lower() for word in ("recall", "lay", "imperative", "judge", "files"))


# ── the tools ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_tools_lead_from_one_note_through_its_life(agent):
    laid = agent.text("lay", title="Close the ledger first", kind="warning", files=["ledger.py"], topics=["wal"])
    handle = handle_in(laid)

    found = agent.text("recall", files=["ledger.py"])

    assert laid == f"Laid [{handle}]."
    assert handle in found
    assert "Close the ledger first" in found
    assert agent.text("judge", note=handle, verdict="helped") == f"Judged [{handle}]: helped."
    assert agent.text("outcome", result="succeeded", used=[handle]) == "Noted: succeeded. Notes that share it: 1."
    amended = agent.text("amend", note=handle, action="supersede", reason="simpler", title="Close it last")
    assert amended.startswith(f"Superseded [{handle}]. Laid [")
    assert agent.text("amend", note=handle, action="restore", reason="was right") == f"Restored [{handle}]."
    assert "Close it last" in agent.text("welcome")


def test_recall_names_the_files_to_look_at(agent):
    agent.text("lay", title="Change the test with the ledger", files=["ledger.py", "test_ledger.py"])

    found = agent.text("recall", files=["ledger.py"])
    elsewhere = agent.text("recall", files=["test_ledger.py"])

    assert found.endswith("\n\nLook at: test_ledger.py (it changes together with ledger.py)")
    assert elsewhere.endswith("\n\nLook at: ledger.py (it changes together with test_ledger.py)")


def test_a_redaction_is_told(agent):
    laid = agent.text("lay", title="Log in to the registry", body="password = 'hG7$kq2!vZp9xW'")

    assert "Redacted before it was stored: " in laid


def test_a_call_that_is_sent_again_with_its_key_is_done_once(agent, keeper):
    first = agent.text("lay", "k-1", title="Close the ledger first")
    with keeper.mcp(agent.era) as after_a_crash:
        again = after_a_crash.text("lay", "k-1", title="Close the ledger first")
    with keeper.ask() as asking:
        assert asking.ask("status")["counts"]["notes"] == 1

    assert again == first.removesuffix(".") + ", which had been laid already."


def test_the_client_s_name_is_shown_when_nothing_better_is_known(agent, keeper):
    agent.text("lay", title="Close the ledger first")

    with keeper.ask() as asking:
        (hit,) = asking.ask("recall", query="ledger")["hits"]
    assert hit["note"]["by"]["agent"] == "line-client"


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("recall", {}, "words, with files, or with topics"),
        ("recall", {"files": ["/etc/passwd"]}, "outside the workspace"),
        ("lay", {"title": "t", "kind": "rumour"}, "observation"),
        ("judge", {"note": "00000000", "verdict": "helped"}, "No note 00000000"),
        ("judge", {"note": "00000000", "verdict": "great"}, "helped, unhelpful, wrong"),
        ("outcome", {"result": "superb"}, "succeeded"),
        ("amend", {"note": "00000000", "action": "forget", "reason": "r"}, "supersede, dispute"),
        ("lay", {}, "`title`"),
        ("lay", {"title": "t", "colour": "red"}, "`colour`"),
        ("lay", {"title": ["t"]}, "`title`"),
        ("forget", {}, "forget"),
    ],
)
def test_an_error_reaches_the_model_as_text_that_says_how_to_mend_it(agent, tool, arguments, words):
    result = agent.call(tool, **arguments)

    assert result["isError"]
    assert words in result["content"][0]["text"]


@pytest.mark.parametrize("arguments", [{"title": ["hunter2"]}, {"title": "t", "files": "hunter2"}, {"body": "hunter2"}])
def test_an_error_does_not_repeat_what_was_sent(agent, arguments):
    result = agent.call("lay", **arguments)

    assert result["isError"]
    assert "hunter2" not in json.dumps(result)


# ── resources and prompts ────────────────────────────────────────────────────────────────────────────────────────────
def test_the_notes_on_a_path_can_be_mentioned(agent, project):
    (project / "src").mkdir()
    (project / "src/page.py").write_text("pass\n")
    agent.text("lay", title="Number the pages", files=["src/page.py"])

    (found,) = agent.request("resources/read", {"uri": "trails://path/src/page.py"})["contents"]
    (hot,) = agent.request("resources/read", {"uri": "trails://hot"})["contents"]

    assert "Number the pages" in found["text"]
    assert "Number the pages" in hot["text"]
    assert found["mimeType"] == hot["mimeType"] == "text/markdown"


def test_a_path_that_leads_out_of_the_project_is_no_resource(agent):
    assert "error" in agent.reply("resources/read", {"uri": "trails://path/../../etc/passwd"})


def test_a_resource_that_cannot_be_read_says_why(agent):
    error = agent.reply("resources/read", {"uri": "trails://path/.git/config"})["error"]

    assert error["code"] == -32602
    assert ".git" in error["message"]


def test_the_prompts_name_the_tools_to_use(agent):
    prompts = {prompt["name"] for prompt in agent.request("prompts/list")["prompts"]}
    handoff = agent.request("prompts/get", {"name": "handoff", "arguments": {"task": "rotate the log"}})
    onboard = agent.request("prompts/get", {"name": "onboard"})

    assert prompts == {"onboard", "handoff"}
    assert "rotate the log" in handoff["messages"][0]["content"]["text"]
    assert "`lay`" in handoff["messages"][0]["content"]["text"]
    assert "`welcome`" in onboard["messages"][0]["content"]["text"]


# ── the wire ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("junk", "number", "code"),
    [
        (b"hello", None, -32700),
        (b"\xff\xfe", None, -32700),
        (b"[" * 100_000, None, -32700),
        (b'{"id": 7}', 7, -32600),
        (b'{"jsonrpc":"2.0","id":"x","method":7}', "x", -32600),
        (b'{"method":"tools/list","params":{"x":"%s"},"jsonrpc":"2.0","id":8}' % (b"x" * LINE_LIMIT), 8, -32600),
    ],
)
def test_junk_is_answered_and_the_connection_goes_on(agent, junk, number, code):
    agent.send(junk)

    reply = agent.read()

    assert (reply["id"], reply["error"]["code"]) == (number, code)
    assert agent.request("tools/list")["tools"]


def test_several_calls_may_be_under_way_at_once(agent, keeper):
    calls = [{"name": "lay", "arguments": {"title": f"Mind page {number}"}} for number in range(10)]
    numbers = {agent.begin("tools/call", call) for call in calls}

    assert {agent.read()["id"] for _ in numbers} == numbers
    with keeper.ask() as asking:
        assert asking.ask("status")["counts"]["notes"] == 10


def test_what_was_asked_before_the_client_said_its_last_is_answered(agent):
    number = agent.begin("tools/call", {"name": "lay", "arguments": {"title": "Close the ledger first"}})
    agent.connection.shutdown(1)  # as `printf … | trails mcp` does

    assert agent.read()["id"] == number
    assert agent.incoming.readline() == b""


def test_an_agent_in_no_project_is_served_and_told_at_its_first_call(keeper, project):
    keeper.project = "/"
    with keeper.mcp() as lost:
        assert lost.request("tools/list")["tools"]
        result = lost.call("recall", query="anything")

    assert result["isError"]
    assert "project" in result["content"][0]["text"]
