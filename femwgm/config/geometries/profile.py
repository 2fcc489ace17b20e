"""A body by its measured or drawn profile: points in the YAML, in a CSV file or in a DXF drawing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, model_validator

from femwgm.config.base import Name, Strict, refuse
from femwgm.config.files import beside
from femwgm.config.geometries.outlined import OutlinedBody
from femwgm.config.quantity import SignedLength, um
from femwgm.errors import ConfigError
from femwgm.geometry.dxf import read_dxf
from femwgm.ground.tables import read_columns

__all__ = ["Profile", "ProfileRegion"]

MAX_POINTS = 20_000
_Point = tuple[SignedLength, SignedLength]


class ProfileRegion(Strict):
    """A further region inside the body, by its own outline; the first that covers a point wins."""

    name: Name
    material: Name
    points: Annotated[tuple[_Point, ...], Field(min_length=3, max_length=MAX_POINTS)]
    smooth: bool = Field(default=False, description="a spline through the points instead of straight pieces")


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
    smooth: bool = Field(default=False, description="a spline through the points instead of straight pieces")
    inside: Annotated[tuple[ProfileRegion, ...], Field(max_length=50)] = ()

    @model_validator(mode="before")
    @classmethod
    def _file(cls, data: Any, info: ValidationInfo) -> Any:
        if isinstance(data, dict) and isinstance(data.get("points"), str):
            path = beside(data["points"], info)
            read = _read_drawing if path.suffix.lower() == ".dxf" else _read_points
            return {**data, "points": read(path, data["points"])}
        return data

    @property
    def further_regions(self) -> dict[str, str]:
        return {region.name: region.material for region in self.inside}

    @property
    def bare_radius_um(self) -> float:
        return max(r for r, _ in self.points)


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


def _read_points(path: Path, name: str) -> list[list[str]]:
    """Points of a table with the header r_um,z_um (or another unit of length)."""
    try:
        columns = read_columns(path, ("r_um", "z_um"), what="the outline")
    except ConfigError as error:
        where = f"{error.key}: " if error.key else ""
        raise refuse(
            f"{where}{error.rule}",
            remedy=error.remedy or "paths are relative to the YAML file",
            value=name,
            at=("points",),
        ) from None
    return [
        [um(r), um(z)] for r, z in zip(*(columns[name].tolist() for name in ("r_um", "z_um")), strict=True)
    ]
