"""Region integrals of a mode: electric and magnetic energy, |E|^2, and the shares of each region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from femwgm.fem.assemble import CellMatrices
from femwgm.fem.field import CellField
from femwgm.fem.problem import Media
from femwgm.ground.numerics import unit_gauss
from femwgm.ground.typing import Array
from femwgm.mesh.domain import PML

_ABOVE = 1e-8


@dataclass(frozen=True)
class RegionIntegrals:
    """Volume integrals over each region (um^3 times the square of the field's unit), the absorbing layer left out.

    Attributes
    ----------
    regions
        Names.
    electric
        int Re(eps) |E|^2 dV.
    absorbed
        int Im(eps) |E|^2 dV.
    dispersive
        int k0 Re(d eps / d k0) |E|^2 dV, what dispersion adds to the electric energy (Landau and Lifshitz, Electrodynamics of
        Continuous Media, section 80).
    e2
        int |E|^2 dV.
    magnetic
        int |H|^2 dV, H in units of E (times the impedance of vacuum).
    """

    regions: tuple[str, ...]
    electric: Array
    absorbed: Array
    dispersive: Array
    e2: Array
    magnetic: Array

    @property
    def energy_share(self) -> dict[str, float]:
        """Share of the electric energy of each region: the confinement factor Gamma."""
        return _shares(self.regions, self.electric)

    @property
    def e2_share(self) -> dict[str, float]:
        """Share of the volume integral of |E|^2 of each region."""
        return _shares(self.regions, self.e2)

    @property
    def stored(self) -> float:
        """Half of electric, dispersive and magnetic: equal to the electric one without dispersion for a mode of high Q."""
        return float(0.5 * (self.electric.sum() + self.dispersive.sum() + self.magnetic.sum()))

    @property
    def absorption(self) -> dict[str, float]:
        """1/Q of the absorption in each region: positive for loss, negative for gain."""
        return {name: float(a / self.stored) for name, a in zip(self.regions, self.absorbed, strict=True)}

    def scaled(self, factor: float) -> RegionIntegrals:
        """The integrals of a field whose square is larger by a factor."""
        arrays = (self.electric, self.absorbed, self.dispersive, self.e2, self.magnetic)
        return RegionIntegrals(self.regions, *(a * factor for a in arrays))


def _shares(regions: tuple[str, ...], values: Array) -> dict[str, float]:
    return {name: float(v) for name, v in zip(regions, values / values.sum(), strict=True)}


def region_integrals(field: CellField, matrices: CellMatrices, media: Media) -> RegionIntegrals:
    """Integrals by the cell matrices that the mode was computed with.

    Parameters
    ----------
    field
        The mode; its coefficients are in the order of the matrices.
    matrices
        Cell matrices of the space, real outside the absorbing layer.
    media
        Complex permittivities of the cells at the real part of the mode's wavenumber, and their slopes.
    """
    mesh = field.space.mesh
    names = tuple(name for name in mesh.regions if name != PML)
    x = field.coefficients * field.space.signs
    factor = field.revolution
    e2, axial = (factor * form(x.conj(), x).real for form in (matrices.mass_form, matrices.axial_form))

    def weighted(across: Array, along: Array | None) -> Array:
        return np.asarray(across * e2 + (0.0 if along is None else (along - across) * axial))

    energy, steeper = weighted(media.eps, media.eps_axial), weighted(media.slope, media.slope_axial)
    magnetic = factor * matrices.stiffness_form(field.m, x.conj(), x).real / abs(field.k0) ** 2
    cells = (energy.real, energy.imag, field.k0.real * steeper.real, e2, magnetic)
    return RegionIntegrals(
        names, *(np.array([float(a[mesh.region_cells(n)].sum()) for n in names]) for a in cells)
    )


def radial_integrals(
    field: CellField, interfaces: Mapping[str, tuple[float, float]], points: int | None = None
) -> dict[str, float]:
    """int |E|^2 dr along the equatorial radius through each region.

    Parameters
    ----------
    field
        The mode.
    interfaces
        Inner and outer radius (um) on the equator of each region, within the domain.
    points
        Gauss points on each of the cells that the radius crosses; by default what |E|^2 needs at the field's degree.
    """
    t, w = unit_gauss(points or field.space.degree + 8)
    cuts = equator_cuts(field)
    pieces = []
    for name, (lo, hi) in interfaces.items():
        marks = np.unique(np.r_[lo, cuts[(cuts > lo) & (cuts < hi)], hi])
        pieces += [(name, a, b) for a, b in zip(marks, marks[1:], strict=False)]
    totals = dict.fromkeys(interfaces, 0.0)
    if pieces:
        length = np.array([b - a for _, a, b in pieces])
        r = np.array([a for _, a, _ in pieces])[:, None] + length[:, None] * t
        # Where the plane is an interface, the side above it: the body's, if it stands there.
        E, _ = field(r, np.full_like(r, 0.0 if field.mirror else _ABOVE * r.max()))
        for (name, _, _), value in zip(pieces, length * ((np.abs(E) ** 2).sum(axis=0) @ w), strict=True):
            totals[name] += float(value)
    return totals


def equator_cuts(field: CellField) -> Array:
    """Radii where cell boundaries meet the equatorial plane."""
    points = field.space.mesh.topology.p
    on_equator = np.abs(points[1]) < 1e-9 * np.abs(points).max()
    return np.asarray(np.sort(points[0, on_equator]))
