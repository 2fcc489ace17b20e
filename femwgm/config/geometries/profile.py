"""A body by its measured or drawn profile: points in the YAML, in a CSV file or in a DXF drawing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationInfo, model_validator

from femwgm.config.base import Name, Number, Strict, refuse
from femwgm.config.files import beside
from femwgm.config.geometries.outlined import OutlinedBody
from femwgm.config.quantity import SignedLength, um
from femwgm.errors import ConfigError, GeometryError
from femwgm.geometry.contour import halves
from femwgm.geometry.drawn import radius_through
from femwgm.geometry.dxf import read_dxf
from femwgm.ground.tables import read_columns

MAX_POINTS = 20_000
_Point = tuple[SignedLength, SignedLength]


class ProfileRegion(Strict):
    """A further region inside the body, by its own outline; the first that covers a point wins."""

    name: Name
    material: Name
    points: Annotated[tuple[_Point, ...], Field(min_length=3, max_length=MAX_POINTS)]
    smooth: bool = Field(default=False, description="a spline through the points instead of straight pieces")


class Contour(Strict):
    """What a contour of both halves was found to be; not to be written by hand."""

    file: str
    tilt_deg: Number = Field(description="of its axis against y, clockwise")
    rms_um: SignedLength = Field(alias="rms", description="distance of the halves, root mean square")
    largest_um: SignedLength = Field(alias="largest", description="the same, the largest")

    def __str__(self) -> str:
        rms, largest = (um(float(f"{value:.2g}")) for value in (self.rms_um, self.largest_um))
        return (
            f"the halves of {self.file} differ by {rms} rms, {largest} at most, about an axis tilted by"
            f" {self.tilt_deg:.2f} degrees; their mean is solved"
        )


class Profile(OutlinedBody):
    """Outline by points (r, z), r >= 0: closed, or from axis to axis.

    Examples
    --------
    >>> square = {"kind": "profile", "material": "glass", "ambient": "air",
    ...           "points": [["2 um", "-1 um"], ["4 um", "-1 um"], ["4 um", "1 um"], ["2 um", "1 um"]]}
    >>> Profile.model_validate(square).radius_ref_um
    4.0
    """

    kind: Literal["profile"] = Field(examples=["profile"])
    points: Annotated[tuple[_Point, ...], Field(min_length=3, max_length=MAX_POINTS)] = Field(
        description="r and z of each point, or the name of a CSV file with the header r_um,z_um, or of a DXF drawing",
        examples=["outline.csv"],
    )
    contour: Contour | None = Field(
        default=None, examples=["sem.csv"],
        description="in place of points: a CSV file with the header x_um,y_um, the closed contour of both halves, upright",
    )  # fmt: skip
    smooth: bool = Field(default=False, description="a spline through the points instead of straight pieces")
    inside: Annotated[tuple[ProfileRegion, ...], Field(max_length=50)] = ()

    @model_validator(mode="before")
    @classmethod
    def _file(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, dict):
            return data
        if isinstance(data.get("contour"), str):
            if "points" in data:
                raise refuse(
                    "stands in place of points",
                    remedy="give one of the two",
                    value=data["contour"],
                    at=("contour",),
                )
            points, found = _read_contour(beside(data["contour"], info), data["contour"])
            return {**data, "points": points, "contour": found}
        if isinstance(data.get("points"), str):
            path = beside(data["points"], info)
            read = _read_drawing if path.suffix.lower() == ".dxf" else _read_points
            return {**data, "points": read(path, data["points"])}
        return data

    @property
    def further_regions(self) -> dict[str, str]:
        return {region.name: region.material for region in self.inside}

    @property
    def bare_radius_um(self) -> float:
        return radius_through(self.points, self.smooth)


def _read_drawing(path: Path, name: str) -> list[list[str]]:
    """Points of the outline in a DXF drawing."""
    try:
        return read_dxf(path)
    except OSError as error:
        reason = error.strerror or "not a file"
    except ValueError as error:
        reason = str(error)
    raise refuse(
        f"the outline cannot be read ({reason})",
        remedy="paths are relative to the YAML file; a drawing holds one outline with x = r, y = z",
        value=name, at=("points",),
    )  # fmt: skip


def _read_contour(path: Path, name: str) -> tuple[list[list[str]], dict[str, Any]]:
    """Mean outline of the halves of a contour, and what there is to say of it."""
    table = _columns(path, name, ("x_um", "y_um"), "contour")
    try:
        found = halves(np.stack([table["x_um"], table["y_um"]], axis=-1))
    except GeometryError as error:
        raise refuse(str(error), value=name, at=("contour",)) from None
    about = {
        "file": name, "tilt_deg": float(np.degrees(found.tilt)), "rms": um(found.rms), "largest": um(found.largest),
    }  # fmt: skip
    return [[um(r), um(z)] for r, z in found.points.tolist()], about


def _read_points(path: Path, name: str) -> list[list[str]]:
    """Points of a table with the header r_um,z_um (or another unit of length)."""
    table = _columns(path, name, ("r_um", "z_um"), "points")
    points = [[r, z] for r, z in zip(table["r_um"].tolist(), table["z_um"].tolist(), strict=True)]
    points = [point for i, point in enumerate(points) if i == 0 or point != points[i - 1]]
    if len(points) > 3 and points[-1] == points[0] and points[-2][0] == points[0][0] == 0.0:
        points.pop()  # closed along the axis, which is no part of the outline
    return [[um(r), um(z)] for r, z in points]


def _columns(path: Path, name: str, wanted: tuple[str, str], key: str) -> Mapping[str, Any]:
    try:
        return read_columns(path, wanted, what="the outline")
    except ConfigError as error:
        where = f"{error.key}: " if error.key else ""
        raise refuse(
            f"{where}{error.rule}"
            + (
                "; a contour of both halves in x and y goes under 'contour'"
                if key == "points" and (error.key or "").startswith("x_")
                else ""
            ),
            remedy=error.remedy or "paths are relative to the YAML file",
            value=name,
            at=(key,),
        ) from None
