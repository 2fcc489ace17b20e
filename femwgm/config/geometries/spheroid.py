"""Layered ellipsoid of revolution about the z axis."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from femwgm.config.base import Positive, refuse
from femwgm.config.geometries.base import Body, Layer, check_names
from femwgm.config.geometries.layered_sphere import MAX_LAYERS
from femwgm.config.quantity import Length


class SpheroidLayer(Layer):
    """One layer: an equatorial size (with the body's `aspect`), both semi-axes, or a thickness."""

    sizes = ("radius", "diameter", "thickness", "equatorial_radius")
    hint = "'equatorial_radius: 10 um' and 'polar_radius: 9 um'"
    radius_um: Length | None = Field(default=None, alias="radius", description="equatorial semi-axis")
    diameter_um: Length | None = Field(default=None, alias="diameter", description="equatorial diameter")
    thickness_um: Length | None = Field(
        default=None, alias="thickness", description="growth of the semi-axes"
    )
    equatorial_radius_um: Length | None = Field(default=None, alias="equatorial_radius")
    polar_radius_um: Length | None = Field(default=None, alias="polar_radius")

    @model_validator(mode="after")
    def _both_axes(self) -> SpheroidLayer:
        if (self.equatorial_radius_um is None) != (self.polar_radius_um is None):
            raise refuse(
                "equatorial_radius and polar_radius go together", remedy="give both", value=self.name
            )
        return self


class Spheroid(Body):
    """Layers bounded by ellipsoids of revolution with semi-axes a (equator) and b (pole).

    With `aspect` = b/a every surface has that ratio, and a thickness is the one at the equator.
    Without it, layers state both semi-axes, or a thickness by which both grow.

    Examples
    --------
    >>> core = {"name": "core", "material": "silica", "radius": "10 um"}
    >>> body = Spheroid.model_validate({"kind": "spheroid", "aspect": 0.8, "layers": [core],
    ...                                 "ambient": "air"})
    >>> body.semi_axes_um
    ((10.0, 8.0),)
    """

    kind: Literal["spheroid"] = Field(examples=["spheroid"])
    aspect: Positive | None = Field(default=None, description="polar over equatorial semi-axis, b/a")
    layers: Annotated[tuple[SpheroidLayer, ...], Field(min_length=1, max_length=MAX_LAYERS)] = Field(
        description="from the centre outwards",
        examples=["[{name: core, material: silica, equatorial_radius: 10 um, polar_radius: 9 um}]"],
    )

    @model_validator(mode="after")
    def _ascending(self) -> Spheroid:
        check_names([layer.name for layer in self.layers], self.ambient)
        a_in = b_in = 0.0
        for i, layer in enumerate(self.layers):
            at = ("layers", i, layer.size_key)
            if self.aspect is None and (
                layer.size_key in ("radius", "diameter") or (i == 0 and layer.thickness_um)
            ):
                raise refuse(
                    "an equatorial size alone does not fix the shape",
                    remedy="give 'aspect' (b/a), or equatorial_radius and polar_radius of the layer",
                    at=at,
                )
            if self.aspect is not None and layer.polar_radius_um is not None:
                raise refuse(
                    "'aspect' already fixes the polar radius",
                    remedy="drop one of the two",
                    at=(*at[:2], "polar_radius"),
                )
            a, b = self._grow(layer, a_in, b_in)
            if not (a > a_in and b > b_in):
                raise refuse(
                    f"layers go from the centre outwards: semi-axes {a:.6g}, {b:.6g} um of '{layer.name}'"
                    f" do not both exceed the {a_in:.6g}, {b_in:.6g} um inside",
                    remedy="reorder the layers or enlarge this one",
                    at=at,
                )
            a_in, b_in = a, b
        return self

    def _grow(self, layer: SpheroidLayer, a_in: float, b_in: float) -> tuple[float, float]:
        if layer.equatorial_radius_um is not None and layer.polar_radius_um is not None:
            return layer.equatorial_radius_um, layer.polar_radius_um
        if layer.thickness_um is not None and self.aspect is None:
            return a_in + layer.thickness_um, b_in + layer.thickness_um
        assert self.aspect is not None
        if layer.radius_um is not None:
            a = layer.radius_um
        elif layer.diameter_um is not None:
            a = layer.diameter_um / 2.0
        else:
            assert layer.thickness_um is not None
            a = a_in + layer.thickness_um
        return a, self.aspect * a

    @property
    def semi_axes_um(self) -> tuple[tuple[float, float], ...]:
        """(equatorial, polar) semi-axis of each layer's outer surface (um), ascending."""
        axes: list[tuple[float, float]] = []
        for layer in self.layers:
            axes.append(self._grow(layer, *(axes[-1] if axes else (0.0, 0.0))))
        return tuple(axes)

    @property
    def radii_um(self) -> tuple[float, ...]:
        """Equatorial semi-axis of each layer (um), ascending."""
        return tuple(a for a, _ in self.semi_axes_um)

    @property
    def region_materials(self) -> dict[str, str]:
        return {**{layer.name: layer.material for layer in self.layers}, self.ambient: self.ambient}

    @property
    def radius_ref_um(self) -> float:
        return self.semi_axes_um[-1][0]

    def canonical(self) -> dict[str, Any]:
        return {"kind": self.kind, "regions": self.region_materials, "semi_axes_um": self.semi_axes_um}
