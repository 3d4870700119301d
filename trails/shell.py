"""
What a shell command runs, as far as its text tells: its steps, what joins them, and where their output goes.

Nothing is run or looked up. Where it takes a shell to know what happens (loops, branches, functions), a command has no
steps here rather than guessed ones.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace

LONGEST_COMMAND = 100_000  # characters; what is longer writes files inline
MOST_STEPS = 1_000
LONGEST_STEP = 4_000  # characters; shlex takes the square of the length, so a longer step has no words
CONTROL = frozenset(
    [
        "if",
        "then",
        "else",
        "elif",
        "fi",
        "for",
        "while",
        "until",
        "do",
        "done",
        "case",
        "esac",
        "select",
        "function",
        "coproc",
        "!",
    ]
)

_QUOTED = r"""(?:'[^']*+'|"(?:[^"\\]|\\.)*+")"""
_TOKEN = re.compile(
    rf"""
      (?P<comment> (?<![^\s;&|()]) \#[^\n]*+ )
    | (?P<substitution> `[^`]*+` | \$\( (?: [^()'"] | {_QUOTED} | \([^()]*+\) )*+ \) )
    | (?P<quoted> {_QUOTED} | \\. )
    | (?P<heredoc> <<-?[ \t]* ['"\\]? (?P<mark>\w+) ['"]? )
    | (?P<redirection> (?P<descriptor> (?<![^\s;&|()])\d | & )? (?P<arrow> >>?\|? | <<?<? )
        [ \t]* (?: &(?P<copy>[\d-]) | (?P<target> (?: {_QUOTED} | [^\s;&|<>()'"] )++ ) ) )
    | (?P<operator> && | \|\| | ;;? | \|& | [|&\n()] )
    | (?P<plain> [^\S\n]++ | [^\s'"\\`$<>;&|()]++ | . )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Step:
    """
    One program of a command with its arguments, and the operator that follows it.

    `writes` are the files its output goes to. `is_silent`: its output is not shown; `hides_errors`: nor its errors.
    """

    words: tuple[str, ...]
    then: str
    writes: frozenset[str] = frozenset()
    is_silent: bool = False
    hides_errors: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """The steps of a command in order; `has_groups` where some stand in parentheses or braces, which are left out."""

    steps: tuple[Step, ...]
    has_groups: bool


def read_line(command: str) -> Line | None:
    """What a command runs; None where that takes a shell to know, or where its quotes do not close."""
    line = _read(command)
    if line and len(line.steps) == 1 and (inner := _told_to_a_shell(line.steps[0])):
        return _read(inner)
    return line


def _told_to_a_shell(step: Step) -> str:
    """What stands in `bash -lc "..."`, where all of its output is shown."""
    is_plain = len(step.words) == 3 and not (step.then or step.is_silent or step.hides_errors)
    is_shell = is_plain and re.fullmatch(r"(?:\S*/)?(?:ba|z|da)?sh", step.words[0])
    return step.words[2] if is_shell and re.fullmatch(r"-\w{0,4}c", step.words[1]) else ""


def _read(command: str) -> Line | None:
    if len(command) > LONGEST_COMMAND:
        return None
    steps: list[Step] = []
    piece: list[re.Match[str]] = []
    has_groups, before = False, ""
    for token in _tokens(command.replace("\\\n", " ")):
        operator, before, last = token["operator"], token[0], before
        if operator == ")" and last == "(":
            return None  # a function: `name() { ... }`
        if operator in ("(", ")"):
            has_groups = True
        elif operator is None:
            piece.append(token)
        else:
            steps += [_step(piece, operator)] if piece else []
            piece = []
        if len(steps) > MOST_STEPS:
            return None
    return _line([*steps, _step(piece, "")], has_groups)


def _line(steps: list[Step], has_groups: bool) -> Line | None:
    """The line that steps make, without blank ones; None if a step is no whole one."""
    first_words = {step.words[0] for step in steps if step.words}
    if "" in first_words or first_words & CONTROL:
        return None
    kept: list[Step] = []
    for step in steps:
        words = step.words[1:] if step.words[:1] == ("{",) else step.words
        if words == ("}",) and kept:
            kept[-1] = replace(kept[-1], then=step.then)
        elif words:
            kept.append(replace(step, words=words))
    if kept and kept[-1].then != "&":
        kept[-1] = replace(kept[-1], then="")
    return Line(tuple(kept), has_groups or "{" in first_words)


def _tokens(command: str) -> Iterator[re.Match[str]]:
    """The tokens of a command; the text of a heredoc is skipped: it is written somewhere, not run."""
    at, marks = 0, list[str]()
    while token := _TOKEN.match(command, at):
        at = token.end()
        if token["mark"]:
            marks.append(token["mark"])
        if token["operator"] == "\n":
            for mark in marks:
                end = re.compile(rf"^\t*{re.escape(mark)}$", re.MULTILINE).search(command, at)
                at = end.end() if end else len(command)
            marks = []
        yield token


def _step(piece: list[re.Match[str]], then: str) -> Step:
    """A step; its only word is empty where its quotes do not close."""
    hidden = ("comment", "redirection", "heredoc")
    text = "".join("$_" if token["substitution"] else token[0] for token in piece if token.lastgroup not in hidden)
    try:
        words = shlex.split(text) if len(text) <= LONGEST_STEP else ["(long)"]
    except ValueError:
        words = [""]
    outputs = [token for token in piece if token["arrow"] and token["arrow"].startswith(">")]
    shown = [token for token in outputs if token["descriptor"] in (None, "1", "&") and not token["copy"]]
    return Step(
        tuple(words),
        "|" if then == "|&" else then,
        frozenset(token["target"].strip("'\"") for token in shown),
        is_silent=bool(shown),
        hides_errors=any(token["descriptor"] in ("2", "&") and token["copy"] != "1" for token in outputs),
    )
