"""Lines of any body of revolution: one domain for the family, a certified reduced basis along m, errors from a richer solution.

The line nearest to the pump is found as `femwgm run` finds it, in a window of about one free spectral range. From there the
family is followed on a coarse level in steps of several orders, which says where every line lies to about 1e-6 and how far its
field reaches; one mesh then serves them all. Each line has the permittivities of its own frequency.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev

from femwgm.config.schema import RunConfig
from femwgm.eigen.iterations import Eigenmode, closest
from femwgm.errors import ConfigError
from femwgm.experiment.combs.exact import PER_K0
from femwgm.experiment.combs.lines import Lines
from femwgm.fem.problem import MeridianProblem, transfer
from femwgm.finders.body_search import BodySearch
from femwgm.finders.exact_list import exact_sphere
from femwgm.finders.family_targets import Target, at_orders
from femwgm.finders.finder import ElementFinder, Layout, Tell
from femwgm.finders.nested import NestedFinder
from femwgm.ground.expected import Expected
from femwgm.ground.numerics import one_thread
from femwgm.ground.typing import Array, IntArray
from femwgm.materials import Material, media_of
from femwgm.modes.mode import Mode
from femwgm.runs.loop import finder_for
from femwgm.solver.eigenmode import solve_eigenmode
from femwgm.solver.error_estimate import wavenumber_error
from femwgm.solver.families import Families
from femwgm.solver.layout import goals_of

_NEAR = 0.55
"""Half of the window around the pump in units of c / (2 pi R n): where n is at most n_g, a line of every family lies within."""
_KNOTS = 5
"""Orders at which the family is followed on the coarse level."""
_CHECKS = 4
"""Orders at which a richer solution tells the error."""
_BETWEEN = 1.1
"""Room for what the error does between the orders where it is known."""
_LOWEST = 0.7
"""Orders below this share of the pump's are left out: they would need a domain of their own."""


def body_lines(config: RunConfig, pump_k0: float, half: int, tell: Tell) -> Lines | None:
    """The family of the line nearest to a wavenumber (rad/um) and `half` orders on either side; None if no line is near.

    Raises
    ------
    ConfigError
        If bodies of this kind have no families of travelling waves.
    """
    with one_thread():
        return _body_lines(config, pump_k0, half, tell)


def _body_lines(config: RunConfig, pump_k0: float, half: int, tell: Tell) -> Lines | None:
    media = media_of(config)
    near, finder, found = lines_around(config, media, pump_k0, tell)
    if not found:
        return None
    pump = min(found, key=lambda target: abs(finder.label_of(target).k0.real - pump_k0))
    orders, notes = _orders(finder.label_of(pump), media, config, half)
    tell("following the family", 0, len(orders))
    guesses = _followed(finder, pump, orders, near, media)
    goals = goals_of(config)
    tell("meshing", 0, len(orders))
    layout = finder.lay_out(guesses.extremes, goals, 1.0)
    mode = finder.solve(pump, layout, goals)
    if mode is None or mode.field_data is None:
        return None
    tell("solving", 0, len(orders))
    item = finder.label_of(pump)
    family = _Family(layout, mode, item, guesses.k0(mode.k0.real), orders)
    k0, error, shift = family.lines(tell)
    if not mode.met:
        notes.append("the line at the pump misses the accuracy asked for; the best values are kept")
    kerr = {
        name.removeprefix("volume_kerr_").removesuffix("_um3"): _plain(value)
        for name, value in mode.extra.items() if name.startswith("volume_kerr_")
    }  # fmt: skip
    centre = int(
        orders[np.argmin(np.abs(k0 - pump_k0))]
    )  # where the search was off by more than half a spacing, not its line
    shift = (shift[0] + item.m - centre, shift[1])
    return Lines(
        mode.pol, mode.q, item.p, orders, k0 * PER_K0, error * k0 * PER_K0, centre, "finite elements", dict(mode.energy), kerr,
        _plain(mode.extra["mode_volume_error"]), (shift[0], shift[1] * PER_K0), notes,
    )  # fmt: skip


