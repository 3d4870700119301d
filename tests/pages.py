"""
How tests/test_docs.py reads pages and modules: prose, code blocks and tables of Markdown; the names that code defines.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PACKAGES = (ROOT / "trails", ROOT / "server/trails_server", ROOT / "cli/trails_cli")
MODULES = [
    path
    for folder in PACKAGES
    for path in sorted(folder.rglob("*.py"))
    if "minilm" not in path.parts and path.read_text().strip()
]

SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^()\s]+)\)")
PLACE = re.compile(r"(?<![\w/.-])(?:trails|server/trails_server|cli/trails_cli|tests|docs|benchmarks)/[\w./-]*\w\.\w+")
MENTION = re.compile(rf"(?P<path>{PLACE.pattern})(?:::(?P<name>\w+(?:\.\w+)?))?")
FROM_SOURCE = re.compile(
    r"(?P<path>docs/[\w./-]+\.md|tests/(?:core|backends|server|cli|journeys)/\w+\.py)(?:::(?P<name>\w+))?"
)


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prose(text: str) -> Iterator[tuple[int, str]]:
    """The lines outside code blocks, numbered from 1."""
    fenced = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def own_words(text: str) -> str:
    """A page without its sessions and outputs, which speak of other people's projects."""
    return re.sub(r"^```(?:console|text|bash)\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def blocks(text: str) -> list[str]:
    """The code blocks of a page."""
    return re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def rows(text: str) -> Iterator[list[str]]:
    """The cells of each row of each table, without backticks."""
    for _, line in prose(text):
        if line.startswith("|"):
            yield [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]


def headings(page: Path) -> set[str]:
    """The anchors that a page's headings get when it is rendered."""
    found = {re.sub(r"[^\w\- ]", "", line.lstrip("# ")) for _, line in prose(page.read_text()) if line.startswith("#")}
    return {heading.strip().lower().replace(" ", "-") for heading in found}


def is_file_name(span: str) -> bool:
    return re.fullmatch(r"[\w.-]+\.(py|md|toml|json|jsonl|log|sock|lock|db|onnx|txt)", span) is not None


def tree(text: str) -> dict[str, str]:
    """What the drawn tree says of each module, by the module's path; one line may name several."""
    (drawn,) = [block for block in blocks(text) if block.startswith("trails/")]
    said: dict[str, str] = {}
    folders: list[tuple[int, str]] = []
    for line in drawn.splitlines():
        names, words = re.fullmatch(r"((?: *[\w/]+(?:\.py|/)(?= |$))+) *(.*)", line).groups()
        indent = len(line) - len(line.lstrip())
        folders = [folder for folder in folders if folder[0] < indent]
        for name in names.split():
            if name.endswith("/"):
                folders.append((indent, name))
            else:
                said["".join(folder for _, folder in folders) + name] = words
    return said


def equations(text: str) -> dict[int, str]:
    """The numbered lines `(n)  …`, by number, with single spaces."""
    found = re.findall(r"^ *\((\d+)\) +(\S.*)$", text, re.MULTILINE)
    return {int(number): " ".join(equation.split()) for number, equation in found}


def number(text: str) -> float:
    """A number as the table writes it: `.25`, `90`, `86 400`, or a fraction such as `15 / 1440`."""
    above, _, below = text.replace(" ", "").partition("/")
    return float(above) / float(below or 1)


# ── code ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@cache
def symbols(path: Path) -> frozenset[str]:
    """What a module defines at its top level, and `Class.name` for what its classes define."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        names = _defined_by(node)
        found.update(names)
        if isinstance(node, ast.ClassDef):
            found.update(f"{node.name}.{name}" for inner in node.body for name in _defined_by(inner))
    return frozenset(found)


def _defined_by(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Assign():
            return [part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case _:
            return []


def missing(mentions: Iterator[re.Match[str]]) -> list[str]:
    """The mentions of a file that is not there, or of a name that it does not define."""
    wrong = []
    for mention in mentions:
        path, name = ROOT / mention["path"], mention["name"]
        if not path.exists() or (name and name not in symbols(path)):
            wrong.append(mention[0])
    return wrong


@cache
def names_by_owner() -> Mapping[str, frozenset[str]]:
    """What stands behind the dot: the top-level names of each module, and the names in each class."""
    found: dict[str, set[str]] = {}
    for module in MODULES:
        for symbol in symbols(module):
            owner, _, name = symbol.partition(".")
            found.setdefault(module.stem, set()).add(symbol)
            found.setdefault(owner, set()).update({name} if name else ())
    return {owner: frozenset(names) for owner, names in found.items()}


def docstring(path: Path, name: str) -> str:
    """What a function of a module says of itself."""
    (function,) = [node for node in ast.parse(path.read_text()).body if getattr(node, "name", "") == name]
    return ast.get_docstring(function) or ""


def constants(module: ModuleType) -> dict[str, float]:
    """The numbers that a module decides: `NAME`, and `NAME[key]` for each number of a mapping."""
    own = {name for name in symbols(Path(module.__file__)) if name.isupper() and not name.startswith("_")}
    found: dict[str, float] = {}
    for name in own:
        match getattr(module, name):
            case bool():
                continue
            case int() | float() as number:
                found[name] = number
            case Mapping() as numbers:
                found |= {
                    f"{name}[{key}]": number for key, number in numbers.items() if isinstance(number, int | float)
                }
    return found
