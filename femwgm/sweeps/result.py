"""The result of a sweep: its tables, on disk or in memory."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from femwgm.errors import OutputError
from femwgm.ground.shown import Shown

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

_TEXT = ("pol", "q_rad_source", "branch", "crossing", "status", "reason")


@dataclass(frozen=True, repr=False)
class SweepResult(Shown):
    """A finished or interrupted sweep.

    Attributes
    ----------
    path
        The sweep's folder; None if nothing was kept on disk.
    axes
        Columns of the axes, in order, each with its unit ("" for none).
    keys
        Key of the configuration behind each of these columns.
    follow
        Column along which modes were followed, None if they were not.
    points, done, failed
        Number of points in all, solved, and failed.
    solved_now
        Number of points solved by this call; the others were already on disk.
    inaccurate
        Solved points that miss the accuracy asked for.
    csv, crossings_csv, netcdf
        The tables, if they are not on disk.
    """

    _internal = ("csv", "crossings_csv", "netcdf")

    path: Path | None
    axes: Mapping[str, str]
    keys: Mapping[str, str]
    follow: str | None
    points: int
    done: int
    failed: int
    inaccurate: int = 0
    solved_now: int = 0
    csv: str | None = None
    crossings_csv: str | None = None
    netcdf: bytes | None = None

    def __repr__(self) -> str:
        return f"<SweepResult over {', '.join(self.axes)}: {self.done} of {self.points} points>"

    @property
    def met(self) -> bool:
        """Whether every point was solved to the accuracy asked for."""
        return self.done == self.points and not self.inaccurate

    @cached_property
    def table(self) -> pd.DataFrame:
        """sweep.csv as a data frame: axes, columns of modes.csv, `branch`, `crossing`, `status`, `reason`."""
        return self._frame("sweep.csv", self.csv)

    @cached_property
    def crossings(self) -> pd.DataFrame:
        """crossings.csv as a data frame, a row for each meeting of two branches."""
        return self._frame("crossings.csv", self.crossings_csv)

    @property
    def reasons(self) -> Sequence[tuple[dict[str, Any], str]]:
        """Axes' values and reason of each failed point."""
        bad = self.table[self.table["status"] == "failed"]
        return [({name: row[name] for name in self.axes}, row["reason"]) for _, row in bad.iterrows()]

    def to_dataframe(self) -> pd.DataFrame:
        """The table as a pandas data frame of its own."""
        return self.table.copy()

    def to_xarray(self) -> xr.Dataset:
        """sweep.nc, loaded: lines of the table on `row`, shares on (row, region), units in the attributes."""
        import xarray as xr

        source = io.BytesIO(self.netcdf) if self.netcdf is not None else self._file("sweep.nc")
        with xr.open_dataset(source, engine="h5netcdf") as dataset:
            return dataset.load()

    def branch(self, name: str) -> pd.DataFrame:
        """The rows of one followed mode, as `branch("TE q=1 l=165 m=165")`, in order of the points."""
        return self.table[self.table["branch"] == name]

    def _file(self, name: str) -> Path:
        assert self.path is not None
        return self.path / name

    def _frame(self, name: str, text: str | None) -> pd.DataFrame:
        import pandas as pd

        source = io.StringIO(text) if text is not None else self._file(name)
        frame = pd.read_csv(source, dtype=dict.fromkeys(_TEXT, object), keep_default_na=True)
        for column in ("branch", "crossing", "reason"):
            if column in frame:
                frame[column] = frame[column].fillna("")
        return frame


def load_sweep(path: str | Path) -> SweepResult:
    """Read a sweep folder back.

    Raises
    ------
    OutputError
        When it holds no sweep.
    """
    from femwgm.sweeps.folder import SweepFolder

    if not isinstance(path, str | Path):
        raise OutputError(f"{path!r:.80} is not a folder; name one written by `femwgm sweep -o`")
    folder = Path(path)
    about = SweepFolder(folder).description()
    if not about or not (folder / "sweep.csv").is_file():
        raise OutputError(f"{folder}: holds no sweep; name the folder that `femwgm sweep -o` wrote")
    points = about["points"]
    return SweepResult(
        folder, {a["name"]: a["unit"] for a in about["axes"]}, {a["name"]: a["key"] for a in about["axes"]}, about["follow"],
        points["total"], points["done"], points["failed"], points["inaccurate"],
    )  # fmt: skip
