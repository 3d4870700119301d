"""What `trails connect` leaves alone, and says so: every byte of every file stays, whatever goes wrong."""

import json
import os
import resource
import subprocess
import sys

import pytest

from tests.cli.client_files import NAMES, SERVERS
from trails_cli.merging import BEGIN, END

CLAUDE = ".claude/settings.json"
REFUSED = [
    pytest.param("claude-code", ".mcp.json", b'{"a": 1,}', "line 1", id="trailing comma"),
    pytest.param("claude-code", ".mcp.json", b'{\n"a" 1}', "line 2, column 5", id="broken JSON"),
    pytest.param("gemini", ".gemini/settings.json", b'{\n  // mine\n  "a": "//"\n}', "comments", id="comments"),
    pytest.param("vscode", ".vscode/mcp.json", b'{"a": 1, "b": {"a": 1, "a": 2}}', "`a` twice", id="a key twice"),
    pytest.param("cursor", ".cursor/mcp.json", b"[]", "no object at its top", id="a list"),
    pytest.param("cursor", ".cursor/mcp.json", b'{"mcpServers": []}', "`mcpServers`", id="servers in a list"),
    pytest.param("cursor", ".cursor/mcp.json", b'{"a": NaN}', "NaN", id="not a number"),
    pytest.param(
        "cursor", ".cursor/mcp.json", b'{"a": ' + b"[" * 9000 + b"]" * 9000 + b"}", "recursion", id="too deep"
    ),
    pytest.param("opencode", "opencode.json", b'{"a": "\xff"}', "UTF-8", id="not UTF-8"),
    pytest.param("opencode", "opencode.json", '{"a": 1}'.encode("utf-16"), "UTF-8", id="UTF-16"),
    pytest.param("codex", ".codex/config.toml", b"a = 1\na = 2\n", "line 2", id="broken TOML"),
    pytest.param("codex", ".codex/config.toml", b"mcp_servers = 1\n", "`mcp_servers`", id="servers of another form"),
    pytest.param("claude-code", CLAUDE, b'{"hooks": {"Stop": {}}}', "`hooks.Stop`", id="hooks of another form"),
    pytest.param("claude-code", CLAUDE, b'{"permissions": 1}', "`permissions`", id="permissions of another form"),
    pytest.param("claude-code", "CLAUDE.md", BEGIN.encode(), "not one pair", id="half a block"),
    pytest.param("claude-code", "CLAUDE.md", f"{END}\n{BEGIN}".encode(), "not one pair", id="a block upside down"),
    pytest.param("claude-code", "CLAUDE.md", f"{BEGIN}{END}{BEGIN}{END}".encode(), "not one pair", id="two blocks"),
    pytest.param("claude-code", "CLAUDE.md", b"caf\xe9", "UTF-8", id="a text that is not UTF-8"),
]


@pytest.mark.parametrize(("client", "name", "content", "why"), REFUSED)
def test_a_file_that_cannot_be_merged_with_is_refused_and_nothing_is_touched(connect, client, name, content, why):
    connect.put(name, content)
    before = connect.everything()

    code = connect(client)

    assert code == 5
    assert name in connect.err
    assert why in connect.err
    assert "No file was changed" in connect.err
    assert connect.everything() == before
    assert not connect.data.exists()


@pytest.mark.parametrize(
    ("name", "content"), [(".mcp.json", b"{"), ("CLAUDE.md", BEGIN.encode()), (CLAUDE, b'{"a": 1, "a": 2}')]
)
def test_nothing_is_removed_where_a_file_became_unreadable(connect, name, content):
    connect.did("claude-code")
    connect.put(name, content)
    before = connect.everything()

    assert connect("claude-code", "--remove") == 5
    assert name in connect.err
    assert connect.everything() == before


def foreign(client):
    """A server of somebody else's that is called trails, in the form of a client."""
    name, servers = SERVERS[client]
    if name.endswith(".toml"):
        return b"[mcp_servers.trails] # hiking\ncommand = 'hike'\n\n[other]\na = 1\n"
    return json.dumps({servers: {"trails": {"command": "hike", "args": ["--mcp"]}, "x": {}}}, indent=3).encode()


@pytest.mark.parametrize("client", NAMES)
def test_a_server_of_somebody_else_is_refused(connect, client):
    connect.put(SERVERS[client][0], foreign(client))
    before = connect.everything()

    assert connect(client) == 5
    assert "--force" in connect.err
    assert connect.everything() == before


