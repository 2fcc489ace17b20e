"""From the axes of a sweep to its points: numbers for the table, entries for the configuration."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from femwgm.config.quantity import in_unit, split_quantity
from femwgm.config.sweep import Axis, Sample, Span, Sweep


@dataclass(frozen=True)
class Column:
    """One axis, spelt out.

    Attributes
    ----------
    key
        The key of the configuration that varies.
    name
        Header in the table: the axis' name (or key), with the unit appended as `_nm`.
    unit
        Unit of the values, "" for plain numbers and for anything that is no number.
    entries
        What goes into the configuration: quantity strings, plain numbers, words or lists.
    values
        What goes into the table: the numbers in `unit`; the entries themselves where they are no numbers.
    """

    key: str
    name: str
    unit: str
    entries: Sequence[Any]
    values: Sequence[Any]

    @property
    def numeric(self) -> bool:
        """Whether the values are numbers."""
        return all(isinstance(value, int | float) for value in self.values)


@dataclass(frozen=True)
class Plan:
    """All points of a sweep, numbered from 0; the last listed axis varies fastest, samples faster still.

    Attributes
    ----------
    columns
        The axes.
    shape
        Number of listed values along each grid direction (one direction when zipped), then of samples if there are any.
    grid
        For each column, the direction of `shape` it varies along.
    follow
        Number of the column along which modes are followed, None if they are not.
    basis
        Whether points between others may come from a reduced basis (`femwgm.sweeps.between`).
    """

    columns: Sequence[Column]
    shape: Sequence[int]
    grid: Sequence[int]
    follow: int | None
    basis: bool = True

    @property
    def count(self) -> int:
        """Number of points."""
        return math.prod(self.shape)

    def place(self, point: int) -> list[int]:
        """Number of the value that each column takes at a point."""
        directions = []
        for size in reversed(self.shape):
            point, index = divmod(point, size)
            directions.append(index)
        directions.reverse()
        return [directions[direction] for direction in self.grid]

    def entries(self, point: int) -> list[Any]:
        """What each key is set to at a point, in the order of `columns`."""
        return [column.entries[i] for column, i in zip(self.columns, self.place(point), strict=True)]

    def values(self, point: int) -> dict[str, Any]:
        """The axes' values at a point, by their names in the table."""
        return {c.name: c.values[i] for c, i in zip(self.columns, self.place(point), strict=True)}

    def lines(self) -> Iterator[list[int]]:
        """Points along the followed axis, in ascending order of its values; a line for each combination of the others."""
        if self.follow is None:
            return
        direction = self.grid[self.follow]
        values = self.columns[self.follow].values
        order = sorted(range(self.shape[direction]), key=lambda i: values[i])
        stride = math.prod(self.shape[direction + 1 :])
        outer = stride * self.shape[direction]
        for start in range(self.count):
            if start % outer < stride:
                yield [start + i * stride for i in order]


def expand(sweep: Sweep) -> Plan:
    """The points of a sweep.

    Examples
    --------
    >>> axis = {"key": "geometry.layers.shell.thickness", "linear": {"start": "300 nm", "stop": "0.4 um", "count": 3}}
    >>> plan = expand(Sweep.model_validate({"axes": [axis]}))
    >>> plan.columns[0].entries, plan.values(1)
    (('300 nm', '350 nm', '400 nm'), {'geometry.layers.shell.thickness_nm': 350.0})
    """
    listed = {axis.key: _listed(axis) for axis in sweep.listed}
    drawn = _drawn(sweep.drawn, sweep.sample) if sweep.sample is not None else {}
    columns = [{**listed, **drawn}[axis.key] for axis in sweep.axes]
    if sweep.combine == "zip":
        shape = [axis.count for axis in sweep.listed[:1]]
        direction = dict.fromkeys(listed, 0)
    else:
        shape = [axis.count for axis in sweep.listed]
        direction = {key: i for i, key in enumerate(listed)}
    if sweep.sample is not None:
        direction |= dict.fromkeys(drawn, len(shape))
        shape = [*shape, sweep.sample.count]
    follow = _followed(sweep, columns)
    return Plan(tuple(columns), tuple(shape), tuple(direction[c.key] for c in columns), follow, sweep.basis)


