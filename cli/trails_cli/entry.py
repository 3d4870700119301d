"""
The `trails` command: a relay for an agent, a hook of its client, or a command of a person.

The relay and the hook are chosen before anything else is imported: they start with every agent and at its every step,
and must cost next to nothing.
"""

import sys


def main() -> int:
    """Run the command line of this process; its exit code."""
    if sys.argv[1:] == ["mcp"]:
        from .relay import main as relay

        return relay()
    if sys.argv[1:2] == ["hook"] and not [word for word in sys.argv[2:] if word.startswith("-")]:
        from .hook import main as hook

        return hook(*sys.argv[2:3])
    from .main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
