"""
Errors as each surface says them: as a status of HTTP, a code of JSON-RPC, an exit code, and as plain JSON.
"""

from dataclasses import dataclass

from trails import ERRORS_BY_CODE, TrailsError

from .payloads import Payload


@dataclass(frozen=True, slots=True)
class Translation:
    """One kind of error as each surface says it: the HTTP status, the JSON-RPC code, the exit code of a command."""

    http_status: int
    json_rpc: int
    exit_code: int


JSON_RPC_CODES = {
    "error": -32603,  # "Internal error" of JSON-RPC
    "bad_input": -32602,  # "Invalid params"
    "no_such_note": -32010,  # from here on ours: -32000 to -32019 is free for servers
    "refused": -32011,
    "conflict": -32012,
    "unavailable": -32013,
}
TRANSLATIONS = {
    code: Translation(error.status, JSON_RPC_CODES[code], error.exit_code) for code, error in ERRORS_BY_CODE.items()
}
INTERNAL = "The keeper failed at this. Its log says why: `trails doctor` shows where it is."


def error_payload(error: Exception) -> Payload:
    """An error as the ask door says it; of one that is not ours nothing is told."""
    if isinstance(error, TrailsError):
        return {"code": error.code, "message": str(error)}
    return {"code": TrailsError.code, "message": INTERNAL}
