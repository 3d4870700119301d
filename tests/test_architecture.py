"""The arrows of docs/architecture.md, held by tests that read the imports and run nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = {
    "trails": ROOT / "trails",
    "trails_server": ROOT / "server/trails_server",
    "trails_cli": ROOT / "cli/trails_cli",
}
RULES = {
    "admission",
    "alignment",
    "anchors",
    "attribution",
    "choosing",
    "clauses",
    "comments",
    "convergence",
    "delivery",
    "digests",
    "dynamics",
    "edges",
    "errors",
    "events",
    "evidence",
    "exposure",
    "fold",
    "languages",
    "leading",
    "likeness",
    "marking",
    "marks",
    "notes",
    "pages",
    "pointing",
    "ranking",
    "rewording",
    "runners",
    "runs",
    "secret_rules",
    "sentences",
    "shell",
    "sittings",
    "starts",
    "symbol_drift",
    "symbols",
    "telling",
    "welcoming",
    "words",
}
LIGHT = {
    "trails/__init__.py",
    "trails/version.py",
    "trails/door.py",
    "cli/trails_cli/entry.py",
    "cli/trails_cli/messages.py",
    "cli/trails_cli/relay.py",
}
# What a front may reach besides the public names of `trails`, and why.
OPEN_TO_FRONTS = {
    "trails.door": "finds and starts the keeper",
    "trails.backends.remote_memory": "asks the keeper",
    "trails.backends.remote_listener": "tells the keeper what a watcher found",
    "trails.bench": "measures recall; no keeper has a part in it",
    "trails.version": "the relay compares it before anything is loaded",
}
HOMES = {
    "alembic": ("trails/backends/",),
    "chromadb": ("trails/backends/chroma_index.py",),
    "dulwich": ("trails/history.py",),
    "fastmcp": ("server/",),
    "huggingface_hub": ("trails/backends/onnx_embedder.py",),
    "mcp": (
        "server/trails_server/connection.py",
        "server/trails_server/app.py",
        "server/trails_server/http.py",
        "cli/trails_cli/demo.py",
    ),
    "numpy": (
        "trails/vectors.py",
        "trails/ports.py",
        "trails/embedding.py",
        "trails/indexing.py",
        "trails/backends/",
        "trails/bench/",
    ),
    "onnxruntime": ("trails/backends/onnx_embedder.py",),
    "pathspec": ("trails/workspace.py",),
    "rich": ("cli/",),
    "sentence_transformers": ("trails/backends/sentence_embedder.py",),
    "sqlalchemy": ("trails/backends/sql", "trails/backends/migrations/"),
    "starlette": ("server/trails_server/http.py",),
    "tokenizers": ("trails/backends/onnx_embedder.py",),
    "torch": ("trails/backends/sentence_embedder.py",),
    "tree_sitter": ("trails/syntax_trees.py",),
    "typer": ("cli/",),
    "ulid": ("trails/bootstrap.py",),
    "uvicorn": ("server/trails_server/http.py",),
    "watchdog": ("trails/watches.py",),
}
HEAVY = (
    "alembic",
    "chromadb",
    "fastmcp",
    "mcp",
    "numpy",
    "onnxruntime",
    "pydantic",
    "sentence_transformers",
    "sqlalchemy",
)


def package_of(path: Path) -> str:
    return next(name for name, folder in SOURCES.items() if folder in path.parents)


def imports_of(path: Path, *, at_import: bool = False) -> set[str]:
    """Absolute dotted names that a module imports; with `at_import`, only those that importing it executes."""
    package = package_of(path)
    inside = path.relative_to(SOURCES[package]).parts[:-1]
    tree = ast.parse(path.read_text())
    nodes = list(_executed(tree)) if at_import else list(ast.walk(tree))
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = [package, *inside][: len(inside) + 2 - node.level] if node.level else []
            base += [node.module] if node.module else []
            found |= {".".join([*base, alias.name]) for alias in node.names} | {".".join(base)}
    return found


def _executed(tree: ast.AST):
    """The nodes outside functions and outside `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _executed(node)


PATHS = [path for folder in SOURCES.values() for path in sorted(folder.rglob("*.py"))]
FILES = [pytest.param(path, id=str(path.relative_to(ROOT))) for path in PATHS]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES)
def test_the_memory_knows_no_front(path):
    if package_of(path) == "trails":
        assert not {name for name in imports_of(path) if name.split(".")[0] in ("trails_server", "trails_cli")}


@pytest.mark.parametrize("path", FILES)
def test_the_server_does_not_know_the_command(path):
    if package_of(path) == "trails_server":
        assert not {name for name in imports_of(path) if name.split(".")[0] == "trails_cli"}


@pytest.mark.parametrize("path", FILES)
def test_fronts_use_the_public_names_of_the_memory(path):
    if package_of(path) != "trails":
        modules = {place(module)[:-3].replace("/", ".") for module in PATHS if package_of(module) == "trails"}
        assert imports_of(path) & modules <= set(OPEN_TO_FRONTS)


@pytest.mark.parametrize("path", FILES)
def test_rules_know_only_the_standard_library_and_each_other(path):
    if path.parent == SOURCES["trails"] and path.stem in RULES:
        roots = {name.split(".")[0] for name in imports_of(path)}
        assert roots <= set(sys.stdlib_module_names) | {"trails"}
        assert not roots & {"os", "time", "random", "secrets", "socket", "pathlib", "io", "threading", "logging"}
        siblings = {name.split(".")[1] for name in imports_of(path) if name.startswith("trails.")}
        assert siblings <= RULES


@pytest.mark.parametrize("path", FILES)
def test_only_bootstrap_knows_the_backends(path):
    if package_of(path) == "trails" and path.stem != "bootstrap" and "backends" not in path.parts:
        assert not {name for name in imports_of(path) if name.startswith("trails.backends")}


@pytest.mark.parametrize("path", FILES)
def test_each_library_has_one_home(path):
    strangers = {
        library
        for library, homes in HOMES.items()
        if library in {name.split(".")[0] for name in imports_of(path)} and not place(path).startswith(homes)
    }
    assert not strangers


@pytest.mark.parametrize("path", FILES)
def test_what_starts_with_every_agent_is_standard_library_only(path):
    if place(path) in LIGHT:
        roots = {name.split(".")[0] for name in imports_of(path, at_import=True)}
        assert roots <= set(sys.stdlib_module_names) | {"trails", "trails_cli"}
        assert not roots & {"dataclasses", "pathlib", "subprocess", "typing", "argparse", "asyncio"} or (
            place(path) == "trails/__init__.py"  # `typing` for TYPE_CHECKING; the relay measures it
        )


def test_no_module_needs_itself():
    """No import cycle among modules, counting only the imports that run when a module is imported."""
    modules = {}
    for path in PATHS:
        parts = [package_of(path), *path.relative_to(SOURCES[package_of(path)]).with_suffix("").parts]
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    arrows = {
        name: {m for m in imports_of(path, at_import=True) if m in modules} - {name} for name, path in modules.items()
    }
    for name in arrows:  # the package itself is loaded by each of its modules: no arrow of anybody's
        arrows[name] -= set(SOURCES)
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for target in sorted(arrows[name]):
                visit(target, (*trail, name))
            done.add(name)

    for name in sorted(arrows):
        visit(name, ())


def test_importing_the_memory_and_the_command_is_light():
    code = f"import sys, trails, trails_cli.main; print([m for m in {HEAVY!r} if m in sys.modules])"
    path = [str(ROOT), str(ROOT / "server"), str(ROOT / "cli")]
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "[]"


def test_every_public_name_can_be_imported():
    import trails

    assert sorted(trails.__all__) == sorted({*trails._HOMES, "__version__"})
    for name in trails.__all__:
        assert getattr(trails, name) is not None
