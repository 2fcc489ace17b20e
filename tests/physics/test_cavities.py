"""Closed cavities against their exact modes: nothing missing, nothing spurious, the axis inside the domain."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.constants import c
from scipy.special import jv
from support.cavities import cylinder_mode, cylinder_modes, mode_near, pencil, roots, spectrum, sphere_modes
from support.meshes import blocks_mesh, half_disc, quarter_disc, rectangle
from threadpoolctl import threadpool_limits

from femwgm.eigen.iterations import nearest
from femwgm.fem.pencil import Pencil
from femwgm.ground.typing import Array
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.gmsh_session import gmsh_model
from femwgm.mesh.load import from_model

both_cells = pytest.mark.parametrize("corners", [3, 4])

UNIAXIAL = {"radius": 1.0, "length": 0.8, "eps": 9.394, "eps_z": 11.593}
"""The sapphire-like cylinder of the table below."""

UNIAXIAL_MODES = {
    ("TM", 0, 1, 0): 0.706294234121,
    ("TM", 1, 1, 0): 1.12536721216,
    ("TM", 1, 1, 1): 1.70530303428,
    ("TE", 1, 1, 1): 1.41508699908,
    ("TM", 6, 1, 1): 3.18710395425,
    ("TE", 6, 1, 1): 2.76251580551,
}
"""k0 of that cylinder (radius 1, length 0.8) by its closed form, computed for the project apart from femwgm, 12 digits."""

PALACE_GHZ = {
    ("TM", 0, 1, 0): 2.903605,
    ("TM", 1, 1, 0): 4.626474,
    ("TM", 2, 1, 0): 6.200829,
    ("TE", 1, 1, 1): 2.922212,
    ("TE", 2, 1, 1): 4.146842,
    ("TM", 0, 1, 1): 3.468149,
    ("TE", 0, 1, 1): 5.000140,
    ("TE", 1, 1, 2): 4.396673,
}
"""Frequencies of the cylinder of Palace's documentation ("Cylindrical Cavity Resonator"): eps = 2.08, radius 2.74, height 5.48.

They rest on Bessel zeros of four decimals (2.4048, 3.8317, 1.8412, ...), so they are good to 1.2e-5.
"""


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Small matrices: a second BLAS thread on a busy machine costs a factor of ten."""
    with threadpool_limits(1):
        yield


def gradients(mesh: CurvedMesh, degree: int, m: int) -> int:
    """How many gradients the spaces hold: H1 functions that vanish on the conductor and, unless m = 0, on the axis.

    Counted from vertices, edges and cells alone; every facet on the boundary is axis or conductor.
    """
    facets = mesh.topology.facets
    dead = np.unique(facets[:, mesh.boundaries["outer"]])
    edges = facets.shape[1] - len(mesh.boundaries["outer"])
    if m != 0:
        dead = np.union1d(dead, np.unique(facets[:, mesh.boundaries["axis"]]))
        edges -= len(mesh.boundaries["axis"])
    inside = (degree - 1) ** 2 if mesh.corners == 4 else (degree - 1) * (degree - 2) // 2
    return int(mesh.topology.nvertices - len(dead) + (degree - 1) * edges + inside * mesh.cells)


def check_whole_spectrum(problem: Pencil, kernel: int, exact: Array, accuracy: float) -> None:
    """Eigenvalues: the kernel, a gap, then exactly the true modes in order."""
    values = spectrum(problem)
    assert np.abs(values[:kernel]).max() < 1e-7 * exact[0] ** 2
    assert np.sqrt(values[kernel : kernel + len(exact)]) == pytest.approx(exact, rel=accuracy)


@both_cells
@pytest.mark.parametrize("m", [0, 1, 2, 3])
def test_sphere_has_its_modes_and_no_others(corners: int, m: int) -> None:
    degree = 4
    mesh = blocks_mesh(half_disc(1.0), corners, 6, 1, shuffle=m)
    exact = sphere_modes(m, 8.0)
    assert len(exact) >= 4
    check_whole_spectrum(pencil(mesh, degree, m), gradients(mesh, degree, m), exact, 5e-3)


