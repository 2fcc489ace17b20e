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
from femwgm.fem.problem import Media
from femwgm.ground.typing import Array


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


def bilinear_norm(local: Array, matrices: CellMatrices, k0: complex, media: Media) -> complex:
    """N = x^T (M + (k0 / 2) dM/dk0) x over the whole domain, absorbing layer included.

    Parameters
    ----------
    local
        Cell vectors without orientation signs, shape (cells, n).
    media
        Permittivities of the cells at k0 (rad/um) and their slopes.
    """
    whole, axial = matrices.mass_form(local, local), matrices.axial_form(local, local)

    def weighted(across: Array, along: Array | None) -> complex:
        return complex((across * whole + (0.0 if along is None else (along - across) * axial)).sum())

    total = weighted(media.eps, media.eps_axial)
    if media.dispersive:
        total += 0.5 * k0 * weighted(media.slope, media.slope_axial)
    return total


def permittivity_slopes(
    local: Array,
    matrices: CellMatrices,
    k0: complex,
    norm: complex,
    region: Array,
    names: Sequence[str],
    uniaxial: bool,
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
    whole = matrices.mass_form(local, local)
    axial = matrices.axial_form(local, local) if uniaxial else np.zeros_like(whole)

    def by_region(values: Array) -> dict[str, complex]:
        return {name: complex(-0.5 * k0 * values[region == i].sum() / norm) for i, name in enumerate(names)}

    return PermittivitySlopes(by_region(whole - axial), by_region(axial))
