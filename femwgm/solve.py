"""From an expected mode to a computed one: eigenpair, error estimate from a second, richer problem, and observables."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from femwgm.eigen import Pencil, closest
from femwgm.errors import SolveError
from femwgm.expect import Expected
from femwgm.fem.field import CellField
from femwgm.identify import identify
from femwgm.mesh.domain import PML
from femwgm.modes import Mode
from femwgm.observables.energy import RegionIntegrals, radial_shares, region_integrals
from femwgm.observables.index import group_index, wavenumber_slope
from femwgm.observables.radiation import log_radiated_power
from femwgm.observables.surface import solid_surface
from femwgm.observables.volume import volume_max
from femwgm.problem import MeridianProblem, prolong
from femwgm.typing import Array

MAX_DEGREE = 16
_FIXED_POINT_STEPS = 12
_ENRICHMENT = 2
"""Degrees by which the second solve is richer: two, because a field with a parity may gain nothing from one."""


@dataclass(frozen=True)
class Eigenmode:
    """A converged eigenpair at one degree."""

    k0: complex
    x: Array
    residual: float
    pencil: Pencil
    degree: int


def mirror_condition(pol: str, p: int) -> str:
    """Condition at z = 0 for a mode: its tangential E vanishes there for TE with even p and TM with odd p.

    >>> mirror_condition("TE", 0), mirror_condition("TM", 0)
    ('conductor', 'natural')
    """
    return "conductor" if (pol == "TE") == (p % 2 == 0) else "natural"


def solve_eigenmode(
    problem: MeridianProblem, expected: Expected, degree: int, mirror: str | None, *, outer: str = "conductor",
    near: Eigenmode | None = None,
) -> Eigenmode:  # fmt: skip
    """Eigenpair next to the expected wavenumber, self-consistent in dispersive media.

    Raises
    ------
    SolveError
        If nothing converges.
    """
    k = near.k0 if near else complex(expected.k0)
    start = None
    for step in range(_FIXED_POINT_STEPS if problem.dispersive else 1):
        pencil = problem.pencil(degree, expected.m, mirror, k, outer)
        if near is not None and start is None:
            start = prolong(near.pencil.numbering, pencil.numbering, near.x[:, None])
        if pencil.definite:
            k = complex(k.real, 0.0)
        shift = (k * (1.0 + 1e-9)) ** 2
        pairs = closest(pencil, shift.real if pencil.definite else shift, start=start, block=1 if near else 3)
        chosen = _choose(pencil, pairs.vectors, start)
        new = complex(np.sqrt(complex(pairs.values[chosen])))
        start, moved, k = pairs.vectors[:, [chosen]], abs(new - k) / abs(new), new
        if moved < 1e-13:
            break
    else:
        if problem.dispersive:
            raise SolveError(f"the dispersive index near k0 = {k.real:.6g} rad/um did not settle in {step + 1} steps")
    return Eigenmode(k, pairs.vectors[:, chosen], float(pairs.residuals[chosen]), pencil, degree)


def _choose(pencil: Pencil, vectors: Array, start: Array | None) -> int:
    """The vector that overlaps most with the one followed; without one, the first (nearest to the shift)."""
    if start is None:
        return 0
    return int(np.argmax(np.abs(pencil.apply_M(start).T @ vectors)[0]))


def solve_mode(
    problem: MeridianProblem, expected: Expected, degree: int, tolerance: float, *, mirrored: bool, radius: float,
    interfaces: dict[str, tuple[float, float]], q_tolerance: float | None = None,
) -> Mode:  # fmt: skip
    """A mode with its estimated errors, the degree raised until they meet the tolerance.

    Parameters
    ----------
    tolerance, q_tolerance
        Relative errors asked for; a mode that misses them at `MAX_DEGREE` is returned with `met` False.
    mirrored
        Whether the domain ends at the mirror plane.
    radius
        Outer radius of the solid (um).
    interfaces
        Inner and outer radius of each region on the equator (um).
    """
    begin = time.perf_counter()
    mirror = mirror_condition(expected.pol, expected.p) if mirrored else None
    primary = solve_eigenmode(problem, expected, degree, mirror)
    while True:
        check = solve_eigenmode(problem, expected, degree + _ENRICHMENT, mirror, outer="natural", near=primary)
        error = abs(check.k0.real - primary.k0.real) / abs(check.k0.real)
        rounding = 4.0 * np.finfo(float).eps * np.sqrt(primary.pencil.size)
        error = max(error, rounding)
        if error <= tolerance or degree >= MAX_DEGREE:
            break
        degree += 1
        primary = solve_eigenmode(problem, expected, degree, mirror, near=primary)
    first = _observe(problem, primary, expected, mirror)
    second = _observe(problem, check, expected, mirror)
    share_error = max(abs(first.integrals.energy_share[r] - second.integrals.energy_share[r]) for r in first.integrals.regions)
    q_error = abs(np.expm1(second.ln_q - first.ln_q)) if first.ln_q is not None and second.ln_q is not None else None
    eps = problem.media(primary.k0).eps
    extent = _extent(problem)
    label = identify(first.field, eps, extent[:2], radius, extent[2])
    n_g = group_index(wavenumber_slope(primary.pencil, problem.matrices(degree), primary.x, expected.m, primary.k0,
                                       problem.media(primary.k0).slope), radius)  # fmt: skip
    met = bool(error <= tolerance and (q_tolerance is None or q_error is None or q_error <= q_tolerance))
    absorbed = sum(first.integrals.absorption.values())
    return Mode(
        pol=label.pol, q=label.q, l=expected.m + label.p, m=expected.m, p=label.p, k0=primary.k0, radius=radius,
        n_g=n_g, log10_q_rad=None if first.ln_q is None else first.ln_q / np.log(10.0), q_rad_source=first.q_source,
        q_abs=1.0 / absorbed if absorbed != 0.0 else None,
        energy=first.integrals.energy_share, e2=first.integrals.e2_share, radial_e2=radial_shares(first.field, interfaces),
        mode_volume_um3=volume_max(first.field, first.integrals, eps), wavelength_error=float(error), residual=primary.residual,
        dofs=primary.pencil.size, seconds=time.perf_counter() - begin, q_error=None if q_error is None else float(q_error),
        share_error=float(share_error), confidence=label.confidence, te_fraction=label.te_fraction, met=met,
        absorption=first.integrals.absorption, field_data=first.field,
    )  # fmt: skip


@dataclass(frozen=True)
class _Observed:
    field: CellField
    integrals: RegionIntegrals
    ln_q: float | None
    q_source: str


def _observe(problem: MeridianProblem, mode: Eigenmode, expected: Expected, mirror: str | None) -> _Observed:
    """Normalised field, region integrals and Q of an eigenpair: what is computed twice to know its error."""
    matrices, media = problem.matrices(mode.degree), problem.media(mode.k0)
    field = problem.field(mode.pencil, mode.x, expected.m, mode.k0, mirror)
    integrals = region_integrals(field, matrices, media.eps, media.eps_axial)
    scale = 1.0 / np.sqrt(integrals.electric.sum())
    field, integrals = field.scaled(scale), integrals.scaled(scale**2)
    ln_q, source = _radiation(problem, field, integrals, mode, expected)
    return _Observed(field, integrals, ln_q, source)


def _extent(problem: MeridianProblem) -> tuple[float, float, float]:
    """Smallest and largest radius (um) and largest latitude (rad) of the domain."""
    r, z = np.moveaxis(problem.mesh.nodes.real, -1, 0)
    rho = np.hypot(r, z)
    return float(rho.min()), float(rho.max()), float(np.arctan2(z, np.maximum(r, 1e-300)).max())


def _radiation(
    problem: MeridianProblem, field: CellField, integrals: RegionIntegrals, mode: Eigenmode, expected: Expected
) -> tuple[float | None, str]:
    """Natural logarithm of Q_rad and where it comes from."""
    index = complex(problem.materials[problem.mesh.regions.index(problem.ambient)].index(mode.k0)).real
    lossless = not np.any(np.imag(problem.media(mode.k0).eps))
    if problem.open and lossless:
        return (float(np.log(-0.5 * mode.k0.real / mode.k0.imag)), "eigenvalue") if mode.k0.imag < 0.0 else (None, "below rounding")
    samples = solid_surface(field, problem.ambient)
    te, tm = log_radiated_power(samples, expected.m, mode.k0.real, index, np.arange(expected.l, expected.l + 1))
    ln_power = float(np.logaddexp.reduce(te if expected.pol == "TE" else tm))
    return float(np.log(mode.k0.real * 0.5 * integrals.stored) - ln_power), "multipoles"


__all__ = ["PML", "Eigenmode", "mirror_condition", "solve_eigenmode", "solve_mode"]
