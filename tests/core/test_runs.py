"""What a run says is read from its own closing line and from nothing else, and in doubt there is no verdict."""

import re
import re._constants as sre
import re._parser
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trails.runners import BUILD, CHECKS, RUNNERS, TESTS, Runner
from trails.runs import LONGEST_OUTPUT, Run, read_run


@dataclass(frozen=True)
class Sample:
    """A command, what it printed at its end, its exit code where that is told, and what is to be read from it."""

    command: str
    output: str
    failed: bool | None
    run: Run | None
    why: str = ""


def samples_of(page: str) -> Iterator[Sample]:
    for command, output, verdict in re.findall(r"^\$ (.*)\n((?:.*\n)*?)=> (.*)$", page, re.MULTILINE):
        if told := re.fullmatch(r"nothing(?: at exit ([01]))?: (.*)", verdict):
            yield Sample(command, output, told[1] == "1" if told[1] else None, None, told[2])
        else:
            task, result, summary = verdict.split(" ", 2)
            yield Sample(command, output, None, Run(task, float(result), summary.partition(":")[0], summary))


PAGE = list(samples_of((Path(__file__).parent / "runs.txt").read_text(encoding="utf-8")))
SAMPLES = [sample for sample in PAGE if sample.run]
DOUBTS = [sample for sample in PAGE if not sample.run]


def named(sample: Sample) -> str:
    return f"{sample.command}: {sample.why or ('passed' if sample.run and sample.run.result else 'failed')}"


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_the_closing_line_of_a_tool_is_its_verdict(sample: Sample) -> None:
    assert read_run(sample.command, sample.output) == sample.run


@pytest.mark.parametrize("sample", DOUBTS, ids=named)
def test_a_run_that_leaves_a_doubt_is_no_verdict(sample: Sample) -> None:
    assert read_run(sample.command, sample.output, failed=sample.failed) is None


def test_every_runner_has_a_sample() -> None:
    read = {sample.run.summary.partition(":")[0] for sample in SAMPLES if sample.run}

    assert {runner.name for runner in RUNNERS} == read


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_a_verdict_that_the_exit_code_denies_is_none(sample: Sample) -> None:
    assert sample.run is not None
    assert read_run(sample.command, sample.output, failed=bool(sample.run.result)) is None


@pytest.mark.parametrize(
    ("command", "task"),
    [
        ("npx tsc --noEmit", CHECKS),
        ("npx eslint .", CHECKS),
        ("go build ./...", BUILD),
        ("go vet ./... && echo fine", CHECKS),
        ("cmake --build b > /dev/null", BUILD),
        ("make build", BUILD),
        ("make lint", CHECKS),
        ("npm run build 2>&1", BUILD),
        ("set -e; tsc; echo done", CHECKS),
        ("set -o pipefail; tsc | tail -5", CHECKS),
    ],
)
def test_a_tool_that_is_silent_when_all_is_well_passes_by_its_exit_code(command: str, task: str) -> None:
    run = read_run(command, "", failed=False)

    assert run is not None
    assert (run.task, run.result) == (task, 1.0)
    assert read_run(command, "") is None
    assert read_run(command, "sh: 1: not found", failed=True) is None


# ── what stands around a runner ──────────────────────────────────────────────────────────────────────────────────────
PASSED = "===== 12 passed in 0.34s ====="
FAILED = "===== 1 failed, 11 passed in 0.34s ====="
# fmt: off
STARTS = [
    "pytest tests/core -x", "python -m pytest", "python3.11 -W error -m pytest -q", "/opt/venv/bin/python -m pytest",
    ".venv/bin/pytest", 'CI=1 PYTEST_ADDOPTS="-p no:cacheprovider" pytest', "cd server && pytest", "timeout 60 pytest",
    "timeout -k 5 2m pytest", "time pytest", "nice -n 10 taskset -c 1 pytest", "env -u CI pytest", "uv run pytest",
    "uv run --with pytest-xdist pytest -n 4", "poetry run pytest", "hatch run pytest", "conda run -n shop pytest",
    "coverage run --branch -m pytest", "python -m coverage run -m pytest", "set -e; pytest",
    "source .venv/bin/activate && pytest", "pytest 2>&1 | tail -5", "pytest | tee log.txt", "pytest 2>/dev/null",
    "pytest | grep passed", "pytest || true", 'pytest; echo "exit: $?"', "pytest -k 'a and not b; or c'",
    "pytest $(git diff --name-only | grep test_)", "(cd server && pytest)", "{ pytest; } 2>&1 | tail -3",
    'bash -lc "cd server && pytest -q"', "pytest > log.txt 2>&1; tail -3 log.txt", "pytest &> log.txt || cat log.txt",
    "pytest \\\n  -q tests", "# run what doesn't take long\npytest", "pytest  # not the slow ones",
    "cat > test_a.py <<'EOF'\nassert \"don't\"\nEOF\npytest test_a.py",
]
# fmt: on


