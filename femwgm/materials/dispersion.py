"""Laws of dispersion: relative permittivity, and its slope in k0, at a complex vacuum wavenumber.

Closed formulas (`femwgm.materials.formulas`) are continued analytically to complex k0. A table knows real wavelengths only:
there Re k0 is looked up, which for a weakly decaying mode errs by (Im k0) d eps/d k0.
"""

from __future__ import annotations

import cmath
import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from femwgm.ground.cubics import monotone


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
    def _cubics(self) -> list[list[complex]]:
        """Coefficients of n + i k between neighbouring wavelengths, the highest power of the distance from the lower first."""
        n, k = (monotone(self.wavelength_um, values).c for values in (self.n, self.k))
        cubics: list[list[complex]] = (n + 1j * k).T.tolist()
        return cubics

    def _piece(self, k0: complex) -> tuple[float, list[complex]]:
        """Distance from the wavelength of the table at or below the real part of 2 pi / k0 (um), and the cubic there.

        That of a mode of low Q may lie beyond the table though 2 pi / Re k0 does not: the end of the table counts then.
        """
        stated = self.wavelength_um
        wavelength = min(max((2.0 * math.pi / complex(k0)).real, stated[0]), stated[-1])
        i = min(max(bisect_right(stated, wavelength) - 1, 0), len(stated) - 2)
        return wavelength - stated[i], self._cubics[i]

    def index(self, k0: complex) -> complex:
        """n + i k."""
        t, (a, b, c, d) = self._piece(k0)
        return ((a * t + b) * t + c) * t + d

    def index_slope(self, k0: complex) -> complex:
        """Slope of n + i k in k0 (um), for a change of the wavelength that is real."""
        t, (a, b, c, _) = self._piece(k0)
        return ((3.0 * a * t + 2.0 * b) * t + c) * -2.0 * math.pi / complex(k0) ** 2

    def eps(self, k0: complex) -> complex:
        return self.index(k0) ** 2

    def slope(self, k0: complex) -> complex:
        return 2.0 * self.index(k0) * self.index_slope(k0)


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
        return (cmath.sqrt(self.law.eps(k0)) + self._loss.index(k0)) ** 2

    def slope(self, k0: complex) -> complex:
        n = cmath.sqrt(self.law.eps(k0))
        slope = self.law.slope(k0) / (2.0 * n) + self._loss.index_slope(k0)
        return 2.0 * (n + self._loss.index(k0)) * slope


@dataclass(frozen=True)
class Mixed:
    """Two laws in parts 1 - share and share."""

    inner: Law
    outer: Law
    share: float

    def eps(self, k0: complex) -> complex:
        return (1.0 - self.share) * self.inner.eps(k0) + self.share * self.outer.eps(k0)

    def slope(self, k0: complex) -> complex:
        return (1.0 - self.share) * self.inner.slope(k0) + self.share * self.outer.slope(k0)


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


@dataclass(frozen=True)
class Shifted:
    """One axis of a medium whose index is raised by a constant and whose axes grow by the same factor.

    Parameters
    ----------
    law
        Permittivity to change.
    across
        Permittivity whose index grows by exactly `amount`.
    """

    law: Law
    across: Law
    amount: float

    def eps(self, k0: complex) -> complex:
        n = cmath.sqrt(self.across.eps(k0))
        return complex(self.law.eps(k0) * (1.0 + self.amount / n) ** 2)

    def slope(self, k0: complex) -> complex:
        n = cmath.sqrt(self.across.eps(k0))
        factor, dn = 1.0 + self.amount / n, self.across.slope(k0) / (2.0 * n)
        return complex(
            factor * (self.law.slope(k0) * factor - 2.0 * self.law.eps(k0) * self.amount * dn / n**2)
        )
