"""Relays with the real keeper: started at once, through its death, in both eras of the protocol."""

import asyncio
import os
import signal
import sys
import threading

import psutil
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from trails.backends.remote_memory import RemoteMemory

pytestmark = pytest.mark.slow

HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
CALLS = 12
DEATHS = 2


def shake_hands(agent):
    agent.ask(0, "initialize", **HELLO)
    answered = agent.hear()
    agent.say({"jsonrpc": "2.0", "method": "notifications/initialized"})
    return answered["result"]["serverInfo"]["name"]


def keepers_of(data_dir):
    """The process ids of all keepers of a data folder."""
    asked_for = ["-m", "trails_server", "--data-dir", data_dir]
    running = psutil.process_iter(["cmdline"])  # None for one that has just died
    return [process.pid for process in running if (process.info["cmdline"] or [])[-4:] == asked_for]


def test_four_agents_that_start_at_once_share_one_keeper(agents, data_dir):
    started = [agents() for _ in range(4)]

    names = [shake_hands(agent) for agent in started]

    assert names == ["trails"] * 4
    assert keepers_of(data_dir) == [RemoteMemory(data_dir).connect()["pid"]]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_calls_in_flight_when_the_keeper_ends_are_each_done_once(agents, data_dir, place, end):
    memory = RemoteMemory(data_dir, cwd=place / "project")
    callers = [agents(), agents()]
    for agent in callers:
        shake_hands(agent)

    answers = {agent: [] for agent in callers}
    for death in range(DEATHS):
        for agent in callers:
            for call in range(CALLS):
                number = 1 + death * CALLS + call
                title = f"Note {number} of relay {agent.relay.pid}"
                agent.ask(number, name="lay", arguments={"title": title})
        os.kill(memory.connect()["pid"], end)
        memory.close()
        for agent in callers:
            answers[agent] += [agent.hear() for _ in range(CALLS)]

    expected = list(range(1, 1 + DEATHS * CALLS))
    laid = [event["title"] for event in memory.ask("log", limit=1000)["events"] if event["kind"] == "laid"]
    for agent in callers:
        assert sorted(answer["id"] for answer in answers[agent]) == expected
        assert not [answer for answer in answers[agent] if "error" in answer or answer["result"].get("isError")]
        assert agent.hang_up() == ([], "", 0)
    titles = [f"Note {number} of relay {agent.relay.pid}" for agent in callers for number in expected]
    assert sorted(laid) == sorted(titles)


def test_every_agent_finds_the_keeper_that_another_one_has_started_again(agents, data_dir):
    callers = [agents() for _ in range(3)]
    for agent in callers:
        shake_hands(agent)
    os.kill(RemoteMemory(data_dir).connect()["pid"], signal.SIGKILL)

    asking = [threading.Thread(target=agent.ask, args=(1, "tools/list")) for agent in callers]
    for thread in asking:
        thread.start()
    tools = [len(agent.hear()["result"]["tools"]) for agent in callers]

    assert len(set(tools)) == 1
    assert len(keepers_of(data_dir)) == 1


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_official_client_works_through_the_relay_and_a_killed_keeper(relay_environment, data_dir, place, mode):
    project = place / "project"
    project.mkdir()
    relay = StdioServerParameters(
        command=sys.executable, args=["-m", "trails_cli.entry", "mcp"], env=relay_environment, cwd=project
    )

    async def story():
        async with Client(stdio_client(relay), mode=mode) as client:
            laid = await client.call_tool("lay", {"title": "Water the plants on Monday"})
            os.kill(RemoteMemory(data_dir).connect()["pid"], signal.SIGKILL)
            found = await client.call_tool("recall", {"query": "plants"})
            return laid, found

    laid, found = asyncio.run(story())

    assert not laid.is_error
    assert "Water the plants on Monday" in found.content[0].text


def test_a_message_that_is_too_long_or_has_no_proper_id_keeps_nobody_waiting(agents, data_dir):
    agent = agents()
    shake_hands(agent)

    agent.say({"jsonrpc": "2.0", "method": "tools/call", "id": 20, "params": {"name": "lay", "x": "y" * (5 << 20)}})
    too_long = agent.hear()
    agent.say({"jsonrpc": "2.0", "id": 1.5, "method": "ping"})
    no_id = agent.hear()

    assert too_long["id"] == 20
    assert "4 MiB" in too_long["error"]["message"]
    assert no_id["id"] is None
    assert "whole number" in no_id["error"]["message"]
