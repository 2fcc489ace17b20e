"""The named lengths of a configured geometry, and the same geometry with one of them changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

_NO_LENGTHS = ("points", "pieces")


def named_lengths(geometry: Any) -> dict[str, Path]:
    """Path of each length (um) by its name: "minor_diameter", "thickness_FILM", "top_CHIP", "radius_PILLAR".

    Layers of spheres have "radius_LAYER", those of spheroids "equatorial_LAYER" and "polar_LAYER", however they were written.
    """
    return {_name(geometry, path): path for path in _paths(by_radii(geometry))}


def with_length(geometry: Any, path: Path, change: float) -> Any:
    """The geometry with a length changed by an amount (um), all others held."""
    return _changed(by_radii(geometry), path, change)


def by_radii(geometry: Any) -> Any:
    """The geometry with the surfaces of nested layers each given by itself, so that one can move alone."""
    if geometry.kind == "axial_stack":
        spheres = tuple(
            sphere.model_copy(update={"layers": tuple(map(_with_radius, sphere.layers, sphere.radii_um))})
            for sphere in geometry.spheres
        )
        return geometry.model_copy(update={"spheres": spheres})
    if geometry.kind == "layered_sphere":
        return geometry.model_copy(
            update={"layers": tuple(map(_with_radius, geometry.layers, geometry.radii_um))}
        )
    if geometry.kind == "spheroid":
        layers = tuple(
            layer.model_copy(update={**_UNSIZED, "equatorial_radius_um": a, "polar_radius_um": b})
            for layer, (a, b) in zip(geometry.layers, geometry.semi_axes_um, strict=True)
        )
        return geometry.model_copy(update={"layers": layers, "aspect": None})
    return geometry


_UNSIZED = {"radius_um": None, "diameter_um": None, "thickness_um": None}


def _with_radius(layer: Any, radius: float) -> Any:
    return layer.model_copy(update={**_UNSIZED, "radius_um": radius})


def _paths(model: Any, above: Path = ()) -> Iterator[Path]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if name in _NO_LENGTHS:
            continue
        if name.endswith("_um") and isinstance(value, float):
            yield (*above, name)
        elif name.endswith("_um") and isinstance(value, tuple):
            yield from ((*above, name, i) for i in range(len(value)))
        elif hasattr(type(value), "model_fields"):
            yield from _paths(value, (*above, name))
        elif isinstance(value, tuple):
            for i, entry in enumerate(value):
                if hasattr(type(entry), "model_fields"):
                    yield from _paths(entry, (*above, name, i))


def _name(geometry: Any, path: Path) -> str:
    """The length's own name, then that of the part it belongs to: "thickness_film"."""
    holder, owner = by_radii(geometry), ""
    for part in path[:-1]:
        holder = holder[part] if isinstance(part, int) else getattr(holder, part)
        named = getattr(holder, "name", None)
        owner = f"_{named}" if isinstance(named, str) else f"_{part}" if isinstance(part, str) else owner
    if geometry.kind == "axial_stack" and path[0] == "spheres":
        owner = f"_{geometry.spheres[path[1]].name}{owner}"
    last = path[-1]
    if isinstance(last, int):
        return f"{str(path[-2]).removesuffix('_um').removesuffix('s')}_{last + 1}"
    length = last.removesuffix("_um")
    if geometry.kind == "spheroid":
        length = length.removesuffix("_radius")
    return f"{length}{owner}"


def _changed(model: Any, path: Path, change: float) -> Any:
    if not path:
        return model + change
    part, rest = path[0], path[1:]
    if isinstance(part, int):
        return tuple(_changed(e, rest, change) if i == part else e for i, e in enumerate(model))
    return model.model_copy(update={part: _changed(getattr(model, part), rest, change)})
