"""No key without effect: each key of the schema changes what a run does with each kind of body, or is refused for that kind.

The keys come from the JSON schema, the values to change them to from the tables here. A new key fails until it has an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from femwgm.config import config_hash
from femwgm.config.imperfections import ON_BODIES
from femwgm.config.load import dump_resolved, json_schema, validate
from femwgm.config.schema import RunConfig
from femwgm.config.sweep import Sweep
from femwgm.errors import ConfigError, GeometryError
from femwgm.experiment.coupling.couple import couplings
from femwgm.geometry.build import contacts, section_of
from femwgm.geometry.lengths import named_lengths
from femwgm.ground.expected import Expected
from femwgm.imperfections.bodies import split_body
from femwgm.imperfections.build import beads, index_maps, reliefs
from femwgm.imperfections.run import split_modes
from femwgm.materials import media_of
from femwgm.mesh.body_domain import design_general
from femwgm.mesh.domain import LayeredBody, design
from femwgm.mesh.landscape import Wave
from femwgm.observables.scattering import outside_of
from femwgm.runs.input_error import demand_meaningful
from femwgm.runs.loop import finder_for, refuse_too_many, run
from femwgm.runs.run import artists
from femwgm.solver.layout import choices_of, goals_of
from femwgm.stacks.domain import Ball, design_stack
from femwgm.sweeps.axes import expand

MESHES = Path(__file__).resolve().parents[2] / "meshes"

FILM = {"name": "film", "material": "film", "thickness": "200 nm"}
PILLAR = {"name": "pillar", "material": "chip", "radius": "0.5 um", "height": "1 um", "foot_radius": "0.7 um"}
CHIP = {"name": "chip", "material": "chip", "top": "-3 um", "bottom": "-4 um"}
DRAWN = {
    "name": "body", "material": "glass", "ambient": "air", "coatings": [FILM], "background": [CHIP],
    "enclosure": {"top": "6 um", "wall_resistance_ohm": 0.1},
}  # fmt: skip
LAYERS = [
    {"name": "core", "material": "glass", "radius": "2 um"},
    {"name": "film", "material": "film", "thickness": "200 nm"},
]
BALL = {"name": "ball", "material": "glass", "radius": "2 um"}
SQUARE = [["0 um", "-1 um"], ["2 um", "-1 um"], ["2 um", "1 um"], ["0 um", "1 um"]]


def stretched(layer: dict[str, Any]) -> None:
    """A spheroidal layer by both its radii."""
    layer.pop("radius")
    layer |= {"equatorial_radius": "2 um", "polar_radius": "2.3 um"}


BODIES: dict[str, dict[str, Any]] = {
    "layered_sphere": {"layers": LAYERS, "ambient": "air"},
    "spheroid": {"layers": LAYERS, "aspect": 1.1, "ambient": "air"},
    "disk": {**DRAWN, "radius": "2 um", "thickness": "0.5 um", "pillar": PILLAR},
    "ring": {**DRAWN, "inner_radius": "1 um", "outer_radius": "2 um", "thickness": "0.5 um", "pillar": PILLAR},
    "torus": {**DRAWN, "diameter": "4 um", "minor_diameter": "1 um"},
    "toroid": {**DRAWN, "diameter": "5 um", "minor_diameter": "1 um", "web_thickness": "0.3 um", "pillar": PILLAR},
    "hemisphere": {**DRAWN, "radius": "2 um", "pillar": PILLAR},
    "pedestal_sphere": {**DRAWN, "radius": "2 um", "pillar": PILLAR},
    "bottle": {**DRAWN, "radius": "2 um", "curvature_per_um": 0.05, "length": "4 um"},
    "capillary": {
        **DRAWN, "radius": "2 um", "curvature_per_um": 0.05, "length": "4 um", "wall": "0.5 um", "filling": "chip",
    },
    "cavity": {"radius": "1 cm", "height": "2 cm", "ambient": "glass", "wall_resistance_ohm": 0.1},
    "profile": {
        **DRAWN, "points": SQUARE,
        "inside": [{"name": "core", "material": "film", "points": [["0 um", "-0.5 um"], ["1 um", "-0.5 um"],
                                                                    ["1 um", "0.5 um"], ["0 um", "0.5 um"]]}],
    },
    "mesh": {
        "file": "coated_ball.msh", "materials": {"core": "glass", "film": "film"}, "ambient": "air", "background": [CHIP],
        "enclosure": {"top": "6 um", "wall_resistance_ohm": 0.1},
    },
    "stack": {
        "bodies": [
            {"kind": "disk", "name": "a", "material": "glass", "radius": "2 um", "thickness": "0.5 um"},
            {"kind": "disk", "name": "b", "material": "glass", "radius": "2 um", "thickness": "0.5 um"},
        ],
        "gaps": ["0.1 um"], "ambient": "air",
    },
    "axial_stack": {
        "spheres": [{"name": "a", "layers": [BALL]}, {"name": "b", "layers": [BALL]}], "gaps": ["0.1 um"], "ambient": "air",
    },
}  # fmt: skip

# Keys of geometries, and what to change them to; a function changes the body as a whole.
SHAPES: dict[str, Any] = {
    "ambient": "other",
    "material": "other",
    "name": "renamed",
    "radius": "2.5 um",
    "thickness": "0.6 um",
    "sidewall_angle_deg": 85,
    "inner_radius": "1.1 um",
    "outer_radius": "2.1 um",
    "diameter": "5.5 um",
    "minor_diameter": "1.1 um",
    "minor_height": "1.2 um",
    "web_thickness": "0.4 um",
    "web_offset": "0.1 um",
    "height": "1.7 um",
    "length": "5 um",
    "curvature_per_um": 0.04,
    "wall": "0.6 um",
    "filling": "other",
    "aspect": 1.2,
    "wall_resistance_ohm": 0.2,
    "points": [["0 um", "-1 um"], ["2.2 um", "-1 um"], ["2 um", "1 um"], ["0 um", "1 um"]],
    "smooth": True,
    "file": "ball.msh",
    "unit": "nm",
    "materials": {"core": "other", "film": "film"},
    "corner_angle": 1.0,
    "gaps": ["0.2 um"],
    "coatings[].name": "renamed",
    "coatings[].material": "other",
    "coatings[].thickness": "0.3 um",
    "coatings[].shares": [[-90, 0.8], [0, 1], [90, 0.8]],
    "background[].name": "renamed",
    "background[].material": "other",
    "background[].top": "-3.2 um",
    "background[].bottom": "-5 um",
    "enclosure.radius": "9 um",
    "enclosure.bottom": "-9 um",
    "enclosure.top": "7 um",
    "enclosure.wall_resistance_ohm": 0.2,
    "pillar.name": "renamed",
    "pillar.material": "other",
    "pillar.radius": "0.6 um",
    "pillar.height": "1.2 um",
    "pillar.foot_radius": "0.8 um",
    "inside[].name": "renamed",
    "inside[].material": "other",
    "inside[].points": [["0 um", "-0.5 um"], ["1.2 um", "-0.5 um"], ["1 um", "0.5 um"], ["0 um", "0.5 um"]],
    "inside[].smooth": True,
    "layers[].name": "renamed",
    "layers[].material": "other",
    "layers[].radius": "2.1 um",
    "layers[].diameter": lambda layer: layer.pop("radius") and layer.update(diameter="4.2 um"),
    "layers[].thickness": lambda layer: layer.pop("radius") and layer.update(thickness="2.1 um"),
    **{
        f"layers[].graded.{key}": lambda graded, key=key, value=value: graded.update({"to": "other", "steps": 8, key: value})
        for key, value in (("to", "chip"), ("power", 2.0), ("shares", [[0, 0], [1, 0.5]]), ("steps", 16))
    },
    "layers[].equatorial_radius": stretched,
    "layers[].polar_radius": stretched,
    "spheres[].name": "renamed",
    **{
        f"spheres[].layers[].{key}": change
        for key, change in (
            ("name", "renamed"), ("material", "other"), ("radius", "2.1 um"),
            ("diameter", lambda layer: layer.pop("radius") and layer.update(diameter="4.2 um")),
            ("thickness", lambda layer: layer.pop("radius") and layer.update(thickness="2.1 um")),
        )
    },
    "pieces[].points": SQUARE,
    "pieces[].region": "film",
}  # fmt: skip
CORNERED = {"disk", "ring", "toroid", "hemisphere", "bottle", "capillary", "profile"}
"""Kinds whose surface has corners: a film of varying thickness is refused there, by the shape and not by the key."""
MEANT_FOR_MACHINES = {
    "pieces[].points", "pieces[].region", "contour.file", "contour.tilt_deg", "contour.rms", "contour.largest",
}  # fmt: skip
"""Written into resolved configurations only: what was traced from the mesh file, and what a contour was found to be."""

# Keys beside the geometry.
SETTINGS: dict[str, Any] = {
    "modes.window": ["0.98 um", "1.02 um"],
    "modes.polarizations": ["TE"],
    "modes.radial_orders": [1, 2],
    "modes.polar_orders": [0, 1],
    "modes.azimuthal_orders": [3],
    "modes.limit": 4000,
    "modes.unit": "THz",
    "accuracy.wavelength": 1e-4,
    "accuracy.q": 1e-2,
    "discretization.degree": 5,
    "discretization.cells": "triangles",
    "discretization.refine": 1,
    "discretization.mirror": False,
    "discretization.pml.kind": "none",
    "discretization.pml.strength": 2.0,
    "discretization.pml.depth": "0.7 um",
    "discretization.pml.distance": "0.9 um",
    "losses.roughness[].rms": "2 nm",
    "losses.roughness[].correlation_length": "30 nm",
    "losses.roughness[].surface": "first",
    "outputs.fields": False,
    "outputs.plots": False,
    "outputs.derivatives": True,
    "outputs.exports": ["msh"],
}
DRAWN_KINDS = set(BODIES) - {"layered_sphere", "spheroid", "cavity", "axial_stack", "stack"}
REFUSED: dict[str, set[str]] = {
    "modes.polar_orders": {"axial_stack"},
    "accuracy.q": {"cavity"},
    "discretization.mirror": {"hemisphere", "axial_stack"},
    "discretization.pml.kind": {"cavity", "axial_stack"},
    "discretization.pml.strength": {"cavity", "axial_stack"},
    "discretization.pml.depth": {"cavity", "axial_stack"},
    "discretization.pml.distance": {"cavity", "axial_stack"},
    "losses.roughness[].rms": {"cavity", "axial_stack"},
    "losses.roughness[].correlation_length": {"cavity", "axial_stack"},
    "losses.roughness[].surface": {"cavity", "axial_stack"},
}
ALREADY_SO = {("discretization.cells", kind) for kind in set(BODIES) - {"layered_sphere", "spheroid"}} | {
    ("discretization.mirror", kind)
    for kind in DRAWN_KINDS  # their substrate breaks the symmetry
}
"""Pairs where the value says what holds anyway; the opposite value is refused or has its effect on another body."""
OPPOSITE = {
    ("discretization.cells", "quads"): set(BODIES) - {"layered_sphere", "spheroid"},
    ("discretization.pml.kind", "box"): {"layered_sphere", "spheroid", "cavity", "axial_stack"},
    ("discretization.pml.kind", "radial"): set(BODIES) - {"layered_sphere", "spheroid"},
}
"""Values refused for kinds that heed other values of the key."""

LINEAR = {"key": "layers.0.radius", "linear": {"start": "1 um", "stop": "2 um", "count": 3}}
LOG = {"key": "layers.1.thickness", "name": "t", "log": {"start": "1 um", "stop": "2 um", "count": 3}}
GRID = {"axes": [LINEAR, LOG], "combine": "grid"}
DRAWS = {
    "axes": [{"key": "a.b", "normal": {"mean": "490 nm", "sd": "5 nm"}}, {"key": "a.c", "uniform": {"low": 1.0, "high": 2.0}}],
    "sample": {"count": 4, "seed": 1, "method": "random"},
}  # fmt: skip
SWEEPS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "basis": (GRID, "basis", False),
    "axes[].key": (GRID, "axes.0.key", "layers.2.radius"),
    "axes[].name": (GRID, "axes.1.name", "thick"),
    "axes[].values": (GRID, "axes.0", {"key": "layers.0.radius", "values": ["1 um", "3 um"]}),
    **{
        f"axes[].{scale}.{end}": (GRID, f"axes.{i}.{scale}.{end}", value)
        for i, scale in enumerate(("linear", "log"))
        for end, value in (("start", "0.5 um"), ("stop", "4 um"), ("count", 4))
    },
    "axes[].normal.mean": (DRAWS, "axes.0.normal.mean", "480 nm"),
    "axes[].normal.sd": (DRAWS, "axes.0.normal.sd", "6 nm"),
    "axes[].uniform.low": (DRAWS, "axes.1.uniform.low", 1.5),
    "axes[].uniform.high": (DRAWS, "axes.1.uniform.high", 2.5),
    "combine": (GRID, "combine", "zip"),
    "follow": (GRID, "follow", "layers.0.radius"),
    "sample.count": (DRAWS, "sample.count", 5),
    "sample.seed": (DRAWS, "sample.seed", 2),
    "sample.method": (DRAWS, "sample.method", "latin_hypercube"),
}

SCHEMA = json_schema()


def leaves(node: Any, path: str = "") -> Iterator[str]:
    """Dotted paths of the keys below a node of the schema; entries of lists as [], names of one's own not told apart."""
    while "$ref" in node:
        node = SCHEMA["$defs"][node["$ref"].split("/")[-1]]
    if "properties" in node:
        for key, below in node["properties"].items():
            yield from leaves(below, f"{path}.{key}" if path else key)
        return
    options = [o for word in ("anyOf", "oneOf") for o in node.get(word, ()) if o.get("type") != "null"]
    items = node.get("items")
    if options:
        for option in options:
            yield from leaves(option, path)
    elif isinstance(items, dict) and ({"$ref", "oneOf"} & set(items) or items.get("type") == "object"):
        yield from leaves(items, f"{path}[]")
    else:
        yield path


