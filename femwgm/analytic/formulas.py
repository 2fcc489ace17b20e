"""Wavelengths by the published mode formulas, beside the exact lines of the same sphere."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from femwgm.analytic.asymptotics import lam_leung_young, schiller
from femwgm.analytic.mode import ExactMode
from femwgm.analytic.sphere import LayeredSphere

FORMULAS: dict[str, Callable[..., Any]] = {"lam_leung_young": lam_leung_young, "schiller": schiller}
"""Size parameter x = k0 R n_ambient from (pol, relative index, l, q): five terms, and the series to nu^(-8/3)."""
_PASSES = 60
_SETTLED = 1e-14


def by_formulas(mode: ExactMode) -> dict[str, float | None]:
    """`NAME_nm` and `NAME_difference_nm` (formula minus exact) of each formula.

    The formulas hold for a homogeneous, isotropic sphere that is denser than its ambient. They know no losses: the real parts
    of the indices count. None where they do not apply.
    """
    row: dict[str, float | None] = {}
    for name, formula in FORMULAS.items():
        found = _wavelength_nm(mode, formula)
        row[f"{name}_nm"] = found
        row[f"{name}_difference_nm"] = None if found is None else found - mode.wavelength_nm
    return row


def _wavelength_nm(mode: ExactMode, formula: Callable[..., Any]) -> float | None:
    """The vacuum wavelength at which dispersive indices give back the wavelength that they were taken at."""
    k0 = mode.k_real
    for _ in range(_PASSES):
        indices = _indices(mode.sphere, k0)
        if indices is None:
            return None
        inside, outside = indices
        x = float(formula(mode.pol, inside / outside, mode.l, mode.q))
        before, k0 = k0, x / (outside * mode.sphere.outer_radius_um)
        if not k0 > 0.0:
            return None
        if abs(k0 - before) <= _SETTLED * k0:
            break
    return 2e3 * math.pi / k0


def _indices(sphere: LayeredSphere, k0: float) -> tuple[float, float] | None:
    """Real index of the sphere and of its ambient, or None unless it is homogeneous, isotropic and the denser one."""
    if any(sphere.media.uniaxial):
        return None
    eps = sphere.media.at(np.array([k0])).t[:, 0].real
    if np.ptp(eps[:-1]) > 1e-12 * eps[0] or not eps[0] > eps[-1] > 0.0:
        return None
    return math.sqrt(eps[0]), math.sqrt(eps[-1])
