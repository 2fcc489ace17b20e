"""Laws of dispersion: relative permittivity, and its slope in k0, at a complex vacuum wavenumber.

Closed formulas are continued analytically to complex k0. A table knows real wavelengths only: there Re k0 is
looked up, which for a weakly decaying mode errs by (Im k0) d eps/d k0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

__all__ = ["Constant", "Gas", "Law", "Poles", "Sellmeier", "Table"]


class Law(Protocol):
    """Permittivity as a function of the vacuum wavenumber (rad/um)."""

    def eps(self, k0: complex) -> complex:
        """Relative permittivity."""

    def slope(self, k0: complex) -> complex:
        """Slope d eps / d k0 (um)."""


def _squared(k0: complex) -> complex:
    """Square of the vacuum wavelength (um^2), continued to complex k0."""
    wavelength = 2.0 * math.pi / complex(k0)
    return wavelength * wavelength


@dataclass(frozen=True)
class Constant:
    """The same permittivity at every frequency."""

    value: complex

    def eps(self, k0: complex) -> complex:
        return self.value

    def slope(self, k0: complex) -> complex:
        return 0j


@dataclass(frozen=True)
class Sellmeier:
    """eps = 1 + sum of B s / (s - C), s the squared wavelength; B plain, C in um^2."""

    B: tuple[float, ...]
    C_um2: tuple[float, ...]

    def eps(self, k0: complex) -> complex:
        s = _squared(k0)
        return 1.0 + sum(b * s / (s - c) for b, c in zip(self.B, self.C_um2, strict=True))

    def slope(self, k0: complex) -> complex:
        s = _squared(k0)
        in_s = sum(-b * c / (s - c) ** 2 for b, c in zip(self.B, self.C_um2, strict=True))
        return complex(in_s * -2.0 * s / k0)


@dataclass(frozen=True)
class Poles:
    """eps = A + sum of B / (s - C), s the squared wavelength; B and C in um^2."""

    A: float
    B_um2: tuple[float, ...]
    C_um2: tuple[float, ...]

    def eps(self, k0: complex) -> complex:
        s = _squared(k0)
        return self.A + sum(b / (s - c) for b, c in zip(self.B_um2, self.C_um2, strict=True))

    def slope(self, k0: complex) -> complex:
        s = _squared(k0)
        in_s = sum(-b / (s - c) ** 2 for b, c in zip(self.B_um2, self.C_um2, strict=True))
        return complex(in_s * -2.0 * s / k0)


@dataclass(frozen=True)
class Gas:
    """n = 1 + sum of B / (C - 1/s), s the squared wavelength; B and C in um^-2."""

    B: tuple[float, ...]
    C: tuple[float, ...]

    def _index(self, k0: complex) -> complex:
        s = _squared(k0)
        return 1.0 + sum(b / (c - 1.0 / s) for b, c in zip(self.B, self.C, strict=True))

    def eps(self, k0: complex) -> complex:
        return self._index(k0) ** 2

    def slope(self, k0: complex) -> complex:
        s = _squared(k0)
        in_s = sum(-b / (c * s - 1.0) ** 2 for b, c in zip(self.B, self.C, strict=True))
        return complex(2.0 * self._index(k0) * in_s * -2.0 * s / k0)


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

    def _at(self, k0: complex) -> tuple[float, complex, complex]:
        """Wavelength (um), index, and index slope per um of wavelength."""
        wavelength = 2.0 * math.pi / complex(k0).real
        n, k, dn, dk = (float(curve(wavelength)) for curve in self._curves)
        return wavelength, complex(n, k), complex(dn, dk)

    def eps(self, k0: complex) -> complex:
        return self._at(k0)[1] ** 2

    def slope(self, k0: complex) -> complex:
        wavelength, index, per_um = self._at(k0)
        return 2.0 * index * per_um * -wavelength / complex(k0).real
