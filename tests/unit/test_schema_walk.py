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
from femwgm.config.load import dump_resolved, json_schema, validate
from femwgm.config.schema import RunConfig
from femwgm.config.sweep import Sweep
from femwgm.errors import ConfigError, GeometryError
from femwgm.geometry.build import contacts, section_of
from femwgm.ground.expected import Expected
from femwgm.mesh.body_domain import design_general
from femwgm.mesh.domain import LayeredBody, design
from femwgm.mesh.landscape import Wave
from femwgm.observables.scattering import outside_of
from femwgm.runs.loop import finder_for, media_of, refuse_too_many
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
"""Sections with tests of their own: of shapes and sweeps here, of the others where their physics is tried."""
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


@pytest.mark.parametrize("key", [f"{s}.{key}" for s in SECTIONS for key in keys_of(s)])
def test_every_key_beside_the_shape_has_its_effect_or_is_refused(key: str) -> None:
    assert key in SETTINGS, f"{key} needs an entry"
    for kind in BODIES:
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


IMPERFECTIONS = {
    "surface", "thickness", "rms", "correlation_length", "spectrum", "spectrum.q_rad_per_um", "spectrum.psd_um4",
    "spectrum.source", "seed", "harmonics", "map.theta_deg", "map.phi_deg", "map.dr_nm", "map.source", "offset", "ellipticity",
    "direction", "grating.order", "grating.amplitude", "bead.radius", "bead.n", "bead.k",
    "notch.depth", "notch.width", "patch.thickness", "patch.width", "patch.n", "patch.k", "layer", "dn.rms",
    "dn.correlation_length", "dn.seed", "dn.harmonics", "dn.map.theta_deg", "dn.map.phi_deg", "dn.map.dn", "dn.map.source",
}  # fmt: skip
"""Keys of an imperfection, which `tests/physics/test_imperfections*.py` try one by one on spheres."""


def test_imperfections_have_their_keys_and_bodies() -> None:
    assert {key.removeprefix("[]").removeprefix(".") for key in keys_of("imperfections")} == IMPERFECTIONS
    for kind in BODIES:
        data = raw(kind)
        solid = base(kind).geometry.solid
        data["imperfections"] = [
            {"surface": (*solid, "none")[0], "rms": "1 nm", "correlation_length": "1 um", "seed": 1}
        ]
        if kind in ("cavity", "axial_stack", "stack", "mesh"):
            with pytest.raises(ConfigError, match=f"imperfections does not apply to kind: {kind}"):
                read(data)
        else:
            assert read(data).imperfections[0].seed == 1
