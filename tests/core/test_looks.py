"""A look that is sent to a keeper arrives as it was, and nothing else is taken for one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trails.errors import BadInput
from trails.following import Changed, Copied, Exchanged, Gone, Moved
from trails.looks import look_as_json, read_look
from trails.notes import NO_HEAD, Head

paths = st.sampled_from(("a.py", "src/b.py", "src/ü.py", "src"))
moves = st.builds(
    Moved, paths, paths, st.booleans(), st.sampled_from(("seen", "git", "content")), st.sampled_from((1.0, 0.5, 1))
)
findings = st.one_of(
    moves,
    st.builds(Exchanged, st.lists(moves, max_size=3).map(tuple)),
    st.builds(Copied, paths, paths),
    st.builds(Changed, paths, st.sampled_from(("", "d1"))),
    st.builds(Gone, paths),
)
NO_LOOK = {"branch": "", "commit": ""}


@given(st.lists(findings), st.sampled_from((NO_HEAD, Head("main", "c0ffee"))))
def test_a_look_arrives_as_it_was(found, head):
    sent = json.loads(json.dumps(look_as_json(found, head)))

    assert read_look(sent) == (found, head)


@pytest.mark.parametrize("path", ["../a.py", "/etc/passwd", "~/a.py", "a\x1b[2Jb", ".git/config", "a//b", ""])
def test_a_path_that_no_note_can_carry_is_nobodys_business(path):
    found = [Gone(path), Moved("a.py", path), Exchanged((Moved(path, "a.py"),)), Changed("a.py", "d1")]

    assert read_look(look_as_json(found, NO_HEAD)) == ([Changed("a.py", "d1")], NO_HEAD)


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"findings": [], "head": {}},
        {"findings": "none", "head": NO_LOOK},
        {"findings": [{"what": "burnt", "path": "a.py"}], "head": NO_LOOK},
        {"findings": [{"what": "gone", "path": 7}], "head": NO_LOOK},
        {"findings": [{"what": "changed", "path": "a.py"}], "head": NO_LOOK},
        {"findings": [{"what": "exchanged", "moves": [1]}], "head": NO_LOOK},
        {"findings": [look_as_json([Moved("a", "b", confidence=7)], NO_HEAD)["findings"][0]], "head": NO_LOOK},
        {"findings": [], "head": {"branch": "a\x1b[2J", "commit": ""}},
        {"findings": [], "head": {"branch": "a" * 300, "commit": ""}},
    ],
)
def test_what_is_no_look_is_refused(plain):
    with pytest.raises(BadInput):
        read_look(plain)
