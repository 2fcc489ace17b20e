"""sweep.csv, sweep.nc and crossings.csv, rebuilt from the points at any time without holding them in memory."""

from __future__ import annotations

import contextlib
import csv
import io
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from femwgm.ground.columns import LABELS, SHARES, columns
from femwgm.ground.files import guarded, write_synced
from femwgm.ground.rows import cell, entry
from femwgm.ground.variables import UNITS
from femwgm.sweeps.axes import Column, Plan
from femwgm.sweeps.points import Record
from femwgm.sweeps.survey import CROSSING_COLUMNS, Survey, survey

_BLOCK = 1024
"""Rows held before they go to the netCDF file."""
NOTES = ("branch", "crossing", "status", "reason")
_MEANING = {
    "branch": "the mode followed along the axis, by the label it began with",
    "crossing": "meetings with other branches, changed labels",
    "status": "done, inaccurate (short of the accuracy asked for) or failed",
    "reason": "why a point failed",
}


def write_tables(
    folder: Path, plan: Plan, read: Callable[[int], Record | None], attributes: Mapping[str, str | int]
) -> Survey:
    """Write the tables of all points that are on disk, one line a mode and one for each failed point.

    Parameters
    ----------
    folder
        Where the tables go; each replaces its former version whole.
    plan
        The points.
    read
        Gives the record of a point, None if it has not been solved.
    attributes
        Provenance for the netCDF file.

    Raises
    ------
    OutputError
        When the disk refuses; the former tables stay.
    """
    found = survey(plan, read)
    names = [*columns(found.regions), *found.extra]
    with guarded(folder):
        with _aside(folder / "sweep.csv") as path, path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            header = [*(c.name for c in plan.columns), *names, *NOTES]
            writer.writerow(header)
            with _aside(folder / "sweep.nc") as nc, _NetCDF(nc, plan, found, names, attributes) as file:
                for line in _lines(plan, read, found):
                    writer.writerow([_text(line, name) for name in header])
                    file.add(line)
        with _aside(folder / "crossings.csv") as path, path.open("w", encoding="utf-8", newline="") as stream:
            others = [c.name for c in plan.columns if any(c.name in meeting for meeting in found.meetings)]
            table = csv.writer(stream, lineterminator="\n")
            table.writerow([*others, *CROSSING_COLUMNS])
            table.writerows(
                [cell(meeting.get(name)) for name in [*others, *CROSSING_COLUMNS]]
                for meeting in found.meetings
            )
    return found


def _text(line: Mapping[str, Any], name: str) -> str:
    """An entry of the table as text; most are plain numbers, which need no second look."""
    value = line.get(name)
    if type(value) is float and -math.inf < value < math.inf and value != 0.0:
        return repr(value)
    return cell(entry(line, name))


def _lines(plan: Plan, read: Callable[[int], Record | None], found: Survey) -> Iterator[dict[str, Any]]:
    """The lines of the table, in order of the points."""
    for point in range(plan.count):
        record = read(point)
        if record is None:
            continue
        values = plan.values(point)
        about = {"_point": point, "status": record.status, "reason": record.reason}
        if record.status == "failed":
            yield {**values, **about}
        branches, crossings = found.branches.get(point, []), found.crossings.get(point, [])
        for i, row in enumerate(record.solved.rows):
            notes = {
                "branch": branches[i] if i < len(branches) else None,
                "crossing": crossings[i] or None if i < len(crossings) else None,
            }
            yield {**row, **values, **notes, **about}


