"""Structured polar meshes through Gmsh: sizes of the regions, names, alignment, and the way through a .msh file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from femwgm.errors import MeshError
from femwgm.fem.assemble import gauss_points
from femwgm.fem.mapping import CurvedMapping
from femwgm.ground.typing import Array
from femwgm.mesh import polar
from femwgm.mesh.curved import CurvedMesh, reference_nodes
from femwgm.mesh.load import read_mesh
from femwgm.mesh.polar import PolarPlan, build_polar

pytestmark = pytest.mark.gmsh

HALF_PI = 0.5 * np.pi
RINGS = ((0.0, 5.0, 10.0, 10.5, 12.0), ("core", "core", "shell", "air"))
WHOLE = PolarPlan(*RINGS, tuple(np.linspace(-HALF_PI, HALF_PI, 5)), 10)
QUADRANT = PolarPlan(*RINGS, tuple(np.linspace(0.0, HALF_PI, 3)), 10)
WINDOW = PolarPlan((8.0, 10.0, 10.5, 12.0), ("core", "shell", "air"), (0.0, 0.1, 0.3), 6)
WEDGE = PolarPlan((8.0, 10.0, 10.5, 12.0), ("core", "shell", "air"), (-0.2, 0.1, 0.3), 6)
plans = pytest.mark.parametrize(
    "plan", [WHOLE, QUADRANT, WINDOW, WEDGE], ids=["whole", "quadrant", "window", "wedge"]
)


def integrals(mesh: CurvedMesh, name: str) -> tuple[float, float]:
    """Area and volume over 2 pi of a region."""
    X, W = gauss_points(mesh.corners, 14)
    mapping, cells = CurvedMapping(mesh), mesh.region_cells(name)
    det = mapping.detDF(X, cells)
    return float((det @ W).sum()), float(((mapping.F(X, cells)[0] * det) @ W).sum())


def exact_integrals(plan: PolarPlan, name: str) -> tuple[float, float]:
    spans = [(plan.radii[i], plan.radii[i + 1]) for i, ring in enumerate(plan.rings) if ring == name]
    low, high = plan.latitudes[0], plan.latitudes[-1]
    area = sum(0.5 * (b**2 - a**2) for a, b in spans) * (high - low)
    return area, sum((b**3 - a**3) / 3.0 for a, b in spans) * (np.sin(high) - np.sin(low))


def edges(mesh: CurvedMesh, name: str) -> Array:
    """End points (edges, 2 ends, r and z) of a boundary's facets."""
    return mesh.topology.p.T[mesh.topology.facets[:, mesh.boundaries[name]].T]


@plans
def test_regions_have_their_areas_and_volumes(plan: PolarPlan) -> None:
    mesh = build_polar(plan)
    assert mesh.regions == ("core", "shell", "air")
    for name in mesh.regions:
        assert integrals(mesh, name) == pytest.approx(exact_integrals(plan, name), rel=1e-9)


def other(plan: PolarPlan, scale: float, bend: float) -> PolarPlan:
    """A plan of the same kind: other radii, other latitudes between the same ends."""
    radii = tuple(scale * r + 0.01 * i for i, r in enumerate(plan.radii))
    lat = np.array(plan.latitudes)
    inner = lat + bend * np.sin(4.0 * lat) * (np.abs(np.abs(lat) - HALF_PI) > 1e-9)
    return PolarPlan(radii if plan.radii[0] else (0.0, *radii[1:]), plan.rings, tuple(inner), plan.order)


@plans
@pytest.mark.parametrize(("scale", "bend"), [(1.0, 0.0), (1.37, 0.02), (0.4, -0.03)])
def test_a_kept_mesh_moved_is_the_one_that_gmsh_makes_to_the_last_bit(
    plan: PolarPlan, scale: float, bend: float
) -> None:
    wanted = polar._with_core(other(plan, scale, bend))
    polar._GENERATED.clear()
    fresh = build_polar(wanted)
    polar._GENERATED.clear()
    build_polar(plan)
    assert polar._moved(wanted) is not None
    moved = build_polar(wanted)
    for one, two in (
        (fresh.nodes, moved.nodes), (fresh.topology.p, moved.topology.p), (fresh.topology.t, moved.topology.t),
        (fresh.topology.facets, moved.topology.facets), (fresh.region, moved.region),
    ):  # fmt: skip
        assert np.array_equal(one, two)
    assert fresh.boundaries.keys() == moved.boundaries.keys()
    assert all(np.array_equal(fresh.boundaries[n], moved.boundaries[n]) for n in fresh.boundaries)


def test_a_mesh_of_another_kind_is_not_moved() -> None:
    polar._GENERATED.clear()
    build_polar(QUADRANT)
    for plan in (WHOLE, WINDOW, replace(QUADRANT, order=9), replace(QUADRANT, latitudes=(0.0, 0.5, 1.0))):
        assert polar._moved(plan) is None


