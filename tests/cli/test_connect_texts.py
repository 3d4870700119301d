"""Settings files as texts: what is changed in them, and that nothing else is, whatever they look like."""

import json
import tempfile
import tomllib
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trails import Conflict
from trails_cli.changes import Records, carry_out
from trails_cli.clients import SERVER, Scope
from trails_cli.connecting import to_connect, to_disconnect
from trails_cli.forms import Form
from trails_cli.json_text import rewritten
from trails_cli.known_clients import CLIENTS, find_client
from trails_cli.merging import merged, unmerged
from trails_cli.toml_text import rewritten as rewritten_toml

COMMAND = ("trails",)
NAMED = st.sampled_from(["mcpServers", "servers", "mcp", "trails", "hooks", "Stop", "permissions", "allow", "$schema"])
KEYS = NAMED | st.text(max_size=4)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=6)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=5)
LAYOUTS = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 0, 1, 4, "\t"]),
        "separators": st.sampled_from([(",", ":"), (", ", ": "), (" ,", " :  ")]),
        "ensure_ascii": st.booleans(),
    }
)
AROUND = st.sampled_from(["", "\n", "\r\n", "  \n\n", "\t"])


@st.composite
def written(draw, values=OBJECTS):
    """A value, and a text of it as some editor or program might have written it."""
    value = draw(values)
    text = draw(AROUND) + json.dumps(value, **draw(LAYOUTS)) + draw(AROUND)
    return value, text.replace("\n", "\r\n") if draw(st.booleans()) else text


# ── there and back, through the disk ─────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(client=st.sampled_from([client for client in CLIENTS if client.form is Form.JSON]), config=written())
def test_whatever_a_file_says_it_keeps_it_and_is_put_back_byte_by_byte(client, config):
    value, text = config
    with tempfile.TemporaryDirectory() as folder:
        scope = Scope(Path(folder, "project"), Path(folder, "home"), {})
        records = Records(Path(folder, "data"))
        target = client.server(scope, COMMAND)
        target.path.parent.mkdir(parents=True)
        target.path.write_bytes(text.encode())

        try:
            steps = to_connect(client, scope, COMMAND, records, force=False)
        except Conflict:
            pass  # a place of ours holds something else: refused, with nothing written
        else:
            carry_out([step.change for step in steps], records)
            assert others(json.loads(target.path.read_bytes()), value, client.server_at) == value
            carry_out([step.change for step in to_disconnect(client, scope, COMMAND, records)], records)

        assert target.path.read_bytes() == text.encode()
        assert [path for path in scope.root.rglob("*") if path.is_file()] == [target.path]


def others(after, before, way):
    """What a file says beside our server and our hooks, without what was made for them and holds nothing else."""
    (servers,) = way
    del after[servers][SERVER]
    hooks = after["hooks"] if isinstance(after.get("hooks"), dict) else {}
    for event, groups in list(hooks.items()):
        if "trails hook" in str(groups):
            hooks[event] = [group for group in groups if "trails hook" not in str(group)]
            if not hooks[event] and event not in before.get("hooks", {}):
                del hooks[event]
    made = (servers, "hooks") if before else (servers, "hooks", "$schema")
    return {
        key: value for key, value in after.items() if key in before or key not in made or (value and key != "$schema")
    }


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(config=written())
def test_without_a_record_what_was_put_in_comes_out(config):
    """All that is not said again is an empty container in our way: nobody can tell then who made it."""
    value, text = config
    target = find_client("claude-code").server(Scope(Path("/p"), Path("/h"), {}), COMMAND)
    if not isinstance(value.get("mcpServers", {"": {}}), dict) or SERVER in value.get("mcpServers", ()):
        return

    back = unmerged(Form.JSON, merged(Form.JSON, text.encode(), target.parts), target.parts)

    if value.get("mcpServers") == {}:
        del value["mcpServers"]
    assert json.loads(back) == value


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(config=written(VALUES), after=VALUES)
def test_a_text_can_be_given_any_value(config, after):
    value, text = config

    assert json.loads(rewritten(text, value, after)) == after


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(config=written(), key=st.text(max_size=5), new=VALUES)
def test_a_new_member_leaves_every_byte_around_it(config, key, new):
    value, text = config
    if not value or key in value:
        return

    longer = rewritten(text, value, {**value, key: new})

    assert is_cut_out_of(text, longer)
    assert rewritten(longer, {**value, key: new}, value) == text


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(config=written(), data=st.data())
def test_a_member_that_goes_takes_only_its_own_bytes_along(config, data):
    value, text = config
    if len(value) < 2:
        return
    gone = data.draw(st.sampled_from(sorted(value)))
    rest = {key: one for key, one in value.items() if key != gone}

    shorter = rewritten(text, value, rest)

    assert json.loads(shorter) == rest
    assert is_cut_out_of(shorter, text)


