"""The 2 l + 1 lines of one (pol, q, l) of a layered sphere whose interfaces are not quite spherical."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from femwgm.analytic import ExactMode
from femwgm.errors import SolveError
from femwgm.ground.typing import Array
from femwgm.imperfections.bead import Placed, bead_matrix, turned
from femwgm.imperfections.harmonics import MAX_DEGREE
from femwgm.imperfections.index_map import index_matrix
from femwgm.imperfections.neighbours import near
from femwgm.imperfections.relief import Relief
from femwgm.imperfections.series import Coat, Place, Series, eigenpairs, means

_TRUST = 0.6
"""Ratio of one order of the series to the one before it from which no line is given."""
_FULL = 3e9
"""Multiplications up to which the second order is taken of every line, not only of a sample."""
_SAMPLE = 6
"""Lines whose second order is taken otherwise; half as many where they reach up to degree"""
_LARGE = 400
_SAFETY = 2.0
"""Factor on the errors."""
_SPREAD = 4.0
"""Factor on the spread of a sample, for the lines outside it."""
_ROUNDING = 1e-14
"""Relative error of a wavenumber that rounding leaves."""


@dataclass(frozen=True)
class Multiplet:
    """The split lines of one (pol, q, l).

    Attributes
    ----------
    mode
        The mode of the perfect sphere, or of a body of revolution.
    shift
        Complex shift of k0 of each line (rad/um), ascending in wavelength, shape (2 l + 1,).
    error
        Bound on the shift of k0 that the first neglected order brings (rad/um), same shape.
    states
        Composition: column j holds the amplitudes of m = -l to l in line j.
    order
        1 or 2: the order up to which the shifts are known; with 1, the second of a sample moves all lines by its mean.
    reliefs
        The reliefs that split it, by interface.
    partners
        (pol, q, l) of modes so near that they were diagonalized together; their share is missing from the columns' norm.
    orders
        m of each row of the composition where that is not -l to l.
    """

    mode: Any
    shift: Array
    error: Array
    states: Array
    order: int
    reliefs: Mapping[Place, Relief] = field(default_factory=dict, repr=False)
    partners: tuple[tuple[str, int, int], ...] = ()
    orders: Array | None = field(default=None, repr=False)

    @cached_property
    def k0(self) -> Array:
        """Complex wavenumber of each line (rad/um)."""
        return self.mode.k0 + self.shift

    @property
    def wavelength_nm(self) -> Array:
        """Vacuum wavelength of each line (nm)."""
        return 2e3 * np.pi / self.k0.real

    @property
    def shift_pm(self) -> Array:
        """Shift of the wavelength against the perfect sphere (pm), without cancellation."""
        k = self.mode.k0.real
        return -2e6 * np.pi * self.shift.real / (k * (k + self.shift.real))

    @property
    def shift_error_pm(self) -> Array:
        """Error of `shift_pm` (pm)."""
        return 2e6 * np.pi * self.error / self.k0.real**2

    @property
    def q_total(self) -> Array:
        """Quality factor of each line."""
        q = self.mode.q_total
        if q is None:
            return np.full(self.shift.shape, math.nan)
        loss = 0.0 if q == math.inf else 1.0 / q
        extra = -2.0 * self.shift.imag / self.k0.real
        # what an imperfection adds to a loss below rounding is not known below rounding
        extra = np.where(np.abs(extra) < 1e-15, 0.0, extra)
        total = loss + extra
        return np.where(total == 0.0, math.inf, 1.0 / np.where(total == 0.0, 1.0, total))

    @property
    def m_mean(self) -> Array:
        """Mean of m over the composition of each line."""
        return self._weights @ self._m

    @property
    def m_std(self) -> Array:
        """Spread of m over the composition of each line."""
        return np.sqrt(np.maximum(self._weights @ self._m**2 - self.m_mean**2, 0.0))

    @property
    def std_pm(self) -> float:
        """Standard deviation of the lines (pm)."""
        return float(np.std(self.shift_pm))

    @cached_property
    def fwhm_pm(self) -> float:
        """Full width at half maximum of the unresolved multiplet (pm), all lines equally bright and arbitrarily narrow.

        The lines are smoothed by a Gaussian of Silverman's width, whose own width is taken out again in quadrature. Zero where
        more than half of the lines coincide.
        """
        lines = np.sort(self.shift_pm)
        quartiles = float(np.subtract(*np.quantile(lines, [0.75, 0.25])))
        width = 0.9 * min(float(np.std(lines)), quartiles / 1.349) * lines.size**-0.2
        if width <= 1e-13 * self.mode.wavelength_nm * 1e3:
            return 0.0
        reach = np.linspace(lines[0] - 4.0 * width, lines[-1] + 4.0 * width, 2001)
        x = np.sort(
            np.concatenate([reach, lines, *(np.median(lines) + width * np.linspace(-9.0, 9.0, 361)[None])])
        )
        density = np.exp(-0.5 * ((x[:, None] - lines) / width) ** 2).sum(axis=1)
        above = x[density >= 0.5 * density.max()]
        full = float(above[-1] - above[0])
        return math.sqrt(max(full**2 - 8.0 * math.log(2.0) * width**2, 0.0))

    def turned(self, axis: Sequence[float], reliefs: Mapping[Place, Relief]) -> Multiplet:
        """The same lines of a sphere whose imperfections, computed about z, lie about another axis, as `reliefs` do."""
        orders = np.arange(-self.mode.l, self.mode.l + 1).tolist()
        return replace(self, states=turned(self.mode.l, orders, axis) @ self.states, reliefs=reliefs)

    def descending(self) -> Multiplet:
        """The lines in the order of the table, the shortest wavelength first."""
        ranking = np.argsort(-self.shift.real, kind="stable")
        return replace(
            self, shift=self.shift[ranking], error=self.error[ranking], states=self.states[:, ranking]
        )

    @property
    def _weights(self) -> Array:
        weights = np.abs(self.states.T) ** 2
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    @property
    def _m(self) -> Array:
        if self.orders is not None:
            return np.asarray(self.orders, dtype=np.float64)
        return np.arange(-self.mode.l, self.mode.l + 1, dtype=np.float64)


def multiplet(
    mode: ExactMode,
    reliefs: Mapping[Place, Relief],
    beads: Sequence[Placed] = (),
    index: Mapping[int, Relief] | None = None,
    *,
    full: bool | None = None,
) -> Multiplet:
    """Split a mode of the perfect sphere by what makes it imperfect.

    Parameters
    ----------
    mode
        The mode; its m does not matter.
    reliefs
        Relief of each interface that has one, by number from the centre outwards; thickness of films on them.
    beads
        Beads on the outermost surface.
    index
        Map of dn of each layer that has one; shifts are then of first order.
    full
        Whether the second order is taken of every line; by default where that costs little.

    Raises
    ------
    SolveError
        Where the series is not trustworthy, or degrees are beyond what the harmonics hold.
    """
    if mode.l > MAX_DEGREE - 100:
        raise SolveError(f"degree l = {mode.l} is beyond {MAX_DEGREE - 100}, where the harmonics underflow")
    short = {i: relief.truncated(min(MAX_DEGREE - mode.l, 2 * mode.l + 40)) for i, relief in reliefs.items()}
    every = _cost_of_all(mode.l, short) <= _FULL if full is None else full
    extra = bead_matrix(mode, beads), index_matrix(mode, index or {})
    added, added_error = extra[0][0] + extra[1][0], extra[0][1] + extra[1][1]
    solved = _solve(Series([mode], short), added, every)
    if partners := near(mode, solved.channels):
        solved = _solve(Series([mode, *partners], short), added, every)
    values, states, beyond, mixing = solved.values, solved.states, solved.beyond, solved.mixing
    error = _third(solved.series, beyond, mixing)
    if not every:
        # the second order of the sample: its mean moves all lines, its spread is what is not known of the others
        mean = complex(np.mean(beyond))
        spread = max(float(np.abs(beyond.real - mean.real).max()), 0.5 * abs(mean.real))
        values, error = values + mean, np.full(values.size, _SPREAD * spread)
    if reliefs and (beads or index):
        added_error += float(np.abs(values).max()) * np.abs(added).max() / abs(mode.sensitivity.by_degree())
    error = error + added_error
    return Multiplet(
        mode, values, error, states[: 2 * mode.l + 1], 2 if every and not index else 1, short,
        tuple((one.pol, one.q, one.l) for one in partners),
    ).descending()  # fmt: skip


@dataclass(frozen=True)
class _Solved:
    """Lines and states of one order, and the second order's means: of every line, or of a sample."""

    series: Series
    values: Array
    states: Array
    beyond: Array
    mixing: Array
    channels: dict[tuple[bool, int], float]