@pytest.mark.parametrize("order", range(1, 11))
def test_wall_is_interpolated_to_the_order_of_the_cells(order: int) -> None:
    """Nodes on the circle: the area of the disc converges as a two-sided power of the order; no cell is folded."""
    errors = []
    for parts in (1, 2):
        latitudes = tuple(np.linspace(0.0, HALF_PI, parts + 1))
        mesh = build_polar(PolarPlan((1.0, 1.5, 2.0), ("a", "a"), latitudes, order))
        assert (CurvedMapping(mesh).detDF(gauss_points(4, 12)[0]) > 0.0).all()
        errors.append(abs(integrals(mesh, "a")[0] / (0.5 * 3.0 * HALF_PI) - 1.0))
    expected = 2 * (order // 2) + 2  # equidistant nodes integrate one order better if it is even
    if errors[1] > 1e-12:
        assert np.log2(errors[0] / errors[1]) == pytest.approx(expected, abs=0.4)
    else:
        assert order >= 7


@plans
def test_boundaries_are_named_and_complete(plan: PolarPlan) -> None:
    mesh = build_polar(plan)
    boundary = np.flatnonzero(mesh.topology.f2t[1] < 0)
    named = np.concatenate(list(mesh.boundaries.values()))
    assert np.array_equal(np.sort(named), boundary)
    assert ("axis" in mesh.boundaries) == (plan.latitudes[-1] == HALF_PI)
    assert ("mirror" in mesh.boundaries) == (plan.latitudes[0] == 0.0)
    if "axis" in mesh.boundaries:
        r, z = edges(mesh, "axis").reshape(-1, 2).T
        assert np.array_equal(r, np.zeros_like(r))
        assert (z.min(), z.max()) == pytest.approx((-12.0 if plan is WHOLE else 0.0, 12.0))
    if "mirror" in mesh.boundaries:
        r, z = edges(mesh, "mirror").reshape(-1, 2).T
        assert np.array_equal(z, np.zeros_like(z))
        assert (r.min(), r.max()) == pytest.approx((plan.radii[0], 12.0))
    outermost = np.hypot(*edges(mesh, "outer").reshape(-1, 2).T).max()
    assert outermost == pytest.approx(12.0)


@plans
def test_cells_are_aligned_with_the_layers(plan: PolarPlan) -> None:
    """All nodes of a cell lie within its ring, on both interfaces to rounding; no node has a negative radius."""
    mesh = build_polar(plan)
    assert mesh.nodes[..., 0].min() >= -1e-14
    for name, low, high in (("core", plan.radii[0], 10.0), ("shell", 10.0, 10.5), ("air", 10.5, 12.0)):
        distance = np.hypot(*np.moveaxis(mesh.nodes[mesh.region_cells(name)], -1, 0))
        assert (distance.min(), distance.max()) == pytest.approx((low, high), abs=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3, 8])
@pytest.mark.parametrize("plan", [WHOLE, QUADRANT])
def test_o_grid_has_no_degenerate_cell(plan: PolarPlan, order: int) -> None:
    mesh = build_polar(PolarPlan(plan.radii, plan.rings, plan.latitudes, order))
    det = CurvedMapping(mesh).detDF(gauss_points(4, 10)[0])
    assert (det > 0.0).all()
    quadrants = 1 if plan is QUADRANT else 2
    assert mesh.cells == quadrants * (1 + 2 * 3)


@plans
def test_names_and_shape_survive_the_file(plan: PolarPlan, tmp_path: Path) -> None:
    """Gmsh to .msh to meshio to a mesh: regions, boundaries and sizes as before."""
    built = build_polar(plan, tmp_path / "mesh.msh")
    read = read_mesh(tmp_path / "mesh.msh")
    assert set(read.regions) == set(built.regions)
    assert (read.order, read.corners, read.cells) == (built.order, built.corners, built.cells)
    assert set(read.boundaries) == set(built.boundaries)
    for name in built.regions:
        assert integrals(read, name) == pytest.approx(integrals(built, name), rel=1e-13)
    for name in built.boundaries:
        ours, theirs = (np.sort(np.round(edges(m, name).sum(axis=1), 9), axis=0) for m in (built, read))
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("radii", "rings", "latitudes", "words"),
    [
        ((0.0, 1.0), ("a", "b"), (0.0, 0.1), "one region name"),
        ((2.0, 1.0), ("a",), (0.0, 0.1), "radii"),
        ((-1.0, 1.0), ("a",), (0.0, 0.1), "radii"),
        ((1.0, 2.0), ("a",), (0.1, 0.0), "latitudes"),
        ((1.0, 2.0), ("a",), (-2.0, 0.0), "latitudes"),
        ((1.0, 2.0), ("a",), (0.0, 2.0), "latitudes"),
        ((1.0, float("nan")), ("a",), (0.0, 0.1), "radii"),
    ],
)
def test_a_wrong_plan_is_refused(
    radii: tuple[float, ...], rings: tuple[str, ...], latitudes: tuple[float, ...], words: str
) -> None:
    with pytest.raises(MeshError, match=words) as error:
        PolarPlan(radii, rings, latitudes, 2)
    assert "\n" not in str(error.value)


def test_a_centre_needs_whole_quadrants() -> None:
    with pytest.raises(MeshError, match="quadrant"):
        build_polar(PolarPlan((0.0, 1.0), ("a",), (0.0, 0.3, 0.6), 2))


@pytest.mark.parametrize("kind", ["quadrangle", "triangle"])
@pytest.mark.parametrize("order", range(1, 11))
def test_node_order_is_that_of_gmsh(kind: str, order: int) -> None:
    import gmsh

    from femwgm.mesh.gmsh_session import gmsh_model

    with gmsh_model("properties"):
        code = gmsh.model.mesh.getElementType(kind, order)
        _, _, _, count, local, _ = gmsh.model.mesh.getElementProperties(code)
    theirs = local.reshape(count, 2).T
    if kind == "quadrangle":
        theirs = 0.5 * (theirs + 1.0)
    assert np.allclose(reference_nodes(4 if kind == "quadrangle" else 3, order), theirs, atol=1e-14)
