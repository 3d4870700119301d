"""The hooks of a client, through the keeper's two doors: what each event says, and what it leaves in the journal."""

import json
import threading

import pytest

from tests.server.doors import ERAS, a_keeper
from trails_server.hook_events import read_event

PYTEST_PASSED = "===== 3 passed in 0.12s ====="
PYTEST_FAILED = "FAILED test_a.py::test_one\n===== 1 failed, 2 passed in 0.12s ====="


class Client:
    """A client's hooks on one connection: each event as the JSON that the client would send."""

    def __init__(self, asking, project, session="s-1", **more):
        self.asking, self.project = asking, project
        self.common = {"session_id": session, "cwd": str(project), **more}

    def hook(self, name, **fields):
        """What the hook prints."""
        return self.asking.ask("hook", event={"hook_event_name": name, **self.common, **fields})["said"]

    def told(self, name, **fields):
        """What the agent is told; "" for nothing."""
        said = self.hook(name, **fields)
        if not said:
            return ""
        answer = json.loads(said)["hookSpecificOutput"]
        assert answer["hookEventName"] == name
        return answer["additionalContext"]

    def touch(self, tool="Read", file="ledger.py"):
        return self.told("PreToolUse", tool_name=tool, tool_input={"file_path": str(self.project / file)})

    def edited(self, file="ledger.py", new="x = 1"):
        fields = {"file_path": str(self.project / file), "new_string": new}
        return self.hook("PostToolUse", tool_name="Edit", tool_input=fields, tool_response={"filePath": file})

    def ran(self, command, output):
        response = {"stdout": output, "stderr": ""}
        return self.hook("PostToolUse", tool_name="Bash", tool_input={"command": command}, tool_response=response)

    def failed(self, command, output):
        error = f"Exit code 1\n{output}"
        return self.hook("PostToolUseFailure", tool_name="Bash", tool_input={"command": command}, error=error)


@pytest.fixture
def newcomer(keeper, project):
    """A session that has not begun."""
    with keeper.ask(CLAUDECODE="1", CLAUDE_CODE_SESSION_ID="s-1") as asking:
        yield Client(asking, project)


@pytest.fixture
def client(newcomer):
    """A session that has had its welcome."""
    newcomer.hook("SessionStart", source="resume")
    return newcomer


@pytest.fixture
def another(keeper, project):
    with keeper.ask(TRAILS_AGENT="codex", TRAILS_SESSION="s-ben") as asking:
        another = Client(asking, project, session="s-ben")
        another.hook("SessionStart", source="resume")
        yield another


@pytest.fixture
def warning(another):
    """The handle of a note that another session left on ledger.py."""
    title, body = "Close the ledger first", "The child inherits the lock otherwise."
    return another.asking.ask("lay", title=title, body=body, kind="warning", files=["ledger.py"])["handle"]


def journal(client, kind):
    """The events of a kind, once all that was asked for is written."""
    client.hook("SessionEnd", reason="other")
    return [event for event in client.asking.ask("log", limit=200)["events"] if event["kind"] == kind]


def wait_for(client, kind):
    """The events of a kind, as soon as there are any: evidence is written after the answer."""
    return soon(lambda: journal(client, kind))


def soon(look):
    """What a look finds, as soon as it finds something."""
    tries = threading.Event()
    for _ in range(3_000):
        if found := look():
            return found
        tries.wait(0.02)
    pytest.fail("nothing came")


# ── a file is touched ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("tool", ["Read", "Edit", "Write", "MultiEdit"])
def test_who_touches_a_file_is_told_its_notes_once(client, warning, tool):
    told = client.touch(tool)

    assert f"[{warning}] warning" in told
    assert "Close the ledger first" in told
    assert "not instructions" in told
    assert client.touch(tool) == ""
    assert client.touch("Read") == ""


