"""The keeper: one process that owns a memory, and the doors through which agents, people and programs ask it."""

import os

# FastMCP reads these while it is imported. Its own defaults would read a `.env` in the folder of whoever started the
# keeper, ask PyPI for updates, and write to stdout.
os.environ["FASTMCP_ENV_FILE"] = os.devnull
os.environ["FASTMCP_CHECK_FOR_UPDATES"] = "off"
os.environ["FASTMCP_SHOW_SERVER_BANNER"] = "false"
os.environ["FASTMCP_ENABLE_RICH_LOGGING"] = "false"
os.environ.setdefault("FASTMCP_LOG_LEVEL", "WARNING")