def _plain(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def lines_around(
    config: RunConfig, media: dict[str, Material], pump_k0: float, tell: Tell
) -> tuple[RunConfig, ElementFinder, list[Any]]:
    """The lines around the pump, with the narrowed configuration and the finder that they come from."""
    indices = [abs(m.index(pump_k0).real) for m in media.values()]
    found: list[Any] = []
    for index in (
        max(indices),
        min(indices),
    ):  # the spacing is not known yet: where the first window holds no line, a wider one
        near = _narrowed(config, media, pump_k0, index)
        finder = finder_for(near, media)
        if not isinstance(finder, NestedFinder | BodySearch):
            raise ConfigError(
                "has no family of lines to follow", key="geometry.kind", value=config.geometry.kind,
                remedy="take a single body without walls all round it",
            )  # fmt: skip
        with suppress(ConfigError):
            found = [target for group in finder.groups(tell) for target in group]
            if found:
                break
    assert isinstance(finder, ElementFinder)
    return near, finder, found


def _narrowed(config: RunConfig, media: dict[str, Material], pump_k0: float, index: float) -> RunConfig:
    """The configuration with a window of about one free spectral range around the pump, as far as the media are known."""
    reach = _NEAR / (config.geometry.radius_ref_um * max(index, 1.0))
    lo, hi = 2.0 * np.pi / (pump_k0 + reach), 2.0 * np.pi / max(pump_k0 - reach, 0.5 * pump_k0)
    ranges = [m.validity_um for m in media.values() if m.validity_um is not None]
    window = (float(max([lo, *(a for a, _ in ranges)])), float(min([hi, *(b for _, b in ranges)])))
    modes = config.modes.model_copy(update={"window_um": window, "azimuthal_orders": None})
    if modes.polar_orders is None:
        modes = modes.model_copy(update={"polar_orders": (0,)})
    return config.model_copy(update={"modes": modes})


def _orders(
    pump: Expected, media: dict[str, Material], config: RunConfig, half: int
) -> tuple[IntArray, list[str]]:
    """Azimuthal orders of the comb, and a remark if they are fewer than asked for."""
    m = np.arange(pump.m - half, pump.m + half + 1)
    # A free spectral range is c / (2 pi R n_g) at least, n_g at most a little more than the largest index.
    slope = 1.0 / (config.geometry.radius_ref_um * max(abs(x.index(pump.k0).real) for x in media.values()))
    k = pump.k0.real * (m / pump.m) if pump.m else pump.k0.real + slope * (m - pump.m)
    inside = m >= max(1.0, _LOWEST * pump.m)
    for medium in media.values():
        if medium.validity_um is not None:
            lo, hi = medium.validity_um
            inside &= (k * lo < 1.98 * np.pi) & (k * hi > 2.02 * np.pi)
    notes = []
    if not inside.all():
        notes.append(
            f"{int(inside.sum())} of {len(m)} orders: the others lie outside the range of the media, or below"
            f" {_LOWEST:g} of the pump's order"
        )
    return m[inside], notes


@dataclass(frozen=True)
class _Guesses:
    """Where the lines of a family lie: wavenumbers on a level that is wrong by a smooth, small amount."""

    orders: IntArray
    coarse: Array
    pump: int
    extremes: Sequence[Any]

    def k0(self, at_pump: float) -> Array:
        """The wavenumbers, scaled so that the one of the pump is right."""
        return np.asarray(self.coarse * (at_pump / self.coarse[self.orders == self.pump][0]))


def _followed(
    finder: ElementFinder, pump: Any, orders: IntArray, config: RunConfig, media: dict[str, Material]
) -> _Guesses:
    """The family at every order, roughly, and its members at both ends and in the middle for the design of the domain."""
    item = finder.label_of(pump)
    if isinstance(finder, BodySearch):
        knots = np.unique(np.concatenate([_nodes(orders, _KNOTS), [item.m]]))
        source = next(
            f for f in finder.found if f.key == (item.pol, item.q, item.p) and f.coarse is pump.coarse
        )
        fields = at_orders(source, finder.middle, [int(m) for m in knots])
        known = np.array([field.k0.real for field in fields])
        x = (knots - item.m) / max(np.abs(orders - item.m).max(), 1)
        c = chebyshev.chebfit(x, known / knots, len(knots) - 1)
        coarse = chebyshev.chebval((orders - item.m) / max(np.abs(orders - item.m).max(), 1), c) * orders
        ends = [
            Target(replace(item, m=f.m, l=f.m + item.p, k0=f.k0), f, pump.coarse)
            for f in (fields[0], fields[-1])
        ]
        return _Guesses(orders, coarse, item.m, [ends[0], pump, ends[1]])
    by_name = {config.geometry.region_materials[region]: medium for region, medium in media.items()}
    sphere = exact_sphere(config, by_name, item.pol)
    offset = item.effective_degree - item.m
    # The equatorial sphere has nearly the same dispersion; the domain's own solution sets the scale.
    k = item.k0.real * orders / item.m
    lo = max([1.9 * np.pi / k.max(), *(m.validity_um[0] for m in media.values() if m.validity_um)])
    hi = min([2.1 * np.pi / k.min(), *(m.validity_um[1] for m in media.values() if m.validity_um)])
    like = sphere.comb(item.pol, orders + offset, item.q, (float(lo), float(hi)))
    coarse = np.array([mode.k0.real for mode in like])
    coarse = coarse * (item.k0.real / coarse[orders == item.m][0])
    extremes = [
        replace(item, m=int(orders[i]), l=int(orders[i]) + item.p, k0=complex(coarse[i]),
                degree=None if item.degree is None else float(orders[i] + offset))
        for i in (0, -1)
    ]  # fmt: skip
    return _Guesses(orders, coarse, item.m, [extremes[0], item, extremes[1]])


def _nodes(orders: IntArray, count: int) -> IntArray:
    """Orders next to Chebyshev-Lobatto points."""
    t = 0.5 * (1.0 - np.cos(np.pi * np.linspace(0.0, 1.0, min(count, len(orders)))))
    return np.unique(orders[np.rint(t * (len(orders) - 1)).astype(int)])


class _Family:
    """The lines on the mesh of a layout."""

    def __init__(self, layout: Layout, mode: Mode, pump: Expected, k0: Array, orders: IntArray) -> None:
        assert layout.problem is not None
        assert mode.field_data is not None
        self.problem: MeridianProblem = layout.problem
        self.degree, self.mirror = mode.field_data.space.degree, mode.field_data.mirror
        self.orders, self.pump = orders, pump.m
        self.items = [
            replace(pump, m=int(m), l=int(m) + pump.p, k0=complex(k), degree=None)
            for m, k in zip(orders, k0, strict=True)
        ]

    def lines(self, tell: Tell) -> tuple[Array, Array, tuple[Array, Array]]:
        """Wavenumbers (rad/um) and their relative errors at every order; at a few, how far a richer solution lies (rad/um)."""
        self.problem.families = Families(self.items)
        primary = []
        for done, item in enumerate(self.items):
            tell("solving", done, len(self.items))
            primary.append(solve_eigenmode(self.problem, item, self.degree, self.mirror))
        self.problem.families = None
        k0 = np.array([mode.k0.real for mode in primary])
        nodes = np.unique(np.concatenate([_nodes(self.orders, _CHECKS), [self.pump]]))
        errors: list[float] = []
        shifts: list[float] = []
        for m in nodes:
            i = int(np.flatnonzero(self.orders == m)[0])
            tell("error estimate", len(errors), len(nodes))
            richer = self._richer(int(m), primary[i])
            errors.append(wavenumber_error(self.problem, primary[i], richer, int(m), self.mirror))
            shifts.append(richer.k0.real - k0[i])
        between = _BETWEEN * np.exp(np.interp(self.orders, nodes, np.log(errors)))
        return k0, between, ((nodes - self.pump).astype(float), np.array(shifts))

    def _richer(self, m: int, primary: Eigenmode) -> Eigenmode:
        """The mode with two degrees more and the natural condition at the end, the media those of the primary."""
        degree = self.degree + 2
        pencil = self.problem.pencil(degree, m, self.mirror, primary.k0, "natural")
        shift = (primary.k0 * (1.0 + 1e-9)) ** 2
        start = transfer(primary.pencil.numbering, pencil.numbering, primary.x[:, None])
        if pencil.definite:
            shift, start = complex(shift.real), start.real
        pairs = closest(pencil, shift, block=1, start=start)
        return Eigenmode(
            complex(np.sqrt(complex(pairs.values[0]))),
            pairs.vectors[:, 0],
            float(pairs.residuals[0]),
            pencil,
            degree,
        )
