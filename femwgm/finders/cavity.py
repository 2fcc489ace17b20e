"""Closed cavities: every mode in the window for each azimuthal order, their number proved by inertia."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.eigen.inertia import eigenvalues_between
from femwgm.eigen.krylov import around
from femwgm.errors import ConfigError, SolveError
from femwgm.fem.field import CellField
from femwgm.fem.problem import MeridianProblem
from femwgm.finders.body_mesh import body_mesh, sampled_intervals
from femwgm.finders.finder import ElementFinder, Layout, Tell
from femwgm.finders.refusals import no_mode
from femwgm.geometry.section import Section
from femwgm.ground.expected import Expected
from femwgm.ground.timing import stage
from femwgm.ground.units import k0_from_wavelength
from femwgm.materials import Material
from femwgm.mesh.body_domain import GeneralDomain, design_general
from femwgm.mesh.landscape import Wave
from femwgm.modes.labels import Label, identify
from femwgm.modes.mode import Mode
from femwgm.solver.converged import Goals
from femwgm.solver.layout import choices_of

_MOST_ORDERS = 400
_SPLITS = 12


@dataclass(frozen=True)
class CavityMode:
    """A mode to solve for, the condition at the mirror plane that it obeys, and how sure its labels are."""

    expected: Expected
    mirror: str | None
    label: Label


class CavitySearch(ElementFinder):
    """Spectrum of a section with walls on every side."""

    by_labels = True

    def __init__(self, config: RunConfig, section: Section, media: Mapping[str, Material]) -> None:
        super().__init__(config)
        self.section, self.others = section, list[Expected]()
        lo, hi = config.modes.window_um
        self.window = k0_from_wavelength(hi), k0_from_wavelength(lo)
        middle = 0.5 * sum(self.window)
        indices = {name: abs(media[name].index(middle).real) for name in section.regions}
        choices = replace(choices_of(config), absorbing=False)
        self.domain: GeneralDomain = design_general(
            section, indices, [Wave(0.0, self.window[1])], config.accuracy.wavelength, choices
        )
        self.mesh = body_mesh(self.domain)
        self.problem = MeridianProblem(self.mesh, media, section.ambient)

    def groups(self, tell: Tell) -> Iterator[Sequence[Expected]]:
        tell("searching", 0, 1)
        with stage("search"):
            there = self.modes()
            self.expected = [mode.expected for mode in there if mode.label.admits(self.config.modes)]
            self.others = [mode.expected for mode in there if not mode.label.admits(self.config.modes)]
        if self.expected:
            yield self.expected

    def lay_out(self, group: Sequence[Expected], goals: Goals, sharper: float) -> Layout:
        intervals = sampled_intervals(self.section, self.domain.box, self.mesh)
        return Layout(self.domain, self.mesh, self.problem, self.domain.mirror, intervals)

    def settled(self, target: Expected, layout: Layout) -> tuple[Expected, None]:
        return target, None

    def solve(
        self, target: Expected, layout: Layout, goals: Goals, others: Sequence[CellField] = ()
    ) -> Mode | None:
        mode = super().solve(target, layout, goals, others)
        return mode and replace(mode, q_rad_source="closed: the walls let nothing out", q_rad_floor=None)

    def nothing_found(self) -> ConfigError:
        if not self.others:
            return no_mode(self.config, rule="of the cavity lies")
        names = "; ".join(
            f"{e.pol} q={e.q} p={e.p} m={e.m} at {2e3 * np.pi / e.k0.real:.6g} nm" for e in self.others[:6]
        )
        remedy = f"{len(self.others)} of other orders do: {names}; leave out 'radial_orders', 'polar_orders' and 'polarizations'"
        return no_mode(self.config, remedy, "of the cavity with the requested orders lies")

    def modes(self) -> list[CavityMode]:
        """Every mode in the window, by azimuthal order."""
        wanted = self.config.modes.azimuthal_orders
        found: list[CavityMode] = []
        for m in range(_MOST_ORDERS) if wanted is None else wanted:
            mirrors = ("conductor", "natural") if self.domain.mirror else (None,)
            here = [mode for mirror in mirrors for mode in self._of(m, mirror)]
            if wanted is None and not here and m > 0 and not self._any_above(m):
                break
            found += here
        return found

    def _any_above(self, m: int) -> bool:
        """Whether some mode of an order lies below the window's upper end: beyond the last such order there is none."""
        # Not lower: gradients are eigenvectors of zero, which small cells cannot tell from a shift next to it.
        low, high = 0.1 * self.window[1], self.window[1]
        mirrors = ("conductor", "natural") if self.domain.mirror else (None,)
        return any(self._count(m, mirror, low, high) > 0 for mirror in mirrors)

    def _count(self, m: int, mirror: str | None, low: float, high: float) -> int:
        twin = self.problem.lossless
        pencil = twin.pencil(self.domain.degree, m, mirror, complex(0.5 * (low + high)))
        return eigenvalues_between(pencil, low**2, high**2)

    def _of(self, m: int, mirror: str | None) -> list[CavityMode]:
        low, high = self.window
        number = self._count(m, mirror, low, high)
        if number == 0:
            return []
        values, labels = self._pairs(m, mirror, low, high, number, _SPLITS)
        return [
            CavityMode(
                Expected(s.pol, s.q, m + s.p, m, complex(np.sqrt(v)), float(m + s.p), radiating=False),
                mirror,
                s,
            )
            for v, s in zip(values, labels, strict=True)
        ]

    def _pairs(
        self, m: int, mirror: str | None, low: float, high: float, number: int, splits: int
    ) -> tuple[list[float], list[Label]]:
        """The eigenvalues between two wavenumbers, as many as were counted; the interval is halved until they are all there."""
        twin, degree = self.problem.lossless, self.domain.degree
        middle = 0.5 * (low**2 + high**2)
        pencil = twin.pencil(degree, m, mirror, complex(np.sqrt(middle)))
        pairs, _ = around(pencil, complex(middle * (1.0 + 1e-7)), number + 4)
        inside = [j for j in range(len(pairs)) if low**2 < pairs.values[j].real < high**2]
        if len(inside) == number:
            values, labels = [], []
            smallest, largest, latitude = twin.extent
            for j in inside:
                k0 = complex(np.sqrt(complex(pairs.values[j].real)))
                field = twin.field(pencil, pairs.vectors[:, j], m, k0, mirror)
                values.append(float(pairs.values[j].real))
                labels.append(
                    identify(field, twin.media(k0).eps, (smallest, largest), self.section.radius, latitude)
                )
            return values, labels
        if splits == 0:
            raise SolveError(
                f"{number} modes of order m = {m} were counted in the window, {len(inside)} found"
            )
        cut = float(np.sqrt(middle)) * (1.0 + 1e-6)
        below = self._count(m, mirror, low, cut)
        parts = [
            self._pairs(m, mirror, a, b, n, splits - 1)
            for a, b, n in ((low, cut, below), (cut, high, number - below))
            if n > 0
        ]
        return [v for part in parts for v in part[0]], [label for part in parts for label in part[1]]
