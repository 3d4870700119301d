"""
What was edited together: which files a sitting ties, and when an edit is worth writing down.

A sitting is an hour of one session. The log keeps for each session when it last edited each file, so which sittings
there were is computed when somebody looks, from the newest edit backwards:

    (31)  w(e) = 2 fresh(e) / (r * files of e)   for a principal's r-th newest sitting e on an open file, r <= 8

Twice as much as a note or a commit on as many files, since these were worked on and not only named; and in sum at most
2.72 times that for one principal, so nobody wears a path alone. A sitting on more than twenty files, as when all were
formatted anew, says too little of each to tie any.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from .edges import SITTING, Sitting, Tie

SITTING_HOURS = 1.0  # a guess: what is edited later in a session often belongs to something else
SITTING_FILES = 20  # as of a commit that becomes a note
SITTINGS_A_PRINCIPAL = 8  # newest: as many as sessions in eq. 2
NOTED_AGAIN_MINUTES = 30.0  # a file that is edited over and over is written down twice a sitting


def ties_of_sittings(edited: Iterable[Sitting], open_ids: Collection[str]) -> list[Tie]:
    """The ties that sittings on an open file made; the order in which the edits come does not matter."""
    by_session: dict[tuple[str, str], set[Sitting]] = defaultdict(set)
    for one in edited:
        if one.session:  # those without a name are not one session
            by_session[one.principal, one.session].add(one)
    found = [sitting for session in by_session.values() for sitting in _sittings(session)]
    here = [one for one in found if len(one) <= SITTING_FILES and any(edit.file_id in open_ids for edit in one)]
    ranks: dict[str, int] = defaultdict(int)
    ties = []
    for sitting in sorted(here, key=lambda one: (one[0].at, one[0].principal, one[0].session), reverse=True):
        newest = sitting[0]
        ranks[newest.principal] += 1
        if ranks[newest.principal] <= SITTINGS_A_PRINCIPAL:
            by_id = f"{SITTING}{newest.principal!r} {newest.session!r} {newest.at.isoformat()}"
            rank = ranks[newest.principal]
            ties += [Tie(by_id, edit.file_id, newest.at, len(sitting), rank) for edit in sitting]
    return ties


def _sittings(session: Collection[Sitting]) -> Iterator[list[Sitting]]:
    """The edits of one session, cut into sittings, each with its newest edit first."""
    sitting: list[Sitting] = []
    for edit in sorted(session, key=lambda edit: (edit.at, edit.file_id), reverse=True):
        if sitting and sitting[0].at - edit.at > timedelta(hours=SITTING_HOURS):
            yield sitting
            sitting = []
        sitting.append(edit)
    if sitting:
        yield sitting


def worth_noting(paths: Sequence[str], noted_at: Mapping[str, datetime], now: datetime) -> list[str]:
    """
    Which of the paths that a session has just edited are to be written down.

    `noted_at` tells when each file was last written down for it. One more file than a sitting may have is enough to
    say that it has too many; what comes after it is left out.
    """
    pause = timedelta(minutes=NOTED_AGAIN_MINUTES)
    lately = {path for path, at in noted_at.items() if now - at <= timedelta(hours=SITTING_HOURS)}
    fresh = [path for path in dict.fromkeys(paths) if path not in noted_at or now - noted_at[path] > pause]
    again = [path for path in fresh if path in lately]
    new = [path for path in fresh if path not in lately]
    return again + new[: max(0, SITTING_FILES + 1 - len(lately))]
