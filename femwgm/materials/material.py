"""A medium as the solvers see it."""

from __future__ import annotations

import cmath
from dataclasses import dataclass, replace
from typing import Literal

from femwgm.errors import MaterialError
from femwgm.ground.units import wavelength_um
from femwgm.materials.dispersion import Absorbing, Constant, Law, Mixed, Raised, Shifted, Table


@dataclass(frozen=True)
class Material:
    """Permittivity of a medium, isotropic or uniaxial, at any complex vacuum wavenumber inside its range.

    Parameters
    ----------
    name
        What errors call it.
    law
        Permittivity; across the axis when the medium is uniaxial.
    axial_law
        Permittivity along the axis; None for an isotropic medium.
    axis
        Direction of the axis: "z", or "radial" (along the local radius from the centre); None when isotropic.
    validity_um
        Vacuum wavelengths where the law holds; None where it is taken to hold everywhere.
    source
        Where the numbers come from.

    Examples
    --------
    >>> glass = Material("glass", Constant(2.25 + 0j))
    >>> glass.index(9.5), glass.dispersive, glass.permittivity_axial(9.5)
    ((1.5+0j), False, (2.25+0j))
    """

    name: str
    law: Law
    axial_law: Law | None = None
    axis: Literal["z", "radial"] | None = None
    validity_um: tuple[float, float] | None = None
    source: str = "given"

    @property
    def dispersive(self) -> bool:
        """Whether the permittivity depends on k0."""
        return not all(isinstance(law, Constant) for law in self._bare)

    @property
    def tabulated(self) -> bool:
        """Whether a law is a table: known at real wavelengths only (`femwgm.ground.tabulated`)."""
        return any(isinstance(law, Table | Absorbing) for law in self._bare)

    @property
    def _bare(self) -> list[Law]:
        return [part for law in (self.law, self.axial_law) if law is not None for part in _parts(law)]

    def permittivity(self, k0: complex) -> complex:
        """Relative permittivity at k0 (rad/um); the component across the axis when uniaxial.

        Raises
        ------
        MaterialError
            When 2 pi / Re k0 lies outside the range where the law holds: nothing is extrapolated.
        """
        self.require(k0)
        return complex(self.law.eps(k0))

    def permittivity_axial(self, k0: complex) -> complex:
        """Component along the axis; the same as `permittivity` when isotropic."""
        self.require(k0)
        return complex((self.axial_law or self.law).eps(k0))

    def index(self, k0: complex) -> complex:
        """Complex index, the root of the permittivity with Re n > 0 (Im n > 0 where Re n = 0)."""
        return _root(self.permittivity(k0))

    def index_axial(self, k0: complex) -> complex:
        """Complex index for a field along the axis."""
        return _root(self.permittivity_axial(k0))

    def permittivity_slope(self, k0: complex) -> complex:
        """Slope d eps / d k0 (um); the component across the axis when uniaxial."""
        self.require(k0)
        return complex(self.law.slope(k0))

    def permittivity_axial_slope(self, k0: complex) -> complex:
        """Slope d eps / d k0 (um) of the component along the axis."""
        self.require(k0)
        return complex((self.axial_law or self.law).slope(k0))

    def raised(self, amount: float) -> Material:
        """The medium with its index raised by a constant; along the axis of a uniaxial one by the same factor."""

        def law(of: Law) -> Law:
            moved = Shifted(of, self.law, amount)
            fixed = isinstance(of, Constant) and isinstance(self.law, Constant)
            return Constant(moved.eps(1.0)) if fixed else moved

        axial = None if self.axial_law is None else law(self.axial_law)
        return replace(self, law=law(self.law), axial_law=axial)

    def require(self, k0: complex) -> None:
        """Raise MaterialError unless the law holds at k0."""
        if self.validity_um is None:
            return
        lo, hi = self.validity_um
        real = complex(k0).real
        wavelength = wavelength_um(k0) if real > 0.0 else float("inf")
        if not lo * (1.0 - 1e-12) <= wavelength <= hi * (1.0 + 1e-12):
            raise MaterialError(
                f"material '{self.name}' ({self.source}) is known from {lo:g} to {hi:g} um,"
                f" not at {wavelength:.6g} um; move the window or give another index"
            )


def _parts(law: Law) -> list[Law]:
    """The laws beneath a raised index or a mixture."""
    if isinstance(law, Raised | Shifted):
        return _parts(law.law)
    return [*_parts(law.inner), *_parts(law.outer)] if isinstance(law, Mixed) else [law]


def _root(eps: complex) -> complex:
    root = cmath.sqrt(eps)
    return -root if root.real == 0.0 and root.imag < 0.0 else root
