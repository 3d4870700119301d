"""
Which lines of a file as it was are still there, and where: an old list of lines against the file as it is now.

Each line is given as a token; equal tokens are equal lines. As in `git diff`, as many lines as can be are kept in their
order, and so an outline of the old file is enough: a few characters for each line instead of its text.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import blake2b

DIGEST_BYTES = 4  # of a line, where single lines are kept
TOKEN_BYTES = 3  # of a line's digest: of a thousand new lines one in seventeen files looks like one of a thousand old
TOKEN_LENGTH = 4  # characters of base64


def token(line: str) -> str:
    """What stands for a line; that of a blank one is BLANK."""
    return _token(_digest(line))


def line_digest(line: str) -> str:
    """A few bytes more of what stands for a line, in hex."""
    return _digest(line).hex()


def token_of(digest: str) -> str:
    """The token of a line of which the digest is known."""
    return _token(bytes.fromhex(digest))


def outline(lines: Iterable[str]) -> str:
    """The tokens of some lines, one after the other."""
    return "".join(map(token, lines))


def tokens(outlined: str) -> list[str]:
    """The tokens of an outline."""
    return [outlined[place : place + TOKEN_LENGTH] for place in range(0, len(outlined), TOKEN_LENGTH)]


def align(old: Sequence[str], now: Sequence[str]) -> dict[int, int]:
    """For each old line that is still there its place now; both from 0, and both grow together."""
    shorter = min(len(old), len(now))
    head = next((place for place in range(shorter) if old[place] != now[place]), shorter)
    rest = range(shorter - head)
    tail = next((place for place in rest if old[-1 - place] != now[-1 - place]), len(rest))
    kept = {place: place for place in range(head)}
    kept |= {
        head + one: head + other for one, other in _common(old[head : len(old) - tail], now[head : len(now) - tail])
    }
    return kept | {len(old) - place: len(now) - place for place in range(tail, 0, -1)}


def _common(old: Sequence[str], now: Sequence[str]) -> list[tuple[int, int]]:
    """
    A longest common subsequence as pairs of places (Hyyrö 2004, "Bit-parallel LCS-length computation revisited").

    After each line of `now` a zero bit marks every old line at which the longest one gets longer.
    """
    places: dict[str, int] = {}
    for place, line in enumerate(old):
        places[line] = places.get(line, 0) | 1 << place
    every = (1 << len(old)) - 1
    rows = [every]
    for line in now:
        above = rows[-1]
        both = above & places.get(line, 0)
        rows.append(((above + both) | (above - both)) & every)
    pairs = []
    one, other = len(old) - 1, len(now)
    while one >= 0 and other > 0:
        if rows[other] >> one & 1:
            one -= 1
        elif not rows[other - 1] >> one & 1:
            other -= 1
        else:
            pairs.append((one, other - 1))
            one, other = one - 1, other - 1
    return pairs[::-1]


def _digest(line: str) -> bytes:
    return blake2b(line.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


def _token(digest: bytes) -> str:
    return b64encode(digest[:TOKEN_BYTES]).decode()


BLANK = token("")