@pytest.mark.parametrize("client", NAMES)
def test_a_server_of_somebody_else_that_was_replaced_by_force_comes_back(connect, client):
    connect.put(SERVERS[client][0], foreign(client))
    before = connect.everything()

    connect.did(client, "--force")

    assert connect.server(client).get("command") != "hike"
    connect.did(client, "--remove")
    assert connect.everything() == before


@pytest.mark.parametrize("client", NAMES)
def test_it_comes_back_into_a_file_that_was_changed_since(connect, client):
    name, _ = SERVERS[client]
    connect.put(name, foreign(client))
    replaced = connect.server(client)
    connect.did(client, "--force")
    path = connect.root / name
    path.write_text("# more\n" + path.read_text() if name.endswith(".toml") else path.read_text() + "\n\n")

    assert connect.did(client, "--remove")[name] == "changed"
    assert connect.server(client) == replaced


def test_a_link_that_leads_out_of_the_project_is_refused(connect):
    (connect.home / "shared.json").write_bytes(b"{}")
    (connect.root / ".mcp.json").symlink_to(connect.home / "shared.json")
    before = connect.everything()

    assert connect("claude-code") == 5
    assert "leads out of" in connect.err
    assert connect.everything() == before


def test_a_folder_that_leads_out_of_the_project_is_refused(connect):
    (connect.root / ".gemini").symlink_to(connect.home)
    before = connect.everything()

    assert connect("gemini") == 5
    assert connect.everything() == before


def test_a_link_within_the_project_is_followed_and_stays(connect):
    connect.put("AGENTS.md", b"# Rules\n")
    (connect.root / "CLAUDE.md").symlink_to("AGENTS.md")
    before = connect.everything()

    connect.did("claude-code")
    connect.did("codex")

    assert BEGIN.encode() in connect.read("AGENTS.md")
    assert (connect.root / "CLAUDE.md").is_symlink()
    connect.did("claude-code", "--remove")
    assert BEGIN.encode() in connect.read("AGENTS.md")
    connect.did("codex", "--remove")
    assert connect.everything() == before


@pytest.mark.parametrize("name", [".mcp.json", ".claude/settings.json", "CLAUDE.md"])
def test_a_folder_in_the_place_of_a_file_is_refused(connect, name):
    (connect.root / name).mkdir(parents=True)
    before = connect.everything()

    assert connect("claude-code") == 5
    assert "is no file" in connect.err
    assert connect.everything() == before


def test_a_file_in_the_place_of_a_folder_is_refused(connect):
    connect.put(".claude", b"")
    before = connect.everything()

    assert connect("claude-code") == 5
    assert "is no folder" in connect.err
    assert connect.everything() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
@pytest.mark.parametrize("mode", [0o000, 0o400, 0o200])
def test_a_file_that_may_not_be_read_and_written_is_refused(connect, mode):
    path = connect.put("CLAUDE.md", b"# Rules\n")
    path.chmod(mode)

    assert connect("claude-code") == 6
    assert not (connect.root / ".mcp.json").exists()


@pytest.mark.parametrize("arguments", [(), ("no-such-client",), ("--remove",)])
def test_a_client_that_is_not_known_is_told_of_those_that_are(connect, arguments):
    assert connect(*arguments) == 2
    assert all(name in connect.err for name in [*NAMES, "--print"])


def test_a_home_folder_is_no_project(connect, monkeypatch):
    monkeypatch.chdir(connect.home)

    assert connect("claude-code") == 2
    assert list(connect.home.iterdir()) == []


# ── half-way ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_write_that_fails_half_way_leaves_no_file_changed(connect):
    """The settings of Claude Code are longer than a file may be here; the file of servers, written first, is not."""
    connect.put(".mcp.json", b'{"a": 1}')
    before = connect.everything()

    ran = subprocess.run(
        [sys.executable, "-P", "-m", "trails_cli.entry", "connect", "claude-code", "--no-check"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500)),
        cwd=connect.root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 6, ran.stderr
    assert ".claude/settings.json cannot be written: [Errno 27] File too large" in ran.stderr
    assert connect.everything() == before
    assert not [path for path in connect.data.rglob("*") if path.is_file()]


def test_a_file_that_changes_meanwhile_is_not_overwritten(connect):
    from trails import Conflict
    from trails_cli.changes import Change, Record, Records, carry_out

    first, second = connect.put("one", b"1"), connect.put("two", b"2, changed meanwhile")
    record = Record(None, "")

    with pytest.raises(Conflict, match="changed just now"):
        carry_out([Change(first, b"1", b"new", record), Change(second, b"2", b"new", record)], Records(connect.data))

    assert (first.read_bytes(), second.read_bytes()) == (b"1", b"2, changed meanwhile")
    assert Records(connect.data).find(first) is None
