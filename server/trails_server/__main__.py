"""`python -m trails_server`: one keeper for one data folder, until it is told to leave or nobody needs it."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from trails import Settings, TrailsError, read_settings

from .keeper import run_keeper


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a keeper in the foreground; gives its exit code (0: left in peace; others as in `trails/errors.py`)."""
    parser = argparse.ArgumentParser(prog="python -m trails_server", description="Keep one memory for many agents.")
    parser.add_argument("--data-dir", type=Path, help="the folder of the memory (default: TRAILS_DATA_DIR)")
    try:
        settings: Settings = read_settings(data_dir=parser.parse_args(arguments).data_dir)
    except TrailsError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return refusal.exit_code
    return run_keeper(settings)


if __name__ == "__main__":
    sys.exit(main())
