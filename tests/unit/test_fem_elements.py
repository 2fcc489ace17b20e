"""The element spaces, against their definition by monomials, at every degree that femwgm offers."""

from __future__ import annotations

import numpy as np
import pytest
from skfem import ElementQuadN1, ElementTriN1, ElementTriN2, ElementTriN3

from femwgm.fem.spaces import discrete_gradient, element_pair
from femwgm.ground.typing import Array

DEGREES = range(1, 9)
both_cells = pytest.mark.parametrize("corners", [3, 4])
every_degree = pytest.mark.parametrize("degree", DEGREES)
CORNERS = {3: np.array([[0, 0], [1, 0], [0, 1]]), 4: np.array([[0, 0], [1, 0], [1, 1], [0, 1]])}


def points(corners: int, count: int = 300) -> Array:
    X = np.random.default_rng(corners).random((2, count))
    return X[:, X.sum(axis=0) < 0.99] if corners == 3 else X


def monomials(X: Array, exponents: list[tuple[int, int]]) -> Array:
    """Products of powers of the centred coordinates 2 x - 1, which stay independent in floating point to degree 9."""
    x, y = 2.0 * X - 1.0
    return np.array([x**a * y**b for a, b in exponents])


def triangle(degree: int) -> list[tuple[int, int]]:
    return [(a, b) for a in range(degree + 1) for b in range(degree + 1 - a)]


def tensor(in_x: int, in_y: int) -> list[tuple[int, int]]:
    return [(a, b) for a in range(in_x + 1) for b in range(in_y + 1)]


def vectors(x: Array, y: Array) -> Array:
    """All (f, 0) and (0, g) for f in x and g in y."""
    return np.concatenate([np.stack([x, 0 * x], axis=1), np.stack([0 * y, y], axis=1)])


def nedelec_space(corners: int, degree: int, X: Array) -> Array:
    """First-kind space by definition (Nedelec, Numer. Math. 35, 315 (1980)): dimensions k (k + 2) and 2 k (k + 1)."""
    k = degree
    if corners == 4:
        return vectors(monomials(X, tensor(k - 1, k)), monomials(X, tensor(k, k - 1)))
    full = monomials(X, triangle(k - 1))
    top = monomials(X, [(a, k - 1 - a) for a in range(k)])
    return np.concatenate([vectors(full, full), np.stack([-X[1] * top, X[0] * top], axis=1)])


def scalar_space(corners: int, degree: int, X: Array) -> Array:
    return monomials(X, tensor(degree, degree) if corners == 4 else triangle(degree))


def distance(space: Array, functions: Array) -> float:
    """How far the functions are from the span of a space, at sample points, relative to their size."""
    A, B = (f.reshape(len(f), -1).T for f in (space, functions))
    basis, _ = np.linalg.qr(A)
    return float(np.abs(B - basis @ (basis.T @ B)).max() / np.abs(B).max())


@both_cells
@every_degree
def test_nedelec_space_is_the_defined_one(corners: int, degree: int) -> None:
    X = points(corners)
    element, _ = element_pair(corners, degree)
    values, _ = element.tabulate(X)
    defined = nedelec_space(corners, degree, X)
    assert (
        len(values)
        == element.size
        == len(defined)
        == (degree * (degree + 2) if corners == 3 else 2 * degree * (degree + 1))
    )
    assert np.linalg.matrix_rank(values.reshape(element.size, -1), tol=1e-9) == element.size
    assert distance(defined, values) < 1e-11
    assert distance(values, defined) < 1e-9


@both_cells
@every_degree
def test_h1_space_is_the_defined_one(corners: int, degree: int) -> None:
    X = points(corners)
    _, element = element_pair(corners, degree)
    values, _ = element.tabulate(X)
    defined = scalar_space(corners, degree, X)
    assert len(values) == element.size == len(defined)
    assert np.linalg.matrix_rank(values, tol=1e-9) == element.size
    assert distance(defined, values) < 1e-11
    assert distance(values, defined) < 1e-9


@pytest.mark.parametrize(
    ("corners", "degree", "theirs"),
    [(3, 1, ElementTriN1()), (3, 2, ElementTriN2()), (3, 3, ElementTriN3()), (4, 1, ElementQuadN1())],
)
def test_nedelec_space_is_that_of_scikit_fem(corners: int, degree: int, theirs: object) -> None:
    X = points(corners)
    ours, curls = element_pair(corners, degree)[0].tabulate(X)
    values, derivatives = zip(*[theirs.lbasis(X, i) for i in range(len(ours))], strict=True)
    assert distance(np.array(values), ours) < 1e-12
    change = np.linalg.lstsq(
        ours.reshape(len(ours), -1).T, np.array(values).reshape(len(ours), -1).T, rcond=None
    )[0]
    assert np.allclose(change.T @ curls, np.array(derivatives), atol=1e-11)


