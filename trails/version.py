"""The version, in one place; the relay and the keeper compare it when they meet."""

VERSION = "0.1.0"
__version__ = VERSION
