"""First reading of the points: which columns there are, and which mode belongs to which branch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from femwgm.ground.columns import columns
from femwgm.ground.rows import log10_of
from femwgm.ground.units import C_UM_THZ
from femwgm.sweeps.axes import Plan
from femwgm.sweeps.fingerprint import unpack
from femwgm.sweeps.follow import Follower, State, label_of
from femwgm.sweeps.points import Record

CROSSING_COLUMNS = (
    "kind",
    "first",
    "second",
    "at",
    "wavelength_nm",
    "gap_nm",
    "gap_ghz",
    "width",
    "rotation_deg",
)


@dataclass
class Survey:
    """What must be known of all points before the first line of a table.

    Attributes
    ----------
    regions
        Every region name that occurs.
    extra
        Columns beyond those of the contract, with their order.
    kinds
        Kinds of values that each column holds.
    rows
        Lines of the table.
    counts
        Points by status.
    branches, crossings
        For each point, the branch of each of its modes, and what is to be said of them.
    meetings
        Rows of `crossings.csv`.
    seconds
        Time that all points took together.
    """

    regions: list[str] = field(default_factory=list)
    extra: dict[str, None] = field(default_factory=dict)
    kinds: dict[str, set[str]] = field(default_factory=dict)
    rows: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    branches: dict[int, list[str]] = field(default_factory=dict)
    crossings: dict[int, list[str]] = field(default_factory=dict)
    meetings: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    def take(self, record: Record | None) -> None:
        """Count a point in."""
        status = record.status if record is not None else "missing"
        self.counts[status] = self.counts.get(status, 0) + 1
        if record is None:
            return
        self.seconds += record.seconds
        self.regions += [name for name in record.solved.regions if name not in self.regions]
        self.rows += len(record.solved.rows) or int(record.status == "failed")
        for row in record.solved.rows:
            for name, value in row.items():
                self.kinds.setdefault(name, set()).add(_kind(value))

    def finish(self) -> None:
        """Tell the contract's columns from the others."""
        known = set(columns(self.regions))
        self.extra = {name: None for name in self.kinds if name not in known and not name.startswith("_")}


_KINDS = {bool: "bool", int: "int", float: "float", type(None): "missing"}


def _kind(value: Any) -> str:
    if type(value) in _KINDS:
        return _KINDS[type(value)]
    return "float" if log10_of(value) is not None else "text"


def survey(plan: Plan, read: Callable[[int], Record | None]) -> Survey:
    """Read every point once, following modes along the axis that the plan names.

    Parameters
    ----------
    plan
        The points.
    read
        Gives the record of a point, None if it has not been solved.
    """
    found = Survey()
    for line in plan.lines() if plan.follow is not None else ():
        _follow(plan, line, read, found)
    if plan.follow is None:
        for point in range(plan.count):
            record = read(point)
            found.take(record)
            if record is not None and record.solved.rows:
                found.branches[point] = [_label(row) for row in record.solved.rows]
    found.finish()
    return found


def _label(row: Any) -> str:
    return label_of(row["pol"], row["q"], row["l"], row["m"])


def _states(record: Record | None) -> list[State]:
    if record is None:
        return []
    rows, marks, parities = record.solved.rows, record.solved.marks, record.solved.parities
    states = []
    for i, row in enumerate(rows):
        parity = parities[i] if i < len(parities) else None
        mark = unpack(marks[i]) if i < len(marks) else None
        states.append(
            State(
                _label(row),
                (row["m"], parity),
                complex(row["k0_re_per_um"], row["k0_im_per_um"] or 0.0),
                mark,
            )
        )
    return states


def _follow(plan: Plan, line: Sequence[int], read: Callable[[int], Record | None], found: Survey) -> None:
    assert plan.follow is not None
    axis = plan.columns[plan.follow]
    follower = Follower()
    numbers: list[list[int]] = []
    previous = -np.inf
    for point in line:
        record = read(point)
        found.take(record)
        x = float(plan.values(point)[axis.name])
        if x > previous:
            numbers.append(follower.add(x, _states(record)))
            previous = x
        else:
            # The same value listed twice: the same point once more.
            numbers.append(numbers[-1])
    names = follower.names
    crossings = follower.crossings()
    said = follower.marks(crossings)
    step = -1
    previous = -np.inf
    for point, branches in zip(line, numbers, strict=True):
        x = float(plan.values(point)[axis.name])
        step, previous = (step + 1, x) if x > previous else (step, previous)
        if branches:
            found.branches[point] = [names[n] for n in branches]
            notes = [said.get((step, n), "") for n in branches]
            if any(notes):
                found.crossings[point] = notes
    others = {name: value for name, value in plan.values(line[0]).items() if name != axis.name}
    for c in crossings:
        wavelength = 2.0 * np.pi / c.k0
        found.meetings.append(
            {
                **({} if plan.grid.count(plan.grid[plan.follow]) > 1 else others),
                "kind": c.kind, "first": names[c.first], "second": names[c.second], "at": c.at, "wavelength_nm": 1e3 * wavelength,
                "gap_nm": 1e3 * wavelength**2 * c.gap / (2.0 * np.pi), "gap_ghz": 1e3 * C_UM_THZ * c.gap / (2.0 * np.pi),
                "width": c.width, "rotation_deg": float(np.degrees(abs(c.rotation))),
            }
        )  # fmt: skip