def _solve(series: Series, added: Array, every: bool) -> _Solved:
    """Diagonalize the modes of a series, whose first one has a matrix added, by first or second order."""
    mode, own = series.modes[0], series.blocks[0]
    first = series.first(series.k)
    first[own, own] += added
    bare = first + np.diag(series.apart())
    if every:
        beyond, mixing, channels = series.second(first, None)
        values, states = _lines_of(eigenpairs(bare + beyond), own)
        return _Solved(series, values, states, means(beyond, states), means(mixing, states), channels)
    values, states = _lines_of(eigenpairs(bare), own)
    reach = max((relief.degree for relief in series.reliefs.values()), default=0)
    count = _SAMPLE if mode.l + reach < _LARGE else _SAMPLE // 2
    ranks = np.linspace(0, values.size - 1, count).round().astype(int)
    return _Solved(series, values, states, *series.second(first, states[:, np.argsort(values.real)[ranks]]))


def _lines_of(pairs: tuple[Array, Array], own: slice) -> tuple[Array, Array]:
    """Those eigenpairs of a group that are most of all lines of its first mode, as many as it has orders."""
    values, states = pairs
    share = (np.abs(states[own]) ** 2).sum(axis=0)
    kept = np.sort(np.argsort(-share, kind="stable")[: own.stop - own.start])
    return values[kept], states[:, kept]


