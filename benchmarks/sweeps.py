"""Sweeps measured: from one worker to two, locally and on a dask cluster, and what the bookkeeping of a point costs.

    python benchmarks/sweeps.py [points]

Run it on an idle machine: processes that share a core with others show nothing.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / part) for part in ("tests", ".")]

from support.cheap_points import SOLVER, thickness_sweep

from femwgm.config import load_config
from femwgm.sweep import run_sweep

CONFIG = Path(__file__).resolve().parents[1] / "configs" / "sweep_thickness.yaml"


def seconds(config: Any, **options: Any) -> float:
    """Wall time of a sweep into a fresh folder."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        result = run_sweep(config, folder, **options)
        spent = time.perf_counter() - begin
    assert result.met, result.reasons
    return spent


def main(points: int) -> None:
    config = load_config(CONFIG, [f"sweep.axes.0.linear.count={points}"])
    cores = len(os.sched_getaffinity(0))
    print(f"{points} shell thicknesses, TE and TM each; {cores} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| how | seconds | points/s | against one worker |")
    print("|---|---|---|---|")
    one = seconds(config, workers=1)
    two = seconds(config, workers=2)
    for name, spent in (("1 process", one), ("2 processes", two)):
        print(f"| {name} | {spent:.2f} | {points / spent:.2f} | {one / spent:.2f} |")
    from distributed import LocalCluster

    for workers in (1, 2):
        with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
            spent = seconds(config, scheduler=cluster.scheduler_address, workers=workers)
        name = f"dask, {workers} worker{'s' * (workers > 1)} (already running)"
        print(f"| {name} | {spent:.2f} | {points / spent:.2f} | {one / spent:.2f} |")
    begin, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        run_sweep(thickness_sweep(5000), folder, workers=0, solver=SOLVER)
    print(
        f"\nbookkeeping of 5000 points of no cost: {(time.perf_counter() - begin) / 5:.2f} ms a point,"
        f" {(time.process_time() - cpu) / 5:.2f} ms of them processor time"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
