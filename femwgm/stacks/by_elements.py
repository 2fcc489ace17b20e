"""Modes of spheres on a common axis: all of an azimuthal order in one factorisation, checked in a second, richer one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from femwgm.config.geometries import AxialStack
from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError
from femwgm.fem.field import CellField
from femwgm.fem.problem import MeridianProblem
from femwgm.finders.body_search import body_mesh
from femwgm.finders.finder import Finder, Layout, Tell
from femwgm.geometry.build import contacts
from femwgm.geometry.section import Section
from femwgm.ground.timing import stage
from femwgm.materials import Material
from femwgm.mesh.body_domain import GeneralDomain
from femwgm.mesh.curved import CurvedMesh
from femwgm.mesh.domain import Choices
from femwgm.modes.expected import Expected
from femwgm.modes.mode import Mode
from femwgm.observables.energy import RegionIntegrals
from femwgm.observables.peak import brightest, crest
from femwgm.observables.volume import volume_max
from femwgm.solver.solve import Goals
from femwgm.stacks.columns import beside_coupled_modes, thresholds
from femwgm.stacks.domain import design_stack
from femwgm.stacks.eigenpairs import Pairs, StackPairs
from femwgm.stacks.labels import StackLabel, ball_shares, label_stack
from femwgm.stacks.singles import Singles

_LEAST_PART = 0.2
"""Part of a mode (share of the sphere times purity there) that a mode of a single sphere must make up to give it its labels."""
_LOOKED_THROUGH = 4000
"""Cells up to which the maximum is looked for in all of them."""
_SLACK = 1e-4
_ENRICHMENT = 1


@dataclass(frozen=True)
class _Found:
    """A mode at the first degree; `shift` is what dispersion adds to its wavenumber, relative to it."""

    m: int
    k0: complex
    shift: float
    residual: float
    label: StackLabel
    integrals: RegionIntegrals
    volume: float
    dofs: int
    field_data: CellField


class StackSolver(Finder):
    """Modes of an axial stack.

    Parameters
    ----------
    config, section, media
        Configuration, its cross-section, and the material of each region.
    """

    def __init__(self, config: RunConfig, section: Section, media: Mapping[str, Material]) -> None:
        super().__init__(config)
        geometry = config.geometry
        assert isinstance(geometry, AxialStack)
        self.config, self.section, self.media, self.geometry = config, section, media, geometry
        singles = Singles(config, media)
        self.window, self.orders, self.widening = singles.window, singles.orders, singles.widening
        self.by_name, self.balls = singles.materials, singles.balls
        d = config.discretization
        choices = Choices(
            degree=d.degree, refine=d.refine, mirror=False, absorbing={"none": False, "box": True}.get(d.pml.kind),
            pml_strength=d.pml.strength, pml_depth=d.pml.depth_um, pml_distance=d.pml.distance_um,
        )  # fmt: skip
        tolerance = config.accuracy.wavelength
        self.domain: GeneralDomain = design_stack(
            section,
            [ball for ball in self.balls if ball.modes],
            contacts(geometry),
            self.orders,
            tolerance,
            choices,
        )
        self.mesh: CurvedMesh = body_mesh(self.domain)
        problem = MeridianProblem(self.mesh, media, section.ambient)
        slack = _SLACK if problem.dispersive else 0.0
        self.pairs = StackPairs(problem, (self.window[0] * (1.0 - slack), self.window[1] * (1.0 + slack)))

    def modes(self) -> list[Mode]:
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
            found, pairs = self._first()
        if not found:
            raise ConfigError(
                "no mode of the requested kind lies in the window", key="modes.window",
                value=[f"{w * 1e3:g} nm" for w in self.config.modes.window_um], remedy="widen it",
            )  # fmt: skip
        with stage("error estimate"):
            errors = self._second(found, pairs)
        seconds = (time.perf_counter() - begin) / len(found)
        modes = [self._mode(f, e, seconds) for f, e in zip(found, errors, strict=True)]
        return [
            mode for m in self.orders for mode in self._beside(m, [mode for mode in modes if mode.m == m])
        ]

    def _beside(self, m: int, modes: Sequence[Mode]) -> list[Mode]:
        parts = [((str(mode.extra["sphere"]), mode.pol, mode.q, mode.l or 0), mode.k0.real) for mode in modes]
        with stage("coupled-mode theory"):
            theory = beside_coupled_modes(parts, self.config, self.by_name, m, self.widening)
        return [replace(o, extra={**o.extra, **columns}) for o, columns in zip(modes, theory, strict=True)]

    def groups(self, tell: Tell) -> Iterator[Sequence[Mode]]:
        tell("solving", 0, 1)
        modes = self.modes()
        self.expected = [
            Expected(mode.pol, mode.q, mode.l or 0, mode.m, mode.k0, float(mode.l or 0)) for mode in modes
        ]
        yield modes

    def label_of(self, target: Mode) -> Expected:
        return Expected(target.pol, target.q, target.l or 0, target.m, target.k0, float(target.l or 0))

    def lay_out(self, group: Sequence[Mode], goals: Goals, sharper: float) -> Layout:
        return Layout(self.domain, self.mesh)

    def solve(self, target: Mode, layout: Layout, goals: Goals) -> Mode:
        return target

    def _first(self) -> tuple[list[_Found], dict[int, Pairs]]:
        """Pairs, labels and integrals at the domain's degree."""
        found: list[_Found] = []
        pairs: dict[int, Pairs] = {}
        names = [s.name for s in self.geometry.spheres]
        eps = self.pairs.media.eps
        for m in self.orders:
            here = self.pairs.primary(self.domain.degree, m)
            chosen = []
            for j, (field, integrals) in enumerate(zip(here.fields, here.integrals, strict=True)):
                shift = self._dispersion(here.k0[j], integrals)
                if not self.window[0] <= here.k0[j].real * (1.0 + shift) <= self.window[1]:
                    continue
                shares = ball_shares(integrals.energy_share, names)
                label = label_stack(field, self.balls, shares, [ball.indices[-2] for ball in self.balls])
                if label.single is None or label.purity * max(shares) < _LEAST_PART:
                    continue
                scale = 1.0 / np.sqrt(integrals.electric.sum())
                unit, energies = field.scaled(scale), integrals.scaled(scale**2)
                large = len(eps) > _LOOKED_THROUGH
                volume = volume_max(energies, crest(unit, eps, brightest(unit, eps) if large else None))
                chosen.append(j)
                found.append(
                    _Found(m, here.k0[j], shift, here.residuals[j], label, energies, volume, here.size, unit)
                )
            pairs[m] = here.select(chosen)
        return found, pairs

    def _dispersion(self, k0: complex, integrals: RegionIntegrals) -> float:
        """Relative shift of a wavenumber because the media were taken at the middle of the window: first order, times shares."""
        share = integrals.energy_share
        if not self.pairs.problem.dispersive:
            return 0.0
        k, middle = complex(k0.real), self.pairs.middle
        change = {
            name: self.media[name].permittivity(k).real / self.media[name].permittivity(middle).real
            for name in share
        }
        return -0.5 * sum(value * (change[name] - 1.0) for name, value in share.items())

    def _second(self, found: Sequence[_Found], pairs: Mapping[int, Pairs]) -> list[complex]:
        """Wavenumbers of the same modes one degree higher and with the natural condition at the end of the domain."""
        richer: list[complex] = []
        for m in self.orders:
            if any(f.m == m for f in found):
                richer += self.pairs.richer(self.domain.degree + _ENRICHMENT, m, pairs[m]).tolist()
        return richer

    def _mode(self, found: _Found, richer: complex, seconds: float) -> Mode:
        label, integrals = found.label, found.integrals
        single = label.single
        assert single is not None
        error = max(abs(richer.real - found.k0.real) / richer.real, 1e-13)
        absorbed = sum(integrals.absorption.values())
        loss = max(abs(self.media[n].permittivity(found.k0.real).imag) for n in integrals.regions)
        unknown = float(np.sqrt(error))  # a field errs by the root of what its eigenvalue errs by
        k0 = complex(found.k0 * (1.0 + found.shift))
        log_q: float | None = None
        q_error: float | None = None
        floor: float | None = 1.0 / error
        source = "not resolved: the domain is closed"
        if not self.domain.open:  # solved without loss and gain: they count to first order
            k0 = complex(k0.real, -0.5 * k0.real * absorbed)
            error += 0.5 * loss**2
        elif found.k0.imag < 0.0:
            rate = -2.0 * found.k0.imag / found.k0.real - absorbed
            if rate > 0.0:
                log_q, source, floor = float(-np.log10(rate)), "eigenvalue", None
                q_error = abs(richer.imag / found.k0.imag - 1.0)
        shares = ball_shares(integrals.energy_share, [s.name for s in self.geometry.spheres])
        extra: dict[str, float | str | None] = {
            "sphere": self.geometry.spheres[label.ball].name, "parity": label.parity,
            "shift_from_single": float(k0.real / single.k0.real - 1.0),
        }  # fmt: skip
        extra |= thresholds(self.geometry, self.media, integrals.energy_share, k0.real)
        extra |= {f"share_{s.name}": share for s, share in zip(self.geometry.spheres, shares, strict=True)}
        return Mode(
            pol=label.pol, q=single.q, l=label.l, m=found.m, p=label.l - found.m, k0=k0,
            radius=self.section.radius, n_g=None, log10_q_rad=log_q, q_rad_source=source, q_rad_floor=floor,
            q_error=q_error, q_abs=1.0 / absorbed if absorbed else None,
            q_abs_error=unknown + loss if absorbed else None, share_error=unknown, e2_error=unknown,
            energy=integrals.energy_share, e2=integrals.e2_share,
            radial_e2={}, mode_volume_um3=found.volume, wavelength_error=float(error), residual=found.residual,
            dofs=found.dofs, seconds=seconds, confidence=label.purity * abs(2.0 * label.te_fraction - 1.0),
            te_fraction=label.te_fraction, met=bool(error <= self.config.accuracy.wavelength),
            absorption=integrals.absorption, extra=extra, field_data=found.field_data,
        )  # fmt: skip
