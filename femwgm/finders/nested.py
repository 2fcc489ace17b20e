"""Layered spheres and spheroids: an exact list of their modes, or estimates that solving settles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.eigen.iterations import Eigenmode
from femwgm.eigen.reduced import LEAST_MEMBERS
from femwgm.errors import SolveError
from femwgm.fem.problem import MeridianProblem
from femwgm.finders.exact_list import exact_sphere, expected_modes, metal_notes, names_of
from femwgm.finders.finder import ElementFinder, Layout, Tell
from femwgm.finders.low_q import table_notes
from femwgm.finders.refusals import Kind, Labelled
from femwgm.finders.settle import settle
from femwgm.geometry.build import section_of
from femwgm.ground.expected import Expected
from femwgm.ground.timing import stage
from femwgm.materials import Material
from femwgm.modes.mode import Mode
from femwgm.solver.converged import Goals
from femwgm.solver.count import Count, verify
from femwgm.solver.families import Families
from femwgm.solver.layout import discretize, equatorial_intervals, groups

_Settled = dict[Expected, tuple[Expected, Eigenmode | None]]
"""What was expected, with the wavenumber on the mesh and the eigenpair, if it is at hand."""

_SETTLED = 1e-4
"""How far (relative) a wavenumber on the final mesh may still move."""
_BEND = 1e-6
"""Second difference of the ratio of wavenumbers to their estimates, over a family, up to which a parabola follows it."""
_STEEPEST, _STEEPEST_FOUND = 5.0, 2.0
"""Nepers by which the outgoing wave may grow over the radius of a body with metal: beyond, the domain's end hides the pole. The
second where the pole is known by an estimate, and has to be told apart from states of the absorbing layer."""


def _too_steep(modes: Sequence[Expected], exact: bool) -> str:
    named = ", ".join(
        f"{e.pol} q={e.q} l={e.l} m={e.m} (Q {-0.5 * e.k0.real / e.k0.imag:.1f})" for e in modes[:6]
    )
    left = "left to `femwgm exact`" if exact else "not looked for"
    return f"{left}, as elements do not resolve waves that grow so fast: {named}"


class NestedFinder(ElementFinder):
    """Modes of nested spheres or spheroids, whose list is known before anything is solved.

    Parameters
    ----------
    config
        Configuration.
    media
        Material of each region.
    """

    relays = True

    def __init__(self, config: RunConfig, media: Mapping[str, Material]) -> None:
        super().__init__(config)
        self.media = media
        self._group: Sequence[Expected] = ()
        self.steep: list[Expected] = []
        self._families: dict[tuple[str, int, int], _Settled | None] = {}
        self.exact = config.geometry.kind == "layered_sphere" and all(m.axis != "z" for m in media.values())

    def groups(self, tell: Tell) -> Iterator[Sequence[Expected]]:
        with stage("expected modes"):
            known = expected_modes(self.config, self._by_name)
        radius = self.config.geometry.radius_ref_um
        metal = bool(metal_notes(self.config, self._by_name))
        steepest = _STEEPEST if self.exact else _STEEPEST_FOUND
        self.steep = [e for e in known if metal and -complex(e.k0).imag * radius > steepest]
        self.expected = [e for e in known if e not in self.steep]
        if not self.expected:
            raise SolveError(_too_steep(self.steep, self.exact))
        for group in groups(self.expected):
            yield sorted(group, key=lambda e: (e.m, e.pol))

    @property
    def _by_name(self) -> dict[str, Material]:
        return {self.config.geometry.region_materials[region]: m for region, m in self.media.items()}

    def notes(self, modes: Sequence[Labelled]) -> list[str]:
        notes = super().notes([*modes, *self.steep]) + metal_notes(self.config, self._by_name)
        notes += table_notes(self.config, self._by_name, self.expected)
        return [*notes, _too_steep(self.steep, self.exact)] if self.steep else notes

    def reason(self, kind: Kind) -> str:
        pol, q, _ = kind
        modes = self.config.modes
        degrees = sorted(
            {e.l for e in self.expected if e.pol == pol and q in (None, e.q) and e.l is not None}
        )
        if degrees and self.exact:
            return f"of its lines l = {', '.join(map(str, degrees))} none has such an m = l - p"
        if degrees or not self.exact or modes.azimuthal_orders is not None:
            return "none in the window" + ("" if modes.azimuthal_orders is None else " has such an m")
        sphere = exact_sphere(self.config, self._by_name)
        near = sphere.nearest_modes(modes.window_um, [pol], None if q is None else [q])
        return f"none in the window; the nearest are {names_of(near) or 'unknown'}"

    def lay_out(self, group: Sequence[Expected], goals: Goals, sharper: float) -> Layout:
        ascending = sorted(group, key=lambda e: (e.k0.real, e.pol, e.m))
        domain, mesh = discretize(self.config, self.media, ascending, sharper)
        problem = MeridianProblem(mesh, self.media, self.config.geometry.ambient)
        if self.config.geometry.kind == "spheroid":
            problem.reach = section_of(self.config.geometry).reach
        self._group, self._families = ascending, {}
        if self.exact:
            problem.families = Families(group)
        mirrored = self.config.discretization.mirror
        return Layout(domain, mesh, problem, mirrored, equatorial_intervals(self.config, domain))

    def count(self, layout: Layout, modes: Sequence[Mode]) -> list[Count]:
        assert layout.problem is not None
        return verify(layout.problem, modes, self.config.geometry.radius_ref_um)

    def settled(self, target: Expected, layout: Layout) -> tuple[Expected, Eigenmode | None] | None:
        if self.exact:
            return target, None
        family = (target.pol, target.q, target.p)
        if family not in self._families:
            members = [e for e in self._group if (e.pol, e.q, e.p) == family]
            try:
                self._families[family] = self._settled_family(members, layout)
            except SolveError:  # one of the modes that stand for the others is not found: each by itself
                self._families[family] = None
        known = self._families[family]
        found = self._settle(target, layout) if known is None else known.get(target)
        return found if found is not None and self._in_window(found[0].k0) else None

    def _settle(self, target: Expected, layout: Layout) -> tuple[Expected, Eigenmode]:
        assert layout.problem is not None
        return settle(
            layout.problem, target, layout.domain.degree, mirrored=layout.mirrored,
            radius=self.config.geometry.radius_ref_um,
        )  # fmt: skip

    def _in_window(self, k0: complex, unsure: float = _SETTLED) -> bool:
        """Whether a wavenumber may turn out to lie in the window."""
        low, high = (2.0 * np.pi / end for end in self.config.modes.window_um[::-1])
        return bool(low * (1.0 - unsure) <= k0.real <= high * (1.0 + unsure))

    def _settled_family(self, members: Sequence[Expected], layout: Layout) -> _Settled | None:
        """The members of a family that lie in the window; None where each has to be settled by itself.

        The estimates are off by a ratio that hardly changes with m. Where it follows a parabola through both ends and the middle,
        all the others are known from it, and the problem's reduced basis begins there.
        """
        assert layout.problem is not None
        if len(members) < LEAST_MEMBERS:
            return None
        middle = members[len(members) // 2]
        found: _Settled = {middle: self._settle(middle, layout)}
        offset = found[middle][0].k0 / middle.k0
        unsure = _SETTLED + 2.0 * abs(offset - 1.0)
        inside = [e for e in members if self._in_window(e.k0 * offset, unsure)]
        enough = len(inside) >= LEAST_MEMBERS
        knots = [inside[0], inside[len(inside) // 2], inside[-1]] if enough else inside
        found |= {e: self._settle(e, layout) for e in knots if e not in found}
        if not enough:
            return {e: found[e] for e in inside}
        ratios = np.array([found[e][0].k0 / e.k0 for e in knots])
        m = np.array([e.m for e in knots], dtype=float)
        bend = ratios[1] - ratios[0] - (ratios[2] - ratios[0]) * (m[1] - m[0]) / (m[2] - m[0])
        if abs(bend) > _BEND:
            return {e: found[e] if e in found else self._settle(e, layout) for e in inside}
        parabola = np.polynomial.Polynomial.fit(m, ratios, 2)
        settled = {e: replace(e, k0=complex(e.k0 * parabola(e.m))) for e in inside}
        if layout.problem.families is None:
            layout.problem.families = Families(())
        layout.problem.families.expect(list(settled.values()))
        return {e: (item, None) for e, item in settled.items()}
