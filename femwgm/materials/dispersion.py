"""Laws of dispersion: relative permittivity, and its slope in k0, at a complex vacuum wavenumber.

Closed formulas (`femwgm.materials.formulas`) are continued analytically to complex k0. A table knows real wavelengths only:
there Re k0 is looked up, which for a weakly decaying mode errs by (Im k0) d eps/d k0.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

__all__ = ["Absorbing", "Constant", "Law", "Raised", "Table"]


class Law(Protocol):
    """Permittivity as a function of the vacuum wavenumber (rad/um)."""

    def eps(self, k0: complex) -> complex:
        """Relative permittivity."""

    def slope(self, k0: complex) -> complex:
        """Slope d eps / d k0 (um)."""


@dataclass(frozen=True)
class Constant:
    """The same permittivity at every frequency."""

    value: complex

    def eps(self, k0: complex) -> complex:
        return self.value

    def slope(self, k0: complex) -> complex:
        return 0j


@dataclass(frozen=True)
class Table:
    """n and k interpolated by monotone cubics (Fritsch and Carlson 1980) in the wavelength.

    Parameters
    ----------
    wavelength_um, n, k
        Ascending wavelengths and the index n + i k at each.
    """

    wavelength_um: tuple[float, ...]
    n: tuple[float, ...]
    k: tuple[float, ...]

    @cached_property
    def _curves(self) -> tuple[Any, Any, Any, Any]:
        from scipy.interpolate import PchipInterpolator

        n = PchipInterpolator(self.wavelength_um, self.n, extrapolate=True)
        k = PchipInterpolator(self.wavelength_um, self.k, extrapolate=True)
        return n, k, n.derivative(), k.derivative()

    def index(self, k0: complex) -> tuple[complex, complex]:
        """n + i k, and its slope in k0 (um)."""
        wavelength = 2.0 * math.pi / complex(k0).real
        n, k, dn, dk = (float(curve(wavelength)) for curve in self._curves)
        return complex(n, k), complex(dn, dk) * -wavelength / complex(k0).real

    def eps(self, k0: complex) -> complex:
        return self.index(k0)[0] ** 2

    def slope(self, k0: complex) -> complex:
        index, slope = self.index(k0)
        return 2.0 * index * slope


@dataclass(frozen=True)
class Absorbing:
    """A law with the measured extinction coefficient k beside it: eps = (n + i k)^2, n from the law.

    Parameters
    ----------
    law
        What gives n; its own absorption is kept.
    wavelength_um, k
        Ascending wavelengths and k at each.
    """

    law: Law
    wavelength_um: tuple[float, ...]
    k: tuple[float, ...]

    @cached_property
    def _loss(self) -> Table:
        return Table(self.wavelength_um, (0.0,) * len(self.k), self.k)

    def eps(self, k0: complex) -> complex:
        return (cmath.sqrt(self.law.eps(k0)) + self._loss.index(k0)[0]) ** 2

    def slope(self, k0: complex) -> complex:
        n, loss = cmath.sqrt(self.law.eps(k0)), self._loss.index(k0)
        return 2.0 * (n + loss[0]) * (self.law.slope(k0) / (2.0 * n) + loss[1])


@dataclass(frozen=True)
class Raised:
    """A law with its index raised by a constant."""

    law: Law
    dn: float

    def eps(self, k0: complex) -> complex:
        return (cmath.sqrt(self.law.eps(k0)) + self.dn) ** 2

    def slope(self, k0: complex) -> complex:
        n = cmath.sqrt(self.law.eps(k0))
        return self.law.slope(k0) * (n + self.dn) / n
