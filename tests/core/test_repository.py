"""What a folder's repository says of itself, read from files that real git wrote."""

import subprocess

import pytest

from trails.notes import NO_HEAD, Head
from trails.repository import checkout_at, worktrees_of
from trails.workspace import FolderOnDisk, workspace_id


def git(folder, *arguments):
    identity = ("-c", "user.name=ada", "-c", "user.email=ada@localhost")
    ran = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return ran.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    root = (tmp_path / "shop").resolve()
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    (root / "a.py").write_text("x = 1\n")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Begin")
    return root


def head_of(root):
    return checkout_at(str(root)).head()


def test_a_folder_without_a_repository_shows_no_commit(tmp_path):
    assert head_of(tmp_path) == NO_HEAD
    assert checkout_at(str(tmp_path)).main_root == str(tmp_path)


def test_the_branch_and_its_commit_are_told_packed_or_not(repository):
    commit = git(repository, "rev-parse", "HEAD")
    loose = head_of(repository)
    git(repository, "pack-refs", "--all")

    assert loose == head_of(repository) == Head("main", commit)


def test_a_branch_without_commits_and_a_commit_without_branch_are_told_as_that(repository, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "--quiet", "--initial-branch=trunk")
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "--quiet", "--detach")

    assert head_of(empty) == Head("trunk", "")
    assert head_of(repository) == Head("", commit)


def test_a_branch_is_there_until_it_is_deleted(repository):
    git(repository, "branch", "topic/one")
    checkout = checkout_at(str(repository))

    assert checkout.has_branch("topic/one")
    git(repository, "pack-refs", "--all")
    assert checkout.has_branch("topic/one")
    git(repository, "branch", "--delete", "--force", "topic/one")
    assert not checkout.has_branch("topic/one")


def test_a_linked_worktree_belongs_to_the_workspace_of_its_main_folder(repository, tmp_path):
    linked = tmp_path / "shop-topic"
    git(repository, "worktree", "add", "--quiet", "-b", "topic", str(linked))

    checkout = checkout_at(str(linked))

    assert (checkout.tree, checkout.main_root) == ("shop-topic", str(repository))
    assert (checkout.head().branch, FolderOnDisk(linked).tree) == ("topic", "shop-topic")
    assert workspace_id(linked) == workspace_id(repository)
    assert worktrees_of(str(repository)) == {"shop-topic": str(linked)}


def test_a_worktree_of_a_bare_repository_has_a_workspace_of_that(repository, tmp_path):
    bare = tmp_path / "shop.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), str(bare))
    for name in ("one", "two"):
        git(bare, "worktree", "add", "--quiet", "-b", name, str(tmp_path / name))

    assert workspace_id(tmp_path / "one") == workspace_id(tmp_path / "two") != workspace_id(repository)


def test_a_clone_and_a_submodule_are_workspaces_of_their_own(repository, tmp_path):
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(repository), str(clone))
    git(clone, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repository), "part")

    ids = {workspace_id(folder) for folder in (repository, clone, clone / "part")}

    assert len(ids) == 3
    assert checkout_at(str(clone / "part")).tree == ""
    assert head_of(clone / "part").branch == "main"


def test_a_worktree_that_was_deleted_by_hand_is_not_listed(repository, tmp_path):
    linked = tmp_path / "gone"
    git(repository, "worktree", "add", "--quiet", "-b", "topic", str(linked))
    linked.rename(tmp_path / "elsewhere")

    assert worktrees_of(str(repository)) == {}
