"""
A local git checkout as something to replay: its newest commits, with what gives their files away taken out.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from ..errors import BadInput
from ..history import Revision, files_before, revisions
from ..workspace import find_root
from .cleaning import Cleaner
from .steps import Course, Step

NEWEST = 3000  # commits that become notes; a memory of more has not been measured
FEWEST = 130  # commits that become notes: a hundred before the first question, and some to ask about
COPIED_WITHIN = timedelta(days=120)
SHORT = 20  # characters: below, two messages may be the same by chance
COPY = re.compile(r"\W*(revert|reapply|re-?land)\b|.*(back-?port|cherry-?pick)|\[\d+(\.[\dx]+)+\]", re.IGNORECASE)


def read_checkout(path: Path, on_commit: Callable[[int], None] = lambda count: None) -> Course:
    """
    The replay of the git repository that `path` lies in; `on_commit` is told how many commits were read so far.

    Raises BadInput where there is none, or one with too few commits to say anything.
    """
    root = find_root(path.expanduser().absolute())
    found: list[Revision] = []
    usable = 0
    for revision in revisions(root):
        found.append(revision)
        usable += not _why_passed_over(revision)
        on_commit(len(found))
        if usable == NEWEST:
            break
    if usable >= FEWEST:
        course = _course(root.name, files_before(root, found[-1].id), found[::-1])
        usable = course.notes
    if usable < FEWEST:
        raise BadInput(
            f"{root} has {usable} usable commits, and a replay needs at least {FEWEST} usable commits: merges, "
            "robots, version bumps, copies and commits of more than 20 files do not count. Name a longer history."
        )
    return course


def _course(name: str, files: Sequence[str], history: Sequence[Revision]) -> Course:
    paths = {*files, *(path for one in history for change in one.changes for path in (change.before, change.after))}
    cleaner = Cleaner(paths - {""})
    seen: dict[str, tuple[datetime, frozenset[str]]] = {}
    steps: list[Step] = []
    for revision in history:
        at = max(revision.at, steps[-1].at) if steps else revision.at  # clocks differ, and a replay goes forwards
        passed_over = _why_passed_over(revision)
        message = "" if passed_over else cleaner.clean(revision.subject, revision.body)
        if not passed_over and len(message) >= SHORT:
            names = frozenset(change.after or change.before for change in revision.changes)
            last, others = seen.get(message, (at - COPIED_WITHIN, frozenset[str]()))
            if at - last < COPIED_WITHIN and names & others:
                passed_over = "copy"
            else:
                seen[message] = (at, names)
        steps.append(Step(revision.id, at, revision.author, message, revision.changes, passed_over))
    return Course(name, tuple(files), tuple(steps))


def _why_passed_over(revision: Revision) -> str:
    return revision.says_nothing or ("copy" if COPY.match(revision.subject) else "")
