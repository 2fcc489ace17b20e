"""Every kind of geometry: what its configuration says is what its cross-section encloses; wrong ones get one line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from femwgm.config import load_config
from femwgm.errors import ConfigError, GeometryError
from femwgm.geometry.build import NECK, contacts, kinds, section_of
from femwgm.geometry.section import Section

MATERIALS = {
    "glass": {"n": 1.45},
    "film": {"n": 1.8},
    "air": {"n": 1.0},
    "chip": {"n": 3.5},
    "water": {"n": 1.33},
}
FILM = [{"name": "shell", "material": "film", "thickness": "200 nm"}]


def section(**geometry: Any) -> Section:
    return section_of(config(**geometry).geometry)


def config(**geometry: Any) -> Any:
    return load_config({
        "schema": 1, "geometry": {"ambient": "air", **geometry}, "materials": MATERIALS, "modes": {"window": ["1 um", "1.1 um"]},
    })  # fmt: skip


def areas(shape: Section, box: tuple[float, float, float, float], n: int = 700) -> dict[str, float]:
    """Area of each region within a box by counting points of a grid (half a per cent of a small region)."""
    r = box[0] + (box[1] - box[0]) * (np.arange(n) + 0.5) / n
    z = box[2] + (box[3] - box[2]) * (np.arange(n) + 0.5) / n
    points = np.stack(np.meshgrid(r, z, indexing="ij"), axis=-1).reshape(-1, 2)
    share = np.bincount(shape.region_at(points), minlength=len(shape.regions)) / len(points)
    return dict(zip(shape.regions, share * (box[1] - box[0]) * (box[3] - box[2]), strict=True))


def test_disk_with_leaning_wall_and_film() -> None:
    shape = section(
        kind="disk", material="glass", radius="2 um", thickness="0.5 um", sidewall_angle_deg=60, coatings=FILM
    )
    found = areas(shape, (0.0, 3.0, -1.0, 1.0))
    top = 2.0 - 0.5 / np.tan(np.radians(60))
    assert found["body"] == pytest.approx(0.25 * (2.0 + top), rel=5e-3)
    side, t = 0.5 / np.sin(np.radians(60)), 0.2
    # Faces, wall, and the two rounded edges, which together turn by half a circle.
    assert found["shell"] == pytest.approx(t * (2.0 + top + side) + 0.5 * np.pi * t * t, rel=1e-2)


def test_ring_torus_and_toroid() -> None:
    ring = areas(
        section(kind="ring", material="glass", inner_radius="1 um", outer_radius="2 um", thickness="0.4 um"),
        (0, 3, -1, 1),
    )
    assert ring["body"] == pytest.approx(0.4, rel=5e-3)
    torus = section(
        kind="torus", material="glass", diameter="16 um", minor_diameter="3 um", minor_height="2 um"
    )
    assert areas(torus, (5, 10, -2, 2))["body"] == pytest.approx(np.pi * 1.5, rel=5e-3)
    assert torus.symmetric
    toroid = section(
        kind="toroid",
        material="glass",
        diameter="50 um",
        minor_diameter="5 um",
        web_thickness="1 um",
        web_offset="0.5 um",
    )
    assert not toroid.symmetric
    below, above = np.arcsin(-1.0 / 2.5), np.arcsin(0.0)
    overlap = 0.5 * 2.5**2 * (above - below) + 0.5 * 2.5**2 * 0.5 * (np.sin(2 * above) - np.sin(2 * below))
    assert areas(toroid, (0, 26, -3, 3))["body"] == pytest.approx(np.pi * 2.5**2 + 22.5 - overlap, rel=5e-3)


def test_hemisphere_on_a_substrate_is_coated_above_it_only() -> None:
    shape = section(
        kind="hemisphere",
        material="glass",
        radius="2 um",
        coatings=FILM,
        background=[{"name": "chip", "material": "chip", "top": "0 um"}],
    )
    found = areas(shape, (0.0, 3.0, -1.0, 3.0))
    assert found["body"] == pytest.approx(np.pi, rel=5e-3)
    assert found["shell"] == pytest.approx(0.25 * np.pi * (2.2**2 - 4.0), rel=1e-2)
    assert found["chip"] == pytest.approx(3.0, rel=5e-3)


def test_pillars_meet_what_they_carry() -> None:
    pillar = {"material": "chip", "radius": "1 um", "height": "3 um", "foot_radius": "2 um"}
    shape = section(kind="pedestal_sphere", material="glass", radius="5 um", pillar=pillar)
    found = areas(shape, (0.0, 6.0, -9.0, 6.0))
    assert found["body"] == pytest.approx(12.5 * np.pi, rel=5e-3)
    meeting = -5.0 * np.sqrt(1.0 - 0.04)
    cap = areas(section(kind="pedestal_sphere", material="glass", radius="5 um"), (0.0, 1.0, -5.0, meeting))[
        "body"
    ]
    assert found["pillar"] == pytest.approx(4.5 - cap, rel=1e-2)


def test_bottle_and_capillary() -> None:
    bottle = section(kind="bottle", material="glass", radius="5 um", curvature_per_um=0.05, length="10 um")
    exact = 2.0 * 5.0 / 0.05 * np.arcsinh(0.25)
    assert areas(bottle, (0, 6, -6, 6))["body"] == pytest.approx(exact, rel=5e-3)
    tube = section(
        kind="capillary",
        material="glass",
        radius="5 um",
        curvature_per_um=0.05,
        length="10 um",
        wall="1 um",
        filling="water",
    )
    found = areas(tube, (0, 6, -6, 6))
    assert found["body"] == pytest.approx(10.0, rel=1e-2)
    assert found["bore"] == pytest.approx(exact - 10.0, rel=5e-3)


@pytest.mark.parametrize("smooth", [False, True])
def test_profiles_from_a_file(tmp_path: Any, smooth: bool) -> None:
    angle = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 41)
    rows = [f"{1e3 * abs(np.cos(a)) * 3:.9f},{1e3 * np.sin(a) * 3:.9f}" for a in angle]
    (tmp_path / "ball.csv").write_text("r_nm,z_nm\n" + "\n".join(rows) + "\n")
    (tmp_path / "ball.yaml").write_text(
        "schema: 1\ngeometry: {kind: profile, material: glass, points: ball.csv, smooth: "
        + str(smooth).lower()
        + ", ambient: air}\nmaterials: {glass: {n: 1.45}, air: {n: 1.0}}\nmodes: {window: [1 um, 1.1 um]}\n"
    )
    loaded = load_config(tmp_path / "ball.yaml")
    assert loaded.geometry.radius_ref_um == pytest.approx(3.0)
    polygon = section_of(loaded.geometry).pieces[0].outline.polygon
    r, z = polygon.T
    area = 0.5 * abs(np.sum(r * np.roll(z, -1) - z * np.roll(r, -1)))
    assert area == pytest.approx(4.5 * np.pi, rel=2e-3 if smooth else 3e-3)
    corners = section_of(loaded.geometry).corners
    assert not corners


def test_touching_spheres_have_a_neck_and_no_cusp() -> None:
    ball = [
        {"name": "core", "material": "glass", "radius": "3 um"},
        {"name": "shell", "material": "film", "thickness": "0.2 um"},
    ]
    geometry = config(
        kind="axial_stack",
        gaps=["0 um"],
        spheres=[{"name": "a", "layers": ball}, {"name": "b", "layers": ball}],
    ).geometry
    shape = section_of(geometry)
    assert geometry.centres_um == pytest.approx((-3.2, 3.2))
    ((height, width),) = contacts(geometry)
    assert (height, width) == pytest.approx((0.0, NECK * 3.2))
    just_inside = shape.regions[shape.region_at(np.array([[0.5 * width, 0.0]]))[0]]
    assert just_inside == "a_shell"
    assert shape.regions[shape.region_at(np.array([[2.0 * width, 0.0]]))[0]] == "air"
    found = areas(shape, (0.0, 4.0, -7.0, 7.0))
    assert found["a_core"] == pytest.approx(4.5 * np.pi, rel=5e-3)
    assert found["a_shell"] == pytest.approx(0.5 * np.pi * (3.2**2 - 9.0), rel=2e-2)


def points(*pairs: str) -> list[list[str]]:
    return [[f"{x} um" for x in pair.split()] for pair in pairs]


LEANING = {"inner_radius": "1 um", "outer_radius": "1.2 um", "thickness": "1 um", "sidewall_angle_deg": 60}
TAPERED = {"radius": "5 um", "curvature_per_um": 0.5, "length": "20 um", "wall": "2 um", "filling": "water"}


@pytest.mark.parametrize(
    ("kind", "shape", "message"),
    [
        ("profile", {"points": points("2 0", "4 2", "4 0", "2 2", "2 0")}, "crosses itself"),
        ("profile", {"points": points("-1 0", "4 0", "4 2", "-1 0")}, "negative radius"),
        ("profile", {"points": points("1 0", "4 0", "4 2")}, "open curve"),
        ("profile", {"points": points("1 0", "4 0", "2 0", "1 0")}, "zero thickness"),
        ("disk", {"radius": "0.2 um", "thickness": "1 um", "sidewall_angle_deg": 45}, "upper face"),
        ("capillary", TAPERED, "no bore"),
        ("ring", LEANING, "lean"),
    ],
)
def test_impossible_shapes(kind: str, shape: dict[str, Any], message: str) -> None:
    with pytest.raises(GeometryError, match=message) as caught:
        section(kind=kind, material="glass", **shape)
    assert "\n" not in str(caught.value)


def stack(*gaps: str) -> dict[str, Any]:
    ball = [{"name": "x", "material": "glass", "radius": "1 um"}]
    return {"gaps": list(gaps), "spheres": [{"name": name, "layers": ball} for name in "ab"]}


DISK = {"material": "glass", "radius": "2 um", "thickness": "1 um"}


@pytest.mark.parametrize(
    ("kind", "shape", "message"),
    [
        ("torus", {"material": "glass", "diameter": "2 um", "minor_diameter": "3 um"}, "beyond the axis"),
        (
            "ring",
            {"material": "glass", "inner_radius": "3 um", "outer_radius": "2 um", "thickness": "1 um"},
            "smaller than",
        ),
        ("disk", DISK | {"sidewall_angle_deg": 5}, "between 20 and 160"),
        ("disk", DISK | {"material": "glas"}, "did you mean 'glass'"),
        ("disk", DISK | {"coatings": [FILM[0] | {"name": "body"}]}, "share a name"),
        ("disk", DISK | {"thickness": "0 um"}, "must be positive"),
        ("axial_stack", stack(), "2 spheres have 1 gap, not 0"),
        ("axial_stack", stack("0 um", "1 um"), "2 spheres have 1 gap, not 2"),
        ("axial_stack", stack("-10 nm"), "overlap"),
        ("profile", {"material": "glass", "points": "nowhere.csv"}, "cannot be read"),
    ],
)
def test_impossible_configurations(kind: str, shape: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        config(kind=kind, **shape)
    assert "\n" not in str(caught.value)


def test_every_kind_has_a_section() -> None:
    from femwgm.config import json_schema

    stated = set(json_schema()["properties"]["geometry"]["discriminator"]["mapping"])
    assert stated == set(kinds())


@pytest.mark.gmsh
def test_pieces_that_share_points_survive_the_cut() -> None:
    """Bore and wall of a tube end at the same corners: cutting one to the domain's box must not take the other's away."""
    from femwgm.mesh.planar import Box, build_planar
    from femwgm.mesh.sizes import Sizes

    tube = section(
        kind="capillary", material="glass", radius="5 um", curvature_per_um=0.05, length="10 um", wall="1 um", filling="water"
    )  # fmt: skip
    mesh = build_planar(tube, Box(3.0, 6.0, 0.0, 6.0), Sizes(1.0), 2, mirror=True)
    assert set(mesh.regions) == {"bore", "body", "air"}
    area = {}
    for name in mesh.regions:
        corners = mesh.nodes[mesh.region_cells(name), :3]
        a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        area[name] = float(0.5 * np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    assert area["body"] == pytest.approx(5.0, rel=0.02)
    assert sum(area.values()) == pytest.approx(18.0, rel=1e-3)


@pytest.mark.parametrize("pole", [1.0, 0.5])
def test_a_film_that_is_thinner_at_the_poles(pole: float) -> None:
    """On a ball the film's area is int R t + t^2 / 2 over the latitude, and it is as thick as it says at equator and poles."""
    film = FILM[0] | {"shares": [[-90, pole], [0, 1], [90, pole]]}
    shape = section(kind="pedestal_sphere", material="glass", radius="3 um", coatings=[film])
    polygon = shape.pieces[-1].outline.polygon
    rho, latitude = np.hypot(*polygon.T), np.arctan2(polygon[:, 1], polygon[:, 0])
    assert rho.max() == pytest.approx(3.2, rel=1e-6)
    assert polygon[:, 1].max() == pytest.approx(3.0 + 0.2 * pole, rel=1e-6)
    curve = polygon[polygon[:, 0] > 0.0]
    r, z = (
        np.r_[0.0, curve[:, 0], 0.0],
        np.r_[polygon[:, 1].min(), curve[np.argsort(curve[:, 1]), 1], polygon[:, 1].max()],
    )
    r = np.r_[0.0, curve[np.argsort(curve[:, 1]), 0], 0.0]
    x = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 4001)
    if pole == 1.0:
        assert np.allclose(rho[np.abs(latitude) < 1.5], 3.2, rtol=1e-6)
        t = np.full_like(x, 0.2)
    else:
        order = np.argsort(latitude)
        t = np.interp(x, latitude[order], rho[order]) - 3.0
        assert t.min() > 0.0999
    assert np.trapezoid(r, z) - 4.5 * np.pi == pytest.approx(np.trapezoid(3.0 * t + 0.5 * t * t, x), rel=2e-3)


