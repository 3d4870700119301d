"""`trails annotate` through the front door: a real keeper, real files, and git, which must not see them."""

import json
import subprocess

import pytest

from tests.cli.conftest import Command
from trails.pages import MARKER


@pytest.fixture(scope="module")
def keeper(trails):
    """A keeper that runs, as the command starts it."""
    trails.json("status")
    return trails


@pytest.fixture
def project(keeper, tmp_path):
    """The command in a repository that nobody knows yet; one keeper serves them all."""
    command = Command(tmp_path)
    command.data_dir = command.environment["TRAILS_DATA_DIR"] = keeper.data_dir
    subprocess.run(["git", "init", "--quiet"], cwd=command.project, check=True)
    with command.memory() as memory:
        command.ask = memory.ask
        yield command


def lay(project, title="Close the ledger first", **more):
    return project.ask("lay", title=title, files=["src/ledger.py:1-2"], kind="warning", **more)["id"]


def held(project):
    """Every file of the project but git's own, with its bytes."""
    files = (path for path in project.project.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(project.project).as_posix(): path.read_bytes() for path in files}


def untracked(project):
    asked = ["git", "status", "--porcelain", "--untracked-files=all"]
    return subprocess.run(asked, cwd=project.project, check=True, capture_output=True, text=True).stdout.split()[1::2]


def test_the_notes_stand_beside_the_code_and_git_does_not_see_them(project):
    lay(project, body="The page is lost otherwise.")

    ran = project("annotate")

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(
        "Wrote 3 files:\n  .trails/.gitignore\n  .trails/MAP.md\n  .trails/files/src/ledger.py.md"
    )
    assert "  @.trails/MAP.md\n" in ran.stdout
    page = (project.project / ".trails/files/src/ledger.py.md").read_text()
    assert "│ Close the ledger first\n│ The page is lost otherwise.\n" in page
    assert "- src/ledger.py: warning [" in (project.project / ".trails/MAP.md").read_text()
    assert untracked(project) == ["src/ledger.py"]


def test_said_again_it_writes_nothing_and_what_changed_since_is_told(project):
    note_id = lay(project)
    project.ask("annotate")
    before = {path: path.stat().st_mtime_ns for path in (project.project / ".trails").rglob("*")}

    again = project.ask("annotate")
    assert (again["written"], again["removed"], again["unchanged"]) == ([], [], 3)
    assert {path: path.stat().st_mtime_ns for path in (project.project / ".trails").rglob("*")} == before

    (project.project / "src/ledger.py").write_text("def close():\n    pass\n")
    assert project.ask("annotate")["written"] == [".trails/MAP.md", ".trails/files/src/ledger.py.md"]
    assert "CHANGED since" in (project.project / ".trails/files/src/ledger.py.md").read_text()
    project.ask("amend", note=note_id, action="withdraw", reason="It was mended")
    assert project.ask("annotate")["removed"] == [".trails/files/src/ledger.py.md"]


def test_to_try_it_and_to_remove_it_leaves_the_project_as_it_was(project):
    lay(project)
    before = held(project)

    tried = project.ask("annotate", dry=True)
    assert len(tried["written"]) == 3
    assert held(project) == before
    project.ask("annotate")
    removed = project.ask("annotate", remove=True)

    assert removed["removed"] == tried["written"]
    assert held(project) == before
    assert not (project.project / ".trails").exists()


def test_what_is_shared_stays_shared_until_it_is_ignored_again(project):
    lay(project)

    (project.project / "CLAUDE.md").write_text("@.trails/MAP.md\n")

    said = project("annotate", "--shared").stdout
    assert "whoever gets your commits reads the notes" in said
    assert "CLAUDE.md" not in said
    assert set(untracked(project)) >= {".trails/MAP.md", ".trails/files/src/ledger.py.md"}
    assert project.ask("annotate")["choice"] == "shared"
    assert project.ask("annotate", choice="on")["written"] == [".trails/.gitignore"]
    assert untracked(project) == ["CLAUDE.md", "src/ledger.py"]


def test_a_file_that_somebody_made_their_own_is_left_alone_and_named(project):
    lay(project)
    project.ask("annotate")
    (project.project / ".trails/MAP.md").write_text("My own map\n")

    ran = project("annotate")
    project.ask("annotate", remove=True)

    assert "Left alone, for trails did not write 1 file:\n  .trails/MAP.md\n" in ran.stdout
    assert {name: text for name, text in held(project).items() if ".trails" in name} == {
        ".trails/MAP.md": b"My own map\n"
    }


def test_a_link_in_the_place_of_the_folder_is_refused(project, tmp_path):
    lay(project)
    (project.project / ".trails").symlink_to(tmp_path)

    ran = project("annotate", "--json")

    assert ran.returncode == 5
    assert json.loads(ran.stdout)["error"]["message"].startswith(
        ".trails is a link or a file here. Nothing was written"
    )
    assert not (tmp_path / "MAP.md").exists()


def test_notes_on_files_that_are_ignored_or_gone_get_no_page(project):
    (project.project / ".gitignore").write_text("secret.txt\n")
    (project.project / "secret.txt").write_text("hush\n")
    project.ask("lay", title="It is generated", files=["secret.txt"])
    lay(project)
    (project.project / "src/ledger.py").unlink()

    assert project.ask("annotate")["written"] == [".trails/.gitignore", ".trails/MAP.md"]
    text = (project.project / ".trails/MAP.md").read_text()
    assert "- secret.txt" not in text


def test_two_choices_at_once_are_sent_back(project):
    ran = project("annotate", "--shared", "--remove")

    assert ran.returncode == 2
    assert "exclude each other" in ran.stderr


def test_what_somebody_else_shared_is_not_replaced_unasked(project):
    lay(project)
    (project.project / ".trails/files").mkdir(parents=True)
    (project.project / ".trails/MAP.md").write_text(f"{MARKER}\nThe notes of a colleague\n")

    refused = project("annotate")
    assert refused.returncode == 5
    assert "written from somebody else's notes" in refused.stderr
    assert "colleague" in (project.project / ".trails/MAP.md").read_text()
    assert ".trails/MAP.md" in project.ask("annotate", choice="shared")["written"]
