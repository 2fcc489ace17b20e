"""Spheres on a common axis: a photonic molecule, or a chain of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from femwgm.config.base import Name, Strict
from femwgm.config.geometries.base import Body, demand_gaps, demand_own_names
from femwgm.config.geometries.layered_sphere import MAX_LAYERS, SphereLayer, present, stacked
from femwgm.config.quantity import SignedLength


class StackedSphere(Strict):
    """One of the spheres, in layers from its centre outwards."""

    name: Name = Field(examples=["lower"])
    layers: Annotated[tuple[SphereLayer, ...], Field(min_length=1, max_length=MAX_LAYERS)]

    @field_validator("layers")
    @classmethod
    def _present(cls, layers: tuple[SphereLayer, ...]) -> tuple[SphereLayer, ...]:
        return present(layers)

    @model_validator(mode="after")
    def _ascending(self) -> StackedSphere:
        stacked(self.layers)
        return self

    @property
    def radii_um(self) -> tuple[float, ...]:
        """Outer radius of each layer (um), ascending."""
        return stacked(self.layers)


class AxialStack(Body):
    """Coated spheres with their centres on the axis, from below upwards, touching or apart.

    The regions are named sphere_layer. The middle of the stack lies at z = 0.

    Examples
    --------
    >>> ball = [{"name": "ball", "material": "glass", "radius": "1 um"}]
    >>> pair = AxialStack.model_validate({"kind": "axial_stack", "ambient": "air", "gaps": ["0.1 um"],
    ...     "spheres": [{"name": "lower", "layers": ball}, {"name": "upper", "layers": ball}]})
    >>> pair.centres_um, pair.regions
    ((-1.05, 1.05), ('lower_ball', 'upper_ball', 'air'))
    """

    kind: Literal["axial_stack"] = Field(examples=["axial_stack"])
    spheres: Annotated[tuple[StackedSphere, ...], Field(min_length=1, max_length=50)] = Field(
        description="from below upwards"
    )
    gaps_um: tuple[SignedLength, ...] = Field(
        default=(), alias="gaps", description="between neighbours, surface to surface; 0 um where they touch"
    )

    @model_validator(mode="after")
    def _consistent(self) -> AxialStack:
        demand_gaps(self.gaps_um, [sphere.name for sphere in self.spheres], "spheres")
        names = [f"{sphere.name}_{layer.name}" for sphere in self.spheres for layer in sphere.layers]
        demand_own_names(names, self.ambient)
        return self

    @property
    def centres_um(self) -> tuple[float, ...]:
        """Height of each centre (um)."""
        heights = [0.0]
        for below, above, gap in zip(self.spheres, self.spheres[1:], self.gaps_um, strict=False):
            heights.append(heights[-1] + below.radii_um[-1] + gap + above.radii_um[-1])
        low, high = -self.spheres[0].radii_um[-1], heights[-1] + self.spheres[-1].radii_um[-1]
        return tuple(h - 0.5 * (low + high) for h in heights)

    @property
    def region_materials(self) -> dict[str, str]:
        parts = {f"{s.name}_{layer.name}": layer.material for s in self.spheres for layer in s.layers}
        return {**parts, self.ambient: self.ambient}

    @property
    def radius_ref_um(self) -> float:
        return max(sphere.radii_um[-1] for sphere in self.spheres)

    def canonical(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "regions": self.region_materials, "gaps_um": self.gaps_um,
            "radii_um": [sphere.radii_um for sphere in self.spheres],
        }  # fmt: skip
