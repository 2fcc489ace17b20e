"""Eigenpairs of a stack of spheres at one azimuthal order: closed and large by its skeleton, open by discs of certainty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg as sla

from femwgm.errors import SolveError
from femwgm.fem.assemble import CellMatrices, assemble
from femwgm.fem.condense import Numbering
from femwgm.fem.field import CellField
from femwgm.fem.large_pencil import CHUNK, LeanPencil
from femwgm.fem.pencil import Pencil
from femwgm.fem.problem import Media, MeridianProblem, prolong
from femwgm.fem.spaces import Space
from femwgm.finders.orders import around
from femwgm.ground.typing import Array, IntArray
from femwgm.observables.energy import RegionIntegrals, region_integrals

_LEAST_Q = 30.0
_KRYLOV_BLOCKS = 3
_COUNTED = 2500
"""Cells up to which the eigenvalues are counted as well; beyond, that takes longer than all the rest."""


@dataclass(frozen=True)
class Pairs:
    """Eigenpairs of an order: wavenumbers (n,), fields and their integrals, residuals, and the vectors with their numbering."""

    k0: Array
    fields: list[CellField]
    integrals: list[RegionIntegrals]
    residuals: Array
    numbering: Numbering
    vectors: Array

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return int(self.numbering.size)

    def select(self, index: Sequence[int]) -> Pairs:
        """The vectors at the given positions, without what has been computed from them."""
        return Pairs(
            self.k0[list(index)],
            [],
            [],
            self.residuals[list(index)],
            self.numbering,
            self.vectors[:, list(index)],
        )


class StackPairs:
    """Eigenpairs of a problem in a window of real wavenumbers (rad/um), for the media at its middle."""

    def __init__(self, problem: MeridianProblem, window: tuple[float, float]) -> None:
        self.problem, self.window = problem, window
        self.middle = complex(0.5 * sum(window))
        self.media = (problem if problem.open else problem.lossless).media(self.middle)
        self.shift = 0.5 * (window[0] ** 2 + window[1] ** 2)
        self._spaces: dict[int, Space] = {}

    def primary(self, degree: int, m: int) -> Pairs:
        """Every eigenpair in the window, with its field.

        Raises
        ------
        SolveError
            If the iteration does not converge, or a pair is missing by the count of a closed problem.
        """
        return self._open(degree, m) if self.problem.open else self._closed(degree, m)

    def richer(self, degree: int, m: int, near: Pairs) -> Array:
        """Wavenumbers of the same modes at a higher degree, with the natural condition at the end of the domain.

        Rayleigh-Ritz in the block Krylov space of the shifted inverse that the modes begin; each is told by its overlap with
        its start vector. (Subspace iteration would drift to whatever lies nearer to the shift.)
        """
        if self.problem.open:
            return self._richer_open(degree, m, near)
        pencil = self._pencil(degree, m, ("wall",))
        values, overlaps = pencil.ritz(
            prolong(near.numbering, pencil.numbering, near.vectors), _KRYLOV_BLOCKS
        )
        return np.asarray(np.sqrt(values[_told_apart(overlaps)]))

    def _closed(self, degree: int, m: int) -> Pairs:
        pencil = self._pencil(degree, m, ("wall", "outer"))
        low, high = (k**2 for k in self.window)
        values, vectors = pencil.between(low, high)
        if pencil.numbering.cells <= _COUNTED and pencil.count(low, high) != len(values):
            raise SolveError(f"modes of order m = {m} are missing in the window: the inertia counts others")
        return self._observed(pencil.numbering, m, values, vectors)

    def _observed(self, numbering: Numbering, m: int, values: Array, x: Array) -> Pairs:
        """Fields, integrals and residuals of vectors, the cell matrices made anew a few cells at a time."""
        space, local = numbering.space, numbering.gather(x)
        k0 = np.sqrt(values + 0j)
        Kx, Mx = np.empty_like(local), np.empty_like(local)
        sums: list[list[RegionIntegrals]] = [[] for _ in k0]
        lossy = self.problem.media(self.middle)
        for cells, matrices in _chunks(space):
            part = matrices.space
            Kx[cells] = matrices.apply_stiffness(m, local[cells])
            Mx[cells] = matrices.apply_mass(self.media.eps[cells], local[cells])
            media = Media(lossy.eps[cells], None, lossy.slope[cells], None)
            for j, k in enumerate(k0):
                field = CellField(part, local[cells, :, j] * part.signs, m, complex(k))
                sums[j].append(region_integrals(field, matrices, media))
        whole_K, whole_M = numbering.assemble_vectors(Kx), numbering.assemble_vectors(Mx)
        residuals = np.linalg.norm(whole_K - values * whole_M, axis=0)
        residuals = residuals / (np.abs(values) * np.linalg.norm(whole_M, axis=0))
        fields = [CellField(space, local[:, :, j] * space.signs, m, complex(k)) for j, k in enumerate(k0)]
        return Pairs(k0, fields, [_total(parts) for parts in sums], residuals, numbering, x)

    def _pencil(self, degree: int, m: int, conductors: tuple[str, ...]) -> LeanPencil:
        if degree not in self._spaces:
            self._spaces = {degree: Space(self.problem.mesh, degree)}
        space = self._spaces[degree]
        numbering = Numbering(space, space.fixed(m, conductors))
        return LeanPencil(numbering, lambda cells: assemble(space.part(cells)), m, self.media.eps, self.shift)

    def _open(self, degree: int, m: int) -> Pairs:
        """Shifts along the window whose discs of certainty cover it; waves of the surroundings are left out."""
        problem = self.problem
        pencil = problem.pencil(degree, m, None, self.middle)
        low, high = (k**2 for k in self.window)
        values: list[complex] = []
        vectors: list[Array] = []
        residuals: list[float] = []
        shift = low
        while True:
            pairs, reach = around(pencil, complex(shift), 12)
            for j, value in enumerate(pairs.values):
                k0 = np.sqrt(complex(value))
                known = any(abs(value - other) < 1e-8 * abs(value) for other in values)
                if (
                    not known
                    and -value.imag < value.real / _LEAST_Q
                    and self.window[0] <= k0.real <= self.window[1]
                ):
                    values.append(complex(value))
                    vectors.append(pairs.vectors[:, j])
                    residuals.append(pairs.residuals[j])
            if shift + 0.6 * reach >= high:
                break
            shift += 0.8 * reach
        x = np.array(vectors).T.reshape(pencil.size, len(values))
        k0 = np.sqrt(np.array(values, dtype=np.complex128))
        fields = [problem.field(pencil, x[:, j], m, complex(k), None) for j, k in enumerate(k0)]
        matrices = problem.matrices(degree)
        integrals = [region_integrals(f, matrices, problem.media(complex(f.k0.real))) for f in fields]
        return Pairs(k0, fields, integrals, np.array(residuals), pencil.numbering, x)

    def _richer_open(self, degree: int, m: int, near: Pairs) -> Array:
        pencil = self.problem.pencil(degree, m, None, self.middle, outer="natural")
        start = prolong(near.numbering, pencil.numbering, near.vectors)
        return np.sqrt(_followed(pencil, complex(np.mean(near.k0)) ** 2, start))


def _followed(pencil: Pencil, shift: complex, start: Array) -> Array:
    """Eigenvalues of the modes that a block of approximate vectors (size, n) stands for, from one factorisation."""
    solver = pencil.factor(shift)
    blocks = [start]
    for _ in range(_KRYLOV_BLOCKS):
        fresh = solver.solve(pencil.apply_M(blocks[-1]))
        blocks.append(fresh / np.linalg.norm(fresh, axis=0))
    x, _ = np.linalg.qr(np.concatenate(blocks, axis=1))
    values, y = sla.eig(x.T @ pencil.apply_K(x), x.T @ pencil.apply_M(x))
    vectors = x @ y
    size = np.sqrt(np.abs(np.einsum("ij,ij->j", vectors, pencil.apply_M(vectors))))
    return np.asarray(values[_told_apart(np.abs(pencil.apply_M(start).T @ vectors) / size)])


def _told_apart(overlap: Array) -> IntArray:
    """Which column each row of overlaps belongs to, no column twice."""
    from scipy.optimize import linear_sum_assignment

    return np.asarray(linear_sum_assignment(-(overlap**2))[1])


def _chunks(space: Space) -> Iterator[tuple[IntArray, CellMatrices]]:
    for first in range(0, space.mesh.cells, CHUNK):
        cells = np.arange(first, min(first + CHUNK, space.mesh.cells))
        yield cells, assemble(space.part(cells))


def _total(parts: list[RegionIntegrals]) -> RegionIntegrals:
    names = ("electric", "absorbed", "dispersive", "e2", "magnetic")
    return RegionIntegrals(
        parts[0].regions, *(np.sum([getattr(p, name) for p in parts], axis=0) for name in names)
    )