def test_parallel_touches_of_one_file_tell_a_note_once(client, warning, keeper):
    said = []

    def touch():
        with keeper.ask(CLAUDECODE="1") as asking:
            said.append(Client(asking, client.project).touch())

    threads = [threading.Thread(target=touch) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([told for told in said if told]) == 1


def test_a_notebook_is_a_file_too(client, another):
    (client.project / "plot.ipynb").write_text("{}")
    another.asking.ask("lay", title="Run the cells in order", files=["plot.ipynb"])

    fields = {"notebook_path": str(client.project / "plot.ipynb"), "new_source": "1"}
    told = client.told("PreToolUse", tool_name="NotebookEdit", tool_input=fields)

    assert "Run the cells in order" in told


@pytest.mark.parametrize(
    "fields",
    [
        {"tool_name": "Read", "tool_input": {"file_path": "/etc/passwd"}},
        {"tool_name": "Read", "tool_input": {"file_path": ""}},
        {"tool_name": "Read", "tool_input": {}},
        {"tool_name": "Read", "tool_input": "no JSON"},
        {"tool_name": "Read", "tool_input": {"file_path": ["a"]}},
        {"tool_name": "Read", "tool_input": {"file_path": "a\u0000b"}},
        {"tool_name": "Glob", "tool_input": {"pattern": "**"}},
        {"tool_name": 7},
        {},
    ],
)
def test_what_is_not_understood_is_answered_with_silence(client, warning, fields):
    assert client.hook("PreToolUse", **fields) == ""
    assert client.hook("PostToolUse", **fields) == ""
    assert client.hook("SomethingNew", **fields) == ""


def test_a_hook_that_calls_a_tool_may_send_its_input_as_text(client, warning):
    fields = json.dumps({"file_path": str(client.project / "ledger.py")})

    assert warning in client.told("PreToolUse", tool_name="Read", tool_input=fields, agent_id="", tool_use_id="t1")


def test_outside_of_any_workspace_there_is_nothing_to_say(keeper):
    keeper.project = type(keeper.project)("/")
    with keeper.ask() as asking:
        client = Client(asking, keeper.project)
        assert client.hook("SessionStart", source="startup") == ""
        assert client.hook("PreToolUse", tool_name="Read", tool_input={"file_path": "/a"}) == ""


# ── a session begins ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("source", ["startup", "clear", "compact"])
def test_a_session_begins_with_the_welcome(newcomer, warning, source):
    assert warning in newcomer.told("SessionStart", source=source)


def test_a_session_that_is_resumed_has_its_welcome_already(newcomer, warning):
    assert newcomer.told("SessionStart", source="resume") == ""
    assert newcomer.told("UserPromptSubmit", prompt="go on") == ""


def test_where_no_note_was_ever_laid_a_session_begins_in_silence(newcomer):
    assert newcomer.told("SessionStart", source="startup") == ""


def test_a_session_that_began_without_a_keeper_is_welcomed_at_its_first_task(newcomer, warning):
    assert warning in newcomer.told("UserPromptSubmit", prompt="go on")
    assert newcomer.told("UserPromptSubmit", prompt="go on") == ""


def test_or_at_the_first_file_that_it_touches(newcomer, warning):
    (newcomer.project / "other.py").write_text("")

    assert warning in newcomer.touch("Read", "other.py")
    assert newcomer.told("UserPromptSubmit", prompt="go on") == ""


def test_two_hooks_for_one_beginning_welcome_once(newcomer, warning):
    """The plugin and the hooks of a project may both be there."""
    assert newcomer.told("SessionStart", source="startup")
    assert newcomer.told("SessionStart", source="startup") == ""
    assert newcomer.told("SessionStart", source="clear")


def test_what_the_welcome_told_to_the_end_is_not_told_again_at_its_file(newcomer, warning):
    assert "The child inherits" in newcomer.told("SessionStart", source="startup")

    assert newcomer.touch() == ""


def test_what_the_welcome_only_named_is_told_at_its_file(newcomer, another):
    another.asking.ask("lay", title="Close the ledger first", body="word " * 300, files=["ledger.py"])
    welcome = newcomer.told("SessionStart", source="startup")

    assert welcome.count("word") < 300
    assert newcomer.touch().count("word") > 50


def test_a_sub_agent_is_welcomed_and_is_told_notes_of_its_own(client, warning):
    client.touch()
    scout = Client(client.asking, client.project, agent_id="a1", agent_type="scout")
    other = Client(client.asking, client.project, agent_id="a2", agent_type="scout")

    assert warning in scout.told("SubagentStart")
    assert warning in other.touch()
    assert scout.touch() == other.touch() == ""


def test_what_was_edited_is_written_down_once_a_batch_of_tools_has_ended(client, warning):
    client.touch("Edit")
    client.edited()

    assert client.hook("PostToolBatch") == ""
    used = soon(lambda: [one for one in client.asking.ask("log", limit=200)["events"] if one["kind"] == "used"])
    assert used[0]["note_id"].lower().endswith(warning)


# ── a session ends ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_who_edited_something_is_asked_once_for_lessons(client):
    client.edited()

    first = client.told("Stop", last_assistant_message="Done.")
    again = client.told("Stop", stop_hook_active=True)

    assert "Lay each as one small trails note" in first
    assert again == ""
    client.edited()
    assert client.told("Stop") == ""


def test_who_only_read_or_has_laid_a_note_is_not_asked(client, keeper):
    client.touch()
    assert client.told("Stop") == ""
    with keeper.ask(CLAUDECODE="1", CLAUDE_CODE_SESSION_ID="s-1") as asking:
        asking.ask("lay", title="Close the ledger first", files=["ledger.py"])
    client.edited()
    assert client.told("Stop") == ""


def test_a_stop_that_goes_on_because_of_a_hook_is_never_held_up(client):
    client.edited()

    assert client.told("Stop", stop_hook_active=True) == ""


def test_a_client_that_takes_no_context_at_a_stop_is_asked_in_its_own_way(another):
    another.edited()

    said = json.loads(another.hook("Stop", turn_id="t-1", stop_hook_active=False))

    assert said["decision"] == "block"
    assert "Lay each as one small trails note" in said["reason"]


def test_a_compaction_keeps_lessons_and_afterwards_they_are_to_be_laid(client, warning):
    client.touch("Edit")

    kept = client.hook("PreCompact", trigger="auto")
    primed = client.told("SessionStart", source="compact")

    assert kept.startswith("Keep in the summary")
    assert "lay each now" in primed
    assert warning in primed


# ── other clients ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_patch_touches_every_file_in_it(another, newcomer):
    for name in ("a.py", "b.py"):
        (another.project / name).write_text("x = 1\n")
        newcomer.asking.ask("lay", title=f"Mind {name}", files=[name])
    patch = "*** Begin Patch\n*** Update File: a.py\n@@\n-x = 1\n+x = 2\n*** Delete File: b.py\n*** End Patch"

    told = another.told("PreToolUse", tool_name="apply_patch", tool_input={"command": patch})

    assert "Mind a.py" in told
    assert "Mind b.py" in told + another.touch("Read", "b.py")


@pytest.mark.parametrize("command", ["cat ledger.py", "sed -n '1,20p' ./ledger.py", "cd . && head -5 ledger.py | wc"])
def test_reading_by_the_shell_touches_a_file(another, newcomer, command):
    newcomer.asking.ask("lay", title="Close the ledger first", files=["ledger.py"])

    told = another.told("PreToolUse", tool_name="Bash", tool_input={"command": command})

    assert "Close the ledger first" in told


def test_a_client_that_lets_hooks_speak_only_after_a_tool_is_told_there(another, newcomer):
    newcomer.asking.ask("lay", title="Close the ledger first", files=["ledger.py"])

    told = another.told("AfterTool", tool_name="read_file", tool_input={"file_path": "ledger.py"})
    task = another.told("BeforeAgent", prompt="<hook_context>welcome\nhere</hook_context>\n\ngo on")
    another.hook("AfterTool", tool_name="replace", tool_input={"file_path": "ledger.py", "new_string": "x"})
    end = json.loads(another.hook("AfterAgent", prompt_response="Done.", stop_hook_active=False))

    assert "Close the ledger first" in told
    assert task == ""
    assert end["decision"] == "block"
    assert another.told("BeforeAgent", prompt=end["reason"]) == ""


def test_what_a_client_writes_before_a_prompt_is_no_part_of_the_task():
    event = read_event({"hook_event_name": "BeforeAgent", "prompt": "<hook_context>a\nb</hook_context>\n\nmend it"})

    assert (event.name, event.prompt) == ("UserPromptSubmit", "mend it")


@pytest.mark.parametrize(("code", "failed"), [("", False), ("\nExit Code: 1", True)])
def test_the_output_of_a_shell_is_read_without_its_label(code, failed):
    response = {"llmContent": f"<untrusted_context>\nOutput: 1 passed in 0.1s{code}\n</untrusted_context>"}
    told = {"hook_event_name": "AfterTool", "tool_name": "run_shell_command", "tool_response": response}

    (call,) = read_event({**told, "tool_input": {"command": "pytest -q"}}).calls

    assert "\n1 passed in 0.1s" in call.output
    assert (call.command, call.failed) == ("pytest -q", failed)


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({"tool_response": PYTEST_FAILED, "turn_id": "t"}, 1),
        ({"tool_response": {"stdout": "", "backgroundTaskId": "b1"}}, 0),
    ],
)
def test_a_run_without_an_exit_code_is_read_by_its_words(client, warning, fields, count):
    client.touch()
    client.edited()
    client.hook("PostToolUse", tool_name="Bash", tool_input={"command": "pytest"}, **fields)

    client.hook("Stop", last_assistant_message=f"[{warning}]")

    wait_for(client, "used")
    assert len(wait_for(client, "outcome") if count else journal(client, "outcome")) == count


