"""The benchmark cases B1 to B8: what femwgm does in each; what the other solvers do is in others.py."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import others
from accuracy import against_accuracy_and_size
from bodies import beside_ngsolve
from clock import Timing, best
from rows import Row
from spheres import (
    INDICES,
    LEAKY_INDEX,
    LEAKY_RADIUS,
    RADII,
    configuration,
    exact,
    exact_family,
    relative,
    thicknesses,
)

ROOT = Path(__file__).resolve().parents[1]
SMALL = False
"""Set by --quick: fewer settings and repetitions."""


def _run(config: dict[str, Any], repeats: int) -> tuple[Timing, dict[str, float], Any]:
    """`femwgm.run` of a configuration: best timing, the share of each stage in it, the last result."""
    from femwgm.runs.loop import run

    fastest: list[Any] = []

    def job() -> Any:
        result = run(config)
        if not fastest or result.seconds < fastest[0].seconds:
            fastest[:] = [result]
        return result

    timing = best(job, repeats)
    result = fastest[0]
    whole = sum(result.stages.values())
    return timing, {name: seconds / whole for name, seconds in result.stages.items()}, result


def _counted(timing: Timing, shares: dict[str, float]) -> tuple[float, float]:
    """Wall and processor time of mesh, assembly, eigenpairs and observables, what the others do or leave out.

    The exact list of modes (the others are given the shift), the second solution that estimates the errors and the count that
    proves the list complete are reported apart, in the row of the whole run.
    """
    kept = 1.0 - sum(shares.get(name, 0.0) for name in ("error estimate", "expected modes", "count"))
    return timing.wall * kept, timing.cpu * kept


def _femwgm_rows(
    case: str, setting: str, config: dict[str, Any], truth: Any, repeats: int, per_mode: bool = False
) -> Iterator[Row]:
    timing, shares, result = _run(config, repeats)
    wall, cpu = _counted(timing, shares)
    error = max(relative(mode.k0, truth(mode)) for mode in result.modes)
    q_errors = [truth(mode) for mode in result.modes]
    q_error = None
    if case == "B2":
        q_error = max(
            abs(mode.q_rad / (-0.5 * k.real / k.imag) - 1.0)
            for mode, k in zip(result.modes, q_errors, strict=True)
        )
    count = len(result.modes) if per_mode else 1
    unknowns = max(mode.dofs for mode in result.modes)
    note = ", ".join(f"{name} {1e3 * timing.wall * share:.0f} ms" for name, share in shares.items())
    yield Row(case, "femwgm", setting, error, wall / count, cpu / count, unknowns, q_error, note)
    yield Row(
        case,
        "femwgm, whole run",
        setting,
        error,
        timing.wall / count,
        timing.cpu / count,
        unknowns,
        q_error,
        "with exact list and error estimate",
    )


# ---------------------------------------------------------------- B1: one mode


def b1() -> Iterator[Row]:
    """Reference sphere, TE l = 165, to 1e-6, 1e-8, 1e-10."""
    truth = exact("J1", "TE", 165)
    for tolerance in (1e-6, 1e-8, 1e-10) if SMALL else (1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10):
        config = configuration(window=(641.0, 642.0), orders=[165], tolerance=tolerance, q=0.1)
        yield from _femwgm_rows("B1", f"accuracy {tolerance:.0e}", config, lambda _: truth, 10)
    yield from others.boxes(truth.real, SMALL)
    yield from others.skfem(truth.real, SMALL)


# ---------------------------------------------------------------- B2: leaky modes


def b2() -> Iterator[Row]:
    """Bare sphere of 4 um, TE and TM l = 15: wavelength and Q."""
    for pol in ("TE", "TM"):
        truth = exact("J2", pol, 15)
        center = 2e3 * np.pi / truth.real
        config = configuration(
            (LEAKY_RADIUS,), (LEAKY_INDEX, 1.0), window=(center - 8.0, center + 8.0), polarizations=(pol,), orders=[15],
            tolerance=1e-8, q=1e-6,
        )  # fmt: skip
        yield from _femwgm_rows("B2", f"{pol} accuracy 1e-8, Q 1e-6", config, lambda _, k=truth: k, 5)
        yield from others.leaky(pol, truth, SMALL)


# ---------------------------------------------------------------- B3: a family


def b3() -> Iterator[Row]:
    """Sixty-two modes, TE and TM, l = m = 150 to 180, each to 1e-8."""
    truth = {pol: exact_family(pol, 150, 180) for pol in ("TE", "TM")}
    config = configuration(
        window=(565.0, 725.0), polarizations=("TE", "TM"), orders=list(range(150, 181)), tolerance=1e-8
    )
    timing, shares, result = _run(config, 8)
    error = max(relative(mode.k0, truth[mode.pol][mode.m]) for mode in result.modes)
    residual = max(mode.residual for mode in result.modes)
    note = ", ".join(f"{name} {1e3 * timing.wall * share:.0f} ms" for name, share in shares.items())
    unknowns = max(mode.dofs for mode in result.modes)
    wall, cpu = _counted(timing, shares)
    pairs = shares["domain and mesh"] + shares["eigenpairs"]
    yield Row("B3", "femwgm", "with all observables", error, wall, cpu, unknowns, note=note)
    yield Row(
        "B3",
        "femwgm, eigenpairs",
        f"residuals below {residual:.0e}",
        error,
        timing.wall * pairs,
        timing.cpu * pairs,
        unknowns,
    )
    whole = "with exact list, count and error estimate"
    yield Row(
        "B3", "femwgm, whole run", "accuracy 1e-8", error, timing.wall, timing.cpu, unknowns, note=whole
    )
    yield from others.family(truth, SMALL)


# ---------------------------------------------------------------- B4: sizes


def b4() -> Iterator[Row]:
    """Diameters of 12, 20, 33, 52, 120 um and 1 mm with the same shell, one or two TE modes near 640 nm, to 1e-8."""
    from femwgm.analytic import LayeredSphere

    for diameter in (12, 120) if SMALL else (12, 20, 33, 52, 120, 1000):
        radius = 0.5 * diameter
        radii = (radius - 0.49, radius)
        spacing = 640.0**2 / (1.75 * np.pi * diameter * 1e3)
        window = (640.0, 640.0 + 1.05 * spacing)
        sphere = LayeredSphere(radii, INDICES)
        modes = sphere.modes(
            window_um=tuple(1e-3 * w for w in window), polarizations=("TE",), radial_orders=(1,)
        )
        truth = {mode.l: mode.k0.real for mode in modes}
        config = configuration(radii, INDICES, window=window, tolerance=1e-8)
        for row in _femwgm_rows(
            "B4", f"{diameter} um", config, lambda mode, t=truth: t[mode.l], 4, per_mode=True
        ):
            yield Row(**{**row.__dict__, "size": float(diameter)})
        l, k = next(iter(truth.items()))
        yield from others.size(diameter, radii, l, k)


# ---------------------------------------------------------------- B5: shapes and indices


def b5() -> Iterator[Row]:
    """A sweep over two hundred shell thicknesses, TE and TM l = 165, every column of the table included."""
    from femwgm.analytic import LayeredSphere
    from femwgm.sweeps import run_sweep

    timing = best(lambda: run_sweep(thicknesses(), workers=0), 2)
    table = timing.value.table
    error = max(
        relative(
            row["k0_re_per_um"],
            LayeredSphere((RADII[0], row["radius_um"]), INDICES).mode(row["pol"], 165).k0,
        )
        for row in table[::11].to_dict("records")
    )
    note = f"{int((~table['reduced'].astype(bool)).sum()) // 2} points solved in full"
    yield Row("B5", "femwgm", "200 thicknesses x 2 modes", error, timing.wall, timing.cpu, note=note)
    yield from others.thicknesses()


# ---------------------------------------------------------------- B6: start-up


def b6() -> Iterator[Row]:
    """`femwgm run configs/duan2022.yaml` as a process, pictures off."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "femwgm", "run", str(ROOT / "configs" / "duan2022.yaml"), "-o", f"{folder}/out",
            "--set", "outputs.plots=false",
        ]  # fmt: skip
        wall = cpu = float("inf")
        for i in range(3):
            command[6] = f"{folder}/out{i}"
            began, used = time.perf_counter(), _children()
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            wall, cpu = min(wall, time.perf_counter() - began), min(cpu, _children() - used)
        note = "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["failed"])[-1]
        yield Row("B6", "femwgm run", "configs/duan2022.yaml, fields written", None, wall, cpu, note=note)


def _children() -> float:
    """Processor time of the finished child processes (s)."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


# ---------------------------------------------------------------- B7: bodies


def b7() -> Iterator[Row]:
    """Seven bodies that only finite elements answer, everything included, beside NGSolve's single solve."""
    yield from beside_ngsolve(SMALL)


# ---------------------------------------------------------------- B8: accuracy and size


def b8() -> Iterator[Row]:
    """A disk and a spheroid at accuracies of 1e-4 to 1e-10 and radii of 5 to 200 um, a process each."""
    yield from against_accuracy_and_size(SMALL)


CASES = {"B1": b1, "B2": b2, "B3": b3, "B4": b4, "B5": b5, "B6": b6, "B7": b7, "B8": b8}