def kinds() -> dict[str, Any]:
    mapping = SCHEMA["properties"]["geometry"]["discriminator"]["mapping"]
    return {kind: {"$ref": ref} for kind, ref in mapping.items()}


def keys_of(section: str) -> list[str]:
    """Keys below a section of the configuration."""
    return sorted(set(leaves(SCHEMA["properties"][section])))


ON_THEIR_OWN = {
    "schema",
    "name",
    "geometry",
    "materials",
    "sweep",
    "imperfections",
    "temperature",
    "tolerances",
    "coupler",
}
"""Sections with tests of their own, further below; those of media are in `tests/unit/test_materials.py`."""
SECTIONS = [section for section in SCHEMA["properties"] if section not in ON_THEIR_OWN]


def raw(kind: str) -> dict[str, Any]:
    window = ["14 GHz", "16 GHz"] if kind == "cavity" else ["0.95 um", "1.05 um"]
    return {
        "schema": 1,
        "geometry": {"kind": kind, **deepcopy(BODIES[kind])},
        "materials": {"glass": {"n": 1.5}, "film": {"n": 1.7}, "chip": {"n": 1.3}, "other": {"n": 1.2}, "air": {"n": 1.0}},
        "modes": {"window": window},
        "accuracy": {"wavelength": 1e-3},
    }  # fmt: skip


