"""Blind spectra: lines of bare and coated spheres whose index slopes, from textbook formulas and scipy's Bessel functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq, linear_sum_assignment

from tests.support.coated_twin import riccati

Array = Any
Name = tuple[str, int, int] | None


@dataclass(frozen=True)
class Ball:
    """A sphere of one index (thickness 0), or one with a shell of it over a core.

    `index` holds at `reference` (um), where it has the `slope` (1/um); lengths in um.
    """

    diameter: float
    thickness: float
    index: float
    slope: float
    core: float = 1.45
    reference: float = 0.655

    def mismatch(self, tm: bool, l: int, k: Array) -> Array:
        """p u'/(k u) inside minus outside, times u inside: zero at a mode; the decaying wave stands for the outgoing one."""
        n = self.index + self.slope * (2.0 * np.pi / k - self.reference)
        inner, outer = 0.5 * self.diameter, 0.5 * self.diameter + self.thickness
        p = n**-2.0 if tm else 1.0
        if self.thickness:
            core_p = self.core**-2.0 if tm else 1.0
            u, du, _, _ = riccati(l, self.core * k * inner)
            w = core_p * self.core * du / (p * n)
            a0, a1, b0, b1 = riccati(l, n * k * inner)
            a, b = u * b1 - w * b0, w * a0 - u * a1
            size = np.abs(a) + np.abs(b * b0 / a0)
            a, b = a / size, b / size
            a0, a1, b0, b1 = riccati(l, n * k * outer)
            u, w = a * a0 + b * b0, p * n * (a * a1 + b * b1)
        else:
            u, du, _, _ = riccati(l, n * k * outer)
            w = p * n * du
        _, _, chi, dchi = riccati(l, k * outer)
        return w - u * dchi / chi

    def lines(self, window_nm: tuple[float, float], orders: int) -> dict[tuple[str, int, int], float]:
        """Wavelengths (nm) of every mode of the window up to a radial order; zeros are counted from the lowest wavenumber."""
        low, high = 2e3 * np.pi / window_nm[1], 2e3 * np.pi / window_nm[0]
        outer = 0.5 * self.diameter + self.thickness
        top = max(self.index - self.slope * 0.05, self.core if self.thickness else 0.0)
        found = {}
        for l in range(int(0.70 * top * low * outer), int(top * high * outer) + 1):
            start = (l + 0.5) / (top * outer)
            if start > high:
                continue
            grid = np.linspace(0.99 * start, high, max(int((high / start - 0.99) * 300.0), 16))
            grid = grid[grid * outer < l]
            for tm in (False, True):
                values = self.mismatch(tm, l, grid)
                for q, i in enumerate(np.flatnonzero(values[:-1] * values[1:] < 0.0)[:orders], 1):
                    k = brentq(
                        lambda k, tm=tm, l=l: self.mismatch(tm, l, k), grid[i], grid[i + 1], xtol=1e-13
                    )
                    if low <= k <= high:
                        found["TM" if tm else "TE", l, q] = 2e3 * np.pi / k
        return found


@dataclass(frozen=True)
class Spectrum:
    """Positions (nm) in ascending order, and what each is."""

    wavelength_nm: Array
    names: tuple[Name, ...]
    readable: float = 1.0
    """Share of the modes' peaks that whoever knew the sphere would name rightly: lines within an error are a toss."""


def spectrum(
    ball: Ball, window_nm: tuple[float, float], rng: np.random.Generator, *, noise_nm: float, missing: float, spurious: float,
    orders: int = 1, higher_seen: float = 0.3,
) -> Spectrum:  # fmt: skip
    """Lines with errors, some missing, some (a share of all) of no mode."""
    lines = ball.lines(window_nm, orders)
    kept = [name for name in lines if rng.random() < (1.0 - missing if name[2] == 1 else higher_seen)]
    extra = int(rng.poisson(spurious * len(kept)))
    places = [lines[name] + noise_nm * rng.standard_normal() for name in kept] + list(
        rng.uniform(*window_nm, size=extra)
    )
    order = np.argsort(places)
    every: list[Name] = [*kept, *[None] * extra]
    names = tuple(every[i] for i in order)
    seen = np.array([1.0 - missing if name[2] == 1 else higher_seen for name in lines])
    wavelengths, ordered = np.array([*lines.values()]), np.array(places)[order]
    away = (ordered[:, None] - wavelengths) / noise_nm
    density = max(spurious * seen.sum(), 1e-3) / (window_nm[1] - window_nm[0])
    gain = np.log(seen / (1.0 - seen) / (np.sqrt(2.0 * np.pi) * noise_nm * density)) - 0.5 * away**2
    told: list[Name] = [None] * len(names)
    for i, j in zip(*linear_sum_assignment(-np.maximum(gain, 0.0)), strict=True):
        told[i] = [*lines][j] if gain[i, j] > 0.0 else None
    right = [a == b for a, b in zip(told, names, strict=True) if b is not None]
    return Spectrum(ordered, names, float(np.mean(right)) if right else 1.0)
