"""`./dev bench [B1 ... B8] [--quick] [--publish]`: femwgm next to the other solvers, in one process, one thread each.

Prints a table, checks the targets, and saves results/bench.csv and results/bench.png; --publish copies both to published/.
"""

from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import importlib.util
import json
import platform
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import accuracy
import cases
import clock
import memory
import report

RESULTS, PUBLISHED = HERE / "results", HERE / "published"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", default=[], metavar="CASE", help="B1 to B8; all by default")
    parser.add_argument("--quick", action="store_true", help="fewer settings and repetitions")
    parser.add_argument(
        "--publish", action="store_true", help="keep the table and the plot in benchmarks/published"
    )
    parser.add_argument(
        "--no-memory", action="store_true", help="do not measure the peak memory in processes of their own"
    )
    parser.add_argument("--peak", nargs=2, metavar=("CASE", "SOLVER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        return peak(*options.peak)
    unknown = [name for name in options.cases if name not in cases.CASES]
    if unknown:
        parser.error(f"no case {', '.join(unknown)}; there are {', '.join(cases.CASES)}")
    cases.SMALL = options.quick
    for name, reason in missing().items():
        print(f"{name} is left out: {reason}")
    rows = []
    for name in options.cases or list(cases.CASES):
        print(f"{name}: {(cases.CASES[name].__doc__ or '').strip()}")
        for row in cases.CASES[name]():
            rows.append(row)
            print("   ", report.line(row), flush=True)
    peak_mb = {} if options.no_memory else peaks({row.case for row in rows})
    RESULTS.mkdir(exist_ok=True)
    report.show(rows, peak_mb)
    report.save_csv(rows, peak_mb, RESULTS / "bench.csv")
    report.save_plot(rows, RESULTS / "bench.png")
    if any(row.case == "B8" for row in rows):
        accuracy.draw([row for row in rows if row.case == "B8"], RESULTS / "accuracy.png")
    text = report.summary(rows, peak_mb)
    (RESULTS / "bench.md").write_text(f"{text}\n{machine()}\n")
    print(text)
    if options.publish:
        PUBLISHED.mkdir(exist_ok=True)
        for name in ("bench.csv", "bench.png", "bench.md", "accuracy.png"):
            if (RESULTS / name).exists():
                shutil.copyfile(RESULTS / name, PUBLISHED / name)
    return 0


def missing() -> dict[str, str]:
    """Solvers that cannot take part here, and why."""
    found = {}
    if importlib.util.find_spec("ngsolve") is None:
        found["NGSolve"] = "not installed (extra `bench`)"
    if importlib.util.find_spec("dolfinx") is None:
        python = ".".join(platform.python_version_tuple()[:2])
        found["FEniCSx"] = (
            f"no module dolfinx; its wheel `dolfinx-solver` needs Python 3.12 or newer, this is {python}"
        )
    return found


def machine() -> str:
    """The machine and the versions, for the published table."""
    from importlib.metadata import PackageNotFoundError, version

    versions = []
    for name in ("numpy", "scipy", "scikit-fem", "ngsolve"):
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {', '.join(versions)}; one thread."


_PEAK_JOBS = {"femwgm": ("B1", "B2", "B3", "B5"), "NGSolve": ("B1", "B2", "B3")}


def peaks(wanted: set[str]) -> dict[tuple[str, str], float | None]:
    """Peak memory (MB) beyond the imports, each in a process of its own."""
    return {
        (case, solver): clock.peak_megabytes(case, solver)
        for solver, names in _PEAK_JOBS.items()
        for case in names
        if case in wanted and (solver == "femwgm" or importlib.util.find_spec("ngsolve"))
    }


def peak(case: str, solver: str) -> int:
    """One job, and the memory it added, as JSON."""
    job = memory.memory_job(case, solver)
    before = clock.reset_peak()
    job()
    print(json.dumps({"megabytes": clock.resident_peak() - before}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
