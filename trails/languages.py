"""
How each language writes comments and strings, by the name of a file: what can be marked, and how.

A name that is not in the table says nothing; a first line such as `#!/bin/sh` still may. JSON has no comments, and a
format that is not text for people to edit is left out: such a file carries no marks.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Syntax:
    """
    The comments and the strings of one language.

    `lines` begin a comment that ends with its line, `blocks` begin and end one that may go on for several. `quotes`
    hold a string within one line; `fences` one that may go on, with a backslash as escape, and `raw_fences` without.
    The first of `lines`, or else of `blocks`, is what a new mark is written with.
    """

    lines: tuple[str, ...] = ()
    blocks: tuple[tuple[str, str], ...] = ()
    quotes: tuple[str, ...] = ()
    fences: tuple[str, ...] = ()
    raw_fences: tuple[str, ...] = ()


BOTH = ('"', "'")
C_BLOCK, MARKUP = ("/*", "*/"), ("<!--", "-->")

PYTHON = Syntax(("#",), quotes=BOTH, fences=('"""', "'''"))
HASH = Syntax(("#",), quotes=BOTH)
HASH_AND_FENCES = Syntax(("#",), quotes=BOTH, fences=('"""',))
POWERSHELL = Syntax(("#",), (("<#", "#>"),), BOTH)
NIX = Syntax(("#",), (C_BLOCK,), ('"',), raw_fences=("''",))
TERRAFORM = Syntax(("#", "//"), (C_BLOCK,), ('"',))
PHP = Syntax(("//", "#"), (C_BLOCK, MARKUP), BOTH)
C = Syntax(("//",), (C_BLOCK,), BOTH)
C_AND_FENCES = Syntax(("//",), (C_BLOCK,), BOTH, fences=('"""',))
GO = Syntax(("//",), (C_BLOCK,), BOTH, raw_fences=("`",))
SCRIPT = Syntax(("//",), (C_BLOCK,), BOTH, fences=("`",))
RUST = Syntax(("//",), (C_BLOCK,), ('"',))  # a lone ' begins a lifetime
STYLE = Syntax((), (C_BLOCK,), BOTH)
MARKED_UP = Syntax((), (MARKUP,))
PAGE = Syntax((), (MARKUP, C_BLOCK))
MARKDOWN = Syntax((), (MARKUP,), ("`",), raw_fences=("```", "~~~"))  # what is quoted there is an example
TEMPLATE = Syntax((), (("{#", "#}"), MARKUP))
SQL = Syntax(("--",), (C_BLOCK,), BOTH)
DASHES = Syntax(("--",), quotes=('"',))
LUA = Syntax(("--",), (("--[[", "]]"),), BOTH)
HASKELL = Syntax(("--",), (("{-", "-}"),), ('"',))
ML = Syntax((), (("(*", "*)"),), ('"',))
FSHARP = Syntax(("//",), (("(*", "*)"),), ('"',), fences=('"""',))
PASCAL = Syntax(("//",), (("(*", "*)"),), ("'",))
LISP = Syntax((";",), (("#|", "|#"),), ('"',))
SEMICOLON = Syntax((";",), quotes=BOTH)
INI = Syntax((";", "#"))
PERCENT = Syntax(("%",), quotes=('"',))
TEX = Syntax(("%",))
BASIC = Syntax(("'",), quotes=('"',))
BATCH = Syntax(("REM", "rem", "::"))
FORTRAN = Syntax(("!",), quotes=BOTH)
VIM = Syntax(('"',))
DOTS = Syntax(("..",), raw_fences=("``",))

_ENDINGS: Mapping[Syntax, str] = {
    PYTHON: "py pyi pyw pyx pxd bzl star",
    HASH: "sh bash zsh fish ksh rb rake gemspec pl pm r yaml yml toml conf cfg cmake mk awk sed tcl nim coffee graphql "
    "gql po properties cr gn gni bb rego hcl2 service desktop editorconfig gitignore dockerignore gitattributes",
    HASH_AND_FENCES: "jl ex exs gd",
    POWERSHELL: "ps1 psm1 psd1",
    NIX: "nix",
    TERRAFORM: "tf tfvars hcl",
    PHP: "php",
    C: "c h cc cpp cxx hh hpp hxx m mm ino cu glsl vert frag hlsl wgsl proto thrift sol v sv svh zig scss less sass "
    "gradle jsonc json5 adoc d vala as y l",
    C_AND_FENCES: "java kt kts scala sbt swift cs groovy dart",
    GO: "go",
    SCRIPT: "js mjs cjs jsx ts mts cts tsx",
    RUST: "rs",
    STYLE: "css",
    MARKED_UP: "xml svg xsd xsl xslt xaml plist csproj fsproj vbproj props targets pom",
    PAGE: "html htm xhtml vue svelte astro",
    MARKDOWN: "md markdown mdx",
    TEMPLATE: "j2 jinja jinja2 njk liquid",
    SQL: "sql psql ddl",
    DASHES: "adb ads vhd vhdl",
    LUA: "lua",
    HASKELL: "hs lhs elm purs dhall",
    ML: "ml mli sml thy",
    FSHARP: "fs fsi fsx",
    PASCAL: "pas pp dpr",
    LISP: "lisp cl el clj cljs cljc edn scm rkt ss",
    SEMICOLON: "asm s nasm ahk",
    INI: "ini inf reg",
    PERCENT: "erl hrl pro m4p",
    TEX: "tex sty bib ltx",
    BASIC: "vb vbs bas",
    BATCH: "bat cmd",
    FORTRAN: "f90 f95 f03 f08",
    VIM: "vim vimrc",
    DOTS: "rst",
}
_NAMES: Mapping[Syntax, str] = {
    HASH: "makefile gnumakefile dockerfile containerfile justfile gemfile rakefile vagrantfile procfile brewfile "
    "cmakelists.txt requirements.txt constraints.txt codeowners pipfile .bashrc .zshrc .profile .npmrc .pylintrc",
    PYTHON: "sconstruct sconscript wscript build workspace tiltfile",
    C: "jenkinsfile",
    INI: ".gitconfig",
}
_BY_ENDING = {ending: syntax for syntax, endings in _ENDINGS.items() for ending in endings.split()}
_BY_NAME = {name: syntax for syntax, names in _NAMES.items() for name in names.split()}
_BY_INTERPRETER = (("python", PYTHON), ("node", SCRIPT), ("deno", SCRIPT), ("lua", LUA), ("php", PHP), ("", HASH))


def syntax_of(path: str, first_line: str = "") -> Syntax | None:
    """The comments of a file, by its name or else by the interpreter that its first line names; None for none."""
    name = path.rpartition("/")[2].lower()
    ending = name.rpartition(".")[2] if "." in name else ""
    known = _BY_NAME.get(name) or _BY_ENDING.get(ending)
    if known or not first_line.startswith("#!"):
        return known
    return next(syntax for interpreter, syntax in _BY_INTERPRETER if interpreter in first_line)


def may_have_comments(path: str) -> bool:
    """Whether a file of this name is worth a look: of a name without an ending only its first line tells."""
    name = path.rpartition("/")[2]
    return "." not in name or syntax_of(path) is not None
