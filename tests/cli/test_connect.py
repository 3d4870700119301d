"""`trails connect` and `--remove`, as a person runs them: what becomes of a client's files, byte by byte."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.client_files import NAMES, SERVERS
from trails_cli.instructions import INSTRUCTIONS
from trails_cli.merging import BEGIN, END

IN_JSON = {
    "an empty file": b"",
    "an empty object": b"{}",
    "an empty object on lines": b"{\n}\n",
    "an empty object of servers": b'{"SERVERS": { }}\n',
    "another server": b'{\n  "SERVERS": {\n    "other": {"command": "x", "args": []}\n  }\n}\n',
    "tabs, Windows lines, no end": b'{\r\n\t"SERVERS" : {\r\n\t\t"other": {\r\n\t\t\t"url": "u"\r\n\t\t}\r\n\t},'
    b'\r\n\t"b":1\r\n}',
    "one line": b'{"b":[1,2,  3],"SERVERS":{"other":{"command":"x"}}, "c":null}',
    "odd indentation": b'\n\n {\n       "a": {\n  "deep": [ {}, [] ]},\n   "b": true}  \n\n',
    "signs": '{"\\u00e9": "é\\ud83d\\ude00😀\\/"}\n'.encode(),
    "numbers": b'{"n": [1.0e5, -0, 12345678901234567890123, 1E400]}\n',
    "a mark of byte order": b'\xef\xbb\xbf{\n  "a": 1\n}\n',
    "hooks and permissions": b'{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "lint"}]}]},'
    b' "permissions": {"allow": ["Bash(ls)"], "deny": []}}\n',
}
IN_TOML = {
    "an empty file": b"",
    "comments": b"# mine\nmodel = \"o\" # the best\n\n[mcp_servers.other] # keep\ncommand = 'x'\n\n\n# the end\n",
    "tables in any order": b"[mcp_servers.a]\nx = 1\n[b]\ny = 1\n[mcp_servers.c]\nz = 1\n",
    "an inline table": b"mcp_servers = { other = { command = 'x' } } # one\n",
    "dotted names": b"mcp_servers.other.command = 'x'\n[[list]]\nq = 1979-05-27T07:32:00Z\n",
    "Windows lines, no end": b"a = 1\r\n[b]\r\nc = '''x\r\n[mcp_servers.trails]\r\n'''",
    "a mark of byte order": b"\xef\xbb\xbfa = 1\n",
}
TEXTS = {
    "an empty file": b"",
    "some lines": b"# Rules\n\n* Be kind.\n",
    "Windows lines, no end": b"# Rules\r\n\r\n* Be kind.",
    "a mark of byte order": "\ufeff# Régles\n\n\n\n".encode(),
}


def shapes_of(client):
    name, servers = SERVERS[client]
    shapes = IN_TOML if name.endswith(".toml") else IN_JSON
    return {shape: content.replace(b"SERVERS", servers.encode()) for shape, content in shapes.items()}


EVERY_SHAPE = [
    pytest.param(client, content, id=f"{client}, {shape}")
    for client in NAMES
    for shape, content in shapes_of(client).items()
]


# ── there and back ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("client", NAMES)
def test_a_client_without_files_gets_them_and_loses_them_again(connect, client):
    before = connect.everything()

    did = connect.did(client)

    assert set(did.values()) == {"created"}
    assert connect.server(client)
    assert set(connect.did(client, "--remove").values()) == {"removed"}
    assert connect.everything() == before


@pytest.mark.parametrize(("client", "content"), EVERY_SHAPE)
def test_a_file_of_servers_keeps_what_else_it_says_and_is_put_back_byte_by_byte(connect, client, content):
    name, servers = SERVERS[client]
    connect.put(name, content)
    before, value = connect.everything(), connect.value(name) if content else {}

    connect.did(client)

    assert connect.server(client)
    assert without_ours(connect.value(name), servers, value) == value
    assert connect.did(client, "--remove")[name] == "restored"
    assert connect.everything() == before


def without_ours(value, servers, before):
    """The value of a file without our server and hooks, nor what holds nothing more and was not there before."""
    del value[servers]["trails"]
    if "hooks" in value:
        value["hooks"] = {event: groups for event, groups in value["hooks"].items() if "hook gemini" not in str(groups)}
    added = {"$schema"} | {name for name in (servers, "hooks") if not value.get(name)}
    return {key: rest for key, rest in value.items() if key in before or key not in added}


@pytest.mark.parametrize("content", IN_JSON.values(), ids=IN_JSON)
def test_the_settings_of_claude_code_are_put_back_byte_by_byte(connect, content):
    connect.put(".claude/settings.json", content)
    before = connect.everything()

    connect.did("claude-code")

    settings = connect.value(".claude/settings.json")
    assert "mcp__trails" in settings["permissions"]["allow"]
    assert {"SessionStart", "PreToolUse", "Stop"} <= set(settings["hooks"])
    connect.did("claude-code", "--remove")
    assert connect.everything() == before


@pytest.mark.parametrize("content", IN_JSON.values(), ids=IN_JSON)
@pytest.mark.parametrize(("client", "name"), [("codex", ".codex/hooks.json"), ("gemini", ".gemini/settings.json")])
def test_the_hooks_of_other_clients_are_put_back_byte_by_byte(connect, client, name, content):
    connect.put(name, content)
    before = connect.everything()

    connect.did(client)

    (group,) = connect.value(name)["hooks"]["SessionStart"]
    assert group["hooks"][0]["command"].endswith(f" hook {client}")
    assert connect.did(client)[name] == "unchanged"
    connect.did(client, "--remove")
    assert connect.everything() == before


def test_hooks_of_an_older_place_of_trails_are_replaced(connect):
    old = [{"hooks": [{"type": "command", "command": "'/an old/place/trails' hook codex"}]}]
    connect.put(".codex/hooks.json", json.dumps({"hooks": {"Stop": old, "Notification": old}}).encode())

    connect.did("codex")

    (group,) = connect.value(".codex/hooks.json")["hooks"]["Stop"]
    assert "an old" not in group["hooks"][0]["command"]


@pytest.mark.parametrize("content", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize(
    ("client", "name"), [("claude-code", "CLAUDE.md"), ("codex", "AGENTS.md"), ("gemini", "GEMINI.md")]
)
def test_an_instructions_file_gets_a_block_and_is_put_back_byte_by_byte(connect, client, name, content):
    connect.put(name, content)
    before = connect.everything()

    connect.did(client)

    after = connect.read(name)
    assert after.startswith(content)
    assert (after.count(BEGIN.encode()), after.count(END.encode())) == (1, 1)
    connect.did(client, "--remove")
    assert connect.everything() == before


@pytest.mark.parametrize("client", NAMES)
def test_once_more_changes_nothing(connect, client):
    connect.put(SERVERS[client][0], shapes_of(client)["a mark of byte order"])
    connect.put("AGENTS.md", b"# Rules\r\n")
    connect.did(client)
    before = connect.everything()

    did = connect.did(client)

    assert set(did.values()) == {"unchanged"}
    assert connect.everything() == before


def test_a_file_is_laid_out_as_it_was(connect):
    connect.put(".mcp.json", b'{\n\t"mcpServers": {\n\t\t"other": {}\n\t}\n}\n')

    connect.did("claude-code")

    command = json.dumps(connect.server("claude-code")["command"])
    assert connect.read(".mcp.json").decode() == (
        '{\n\t"mcpServers": {\n\t\t"other": {},\n\t\t"trails": {\n\t\t\t"type": "stdio",\n'
        f'\t\t\t"command": {command},\n\t\t\t"args": ["mcp"]\n\t\t}}\n\t}}\n}}\n'
    )


def test_a_subfolder_of_a_project_means_the_project(connect, monkeypatch):
    (connect.root / ".git").mkdir()
    (connect.root / "src").mkdir()
    monkeypatch.chdir(connect.root / "src")

    connect.did("gemini")

    assert connect.server("gemini")
    assert list((connect.root / "src").iterdir()) == []


def test_the_mode_of_a_file_is_kept_and_its_backup_is_private(connect):
    path = connect.put(".mcp.json", b'{"secret": 1}')
    path.chmod(0o640)

    (file,) = [file for file in connect.json("claude-code")["files"] if file["path"] == ".mcp.json"]

    assert path.stat().st_mode & 0o777 == 0o640
    backup = Path(file["backup"])
    assert backup.read_bytes() == b'{"secret": 1}'
    assert {part.stat().st_mode & 0o077 for part in (backup, *backup.parents[:3])} == {0}


# ── instructions ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_block_is_short():
    assert len(INSTRUCTIONS.split()) <= 120


def test_a_claude_md_is_not_made_where_it_would_hide_an_agents_md(connect):
    connect.put("AGENTS.md", b"# Rules\n")

    assert connect.did("claude-code")["AGENTS.md"] == "changed"
    assert not (connect.root / "CLAUDE.md").exists()


def test_of_both_instructions_files_claude_code_gets_its_own(connect):
    connect.put("AGENTS.md", b"# Rules\n")
    connect.put("CLAUDE.md", b"# Other rules\n")

    assert connect.did("claude-code")["CLAUDE.md"] == "changed"
    assert connect.read("AGENTS.md") == b"# Rules\n"


def test_a_claude_md_that_takes_in_an_agents_md_leaves_the_block_to_that(connect):
    connect.put("AGENTS.md", b"# Rules\n")
    connect.put("CLAUDE.md", b"@AGENTS.md\n")

    assert connect.did("claude-code")["AGENTS.md"] == "changed"
    assert connect.read("CLAUDE.md") == b"@AGENTS.md\n"


def test_a_block_is_found_again_after_another_instructions_file_came(connect):
    connect.put("AGENTS.md", b"# Rules\n")
    connect.did("claude-code")
    connect.put("CLAUDE.md", b"# Other rules\n")

    connect.did("claude-code", "--remove")

    assert connect.read("AGENTS.md") == b"# Rules\n"


def test_an_old_block_is_replaced_in_its_place(connect):
    connect.put("AGENTS.md", f"# Rules\n{BEGIN}\nOld words.\n{END}\n# More\n".encode())

    connect.did("codex")

    text = connect.read("AGENTS.md").decode()
    assert "Old words" not in text
    assert text.startswith(f"# Rules\n{BEGIN}\n")
    assert text.endswith(f"{END}\n# More\n")
    connect.did("codex", "--remove")
    assert connect.read("AGENTS.md") == b"# Rules\n# More\n"


@pytest.mark.parametrize("order", [("codex", "opencode"), ("opencode", "codex")])
def test_an_instructions_file_keeps_its_block_as_long_as_a_client_reads_it(connect, order):
    connect.put("AGENTS.md", b"# Rules")
    before = connect.everything()
    connect.did("codex")
    connect.did("opencode")

    connect.did(order[0], "--remove")

    assert BEGIN.encode() in connect.read("AGENTS.md")
    connect.did(order[1], "--remove")
    assert connect.everything() == before


# ── changed since ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_a_person_changed_since_is_kept(connect):
    connect.put("opencode.json", b'{\n  "theme": "dark"\n}\n')
    connect.put("AGENTS.md", b"# Rules\n")
    connect.did("opencode")
    connect.put("opencode.json", connect.read("opencode.json").replace(b"dark", b"light"))
    connect.put("AGENTS.md", connect.read("AGENTS.md") + b"* Be kind.\n")

    did = connect.did("opencode", "--remove")

    assert did == {"opencode.json": "changed", "AGENTS.md": "changed"}
    assert connect.read("opencode.json") == b'{\n  "theme": "light"\n}\n'
    assert connect.read("AGENTS.md") == b"# Rules\n\n* Be kind.\n"


def test_what_a_person_added_to_our_server_stays_and_an_old_path_is_mended(connect):
    ours = {"command": "/old/place/trails", "args": ["mcp"], "env": {"TRAILS_AGENT": "mine"}}
    connect.put(".mcp.json", json.dumps({"mcpServers": {"trails": ours}}).encode())

    connect.did("claude-code")

    server = connect.server("claude-code")
    assert server["env"] == {"TRAILS_AGENT": "mine"}
    assert server["command"] != "/old/place/trails"
    connect.did("claude-code", "--remove")
    assert not (connect.root / ".mcp.json").exists()


def test_without_a_record_our_part_is_taken_out_and_no_more(connect):
    hooks = {"Stop": [{"hooks": [{"type": "command", "command": "lint"}]}]}
    connect.put(".claude/settings.json", json.dumps({"hooks": hooks, "model": "x"}).encode())
    connect.put(".codex/config.toml", b"# mine\na = 1\n")
    connect.did("claude-code")
    connect.did("codex")
    shutil.rmtree(connect.data)  # as on the machine of a colleague, who has the files from git

    connect.did("claude-code", "--remove")
    connect.did("codex", "--remove")

    assert connect.value(".claude/settings.json") == {"hooks": hooks, "model": "x"}
    assert connect.read(".codex/config.toml") == b"# mine\na = 1\n"
    left = {path.name for path in connect.root.rglob("*") if path.is_file()}
    assert left == {"settings.json", "config.toml"}


def test_a_handler_that_was_added_to_our_group_of_hooks_stays(connect):
    connect.did("claude-code")
    settings = connect.value(".claude/settings.json")
    settings["hooks"]["Stop"][0]["hooks"].append({"type": "command", "command": "lint"})
    connect.put(".claude/settings.json", json.dumps(settings).encode())

    connect.did("claude-code")
    connect.did("claude-code", "--remove")

    assert connect.value(".claude/settings.json") == {
        "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "lint"}]}]}
    }


def test_a_file_that_is_gone_is_not_missed(connect):
    connect.did("gemini")
    (connect.root / ".gemini/settings.json").unlink()

    assert connect.did("gemini", "--remove") == {".gemini/settings.json": "unchanged", "GEMINI.md": "removed"}


def test_a_client_that_was_never_connected_is_left_alone(connect):
    connect.put(".mcp.json", b'{"mcpServers": {"other": {}}}')
    before = connect.everything()

    assert set(connect.did("claude-code", "--remove").values()) == {"unchanged"}
    assert connect.everything() == before


# ── looking only ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("client", NAMES)
def test_a_dry_run_shows_the_change_and_makes_none(connect, client):
    name, _ = SERVERS[client]
    connect.put("AGENTS.md", b"# Rules\n")
    before = connect.everything()

    assert connect(client, "--dry-run") == 0

    assert f"+++ {name}" in connect.out
    assert "+++ " in connect.out.replace(f"+++ {name}", "")  # the instructions
    assert connect.everything() == before
    assert not connect.data.exists()


def test_a_dry_run_of_removing_shows_what_goes(connect):
    connect.did("gemini")
    before = connect.everything()

    assert connect("gemini", "--remove", "--dry-run") == 0

    assert "would remove GEMINI.md" in connect.out
    assert '-    "trails": {' in connect.out
    assert connect.everything() == before


@pytest.mark.parametrize("client", NAMES)
def test_what_is_printed_for_a_client_is_what_would_be_written(connect, client):
    assert connect(client, "--print") == 0
    printed = connect.out

    connect.did(client)

    assert connect.read(SERVERS[client][0]).decode().strip() in printed
    assert BEGIN in printed


@pytest.mark.parametrize("arguments", [("--print",), ("zed", "--print")])
def test_for_any_other_client_the_usual_form_is_printed(connect, arguments):
    connect(*arguments, "--json")

    said = json.loads(connect.out)
    assert said["server"]["mcpServers"]["trails"]["args"][-1] == "mcp"
    assert BEGIN in said["instructions"]
    assert connect.everything() == {}


# ── for all projects ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("client", "names"),
    [
        ("claude-code", {".claude.json", ".claude/settings.json", ".claude/CLAUDE.md"}),
        ("codex", {".codex/config.toml", ".codex/hooks.json", ".codex/AGENTS.md"}),
        ("gemini", {".gemini/settings.json", ".gemini/GEMINI.md"}),
        ("opencode", {".config/opencode/opencode.json", ".config/opencode/AGENTS.md"}),
        ("cursor", {".cursor/mcp.json"}),
    ],
)
def test_a_client_can_be_connected_for_all_projects(connect, client, names):
    before = connect.everything()

    connect.did(client, "--user")

    assert {str(path.relative_to(connect.home)) for path in connect.home.rglob("*") if path.is_file()} == names
    assert list(connect.root.iterdir()) == []
    assert set(connect.did(client, "--user", "--remove").values()) == {"removed"}
    assert connect.everything() == before


def test_the_folders_that_a_client_was_told_to_use_are_used(connect, monkeypatch):
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(connect.home / "one"))
    monkeypatch.setenv("CODEX_HOME", str(connect.home / "two"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(connect.home / "three"))

    for client in ("claude-code", "codex", "opencode"):
        connect.did(client, "--user")

    files = {str(path.relative_to(connect.home)) for path in connect.home.rglob("*") if path.is_file()}
    assert {"one/.claude.json", "two/config.toml", "three/opencode/opencode.json"} <= files


def test_a_client_without_files_of_its_user_says_so(connect):
    assert connect("vscode", "--user") == 2
    assert "code --add-mcp" in connect.err
