"""
What the documentation says, held against the product: links, names, numbers, terms, and the generated pages.

A page that names a module, a symbol, a command, a variable or a constant is wrong from the moment that one changes.
These tests are that moment.
"""

import ast
import importlib
import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest

from tests.pages import (
    DOCS,
    FROM_SOURCE,
    LINK,
    MENTION,
    MODULES,
    ROOT,
    SPAN,
    blocks,
    constants,
    docstring,
    equations,
    headings,
    is_file_name,
    missing,
    named,
    names_by_owner,
    number,
    own_words,
    prose,
    rows,
    symbols,
    tree,
)
from tests.test_architecture import RULES

GENERATED = sorted((DOCS / "reference").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
WRITTEN = [page for page in PAGES if page not in GENERATED]
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
WITH_CONSTANTS = (
    "dynamics",
    "evidence",
    "attribution",
    "ranking",
    "edges",
    "sittings",
    "leading",
    "choosing",
    "alignment",
    "anchors",
    "digests",
    "symbols",
    "symbol_drift",
    "syntax_trees",
    "recalling",
    "convergence",
    "witnessing",
)
VOCABULARY = """
admission, amend, anchor, candidate, degraded, dissent, drift, edge, event, evaporation, evidence, file identity,
fingerprint, fold, half-life, handle, hit, judge, keeper, lay, lead, nearness, note, outbox, outcome, principal,
purge, recall, relay, score, served, session, similarity, strength, trail, witness, workspace
"""


def each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", [pytest.param(path, id=named(path)) for path in paths])


# ── links and names ──────────────────────────────────────────────────────────────────────────────────────────────────
@each(PAGES)
def test_every_relative_link_leads_somewhere(path):
    targets = [target for target in LINK.findall(path.read_text()) if not re.match(r"[a-z]+:", target)]
    broken = []
    for target in targets:
        place, _, heading = target.partition("#")
        page = (path.parent / place).resolve() if place else path
        if not page.exists() or (heading and heading not in headings(page)):
            broken.append(target)
    assert not broken


@each(PAGES)
def test_every_file_and_name_that_a_page_points_at_exists(path):
    assert not missing(MENTION.finditer(own_words(path.read_text())))


@each(MODULES)
def test_every_page_and_test_that_a_module_points_at_exists(path):
    text = path.read_text()
    decisions = set(re.findall(r"docs/decisions/(\d{4})", text))
    assert not missing(FROM_SOURCE.finditer(text))
    assert decisions <= {decision.name[:4] for decision in DECISIONS}


@each(WRITTEN)
def test_every_module_that_is_named_exists(path):
    known = {module.name for module in [*MODULES, *(ROOT / "tests").rglob("*.py"), *DOCS.rglob("*.py")]}
    assert {span for span in SPAN.findall(path.read_text()) if re.fullmatch(r"\w+\.py", span)} <= known


@each(WRITTEN)
def test_every_function_and_method_that_is_named_exists(path):
    text = own_words(path.read_text())
    dotted = re.compile(r"(?<![\w./\"-])([A-Za-z_]\w*)\.([A-Za-z_]\w*)(?![\w/-]|\.\w)")
    named = [found for part in [*SPAN.findall(text), *blocks(text)] for found in dotted.finditer(part)]
    known = names_by_owner()
    unknown = {found[0] for found in named if found[1] in known and found[2] not in known[found[1]]}
    assert not {name for name in unknown if not is_file_name(name)}


@each(WRITTEN)
def test_every_variable_that_is_named_is_read(path):
    from trails import door, settings

    known = {variable for _, variable, _, _ in settings.describe_settings()} | set(door.PASSED_ON)
    assert set(re.findall(r"\bTRAILS_[A-Z_]+[A-Z]\b", path.read_text())) <= known


@each(WRITTEN)
def test_every_command_that_is_named_exists(path):
    text = path.read_text()
    shown = SPAN.findall(text) + [line.removeprefix("$ ") for block in blocks(text) for line in block.splitlines()]
    made = {line.split()[1] for line in shown if re.match(r"make [a-z]", line)}
    run = {line.split()[1] for line in shown if re.match(r"trails [a-z]", line)}
    assert made <= set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert run <= commands()


@cache
def commands() -> frozenset[str]:
    """The words that may follow `trails`."""
    from typer.main import get_group

    from trails_cli.main import app

    return frozenset(get_group(app).commands)


@each(WRITTEN)
def test_prose_has_one_sentence_a_line(path):
    two = re.compile(r"[\w)`*][.?!] [A-Z`*]")
    lines = ((place, re.sub(r"^[# ]*\d+\. ", "", line)) for place, line in prose(path.read_text()))
    assert not [(place, line) for place, line in lines if not line.startswith("|") and two.search(line)]


# ── architecture.md ──────────────────────────────────────────────────────────────────────────────────────────────────
ARCHITECTURE = DOCS / "architecture.md"
TOOLS = ROOT / "server/trails_server/tools.py"


def test_the_tree_names_exactly_the_modules_that_exist():
    said = tree(ARCHITECTURE.read_text())

    assert set(said) == {named(path) for path in MODULES}


def test_the_tree_says_what_each_module_decides():
    assert not [path for path, words in tree(ARCHITECTURE.read_text()).items() if len(words.split()) < 2]


def test_the_error_table_is_the_error_tree():
    from trails.errors import ERRORS_BY_CODE

    tree_of_errors = symbols(ROOT / "trails/errors.py")
    said = {tuple(row[:4]) for row in rows(ARCHITECTURE.read_text()) if row[0] in tree_of_errors}

    assert said == {
        (error.__name__, code, str(error.status), str(error.exit_code)) for code, error in ERRORS_BY_CODE.items()
    }


def test_the_architecture_names_the_rules():
    (said,) = re.findall(r"^Rules \(([\w, ]+)\)", ARCHITECTURE.read_text(), re.MULTILINE)

    assert set(said.split(", ")) == RULES


def test_the_architecture_links_every_decision():
    links = set(LINK.findall(ARCHITECTURE.read_text()))

    assert {f"decisions/{path.name}" for path in DECISIONS} <= links


def test_the_architecture_names_every_verb_and_tool():
    from trails_server.verbs import CHORES, VERBS

    assert {*VERBS, *CHORES, *tools()} <= set(SPAN.findall(ARCHITECTURE.read_text()))


@cache
def tools() -> frozenset[str]:
    """The names of the MCP tools: the public methods of `Tools`."""
    (offered,) = [node for node in ast.parse(TOOLS.read_text()).body if getattr(node, "name", "") == "Tools"]
    methods = {node.name for node in offered.body if isinstance(node, ast.FunctionDef)}
    return frozenset(name for name in methods if not name.startswith("_"))


# ── glossary.md and decisions ────────────────────────────────────────────────────────────────────────────────────────
def glossary() -> dict[str, str]:
    """What the glossary says of each term, in the order of the page."""
    parts = re.split(r"^## (.+)\n", (DOCS / "glossary.md").read_text(), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_word_of_the_vocabulary_is_in_the_glossary():
    assert {term.strip() for term in VOCABULARY.split(",")} <= set(glossary())


def test_the_glossary_is_sorted():
    terms = list(glossary())

    assert terms == sorted(terms, key=str.casefold)


@pytest.mark.parametrize("term", glossary())
def test_the_glossary_says_where_a_term_lives(term):
    said = glossary()[term]

    assert MENTION.search(said)
    assert 1 <= len([line for line in said.splitlines() if line.strip()]) <= 4


def test_decisions_are_numbered_without_a_gap():
    assert DECISIONS
    assert [path.name[:4] for path in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]


@each(DECISIONS)
def test_a_decision_says_why_what_follows_and_what_would_change_it(path):
    parts = re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE)

    assert parts == ["Context", "Decision", "Consequences", "What would change it"]


# ── dynamics.md ──────────────────────────────────────────────────────────────────────────────────────────────────────
DYNAMICS = DOCS / "dynamics.md"


@pytest.mark.parametrize("name", WITH_CONSTANTS)
def test_the_constants_in_the_table_are_those_of_the_code(name):
    said = {
        row[0].removeprefix(f"{name}."): number(row[1])
        for row in rows(DYNAMICS.read_text())
        if row[0].startswith(f"{name}.") and len(row) > 2
    }

    assert said == pytest.approx(constants(importlib.import_module(f"trails.{name}")))


def test_the_equations_on_the_page_are_those_of_the_code():
    sources = [ROOT / f"trails/{name}.py" for name in WITH_CONSTANTS]
    written = [ast.get_docstring(ast.parse(source.read_text())) or "" for source in sources]

    said = equations("\n".join(blocks(DYNAMICS.read_text())))

    assert said
    assert said == equations("\n".join(written))


@pytest.mark.parametrize("property_", [*range(1, 17), 18, 19])
def test_every_property_names_the_tests_that_hold_it(property_):
    (row,) = [row for row in rows(DYNAMICS.read_text()) if row[0] == str(property_)]
    mentions = list(MENTION.finditer(row[-1]))

    assert mentions
    for mention in mentions:
        said = docstring(ROOT / mention["path"], mention["name"])
        assert re.search(rf"^Propert(y|ies)\b[^:.]*\b{property_}\b", said), mention[0]


# ── reference ────────────────────────────────────────────────────────────────────────────────────────────────────────
@cache
def generated() -> dict[str, str]:
    """The reference pages as the product would write them now, by file name."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    return {Path(path).name: text for path, text in generate.pages().items()}


def test_there_is_a_page_for_settings_commands_and_tools():
    assert {"settings.md", "commands.md", "tools.md"} <= set(generated())


def test_the_generated_pages_are_those_in_the_checkout():
    """Red after a change of a setting, a command or a tool: `make docs` writes the pages anew."""
    assert {path.name: path.read_text() for path in GENERATED} == generated()


def test_every_setting_is_in_the_reference():
    from trails.settings import describe_settings

    page = (DOCS / "reference/settings.md").read_text()

    assert not [
        name for name, variable, _, meaning in describe_settings() if variable not in page or meaning not in page
    ]


def test_every_command_is_in_the_reference():
    page = (DOCS / "reference/commands.md").read_text()

    assert not [command for command in commands() if f"trails {command}" not in page]


def test_every_tool_is_in_the_reference():
    page = (DOCS / "reference/tools.md").read_text()

    assert tools()
    assert not [tool for tool in tools() if not re.search(rf"^#+ `?{tool}`?$|`{tool}`", page, re.MULTILINE)]
