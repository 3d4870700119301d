"""The welcome and the hand-off through the front doors of a keeper."""

import pytest

from tests.server.doors import MODERN

KEYS = {"recall_id", "parts", "at_work", "reading_path", "text"}


@pytest.fixture
def asking(keeper, project):
    with keeper.ask(TRAILS_AGENT="scout", TRAILS_SESSION="s-1") as client:
        yield client


@pytest.fixture
def agent(keeper, project):
    with keeper.mcp(MODERN, TRAILS_AGENT="reader", TRAILS_SESSION="s-2") as client:
        yield client


def test_a_welcome_has_every_key_that_is_documented(asking):
    asking.ask("lay", title="Close the ledger first", kind="plan", files=["ledger.py"])

    welcome = asking.ask("welcome")

    assert welcome.keys() == KEYS
    (part,) = welcome["parts"]
    assert part["name"] == "Under way"
    assert part["hits"][0].keys() == {"note", "score", "reasons", "dissent", "propensity", "explored", "elsewhere"}
    assert [lead["path"] for lead in welcome["reading_path"]] == ["ledger.py"]
    assert welcome["recall_id"]
    assert "│ Close the ledger first" in welcome["text"]


@pytest.mark.parametrize("budget", [200, 400, 2_000, 50_000])
def test_a_welcome_keeps_its_budget_at_every_door(asking, agent, budget):
    for number in range(40):
        asking.ask("lay", title=f"Mind page {number}", body="word " * 200, kind="warning", files=["ledger.py"])

    said = asking.ask("welcome", budget=budget)["text"]
    told = agent.text("welcome", budget=budget)

    assert len(said) <= 4 * budget
    assert len(told) <= 4 * budget
    assert "│ Mind page" in told


@pytest.mark.parametrize("budget", [199, 50_001, -1])
def test_a_budget_that_is_none_is_refused_with_what_to_ask_for(asking, agent, budget):
    refusal = asking.refusal("welcome", budget=budget)
    result = agent.call("welcome", budget=budget)

    assert refusal == {"code": "bad_input", "message": "A welcome takes a budget of 200 to 50,000 tokens."}
    assert result["isError"]
    assert "200 to 50,000" in result["content"][0]["text"]


def test_a_welcome_for_a_file_begins_with_it(asking, agent, project):
    (project / "page.py").write_text("pass\n")
    for number in range(20):
        asking.ask("lay", title=f"Mind page {number}", kind="warning", files=["page.py"])
    asking.ask("lay", title="Close the ledger first", kind="how-to", files=["ledger.py"])

    told = agent.text("welcome", budget=200, files=[str(project / "ledger.py")])

    assert "│ Close the ledger first" in told
    assert "1. ledger.py: how-to [" in told
    assert agent.call("welcome", files=["/etc/passwd"])["isError"]


def test_the_resource_of_what_is_hot_is_a_welcome_of_two_thousand_tokens(asking, agent):
    for number in range(40):
        asking.ask("lay", title=f"Mind page {number}", body="word " * 200, kind="warning")

    (hot,) = agent.request("resources/read", {"uri": "trails://hot"})["contents"]

    assert 6_000 < len(hot["text"]) <= 8_000
    assert "Look out (more: recall a title)" in hot["text"]


def test_the_hand_off_prompt_asks_for_several_small_notes_of_the_right_kinds(agent):
    prompt = agent.request("prompts/get", {"name": "handoff", "arguments": {"task": "rotate the log"}})
    text = prompt["messages"][0]["content"]["text"]

    assert "rotate the log" in text
    assert "several small notes" in text
    assert "not one long one" in text
    assert all(f"`{kind}`" in text for kind in ("hand-off", "warning", "how-to", "decision", "question", "observation"))
    assert text.index("`lay`") < text.index("`judge`") < text.index("`outcome`")