def put(data: Any, path: str, value: Any) -> None:
    """Change a key of raw data: the first entry of a list; a function is given the mapping that holds the key."""
    *above, last = path.replace("[]", ".0").split(".")
    for part in above:
        data = data[int(part)] if isinstance(data, list) else data.setdefault(part, {})
    if callable(value):
        value(data)
    elif isinstance(data, list):
        data[int(last)] = value
    else:
        data[last] = value


def traces(config: RunConfig) -> Iterator[Callable[[], Any]]:
    """What a run of a configuration would do, the cheap things first."""
    geometry = config.geometry
    media = media_of(config)
    yield lambda: (geometry.regions, geometry.solid, geometry.radius_ref_um, geometry.wall_resistance)
    yield lambda: [m.permittivity(1.0) for m in media.values()]
    yield lambda: [
        (p.region, *(np.round(p.outline.polygon, 9).tobytes(),)) if hasattr(p, "outline") else p
        for p in section_of(geometry).parts
    ]
    yield lambda: section_of(geometry).walls
    yield lambda: [getattr(geometry, name, None) for name in ("semi_axes_um", "radii_um")]
    yield lambda: (
        config.modes,
        config.outputs.derivatives,
        [a.__name__ for a in artists(config)],
        config.outputs.exports,
    )
    yield lambda: [
        (outside_of(config, r.surface), r.rms_um, r.correlation_length_um) for r in config.losses.roughness
    ]
    yield lambda: goals_of(config)
    yield lambda: type(finder_for(config, media))
    yield lambda: laid_out(config)