@both_cells
@every_degree
def test_sequence_is_exact(corners: int, degree: int) -> None:
    """grad H1 lies in the Nedelec space, has no curl, and is all of the curl-free fields there."""
    X = points(corners)
    curl_element, scalar_element = element_pair(corners, degree)
    values, curls = curl_element.tabulate(X)
    _, grads = scalar_element.tabulate(X)
    D = discrete_gradient(corners, degree)
    assert np.abs(np.einsum("ndp,nj->jdp", values, D) - grads).max() < 1e-11
    assert np.abs(D.T @ curls).max() < 1e-10 * np.abs(curls).max()
    curl_rank = np.linalg.matrix_rank(curls, tol=1e-8)
    assert np.linalg.matrix_rank(D) == scalar_element.size - 1 == curl_element.size - curl_rank


@both_cells
@every_degree
def test_derivatives_are_those_of_finite_differences(corners: int, degree: int) -> None:
    X, h = points(corners), 1e-5
    curl_element, scalar_element = element_pair(corners, degree)

    def slopes(element: object) -> list[Array]:
        steps = h * np.eye(2)[:, :, None]
        return [(element.tabulate(X + e)[0] - element.tabulate(X - e)[0]) / (2.0 * h) for e in steps]

    dx, dy = slopes(curl_element)
    _, curls = curl_element.tabulate(X)
    assert np.abs(dx[:, 1] - dy[:, 0] - curls).max() < 1e-7 * max(1.0, np.abs(curls).max())
    dx, dy = slopes(scalar_element)
    _, grads = scalar_element.tabulate(X)
    assert np.abs(np.stack([dx, dy], axis=1) - grads).max() < 1e-7 * max(1.0, np.abs(grads).max())


@both_cells
@every_degree
def test_traces_belong_to_their_own_edge(corners: int, degree: int) -> None:
    """An edge function is tangential on its edge alone, where the k of them span the polynomials; an interior one nowhere."""
    t = np.linspace(0.01, 0.99, 25)
    curl_element, scalar_element = element_pair(corners, degree)
    edges = [CORNERS[corners][[a, b]] for a, b in curl_element.edge_vertices]
    for number, (start, end) in enumerate(edges):
        X = start[:, None] + (end - start)[:, None] * t
        tangential = np.einsum("ndp,d->np", curl_element.tabulate(X)[0], end - start)
        own = slice(number * degree, (number + 1) * degree)
        assert np.linalg.matrix_rank(tangential[own], tol=1e-9) == degree
        assert distance(np.polynomial.legendre.legvander(2 * t - 1, degree - 1).T, tangential[own]) < 1e-12
        assert np.abs(np.delete(tangential, own, axis=0)).max(initial=0.0) < 1e-13
        trace = scalar_element.tabulate(X)[0]
        mine = [
            *curl_element.edge_vertices[number],
            *(corners + number * (degree - 1) + np.arange(degree - 1)),
        ]
        assert np.linalg.matrix_rank(trace[mine], tol=1e-9) == degree + 1
        assert np.abs(np.delete(trace, mine, axis=0)).max(initial=0.0) < 1e-13


@both_cells
@every_degree
def test_edge_parity_is_that_of_the_functions(corners: int, degree: int) -> None:
    """Walked the other way, function j of an edge is itself or its negative, as `edge_parity` says."""
    t = np.linspace(0.0, 1.0, 17)
    curl_element, scalar_element = element_pair(corners, degree)
    a, b = (CORNERS[corners][v] for v in curl_element.edge_vertices[0])
    X = a[:, None] + (b - a)[:, None] * t
    tangential = np.einsum("ndp,d->np", curl_element.tabulate(X)[0][:degree], b - a)
    trace = scalar_element.tabulate(X)[0][corners : corners + degree - 1]
    for j, parity in enumerate(curl_element.edge_parity):
        assert np.allclose(-tangential[j, ::-1], (-1.0) ** parity * tangential[j])
    for j, parity in enumerate(scalar_element.edge_parity):
        assert np.allclose(trace[j, ::-1], (-1.0) ** parity * trace[j])


def test_basis_stays_well_conditioned() -> None:
    for corners in (3, 4):
        X = points(corners, 2000)
        for element in element_pair(corners, 8):
            values = element.tabulate(X)[0].reshape(element.size, -1)
            scaled = values / np.linalg.norm(values, axis=1)[:, None]
            assert np.linalg.cond(scaled) < 1e3
