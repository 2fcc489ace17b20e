"""Phase index, group index and free spectral range of a mode."""

from __future__ import annotations

import numpy as np

from femwgm.eigen import Pencil
from femwgm.fem.assemble import CellMatrices
from femwgm.typing import Array


def phase_index(m: int, k0: complex, radius: float) -> float:
    """n_eff = m / (Re k0 R) at the outer radius R (um)."""
    return m / (complex(k0).real * radius)


def wavenumber_slope(pencil: Pencil, matrices: CellMatrices, x: Array, m: int, k0: complex, d_eps: Array | None) -> complex:
    """d k0 / d m along the mode's family (rad/um), by the Hellmann-Feynman theorem.

    K(m) = C + ... is quadratic in m, so x^T K'(m) x / (2 k0 x^T M x) is exact for the discrete problem; `d_eps` (d eps / d k0 of
    each cell, um) adds the dispersion of the media.
    """
    local = pencil.numbering.gather(x[:, None])[..., 0]
    slope = np.einsum("ei,eij,ej->", local, matrices.stiffness_slope(m), local, optimize=True)
    mass = np.einsum("ei,eij,ej->", local, pencil.M, local, optimize=True)
    if d_eps is not None and np.any(d_eps):
        mass = mass + 0.5 * k0 * np.einsum("ei,eij,ej->", local, matrices.mass(d_eps), local, optimize=True)
    return complex(slope / (2.0 * k0 * mass))


def group_index(slope: complex, radius: float) -> float | None:
    """n_g = (1/R) d m / d k0; None where the wavenumber does not depend on m (d k0/d m = 0)."""
    return 1.0 / (radius * slope.real) if slope.real > 0.0 else None


def free_spectral_range_nm(wavelength_nm: float, n_g: float, radius: float) -> float:
    """FSR = lambda^2 / (n_g 2 pi R) in nm, for a radius in um."""
    return wavelength_nm**2 / (n_g * 2.0 * np.pi * radius * 1e3)
