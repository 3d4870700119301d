"""Who is asking, as the first line of a connection tells it."""

import pytest

from trails import Author, BadInput
from trails_server.visits import read_visit

CLAUDE = {"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": "s-claude"}


def visit(cwd, **env):
    return read_visit({"trails": 1, "cwd": str(cwd), "pid": 77, "env": env}, principal="ada", number=3)


def test_an_agent_is_known_by_what_its_environment_says(tmp_path):
    author = visit(tmp_path, TRAILS_AGENT="scout", TRAILS_SESSION="s-1", **CLAUDE).author

    assert (author.principal, author.agent, author.session) == ("ada", "scout", "s-1")


def test_nobody_votes_as_another_principal_by_saying_so(tmp_path):
    assert visit(tmp_path, TRAILS_PRINCIPAL="bob").author.principal == "ada"


def test_claude_code_is_known_by_its_own_variables(tmp_path):
    author = visit(tmp_path, **CLAUDE).author

    assert (author.principal, author.agent, author.session) == ("ada", "claude-code", "s-claude")


def test_an_unknown_agent_gets_a_session_of_its_connection_and_the_name_it_tells_later(tmp_path):
    unknown = visit(tmp_path)

    assert unknown.called("inspector").author == Author("ada", "inspector", "relay-77-3")
    assert unknown.called("").author == Author("ada", "agent", "relay-77-3")


def test_a_name_from_the_environment_is_not_overruled_by_the_client(tmp_path):
    assert visit(tmp_path, TRAILS_AGENT="scout").called("inspector").author.agent == "scout"


def test_what_a_call_says_of_itself_fills_in_what_the_environment_left_out(tmp_path):
    told = visit(tmp_path, TRAILS_AGENT="scout").told(agent="builder", session="s-2\n").called("inspector")

    assert told.author == Author("ada", "scout", "s-2")


def test_a_call_does_not_speak_for_claude_code(tmp_path):
    assert visit(tmp_path, **CLAUDE).told(agent="builder", session="s-2").author == Author(
        "ada", "claude-code", "s-claude"
    )


def test_names_are_one_short_line(tmp_path):
    author = visit(tmp_path, TRAILS_AGENT="evil\n\x1b[31m" + "x" * 500).author

    assert author.agent.isprintable()
    assert len(author.agent) <= 100


def test_the_project_is_the_one_that_the_client_names(tmp_path):
    (tmp_path / "project/.git").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()

    found = visit(tmp_path / "elsewhere", CLAUDE_PROJECT_DIR=str(tmp_path / "project"))

    assert found.root == (tmp_path / "project").resolve()
    assert found.workspace == visit(tmp_path / "project").workspace


@pytest.mark.parametrize("preface", [{}, {"cwd": "relative"}, {"cwd": 7}, {"cwd": "/no/such/folder"}, {"cwd": "/"}])
def test_a_visit_from_no_project_says_so_when_it_asks(preface):
    assert isinstance(read_visit(preface, principal="ada", number=1).refusal, BadInput)
