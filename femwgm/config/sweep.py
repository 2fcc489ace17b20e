"""Axes of a sweep: which keys vary, over which values, and how the axes combine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from femwgm.config.base import Flag, Strict, Whole, nearest, refuse
from femwgm.config.quantity import in_unit, split_quantity
from femwgm.ground.columns import columns

MAX_POINTS = 1_000_000


def _value(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refuse("must be a number or a quantity", remedy="write e.g. '490 nm' or 1.74")
    return value


def _value_or_list(value: Any) -> Any:
    """A value, or a list of them for a key that takes a list (a window, orders)."""
    return tuple(_value(v) for v in value) if isinstance(value, list | tuple) and value else _value(value)


_Value = Annotated[str | int | float, BeforeValidator(_value)]
_Listed = Annotated[str | int | float | tuple[str | int | float, ...], BeforeValidator(_value_or_list)]


def _alike(first: Any, second: Any, *, what: str) -> None:
    """Refuse two ends that do not lie on one scale: a number and a length, a length and a frequency."""
    a, b = split_quantity(first), split_quantity(second)
    for value, parts in ((first, a), (second, b)):
        if parts is None:
            raise refuse("must be a number or a quantity", remedy="write e.g. '490 nm' or 1.74", value=value)
    assert a is not None
    assert b is not None
    try:
        in_unit(b, a[1])
    except ValueError as error:
        raise refuse(
            f"{what} do not share a unit: {error}", remedy=f"give both in {a[1] or 'plain numbers'}"
        ) from None


class Span(Strict):
    """Values from start to stop, both included, equidistant on a linear or a logarithmic scale."""

    start: _Value = Field(examples=["300 nm"])
    stop: _Value = Field(examples=["800 nm"])
    count: Annotated[Whole, Field(ge=1, le=MAX_POINTS)] = Field(examples=[11])

    @model_validator(mode="after")
    def _scale(self) -> Span:
        _alike(self.start, self.stop, what="start and stop")
        if self.count == 1 and self.start != self.stop:
            raise refuse(
                "one point cannot reach from start to stop",
                remedy="raise count",
                value=self.count,
                at=("count",),
            )
        return self


class Uniform(Strict):
    """Values drawn evenly between two ends."""

    low: _Value = Field(examples=["480 nm"])
    high: _Value = Field(examples=["500 nm"])

    @model_validator(mode="after")
    def _scale(self) -> Uniform:
        _alike(self.low, self.high, what="low and high")
        return self


class Normal(Strict):
    """Values drawn from a normal distribution of the given mean and standard deviation."""

    mean: _Value = Field(examples=["490 nm"])
    sd: _Value = Field(examples=["5 nm"])

    @model_validator(mode="after")
    def _scale(self) -> Normal:
        _alike(self.mean, self.sd, what="mean and sd")
        sd = split_quantity(self.sd)
        if sd is None or not sd[0] > 0:
            raise refuse("must be positive", value=self.sd, at=("sd",))
        return self


class Axis(Strict):
    """One varied key."""

    key: str = Field(min_length=1, max_length=300, examples=["geometry.layers.shell.thickness"])
    name: str | None = Field(
        default=None, min_length=1, max_length=60, pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$",
        description="column header, the unit is appended; by default the key",
    )  # fmt: skip
    linear: Span | None = None
    log: Span | None = None
    values: Annotated[tuple[_Listed, ...], Field(min_length=1, max_length=MAX_POINTS)] | None = None
    uniform: Uniform | None = None
    normal: Normal | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Axis:
        ways = ("linear", "log", "values", "uniform", "normal")
        given = [way for way in ways if getattr(self, way) is not None]
        if len(given) != 1:
            raise refuse(
                f"an axis needs exactly one of {', '.join(ways)}; it has {' and '.join(given) or 'none'}",
                remedy="e.g. 'linear: {start: 300 nm, stop: 800 nm, count: 11}'",
                value=self.key,
            )
        if self.log is not None:
            for end in ("start", "stop"):
                parts = split_quantity(getattr(self.log, end))
                if parts is None or not parts[0] > 0:
                    raise refuse(
                        "a logarithmic axis must stay above zero", remedy="use linear", at=("log", end)
                    )
        if self.key.split(".")[0] in ("schema", "name", "sweep"):
            raise refuse(
                "is not a key that a sweep can vary", remedy="name a key that changes the modes", at=("key",)
            )
        return self

    @property
    def title(self) -> str:
        """Name of the axis: the one given, else the key."""
        return self.name or self.key

    @property
    def drawn(self) -> bool:
        """Whether values are drawn at random."""
        return self.uniform is not None or self.normal is not None

    @property
    def count(self) -> int:
        """Number of values; 0 if they are drawn."""
        span = self.linear or self.log
        return span.count if span is not None else len(self.values or ())


class Sample(Strict):
    """Random sampling of `uniform` and `normal` axes, for tolerance studies."""

    method: Literal["random", "latin_hypercube"] = "latin_hypercube"
    count: Annotated[Whole, Field(ge=1, le=MAX_POINTS)] = Field(examples=[100])
    seed: Annotated[Whole, Field(ge=0)] = 0


class Sweep(Strict):
    """The axes and how they combine.

    Listed axes form a grid (the last one varies fastest) or are zipped; drawn axes share the samples of `sample`,
    and every listed combination sees all of them.
    """

    axes: Annotated[tuple[Axis, ...], Field(min_length=1, max_length=50)]
    combine: Literal["grid", "zip"] = "grid"
    sample: Sample | None = None
    basis: Flag = Field(
        default=True,
        description="points between a few along an axis come from a certified reduced basis, where that holds; false solves each",
    )
    follow: str | None = Field(
        default=None, max_length=300,
        description="axis (name or key) along which modes are followed, or 'none'; by default the last listed axis of numbers",
    )  # fmt: skip

    @model_validator(mode="after")
    def _combinable(self) -> Sweep:
        for error in (*self._repeated(), *self._unmatched(), *self._unfollowed()):
            raise error
        return self

    @property
    def listed(self) -> tuple[Axis, ...]:
        """Axes whose values are given."""
        return tuple(axis for axis in self.axes if not axis.drawn)

    @property
    def drawn(self) -> tuple[Axis, ...]:
        """Axes whose values are drawn."""
        return tuple(axis for axis in self.axes if axis.drawn)

    @property
    def count(self) -> int:
        """Number of points."""
        counts = [axis.count for axis in self.listed]
        total = min(counts) if self.combine == "zip" and counts else 1
        if self.combine == "grid":
            for count in counts:
                total *= count
        return total * (self.sample.count if self.sample is not None else 1)

    def _repeated(self) -> Iterator[PydanticCustomError]:
        for i, axis in enumerate(self.axes):
            before = self.axes[:i]
            if axis.key in [other.key for other in before]:
                yield refuse(
                    "varies a key twice",
                    remedy="keep one axis per key",
                    value=axis.key,
                    at=("axes", i, "key"),
                )
            if axis.title in columns(()):
                yield refuse(
                    "is a column of the table", remedy="rename it", value=axis.title, at=("axes", i, "name")
                )
            if axis.title in [other.title for other in before]:
                yield refuse(
                    "two axes have this name", remedy="rename one", value=axis.title, at=("axes", i, "name")
                )

    def _unmatched(self) -> Iterator[PydanticCustomError]:
        if self.drawn and self.sample is None:
            remedy = "add e.g. 'sample: {count: 100, seed: 1}'"
            yield refuse("a drawn axis needs 'sample'", remedy=remedy, value=self.drawn[0].key)
        if self.sample is not None and not self.drawn:
            yield refuse(
                "there is no axis to draw",
                remedy="give an axis 'uniform' or 'normal', or drop sample",
                at=("sample",),
            )
        counts = {axis.count for axis in self.listed}
        if self.combine == "zip" and len(counts) > 1:
            yield refuse(
                f"zipped axes need equally many values; they have {', '.join(str(axis.count) for axis in self.listed)}",
                remedy="match them, or use 'combine: grid'",
                at=("axes",),
            )
        if self.count > MAX_POINTS:
            yield refuse(
                f"{self.count} points are more than {MAX_POINTS}", remedy="use fewer values", at=("axes",)
            )

    def _unfollowed(self) -> Iterator[PydanticCustomError]:
        titles = [name for axis in self.listed for name in (axis.title, axis.key)]
        if self.follow is not None and self.follow not in (*titles, "none"):
            close = nearest(self.follow, titles)
            hint = (
                f"did you mean '{close}'?"
                if close
                else f"one of {', '.join(dict.fromkeys(titles)) or 'none'}, or none"
            )
            yield refuse("is not a listed axis", remedy=hint, at=("follow",))
