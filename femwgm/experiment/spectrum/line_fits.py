"""Lines of a comb over the whole range of a prior: a polynomial through exact lines and their exact slopes.

A line is a smooth function of diameter, thickness, index and slope; forty exact solutions with gradients give a quintic that
errs by thousandths of a spacing. Searching is done on it, the last steps of a fit on the exact sphere.
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

__all__ = ["REACH", "Atlas"]

REACH = 3.2
"""How many standard deviations of the prior are covered on each side."""
DEGREE = 5
_SAMPLES = {0: 1, 1: 7, 2: 20, 3: 44, 4: 80}


class Atlas:
    """Approximate lines anywhere within the prior.

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
        Largest misfit at the exact solutions it was made from.

    Raises
    ------
    SolveError
        If no mode lies near the window.
    """

    def __init__(
        self, body: CoatedSphere, prior: Prior, window_um: tuple[float, float], orders: Sequence[int]
    ) -> None:
        self.body, self.prior, self.free = body, prior, prior.free
        first = _every_line(body, prior, window_um, tuple(orders))
        self.labels = first.labels
        self.spacing_nm = _spacing(first)
        self._powers = _powers(self.free.size)
        nodes = self._nodes()
        rows, values = [], []
        near = first
        for u in nodes:
            near = track(body, self._x(u), near)
            rows.append(self._basis(u[None, :]))
            values.append(near.wavelength_nm[None, :])
            for axis, index in enumerate(self.free):
                rows.append(self._basis(u[None, :], axis))
                values.append((near.slope[:, index] * REACH * prior.deviation[index])[None, :])
        matrix, right = np.concatenate(rows), np.concatenate(values)
        self._coefficients = np.linalg.lstsq(matrix, right, rcond=None)[0]
        self.error_nm = float(np.abs((matrix @ self._coefficients - right)[:: self.free.size + 1]).max())

    def _nodes(self) -> Array:
        """Points of [-1, 1]^d: the centre and a low-discrepancy sequence in the order of the widest direction."""
        d = self.free.size
        if d == 0:
            return np.zeros((1, 0))
        cloud = 2.0 * qmc.Halton(d, scramble=True, seed=7).random(_SAMPLES[d]) - 1.0
        return np.concatenate([np.zeros((1, d)), cloud[np.argsort(cloud[:, 0])]])

    def _x(self, u: Array) -> Array:
        x = self.prior.mean.copy()
        x[self.free] += REACH * self.prior.deviation[self.free] * u
        return x

    def _basis(self, u: Array, axis: int | None = None) -> Array:
        """Monomials at points (points, d), or their derivatives along one axis."""
        result = np.ones((u.shape[0], len(self._powers)))
        for i in range(u.shape[1]):
            power = self._powers[:, i]
            if i == axis:
                result *= power * u[:, i, None] ** np.maximum(power - 1, 0)
            else:
                result *= u[:, i, None] ** power
        return result

    def wavelengths(self, x: Array) -> Array:
        """Lines (nm) at parameter vectors of shape (points, 4)."""
        scale = REACH * self.prior.deviation[self.free]
        return np.asarray(self._basis((x - self.prior.mean)[:, self.free] / scale) @ self._coefficients)

    def holds(self, x: Array) -> bool:
        """Whether a parameter vector lies where the polynomials were made, or just beyond."""
        return bool(
            (np.abs(x - self.prior.mean)[self.free] <= 1.15 * REACH * self.prior.deviation[self.free]).all()
        )

    def slopes(self, x: Array) -> Array:
        """d line / d free parameter (nm per unit) at parameter vectors of shape (points, 4): (points, lines, free)."""
        scale = REACH * self.prior.deviation[self.free]
        u = (x - self.prior.mean)[:, self.free] / scale
        return np.stack(
            [self._basis(u, i) @ self._coefficients / scale[i] for i in range(self.free.size)], axis=2
        )

    def lines(self, x: Array) -> Lines:
        """Lines and slopes at one parameter vector."""
        scale = REACH * self.prior.deviation[self.free]
        u = (x - self.prior.mean)[None, self.free] / scale
        slope = np.zeros((len(self.labels), 4))
        for axis, index in enumerate(self.free):
            slope[:, index] = (self._basis(u, axis) @ self._coefficients)[0] / scale[axis]
        wavelength = (self._basis(u) @ self._coefficients)[0]
        return Lines(self.labels, np.array(x), 2e3 * np.pi / wavelength + 0j, slope)


def _powers(d: int) -> Array:
    """Exponents of all monomials up to the degree."""
    every = [p for p in itertools.product(range(DEGREE + 1), repeat=d) if sum(p) <= DEGREE]
    return np.array(every, dtype=int).reshape(len(every), d)


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
