"""The pump: what a fluence at 532 nm leaves in the shell, and the gain that a user's table says follows.

Absorbed energy per pulse and shell volume = fluence x pi R^2 x Q_abs / V_shell, with the absorption efficiency of the exact
sphere (`femwgm.experiment.lasing.mie`); the ray estimate beside it lets every ray of the disk pass the shell on a straight line.
How much gain that makes depends on the emitters and is measured, not computed: a table of fluence and material gain is the
link.

Limits: absorption that does not bleach, an isolated sphere in a plane wave, all of the pulse within the life of the inversion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from femwgm.analytic import LayeredSphere
from femwgm.errors import ConfigError
from femwgm.experiment.lasing.mie import efficiencies
from femwgm.ground.tables import read_columns
from femwgm.ground.typing import Array
from femwgm.ground.units import C_UM_THZ

_PLANCK_J_THZ = 6.62607015e-22
"""Planck's constant in J / THz; exact by the definition of the kilogram."""


@dataclass(frozen=True)
class PumpAbsorption:
    """What a sphere takes of a pump pulse.

    Attributes
    ----------
    efficiency
        Absorption cross-section over pi R^2, exact.
    ray_estimate
        The same for straight rays through the shell, without reflection.
    energy_per_volume_mj_cm3
        Absorbed energy per shell volume (mJ/cm^3) at the fluence given.
    photons_per_um3
        Absorbed photons per shell volume (1/um^3).
    """

    wavelength_nm: float
    fluence_uj_cm2: float
    efficiency: float
    ray_estimate: float
    energy_per_volume_mj_cm3: float
    photons_per_um3: float


def pump_absorption(
    sphere: LayeredSphere, shell: int, fluence_uj_cm2: float, wavelength_nm: float = 532.0
) -> PumpAbsorption:
    """Absorption of a plane-wave pulse by the shell.

    Parameters
    ----------
    sphere
        The sphere with its indices at the pump wavelength; only the shell should absorb.
    shell
        The layer that absorbs.
    fluence_uj_cm2
        Energy per area of the pulse (uJ/cm^2).
    wavelength_nm
        Pump wavelength (nm).
    """
    wavelength = 1e-3 * wavelength_nm
    radii = sphere.radii_um
    inner, outer = (radii[shell - 1] if shell else 0.0), radii[shell]
    exact = efficiencies(sphere, wavelength).absorption
    k0 = 2.0 * math.pi / wavelength
    alpha = 2.0 * k0 * float(np.sqrt(sphere.media.at(np.array([k0])).t[shell, 0]).imag)
    volume = 4.0 / 3.0 * math.pi * (outer**3 - inner**3)
    # uJ/cm^2 is 1e-14 J/um^2.
    absorbed = 1e-14 * fluence_uj_cm2 * math.pi * sphere.outer_radius_um**2 * exact
    photon = _PLANCK_J_THZ * C_UM_THZ / wavelength
    return PumpAbsorption(
        wavelength_nm, fluence_uj_cm2, exact, _straight_rays(inner, outer, sphere.outer_radius_um, alpha),
        1e15 * absorbed / volume, absorbed / photon / volume,
    )  # fmt: skip


def excitons_per_platelet(photons_per_um3: float, filling: float, platelet_nm3: float) -> float:
    """Mean number of excitons in a platelet after a pulse.

    Parameters
    ----------
    photons_per_um3
        Absorbed photons in a cubic micrometre of film.
    filling
        Share of the film's volume that the platelets take.
    platelet_nm3
        Volume of one (nm^3).

    Examples
    --------
    >>> excitons_per_platelet(photons_per_um3=1e5, filling=0.4, platelet_nm3=2000.0)
    0.5
    """
    return 1e-9 * photons_per_um3 * platelet_nm3 / filling


def _straight_rays(inner: float, outer: float, body: float, alpha: float) -> float:
    """Mean of 1 - exp(-alpha path) over the disk of the body, paths straight through the shell."""
    t, w = np.polynomial.legendre.leggauss(200)
    total = 0.0
    for a, b in ((0.0, inner), (inner, outer)):
        s = 0.5 * (b * b - a * a) * (t + 1.0) + a * a
        path = 2.0 * (np.sqrt(outer**2 - s) - np.sqrt(np.maximum(inner**2 - s, 0.0)))
        total += float((0.5 * (b * b - a * a) * w * -np.expm1(-alpha * path)).sum())
    return total / body**2


@dataclass(frozen=True)
class GainTable:
    """Material gain at the maximum of the gain spectrum against pump fluence, as measured.

    Attributes
    ----------
    fluence_uj_cm2, gain_per_cm
        Ascending fluences (uJ/cm^2) and the gains (1/cm) that go with them, linear
        between the rows; a fluence beyond them is an error.
    """

    fluence_uj_cm2: Array
    gain_per_cm: Array

    def __post_init__(self) -> None:
        if (np.diff(self.fluence_uj_cm2) <= 0.0).any():
            raise ConfigError(
                "fluences of a gain table must ascend", key="fluence_uj_cm2", remedy="sort the rows"
            )

    def gain(self, fluence_uj_cm2: float) -> float:
        """Gain (1/cm) at a fluence.

        Raises
        ------
        ConfigError
            Outside the table.
        """
        lo, hi = float(self.fluence_uj_cm2[0]), float(self.fluence_uj_cm2[-1])
        if not lo <= fluence_uj_cm2 <= hi:
            raise ConfigError(
                f"the gain table goes from {lo:g} to {hi:g} uJ/cm^2",
                key="fluence",
                value=fluence_uj_cm2,
                remedy="extend it",
            )
        return float(np.interp(fluence_uj_cm2, self.fluence_uj_cm2, self.gain_per_cm))

    def fluence(self, gain_per_cm: float) -> float:
        """Lowest fluence (uJ/cm^2) at which the gain reaches a value; infinite where the table never does."""
        above = np.flatnonzero(self.gain_per_cm >= gain_per_cm)
        if above.size == 0:
            return math.inf
        i = int(above[0])
        if i == 0:
            return float(self.fluence_uj_cm2[0])
        a, b = self.gain_per_cm[i - 1], self.gain_per_cm[i]
        part = (gain_per_cm - a) / (b - a)
        return float(
            self.fluence_uj_cm2[i - 1] + part * (self.fluence_uj_cm2[i] - self.fluence_uj_cm2[i - 1])
        )


def read_gain_table(path: str | Path) -> GainTable:
    """A gain table from a CSV file with the columns fluence_uj_cm2 and gain_per_cm."""
    columns = read_columns(path, ("fluence_uj_cm2", "gain_per_cm"))
    order = np.argsort(columns["fluence_uj_cm2"])
    return GainTable(columns["fluence_uj_cm2"][order], columns["gain_per_cm"][order])
