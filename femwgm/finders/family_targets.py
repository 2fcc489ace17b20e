"""From a family of the search to the modes at its integer orders, and to the eigenpair of the final mesh that is each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.eigen.iterations import Eigenmode
from femwgm.eigen.krylov import resembling, resembling_ones
from femwgm.fem.assemble import gauss_points
from femwgm.fem.field import CellField
from femwgm.fem.mapping import CurvedMapping
from femwgm.fem.pencil import Pencil
from femwgm.fem.problem import MeridianProblem
from femwgm.finders.orders import Family
from femwgm.ground.expected import Expected
from femwgm.ground.typing import Array
from femwgm.mesh.body_domain import GeneralDomain
from femwgm.mesh.domain import PML
from femwgm.modes.labels import Label
from femwgm.observables.layer import STATE_OF_THE_LAYER, layer_share
from femwgm.solver.eigenmode import CLUSTER

FOLLOWED_Q = 15.0
"""Q below which a family is not followed any farther."""
_MOST_ORDERS = 4000
_STRAIGHT = 0.5
"""Orders over the cube root of the order for which a family counts as straight: off by 0.02 of the spacing of its modes."""
_BOUND = 1e-7
"""1/Q below which the radiation of a mode does not ask for a mesh of its own, whatever it is at the other orders."""


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
    """The modes from order m on, upwards (step 1) or downwards (-1), by the slope of the family at the last one solved for."""
    family = found.family
    k, order, slope, start, field = complex(middle), family.order, family.slope, family.vector, family.field
    bound = 2.0 * abs(family.order.imag / family.slope) < _BOUND * middle
    for other in range(m, 0, -1) if step < 0 else range(m, m + _MOST_ORDERS):
        k0 = k + (other - order) / slope
        if not bound or abs(other - order.real) > _STRAIGHT * np.cbrt(other):
            before, at = k, order
            k, start, field = _followed(found, other, k0.real, start)
            k0, order = k, complex(other)
            if abs(other - at.real) > 0.5:
                slope = (other - at.real) / (k.real - before.real)
        beyond = k0.real > window[1] if step > 0 else k0.real < window[0]
        here = _at_order(field, other, k0)
        if beyond or not _held(here, found.coarse):
            return
        if window[0] <= k0.real <= window[1]:
            yield here


def _at_order(field: CellField, m: int, k0: complex) -> CellField:
    """The field of a family at another order nearby, where v grows with the order."""
    coefficients = field.coefficients.copy()
    coefficients[:, field.space.from_scalar] *= m / field.m
    return CellField(field.space, coefficients, m, k0, field.mirror)


def _held(field: CellField, coarse: Coarse) -> bool:
    """Whether a field is that of a mode: little of it radiates, and little lies in the absorbing layer."""
    decays = -2.0 * FOLLOWED_Q * field.k0.imag < field.k0.real
    return decays and layer_share(field, coarse.problem.matrices(coarse.degree)) < STATE_OF_THE_LAYER


def _followed(found: Found, m: int, k: float, start: Array) -> tuple[complex, Array, CellField]:
    """Wavenumber, vector and field of the eigenpair near k (rad/um) that resembles a vector most."""
    problem, mirror = found.coarse.problem, found.family.field.mirror
    pencil = problem.pencil(found.coarse.degree, m, mirror, complex(k))
    shift = complex(k**2 * (1.0 + 1e-9))
    image = pencil.apply_M(start[:, None])[:, 0]
    squares, vectors = resembling(pencil, pencil.factor(shift), shift, start, image)
    k0, x = complex(np.sqrt(squares[0])), vectors[:, 0]
    return k0, x, problem.field(pencil, x, m, k0, mirror)


def action(target: Target, points: Array) -> Array:
    """-ln of the amplitude relative to its maximum at points (n, 2), infinite where there is none, NaN where not known.

    Not known is what lies outside the domain or in its absorbing layer, where a field decays whatever it does without.
    """
    field, mesh = target.field, target.coarse.problem.mesh
    probe = field.probe(points[:, 0], points[:, 1])
    owner, E = probe.owner, probe(field)[0]
    eps = np.abs(target.coarse.problem.media(field.k0).eps)
    density = np.where(owner >= 0, eps[owner], 0.0) * (np.abs(E) ** 2).sum(axis=0)
    with np.errstate(divide="ignore"):
        out = -0.5 * np.log(density / density.max())
    layer = mesh.regions.index(PML) if PML in mesh.regions else -1
    return np.where((owner >= 0) & (mesh.region[owner] != layer), np.minimum(out, 50.0), np.nan)


def choose(problem: MeridianProblem, target: Target, degree: int) -> Eigenmode:
    """The eigenpair of the final mesh whose field resembles the coarse one most.

    Raises
    ------
    SolveError
        If nothing converges.
    """
    expected, mirror = target.expected, target.field.mirror
    pencil = problem.pencil(degree, expected.m, mirror, expected.k0)
    shift = complex(expected.k0) ** 2 * (1.0 + 1e-9)
    shift = complex(shift.real) if pencil.definite else shift
    image = _image(problem, target, pencil)
    if pencil.definite:
        image = (image * np.exp(-1j * np.angle(image[np.abs(image).argmax()]))).real
    solver = pencil.factor(shift)
    start = solver.solve(image[:, None])[:, 0]
    pairs = resembling_ones(pencil, solver, shift, start, image, 2.0 * CLUSTER)
    return Eigenmode.of(pencil, pairs, degree)


def _image(problem: MeridianProblem, target: Target, pencil: Pencil) -> Array:
    """M times the coarse field, by a few points in each cell of the final mesh (size,)."""
    space = pencil.numbering.space
    X, weights = gauss_points(3, _POINTS)
    (a, b), (c, d) = CurvedMapping(space.mesh).DF(X)
    r, z = CurvedMapping(space.mesh).F(X).real
    E = target.field(r, z)[0]
    eps = problem.media(target.expected.k0).eps[:, None] * weights
    (N, _), (psi, _) = space.curl.tabulate(X), space.scalar.tabulate(X)
    local = np.empty(space.dofs.shape, dtype=np.complex128)
    along = (d * E[0] - b * E[2]) * r * eps, (a * E[2] - c * E[0]) * r * eps
    local[:, space.from_curl] = along[0] @ N[:, 0].T + along[1] @ N[:, 1].T
    local[:, space.from_scalar] = (-1j * E[1] * (a * d - b * c) * eps) @ psi.T
    return pencil.numbering.assemble_vectors((local * space.signs)[..., None])[:, 0]


_POINTS = 3
"""Points in each direction at which a coarse field is taken over: it is followed, not kept."""
