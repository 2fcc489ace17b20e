"""Derivatives of wavelength and quality factors with respect to every index, radius and thickness.

The wavenumber: by the Hellmann-Feynman theorem on the discrete problem. For an index it is an energy share; for a radius
the nodes of the mesh move with the interface, at fixed topology, and with d = d/d radius

    dk0 = x^T (dK - k0^2 dM) x / (2 k0 N),

N the bilinear norm (`femwgm.observables.sensitivity`). The field's own change drops out, and how the nodes between
interfaces move matters no more than the discretisation error does. The quality factors, some of which are no eigenvalues,
by central differences of the same problem solved next to itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from femwgm.eigen.iterations import Eigenmode
from femwgm.fem.assemble import assemble
from femwgm.fem.mapping import CurvedMapping
from femwgm.fem.problem import MeridianProblem
from femwgm.fem.spaces import Space
from femwgm.ground.expected import Expected
from femwgm.ground.numerics import one_thread
from femwgm.ground.typing import Array
from femwgm.materials import Material
from femwgm.mesh.curved import CurvedMesh
from femwgm.modes.rates import better
from femwgm.observables.sensitivity import PermittivitySlopes, bilinear_norm, permittivity_slopes
from femwgm.solver.eigenmode import solve_eigenmode
from femwgm.solver.losses import absorption_ways, where_lossless
from femwgm.solver.motions import motions
from femwgm.solver.observed import Observed, observe

_MOVE = 2e-5
"""Largest strain of a cell in the differences of the matrices."""
_CHANCE, _LEAST_LEFT = 3.0, 0.1
"""Over the change between two degrees: what chance may hide of it, and the least that is left of it."""
_PHASE = 1e-3
_NOTION = 2.0


@dataclass(frozen=True)
class Derivatives:
    """Derivatives of a mode by parameter.

    "n_REGION" is the real index of a region and "k_REGION" its imaginary part. Lengths bear the names of the configuration
    (`femwgm.geometry.lengths`): "minor_diameter", "thickness_FILM". On layered spheres "radius_LAYER" moves its own interface
    alone, "thickness_LAYER" the outer surface of the layer and everything outside it; on spheroids there are "equatorial_LAYER"
    and "polar_LAYER". Drawn outlines move along their normal: "outline_REGION".

    Attributes
    ----------
    k0
        d k0 (rad/um) per unit of index or per um, complex; its imaginary part is that of the eigenvalue, so without radiation
        where the domain is closed.
    wavelength_nm
        d lambda (nm), vacuum.
    ln_q_rad, ln_q_abs, ln_q_total
        Logarithmic derivatives of the quality factors; empty where a Q does not apply.
    error
        Error of (p / lambda) d lambda / dp, the largest of all parameters p, with the body's radius for every length; None where
        it is not known.
    ln_q_error
        The same of p d ln(Q_total) / dp, and of the imaginary part of an index relative.
    """

    k0: Mapping[str, complex]
    wavelength_nm: Mapping[str, float]
    ln_q_rad: Mapping[str, float]
    ln_q_abs: Mapping[str, float]
    ln_q_total: Mapping[str, float]
    error: float | None = None
    ln_q_error: float | None = None

    @classmethod
    def of(
        cls,
        k0: Mapping[str, complex],
        ln_q: Mapping[str, Array],
        at: complex,
        error: float | None = None,
        ln_q_error: float | None = None,
    ) -> Derivatives:
        """From d k0 and d ln of (Q_rad, |Q_abs|, |Q_total|), NaN where one does not apply, of a mode at a wavenumber (rad/um)."""
        radiation, absorption, total = (
            {name: float(values[i]) for name, values in ln_q.items() if np.isfinite(values[i])}
            for i in range(3)
        )
        wavelength = {name: float(-2e3 * np.pi / at.real**2 * slope.real) for name, slope in k0.items()}
        return cls(k0, wavelength, radiation, absorption, total, error, ln_q_error if total else None)

    @property
    def columns(self) -> dict[str, float | None]:
        """The table's columns: "dlambda_nm_d_PARAMETER" and "dlnq_d_PARAMETER" (of the total Q), and the error of each kind."""
        found: dict[str, float | None] = {f"dlambda_nm_d_{name}": v for name, v in self.wavelength_nm.items()}
        found |= {f"dlnq_d_{name}": self.ln_q_total.get(name) for name in self.wavelength_nm}
        return found | {"dlambda_error": self.error, "dlnq_error": self.ln_q_error}


