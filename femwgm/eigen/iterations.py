"""Eigenpairs of K x = lambda M x nearest to a shift: matrices in, residual-checked pairs out, no physics.

Vectors are normalised bilinearly, x^T M x = 1 without conjugation, which is what complex-symmetric pencils ask for. The residual
of a pair is norm(K x - lambda M x) / (abs(lambda) norm(M x)).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg as sla
import scipy.sparse.linalg as spla

from femwgm.errors import SolveError
from femwgm.fem.condense import FactoredPencil
from femwgm.fem.pencil import Eigenpairs, Pencil
from femwgm.ground.typing import Array

_SUBSPACE_STEPS = 12


@dataclass(frozen=True)
class Eigenmode:
    """A converged eigenpair at one degree."""

    k0: complex
    x: Array
    residual: float
    pencil: Pencil
    degree: int
    cluster: Array | None = None
    """Vectors (size, columns) of the pairs next to it that only their fields tell apart, its own the first; None without any."""
    apart: float = np.inf
    """Relative distance of the nearest of their wavenumbers."""

    @classmethod
    def of(cls, pencil: Pencil, pairs: Eigenpairs, degree: int) -> Eigenmode:
        """The first of some pairs, with the others for its neighbours."""
        k = np.sqrt(pairs.values.astype(np.complex128))
        return cls(
            complex(k[0]), pairs.vectors[:, 0], float(pairs.residuals[0]), pencil, degree,
            pairs.vectors if len(pairs) > 1 else None, float(np.abs(k[1:] / k[0] - 1.0).min(initial=np.inf)),
        )  # fmt: skip


def nearest(
    pencil: Pencil, shift: complex, count: int, *, factor: FactoredPencil | None = None
) -> Eigenpairs:
    """The `count` eigenpairs nearest to a shift, by shift-invert Lanczos (real) or Arnoldi (complex).

    The complex pencil is treated as the standard problem of (K - s M)^-1 M: ARPACK's generalised mode presumes a Hermitian M.

    Raises
    ------
    SolveError
        If the iteration does not converge or a residual exceeds `RESIDUAL_LIMIT`.
    """
    solver = factor or pencil.factor(shift)
    n = pencil.size
    start = np.random.default_rng(0).standard_normal(n)
    ncv = min(n, max(2 * count + 6, 12))
    if ncv <= count + 1:
        return _dense(pencil, shift, count)

    def column(apply: Callable[[Array], Array]) -> Callable[[Array], Array]:
        return lambda x: apply(x.reshape(-1, 1)).ravel()

    try:
        if pencil.definite and complex(shift).imag == 0.0:
            mass = spla.LinearOperator((n, n), matvec=column(pencil.apply_M), dtype=np.float64)
            inverse = spla.LinearOperator((n, n), matvec=column(solver.solve), dtype=np.float64)
            values, vectors = spla.eigsh(
                mass, k=count, M=mass, sigma=complex(shift).real, OPinv=inverse, ncv=ncv, v0=start
            )
        else:
            product = spla.LinearOperator(
                (n, n), matvec=column(lambda x: solver.solve(pencil.apply_M(x))), dtype=np.complex128
            )
            inverted, vectors = spla.eigs(product, k=count, ncv=ncv, v0=start.astype(np.complex128))
            values = shift + 1.0 / inverted
    except spla.ArpackError as error:
        raise SolveError(f"the eigen-solver did not converge near {shift:.6g}: {error}") from None
    pairs = pencil.check(values, vectors)
    converged = pencil.converged(pairs)
    if not converged.all():
        pairs = refine(pencil, pairs, factor=solver)
        converged = pencil.converged(pairs)
    if not converged.any():
        best, k = float(pairs.residuals.min(initial=np.inf)), np.sqrt(complex(shift)).real
        raise SolveError(
            f"no eigenpair near {2e3 * np.pi / k:.6g} nm (k0 = {k:.6g} rad/um) converged: the best residual is {best:.1e}; "
            "ask for less accuracy (accuracy.wavelength), another discretization.degree or discretization.refine"
        )
    pairs = pairs.select(np.flatnonzero(converged))
    return pairs.select(np.argsort(np.abs(pairs.values - shift)))


def closest(
    pencil: Pencil,
    shift: complex,
    *,
    block: int = 3,
    start: Array | None = None,
    factor: FactoredPencil | None = None,
    wanted: int = 1,
) -> Eigenpairs:
    """Eigenpairs next to a shift that is already close, by subspace iteration: a handful of solves instead of a Lanczos run.

    `start` (size, columns) seeds the subspace. The first `wanted` pairs are converged to rounding; of the others only those are
    returned whose residual is below `RESIDUAL_LIMIT`. Falls back on `nearest` if the first pair does not converge.

    Raises
    ------
    SolveError
        If nothing converges.
    """
    solver = factor or pencil.factor(shift)
    x = np.random.default_rng(0).standard_normal((pencil.size, block))
    if start is not None:
        x = np.concatenate([start, x[:, start.shape[1] :]], axis=1)
    best = np.inf
    for _ in range(_SUBSPACE_STEPS):
        x, remaining = _inverse_step(pencil, solver, x, wanted)
        if remaining < 1e-13 or remaining > 0.3 * best:
            break
        best = remaining
    pairs = pencil.check(np.zeros(x.shape[1]), x)
    converged = pencil.converged(pairs)
    if converged[0]:
        return pairs.select(np.flatnonzero(converged))
    return nearest(pencil, shift, block, factor=solver)


def _inverse_step(pencil: Pencil, solver: FactoredPencil, x: Array, wanted: int = 1) -> tuple[Array, float]:
    """One step of subspace iteration with Rayleigh-Ritz on the inverse, x^T M A^-1 M x against x^T M x.

    Returns the vectors, nearest to the shift first, and an estimate of the error that is left in the first `wanted` ones.
    """
    b = pencil.apply_M(x)
    y = solver.solve(b)
    inverse, metric = b.T @ y, x.T @ b
    scale = 1.0 / np.sqrt(np.abs(np.diag(metric)))
    inverse, metric = inverse * scale[:, None] * scale, metric * scale[:, None] * scale
    real = not np.iscomplexobj(inverse) and pencil.definite
    gain, c = sla.eigh(0.5 * (inverse + inverse.T), metric) if real else sla.eig(inverse, metric)
    order = np.argsort(-np.abs(gain))
    gain, c = gain[order], scale[:, None] * c[:, order]
    y = y @ c
    size = np.linalg.norm(y, axis=0)
    first = slice(0, wanted)
    change = float(
        (np.linalg.norm(y[:, first] - gain[first] * (x @ c[:, first]), axis=0) / size[first]).max()
    )
    contraction = float(np.abs(gain[wanted] / gain[wanted - 1])) if len(gain) > wanted else min(change, 1.0)
    return y / size, change * contraction


def _dense(pencil: Pencil, shift: complex, count: int) -> Eigenpairs:
    """All eigenpairs of a tiny problem, then the nearest ones."""
    identity = np.eye(pencil.size)
    values, vectors = sla.eig(pencil.apply_K(identity), pencil.apply_M(identity))
    if pencil.definite:
        values, vectors = values.real, vectors.real
    order = np.argsort(np.abs(values - shift))[:count]
    return pencil.check(values[order], vectors[:, order])


def refine(
    pencil: Pencil, pairs: Eigenpairs, *, factor: FactoredPencil | None = None, steps: int = 4
) -> Eigenpairs:
    """Inverse iteration with Rayleigh quotients on each pair, from its own shift (or a given factorisation near all of them)."""
    improved = pairs
    for _ in range(steps):
        columns = []
        for j in range(len(improved)):
            solver = factor or pencil.factor(complex(improved.values[j]) * (1.0 + 1e-7))
            columns.append(solver.solve(pencil.apply_M(improved.vectors[:, [j]]))[:, 0])
        candidate = pencil.check(improved.values, np.array(columns).T)
        better = candidate.residuals < improved.residuals
        if not better.any():
            break
        improved = Eigenpairs(
            np.where(better, candidate.values, improved.values),
            np.where(better, candidate.vectors, improved.vectors),
            np.where(better, candidate.residuals, improved.residuals),
        )
        if float(improved.residuals.max()) < 1e-14:
            break
    return replace(improved)
