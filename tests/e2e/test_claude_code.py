"""
The story of Claude Code: the real client with the plugin of this checkout, the real keeper, a scripted model.

fixtures/claude-code-story.txt is all that the model was told, to be read.
"""

import json
import re
import shutil

import pytest

from tests.e2e.claude import PLUGIN, Claude, environment_in
from tests.e2e.conftest import compare
from tests.e2e.model_stub import COMPACTION, MAIN, Model, say, use
from tests.e2e.transcript import alike, transcript

pytestmark = pytest.mark.e2e

TOOLS = "mcp__plugin_trails_trails__"
ALWAYS_ON_TOKENS = 80  # of the plugin, by Claude Code's own estimate, without the tools
ROTATE = "    def rotate(self):\n"
CLOSES = ROTATE + "        self.close()\n"
BREAKS = "    def close(self):\n        raise OSError\n\n    def close_old(self):\n"
RUN_TESTS = use("Bash", command="python -m pytest -q -p no:cacheprovider tests", description="Run the tests")


@pytest.fixture
def ledger(project):
    return str(project / "src/ledger.py")


@pytest.fixture
def claude(place, project, notes):
    """Starts the Claude Code of one person: a home of its own, the same notes."""

    def start(person, model, **environment):
        return Claude({**environment_in(place / person, notes.data_dir), **environment}, project, model.url)

    return start


def lay(title, **more):
    return use(f"{TOOLS}lay", title=title, **more)


def told(model, conversation=MAIN):
    """All that one conversation was sent, as one text."""
    return transcript("", [one for one in model.received if one.conversation == conversation])


LAID_BEFORE = (  # more than a welcome has room for, so that of some it has only the title
    (
        "codex", "warning", "Close the ledger before you rotate it", "src/ledger.py:8",
        "Rotating first loses the last page, which is written while closing: no test sees it, since the page is "
        "empty in all of them. It happened twice in March, each time in the night run, and both times the page was "
        "written again by hand from the receipts.",
    ),
    (
        "opencode", "plan", "Move the reports to HTML", "src/report.py",
        "The templates are in place and the table of contents is done. The tables are next, then the index page; "
        "the old text reports stay until the shops have seen the new ones.",
    ),
    (
        "gemini", "decision", "Keep amounts in cents", "src/money.py",
        "Floats lost a cent in every tenth sum; decimals made the import four times slower.",
    ),
    (
        "gemini", "warning", "Open pages in binary mode", "src/pages.py",
        "In text mode a page with a lone carriage return comes back one character shorter, and its checksum fails "
        "only when the ledger is read the next day.",
    ),
    (
        "opencode", "how-to", "Make a page for a test with pages.sample()", "tests/test_pages.py",
        "It fills the checksum and the date, which a page that is made by hand never gets right at the first try.",
    ),
)  # fmt: skip


def lay_what_was_known(notes):
    for agent, kind, title, file, body in LAID_BEFORE:
        path = notes.project / file.partition(":")[0]
        path.touch()
        notes.lay(title, "--body", body, "--kind", kind, "--file", file, agent=agent)


# ── the story ────────────────────────────────────────────────────────────────────────────────────────────────────────
def mends_the_ledger(ledger):
    """Ada's agent, which reads twice, edits, runs the tests, asks a sub-agent, and has learned something."""
    scout = "SCOUT: who else rotates?"
    return [
        use("Read", file_path=ledger),
        use("Read", file_path=ledger),
        use("Edit", file_path=ledger, old_string=ROTATE, new_string=CLOSES),
        RUN_TESTS,
        use("Agent", description="Callers", subagent_type="general-purpose", prompt=scout, run_in_background=False),
        say("Rotating closes the ledger first now."),
        lay(
            "Let rotate close the ledger itself",
            body="Its callers forgot to: twice the last page was lost.",
            kind="decision",
            files=["src/ledger.py:8-10"],
        ),
        say("One note laid."),
    ]


