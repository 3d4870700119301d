"""
The real Codex, Gemini CLI and opencode, each set up by `trails connect`: all reach the notes, and Codex and Gemini CLI
run the story.

fixtures/codex-story.txt is all that Codex' model was told, to be read.
"""

import json
import re

import pytest

from tests.e2e.claude import environment_in
from tests.e2e.conftest import compare
from tests.e2e.model_stub import MAIN, say, use
from tests.e2e.other_clients import Codex, Gemini, Opencode
from tests.e2e.other_models import SPAWNED, ChatModel, GeminiModel, ResponsesModel, as_messages, full
from tests.e2e.transcript import alike, transcript

pytestmark = pytest.mark.e2e

ROTATE = "    def rotate(self):\n"
CLOSES = """\
*** Begin Patch
*** Update File: src/ledger.py
@@
     def rotate(self):
+        self.close()
         self.pages = []
*** End Patch
"""
BREAKS = """\
*** Begin Patch
*** Update File: src/ledger.py
@@
-        self.pages.append("last page")
+        pass
*** End Patch
"""
TITLE = "Let rotate close the ledger itself"
LESSON = {"title": TITLE, "body": "Its callers forgot to: twice the last page was lost.", "kind": "decision",
          "files": ["src/ledger.py:8-9"]}  # fmt: skip
WARNING = ("Close the ledger before you rotate it", "--body", "Rotating first loses the last page.", "--kind",
           "warning", "--file", "src/ledger.py:8")  # fmt: skip
HINT = ("Run the tests of the ledger on a copy", "--kind", "how-to", "--file", "src/ledger.py")
READ = "cat src/ledger.py"
TEST = "python -m pytest -q -p no:cacheprovider tests"


@pytest.fixture
def person(place, project, notes):
    """Starts the client of one person: a home of its own, the same notes."""

    def start(name, kind, of, **more):
        client = kind(environment_in(place / name, notes.data_dir), project, of.url, **more)
        notes.trails("connect", client.name, "--no-check")
        return client

    return start


def trails(tool, **arguments):
    return use(f"mcp__trails__{tool}", **arguments)


def shell(command):
    return use("exec_command", cmd=command)


def patch(text):
    return use("apply_patch", text=text)


def told(model, conversation=MAIN):
    """All that one conversation of Codex was sent, as one text."""
    return transcript("", as_messages(one for one in model.received if one.conversation == conversation))


# ── each of them reaches the notes ───────────────────────────────────────────────────────────────────────────────────
def test_codex_lists_the_server_and_connects(person):
    with ResponsesModel() as model:
        codex = person("ada", Codex, model)
        listed = codex.run("mcp", "list")
        server = codex.servers()["trails"]

    assert re.search(r"^trails +\S+ +mcp .* enabled ", listed, re.MULTILINE)
    assert {"recall", "lay"} <= server["tools"].keys(), server["toolsError"]


def test_gemini_lists_the_server_and_connects_once_the_folder_is_trusted(person):
    with GeminiModel() as model:
        gemini = person("ada", Gemini, model)
        before = gemini.run("mcp", "list")
        gemini.trust_folder()
        after = gemini.run("mcp", "list")

    assert re.search(r"trails: .* mcp \(stdio\) - Disabled", before)
    assert re.search(r"✓ trails: .* mcp \(stdio\) - Connected", after)


def test_opencode_lists_the_server_and_connects(person):
    with ChatModel() as model:
        listed = person("ada", Opencode, model).run("mcp", "list")

    assert re.search(r"✓ trails .*connected", listed)


def test_a_note_of_one_client_is_read_by_the_others(person, notes):
    with ResponsesModel(trails("lay", **LESSON), say("Laid.")) as of_codex:
        person("ada", Codex, of_codex).ask("Please leave a note.")
    with GeminiModel(use("mcp_trails_recall", files=["src/ledger.py"]), say("Read.")) as of_gemini:
        gemini = person("bea", Gemini, of_gemini)
        gemini.trust_folder()
        gemini.ask("What is known?")
    with ChatModel(use("trails_recall", files=["src/ledger.py"]), say("Read.")) as of_opencode:
        person("cleo", Opencode, of_opencode).ask("What is known?")

    assert TITLE in json.dumps(of_gemini.received[-1].body["contents"])
    assert TITLE in json.dumps(of_opencode.received[-1].body["messages"])
    assert [note["by"]["agent"] for note in notes.events("laid")] == ["codex"]


# ── the story, on Codex ──────────────────────────────────────────────────────────────────────────────────────────────
def mends_the_ledger():
    """Ada's agent, which reads, edits and tests until its context is full, and has learned something."""
    return [
        say("It is about the ledger."),
        shell(READ),
        shell(READ),
        patch(CLOSES),
        shell(TEST),
        full(shell("git status --short src")),
        say("Rotating closes the ledger first now."),
        trails("lay", **LESSON),
        say("One note laid."),
    ]


