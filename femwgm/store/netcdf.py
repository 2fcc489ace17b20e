"""modes.nc: the table as a netCDF-4 file with units, which xarray opens.

It is written through h5netcdf alone; xarray and pandas would add more than a second to every run.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from femwgm.ground.columns import LABELS, SHARES
from femwgm.store.rows import Row, header, log10_of

__all__ = ["UNITS", "to_netcdf"]

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


def to_netcdf(rows: Sequence[Row], regions: Sequence[str], attributes: Mapping[str, str]) -> bytes:
    """The table as the bytes of a netCDF-4 file.

    Shares lie on (mode, region); a column with a number beyond floats is accompanied by its log10.

    Parameters
    ----------
    rows
        One mapping a mode.
    regions
        Region names, ambient last.
    attributes
        Global attributes.
    """
    import h5netcdf

    shares = {f"{share}_{region}" for share in SHARES for region in regions}
    names = [name for name in header(rows, regions) if name not in shares]
    stream = io.BytesIO()
    with h5netcdf.File(stream, "w") as file:
        file.dimensions = {"mode": len(rows), "region": len(regions)}
        file.attrs.update({**attributes, "coordinates": " ".join(LABELS)})
        _variable(
            file,
            "region",
            ("region",),
            np.array(regions, dtype=object),
            "",
            "region, from the centre outwards",
        )
        for name in names:
            unit, meaning = UNITS.get(name, ("", name))
            _variable(file, name, ("mode",), _column([row.get(name) for row in rows]), unit, meaning)
            logs = [log10_of(row.get(name)) for row in rows]
            if any(_beyond(row.get(name)) for row in rows) and f"log10_{name}" not in names:
                log10 = np.array([math.nan if log is None else log for log in logs])
                _variable(file, f"log10_{name}", ("mode",), log10, "1", f"decimal logarithm of {name}")
        for share in SHARES:
            block = [[_float(row.get(f"{share}_{region}")) for region in regions] for row in rows]
            shape = (len(rows), len(regions))
            _variable(
                file, share, ("mode", "region"), np.array(block, dtype=float).reshape(shape), *UNITS[share]
            )
    return stream.getvalue()


def _variable(file: Any, name: str, dimensions: tuple[str, ...], data: Any, unit: str, meaning: str) -> None:
    if data.dtype == object:
        import h5py

        variable = file.create_variable(name, dimensions, h5py.string_dtype())
        if data.size:
            variable[...] = data
    else:
        variable = file.create_variable(name, dimensions, data=data)
    variable.attrs["long_name"] = meaning
    if unit:
        variable.attrs["units"] = unit


def _beyond(entry: Any) -> bool:
    return isinstance(entry, str) and log10_of(entry) is not None


def _float(entry: Any) -> float:
    return math.nan if entry is None else float(entry)


def _column(entries: list[Any]) -> Any:
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