def looks_for_callers(ledger):
    """The sub-agent of Ada's agent."""
    return [
        use("Read", file_path=ledger),
        lay("Expect no caller of rotate outside the ledger", files=["src/ledger.py"]),
        say("Nobody else rotates."),
    ]


@pytest.mark.parametrize("era", ["auto", "legacy"])
def test_notes_arrive_where_claude_code_works_and_lead_the_next_one(era, claude, ledger, notes, place, project):
    speaks = {"MCP_PROTOCOL_NEGOTIATION": "legacy"} if era == "legacy" else {}
    lay_what_was_known(notes)
    summary = [say("<summary>\nRotate closes the ledger now.\n</summary>")]

    with Model(*mends_the_ledger(ledger), SCOUT=looks_for_callers(ledger), compaction=summary) as of_ada:
        ada = claude("ada", of_ada, **speaks)
        session = ada.ask("Please mend what issue 7 is about.")["session_id"]
        ada.ask("/compact", session=session)
        of_ada.goes_on(say("Nothing."))
        ada.ask("Is anything left to do?", session=session)
    with Model(use("Read", file_path=ledger), say("I know now.")) as of_bea:
        claude("bea", of_bea, **speaks).ask("Why does rotate close the ledger?")

    before, _, after = told(of_ada).partition("has other words before it now")
    assert "SessionStart hook additional context: " in before
    assert before.count("PreToolUse:Read hook additional context: ") == 1
    assert before.count("Stop hook additional context: ") == 1
    assert "'Lessons to lay'" in told(of_ada, COMPACTION)
    assert "SessionStart hook additional context: " in after
    assert told(of_ada, "SCOUT").count("SubagentStart hook additional context: ") == 1
    assert "Let rotate close the ledger itself" in told(of_bea)
    assert "Expect no caller of rotate" in told(of_bea)

    passed = notes.wait_for("outcome")
    assert (passed["source"], passed["result"], passed["by"]["session"]) == ("tests", 1.0, session)
    by_title = {note["title"]: note["by"] for note in notes.events("laid")}
    scout = by_title["Expect no caller of rotate outside the ledger"]
    assert by_title["Let rotate close the ledger itself"]["session"] == session
    assert re.fullmatch(rf"{session}/a[0-9a-f]{{16}}", scout["session"])
    assert scout["agent"] == "claude-code/general-purpose"

    story = [transcript("Ada's session", of_ada.received), transcript("Bea's, afterwards", of_bea.received)]
    compare("claude-code-story.txt", alike("\n\n".join(story), {str(project): "/project", str(place): "/place"}))


# ── parts of it ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_model_is_offered_the_everyday_tools_and_not_the_one_for_hooks(claude):
    with Model(say("Hello.")) as model:
        claude("ada", model).ask("Hello?")

    offered = {tool["name"] for tool in model.received[0].body["tools"]}
    assert {f"{TOOLS}recall", f"{TOOLS}lay"} <= offered
    assert "hook_event" not in json.dumps(model.received[0].body)


def test_a_session_that_began_before_its_keeper_is_welcomed_once_it_is_there(claude, ledger, notes):
    lay_what_was_known(notes)
    notes.trails("serve", "--stop")
    with Model(use("Read", file_path=ledger), say("I have read it.")) as model:
        claude("ada", model).ask("Please read it.")

    assert told(model).count("Move the reports to HTML") == 1
    assert told(model).count("written again by hand from the receipts") == 1


def test_tests_that_fail_are_an_outcome_once_the_agent_leaves_it_at_that(claude, ledger, notes):
    breaks = use("Edit", file_path=ledger, old_string="    def close(self):\n", new_string=BREAKS)
    with Model(use("Read", file_path=ledger), breaks, RUN_TESTS, say("I give up."), say("Nothing learned.")) as model:
        claude("ada", model).ask("Please break it.")

    failed = notes.wait_for("outcome")
    assert (failed["source"], failed["result"]) == ("tests", 0.0)
    assert told(model).count("Stop hook additional context: ") == 1


