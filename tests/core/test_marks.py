"""What is a mark in a file and what merely looks like one; what is written is found again as it was meant."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trails.admission import TITLE_LIMIT, admit
from trails.errors import BadInput, Refused
from trails.languages import _ENDINGS, syntax_of
from trails.marking import with_mark
from trails.marks import Mark, marks_in
from trails.notes import Draft, Kind

ENDINGS = sorted(endings.split()[0] for endings in _ENDINGS.values())


def found(path, text):
    return [(mark.first_line, mark.text) for mark in marks_in(path, text.split("\n"))]


# ── what is a mark ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.py", "# trail: Close it first"),
        ("a.py", "x = 1  # trail: Close it first"),
        ("a.rb", "## trail: Close it first"),
        ("a.ts", "  // trail: Close it first"),
        ("a.rs", "/// trail: Close it first"),
        ("a.rs", "fn f<'a>(x: &'a str) { // trail: Close it first"),
        ("a.c", "int x; /* trail: Close it first */ int y;"),
        ("a.css", "/** trail: Close it first */"),
        ("a.md", "Some text <!-- trail: Close it first --> and more"),
        ("a.sql", "select 1; -- trail: Close it first"),
        ("a.el", ";; trail: Close it first"),
        ("a.lua", "--[[ trail: Close it first ]]"),
        ("a.hs", "{- trail: Close it first -}"),
        ("a.tex", "50\\% of it % trail: Close it first"),
        ("a.bat", "REM trail: Close it first"),
        ("a.rst", ".. trail: Close it first"),
        ("a.yaml", "said: it's fine # trail: Close it first"),
        ("Makefile", "\t# trail: Close it first"),
        ("a.j2", "{# trail: Close it first #}"),
    ],
)
def test_a_comment_that_begins_with_trail_is_a_mark(path, line):
    assert found(path, f"\n{line}\n") == [(2, "Close it first")]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", 'said = "# trail: no comment"'),
        ("a.py", '"""\n# trail: no comment\n"""'),
        ("a.py", "f'{d[\"# trail: no comment\"]}'"),
        ("a.js", "const said = `\n// trail: no comment\n`"),
        ("a.js", "const said = '// trail: no \\' comment'"),
        ("a.go", "said := `\\` + `\n// trail: no comment\n`"),
        ("a.java", 'var said = """\n// trail: no comment\n""";'),
        ("a.md", "```python\n# trail: an example\n<!-- trail: an example -->\n```"),
        ("a.md", "as in `<!-- trail: an example -->`"),
        ("a.json", '{"a": 1} // trail: no language with comments'),
        ("a.unknown", "# trail: who knows what this is"),
        ("a.c", "// see http://trail: x"),
        ("a.cc", "// trail::Ledger is a class"),
        ("a.py", "# the trail: a word in a sentence"),
        ("a.py", "# trail:"),
        ("a.sh", "echo ${said# trail: no comment"[:12]),
    ],
)
def test_what_only_looks_like_one_is_none(path, text):
    assert found(path, text) == []


def test_further_lines_of_a_comment_are_its_body_until_an_empty_one_or_the_next_mark():
    text = "# trail: First\n#   with more\n# trail: Second\n#\n# Not of it\nx = 1  # trail: Third\n# Not of it"
    block = "/*\n * trail: First\n * with more\n *\n * Not of it\n * trail(plan): Second */\n"

    assert found("a.py", text) == [(1, "First\n  with more"), (3, "Second"), (6, "Third")]
    assert found("a.c", block) == [(2, "First\nwith more"), (6, "Second")]


def test_the_words_in_parentheses_are_a_kind_and_topics():
    (mark,) = marks_in("a.py", ["# trail(auth, warning): Close it first"])

    assert mark.draft("a.py").kind is Kind.WARNING
    assert mark.draft("a.py").topics == ("auth",)
    assert Mark("x", ("todo", "presence")).draft("a.py").kind is Kind.OBSERVATION
    assert Mark("x", ("todo", "presence")).draft("a.py").topics == ("todo", "presence")


def test_a_line_too_long_for_a_title_is_kept_whole_in_the_body():
    draft = Mark("word " * 60).draft("a.py")

    assert admit(draft).draft.title.startswith("word word")
    assert len(draft.title) <= TITLE_LIMIT
    assert draft.body == "word " * 60


@pytest.mark.parametrize("ending", ["py", "js"])
def test_a_mark_after_a_byte_order_mark_is_found_with_its_further_lines(ending):
    sign = "#" if ending == "py" else "//"

    assert found(f"a.{ending}", f"\ufeff{sign} trail: Close it\n{sign} first") == [(1, "Close it\nfirst")]


def test_a_python_file_in_the_middle_of_an_edit_is_read_all_the_same():
    assert found("a.py", "def f(:\n    x = (\n  # trail: Close it first\n") == [(3, "Close it first")]


