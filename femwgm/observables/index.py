"""Phase index, group index and free spectral range of a mode."""

from __future__ import annotations

from femwgm.fem.assemble import CellMatrices
from femwgm.ground.typing import Array


def wavenumber_slope(local: Array, matrices: CellMatrices, m: int, k0: complex, norm: complex) -> complex:
    """d k0 / d m along the mode's family (rad/um), by the Hellmann-Feynman theorem.

    K(m) is quadratic in m, so x^T K'(m) x / (2 k0 N) is exact for the discrete problem, N the norm of
    `femwgm.observables.sensitivity.bilinear_norm`, which holds the dispersion of the media.
    """
    return complex(matrices.slope_form(m, local, local).sum() / (2.0 * k0 * norm))


def group_index(slope: complex, radius: float, tabulated: complex = 0j) -> float | None:
    """n_g = (1/R) d m / d Re k0; None where the wavenumber does not depend on m (d k0/d m = 0).

    Parameters
    ----------
    slope
        d k0 / d m (rad/um) as if every permittivity were an analytic function of k0.
    radius
        Outer radius (um).
    tabulated
        D = sum of (d k0/d eps) (d eps/d k0) over the media that are known at real wavelengths only. They follow Re k0 alone:
        d k0 = (slope dm + D d Re k0) / (1 + D), where an absorption that changes with the wavelength makes a difference.
    """
    answer = 1.0 / (1.0 + tabulated)
    real = (slope * answer).real / answer.real
    return 1.0 / (radius * real) if radius * real > _STANDSTILL else None


_STANDSTILL = 1e-9
"""R d k0/d m below which it is a rounding of zero, as for every mode of m = 0, whose wavenumber is even in m."""
