"""
Who may come in over HTTP: the token, and the fence in front of everything that the port serves.

A port is open to every program and every web page on this machine, so the token is the lock. Host, Origin and the
rest are a second fence: with them a page in a browser cannot even ask whether the token fits.
"""

import hmac
import os
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from trails import Unavailable

TOKEN_BYTES = 32
TOKEN_CHARACTERS = 43  # of 32 bytes in URL-safe base64
BODY_LIMIT = 2**20  # bytes; a note is a few thousand
JSON = "application/json"
METHODS = ("GET", "POST", "DELETE")
NAMES = ("127.0.0.1", "localhost", "[::1]")
"""What a client on this machine may call it. Any other name in `Host` is a page that has rebound its own to us."""


class Token:
    """
    The word that opens the HTTP door of one keeper, kept in a file that only its user can read.

    Made when it is first needed; raises Unavailable where it cannot be kept. Safe for several threads.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._word = ""

    def get(self) -> str:
        with self._lock, self._kept():
            if not self._word:
                self._word = self._read() or self._write()
            return self._word

    def renew(self) -> str:
        """Another one; the old one opens nothing from now on."""
        with self._lock, self._kept():
            self._word = self._write()
            return self._word

    def fits(self, word: str) -> bool:
        return hmac.compare_digest(word.encode(errors="replace"), self.get().encode())

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except OSError as failure:
            words = f"The token cannot be kept in {self._path}: {failure.strerror}. Remove that file, or make room."
            raise Unavailable(words) from None

    def _read(self) -> str:
        try:
            word = self._path.read_text().strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return ""
        self._path.chmod(0o600)
        return word if len(word) >= TOKEN_CHARACTERS else ""  # what is shorter was not made here, and might be guessed

    def _write(self) -> str:
        word = secrets.token_urlsafe(TOKEN_BYTES)
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(word + "\n")
        fresh.replace(self._path)
        return word


@dataclass(frozen=True, slots=True)
class Turned:
    """A request that is turned away: with which status, why, and what the sender may do about it."""

    status: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Guard:
    """What a request must bring to be let in to the keeper that listens on `port`."""

    token: Token
    port: int

    @property
    def hosts(self) -> frozenset[str]:
        """The `Host` headers of requests that were meant for this port."""
        bare = NAMES if self.port == 80 else ()
        return frozenset({*(f"{name}:{self.port}" for name in NAMES), *bare})

    def turns_away(self, method: str, headers: Sequence[tuple[str, str]]) -> Turned | None:
        """Why a request is not let in, or None; names of headers come in lower case. Nothing sent is repeated."""
        if not self._all(headers, "host", self.hosts, needed=True):
            return Turned(421, f"This is trails: ask it at http://127.0.0.1:{self.port}, by that name.")
        if not self._all(headers, "origin", {f"http://{host}" for host in self.hosts}):
            return Turned(403, "Web pages of other origins are not let in.")
        if not self._all(headers, "sec-fetch-site", {"none", "same-origin"}):
            return Turned(403, "Web pages of other sites are not let in.")
        if not self._has_token(headers):
            words = "The token is missing or wrong: `trails token` prints it; send `Authorization: Bearer TOKEN`."
            return Turned(401, words, {"WWW-Authenticate": 'Bearer realm="trails"'})
        if method not in METHODS:
            return Turned(405, "There is nothing here to do that with.", {"Allow": ", ".join(METHODS)})
        if method == "POST" and not self._all(
            [(name, value.partition(";")[0].strip()) for name, value in headers], "content-type", {JSON}, needed=True
        ):
            return Turned(415, f"Send JSON, with `Content-Type: {JSON}`.")
        return None

    @staticmethod
    def _all(
        headers: Sequence[tuple[str, str]], name: str, allowed: frozenset[str] | set[str], *, needed: bool = False
    ) -> bool:
        """Whether every value of a header is among those allowed."""
        values = {value.lower() for key, value in headers if key == name}
        return values <= allowed and bool(values or not needed)

    def _has_token(self, headers: Sequence[tuple[str, str]]) -> bool:
        given = [value.partition(" ") for name, value in headers if name == "authorization"]
        return len(given) == 1 and given[0][0].lower() == "bearer" and self.token.fits(given[0][2].strip())
