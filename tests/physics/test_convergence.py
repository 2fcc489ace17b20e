"""Observed orders of convergence, bounded from both sides: an eigenvalue of degree k elements converges as h^(2 k).

(Boffi, Acta Numerica 19, 1 (2010), section 12.) Too good a slope fails as well: then what is measured is not the error of the
elements. Each slope belongs to the geometric mean of the errors of several modes between two uniformly refined meshes, with the
axis inside the domain and the cells numbered at random.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from scipy.optimize import newton
from scipy.special import jn_zeros, jnp_zeros
from support.cavities import cylinder_mode, mode_near, pencil, sphere_modes
from support.marks import thinned
from support.meshes import blocks_mesh, half_disc, rectangle, wavy
from threadpoolctl import threadpool_limits

from femwgm.ground.typing import Array
from femwgm.mesh.curved import CurvedMesh

Mesh = Callable[[int], CurvedMesh]
RADIUS, LENGTH = 1.0, 0.8
REFINEMENT = {1: (8, 14), 2: (5, 9), 3: (4, 8), 4: (5, 8), 5: (4, 7), 6: (4, 6)}
BALL_REFINEMENT = {1: (4, 8), 2: (4, 6), 3: (3, 5), 4: (3, 5), 5: (3, 5), 6: (2, 3)}

LAYER_REFINEMENT = {1: (8, 14), 2: (4, 8), 3: (4, 8), 4: (4, 6), 5: (4, 6), 6: (4, 6)}


def every_cell_and_degree(function: Callable[..., None]) -> Callable[..., None]:
    cells = pytest.mark.parametrize("corners", [3, 4])
    return cells(pytest.mark.parametrize("degree", range(1, 7))(function))


def every_cell_and_other_degree(function: Callable[..., None]) -> Callable[..., None]:
    """As `every_cell_and_degree`, where degrees 3 and 5 are slow."""
    cells = pytest.mark.parametrize("corners", [3, 4])
    return cells(pytest.mark.parametrize("degree", thinned(range(1, 7), (1, 2, 4, 6)))(function))


def every_cell_and_few_degrees(function: Callable[..., None]) -> Callable[..., None]:
    """For what joins two laws that have tests of their own: only degrees 1, 2 and 4 are fast."""
    cells = pytest.mark.parametrize("corners", [3, 4])
    return cells(pytest.mark.parametrize("degree", thinned(range(1, 7), (1, 2, 4)))(function))


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Small matrices: a second BLAS thread on a busy machine costs a factor of ten."""
    with threadpool_limits(1):
        yield


def about(expected: int) -> object:
    """Limits on both sides; the meshes are coarse, so an order is known to about half a unit."""
    return pytest.approx(expected, abs=0.6)


def order(
    degree: int,
    mesh: Mesh,
    refinement: tuple[int, int],
    exact: list[complex],
    m: int,
    eps: Callable[[CurvedMesh], complex | Array] = lambda _: 1.0,
) -> float:
    """Slope of the errors of k0 in the cell size."""
    errors = []
    for n in refinement:
        cells = mesh(n)
        problem = pencil(cells, degree, m, eps(cells))
        errors.append([abs(mode_near(problem, k) / k - 1.0) for k in exact])
    coarse, fine = np.array(errors)
    assert coarse.max() < 0.1, "too coarse to tell an order"
    assert fine.min() > 1e-15, "too close to rounding to tell an order"
    return float(np.mean(np.log(coarse / fine)) / np.log(refinement[1] / refinement[0]))


def straight(corners: int) -> Mesh:
    return lambda n: blocks_mesh([rectangle((0.0, RADIUS), (0.0, LENGTH))], corners, 1, n, shuffle=n)


def bent(corners: int, degree: int) -> Mesh:
    return lambda n: blocks_mesh([wavy((0.0, RADIUS), (0.0, LENGTH), 0.05)], corners, degree, n, shuffle=n)


def ball(corners: int, shape_order: int) -> Mesh:
    return lambda n: blocks_mesh(half_disc(RADIUS), corners, shape_order, n, shuffle=n)


def through_the_complex_plane(mesh: Mesh, path: Callable[[Array, Array], tuple[Array, Array]]) -> Mesh:
    """Positions moved along a path that keeps the walls and the axis where they are: the same eigenvalues."""

    def moved(n: int) -> CurvedMesh:
        real = mesh(n)
        return real.with_nodes(np.stack(path(*np.moveaxis(real.nodes, -1, 0)), axis=-1))

    return moved


def cylinder(degree: int) -> list[complex]:
    """Modes well apart from their neighbours; higher ones for high degrees, whose errors would drown in rounding."""
    low, high = [("TM", 1, 0), ("TE", 1, 1), ("TM", 1, 1)], [("TE", 2, 1), ("TM", 1, 2), ("TM", 2, 2)]
    chosen = low if degree < 3 else high if degree < 6 else [("TM", 1, 2), ("TM", 2, 2), ("TM", 3, 1)]
    return [cylinder_mode(kind, 1, i, p, radius=RADIUS, length=LENGTH, eps=1.0) for kind, i, p in chosen]


