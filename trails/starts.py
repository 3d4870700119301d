"""
Which runners a command starts, and what of them the one who gave it gets to see.

`echo "pytest"` starts none, and neither does `cat test.log`. What stands around a runner decides what its output and
its exit code are worth: a pipe into `tail` cuts the one and hides the other, and `|| true` hides the other as well.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from .runners import RUNNERS, Cut, Runner
from .shell import Line, Step

# What may stand before a program and starts it. Their options, and numbers such as a time limit, are skipped.
LAUNCHERS = {"env", "command", "exec", "time", "nice", "ionice", "stdbuf", "taskset", "timeout", "gtimeout", "sudo"}
LAUNCHERS |= {"xvfb-run", "unbuffer", "npx", "pnpx", "bunx", "python", "bun x", "npm exec", "npm x", "bundle exec"}
LAUNCHERS |= {"pnpm exec", "pnpm dlx", "yarn exec", "yarn dlx", "coverage run"}
LAUNCHERS |= {f"{name} run" for name in ("uv", "poetry", "pdm", "hatch", "rye", "pipenv", "pixi", "conda", "mamba")}
PROGRAMS_OF_SCRIPTS = {"jest", "vitest", "mocha", "playwright", "tsc", "vue-tsc", "eslint", "prettier"}  # `yarn jest`
HAVE_GENERAL_OPTIONS = {"make", "npm", "pnpm", "yarn", "bun", "cargo", "go", "bazel", "bazelisk", "dotnet", "ruff"}
TAKE_A_WORD = {"-C", "-f", "-I", "-W", "-X", "-c", "-n", "-p", "-s", "-u", "-F", "-P", "--prefix", "--cwd"}
TAKE_A_WORD |= {"--directory", "--project", "--with", "--extra", "--group", "--only-group", "--python", "--package"}
TAKE_A_WORD |= {"--filter", "--workspace", "--manifest-path", "--env-file", "--file", "--source", "--rcfile", "--name"}

RUN_NOTHING = {"--help", "-h", "--version", "--collect-only", "--collectonly", "--co", "--list", "--list-tests"}
RUN_NOTHING |= {"--listTests", "--dry-run", "--just-print", "--no-run", "--fixtures", "--markers", "--setup-plan"}
RUN_NOTHING |= {"--watch", "--watchAll", "--show-only", "--print-config", "--showConfig"}

FILTERS = {"cat": Cut.NOTHING, "tee": Cut.NOTHING, "less": Cut.NOTHING, "more": Cut.NOTHING, "tail": Cut.START}
FILTERS |= dict.fromkeys(("head", "grep", "egrep", "fgrep", "rg", "sed", "awk"), Cut.ANYTHING)
READERS = (FILTERS.keys() - {"tee"}) | {"bat", "ag", "xargs", "curl", "ssh", "gh", "docker", "kubectl", "journalctl"}

_PYTHON = re.compile(r"(?:python|pypy)[0-9.]*")
_NUMBER = re.compile(r"[0-9][0-9.]*[smhd]?")
_SETTING = re.compile(r"\w+=", re.ASCII)

Pipeline = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Start:
    """
    A runner that a command starts, and what is missing of its output.

    `is_shown`: its output is seen at all. `keeps_exit`: if it fails, so does the command. `is_last`: nothing else can
    make the command fail. `is_alone`: nothing else of the command shows what is written somewhere.
    """

    runner: Runner
    cut: Cut
    is_shown: bool
    keeps_exit: bool
    is_last: bool
    is_alone: bool = True


def starts(line: Line) -> list[Start]:
    """The runners that a command starts, in order; none where it is open which of them ran, or on what."""
    pipelines = _pipelines(line.steps)
    found = [(index, at, runner) for index, pipeline in enumerate(pipelines) for at, runner in _first(pipeline)]
    is_open = any(index and pipelines[index - 1][-1].then == "||" for index, _, _ in found)
    is_open |= any(pipelines[index][-1].then == "&" for index, _, _ in found)
    if is_open or any(step.words[:2] == ("git", "stash") for step in line.steps):
        return []
    written = {path for index, _, _ in found for path in _written(pipelines[index])}
    is_alone = not any(_reads_others(pipeline, written) for pipeline in pipelines)
    return [
        replace(_start(line, pipelines, index, at, runner), is_alone=is_alone)
        for index, at, runner in found
        if not RUN_NOTHING.intersection(pipelines[index][at].words)
    ]


def _start(line: Line, pipelines: Sequence[Pipeline], index: int, at: int, runner: Runner) -> Start:
    pipeline, later = pipelines[index], pipelines[index + 1 :]
    written = _written(pipeline)
    shown_by = [each for each in later if each[0].words[0] in READERS and written & {*each[0].words}]
    filters = [*pipeline[at + 1 :], *(step for each in shown_by for step in each)]
    if line.has_groups:  # whose output a filter takes is not known then
        filters += [step for step in line.steps if step.words[0] in FILTERS]
    cuts = [FILTERS.get(step.words[0]) for step in filters] + [Cut.ANYTHING] * pipeline[at].hides_errors
    is_silent = any(step.is_silent for step in pipeline[at:])
    keeps_exit = _keeps_exit(line, pipelines, index, is_piped=at + 1 < len(pipeline))
    return Start(
        runner,
        max((cut for cut in cuts if cut is not None), default=Cut.NOTHING),
        is_shown=None not in cuts and (bool(shown_by) or not is_silent),
        keeps_exit=keeps_exit,
        is_last=keeps_exit and not later,
    )


def _keeps_exit(line: Line, pipelines: Sequence[Pipeline], index: int, *, is_piped: bool) -> bool:
    options = " ".join(word for step in line.steps if step.words[0] == "set" for word in step.words[1:])
    goes_on = {"&&", ";", "\n"} if re.search(r"-[a-z]*e[a-z]*(?= |$)", options) else {"&&"}
    is_piped = is_piped and "pipefail" not in options
    return not is_piped and not line.has_groups and all(each[-1].then in goes_on for each in pipelines[index:-1])


def _pipelines(steps: Iterable[Step]) -> list[Pipeline]:
    pipelines: list[list[Step]] = [[]]
    for step in steps:
        pipelines[-1].append(step)
        if step.then != "|":
            pipelines.append([])
    return [tuple(pipeline) for pipeline in pipelines if pipeline]


def _first(pipeline: Pipeline) -> list[tuple[int, Runner]]:
    """The place and the runner of the first step of a pipeline that starts one."""
    found = [(at, runner) for at, step in enumerate(pipeline) if (runner := _runner(step.words))]
    return found[:1]


def _written(pipeline: Pipeline) -> set[str]:
    teed = {word for step in pipeline if step.words[0] == "tee" for word in step.words[1:]}
    return teed | {path for step in pipeline for path in step.writes}


def _reads_others(pipeline: Pipeline, written: set[str]) -> bool:
    """Whether a pipeline shows what no run of this command has written: a file, a page, another machine's output."""
    words, named = pipeline[0].words, {step.words[0] for step in pipeline}
    is_reader = words[0] in READERS and len(words) > 1 and not pipeline[-1].is_silent
    return (is_reader and not written & {*words}) or "xargs" in named