def test_films_of_varying_thickness_that_cannot_be() -> None:
    film = FILM[0] | {"shares": [[-90, 1], [0, 1], [90, 1]]}
    with pytest.raises(GeometryError, match="without corners"):
        section(kind="disk", material="glass", radius="2 um", thickness="1 um", coatings=[film])
    for shares, message in (
        ([[-80, 1], [0, 1], [90, 1]], "from -90 to 90"),
        ([[-90, 1], [0, 2], [90, 1]], "1 at the equator"),
    ):
        with pytest.raises(ConfigError, match=message):
            config(
                kind="torus",
                material="glass",
                diameter="8 um",
                minor_diameter="2 um",
                coatings=[FILM[0] | {"shares": shares}],
            )


DXF_HEAD = "0\nSECTION\n2\nHEADER\n9\n$INSUNITS\n70\n13\n0\nENDSEC\n0\nSECTION\n2\nENTITIES\n"
DXF_TAIL = "0\nENDSEC\n0\nEOF\n"
DOME = {
    "polyline with a bulge": "0\nLWPOLYLINE\n90\n3\n70\n0\n10\n0\n20\n0\n10\n3\n20\n0\n"
    f"42\n{np.tan(np.pi / 8):.15f}\n10\n0\n20\n3\n",
    "line and arc in any order": "0\nARC\n10\n0\n20\n0\n40\n3\n50\n0\n51\n90\n0\nLINE\n10\n3\n20\n0\n11\n0\n21\n0\n",
}


