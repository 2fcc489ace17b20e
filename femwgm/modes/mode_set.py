"""`ModeSet`: the modes of a run, chosen by label, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from femwgm.ground.rows import entry, header
from femwgm.ground.shown import Shown
from femwgm.ground.variables import COORDINATES, variables
from femwgm.modes.lookup import chosen, named
from femwgm.modes.mode import Mode

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


class ModeSet(Shown, Sequence[Mode]):
    """Modes of a run, in the order of the table.

    Examples
    --------
    >>> ModeSet([]).sel(pol="TE")
    ModeSet of 0 modes
    """

    def __init__(self, modes: Sequence[Mode], regions: Sequence[str] = ()) -> None:
        self._modes = tuple(modes)
        self.regions = tuple(regions)

    def __len__(self) -> int:
        return len(self._modes)

    def __getitem__(self, index: Any) -> Any:
        """A mode by its place or its label, as `modes["TE165"]`; a set by a slice."""
        if isinstance(index, str):
            return named(self, index)
        found = self._modes[index]
        return ModeSet(found, self.regions) if isinstance(index, slice) else found

    def __iter__(self) -> Iterator[Mode]:
        return iter(self._modes)

    def __repr__(self) -> str:
        return f"ModeSet of {len(self)} modes" + "".join(
            f"\n  {m.label}  {m.wavelength_nm:.6f} nm" for m in self
        )

    def sel(self, **labels: Any) -> ModeSet:
        """Modes with the given attribute values, as `sel(pol="TE", l=165)`.

        Raises
        ------
        ConfigError
            If a keyword is not an attribute of a mode, or a polarization is neither TE nor TM.
        """
        return ModeSet(chosen(self, labels), self.regions)

    def to_dataframe(self) -> pd.DataFrame:
        """A pandas table with the columns of modes.csv."""
        import pandas as pd

        rows = [mode.row() for mode in self]
        names = header(rows, self.regions)
        return pd.DataFrame([{name: entry(row, name) for name in names} for row in rows], columns=names)

    def to_xarray(self) -> xr.Dataset:
        """What modes.nc holds: columns on `mode`, shares on (mode, region), units and meanings in the attributes."""
        import xarray as xr

        found = variables([mode.row() for mode in self], self.regions)
        data = {v.name: (v.dimensions, v.data, v.attributes) for v in found}
        return xr.Dataset(data).set_coords(COORDINATES)
