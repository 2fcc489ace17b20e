"""Concentric sphere of any number of layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, field_validator, model_validator

from femwgm.config.base import refuse
from femwgm.config.geometries.base import Body, Layer, check_names
from femwgm.config.grading import Graded
from femwgm.config.quantity import Length, LengthOrZero

MAX_LAYERS = 200


class SphereLayer(Layer):
    """One layer, bounded outside by its radius (or diameter), or as thick as said."""

    sizes = ("radius", "diameter", "thickness")
    hint = "'radius: 10 um'"
    radius_um: Length | None = Field(default=None, alias="radius", description="outer radius of the layer")
    diameter_um: Length | None = Field(
        default=None, alias="diameter", description="outer diameter of the layer"
    )
    thickness_um: LengthOrZero | None = Field(
        default=None,
        alias="thickness",
        description="radial thickness of the layer; a layer of 0 nm is not there",
    )

    def outer_radius_um(self, inside_um: float) -> float:
        """Outer radius (um) of the layer when it begins at `inside_um`."""
        if self.radius_um is not None:
            return self.radius_um
        if self.diameter_um is not None:
            return self.diameter_um / 2.0
        assert self.thickness_um is not None
        return inside_um + self.thickness_um


class GradableLayer(SphereLayer):
    """A layer of one medium, or graded from one to another (`femwgm.config.grading` has made steps of it before)."""

    graded: Graded | None = Field(
        default=None,
        description="the permittivity goes over into that of another medium",
        examples=["{to: edge, power: 2}"],
    )

    @model_validator(mode="after")
    def _in_steps(self) -> GradableLayer:
        if self.graded is not None:
            raise refuse(
                "is no medium to go over into",
                remedy="define it under materials",
                value=self.graded.to,
                at=("graded", "to"),
            )
        return self


_Layer = TypeVar("_Layer", bound=SphereLayer)


def present(layers: Sequence[_Layer]) -> tuple[_Layer, ...]:
    """Layers without those of no thickness: the bare body that a coated one is measured against.

    Raises
    ------
    ValueError
        If none is left.
    """
    kept = tuple(layer for layer in layers if layer.thickness_um != 0.0)
    if not kept:
        raise refuse("all layers have zero thickness", remedy="give one, e.g. 'radius: 10 um'")
    return kept


def stacked(layers: Sequence[SphereLayer]) -> tuple[float, ...]:
    """Outer radii (um) of layers from the centre outwards; refuses one that does not reach beyond the layer inside it."""
    radii = [0.0]
    for i, layer in enumerate(layers):
        radii.append(layer.outer_radius_um(radii[-1]))
        if not radii[-1] > radii[-2]:
            raise refuse(
                f"layers go from the centre outwards: the outer radius {radii[-1]:.6g} um of"
                f" '{layer.name}' does not exceed the {radii[-2]:.6g} um of the layer inside it",
                remedy="reorder the layers or enlarge this one",
                at=("layers", i, layer.size_key),
            )
    return tuple(radii[1:])


class LayeredSphere(Body):
    """Concentric layers, listed from the centre outwards.

    Examples
    --------
    >>> sphere = LayeredSphere.model_validate({"kind": "layered_sphere", "ambient": "air", "layers": [
    ...     {"name": "core", "material": "silica", "diameter": "20 um"},
    ...     {"name": "shell", "material": "npl", "thickness": "490 nm"}]})
    >>> sphere.radii_um, sphere.regions
    ((10.0, 10.49), ('core', 'shell', 'air'))
    """

    kind: Literal["layered_sphere"] = Field(examples=["layered_sphere"])
    layers: Annotated[tuple[GradableLayer, ...], Field(min_length=1, max_length=MAX_LAYERS)] = Field(
        description="from the centre outwards", examples=["[{name: core, material: silica, radius: 10 um}]"]
    )

    @field_validator("layers")
    @classmethod
    def _present(cls, layers: tuple[GradableLayer, ...]) -> tuple[GradableLayer, ...]:
        return present(layers)

    @model_validator(mode="after")
    def _ascending(self) -> LayeredSphere:
        check_names([layer.name for layer in self.layers], self.ambient)
        stacked(self.layers)
        return self

    @property
    def radii_um(self) -> tuple[float, ...]:
        """Outer radius of each layer (um), ascending."""
        return stacked(self.layers)

    @property
    def region_materials(self) -> dict[str, str]:
        return {**{layer.name: layer.material for layer in self.layers}, self.ambient: self.ambient}

    @property
    def radius_ref_um(self) -> float:
        return self.radii_um[-1]

    def canonical(self) -> dict[str, Any]:
        return {"kind": self.kind, "regions": self.region_materials, "radii_um": self.radii_um}
