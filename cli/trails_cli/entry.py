"""
The `trails` command: a relay for an agent, or a command of a person.

The relay is chosen before anything else is imported: it starts with every agent, and must cost next to nothing.
"""

import sys


def main() -> int:
    """Run the command line of this process; its exit code."""
    if sys.argv[1:] == ["mcp"]:
        from .relay import main as relay

        return relay()
    from .main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