def _followed(sweep: Sweep, columns: Sequence[Column]) -> int | None:
    if sweep.follow == "none":
        return None
    if sweep.follow is not None:
        return next(i for i, axis in enumerate(sweep.axes) if sweep.follow in (axis.key, axis.title))
    candidates = [
        i
        for i, (axis, column) in enumerate(zip(sweep.axes, columns, strict=True))
        if not axis.drawn and column.numeric and len(column.values) > 1
    ]
    if not candidates:
        return None
    return candidates[0] if sweep.combine == "zip" else candidates[-1]


def _listed(axis: Axis) -> Column:
    span = axis.linear or axis.log
    if span is not None:
        unit, numbers = _spaced(span, logarithmic=axis.log is not None)
        return _quantities(axis, unit, numbers)
    assert axis.values is not None
    parts = [split_quantity(value) for value in axis.values]
    first = parts[0]
    if first is None or any(part is None for part in parts):
        return _anything(axis)
    try:
        numbers = [in_unit(part, first[1]) for part in parts if part is not None]
    except ValueError:
        return _anything(axis)
    if not first[1]:
        return Column(axis.key, axis.title, "", axis.values, axis.values)
    return _quantities(axis, first[1], numbers)


def _anything(axis: Axis) -> Column:
    """Words and lists go into the table as they stand."""
    assert axis.values is not None
    entries = tuple(list(value) if isinstance(value, tuple) else value for value in axis.values)
    return Column(axis.key, axis.title, "", entries, tuple(_text(entry) for entry in entries))


def _text(entry: Any) -> str:
    return f"[{', '.join(str(part) for part in entry)}]" if isinstance(entry, list) else str(entry)


def _spaced(span: Span, *, logarithmic: bool) -> tuple[str, list[Decimal]]:
    """Unit and values of a span; the ends are exact, linear values are exact decimals wherever they can be."""
    unit, a, b = _alike(span.start, span.stop)
    steps = span.count - 1
    if steps == 0:
        return unit, [a]
    if not logarithmic:
        return unit, [a + (b - a) * i / steps for i in range(span.count)]
    inner = [a * Decimal(repr(float(b / a) ** (i / steps))) for i in range(1, steps)]
    return unit, [a, *inner, b]


def _alike(one: Any, other: Any) -> tuple[str, Decimal, Decimal]:
    """Unit of the first of two quantities, which the configuration has checked, and the numbers of both in it."""
    first, second = split_quantity(one), split_quantity(other)
    assert first is not None
    assert second is not None
    return first[1], first[0], in_unit(second, first[1])


def _quantities(axis: Axis, unit: str, numbers: Sequence[Decimal]) -> Column:
    values = tuple(float(number) for number in numbers)
    entries = tuple(_shortest(value) for value in values)
    if not unit:
        return Column(axis.key, axis.title, "", values, values)
    return Column(axis.key, _with_unit(axis.title, unit), unit, tuple(f"{e} {unit}" for e in entries), values)


def _with_unit(title: str, unit: str) -> str:
    return title if title.endswith(f"_{unit}") else f"{title}_{unit}"


def _shortest(value: float) -> str:
    """The number as people write it: "300", not "300.0"."""
    text = repr(value)
    return text.removesuffix(".0")


def _drawn(axes: Sequence[Axis], sample: Sample) -> dict[str, Column]:
    """Columns of the drawn axes.

    Plain random points keep their beginning when more are asked for; a Latin hypercube puts one point in each of
    `count` equal slices of every axis.
    """
    rng = np.random.default_rng(sample.seed)
    shape = (sample.count, len(axes))
    unit_cube = rng.random(shape)
    if sample.method == "latin_hypercube":
        slices = np.stack([rng.permutation(sample.count) for _ in axes], axis=1)
        unit_cube = (slices + unit_cube) / sample.count
    return {axis.key: _from_unit_interval(axis, unit_cube[:, i]) for i, axis in enumerate(axes)}


def _from_unit_interval(axis: Axis, u: Any) -> Column:
    if axis.uniform is not None:
        unit, *ends = _alike(axis.uniform.low, axis.uniform.high)
        a, b = map(float, ends)
        return _quantities(axis, unit, [Decimal(repr(float(v))) for v in a + (b - a) * u])
    from scipy.special import ndtri

    assert axis.normal is not None
    unit, mean, sd = _alike(axis.normal.mean, axis.normal.sd)
    numbers = float(mean) + float(sd) * ndtri(np.maximum(u, np.finfo(float).tiny))
    return _quantities(axis, unit, [Decimal(repr(float(v))) for v in numbers])
