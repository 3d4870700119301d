"""
Every setting: its name, default, unit and environment variable.

Read once at the door (command-line flag > `TRAILS_*` > default) and passed down; nothing else reads the environment.
Standard library only: every command reads it, and pydantic-settings would cost each 0.14 s (docs/decisions/0006).
"""

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from . import door
from .errors import BadInput

LAST_PORT = 65535


UNASKED = ("welcome", "files", "prompts", "lessons")


def _setting(default: Any, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one keeper and of the fronts that talk to it."""

    data_dir: Path = _setting(Path(), "Folder of the database, the vector index and the keeper's log.")
    principal: str = _setting(
        "", "Who lays and judges, one voice in all votes: the keeper's, whoever asks. Default: the login name."
    )
    agent: str = _setting("", "What the asking program calls itself; shown, never trusted.")
    session: str = _setting("", "One run of an agent. Default: the client's session, or a fresh one a process.")
    model: str = _setting("minilm", "`minilm`, `none` (words only), or a sentence-transformers name or path.")
    model_path: str = _setting("", "A model.onnx to use for `minilm` instead of the packaged one.")
    idle_exit_s: float = _setting(1800.0, "Seconds without any connection after which the keeper leaves; 0 stays.")
    watch: bool = _setting(True, "Whether the keeper follows renames and edits in the workspaces it knows.")
    marks: bool = _setting(
        True, "Whether comments such as `# trail: …` become notes, where `trails marks on|off` has not chosen."
    )
    unasked: str = _setting(
        ",".join(UNASKED),
        "What agents are told unasked: a list of `welcome`, `files` (the notes on a file that is touched, and who else "
        "is at work on it), `prompts` (notes that match a task) and `lessons` (the question what is worth laying); "
        "`none` for nothing.",
    )
    welcome_tokens: int = _setting(400, "Most tokens of the welcome at the start of a session.")
    http: str = _setting(
        "",
        "`PORT` or `HOST:PORT` of this machine at which the keeper also serves MCP over HTTP; 0 is any free port. A "
        "keeper that does so stays. Default: no port.",
    )
    start_timeout_s: float = _setting(30.0, "Seconds a front waits for a keeper that it started.")
    log_level: str = _setting("WARNING", "What the keeper writes to keeper.log: DEBUG, INFO, WARNING or ERROR.")

    @property
    def run_dir(self) -> Path:
        """Where the socket and the lock live."""
        return Path(door.run_dir(str(self.data_dir)))

    @property
    def socket_path(self) -> Path:
        return Path(door.socket_path(str(self.data_dir)))

    @property
    def token_path(self) -> Path:
        """Where the token of the HTTP door is kept."""
        return self.data_dir / "http-token"

    @property
    def http_address(self) -> tuple[str, int] | None:
        """Host and port to listen at; None for no HTTP. Raises BadInput for what is not this machine itself."""
        return _read_address(self.http) if self.http else None

    @property
    def log_path(self) -> Path:
        return Path(door.log_path(str(self.data_dir)))


def read_settings(environ: Mapping[str, str] | None = None, **flags: Any) -> Settings:
    """
    The settings of this process: flags that are not None, then `TRAILS_*` variables, then defaults.

    Raises BadInput for a value of the wrong form.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for name, kind in get_type_hints(Settings).items():
        if flags.get(name) is not None:
            values[name] = flags[name]
        elif (text := environ.get(variable(name))) is not None:
            values[name] = _read(name, kind, text)
    settings = Settings(**values)
    if not values.get("data_dir"):
        settings = replace(settings, data_dir=_data_dir(environ))
    if not settings.principal:
        settings = replace(settings, principal=_login_name())
    settings.http_address  # noqa: B018  # says now what is wrong with it
    _check(settings)
    return replace(settings, data_dir=Path(settings.data_dir).expanduser().absolute())


def _check(settings: Settings) -> None:
    """Raises BadInput for values of the right form that nothing can be done with."""
    unknown = {part.strip() for part in settings.unasked.split(",")} - {*UNASKED, "none", ""}
    if unknown:
        raise BadInput(f"{variable('unasked')} is a list of {', '.join(UNASKED)}, or none; not {min(unknown)!r}.")
    if not 200 <= settings.welcome_tokens <= 50_000:
        raise BadInput(f"{variable('welcome_tokens')} must lie between 200 and 50,000.")


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"TRAILS_{name.upper()}"


def describe_settings() -> list[tuple[str, str, str, str]]:
    """(name, environment variable, default, meaning) of each setting, for the reference page."""
    return [(f.name, variable(f.name), _shown(f.name, f.default), f.metadata["doc"]) for f in fields(Settings)]


def _shown(name: str, default: Any) -> str:
    return "~/.local/share/trails" if name == "data_dir" else str(default)


def _read(name: str, kind: type, text: str) -> Any:
    if kind is bool:
        if text.lower() in ("1", "true", "yes", "on"):
            return True
        if text.lower() in ("0", "false", "no", "off"):
            return False
        raise BadInput(f"{variable(name)} must be yes or no, not {text!r}.")
    try:
        return kind(text)
    except ValueError:
        raise BadInput(f"{variable(name)} must be a {kind.__name__}, not {text!r}.") from None


def _read_address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    if not (port.isascii() and port.isdigit() and int(port) <= LAST_PORT):
        raise BadInput(f"TRAILS_HTTP must be PORT or HOST:PORT, with a port from 0 (any that is free) to {LAST_PORT}.")
    if host not in ("127.0.0.1", "localhost", "::1"):
        raise BadInput(
            "TRAILS_HTTP may only name this machine itself (127.0.0.1, [::1] or localhost): on a network others could "
            "read along, for there is no TLS, and write as you. From elsewhere, come through `ssh -L`."
        )
    return ("127.0.0.1" if host == "localhost" else host), int(port)


def _data_dir(environ: Mapping[str, str]) -> Path:
    try:
        return Path(door.data_dir(dict(environ)))
    except door.NoKeeper as refusal:
        raise BadInput(str(refusal)) from None


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"
