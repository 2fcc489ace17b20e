"""Phase index, group index and free spectral range of a mode."""

from __future__ import annotations

from femwgm.fem.assemble import CellMatrices
from femwgm.ground.tabulated import settled
from femwgm.ground.typing import Array


def wavenumber_slope(local: Array, matrices: CellMatrices, m: int, k0: complex, norm: complex) -> complex:
    """d k0 / d m along the mode's family (rad/um), by the Hellmann-Feynman theorem.

    K(m) is quadratic in m, so x^T K'(m) x / (2 k0 N) is exact for the discrete problem, N the norm of
    `femwgm.observables.sensitivity.bilinear_norm`, which holds the dispersion of the media.
    """
    return complex(matrices.slope_form(m, local, local).sum() / (2.0 * k0 * norm))


def group_index(slope: complex, radius: float, tabulated: complex = 0j, k0: complex = 1.0) -> float | None:
    """n_g = (1/R) d m / d Re k0; None where the wavenumber does not depend on m (d k0/d m = 0).

    Parameters
    ----------
    slope
        d k0 / d m (rad/um) as if every permittivity were an analytic function of k0.
    radius
        Outer radius (um).
    tabulated, k0
        D of the media that are known at real wavelengths only (`femwgm.ground.tabulated`), whose absorption may change with the
        wavelength, and the wavenumber of the mode (rad/um).
    """
    real = settled(slope, tabulated, k0).real
    return 1.0 / (radius * real) if radius * real > _STANDSTILL else None


_STANDSTILL = 1e-9
"""R d k0/d m below which it is a rounding of zero, as for every mode of m = 0, whose wavenumber is even in m."""
