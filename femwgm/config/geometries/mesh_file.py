"""A body by a mesh of its own: any file that meshio reads, with named groups."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, model_validator

from femwgm.config.base import Name, Strict
from femwgm.config.files import beside
from femwgm.config.geometries.base import Body, demand_own_names
from femwgm.config.geometries.outlined import Enclosure, Substrate
from femwgm.config.geometries.tracing import trace
from femwgm.config.quantity import SignedLength
from femwgm.geometry.drawn import radius_through

MAX_POINTS = 200_000
_UNITS = {"nm": 1e-3, "um": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6}


class MeshPiece(Strict):
    """The outline of a connected part of a group, as traced from the file."""

    region: Name
    points: Annotated[
        tuple[tuple[SignedLength, SignedLength], ...], Field(min_length=3, max_length=MAX_POINTS)
    ]


class MeshBody(Body):
    """A body by the groups of a mesh file in the half plane (r, z), r >= 0.

    The outlines of the groups are taken from the file, and meshed anew: graded where the modes need it, with an absorbing layer
    around. Between corners an outline is a spline through the nodes, so a mesh of curved cells is best.
    """

    kind: Literal["mesh"] = Field(examples=["mesh"])
    file: str = Field(description="a .msh file or what meshio reads", examples=["body.msh"])
    unit: Literal["nm", "um", "mm", "cm", "m"] = Field(
        default="um", description="unit of the file's positions"
    )
    materials: dict[Name, Name] = Field(
        min_length=1, max_length=50, description="material of each group of the body, from the inside out; the rest is ambient",
        examples=[{"core": "silica", "shell": "npl"}],
    )  # fmt: skip
    corner_angle: Annotated[float, Field(gt=0.0, lt=180.0)] = Field(
        default=30.0, description="turns of the outline (deg) above this are corners"
    )
    background: Annotated[tuple[Substrate, ...], Field(max_length=20)] = ()
    enclosure: Enclosure | None = None
    pieces: tuple[MeshPiece, ...] = Field(
        default=(), description="traced from the file; not to be written by hand"
    )

    @model_validator(mode="before")
    @classmethod
    def _traced(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, dict) or data.get("pieces") or not isinstance(data.get("file"), str):
            return data
        materials, unit = data.get("materials"), data.get("unit", "um")
        if not isinstance(materials, dict) or not isinstance(unit, str) or unit not in _UNITS:
            return data
        path = beside(data["file"], info)
        found = trace(path, data["file"], [str(m) for m in materials], str(data.get("ambient")), _UNITS[unit])
        pieces = [
            {"region": piece.region, "points": [[f"{r!r} um", f"{z!r} um"] for r, z in piece.points.tolist()]}
            for piece in found
        ]
        return {**data, "pieces": pieces}

    @model_validator(mode="after")
    def _own_names(self) -> MeshBody:
        demand_own_names([*self.materials, *(layer.name for layer in self.background)], self.ambient)
        return self

    @property
    def region_materials(self) -> dict[str, str]:
        background = {layer.name: layer.material for layer in self.background}
        return {**self.materials, **background, self.ambient: self.ambient}

    @property
    def surroundings(self) -> tuple[str, ...]:
        return (*(layer.name for layer in self.background), self.ambient)

    @property
    def radius_ref_um(self) -> float:
        pieces = [piece.points for piece in self.pieces if piece.region != self.ambient]
        return max(radius_through(points, True, self.corner_angle) for points in pieces)

    def canonical(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"file", "unit"})
