"""
What code in languages other than Python defines, read with tree-sitter where the extra `symbols` is installed.

One rule serves all grammars: a definition is a node whose type speaks of a function, a type or a variable and that has
a name. What is inside a function stays its own affair.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from .symbols import Symbol, digest_of

if TYPE_CHECKING:
    from tree_sitter import Language, Node

GRAMMARS = {  # by the ending of a file's name: the package, and the function in it that gives the language
    **dict.fromkeys((".js", ".jsx", ".mjs", ".cjs"), ("tree_sitter_javascript", "language")),
    **dict.fromkeys((".ts", ".mts", ".cts"), ("tree_sitter_typescript", "language_typescript")),
    ".tsx": ("tree_sitter_typescript", "language_tsx"),
    ".go": ("tree_sitter_go", "language"),
    ".rs": ("tree_sitter_rust", "language"),
    ".java": ("tree_sitter_java", "language"),
    **dict.fromkeys((".c", ".h"), ("tree_sitter_c", "language")),
    **dict.fromkeys((".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx"), ("tree_sitter_cpp", "language")),
    ".cs": ("tree_sitter_c_sharp", "language"),
    ".rb": ("tree_sitter_ruby", "language"),
    ".php": ("tree_sitter_php", "language_php"),
}
CLOSING = (")", "]", "}", ">")
DEEPEST = 100  # levels of the tree; deeper lies no definition that anybody would point at

_FUNCTION = re.compile(r"function|method|constructor|subroutine")
_OTHER = re.compile(
    r"(class|interface|struct|enum|union|trait|record|module|namespace|internal_module|mod|package|object|type|type_alias"
    r"|macro|const|static|annotation_type|delegate|property)(_(declaration|definition|item|specifier|spec|signature))?"
    r"|abstract_class_declaration|variable_declarator|var_spec|assignment|alias_declaration"
)
_TYPE_OF_IMPL = "impl_item"


def syntax_symbols(path: str, lines: Sequence[str]) -> tuple[Symbol, ...] | None:
    """What a file defines, in the order of its lines; None where no parser for it is installed."""
    grammar = GRAMMARS.get(PurePosixPath(path).suffix.lower())
    language = _language(*grammar) if grammar else None
    if language is None:
        return None
    from tree_sitter import Parser

    source = "\n".join(lines).encode()
    return tuple(_defined(Parser(language).parse(source).root_node, (), DEEPEST))


@cache
def _language(package: str, function: str) -> "Language | None":
    try:
        from tree_sitter import Language

        return Language(getattr(import_module(package), function)())
    except ImportError:
        return None


def _defined(node: "Node", above: tuple[str, ...], deepest: int) -> Iterator[Symbol]:
    for child in node.named_children if deepest else ():
        name = _name_of(child)
        here = (*above, name) if name else above
        is_function = _FUNCTION.search(child.type) is not None
        if name and child.type != _TYPE_OF_IMPL:
            yield _symbol(child, here)
        if not (name and is_function):
            yield from _defined(child, here, deepest - 1)


def _name_of(node: "Node") -> str:
    """The dotted name that a node gives to what it defines; "" for one that defines nothing."""
    if node.type == _TYPE_OF_IMPL:
        return _plain(node.child_by_field_name("type"))
    if not (_OTHER.fullmatch(node.type) or _FUNCTION.search(node.type)) or "call" in node.type:
        return ""
    name = node.child_by_field_name("name") or node.child_by_field_name("left") or _declared(node)
    receiver = node.child_by_field_name("receiver")
    owner = re.findall(r"\w+", _text(receiver).partition("[")[0])[-1:]  # of Go: the type of `(s *Stack[T])`
    return ".".join([*owner, _plain(name)]) if name is not None and _plain(name) else ""


def _declared(node: "Node") -> "Node | None":
    """The name inside the declarators of C and C++."""
    inner = node.child_by_field_name("declarator")
    return (_declared(inner) or inner) if inner is not None else None


def _plain(node: "Node | None") -> str:
    """A name without type parameters; "" for what is more than a name."""
    text = re.sub(r"<.*>", "", _text(node), flags=re.DOTALL).replace("::", ".").replace("\\", ".")
    return text if re.fullmatch(r"[\w$~?!]+(\.[\w$~?!]+)*", text) else ""


def _text(node: "Node | None") -> str:
    return (node.text or b"").decode(errors="replace") if node is not None else ""


def _symbol(node: "Node", names: tuple[str, ...]) -> Symbol:
    last = node.end_point.row + (node.end_point.column > 0)
    return Symbol(".".join(names), node.start_point.row + 1, max(last, node.start_point.row + 1), _meaning(node))


def _meaning(node: "Node") -> str:
    """What a node says, without the comma that formatters put before a bracket at the start of a line."""
    leaves = list(_leaves(node))
    return digest_of(*(one for one, after in pairwise([*leaves, ""]) if one != "," or after not in CLOSING))


def _leaves(node: "Node") -> Iterator[str]:
    """The words and signs of the code, without comments; not by recursion, since code nests deeply."""
    below = [node]
    while below:
        here = below.pop()
        if "comment" in here.type:
            continue
        if here.child_count:
            below += reversed(here.children)
        else:
            yield _text(here)
