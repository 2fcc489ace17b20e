"""The whole configuration: one frozen model that the YAML must match key by key."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from femwgm.config.applies import closed, misfits, orders_of_a_cavity
from femwgm.config.base import Name, Strict, nearest, refuse
from femwgm.config.coupler import Coupler
from femwgm.config.geometries import Geometry
from femwgm.config.geometries.mesh_file import MeshBody
from femwgm.config.geometries.profile import Profile
from femwgm.config.imperfections import ON_BODIES, Imperfection, MeasuredSpectrum
from femwgm.config.material_specs import MaterialSpec
from femwgm.config.quantity import length_um, um
from femwgm.config.settings import Accuracy, Discretization, Losses, Modes, Outputs
from femwgm.config.sweep import Sweep
from femwgm.geometry.drawn import equator_of

SCHEMA_VERSION = 1


def _version(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value != SCHEMA_VERSION:
        raise refuse(f"this femwgm reads schema {SCHEMA_VERSION}", remedy=f"write 'schema: {SCHEMA_VERSION}'")
    return value


def _title(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 120 or not value.isprintable():
        raise refuse("must be a line of at most 120 characters", remedy="quote it if it looks like a number")
    return value


def _entries(value: Any) -> Any:
    """One imperfection or a list of them."""
    return (value,) if isinstance(value, dict) else tuple(value) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """A value short enough to quote."""
    return value if isinstance(value, bool | int | float | str) else None


_OFF_CENTRE = 0.5
"""Height of the widest part of an outline, relative to its radius, up to which shares and labels hold."""


class RunConfig(Strict):
    """Everything a run needs; lengths are floats in um, the YAML has them as strings with units."""

    schema_version: Annotated[int, BeforeValidator(_version)] = Field(alias="schema", examples=[1])
    name: Annotated[str, BeforeValidator(_title)] = "femwgm"
    geometry: Geometry = Field(examples=["{kind: layered_sphere, ...}"])
    materials: dict[Name, MaterialSpec] = Field(examples=["{silica: {n: 1.45}, air: {n: 1.0}}"])
    temperature: None = Field(
        default=None,
        description="e.g. '35 C': indices and lengths are those at it; the resolved configuration holds them",
    )
    modes: Modes = Field(examples=["{window: [640 nm, 670 nm]}"])
    accuracy: Accuracy = Accuracy()
    discretization: Discretization = Discretization()
    losses: Losses = Losses()
    imperfections: Annotated[tuple[Imperfection, ...], BeforeValidator(_entries), Field(max_length=1000)] = ()
    outputs: Outputs = Outputs()
    tolerances: dict[str, float | str] = Field(
        default={},
        description="standard deviations of the input, by the key that they belong to; keys joined by ' + ' move together",
        examples=["{geometry.layers.shell.thickness: 5 nm, materials.npl.n: 0.01}"],
    )
    coupler: Coupler | None = Field(
        default=None, description="what light comes in by, for `femwgm couple`; modes are those without it"
    )
    sweep: Sweep | None = None

    @model_validator(mode="after")
    def _defined(self) -> RunConfig:
        layers = getattr(self.geometry, "layers", ())
        for i, layer in enumerate(layers):
            self._need(layer.material, ("geometry", "layers", i, "material"))
        self._need(self.geometry.ambient, ("geometry", "ambient"))
        for material in self.geometry.region_materials.values():
            self._need(material, ("geometry",))
        if (beside := getattr(self.coupler, "material", None)) is not None:
            self._need(beside, ("coupler", "material"))
        for misfit in misfits(self):
            raise refuse(
                f"{misfit.key} does not apply to kind: {self.geometry.kind}",
                remedy=misfit.remedy, value=_plain(misfit.value), at=misfit.path,
            )  # fmt: skip
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

    @property
    def splits_sphere(self) -> bool:
        """Whether imperfections of a layered sphere are asked for, which its exact modes answer without a mesh."""
        return bool(self.imperfections) and self.geometry.kind == "layered_sphere"

    @model_validator(mode="after")
    def _imperfect(self) -> RunConfig:
        """Imperfections of spheres take all orders m at once and no mesh; on other bodies, what needs no spherical harmonics."""
        surfaces = self.geometry.solid
        for i, entry in enumerate(self.imperfections):
            for key in ("surface", "thickness", "layer"):
                named = getattr(entry, key)
                if named is not None and named not in surfaces:
                    raise refuse(
                        "is not a layer",
                        remedy=f"one of {', '.join(surfaces)}",
                        value=named,
                        at=("imperfections", i, key),
                    )
            if self.geometry.kind == "layered_sphere":
                self._near_a_sphere(i, entry)
                continue
            if entry.way not in ON_BODIES or isinstance(entry.spectrum, MeasuredSpectrum):
                raise refuse(
                    f"'{entry.way}' belongs to a layered_sphere", remedy=f"on a {self.geometry.kind}: {', '.join(ON_BODIES)}",
                    at=("imperfections", i),
                )  # fmt: skip
            if entry.thickness is not None and entry.thickness != surfaces[-1]:
                raise refuse(
                    "moves several surfaces, which only a layered_sphere can", remedy="use 'surface'", value=entry.thickness,
                    at=("imperfections", i, "thickness"),
                )  # fmt: skip
        for name in self.geometry.region_materials.values() if self.imperfections else ():
            axis = getattr(self.materials.get(name), "axis", None)
            if axis is not None and (axis, self.geometry.kind) != ("radial", "layered_sphere"):
                raise refuse(
                    "imperfections know media with an axis on a layered_sphere only, 'radial' ones",
                    remedy="take one ray of the medium", value=axis, at=("materials", name, "axis"),
                )  # fmt: skip
        if not self.splits_sphere:
            return self
        unused: list[tuple[tuple[str, ...], bool]] = [
            (("modes", "azimuthal_orders"), self.modes.azimuthal_orders is None),
            (("modes", "polar_orders"), self.modes.polar_orders in (None, (0,))),
            (("losses", "roughness"), not self.losses.roughness),
            (("outputs", "derivatives"), not self.outputs.derivatives),
            (("outputs", "exports"), not self.outputs.exports),
            (("discretization",), self.discretization == Discretization()),
            (("accuracy", "q"), self.accuracy.q is None),
            (("tolerances",), not self.tolerances),
            (("coupler",), self.coupler is None),
        ]
        for place, free in unused:
            if not free:
                raise refuse(
                    "has no effect with imperfections, which take every m and no mesh",
                    remedy="drop it",
                    at=place,
                )
        return self

    def _near_a_sphere(self, i: int, entry: Imperfection) -> None:
        """A surface is moved or flattened by less than half of its radius."""
        moved = entry.surface or entry.thickness
        radius = dict(zip(self.geometry.solid, self.geometry.radii_um, strict=True)).get(moved or "")
        for key in ("offset", "ellipticity"):
            size = getattr(entry, f"{key}_um")
            if radius is not None and size is not None and abs(size) >= 0.5 * radius:
                raise refuse(
                    f"must be below half the radius of {moved} ({radius:g} um)",
                    remedy="such a body is far from a sphere: give it as one", value=f"{size:g} um", at=("imperfections", i, key),
                )  # fmt: skip

    @model_validator(mode="after")
    def _tolerable(self) -> RunConfig:
        """Tolerances belong to lengths of the geometry, with a unit, and to constant indices, without."""
        for key, size in self.tolerances.items():
            for part in key.split("+"):
                path = part.strip().split(".")
                index = (
                    path[0] == "materials"
                    and len(path) == 3
                    and path[1] in self.materials
                    and path[2] in ("n", "k")
                )
                constant = index and getattr(self.materials[path[1]], "n", None) is not None
                if not (path[0] == "geometry" or constant):
                    raise refuse(
                        "has no tolerance: it is neither a length of the geometry nor a constant index",
                        remedy="write geometry.KEY or materials.NAME.n", value=part.strip(), at=("tolerances", key),
                    )  # fmt: skip
                if path[0] == "geometry" and not isinstance(size, str):
                    raise refuse(
                        "must be a length with its unit",
                        remedy="write e.g. 5 nm",
                        value=size,
                        at=("tolerances", key),
                    )
                if path[0] == "geometry":
                    length_um(size)
                elif isinstance(size, str):
                    raise refuse(
                        "must be a number", remedy="an index has no unit", value=size, at=("tolerances", key)
                    )
        return self

    @model_validator(mode="after")
    def _about_the_equator(self) -> RunConfig:
        """The widest part of an outline lies near z = 0, about which orders are counted and waves go out."""
        g = self.geometry
        if isinstance(g, Profile | MeshBody) and not closed(self):
            drawn = (
                [g.points]
                if isinstance(g, Profile)
                else [p.points for p in g.pieces if p.region != g.ambient]
            )
            points = max(drawn, key=lambda points: max(r for r, _ in points))
            height = equator_of(points)
            if abs(height) > _OFF_CENTRE * g.radius_ref_um:
                raise refuse(
                    f"the widest part of the outline lies at z = {um(float(f'{height:.3g}'))}, far from the equator z = 0",
                    remedy="count z from there, and move walls and background layers along", value=g.kind, at=("geometry",),
                )  # fmt: skip
        return self

    @model_validator(mode="after")
    def _closed(self) -> RunConfig:
        return self.model_copy(update={"modes": orders_of_a_cavity(self.modes)}) if closed(self) else self

    def _need(self, material: str, at: tuple[str | int, ...]) -> None:
        if material in self.materials:
            return
        close = nearest(material, self.materials)
        hint = f"did you mean '{close}'?" if close else f"add '{material}: {{n: ...}}' under materials"
        raise refuse("is not defined under materials", remedy=hint, value=material, at=at)
