"""
What connecting a client changes, and what taking it away changes: planned whole before anything is written.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from trails import Conflict, TrailsError

from .changes import Change, Record, Records, digest, missing_folders, read
from .clients import Client, Command, Scope, Target
from .forms import Foreign, Form, Unfit
from .known_clients import CLIENTS
from .merging import has, is_bare, merged, unmerged

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one file, in a word, and why where that is not plain."""

    change: Change
    did: str
    why: str = ""


def to_connect(client: Client, scope: Scope, command: Command, records: Records, *, force: bool) -> list[Step]:
    """
    The steps that connect a client; none of them changes anything where it is connected already.

    Raises Conflict for a file that must be left as it is, and what `changes.read` raises.
    """
    return [_to_put(client, target, scope, records, force=force) for target in client.targets(scope, command)]


def to_disconnect(client: Client, scope: Scope, command: Command, records: Records) -> list[Step]:
    """The steps that take our part of a client's files away again. Raises as `to_connect` does."""
    targets = {_real(target.path): target for target in client.every_target(scope, command)}
    steps = [_to_take(client, target, scope, records) for target in targets.values()]
    return [step for step in steps if step.change.before is not None or records.find(step.change.path)]


def _to_put(client: Client, target: Target, scope: Scope, records: Records, *, force: bool) -> Step:
    path = _real(target.path)
    before = read(target.path, inside=_limit(scope))
    there = before or target.new
    with_ours = _understood(client, target, lambda: merged(target.form, there, target.parts, force=force))
    record = records.find(path)
    if with_ours == before:
        return Step(Change(path, before, before, record), "unchanged")
    if record is not None and before is not None and digest(before) == record.written:  # nobody has touched it since
        was, made = record.was, record.made
    else:
        was, made = _without(target, before), missing_folders(path)
    change = Change(path, before, with_ours, Record(was, digest(with_ours), made))
    return Step(change, "created" if before is None else "changed")


def _to_take(client: Client, target: Target, scope: Scope, records: Records) -> Step:
    path = _real(target.path)
    before = read(target.path, inside=_limit(scope))
    record = records.find(path)
    if before is None:
        return Step(Change(path, None, None), "unchanged", "it is not there any more")
    if others := _who_else_reads(client, target, scope):
        return Step(Change(path, before, before, record), "unchanged", f"still needed by {', '.join(others)}")
    if record is not None and digest(before) == record.written:
        return Step(Change(path, before, record.was), "removed" if record.was is None else "restored")
    was = record.was if record is not None else None
    rest = _understood(client, target, lambda: unmerged(target.form, before, target.parts, was or b""))
    if rest == before:
        return Step(Change(path, before, before), "unchanged", "nothing in it is of trails")
    if was is None and is_bare(target.form, rest, target.new):
        return Step(Change(path, before, None), "removed")
    return Step(Change(path, before, rest), "changed", "our part is out; the rest, which was changed since, is kept")


def _without(target: Target, before: bytes | None) -> bytes | None:
    """A file as it is without us: what it goes back to."""
    if before is None:
        return None
    rest = unmerged(target.form, before, target.parts)
    return None if rest != before and is_bare(target.form, rest, target.new) else rest


def _understood(client: Client, target: Target, edit: Callable[[], Answer]) -> Answer:
    """What `edit` gives. Raises Conflict for a file that it cannot be done to."""
    by_hand = f"add by hand what `trails connect {client.name} --print` shows"
    try:
        return edit()
    except Foreign as problem:
        how = f"Rename that, {by_hand}, or replace it with --force, which --remove takes back."
        raise Conflict(f"{target.path}: {problem}. No file was changed. {how}") from None
    except Unfit as problem:
        raise Conflict(f"{target.path}: {problem}. No file was changed. Mend it, or {by_hand}.") from None
    except RecursionError:
        raise Conflict(f"{target.path}: it is nested too deeply. No file was changed. You can {by_hand}.") from None


def _who_else_reads(client: Client, target: Target, scope: Scope) -> list[str]:
    """The other connected clients whose instructions file this is: several share an AGENTS.md."""
    if target.form is not Form.MARKDOWN:
        return []
    others = (other for other in CLIENTS if other.name != client.name)
    return [other.title for other in others if _reads(other, target.path, scope) and is_connected(other, scope)]


def _reads(client: Client, path: Path, scope: Scope) -> bool:
    chosen = client.chosen_instructions(scope)
    return chosen is not None and _real(chosen) == _real(path)


def is_connected(client: Client, scope: Scope) -> bool:
    """Whether the file that names the client's servers names ours."""
    try:
        target = client.server(scope, ("trails",))
        content = read(target.path, inside=_limit(scope))
    except TrailsError:
        return False
    return content is not None and all(has(target.form, content, part) for part in target.parts)


def _limit(scope: Scope) -> Path:
    """The folder that no link may lead out of; a person's own files may lie where they like."""
    return Path("/") if scope.of_user else scope.root


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