@pytest.mark.parametrize("end", [{"is_interrupt": "true"}, {"error": "Exit code 143\nCommand timed out after 5s"}])
def test_a_run_that_did_not_come_to_its_end_says_nothing(client, warning, end):
    client.touch()
    client.edited()
    told = {"error": f"Exit code 1\n{PYTEST_FAILED}", "tool_name": "Bash", "tool_input": {"command": "pytest"}, **end}
    client.hook("PostToolUseFailure", **told)

    client.hook("Stop", last_assistant_message=f"[{warning}]")

    wait_for(client, "used")
    assert journal(client, "outcome") == []


# ── evidence ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_edit_of_a_file_shows_that_its_note_was_used(client, warning):
    client.touch()

    assert client.edited() == ""

    (used,) = wait_for(client, "used")
    assert (used["note_id"][-8:].lower(), used["how"]) == (warning, "edited")


def test_a_note_that_is_named_at_the_end_was_used(client, warning):
    client.touch()

    client.told("Stop", last_assistant_message=f"Closed it first, as [{warning}] says.")

    (used,) = wait_for(client, "used")
    assert used["how"] == "cited"


def test_tests_that_pass_after_an_edit_are_an_outcome_that_the_used_notes_share(client, warning):
    client.touch()
    client.edited()

    assert client.ran("python -m pytest -q", PYTEST_PASSED) == ""

    (outcome,) = wait_for(client, "outcome")
    assert (outcome["result"], outcome["source"]) == (1.0, "tests")
    assert [credit["note_id"][-8:].lower() for credit in outcome["credits"]] == [warning]


