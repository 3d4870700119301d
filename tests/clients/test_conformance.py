"""The MCP conformance suite against the HTTP door, in both protocols: what it finds missing is listed with a reason."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.node import CONFORMANCE, HERE, TIMEOUT_S, needs_clients, program, run_node
from tests.server.doors import LEGACY, MODERN, a_keeper

pytestmark = [pytest.mark.slow, needs_clients]

EXPLAINED = re.compile(r" *- (?P<scenario>\S+) +# \S.+")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the tools of trails and the fixtures of the suite are served."""
    log = tmp_path_factory.mktemp("conformance") / "server.log"
    with a_keeper() as keeper, log.open("w") as errors:
        server = subprocess.Popen(
            [sys.executable, str(HERE / "conformance_server.py"), keeper.data_dir, str(keeper.project)],
            env=keeper.environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            address = server.stdout.readline().strip()
            assert address, log.read_text()
            yield address
        finally:
            server.kill()
            server.communicate(timeout=TIMEOUT_S)


def explained(file: Path) -> list[str]:
    """The scenarios that an expected-failures file lists; each of its entries has a reason."""
    entries = [line for line in file.read_text().splitlines() if line.lstrip().startswith("-")]
    reasons = [EXPLAINED.fullmatch(entry) for entry in entries]
    assert all(reasons), f"without a reason in {file.name}: {entries[reasons.index(None)]}"
    return [reason["scenario"] for reason in reasons]


def results(folder: Path) -> tuple[int, int, list[str]]:
    """How many checks passed, of how many, and the scenarios of those that failed, or warn that a SHOULD is not met."""
    passed = total = 0
    unmet = []
    for file in sorted(folder.rglob("checks.json")):
        statuses = [check["status"] for check in json.loads(file.read_text())]
        passed += statuses.count("SUCCESS")
        total += statuses.count("SUCCESS") + statuses.count("FAILURE")
        if {"FAILURE", "WARNING"} & set(statuses):
            unmet.append(re.match(r"server-(.+)-\d{4}-\d\d-\d\dT", file.parent.name)[1])
    return passed, total, unmet


@pytest.mark.parametrize(
    ("version", "suite", "counts", "explanations"),
    [
        pytest.param(MODERN, "active", (41, 41), None, id=MODERN),
        pytest.param(LEGACY, "active", (71, 73), "expected-failures-2025-11-25.yml", id=LEGACY),
        pytest.param(MODERN, "draft", (69, 84), "expected-failures-2026-07-28-draft.yml", id=f"{MODERN}-draft"),
    ],
)
def test_only_what_is_explained_fails_in_the_conformance_suite(url, tmp_path, version, suite, counts, explanations):
    expected = ("--expected-failures", str(HERE / explanations)) if explanations else ()
    ran = run_node(
        *(program(CONFORMANCE), "server", "--url", url, "--spec-version", version, "--suite", suite),
        *("-o", str(tmp_path / "results"), *expected),
        environment={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        cwd=tmp_path,
    )

    passed, total, unmet = results(tmp_path / "results")
    told = (
        f"MCP conformance, {version}, {suite} suite: {passed} of {total} checks; not met: {', '.join(unmet) or 'none'}"
    )
    print(told)  # noqa: T201  # `make conformance` shows it
    assert sorted(unmet) == sorted(explained(HERE / explanations) if explanations else [])
    assert (passed, total) == counts
    assert ran.returncode == 0, ran.stdout[ran.stdout.index("=== SUMMARY ===") :]
