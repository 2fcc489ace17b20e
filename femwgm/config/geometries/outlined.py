"""What all bodies with a general cross-section share: coatings, layers of background, conducting walls."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from femwgm.config.base import Name, Number, Strict, refuse
from femwgm.config.geometries.base import Body, demand_own_names
from femwgm.config.quantity import Length, SignedLength


class Coating(Strict):
    """A film, its thickness measured along the normal: uniform, or times a share that depends on the latitude of the normal."""

    name: Name = Field(examples=["shell"])
    material: Name = Field(examples=["npl"])
    thickness_um: Length = Field(alias="thickness", description="at the equator", examples=["490 nm"])
    shares: tuple[tuple[Number, Number], ...] = Field(
        default=(), description="latitude of the normal (deg) and thickness there over that at the equator",
        examples=["[[-90, 0.8], [0, 1], [90, 0.8]]"],
    )  # fmt: skip

    @model_validator(mode="after")
    def _graded(self) -> Coating:
        if not self.shares:
            return self
        latitudes = [latitude for latitude, _ in self.shares]
        if latitudes != sorted(set(latitudes)) or latitudes[0] != -90.0 or latitudes[-1] != 90.0:
            raise refuse(
                "shares go from -90 to 90 degrees in ascending order", value=latitudes, at=("shares",),
                remedy="write e.g. [[-90, 0.8], [0, 1], [90, 0.8]]",
            )  # fmt: skip
        if dict(self.shares).get(0.0) != 1.0 or min(share for _, share in self.shares) <= 0.0:
            raise refuse(
                "shares are positive, and 1 at the equator (0 degrees)",
                at=("shares",),
                remedy="'thickness' is that at the equator",
            )
        return self


class Substrate(Strict):
    """A background layer that fills every radius between two heights; without `bottom` it reaches down for ever."""

    name: Name = Field(examples=["substrate"])
    material: Name = Field(examples=["glass"])
    top_um: SignedLength = Field(alias="top", description="height of its upper face", examples=["-10 um"])
    bottom_um: SignedLength | None = Field(
        default=None, alias="bottom", description="height of its lower face"
    )

    @model_validator(mode="after")
    def _ascending(self) -> Substrate:
        if self.bottom_um is not None and not self.bottom_um < self.top_um:
            raise refuse(
                "a background layer has zero thickness", remedy="put 'bottom' below 'top'", value=self.name
            )
        return self


class Enclosure(Strict):
    """Perfectly conducting walls; a side that is left out is open."""

    radius_um: Length | None = Field(default=None, alias="radius", description="inner radius of the can")
    bottom_um: SignedLength | None = Field(
        default=None, alias="bottom", description="height of the lower plate"
    )
    top_um: SignedLength | None = Field(default=None, alias="top", description="height of the upper plate")
    wall_resistance_ohm: Number | None = Field(
        default=None, description="surface resistance of the walls, for their loss", examples=[0.0184]
    )

    @model_validator(mode="after")
    def _ascending(self) -> Enclosure:
        if self.bottom_um is not None and self.top_um is not None and not self.bottom_um < self.top_um:
            raise refuse("the plates leave no room between them", remedy="put 'bottom' below 'top'")
        return self


class OutlinedBody(Body):
    """A body whose cross-section is drawn by outlines (`femwgm.geometry.build`) and meshed with curved triangles.

    Positions along the axis count from z = 0, the plane the kind puts its equator in.
    """

    name: Name = Field(default="body", description="name of the region", examples=["disk"])
    material: Name = Field(description="material of the body", examples=["silica"])
    coatings: Annotated[tuple[Coating, ...], Field(max_length=20)] = Field(
        default=(), description="films on the surface, from the inside out"
    )
    background: Annotated[tuple[Substrate, ...], Field(max_length=20)] = Field(
        default=(), description="substrate, oxide, immersion: layers outside the body"
    )
    enclosure: Enclosure | None = Field(default=None, description="perfectly conducting walls")

    @property
    def bare_radius_um(self) -> float:
        """Outer equatorial radius (um) without the coatings."""
        return float(getattr(self, "radius_um"))  # noqa: B009 - kinds without a radius say what theirs is

    @property
    def radius_ref_um(self) -> float:
        return self.bare_radius_um + sum(c.thickness_um for c in self.coatings)

    @property
    def further_regions(self) -> dict[str, str]:
        """Material of each region of the solid besides the body itself (pedestals, fillings)."""
        return {}

    @property
    def region_materials(self) -> dict[str, str]:
        return {
            self.name: self.material,
            **self.further_regions,
            **{c.name: c.material for c in self.coatings},
            **{b.name: b.material for b in self.background},
            self.ambient: self.ambient,
        }

    @property
    def surroundings(self) -> tuple[str, ...]:
        return (*self.supports, *(b.name for b in self.background), self.ambient)

    @property
    def solid(self) -> tuple[str, ...]:
        inner = (name for name in self.further_regions if name not in self.supports)
        return (*inner, self.name, *(c.name for c in self.coatings))

    @property
    def supports(self) -> tuple[str, ...]:
        """Names of the regions that the body stands on."""
        return ()

    @model_validator(mode="after")
    def _own_names(self) -> OutlinedBody:
        names = [self.name, *self.further_regions, *(c.name for c in self.coatings)]
        demand_own_names([*names, *(b.name for b in self.background)], self.ambient)
        return self

    def canonical(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
