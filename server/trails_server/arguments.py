"""
Arguments as they come over a wire, checked against the signature of the verb they are for.

The signature is the only description: a verb is a method whose keyword-only parameters have one of the types below.
Nothing of what was given is repeated in a message.
"""

import inspect
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from trails import BadInput

Texts = tuple[str, ...]
Object = dict[str, Any]


def read_arguments(verb: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments to call a verb with; null counts as not given. Raises BadInput, which names the argument."""
    parameters = _parameters(verb)
    name = verb.__name__
    for unknown in given.keys() - parameters.keys():
        takes = f"it takes {', '.join(parameters)}" if parameters else "it takes none"
        raise BadInput(f"{name} has no argument `{unknown[:40]}`; {takes}.")
    values = {}
    for argument, parameter in parameters.items():
        value = given.get(argument)
        if value is not None:
            values[argument] = _checked(name, argument, parameter.annotation, value)
        elif parameter.default is inspect.Parameter.empty:
            raise BadInput(f"{name} needs `{argument}`, {_WORDS[parameter.annotation]}.")
    return values


def read_moment(text: str, name: str = "at") -> datetime:
    """A moment in UTC; one without a zone is taken for UTC. Raises BadInput, which names the argument."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"`{name}` must be an ISO 8601 date and time, such as 2026-01-31T09:30:00Z.") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@cache
def _parameters(verb: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    named = inspect.signature(verb).parameters
    return {name: one for name, one in named.items() if one.kind is inspect.Parameter.KEYWORD_ONLY}


def _checked(verb: str, argument: str, wanted: Any, value: Any) -> Any:
    wrong = BadInput(f"`{argument}` of {verb} must be {_WORDS[wanted]}.")
    if isinstance(value, bool) is not (wanted is bool) or not isinstance(
        value, _TYPES[wanted]
    ):  # it is an int to Python
        raise wrong
    if isinstance(value, dict):
        return value  # whoever takes one looks into it
    if isinstance(value, list | tuple):
        if not all(isinstance(part, str) for part in value):
            raise wrong
        return tuple(_whole(argument, part) for part in value)
    return _whole(argument, value) if isinstance(value, str) else value


def _whole(argument: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInput(f"`{argument}` holds half of a character (a lone surrogate); send valid Unicode.") from None
    return text


_TYPES: dict[Any, tuple[type, ...]] = {
    str: (str,),
    bool: (bool,),
    int: (int,),
    float: (int, float),
    Texts: (list, tuple),
    Object: (dict,),
    float | str: (int, float, str),
}
_WORDS: dict[Any, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Texts: "a list of texts",
    Object: "an object",
    float | str: "a number or a word",
}
