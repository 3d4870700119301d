"""
What trails costs: start, a further agent, recall, lay. One run, everything side by side, ratios printed.

    python benchmarks/start.py            (or: make bench)       about three minutes on two cores
    python benchmarks/start.py --notes 2000 --json out.json      quicker, and the figures as JSON

Run it on a machine that does nothing else: the figures of start-up are medians of whole processes.
"""

import argparse
import gc
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psutil

from trails import Anchor, Author, Draft, Question, Settings, open_memory
from trails.backends.remote_memory import RemoteMemory

ROUNDS = 9
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}},
}
DIRECT = """
import os
os.environ.update(FASTMCP_ENV_FILE=os.devnull, FASTMCP_CHECK_FOR_UPDATES="off", FASTMCP_SHOW_SERVER_BANNER="false")
from fastmcp import FastMCP
server = FastMCP("direct")
@server.tool
def recall(query: str) -> str:
    "Recall."
    return query
server.run(show_banner=False)
"""
GLOSSARY = Path(__file__).parents[1] / "docs/glossary.md"
WORDS = sorted(set(re.findall(r"[a-z]{4,}", GLOSSARY.read_text())))


class Child:
    """A process that speaks JSON-RPC over its stdin and stdout."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )

    def ask(self, message: dict) -> dict:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
        while True:
            reply = json.loads(self.process.stdout.readline())
            if reply.get("id") == message["id"]:
                return reply

    def initialize(self) -> float:
        """Milliseconds from the start of the process to the answer of `initialize`."""
        assert "result" in self.ask(INITIALIZE)
        took = (time.perf_counter() - self.started) * 1000
        assert self.process.stdin
        self.process.stdin.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
        self.process.stdin.flush()
        return took

    def unshared_mb(self) -> float:
        return psutil.Process(self.process.pid).memory_full_info().uss / 2**20

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(30)


def relay_command() -> list[str]:
    """The installed command, as a client starts it."""
    return [str(Path(sys.executable).with_name("trails")), "mcp"]


def median_ms(work: Callable[[int], object], rounds: int) -> tuple[float, float]:
    """Median and 95th percentile, in milliseconds, of `work(i)`."""
    took = []
    for i in range(rounds):
        before = time.perf_counter()
        work(i)
        took.append((time.perf_counter() - before) * 1000)
    return statistics.median(took), statistics.quantiles(took, n=20)[18]


# ── start and memory ─────────────────────────────────────────────────────────────────────────────────────────────────
def measure_start(environment: dict[str, str]) -> dict[str, float]:
    first = Child(relay_command(), environment)
    cold = first.initialize()
    first.ask({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}})
    keeper = RemoteMemory(environment["TRAILS_DATA_DIR"])
    end = time.monotonic() + 60
    while keeper.ask("status")["model"]["state"] == "loading" and time.monotonic() < end:
        time.sleep(0.2)
    relays, direct, held = [], [], []
    for _ in range(ROUNDS):  # in turn, so that both meet the same machine
        child = Child(relay_command(), environment)
        relays.append(child.initialize())
        child.ask({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "welcome", "arguments": {}}})
        held.append(child.unshared_mb())
        child.close()
        child = Child([sys.executable, "-c", DIRECT], environment)
        direct.append(child.initialize())
        direct_mb = child.unshared_mb()
        child.close()
    first.close()
    return {
        "cold keeper to first answer, ms": cold,
        "relay to initialize, ms (median)": statistics.median(relays),
        "direct FastMCP process to initialize, ms (median)": statistics.median(direct),
        "relay / direct": statistics.median(relays) / statistics.median(direct),
        "a further agent, MB unshared": statistics.median(held),
        "a direct FastMCP process, MB unshared": direct_mb,
    }


# ── recall ───────────────────────────────────────────────────────────────────────────────────────────────────────────
class MixedEmbedder:
    """The real model for one text at a time (a question); made-up unit vectors for the notes, which come in batches."""

    def __init__(self) -> None:
        from trails.backends.onnx_embedder import OnnxEmbedder

        self.real = OnnxEmbedder.load("")
        self.random = np.random.default_rng(7)
        self.model, self.dimension = self.real.model, self.real.dimension

    def embed(self, texts):
        if len(texts) == 1:
            return self.real.embed(texts)
        made = self.random.standard_normal((len(texts), self.dimension)).astype(np.float32)
        return made / np.linalg.norm(made, axis=1, keepdims=True)


def draft(random: np.random.Generator, number: int) -> Draft:
    words = " ".join(random.choice(WORDS, 9))
    files = {f"src/part{i % 40}/file{i}.py" for i in random.zipf(1.3, 2) % 800}
    return Draft(
        f"Note {number}: {words}", " ".join(random.choice(WORDS, 30)), anchors=tuple(map(Anchor, sorted(files)))
    )


def measure_recall(folder: Path, notes: int) -> dict[str, float]:
    memory = open_memory(Settings(data_dir=folder, principal="bench"), load=MixedEmbedder)
    random, by, start = np.random.default_rng(1), Author("bench", "bench", "s"), datetime.now(UTC) - timedelta(days=365)
    drafts = [draft(random, number) for number in range(notes)]
    before = time.perf_counter()
    with ThreadPoolExecutor(8) as writers:
        moments = (start + timedelta(minutes=50 * number) for number in range(notes))
        list(writers.map(lambda one, at: memory.lay("w-bench", one, by, at=at), drafts, moments))
    lays = notes / (time.perf_counter() - before)
    memory.indexer.wait_until_idle(900)
    memory.close()
    memory = open_memory(Settings(data_dir=folder, principal="bench"), load=MixedEmbedder)  # as a keeper finds it
    memory.embedder.wait_until_settled(60)
    paths = sorted({anchor.path for one in drafts for anchor in one.anchors})
    del drafts
    gc.collect()
    gc.freeze()  # as the keeper does
    questions = [" ".join(random.choice(WORDS, 5)) for _ in range(300)]
    for text in questions[:20]:
        memory.recall("w-bench", Question("warm " + text, files=(paths[0],)), by)
    by_file = median_ms(lambda i: memory.recall("w-bench", Question(files=(paths[i * 7 % len(paths)],)), by), 300)
    by_text = median_ms(lambda i: memory.recall("w-bench", Question(questions[i]), by), 250)
    again = median_ms(lambda i: memory.recall("w-bench", Question(questions[i]), by), 250)
    embed = median_ms(lambda i: memory.embedder.vector(f"{questions[i]} {i}"), 100)
    memory.close()
    return {
        "notes": notes,
        "recall by file, ms (median)": by_file[0],
        "recall by file, ms (p95)": by_file[1],
        "recall by text, embedding included, ms (median)": by_text[0],
        "recall by text, embedding included, ms (p95)": by_text[1],
        "  of it the embedding, ms (median)": embed[0],
        "recall by text, question seen before, ms (median)": again[0],
        "lays a second, 8 threads inside the keeper": lays,
    }


# ── lays ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
WRITER = """
import sys, time
from trails.backends.remote_memory import RemoteMemory
memory = RemoteMemory(sys.argv[1], agent="writer", session=sys.argv[2])
memory.ask("status")
print("ready", flush=True); sys.stdin.readline()
for i in range(int(sys.argv[3])):
    files = [f"src/file{i % 50}.py"]
    memory.ask("lay", title=f"Note {i} of writer {sys.argv[2]}", body="Laid while seven others lay.", files=files)
