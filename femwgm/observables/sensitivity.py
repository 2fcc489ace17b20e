"""How the wavenumber of a mode answers to the media: Hellmann-Feynman in the bilinear (unconjugated) product.

For K x = k0^2 M x with complex-symmetric matrices the left eigenvector is x^T, so with the permittivities of all media as
functions of k0 the derivatives are exact for the discrete problem, complex modes included:

    dk0/d eps_i = -(k0 / 2) x^T M_i x / N,       N = x^T (M + (k0 / 2) dM/dk0) x

(Lalanne et al., Laser Photonics Rev. 12, 1700113 (2018), section 3.3, calls N the normalisation of a quasinormal mode).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.fem.assemble import CellMatrices
from femwgm.problem import Media
from femwgm.typing import Array


@dataclass(frozen=True)
class PermittivitySlopes:
    """dk0/d eps of each region (rad/um), the component across the optical axis and the one along it apart.

    Attributes
    ----------
    across, along
        By region; `along` is zero in isotropic media, where `across` is all.
    """

    across: dict[str, complex]
    along: dict[str, complex]


def quadratic(local: Array, blocks: Array) -> Array:
    """x^T B x on each cell, without conjugation: (cells,) of cell vectors (cells, n) and matrices (cells, n, n)."""
    return np.asarray(np.einsum("ei,eij,ej->e", local, blocks, local, optimize=True))


def bilinear_norm(local: Array, matrices: CellMatrices, k0: complex, media: Media) -> complex:
    """N = x^T (M + (k0 / 2) dM/dk0) x over the whole domain, absorbing layer included.

    Parameters
    ----------
    local
        Cell vectors without orientation signs, shape (cells, n).
    media
        Permittivities of the cells at k0 (rad/um) and their slopes.
    """
    total = quadratic(local, matrices.mass(media.eps, media.eps_axial)).sum()
    if media.dispersive:
        total = total + 0.5 * k0 * quadratic(local, matrices.mass(media.slope, media.slope_axial)).sum()
    return complex(total)


def permittivity_slopes(
    local: Array, matrices: CellMatrices, k0: complex, norm: complex, region: Array, names: Sequence[str], uniaxial: bool
) -> PermittivitySlopes:
    """dk0/d eps by region.

    Parameters
    ----------
    local
        Cell vectors without orientation signs, shape (cells, n).
    norm
        The value of `bilinear_norm`.
    region
        Index into `names` of each cell: the absorbing layer counts as the ambient.
    uniaxial
        Whether media have an optical axis.
    """
    unit = np.ones(len(local))
    whole = quadratic(local, matrices.mass(unit))
    axial = quadratic(local, matrices.mass(0.0 * unit, unit)) if uniaxial else np.zeros_like(whole)

    def by_region(values: Array) -> dict[str, complex]:
        return {name: complex(-0.5 * k0 * values[region == i].sum() / norm) for i, name in enumerate(names)}

    return PermittivitySlopes(by_region(whole - axial), by_region(axial))
