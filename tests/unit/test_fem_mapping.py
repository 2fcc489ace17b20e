"""Curved cells and quadrature: positions, Jacobians and integrals that are known otherwise."""

from __future__ import annotations

from math import factorial

import numpy as np
import pytest
from support.meshes import blocks_mesh, half_disc, wavy

from femwgm.errors import MeshError
from femwgm.fem.assemble import gauss_points
from femwgm.fem.mapping import CurvedMapping, shape_functions
from femwgm.mesh.curved import reference_nodes

both_cells = pytest.mark.parametrize("corners", [3, 4])


@both_cells
@pytest.mark.parametrize("points", range(1, 15))
def test_quadrature_is_exact_to_its_degree(corners: int, points: int) -> None:
    """Degree 2 n - 1 with n points: in all on triangles, in each variable on squares; integrals a! b! / (a + b + 2)! and
    1 / ((a + 1) (b + 1))."""
    X, W = gauss_points(corners, points)
    degree = 2 * points - 1
    assert (W > 0.0).all()
    for a in range(degree + 1):
        b = degree - a if corners == 3 else degree
        exact = (
            factorial(a) * factorial(b) / factorial(a + b + 2) if corners == 3 else 1.0 / ((a + 1) * (b + 1))
        )
        assert (X[0] ** a * X[1] ** b) @ W == pytest.approx(exact, rel=1e-12)


@both_cells
@pytest.mark.parametrize("order", range(1, 11))
def test_shape_functions_interpolate(corners: int, order: int) -> None:
    """One at their own node and zero at the others; all polynomials of the order come back, with their gradients."""
    nodes = reference_nodes(corners, order)
    assert np.allclose(shape_functions(corners, order, nodes)[0], np.eye(nodes.shape[1]), atol=1e-9)
    X = np.random.default_rng(0).random((2, 30)) / 2.0
    value, grad = shape_functions(corners, order, X)
    a, b = order // 2, order - order // 2
    at_nodes = nodes[0] ** a * nodes[1] ** b
    assert at_nodes @ value == pytest.approx(X[0] ** a * X[1] ** b, abs=1e-10)
    slope = a * X[0] ** max(a - 1, 0) * X[1] ** b
    assert np.einsum("n,np->p", at_nodes, grad[:, 0]) == pytest.approx(slope, abs=1e-9)
    assert np.abs(value.sum(axis=0) - 1.0).max() < 1e-10


@both_cells
@pytest.mark.parametrize("stretch", [0.0, 0.3])
def test_jacobian_is_that_of_finite_differences(corners: int, stretch: float) -> None:
    mesh = blocks_mesh([wavy((0.5, 2.0), (-0.4, 0.5), 0.1)], corners, 4, 2, shuffle=6)
    mapping = CurvedMapping(mesh.with_nodes(mesh.nodes + 1j * stretch * mesh.nodes**2) if stretch else mesh)
    X, h = np.random.default_rng(0).random((2, 20)) / 2.0, 1e-5
    columns = [(mapping.F(X + e) - mapping.F(X - e)) / (2.0 * h) for e in h * np.eye(2)[:, :, None]]
    J = mapping.DF(X)
    assert np.allclose(J, np.stack(columns, axis=1), atol=1e-8)
    assert np.allclose(mapping.detDF(X), np.linalg.det(np.moveaxis(J, (0, 1), (-2, -1))), atol=1e-13)
    assert np.allclose(
        np.einsum("ij...,jk...->ik...", mapping.invDF(X), J), np.eye(2)[:, :, None, None], atol=1e-12
    )
    few = np.array([2, 0])
    assert np.allclose(mapping.DF(X, few), J[:, :, few], atol=1e-14)
    assert np.allclose(mapping.F(np.repeat(X[:, None], 2, axis=1), few), mapping.F(X)[:, few], atol=1e-14)


@both_cells
def test_positions_are_found_again(corners: int) -> None:
    mapping = CurvedMapping(blocks_mesh(half_disc(1.0), corners, 5, 1, shuffle=7))
    X = np.random.default_rng(0).random((2, 40)) / 2.0
    x = mapping.F(X)
    assert np.allclose(mapping.invF(x), X[:, None], atol=1e-11)


def test_a_position_far_outside_its_cell_is_reported() -> None:
    mapping = CurvedMapping(blocks_mesh(half_disc(1.0), 4, 3, 1))
    with pytest.raises(MeshError, match="located"):
        mapping.invF(np.full((2, mapping.curved.cells, 1), 50.0))
