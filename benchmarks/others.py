"""What the other solvers do in each case; rows appear for those that are installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from clock import best
from rows import Row
from spheres import INDICES, LEAKY_INDEX, LEAKY_RADIUS, RADII, relative


def ngsolve_boxes() -> list[Any]:
    """Settings on the front of error against time, found by hand in a search over degrees, cells and ways."""
    from peers.ngsolve_sphere import Box

    return [
        Box(degree, *cells, way)
        for way in ("condensed", "real", "arnoldi")
        for degree, cells in (
            (4, (2, 1, 2, 2, 1.2, 1.0, 0.40)), (5, (2, 1, 2, 2, 1.2, 1.0, 0.40)), (6, (1, 1, 2, 2, 1.0, 0.9, 0.38)),
            (6, (2, 1, 2, 2, 1.2, 1.0, 0.40)), (7, (2, 1, 2, 2, 1.2, 1.0, 0.40)), (8, (2, 1, 2, 2, 1.2, 1.0, 0.40)),
        )
    ]  # fmt: skip


def boxes(k: float, small: bool) -> Iterator[Row]:
    """NGSolve on the closed sphere, each setting of `ngsolve_boxes`."""
    try:
        from peers.ngsolve_sphere import ClosedSphere
    except ImportError:
        return
    for box in ngsolve_boxes():
        timing = best(
            lambda box=box: ClosedSphere(RADII, INDICES, box).solve("TE", 165, k), 3 if small else 6
        )
        found, unknowns = timing.value
        setting = f"p={box.degree} {box.core}+{box.shell}+{box.air} x {box.segments}, {box.way}"
        yield Row("B1", "NGSolve", setting, relative(found, k), timing.wall, timing.cpu, unknowns)


def skfem(k: float, small: bool) -> Iterator[Row]:
    """scikit-fem with its own elements and assembly on the closed sphere."""
    from peers.skfem_sphere import solve

    for rings, segments in (((3, 2, 3), 8),) if small else (((3, 2, 3), 8), ((6, 3, 5), 16)):
        timing = best(lambda r=rings, s=segments: solve(RADII, INDICES, 165, k, r, s, 1.2, 1.0, 0.40), 2)
        found, unknowns = timing.value
        setting = f"triangles, degree 3, {sum(rings)} x {segments}"
        yield Row(
            "B1", "scikit-fem as shipped", setting, relative(found, k), timing.wall, timing.cpu, unknowns
        )


def leaky(pol: str, truth: complex, small: bool) -> Iterator[Row]:
    """NGSolve on the leaky sphere."""
    try:
        from peers.ngsolve_sphere import OpenSphere
    except ImportError:
        return
    settings = [
        (6, 2, 1, 2, 3),
        (7, 2, 1, 2, 3),
        (7, 2, 1, 2, 4),
        (8, 2, 1, 2, 3),
        (8, 2, 1, 2, 4),
        (9, 2, 1, 2, 4),
        (10, 2, 1, 2, 4),
    ]
    for degree, core, air, layer, segments in settings[1::2] if small else settings:

        def job(args: Any = (degree, core, air, layer, segments)) -> Any:
            sphere = OpenSphere(LEAKY_RADIUS, LEAKY_INDEX, *args, 0.4, 2.4, 1.2, 2.0, 1.45, "sparsecholesky")
            return sphere.solve(pol, 15, truth)

        timing = best(job, 2)
        k, unknowns = timing.value
        q_error = abs((k.real / k.imag) / (truth.real / truth.imag) - 1.0)
        setting = f"{pol} p={degree} {core}+{air}+{layer} x {segments}"
        yield Row("B2", "NGSolve", setting, relative(k, truth), timing.wall, timing.cpu, unknowns, q_error)


def family(truth: dict[str, dict[int, float]], small: bool) -> Iterator[Row]:
    """NGSolve on a family of modes by polarization and order, one mesh for all."""
    try:
        from peers.ngsolve_sphere import Box, ClosedSphere
    except ImportError:
        return
    for way in ("condensed",) if small else ("condensed", "arnoldi"):
        box = Box(7, 2, 1, 2, 2, 1.25, 1.05, 0.40, way)

        def family(box: Box = box) -> float:
            sphere = ClosedSphere(RADII, INDICES, box)
            found = [
                (sphere.solve(pol, m, k)[0], k) for pol, modes in truth.items() for m, k in modes.items()
            ]
            return max(relative(k, near) for k, near in found)

        timing = best(family, 1)
        yield Row("B3", "NGSolve", f"p=7 2+1+2 x 2, {way}, one mesh", timing.value, timing.wall, timing.cpu)


def size(diameter: int, radii: tuple[float, float], l: int, k: float) -> Iterator[Row]:
    """NGSolve on a sphere of a diameter (um): the first setting that reaches 1e-8, or the best."""
    try:
        from peers.ngsolve_sphere import Box, ClosedSphere, gaussian_latitude
    except ImportError:
        return
    depth = 1.25 * (diameter / 20.0) ** (1.0 / 3.0)
    fastest: Row | None = None
    for cells, degree in (
        ((2, 1, 2, 2), 7),
        ((2, 1, 2, 2), 8),
        ((2, 1, 2, 3), 8),
        ((3, 1, 3, 3), 8),
        ((5, 1, 3, 4), 8),
    ):
        box = Box(degree, *cells, depth, 1.05, gaussian_latitude(l, 1e-9), "condensed")
        timing = best(lambda box=box: ClosedSphere(radii, INDICES, box).solve("TE", l, k), 2)
        found, unknowns = timing.value
        row = Row("B4", "NGSolve", f"{diameter} um, p={degree} {cells}", relative(found, k), timing.wall, timing.cpu, unknowns,
                  size=float(diameter))  # fmt: skip
        if fastest is None or (row.error or 1.0) < (fastest.error or 1.0):
            fastest = row
        if row.error is not None and row.error <= 1e-8:
            fastest = row
            break
    if fastest is not None:
        yield fastest


def thicknesses() -> Iterator[Row]:
    """NGSolve on some of the shell thicknesses, its time scaled up to all."""
    try:
        from peers.ngsolve_sphere import Box, ClosedSphere
    except ImportError:
        return
    from femwgm.analytic import LayeredSphere

    shapes = [(9.51, 9.51 + t) for t in np.linspace(0.35, 0.65, 5)]
    wanted = [
        (radii, pol, LayeredSphere(radii, INDICES).mode(pol, 165).k0.real)
        for radii in shapes
        for pol in ("TE", "TM")
    ]

    def sweep() -> float:
        error = 0.0
        for radii, pol, k in wanted:
            box = Box(7, 2, 1, 2, 2, 1.25, 1.05, 0.40, "condensed")
            error = max(error, relative(ClosedSphere(radii, INDICES, box).solve(pol, 165, k)[0], k))
        return error

    timing = best(sweep, 2)
    yield Row("B5", "NGSolve", "400 modes, from 10 of them", timing.value, 40 * timing.wall, 40 * timing.cpu)
