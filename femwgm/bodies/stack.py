"""Modes of spheres on a common axis: all of an azimuthal order in one factorisation, checked in a second, richer one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg as sla

from femwgm.bodies.orders import around
from femwgm.bodies.search import body_mesh
from femwgm.bodies.stack_domain import Ball, design_stack
from femwgm.bodies.stack_labels import StackLabel, ball_shares, label_stack
from femwgm.config.geometries import AxialStack
from femwgm.config.schema import RunConfig
from femwgm.eigen import Eigenpairs, Pencil, nearest
from femwgm.errors import ConfigError
from femwgm.expect import Expected, expected_on_stack
from femwgm.fem.condense import Numbering
from femwgm.fem.field import CellField
from femwgm.fem.inertia import count_between
from femwgm.geometry.build import contacts
from femwgm.geometry.section import Section
from femwgm.materials import Material
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import Choices
from femwgm.mesh.general_domain import GeneralDomain
from femwgm.modes import Mode
from femwgm.observables.energy import RegionIntegrals, region_integrals
from femwgm.observables.volume import volume_max
from femwgm.problem import MeridianProblem, prolong
from femwgm.timing import stage
from femwgm.typing import Array
from femwgm.units import k0_from_wavelength

_COUPLING = 1.2
"""Shift that the neighbours may give a mode, in steps of l: the single spheres are searched in a window so much wider."""
_MOST_COUPLING = 0.012
_LEAST_PART = 0.2
"""Part of a mode (share of the sphere times purity there) that a mode of a single sphere must make up to give it its labels."""
_LEAST_Q = 30.0
_SPARE = 6
_ENRICHMENT = 1
_KRYLOV_BLOCKS = 3
DEFAULT_ORDERS = (0, 1)


@dataclass(frozen=True)
class _Found:
    """A mode at the first degree: order, wavenumber, vector, labels and integrals."""

    m: int
    k0: complex
    x: Array
    residual: float
    label: StackLabel
    integrals: RegionIntegrals
    volume: float
    field_data: CellField


class StackSolver:
    """Modes of an axial stack.

    Parameters
    ----------
    config, section, media
        Configuration, its cross-section, and the material of each region.
    """

    def __init__(self, config: RunConfig, section: Section, media: Mapping[str, Material]) -> None:
        geometry = config.geometry
        assert isinstance(geometry, AxialStack)
        self.config, self.section, self.media, self.geometry = config, section, media, geometry
        lo, hi = config.modes.window_um
        self.window = k0_from_wavelength(hi), k0_from_wavelength(lo)
        self.orders = config.modes.azimuthal_orders or DEFAULT_ORDERS
        middle = complex(0.5 * sum(self.window))
        by_name = {material.name: material for material in media.values()}
        largest = (
            middle.real
            * geometry.radius_ref_um
            * max(material.index(middle).real for material in media.values())
        )
        singles = expected_on_stack(config, by_name, min(_COUPLING / largest, _MOST_COUPLING))
        self.balls = []
        for sphere, centre, modes in zip(geometry.spheres, geometry.centres_um, singles, strict=True):
            regions = [f"{sphere.name}_{layer.name}" for layer in sphere.layers]
            indices = tuple(media[name].index(middle).real for name in (*regions, geometry.ambient))
            self.balls.append(Ball(centre, sphere.radii_um, indices, tuple(modes)))
        if not any(ball.modes for ball in self.balls):
            raise ConfigError(
                "no sphere of the stack has a mode of the requested kind near the window", key="modes.window",
                value=[f"{lo * 1e3:g} nm", f"{hi * 1e3:g} nm"], remedy="widen the window or ask for other orders",
            )  # fmt: skip
        d = config.discretization
        choices = Choices(
            degree=d.degree, refine=d.refine, mirror=False, absorbing={"none": False, "box": True}.get(d.pml.kind),
            pml_strength=d.pml.strength, pml_depth=d.pml.depth_um, pml_distance=d.pml.distance_um,
        )  # fmt: skip
        inhabited = [ball for ball in self.balls if ball.modes]
        tolerance = config.accuracy.wavelength
        self.domain: GeneralDomain = design_stack(
            section, inhabited, contacts(geometry), self.orders, tolerance, choices
        )
        self.mesh: CurvedMesh = body_mesh(self.domain)

    def modes(self, on_mode: Callable[[Mode], None] | None = None) -> list[Mode]:
        """Every mode in the window that resembles a mode asked for on some sphere, its errors from a richer solution.

        Raises
        ------
        ConfigError
            If there is none.
        SolveError
            If an eigenproblem does not converge.
        """
        begin = time.perf_counter()
        with stage("eigenpairs"):
            found, numberings = self._first()
        if not found:
            raise ConfigError(
                "no mode of the requested kind lies in the window", key="modes.window",
                value=[f"{w * 1e3:g} nm" for w in self.config.modes.window_um], remedy="widen it",
            )  # fmt: skip
        with stage("error estimate"):
            errors = self._second(found, numberings)
        seconds = (time.perf_counter() - begin) / len(found)
        modes = [self._mode(f, e, seconds) for f, e in zip(found, errors, strict=True)]
        for mode in modes:
            if on_mode:
                on_mode(mode)
        return modes

    def _first(self) -> tuple[list[_Found], dict[int, Numbering]]:
        """Pairs, labels and integrals at the domain's degree; the matrices are dropped before the second solution."""
        problem = MeridianProblem(self.mesh, self.media, self.section.ambient)
        degree = self.domain.degree
        found: list[_Found] = []
        numberings: dict[int, Numbering] = {}
        middle = complex(0.5 * sum(self.window))
        eps = problem.media(middle).eps
        for m in self.orders:
            pencil = problem.pencil(degree, m, None, middle)
            pairs = self._pairs(pencil)
            numberings[m] = pencil.numbering
            for j in range(len(pairs)):
                k0 = complex(np.sqrt(complex(pairs.values[j])))
                if not self.window[0] <= k0.real <= self.window[1]:
                    continue
                field = problem.field(pencil, pairs.vectors[:, j], m, k0, None)
                integrals = region_integrals(field, problem.matrices(degree), problem.media(complex(k0.real)))
                scale = 1.0 / np.sqrt(integrals.electric.sum())
                field, integrals = field.scaled(scale), integrals.scaled(scale**2)
                shares = ball_shares(integrals.energy_share, [s.name for s in self.geometry.spheres])
                label = label_stack(field, self.balls, shares, [ball.indices[-2] for ball in self.balls])
                if label.single is None or label.purity * max(shares) < _LEAST_PART:
                    continue
                found.append(
                    _Found(
                        m, k0, pairs.vectors[:, j], float(pairs.residuals[j]), label, integrals,
                        volume_max(field, integrals, eps), field,
                    )
                )  # fmt: skip
        return found, numberings

    def _pairs(self, pencil: Pencil) -> Eigenpairs:
        """Every eigenpair in the window: counted by inertia where the problem is closed, by discs that cover it where not."""
        low, high = self.window[0] ** 2, self.window[1] ** 2
        if pencil.definite:
            number = count_between(pencil.numbering, pencil.K, pencil.M, low, high)
            if number == 0:
                return Eigenpairs(np.zeros(0), np.zeros((pencil.size, 0)), np.zeros(0))
            return nearest(pencil, complex(0.5 * (low + high)), number + _SPARE)
        parts: list[Eigenpairs] = []
        shift = low
        while True:
            pairs, reach = around(pencil, complex(shift), 12)
            keep = -pairs.values.imag < pairs.values.real / _LEAST_Q
            new = pairs.select(np.flatnonzero(keep))
            known = np.concatenate([p.values for p in parts]) if parts else np.zeros(0)
            fresh = [j for j, v in enumerate(new.values) if not np.any(np.abs(known - v) < 1e-8 * abs(v))]
            parts.append(new.select(np.array(fresh, dtype=int)))
            shift += 0.8 * reach
            if shift - 0.8 * reach + 0.6 * reach >= high:
                break
        return Eigenpairs(
            np.concatenate([p.values for p in parts]), np.concatenate([p.vectors for p in parts], axis=1),
            np.concatenate([p.residuals for p in parts]),
        )  # fmt: skip

    def _second(self, found: Sequence[_Found], numberings: Mapping[int, Numbering]) -> list[complex]:
        """Wavenumbers of the same modes one degree higher and with the natural condition at the end of the domain."""
        problem = MeridianProblem(self.mesh, self.media, self.section.ambient)
        degree = self.domain.degree + _ENRICHMENT
        richer: dict[int, complex] = {}
        for m in self.orders:
            mine = [i for i, f in enumerate(found) if f.m == m]
            if not mine:
                continue
            k = complex(np.mean([found[i].k0 for i in mine]))
            pencil = problem.pencil(degree, m, None, complex(k.real), outer="natural")
            if pencil.definite:  # which looks at both matrices, and so makes them
                problem.forget(degree)
            start = prolong(numberings[m], pencil.numbering, np.stack([found[i].x for i in mine], axis=1))
            values = follow(pencil, k**2, start)
            richer.update({i: complex(np.sqrt(complex(v))) for i, v in zip(mine, values, strict=True)})
        return [richer[i] for i in range(len(found))]

    def _mode(self, found: _Found, richer: complex, seconds: float) -> Mode:
        label, integrals = found.label, found.integrals
        single = label.single
        assert single is not None
        error = max(abs(richer.real - found.k0.real) / richer.real, 1e-13)
        absorbed = sum(integrals.absorption.values())
        log_q: float | None = None
        q_error: float | None = None
        floor: float | None = 1.0 / error
        source = "not resolved: the domain is closed"
        if self.domain.open and found.k0.imag < 0.0:
            rate = -2.0 * found.k0.imag / found.k0.real - absorbed
            if rate > 0.0:
                log_q, source, floor = float(-np.log10(rate)), "eigenvalue", None
                q_error = abs(richer.imag / found.k0.imag - 1.0)
        shares = ball_shares(integrals.energy_share, [s.name for s in self.geometry.spheres])
        extra: dict[str, float | str | None] = {
            "sphere": self.geometry.spheres[label.ball].name, "parity": label.parity,
            "shift_from_single": found.k0.real / single.k0.real - 1.0,
        }  # fmt: skip
        extra |= {f"share_{s.name}": share for s, share in zip(self.geometry.spheres, shares, strict=True)}
        return Mode(
            pol=label.pol, q=single.q, l=label.l, m=found.m, p=label.l - found.m, k0=found.k0,
            radius=self.section.radius, n_g=None, log10_q_rad=log_q, q_rad_source=source, q_rad_floor=floor,
            q_error=q_error, q_abs=1.0 / absorbed if absorbed else None, energy=integrals.energy_share, e2=integrals.e2_share,
            radial_e2={}, mode_volume_um3=found.volume, wavelength_error=float(error), residual=found.residual,
            dofs=len(found.x), seconds=seconds, confidence=label.purity * abs(2.0 * label.te_fraction - 1.0),
            te_fraction=label.te_fraction, met=bool(error <= self.config.accuracy.wavelength),
            absorption=integrals.absorption, extra=extra, field_data=found.field_data,
        )  # fmt: skip

    @property
    def expected(self) -> list[Expected]:
        """The single spheres' modes."""
        return [mode for ball in self.balls for mode in ball.modes]


