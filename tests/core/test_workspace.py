"""Where a workspace begins, what a path means in it, what is ignored, and what is read of its files."""

import os
import threading
from pathlib import Path

import pytest

from trails.errors import BadInput
from trails.reading import TEXT_LIMIT, Remembered
from trails.workspace import FolderOnDisk, IgnoreRules, find_root, relative, workspace_id


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    return folder.resolve()


def write(root: Path, path: str, content: str | bytes = "x\n") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


# ── the root ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_workspace_is_the_nearest_folder_with_a_git_folder(root):
    file = write(root, "src/deep/a.py")

    assert find_root(file.parent) == root
    assert find_root(file) == root


def test_a_linked_worktree_is_a_workspace_of_its_own(root):
    write(root, "trees/feature/.git", "gitdir: ../../.git/worktrees/feature\n")

    assert find_root(root / "trees/feature") == root / "trees/feature"


def test_a_folder_without_git_is_its_own_workspace(tmp_path):
    (tmp_path / "plain/inner").mkdir(parents=True)

    assert find_root(tmp_path / "plain/inner") == (tmp_path / "plain/inner").resolve()


def test_a_workspace_reached_through_a_link_is_the_same_workspace(root, tmp_path):
    (tmp_path / "link").symlink_to(root)

    assert find_root(tmp_path / "link") == root
    assert workspace_id(tmp_path / "link") == workspace_id(root)


def test_two_folders_have_two_ids_of_a_fixed_form(root, tmp_path):
    ids = {workspace_id(root), workspace_id(tmp_path)}

    assert len(ids) == 2
    assert all(len(one) == 18 and one.startswith("w-") and int(one[2:], 16) >= 0 for one in ids)


def test_a_home_folder_and_what_holds_it_is_no_workspace(tmp_path, monkeypatch):
    home = tmp_path / "people/ann"
    (home / ".git").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))

    for folder in (home, home.parent, Path("/")):
        with pytest.raises(BadInput, match="home folder"):
            find_root(folder)


def test_a_home_folder_under_version_control_does_not_swallow_its_projects(tmp_path, monkeypatch):
    project = tmp_path / "ann/project"
    (tmp_path / "ann/.git").mkdir(parents=True)
    project.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "ann"))

    assert find_root(project) == project.resolve()


def test_a_folder_that_does_not_exist_is_named_in_the_refusal(tmp_path):
    with pytest.raises(BadInput, match="nowhere"):
        find_root(tmp_path / "nowhere")


# ── paths ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_path_is_read_from_the_root_from_the_working_folder_or_absolutely(root):
    file = write(root, "src/a.py")

    assert relative(root, "src/a.py") == "src/a.py"
    assert relative(root, "a.py", cwd=root / "src") == "src/a.py"
    assert relative(root, "../docs/new.md", cwd=root / "src") == "docs/new.md"
    assert relative(root, str(file)) == "src/a.py"
    assert relative(root, "./src//a.py") == "src/a.py"


def test_a_file_that_is_not_there_yet_has_a_name_too(root):
    assert relative(root, "src/new/b.py") == "src/new/b.py"


def test_a_link_inside_the_workspace_is_another_name_of_its_file(root):
    write(root, "AGENTS.md")
    (root / "CLAUDE.md").symlink_to("AGENTS.md")

    assert relative(root, "CLAUDE.md") == "AGENTS.md"


@pytest.mark.parametrize("path", ["../elsewhere.py", "/etc/passwd", "src/../../elsewhere.py", "out/secret.txt"])
def test_what_lies_outside_is_refused_and_the_refusal_names_the_workspace(root, tmp_path, path):
    write(tmp_path, "outside/secret.txt")
    (root / "out").symlink_to(tmp_path / "outside")

    with pytest.raises(BadInput, match=f"outside the workspace {root}"):
        relative(root, path)


@pytest.mark.parametrize("path", [".", "", "src/.."])
def test_the_root_itself_is_no_file(root, path):
    with pytest.raises(BadInput):
        relative(root, path)


@pytest.mark.parametrize(
    "path", ["~/notes.txt", "https://example.org/a.py", "C:\\a.py", "a\0b", ".git/config", "a\nb", "\ud800.py"]
)
def test_what_cannot_be_a_file_of_a_project_is_refused(root, path):
    with pytest.raises(BadInput):
        relative(root, path)


# ── ignored ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_rules_of_the_root_and_of_nested_folders_count(root):
    write(root, ".gitignore", "*.log\n/generated/\n")
    write(root, "app/.gitignore", "!keep.log\nlocal.txt\n")
    rules = IgnoreRules(root)

    assert rules.is_ignored("a.log")
    assert rules.is_ignored("app/other.log")
    assert not rules.is_ignored("app/keep.log")
    assert rules.is_ignored("app/local.txt")
    assert not rules.is_ignored("local.txt")
    assert rules.is_ignored("generated/x/y.py")
    assert rules.is_ignored("generated", is_folder=True)
    assert not rules.is_ignored("generated")
    assert not rules.is_ignored("app/generated/x.py")


def test_nothing_in_an_ignored_folder_can_be_taken_back(root):
    write(root, ".gitignore", "out/\n")
    write(root, "out/.gitignore", "!a.py\n")

    assert IgnoreRules(root).is_ignored("out/a.py")


def test_the_private_excludes_of_a_checkout_count(root):
    write(root, ".git/info/exclude", "scratch/\n")

    assert IgnoreRules(root).is_ignored("scratch/a.py")


def test_a_linked_worktree_shares_the_private_excludes(root):
    write(root, ".git/info/exclude", "scratch/\n")
    write(root, ".git/worktrees/feature/commondir", "../..\n")
    write(root, "../feature/.git", f"gitdir: {root}/.git/worktrees/feature\n")

    assert IgnoreRules(root / "../feature").is_ignored("scratch/a.py")


