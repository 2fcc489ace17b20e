"""The whole configuration: one frozen model that the YAML must match key by key."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from femwgm.config.base import Name, Strict, nearest, refuse
from femwgm.config.geometries import Geometry
from femwgm.config.material_specs import MaterialSpec
from femwgm.config.settings import Accuracy, Discretization, Losses, Modes, Outputs
from femwgm.config.sweep import Sweep

__all__ = ["SCHEMA_VERSION", "RunConfig"]

SCHEMA_VERSION = 1


def _version(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value != SCHEMA_VERSION:
        raise refuse(f"this femwgm reads schema {SCHEMA_VERSION}", remedy=f"write 'schema: {SCHEMA_VERSION}'")
    return value


def _title(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 120 or not value.isprintable():
        raise refuse("must be a line of at most 120 characters", remedy="quote it if it looks like a number")
    return value


class RunConfig(Strict):
    """Everything a run needs; lengths are floats in um, the YAML has them as strings with units."""

    schema_version: Annotated[int, BeforeValidator(_version)] = Field(alias="schema", examples=[1])
    name: Annotated[str, BeforeValidator(_title)] = "femwgm"
    geometry: Geometry = Field(examples=["{kind: layered_sphere, ...}"])
    materials: dict[Name, MaterialSpec] = Field(examples=["{silica: {n: 1.45}, air: {n: 1.0}}"])
    modes: Modes = Field(examples=["{window: [640 nm, 670 nm]}"])
    accuracy: Accuracy = Accuracy()
    discretization: Discretization = Discretization()
    losses: Losses = Losses()
    outputs: Outputs = Outputs()
    sweep: Sweep | None = None

    @model_validator(mode="after")
    def _defined(self) -> RunConfig:
        layers = getattr(self.geometry, "layers", ())
        for i, layer in enumerate(layers):
            self._need(layer.material, ("geometry", "layers", i, "material"))
        self._need(self.geometry.ambient, ("geometry", "ambient"))
        for material in self.geometry.region_materials.values():
            self._need(material, ("geometry",))
        for i, roughness in enumerate(self.losses.roughness):
            surfaces = self.geometry.regions[:-1]
            if roughness.surface is not None and roughness.surface not in surfaces:
                raise refuse(
                    "is not a layer",
                    remedy=f"one of {', '.join(surfaces)}",
                    value=roughness.surface,
                    at=("losses", "roughness", i, "surface"),
                )
        return self

    def _need(self, material: str, at: tuple[str | int, ...]) -> None:
        if material in self.materials:
            return
        close = nearest(material, self.materials)
        hint = f"did you mean '{close}'?" if close else f"add '{material}: {{n: ...}}' under materials"
        raise refuse("is not defined under materials", remedy=hint, value=material, at=at)
