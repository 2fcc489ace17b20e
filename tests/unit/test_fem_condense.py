"""Static condensation and the two kinds of factorisation against plain dense linear algebra."""

from __future__ import annotations

import numpy as np
import pytest
from support.pencils import dense, example, free_unknowns

from femwgm.errors import SolveError
from femwgm.fem import condense
from femwgm.fem.condense import FactoredPencil

kinds = pytest.mark.parametrize(
    ("stretch", "loss"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.1)], ids=["real", "stretched", "lossy"]
)
both_cells = pytest.mark.parametrize("corners", [3, 4])
SHIFT = 17.3


@both_cells
@pytest.mark.parametrize("m", [0, 2])
def test_numbering_holds_every_free_unknown_once(corners: int, m: int) -> None:
    pencil, _ = example(corners, 4, m)
    space = pencil.numbering.space
    order = free_unknowns(pencil.numbering)
    assert np.array_equal(np.sort(order), np.flatnonzero(~space.fixed(m, ["outer"])))
    x = np.random.default_rng(0).standard_normal((pencil.size, 2))
    whole = np.zeros((space.size, 2))
    whole[order] = x
    assert np.array_equal(pencil.numbering.gather(x), whole[space.dofs])
    assert np.array_equal(pencil.numbering.to_space(x[:, 0]), whole[space.dofs, 0] * space.signs)


@both_cells
@kinds
@pytest.mark.parametrize("degree", [1, 2, 4])
def test_application_is_that_of_the_assembled_matrix(
    corners: int, degree: int, stretch: float, loss: float
) -> None:
    pencil, _ = example(corners, degree, stretch=stretch, loss=loss, n=3)
    x = np.random.default_rng(1).standard_normal((pencil.size, 3))
    for apply, cells in ((pencil.apply_K, pencil.K), (pencil.apply_M, pencil.M)):
        expected = dense(pencil.numbering, cells) @ x
        assert np.allclose(apply(x), expected, rtol=0, atol=1e-13 * np.abs(expected).max())


@both_cells
@kinds
@pytest.mark.parametrize("degree", [1, 2, 4])
@pytest.mark.parametrize("skeleton", ["dense", "sparse"])
def test_solution_is_that_of_the_assembled_matrix(
    corners: int, degree: int, stretch: float, loss: float, skeleton: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(condense, "DENSE_SKELETON", 0 if skeleton == "sparse" else 10**6)
    pencil, _ = example(corners, degree, stretch=stretch, loss=loss, n=3)
    A = pencil.K - SHIFT * pencil.M
    before = A.copy()
    b = np.random.default_rng(2).standard_normal((pencil.size, 2)).astype(A.dtype)
    x = FactoredPencil(pencil.numbering, A).solve(b)
    expected = np.linalg.solve(dense(pencil.numbering, before), b)
    assert np.array_equal(A, before)
    assert x.shape == b.shape
    assert x.dtype == b.dtype
    assert np.allclose(x, expected, rtol=0, atol=1e-10 * np.abs(expected).max())


@pytest.mark.parametrize("skeleton", ["dense", "sparse"])
def test_a_real_factorisation_solves_for_complex_vectors(
    skeleton: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(condense, "DENSE_SKELETON", 0 if skeleton == "sparse" else 10**6)
    pencil, _ = example(4, 3)
    factor = FactoredPencil(pencil.numbering, pencil.K - SHIFT * pencil.M)
    b = np.random.default_rng(3).standard_normal((2, pencil.size, 2))
    assert np.allclose(
        factor.solve(b[0] + 1j * b[1]), factor.solve(b[0]) + 1j * factor.solve(b[1]), atol=1e-14
    )


@pytest.mark.parametrize("skeleton", ["dense", "sparse"])
@pytest.mark.parametrize("degree", [1, 3])
def test_a_singular_matrix_is_reported(degree: int, skeleton: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown without a matrix entry: in the interior of a cell or on the skeleton, the message says what to do."""
    monkeypatch.setattr(condense, "DENSE_SKELETON", 0 if skeleton == "sparse" else 10**6)
    pencil, _ = example(4, degree)
    nb = pencil.numbering.boundary.shape[1]
    dead_skeleton = pencil.M.copy()
    dead_skeleton[:, :nb], dead_skeleton[:, :, :nb] = 0.0, 0.0
    cases = [dead_skeleton]
    if degree > 1:
        dead_interior = pencil.M.copy()
        dead_interior[1, nb], dead_interior[1, :, nb] = 0.0, 0.0
        cases.append(dead_interior)
    for A in cases:
        with pytest.raises(SolveError, match="another shift"):
            FactoredPencil(pencil.numbering, A).solve(np.ones((pencil.size, 1)))
