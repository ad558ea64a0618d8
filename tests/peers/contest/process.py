"""Processes and what they need: seconds from their start to the first step, memory at most.

Linux counts the memory of a process's parent into its ru_maxrss, for the time between fork and
exec. So whoever starts one through these functions must stay small: no PyTorch, no numpy.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PEERS = Path(__file__).resolve().parent.parent
KEEP_MEMORY = {"glibc.malloc.mmap_threshold": 1 << 32, "glibc.malloc.trim_threshold": 1 << 34,
               "glibc.malloc.top_pad": 1 << 28}


SPINNING = {"GOMP_SPINCOUNT": "2000"}  # as ./norma has it, for both programs


def norma_environment():
    return SPINNING | os.environ


def torch_environment(threads, cache, spins=False):
    """Threads, an allocator that keeps large blocks (without it a large norm is mostly page
    faults), and compiled code where the next process finds it. `spins`: threads wait as long as
    libgomp lets them if nobody says anything."""
    tunables = ":".join(f"{name}={value}" for name, value in KEEP_MEMORY.items())
    kept = SPINNING | os.environ
    if spins:
        del kept["GOMP_SPINCOUNT"]
    return kept | {"GLIBC_TUNABLES": tunables, "OMP_NUM_THREADS": str(threads),
                   "TORCHINDUCTOR_CACHE_DIR": str(cache), "PYTHONUNBUFFERED": "1"}


def reap(process):
    """Waits; the peak of its resident memory in bytes."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * 1024


def only_started(command, environment):
    """Peak memory of a process that starts and ends."""
    process = subprocess.Popen(command, env=environment, cwd=PEERS, stdout=subprocess.DEVNULL)
    peak = reap(process)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed")
    return peak


def train_norma(program, config, folder, threads, seconds, warmup):
    """Trains until steps after the warm-up have lasted so long, three at least, and kills it:
    milliseconds of these steps, seconds to the first, bytes at most."""
    with tempfile.TemporaryDirectory(dir=folder) as run:
        run = Path(run)
        (run / "config.json").write_text(json.dumps(config))
        lines = run / "run/metrics.jsonl"
        with open(run / "stderr", "w") as stderr:
            started = time.monotonic()
            process = subprocess.Popen(
                [program, run / "config.json", "--out", run / "run", "--threads", str(threads)],
                env=norma_environment(), stdout=stderr, stderr=stderr)
            try:
                first, ms = follow(process, lines, started, seconds, warmup)
            finally:
                os.kill(process.pid, signal.SIGKILL)  # Popen.kill() might reap it first
                peak = reap(process)
        if ms is None:
            raise SystemExit(f"train stopped:\n{(run / 'stderr').read_text()[-2000:]}")
        return {"ms": ms, "first": first, "peak": peak}


def follow(process, lines, started, seconds, warmup):
    """Reads metrics as they are written; no milliseconds where the training ended by itself."""
    first = None
    while True:
        ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended:
            return first, None
        text = lines.read_text() if lines.exists() else ""
        ms = [json.loads(line)["ms"] for line in text.splitlines()]
        if ms and first is None:
            first = time.monotonic() - started
        ms = ms[warmup:]
        if len(ms) >= 3 and sum(ms) >= 1e3 * seconds:
            return first, ms
        time.sleep(0.002 if first is None else 0.05)


class Worker:
    """A process of PyTorch's (reference.timing) that lasts and times in turns."""

    def __init__(self, task, threads, cache, spins=False):
        cache.mkdir(parents=True, exist_ok=True)
        self.stderr = tempfile.TemporaryFile("w+")
        started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "reference.timing", json.dumps(task)], cwd=PEERS, text=True,
            env=torch_environment(threads, cache, spins), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.stderr)
        try:
            self.facts = self.read()
        except BaseException:
            self.close()
            raise
        self.first = time.monotonic() - started

    @property
    def pid(self):
        return self.process.pid

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            self.stderr.seek(0)
            raise SystemExit(f"PyTorch's process failed:\n{self.stderr.read()[-3000:]}")
        return json.loads(line)

    def turn(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self.read()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.stderr.close()