def laid_out(config: RunConfig) -> Any:
    """The domain that a configuration gets for some mode, laid out once for each configuration."""
    key = config_hash(config)
    if key not in LAID_OUT:
        LAID_OUT[key] = domain_of(config)
    return LAID_OUT[key]


LAID_OUT: dict[str, Any] = {}


def domain_of(config: RunConfig) -> Any:
    """The domain, its degree and its cells."""
    geometry, media, choices = config.geometry, media_of(config), choices_of(config)
    section = section_of(geometry)
    indices = {name: float(m.index(6.0).real) for name, m in media.items()}
    tolerance = config.accuracy.wavelength
    if config.geometry.kind in ("layered_sphere", "spheroid"):
        body = LayeredBody(geometry.radii_um, tuple(media), tuple(indices.values()))
        return design(body, [Expected("TE", 1, 15, 15, 6.0 - 1e-4j)], tolerance, choices)
    if geometry.kind == "axial_stack":
        single = Expected("TE", 1, 15, 0, 6.0)
        balls = [
            Ball(z, s.radii_um, (1.5, 1.0), (single,))
            for s, z in zip(geometry.spheres, geometry.centres_um, strict=True)
        ]
        domain = design_stack(section, balls, contacts(geometry), (0, 1), tolerance, choices)
    else:
        wave = Wave(0.0, 3e-4) if geometry.kind == "cavity" else Wave(14.0, 6.0)
        domain = design_general(section, indices, [wave], tolerance, choices)
    box, sizes = (
        domain.box,
        (domain.sizes.largest, np.asarray(domain.sizes.grid).tobytes(), domain.sizes.points),
    )
    return box, domain.frame, domain.degree, domain.mirror, domain.strength, sizes


def differs(one: RunConfig, other: RunConfig) -> bool:
    return any(a() != b() for a, b in zip(traces(one), traces(other), strict=True))


@cache
def base(kind: str, given: str = "") -> RunConfig:
    return read(with_context(raw(kind), given))


def read(data: dict[str, Any]) -> RunConfig:
    return validate(data, folder=MESHES)


def with_context(data: dict[str, Any], path: str) -> dict[str, Any]:
    """What a key needs beside it to mean anything: a layer for its strength, a rough surface for its height."""
    kind = data["geometry"]["kind"]
    if path.startswith("discretization.pml.") and not path.endswith(".kind"):
        data["discretization"] = {
            "pml": {"kind": "radial" if kind in ("layered_sphere", "spheroid") else "box"}
        }
    if path.startswith("losses.roughness[]"):
        data["losses"] = {"roughness": [{"rms": "1 nm", "correlation_length": "20 nm"}]}
    return data