print("done", flush=True)
"""


def measure_lays(environment: dict[str, str], each: int) -> dict[str, float]:
    """Acknowledged lays a second of 8 processes: through the keeper's socket, and through relays as MCP calls."""
    command = [sys.executable, "-c", WRITER, environment["TRAILS_DATA_DIR"]]
    writers = [
        subprocess.Popen([*command, str(n), str(each)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        for n in range(8)
    ]
    for writer in writers:
        writer.stdout.readline()  # type: ignore[union-attr]
    before = time.perf_counter()
    for writer in writers:
        writer.stdin.write(b"go\n")  # type: ignore[union-attr]
        writer.stdin.flush()  # type: ignore[union-attr]
    for writer in writers:
        assert writer.stdout.readline() == b"done\n"  # type: ignore[union-attr]
    socket_rate = 8 * each / (time.perf_counter() - before)
    for writer in writers:
        writer.wait()
    return {"lays a second, 8 processes on the socket": socket_rate, **_measure_mcp_lays(environment, each)}


def _measure_mcp_lays(environment: dict[str, str], each: int) -> dict[str, float]:
    relays = [Child(relay_command(), environment) for _ in range(8)]
    for relay in relays:
        relay.initialize()

    def write(number: int) -> None:
        for i in range(each):
            arguments = {"title": f"Note {i} of relay {number}", "files": [f"src/file{i % 50}.py"]}
            call = {"name": "lay", "arguments": arguments}
            reply = relays[number].ask({"jsonrpc": "2.0", "id": i + 10, "method": "tools/call", "params": call})
            assert not reply["result"].get("isError"), reply

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    before = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = 8 * each / (time.perf_counter() - before)
    for relay in relays:
        relay.close()
    return {"lays a second, 8 relays as MCP calls": rate}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--notes", type=int, default=10_000, help="notes in the store for recall")
    parser.add_argument("--each", type=int, default=300, help="lays of each of the 8 writers")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    asked = parser.parse_args()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="trails-bench-") as folder:
        project = Path(folder) / "project"
        project.mkdir()
        environment = {**os.environ, "TRAILS_DATA_DIR": f"{folder}/data"}
        os.environ["TRAILS_DATA_DIR"] = environment["TRAILS_DATA_DIR"]
        os.chdir(project)
        figures |= measure_start(environment)
        figures |= measure_lays(environment, asked.each)
        RemoteMemory(environment["TRAILS_DATA_DIR"]).retire()
        figures |= measure_recall(Path(folder) / "recall", asked.notes)
    figures["peak memory of this process (keeper's parts in it), MB"] = (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    )
    for name, value in figures.items():
        print(f"{name:60s} {value:12,.2f}")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
