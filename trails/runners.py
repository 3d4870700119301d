"""
Which commands run tests, checks or a build, and the lines by which each tool says how it ended.

A runner is known by its command, never by its output. What it says counts in its own words and as whole lines only:
`12 passed in 0.34s` does, `all 12 passed!` does not. In the patterns below `<n>` is a number, `<s>` one of seconds,
`<path>` a path, `<rest>` the rest of a line; any other name in `<>`, and every named group, says what the line tells:

    passed failed errors    counts for the summary; a line that counts one that failed says that the run failed
    total skipped           from which follows how many passed
    ran ok bad              that tests ran, that the run passed, that it failed, without a count
    doubt                   the run may not be called passed, and did not fail for this

Digits after such a name tell two groups of a pattern apart. A line that tells none of these is one of a run of nothing.
"""

import re
from dataclasses import dataclass
from enum import IntEnum

TESTS, BUILD, CHECKS = "tests", "build", "checks"


class Cut(IntEnum):
    """What is missing of an output, or may be."""

    NOTHING = 0
    START = 1  # by `tail`
    ANYTHING = 2  # by `grep`, `head` or the limit of a client


@dataclass(frozen=True, slots=True)
class Runner:
    """
    One tool that runs tests, checks or a build.

    `command` begins the program and its arguments. `ends` close a run; with `adds` there are several of them in one
    run, and each counts. A line of `void` leaves a run without a verdict, and a run that passed has a line of `needs`.
    `bears` is the largest cut that leaves it certain that a run passed. `is_silent`: it passed if it exits with 0 and
    says nothing against that. With `wraps` it starts what a project has set up: the lines of other runners speak for
    it, unless one of `spoils` is there.
    """

    name: str
    task: str
    command: re.Pattern[str]
    ends: tuple[re.Pattern[str], ...]
    void: re.Pattern[str] | None
    needs: re.Pattern[str] | None
    spoils: re.Pattern[str] | None
    bears: Cut
    adds: bool
    is_silent: bool
    wraps: bool


NUMBER = "[0-9]{1,9}"
PLACEHOLDERS = {
    "n": NUMBER,
    "s": r"[0-9]{1,9}(?:\.[0-9]{1,9})?",
    "path": r"[^\s:][^\n:]{0,300}",
    "rest": r"[^\n]{0,300}",
}


def _lines(pattern: str) -> re.Pattern[str]:
    def meant(found: re.Match[str]) -> str:
        return PLACEHOLDERS.get(found[1], f"(?P<{found[1]}>{NUMBER})")

    return re.compile(rf"(?:{re.sub(r'(?<![?]P)<([a-z0-9]+)>', meant, pattern)})[ \t]*$", re.MULTILINE | re.ASCII)


def _runner(
    name: str,
    task: str,
    command: str,
    *ends: str,
    void: str = "",
    needs: str = "",
    spoils: str = "",
    bears: Cut = Cut.ANYTHING,
    adds: bool = False,
    is_silent: bool = False,
    wraps: bool = False,
) -> Runner:
    return Runner(
        name,
        task,
        re.compile(rf"(?:{command})(?= |$)", re.ASCII),
        tuple(map(_lines, ends)),
        _lines(void) if void else None,
        _lines(needs) if needs else None,
        _lines(spoils) if spoils else None,
        bears,
        adds,
        is_silent,
        wraps,
    )