def changed(kind: str, path: str, value: Any) -> dict[str, Any]:
    data = with_context(raw(kind), path) if kind not in REFUSED.get(path, ()) else raw(kind)
    if path.startswith("losses.roughness[]") and kind in REFUSED[path]:
        data["losses"] = {"roughness": [{"rms": "1 nm", "correlation_length": "20 nm"}]}
    if kind == "cavity" and path == "modes.window":
        value = ["14.2 GHz", "15.8 GHz"]
    if value == "first":
        value = base(kind).geometry.regions[0]
    put(data, path, value)
    return data


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_key_of_a_shape_changes_the_body(kind: str) -> None:
    assert kind in BODIES
    keys = set(leaves(kinds()[kind])) - {"kind"} - MEANT_FOR_MACHINES
    of_bodies = {key for key in keys if key.startswith("bodies[].")}  # those of the bodies' own kinds
    assert {key.removeprefix("bodies[].") for key in of_bodies} - {"kind"} - MEANT_FOR_MACHINES <= set(SHAPES)
    for key in sorted(keys - of_bodies):
        assert key in SHAPES, f"{kind}: {key} needs an entry"
        change = SHAPES[key]
        if kind == "stack" and key.split(".")[0] in ("background[]", "enclosure"):
            data = raw(kind)
            data["geometry"] |= {
                "background": [dict(CHIP)],
                "enclosure": {"top": "6 um", "wall_resistance_ohm": 0.1},
            }
            before = read(deepcopy(data))
            put(data, f"geometry.{key}", change)
            assert differs(before, read(data)), f"geometry.{key} does nothing for kind: {kind}"
            continue
        if kind == "cavity" and key in ("radius", "height", "ambient"):
            change = {"radius": "1.1 cm", "height": "2.1 cm", "ambient": "other"}[key]
        if kind == "spheroid" and key.endswith(("equatorial_radius", "polar_radius")):
            data = raw(kind)
            del data["geometry"]["aspect"]
            put(data, f"geometry.{key}", change)
        elif kind == "mesh" and key == "file":
            data = raw(kind)
            data["geometry"] |= {"file": "ball.msh", "materials": {"ball": "glass"}}
        else:
            data = raw(kind)
            put(data, f"geometry.{key}", change)
        if key == "coatings[].shares" and kind in CORNERED:
            with pytest.raises(GeometryError, match="without corners"):
                section_of(read(data).geometry)
            continue
        assert differs(base(kind), read(data)), f"geometry.{key} does nothing for kind: {kind}"


LAID_OUT_ALIKE = {"ring", "torus", "toroid", "pedestal_sphere", "bottle", "capillary", "profile"}
"""Kinds whose domain is made from their outline as that of the disk is, which is laid out for all keys by default."""


def walked() -> Iterator[Any]:
    """Each key with the kinds that it is tried on; where a domain must be laid out to see it, those like others are slow."""
    for key in (f"{section}.{key}" for section in SECTIONS for key in keys_of(section)):
        if key.startswith("discretization."):
            yield pytest.param(key, set(BODIES) - LAID_OUT_ALIKE, id=key)
            yield pytest.param(key, LAID_OUT_ALIKE, id=f"{key} of more outlines", marks=pytest.mark.slow)
        else:
            yield pytest.param(key, set(BODIES), id=key)


@pytest.mark.parametrize(("key", "tried"), list(walked()))
def test_every_key_beside_the_shape_has_its_effect_or_is_refused(key: str, tried: set[str]) -> None:
    assert key in SETTINGS, f"{key} needs an entry"
    for kind in sorted(tried):
        data = changed(kind, key, SETTINGS[key])
        if kind in REFUSED.get(key, ()):
            with pytest.raises(ConfigError, match=f"does not apply to kind: {kind}"):
                read(data)
        elif (key, kind) in ALREADY_SO:
            assert not differs(base(kind, key), read(data))
        else:
            assert differs(base(kind, key), read(data)), f"{key} does nothing for kind: {kind}"


@pytest.mark.parametrize(("key", "value"), OPPOSITE)
def test_values_that_a_kind_cannot_heed_are_refused(key: str, value: Any) -> None:
    for kind in BODIES:
        data = changed(kind, key, value)
        if kind in OPPOSITE[key, value]:
            with pytest.raises(ConfigError, match=f"does not apply to kind: {kind}"):
                read(data)
        else:
            read(data)


def test_walls_without_a_place_lose_nothing() -> None:
    data = raw("torus")
    del data["geometry"]["enclosure"]["top"]
    with pytest.raises(ConfigError, match="wall_resistance_ohm does not apply to kind: torus"):
        read(data)


def test_the_limit_refuses_before_anything_is_solved() -> None:
    config = read({**raw("torus"), "modes": {"window": ["0.95 um", "1.05 um"], "limit": 3}})
    refuse_too_many(3, config)
    with pytest.raises(ConfigError, match=r"modes.limit = 3: 4 modes"):
        refuse_too_many(4, config)


@pytest.mark.parametrize("key", keys_of("sweep"))
def test_every_key_of_a_sweep_changes_its_points(key: str) -> None:
    assert key in SWEEPS, f"sweep.{key} needs an entry"
    before, path, value = SWEEPS[key]
    after = deepcopy(before)
    put(after, path, value)
    plans = [expand(Sweep.model_validate(sweep)) for sweep in (before, after)]
    assert plans[0] != plans[1], f"sweep.{key} does nothing"


