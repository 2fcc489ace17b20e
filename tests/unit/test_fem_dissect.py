"""Nested dissection and SuperLU against dense linear algebra, and eigenvalue counts against complete spectra."""

from __future__ import annotations

import numpy as np
import pytest
from support.cavities import pencil, spectrum, sphere_modes
from support.meshes import blocks_mesh, half_disc, rectangle

from femwgm.eigen.inertia import eigenvalues_below, eigenvalues_between
from femwgm.errors import SolveError
from femwgm.fem.condense import CondensedCells
from femwgm.fem.dissect import Dissection
from femwgm.fem.sparse import sparse_solver


def assembled(problem, A):
    identity = np.eye(problem.size, dtype=A.dtype)
    return problem.numbering.apply(A, identity)


@pytest.mark.parametrize("corners", [3, 4])
@pytest.mark.parametrize("stretch", [0.0, 0.4])
def test_solutions(corners: int, stretch: float) -> None:
    mesh = blocks_mesh([rectangle((0.0, 1.0), (0.0, 0.8))], corners, 2, 5, shuffle=1)
    if stretch:
        mesh = mesh.with_nodes(mesh.nodes * np.array([1.0, 1.0 + 1j * stretch]))
    problem = pencil(mesh, 3, 2)
    number, nb = problem.numbering, problem.numbering.boundary.shape[1]
    schur = CondensedCells(problem.K - 30.0 * problem.M, nb).schur
    size = number.skeleton_size
    dense = np.zeros((size + 1, size + 1), dtype=schur.dtype)
    for index, block in zip(number.boundary, schur, strict=True):
        dense[np.ix_(index, index)] += block
    b = np.random.default_rng(0).standard_normal((size, 3))
    centres = mesh.nodes.real.mean(axis=1)
    for solve in (
        Dissection(number.boundary, schur, size, centres).solve,
        sparse_solver(number.boundary, schur, size),
    ):
        x = solve(b)
        assert np.abs(dense[:-1, :-1] @ x - b).max() < 1e-10 * np.abs(x).max()


@pytest.mark.parametrize("corners", [3, 4])
@pytest.mark.parametrize("m", [0, 1, 3])
def test_counts(corners: int, m: int) -> None:
    problem = pencil(blocks_mesh(half_disc(1.0), corners, 3, 2, shuffle=2), 3, m)
    values = spectrum(problem)
    for low, high in ((0.5, 30.0), (30.0, 90.0), (5.0, 300.0)):
        wanted = int(((values > low) & (values < high)).sum())
        assert eigenvalues_between(problem, low, high) == wanted


def test_the_count_of_a_cavity_is_exact() -> None:
    """Between two wavenumbers there are as many modes as the spherical Bessel functions have zeros."""
    problem = pencil(blocks_mesh(half_disc(1.0), 3, 6, 3), 5, 2)
    exact = sphere_modes(2, 12.0)
    assert eigenvalues_between(problem, 1.0, 11.9**2) == (exact < 11.9).sum()


def test_open_problems_are_not_counted() -> None:
    mesh = blocks_mesh([rectangle((0.0, 1.0), (0.0, 0.8))], 3, 1, 2)
    problem = pencil(mesh, 2, 1, 1.0 + 0.1j)
    with pytest.raises(SolveError, match="lossless"):
        eigenvalues_below(problem, 1.0)
