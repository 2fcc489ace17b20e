"""The eigen-solvers against dense LAPACK, with the traps that sparse solvers fall into."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg as sla
import scipy.sparse.linalg as spla
from support.pencils import dense, example

from femwgm.eigen.iterations import closest, nearest, refine
from femwgm.errors import SolveError
from femwgm.fem.pencil import RESIDUAL_LIMIT, Eigenpairs, Pencil
from femwgm.ground.typing import Array

both_cells = pytest.mark.parametrize("corners", [3, 4])
kinds = pytest.mark.parametrize(
    ("stretch", "loss"),
    [(0.0, 0.0), (0.4, 0.0), (0.0, 0.3), (0.3, 0.2)],
    ids=["real", "stretched", "lossy", "both"],
)
SHIFT = 31.7


def matrices(pencil: Pencil) -> tuple[Array, Array]:
    return dense(pencil.numbering, pencil.K), dense(pencil.numbering, pencil.M)


def exact_values(pencil: Pencil, shift: complex) -> Array:
    """All eigenvalues by LAPACK, nearest to the shift first."""
    K, M = matrices(pencil)
    values = sla.eigh(K, M, eigvals_only=True) if pencil.definite else sla.eigvals(K, M)
    return values[np.argsort(np.abs(values - shift))]


def residuals(pencil: Pencil, pairs: Eigenpairs) -> Array:
    K, M = matrices(pencil)
    Mx = M @ pairs.vectors
    return np.linalg.norm(K @ pairs.vectors - Mx * pairs.values, axis=0) / np.linalg.norm(
        Mx * pairs.values, axis=0
    )


@both_cells
@kinds
def test_nearest_pairs_are_those_of_lapack(corners: int, stretch: float, loss: float) -> None:
    pencil, _ = example(corners, 4, stretch=stretch, loss=loss)
    assert pencil.definite == (stretch == loss == 0.0)
    shift = SHIFT if pencil.definite else SHIFT - 2.0j
    pairs = nearest(pencil, shift, 5)
    assert len(pairs) == 5
    assert pairs.values == pytest.approx(exact_values(pencil, shift)[:5], rel=1e-10)
    assert np.iscomplexobj(pairs.values) != pencil.definite
    assert residuals(pencil, pairs) == pytest.approx(pairs.residuals, abs=1e-13)
    assert pairs.residuals.max() < 1e-10
    M = matrices(pencil)[1]
    assert pairs.vectors.T @ M @ pairs.vectors == pytest.approx(np.eye(5), abs=1e-8)


@both_cells
@kinds
def test_closest_pair_is_that_of_lapack(corners: int, stretch: float, loss: float) -> None:
    pencil, _ = example(corners, 4, stretch=stretch, loss=loss)
    expected = exact_values(pencil, SHIFT)[0]
    pairs = closest(pencil, expected * 1.003)
    assert pairs.values[0] == pytest.approx(expected, rel=1e-11)
    assert pairs.residuals[0] < 1e-11
    assert residuals(pencil, pairs).max() < RESIDUAL_LIMIT
    again = closest(pencil, expected * 1.003, start=pairs.vectors[:, :1])
    assert again.values[0] == pytest.approx(expected, rel=1e-11)


def test_closest_falls_back_when_the_shift_is_far() -> None:
    pencil, _ = example(4, 4)
    values = exact_values(pencil, SHIFT)
    between = 0.5 * (values[0] + values[1]) + 1e-3
    pairs = closest(pencil, between, block=2)
    assert pairs.values[0] == pytest.approx(exact_values(pencil, between)[0], rel=1e-9)


@pytest.mark.parametrize("stretch", [0.0, 0.3])
def test_start_vector_is_seeded(stretch: float) -> None:
    pencil, _ = example(4, 3, stretch=stretch)
    first, second = (nearest(pencil, SHIFT, 3) for _ in range(2))
    assert np.array_equal(first.values, second.values)
    assert np.array_equal(first.vectors, second.vectors)


def test_complex_symmetric_mass_is_not_taken_for_hermitian() -> None:
    """The trap: ARPACK's generalised mode takes M for Hermitian, and with loss or stretching its answers are fakes.

    If the first assertion ever fails, scipy has learnt to do it and the detour in `nearest` can go.
    """
    pencil, _ = example(4, 4, stretch=0.8, loss=0.5)
    K, M = matrices(pencil)
    shift = SHIFT - 5.0j
    values, vectors = spla.eigs(K, k=3, M=M, sigma=shift, v0=np.ones(len(K), dtype=complex))
    assert residuals(pencil, Eigenpairs(values, vectors, np.zeros(3))).max() > 1e-3
    pairs = nearest(pencil, shift, 3)
    assert residuals(pencil, pairs).max() < 1e-10
    assert pairs.values == pytest.approx(exact_values(pencil, shift)[:3], rel=1e-10)


def test_check_normalises_without_conjugation() -> None:
    """x^T M x = 1, Rayleigh quotients as values, and a residual that sees a wrong vector."""
    pencil, _ = example(3, 3, stretch=0.3)
    _, M = matrices(pencil)
    exact = nearest(pencil, SHIFT, 1)
    rotated = pencil.check(np.zeros(1), exact.vectors * (3.0 - 2.0j))
    assert np.diag(rotated.vectors.T @ M @ rotated.vectors) == pytest.approx(1.0)
    assert rotated.values == pytest.approx(exact.values, rel=1e-12)
    noise = 1e-3 * np.random.default_rng(0).standard_normal(exact.vectors.shape) * np.abs(exact.vectors).max()
    wrong = pencil.check(exact.values, exact.vectors + noise)
    assert wrong.residuals[0] > RESIDUAL_LIMIT
    assert residuals(pencil, wrong) == pytest.approx(wrong.residuals, rel=1e-9)


@pytest.mark.parametrize("stretch", [0.0, 0.3])
def test_refinement_converges_to_the_pair_at_hand(stretch: float) -> None:
    pencil, _ = example(4, 4, stretch=stretch)
    exact = nearest(pencil, SHIFT, 2)
    noise = 1e-2 * np.random.default_rng(1).standard_normal(exact.vectors.shape) * np.abs(exact.vectors).max()
    better = refine(pencil, pencil.check(exact.values, exact.vectors + noise))
    assert better.values == pytest.approx(exact.values, rel=1e-11)
    assert better.residuals.max() < 1e-10


@both_cells
@pytest.mark.parametrize("stretch", [0.0, 0.3])
@pytest.mark.parametrize("offset", [0.0, 1e-16, 1e-13])
def test_a_shift_on_an_eigenvalue_is_right_or_refused(corners: int, stretch: float, offset: float) -> None:
    """The factorisation is singular to working precision there: an error or the true pairs, nothing between."""
    pencil, _ = example(corners, 3, stretch=stretch)
    values = exact_values(pencil, SHIFT)
    shift = values[0] * (1.0 + offset)
    for solve in (lambda: nearest(pencil, shift, 2), lambda: closest(pencil, shift, block=2)):
        try:
            pairs = solve()
        except SolveError:
            continue
        assert pairs.values[0] == pytest.approx(values[0], rel=1e-10)
        assert residuals(pencil, pairs).max() < RESIDUAL_LIMIT


def test_the_kernel_is_refused_or_right() -> None:
    """Shift zero meets every gradient at once: whatever comes back has the eigenvalue zero."""
    pencil, _ = example(4, 3)
    try:
        pairs = nearest(pencil, 0.0, 2)
    except SolveError:
        return
    assert np.abs(pairs.values).max() < 1e-8


@pytest.mark.parametrize("count", [1, 4])
def test_tiny_problems_are_solved_densely(count: int) -> None:
    pencil, _ = example(4, 2, n=1)
    assert pencil.size < 10
    values = nearest(pencil, SHIFT, min(count, pencil.size)).values
    assert values == pytest.approx(exact_values(pencil, SHIFT)[: len(values)], rel=1e-9, abs=1e-9)


def test_negative_permittivity_is_not_definite() -> None:
    """A metal below its plasma frequency: real matrices, but M is indefinite and Lanczos would be wrong."""
    pencil, matrices_ = example(4, 3)
    eps = np.where(np.arange(pencil.numbering.cells) % 2, 1.0, -2.0)
    metal = Pencil(pencil.numbering, pencil.K, matrices_.mass(eps))
    assert not metal.definite
    shift = 40.0
    pairs = nearest(metal, shift, 2)
    assert pairs.values == pytest.approx(exact_values(metal, shift)[:2], rel=1e-9)


def test_a_residual_that_is_rounding_is_no_failure() -> None:
    """Large terms that cancel leave more than the limit, as tiny cells do; what did not converge is refused."""
    pencil, _ = example(4, 4)
    exact = nearest(pencil, SHIFT, 1)
    local = pencil.numbering.gather(exact.vectors)[..., 0]
    other = np.random.default_rng(0).standard_normal(local.shape)
    other -= (other * local).sum(axis=1, keepdims=True) / (local**2).sum(axis=1, keepdims=True) * local
    stiff = Pencil(pencil.numbering, pencil.K + 1e9 * other[:, :, None] * other[:, None, :], pencil.M)
    pairs = stiff.check(exact.values, exact.vectors)
    assert pairs.residuals[0] > RESIDUAL_LIMIT
    assert pairs.values[0] == pytest.approx(exact.values[0], rel=1e-6)
    assert stiff.converged(pairs).all()
    noise = 1e-4 * np.abs(exact.vectors).max() * np.random.default_rng(1).standard_normal(exact.vectors.shape)
    assert not stiff.converged(stiff.check(exact.values, exact.vectors + noise)).any()
    assert not pencil.converged(pencil.check(exact.values, exact.vectors + noise)).any()
