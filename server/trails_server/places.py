"""
Files as an agent names them, as places in its workspace.
"""

import contextlib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from trails import Anchor, TrailsError, read_anchor, relative

from .visits import Visit

_IN_FILE = re.compile(r"(:[0-9][0-9:-]*|#L[0-9L-]+|::[^/\\]*)\s*$")
"""The lines or the symbol at the end of a place, as `admission.read_anchor` reads them."""


def anchors(visit: Visit, files: Sequence[str]) -> tuple[Anchor, ...]:
    """
    `path`, `path:line`, `path:line-line` or `path::symbol` each, absolute or not.

    Raises BadInput for what lies outside.
    """
    return tuple(anchor(visit, text) for text in files)


def anchor(visit: Visit, text: str) -> Anchor:
    """One file, with its lines or its symbol if it names some."""
    found = _IN_FILE.search(text)
    path = (text[: found.start()] if found else text).strip()
    inside = relative(visit.root, path, _start(visit, path))
    return read_anchor(inside + found[0] if found else inside)


def inside(visit: Visit, files: Iterable[str]) -> list[str]:
    """The files as places in the workspace, once each; those elsewhere are left out."""
    paths = []
    for file in files:
        with contextlib.suppress(TrailsError):
            paths.append(anchor(visit, file).path)
    return list(dict.fromkeys(paths))


def _start(visit: Visit, path: str) -> Path:
    """The folder that a path starts from: the asking process's, unless only the workspace's root has such a file."""
    here, there = (os.path.lexists(folder / path) for folder in (visit.cwd, visit.root))
    return visit.root if there and not here else visit.cwd
