"""
The verbs, over plain JSON arguments: the one place through which a door comes to the memory.

The ask door and the MCP tools both come here, so they check, decide and answer alike. A verb is a method of `Saying`,
of `Answering` or, for chores, of `Upkeep`; its keyword-only parameters are its arguments (`arguments.py`), its answer
is plain JSON (`payloads.py` and its neighbours).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trails import BadInput, Memory

from .answering import Answering
from .arguments import read_arguments
from .hooks import Hooks
from .payloads import Payload
from .saying import Saying
from .upkeep import Upkeep
from .visits import Visit

ANYWHERE = ("hook", "status", "token", "renew_token", "reindex", "wait_until_indexed", "retire")  # no workspace needed


@dataclass(frozen=True, slots=True)
class Verbs:
    """What can be asked of a keeper. Every method is safe to call from several threads."""

    memory: Memory
    upkeep: Upkeep
    hooks: Hooks

    def answer(self, visit: Visit, verb: str, arguments: Mapping[str, Any]) -> Payload:
        """The answer of one verb. Raises BadInput for an unknown verb or argument, else what the memory raises."""
        method = VERBS.get(verb) or CHORES.get(verb)
        if method is None:
            raise BadInput(f"There is no such verb; there are {', '.join(sorted({*VERBS, *CHORES}))}.")
        if visit.refusal is not None and verb not in ANYWHERE:
            raise visit.refusal
        visit = self.hooks.sessions.joined(visit)
        self.upkeep.follow_tree(visit)
        return method(self._whose(verb), visit, **read_arguments(method, arguments))

    def _whose(self, verb: str) -> Saying | Answering | Upkeep:
        if verb in SAYING:
            return Saying(self.memory, self.upkeep, self.hooks)
        return Answering(self.memory, self.hooks) if verb in ANSWERING else self.upkeep


Method = Callable[..., Payload]


def _by_name(*methods: Method) -> dict[str, Method]:
    return {method.__name__: method for method in methods}


SAYING = _by_name(
    Saying.lay,
    Saying.judge,
    Saying.use,
    Saying.outcome,
    Saying.amend,
    Saying.undo,
    Saying.would_undo,
)
ANSWERING = _by_name(
    Answering.recall,
    Answering.welcome,
    Answering.who,
    Answering.meet,
    Answering.show,
    Answering.why,
    Answering.notes_of,
    Answering.log,
    Answering.files,
    Answering.hook,
)
VERBS = {**SAYING, **ANSWERING}
CHORES = _by_name(
    Upkeep.status,
    Upkeep.token,
    Upkeep.renew_token,
    Upkeep.reindex,
    Upkeep.audit,
    Upkeep.wait_until_indexed,
    Upkeep.move,
    Upkeep.watch_now,
    Upkeep.known_files,
    Upkeep.saw,
    Upkeep.annotate,
    Upkeep.marks,
    Upkeep.retire,
)