def _runner(words: Sequence[str]) -> Runner | None:
    program = _program(words)
    return next((runner for runner in RUNNERS if runner.command.match(program)), None) if program else None


def _program(words: Sequence[str]) -> str:
    """The program that is run at last, by its bare name, with its arguments: `pytest -q` of `CI=1 uv run pytest -q`."""
    rest = list(words)
    while rest and (after := _launched(rest)) is not None:
        rest = after
    if not rest:
        return ""
    name = _name(rest[0])
    arguments = _without_options(rest[1:], TAKE_A_WORD - {"-s"}) if name in HAVE_GENERAL_OPTIONS else rest[1:]
    return " ".join([name, *(re.sub(r"\s", "_", word) for word in arguments)])


def _launched(words: list[str]) -> list[str] | None:
    """What a launcher or a setting such as `CI=1` at the front is put before; None if there is none."""
    name, next_word = _name(words[0]), "".join(words[1:2])
    if f"{name} {next_word}" in LAUNCHERS:
        return _without_options(words[2:])
    if name in LAUNCHERS:
        return _without_options(words[1:])
    if _SETTING.match(words[0]):
        return words[1:]
    after = words[2:] if next_word == "run" else words[1:]
    is_program = name in ("yarn", "pnpm", "bun") and after and after[0] in PROGRAMS_OF_SCRIPTS
    return after if is_program else None


def _name(word: str) -> str:
    name = re.sub(r"\.(?:exe|cmd|bat)$", "", re.split(r"[/\\]", word)[-1])
    if _PYTHON.fullmatch(name):
        return "python"
    return "make" if name == "gmake" else name


def _without_options(words: Sequence[str], take_a_word: Collection[str] = frozenset(TAKE_A_WORD)) -> list[str]:
    """What follows the options, numbers and settings at the front; `-m` names the program itself."""
    rest = list(words)
    while rest and (rest[0][:1] in "-+" or _NUMBER.fullmatch(rest[0]) or _SETTING.match(rest[0])):
        if rest[0] == "-m":
            return rest[1:]
        rest = rest[2:] if rest[0] in take_a_word else rest[1:]
    return rest
