r"""Real resonances of a layered sphere: counted on the real k0 axis, and bracketed.

Let u be the wave regular at the centre, w = p u', R the outer radius, and
G(k0) = w/u - M'/M p kappa with M the modulus of the ambient wave (the real part of the outgoing condition); permittivities
are real and positive. w/u decreases between its poles (Sturm: d(w/u)/dk0 = -2 k0 int q u^2 / u(R)^2 < 0), each pole adds one
zero of u inside R, the ambient term increases, and G > 0 at k0 -> 0. So G has exactly one zero between consecutive poles, and

    level(k0) = (zeros of u in (0, R)) + 1 - arctan(G / s) / pi,    any s > 0,

is continuous, increasing, and equals q exactly at the real resonance of radial order q, where u has q - 1 zeros. The
number of resonances in a window is the difference of two integers; a bracketed iteration then finds each one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from femwgm.analytic.layered import Stack, Wave, weight_p, weight_q
from femwgm.analytic.media import MediaModel
from femwgm.ground.typing import Array

Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class Levels:
    """Radii and media, and how many resonances lie below a wavenumber, asked in batches.

    Parameters
    ----------
    radii
        Interface radii (um), increasing.
    media
        Permittivities.
    """

    radii: tuple[float, ...]
    media: MediaModel

    def stack(self, k: Array, l: Array, tm: Bool, lossless: bool, loss: float = 1.0) -> Stack:
        """Radial problems of a batch, with a share of the loss of the media (`MediaModel.at`)."""
        return Stack(k, l, tm, self.media.at(k, lossless, loss), self.radii)

    def level(self, k: Array, l: Array, tm: Bool) -> tuple[Array, Array]:
        """The counting function (its floor is the number of resonances at or below k) and its derivative."""
        stack = self.stack(k, l, tm, lossless=True)
        wave, exterior = stack.outward(count_nodes=True), stack.exterior()
        u, w = wave.u[-1], wave.w[-1]
        scale = slope_scale(stack)
        gap = w - u * exterior.m
        # G / s = gap / (u s): arctan of the ratio, with the pole u = 0 left in place by arctan2.
        assert wave.nodes is not None
        level = wave.nodes + 1.0 - np.arctan2(gap * np.sign(u), np.abs(u) * scale) / np.pi
        stored = 2.0 * k * _stored(stack, wave) + exterior.dm * u * u
        rate = scale * stored / (np.pi * ((u * scale) ** 2 + gap**2))
        return level, rate

    def count(self, k: Array, l: Array, tm: Bool) -> NDArray[np.int64]:
        """Number of real resonances with wavenumber at most k, for each (l, pol)."""
        return np.floor(self.level(k, l, tm)[0]).astype(np.int64)

    def crossing(self, lo: Array, hi: Array, l: Array, tm: Bool, target: Array) -> Array:
        """Wavenumbers where the level passes a target inside the bracket [lo, hi], to about seven digits."""
        lo, hi = np.array(lo, dtype=np.float64), np.array(hi, dtype=np.float64)
        k, step = 0.5 * (lo + hi), hi - lo
        open_ = np.ones(k.shape, dtype=bool)
        for _ in range(80):
            index = np.flatnonzero(open_)
            if index.size == 0:
                break
            level, rate = self.level(k[index], l[index], tm[index])
            miss = target[index] - level
            above = miss < 0.0
            hi[index[above]], lo[index[~above]] = k[index[above]], k[index[~above]]
            # The level is an arc tangent near a resonance: undo it within half a turn, else trust the slope.
            near = np.abs(miss) < 0.45
            newton = np.where(near, np.sin(np.pi * miss) * np.cos(np.pi * miss) / np.pi, miss) / rate
            proposal = k[index] + newton
            outside = ~((proposal > lo[index]) & (proposal < hi[index]))
            proposal[outside] = 0.5 * (lo[index] + hi[index])[outside]
            step[index] = np.abs(proposal - k[index])
            k[index] = proposal
            open_[index] = (step[index] > 1e-7 * k[index]) & (hi[index] - lo[index] > 4e-16 * k[index])
        return k


def _stored(stack: Stack, wave: Wave) -> Array:
    """Integral of q u^2 inside R in units of the outermost mantissas."""
    total = np.zeros_like(wave.u[-1])
    for i, integral in enumerate(wave.integral):
        units = np.exp(np.minimum(2.0 * (wave.log[i] - wave.log[-1]), 600.0))
        total = total + weight_q(stack.tm, stack.media, i) * integral * units
    return total


def slope_scale(stack: Stack) -> Array:
    """Typical w / u of a standing wave at the outer radius; any positive value is right, a natural one is fast."""
    r, order = stack.radii[-1], stack.l + 0.5
    local = np.abs(stack.kappa(len(stack.radii) - 1) ** 2 - (order / r) ** 2) + order ** (4.0 / 3.0) / r**2
    return np.asarray(np.abs(weight_p(stack.tm, stack.media, len(stack.radii) - 1)) * np.sqrt(local))