def with_thicknesses(k0: dict[str, complex], ln_q: dict[str, Array], layers: Sequence[str]) -> None:
    """Add the thickness of each layer, listed outwards: its outer surface moves, and every one outside it alike."""
    for i, layer in enumerate(layers):
        moved = [f"radius_{other}" for other in layers[i:]]
        k0[f"thickness_{layer}"] = sum((k0[name] for name in moved), 0j)
        ln_q[f"thickness_{layer}"] = np.sum([ln_q[name] for name in moved], axis=0)


def by_extinction(slope: complex, k: complex, rates: Array) -> Array:
    """d ln of the qualities with an imaginary part of an index: it changes the absorption alone, to first order.

    Parameters
    ----------
    slope
        d k0 (rad/um) per unit of the imaginary part.
    k
        Wavenumber (rad/um).
    rates
        1/Q_rad, 1/Q_abs and whatever else limits Q, NaN where one does not apply.
    """
    change = -2.0 * (slope.imag / k.real - k.imag * slope.real / k.real**2)
    total = float(np.nansum(rates))
    still = np.nan if np.isnan(rates[0]) else 0.0
    absorbed = float(rates[1])
    return np.array([still, -change / absorbed if absorbed else np.nan, -change / total if total else np.nan])


@dataclass(frozen=True)
class Differentiator:
    """What it takes to differentiate one mode.

    Parameters
    ----------
    mesh, media, ambient
        The problem that the mode solves.
    expected
        Labels of the mode and its wavenumber.
    degree, mirror
        Degree of the elements and condition at z = 0.
    geometry
        The body.
    source
        Where the radiation Q came from: "eigenvalue", "multipoles", or anything else for nowhere.
    twins
        Regions that are mirror images of each other.
    surfaces
        1/Q of what rough surfaces scatter and walls absorb, for the problem and a mode observed in it.
    left
        Relative error of the wavenumber; None where it is not known.
    outer
        Condition at the end of the domain.
    lacking
        Relative error of the total Q.
    phase
        Step of the differences of ln Q, as a change of phase: relative change of the wavenumber times the size parameter.
    """

    mesh: CurvedMesh
    media: Mapping[str, Material]
    ambient: str
    expected: Expected
    degree: int
    mirror: str | None
    geometry: Any
    source: str
    twins: tuple[tuple[str, str], ...] = ()
    surfaces: Callable[[MeridianProblem, Observed], float] | None = None
    left: float | None = None
    outer: str = "conductor"
    lacking: float = 0.0
    phase: float = _PHASE

    def __call__(self) -> Derivatives:
        """Derivatives with respect to every parameter."""
        with one_thread():
            k0 = dict(self.of_wavenumber)
            error = self._error(k0)
            ln_q = {name: self.of_qualities(name, slope) for name, slope in k0.items()}
            ln_q_error = self._ln_q_error(k0, ln_q)
            for one, other in self._pairs(k0):
                k0[one] = k0[other] = 0.5 * (k0.get(one, 0j) + k0.get(other, 0j))
                nothing = np.zeros(3)
                ln_q[one] = ln_q[other] = 0.5 * (ln_q.get(one, nothing) + ln_q.get(other, nothing))
            extinction = {
                f"k_{name.removeprefix('n_')}": 1j * k0[name] for name in k0 if name.startswith("n_")
            }
        if self.geometry.kind == "layered_sphere":
            with_thicknesses(k0, ln_q, [layer.name for layer in self.geometry.layers])
        for name, slope in extinction.items():
            k0[name], ln_q[name] = slope, by_extinction(slope, self.base.k0, self.rates)
        return Derivatives.of(k0, ln_q, self.base.k0, error, ln_q_error)

    @cached_property
    def of_wavenumber(self) -> dict[str, complex]:
        """d k0 by index and by length."""
        return {**dict(self._by_index()), **dict(self._by_size())}

    def _error(self, k0: Mapping[str, complex]) -> float | None:
        """Error of the derivatives of the wavelength, from those of one degree less.

        The wavenumber shows how much of such a change is left: its error over its own change. Where the mesh moves, derivatives
        converge more slowly, on spheres by up to the root of that, and not so smoothly: by chance the change is a third of what
        is left, or the root a tenth. Where the wavenumber lacks more than that change, it is for the end of the domain, and no
        degree tells: the derivatives under the other condition there do. A wave that comes back from the end has the phase
        2 k rho, so they lack 2 k rho times as much as the wavenumber does.
        """
        if self.degree < 2:
            return None
        other, size = self._poorer, self.base.k0.real

        def change(to: Mapping[str, complex]) -> float:
            return (
                max((self._scale(name) * abs((k0[name] - to[name]).real) for name in k0), default=0.0) / size
            )

        by_degree = _CHANCE * change(other.of_wavenumber)
        moved = abs((self.base.k0 - other.base.k0).real) / size
        if self.left is None:
            return by_degree
        if moved <= self.left:
            found = max(by_degree, change(replace(self, outer="natural").of_wavenumber))
        else:
            found = by_degree * max(float(np.sqrt(self.left / moved)), _LEAST_LEFT)
        return max(found, self._least_error)

    def _ln_q_error(self, k0: Mapping[str, complex], ln_q: Mapping[str, Array]) -> float | None:
        """Error of the derivatives of ln Q, from those of one degree less by twice the step.

        At least what Q lacks; where that is more than its change, it is for the end of the domain, from which a wave comes back
        with the phase 2 k rho. A Q that is no eigenvalue differs from that of the pole by some 1/Q of itself.
        """
        if self.degree < 2 or np.isnan(self.rates).all():
            return None
        other = self._poorer
        changes = []
        for name, slope in k0.items():
            there = other.of_wavenumber[name]
            changes.append(self._scale(name) * (ln_q[name] - other.of_qualities(name, there))[2])
            if name.startswith("n_") and slope:
                ours, theirs = (
                    by_extinction(1j * d, of.base.k0, of.rates)[2]
                    for d, of in ((slope, self), (there, other))
                )
                changes.append(theirs / ours - 1.0)
        total = float(np.nansum(self.rates))
        moved = abs(float(np.log(np.nansum(other.rates) / total))) if total else 0.0  # a Q beyond all numbers
        phase = 2.0 * self.base.k0.real * self.geometry.radius_ref_um
        least = self.lacking * (1.0 if moved > self.lacking else max(phase, 1.0))
        largest = max((self._scale(name) * abs(slopes[2]) for name, slopes in ln_q.items()), default=0.0)
        notion = (
            0.0
            if self.source == "eigenvalue"
            else _NOTION * abs(total) * max(float(np.nan_to_num(largest)), 1.0)
        )
        return max(float(np.nanmax(np.abs(changes), initial=0.0)), least) + notion

    @cached_property
    def _poorer(self) -> Differentiator:
        """The same by elements of one degree less."""
        return replace(self, degree=self.degree - 1, phase=2.0 * self.phase)

    def _scale(self, name: str) -> float:
        """What makes a derivative a number without unit: the index, or for every length the body's radius."""
        if name.startswith("n_"):
            return abs(self.media[name.removeprefix("n_")].index(self.base.k0))
        return float(self.geometry.radius_ref_um)

    @property
    def _least_error(self) -> float:
        """What the derivatives lack where two degrees agree by chance.

        The error of the wavenumber goes as the power 2 degree of the size of the cells, which a motion changes by its strain
        where the field is: half of what follows.
        """
        norm = self._problem.matrices(self.degree).mass_form(self._local.conj(), self._local)
        energy = np.abs(self._problem.media(self.base.k0).eps * norm)
        strain = max(
            (float(energy @ self._strains(motion) / energy.sum()) for motion in self._motions.values()),
            default=0.0,
        )
        return self.degree * (self.left or 0.0) * max(self.geometry.radius_ref_um * strain, 1.0)

    def _pairs(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """Parameters of one twin and the same of the other: each alone does half of what both do, to first order."""
        found: dict[tuple[str, str], None] = {}
        for name in names:
            for a, b in self.twins:
                for this, that in ((a, b), (b, a)):
                    if name.endswith(f"_{this}"):
                        pair = sorted((name, f"{name.removesuffix(this)}{that}"))
                        found[pair[0], pair[1]] = None
        return list(found)

    @cached_property
    def _problem(self) -> MeridianProblem:
        return MeridianProblem(self.mesh, self.media, self.ambient)

    @cached_property
    def base(self) -> Eigenmode:
        return solve_eigenmode(self._problem, self.expected, self.degree, self.mirror, outer=self.outer)

    @cached_property
    def _bare(self) -> Eigenmode | None:
        """The mode of the lossless twin, where there is loss."""
        if not self._problem.lossy(self.base.k0):
            return None
        near = where_lossless(self._problem, self.base)
        return solve_eigenmode(self._problem.lossless, self.expected, self.degree, self.mirror, near=near)

    @cached_property
    def _local(self) -> Array:
        return np.asarray(self.base.pencil.numbering.gather(self.base.x[:, None])[..., 0])

    @cached_property
    def _norm(self) -> complex:
        media = self._problem.media(self.base.k0)
        return bilinear_norm(self._local, self._problem.matrices(self.degree), self.base.k0, media)

    def _slopes(self, problem: MeridianProblem, mode: Eigenmode) -> PermittivitySlopes:
        local = np.asarray(mode.pencil.numbering.gather(mode.x[:, None])[..., 0])
        matrices = problem.matrices(self.degree)
        norm = bilinear_norm(local, matrices, mode.k0, problem.media(mode.k0))
        return permittivity_slopes(
            local, matrices, mode.k0, norm, problem.region, problem.regions, problem.axis is not None
        )

    def _by_index(self) -> Iterator[tuple[str, complex]]:
        problem, k0 = self._problem, self.base.k0
        slopes = self._slopes(problem, self.base)
        for name in problem.regions:
            medium = self.media[name]
            across, along = medium.permittivity(k0), medium.permittivity_axial(k0)
            slope = slopes.across[name] * across + slopes.along[name] * along
            yield f"n_{name}", 2.0 * slope / complex(np.sqrt(across))
        for name in self.media:  # where the domain ends before a region, the field does
            if name not in problem.regions:
                yield f"n_{name}", 0j

    @cached_property
    def _motions(self) -> dict[str, Array]:
        return motions(self.geometry, self.mesh)

    def _by_size(self) -> Iterator[tuple[str, complex]]:
        k0, media = self.base.k0, self._problem.media(self.base.k0)
        for name, motion in self._motions.items():
            if not motion.any():
                yield name, 0j
                continue
            step = _MOVE / self._strain(motion)
            moved = []
            for sign in (1.0, -1.0):
                mesh = self.mesh.with_nodes(self.mesh.nodes + sign * step * motion)
                matrices = assemble(Space(mesh, self.degree), axis=self._problem.axis)
                A = matrices.stiffness(self.expected.m) - k0**2 * matrices.mass(media.eps, media.eps_axial)
                moved.append(np.einsum("ei,eij,ej->e", self._local, A, self._local, optimize=True))
            yield name, complex((moved[0] - moved[1]).sum() / (2.0 * step) / (2.0 * k0 * self._norm))

    def _strain(self, motion: Array) -> float:
        """The largest gradient of a displacement, per unit of the length that moves."""
        return float(self._strains(motion).max())

    def _strains(self, motion: Array) -> Array:
        """The largest gradient on each cell."""
        centre = 1.0 / (3.0 if self.mesh.corners == 3 else 2.0)
        X = np.array([[0.0, 1.0, 0.0, centre], [0.0, 0.0, 1.0, centre]])
        stretch = CurvedMapping(self.mesh.with_nodes(motion)).DF(X)
        inverse = CurvedMapping(self.mesh.with_nodes(self.mesh.nodes.real)).invDF(X)
        return np.asarray(np.abs(np.einsum("ijep,jkep->ikep", stretch, inverse)).max(axis=(0, 1, 3)))

    def of_qualities(self, name: str, slope: complex) -> Array:
        """d ln of (Q_rad, |Q_abs|, |Q_total|), NaN where one does not apply.

        Where the eigenvalue of a lossless problem gives Q its derivative does too; else by central differences.
        """
        k = self.base.k0
        if np.isnan(self.rates).all():
            return np.full(3, np.nan)
        if self.source == "eigenvalue" and self._bare is None and self.surfaces is None:
            ln_q = slope.real / k.real - slope.imag / k.imag
            return np.array([ln_q, np.nan, ln_q])
        step = self.phase / k.real
        kind, _, of = name.partition("_")
        if of not in self._problem.regions if kind == "n" else not self._motions[name].any():
            return np.where(np.isnan([*self.rates[:2], 0.0]), np.nan, 0.0)
        if kind == "n":
            step /= self.geometry.radius_ref_um
        else:
            step = min(step, 0.01 / self._strain(self._motions[name]))
        upper, lower = (self._qualities(self._changed(name, sign * step)) for sign in (1.0, -1.0))
        change = (upper - lower) / (2.0 * step)
        rates = change * np.array([-self.rates[0], 1.0, 1.0])
        total = np.nansum(self.rates)
        return np.array([
            change[0], -change[1] / self.rates[1], -np.nansum(rates) / total if total else np.nan
        ])  # fmt: skip

    @cached_property
    def rates(self) -> Array:
        """1/Q of radiation, absorption and surfaces, NaN where one does not apply."""
        here = self._qualities(self._problem)
        return np.array([np.exp(-here[0]), *here[1:]])

    def _changed(self, name: str, amount: float) -> MeridianProblem:
        kind, _, of = name.partition("_")
        if kind == "n":
            return MeridianProblem(self.mesh, {**self.media, of: self.media[of].raised(amount)}, self.ambient)
        mesh = self.mesh.with_nodes(self.mesh.nodes + amount * self._motions[name])
        return MeridianProblem(mesh, self.media, self.ambient)

    def _qualities(self, problem: MeridianProblem) -> Array:
        """ln Q_rad, 1/Q_abs and 1/Q of the surfaces, NaN where one does not apply."""
        mode = solve_eigenmode(problem, self.expected, self.degree, self.mirror, near=self.base)
        bare, twin = mode, problem
        if self._bare is not None:
            twin = problem.lossless
            bare = solve_eigenmode(twin, self.expected, self.degree, self.mirror, near=self._bare)
        ln_q = observe(twin, bare, self.expected, self.mirror).candidates.get(self.source)
        absorbed = float("nan")
        if self._bare is not None:
            absorbed = better(*absorption_ways(problem, mode, bare)).value
        lost = float("nan")
        if self.surfaces is not None:
            lost = self.surfaces(problem, observe(problem, mode, self.expected, self.mirror))
        return np.array([float("nan") if ln_q is None else ln_q, absorbed, lost])
