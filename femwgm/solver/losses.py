"""What a mode loses by radiation and by absorption, each as a rate 1/Q with its error.

With k the wavenumber of the body and b that of its lossless twin (`femwgm.ground.lossless`),

    1/Q_total = -2 Im k / Re k,    1/Q_rad = -2 Im b / Re b,    1/Q_abs = 1/Q_total - 1/Q_rad.

The difference of two eigenvalues loses a weak absorption in rounding. There k = b + s with the first order of perturbation,
s = sum of (dk/d eps) (eps - that of the twin), its slopes the mean of those at both ends, which leaves an error of third order in
the loss. Each way states its error, and the better known one is taken: no constant decides.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from femwgm.eigen.iterations import Eigenmode
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.tabulated import axis_wavenumber, settled
from femwgm.modes.rates import Rate, better, loss_rate
from femwgm.observables.quality import TAIL
from femwgm.observables.sensitivity import PermittivitySlopes, bilinear_norm, permittivity_slopes
from femwgm.solver.error_estimate import Remainder


def slopes_of(problem: MeridianProblem, mode: Eigenmode) -> tuple[PermittivitySlopes, complex]:
    """dk0/d eps of the regions at a mode, and D of the media known at real wavelengths only (`femwgm.ground.tabulated`)."""
    media, matrices = problem.media(mode.k0), problem.matrices(mode.degree)
    local = mode.pencil.numbering.gather(mode.x[:, None])[..., 0]
    norm = bilinear_norm(local, matrices, mode.k0, media)
    slopes = permittivity_slopes(
        local, matrices, mode.k0, norm, problem.region, problem.regions, problem.axis is not None
    )
    tabulated = 0j
    for name in problem.regions:
        medium = problem.materials[problem.mesh.regions.index(name)]
        if medium.tabulated:
            across, along = medium.permittivity_slope(mode.k0), medium.permittivity_axial_slope(mode.k0)
            if problem.without_loss:
                across, along = complex(across.real), complex(along.real)
            tabulated += slopes.across[name] * across + slopes.along[name] * along
    return slopes, tabulated


def where_lossless(problem: MeridianProblem, mode: Eigenmode) -> Eigenmode:
    """A mode that absorbs at the wavenumber of its lossless twin, by first order: near its own, another mode may be nearer."""
    return replace(mode, k0=mode.k0 - _shift(problem, mode, bare=False))


def absorption(
    problem: MeridianProblem,
    lossy: tuple[Eigenmode, Eigenmode],
    bare: tuple[Eigenmode, Eigenmode],
    left: Remainder,
) -> Rate:
    """1/Q_abs of a body that absorbs or amplifies.

    Parameters
    ----------
    lossy, bare
        The mode and its lossless twin, each by the solution before and by the last.
    left
        What the last one lacks.
    """
    ways = [absorption_ways(problem, k, b) for k, b in zip(lossy, bare, strict=True)]
    both = (
        Rate(
            two.value,
            left.share * TAIL * abs(two.value - one.value) + two.error + left.error * abs(two.value),
        )
        for one, two in zip(*ways, strict=True)
    )
    return better(*both)


def absorption_ways(problem: MeridianProblem, mode: Eigenmode, bare: Eigenmode) -> tuple[Rate, Rate]:
    """1/Q_abs of one discrete solution: by the eigenvalues, with their rounding, and by perturbation, with its curvature."""
    rounding = 8.0 * np.finfo(float).eps * np.sqrt(mode.pencil.size)
    return Rate(loss_rate(mode.k0) - loss_rate(bare.k0), float(rounding)), _first_order(problem, mode, bare)


def _first_order(problem: MeridianProblem, mode: Eigenmode, bare: Eigenmode) -> Rate:
    shifts = np.array([_shift(problem, mode, bare=False), _shift(problem, bare, bare=True)])
    value = loss_rate(bare.k0 + shifts.mean()) - loss_rate(bare.k0)
    return Rate(float(value), float(abs(shifts[1] - shifts[0]) / bare.k0.real))


def _shift(problem: MeridianProblem, mode: Eigenmode, *, bare: bool) -> complex:
    """First order of the change of k0 that loss and gain make, with the slopes of the mode or of its bare twin."""
    twin = problem.lossless
    slopes, tabulated = slopes_of(twin if bare else problem, mode)
    k = axis_wavenumber(mode.k0)
    lossy, real = problem.permittivities(k), twin.permittivities(k)
    shift = sum(
        slopes.across[name] * (lossy[name][0] - real[name][0])
        + slopes.along[name] * (lossy[name][1] - real[name][1])
        for name in lossy
    )
    return settled(shift, tabulated, mode.k0)
