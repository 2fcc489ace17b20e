"""The layered sphere as one asks it questions: modes in a window, one mode, the nearest modes, a pole near a guess."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from femwgm.analytic.contour import census, needs_contour, radial_order
from femwgm.analytic.media import Index, MediaModel
from femwgm.analytic.mode import ExactMode
from femwgm.analytic.roots import Poles, Resonator
from femwgm.analytic.window import Candidates, Window, guess, widen
from femwgm.errors import GeometryError, MaterialError, SolveError

POLARIZATIONS = ("TE", "TM")
_SURE = math.log(1e3)
"""ln Q of the lossless twin above which a mode does not end by leakage: a pole that is lost is looked for."""
_LIVELY = 0.2
"""|Im k0| / Re k0 above which no absorption that is followed damps a mode."""


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
        self.indices = tuple(indices)
        self.radial_indices = tuple(radial_indices) if radial_indices is not None else (None,) * len(indices)
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
        Completeness is that of real resonances (:mod:`femwgm.analytic.levels`), each of which is followed to its pole. Poles that
        belong to no radial order are not modes here: those of the ambient wave itself, and for each l the one most damped TM pole
        near Brewster's angle, where the family goes over from reflection with to reflection without change of sign. Neither is
        a resonance so damped (Q about 1) that its path leaves Re k0 > 0. Media must not have a permittivity that falls with k0
        so steeply that k0^2 eps falls too, and where media have no data outside the window, leaky modes whose real resonance
        lies there are not found.

        Where a medium is a metal or absorbs strongly the poles themselves are counted (:mod:`femwgm.analytic.contour`), those of
        a quality factor above one, up to the degree from which none has turned up. Of poles with the same labels (one of them a
        wave of the ambient that is hardly reflected) the sharpest is the mode.
        """
        lo, hi = sorted(float(w) for w in window_um)
        if not (0.0 < lo < math.inf and math.isfinite(hi)):
            raise GeometryError(f"window {window_um} must be two positive wavelengths in um")
        k_lo, k_hi = 2.0 * math.pi / hi, 2.0 * math.pi / lo
        orders = None if radial_orders is None else tuple(sorted({int(q) for q in radial_orders}))
        result: list[ExactMode] = []
        by_contour = needs_contour(self.resonator, k_lo, k_hi)
        for pol in polarizations:
            if by_contour:
                result += [
                    mode
                    for mode in self._counted(pol, k_lo, k_hi, l_range)
                    if orders is None or mode.q in orders
                ]
                continue
            result += [
                mode
                for mode in self._around(Window(self.resonator, _is_tm(pol), k_lo, k_hi, orders), l_range)
                if k_lo <= mode.k0.real <= k_hi and (orders is None or mode.q in orders)
            ]
        if min_q is not None:
            result = [
                mode
                for mode in result
                if (mode.q_total if by_contour else mode.log10_q_rad)
                >= (min_q if by_contour else math.log10(min_q))
            ]
        return sorted(result, key=lambda mode: -mode.wavelength_nm)

    def _around(self, window: Window, l_range: tuple[int, int] | None) -> list[ExactMode]:
        """Poles of the real resonances in a window and, as far as the media have data, of those that loss may pull into it."""
        try:
            poles = self._poles(window.with_pulled().candidates(l_range))
        except MaterialError:
            poles = self._poles(window.candidates(l_range))
        modes = _distinct(self._modes(poles))
        if self.media.lossless:
            return modes
        kept = {(mode.l, mode.q) for mode in modes}
        missing: dict[int, list[ExactMode]] = {}
        for i in np.flatnonzero(poles.log_q_rad > _SURE):
            if (int(poles.l[i]), int(poles.q[i])) not in kept:
                missing.setdefault(int(poles.l[i]), []).append(self._mode(poles, int(i)))
        for l, lost in missing.items():
            modes += self._recounted(window, [mode for mode in modes if mode.l == l], lost)
        return modes

    def _recounted(self, window: Window, known: list[ExactMode], lost: list[ExactMode]) -> list[ExactMode]:
        """Modes whose poles were lost on the way from the lossless twin, among all those counted of their degree.

        Near the loss at which two poles meet neither has a label of its own: they keep the order of their wavenumbers.
        """
        l = lost[0].l
        others = [
            k
            for _, k in census(self.resonator, window.tm, window.k_lo, window.k_hi, (l, l)).poles
            if all(abs(k - mode.k0) > 1e-9 * abs(k) for mode in known)
        ]
        sharpest = sorted(others, key=lambda k: abs(k.imag) / k.real)[: len(lost)]
        found = sorted((k for k in sharpest if abs(k.imag) < _LIVELY * k.real), key=lambda k: k.real)
        return [replace(mode, k0=k) for mode, k in zip(sorted(lost, key=lambda m: m.q), found, strict=False)]

    def _counted(
        self, pol: str, k_lo: float, k_hi: float, l_range: tuple[int, int] | None
    ) -> list[ExactMode]:
        """Modes of a sphere with metal (:mod:`femwgm.analytic.contour`), each with the radial order that its nodes define."""
        found = census(self.resonator, _is_tm(pol), k_lo, k_hi, l_range)
        if found.lost:
            raise SolveError(
                f"{pol} poles of degree {', '.join(map(str, sorted(found.lost)))} in the window were counted but not found;"
                " move its ends a little, or ask for other degrees"
            )
        kept: dict[tuple[int, int], ExactMode] = {}
        for l, k in sorted(found.poles, key=lambda pole: abs(pole[1].imag / pole[1].real)):
            pole = ExactMode(self, pol, l, 1, l, k, math.nan, math.nan)
            pole = replace(pole, q=radial_order(pole.radial))
            kept.setdefault((pole.l, pole.q), pole)
        return list(kept.values())

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
        degrees, orders = np.broadcast_arrays(np.atleast_1d(np.asarray(l, dtype=np.float64)), np.asarray(q))
        if (degrees < 1).any() or (orders < 1).any():
            raise GeometryError("polar degree l and radial order q start at 1")
        tm = np.full(degrees.shape, _is_tm(pol))
        ends = [10.0] if window_um is None else [2.0 * math.pi / w for w in window_um]
        if needs_contour(self.resonator, min(ends), max(ends)):
            raise GeometryError(
                "spheres with metal offer modes() in a window and pole() near a start value only"
            )
        if window_um is None:
            return self._solve(guess(self.resonator, tm, degrees, orders))
        lower, upper = (np.full(degrees.shape, 2.0 * math.pi / w) for w in sorted(window_um, reverse=True))
        return self._solve(widen(self.resonator, Candidates(tm, degrees, orders, lower, upper)))

    def of_degree(self, family: Sequence[ExactMode], l: float) -> ExactMode | None:
        """The mode of a real degree in the family of some others (same polarization and q); None where it has no pole.

        With metal the pole is followed from the nearest degree of the family in steps of a fifth, and keeps its label l.
        """
        nearest = min(family, key=lambda mode: abs(mode.l - l))
        ends = nearest.k0.real, max(mode.k0.real for mode in family)
        if not needs_contour(self.resonator, *ends):
            found = self.comb(nearest.pol, [l], nearest.q)
            return found[0] if found else None
        steps = np.linspace(nearest.l, l, max(int(5.0 * abs(l - nearest.l)), 1) + 1)
        k, slope = nearest.k0, nearest.k0 / (nearest.l + 0.5)
        for before, degree in zip(steps, steps[1:], strict=False):
            start = k + slope * (degree - before)
            at = self.resonator.newton(
                np.array([start]), np.array([degree]), np.array([_is_tm(nearest.pol)])
            )[0]
            if not abs(at - start) < 0.5 * abs(slope):
                return None
            if degree != before:
                k, slope = complex(at), complex((at - k) / (degree - before))
        return replace(nearest, k0=k)

    def mode(self, pol: str, l: int, q: int = 1, window_um: tuple[float, float] | None = None) -> ExactMode:
        """One mode by its labels; see :meth:`comb`."""
        found = self.comb(pol, [l], [q], window_um)
        if not found:
            raise SolveError(f"{pol} l={l} q={q} is overdamped: its resonance has no pole with Re k0 > 0")
        return found[0]

    def pole(self, pol: str, l: int, start: complex, q: int = 1) -> ExactMode:
        """The pole that Newton's iteration finds from a start value, with no other guarantee: for metals and odd cases.

        Parameters
        ----------
        pol, l
            Polarization and polar degree.
        start
            Complex wavenumber (rad/um) near the pole.
        q
            Label to give to it; nothing is counted.

        Raises
        ------
        SolveError
            If the iteration does not settle.
        """
        k = self.resonator.newton(np.array([start]), np.array([float(l)]), np.array([_is_tm(pol)]))[0]
        if not np.isfinite(k):
            raise SolveError(
                f"no {pol} pole with l={l} found from k0 = {start:.6g} rad/um; start closer to it"
            )
        return ExactMode(self, pol, l, q, l, complex(k), math.nan, math.nan)

    def _solve(self, wanted: Candidates) -> list[ExactMode]:
        """Poles of a batch of resonances; those that are overdamped are left out."""
        return self._modes(self._poles(wanted))

    def _poles(self, wanted: Candidates) -> Poles:
        if wanted.l.size == 0:
            nothing = np.zeros(0)
            return Poles(wanted.tm, wanted.l, wanted.q, nothing, nothing, nothing, nothing)
        k_real = self.resonator.real_roots(wanted.lower, wanted.upper, wanted.l, wanted.tm, wanted.q)
        return self.resonator.poles(wanted.tm, wanted.l, wanted.q, k_real)

    def _modes(self, poles: Poles) -> list[ExactMode]:
        return [self._mode(poles, int(i)) for i in np.flatnonzero(np.isfinite(poles.k0))]

    def _mode(self, poles: Poles, i: int) -> ExactMode:
        return ExactMode(
            sphere=self,
            pol=POLARIZATIONS[int(poles.tm[i])],
            l=int(poles.l[i]),
            q=int(poles.q[i]),
            m=int(poles.l[i]),
            k0=complex(poles.k0[i]),
            k_real=float(poles.k_real[i]),
            log_q_rad=float(poles.log_q_rad[i]),
            k_twin=complex(poles.k_twin[i]),
        )


def _distinct(modes: list[ExactMode]) -> list[ExactMode]:
    """One mode a pole: where two resonances of one (pol, l) lead to the same pole, the nearer keeps it."""
    kept: dict[int, list[ExactMode]] = {}
    for mode in sorted(modes, key=lambda mode: abs(mode.k0 - mode.k_real)):
        known = kept.setdefault(mode.l, [])
        if all(abs(mode.k0 - other.k0) > 1e-9 * abs(mode.k0) for other in known):
            known.append(mode)
    return [mode for known in kept.values() for mode in known]


def _distance(mode: ExactMode, lo: float, hi: float) -> float:
    """Distance of a mode from a window (um)."""
    wavelength = 1e-3 * mode.wavelength_nm
    return max(lo - wavelength, wavelength - hi)


def _is_tm(pol: str) -> bool:
    if pol not in POLARIZATIONS:
        raise GeometryError(f"polarization {pol!r} must be 'TE' or 'TM'")
    return pol == "TM"
