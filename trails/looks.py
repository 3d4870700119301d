"""
What one look at a workspace found as plain JSON values, for a watcher that tells a keeper in another process.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .admission import clean_path
from .errors import BadInput
from .following import Changed, Copied, Exchanged, Finding, Gone, Moved
from .notes import Head

WHATS: dict[type[Finding], str] = {
    Moved: "moved",
    Exchanged: "exchanged",
    Copied: "copied",
    Changed: "changed",
    Gone: "gone",
}
WORD_LIMIT = 250  # characters of a branch, a commit, a digest: what git allows, and more than any has


def look_as_json(findings: Sequence[Finding], head: Head) -> dict[str, Any]:
    """The findings of a look in their order, and the head, as `read_look` takes them."""
    return {"findings": [_as_json(finding) for finding in findings], "head": asdict(head)}


def read_look(plain: Mapping[str, Any]) -> tuple[list[Finding], Head]:
    """
    The findings and the head that somebody sent. Raises BadInput for what is none.

    What is of a path that no note can carry is left out: nobody is to follow it there.
    """
    match plain:
        case {"findings": list(findings), "head": {"branch": str(branch), "commit": str(commit)}}:
            read = [_read(finding) for finding in findings]
            return [one for one in read if _has_paths(one)], Head(_word(branch), _word(commit))
    raise BadInput("A look must have `findings`, a list, and `head`, with `branch` and `commit`.")


def _as_json(finding: Finding) -> dict[str, Any]:
    if isinstance(finding, Exchanged):
        return {"what": WHATS[Exchanged], "moves": [_as_json(move) for move in finding.moves]}
    return {"what": WHATS[type(finding)], **asdict(finding)}


def _read(plain: Any) -> Finding:
    match plain:
        case {"what": "moved", "old": str(old), "new": str(new), "is_folder": bool(is_folder), "how": str(how)}:
            confidence = plain.get("confidence")
            if isinstance(confidence, int | float) and 0 < confidence <= 1:
                return Moved(old, new, is_folder, _word(how), float(confidence))
        case {"what": "exchanged", "moves": list(moves)}:
            read = [_read(move) for move in moves]
            return Exchanged(tuple(move for move in read if isinstance(move, Moved)))
        case {"what": "copied", "path": str(path), "of": str(of)}:
            return Copied(path, of)
        case {"what": "changed", "path": str(path), "digest": str(digest)}:
            return Changed(path, _word(digest))
        case {"what": "gone", "path": str(path)}:
            return Gone(path)
    raise BadInput(f"A finding must be one of {', '.join(WHATS.values())}, with all that belongs to it.")


def _has_paths(finding: Finding) -> bool:
    """Whether every path of a finding is one that a note can carry, written as notes have it."""
    paths: tuple[str, ...] = ()
    match finding:
        case Exchanged(moves):
            return all(_has_paths(move) for move in moves)
        case Moved(old, new):
            paths = (old, new)
        case Copied(path, of):
            paths = (path, of)
        case Changed(path) | Gone(path):
            paths = (path,)
    try:
        return all(clean_path(path) == path for path in paths)
    except BadInput:
        return False


def _word(text: str) -> str:
    if len(text) > WORD_LIMIT or not text.isprintable():
        raise BadInput("A look holds a word that is too long, or characters that cannot be seen.")
    return text
