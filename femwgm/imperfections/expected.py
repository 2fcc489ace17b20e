r"""The width of a multiplet that a random relief gives on average, without drawing one.

To first order the lines are the eigenvalues of K = sum over L, M of h_LM K_LM, and their variance is tr K^2 / (2 l + 1). For an
isotropic random relief the h_LM are independent, and all M of one L contribute alike, so that

    < std^2 > = sum over L of sigma_L^2 tr(K_L0^2) / (2 l + 1),

with sigma_L^2 the relief's variance in degree L and K_L0, which is diagonal, that of a zonal harmonic of rms 1. Odd L give none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from femwgm.analytic import ExactMode
from femwgm.ground.typing import Array
from femwgm.imperfections.coupling import degree
from femwgm.imperfections.harmonics import Hemisphere, polar_functions
from femwgm.imperfections.relief import Relief
from femwgm.imperfections.series import Series


def zonal_variances(mode: ExactMode, interfaces: Sequence[int]) -> Array:
    """tr(K_L0^2) / (2 l + 1) in pm^2 for a relief of rms 1 um common to some interfaces, L = 0 to 2 l."""
    l = mode.l
    nodes = Hemisphere(4 * l)
    *_, (_, functions) = polar_functions(l, nodes.x)
    density = functions**2 * (4.0 * np.pi * nodes.weight)
    unit = Relief(np.ones((1, 1), dtype=np.complex128))
    factors = Series([mode], dict.fromkeys(interfaces, unit)).factors()
    variances = np.zeros(2 * l + 1)
    before, value = np.zeros_like(nodes.x), np.ones_like(nodes.x)
    for L in range(2 * l + 1):
        if L % 2 == 0:
            scale = sum(d * (l * (l + 1.0) - 0.5 * float(degree(L))) + s for d, s in factors)
            diagonal = density @ (math.sqrt(2.0 * L + 1.0) * value)
            total = diagonal[0] ** 2 + 2.0 * np.sum(diagonal[1:] ** 2)
            variances[L] = abs(scale) ** 2 * total / (2 * l + 1)
        before, value = value, ((2 * L + 1) * nodes.x * value - L * before) / (L + 1)
    return np.asarray(variances * (1e3 * mode.wavelength_nm / mode.k0.real) ** 2)


def expected_std_pm(zonal: Array, variance: Array) -> float:
    """Root of the mean square of a multiplet's standard deviation (pm) for a relief with a variance (um^2) in each degree."""
    count = min(zonal.size, variance.size)
    return math.sqrt(float(zonal[1:count] @ variance[1:count]))
