"""The HTTP door: what the official client of either era sees there, and whose word counts for what."""

import asyncio
import json

import pytest

from tests.server.doors import ERAS, LEGACY, MODERN, a_keeper
from tests.server.web import Web, text_of
from trails_server.http import RUNS, SILENCE_S, Runs


@pytest.fixture(scope="module")
def keeper():
    with a_keeper(TRAILS_HTTP="0") as running:
        yield running


@pytest.fixture
def web(keeper, project):
    return Web.of(keeper)


def handle_in(text):
    return text[text.index("[") + 1 : text.index("]")]


def events(keeper, kind):
    with keeper.ask() as asking:
        return [event for event in asking.ask("log", limit=1000)["events"] if event["kind"] == kind]


def authors(keeper):
    """Agent and session of each note that was laid, by its title."""
    return {event["title"]: (event["by"]["agent"], event["by"]["session"]) for event in events(keeper, "laid")}


# ── what a client finds ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("era", ERAS)
def test_the_official_client_finds_what_there_is_on_the_socket(keeper, web, era):
    async def look():
        async with web.client(era) as client:
            tools = (await client.list_tools()).tools
            prompts = (await client.list_prompts()).prompts
            return client.instructions, tools, prompts, client.protocol_version

    instructions, tools, prompts, version = asyncio.run(look())

    with keeper.mcp(era) as agent:
        on_the_socket = agent.request("tools/list")["tools"]
    assert version == era
    assert "recall" in instructions
    assert [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools] == on_the_socket
    assert {prompt.name for prompt in prompts} == {"onboard", "handoff"}


@pytest.mark.parametrize("era", ERAS)
def test_the_tools_lead_from_one_note_through_its_life(web, era):
    async def story():
        async with web.client(era) as client:
            laid = text_of(await client.call_tool("lay", {"title": "Close the ledger first", "files": ["ledger.py"]}))
            note = handle_in(laid)
            found = text_of(await client.call_tool("recall", {"files": ["ledger.py"]}))
            judged = text_of(await client.call_tool("judge", {"note": note, "verdict": "helped"}))
            outcome = text_of(await client.call_tool("outcome", {"result": "succeeded", "used": [note]}))
            refused = await client.call_tool("recall", {})
            resource = await client.read_resource("trails://path/ledger.py")
            return note, found, judged, outcome, refused, resource.contents[0].text

    note, found, judged, outcome, refused, resource = asyncio.run(story())

    assert note in found
    assert "Close the ledger first" in found
    assert judged == f"Judged [{note}]: helped."
    assert outcome == "Noted: succeeded. Notes that share it: 1."
    assert refused.is_error
    assert "Ask with words" in refused.content[0].text
    assert "Close the ledger first" in resource


@pytest.mark.parametrize("era", ERAS)
def test_notes_go_both_ways_between_http_and_the_socket(keeper, web, era):
    async def lay_and_recall():
        async with web.client(era) as client:
            await client.call_tool("lay", {"title": "Rotate the log by hand"})
            return text_of(await client.call_tool("recall", {"query": "ledger"}))

    with keeper.ask() as asking:
        asking.ask("lay", title="Close the ledger first")
        found_over_http = asyncio.run(lay_and_recall())
        found_on_the_socket = asking.ask("recall", query="log")["text"]

    assert "Close the ledger first" in found_over_http
    assert "Rotate the log by hand" in found_on_the_socket


def test_clients_of_both_eras_work_at_the_same_time(keeper, web):
    async def lay_many(era):
        async with web.client(era) as client:
            calls = (client.call_tool("lay", {"title": f"Mind page {number} of {era}"}) for number in range(30))
            return await asyncio.gather(*calls)

    async def both():
        return await asyncio.gather(*map(lay_many, ERAS))

    answers = asyncio.run(both())

    assert all(text_of(result).startswith("Laid [") for results in answers for result in results)
    assert set(authors(keeper)) == {f"Mind page {number} of {era}" for number in range(30) for era in ERAS}


@pytest.mark.parametrize("era", ERAS)
def test_a_call_that_is_sent_again_with_its_key_is_done_once_whichever_way_it_comes(keeper, web, era):
    async def lay():
        async with web.client(era) as client:
            return text_of(
                await client.call_tool("lay", {"title": "Close the ledger first"}, meta={"trails/key": f"k-{era}"})
            )

    first, again = asyncio.run(lay()), asyncio.run(lay())
    with keeper.mcp() as agent:
        on_the_socket = agent.text("lay", f"k-{era}", title="Close the ledger first")

    assert again == on_the_socket == first.removesuffix(".") + ", which had been laid already."
    assert len(events(keeper, "laid")) == 1


def test_whoever_has_the_token_may_ask_whether_the_keeper_is_well(keeper, web):
    status, _, body = web.send("GET", "/health")

    assert status == 200
    assert json.loads(body)["pid"] == keeper.process.pid


# ── which project ────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("era", ERAS)
def test_the_project_may_be_named_in_the_url(keeper, web, era):
    (keeper.project / ".git").mkdir()
    (keeper.project / "weird & folder é").mkdir()
    named = str(keeper.project / "weird & folder é").replace("&", "%26").replace(" ", "+")

    async def lay():
        async with web.client(era, url=f"{web.url}?project={named}", Trails_Project=None) as client:
            await client.call_tool("lay", {"title": "Close the ledger first", "files": ["page.py"]})

    asyncio.run(lay())

    with keeper.ask() as asking:
        found = asking.ask("recall", files=["weird & folder é/page.py"])
    assert [hit["note"]["title"] for hit in found["hits"]] == ["Close the ledger first"]