def test_a_second_run_without_an_edit_says_nothing_new(client, warning):
    client.touch()
    client.edited()
    client.ran("pytest", PYTEST_PASSED)
    client.ran("pytest", PYTEST_PASSED)

    assert len(wait_for(client, "outcome")) == 1


def test_a_failure_counts_only_when_the_session_leaves_it_at_that(client, warning):
    client.touch()
    client.edited()
    client.failed("pytest", PYTEST_FAILED)
    client.edited()
    client.ran("pytest", PYTEST_PASSED)
    client.told("Stop")
    passed = wait_for(client, "outcome")
    client.edited()
    client.failed("pytest", PYTEST_FAILED)

    client.told("Stop")

    assert [outcome["result"] for outcome in passed] == [1.0]
    tries = threading.Event()
    while len(found := journal(client, "outcome")) < 2:
        tries.wait(0.02)
    assert [outcome["result"] for outcome in found] == [1.0, 0.0]


def test_a_run_before_anything_was_edited_and_a_log_that_is_read_say_nothing(client, warning):
    client.touch()
    client.ran("pytest", PYTEST_PASSED)
    client.edited()
    client.ran("cat build.log", PYTEST_PASSED)
    client.told("Stop", last_assistant_message=f"[{warning}]")

    wait_for(client, "used")
    assert journal(client, "outcome") == []


def test_files_that_a_session_edits_together_lead_the_next_one_on(client, another):
    client.edited("ledger.py")
    client.edited("prices.md")
    client.hook("PostToolBatch")

    assert len(wait_for(client, "edited")) == 1
    (lead,) = another.asking.ask("recall", files=["ledger.py"])["leads"]

    assert (lead["path"], lead["reasons"][0]["words"]) == ("prices.md", "it was edited together with ledger.py")