@pytest.mark.parametrize("command", STARTS)
def test_a_runner_is_known_whatever_stands_around_it(command: str) -> None:
    passed, failed = read_run(command, PASSED), read_run(command, FAILED)

    assert passed is not None
    assert failed is not None
    assert (passed.result, failed.result) == (1.0, 0.0)
    assert passed.summary == "pytest: 12 passed"


# fmt: off
NO_RUNNERS = [
    'echo "pytest"', "echo pytest", "echo '12 passed'; true", "cat log.txt", "grep passed log.txt",
    "tail -5 pytest.log", "git log -3", 'git commit -m "pytest && make test"', "pip install pytest", "which pytest",
    "python pytest_notes.py", "vim tests/test_a.py", 'python -c "import pytest"', "docker run app pytest",
    "ssh host pytest", "xargs pytest < files", "watch pytest", "make", "make help", "make docs", "npm install",
    "npm run dev", "yarn", "cargo run", "cargo fmt", "go run .", "ruff format .", "cd pytest",
    "printf '%s' pytest | cat", "X=pytest", "", "   ", "# pytest", "echo a \\; pytest", "cat <<EOF\npytest\nEOF",
    "git bisect run pytest", "gh run view --log", "sed -n 1,20p test_a.py",
]
UNREADABLE = [
    'bash -c "pytest" > log.txt', 'bash -c "pytest" &', "pytest &> /dev/null; cat other.log",
    "timeout 60", "uv run",
    "pytest 'tests", "for i in 1 2 3; do pytest; done", "if pytest; then echo yes; fi",
    "while ! pytest; do sleep 1; done", "! pytest", "run() { pytest; }; run", "pytest &", "pytest & sleep 5; cat log",
    "git stash && pytest && git stash pop", "ruff check . || pytest", "pytest --help", "pytest --version",
    "pytest --collect-only -q", "jest --watch", "make -n test", "pytest | sort", "pytest | wc -l",
    "pytest | python summarise.py", "pytest > log.txt", "pytest > log.txt; tail -3 other.txt", "pytest; cat log.txt",
    "cat old.log; pytest", "git ls-files | xargs cat; pytest",
]
# fmt: on


@pytest.mark.parametrize("command", NO_RUNNERS + UNREADABLE)
@pytest.mark.parametrize("output", [PASSED, FAILED])
def test_a_result_in_the_output_of_something_else_is_no_verdict(command: str, output: str) -> None:
    assert read_run(command, output) is None


