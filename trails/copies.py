"""
Copies: which new files began as one of a known file, and what of that file's notes they share.

What was said of a file until it was copied holds for the copy as much; what is said of either one later is its own.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from .ports import Store
from .tracing import Disk, is_passing

LEAST_LINES = 8  # that are not blank; a shorter file is a stub that is written again rather than copied
LEAST_CHARACTERS = 200
NOTES_SHARED = 50  # newest ones, of each file that another one began as a copy of
DEEPEST = 3  # copies of copies


def copied(new: Iterable[str], known: Mapping[str, str], disk: Disk) -> dict[str, str]:
    """
    The known file that each of these new files is a copy of, by path; those that are none are left out.

    `known` gives the digest of each known file. Content that two known files have, or two of the new ones, is
    boilerplate: a licence, an `__init__`, a generated stub.
    """
    digests = {path: disk.digest(path) for path in new if not is_passing(path)}
    originals = _paths_by_digest(known)
    copies = _paths_by_digest({path: digest for path, digest in digests.items() if digest in originals and digest})
    pairs = {
        paths[0]: originals[digest][0] for digest, paths in copies.items() if len(paths) == 1 == len(originals[digest])
    }
    return {
        path: original
        for path, original in pairs.items()
        if disk.digest(original) == known[original] and _says_enough(disk.lines(path))
    }


def shared_notes(store: Store, workspace: str, file_ids: Collection[str]) -> dict[str, str]:
    """
    The notes that these files share with those they were copied from, each with the path of the file that it is on.

    Only notes from before the copy.
    """
    shared: dict[str, str] = {}
    left = set(file_ids)
    until: dict[str, datetime] = {}
    for _ in range(DEEPEST):
        origins = store.origins_of(workspace, left) if left else []
        left = set()
        for origin in origins:
            at = min(origin.at, until.get(origin.file_id, origin.at))
            until[origin.of_id] = max(at, until.get(origin.of_id, at))
            left.add(origin.of_id)
    paths = {file.file_id: file.path for file in store.files_by_id(workspace, until)} if until else {}
    for file_id, path in paths.items():
        notes = store.find_notes(workspace, store.notes_on(workspace, [file_id], NOTES_SHARED))
        shared |= {note.id: path for note in notes.values() if note.laid_at <= until[file_id]}
    return shared


def _paths_by_digest(digests: Mapping[str, str | None]) -> dict[str, list[str]]:
    paths: dict[str, list[str]] = {}
    for path, digest in digests.items():
        if digest:
            paths.setdefault(digest, []).append(path)
    return paths


def _says_enough(lines: tuple[str, ...] | None) -> bool:
    written = [line.strip() for line in lines or () if line.strip()]
    return len(written) >= LEAST_LINES and sum(map(len, written)) >= LEAST_CHARACTERS
