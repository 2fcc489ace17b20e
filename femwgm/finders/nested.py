"""Layered spheres and spheroids: an exact list of their modes, or estimates that solving settles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from femwgm.config.schema import RunConfig
from femwgm.eigen.iterations import Eigenmode
from femwgm.fem.problem import MeridianProblem
from femwgm.finders.exact_list import expected_modes, metal_notes
from femwgm.finders.finder import ElementFinder, Layout, Tell
from femwgm.finders.low_q import table_notes
from femwgm.finders.settle import settle
from femwgm.ground.expected import Expected
from femwgm.ground.timing import stage
from femwgm.materials import Material
from femwgm.modes.mode import Mode
from femwgm.solver.converged import Goals
from femwgm.solver.count import Count, verify
from femwgm.solver.families import Families
from femwgm.solver.layout import discretize, equatorial_intervals, groups


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
        self.exact = config.geometry.kind == "layered_sphere" and all(m.axis != "z" for m in media.values())

    def groups(self, tell: Tell) -> Iterator[Sequence[Expected]]:
        with stage("expected modes"):
            self.expected = expected_modes(self.config, self._by_name)
        for group in groups(self.expected):
            yield sorted(group, key=lambda e: (e.m, e.pol))

    @property
    def _by_name(self) -> dict[str, Material]:
        return {self.config.geometry.region_materials[region]: m for region, m in self.media.items()}

    def notes(self) -> list[str]:
        return metal_notes(self.config, self._by_name) + table_notes(
            self.config, self._by_name, self.expected
        )

    def lay_out(self, group: Sequence[Expected], goals: Goals, sharper: float) -> Layout:
        ascending = sorted(group, key=lambda e: (e.k0.real, e.pol, e.m))
        domain, mesh = discretize(self.config, self.media, ascending, sharper)
        problem = MeridianProblem(mesh, self.media, self.config.geometry.ambient)
        if self.exact:
            problem.families = Families(group)
        mirrored = self.config.discretization.mirror
        return Layout(domain, mesh, problem, mirrored, equatorial_intervals(self.config, domain))

    def count(self, layout: Layout, modes: Sequence[Mode]) -> list[Count]:
        assert layout.problem is not None
        return verify(layout.problem, modes, self.config.geometry.radius_ref_um)

    def settled(self, target: Expected, layout: Layout) -> tuple[Expected, Eigenmode | None]:
        assert layout.problem is not None
        if self.exact:
            return target, None
        return settle(
            layout.problem, target, layout.domain.degree, mirrored=layout.mirrored,
            radius=self.config.geometry.radius_ref_um,
        )  # fmt: skip