@both_cells
@pytest.mark.parametrize("m", [0, 1, 2, 3])
def test_uniaxial_cylinder_has_its_modes_and_no_others(corners: int, m: int) -> None:
    degree = 5
    mesh = blocks_mesh([rectangle((0.0, 1.0), (0.0, 0.8))], corners, 1, 2, shuffle=m)
    problem = pencil(mesh, degree, m, UNIAXIAL["eps"], eps_axial=UNIAXIAL["eps_z"], axis="z")
    exact = cylinder_modes(m, 3.2, **UNIAXIAL)
    assert len(exact) >= 7
    check_whole_spectrum(problem, gradients(mesh, degree, m), exact, 1e-3)


@both_cells
@pytest.mark.parametrize("degree", [1, 2, 3])
def test_low_degrees_have_an_exact_kernel_too(corners: int, degree: int) -> None:
    mesh = blocks_mesh(half_disc(1.0), corners, 3, 2, shuffle=0)
    for m in (0, 1):
        values = spectrum(pencil(mesh, degree, m))
        kernel = gradients(mesh, degree, m)
        assert np.abs(values[:kernel]).max() < 1e-8
        assert np.sqrt(values[kernel]) == pytest.approx(
            2.74370726998, rel={1: 0.08, 2: 2e-3, 3: 1e-4}[degree]
        )


@both_cells
def test_sphere_modes_do_not_depend_on_m(corners: int) -> None:
    """l = 4: TE and TM from every m <= 4, and from -m, to nine digits."""
    exact = np.array([roots_of_order(4, kind) for kind in ("TM", "TE")])
    mesh = blocks_mesh(half_disc(1.0), corners, 9, 2, shuffle=1)
    for m in (0, 1, 2, 3, 4, -3):
        problem = pencil(mesh, 8, m)
        assert [mode_near(problem, k).real for k in exact] == pytest.approx(exact, rel=2e-9)


def roots_of_order(order: float, kind: str) -> float:
    """First zero x of j_v(x) (TE) or of (x j_v(x))' (TM) for a spherical Bessel function of any order v."""

    def function(x: Array) -> Array:
        half = order + 0.5
        if kind == "TE":
            return jv(half, x)
        return 0.5 * jv(half, x) + 0.5 * x * (jv(half - 1.0, x) - jv(half + 1.0, x))

    return roots(function, np.linspace(0.5 * order, order + 6.0, 500))[0]


@both_cells
def test_radially_uniaxial_sphere(corners: int) -> None:
    """Optical axis along the local radius: TM of order v (v + 1) = l (l + 1) eps_t / eps_r, TE as if isotropic."""
    l, eps_t, eps_r = 6, 2.25, 2.0
    order = np.sqrt(0.25 + l * (l + 1) * eps_t / eps_r) - 0.5
    exact = np.array([roots_of_order(order, "TM"), roots_of_order(l, "TE")]) / np.sqrt(eps_t)
    mesh = blocks_mesh(half_disc(1.0), corners, 8, 2, shuffle=1)
    for m in (2, 6):
        problem = pencil(mesh, 7, m, eps_t, eps_axial=eps_r, axis="radial")
        assert [mode_near(problem, k).real for k in exact] == pytest.approx(exact, rel=1e-7)


@both_cells
@pytest.mark.parametrize("mode", UNIAXIAL_MODES)
def test_uniaxial_cylinder(corners: int, mode: tuple[str, int, int, int]) -> None:
    kind, n, radial, axial = mode
    expected = UNIAXIAL_MODES[mode]
    assert cylinder_mode(kind, n, radial, axial, **UNIAXIAL) == pytest.approx(expected, rel=1e-11)
    mesh = blocks_mesh([rectangle((0.0, 1.0), (0.0, 0.8))], corners, 1, 3, shuffle=2)
    problem = pencil(mesh, 8, n, UNIAXIAL["eps"], eps_axial=UNIAXIAL["eps_z"], axis="z")
    assert mode_near(problem, expected).real == pytest.approx(expected, rel=1e-10)


@both_cells
@pytest.mark.parametrize("mode", PALACE_GHZ)
def test_lossy_cylinder_of_palace(corners: int, mode: tuple[str, int, int, int]) -> None:
    """Frequencies as Palace prints them, those of the closed form to nine digits, and Q = 1 / tan delta = 2500 for every mode."""
    centimetre, tan_delta = 0.01, 4e-4
    mesh = blocks_mesh([rectangle((0.0, 2.74), (0.0, 2 * 2.74))], corners, 1, 2, shuffle=3)
    start = 2e9 * np.pi * PALACE_GHZ[mode] / c * centimetre
    eps = 2.08 * (1.0 + 1j * tan_delta)
    k0 = mode_near(pencil(mesh, 8, mode[1], eps), start)
    assert k0.real * c / centimetre / (2e9 * np.pi) == pytest.approx(PALACE_GHZ[mode], rel=1.2e-5)
    assert k0 == pytest.approx(cylinder_mode(*mode, radius=2.74, length=2 * 2.74, eps=eps), rel=1e-9)
    assert -k0.real / (2.0 * k0.imag) == pytest.approx(1.0 / tan_delta, rel=1e-6)


