"""The workspace is the memory: notes are found on what became of their files, and say what became of their places."""

import subprocess
import time

import pytest

from tests.server.doors import Asking, a_keeper

pytestmark = pytest.mark.slow

PATIENCE_S = 60
STEPS = "".join(f"def step_{number}():\n    return {number}\n\n\n" for number in range(12))
TEXTS = {name: STEPS.replace("step", name) for name in ("begin", "close", "export")}
NAME = ("-c", "user.name=ada", "-c", "user.email=ada@localhost")
AS_IT_WAS = "def close_3():\n    return 3\n"
REWRITTEN = "def close_3():\n    with ledger() as page:\n        return page.seal()\n"


def agent(keeper, name):
    return Asking(keeper.connect(), keeper.project, {"TRAILS_AGENT": name, "TRAILS_SESSION": name})


def lay_notes_on_three_files(keeper):
    (keeper.project / "src").mkdir()
    for name, text in TEXTS.items():
        (keeper.project / f"src/{name}.py").write_text(text)
    for command in (["init", "--quiet"], ["add", "."], [*NAME, "commit", "--quiet", "--message", "Begin"]):
        subprocess.run(["git", *command], cwd=keeper.project, check=True)
    with agent(keeper, "first") as first:
        for name in TEXTS:
            first.ask("lay", title=f"Mind the {name} of a page", files=[f"src/{name}.py:13-14"])


def work_without_any_agent(project):
    """A person renames the folder, rewrites one function, which a note is on, and deletes one file."""
    (project / "src").rename(project / "core")
    (project / "core/close.py").write_text(TEXTS["close"].replace(AS_IT_WAS, REWRITTEN))
    (project / "core/export.py").unlink()


def told(asking, path):
    """What an agent is told of one file, once the keeper knows what became of it."""
    ends_at = time.monotonic() + PATIENCE_S
    while not (answer := asking.ask("recall", files=[path]))["hits"] and time.monotonic() < ends_at:
        time.sleep(0.1)
    return answer["text"], answer["hits"][0]["note"]["files"][0]


@pytest.mark.parametrize("is_watched", [True, False], ids=["watched", "while the keeper was off"])
def test_the_next_agent_finds_the_notes_on_what_became_of_their_files(is_watched):
    with a_keeper(TRAILS_WATCH="yes") as keeper:
        lay_notes_on_three_files(keeper)
        if is_watched:
            work_without_any_agent(keeper.project)
        else:
            keeper.end()
            work_without_any_agent(keeper.project)
            keeper.start()

        with agent(keeper, "next") as there:
            text, begin = told(there, "core/begin.py")
            assert (begin["path"], begin["validity"]) == ("core/begin.py", "same")
            assert "Mind the begin of a page" in text

            assert told(there, "src/begin.py")[1]["path"] == "core/begin.py"  # who remembers the former name

            text, close = told(there, "core/close.py")
            assert (close["path"], close["validity"]) == ("core/close.py", "changed")
            assert close["changed_lines"] == [[14, 15]]
            assert "CHANGED since, about half of it: lines 14-15" in text

            text, export = told(there, "src/export.py")
            assert export["validity"] == "gone"
            assert "the file is gone" in text
