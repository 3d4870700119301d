"""
What a file defines, by name: functions, classes, methods, constants, each with its lines.

A name is dotted from the outside in: "Ledger.rotate" is the method of a class. Python is read here, with its own
parser; other languages by `syntax_trees.py`, where the extra `symbols` is installed.
"""

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import blake2b

from .errors import BadInput

PYTHON = (".py", ".pyi", ".pyw")
NEAR_AT_LEAST = 0.75  # likeness of two names, by difflib
NEAR_ONES = 3  # names told where one is not there
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = (ast.ClassDef, *FUNCTIONS)


@dataclass(frozen=True, slots=True)
class Symbol:
    """
    One definition in a file, on lines `first_line` to `last_line` (1-based, both included).

    `meaning` is the same for two texts that differ in white space and comments alone.
    """

    name: str
    first_line: int
    last_line: int
    meaning: str = ""


def is_python(path: str) -> bool:
    return path.endswith(PYTHON)


def python_symbols(lines: Sequence[str]) -> tuple[Symbol, ...] | None:
    """What Python code defines, in the order of its lines; None for what is no valid Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the compiler, on the code of others
            tree = ast.parse("\n".join(lines))
        return tuple(_defined(tree, ()))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def find_symbol(symbols: Sequence[Symbol], name: str, path: str) -> Symbol:
    """The first symbol of this name. Raises BadInput with names that are like it."""
    found = next((symbol for symbol in symbols if symbol.name == name), None)
    if found is None:
        raise BadInput(f"{path} defines no {name}{_near(name, [symbol.name for symbol in symbols])}")
    return found


def digest_of(*parts: str) -> str:
    """The meaning that these parts have together."""
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _near(name: str, names: Sequence[str]) -> str:
    by_last = [other for other in names if other.rpartition(".")[2] == name.rpartition(".")[2]]
    near = list(dict.fromkeys([*by_last, *get_close_matches(name, names, NEAR_ONES, NEAR_AT_LEAST)]))[:NEAR_ONES]
    return f": did you mean {' or '.join(near)}?" if near else "."


def _defined(node: ast.AST, above: tuple[str, ...]) -> Iterator[Symbol]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, SCOPES):
            yield _symbol(child, (*above, child.name))
            yield from _defined(child, (*above, child.name))
        elif isinstance(child, ast.If | ast.Try | ast.With):
            yield from _defined(child, above)
        elif isinstance(child, ast.Assign | ast.AnnAssign) and not isinstance(node, FUNCTIONS):
            targets = child.targets if isinstance(child, ast.Assign) else [child.target]
            yield from (_symbol(child, (*above, target.id)) for target in targets if isinstance(target, ast.Name))


def _symbol(node: ast.stmt, names: tuple[str, ...]) -> Symbol:
    name = ".".join(names)
    decorators = node.decorator_list if isinstance(node, SCOPES) else []
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return Symbol(name, first, node.end_lineno or node.lineno, digest_of(ast.dump(node)))
