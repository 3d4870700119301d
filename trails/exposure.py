"""
How evenly notes are shown. For reports: nothing that is shown or ranked depends on it.
"""

import math
from collections.abc import Iterable


def effective_number(shares: Iterable[float]) -> float:
    """
    Among how many notes attention is shared: e to the Shannon entropy (Hill number of order 1).

    n notes shown equally often give n, one that is always shown gives 1, nothing shown 0. Counts will do for shares.
    """
    counted = [share for share in shares if share > 0]
    total = math.fsum(counted)
    return math.exp(-math.fsum(share / total * math.log(share / total) for share in counted)) if counted else 0.0


def gini(counts: Iterable[float]) -> float:
    """
    How unequally notes are shown, from 0 (all equally often) to 1 - 1/n (one of n alone); 0 when none is shown.

    Notes that were never shown must be among the counts, as zeros.
    """
    ordered = sorted(counts)
    total = math.fsum(ordered)
    if not total:
        return 0.0
    size = len(ordered)
    return math.fsum((2 * place - size - 1) * count for place, count in enumerate(ordered, start=1)) / (size * total)
