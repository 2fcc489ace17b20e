"""Axes of a sweep: which keys vary, over which values."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from femwgm.config.base import Strict, Whole, refuse

__all__ = ["Axis", "Sample", "Span", "Sweep"]


def _value(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refuse("must be a number or a quantity", remedy="write e.g. '490 nm' or 1.74")
    return value


_Value = Annotated[str | int | float, BeforeValidator(_value)]


class Span(Strict):
    """Equidistant values, ends included (on a linear or a logarithmic scale)."""

    start: _Value = Field(examples=["300 nm"])
    stop: _Value = Field(examples=["800 nm"])
    count: Annotated[Whole, Field(ge=1, le=1_000_000)] = Field(examples=[11])


class Uniform(Strict):
    """Values drawn evenly between two ends."""

    low: _Value
    high: _Value


class Normal(Strict):
    """Values drawn from a normal distribution."""

    mean: _Value
    sd: _Value


class Axis(Strict):
    """One varied key."""

    key: str = Field(min_length=1, max_length=300, examples=["geometry.layers.shell.thickness"])
    name: str | None = Field(default=None, max_length=60, description="column header; by default the key")
    linear: Span | None = None
    log: Span | None = None
    values: Annotated[tuple[_Value, ...], Field(min_length=1, max_length=1_000_000)] | None = None
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
        return self


class Sample(Strict):
    """Random sampling of `uniform` and `normal` axes, for tolerance studies."""

    method: Literal["random", "latin_hypercube"] = "latin_hypercube"
    count: Annotated[Whole, Field(ge=1, le=1_000_000)] = Field(examples=[100])
    seed: Whole = 0


class Sweep(Strict):
    """The axes and how they combine."""

    axes: Annotated[tuple[Axis, ...], Field(min_length=1, max_length=50)]
    combine: Literal["grid", "zip"] = "grid"
    sample: Sample | None = None
