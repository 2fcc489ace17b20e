"""Stacks of spheres: spherical waves give the numbers, finite-element cells hold the fields."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from femwgm.analytic.multipoles import StackField, StackMode, mode_volume, stack_modes, up_to_its_end
from femwgm.analytic.multipoles.search import disc_radius
from femwgm.config.geometries import AxialStack
from femwgm.config.schema import RunConfig
from femwgm.fem.field import CellField
from femwgm.fem.formula_field import SampledField
from femwgm.fem.spaces import Space
from femwgm.finders.finder import Finder, Layout, Tell
from femwgm.finders.refusals import Labelled
from femwgm.geometry.build import contacts, section_of
from femwgm.ground.expected import Expected
from femwgm.ground.timing import stage
from femwgm.materials import Material
from femwgm.mesh.body_domain import GeneralDomain
from femwgm.mesh.curved import CurvedMesh
from femwgm.modes.mode import Mode
from femwgm.solver.converged import Goals
from femwgm.solver.layout import choices_of
from femwgm.stacks.columns import Key, beside_coupled_modes, thresholds
from femwgm.stacks.derivatives import StackDifferentiator, spheres_of
from femwgm.stacks.domain import design_stack
from femwgm.stacks.labels import ball_shares, contact_parity
from femwgm.stacks.resemblance import Label, label, resembles
from femwgm.stacks.singles import Singles

_PICTURED = 1e-4
"""Accuracy of the wavelength for which the cells that hold fields are laid out."""
_LEAST_TOLERANCE = 1e-12
_TICKS = 100
_DEPTH = 0.8
"""Depth below the real axis to which the discs overlap, in radii."""


@dataclass(frozen=True)
class StackTarget:
    """A mode of the stack as spherical waves give it, the single mode it resembles, and coupled-mode theory beside it."""

    found: StackMode
    what: Label
    theory: Mapping[str, float | str | None]
    seconds: float


class StackFinder(Finder):
    """Modes of a stack of spheres that resemble modes asked for of its spheres.

    Spherical waves about the centres give every number. The cells, which only hold the fields, are made once.
    """

    def __init__(self, config: RunConfig, media: Mapping[str, Material]) -> None:
        super().__init__(config)
        geometry = config.geometry
        assert isinstance(geometry, AxialStack)
        self.media, self.geometry = media, geometry
        self.singles = Singles(config, media)
        self.spheres = spheres_of(geometry, media)

    @cached_property
    def domain(self) -> GeneralDomain:
        """Region in which fields are put on cells."""
        tolerance = max(self.config.accuracy.wavelength, _PICTURED)
        choices = replace(choices_of(self.config), mirror=False, absorbing=False)
        balls = [ball for ball in self.singles.balls if ball.modes]
        return design_stack(
            section_of(self.geometry), balls, contacts(self.geometry), self.singles.orders, tolerance, choices
        )

    @cached_property
    def space(self) -> Space:
        """The cells and their degree."""
        with stage("cells for the fields"):
            mesh: CurvedMesh = self.domain.real_mesh()
            return Space(mesh, self.domain.degree)

    @property
    def _tolerance(self) -> float:
        """Error of the wavenumber to ask for: Q errs by some roots of it."""
        goals = self.config.accuracy
        return max(min(goals.wavelength, (0.1 * goals.q) ** 2 if goals.q else 1.0), _LEAST_TOLERANCE)

    def groups(self, tell: Tell) -> Iterator[Sequence[StackTarget]]:
        total = len(self.singles.orders)
        for number, m in enumerate(self.singles.orders):

            def told(part: float, m: int = m, before: int = number) -> None:
                tell(f"m={m}", int(_TICKS * (before + part)), _TICKS * total)

            told(0.0)
            targets = self._targets(m, told)
            self.expected += [self.label_of(target) for target in targets]
            if targets:
                yield targets

    def label_of(self, target: StackTarget) -> Expected:
        single, m = target.what.single, target.found.m
        return Expected(single.pol, single.q, single.l, m, target.found.k0, float(single.l))

    def lay_out(self, group: Sequence[StackTarget], goals: Goals, sharper: float) -> Layout:
        return Layout(self.domain, self.space.mesh)

    def solve(
        self, target: StackTarget, layout: Layout, goals: Goals, others: Sequence[CellField] = ()
    ) -> Mode:
        with stage("observables"):
            return self._mode(target)

    def notes(self, modes: Sequence[Labelled]) -> list[str]:
        least = 0.5 * self.singles.window[0] / (_DEPTH * disc_radius(self.spheres, self.singles.window))
        return [*super().notes(modes), f"modes with Q below about {least:.2g} were not looked for"]

    def _targets(self, m: int, tell: Callable[[float], None]) -> list[StackTarget]:
        """Modes of one azimuthal order."""
        begin = time.perf_counter()
        singles = self.singles
        pols = tuple(pol == "TM" for pol in self.config.modes.polarizations)
        with stage("spherical waves"):
            found = stack_modes(
                self.spheres, m, singles.window, pols, resembles(singles.balls, m), self._tolerance, tell,
            )  # fmt: skip
        seconds = (time.perf_counter() - begin) / max(len(found), 1)
        labels = [label(mode, singles.balls) for mode in found]
        parts = [(self._key(what), mode.k0.real) for mode, what in zip(found, labels, strict=True)]
        with stage("coupled-mode theory"):
            theory = beside_coupled_modes(parts, self.config, singles.materials, m, singles.widening)
        return [
            StackTarget(mode, what, columns, seconds)
            for mode, what, columns in zip(found, labels, theory, strict=True)
        ]

    def _key(self, what: Label) -> Key:
        return self.geometry.spheres[what.ball].name, what.single.pol, what.single.q, what.single.l

    def _mode(self, target: StackTarget) -> Mode:
        what, seconds = target.what, target.seconds
        found = up_to_its_end(target.found, what.single.l)
        names = [s.name for s in self.geometry.spheres]
        k = found.k0.real
        energy = {
            f"{sphere.name}_{layer.name}": share
            for sphere, shares in zip(self.geometry.spheres, found.energy, strict=True)
            for layer, share in zip(sphere.layers, shares, strict=True)
        }
        energy[self.geometry.ambient] = 1.0 - sum(energy.values())
        eps = {name: self.media[name].permittivity(complex(k)) for name in energy}
        weights = {name: share / eps[name].real for name, share in energy.items()}
        # Where eps is least, a share of the energy is most of one of |E|^2.
        steepest = max(1.0 / abs(e.real) for e in eps.values()) / abs(sum(weights.values()))
        absorbing = {n: s * eps[n].imag / eps[n].real for n, s in energy.items() if eps[n].imag}
        absorbed = sum(absorbing.values())
        exact, volume = StackField(found), mode_volume(found)
        shares = ball_shares(energy, names)
        extra: dict[str, float | str | None] = {
            "sphere": names[what.ball], "parity": contact_parity(exact, self.singles.balls, shares),
            "shift_from_single": k / what.single.k0.real - 1.0, "mode_volume_error": volume.error,
        }  # fmt: skip
        extra |= thresholds(self.geometry, self.media, energy, k)
        extra |= {f"share_{name}": share for name, share in zip(names, shares, strict=True)}
        extra |= target.theory
        known = found.log10_q is not None and found.q_error is not None and found.q_error < 1.0
        goal = self.config.accuracy.q
        mode = Mode(
            pol=what.single.pol, q=what.single.q, l=what.single.l, m=found.m, p=what.single.l - found.m, k0=found.k0,
            radius=self.geometry.radius_ref_um, n_g=None, log10_q_rad=found.log10_q if known else None,
            q_rad_source=found.source if known or found.log10_q is None else "not resolved: lost in rounding",
            q_rad_floor=None if known or self.media[self.geometry.ambient].permittivity(complex(k)).imag else 1.0 / found.error,
            q_error=found.q_error if known else None, q_abs=1.0 / absorbed if absorbed else None,
            q_abs_error=_absorption_error(absorbing, eps, found.share_error), energy=energy,
            e2_error=found.share_error * steepest,
            e2={name: value / sum(weights.values()) for name, value in weights.items()}, radial_e2={},
            mode_volume_um3=volume.um3, wavelength_error=found.error, residual=found.residual,
            dofs=found.system.size, seconds=seconds, share_error=found.share_error, confidence=what.weight,
            te_fraction=found.te_fraction,
            met=found.error <= self.config.accuracy.wavelength and (goal is None or (known and (found.q_error or 0.0) <= goal)),
            absorption=absorbing, extra=extra, field_data=SampledField(self.space, exact, found.m, found.k0),
        )  # fmt: skip
        lacking = mode.wavelength_error or 0.0, mode.q_total_error or 0.0
        return replace(mode, differentiate=StackDifferentiator(found, self.geometry, self.media, lacking))


def _absorption_error(
    absorbing: Mapping[str, float], eps: Mapping[str, complex], share: float
) -> float | None:
    """Relative error of the absorption from shares with an error (absolute), of first order in the loss."""
    total = abs(sum(absorbing.values()))
    if not absorbing or total == 0.0:
        return None
    tangents = [abs(eps[name].imag / eps[name].real) for name in absorbing]
    return share * sum(tangents) / total + max(tangents)
