"""What a user gets from an installation: the three packages with their data, and no torch."""

import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as opened:
        yield opened


def metadata(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return message_from_bytes(wheel.read(name))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "trails/py.typed",
        "trails/backends/minilm/vocab.txt",
        "trails/backends/minilm/LICENSE",
        "trails/backends/migrations/env.py",
        "trails/backends/migrations/versions/v0001_event_log.py",
        "trails_server/keeper.py",
        "trails_cli/relay.py",
    ],
)
def test_the_wheel_holds_what_the_product_needs(wheel, name):
    assert name in wheel.namelist()


@pytest.mark.slow
def test_only_the_three_packages_are_installed(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith((".dist-info", ".data"))} == {
        "trails",
        "trails_server",
        "trails_cli",
    }


@pytest.mark.slow
def test_the_base_installation_needs_no_torch(wheel):
    needed = [need for need in metadata(wheel).get_all("Requires-Dist") if "extra ==" not in need]
    assert needed
    assert not [need for need in needed if need.startswith(("torch", "sentence", "psycopg"))]


@pytest.mark.slow
def test_the_command_is_installed(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith(".data/scripts/trails")]
    assert wheel.read(name).startswith(b"#!python\n")  # which an installer makes its own Python of
    assert wheel.getinfo(name).external_attr >> 16 & 0o111  # else pip installs it, but nobody may run it
