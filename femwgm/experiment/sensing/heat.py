"""Heat in a sphere: how warm a mode makes itself, and the noise floor that temperature fluctuations set."""

from __future__ import annotations

import numpy as np
from scipy.constants import Boltzmann
from scipy.special import eval_legendre, gammaln

_POINTS = 2000


def self_heating(
    radius_um: float, l: int, m: int, inside: float, outside: float, power: float = 1.0
) -> tuple[float, float]:
    """Temperature rise (K) that a mode sees where it absorbs a power (W), steady state, and its error.

    The heat comes from the surface, spread as |Y_lm|^2. With f_n the mean of the Legendre polynomial P_n over that distribution,
    T = P/(4 pi R) sum of (2 n + 1) f_n^2 / (kappa_in n + kappa_out (n + 1)). The depth R l^(-2/3) of the mode below the surface,
    which this leaves out, warms less the finer the pattern: the error is n l^(-2/3) of each term, all of it at most.

    Parameters
    ----------
    inside, outside
        Thermal conductivities (W/(m K)) of the sphere and of the ambient.
    """
    if 2 * l < _POINTS // 2:
        t, w = np.polynomial.legendre.leggauss(2 * l + 64)
    else:  # a belt: nothing is left at the ends, where the trapezoidal rule would err
        reach = min(1.0, 7.0 * np.sqrt((2.0 * (l - abs(m)) + 1.0) / l))
        t, w = np.linspace(-reach, reach, _POINTS + 1), np.ones(_POINTS + 1)
    density = _squared(l, m, t) * w
    density /= density.sum()
    last = min(2 * l, int(13.0 * np.sqrt(l * (2.0 * (l - abs(m)) + 1.0))) + 50)
    n = np.arange(0, last + 1, 2)
    f = np.array([float((eval_legendre(int(k), t) * density).sum()) for k in n])
    terms = (2 * n + 1) * f**2 / (inside * n + outside * (n + 1))
    scale = power / (4e-6 * np.pi * radius_um)
    return float(scale * terms.sum()), float(scale * (terms * np.minimum(n * l ** (-2.0 / 3.0), 1.0)).sum())


def _squared(l: int, m: int, t: np.ndarray) -> np.ndarray:
    """|Y_lm|^2 up to a factor, by the recurrence of normalised functions."""
    m = abs(m)
    p = np.exp(
        0.5 * (gammaln(2 * m + 2) - 2.0 * gammaln(m + 1))
        - m * np.log(2.0)
        + 0.5 * m * np.log(np.maximum(1.0 - t * t, 1e-300))
    )
    below = np.zeros_like(p)
    for k in range(m + 1, l + 1):
        a = np.sqrt((4.0 * k * k - 1.0) / (k * k - m * m))
        b = np.sqrt(((k - 1.0) ** 2 - m * m) / (4.0 * (k - 1.0) ** 2 - 1.0))
        p, below = a * (t * p - b * below), p
    return np.asarray(p * p)


def noise(
    dn_dt: float, nm_per_index: float, heat_capacity: float, volume_um3: float, kelvin: float = 293.15
) -> float:
    """Root mean square of a line (nm) by fluctuations of the temperature.

    The temperature averaged over |E|^2 varies by k T^2 / (C V) (Gorodetsky and Grudinin, J. Opt. Soc. Am. B 21, 697 (2004)),
    C the heat capacity by volume (J/(m^3 K)) and V the Kerr volume (int |E|^2)^2 / int |E|^4 of the region.
    """
    return abs(dn_dt * nm_per_index) * float(
        np.sqrt(Boltzmann * kelvin**2 / (heat_capacity * volume_um3 * 1e-18))
    )