def test_a_resolved_configuration_says_the_same_again() -> None:
    """A key that is at its default is never refused, for no kind."""
    for kind in BODIES:
        config = base(kind)
        assert validate(yaml.safe_load(dump_resolved(config)), folder=MESHES) == config


# Imperfections, by the way that each is stated: an entry, then other values of its keys.
ROUGH = {"surface": "film", "rms": "1 nm", "correlation_length": "300 nm", "seed": 1}
ANGLES = {"theta_deg": [0, 36, 72, 108, 144, 180], "phi_deg": [0, 60, 120, 180, 240, 300]}
HEIGHTS = [[float((3 * i + j) % 5) for j in range(6)] for i in range(6)]
OTHER_HEIGHTS = [[float((i + 2 * j) % 5) for j in range(6)] for i in range(6)]
SCAN = {"q_rad_per_um": [0.5, 2.0, 9.0], "psd_um4": [1e-6, 1e-7, 1e-9]}
OTHER_ANGLES = {"theta_deg": [0, 30, 72, 108, 144, 180], "phi_deg": [0, 50, 120, 180, 240, 300]}
WAYS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (ROUGH, {"surface": "core", "rms": "2 nm", "correlation_length": "400 nm", "seed": 2, "spectrum": "exponential"}),
    ({"surface": "film", "spectrum": SCAN, "seed": 1},
     {"spectrum.q_rad_per_um": [0.5, 2.0, 8.0], "spectrum.psd_um4": [1e-6, 2e-7, 1e-9]}),
    ({"thickness": "film", "harmonics": [[2, 0, "2 nm"]]}, {"thickness": "core", "harmonics": [[2, 1, "2 nm"]]}),
    ({"surface": "film", "map": {**ANGLES, "dr_nm": HEIGHTS}},
     {"map.theta_deg": OTHER_ANGLES["theta_deg"], "map.phi_deg": OTHER_ANGLES["phi_deg"], "map.dr_nm": OTHER_HEIGHTS}),
    ({"surface": "core", "offset": "5 nm", "direction": [0, 0, 1]}, {"offset": "6 nm", "direction": [0, 1, 0]}),
    ({"surface": "film", "ellipticity": "5 nm"}, {"ellipticity": "6 nm", "direction": [0, 1, 0]}),
    ({"surface": "film", "grating": {"order": 20, "amplitude": "2 nm"}}, {"grating.order": 21, "grating.amplitude": "3 nm"}),
    ({"bead": {"radius": "20 nm", "n": 1.5}}, {"bead.radius": "21 nm", "bead.n": 1.6, "bead.k": 0.1}),
    ({"surface": "film", "notch": {"depth": "2 nm", "width": "300 nm"}}, {"notch.depth": "3 nm", "notch.width": "400 nm"}),
    ({"patch": {"thickness": "2 nm", "width": "300 nm", "n": 1.5}},
     {"patch.thickness": "3 nm", "patch.width": "400 nm", "patch.n": 1.6, "patch.k": 0.1}),
    ({"layer": "core", "dn": {"rms": 1e-3, "correlation_length": "300 nm", "seed": 1}},
     {"layer": "film", "dn.rms": 2e-3, "dn.correlation_length": "400 nm", "dn.seed": 2}),
    ({"layer": "core", "dn": {"harmonics": [[2, 0, 1e-3]]}}, {"dn.harmonics": [[2, 1, 1e-3]]}),
    ({"layer": "core", "dn": {"map": {**ANGLES, "dn": HEIGHTS}}},
     {"dn.map.theta_deg": OTHER_ANGLES["theta_deg"], "dn.map.phi_deg": OTHER_ANGLES["phi_deg"], "dn.map.dn": OTHER_HEIGHTS}),
]  # fmt: skip
SPLIT_KINDS = set(BODIES) - {"cavity", "axial_stack", "stack", "mesh"}
SMALL = [
    {"name": "core", "material": "glass", "radius": "0.7 um"},
    {"name": "film", "material": "film", "thickness": "100 nm"},
]


def imperfect(layers: dict[str, Any], entry: dict[str, Any], path: str = "", value: Any = None) -> RunConfig:
    data = raw("layered_sphere")
    data["geometry"] = {"ambient": "air", **deepcopy(layers)}
    data["modes"] = {"window": ["600 nm", "640 nm"], "polarizations": ["TE"]}
    data["imperfections"] = [deepcopy(entry)]
    if path:
        put(data, f"imperfections.0.{path}", value)
        named = data["imperfections"][0]
        if path in ("surface", "thickness"):  # keep the other way of naming a layer away
            named.pop({"surface": "thickness", "thickness": "surface"}[path], None)
    return read(data)


def told(lines: Any) -> list[Any]:
    return [np.round([line.wavelength_nm, line.q_total], 12).tolist() for line in lines]


