"""Disks, rings, tori, toroids, domes and spheres on something: the usual resonators on a chip."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from femwgm.config.base import Name, Number, Strict, refuse
from femwgm.config.geometries.outlined import OutlinedBody
from femwgm.config.quantity import Length, LengthOrZero


def _angle(value: float) -> float:
    if not 20.0 <= value <= 160.0:
        raise refuse("must be an angle between 20 and 160 degrees", remedy="90 is a vertical wall")
    return value


Angle = Annotated[Number, AfterValidator(_angle)]


class Pillar(Strict):
    """A cylinder (or cone) under the body, down to the background or to the end of the domain."""

    name: Name = Field(default="pillar")
    material: Name = Field(examples=["silicon"])
    radius_um: Length = Field(alias="radius", description="radius where it meets the body")
    height_um: Length = Field(alias="height", description="its length along the axis")
    foot_radius_um: Length | None = Field(
        default=None, alias="foot_radius", description="radius at its foot; by default a cylinder"
    )


class _OnPillar(OutlinedBody):
    """A body that may stand on a pillar."""

    pillar: Pillar | None = Field(default=None, description="what the body stands on")

    @property
    def further_regions(self) -> dict[str, str]:
        return {} if self.pillar is None else {self.pillar.name: self.pillar.material}

    @property
    def supports(self) -> tuple[str, ...]:
        return tuple(self.further_regions)


class Disk(_OnPillar):
    """A disk; z = 0 is half way up.

    Examples
    --------
    >>> disk = Disk.model_validate({"kind": "disk", "material": "algaas", "radius": "1 um",
    ...                             "thickness": "255 nm", "ambient": "air"})
    >>> disk.radius_ref_um, disk.regions
    (1.0, ('body', 'air'))
    """

    kind: Literal["disk"] = Field(examples=["disk"])
    radius_um: Length = Field(alias="radius", description="radius of the lower face", examples=["1 um"])
    thickness_um: Length = Field(alias="thickness", examples=["255 nm"])
    sidewall_angle_deg: Angle = Field(
        default=90.0, description="inside the material, at the foot of the side wall"
    )


class Ring(_OnPillar):
    """A ring of rectangular or trapezoidal cross-section; z = 0 is half way up."""

    kind: Literal["ring"] = Field(examples=["ring"])
    inner_radius_um: Length = Field(alias="inner_radius", description="of the lower face", examples=["1 um"])
    outer_radius_um: Length = Field(alias="outer_radius", description="of the lower face", examples=["2 um"])
    thickness_um: Length = Field(alias="thickness", examples=["400 nm"])
    sidewall_angle_deg: Angle = Field(
        default=90.0, description="inside the material, at the foot of both side walls"
    )

    @model_validator(mode="after")
    def _ascending(self) -> Ring:
        if not self.inner_radius_um < self.outer_radius_um:
            raise refuse(
                "inner_radius must be smaller than outer_radius",
                remedy="swap them",
                value=self.inner_radius_um,
                at=("inner_radius",),
            )
        return self

    @property
    def bare_radius_um(self) -> float:
        return self.outer_radius_um


class Torus(OutlinedBody):
    """A torus of circular or elliptic cross-section, its centre in the plane z = 0."""

    kind: Literal["torus"] = Field(examples=["torus"])
    diameter_um: Length = Field(
        alias="diameter", description="of the circle of the cross-sections' centres", examples=["16 um"]
    )
    minor_diameter_um: Length = Field(
        alias="minor_diameter", description="of the cross-section, along the radius", examples=["3 um"]
    )
    minor_height_um: Length | None = Field(
        default=None, alias="minor_height", description="of the cross-section, along the axis"
    )

    @model_validator(mode="after")
    def _hole(self) -> Torus:
        if not self.minor_diameter_um < self.diameter_um:
            raise refuse(
                "the cross-section reaches beyond the axis",
                remedy="keep minor_diameter below diameter",
                value=self.minor_diameter_um,
                at=("minor_diameter",),
            )
        return self

    @property
    def bare_radius_um(self) -> float:
        return 0.5 * (self.diameter_um + self.minor_diameter_um)


class Toroid(_OnPillar):
    """A torus that rims a membrane (web), as reflowed from a disk; z = 0 is the plane of the rim's centre."""

    kind: Literal["toroid"] = Field(examples=["toroid"])
    diameter_um: Length = Field(
        alias="diameter", description="principal diameter: of the outermost circle", examples=["50 um"]
    )
    minor_diameter_um: Length = Field(
        alias="minor_diameter", description="of the rim's cross-section", examples=["5 um"]
    )
    web_thickness_um: LengthOrZero = Field(alias="web_thickness", examples=["2 um"])
    web_offset_um: LengthOrZero = Field(
        default=0.0, alias="web_offset", description="of the web's middle below that of the rim"
    )

    @model_validator(mode="after")
    def _shape(self) -> Toroid:
        if not 2.0 * self.minor_diameter_um < self.diameter_um:
            raise refuse(
                "the rim reaches beyond the axis",
                remedy="keep minor_diameter below half the diameter",
                at=("minor_diameter",),
            )
        if not self.web_offset_um + 0.5 * self.web_thickness_um < 0.5 * self.minor_diameter_um:
            raise refuse(
                "the web leaves the rim",
                remedy="make it thinner or move it to the middle",
                at=("web_thickness",),
            )
        return self

    @property
    def bare_radius_um(self) -> float:
        return 0.5 * self.diameter_um


class Hemisphere(_OnPillar):
    """Half a ball (or half a spheroid) on its flat face at z = 0."""

    kind: Literal["hemisphere"] = Field(examples=["hemisphere"])
    radius_um: Length = Field(alias="radius", examples=["10 um"])
    height_um: Length | None = Field(default=None, alias="height", description="by default the radius")


class PedestalSphere(_OnPillar):
    """A ball (or spheroid) whose lowest part is let into a pillar or a background layer; z = 0 is its equator."""

    kind: Literal["pedestal_sphere"] = Field(examples=["pedestal_sphere"])
    radius_um: Length = Field(alias="radius", examples=["10 um"])
    height_um: Length | None = Field(
        default=None, alias="height", description="whole height; by default the diameter"
    )
