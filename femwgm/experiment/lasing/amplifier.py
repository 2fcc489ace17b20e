"""A medium with gain added to it: the same along all axes, or for fields across the local radius only (face-down emitters)."""

from __future__ import annotations

import cmath
from dataclasses import dataclass

from femwgm.analytic.media import Medium


@dataclass(frozen=True)
class Amplifier:
    """A medium whose index has n'' subtracted from its imaginary part.

    Parameters
    ----------
    base
        The medium without gain.
    n2
        n'' > 0 amplifies: n becomes n - i n''.
    in_plane
        The gain acts on the field across the local radius only: emitters whose dipoles lie in the surface.
    """

    base: Medium
    n2: float
    in_plane: bool

    @property
    def dispersive(self) -> bool:
        """Whether the permittivity depends on k0."""
        return self.base.dispersive

    @property
    def axis(self) -> str | None:
        """Radial where the gain tells the axes apart."""
        return "radial" if self.in_plane else self.base.axis

    def permittivity(self, k0: complex) -> complex:
        """Permittivity across the radius."""
        return self._with_gain(self.base.permittivity(k0))

    def permittivity_axial(self, k0: complex) -> complex:
        """Permittivity along the radius."""
        eps = self.base.permittivity_axial(k0)
        return eps if self.in_plane else self._with_gain(eps)

    def permittivity_slope(self, k0: complex) -> complex:
        """d eps / d k0 (um) across the radius; n'' does not depend on k0."""
        return self._slope(self.base.permittivity(k0), self.base.permittivity_slope(k0))

    def permittivity_axial_slope(self, k0: complex) -> complex:
        """d eps / d k0 (um) along the radius."""
        eps, slope = self.base.permittivity_axial(k0), self.base.permittivity_axial_slope(k0)
        return slope if self.in_plane else self._slope(eps, slope)

    def gain_slope(self, k0: complex) -> tuple[complex, complex]:
        """d eps / d n'' across and along the radius."""
        across = -2j * (cmath.sqrt(self.base.permittivity(k0)) - 1j * self.n2)
        along = -2j * (cmath.sqrt(self.base.permittivity_axial(k0)) - 1j * self.n2)
        return across, 0j if self.in_plane else along

    def _with_gain(self, eps: complex) -> complex:
        return (cmath.sqrt(eps) - 1j * self.n2) ** 2

    def _slope(self, eps: complex, slope: complex) -> complex:
        root = cmath.sqrt(eps)
        return slope * (root - 1j * self.n2) / root