def test_degenerate_pair_is_found_twice() -> None:
    """At the length where TE_111 meets TM_110 the eigenvalue is double: both vectors come back, orthogonal in M."""
    unit = {"radius": 1.0, "eps": 1.0}
    flat = cylinder_mode("TM", 1, 1, 0, length=1.0, **unit)
    length = np.pi / np.sqrt(flat**2 - cylinder_mode("TE", 1, 1, 0, length=1.0, **unit) ** 2)
    assert cylinder_mode("TE", 1, 1, 1, length=length, **unit) == pytest.approx(flat)
    problem = pencil(blocks_mesh([rectangle((0.0, 1.0), (0.0, length))], 4, 1, 2, shuffle=4), 8, 1)
    pairs = nearest(problem, 1.001 * flat**2, 2)
    assert np.sqrt(pairs.values) == pytest.approx([flat, flat], rel=1e-9)
    assert pairs.vectors.T @ problem.apply_M(pairs.vectors) == pytest.approx(np.eye(2), abs=1e-9)


@pytest.mark.gmsh
def test_unstructured_triangles_of_gmsh() -> None:
    """The sphere on a free triangulation with curved cells: nodes on the wall, the whole spectrum, and its digits."""
    with gmsh_model("ball") as gmsh:
        geo = gmsh.model.geo
        low, centre, high = (geo.addPoint(0.0, z, 0.0, 0.45) for z in (-1.0, 0.0, 1.0))
        east = geo.addPoint(1.0, 0.0, 0.0, 0.45)
        wall = [geo.addCircleArc(low, centre, east), geo.addCircleArc(east, centre, high)]
        axis = geo.addLine(high, low)
        inside = geo.addPlaneSurface([geo.addCurveLoop([*wall, axis])])
        geo.synchronize()
        for dim, tags, name in ((2, [inside], "ball"), (1, wall, "outer"), (1, [axis], "axis")):
            gmsh.model.addPhysicalGroup(dim, tags, name=name)
        gmsh.model.mesh.generate(2)
        gmsh.model.mesh.setOrder(7)
        mesh = from_model(gmsh.model, 7, ("ball",))
    degree, m = 3, 1
    check_whole_spectrum(pencil(mesh, degree, m), gradients(mesh, degree, m), sphere_modes(m, 6.5), 1e-3)
    assert mode_near(pencil(mesh, 6, 2), 3.87023858).real == pytest.approx(sphere_modes(2, 4.0)[0], rel=1e-8)


@both_cells
@pytest.mark.parametrize("m", [0, 1, 2])
def test_mirror_halves_make_the_whole(corners: int, m: int) -> None:
    """Conducting (E normal to the plane) and natural conditions at z = 0 split the modes of the sphere by parity."""
    half = blocks_mesh(quarter_disc(1.0), corners, 6, 1, shuffle=5, mirror=True)
    exact = sphere_modes(m, 6.5)
    found = []
    for conductors in (("outer", "mirror"), ("outer",)):
        values = spectrum(pencil(half, 5, m, conductors=conductors))
        found.append(np.sqrt(values[values > 1.0]))
        assert np.abs(values[values <= 1.0]).max() < 1e-9
    together = np.sort(np.concatenate(found))[: len(exact)]
    assert together == pytest.approx(exact, rel=2e-3)
    assert all(0 < (f < 6.5).sum() < len(exact) for f in found)


@both_cells
def test_scaling_all_lengths_scales_k0(corners: int) -> None:
    mesh = blocks_mesh(half_disc(1.0), corners, 4, 1, shuffle=6)
    small, large = pencil(mesh, 4, 2), pencil(mesh.with_nodes(37.0 * mesh.nodes), 4, 2)
    k = mode_near(small, 3.8702)
    assert 37.0 * mode_near(large, k / 37.0) == pytest.approx(k, rel=1e-12)
