"""Lines of a comb over the whole range of a prior: polynomials through exact lines and their exact slopes.

For a shell without dispersion, the logarithm of a line over the diameter is a smooth function of thickness over diameter and of
the index (and of the diameter too, where another medium disperses). Its polynomial is made adaptively. A shell with a law
n(lambda) then has its line where lambda = G(n(lambda)), which two Newton steps solve to rounding: neither slope nor law costs a
dimension.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from scipy.stats import qmc

from femwgm.errors import SolveError
from femwgm.experiment.spectrum.lines import Labels, Lines, label_range, solve, track
from femwgm.experiment.spectrum.model import CoatedSphere
from femwgm.experiment.spectrum.prior import Prior
from femwgm.ground.typing import Array

REACH = 4.2
"""Radius of the ball, in standard deviations of the prior, in which lines are known."""
DEGREES = (6, 8, 10, 12)
FINE_NM = 2e-4
"""Error of the lines at which a degree is high enough."""
CHECKS = 8
"""Exact solutions that judge a polynomial before they are used for it."""
SCALE_WEIGHT = 3
"""Cost of a power of the diameter in the total degree: what exact scaling leaves of it is nearly straight."""
CHUNK = 200_000
"""Most numbers (points times lines) evaluated at once."""


class Atlas:
    """Lines anywhere within the prior.

    Parameters
    ----------
    body, prior
        The sphere and what is known of it.
    window_um
        Vacuum wavelengths (um) where lines matter.
    orders
        Radial orders.

    Attributes
    ----------
    labels
        Every mode that the prior can bring into the window.
    spacing_nm
        Median distance of neighbours in l.
    error_nm
        Largest misfit at exact solutions that the polynomials had not seen.

    Raises
    ------
    SolveError
        If no mode lies near the window.
    """

    def __init__(
        self, body: CoatedSphere, prior: Prior, window_um: tuple[float, float], orders: Sequence[int]
    ) -> None:
        self.body, self.prior, self.free = body, prior, prior.free
        self.window_nm = 1e3 * window_um[0], 1e3 * window_um[1]
        first = _every_line(body, prior, window_um, tuple(orders))
        self._first, self.labels, self.spacing_nm = first, first.labels, _spacing(first)
        self._centre = np.clip(first.wavelength_nm, *self.window_nm)
        self._law = body.shell_law(window_um)
        self._scaled = body.scales
        self._ranges = self._half_ranges()
        self._axes = np.flatnonzero(self._ranges > 0.0)
        self._fit(solve(body.undispersed(), np.append(prior.mean[:3], 0.0), first.labels))

    def _half_ranges(self) -> Array:
        """Half ranges of log thickness (over diameter, where lengths scale), index, and log diameter (where they do not)."""
        share = np.divide(
            self.prior.deviation, self.prior.mean, where=self.prior.mean != 0.0, out=np.zeros(4)
        )
        away = 1e-3 * max(abs(v - 1e3 * self.body.reference_um) for v in self.window_nm)
        stated = float(np.ptp(self._law(np.linspace(*self.window_nm, 9))[0]))
        index = REACH * np.hypot(self.prior.deviation[2], self.prior.deviation[3] * away)
        index += abs(self.prior.mean[3]) * away + stated
        if self.body.shell == 0:
            return np.array([0.0, index, 0.0 if self._scaled else REACH * share[0]])
        if self._scaled:
            return np.array([REACH * np.hypot(share[0], share[1]), index, 0.0])
        return np.array([REACH * share[1], index, REACH * share[0]])

    def _fit(self, first: Lines) -> None:
        """Polynomials of rising degree until fresh exact solutions bear them out."""
        body, d = self.body.undispersed(), self._axes.size
        cloud = np.cos(np.pi * qmc.Halton(max(d, 1), scramble=True, seed=7).random(400))[:, :d]
        nodes, lines = [np.zeros(d)], [first]
        for degree in DEGREES if d else (0,):
            powers = _powers(self._axes, degree)
            wanted = int(np.ceil(2.5 * len(powers) / (d + 1))) + CHECKS if d else 1
            while len(nodes) < wanted:
                # The next point of the sequence, from the nearest one that is solved.
                u = cloud[len(nodes)]
                near = lines[int(((np.array(nodes) - u) ** 2).sum(axis=1).argmin())]
                lines.append(track(body, self._place(u), near))
                nodes.append(u)
            known = max(len(nodes) - CHECKS, 1)
            found = self._solve(powers, np.array(nodes[:known]), lines[:known])
            self.error_nm = self._misfit(found, powers, np.array(nodes[known:]), lines[known:])
            if self.error_nm < FINE_NM:
                break
        found = self._solve(powers, np.array(nodes), lines)
        every = np.zeros((len(powers), 3), dtype=int)
        every[:, self._axes] = powers
        self._outer, where = np.unique(every[:, [0, 2]], axis=0, return_inverse=True)
        self._coefficients = np.zeros((len(self._outer), every[:, 1].max() + 1, len(self.labels)))
        self._coefficients[where.ravel(), every[:, 1]] = found

    def _place(self, u: Array) -> Array:
        """Parameters of the sphere without dispersion at a point of [-1, 1]^d."""
        v, mean = np.zeros(3), self.prior.mean
        v[self._axes] = self._ranges[self._axes] * u
        return np.array([mean[0] * np.exp(v[2]), mean[1] * np.exp(v[0]), mean[2] + v[1], 0.0])

    def _solve(self, powers: Array, u: Array, lines: Sequence[Lines]) -> Array:
        """Coefficients of log wavelength by least squares on the exact values and slopes."""
        rows, values = [_monomials(u, powers)], [np.array([np.log(one.wavelength_nm) for one in lines])]
        for i, axis in enumerate(self._axes):
            parameter = (1, 2, 0)[axis]
            unit = np.array([1.0 if parameter == 2 else one.x[parameter] for one in lines])[:, None]
            slope = np.array([one.slope[:, parameter] / one.wavelength_nm for one in lines])
            rows.append(_monomials(u, powers, i))
            values.append(slope * unit * self._ranges[axis])
        return np.asarray(np.linalg.lstsq(np.concatenate(rows), np.concatenate(values), rcond=None)[0])

    def _misfit(self, found: Array, powers: Array, u: Array, lines: Sequence[Lines]) -> float:
        """Largest error (nm) within the window at exact solutions."""
        if not len(lines):
            return 0.0
        exact = np.array([one.wavelength_nm for one in lines])
        inside = (exact > self.window_nm[0]) & (exact < self.window_nm[1])
        return float(np.abs(np.exp(_monomials(u, powers) @ found) - exact)[inside].max(initial=0.0))

    def near(self, x: Array, low_nm: float, high_nm: float) -> Array:
        """Modes that may lie within a range at any of the points (points, 4), and a few beside."""
        centre = self._first
        moves = (x - centre.x)[:, self.free] @ centre.slope[:, self.free].T / centre.wavelength_nm
        lines = centre.wavelength_nm * np.exp(moves)
        room = 2.0 * self.spacing_nm + 4e-3 * high_nm
        return np.flatnonzero((lines.max(axis=0) > low_nm - room) & (lines.min(axis=0) < high_nm + room))

    def wavelengths(self, x: Array, index: Array | slice = slice(None)) -> Array:
        """Lines (nm) at parameter vectors of shape (points, 4), all or some of them."""
        return self._solved(x, index, slopes=False)[0]

    def slopes(self, x: Array, index: Array) -> tuple[Array, Array]:
        """Lines, and their slopes by the free parameters (nm per unit): shapes (points, lines) and (points, lines, free)."""
        wave, slope = self._solved(x, index, slopes=True)
        return wave, slope[:, :, self.free]

    def lines(self, x: Array) -> Lines:
        """Lines and slopes at one parameter vector."""
        wave, slope = self._solved(x[None, :], slice(None), slopes=True)
        held = self.prior.deviation == 0.0
        slope[:, :, held] = 0.0
        return Lines(self.labels, np.array(x), 2e3 * np.pi / wave[0] + 0j, slope[0])

    def _solved(self, x: Array, index: Array | slice, *, slopes: bool) -> tuple[Array, Array]:
        """Lines in blocks of points."""
        count = len(self._centre[index])
        blocks = np.array_split(np.arange(len(x)), max(len(x) * count // CHUNK, 1))
        parts = [self._block(x[block], index, slopes=slopes) for block in blocks]
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    def _block(self, x: Array, index: Array | slice, *, slopes: bool) -> tuple[Array, Array]:
        mean, ranges = self.prior.mean, np.where(self._ranges > 0.0, self._ranges, 1.0)
        log_d = np.log(x[:, 0] / mean[0])
        log_t = np.log(x[:, 1] / mean[1]) if self.body.shell else np.zeros(len(x))
        scale = log_d if self._scaled else np.zeros(len(x))
        v = np.column_stack([log_t - scale, log_d - scale]) / ranges[[0, 2]]
        centre = self._centre[index]
        table = self._coefficients[:, :, index]
        flat, shape = table.reshape(len(table), -1), (len(x), table.shape[1], len(centre))

        def horner(outer: Array, u: Array) -> tuple[Array, Array]:
            """A polynomial in the index and its derivative, coefficients first summed over the other variables."""
            parts = (outer @ flat).reshape(shape)
            value, change = parts[:, -1], np.zeros_like(parts[:, -1])
            for power in range(shape[1] - 2, -1, -1):
                change = change * u + value
                value = value * u + parts[:, power]
            return value, change / ranges[1]

        outer = _monomials(v, self._outer)
        fixed, tilt = (x[:, 2] - mean[2])[:, None], 1e-3 * x[:, 3, None]
        wave = np.broadcast_to(centre, (len(x), len(centre)))
        for _ in range(2):
            # The index follows the line, within the window: a Newton step for lambda = G(n(lambda)).
            held = np.clip(wave, *self.window_nm)
            stated, by_wave = self._law(held)
            away = held - 1e3 * self.body.reference_um
            u = (fixed + stated + tilt * away) / ranges[1]
            value, change = horner(outer, u)
            there = np.exp(value + scale[:, None])
            feedback = 1.0 - there * change * np.where(held == wave, by_wave + tilt, 0.0)
            wave = wave + (there - wave) / feedback
        if not slopes:
            return wave, np.zeros((len(x), 0, 4))
        gain, result = wave / feedback, np.zeros((len(x), len(centre), 4))
        by_t = horner(_monomials(v, self._outer, 0) / ranges[0], u)[0]
        by_d = 1.0 - by_t if self._scaled else horner(_monomials(v, self._outer, 1) / ranges[2], u)[0]
        result[:, :, 0] = gain * by_d / x[:, 0, None]
        result[:, :, 1] = gain * by_t / np.where(x[:, 1, None] > 0.0, x[:, 1, None], 1.0)
        result[:, :, 2] = gain * change
        result[:, :, 3] = gain * change * 1e-3 * away
        return wave, result


def _monomials(u: Array, powers: Array, axis: int | None = None) -> Array:
    """Monomials at points (points, d), or their derivatives along one axis."""
    result = np.ones((u.shape[0], len(powers)))
    for i in range(u.shape[1]):
        power = powers[:, i]
        raised = u[:, i, None] ** np.maximum(power - (i == axis), 0)
        result *= power * raised if i == axis else raised
    return result


def _powers(axes: Array, degree: int) -> Array:
    """Exponents of the monomials along the axes that vary."""
    weight = np.array([1, 1, SCALE_WEIGHT])[axes]
    every = itertools.product(*(range(degree // w + 1) for w in weight))
    return np.array([p for p in every if weight @ np.array(p, dtype=int) <= degree], dtype=int).reshape(
        -1, axes.size
    )


def _every_line(
    body: CoatedSphere, prior: Prior, window_um: tuple[float, float], orders: tuple[int, ...]
) -> Lines:
    """Exact lines at the centre of the prior, with every label that its width can bring into the window."""
    lo, hi = window_um
    labels = label_range(body.sphere(prior.mean), (0.98 * lo, 1.02 * hi), orders)
    if len(labels) == 0:
        raise SolveError("no mode of the requested radial orders lies near the peaks")
    probe = solve(body, prior.mean, labels)
    moves = REACH * np.sqrt(((probe.slope * prior.deviation) ** 2).sum(axis=1)).max()
    more = 2e-3 * moves / (lo + hi) + 0.002
    return solve(
        body, prior.mean, _around(label_range(body.sphere(prior.mean), window_um, orders), labels, more)
    )


def _around(labels: Labels, fallback: Labels, more: float) -> Labels:
    """The labels and their neighbours in l, so many that a relative shift `more` of all lines leaves none out."""
    parts = []
    for tm, q in sorted({(bool(t), float(q)) for t, q in zip(fallback.tm, fallback.q, strict=True)}):
        within = labels.l[(labels.tm == tm) & (labels.q == q)]
        l = within if within.size else fallback.l[(fallback.tm == tm) & (fallback.q == q)]
        extra = np.ceil(more * l.max()) + 1.0
        every = np.arange(max(1.0, l.min() - extra), l.max() + extra + 1.0)
        parts.append(Labels(np.full(every.shape, tm), every, np.full(every.shape, q)))
    return Labels(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("tm", "l", "q")))


def _spacing(lines: Lines) -> float:
    """Median distance (nm) of neighbours in l of the lowest radial order."""
    gaps: list[float] = []
    for tm in (False, True):
        chosen = (lines.labels.tm == tm) & (lines.labels.q == lines.labels.q.min())
        gaps += np.diff(np.sort(lines.wavelength_nm[chosen])).tolist()
    return float(np.median(gaps)) if gaps else 6e-3 * float(lines.wavelength_nm.mean())
