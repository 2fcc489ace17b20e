"""Which resonances a window of wavenumbers holds: degrees narrowed by bisection, orders told by counting, none left out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from femwgm.analytic.bessel import barrier
from femwgm.analytic.roots import Resonator
from femwgm.errors import MaterialError, SolveError
from femwgm.ground.typing import Array

_TIGHT = 16.0
"""Barrier depth (nepers) beyond which a pole and its real resonance have the same real part to 1e-13."""
_AIRY = 1.856
"""First zero of Ai over 2^(1/3), with its sign changed."""


@dataclass(frozen=True)
class Candidates:
    """A batch of resonances (pol, l, q), each with a bracket of its real wavenumber (rad/um)."""

    tm: NDArray[np.bool_]
    l: Array
    q: Array
    lower: Array
    upper: Array

    def take(self, index: Array) -> Candidates:
        """A subset."""
        return Candidates(self.tm[index], self.l[index], self.q[index], self.lower[index], self.upper[index])


@dataclass(frozen=True)
class Window:
    """Wavenumbers from k_lo to k_hi (rad/um), asked of one polarization of a resonator.

    Attributes
    ----------
    orders
        Radial orders wanted, ascending; None for all.
    """

    resonator: Resonator
    tm: bool
    k_lo: float
    k_hi: float
    orders: tuple[int, ...] | None = None

    def candidates(self, l_range: tuple[int, int] | None = None) -> Candidates:
        """Every resonance whose pole may lie in the window, and the neighbours that a leaky one may be confused with."""
        first, last = 1, self._largest_degree()
        if l_range is not None:
            first, last = max(first, int(l_range[0])), min(last, int(l_range[1]))
        if self.orders:
            first, last = self._narrow(first, last)
        l = np.arange(first, last + 1, dtype=np.float64)
        if l.size == 0 or self.orders == ():
            return Candidates(np.zeros(0, dtype=bool), l[:0], l[:0], l[:0], l[:0])
        at_lo, at_hi = self._count(self.k_lo, l), self._count(self.k_hi, l)
        # A leaky pole may lie up to one radial spacing from its real resonance.
        stray = self._is_leaky(l).astype(np.int64)
        below, above = np.maximum(at_lo - stray, 0), at_hi + stray
        number = np.maximum(above - below, 0)
        index = np.repeat(np.arange(l.size), number)
        q = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number) + below[index] + 1
        if self.orders is not None:
            near = np.array([np.isin(q + step, self.orders) for step in (-1, 0, 1)])
            keep = near[1] | (near.any(axis=0) & (stray[index] > 0))
            index, q = index[keep], q[keep]
        inside = (q > at_lo[index]) & (q <= at_hi[index])
        flags = np.full(q.shape, self.tm)
        found = Candidates(flags, l[index], q, np.full(q.shape, self.k_lo), np.full(q.shape, self.k_hi))
        if inside.all():
            return found
        try:
            return widen(self.resonator, found)
        except (
            MaterialError
        ):  # a medium without data outside the window: the neighbours there cannot be asked
            return found.take(np.flatnonzero(inside))

    def with_pulled(self) -> Window:
        """The window widened by what loss may pull a pole along: at most as far as it moves it off the real axis."""
        media = self.resonator.media.at(np.array([self.k_lo, self.k_hi]))
        index = np.sqrt(np.concatenate([media.t, media.r]))
        pull = 1.0 + float((np.abs(index.imag) / index.real).max())
        return replace(self, k_lo=self.k_lo / pull, k_hi=self.k_hi * pull)

    def _count(self, k: float, l: Array) -> NDArray[np.int64]:
        return self.resonator.count(np.full(l.shape, k), l, np.full(l.shape, self.tm))

    def _largest_degree(self) -> int:
        """No resonance up to k_hi has a higher degree: without an oscillating layer w/u > 0 inside and < 0 outside."""
        media = self.resonator.media.at(np.array([self.k_hi]), lossless=True)
        eps = np.maximum(media.t, media.r)[:-1, 0]
        return max(int(self.k_hi * np.sqrt((eps * np.square(self.resonator.radii)).max())) + 1, 1)

    def _narrow(self, first: int, last: int) -> tuple[int, int]:
        """Degrees that can have one of the orders in the window (the count falls as l grows), with room for leaky poles."""
        assert self.orders
        bottom = self._first_below(self.k_lo, self.orders[-1] + 1, first, last)[0]
        top = self._first_below(self.k_hi, self.orders[0], bottom, last)[1]
        if top < last and self._is_leaky(np.array([float(top)]))[0]:
            top = self._first_below(self.k_hi, self.orders[0] - 1, top, last)[1]
        return bottom, top

    def _first_below(self, k: float, bound: int, first: int, last: int) -> tuple[int, int]:
        """Neighbouring degrees in [first, last] between which the count at k falls below the bound."""
        while last - first > 1:
            l = np.unique(np.linspace(first, last, 10)[1:-1].astype(int))
            count = self._count(k, l.astype(np.float64))
            split = int(np.searchsorted(-count, -bound, side="right"))  # so many of them reach the bound
            if split < l.size:
                last = int(l[split])
            if split > 0:
                first = int(l[split - 1])
        return first, last

    def _is_leaky(self, l: Array) -> NDArray[np.bool_]:
        """Where a pole and its real resonance may differ in real part."""
        ambient = np.sqrt(self.resonator.media.at(np.array([self.k_hi]), lossless=True).t[-1, 0])
        leaky: NDArray[np.bool_] = barrier(l + 0.5, ambient * self.k_hi * self.resonator.radii[-1]) < _TIGHT
        return leaky


def guess(resonator: Resonator, tm: NDArray[np.bool_], l: Array, q: Array) -> Candidates:
    """Resonances by their labels, with brackets around the leading terms of the asymptotic series."""
    n = np.sqrt(resonator.media.at(np.array([10.0]), lossless=True).t[:-1, 0]).max()
    nu = l + 0.5
    k = (nu + _AIRY * (q * q) ** (1.0 / 3.0) * nu ** (1.0 / 3.0)) / (n * resonator.radii[-1])
    return widen(resonator, Candidates(tm, l, q, 0.9 * k, 1.1 * k))


def widen(resonator: Resonator, candidates: Candidates) -> Candidates:
    """The same with brackets widened until each encloses its resonance.

    Raises
    ------
    SolveError
        If a bracket has grown by a factor of 1e9 in vain.
    """
    c = Candidates(
        candidates.tm, candidates.l, candidates.q, candidates.lower.copy(), candidates.upper.copy()
    )
    todo = np.arange(c.l.size)
    for _ in range(200):
        high = todo[resonator.count(c.lower[todo], c.l[todo], c.tm[todo]) >= c.q[todo]]
        low = todo[resonator.count(c.upper[todo], c.l[todo], c.tm[todo]) < c.q[todo]]
        c.upper[high], c.lower[low] = c.lower[high], c.upper[low]
        c.lower[high] *= 0.9
        c.upper[low] *= 1.1
        todo = np.concatenate([high, low])
        if todo.size == 0:
            return c
    raise SolveError("no bracket for a resonance after widening 200 times")