def test_notes_arrive_where_codex_works_and_lead_the_next_one(person, notes, place, project):
    notes.lay(*WARNING, agent="claude-code")

    with ResponsesModel(*mends_the_ledger(), compaction=[say("Rotate closes the ledger now.")]) as of_ada:
        ada = person("ada", Codex, of_ada)
        ada.trust_hooks()
        ada.ask("What is issue 7 about?")
        notes.lay(*HINT, agent="claude-code")
        ada.ask("Please mend it.", goes_on=True)
    with ResponsesModel(shell(READ), say("I know now.")) as of_bea:
        bea = person("bea", Codex, of_bea)
        bea.trust_hooks()
        bea.ask("Why does rotate close the ledger?")

    story = [transcript("Ada's session", as_messages(of_ada.received)),
             transcript("Bea's session, afterwards", as_messages(of_bea.received))]  # fmt: skip
    compare("codex-story.txt", alike("\n\n".join(story), {str(project): "/project", str(place): "/place"}))
    before, _, after = told(of_ada).partition("has other words before it now")
    assert before.count(WARNING[0]) == before.count(HINT[0]) == 1
    assert before.index(WARNING[0]) < before.index("Please mend") < before.index(HINT[0]) < before.index("Begin Patch")
    assert WARNING[0] in after
    assert after.count("<hook_prompt") == 1
    assert TITLE in told(of_bea)
    assert "<hook_prompt" not in told(of_bea)

    passed = notes.wait_for("outcome")
    lesson = notes.events("laid")[-1]
    assert (passed["source"], passed["result"], passed["by"]["agent"]) == ("tests", 1.0, "codex")
    assert lesson["title"] == TITLE
    assert lesson["by"] == passed["by"]  # what an agent calls and what its hooks tell is one session


def test_tests_that_fail_under_codex_are_an_outcome_though_it_tells_no_exit_code(person, notes):
    with ResponsesModel(patch(BREAKS), shell(TEST), say("I give up."), say("Nothing learned.")) as model:
        ada = person("ada", Codex, model)
        ada.trust_hooks()
        ada.ask("Please break it.")

    failed = notes.wait_for("outcome")
    assert (failed["source"], failed["result"]) == ("tests", 0.0)


def test_the_hooks_of_codex_reach_the_calls_inside_of_its_scripts(person, notes):
    """Its present models write JavaScript that calls the tools."""
    notes.lay(*HINT, agent="claude-code")

    script = f"await tools.exec_command({{cmd: '{READ}'}}); await tools.mcp__trails__lay({json.dumps(LESSON)})"
    with ResponsesModel(say("Ready."), use("exec", text=script), say("Done.")) as model:
        ada = person("ada", Codex, model, model="gpt-6.1-sol")
        ada.trust_hooks()
        ada.ask("Please wait.")
        notes.lay(*WARNING, agent="claude-code")
        ada.ask("Please look at the ledger.", goes_on=True)

    called, after = told(model).split("[assistant uses exec]")
    assert WARNING[0] not in called
    assert WARNING[0] in after
    assert notes.events("laid")[-1]["by"] == notes.events("served")[-1]["by"]


def test_a_sub_agent_of_codex_is_told_and_signs_for_itself(person, notes):
    notes.lay(*WARNING, agent="claude-code")

    spawns = use("multi_agent_v1__spawn_agent", message="SCOUT: who else rotates?")
    waits = use("multi_agent_v1__wait_agent", targets=[SPAWNED])
    with ResponsesModel(spawns, waits, say("Done."), SCOUT=[trails("lay", **LESSON), say("Nobody.")]) as model:
        ada = person("ada", Codex, model)
        ada.trust_hooks()
        ada.ask("Please look at the ledger.")

    assert WARNING[0] in told(model, "SCOUT")
    lesson = notes.wait_for("laid")["by"]
    session = next(one["by"]["session"] for one in notes.events("served"))
    assert re.fullmatch(rf"{session}/[0-9a-f-]{{36}}", lesson["session"])
    assert lesson["agent"] == "codex/default"


def test_codex_runs_hooks_only_once_they_are_trusted(person, notes):
    notes.lay(*WARNING, agent="claude-code")

    with ResponsesModel(say("Done.")) as model:
        person("ada", Codex, model).ask("Hello?")

    assert WARNING[0] not in told(model)


# ── the story, on Gemini CLI ─────────────────────────────────────────────────────────────────────────────────────────
def test_notes_arrive_where_gemini_works(person, notes):
    """All but a compaction: Gemini has no event after one."""
    notes.lay(*WARNING, agent="claude-code")

    read = use("read_file", file_path="src/ledger.py")
    new = f"{ROTATE}        self.close()\n"
    edit = use("replace", file_path="src/ledger.py", old_string=ROTATE, new_string=new, instruction="Close it first.")
    test = use("run_shell_command", command=TEST)
    lay = use("mcp_trails_lay", **LESSON)
    with GeminiModel(say("The ledger."), read, read, edit, test, say("Mended."), lay, say("One note laid.")) as model:
        ada = person("ada", Gemini, model)
        ada.trust_folder()
        ada.ask("What is issue 7 about?")
        notes.lay(*HINT, agent="claude-code")
        ada.ask("Please mend it.", goes_on=True)

    first, last = (json.dumps(model.received[place].body["contents"]) for place in (0, -1))
    assert WARNING[0] in first
    assert last.count(HINT[0]) == 1
    assert last.index("Please mend") < last.index(HINT[0]) < last.index('"replace"')
    assert last.count("Before you finish: did you learn") == 1
    passed = notes.wait_for("outcome")
    assert (passed["source"], passed["result"], passed["by"]["agent"]) == ("tests", 1.0, "gemini")
    assert notes.events("laid")[-1]["by"] == passed["by"]