@pytest.mark.parametrize("drawing", DOME)
def test_outlines_from_a_drawing(drawing: str, tmp_path: Any) -> None:
    """A quarter disc of 3 um drawn in two ways: its area to what chords of three degrees lack."""
    path = tmp_path / "dome.dxf"
    path.write_text(DXF_HEAD + DOME[drawing] + DXF_TAIL)
    shape = section(kind="profile", material="glass", points=str(path))
    polygon = shape.pieces[0].outline.polygon
    r, z = polygon.T
    area = 0.5 * abs(float(np.sum(r * np.roll(z, -1) - z * np.roll(r, -1))))
    lacking = 4.5 * (np.radians(3.0) ** 2) / 6.0 * np.pi / 2.0
    assert area == pytest.approx(2.25 * np.pi - lacking, rel=1e-5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no drawing", "it is no DXF"),
        (DXF_HEAD.replace("13", "0") + DXF_TAIL, "no unit of length"),
        (DXF_HEAD + DXF_TAIL, "it holds no lines, arcs, splines or polylines"),
        (
            DXF_HEAD + DOME["line and arc in any order"] + "0\nLINE\n10\n7\n20\n7\n11\n8\n21\n8\n" + DXF_TAIL,
            "single chain",
        ),
    ],
)
def test_drawings_that_are_no_outline(text: str, message: str, tmp_path: Any) -> None:
    path = tmp_path / "x.dxf"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        config(kind="profile", material="glass", points=str(path))
