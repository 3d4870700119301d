"""An agent as a process: a relay, and a few lines of JSON-RPC said to it."""

import itertools
import json
import subprocess
import sys


class RelayedAgent:
    """One relay process of its own, spoken to like a client of the older protocol era does."""

    def __init__(self, name, project, environment):
        self.numbers = itertools.count(1)
        self.relay = subprocess.Popen(
            [sys.executable, "-m", "trails_cli.entry", "mcp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment, "TRAILS_AGENT": name, "TRAILS_SESSION": f"session-of-{name}"},
            cwd=project,
        )
        client = {"name": name, "version": "1"}
        self.request("initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo=client)
        self._say({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def request(self, method, **params):
        """The result of one request; an error of the protocol fails the test."""
        number = next(self.numbers)
        self._say({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        while True:
            reply = json.loads(self.relay.stdout.readline())
            if reply.get("id") == number:
                assert "result" in reply, reply
                return reply["result"]

    def call(self, tool, **arguments):
        """The text that a tool answers."""
        result = self.request("tools/call", name=tool, arguments=arguments)
        assert not result.get("isError"), result
        return result["content"][0]["text"]

    def close(self):
        self.relay.stdin.close()
        self.relay.wait(60)
        self.relay.stdout.close()

    def _say(self, message):
        self.relay.stdin.write(json.dumps(message).encode() + b"\n")
        self.relay.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.close()
