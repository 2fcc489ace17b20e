"""The table of modes as named variables with units: what modes.nc, xarray and data frames hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from femwgm.ground.columns import LABELS, SHARES
from femwgm.ground.rows import Row, entry, header, log10_of
from femwgm.ground.typing import Array

__all__ = ["UNITS", "Variable", "variables"]

UNITS: dict[str, tuple[str, str]] = {
    "pol": ("", "polarization, TE or TM"),
    "q": ("1", "radial order"),
    "l": ("1", "polar degree"),
    "m": ("1", "azimuthal order"),
    "p": ("1", "polar order l - m"),
    "wavelength_nm": ("nm", "vacuum wavelength"),
    "k0_re_per_um": ("rad/um", "vacuum wavenumber, real part"),
    "k0_im_per_um": ("rad/um", "vacuum wavenumber, imaginary part; negative decays"),
    "n_eff": ("1", "phase index m / (k0 R), R the outer equatorial radius"),
    "n_g": ("1", "group index (1/R) dm/dk0"),
    "fsr_nm": ("nm", "free spectral range"),
    "q_rad": ("1", "radiation quality factor"),
    "q_wall": ("1", "quality factor of the loss in walls"),
    "q_scattering": ("1", "quality factor of the scattering at rough surfaces"),
    "family": ("1", "number of the family, constant along m"),
    "frequency_thz": ("THz", "frequency"),
    "fsr_ghz": ("GHz", "free spectral range"),
    "n_g_error": ("1", "relative error of the group index"),
    "fsr_error": ("1", "relative error of the free spectral range"),
    "q_rad_error": ("1", "relative error of q_rad"),
    "q_abs_error": ("1", "relative error of q_abs"),
    "q_wall_error": ("1", "relative error of q_wall"),
    "q_scattering_error": ("1", "relative error of q_scattering"),
    "q_total_error": ("1", "relative error of q_total"),
    "q_abs_floor": ("1", "lower bound of |q_abs| where its sign is not known"),
    "q_total_floor": ("1", "lower bound of |q_total| where its sign is not known"),
    "e2_error": ("1", "absolute error of the shares e2"),
    "radial_e2_error": ("1", "absolute error of the shares radial_e2"),
    "q_abs": ("1", "absorption quality factor"),
    "q_total": ("1", "total quality factor"),
    "mode_volume_um3": ("um^3", "integral of eps |E|^2 over its maximum, travelling wave"),
    "energy": ("1", "share of the electric energy"),
    "e2": ("1", "share of the volume integral of |E|^2"),
    "radial_e2": ("1", "share of the integral of |E|^2 along the equatorial radius"),
    "wavelength_error": ("1", "estimated relative error of the wavelength"),
    "residual": ("1", "norm(K u - k0^2 M u) / (|k0|^2 norm(M u))"),
    "dofs": ("1", "unknowns of the solve"),
    "seconds": ("s", "time of the solve"),
}
"""Unit and meaning of each column, for attributes and for readers."""


@dataclass(frozen=True)
class Variable:
    """A column, or the shares of all regions: its data over `dimensions`, a unit ("" for none) and what it means."""

    name: str
    dimensions: tuple[str, ...]
    data: Array
    unit: str
    meaning: str

    @property
    def attributes(self) -> dict[str, str]:
        """Attributes by the conventions of netCDF."""
        return {"long_name": self.meaning} | ({"units": self.unit} if self.unit else {})


def variables(rows: Sequence[Row], regions: Sequence[str]) -> list[Variable]:
    """The table as variables on `mode`, shares on (mode, region); a column with a number beyond floats has its log10 beside it.

    Whole numbers are int64 and truth values int8 where none is missing; missing numbers are NaN, missing text is empty.

    Parameters
    ----------
    rows
        One mapping a mode.
    regions
        Region names, ambient last.
    """
    shares = {f"{share}_{region}" for share in SHARES for region in regions}
    names = [name for name in header(rows, regions) if name not in shares]
    found = [
        Variable(
            "region", ("region",), np.array(regions, dtype=object), "", "region, from the centre outwards"
        )
    ]
    for name in names:
        entries = [entry(row, name) for row in rows]
        found.append(Variable(name, ("mode",), _column(entries), *UNITS.get(name, ("", name))))
        if any(_beyond(value) for value in entries) and f"log10_{name}" not in names:
            logs = [log10_of(value) for value in entries]
            data = np.array([math.nan if log is None else log for log in logs])
            found.append(Variable(f"log10_{name}", ("mode",), data, "1", f"decimal logarithm of {name}"))
    for share in SHARES:
        block = [[_float(row.get(f"{share}_{region}")) for region in regions] for row in rows]
        data = np.array(block, dtype=float).reshape(len(rows), len(regions))
        found.append(Variable(share, ("mode", "region"), data, *UNITS[share]))
    return found


COORDINATES = (*LABELS, "region")
"""Variables that label the others."""


def _beyond(entry: Any) -> bool:
    return isinstance(entry, str) and log10_of(entry) is not None


def _float(entry: Any) -> float:
    return math.nan if entry is None else float(entry)


def _column(entries: list[Any]) -> Array:
    """An integer, float or text array; missing numbers are NaN, missing text is empty."""
    present = [entry for entry in entries if entry is not None]
    if any(isinstance(entry, str) and not _beyond(entry) for entry in present):
        return np.array(["" if entry is None else str(entry) for entry in entries], dtype=object)
    if (
        present
        and len(present) == len(entries)
        and all(isinstance(entry, bool | np.bool_) for entry in present)
    ):
        return np.array(entries, dtype=np.int8)
    whole = all(isinstance(entry, int | np.integer) and not isinstance(entry, bool) for entry in present)
    if whole and present and len(present) == len(entries):
        return np.array(entries, dtype=np.int64)
    return np.array([_float(entry) for entry in entries], dtype=float)