def test_a_session_that_edited_nothing_is_asked_nothing(claude, ledger, notes):
    with Model(use("Read", file_path=ledger), say("I have read it.")) as model:
        claude("ada", model).ask("Please read it.")

    assert "hook" not in told(model)


def test_the_handoff_asks_for_several_small_notes(claude):
    with Model(say("Done.")) as model:
        claude("ada", model).ask("/trails:handoff the ledger")

    assert "Hand over to the next agent: the ledger" in told(model)
    assert "Not one long note" in told(model)


def test_a_connected_project_needs_no_plugin(claude, ledger, notes):
    lay_what_was_known(notes)
    notes.trails("connect", "claude-code", "--no-check")
    laid = use("mcp__trails__lay", title="Keep the last page", files=["src/ledger.py"])
    scout = use("Agent", description="x", subagent_type="general-purpose", prompt="SCOUT", run_in_background=False)
    with Model(use("Read", file_path=ledger), scout, say("Done."), SCOUT=[laid, say("Laid.")]) as model:
        ada = claude("ada", model)
        ada.trust_the_project()
        session = ada.ask("Please read it.", plugin=None)["session_id"]

    assert told(model).count("SessionStart hook additional context: ") == 1
    assert told(model).count("PreToolUse:Read hook additional context: ") == 1
    assert notes.events("laid")[-1]["by"]["session"].startswith(f"{session}/")


def test_a_session_goes_on_where_trails_is_not_installed(claude, place, ledger):
    """From a copy of the plugin: in its own place it would find the `.venv` of the checkout."""
    shutil.copytree(PLUGIN, place / "plugin")
    edit = use("Edit", file_path=ledger, old_string=ROTATE, new_string=CLOSES)
    with Model(use("Read", file_path=ledger), edit, say("Done.")) as model:
        answer = claude("ada", model, PATH="/usr/bin:/bin").ask("Please mend it.", plugin=place / "plugin")

    assert answer["result"] == "Done."
    assert "hook" not in told(model)
    assert f"{TOOLS}recall" not in json.dumps(model.received[0].body)


def test_without_plugin_or_server_the_map_beside_the_code_is_read_and_no_note_makes_another_file_be_read(
    claude, notes, project
):
    (project / "said.txt").write_text("The tide is high.\n")
    (project / "unsaid.txt").write_text("The tide is low.\n")
    (project / "CLAUDE.md").write_text("@.trails/MAP.md\n@said.txt\n")
    lure = "See @../unsaid.txt before you rotate the ledger"
    notes.trails("lay", lure, "--body", "```\n@../unsaid.txt\n```", "--kind", "warning", "--file", "src/ledger.py")
    notes.trails("lay", "Rotate it last", "--body", "@../unsaid.txt", "--kind", "plan")
    notes.trails("annotate")

    with Model(say("Done.")) as model:
        ada = claude("ada", model)
        ada.trust_the_project()
        ada.ask("Please begin.", plugin=None)

    sent = json.dumps(model.received[0].body)
    assert lure in sent
    assert "- src/ledger.py: warning [" in sent
    assert "The tide is high." in sent
    assert "The tide is low." not in sent


# ── the plugin ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("manifest", ["marketplace.json", "plugin.json"])
def test_the_plugin_is_valid_to_the_letter(manifest, claude):
    with Model() as model:
        ran = claude("ada", model).run("plugin", "validate", "--strict", str(PLUGIN / ".claude-plugin" / manifest))

    assert ran.returncode == 0, ran.stdout


def test_the_plugin_is_installed_from_its_marketplace_and_costs_little(claude):
    with Model() as model:
        ada = claude("ada", model)
        added = ada.run("plugin", "marketplace", "add", str(PLUGIN))
        installed = ada.run("plugin", "install", "trails@trails")
        details = ada.run("plugin", "details", "trails").stdout

    assert added.returncode == installed.returncode == 0, added.stderr + installed.stderr
    assert int(re.search(r"Always-on: +~(\d+) tok", details)[1]) <= ALWAYS_ON_TOKENS
