"""A batch of lines of a coated sphere and how each moves with the parameters: one pass of the exact solution.

dk0 / d eps and dk0 / dR are the Hellmann-Feynman formulas of the radial equation (:mod:`femwgm.analytic.sensitivity` has them
mode by mode); here they come from the match that the last Newton step has built, for all lines at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from femwgm.analytic import LayeredSphere
from femwgm.analytic.matching import match
from femwgm.errors import SolveError
from femwgm.experiment.spectrum.model import CoatedSphere
from femwgm.ground.typing import Array


@dataclass(frozen=True)
class Labels:
    """Labels of a batch of modes.

    Attributes
    ----------
    tm, l, q
        Polarization (True for TM), polar degree, radial order; one array each.
    """

    tm: NDArray[np.bool_]
    l: Array
    q: Array

    def __len__(self) -> int:
        return int(self.l.size)

    def take(self, index: Array) -> Labels:
        """A subset."""
        return Labels(self.tm[index], self.l[index], self.q[index])

    def name(self, i: int | np.integer[Any]) -> tuple[str, int, int]:
        """(pol, l, q) of one mode."""
        return ("TM" if self.tm[i] else "TE", int(self.l[i]), int(self.q[i]))


@dataclass(frozen=True)
class Lines:
    """Lines at one parameter vector.

    Attributes
    ----------
    labels
        Which modes.
    x
        The parameter vector (see :mod:`femwgm.experiment.spectrum.model`).
    k0
        Complex wavenumbers (rad/um).
    slope
        d wavelength / d parameter (nm per unit), shape (modes, 4).
    """

    labels: Labels
    x: Array
    k0: Array
    slope: Array

    @property
    def wavelength_nm(self) -> Array:
        """Vacuum wavelengths (nm)."""
        return np.asarray(2e3 * np.pi / self.k0.real)

    def take(self, index: Array) -> Lines:
        """A subset."""
        return Lines(self.labels.take(index), self.x, self.k0[index], self.slope[index])


def label_range(sphere: LayeredSphere, window_um: tuple[float, float], orders: tuple[int, ...]) -> Labels:
    """Labels of every mode in a window, degrees between them included.

    Parameters
    ----------
    sphere
        The sphere.
    window_um
        Vacuum wavelengths (um).
    orders
        Radial orders wanted.
    """
    lo, hi = window_um
    tm: list[bool] = []
    degrees: list[int] = []
    radial: list[int] = []
    for mode in sphere.modes((lo, hi), radial_orders=orders):
        tm.append(mode.pol == "TM")
        degrees.append(mode.l)
        radial.append(mode.q)
    flags, l, q = np.array(tm, dtype=bool), np.array(degrees, dtype=float), np.array(radial, dtype=float)
    parts = []
    for order in orders:
        for polarization in (False, True):
            found = l[(flags == polarization) & (q == order)]
            if found.size == 0:
                continue
            every = np.arange(max(1.0, found.min()), found.max() + 1.0)
            parts.append(
                Labels(np.full(every.shape, polarization), every, np.full(every.shape, float(order)))
            )
    if not parts:
        return Labels(flags, l, q)
    return Labels(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("tm", "l", "q")))


def solve(body: CoatedSphere, x: Array, labels: Labels) -> Lines:
    """Lines by their labels from nothing: each is bracketed by counting, so none can be mistaken for a neighbour."""
    sphere = body.sphere(x)
    k = np.zeros(len(labels), dtype=np.complex128)
    for tm in (False, True):
        index = np.flatnonzero(labels.tm == tm)
        if index.size == 0:
            continue
        modes = sphere.comb("TM" if tm else "TE", labels.l[index], labels.q[index].astype(int))
        if len(modes) != index.size:
            raise SolveError("a mode of the comb is overdamped; leave out its radial order")
        k[index] = [mode.k0 for mode in modes]
    return _State(body, x, labels, k).lines(k)


_SETTLED = 1e-7
"""Relative size of a Newton step at which to stop; the step is still taken, so that the error left is of its square."""


def track(body: CoatedSphere, x: Array, near: Lines) -> Lines:
    """Lines at another parameter vector, by Newton's iteration from their first-order prediction.

    Parameters
    ----------
    body, x
        The sphere and its parameters.
    near
        Lines at nearby parameters.

    Notes
    -----
    A line that moves further than its prediction allows is solved for anew, with all others: labels are never lost.
    """
    guess = near.wavelength_nm + near.slope @ (x - near.x)
    k = 2e3 * np.pi / guess + 1j * near.k0.imag
    for _ in range(8):
        state = _State(body, x, near.labels, k)
        step = state.newton_step()
        k = k + step
        if np.abs(step / k).max() < _SETTLED:
            # A neighbour of the same polarization and degree is a radial order away, several per cent of the wavelength.
            if (np.abs(2e3 * np.pi / k.real - guess) < 5e-3 * guess).all():
                return state.lines(k)
            break
    return solve(body, x, near.labels)


class _State:
    """The radial waves of a batch of lines at given wavenumbers, and what follows from them."""

    def __init__(self, body: CoatedSphere, x: Array, labels: Labels, k: Array) -> None:
        self.body, self.x, self.labels = body, np.array(x), labels
        sphere = body.sphere(x)
        # Where Q is beyond 1e9 radiation moves no line by 1e-18: real arithmetic does.
        real = sphere.media.lossless and bool((np.abs(k.imag) < 1e-9 * k.real).all())
        self.k = k.real if real else k
        self.stack = sphere.resonator.stack(self.k, labels.l, labels.tm, lossless=real)
        self.match = match(self.stack)
        self.total = self.match.total(
            self.k, self.stack.media.t, sphere.media.slope(self.k, lossless=real)[0]
        )

    def newton_step(self) -> Array:
        """Newton step in k0."""
        return np.asarray(0.5 * self.k * (self.match.w_out - self.match.w_in) / self.total)

    def lines(self, k: Array) -> Lines:
        """The lines at their final wavenumbers, with the slopes of this state."""
        matched, labels, body = self.match, self.labels, self.body
        eps, eps_r = self.stack.media.t, self.stack.media.r
        units = np.exp(2.0 * matched.log)
        u2, w2 = matched.u**2 * units, matched.w**2 * units
        radii = np.array(self.stack.radii)[:, None]
        degree = labels.l * (labels.l + 1.0)
        te = (eps[:-1] - eps[1:]) * self.k**2 * u2
        tm = (eps[:-1] - eps[1:]) * w2 - (1.0 / eps_r[:-1] - 1.0 / eps_r[1:]) * degree * u2 / radii**2
        by_radius = -0.5 * self.k * np.where(labels.tm, tm, te) / self.total
        by_index = -self.k * matched.energies[body.shell] / (np.sqrt(eps[body.shell]) * self.total)
        by_size = np.einsum("ib,ip->bp", by_radius, body.radii_slopes())
        wavelength = 2.0 * np.pi / k.real
        tilt = by_index * (wavelength - body.reference_um)
        by_all = np.column_stack([by_size, by_index, tilt]).real
        return Lines(labels, self.x, k, -1e3 * (wavelength / k.real)[:, None] * by_all)
