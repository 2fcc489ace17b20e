"""The layered sphere as one asks it questions: modes in a window, one mode, the nearest modes, a pole near a guess."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from femwgm.analytic.bessel import barrier
from femwgm.analytic.media import Index, MediaModel
from femwgm.analytic.mode import ExactMode
from femwgm.analytic.roots import Poles, Resonator
from femwgm.errors import GeometryError, MaterialError, SolveError
from femwgm.typing import Array

POLARIZATIONS = ("TE", "TM")

_TIGHT = 16.0
"""Barrier depth (nepers) beyond which a pole and its real resonance have the same real part to 1e-13."""


class LayeredSphere:
    """Concentric layers around the origin, solved exactly.

    Parameters
    ----------
    radii_um
        Outer radius of each layer from the centre outwards (um).
    indices
        Medium of each layer, the ambient last (one more entry than radii): a refractive index, with positive imaginary part
        where the medium absorbs, a callable k0 (rad/um) -> index, or an object like `femwgm.materials.Material`.
    radial_indices
        Index along the local radius of the layers that are radially uniaxial, None for the others.

    Raises
    ------
    GeometryError
        Radii that do not increase, a wrong number of indices, or values that are not finite.

    Examples
    --------
    >>> sphere = LayeredSphere([10.0, 10.49], [1.45, 1.768, 1.0])
    >>> [(mode.pol, mode.l, round(mode.wavelength_nm, 4)) for mode in sphere.modes((0.655, 0.66), radial_orders=[1])]
    [('TE', 165, 659.9952), ('TM', 163, 659.121), ('TE', 166, 656.2666), ('TM', 164, 655.4526)]
    """

    def __init__(
        self,
        radii_um: Sequence[float],
        indices: Sequence[Index],
        radial_indices: Sequence[Index | None] | None = None,
    ) -> None:
        radii = tuple(float(r) for r in radii_um)
        if not radii or not all(math.isfinite(r) and r > 0.0 for r in radii):
            raise GeometryError(f"radii {list(radii_um)} must be positive lengths in um")
        if any(b <= a for a, b in zip(radii, radii[1:], strict=False)):
            raise GeometryError(f"radii {list(radii)} must increase from the centre outwards")
        if len(indices) != len(radii) + 1:
            raise GeometryError(
                f"{len(radii)} layers and the ambient need {len(radii) + 1} indices, not {len(indices)}"
            )
        self.radii_um = radii
        self.media = MediaModel(indices, radial_indices)
        self.resonator = Resonator(radii, self.media)

    def __repr__(self) -> str:
        return f"LayeredSphere(radii_um={list(self.radii_um)})"

    @property
    def outer_radius_um(self) -> float:
        """Outer radius R of the solid (um)."""
        return self.radii_um[-1]

    def modes(
        self,
        window_um: tuple[float, float],
        polarizations: Iterable[str] = POLARIZATIONS,
        radial_orders: Iterable[int] | None = None,
        l_range: tuple[int, int] | None = None,
        min_q: float | None = None,
    ) -> list[ExactMode]:
        """Every mode with vacuum wavelength in the window, longest wavelength first; none is missing.

        Parameters
        ----------
        window_um
            Lowest and highest vacuum wavelength (um).
        polarizations
            "TE", "TM" or both.
        radial_orders
            The q wanted; all by default, which includes very leaky modes.
        l_range
            Lowest and highest polar degree; all by default.
        min_q
            Leave out modes whose radiation quality factor is lower.

        Notes
        -----
        Completeness is that of real resonances (:mod:`femwgm.analytic.roots`), each of which is followed to its pole. Poles that
        belong to no radial order (the overdamped ones of the ambient wave and, for TM, one near Brewster's angle for each l; Q of
        order one) are not modes here. Neither is a resonance so damped (Q < 1) that its path leaves Re k0 > 0.
        """
        lo, hi = sorted(float(w) for w in window_um)
        if not (0.0 < lo < math.inf and math.isfinite(hi)):
            raise GeometryError(f"window {window_um} must be two positive wavelengths in um")
        k_lo, k_hi = 2.0 * math.pi / hi, 2.0 * math.pi / lo
        orders = None if radial_orders is None else sorted({int(q) for q in radial_orders})
        found: list[Poles] = []
        for pol in polarizations:
            tm, l, q, lower, upper = self._candidates(_is_tm(pol), k_lo, k_hi, orders, l_range)
            if l.size:
                k_real = self.resonator.real_roots(lower, upper, l, tm, q)
                found.append(self.resonator.poles(tm, l, q, k_real))
        result = [mode for poles in found for mode in self._wrap(poles) if k_lo <= mode.k0.real <= k_hi]
        if min_q is not None:
            result = [mode for mode in result if mode.log10_q_rad >= math.log10(min_q)]
        return sorted(result, key=lambda mode: -mode.wavelength_nm)

    def nearest_modes(
        self,
        window_um: tuple[float, float],
        polarizations: Iterable[str] = POLARIZATIONS,
        radial_orders: Iterable[int] | None = None,
    ) -> list[ExactMode]:
        """The nearest mode on either side of a window, for each polarization, nearest first.

        The window is widened up to a thousandfold, or as far as the media have data; a side without modes is left out.
        """
        lo, hi = sorted(float(w) for w in window_um)
        orders = None if radial_orders is None else list(radial_orders)
        nearest: list[ExactMode] = []
        for pol in polarizations:
            for outward in (lambda f: (lo / f, lo), lambda f: (hi, hi * f)):
                for factor in (1.02, 1.2, 2.0, 10.0, 1000.0):
                    try:
                        found = self.modes(outward(factor), [pol], orders)
                    except MaterialError:
                        break
                    if found:
                        nearest.append(min(found, key=lambda mode: _distance(mode, lo, hi)))
                        break
        return sorted(nearest, key=lambda mode: _distance(mode, lo, hi))

    def comb(
        self, pol: str, l: ArrayLike, q: ArrayLike = 1, window_um: tuple[float, float] | None = None
    ) -> list[ExactMode]:
        """The modes of given degrees and radial orders, solved in one batch.

        Parameters
        ----------
        pol
            "TE" or "TM".
        l, q
            Polar degrees and radial orders, broadcast together.
        window_um
            Wavelengths that surely enclose the modes; only dispersive media need it, to stay within the range of their data.
        """
        l_values, q_values = np.broadcast_arrays(
            np.atleast_1d(np.asarray(l, dtype=np.float64)), np.asarray(q)
        )
        if (l_values < 1).any() or (q_values < 1).any():
            raise GeometryError("polar degree l and radial order q start at 1")
        tm = np.full(l_values.shape, _is_tm(pol))
        lower, upper = self._enclose(tm, l_values, q_values, window_um)
        poles = self.resonator.poles(
            tm, l_values, q_values, self.resonator.real_roots(lower, upper, l_values, tm, q_values)
        )
        return self._wrap(poles)

    def mode(self, pol: str, l: int, q: int = 1, window_um: tuple[float, float] | None = None) -> ExactMode:
        """One mode by its labels; see :meth:`comb`."""
        found = self.comb(pol, [l], [q], window_um)
        if not found:
            raise SolveError(f"{pol} l={l} q={q} is overdamped: its resonance has no pole with Re k0 > 0")
        return found[0]

    def _wrap(self, poles: Poles) -> list[ExactMode]:
        good = np.flatnonzero(np.isfinite(poles.k0))
        return [
            ExactMode(
                sphere=self,
                pol=POLARIZATIONS[int(poles.tm[i])],
                l=int(poles.l[i]),
                q=int(poles.q[i]),
                m=int(poles.l[i]),
                k0=complex(poles.k0[i]),
                k_real=float(poles.k_real[i]),
                log_q_rad=float(poles.log_q_rad[i]),
            )
            for i in good
        ]

    def _largest_degree(self, k: float) -> int:
        """No resonance at or below k has a higher degree: without an oscillating layer w/u > 0 inside, < 0 outside."""
        media = self.media.at(np.array([k]), lossless=True)
        if (media.t <= 0.0).any() or (media.r <= 0.0).any():
            raise GeometryError(
                "counting modes needs permittivities with positive real part; for metals use pole() with a start value"
            )
        eps = np.maximum(media.t, media.r)[:-1, 0]
        return max(int(k * np.sqrt((eps * np.square(self.radii_um)).max())) + 1, 1)

    def _candidates(
        self, tm: bool, k_lo: float, k_hi: float, orders: list[int] | None, l_range: tuple[int, int] | None
    ) -> tuple[Array, Array, Array, Array, Array]:
        """(tm, l, q, lower, upper) of every resonance whose pole may lie in [k_lo, k_hi]."""
        first, last = 1, self._largest_degree(k_hi)
        if l_range is not None:
            first, last = max(first, int(l_range[0])), min(last, int(l_range[1]))
        if orders is not None and orders:
            first, last = self._narrow(tm, k_lo, k_hi, orders, first, last)
        l = np.arange(first, last + 1, dtype=np.float64)
        if l.size == 0 or orders == []:
            return np.zeros(0, dtype=bool), l[:0], l[:0], l[:0], l[:0]
        count = self._counts(tm, k_lo, k_hi, l)
        # A leaky pole may lie up to one radial spacing from its real resonance: ask for the neighbours too.
        leaky = self._is_leaky(k_hi, l)
        below = np.maximum(np.where(leaky, count[0] - 1, count[0]), 0)
        above = np.where(leaky, count[1] + 1, count[1])
        number = np.maximum(above - below, 0)
        index = np.repeat(np.arange(l.size), number)
        q = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number) + below[index] + 1
        if orders is not None:
            keep = np.isin(q, orders)
            index, q = index[keep], q[keep]
        lower, upper = np.full(q.shape, k_lo), np.full(q.shape, k_hi)
        outside = np.flatnonzero((q <= count[0][index]) | (q > count[1][index]))
        flags = np.full(q.shape, tm)
        if outside.size:
            lower[outside], upper[outside] = self._grow(
                flags[outside], l[index][outside], q[outside], lower[outside], upper[outside]
            )
        return flags, l[index], q, lower, upper

    def _counts(self, tm: bool, k_lo: float, k_hi: float, l: Array) -> Array:
        flags = np.full(l.shape, tm)
        return np.stack([self.resonator.count(np.full(l.shape, k), l, flags) for k in (k_lo, k_hi)])

    def _narrow(
        self, tm: bool, k_lo: float, k_hi: float, orders: list[int], first: int, last: int
    ) -> tuple[int, int]:
        """Bisect for the degrees that can have one of the orders in the window (the count falls as l grows)."""
        # One order wider than the real resonances need, where leaky poles may stray.
        bottom = self._first_below(tm, k_lo, orders[-1] + 1, first, last)[0]
        top = self._first_below(tm, k_hi, orders[0], bottom, last)[1]
        if top < last and self._is_leaky(k_hi, np.array([float(top)]))[0]:
            top = self._first_below(tm, k_hi, orders[0] - 1, top, last)[1]
        return bottom, top

    def _first_below(self, tm: bool, k: float, bound: int, first: int, last: int) -> tuple[int, int]:
        """Neighbouring degrees in [first, last] between which the count at k falls below the bound."""
        while last - first > 1:
            l = np.unique(np.linspace(first, last, 10)[1:-1].astype(int))
            count = self.resonator.count(np.full(l.shape, k), l.astype(np.float64), np.full(l.shape, tm))
            split = int(np.searchsorted(-count, -bound, side="right"))  # so many of them reach the bound
            if split < l.size:
                last = int(l[split])
            if split > 0:
                first = int(l[split - 1])
        return first, last

    def _is_leaky(self, k: float, l: Array) -> NDArray[np.bool_]:
        """Where the pole and its real resonance may differ in real part."""
        ambient = np.sqrt(self.media.at(np.array([k]), lossless=True).t[-1, 0])
        leaky: NDArray[np.bool_] = barrier(l + 0.5, ambient * k * self.outer_radius_um) < _TIGHT
        return leaky

    def _enclose(
        self, tm: Array, l: Array, q: Array, window_um: tuple[float, float] | None
    ) -> tuple[Array, Array]:
        if window_um is not None:
            lo, hi = sorted(window_um)
            lower, upper = np.full(l.shape, 2.0 * math.pi / hi), np.full(l.shape, 2.0 * math.pi / lo)
        else:
            n = max(np.sqrt(self.media.at(np.array([10.0]), lossless=True).t.real[:-1, 0]))
            nu = l + 0.5
            guess = (nu + 1.856 * (q * q) ** (1.0 / 3.0) * nu ** (1.0 / 3.0)) / (n * self.outer_radius_um)
            lower, upper = 0.9 * guess, 1.1 * guess
        return self._grow(tm, l, q, lower, upper)

    def _grow(self, tm: Array, l: Array, q: Array, lower: Array, upper: Array) -> tuple[Array, Array]:
        """Widen brackets until each encloses its resonance."""
        lower, upper = lower.copy(), upper.copy()
        for _ in range(200):
            high = np.flatnonzero(self.resonator.count(lower, l, tm) >= q)
            lower[high] *= 0.9
            low = np.flatnonzero(self.resonator.count(upper, l, tm) < q)
            upper[low] *= 1.1
            if high.size == 0 and low.size == 0:
                return lower, upper
        raise SolveError("no bracket for a resonance after widening 200 times")


def _distance(mode: ExactMode, lo: float, hi: float) -> float:
    """Distance of a mode from a window (um)."""
    wavelength = 1e-3 * mode.wavelength_nm
    return max(lo - wavelength, wavelength - hi)


def _is_tm(pol: str) -> bool:
    if pol not in POLARIZATIONS:
        raise GeometryError(f"polarization {pol!r} must be 'TE' or 'TM'")
    return pol == "TM"