@pytest.mark.parametrize(
    "path",
    [".git/config", "node_modules/x/index.js", "a/__pycache__/m.pyc", ".venv/bin/python", "dist/x.whl", "lib/m.pyc"],
)
def test_what_no_project_edits_is_ignored_without_being_told(root, path):
    assert IgnoreRules(root).is_ignored(path)


def test_a_project_can_take_back_a_folder_that_is_only_usually_ignored(root):
    write(root, ".gitignore", "!build/\n")

    assert not IgnoreRules(root).is_ignored("build/rules.py")


@pytest.mark.parametrize("path", [".env", "deploy/.env.production", "certs/server.pem", "tls.key", "id_rsa.pub"])
def test_no_rule_uncovers_a_file_of_secrets(root, path):
    write(root, ".gitignore", "!.env\n!.env.*\n!*.pem\n!*.key\n!id_rsa*\n")

    assert IgnoreRules(root).is_ignored(path)


def test_the_example_of_an_env_file_is_no_secret(root):
    assert not IgnoreRules(root).is_ignored(".env.example")


@pytest.mark.parametrize("name", ["bad\x1bname.py", os.fsdecode(b"caf\xe9.py")])
def test_a_name_that_no_note_can_carry_is_ignored(root, name):
    assert IgnoreRules(root).is_ignored(name)


def test_a_changed_gitignore_counts_at_once(root):
    write(root, ".gitignore", "a.txt\n")
    rules = IgnoreRules(root)
    assert rules.is_ignored("a.txt")

    write(root, ".gitignore", "b.txt\n")
    assert (rules.is_ignored("a.txt"), rules.is_ignored("b.txt")) == (False, True)

    (root / ".gitignore").unlink()
    assert not rules.is_ignored("b.txt")


def test_one_senseless_line_does_not_uncover_the_rest(root):
    write(root, ".gitignore", b"!\n\xff\xfe\n///\n*.[z-a]\nsecret.txt\n")

    assert IgnoreRules(root).is_ignored("secret.txt")


def test_a_walk_never_enters_an_ignored_folder_or_a_link(root, tmp_path):
    for path in ("a.py", "src/b.py", "src/c.log", "node_modules/x/d.js", ".git/HEAD"):
        write(root, path)
    write(tmp_path, "outside/e.py")
    (root / "link").symlink_to(tmp_path / "outside")
    write(root, ".gitignore", "*.log\n")

    assert list(IgnoreRules(root).folders()) == ["", "src"]
    assert [path for path, _ in FolderOnDisk(root).files()] == [".gitignore", "a.py", "src/b.py"]


# ── content ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("", ()),
        ("\n", ("",)),
        ("a\nb\n", ("a", "b")),
        ("a\r\nb", ("a", "b")),
        ("a\n\n", ("a", "")),
        ("page\x0cbreak\u2028here\n", ("page\x0cbreak\u2028here",)),
        (b"caf\xe9\n", ("caf\ufffd",)),
    ],
)
def test_lines_are_those_an_editor_numbers(root, content, lines):
    write(root, "a.txt", content)

    assert FolderOnDisk(root).lines("a.txt") == lines


def test_what_is_no_readable_text_of_the_workspace_has_no_lines(root, tmp_path):
    write(root, "binary", b"PNG\0rest")
    write(root, "huge.txt", b"x" * (TEXT_LIMIT + 1))
    write(root, ".env", "KEY=1\n")
    write(tmp_path, "outside.txt")
    (root / "out").symlink_to(tmp_path / "outside.txt")
    (root / "alias").symlink_to(".env")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    (root / "folder").mkdir()
    folder = FolderOnDisk(root)

    paths = ("binary", "huge.txt", ".env", "out", "alias", "loop", "pipe", "folder", "absent", "../outside.txt", "a\0b")
    assert [path for path in paths if folder.lines(path) is not None] == []
    assert [path for path in paths if folder.digest(path) is not None] == ["binary", "huge.txt"]


def test_a_link_inside_the_workspace_reads_as_its_file(root):
    write(root, "a.txt", "one\n")
    (root / "b.txt").symlink_to("a.txt")

    assert FolderOnDisk(root).lines("b.txt") == ("one",)


def test_the_digest_follows_the_content_and_not_the_name(root):
    write(root, "a.txt", "one")
    write(root, "b.txt", "one")
    write(root, "c.txt", "two")
    folder = FolderOnDisk(root)

    assert folder.digest("a.txt") == folder.digest("b.txt") != folder.digest("c.txt")
    assert len(folder.digest("a.txt") or "") == 32


def test_a_rewrite_of_the_same_length_is_never_missed(root):
    folder = FolderOnDisk(root)
    for number in range(50):
        write(root, "a.txt", f"{number:04}\n")
        assert folder.lines("a.txt") == (f"{number:04}",)


def test_a_file_that_stays_as_it_is_is_read_once():
    found = Path(os.__file__).stat()  # nobody has just written it
    kept: Remembered[int] = Remembered(1)
    reads = iter(range(10))

    assert [kept.get("a", found, lambda: next(reads)) for _ in range(3)] == [0, 0, 0]
    assert kept.get("b", found, lambda: next(reads)) == 1
    assert kept.get("a", found, lambda: next(reads)) == 2  # "b" had taken its place


def test_many_threads_read_the_same_lines(root):
    for number in range(400):  # more than are kept
        write(root, f"{number}.txt", f"{number}\n")
    folder = FolderOnDisk(root)
    wrong: list[int] = []

    def read():
        wrong.extend(number for number in range(400) if folder.lines(f"{number}.txt") != (str(number),))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
