"""The jobs whose peak memory is measured, each in a process of its own."""

from __future__ import annotations

from typing import Any

from spheres import INDICES, LEAKY_INDEX, LEAKY_RADIUS, RADII, configuration, exact, exact_family, thicknesses


def memory_job(case: str, solver: str) -> Any:
    """A function that does a case once, imports done."""
    from peers.ngsolve_sphere import Box, ClosedSphere, OpenSphere

    from femwgm.runs.loop import run
    from femwgm.sweeps import run_sweep

    # A small job of the same kind first: it loads what is loaded late, so that the peak is the case's own.
    if solver == "femwgm":
        run(configuration((3.0,), (1.45, 1.0), window=(800.0, 840.0), tolerance=1e-4, q=0.1))
    else:
        ClosedSphere(RADII, INDICES, Box(2, 1, 1, 1, 1, 1.2, 1.0, 0.40, "condensed")).solve("TE", 165, 9.795)
    box = Box(8, 2, 1, 2, 2, 1.2, 1.0, 0.40, "condensed")
    k = exact("J1", "TE", 165).real
    leaky = exact("J2", "TE", 15)
    closed = configuration(window=(641.0, 642.0), orders=[165], tolerance=1e-10)
    bare = configuration((LEAKY_RADIUS,), (LEAKY_INDEX, 1.0), window=(962.0, 978.0), orders=[15], q=1e-6)
    family = configuration(window=(565.0, 725.0), polarizations=("TE", "TM"), orders=list(range(150, 181)))
    jobs = {
        ("B1", "femwgm"): lambda: run(closed),
        ("B1", "NGSolve"): lambda: ClosedSphere(RADII, INDICES, box).solve("TE", 165, k),
        ("B2", "femwgm"): lambda: run(bare),
        ("B2", "NGSolve"): lambda: OpenSphere(
            LEAKY_RADIUS, LEAKY_INDEX, 8, 2, 1, 2, 4, 0.4, 2.4, 1.2, 2.0, 1.45, "sparsecholesky"
        ).solve("TE", 15, leaky),
        ("B3", "femwgm"): lambda: run(family),
        ("B3", "NGSolve"): lambda: _all_of(ClosedSphere(RADII, INDICES, Box(7, 2, 1, 2, 2, 1.25, 1.05, 0.40, "condensed"))),
        ("B5", "femwgm"): lambda: run_sweep(thicknesses(), workers=0),
    }  # fmt: skip
    return jobs[case, solver]


def _all_of(sphere: Any) -> None:
    for pol in ("TE", "TM"):
        for m, k in exact_family(pol, 150, 180).items():
            sphere.solve(pol, m, k)
