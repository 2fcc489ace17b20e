"""Modes of any body of revolution: found on a coarse mesh without a list of what to expect, then solved on a mesh made for them.

The coarse problem has the azimuthal order as its eigenvalue (`femwgm.finders.orders`), so a few factorisations in the middle
of the window show every family; the integer orders follow from its slope. The field of a family says how far it reaches, and
with that `femwgm.mesh.body_domain` designs the mesh of the final solve.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product, starmap

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.eigen.iterations import Eigenmode
from femwgm.errors import ConfigError
from femwgm.fem.field import CellField
from femwgm.fem.problem import MeridianProblem
from femwgm.finders.body_mesh import body_mesh, sampled_intervals
from femwgm.finders.coverage import discs
from femwgm.finders.family_targets import FOLLOWED_Q, Coarse, Found, Target, action, choose, walk
from femwgm.finders.finder import ElementFinder, Layout, Tell
from femwgm.finders.groups import by_family, outermost, sharing_a_domain
from femwgm.finders.low_orders import Wavenumbers, one_by_one
from femwgm.finders.metals import CURVED, plasmon_index, signed_index
from femwgm.finders.orders import Family, Orders
from femwgm.finders.refusals import Kind, Labelled, absent, kinds_of, named, no_mode
from femwgm.geometry.profile import profile_of
from femwgm.geometry.section import Section, Walls
from femwgm.ground.expected import Expected
from femwgm.ground.timing import stage
from femwgm.ground.typing import Array
from femwgm.ground.units import k0_from_wavelength
from femwgm.materials import Material
from femwgm.mesh.body_domain import GeneralDomain, design_general
from femwgm.mesh.domain import Choices
from femwgm.mesh.landscape import Wave
from femwgm.modes.labels import identify, image_plane
from femwgm.modes.turns import UNSURE
from femwgm.observables.layer import STATE_OF_THE_LAYER, layer_share, share
from femwgm.solver.converged import Goals
from femwgm.solver.eigenmode import mirror_condition
from femwgm.solver.layout import choices_of, goals_of, leak_tolerance
from femwgm.solver.rising import first_degree

COARSE = 1e-3
"""Relative error of the wavenumber that the domain of the search is made for; its eigenvalues turn out ten times better."""

_STAGES = (0.85, 0.7, 0.55, 0.4, 0.25, 0.1)
"""Lowest order looked for, as a share of the highest possible one, until every wanted family is found."""
_AHEAD = 0.97
"""Order at which a stage ends over the lowest one that it was made for."""
_BARRIER = 0.9
"""Order, in units of n k R of the ambient, below which nothing holds the light around the body."""
_SPACING = 2.0
"""Orders between neighbouring polar orders at most (half a ball skips every other one of the whole)."""
_MOST_CELLS = 3000
"""Cells of a coarse mesh above which the lowest orders are not looked for."""
_NAMED = 8
"""Kinds of families named in a line at most."""
_AT_HOME = 0.1
"""Share of |E|^2 in the body below which a solution is one of a pillar or of a background layer."""
_OVERLAP = 2e-3
_SLACK = 2e-3
_SETTLED = 1e-4
"""How far a wavenumber on the final mesh may still move."""


class BodySearch(ElementFinder):
    """Families of a cross-section in the window of a configuration, and the modes at their integer orders.

    Parameters
    ----------
    config
        Configuration.
    section
        Cross-section of its geometry.
    media
        Material of each region.
    """

    by_labels = True

    def __init__(self, config: RunConfig, section: Section, media: Mapping[str, Material]) -> None:
        super().__init__(config)
        self.section, self.media = section, media
        self.profile = profile_of(section)
        lo, hi = config.modes.window_um
        self.window = k0_from_wavelength(hi), k0_from_wavelength(lo)
        self.middle = 0.5 * sum(self.window)
        eps = {name: complex(media[name].permittivity(self.middle)) for name in section.regions}
        self.indices = {name: signed_index(value) for name, value in eps.items()}
        self.plasmon = plasmon_index(list(eps.values()))
        reach = [
            max(self.indices[p.region], CURVED * self.plasmon) * float(p.outline.polygon[:, 0].max())
            for p in section.pieces if p.region in section.body
        ]  # fmt: skip
        self.highest = self.bound = self.middle * max(
            reach, default=max(self.indices.values()) * section.bounds[1]
        )
        self.choices = choices_of(config)
        self.seen: list[Found] = []
        wanted = config.modes.azimuthal_orders
        if wanted is not None:
            self.highest = min(self.highest, max(wanted) + self._drift)
        self.searched = self.highest
        self.gaps: list[tuple[float, float]] = []
        self.found: list[Found] = []
        self._below: list[tuple[Coarse, Family]] = []
        self.low: tuple[int, ...] = ()
        self.unlooked: list[str] = []

    def groups(self, tell: Tell) -> Iterator[Sequence[Target]]:
        tell("searching", 0, 1)
        with stage("search"):
            wanted = self.config.modes.azimuthal_orders
            self.low = one_by_one(wanted, self._drift)
            if wanted is None or set(wanted) > set(self.low):
                self.found = self.families()
                lowest = min([self.searched, *(f.family.order.real for f in self.found)])
                self.low = self.low or one_by_one(wanted, self._drift, lowest)
            targets = [*self.targets(self.found), *self._low_targets()]
        for found in self.seen:
            found.coarse.problem.forget()
        self.expected = [target.expected for target in targets]
        yield from sharing_a_domain(
            by_family([t for t in targets if t.expected.m not in self.low]), self._tolerance
        )
        if low := [t for t in targets if t.expected.m in self.low]:
            yield low

    def _tolerance(self, group: Sequence[Target]) -> float:
        """Relative error of the wavenumber that the domain of a group has to keep."""
        goals = goals_of(self.config)
        return min([goals.wavelength, *(leak_tolerance(t.expected.leak_rate, goals) for t in group)])

    def lay_out(self, group: Sequence[Target], goals: Goals, sharper: float) -> Layout:
        domain = self.design(group, sharper * self._tolerance(group))
        mesh = body_mesh(domain)
        problem = MeridianProblem(mesh, self.media, self.section.ambient, self.section.body)
        problem.reach = self.section.reach
        if self.section.walls == Walls():
            problem.layers = [(slab.bottom, slab.top, slab.region) for slab in self.section.slabs]
        intervals = sampled_intervals(self.section, domain.box, mesh)
        twins = self.section.twins if domain.mirror else ()
        return Layout(domain, mesh, problem, domain.mirror, intervals, self.profile, twins)

    def settled(self, target: Target, layout: Layout) -> tuple[Expected, Eigenmode] | None:
        assert layout.problem is not None
        if not layout.problem.open and not layout.problem.lossy(target.expected.k0):
            target = replace(target, expected=replace(target.expected, k0=complex(target.expected.k0.real)))
        near = choose(layout.problem, target, first_degree(layout.problem, layout.domain.degree))
        item = replace(target.expected, k0=near.k0)
        low, high = self.window
        # A first degree may be far off: by how much, its distance from what the search saw tells.
        slack = _SETTLED + 2.0 * abs(item.k0.real / target.expected.k0.real - 1.0)
        if not low * (1.0 - slack) <= item.k0.real <= high * (1.0 + slack):
            return None
        if not self.section.free:
            item = replace(item, radiating=False, image=self.section.on_mirror)
        return item, near

    def nothing_found(self) -> ConfigError:
        keys = sorted({f.key for f in self.seen}, key=lambda key: (sum(key[1:]), key))
        names = ", ".join(starmap(named, keys[:_NAMED])) + (
            f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
        )
        remedy = f"families there: {names or 'none'}; widen the window or ask for other orders"
        reasons = "; ".join(self.notes(())[:_NAMED])
        return no_mode(
            self.config,
            f"{reasons}; {remedy}" if reasons else remedy,
            f"of the requested kind with Q above {FOLLOWED_Q:g} lies",
        )

    def coarse(self, lowest: float) -> Coarse:
        """The coarse problem for orders down to `lowest`."""
        waves = [Wave(lowest * k / self.middle, k) for k in self.window]
        choices = Choices(mirror=self.choices.mirror, absorbing=self.choices.absorbing)
        domain = design_general(self.section, self.indices, waves, COARSE, choices)
        return Coarse(
            MeridianProblem(body_mesh(domain), self.media, self.section.ambient, self.section.body), domain
        )

    @property
    def _drift(self) -> float:
        """How far the order of a family may lie in the middle of the window from those within it: d m / d k < n R."""
        longest = max(*self.indices.values(), CURVED * self.plasmon) * self.section.bounds[1]
        return 1.2 * longest * 0.5 * (self.window[1] - self.window[0]) + 1.0

    @property
    def floor(self) -> float:
        """The lowest azimuthal order to search: lower ones are not totally reflected at the surface, or were not asked for."""
        ambient = self.indices[self.section.ambient] * self.middle
        floor = 1.02 * ambient * self.section.bounds[0]
        polar = self.config.modes.polar_orders
        if self.section.walls == Walls() and polar is not None:
            floor = max(floor, _BARRIER * ambient * self.section.radius - _SPACING * max(polar))
        wanted = self.config.modes.azimuthal_orders
        if wanted is not None:
            floor = max(floor, min(wanted) - self._drift)
        return max(min(floor, _STAGES[0] * self.highest), 1.0)

    def families(self) -> list[Found]:
        """Families that the configuration asks for at the middle of the window, highest order first.

        Stage by stage the orders below those searched before, on a domain that reaches deeper, until all are found or the floor
        is reached. Where a stage shows the missing ones below its own orders, the next one reaches as deep as these ask for.
        """
        modes, floor = self.config.modes, self.floor
        for part in _STAGES:
            lowest = max(self._hinted(part * self.highest), floor)
            self._below.clear()
            for found in self._sweep(self.coarse(lowest), lowest):
                if not any(found.same(other, _OVERLAP) for other in self.seen):
                    self.seen.append(found)
            self.searched = lowest
            if self._complete() or lowest == floor:
                break
        return [f for f in self.seen if f.label.admits(modes)]

    def _hinted(self, depth: float) -> float:
        """The lowest order of the next stage: a little below all missing kinds if the last one has shown them, else `depth`."""
        missing = self._possible - self._sure
        shown: dict[tuple[str, int, int], float] = {}
        for coarse, family in sorted(self._below, key=lambda pair: -pair[1].order.real):
            shown.setdefault(self._labelled(coarse, family).key, family.order.real)
            if missing and missing <= shown.keys():
                return min(_AHEAD * shown[key] for key in missing)
        return depth

    def notes(self, modes: Sequence[Labelled]) -> list[str]:
        """A remark for each kind of mode that was asked for and is not there, with the reason; and on what was not searched."""
        there = kinds_of(modes)
        found = there | {f.key for f in self.found}
        return [
            *absent(self.config, found, self.reason),
            *self._without_order(there),
            *self._unsearched(),
        ]

    def reason(self, kind: Kind) -> str:
        pol, q, p = kind
        if q is not None and p is not None and (pol, q, p) not in self._possible:
            return f"a conducting plane z = 0 leaves {pol} modes of the other parity of p"
        wanted = self.config.modes.azimuthal_orders
        if wanted is not None and min(wanted) > self.bound:
            return f"light in the body has orders up to m = {self.bound:.0f}"
        others = sorted({f.label.p for f in self.seen if f.label.pol == pol and q in (None, f.label.q)})
        there = f" (of {named(pol, q)} there: p={', '.join(map(str, others))})" if others else ""
        spans = (
            [f"between m = {self.highest:.0f} and {self.searched:.0f}"]
            if self.searched < self.highest
            else []
        )
        spans += [f"with m = {', '.join(map(str, self.low))}"] if self.low else []
        searched = f"none with Q above {FOLLOWED_Q:g} {' or '.join(spans)}"
        return f"{'search incomplete, ' if self.gaps else ''}{searched}{there}"

    def _without_order(self, there: Collection[Kind]) -> list[str]:
        """Families that were asked for, but have no integer order in the window: none among those of its modes."""
        nm = 2e3 * np.pi / self.middle
        return [
            f"no {named(*f.key)} in the window: its azimuthal order at {nm:.6g} nm is {f.family.order.real:.2f}"
            + (f", its Q {q:.2g}" if (q := self._q(f)) < 2.0 * FOLLOWED_Q else "")
            for f in self.found
            if f.key not in there
        ]

    def _q(self, found: Found) -> float:
        """Q of a family in the middle of the window."""
        order, slope = found.family.order, found.family.slope
        return 0.5 * self.middle * slope / order.imag if order.imag > 0.0 else float("inf")

    def _unsearched(self) -> list[str]:
        return self.unlooked + [
            f"a family between m = {low:.2f} and {high:.2f} may be missing: the search did not converge there"
            for low, high in self.gaps
        ]

    def _asked(self) -> list[tuple[str, int, int]]:
        """Every kind of mode that the configuration names; none if it asks for all there are."""
        modes = self.config.modes
        radial, polar = modes.radial_orders or (), modes.polar_orders or ()
        return [(pol, q, p) for pol in modes.polarizations for q in radial for p in polar]

    @property
    def _classes(self) -> list[str]:
        """The conditions at the mirror plane of the modes that are asked for."""
        modes = self.config.modes
        found = {
            mirror_condition(pol, p) for pol in modes.polarizations for p in modes.polar_orders or (0, 1)
        }
        return sorted(found)

    def _sweep(self, coarse: Coarse, lowest: float) -> Iterator[Found]:
        mesh = coarse.problem.mesh
        if not (mesh.nodes.real.mean(axis=1)[:, 0] < self.section.radius).any():
            return  # waves of such orders live outside the body, if anywhere
        top = min(self.highest, self.searched * (1.0 + _OVERLAP))
        for mirror in self._classes if coarse.domain.mirror else (None,):
            orders = Orders(coarse.problem, coarse.degree, self.middle, mirror)
            asked = {key for key in self._possible if mirror in (None, mirror_condition(key[0], key[2]))}
            for disc in discs(orders, top, lowest, side=self._side):
                self.gaps += disc.gaps
                for family in disc.families:
                    if _at_home(coarse, family.field):
                        yield self._labelled(coarse, family)
                self._below += [(coarse, family) for family in disc.beyond]
                if asked and asked <= self._sure:
                    break

    @property
    def _side(self) -> float:
        """Sign of the imaginary part of a radiating order; 0 where a medium amplifies, and there may be either."""
        return float(all(m.permittivity(complex(self.middle)).imag >= 0.0 for m in self.media.values()))

    def _low_targets(self) -> list[Target]:
        """Every mode of the kinds asked for at the lowest orders, each of which is searched over the window by itself."""
        if not self.low:
            return []
        coarse, out = self.coarse(0.0), []
        if len(coarse.problem.mesh.region) > _MOST_CELLS:
            self.unlooked.append(
                f"m = {', '.join(map(str, self.low))} not looked for: the whole cross-section, "
                f"{2.0 * self.highest / np.pi:.0f} half waves wide, is too large to search"
            )
            return []
        low, high = self.window
        for m, mirror in product(self.low, self._classes if coarse.domain.mirror else (None,)):
            waves = Wavenumbers(coarse.problem, coarse.degree, m, self.middle, mirror)
            bounds = high * (1.0 + _SLACK), low * (1.0 - _SLACK)
            for disc in discs(waves, *bounds, side=-self._side, least_q=FOLLOWED_Q):
                self.unlooked += [
                    f"a mode with m = {m} between {2e3 * np.pi / b:.6g} and {2e3 * np.pi / a:.6g} nm may be missing: the search "
                    "did not converge there"
                    for a, b in disc.gaps
                ]  # fmt: skip
                here = [self._labelled(coarse, f) for f in disc.families if _at_home(coarse, f.field)]
                self.seen += here
                for found in here:
                    if found.label.admits(self.config.modes):
                        (pol, q, p), field = found.key, found.family.field
                        self.found.append(found)
                        out.append(Target(Expected(pol, q, m + p, m, field.k0, float(m + p)), field, coarse))
        return out

    def _labelled(self, coarse: Coarse, family: Family) -> Found:
        smallest, largest, latitude = coarse.problem.extent
        eps = coarse.problem.media(complex(self.middle)).eps
        label = identify(
            family.field,
            eps,
            (smallest, largest),
            self.section.radius,
            latitude,
            coarse.problem.body_cells,
            self.profile,
        )
        return Found(label, family, coarse)

    def _complete(self) -> bool:
        asked = self._possible
        return bool(asked) and asked <= self._sure

    @property
    def _possible(self) -> set[tuple[str, int, int]]:
        """The kinds asked for without those that a conducting plane under half a body rules out by their parity."""
        plane = image_plane(self.seen[0].family.field) if self.seen else None
        return {(pol, q, p) for pol, q, p in self._asked() if plane in (None, mirror_condition(pol, p))}

    @property
    def _sure(self) -> set[tuple[str, int, int]]:
        """Kinds of modes that were found beyond doubt."""
        return {f.key for f in self.seen if f.label.confidence > UNSURE}

    def targets(self, families: Sequence[Found]) -> list[Target]:
        """Every mode of the families in the window, by its integer order."""
        low, high = self.window
        wanted = self.config.modes.azimuthal_orders
        out = []
        for found in families:
            for field in walk(found, self.middle, (low * (1.0 - _SLACK), high * (1.0 + _SLACK))):
                m, (pol, q, p) = field.m, found.key
                if m not in self.low and (wanted is None or m in wanted):
                    out.append(
                        Target(Expected(pol, q, m + p, m, field.k0, float(m + p)), field, found.coarse)
                    )
        return out

    def design(self, group: Sequence[Target], tolerance: float) -> GeneralDomain:
        """Domain for targets, from how far the coarse fields of the first and the last one of each family reach."""
        ends = outermost(group)
        waves = [Wave(float(t.expected.m), t.expected.k0.real) for t in ends]

        def known(points: Array) -> Array:
            return np.min([action(t, points) for t in ends], axis=0)

        return design_general(self.section, self.indices, waves, tolerance, self.choices, known)


def _at_home(coarse: Coarse, field: CellField) -> bool:
    """Whether a field is neither a state of the absorbing layer nor one of a pillar or a background layer."""
    matrices, body = coarse.problem.matrices(coarse.degree), coarse.problem.body_cells
    lost = layer_share(field, matrices) > STATE_OF_THE_LAYER
    return not lost and (body is None or share(field, matrices, body) >= _AT_HOME)