def test_imperfections_have_an_entry_each() -> None:
    tried = {key for entry, other in WAYS for key in other} | {"direction"}
    keys = {key.removeprefix("[]").removeprefix(".") for key in keys_of("imperfections")}
    assert {key for key in keys if not key.endswith("source")} == tried


@pytest.mark.parametrize(("entry", "other"), WAYS, ids=[next(iter(o)) for _, o in WAYS])
def test_every_key_of_an_imperfection_changes_a_sphere(entry: dict[str, Any], other: dict[str, Any]) -> None:
    """What the lines of a sphere are computed from: reliefs, particles and maps of index."""

    def made(*change: Any) -> Any:
        config = imperfect({"kind": "layered_sphere", "layers": SMALL}, entry, *change)
        maps = [*reliefs(config).items(), *index_maps(config).items()]
        return [(place, np.round(one.coefficients, 15).tobytes()) for place, one in maps], beads(config)

    before = made()
    for path, value in other.items():
        if value == "exponential":
            continue  # its many degrees take seconds; tried on the body below
        assert made(path, value) != before, f"imperfections: {path} does nothing"


@pytest.fixture(scope="module")
def body() -> tuple[dict[str, Any], Any]:
    """A small body that is no layered sphere, solved once."""
    shape = {"kind": "spheroid", "layers": SMALL, "aspect": 1.01}
    config = imperfect(shape, ROUGH)
    return shape, run(config.model_copy(update={"imperfections": ()}))


def lines_of_body(body: tuple[dict[str, Any], Any], entry: dict[str, Any], *change: Any) -> Any:
    shape, result = body
    config = imperfect(shape, entry, *change)
    return split_body(config, list(result.modes), media_of(config))[1]


@pytest.mark.parametrize(("entry", "other"), WAYS, ids=[next(iter(o)) for _, o in WAYS])
def test_every_key_of_an_imperfection_changes_the_lines_of_a_body_or_is_refused(
    body: tuple[dict[str, Any], Any], entry: dict[str, Any], other: dict[str, Any]
) -> None:
    if not set(entry) & set(ON_BODIES):
        with pytest.raises(ConfigError, match="belongs to a layered_sphere"):
            lines_of_body(body, entry)
        return
    before = told(lines_of_body(body, entry))
    for path, value in other.items():
        assert told(lines_of_body(body, entry, path, value)) != before, f"{path} does nothing"


def test_an_absorbing_patch_takes_from_a_body_what_a_film_would(body: tuple[dict[str, Any], Any]) -> None:
    """As wide as the body it is a film: the decay against that of the same patch on the exact sphere of nearly this shape."""
    losses = []
    for k in (0.0, 0.1):
        patch = {"patch": {"thickness": "1 nm", "width": "300 um", "n": 1.5, "k": k}}
        sphere = imperfect({"kind": "layered_sphere", "layers": SMALL}, patch)
        both = (
            lines_of_body(body, patch)[0],
            split_modes(sphere, lambda *_: None, lambda _: None).multiplets[0],
        )
        assert both[0].mode.l == both[1].mode.l
        losses.append([float(np.mean(lines.k0.imag)) for lines in both])
    of_body, of_sphere = np.subtract(losses[1], losses[0])
    assert of_body < 0.0
    assert of_body == pytest.approx(of_sphere, rel=0.04)  # the aspect of 1.01 is not in the sphere


def test_bodies_that_know_no_imperfections_refuse_them() -> None:
    for kind in BODIES:
        data = raw(kind)
        solid = base(kind).geometry.solid
        data["imperfections"] = [{**ROUGH, "surface": (*solid, "none")[0]}]
        if kind in SPLIT_KINDS:
            assert read(data).imperfections[0].seed == 1
            continue
        with pytest.raises(ConfigError, match=f"imperfections does not apply to kind: {kind}"):
            read(data)


# Temperature and tolerances.
def warm(kind: str, **thermal: float) -> dict[str, Any]:
    data = raw(kind)
    data["materials"]["glass"]["thermal"] = thermal
    return {**data, "temperature": "40 C"}


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_temperature_changes_indices_and_lengths_or_is_refused(kind: str) -> None:
    if kind == "mesh":
        with pytest.raises(ConfigError, match="cannot be stretched"):
            read(warm(kind, dn_dT=1e-4))
        return
    cold, hot, long = base(kind), read(warm(kind, dn_dT=1e-4)), read(warm(kind, expansion=1e-4))
    index = [
        media_of(config)["glass" if kind == "cavity" else solid_of(kind)].index(6.0).real
        for config in (cold, hot)
    ]
    assert index[1] - index[0] == pytest.approx(2e-3, rel=1e-9)
    assert hot.geometry == cold.geometry
    if kind == "cavity":  # its walls are of no medium that is named
        assert long.geometry == cold.geometry
        return
    assert long.geometry.radius_ref_um - cold.geometry.radius_ref_um == pytest.approx(
        2e-3 * glass_radius(kind), rel=1e-9
    )


def solid_of(kind: str) -> str:
    """A region of glass."""
    return next(r for r, material in base(kind).geometry.region_materials.items() if material == "glass")