# ── who else is there ────────────────────────────────────────────────────────────────────────────────────────────────
def test_two_at_work_on_one_file_are_both_told_and_each_once(client, another):
    client.touch("Edit")

    told = another.touch("Edit")

    assert told == "Also at work on ledger.py: claude-code, in another session (editing, just now)."
    assert another.touch("Edit") == ""
    assert client.touch("Edit") == "Also at work on ledger.py: codex, in another session (editing, just now)."
    assert client.touch("Edit") == ""
    another.hook("SessionEnd")


def test_the_first_on_a_file_is_told_of_the_second_whatever_it_does_next(client, another):
    client.touch("Edit")
    another.touch("Read")

    at_another_file = client.touch("Read", "prices.md")
    with_a_prompt = client.told("UserPromptSubmit", prompt="go on")

    assert at_another_file == "Also at work on ledger.py: codex, in another session (just now)."
    assert with_a_prompt == ""
    another.hook("SessionEnd")


def test_who_runs_commands_and_touches_no_file_is_told_after_one(client, another):
    client.touch("Edit")
    another.touch("Edit")

    told = json.loads(client.ran("make", "made"))["hookSpecificOutput"]

    assert told["hookEventName"] == "PostToolUse"
    assert told["additionalContext"] == "Also at work on ledger.py: codex, in another session (editing, just now)."
    assert client.ran("make", "made") == ""
    another.hook("SessionEnd")


def test_nobody_is_told_of_ignored_files(client, another):
    client.touch("Edit", ".env")

    assert another.touch("Edit", ".env") == ""
    assert client.asking.ask("who")["at_work"] == []


def test_two_that_only_read_a_file_are_not_told_of_each_other(client, another):
    assert client.touch("Read") == another.touch("Read") == client.touch("Read") == ""
    another.hook("SessionEnd")


def test_a_session_that_ended_is_at_work_no_more(client, another):
    client.touch("Edit")
    client.hook("SessionEnd")

    assert another.touch("Edit") == ""
    assert [one["by"]["agent"] for one in another.asking.ask("who")["at_work"]] == ["codex"]
    another.hook("SessionEnd")


def test_a_sub_agent_is_no_stranger_to_its_session_but_one_with_it_to_others(client, another, project):
    scout = Client(client.asking, project, agent_id="a1", agent_type="scout")
    client.touch("Edit")

    assert scout.touch("Edit") == ""
    assert another.touch("Edit").count("claude-code") == 1
    assert "codex" in scout.touch("Edit")
    assert "codex" in client.touch("Edit")
    client.hook("SessionEnd")
    assert len(another.asking.ask("who")["at_work"]) == 1
    another.hook("SessionEnd")


def test_an_agent_without_hooks_is_at_work_on_the_files_that_it_asks_about(keeper, client):
    client.touch("Edit")

    with keeper.mcp(TRAILS_AGENT="cursor", TRAILS_SESSION="s-cursor") as mcp:
        told, again = (mcp.text("recall", files=["ledger.py"]) for _ in range(2))

    assert told.endswith("\n\nAlso at work on ledger.py: claude-code, in another session (editing, just now).")
    assert "Also" not in again
    assert client.touch("Read") == "Also at work on ledger.py: cursor, in another session (just now)."


def test_who_is_at_work_can_be_asked_for_a_file(client, another):
    client.touch("Edit")
    another.touch("Read", "prices.md")

    (there,) = client.asking.ask("who", file="ledger.py")["at_work"]

    assert (there["by"]["agent"], there["files"], there["edits"]) == ("claude-code", ["ledger.py"], ["ledger.py"])
    another.hook("SessionEnd")


# ── who it is ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("era", ERAS)
def test_a_call_of_a_sub_agent_is_its_own(keeper, project, era):
    with keeper.mcp(era, CLAUDECODE="1", CLAUDE_CODE_SESSION_ID="s-1") as mcp:
        event = {
            "hook_event_name": "PreToolUse",
            "session_id": "s-1",
            "agent_id": "a1",
            "agent_type": "scout",
            "tool_use_id": "toolu_7",
            "tool_name": "mcp__trails__lay",
        }
        assert mcp.text("hook_event", event=event) == ""
        note = {"name": "lay", "arguments": {"title": "Close the ledger first"}}
        mcp.reply("tools/call", note, **{"claudecode/toolUseId": "toolu_7"})
        mcp.text("lay", title="Mind the journal")
    with keeper.ask() as asking:
        laid = {event["title"]: event["by"] for event in asking.ask("log")["events"] if event["kind"] == "laid"}

    scout, main = laid["Close the ledger first"], laid["Mind the journal"]
    assert (scout["agent"], scout["session"]) == ("claude-code/scout", "s-1/a1")
    assert (main["agent"], main["session"]) == ("claude-code", "s-1")
    assert scout["principal"] == main["principal"] == "ada"


