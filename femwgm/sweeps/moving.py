"""Modes of layered spheres whose radii and indices change: one mesh whose nodes move along, and a reduced basis for each mode.

The unknowns of `femwgm.fem` are covariant, so a mode written in the coefficients of one shape is a good trial field on a
slightly different one. The cell matrices of each shape are assembled anew (they are cheap), the pencil is projected on modes
solved at a few shapes, and the residual at full size, with the shape's own matrices, says how good the pair is, as in
`femwgm.eigen.reduced`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.eigen.iterations import closest
from femwgm.eigen.reduced import ritz_pair
from femwgm.fem.condense import Numbering
from femwgm.fem.pencil import Pencil
from femwgm.fem.problem import MeridianProblem
from femwgm.ground.expected import Expected
from femwgm.ground.typing import Array
from femwgm.materials import media_of
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import design
from femwgm.mesh.polar import PolarPlan, build_polar
from femwgm.solver.eigenmode import mirror_condition
from femwgm.solver.layout import choices_of, layered_body

RESIDUAL_LIMIT = 1e-8
"""Residual at full size above which a reduced pair does not count: it bounds the error of k0^2, which is nearer its square."""

_ENOUGH = 1e-10
"""Residual below which a mode at a knot adds nothing to the basis."""
_SAFETY = 0.3
"""Share of the tolerance that the discretisation may use: it is designed at one shape for all."""
_SETTLED, _STEPS = 1e-13, 8


@dataclass(frozen=True)
class Pair:
    """An eigenpair at one shape: vacuum wavenumber (rad/um), its relative residual at full size, and the number of unknowns."""

    k0: float
    residual: float
    dofs: int


class MovingSphere:
    """One mesh for all shapes of a layered sphere.

    Parameters
    ----------
    plan
        Rings and latitudes at the shape `radii`.
    radii
        Radii of the interfaces of that shape (um), which are among those of the plan.
    """

    def __init__(self, plan: PolarPlan, radii: tuple[float, ...]) -> None:
        self.plan, self.radii = plan, radii
        self.template = build_polar(plan)
        self._rho = np.hypot(self.template.nodes[..., 0], self.template.nodes[..., 1])

    def mesh(self, radii: tuple[float, ...]) -> CurvedMesh:
        """The mesh at other radii.

        What lies inside the first interface or outside the last one moves along with it, what lies between two is stretched.
        """
        inner, outer = self.plan.radii[0], self.plan.radii[-1]
        old = np.array([0.0, *self.radii, outer])
        new = np.array([0.0, *radii, outer + radii[-1] - self.radii[-1]])
        if inner > 0.0:
            old[0], new[0] = inner, inner + radii[0] - self.radii[0]
        scale = np.interp(self._rho, old, new) / np.where(self._rho > 0.0, self._rho, 1.0)
        nodes = self.template.nodes * scale[..., None]
        points = self.template.topology.p.copy()
        points[:, self.template.topology.t] = nodes[:, :4].transpose(2, 1, 0)
        return replace(self.template, nodes=nodes, topology=replace(self.template.topology, doflocs=points))


Label = tuple[str, int, int, int]
"""pol, q, l, m."""

Knot = tuple[RunConfig, Mapping[Label, Expected]]
"""A configuration, and its modes with their wavenumbers."""


class MovingModes:
    """Modes of a layered sphere anywhere between configurations whose modes are known.

    Losses are left out: they move Re k0 to second order, which the comparison at the knots would show.

    Parameters
    ----------
    knots
        Configurations along a smooth path that differ in lengths and indices only.

    Raises
    ------
    MeshError, SolveError
        If no mesh holds all of the modes, or one of them is not found again.
    """

    def __init__(self, knots: Sequence[Knot]) -> None:
        middle = knots[len(knots) // 2][0]
        every = [item for _, modes in knots for item in modes.values()]
        body = layered_body(middle, media_of(middle), complex(np.mean([e.k0.real for e in every])))
        domain = design(body, every, _SAFETY * middle.accuracy.wavelength, choices_of(middle))
        self.open, self.degree = domain.open, domain.degree
        self.body = MovingSphere(domain.plan, middle.geometry.radii_um)
        self._mirrored = middle.discretization.mirror
        self._bases: dict[Label, Array] = {}
        self._numberings: dict[tuple[bool, str | None], Numbering] = {}
        self.deviation = 0.0
        """Largest relative difference of a wavenumber from the one known at a knot."""
        if not self.open:
            for place in sorted(range(len(knots)), key=lambda i: (i % 2, i % 4, i)):
                self._learn(*knots[place])

    def _learn(self, config: RunConfig, modes: Mapping[Label, Expected]) -> None:
        problem = self._problem(config)
        for label, item in modes.items():
            pair = self._reduced(problem, label, item) if label in self._bases else None
            if pair is None or pair.residual > _ENOUGH:
                pencil = self._pencil(problem, item, item.k0.real)
                found = closest(pencil, item.k0.real**2 * (1.0 + 2e-9))
                x = found.vectors[:, :1]
                known = self._bases.get(label)
                self._bases[label] = np.linalg.qr(x if known is None else np.column_stack([known, x]))[0]
                pair = Pair(float(np.sqrt(found.values[0].real)), float(found.residuals[0]), pencil.size)
            self.deviation = max(self.deviation, abs(pair.k0 / item.k0.real - 1.0))

    def pairs(self, config: RunConfig, modes: Mapping[Label, Expected]) -> dict[Label, Pair]:
        """The pairs of modes at a configuration, near the wavenumbers expected there."""
        problem = self._problem(config)
        return {label: self._reduced(problem, label, item) for label, item in modes.items()}

    def _problem(self, config: RunConfig) -> MeridianProblem:
        mesh = self.body.mesh(config.geometry.radii_um)
        return MeridianProblem(mesh, media_of(config), config.geometry.ambient).lossless

    def _pencil(self, problem: MeridianProblem, item: Expected, k: float) -> Pencil:
        mirror = mirror_condition(item.pol, item.p) if self._mirrored else None
        key = (item.m == 0, mirror)
        if key not in self._numberings:  # the topology is the same for all shapes
            self._numberings[key] = problem.numbering(self.degree, item.m, mirror)
        matrices, eps = problem.matrices(self.degree), problem.media(complex(k)).eps
        return Pencil(self._numberings[key], lambda: matrices.stiffness(item.m), lambda: matrices.mass(eps))

    def _reduced(self, problem: MeridianProblem, label: Label, item: Expected) -> Pair:
        """The pair in the span of the basis, its wavenumber the one that the indices are taken at."""
        basis, k = self._bases[label], item.k0.real
        pencil, matrices = self._pencil(problem, item, k), problem.matrices(self.degree)
        local = pencil.numbering.gather(basis)
        KV = pencil.numbering.assemble_vectors(matrices.apply_stiffness(item.m, local))
        for _ in range(_STEPS):
            eps = problem.media(complex(k)).eps
            MV = pencil.numbering.assemble_vectors(matrices.apply_mass(eps, local))
            value, _, residual = ritz_pair(KV, MV, basis, k * k)
            before, k = k, float(np.sqrt(value.real))
            if not problem.dispersive or abs(k / before - 1.0) < _SETTLED:
                break
        return Pair(k, residual, pencil.size)