# Names that a project gives to what it has set up, in a Makefile or a package.json.
_TESTS = r"(?:[\w-]+[:_-])?(?:tests?|specs?)(?:[:_.-][\w:.-]+)?|check"
_BUILD = r"(?:build|compile)(?::\S+)?|all"
_CHECKS = (
    r"(?:lint|types|type-?check|style|mypy|ruff|eslint|tsc|format[:-]check|check[:-](?:types|format|lint))(?::\S+)?"
)
_MAKE, _SCRIPT = r"make(?: \S+)*? ", r"(?:npm|pnpm|yarn|bun)(?: run(?:-script)?)?(?: -\S+)* "
_MADE = r"g?make(?:\[<n>\])?: \*\*\* \[<rest>\] Error"
_MADE_WRONG = rf"(?P<bad>{_MADE}) (?!12[67]$)<n>"  # 126 and 127: the shell found no such program
_MADE_NOTHING = r"g?make(?:\[<n>\])?: (?:Nothing to be done for <rest>|'[^\n']{1,200}' is up to date\.)"
_NPM_WRONG = (
    r"npm (?:ERR!|error) (?:code ELIFECYCLE|Test failed\.|Lifecycle script `)<rest>"
    r"|error Command failed with exit code <n>\.|[^\n]{0,3}ELIFECYCLE[^\n]{0,3} Command failed<rest>"
    r"|error: script \"<rest>\" exited with <rest>"
)
_PYTEST_END = (
    r"(?:(?P<doubt>no tests ran)|(?:(?:, )?(?:<failed> failed|<passed> passed|<errors> errors?"
    r"|<failed2> subtests failed|<n> [a-z]{4,12}(?: [a-z]{4,12})?)){1,15}) in <s>s(?: \([0-9][0-9a-z:, ]{1,30}\))?"
)
_GRADLE = r"(?:gradle|gradlew)(?: \S+)*? (?<!-x )(?::?[\w-]+:)*"  # -x leaves a task out
_GRADLE_ENDS = (
    r"<total> tests? completed, <failed> failed(?:, <skipped> skipped)?",
    r"(?P<bad>> Compilation failed; see the compiler )<rest>",
    r"(?P<ok>BUILD SUCCESSFUL) in <rest>",
)
_GO_WRONG = r"# \S{1,300}(?: \[\S{1,300}\])?\n(?P<bad>(?:vet: )?<path>\.go:<n>:<n>: )<rest>"
_RUST_BUILT = r" {4}(?P<ok>Finished) <rest>target\(s\) in <rest>"
_RUST_WRONG = r"(?P<bad>error: could not compile `)<rest>"
_SWIFT_WRONG = r"(?P<bad><path>\.swift:<n>:<n>: error: )<rest>"