def glass_radius(kind: str) -> float:
    """Outer radius (um) without the film, which does not expand."""
    film = 0.2 if kind not in ("stack", "axial_stack") else 0.0
    return float(base(kind).geometry.radius_ref_um - film)


@pytest.mark.parametrize("key", ["points", "contour"])
def test_an_outline_in_a_file_cannot_be_stretched(key: str) -> None:
    data = warm("profile", expansion=1e-5)
    data["geometry"].pop("points")
    data["geometry"][key] = "outline.csv"
    with pytest.raises(ConfigError, match="cannot be stretched"):
        read(data)


def test_curvatures_fall_as_lengths_grow() -> None:
    assert read(warm("bottle", expansion=1e-4)).geometry.curvature_per_um == pytest.approx(0.05 / 1.002)


def test_each_ray_has_its_own_slope() -> None:
    data = warm("layered_sphere")
    rays = {
        "ordinary": {"n": 2.2, "thermal": {"dn_dT": 3e-6}},
        "extraordinary": {"n": 2.1, "thermal": {"dn_dT": 4e-5}},
    }
    data["materials"]["glass"] = {"axis": "z", **rays}
    glass = media_of(read(data))["core"]
    assert np.sqrt(glass.permittivity(6.0).real) == pytest.approx(2.2 + 20 * 3e-6, rel=1e-12)
    assert np.sqrt(glass.permittivity_axial(6.0).real) == pytest.approx(2.1 + 20 * 4e-5, rel=1e-12)
    data["materials"]["glass"]["ordinary"]["thermal"]["expansion"] = 1e-5
    with pytest.raises(ConfigError, match="expand alike"):
        read(data)


def written(path: tuple[Any, ...], kind: str) -> str:
    """The key of a length as the configuration has it."""
    names = [str(part).removesuffix("_um") for part in path]
    if kind == "spheroid":
        names[-1] = "radius" if names[-1] == "equatorial_radius" else names[-1]
    return "geometry." + ".".join(names)


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_tolerances_move_something_that_the_modes_follow_or_are_refused(kind: str) -> None:
    stated = {written(path, kind): "1 nm" for path in named_lengths(base(kind).geometry).values()}
    stated |= {"materials.glass.n": 1e-3, "materials.glass.k": 1e-5}
    accepted = set()
    for key, size in {**stated, "materials.other.n": 1e-3, "geometry.ambient": "1 nm"}.items():
        data = raw(kind)
        data["tolerances"] = {key: size}
        try:
            config = read(data)
            demand_meaningful(config)
        except ConfigError:
            continue
        accepted.add(key)
        assert config_hash(config) != config_hash(base(kind))
    left_out = {"geometry.curvature_per", "geometry.layers.1.radius", "geometry.layers.0.polar_radius"}
    left_out |= {"geometry.layers.1.polar_radius"}  # not written in these configurations
    assert accepted >= set(stated) - left_out
    assert not accepted & {"materials.other.n", "geometry.ambient"}


# Couplers.
COUPLERS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"kind": "fibre", "material": "glass", "diameter": "0.6 um", "gap": "100 nm"},
     {"material": "chip", "diameter": "0.7 um", "height": "50 nm"}),
    ({"kind": "prism", "material": "dense", "gap": "100 nm"}, {"material": "denser", "gap": "120 nm", "splitting": "80 GHz"}),
    ({"kind": "bus", "width": "0.5 um", "gap": "100 nm", "n_eff": 1.3}, {"width": "0.6 um", "n_eff": 1.35}),
]  # fmt: skip


def test_every_key_of_a_coupler_is_tried() -> None:
    assert {key for _, other in COUPLERS for key in other} | {"kind"} == set(keys_of("coupler"))


@pytest.mark.parametrize(("coupler", "other"), COUPLERS, ids=["fibre", "prism", "bus"])
def test_every_key_of_a_coupler_changes_what_it_does(
    monkeypatch: pytest.MonkeyPatch, coupler: dict[str, Any], other: dict[str, Any]
) -> None:
    monkeypatch.setattr("femwgm.experiment.coupling.couple._GAPS", 2)

    def quantities(**change: Any) -> Any:
        data = raw("layered_sphere")
        data["materials"] |= {"dense": {"n": 1.9}, "denser": {"n": 2.0}}
        data["geometry"]["layers"] = SMALL
        data["modes"] = {"window": ["1.2 um", "1.3 um"], "polarizations": ["TE"]}
        return [one.rows() for one in couplings(read({**data, "coupler": {**coupler, **change}}))]

    before = quantities()
    for key, value in other.items():
        assert quantities(**{key: value}) != before, f"coupler.{key} does nothing"


def test_couplers_stand_beside_bodies_that_know_them() -> None:
    for kind in BODIES:
        data = raw(kind)
        data["geometry"].pop("enclosure", None)
        data["coupler"] = COUPLERS[0][0]
        if kind in SPLIT_KINDS:
            assert read(data).coupler is not None
            continue
        with pytest.raises(ConfigError, match=f"coupler does not apply to kind: {kind}"):
            read(data)
