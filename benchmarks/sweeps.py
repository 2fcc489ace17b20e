"""Sweeps measured: one worker against two, here and on a dask cluster; what a worker reuses; what the bookkeeping costs.

    python benchmarks/sweeps.py [points] [--publish]

Run it on an idle machine with two cores or more: processes that share a core with others show nothing. Prints the tables and
saves them as results/sweeps.md, with --publish as published/sweeps.md too. Exit status 1 if the bookkeeping misses its bounds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests"), str(HERE.parent)]

import clock
from support.cheap_points import SOLVER, thickness_sweep

from femwgm.config import load_config
from femwgm.sweeps import run_sweep

CONFIG = HERE.parent / "configs" / "sweep_thickness.yaml"
REPEATS = 2
BOOKKEPT = 10_000
MOST_MS, MOST_MB = 2.0, 60.0
"""Bounds of the bookkeeping: processor time of a point, and memory that all the points add."""


def measured(config: Any, **options: Any) -> tuple[float, list[list[float]]]:
    """Wall time of a sweep into a fresh folder, and for each worker the seconds of its points in order."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        result = run_sweep(config, folder, **options)
        spent = time.perf_counter() - begin
        assert result.met, result.reasons
        by_worker = defaultdict(list)
        for path in sorted(Path(folder).glob("points/*/*.json"), key=lambda path: path.stat().st_mtime_ns):
            record = json.loads(path.read_bytes())
            by_worker[record["worker"]].append(record["seconds"])
    return spent, list(by_worker.values())


def best(config: Any, **options: Any) -> tuple[float, list[list[float]]]:
    return min((measured(config, **options) for _ in range(REPEATS)), key=lambda found: found[0])


def scaling(points: int) -> list[str]:
    """One worker against two, as processes and on dask, and the first point of a worker against the later ones."""
    from distributed import LocalCluster

    config = load_config(CONFIG, [f"sweep.axes.0.linear.count={points}"])
    found = {f"{n} process{'es' * (n > 1)}": best(config, workers=n) for n in (1, 2)}
    for n in (1, 2):
        with LocalCluster(n_workers=n, threads_per_worker=1, dashboard_address=None) as cluster:
            name = f"dask, {n} worker{'s' * (n > 1)}, already running"
            found[name] = best(config, scheduler=cluster.scheduler_address, workers=n)
    one = next(iter(found.values()))[0]
    first, *later = found["1 process"][1][0]
    return [
        f"{points} shell thicknesses, TE and TM each, starting of processes included, best of {REPEATS}:",
        "",
        "| how | seconds | points/s | against one process |",
        "|---|---|---|---|",
        *(
            f"| {name} | {spent:.2f} | {points / spent:.2f} | {one / spent:.2f} |"
            for name, (spent, _) in found.items()
        ),
        "",
        f"A worker's first point takes {first:.2f} s, its later ones {sorted(later)[len(later) // 2]:.2f} s (median).",
    ]


def bookkeeping() -> tuple[list[str], bool]:
    """Processor time and memory of the parent of a sweep whose points cost nothing; whether both keep to their bounds."""
    with tempfile.TemporaryDirectory() as folder:
        run_sweep(thickness_sweep(500), f"{folder}/warm", workers=1, solver=SOLVER)
        spent, wall = {}, {}
        before = clock.reset_peak()
        for name, options in (("solved", {"workers": 1}), ("found on disk", {"workers": 0})):
            begin, cpu = time.perf_counter(), time.process_time()
            result = run_sweep(thickness_sweep(BOOKKEPT), f"{folder}/s", solver=SOLVER, **options)
            wall[name] = 1e3 * (time.perf_counter() - begin) / BOOKKEPT
            spent[name] = 1e3 * (time.process_time() - cpu) / BOOKKEPT
            assert result.done == BOOKKEPT
        grown = clock.resident_peak() - before
    met = max(spent.values()) < MOST_MS and grown < MOST_MB
    lines = [
        f"{BOOKKEPT} points of no cost:",
        "",
        "| each point | processor ms in the parent | wall ms, waiting for the disk included |",
        "|---|---|---|",
        *(f"| {name} | {spent[name]:.2f} | {wall[name]:.2f} |" for name in spent),
        "",
        f"Memory added: {grown:.0f} MB. Bounds: {MOST_MS:g} ms of processor time, {MOST_MB:g} MB: {'kept' if met else 'MISSED'}.",
    ]
    return lines, met


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("points", nargs="?", type=int, default=60, help="shell thicknesses; 60 by default")
    parser.add_argument("--publish", action="store_true", help="keep the tables in benchmarks/published")
    options = parser.parse_args()
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    begun = f"{platform.system()} {platform.machine()}, {cores} cores, load {load:.1f} at the start."
    kept, met = bookkeeping()
    text = "\n".join([*scaling(options.points), "", *kept, "", begun]) + "\n"
    print(text)
    for folder in ("results", *(["published"] if options.publish else [])):
        (HERE / folder).mkdir(exist_ok=True)
        (HERE / folder / "sweeps.md").write_text(text)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
