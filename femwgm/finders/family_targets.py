"""From a family of the search to the modes at its integer orders, and to the eigenpair of the final mesh that is each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from femwgm.fem.field import CellField
from femwgm.fem.pencil import Pencil
from femwgm.fem.problem import MeridianProblem
from femwgm.finders.orders import Family, Krylov, around
from femwgm.ground.typing import Array
from femwgm.mesh.body_domain import GeneralDomain
from femwgm.modes.expected import Expected
from femwgm.modes.labels import Label
from femwgm.observables.layer import STATE_OF_THE_LAYER, layer_share

_LEAST_Q = 15.0
"""Q below which a family is not followed any farther."""
_MOST_ORDERS = 4000
_STEPS, _MOST_STEPS = 10, 60
_FOLLOWED = 1e-6
"""Residual of the inverse, relative to its eigenvalue, up to which a mode that is followed counts as found."""


@dataclass(frozen=True)
class Coarse:
    """Problem and domain of a stage of the search."""

    problem: MeridianProblem
    domain: GeneralDomain

    @property
    def degree(self) -> int:
        """Degree of the elements."""
        return self.domain.degree


@dataclass(frozen=True)
class Found:
    """A family of the search with its labels and the problem it was found with."""

    label: Label
    family: Family
    coarse: Coarse

    @property
    def key(self) -> tuple[str, int, int]:
        """Polarization, q, p."""
        return self.label.pol, self.label.q, self.label.p

    def same(self, other: Found, tolerance: float) -> bool:
        """Whether another stage found this family."""
        near = abs(self.family.order - other.family.order) < tolerance * abs(self.family.order)
        return self.coarse is not other.coarse and self.key == other.key and near


@dataclass(frozen=True)
class Target:
    """A mode to solve for: what is expected, and the field and the problem that it was found with."""

    expected: Expected
    field: CellField
    coarse: Coarse


def walk(found: Found, middle: float, window: tuple[float, float]) -> Iterator[CellField]:
    """The modes of a family with wavenumbers in a window (rad/um), from its order in the middle upwards, then downwards."""
    first = int(np.floor(found.family.order.real)) + 1
    for m, step in ((first, 1), (first - 1, -1)):
        yield from _one_way(found, middle, window, m, step)


def at_orders(found: Found, middle: float, orders: Sequence[int]) -> list[CellField]:
    """The modes of a family at chosen orders, however far apart, each looked for where those before it lead."""
    family = found.family
    fields: dict[int, CellField] = {}
    for step in (1, -1):
        k, order, slope, start = middle, family.order.real, family.slope, family.vector
        side = sorted((m for m in orders if (m - order) * step >= 0.0), reverse=step < 0)
        for m in side:
            k0, start, field = _followed(found, m, k + (m - order) / slope, start)
            if abs(m - order) > 0.5:
                slope = (m - order) / (k0.real - k)
            k, order, fields[m] = k0.real, float(m), field
    return [fields[m] for m in orders]


def _one_way(
    found: Found, middle: float, window: tuple[float, float], m: int, step: int
) -> Iterator[CellField]:
    """The modes from order m on, upwards (step 1) or downwards (-1), each looked for where the last two lead."""
    family = found.family
    k, order, slope, start = middle, family.order.real, family.slope, family.vector
    for other in range(m, 0, -1) if step < 0 else range(m, m + _MOST_ORDERS):
        k0, x, field = _followed(found, other, k + (other - order) / slope, start)
        beyond = k0.real > window[1] if step > 0 else k0.real < window[0]
        if beyond or not _held(field, found.coarse):
            return
        if window[0] <= k0.real <= window[1]:
            yield field
        if abs(other - order) > 0.5 and abs(k0.real - k) > 1e-12 * k:
            slope = (other - order) / (k0.real - k)
        k, order, start = k0.real, float(other), x


def _held(field: CellField, coarse: Coarse) -> bool:
    """Whether a field is that of a mode: little of it radiates, and little lies in the absorbing layer."""
    decays = -2.0 * _LEAST_Q * field.k0.imag < field.k0.real
    return decays and layer_share(field, coarse.problem.matrices(coarse.degree)) < STATE_OF_THE_LAYER


def _followed(found: Found, m: int, k: float, start: Array) -> tuple[complex, Array, CellField]:
    """Wavenumber, vector and field of the eigenpair near k (rad/um) that resembles a vector most."""
    problem, mirror = found.coarse.problem, found.family.field.mirror
    pencil = problem.pencil(found.coarse.degree, m, mirror, complex(k))
    square, x = _resembling(pencil, complex(k**2 * (1.0 + 1e-9)), start)
    k0 = complex(np.sqrt(square))
    return k0, x, problem.field(pencil, x, m, k0, mirror)


def _resembling(pencil: Pencil, shift: complex, start: Array) -> tuple[complex, Array]:
    """The eigenpair that overlaps most with a vector, from the Krylov space that this begins."""
    solver = pencil.factor(shift)
    krylov = Krylov(lambda x: solver.solve(pencil.apply_M(x)), start, min(_MOST_STEPS, pencil.size))
    image = pencil.apply_M(start[:, None])[:, 0].conj()
    while True:
        before = krylov.steps
        krylov.grow(_STEPS)
        inverted, y = np.linalg.eig(krylov.matrix)
        vectors = krylov.basis @ y
        size = np.einsum("ij,ij->j", vectors.conj(), pencil.apply_M(vectors))
        best = int(np.argmax(np.abs(image @ vectors) / np.sqrt(np.abs(size))))
        left = krylov.remainder * abs(y[-1, best]) / abs(inverted[best])
        if left < _FOLLOWED or krylov.steps == before:
            return complex(shift + 1.0 / inverted[best]), vectors[:, best]


def action(target: Target, points: Array) -> Array:
    """-ln of the amplitude relative to its maximum at points (n, 2), infinite where there is none, NaN outside the domain."""
    field = target.field
    probe = field.probe(points[:, 0], points[:, 1])
    owner, E = probe.owner, probe(field)[0]
    eps = np.abs(target.coarse.problem.media(field.k0).eps)
    density = np.where(owner >= 0, eps[owner], 0.0) * (np.abs(E) ** 2).sum(axis=0)
    with np.errstate(divide="ignore"):
        out = -0.5 * np.log(density / density.max())
    return np.where(owner >= 0, np.minimum(out, 50.0), np.nan)


def choose(problem: MeridianProblem, target: Target, degree: int) -> Expected:
    """The target with the wavenumber of the eigenpair of the final mesh whose field resembles the coarse one most."""
    expected, mirror = target.expected, target.field.mirror
    pencil = problem.pencil(degree, expected.m, mirror, expected.k0)
    shift = complex(expected.k0) ** 2
    pairs, _ = around(pencil, complex(shift.real * (1.0 + 1e-9)) if pencil.definite else shift, 4)
    if not len(pairs):
        return expected
    points = _samples(target.field)
    E = target.field(*points)[0]
    overlap = []
    for j, x in enumerate(pairs.vectors.T):
        k0 = complex(np.sqrt(complex(pairs.values[j])))
        other = problem.field(pencil, x, expected.m, k0, mirror)(*points)[0]
        overlap.append(
            abs(np.sum(points[0] * E.conj() * other))
            / np.sqrt(np.sum(points[0] * np.abs(other) ** 2) + 1e-300)
        )
    k0 = complex(np.sqrt(complex(pairs.values[int(np.argmax(overlap))])))
    return replace(expected, k0=k0)


def _samples(field: CellField) -> tuple[Array, Array]:
    """Points where a coarse field is strong: the centres of its cells and halfway to their corners."""
    corner = field.space.mesh.nodes[:, : field.space.mesh.corners].real
    centre = corner.mean(axis=1, keepdims=True)
    points = np.concatenate([centre, 0.5 * (corner + centre)], axis=1).reshape(-1, 2)
    points = points[points[:, 0] > 0.0]
    return points[:, 0], points[:, 1]