# ── what is written ──────────────────────────────────────────────────────────────────────────────────────────────────
WRITTEN = st.text("abc (:)*-#/`'\"", max_size=20)
LINES = WRITTEN | st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=40)
CODE_LINES = r"""
x = 1
  y(2)
"a" + 'b'
# said
  // said
-- said
; said
trail: x
# trail: earlier
  # more of it
<!-- a -->
/* a
*/
'''
`
```
it's \
"""
CODE = st.lists(st.sampled_from(CODE_LINES.splitlines()), max_size=8)


@given(
    st.sampled_from(ENDINGS), CODE, st.integers(1, 9), LINES, st.lists(LINES, max_size=2), st.sampled_from([*Kind][:-1])
)
@example("py", ["# said"], 1, "Close it", [], Kind.WARNING)
@example("css", [], 1, "Close it", ["* twice", "- or thrice"], Kind.PLAN)
@example("md", ["# Title"], 1, "Close it", ["and more"], Kind.OBSERVATION)
def test_what_is_written_is_found_again_with_its_text_and_line(ending, code, line, title, body, kind):
    draft = Draft(title, "\n".join(line for line in body if line.strip()), kind)
    path, text = f"src/a.{ending}", "".join(f"{line}\r\n" for line in code)
    try:
        marked, place = with_mark(path, text, min(line, max(1, len(code))), draft)
    except (BadInput, Refused):
        return  # better no mark than one that says something else

    lines = marked.replace("\r\n", "\n").removesuffix("\n").split("\n")
    (mark,) = [mark for mark in marks_in(path, lines) if mark.first_line == place]
    read, said = admit(mark.draft(path)).draft, admit(draft).draft
    assert (read.title, read.body, read.kind) == (said.title, said.body, said.kind)
    added = len(lines) - len(code)
    assert lines[: place - 1] + lines[place - 1 + added :] == (code or [""])[: len(code)]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_plain_text_can_be_written_into_every_language(ending):
    draft = Draft("Close the ledger first", "Two writers lose a page.\n- item", Kind.WARNING, topics=("books",))

    text, place = with_mark(f"a.{ending}", "first\n    second\n", 2, draft)

    (mark,) = marks_in(f"a.{ending}", text.split("\n"))
    assert (mark.first_line, place) == (2, 2)
    assert mark.text == "Close the ledger first\nTwo writers lose a page.\n- item"
    assert mark.words == ("warning", "books")
    assert text.split("\n")[1].startswith("    ")
    assert syntax_of(f"a.{ending}") is not None


def mark(path, text, line=1, title="Close it", **more):
    return with_mark(path, text, line, Draft(title, **more))


def test_the_newlines_the_byte_order_mark_and_bytes_that_are_no_text_stay():
    assert mark("a.c", "\ufeffint x;\r\nint y;", 2) == ("\ufeffint x;\r\n// trail: Close it\r\nint y;", 2)
    assert mark("a.c", "int \udce9;\n")[0] == "// trail: Close it\nint \udce9;\n"
    assert mark("a.c", "")[0] == "// trail: Close it\n"
    with pytest.raises(BadInput, match="not in UTF-8"):
        mark("a.c", "int \udce9;\n", title="Schließe es")


def test_what_must_come_first_in_a_file_stays_first():
    assert mark("a.py", "#!/usr/bin/env python\n# coding: utf-8\nx = 1\n")[1] == 3
    assert mark("run", "#!/bin/sh")[0] == "#!/bin/sh\n# trail: Close it\n"
    assert mark("a.md", "---\ntitle: x\n---\nText\n", 2)[1] == 4
    assert mark("a.yaml", "---\na: 1\n---\nb: 2\n", 2)[1] == 2
    assert mark("a.xml", '<?xml version="1.0"?>\n<a/>\n')[1] == 2


def test_a_mark_never_comes_between_lines_that_belong_together():
    assert mark("a.sh", "make \\\n  all \\\n  test\n", 3)[1] == 1
    assert mark("a.py", "# trail: One\n# goes on\nx = 1\n", 2)[1] == 1
    assert mark("a.py", "# What x is\nx = 1\n")[0] == "# trail: Close it\n#\n# What x is\nx = 1\n"


@pytest.mark.parametrize(
    ("path", "text", "line", "title", "why"),
    [
        ("a.json", "{}\n", 1, "Close it", "trails lay"),
        ("a.py", "x = '''\na\n'''\n", 2, "Close it", "inside a string"),
        ("a.css", "a {}\n", 1, "Close */ it", "what ends one"),
        ("a.py", "x = 1\n", 7, "Close it", "1 lines"),
        ("a.py", "x = 1\n", 1, "", "empty"),
    ],
)
def test_what_cannot_be_marked_is_refused_with_the_way_out(path, text, line, title, why):
    with pytest.raises(BadInput, match=why):
        mark(path, text, line, title)


def test_a_secret_is_not_written_into_a_file():
    with pytest.raises(Refused):
        mark("a.py", "x = 1\n", title="password = hunter2-Zx9!kq71")