@contextlib.contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """A path to write to; synced and renamed to `path` if all goes well, removed otherwise."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield aside
        with aside.open("rb+") as stream:
            os.fsync(stream.fileno())
        aside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise


class _NetCDF:
    """sweep.nc: the lines on the dimension `row`, shares on (row, region), the points on `point`."""

    def __init__(
        self, path: Path, plan: Plan, found: Survey, names: Sequence[str], attributes: Mapping[str, str | int]
    ) -> None:
        import h5netcdf

        self.plan, self.found = plan, found
        shares = {f"{share}_{region}" for share in SHARES for region in found.regions}
        self.names = [name for name in names if name not in shares]
        # In memory: HDF5 cannot close a file whose disk has filled, and takes the process down with it.
        self.path, self.content = path, io.BytesIO()
        self.file = h5netcdf.File(self.content, "w")
        self.written = 0
        self.block: list[dict[str, Any]] = []
        self.file.dimensions = {"row": found.rows, "region": len(found.regions), "point": plan.count}
        self.file.attrs.update({**attributes, "coordinates": " ".join(["point_of_row", *LABELS])})
        self._define()

    def __enter__(self) -> _NetCDF:
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._flush()
        self.file.close()
        if error[0] is None:
            write_synced(self.path, self.content.getvalue())

    def add(self, line: dict[str, Any]) -> None:
        """Append a line of the table."""
        self.block.append(line)
        if len(self.block) >= _BLOCK:
            self._flush()

    def _define(self) -> None:
        self._variable("region", ("region",), None, "", "region, from the centre outwards")
        self._fill("region", 0, list(self.found.regions), None)
        self._variable("point_of_row", ("row",), np.int64, "1", "number of the point, from 0")
        for column in self.plan.columns:
            self._variable(column.name, ("row",), _type_of(column), column.unit, f"axis {column.key}")
            self._variable(
                f"point_{column.name}",
                ("point",),
                _type_of(column),
                column.unit,
                f"axis {column.key}, by point",
            )
        for name in self.names:
            self._variable(name, ("row",), self._type(name), *UNITS.get(name, ("", name)))
        for share in SHARES:
            self._variable(share, ("row", "region"), np.float64, *UNITS[share])
        for name in NOTES:
            self._variable(name, ("row",), None, "", _MEANING[name])
        for begin in range(0, self.plan.count, _BLOCK):
            values = [self.plan.values(i) for i in range(begin, min(begin + _BLOCK, self.plan.count))]
            for column in self.plan.columns:
                self._fill(f"point_{column.name}", begin, [v[column.name] for v in values], _type_of(column))

    def _variable(self, name: str, dimensions: tuple[str, ...], kind: Any, unit: str, meaning: str) -> None:
        import h5py

        variable = self.file.create_variable(name, dimensions, h5py.string_dtype() if kind is None else kind)
        variable.attrs["long_name"] = meaning
        if unit:
            variable.attrs["units"] = unit

    def _type(self, name: str) -> Any:
        """Type of a column: whole and truth values only where none is missing, None for text."""
        kinds = self.found.kinds.get(name, {"missing"})
        complete = not self.found.counts.get("failed")
        if "text" in kinds:
            return None
        if complete and kinds == {"bool"}:
            return np.int8
        if complete and kinds == {"int"}:
            return np.int64
        return np.float64

    def _fill(self, name: str, begin: int, values: list[Any], kind: Any) -> None:
        if not values:
            return
        if kind is None:
            data = np.array(["" if v is None else str(v) for v in values], dtype=object)
        elif kind is np.float64:
            data = np.array([np.nan if v is None else float(v) for v in values])
        else:
            data = np.array(values, dtype=kind)
        self.file.variables[name][begin : begin + len(values)] = data

    def _flush(self) -> None:
        lines, begin = self.block, self.written
        self._fill("point_of_row", begin, [line["_point"] for line in lines], np.int64)
        for column in self.plan.columns:
            self._fill(column.name, begin, [line[column.name] for line in lines], _type_of(column))
        for name in self.names:
            self._fill(name, begin, [line.get(name) for line in lines], self._type(name))
        for name in NOTES:
            self._fill(name, begin, [line.get(name) for line in lines], None)
        if lines and self.found.regions:
            for share in SHARES:
                block = [[line.get(f"{share}_{region}") for region in self.found.regions] for line in lines]
                data = np.array([[np.nan if v is None else float(v) for v in row] for row in block])
                self.file.variables[share][begin : begin + len(lines)] = data
        self.written += len(lines)
        self.block = []


def _type_of(column: Column) -> Any:
    return np.float64 if column.numeric else None
