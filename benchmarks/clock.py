"""Timing: the best of several warm repetitions, wall and processor time, and the peak memory of a fresh process."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Timing:
    """Seconds of the best repetition (wall and processor time each on its own) and what the last one returned."""

    wall: float
    cpu: float
    value: Any


def best(job: Callable[[], Any], repeats: int, budget: float = 20.0) -> Timing:
    """Run once to warm up, then up to `repeats` times or until the budget (s) is spent."""
    began = time.perf_counter()
    value = job()
    wall = cpu = float("inf")
    for _ in range(repeats):
        t, c = time.perf_counter(), time.process_time()
        value = job()
        wall, cpu = min(wall, time.perf_counter() - t), min(cpu, time.process_time() - c)
        if time.perf_counter() - began > budget:
            break
    return Timing(wall, cpu, value)


def peak_megabytes(case: str, solver: str) -> float | None:
    """Peak resident memory that a case adds to a fresh process, beyond what its imports take."""
    command = [sys.executable, str(Path(__file__).with_name("run.py")), "--peak", case, solver]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        return None
    return float(json.loads(done.stdout.splitlines()[-1])["megabytes"])


def reset_peak() -> float:
    """Forget the peak so far, where the system can (Linux); the resident memory of this process now (MB)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return resident_peak()
    return _status("VmRSS")


def resident_peak() -> float:
    """Peak resident memory of this process (MB) since the last `reset_peak`, or since its start where there is no such thing."""
    try:
        return _status("VmHWM")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith(name)).split()[1]) / 1024.0
