"""Gain spectra: a band with a centre and a width, or a table; and which modes they bring to threshold first.

Only the shape matters here: 1 at the maximum. How strong the gain is, the pump decides (:mod:`femwgm.experiment.lasing.pump`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from femwgm.config.quantity import length_um
from femwgm.errors import ConfigError
from femwgm.ground.tables import read_columns
from femwgm.ground.typing import Array

_FWHM_GAUSS = 2.0 * math.sqrt(2.0 * math.log(2.0))


@dataclass(frozen=True)
class GainSpectrum:
    """Relative gain against wavelength.

    Attributes
    ----------
    centre_nm, width_nm
        Wavelength of the maximum and full width at half maximum (nm) of a band.
    shape
        "gauss", "lorentz" or "table".
    table
        (wavelengths in nm, relative gain) of a table, ascending; zero outside.

    Examples
    --------
    The default lies 5 nm to the red of luminescence at 655 nm: what the film absorbs itself is amplified last.

    >>> band = GainSpectrum(655.0, 18.0)
    >>> band(np.array([655.0, 664.0])).round(6).tolist()
    [1.0, 0.5]
    """

    centre_nm: float = 660.0
    width_nm: float = 18.0
    shape: Literal["gauss", "lorentz", "table"] = "gauss"
    table: tuple[tuple[float, ...], tuple[float, ...]] | None = None

    def __call__(self, wavelength_nm: Array | float) -> Array:
        """Gain relative to its maximum."""
        x = np.asarray(wavelength_nm, dtype=float)
        if self.shape == "table":
            assert self.table is not None
            return np.interp(x, *self.table, left=0.0, right=0.0)
        z = (x - self.centre_nm) / self.width_nm
        if self.shape == "lorentz":
            return np.asarray(1.0 / (1.0 + 4.0 * z**2))
        return np.asarray(np.exp(-0.5 * (_FWHM_GAUSS * z) ** 2))

    def density(self, wavelength_nm: float) -> float:
        """The band as a density of unit area (1/nm)."""
        if self.shape == "table":
            assert self.table is not None
            area = float(np.trapezoid(self.table[1], self.table[0]))
        elif self.shape == "lorentz":
            area = 0.5 * math.pi * self.width_nm
        else:
            area = self.width_nm * math.sqrt(2.0 * math.pi) / _FWHM_GAUSS
        return float(self(wavelength_nm)) / area

    @classmethod
    def named(cls, text: str) -> GainSpectrum:
        """A band from words: "gauss, 660 nm, 18 nm" or "lorentz, 660 nm, 18 nm".

        Raises
        ------
        ConfigError
            If it is none.
        """
        parts = [part.strip() for part in text.split(",")]
        try:
            kind, centre, width = parts[0].lower(), 1e3 * length_um(parts[1]), 1e3 * length_um(parts[2])
        except (IndexError, ValueError):
            kind, centre, width = "", 0.0, 0.0
        if kind not in ("gauss", "lorentz") or len(parts) != 3 or not (centre > 0.0 and width > 0.0):
            raise ConfigError(
                "is not a band",
                key="--band",
                value=text,
                remedy="a shape, a centre and a full width, e.g. 'gauss, 660 nm, 18 nm'",
            )
        return cls(centre, width, "gauss" if kind == "gauss" else "lorentz")

    @classmethod
    def from_table(
        cls, wavelength_nm: Sequence[float], gain: Sequence[float], file: Path | None = None
    ) -> GainSpectrum:
        """A spectrum from samples in any unit of gain; `file` is what errors name.

        Raises
        ------
        ConfigError
            If the wavelengths do not ascend or no sample is positive.
        """
        x, y = np.asarray(wavelength_nm, dtype=float), np.maximum(np.asarray(gain, dtype=float), 0.0)
        if x.size < 2 or (np.diff(x) <= 0.0).any():
            raise ConfigError(
                "wavelengths of a gain table must ascend",
                file=file,
                key="wavelength_nm",
                remedy="one row for each wavelength",
            )
        if y.max() <= 0.0:
            raise ConfigError("a gain table needs a positive gain somewhere", file=file, key="gain")
        y = y / y.max()
        fine = np.linspace(x[0], x[-1], 20_001)
        above = fine[np.interp(fine, x, y) >= 0.5]
        return cls(float(x[y.argmax()]), float(above[-1] - above[0]), "table", (tuple(x), tuple(y)))


LUMINESCENCE = GainSpectrum(655.0, 18.0)
"""Spontaneous emission of the platelets."""


def read_gain(path: str | Path) -> GainSpectrum:
    """A gain spectrum from a table of wavelength_nm and gain (any unit, any order; negative values count as none)."""
    columns = read_columns(path, ("wavelength_nm", "gain"))
    order = np.argsort(columns["wavelength_nm"])
    return GainSpectrum.from_table(
        columns["wavelength_nm"][order].tolist(), columns["gain"][order].tolist(), Path(path)
    )
