"""
What a hook costs the agent that waits for it: a command hook as a whole process, a hook by tool call, a dead keeper.

A touch is the first of a file by a session that had its welcome, so that notes are told; "nothing to say" is another
one of the same file. Each note lies on two files, so 10,000 of them on 1,000 files are twenty on each.

    python benchmarks/hooks.py            (or: make bench-hooks)      about a minute on two cores
    python benchmarks/hooks.py --notes 2000 --json out.json

Everything goes through the front door: `trails hook` as a client starts it, and `tools/call` on a relay. Run it on a
machine that does nothing else.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from start import Child, median_ms

from trails import door
from trails.backends.remote_memory import RemoteMemory

ROUNDS = 40
TRAILS = str(Path(sys.executable).with_name("trails"))
GOALS = {"command hook": 60.0, "hook by tool call": 10.0, "dead keeper": 300.0, "hanging keeper": 300.0}  # milliseconds
PYTHON = [sys.executable, "-I", "-S", "-c", "import json, socket, sys; sys.stdin.read()"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, default=10_000, help="notes in the memory")
    parser.add_argument("--files", type=int, default=1_000, help="files that the notes are on")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trails-bench-") as folder:
        figures = measure(Path(folder), asked.notes, asked.files)
    for name, (median, p95, cpu) in figures.items():
        goal = f"  goal {GOALS[name]:.0f}" if name in GOALS else ""
        print(f"{name:34} median {median:7.1f} ms   p95 {p95:7.1f} ms   CPU {cpu:5.1f} ms{goal}")
    bare = figures["(bare python, json, socket)"][0]
    print(f"a command hook takes {figures['command hook'][0] / bare:.1f} times a bare Python")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2))


def measure(folder: Path, notes: int, files: int) -> dict[str, tuple[float, float, float]]:
    """Median, 95th percentile and CPU of each, in milliseconds."""
    project = folder / "project"
    project.mkdir()
    subprocess.run(["git", "init", "-q", str(project)], check=False)
    for number in range(files):
        (project / f"f{number}.py").write_text(f"x = {number}\n")
    environment = {**os.environ, "TRAILS_DATA_DIR": str(folder / "data"), "CLAUDECODE": "1"}
    environment |= {"TRAILS_WATCH": "no", "CLAUDE_CODE_SESSION_ID": "bench"}
    memory = RemoteMemory(folder / "data", cwd=project, agent="bench", session="others")
    lay(memory, notes, files)
    os.chdir(project)
    figures = {"(bare python, json, socket)": timed(PYTHON, environment, [{}] * ROUNDS)}
    hook = [TRAILS, "hook"]
    for number in range(ROUNDS):
        memory.ask("hook", event=begun(f"s{number}"))
    figures["command hook"] = timed(hook, environment, [touch(project, n, f"s{n}") for n in range(ROUNDS)])
    figures["command hook, nothing to say"] = timed(hook, environment, [touch(project, 0, "s0")] * ROUNDS)
    starts = [{"hook_event_name": "SessionStart", "session_id": f"w{n}", "source": "startup"} for n in range(ROUNDS)]
    figures["command hook: welcome"] = timed(hook, environment, starts)
    tasks = [
        {"hook_event_name": "UserPromptSubmit", "session_id": "w0", "prompt": f"mend the flush of page {n} in f{n}.py"}
        for n in range(ROUNDS)
    ]
    figures["command hook: task"] = timed(hook, environment, tasks)
    figures |= by_tool_call(project, environment)
    pid = memory.ask("status")["pid"]
    os.kill(pid, signal.SIGSTOP)
    figures["hanging keeper"] = timed(hook, environment, [touch(project, n, "hung") for n in range(ROUNDS // 4)])
    os.kill(pid, signal.SIGCONT)
    os.kill(pid, signal.SIGKILL)
    while door.connect(str(folder / "data")) is not None:
        time.sleep(0.01)
    figures["dead keeper"] = timed(hook, environment, [touch(project, n, "dead") for n in range(ROUNDS)])
    return figures


def by_tool_call(project: Path, environment: dict[str, str]) -> dict[str, tuple[float, float, float]]:
    """The same touches, by a call on the connection that is open: what stands in between is the relay."""
    relay = Child([TRAILS, "mcp"], environment)
    relay.initialize()

    def call(event: dict) -> None:
        said = relay.ask(
            {
                "jsonrpc": "2.0",
                "id": time.perf_counter_ns(),
                "method": "tools/call",
                "params": {"name": "hook_event", "arguments": {"event": event}},
            }
        )
        assert "result" in said, said

    for session in ("warm", "by-call"):
        call(begun(session))
    call(touch(project, 0, "warm"))
    told = median_ms(lambda n: call(touch(project, n % 200, "by-call")), 200)
    silent = median_ms(lambda n: call(touch(project, n % 200, "by-call")), 200)
    relay.close()
    return {"hook by tool call": (*told, 0.0), "hook by tool call, nothing to say": (*silent, 0.0)}


def lay(memory: RemoteMemory, notes: int, files: int) -> None:
    """Notes on two files each."""
    for number in range(notes):
        memory.ask(
            "lay",
            title=f"Flush page {number} of the ledger before step {number % 97}",
            body=f"Seen in run {number}: the index of f{number % files} was older than its pages.",
            files=[f"f{number % files}.py", f"f{(7 * number + 1) % files}.py"],
        )
    memory.ask("wait_until_indexed", timeout_s=600)


def begun(session: str) -> dict:
    """The start of a session that has its welcome already."""
    return {"hook_event_name": "SessionStart", "session_id": session, "source": "resume"}


def touch(project: Path, number: int, session: str) -> dict:
    path = str(project / f"f{number}.py")
    event = {"hook_event_name": "PreToolUse", "session_id": session, "cwd": str(project), "tool_name": "Read"}
    return {**event, "tool_use_id": f"t{number}", "tool_input": {"file_path": path}}


def timed(command: list[str], environment: dict[str, str], events: list[dict]) -> tuple[float, float, float]:
    """Whole processes, one after the other; the CPU is the median of the processes themselves."""
    took, cpu = [], []
    for event in events:
        started = time.perf_counter()
        child = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert child.stdin
        assert child.stdout
        child.stdin.write(json.dumps(event).encode())
        child.stdin.close()
        child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        took.append((time.perf_counter() - started) * 1000)
        cpu.append((used.ru_utime + used.ru_stime) * 1000)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0
        child.stdout.close()
    return statistics.median(took), statistics.quantiles(took, n=20)[18], statistics.median(cpu)


if __name__ == "__main__":
    main()
