"""Modes of a layered sphere whose interfaces move: one mesh whose nodes move along, and one reduced basis for each mode followed.

The unknowns of `femwgm.fem` are covariant, so a mode written in the coefficients of one shape is a good trial field on a slightly
different one. The cell matrices of each shape are assembled anew (they are cheap), the pencil is projected on the snapshots, and
the residual at full size decides whether a further snapshot is needed, as in `femwgm.eigen.reduced`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.eigen.iterations import closest
from femwgm.eigen.reduced import ritz_pair
from femwgm.fem.condense import Numbering
from femwgm.fem.pencil import Pencil
from femwgm.fem.problem import MeridianProblem
from femwgm.finders.exact_list import expected_modes
from femwgm.ground.expected import Expected
from femwgm.ground.typing import Array
from femwgm.materials import Material, materials_from_config
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import LayeredBody, design
from femwgm.mesh.polar import PolarPlan, build_polar
from femwgm.observables.index import group_index
from femwgm.solver.solve import mirror_condition

RESIDUAL_LIMIT = 1e-9
"""Residual at full size below which a reduced pair counts: the wavenumber's error is its square."""

_KNOTS = 7
_SAFETY = 0.3
"""Share of the tolerance that the discretisation may use: it is designed at one shape for all."""


@dataclass(frozen=True)
class ShapeMode:
    """A mode at one shape.

    Attributes
    ----------
    radii
        Radii of the interfaces (um).
    expected
        Labels.
    k0
        Vacuum wavenumber (rad/um).
    n_g
        Group index at the outer radius.
    energy
        Share of the electric energy by region.
    residual
        Relative residual at full size.
    reduced
        Whether the reduced basis gave the pair (else a solve at full size did).
    """

    radii: tuple[float, ...]
    expected: Expected
    k0: float
    n_g: float | None
    energy: dict[str, float]
    residual: float
    reduced: bool


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


def sweep_radii(config: RunConfig, shapes: Sequence[tuple[float, ...]]) -> list[list[ShapeMode]]:
    """The modes of a configuration, followed along a path of shapes; one list for each shape.

    Lossless media without dispersion in a closed domain (modes whose radiation does not matter at the accuracy asked for).

    Parameters
    ----------
    config
        A layered sphere; its window and labels select the modes at its own radii.
    shapes
        Radii of the interfaces (um) along a smooth path.
    """
    materials = materials_from_config(config)
    media = {region: materials[name] for region, name in config.geometry.region_materials.items()}
    labels = expected_modes(config, materials)
    follower = _Follower(config, media, labels, shapes)
    return [[follower.mode(i, label) for label in labels] for i in range(len(shapes))]


