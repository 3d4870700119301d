"""
The forms in which files of clients are written: how they are read, and what is wrong with one that cannot be.
"""

import json
import re
import tomllib
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from . import json_text

BOM = "\ufeff"
COMMENT_OR_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
TRAILING_COMMA = re.compile(r",(\s*[}\]])")


class Form(StrEnum):
    """How a file is written."""

    JSON = "JSON"
    TOML = "TOML"
    MARKDOWN = "Markdown"


class Unfit(Exception):
    """A file that trails must leave as it is; says why, to end a sentence about it."""


class Foreign(Unfit):
    """A file that says something else in our place."""


def to_text(content: bytes) -> tuple[str, str]:
    """The byte order mark of a file, if it has one, and the text after it."""
    try:
        text = content.decode()
    except UnicodeDecodeError as problem:
        raise Unfit(f"it is not UTF-8 (byte {problem.start + 1})") from None
    return (BOM, text[1:]) if text.startswith(BOM) else ("", text)


def read_value(form: Form, text: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    return _json_value(text) if form is Form.JSON else _toml_value(text)


def _toml_value(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise Unfit(f"it is no valid TOML ({problem})") from None


def _json_value(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as problem:
        raise Unfit(_why_broken(text, problem)) from None
    except (ValueError, RecursionError) as problem:
        raise Unfit(f"it cannot be read as JSON ({problem})") from None
    if not isinstance(value, dict):
        raise Unfit("it holds no object at its top")
    return value


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        raise Unfit(f"it has the key `{next(key for key in keys if keys.count(key) > 1)}` twice in one object")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _why_broken(text: str, problem: json.JSONDecodeError) -> str:
    """What is wrong with a text that is not JSON: often it is JSON with comments, which some clients allow."""
    bare = COMMENT_OR_STRING.sub(lambda found: found[0] if found[0].startswith('"') else "", text)
    try:
        json.loads(TRAILING_COMMA.sub(r"\1", bare))
    except ValueError:
        return f"it is no valid JSON (line {problem.lineno}, column {problem.colno}: {problem.msg})"
    return f"it has comments or trailing commas (line {problem.lineno}), which this command would not keep"


def rewritten(form: Form, text: str, before: dict[str, Any], after: dict[str, Any]) -> str:
    if form is Form.TOML:
        from . import toml_text  # tomlkit comes with it

        new = toml_text.rewritten(text, before, after)
    elif text.strip():
        new = json_text.rewritten(text, before, after)
    else:
        new = json_text.written(after)
    if read_value(form, new) != after:
        raise Unfit("it is written in a way that this command cannot edit")
    return new
