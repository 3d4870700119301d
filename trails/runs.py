"""
What a run of tests, checks or a build says, from the command that an agent gave and the output that it saw.

A verdict needs both: a command that is known to run tests, checks or a build, and the line with which that tool closes
a run; or, of a tool that is silent when all is well, an exit code that can only be its own. Text that merely looks like
a result proves nothing, and in doubt there is no verdict: a missing one costs little, and a wrong one is held against
notes, or for them. `starts.py` reads the command, `runners.py` has the tools and their lines.

A result is 1 or 0 and no share: work that fails one test of a thousand is not done, and .999 of a success would credit
its notes all the same. Tests, builds and checks are different tasks because they fail at different rates, and
`evidence.py` measures an outcome against how its kind of task usually ends.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from .runners import BUILD, CHECKS, INNER, INNER_LINES, TESTS, Cut, Runner
from .shell import read_line
from .starts import Start, starts

LONGEST_OUTPUT = 200_000  # characters; of more, the end is read
MOST_ENDS = 5_000  # closing lines; no run has so many
BY_WEIGHT = (TESTS, BUILD, CHECKS)  # what says most of the work comes first

_COLOUR = re.compile(r"\x1b(?:\[[0-9;:?]{0,40}[ -/]?[@-~]|\][^\x07\x1b\n]{0,2000}(?:\x07|\x1b\\)|[()][0-9A-B])")
_LEFT_OUT = re.compile(
    r"[^\n]{0,60}?[0-9]{1,9} (?:more )?(?:lines?|char(?:acter)?s|bytes|tokens) (?:were )?(?:truncated|omitted)"
    r"|[\[(<. ]{0,4}Output truncated"
)
_LINE = re.compile(r"^(?=[^\n]{4})", re.MULTILINE)  # the shortest closing line is FAIL
_WITHHELD = re.compile(r"^[^\n]{0,40}\bOutput too large", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Run:
    """
    A finished run: `result` is 1 if all passed and 0 if something failed.

    `task` is "tests", "build" or "checks"; `summary` holds names of tools, numbers and the words passed, failed and
    errors, and nothing else of the output.
    """

    task: str
    result: float
    tool: str
    summary: str


@dataclass(frozen=True, slots=True)
class _End:
    """What one closing line, or all of a run, say: that it passed, that it failed, or neither (None)."""

    has_passed: bool | None
    counts: tuple[int, int, int] = (0, 0, 0)  # failed, errors, passed
    at: int = 0


_SILENCE = _End(None)
_SUCCESS = _End(True)


@dataclass(frozen=True, slots=True)
class _Told:
    """What is believed of one of the runs of a command; None where nothing is."""

    tool: str
    task: str
    end: _End | None


@dataclass(frozen=True, slots=True)
class _Output:
    """An output without colours, and where its lines start; `left_out_at` is where a client left lines out."""

    text: str
    lines: tuple[int, ...]
    cut: Cut
    left_out_at: int

    def matches(self, patterns: Sequence[re.Pattern[str] | None]) -> Iterator[re.Match[str]]:
        for at in self.lines:
            for pattern in patterns:
                if pattern and (found := pattern.match(self.text, at)):
                    yield found

    def has(self, pattern: re.Pattern[str] | None) -> bool:
        return next(self.matches([pattern]), None) is not None


def read_run(command: str, output: str, *, failed: bool | None = None) -> Run | None:
    """
    What the tests, checks or builds that a command ran say; None where that leaves a doubt.

    `failed` is what the exit code says, where it is known. Of several runs in one command each has to have passed, and
    one that failed makes it a failure.
    """
    line = read_line(command)
    started = starts(line) if line else []
    if not started or _WITHHELD.search(output[:2000]):
        return None
    seen = _read_output(output)
    told = []
    for runner in dict.fromkeys(start.runner for start in started):
        same = [start for start in started if start.runner is runner]
        is_shown = all(start.is_shown for start in same)
        task, end = _heard(runner, seen, len(same)) if is_shown else (runner.task, _SILENCE)
        told.append(_Told(runner.name, task, _believed(runner, same, end, seen.cut, failed)))
    return _sum_up(told)


def _read_output(output: str) -> _Output:
    cut = Cut.START if len(output) > LONGEST_OUTPUT else Cut.NOTHING
    text = output[-LONGEST_OUTPUT:]
    text = text[text.find("\n") + 1 :] if cut else text  # what is left of the first line is no whole one
    text = _COLOUR.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    lines = tuple(found.start() for found in _LINE.finditer(text))
    left_out = [at for at in lines if _LEFT_OUT.match(text, at)]
    return _Output(text, lines, Cut.ANYTHING if left_out else cut, max(left_out, default=-1))


def _heard(runner: Runner, seen: _Output, times: int) -> tuple[str, _End | None]:
    """The task, and what the lines of a runner that was started so many times say of it; None if they leave a doubt."""
    own = _own_end(runner, seen, times)
    if not runner.wraps or own is None:
        return runner.task, own
    telling = replace(seen, lines=tuple(at for at in seen.lines if INNER_LINES.match(seen.text, at)))
    if len(telling.lines) > MOST_ENDS:
        return runner.task, None
    inner = [(each.task, _own_end(each, telling, 1)) for each in INNER if next(telling.matches(each.ends), None)]
    failures = [(task, end) for task, end in inner if end and end.has_passed is False]
    passes = [(task, end) for task, end in inner if end and end.has_passed]
    is_spoilt = seen.has(runner.spoils) or (runner.needs is not None and not seen.has(runner.needs))
    if own.has_passed is False:
        failures.append((runner.task, own))
    elif not failures and (is_spoilt or len(passes) < len(inner)):
        return runner.task, None
    told = failures or passes or [(runner.task, own)]
    task, end = min(told, key=lambda each: BY_WEIGHT.index(each[0]))
    return (task if runner.task == TESTS else runner.task), end


def _own_end(runner: Runner, seen: _Output, times: int) -> _End | None:
    """What the closing lines of one runner say together; None if they leave a doubt."""
    ends = [_read_end(found) for found in islice(seen.matches(runner.ends), MOST_ENDS)]
    if seen.has(runner.void) or len(ends) == MOST_ENDS or (ends and ends[-1].at < seen.left_out_at):
        return None
    if not ends:
        return _SILENCE
    if runner.adds or len(ends) == times:
        whole = _sum([end for end in ends if end.has_passed is not None or not runner.adds], times)
    else:  # what comes before the last line was printed by what was run, or by a run that was not asked for
        is_sure = ends[-1].has_passed is False or (len(ends) > times and all(end.has_passed for end in ends))
        whole = ends[-1] if is_sure else None
    is_ended = whole is None or not whole.has_passed or runner.needs is None or seen.has(runner.needs)
    return whole if is_ended else None


def _sum(ends: Sequence[_End], times: int) -> _End | None:
    """Failed if one has, passed if all have and none is missing."""
    has_failed = any(end.has_passed is False for end in ends)
    if not has_failed and (len(ends) < times or not all(end.has_passed for end in ends)):
        return None
    failed, errors, passed = (sum(numbers) for numbers in zip(*(end.counts for end in ends), strict=True))
    return _End(not has_failed, (failed, errors, passed), ends[-1].at)


def _read_end(found: re.Match[str]) -> _End:
    """What one closing line says, from the groups of its pattern (`runners.py`)."""
    counts: Counter[str] = Counter()
    for name, value in found.groupdict().items():
        if value is not None:
            kind = name.rstrip("0123456789")
            counts[kind] += int(value) if value.isdigit() and kind not in ("ok", "bad") else 1
    failed = counts["failed"] + counts["errors"]
    passed = counts["passed"] or max(0, counts["total"] - failed - counts["skipped"])
    has_passed: bool | None = None
    if failed or counts["bad"]:
        has_passed = False
    elif not counts["doubt"] and (passed or counts["ok"] or counts["ran"]):
        has_passed = True
    return _End(has_passed, (counts["failed"], counts["errors"], passed), found.start())


def _believed(runner: Runner, same: Sequence[Start], end: _End | None, cut: Cut, failed: bool | None) -> _End | None:
    """The end of a run as far as the exit code and what is missing of the output let it stand."""
    keeps_exit = all(start.keeps_exit for start in same)
    if end is None:
        return None
    if end.has_passed is None:
        return _SUCCESS if runner.is_silent and failed is False and keeps_exit else None
    is_agreed = keeps_exit and failed is not None and failed is not end.has_passed
    is_denied = (
        (failed and any(start.is_last for start in same)) if end.has_passed else (failed is False and keeps_exit)
    )
    cut = max(cut, *(start.cut for start in same))
    needs_exit = not all(start.is_alone for start in same) or (end.has_passed and cut > runner.bears)
    return None if is_denied or (needs_exit and not is_agreed) else end


def _sum_up(told: Sequence[_Told]) -> Run | None:
    failures = [each for each in told if each.end and each.end.has_passed is False]
    if not failures and not all(each.end for each in told):
        return None
    deciding = failures or told
    first = min(deciding, key=lambda each: BY_WEIGHT.index(each.task))
    return Run(first.task, 0.0 if failures else 1.0, first.tool, "; ".join(map(_summary, deciding)))


def _summary(told: _Told) -> str:
    """One run in a few words: `pytest: 1 failed, 11 passed`."""
    assert told.end is not None
    named = zip(told.end.counts, ("failed", "errors", "passed"), strict=True)
    counts = [f"{count} {word}" for count, word in named if count]
    return f"{told.tool}: {', '.join(counts) or ('passed' if told.end.has_passed else 'failed')}"
