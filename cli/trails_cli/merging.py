"""
What trails puts into a file that belongs to somebody else, and how it gets out again: bytes in, bytes out.

Only what trails wrote is ever changed or removed. A file that cannot be understood, or that says something else in the
place, is refused: nothing here guesses.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .forms import Foreign, Form, Unfit, read_value, rewritten, to_text

BEGIN, END = "<!-- trails:begin -->", "<!-- trails:end -->"
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Member:
    """One value of a settings file, and the names that lead to it. `is_ours` knows one that trails wrote, ever."""

    at: tuple[str, ...]
    value: Any
    is_ours: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Elements:
    """Some elements of a list. `others` gives what of an element trails did not write: that, or nothing."""

    at: tuple[str, ...]
    values: tuple[Any, ...]
    others: Callable[[Any], list[Any]]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of a text, which stand between two marks."""

    text: str

    @property
    def marked(self) -> str:
        return f"{BEGIN}\n{self.text.strip()}\n{END}\n"


Part = Member | Elements | Block


def merged(form: Form, content: bytes, parts: Sequence[Part], *, force: bool = False) -> bytes:
    """
    A file with our parts in it; the same bytes where they are there already.

    Raises Unfit for a file that is broken or says something else in the place; with `force` that is replaced.
    """
    return _edited(form, content, parts, lambda value, part: _put(value, part, force=force), _with_block)


def unmerged(form: Form, content: bytes, parts: Sequence[Part], was: bytes = b"") -> bytes:
    """
    A file without our parts, the rest as it is now; the same bytes where there is none of them.

    What trails once replaced by force comes back from `was`, the file as it was before. Raises Unfit.
    """
    old = read_value(form, to_text(was)[1]) if form is not Form.MARKDOWN and was else NOTHING
    return _edited(form, content, parts, lambda value, part: _take(value, part, old), _without_block)


def has(form: Form, content: bytes, part: Part) -> bool:
    """Whether a file holds something of a part; one that cannot be read does not."""
    try:
        return unmerged(form, content, [part]) != content
    except Unfit:
        return False


def find_value(form: Form, content: bytes, at: Sequence[str]) -> Any:
    """The value that these names lead to in a settings file; None where there is none. Raises Unfit."""
    return _find(read_value(form, to_text(content)[1]), at)


def is_bare(form: Form, content: bytes, new: bytes = b"") -> bool:
    """Whether a file says nothing, or no more than a `new` one."""
    bare, text = (to_text(one)[1].strip() for one in (new, content))
    if form is Form.MARKDOWN or not text:
        return not text
    return read_value(form, text) in ({}, read_value(form, bare))


def _edited(
    form: Form,
    content: bytes,
    parts: Sequence[Part],
    edit: Callable[[dict[str, Any], Member | Elements], None],
    edit_text: Callable[[str, Block], str],
) -> bytes:
    mark, text = to_text(content)
    if form is Form.MARKDOWN:
        for part in parts:
            assert isinstance(part, Block)
            text = edit_text(text, part)
        return (mark + text).encode()
    before, after = read_value(form, text), read_value(form, text)
    for part in parts:
        assert not isinstance(part, Block)
        edit(after, part)
    if after == before:
        return content
    return (mark + rewritten(form, text, before, after)).encode()


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _put(value: dict[str, Any], part: Member | Elements, *, force: bool) -> None:
    """Put a part into the value of a whole file."""
    holder = _holder(value, part.at)
    name = part.at[-1]
    there = holder.get(name)
    if isinstance(part, Elements):
        if not isinstance(there, list | None):
            raise Unfit(f"`{'.'.join(part.at)}` in it is not a list")
        holder[name] = _with_elements(there or [], part)
    elif there is None or part.is_ours(there):
        holder[name] = {**(there or {}), **part.value}  # what a person set beside ours stays
    elif force:
        holder[name] = part.value
    else:
        raise Foreign(f"`{'.'.join(part.at)}` in it is something else, which trails did not write")


def _with_elements(there: list[Any], part: Elements) -> list[Any]:
    rest = _without_elements(there, part)
    is_there = all(value in there for value in part.values)
    return there if is_there and [one for one in there if one not in part.values] == rest else [*rest, *part.values]


def _without_elements(there: list[Any], part: Elements) -> list[Any]:
    return [rest for one in there for rest in part.others(one)]


def _take(value: dict[str, Any], part: Member | Elements, was: Mapping[str, Any]) -> None:
    """Take a part out of the value of a whole file, and the containers that hold nothing more without it."""
    holders = [value]
    for name in part.at[:-1]:
        inner = holders[-1].get(name)
        if not isinstance(inner, dict):
            return
        holders.append(inner)
    there = holders[-1].get(part.at[-1])
    if isinstance(part, Elements):
        rest = _without_elements(there, part) if isinstance(there, list) else there
    else:
        rest = _find(was, part.at) if there is not None and part.is_ours(there) else there
    if rest == there:
        return
    for depth in range(len(holders), 0, -1):
        holder, name = holders[depth - 1], part.at[depth - 1]
        if rest or _find(was, part.at[:depth]) is not None:
            holder[name] = rest
            return
        del holder[name]
        rest = holder


def _holder(value: dict[str, Any], at: tuple[str, ...]) -> dict[str, Any]:
    """The object that a part stands in, made where there is none."""
    for depth, name in enumerate(at[:-1], start=1):
        value = value.setdefault(name, {})
        if not isinstance(value, dict):
            raise Unfit(f"`{'.'.join(at[:depth])}` in it is not an object")
    return value


def _find(value: Any, at: Sequence[str]) -> Any:
    for name in at:
        value = value.get(name) if isinstance(value, dict) else None
    return value


# ── blocks ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _with_block(text: str, block: Block) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    marked = block.marked.replace("\n", newline)
    place = _place_of_block(text)
    if place is None:
        ended = text if text.endswith("\n") or not text else text + newline
        return f"{ended}{newline}{marked}" if ended else marked
    start, end = place
    return text if text[start:end].split() == marked.split() else text[:start] + marked + text[end:]


def _without_block(text: str, _: Block) -> str:
    place = _place_of_block(text)
    if place is None:
        return text
    above, below = text[: place[0]], text[place[1] :]
    if not below:
        above = re.sub(r"\r?\n\Z", "", above) if re.search(r"\n\r?\n\Z", above) else above
    return above + below


def _place_of_block(text: str) -> tuple[int, int] | None:
    """From its first mark to the end of the line of its last; None where there is none. Raises Unfit for half a one."""
    if BEGIN not in text and END not in text:
        return None
    start, end = text.find(BEGIN), text.find(END)
    if text.count(BEGIN) != 1 or text.count(END) != 1 or end < start:
        raise Unfit(f"the marks {BEGIN} and {END} in it are not one pair")
    line_end = text.find("\n", end)
    return start, len(text) if line_end < 0 else line_end + 1