# ── what the runs of a command say together ──────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("command", "output", "run"),
    [
        (
            "ruff check . && mypy . && pytest",
            f"All checks passed!\nSuccess: no issues found in 3 source files\n{PASSED}",
            Run(TESTS, 1.0, "pytest", "ruff check: passed; mypy: passed; pytest: 12 passed"),
        ),
        ("ruff check . && pytest", "Found 2 errors.", Run(CHECKS, 0.0, "ruff check", "ruff check: 2 errors")),
        ("ruff check .; pytest", f"Found 2 errors.\n{PASSED}", Run(CHECKS, 0.0, "ruff check", "ruff check: 2 errors")),
        ("mypy .; pytest", FAILED, Run(TESTS, 0.0, "pytest", "pytest: 1 failed, 11 passed")),
        ("pytest a && pytest b", f"{PASSED}\n{PASSED}", Run(TESTS, 1.0, "pytest", "pytest: 24 passed")),
        ("pytest a; pytest b", f"{FAILED}\n{PASSED}", Run(TESTS, 0.0, "pytest", "pytest: 1 failed, 23 passed")),
        ("pytest a && pytest b", FAILED, Run(TESTS, 0.0, "pytest", "pytest: 1 failed, 11 passed")),
        ("make test", f"All checks passed!\n{PASSED}", Run(TESTS, 1.0, "make", "make: 12 passed")),
        ("make check", "All checks passed!", Run(CHECKS, 1.0, "make", "make: passed")),
        ("npm run build && npm test", "Test Suites: 1 passed, 1 total\nTests:       2 passed, 2 total", None),
    ],
)  # fmt: skip
def test_one_failure_fails_a_command_and_all_must_pass(command: str, output: str, run: Run | None) -> None:
    assert read_run(command, output) == run or run is None


def test_what_is_read_of_a_file_counts_when_the_exit_code_agrees() -> None:
    command = "sed -n 1,20p tests/test_a.py; pytest"

    passed, failed = read_run(command, PASSED, failed=False), read_run(command, FAILED, failed=True)

    assert passed is not None
    assert failed is not None
    assert (passed.result, failed.result) == (1.0, 0.0)


def test_a_later_step_that_fails_does_not_fail_the_tests() -> None:
    run = read_run("pytest && git push", f"{PASSED}\nerror: failed to push some refs", failed=True)

    assert run is not None
    assert run.result == 1.0


# ── text in the output changes nothing ───────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("printed", ["= 5 passed in 0.1s =", "==== 5 passed in 0.1s ====", "5 passed in 0.1s"])
def test_a_result_that_a_test_prints_does_not_pass_a_failed_run(printed: str) -> None:
    run = read_run("pytest -s", f"{printed}\n{FAILED}")

    assert run == Run(TESTS, 0.0, "pytest", "pytest: 1 failed, 11 passed")


def test_a_result_that_a_test_prints_does_not_pass_a_failed_run_of_many() -> None:
    ok = "test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s"
    bad = "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.12s"

    run = read_run("cargo test --no-fail-fast", f"{ok}\n{bad}\n{ok}\nerror: 1 target failed:\n    `--lib`")

    assert run is not None
    assert run.result == 0.0


def test_the_summary_repeats_no_text_of_the_output() -> None:
    for sample in SAMPLES:
        run = read_run(sample.command, f"password=hunter2\n{sample.output}")
        assert run is not None
        assert "hunter2" not in run.summary


texts = st.text(max_size=200) | st.text(alphabet="ab '\"\\|&;$()`<>\n#{}", max_size=60)
pieces = st.sampled_from(
    [*(sample.command for sample in PAGE), "&&", "|", ";", "||", "tail -3", ">", "log", "\n", "'", "$("]
)
commands = texts | st.lists(pieces, max_size=6).map(" ".join)
outputs = texts | st.lists(st.sampled_from([sample.output for sample in PAGE]), max_size=4).map("\n".join)
samples = st.sampled_from(SAMPLES)
noise = st.text(alphabet="abcdefgh ,.:[]()/-", max_size=60)
exits = st.sampled_from([None, True, False])


@settings(max_examples=300)
@given(commands, outputs, exits)
def test_no_text_is_too_strange(command: str, output: str, failed: bool | None) -> None:
    run = read_run(command, output, failed=failed)

    assert run is None or (run.result in (0.0, 1.0) and run.task in (TESTS, BUILD, CHECKS) and "\n" not in run.summary)


@given(
    samples,
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["\x1b[31m", "\x1b[0m", "\x1b[38;5;245m", "\x1b(B"]))),
)
def test_colours_change_no_verdict(sample: Sample, colours: list[tuple[int, str]]) -> None:
    output = sample.output
    for place, colour in sorted(colours, reverse=True):
        if not output[max(0, place - 8) : place + 8].count("\x1b"):
            output = output[:place] + colour + output[place:]

    assert read_run(sample.command, output) == sample.run