class _Follower:
    def __init__(
        self,
        config: RunConfig,
        media: dict[str, Material],
        labels: Sequence[Expected],
        shapes: Sequence[tuple[float, ...]],
    ) -> None:
        self.media, self.shapes, self.ambient = media, list(shapes), config.geometry.ambient
        last = len(shapes) - 1
        self.knots = np.unique(
            np.rint(0.5 * last * (1 - np.cos(np.pi * np.linspace(0, 1, _KNOTS)))).astype(int)
        )
        self.expected = {label: self._exact_path(label) for label in labels}
        middle = self.shapes[len(self.shapes) // 2]
        ends = [0, last // 2, last]
        targets = [
            replace(e, k0=complex(path[i]), leak=None) for e, path in self.expected.items() for i in ends
        ]
        indices = tuple(complex(m.index(targets[0].k0)).real for m in media.values())
        domain = design(
            LayeredBody(middle, tuple(media), indices), targets, _SAFETY * config.accuracy.wavelength
        )
        self.degree = domain.degree
        self.body = MovingSphere(domain.plan, middle)
        self._numberings: dict[tuple[bool, str], Numbering] = {}
        self._bases: dict[Expected, Array] = {}
        self._shape: tuple[int, MeridianProblem] | None = None
        self._train(labels)

    def _exact_path(self, label: Expected) -> Array:
        """Expected wavenumbers along the path, from the exact ones at the knots."""
        from femwgm.analytic import LayeredSphere

        indices = [complex(m.index(label.k0)).real for m in self.media.values()]
        known = [
            LayeredSphere(self.shapes[i], indices).mode(label.pol, label.l, label.q).k0.real
            for i in self.knots
        ]
        x = np.linspace(-1.0, 1.0, len(self.shapes))
        fit = np.polynomial.chebyshev.chebfit(x[self.knots], known, len(self.knots) - 1)
        return np.asarray(np.polynomial.chebyshev.chebval(x, fit))

    def problem(self, i: int) -> MeridianProblem:
        """The problem of a shape; the last one is kept."""
        if self._shape is None or self._shape[0] != i:
            self._shape = (i, MeridianProblem(self.body.mesh(self.shapes[i]), self.media, self.ambient))
        return self._shape[1]

    def _pencil(self, i: int, label: Expected) -> Pencil:
        problem = self.problem(i)
        matrices, media = problem.matrices(self.degree), problem.media(label.k0)
        mirror = mirror_condition(label.pol, label.p)
        key = (label.m == 0, mirror)
        if key not in self._numberings:  # the topology is the same for all shapes
            self._numberings[key] = problem.numbering(self.degree, label.m, mirror)
        return Pencil(
            self._numberings[key], lambda: matrices.stiffness(label.m), lambda: matrices.mass(media.eps)
        )

    def _train(self, labels: Sequence[Expected]) -> None:
        """Snapshots at the knots, coarse ones first, wherever the basis so far leaves too large a residual."""
        n = len(self.knots) - 1
        for position in sorted(range(n + 1), key=lambda i: (i % 2, i % 4, i)):
            for label in labels:
                self._eigenpair(int(self.knots[position]), label)

    def _eigenpair(self, i: int, label: Expected) -> tuple[complex, Array, float, bool, Pencil]:
        """Value, vector, residual, whether the basis gave it, and the pencil of the shape."""
        pencil, target = self._pencil(i, label), float(self.expected[label][i] ** 2)
        basis, start = self._bases.get(label), None
        if basis is not None:
            problem, numbering = self.problem(i), pencil.numbering
            matrices, local = problem.matrices(self.degree), numbering.gather(basis)
            KV = numbering.assemble_vectors(matrices.apply_stiffness(label.m, local))
            MV = numbering.assemble_vectors(matrices.apply_mass(problem.media(label.k0).eps, local))
            value, x, residual = ritz_pair(KV, MV, basis, target)
            if residual <= RESIDUAL_LIMIT and abs(value - target) < 1e-3 * target:
                return value, x, residual, True, pencil
            start = x[:, None] if residual < 1e-3 else None
        pairs = closest(pencil, target * (1.0 + 2e-9), start=start, block=3 if start is None else 1)
        x = pairs.vectors[:, 0]
        self._bases[label] = np.linalg.qr(x[:, None] if basis is None else np.column_stack([basis, x]))[0]
        return complex(pairs.values[0]), x, float(pairs.residuals[0]), False, pencil

    def mode(self, i: int, label: Expected) -> ShapeMode:
        """The mode at a shape."""
        value, x, residual, reduced, pencil = self._eigenpair(i, label)
        problem = self.problem(i)
        matrices, k0 = problem.matrices(self.degree), float(np.sqrt(value.real))
        local = pencil.numbering.gather(x[:, None])[..., 0]
        eps = problem.media(label.k0).eps
        energy = eps * matrices.mass_form(local, local)
        slope = matrices.slope_form(label.m, local, local).sum() / (2.0 * k0 * energy.sum())
        shares = {
            name: float(energy[problem.mesh.region_cells(name)].sum() / energy.sum())
            for name in problem.mesh.regions
        }
        radii = tuple(float(r) for r in self.shapes[i])
        return ShapeMode(radii, label, k0, group_index(slope, radii[-1]), shares, residual, reduced)