@pytest.mark.parametrize("era", ERAS)
def test_a_client_that_names_its_calls_and_sessions_in_its_own_way_is_known_by_them(keeper, project, era):
    note = {"name": "lay", "arguments": {"title": "Close the ledger first"}}
    with keeper.mcp(era, TRAILS_AGENT="codex") as mcp:
        mcp.reply("tools/call", note, sessionId="s-7", callId="call_1")
    with keeper.ask() as asking:
        (laid,) = [event["by"] for event in asking.ask("log")["events"] if event["kind"] == "laid"]

    assert (laid["agent"], laid["session"]) == ("codex", "s-7")


def test_calls_that_name_no_session_are_of_the_one_that_the_same_process_runs_hooks_for(keeper, project):
    with keeper.ask(TRAILS_AGENT="gemini") as asking, keeper.mcp(TRAILS_AGENT="gemini") as mcp:
        Client(asking, project, session="s-8").hook("SessionStart", source="startup")
        mcp.text("lay", title="Close the ledger first")
        (laid,) = [event["by"] for event in asking.ask("log")["events"] if event["kind"] == "laid"]

    assert laid["session"] == "s-8"


@pytest.mark.parametrize("era", ERAS)
def test_the_tool_for_hooks_is_listed_only_to_the_client_that_hides_it_from_its_model(keeper, project, era):
    with keeper.mcp(era, CLAUDECODE="1") as claude, keeper.mcp(era) as other:
        listed = {tool["name"]: tool for tool in claude.request("tools/list")["tools"]}
        names = {tool["name"] for tool in other.request("tools/list")["tools"]}

    assert listed["hook_event"]["_meta"]["ui"] == {"visibility": ["app"]}
    assert "hook_event" not in names


# ── turning it off ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("unasked", "silent"),
    [
        ("none", {"welcome", "files", "lessons"}),
        ("files,lessons", {"welcome"}),
        ("welcome", {"files", "lessons"}),
        ("welcome, files", {"lessons"}),
    ],
)
def test_each_thing_that_is_told_unasked_can_be_turned_off(keeper, project, another, warning, unasked, silent):
    another.asking.ask("lay", title="Mind the journal", body="word " * 300, files=["ledger.py", "journal.py"])
    (project / "journal.py").write_text("")
    with keeper.ask(CLAUDECODE="1", TRAILS_UNASKED=unasked) as asking:
        client = Client(asking, project)
        told = {
            "welcome": client.told("SessionStart", source="startup"),
            "files": client.touch(),
            "lessons": client.hook("PreCompact", trigger="auto"),
        }

    assert {what for what, text in told.items() if not text} == silent


@pytest.mark.slow
def test_what_waits_to_be_written_is_written_before_the_keeper_leaves():
    with a_keeper() as keeper:
        (keeper.project / "ledger.py").write_text("x = 1\n")
        with keeper.ask(CLAUDECODE="1") as asking:
            handle = asking.ask("lay", title="Close the ledger first", files=["ledger.py"])["handle"]
            client = Client(asking, keeper.project, session="s-2")
            client.touch()
            client.hook("Stop", last_assistant_message=f"As [{handle}] says.")
            in_the_middle_of_a_turn = Client(asking, keeper.project, session="s-3")
            in_the_middle_of_a_turn.edited("ledger.py")
            in_the_middle_of_a_turn.edited("prices.md")
        assert keeper.end() == 0
        keeper.start()
        with keeper.ask() as asking:
            assert {"used", "edited"} <= {event["kind"] for event in asking.ask("log")["events"]}
            assert [lead["path"] for lead in asking.ask("recall", files=["ledger.py"])["leads"]] == ["prices.md"]
