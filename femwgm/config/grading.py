"""Graded layers: from one medium at the inner surface of a layer to another at its outer one, in steps that are made once.

The permittivity is eps_inner + s (eps_outer - eps_inner), with s a power of the way t through the layer, or a table of it.
A configuration is expanded before it is checked: what remains is a body of many layers (the resolved configuration shows them),
each with the mean of s over its step. `femwgm.finders.steps` tells what the steps do to a mode.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from femwgm.config.base import Name, Number, Positive, Strict, Whole, refuse
from femwgm.config.quantity import length_um, um
from femwgm.ground.tables import read_columns


class Graded(Strict):
    """How the permittivity of a layer goes over into that of another medium."""

    to: Name = Field(
        description="medium at the outer surface; 'material' is that at the inner one", examples=["edge"]
    )
    power: Positive = Field(default=1.0, description="s = t^power of the way t through the layer, 0 to 1")
    shares: Annotated[tuple[tuple[Number, Number], ...], Field(min_length=2, max_length=1000)] | None = Field(
        default=None, description="instead of a power: [t, s] of points, straight between them, or a file t,s"
    )
    steps: Annotated[Whole, Field(ge=8, le=192, multiple_of=4)] = Field(
        default=128, description="layers that it is made of"
    )

    @field_validator("shares")
    @classmethod
    def _through(
        cls, value: tuple[tuple[float, float], ...] | None
    ) -> tuple[tuple[float, float], ...] | None:
        if value is None:
            return value
        places = [t for t, _ in value]
        if places[0] != 0.0 or places[-1] != 1.0 or any(b <= a for a, b in pairwise(places)):
            raise refuse(
                "must go from 0 to 1 in ascending order", remedy="write e.g. [[0, 0], [0.5, 0.2], [1, 1]]"
            )
        if any(not 0.0 <= s <= 1.0 for _, s in value):
            raise refuse("has a share outside 0 to 1", remedy="0 is 'material', 1 is 'to'")
        return value

    def means(self) -> list[float]:
        """The mean of s over each step.

        >>> Graded(to="edge", power=1.0, steps=8).means()[:2]
        [0.0625, 0.1875]
        """
        t = np.linspace(0.0, 1.0, self.steps + 1)
        if self.shares is None:
            total = t ** (self.power + 1.0) / (self.power + 1.0)
        else:
            x, s = np.array(self.shares).T
            knots = np.unique(np.concatenate([t, x]))
            values = np.interp(knots, x, s)
            sums = np.concatenate([[0.0], np.cumsum(0.5 * (values[1:] + values[:-1]) * np.diff(knots))])
            total = np.interp(t, knots, sums)
        return [float(v) for v in np.diff(total) * self.steps]


def stepped(raw: Mapping[str, Any], folder: Path = Path()) -> dict[str, Any]:
    """Raw configuration data with every graded layer of a layered sphere in steps; whatever is wrong is left to the check.

    Parameters
    ----------
    folder
        Where names of tables start.

    Raises
    ------
    ConfigError
        If a table of shares cannot be read.
    """
    shape, media = raw.get("geometry"), raw.get("materials")
    layers = (
        shape.get("layers") if isinstance(shape, Mapping) and shape.get("kind") == "layered_sphere" else None
    )
    if not isinstance(shape, Mapping) or not isinstance(layers, list) or not isinstance(media, Mapping):
        return dict(raw)
    if not any(isinstance(layer, Mapping) and "graded" in layer for layer in layers):
        return dict(raw)
    layers = [_with_table(layer, folder) for layer in layers]
    raw = {**raw, "geometry": {**shape, "layers": layers}}
    out: list[Any] = []
    known = dict(copy.deepcopy(media))
    inside = 0.0
    try:
        for layer in layers:
            outer = _outer(layer, inside)
            if "graded" not in layer:
                out.append(layer)
            else:
                graded = Graded.model_validate(layer["graded"])
                ends = [media[layer["material"]], media[graded.to]]
                for i, share in enumerate(graded.means(), start=1):
                    name = f"{layer['name']}_{i}"
                    known[name] = {"mix": {"inner": ends[0], "outer": ends[1], "share": share, "step": True}}
                    radius = inside + (outer - inside) * i / graded.steps
                    out.append({"name": name, "material": name, "radius": um(radius)})
            inside = outer
    except (KeyError, TypeError, ValidationError, PydanticCustomError):
        return dict(raw)
    return {**raw, "geometry": {**shape, "layers": out}, "materials": known}


def _with_table(layer: Any, folder: Path) -> Any:
    """A layer with the points of a table t,s in the place of its name."""
    graded = layer.get("graded") if isinstance(layer, Mapping) else None
    if not isinstance(graded, Mapping) or not isinstance(graded.get("shares"), str):
        return layer
    columns = read_columns(folder / graded["shares"], ("t", "s"), what="a table of shares")
    points = np.column_stack([columns["t"], columns["s"]]).tolist()
    return {**layer, "graded": {**graded, "shares": points}}


def _outer(layer: Mapping[str, Any], inside: float) -> float:
    """Outer radius (um) of a layer."""
    if "radius" in layer:
        return length_um(layer["radius"])
    return (
        0.5 * length_um(layer["diameter"]) if "diameter" in layer else inside + length_um(layer["thickness"])
    )