def sphere(degree: int) -> list[complex]:
    modes = sphere_modes(1, 10.0)
    near = (
        [2.744, 3.870, 4.973]
        if degree < 3
        else [4.973, 6.988, 9.968]
        if degree < 6
        else [6.988, 9.095, 9.968]
    )
    return [modes[np.argmin(abs(modes - k))] for k in near]


def layered_cylinder(kind: str, n: int, radial: int, eps: complex, interface: float, start: float) -> complex:
    """k0 of the mode nearest to `start` in a cylinder with permittivity `eps` below z = interface and 1 above.

    A standing wave in each layer, k_i^2 = eps_i k0^2 - kt^2, its amplitude (times eps for TM) and slope matched at the interface.
    """
    transverse = (jnp_zeros if kind == "TE" else jn_zeros)(n, radial)[-1] / RADIUS

    def mismatch(k0: complex) -> complex:
        k = np.sqrt(np.array([eps, 1.0]) * k0**2 - transverse**2 + 0j)
        phase = k * np.array([interface, LENGTH - interface])
        return np.sum(k / np.tan(phase)) if kind == "TE" else np.sum(k * np.tan(phase) / np.array([eps, 1.0]))

    return newton(mismatch, start, tol=1e-14, maxiter=200)


@every_cell_and_degree
def test_straight_cells(corners: int, degree: int) -> None:
    assert order(degree, straight(corners), REFINEMENT[degree], cylinder(degree), 1) == about(2 * degree)


@every_cell_and_degree
def test_bent_cells(corners: int, degree: int) -> None:
    """Cells as curved as their functions, inside an exact boundary: bending them costs nothing."""
    assert order(degree, bent(corners, degree), REFINEMENT[degree], cylinder(degree), 1) == about(2 * degree)


@every_cell_and_other_degree
def test_curved_wall(corners: int, degree: int) -> None:
    """A sphere whose wall is interpolated one degree higher than the field."""
    slope = order(degree, ball(corners, degree + 1), BALL_REFINEMENT[degree], sphere(degree), 1)
    assert slope == about(2 * degree)


@pytest.mark.parametrize("corners", [3, 4])
@pytest.mark.parametrize(("shape_order", "expected"), [(1, 2), (2, 4), (3, 4), (4, 6)])
def test_shape_order(corners: int, shape_order: int, expected: int) -> None:
    """Coarse walls limit fine fields: interpolation of order g moves an eigenvalue by h^(g + 1), by h^(g + 2) if g is even."""
    assert order(6, ball(corners, shape_order), (2, 4), sphere(1), 1) == pytest.approx(expected, abs=0.15)


@every_cell_and_other_degree
def test_complex_bent_cells(corners: int, degree: int) -> None:
    def path(r: Array, z: Array) -> tuple[Array, Array]:
        return r + 0.1j * r * (RADIUS - r), z - 0.1j * z * (LENGTH - z)

    mesh = through_the_complex_plane(bent(corners, degree), path)
    assert order(degree, mesh, REFINEMENT[degree], cylinder(degree), 1) == about(2 * degree)


@every_cell_and_few_degrees
def test_complex_curved_wall(corners: int, degree: int) -> None:
    def path(r: Array, z: Array) -> tuple[Array, Array]:
        factor = 1.0 + 0.05j * (RADIUS**2 - r * r - z * z)
        return r * factor, z * factor

    mesh = through_the_complex_plane(ball(corners, degree + 1), path)
    assert order(degree, mesh, BALL_REFINEMENT[degree], sphere(degree), 1) == about(2 * degree)


@every_cell_and_few_degrees
def test_lossy_layer(corners: int, degree: int) -> None:
    """A step of the permittivity, with loss below it, aligned with the cells."""
    low, high = [("TM", 1, 5.755), ("TM", 1, 8.162)], [("TM", 1, 8.162), ("TM", 2, 8.615), ("TE", 2, 9.077)]
    chosen = low if degree < 3 else high
    interface, eps = 0.3, 2.0 + 0.1j
    blocks = [rectangle((0.0, RADIUS), (0.0, interface)), rectangle((0.0, RADIUS), (interface, LENGTH))]
    slope = order(
        degree,
        lambda n: blocks_mesh(blocks, corners, 1, (n, (n + 1) // 2), shuffle=n, names=["lower", "upper"]),
        LAYER_REFINEMENT[degree],
        [layered_cylinder(kind, 2, radial, eps, interface, start) for kind, radial, start in chosen],
        2,
        lambda mesh: np.array([eps, 1.0])[mesh.region],
    )
    assert slope == about(2 * degree)