def is_cut_out_of(shorter, longer):
    """Whether one text is the other without one piece."""
    return beginning(shorter, longer) + beginning(shorter[::-1], longer[::-1]) >= len(shorter)


def beginning(shorter, longer):
    """How many signs two texts have in common from the start."""
    return next((place for place, sign in enumerate(shorter) if sign != longer[place]), len(shorter))


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ('[1,  2, 3]', [1, 3], "[1, 3]"),
        ('[1,  2, 3]', [2, 3], "[2, 3]"),
        ('[1,  2, 3]', [1, 2], "[1,  2]"),
        ('[{"a" :1}, {"b" :2}]', [{"a": 1}, {"b": 3}], '[{"a" :1}, {"b" :3}]'),
        ('[{"a" :1}, {"b" :2}]', [{"b": 2}, {"c": 1}], '[{"b" :2}, {"c": 1}]'),
        ('{\n "a": [\n  1\n ]\n}', {"a": [1, {"b": [2]}]}, '{\n "a": [\n  1,\n  {\n   "b": [2]\n  }\n ]\n}'),
        ('{\n\t"a": {}\n}', {"a": {"b": 1}}, '{\n\t"a": {\n\t\t"b": 1\n\t}\n}'),
        ('{"a": {}}', {"a": {"b": {"c": 1}}}, '{"a": {"b": {"c": 1}}}'),
        ("{}", {"a": {"b": 1}}, '{\n  "a": {\n    "b": 1\n  }\n}'),
        ('{"a": 1, "b": 2}', {}, "{}"),
    ],
)  # fmt: skip
def test_what_is_new_is_laid_out_as_the_rest_is(before, after, wanted):
    assert rewritten(before, json.loads(before), after) == wanted


# ── TOML ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
TABLE = {"command": "trails", "args": ["mcp"]}
SAID = '[mcp_servers.trails]\ncommand = "trails"\nargs = ["mcp"]\n'


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ("", SAID),
        ("a = 1", f"a = 1\n\n{SAID}"),
        ("a = 1 # one\n", f"a = 1 # one\n\n{SAID}"),
        ("[mcp_servers.other]\nx = 1\n[b]\n", f"[mcp_servers.other]\nx = 1\n[b]\n\n{SAID}"),
        ("a = 1\r\n", f"a = 1\n\n{SAID}".replace("\n", "\r\n")),
    ],
)
def test_a_new_table_comes_to_the_end_of_the_file_and_goes_again(before, wanted):
    value = tomllib.loads(before)
    after = deepcopy(value)
    after.setdefault("mcp_servers", {})["trails"] = TABLE

    longer = rewritten_toml(before, value, after)

    assert longer == wanted
    assert rewritten_toml(longer, after, value).rstrip() == before.rstrip()


@pytest.mark.parametrize(
    "text",
    [
        "mcp_servers = { other = { x = 1 } }\n",
        "[mcp_servers]\ntrails = { command = 'old', args = [] }\n[b]\ny = 1\n",
        "[mcp_servers.trails]\ncommand = 'old' # mine\n[mcp_servers.trails.env]\nA = 'b'\n[b]\ny = 1\n",
    ],
)
def test_a_table_that_is_written_in_another_way_is_replaced_in_it(text):
    value = tomllib.loads(text)
    after = deepcopy(value)
    after["mcp_servers"]["trails"] = TABLE

    assert tomllib.loads(rewritten_toml(text, value, after)) == after
