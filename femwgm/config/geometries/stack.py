"""Any bodies above each other on a common axis: stacked disks and rings, a ball over a disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from femwgm.config.base import refuse
from femwgm.config.geometries.base import Body, demand_gaps, demand_own_names
from femwgm.config.geometries.long_bodies import Bottle, Capillary
from femwgm.config.geometries.outlined import Enclosure, Substrate
from femwgm.config.geometries.profile import Profile
from femwgm.config.geometries.rounds import Disk, Hemisphere, PedestalSphere, Ring, Toroid, Torus
from femwgm.config.quantity import SignedLength

StackedBody = Annotated[
    Disk | Ring | Torus | Toroid | Hemisphere | PedestalSphere | Bottle | Capillary | Profile,
    Field(discriminator="kind"),
]


class Stack(Body):
    """Bodies from below upwards, with gaps between the highest point of one and the lowest of the next.

    The middle of the stack lies at z = 0. Background layers and walls belong to the stack, not to its bodies.

    Examples
    --------
    >>> disk = {"kind": "disk", "material": "glass", "radius": "5 um", "thickness": "1 um"}
    >>> pair = Stack.model_validate({"kind": "stack", "ambient": "air", "gaps": ["0.2 um"],
    ...     "bodies": [{"name": "lower", **disk}, {"name": "upper", **disk}]})
    >>> pair.regions, pair.radius_ref_um
    (('lower', 'upper', 'air'), 5.0)
    """

    kind: Literal["stack"] = Field(examples=["stack"])
    bodies: Annotated[tuple[StackedBody, ...], Field(min_length=1, max_length=20)] = Field(
        description="from below upwards, each with a name of its own",
        examples=["[{kind: disk, name: lower, ...}, {kind: disk, name: upper, ...}]"],
    )
    gaps_um: tuple[SignedLength, ...] = Field(
        default=(), alias="gaps", description="between neighbours along the axis; 0 um where they touch"
    )
    background: Annotated[tuple[Substrate, ...], Field(max_length=20)] = ()
    enclosure: Enclosure | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_ambient(cls, data: Any) -> Any:
        """The bodies share the ambient of the stack."""
        if not isinstance(data, Mapping) or not isinstance(data.get("bodies"), list | tuple):
            return data
        bodies = [
            {"ambient": data["ambient"], **body} if isinstance(body, Mapping) and "ambient" in data else body
            for body in data["bodies"]
        ]
        return {**data, "bodies": bodies}

    @model_validator(mode="after")
    def _consistent(self) -> Stack:
        demand_gaps(self.gaps_um, [body.name for body in self.bodies], "bodies")
        for i, body in enumerate(self.bodies):
            for key in ("background", "enclosure"):
                if getattr(body, key):
                    raise refuse(
                        "belongs to the stack as a whole",
                        remedy=f"move it to geometry.{key}",
                        at=("bodies", i, key),
                    )
            if body.ambient != self.ambient:
                raise refuse(
                    "differs from the ambient of the stack",
                    remedy="leave it out",
                    at=("bodies", i, "ambient"),
                )
        names = [name for body in self.bodies for name in body.regions[:-1]]
        demand_own_names([*names, *(layer.name for layer in self.background)], self.ambient)
        return self

    @property
    def region_materials(self) -> dict[str, str]:
        solid = {name: material for body in self.bodies for name, material in body.region_materials.items()}
        del solid[self.ambient]
        return {**solid, **{b.name: b.material for b in self.background}, self.ambient: self.ambient}

    @property
    def radius_ref_um(self) -> float:
        return max(body.radius_ref_um for body in self.bodies)

    @property
    def solid(self) -> tuple[str, ...]:
        return tuple(name for body in self.bodies for name in body.solid)

    @property
    def surroundings(self) -> tuple[str, ...]:
        supports = (name for body in self.bodies for name in body.supports)
        return (*supports, *(b.name for b in self.background), self.ambient)

    def canonical(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
