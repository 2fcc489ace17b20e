"""modes.nc: the table as a netCDF-4 file with units, which xarray opens.

It is written through h5netcdf alone; xarray and pandas would add more than a second to every run.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from femwgm.ground.columns import LABELS
from femwgm.ground.rows import Row
from femwgm.ground.variables import Variable, variables


def to_netcdf(rows: Sequence[Row], regions: Sequence[str], attributes: Mapping[str, str]) -> bytes:
    """The table as the bytes of a netCDF-4 file: the variables of `femwgm.ground.variables`.

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

    stream = io.BytesIO()
    with h5netcdf.File(stream, "w") as file:
        file.dimensions = {"mode": len(rows), "region": len(regions)}
        file.attrs.update({**attributes, "coordinates": " ".join(LABELS)})
        for variable in variables(rows, regions):
            _write(file, variable)
    return stream.getvalue()


def _write(file: Any, what: Variable) -> None:
    if what.data.dtype == object:
        import h5py

        variable = file.create_variable(what.name, what.dimensions, h5py.string_dtype())
        if what.data.size:
            variable[...] = what.data
    else:
        variable = file.create_variable(what.name, what.dimensions, data=what.data)
    variable.attrs.update(what.attributes)