def follow(pencil: Pencil, shift: complex, start: Array) -> Array:
    """Eigenvalues of the modes that a block of approximate vectors (size, n) stands for, from one factorisation.

    Rayleigh-Ritz in the block Krylov space of the shifted inverse that the block begins; each mode is told by its overlap with
    its start vector. (Subspace iteration would drift to whatever lies nearer to the shift.)
    """
    real = pencil.definite
    solver = pencil.factor(complex(shift.real) if real else shift)
    blocks = [start]
    for _ in range(_KRYLOV_BLOCKS):
        fresh = solver.solve(pencil.apply_M(blocks[-1]))
        blocks.append(fresh / np.linalg.norm(fresh, axis=0))
    x, _ = np.linalg.qr(np.concatenate(blocks, axis=1))
    K, M = x.T @ pencil.apply_K(x), x.T @ pencil.apply_M(x)
    values, y = sla.eigh(0.5 * (K + K.T), 0.5 * (M + M.T)) if real else sla.eig(K, M)
    vectors = x @ y
    size = np.sqrt(np.abs(np.einsum("ij,ij->j", vectors, pencil.apply_M(vectors))))
    overlap = np.abs(pencil.apply_M(start).T @ vectors) / size
    return np.asarray(values[np.argmax(overlap, axis=1)])
