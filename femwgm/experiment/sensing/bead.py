"""The shift of a sphere's line by a bead that touches it, with all orders of scattering between the two.

About the line through both centres the orders m' do not mix. The mode m = l about an axis across that line has the share
|d^l_m'l(pi/2)|^2 = C(2l, l + m') / 4^l of each, and its mean shift is that mean of theirs.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from femwgm.analytic import ExactMode
from femwgm.analytic.media import MediaModel
from femwgm.analytic.multipoles.search import stack_modes
from femwgm.analytic.multipoles.system import Sphere
from femwgm.errors import SolveError

_NEAR = 3e-4
_ENOUGH = 1e-3
_MOST = 12


def exact_bead(mode: ExactMode, radius_um: float, index: float) -> tuple[float, float]:
    """Mean shift (nm) of a mode m = l, and its error: what the orders left out add, and rounding.

    Raises
    ------
    SolveError
        If a mode of the pair is not found near the line.
    """
    sphere, l, k = mode.sphere, mode.l, mode.k0.real
    ambient = sphere.indices[-1]
    pair = [
        Sphere(0.0, sphere.radii_um, MediaModel(sphere.indices, sphere.radial_indices)),
        Sphere(sphere.outer_radius_um + radius_um, (radius_um,), MediaModel([index, ambient])),
    ]
    total = error = 0.0
    for m in range(min(l, _MOST) + 1):
        found = stack_modes(pair, m, (k * (1.0 - _NEAR), k * (1.0 + _NEAR)), (mode.pol == "TM",))
        if not found:
            raise SolveError(
                f"no mode of {mode.pol} l={l} with a bead of {1e3 * radius_um:g} nm was found near its line"
            )
        best = min(found, key=lambda pair: abs(pair.k0 - mode.k0))
        weight = np.exp(gammaln(2 * l + 1) - gammaln(l + m + 1) - gammaln(l - m + 1) - 2 * l * np.log(2.0))
        part = (2.0 if m else 1.0) * float(weight) * (k / best.k0.real - 1.0) * mode.wavelength_nm
        total += part
        error += abs(float(weight)) * (best.error + 1e-12) * mode.wavelength_nm
        if m >= 2 and abs(part) < _ENOUGH * abs(total):
            return total, error + abs(part)
    return total, error + abs(part)