# A table, kept as one: the formatter would give each runner a dozen lines.
# fmt: off
RUNNERS: tuple[Runner, ...] = (
    _runner("pytest", TESTS, r"pytest|py\.test|hatch test",
            _PYTEST_END, rf"={{1,300}} {_PYTEST_END} ={{1,300}}",
            void=r"!{1,200} (?:KeyboardInterrupt|_pytest\.outcomes\.Exit<rest>"
                 r"|Interrupted: <n> errors? during collection) !<rest>|INTERNALERROR> <rest>"),
    _runner("unittest", TESTS, r"unittest|manage\.py test|django-admin test|nose2",
            r"Ran <total> tests? in <s>s\n{1,3}(?:OK|(?P<bad>FAILED)|NO TESTS RAN)(?: \((?:, |failures=<failed>"
            r"|errors=<errors>|skipped=<skipped>|unexpected successes=<failed2>|expected failures=<n>){1,12}\))?",
            void=r"ERROR: <rest>unittest\.loader\._FailedTest<rest>"),
    _runner("jest", TESTS, r"jest|react-scripts test",
            r"Test Suites: (?:<doubt> failed, )?(?:<n> skipped, )?(?:<n> passed, )?(?:<n> of )?<n> total\n"
            r"Tests: {1,10}(?:<failed> failed, )?(?:<n> skipped, )?(?:<n> todo, )?(?:<passed> passed, )?<n> total"),
    _runner("vitest", TESTS, r"vitest(?! (?:bench|list)\b)",
            r" {1,4}Test Files {2}(?:<doubt> failed)?[^\n]{0,80}\n"
            r" {1,8}Tests {2}(?:<failed> failed)?(?: \| )?(?:<passed> passed)?[^\n]{0,80}"
            r"(?:\n {1,8}(?:Type )?Errors {2}<doubt2> errors?)?", bears=Cut.START),
    _runner("mocha", TESTS, r"mocha",
            r" {2}<passed> passing(?: \(\S{1,20}\))?(?:\n {2}<n> pending)?(?:\n {2}<failed> failing)?",
            bears=Cut.START),
    _runner("node --test", TESTS, r"node(?: \S+)*? --test",
            r"(?:#|ℹ) tests <n>\n(?:(?:#|ℹ) suites <n>\n)?(?:#|ℹ) pass <passed>\n(?:#|ℹ) fail <failed>\n"
            r"(?:#|ℹ) cancelled <errors>"),
    _runner("playwright test", TESTS, r"playwright test",
            r" {2}<failed> (?:failed|interrupted)\n {4}\S<rest>", r" {2}<passed> passed \(<s>(?:ms|s|m|h)\)",
            adds=True, bears=Cut.NOTHING),
    _runner("bun test", TESTS, r"bun test",
            r" <passed> pass\n(?: <n> (?:skip|todo|filtered out)\n){0,3} <failed> fail\n(?: <doubt> errors?\n)?"
            r"(?: [^\n]{1,80}\n){0,3}Ran <n> tests? across <n> files?\. \[\S{1,20}\]"),
    _runner("deno test", TESTS, r"deno test",
            r"(?:ok|(?P<bad>FAILED)) \| <passed> passed(?: \(<n> steps?\))? \| <failed> failed<rest> \(\S{1,20}\)"),
    _runner("go test", TESTS, r"go test",
            r"(?P<ok>ok) {2}\t\S{1,300}\t(?:<s>s|\(cached\))(?:\tcoverage: <rest>)?",
            r"(?P<bad>FAIL)", r"(?P<bad>FAIL)\t\S{1,300}(?:\t<s>s| \[build failed\])",
            _GO_WRONG, adds=True, bears=Cut.START),
    _runner("gotestsum", TESTS, r"gotestsum",
            r"DONE (?:<n> runs, )?<total> tests?(?:, <skipped> skipped)?(?:, <failed> failures?)?"
            r"(?:, <errors> errors?)? in <s>s"),
    _runner("cargo test", TESTS, r"cargo (?:test|t)",
            r"test result: (?:ok|(?P<bad>FAILED))\. <passed> passed; <failed> failed; <n> ignored; <n> measured; "
            r"<n> filtered out(?:; finished in <s>s)?",
            r"(?P<bad>error: <n> targets? failed:)", _RUST_WRONG, adds=True, bears=Cut.START),
    _runner("cargo nextest", TESTS, r"cargo nextest (?:run|r)",
            r" {2,10}Summary \[ {0,8}<s>s\] (?:<doubt>/)?<n> tests? run: <passed> passed(?: \([^\n)]{1,60}\))?"
            r"(?:, <failed> failed)?(?:, <failed2> timed out)?(?:, <errors> exec failed)?(?:, <n> skipped)?",
            _RUST_WRONG, adds=True),
    _runner("mvn", TESTS, r"mvnw?(?: \S+)*? (?:test|verify|package|install|surefire:test)",
            r"\[(?:INFO|WARNING|ERROR)\] Tests run: <total>, Failures: <failed>, Errors: <errors>, Skipped: <skipped>",
            r"\[ERROR\] (?P<bad>COMPILATION ERROR) :", needs=r"\[INFO\] BUILD SUCCESS", adds=True, bears=Cut.START),
    _runner("mvn compile", BUILD, r"mvnw?(?: \S+)*? (?:test-)?compile",
            r"\[INFO\] (?P<ok>BUILD SUCCESS)", r"\[ERROR\] (?P<bad>COMPILATION ERROR) :", adds=True),
    _runner("gradle test", TESTS, _GRADLE + r"(?:test\w*|check)", *_GRADLE_ENDS,
            void=r"> Task :(?:\S{1,100}:)?test\w{0,40} NO-SOURCE", adds=True),
    _runner("gradle build", BUILD, _GRADLE + r"(?:build|assemble\w*|compile\w*|classes)", *_GRADLE_ENDS, adds=True),
    _runner("dotnet test", TESTS, r"dotnet test",
            r"(?:Passed|(?P<bad>Failed))! {1,2}- Failed: {1,9}<failed>, Passed: {1,9}<passed>, Skipped: {1,9}<n>, "
            r"Total: {1,9}<n>(?:, Duration: <rest>)?",
            r"Test summary: total: <n>, failed: <failed>, succeeded: <passed>, skipped: <n>, duration: <s>s",
            adds=True, bears=Cut.NOTHING),
    _runner("dotnet build", BUILD, r"dotnet (?:build|publish)",
            r"(?P<ok>Build succeeded)(?:\.|(?: with <n> warning\(s\))? in <s>s)",
            r"(?P<bad>Build (?:FAILED\.|failed with <n> error\(s\)))<rest>",
            void=r"<rest>: error (?:NU|MSB1)<n>: <rest>"),
    _runner("ctest", TESTS, r"ctest", r"<n>% tests passed, <failed> tests? failed out of <total>"),
    _runner("rspec", TESTS, r"rspec",
            r"<total> examples?, <failed> failures?(?:, <skipped> pending)?"
            r"(?:, <doubt> errors? occurred outside of examples)?"),
    _runner("minitest", TESTS, r"ruby(?: -\S+)* \S*test\S*\.rb",
            r"<total> runs, <n> assertions, <failed> failures, <errors> errors, <skipped> skips",
            r"<total> tests, <n> assertions, <failed> failures, <errors> errors, <n> pendings, "
            r"<skipped> omissions, <rest>"),
    _runner("phpunit", TESTS, r"(?:simple-)?phpunit",
            r"OK \(<passed> tests?, <n> assertions?\)",
            r"(?:(?P<bad>FAILURES!|ERRORS!)|OK, but [^\n]{1,80}!)\nTests: <total>, Assertions: <n>"
            r"(?:, (?:Errors: <errors>|Failures: <failed>|Skipped: <skipped>|Incomplete: <skipped2>"
            r"|[A-Z][A-Za-z ]{2,30}: <n>)){0,10}\."),
    _runner("pest", TESTS, r"pest|(?:php )?artisan test",
            r" {2}Tests: {1,6}(?:<failed> failed, )?(?:<n> [a-z]{4,12}, ){0,6}?"
            r"(?:<passed> passed )?\(<n> assertions?\)"),
    _runner("mix test", TESTS, r"mix test",
            r"(?:<n> (?:doctests?|propert(?:y|ies)), ){0,2}<total> tests?, <failed> failures?"
            r"(?:, <skipped> excluded|, <doubt> invalid|, <skipped2> skipped){0,3}"),
    _runner("swift test", TESTS, r"swift test",
            r"[ \t]{0,8}Executed <ran> tests?, with (?:<n> tests? skipped and )?<failed> failures? \(<n> unexpected\)"
            r" in <rest> seconds",
            r"[^\w\s]{1,4} {1,2}Test run with <ran> tests?(?: in <n> suites?)? (?:passed|(?P<bad>failed)) after <rest>",
            _SWIFT_WRONG, adds=True),
    _runner("swift build", BUILD, r"swift build",
            r"(?P<ok>Build complete!)(?: \(\S{1,20}\))?", _SWIFT_WRONG, adds=True),
    _runner("zig test", TESTS, r"zig (?:test|build(?: \S+)*? test)",
            r"All <passed> tests? passed\.", r"<passed> passed; <n> skipped; <failed> failed\.",
            r"Build Summary: <n>/<n> steps succeeded(?:; <doubt> failed)?; <passed>/<n> tests passed(?:; <n> skipped)?"
            r"(?:; <failed> failed)?"),
    _runner("bazel test", TESTS, r"(?:bazel|bazelisk) (?:test|coverage)",
            r"Executed <n> out of <n> tests?: (?:(?:, | and |)(?:<passed> tests? pass(?:es)?"
            r"|<failed> fails? (?:locally|remotely)|<doubt> fails? to build|<n> (?:was|were) skipped)){1,5}\."),
    _runner("prove", TESTS, r"prove", r"Files=<n>, Tests=<ran>,[^\n]{0,160}\nResult: (?:PASS|(?P<bad>FAIL)|NOTESTS)"),
    _runner("cargo build", BUILD, r"cargo (?:build|b)", _RUST_BUILT, _RUST_WRONG, adds=True),
    _runner("cargo check", BUILD, r"cargo (?:check|c)", _RUST_BUILT, _RUST_WRONG, adds=True),
    _runner("cargo clippy", CHECKS, r"cargo clippy", _RUST_BUILT, _RUST_WRONG, adds=True),
    _runner("go build", BUILD, r"go build", _GO_WRONG, adds=True, is_silent=True),
    _runner("go vet", CHECKS, r"go vet", _GO_WRONG, adds=True, is_silent=True),
    _runner("cmake --build", BUILD, r"cmake --build|ninja",
            r"(?P<bad>ninja: build stopped: subcommand failed\.)", _MADE_WRONG,
            void=r"ninja: no work to do\.", adds=True, is_silent=True),
    _runner("tsc", CHECKS, r"(?:vue-)?tsc",
            r"(?P<bad><path>\(<n>,<n>\): error TS<n>: )<rest>", r"(?P<bad><path>:<n>:<n> - error TS<n>: )<rest>",
            void=r"error TS<n>: <rest>", adds=True, is_silent=True),
    _runner("mypy", CHECKS, r"mypy|dmypy run",
            r"(?P<ok>Success: no issues found) in <n> source files?",
            r"Found <errors> errors? in <n> files? \([^\n]{1,80}\)",
            void=r"<path>: error: Cannot read file<rest>|mypy: can't read file <rest>"),
    _runner("pyright", CHECKS, r"(?:based)?pyright",
            r"(?:(?P<ok>0) errors|<errors> errors?), <n> warnings?, <n> (?:informations?|notes?)",
            void=r"No source files found\.?"),
    _runner("ruff check", CHECKS, r"ruff check",
            r"(?P<ok>All checks passed!)", r"Found <errors> errors?\.",
            r"Found <n> errors? \(<n> fixed, (?:(?P<ok>0)|<errors>) remaining\)\.",
            void=r"warning: No Python files found <rest>|(?:<path>: )?E902 <rest>"),
    _runner("ruff format --check", CHECKS, r"ruff format(?: \S+)*? --(?:check|diff)",
            r"(?P<ok><n> files?) already formatted", r"(?P<bad><n> files? would be reformatted)<rest>"),
    _runner("black --check", CHECKS, r"black(?: \S+)*? --check",
            r"(?P<ok><n> files? would be left unchanged)\.", r"(?P<bad><n> files? would be reformatted)<rest>"),
    _runner("prettier --check", CHECKS, r"prettier(?: \S+)*? (?:--check|-c)",
            r"(?P<ok>All matched files use Prettier code style!)",
            r"\[warn\] (?P<bad>Code style issues found in )<rest>"),
    _runner("eslint", CHECKS, r"eslint", r"✖ <n> problems? \((?!0)<errors> errors?, <n> warnings?\)", is_silent=True),
    _runner("golangci-lint", CHECKS, r"golangci-lint run", r"(?P<ok>0 issues)\.", r"<errors> issues:"),
    _runner("pre-commit", CHECKS, r"(?:pre-commit|pre_commit|prek) run",
            r"[^\s.]<rest>?\.{3,200}(?:(?P<ok>Passed)|(?P<bad>Failed))", adds=True, bears=Cut.NOTHING),
    _runner("make", TESTS, rf"{_MAKE}(?:{_TESTS})", spoils=rf"{_MADE} <n>", wraps=True, bears=Cut.START),
    _runner("make", BUILD, rf"{_MAKE}(?:{_BUILD})", _MADE_WRONG, void=_MADE_NOTHING, wraps=True, is_silent=True),
    _runner("make", CHECKS, rf"{_MAKE}(?:{_CHECKS})", _MADE_WRONG, void=_MADE_NOTHING, wraps=True, is_silent=True),
    _runner("npm", TESTS, rf"{_SCRIPT}(?:{_TESTS}|t|tst)", spoils=_NPM_WRONG, wraps=True, bears=Cut.START),
    _runner("npm", BUILD, rf"{_SCRIPT}(?:{_BUILD})", spoils=_NPM_WRONG, wraps=True, is_silent=True),
    _runner("npm", CHECKS, rf"{_SCRIPT}(?:{_CHECKS})", spoils=_NPM_WRONG, wraps=True, is_silent=True),
    _runner("rake", TESTS, r"(?:rake|rails) (?:test|spec)\S*", spoils=r"rake aborted!", wraps=True, bears=Cut.START),
    _runner("tox", TESTS, r"tox(?! (?:list|config|devenv|d|l|c)\b)", needs=r" {2}congratulations :\) \([^\n]{1,40}\)",
            spoils=r" {2}evaluation failed :\( \([^\n]{1,40}\)", wraps=True, bears=Cut.START),
    _runner("nox", TESTS, r"nox", needs=r"nox > (?:Session \S{1,80} was successful[^\n]{0,40}|\* \S{1,80}: success)",
            spoils=r"nox > (?:Session \S{1,80} failed[^\n]{0,40}|\* \S{1,80}: failed)", wraps=True, bears=Cut.NOTHING),
)
# fmt: on

# What may speak for a runner that wraps others. The lines of make are left out: they do not say what failed.
INNER = tuple(runner for runner in RUNNERS if not runner.wraps and runner.name != "cmake --build")
_INNER_PATTERNS = [pattern for runner in INNER for pattern in (*runner.ends, runner.void, runner.needs) if pattern]
INNER_LINES = re.compile(
    "|".join(re.sub(r"\?P<\w+>", "?:", pattern.pattern) for pattern in _INNER_PATTERNS), re.MULTILINE | re.ASCII
)