def test_a_header_may_name_a_project_in_any_script(keeper, web):
    keeper.project = keeper.project / "журнал"
    (keeper.project / ".git").mkdir(parents=True)

    web.lay("Close the ledger first", Trails_Project=str(keeper.project).encode().decode("latin-1"))

    assert set(authors(keeper)) == {"Close the ledger first"}


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    ("project_header", "words"),
    [(None, "Trails-Project"), ("src", "Trails-Project"), ("/no/such/folder", "no folder"), ("/", "home folder")],
)
def test_a_client_in_no_project_is_served_and_told_at_its_first_call_what_to_set(web, era, project_header, words):
    async def ask():
        async with web.client(era, Trails_Project=project_header) as client:
            return (await client.list_tools()).tools, await client.call_tool("recall", {"query": "anything"})

    tools, refused = asyncio.run(ask())

    assert tools
    assert refused.is_error
    assert words in refused.content[0].text


# ── who asks ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_headers_tell_agent_and_session_before_meta_and_meta_before_the_client_s_name(keeper, web):
    meta = {"trails/agent": "scout", "trails/session": "s-meta"}

    web.lay("Mind page 1", meta, Trails_Agent="builder", Trails_Session="s-header")
    web.lay("Mind page 2", meta)
    web.lay("Mind page 3", meta, Trails_Agent="builder")
    web.lay("Mind page 4")

    said = authors(keeper)
    session_of_the_client = said["Mind page 4"][1]
    assert said == {
        "Mind page 1": ("builder", "s-header"),
        "Mind page 2": ("scout", "s-meta"),
        "Mind page 3": ("builder", "s-meta"),
        "Mind page 4": ("raw-client", session_of_the_client),
    }


def test_nobody_becomes_another_principal_by_saying_so(keeper, web):
    web.lay("Mind page 1", {"trails/principal": "bob"}, Trails_Principal="bob")

    assert {event["by"]["principal"] for event in events(keeper, "laid")} == {"ada"}


def test_meta_tells_agent_and_session_on_the_socket_where_the_preface_does_not(keeper, web):
    call = {"name": "lay", "arguments": {"title": "Mind page 1"}}
    meta = {"trails/agent": "scout", "trails/session": "s-meta"}
    with keeper.mcp() as unnamed:
        unnamed.reply("tools/call", call, **meta)
    call["arguments"]["title"] = "Mind page 2"
    with keeper.mcp(TRAILS_AGENT="builder", TRAILS_SESSION="s-preface") as named:
        named.reply("tools/call", call, **meta)

    assert authors(keeper) == {"Mind page 1": ("scout", "s-meta"), "Mind page 2": ("builder", "s-preface")}


def test_what_is_said_of_an_asker_holds_for_one_request(keeper, web):
    """A connection of the older protocol lives in one task: each of its calls still has its own visit."""
    session = web.begin_legacy()
    for number, agent in enumerate(["builder", "scout"], 1):
        call = {"name": "lay", "arguments": {"title": f"Mind page {number}"}}
        with web.old("tools/call", call, session, Trails_Agent=agent) as answer:
            assert b"Laid [" in answer.read()

    assert authors(keeper) == {
        "Mind page 1": ("builder", f"http-{session}"),
        "Mind page 2": ("scout", f"http-{session}"),
    }


def test_a_connection_of_the_older_protocol_is_one_session_and_the_next_is_another(keeper, web):
    async def lay(title):
        async with web.client(LEGACY) as client:
            await client.call_tool("lay", {"title": f"{title} 1"})
            await client.call_tool("lay", {"title": f"{title} 2"})

    asyncio.run(lay("Mind page"))
    asyncio.run(lay("Turn page"))

    said = {title: session for title, (_, session) in authors(keeper).items()}
    assert said["Mind page 1"] == said["Mind page 2"] != said["Turn page 1"] == said["Turn page 2"]


def test_without_sessions_the_requests_of_one_client_in_one_project_are_one_session(keeper, web):
    async def lay(title):
        async with web.client(MODERN) as client:
            await client.call_tool("lay", {"title": title})

    asyncio.run(lay("Mind page 1"))
    asyncio.run(lay("Mind page 2"))
    web.lay("Mind page 3")

    said = {title: session for title, (_, session) in authors(keeper).items()}
    assert said["Mind page 1"] == said["Mind page 2"] != said["Mind page 3"]


def test_a_client_that_was_silent_for_long_begins_another_session():
    now, names = [0.0], iter("abcd")
    runs = Runs(lambda: now[0], lambda: next(names))
    first = runs.session("w", "client")
    now[0] = SILENCE_S
    still = runs.session("w", "client")
    now[0] = 2 * SILENCE_S + 1

    later, elsewhere, other = runs.session("w", "client"), runs.session("v", "client"), runs.session("w", "other")

    assert (first, still, later, elsewhere, other) == ("a", "a", "b", "c", "d")


def test_only_the_last_clients_are_remembered():
    numbers = iter(range(10_000))
    runs = Runs(lambda: 0.0, lambda: str(next(numbers)))
    for client in range(RUNS + 1):
        runs.session("w", str(client))

    assert runs.session("w", "1") == "1"
    assert runs.session("w", "0") == str(RUNS + 1)