@given(samples, st.lists(noise, max_size=5), st.lists(noise, max_size=5))
def test_noise_around_it_changes_no_verdict(sample: Sample, before: list[str], after: list[str]) -> None:
    output = "\n".join([*before, sample.output, *after])

    assert read_run(sample.command, output) == sample.run


@given(st.text(alphabet="abcdefgh -./=", max_size=40), samples, exits)
def test_a_command_that_is_no_runner_gives_no_verdict(rest: str, sample: Sample, failed: bool | None) -> None:
    for command in (f"echo {rest}", f"cat {rest}", f"grep {rest}", f"git log {rest}", f"printf '{sample.command}'"):
        assert read_run(command, sample.output, failed=failed) is None


@given(samples, exits)
def test_an_exit_code_never_turns_a_verdict_round(sample: Sample, failed: bool | None) -> None:
    run = read_run(sample.command, sample.output, failed=failed)

    assert run in (None, sample.run)


# ── no text makes it slow ────────────────────────────────────────────────────────────────────────────────────────────
def bounds(parsed: re._parser.SubPattern) -> Iterator[int]:
    """The upper bound of each quantifier in a parsed pattern."""
    for op, argument in parsed:
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            yield argument[1]
        for part in argument if isinstance(argument, tuple | list) else [argument]:
            for branch in part if isinstance(part, list) else [part]:
                if isinstance(branch, re._parser.SubPattern):
                    yield from bounds(branch)


@pytest.mark.parametrize("runner", RUNNERS, ids=lambda runner: f"{runner.name}-{runner.task}")
def test_what_is_looked_for_in_a_line_is_bounded(runner: Runner) -> None:
    for pattern in (*runner.ends, runner.void, runner.needs, runner.spoils):
        text = pattern.pattern.removesuffix(r")[ \t]*$") + ")" if pattern else ""
        assert all(bound <= 300 for bound in bounds(re._parser.parse(text, re.MULTILINE)))


# fmt: off
WALLS = [
    "1", "=", " ", "\t", "\n", "\r", "!", ".", "#", "# ", "\x1b[", "\x1b]", "(", "OK (", "1 passed, ", "1 passed in ",
    "=== 1 passed in 0.1s\n", "Ran 1 test in 0.1s\n", "x: error: ", "a/b.go:1:1: ", "Tests: 1, Assertions: 1, ",
    "Executed 1 out of 1 tests: 1 test passes and ", "make[1]: *** [", "1 lines ", "  1 failed\n    x\n", "FAIL\n",
]
# fmt: on


@pytest.mark.slow
@pytest.mark.parametrize("wall", WALLS)
@pytest.mark.parametrize("command", ["pytest", "make test", "npx playwright test"])
def test_a_megabyte_of_near_misses_is_read_to_its_end(wall: str, command: str) -> None:
    assert read_run(command, (wall * 1_000_000)[:1_000_000]) is None


@pytest.mark.parametrize(
    "wall", ["'", '"', "\\", "$(", "`", "<<", "<<A\n", "(", "|", "&", ";", "\n", "a", "a ", "#", "$('", '$("', ">"]
)
def test_a_command_of_near_misses_is_read_to_its_end(wall: str) -> None:
    assert read_run((wall * 90_000)[:90_000], PASSED) is None


