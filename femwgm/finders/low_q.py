"""What a pole of low Q owes to a table of indices, which is known at real wavelengths only.

A table is taken at the real part of the complex wavelength (`femwgm.ground.tabulated`). Near Q = 1 that decides the answer: the
permittivity of a metal goes as the square of the wavelength, and the imaginary part of that square is missing. A parabola in the
wavelength that fits the table nearby has it, and its pole is the one that lines of a spectrum show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.finders.exact_list import exact_sphere
from femwgm.materials import Material

_LOW_Q = 10.0
_NEARBY = 0.8, 1.25
"""Wavelengths that a parabola is fitted to, over the one that the table is taken at."""


@dataclass(frozen=True)
class Parabola:
    """Permittivity as a polynomial of degree two in the complex wavelength.

    Attributes
    ----------
    coefficients
        The highest power first.
    """

    coefficients: tuple[complex, ...]

    @classmethod
    def near(cls, medium: Material, wavelength: float) -> Parabola:
        """The best fit to a medium near a wavelength (um)."""
        lo, hi = medium.validity_um or (0.0, np.inf)
        x = np.linspace(max(_NEARBY[0] * wavelength, lo), min(_NEARBY[1] * wavelength, hi), 60)
        eps = [medium.permittivity(2.0 * np.pi / value) for value in x]
        return cls(tuple(np.polyfit(x, eps, 2)))

    def eps(self, k0: complex) -> complex:
        return complex(np.polyval(self.coefficients, 2.0 * np.pi / k0))

    def slope(self, k0: complex) -> complex:
        return complex(
            np.polyval(np.polyder(self.coefficients), 2.0 * np.pi / k0) * -2.0 * np.pi / complex(k0) ** 2
        )


def table_notes(config: RunConfig, materials: Mapping[str, Material], modes: Sequence[Any]) -> list[str]:
    """A line on each mode (`ExactMode` or `Mode`) of low Q in media that are known at real wavelengths only."""
    used = {name: materials[name] for name in config.geometry.region_materials.values()}
    tables = [name for name, medium in used.items() if medium.tabulated]
    low = {(mode.pol, mode.q, mode.l): mode for mode in modes if mode.k0.real < -2.0 * _LOW_Q * mode.k0.imag}
    notes = []
    for mode in low.values() if tables else ():
        wavelength = (2.0 * np.pi / mode.k0).real
        other = (
            _continued(config, used, mode, wavelength) if config.geometry.kind == "layered_sphere" else None
        )
        notes.append(
            f"{mode.pol} q={mode.q} l={mode.l} has a Q of {-0.5 * mode.k0.real / mode.k0.imag:.2g}: {', '.join(tables)}, known at"
            f" real wavelengths only, counts by its index at {1e3 * wavelength:.0f} nm, the real part of 2 pi / k0"
            + (
                ""
                if other is None
                else f"; continued as a parabola to complex wavelengths it has the pole at {2e3 * np.pi / other.real:.0f} nm,"
                f" Q {-0.5 * other.real / other.imag:.2g}, as spectra show it"
            )
        )
    return notes


def _continued(
    config: RunConfig, used: Mapping[str, Material], mode: Any, wavelength: float
) -> complex | None:
    """The pole of a layered sphere whose tables are continued to complex wavelengths; None where Newton's iteration is lost."""
    if any(medium.axis for medium in used.values()):
        return None
    smooth = {
        name: replace(medium, law=Parabola.near(medium, wavelength), validity_um=None)
        if medium.tabulated
        else medium
        for name, medium in used.items()
    }
    start, l, tm = np.array([mode.k0]), np.array([float(mode.l)]), np.array([mode.pol == "TM"])
    pole = complex(exact_sphere(config, smooth).resonator.newton(start, l, tm)[0])
    return pole if np.isfinite(pole) and pole.imag < 0.0 else None
