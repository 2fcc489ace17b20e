"""A mode to look for: its labels, and where it should lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femwgm.ground.typing import Array

_HARMONICS = 40
"""Spherical waves beyond the lowest one that carry the radiation of a body that is no sphere."""


@dataclass(frozen=True)
class Expected:
    """Labels and approximate vacuum wavenumber (rad/um) of a mode to look for.

    `degree` is the polar degree of the sphere mode that resembles it, where that is not l (spheroids); `leak` is 1/Q of its
    radiation, without which that of k0 counts as radiation; `radiating` False says that what leaves the body is no sum of
    outgoing spherical waves (a substrate, walls); `image` that it is half of one, with its image in a conducting plane z = 0.
    """

    pol: str
    q: int
    l: int
    m: int
    k0: complex
    degree: float | None = None
    leak: float | None = None
    radiating: bool = True
    image: bool = False

    @property
    def leak_rate(self) -> float:
        """1/Q of the radiation, as far as it is known."""
        return -2.0 * self.k0.imag / self.k0.real if self.leak is None else self.leak

    @property
    def p(self) -> int:
        """Polar order l - m."""
        return self.l - self.m

    @property
    def effective_degree(self) -> float:
        """Polar degree that the radial and polar extent of the field follow."""
        return float(self.l) if self.degree is None else self.degree

    @property
    def outgoing(self) -> tuple[Array, str | None]:
        """Polar degrees and polarization (None for both) of the spherical waves that the mode may radiate into."""
        if not self.radiating:
            return np.zeros(0, dtype=np.int64), None
        return (np.array([self.l]), self.pol) if self.degree is None else (self.harmonics, None)

    @property
    def harmonics(self) -> Array:
        """Polar degrees that carry the radiation of a body that is no sphere."""
        return np.arange(max(1, self.m), max(1, self.m) + self.p + _HARMONICS)