def test_of_a_long_output_the_end_is_read() -> None:
    long = "x" * 79 + "\n"

    passed = read_run("pytest", long * (LONGEST_OUTPUT // 40) + PASSED)
    lost = read_run("pytest", PASSED + "\n" + long * (LONGEST_OUTPUT // 40))

    assert passed is not None
    assert passed.result == 1.0
    assert lost is None


# ── the tools themselves ─────────────────────────────────────────────────────────────────────────────────────────────
RUST = {
    "Cargo.toml": '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n',
    "src/lib.rs": "#[test]\nfn one() {}\n#[test]\nfn two() { assert!(GOOD); }\n",
}
C = {
    "CMakeLists.txt": "cmake_minimum_required(VERSION 3.10)\nproject(x C)\nenable_testing()\nadd_executable(a a.c)\n"
    "add_test(NAME one COMMAND a)\n",
    "a.c": "int main() { return CODE; }\n",
}
PYTHON = {
    "test_a.py": "import unittest\n\n\nclass TestA(unittest.TestCase):\n    def test_one(self):\n        pass\n\n"
    "    def test_two(self):\n        self.assertTrue(GOOD)\n",
    "Makefile": f"test:\n\t@{sys.executable} -m pytest -q -p no:cacheprovider test_a.py\n",
}
NODE = {
    "a.test.mjs": "import {test} from 'node:test';\nimport assert from 'node:assert';\n"
    "test('one', () => assert(GOOD));\n",
}
TYPED = {"a.py": "one: int = VALUE\n"}


def real(command: str, folder: Path, files: dict[str, str], values: dict[str, str]) -> tuple[str, bool]:
    """What a tool prints about files in which names are replaced by values, and whether it failed."""
    for name, text in files.items():
        for key, value in values.items():
            text = text.replace(key, value)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    return done.stdout + done.stderr, done.returncode != 0


def tool(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not on this machine")


PYTEST = f"{sys.executable} -m pytest -p no:cacheprovider test_a.py"
RUFF = f"{sys.executable} -m ruff"
CMAKE = "cmake -S . -B b > /dev/null && cmake --build b"
TRUE, FALSE = {"GOOD": "True"}, {"GOOD": "False"}

# fmt: off
TOOLS = [
    pytest.param(PYTEST, PYTHON, TRUE, FALSE, id="pytest"),
    pytest.param(f"{PYTEST} -q | tail -3", PYTHON, TRUE, FALSE, id="pytest in a pipe"),
    pytest.param(f"{PYTEST} > log 2>&1; tail -2 log", PYTHON, TRUE, FALSE, id="pytest in a file"),
    pytest.param(f"{sys.executable} -m unittest test_a", PYTHON, TRUE, FALSE, id="unittest"),
    pytest.param(f"{RUFF} check --isolated a.py", TYPED, {"VALUE": "1"}, {"VALUE": "none"}, id="ruff"),
    pytest.param(f"{RUFF} format --isolated --check a.py", TYPED, {"VALUE": "1"}, {"VALUE": "  1"}, id="ruff format"),
    pytest.param(f"{sys.executable} -m mypy a.py", TYPED, {"VALUE": "1"}, {"VALUE": "'1'"}, id="mypy"),
    pytest.param("make test", PYTHON, TRUE, FALSE, id="make", marks=tool("make")),
    pytest.param("node --test", NODE, {"GOOD": "true"}, {"GOOD": "false"}, id="node", marks=tool("node")),
    pytest.param("cargo test --offline", RUST, {"GOOD": "1 == 1"}, {"GOOD": "1 == 2"}, id="cargo", marks=tool("cargo")),
    pytest.param(CMAKE, C, {"CODE": "0"}, {"CODE": "x"}, id="cmake", marks=tool("cmake")),
    pytest.param(f"{CMAKE} && ctest --test-dir b", C, {"CODE": "0"}, {"CODE": "1"}, id="ctest", marks=tool("ctest")),
]
# fmt: on


@pytest.mark.slow
@pytest.mark.parametrize(("command", "files", "good", "bad"), TOOLS)
def test_a_real_tool_is_understood(
    command: str, files: dict[str, str], good: dict[str, str], bad: dict[str, str], tmp_path: Path
) -> None:
    verdicts = []
    for name, values in (("good", good), ("bad", bad)):
        printed, failed = real(command, tmp_path / name, files, values)
        verdicts.append(read_run(command, printed, failed=failed))

    passed, lost = verdicts
    assert passed is not None
    assert passed.result == 1.0
    assert lost is not None
    assert lost.result == 0.0


@pytest.mark.slow
@pytest.mark.parametrize("arguments", ["pytest nope.py", "pytest -k nope", "pytest --co", "pytest -h", "unittest nope"])
def test_a_real_run_of_nothing_is_no_verdict(arguments: str, tmp_path: Path) -> None:
    command = f"{sys.executable} -m {arguments}"

    printed, failed = real(command, tmp_path, PYTHON, TRUE)

    assert printed
    assert read_run(command, printed, failed=failed) is None