def _third(series: Series, second: Array, mixing: Array) -> Array:
    """Error of second-order shifts: their size times the ratio of the orders; refuses a series that does not fall.

    Products of an odd number of odd harmonics couple no line to another of its multiplet: where the relief is odd, but for a
    share, the third order has that share only, and the fourth is what is left out. A line's own estimate may be small by chance:
    its error is the geometric mean with the largest, and a twentieth of that at least.

    Parameters
    ----------
    series
        The modes and reliefs.
    second
        Second-order part of the shift of each line.
    mixing
        Square of the amplitude of other waves in each line.
    """
    mode, scale = series.modes[0], series.scale()
    if not scale:
        return np.full(second.shape, _ROUNDING * abs(series.k))
    size = np.maximum(np.abs(second), np.abs(mixing) * scale)
    ratio = np.maximum(size / scale, np.sqrt(np.abs(mixing)))
    if ratio.max() > _TRUST:
        raise SolveError(
            f"{mode.pol} q={mode.q} l={mode.l}: the perturbation series is not trustworthy: from one order to the next it"
            f" falls by {ratio.max():.2g} only (other modes of the sphere have an amplitude of"
            f" {math.sqrt(np.abs(mixing).max()):.2g} in its lines); make the imperfection smaller"
        )
    beyond = _SAFETY * size * ratio * np.maximum(ratio, series.even_share())
    # a film on a rough surface: what they do together in second order is not that of either on a smooth one
    parts = series.scales()
    shared = [
        parts[place] * parts[place.interface]
        for place in parts
        if isinstance(place, Coat) and place.interface in parts
    ]
    beyond = beyond + 4.0 * sum(shared) / scale**2 * size.max()
    top = beyond.max()
    return np.maximum(np.maximum(np.sqrt(beyond * top), 0.05 * top), _ROUNDING * abs(series.k))


def cost(l: int, reliefs: Mapping[Place, Relief], kinds_of_beads: int = 0) -> float:
    """Multiplications that a multiplet takes, roughly."""
    lines, reach = 2 * l + 1, max((relief.degree for relief in reliefs.values()), default=0)
    every = _cost_of_all(l, reliefs)
    others = every if every <= _FULL else len(reliefs) * 60.0 * reach * (l + reach) ** 2
    return 10.0 * lines**3 + others + 2.2e8 * l * kinds_of_beads


def _cost_of_all(l: int, reliefs: Mapping[Place, Relief]) -> float:
    """Multiplications that the second order of every line takes."""
    lines, reach = 2.0 * l + 1.0, max((relief.degree for relief in reliefs.values()), default=0)
    orders = max((2 * relief.orders.size for relief in reliefs.values()), default=0)
    forms = lines * orders * (2 * reach + 1) * (l + reach) * 3.0
    products = lines * (2 * reach + 1) * orders**2 * 50.0
    return (forms + products) * len(reliefs)
