"""The radial function of one mode at any distance from the centre, and the points at which to integrate it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from femwgm.analytic import bessel
from femwgm.analytic.layered import Media, Stack, orders, weight_p
from femwgm.analytic.matching import Match, match
from femwgm.ground.typing import Array

_GAUSS = np.polynomial.legendre.leggauss(24)
_DEEP = 22.0
"""Nepers of amplitude after which an evanescent wave no longer counts: exp(-44) in intensity."""
_SMALL_ORDER = 20.0
"""Up to here the core is followed to the centre: a field that is uniform there counts on a line, and Gauss takes its powers."""


@dataclass(frozen=True)
class Samples:
    """A quadrature rule in one layer and the radial function on it.

    Attributes
    ----------
    r, weight
        Points (um) and weights, empty where the layer holds no part of the mode that counts.
    u, w
        Radial function and p u' (see :mod:`femwgm.analytic.layered`).
    """

    r: Array
    weight: Array
    u: Array
    w: Array

    def integral(self, values: Array) -> complex:
        """Integral over the layer of values given at the points."""
        return complex(np.sum(values * self.weight))


class RadialMode:
    """The radial function u of one mode.

    Parameters
    ----------
    stack
        The mode's radial problem (batch of one) at its wavenumber: real for a lossless mode of high Q, else complex.

    Notes
    -----
    u = 1 at the interface where the outward and the inward wave meet. The ambient wave is the outgoing one.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.match: Match = match(stack)
        self.k = stack.k[0]
        self.radii = stack.radii
        self.tm = bool(stack.tm[0])

    @property
    def media(self) -> Media:
        """Permittivities of the layers, shape (layers + 1, 1)."""
        return self.stack.media

    def layer_of(self, r: Array) -> Array:
        """Index of the layer that each distance lies in; an interface belongs to the layer inside it."""
        return np.searchsorted(self.radii, r, side="left")

    def at(self, r: Array) -> tuple[Array, Array]:
        """(u, w) at distances r > 0 (um)."""
        r = np.asarray(r, dtype=np.float64)
        u, w = np.zeros(r.shape, dtype=np.complex128), np.zeros(r.shape, dtype=np.complex128)
        where = self.layer_of(r)
        for layer in np.unique(where):
            here = where == layer
            u[here], w[here] = self.inside(int(layer), r[here])
        return u, w

    def inside(self, layer: int, r: Array) -> tuple[Array, Array]:
        """(u, w) at distances r continued with the medium of one layer."""
        if layer == 0:
            return self._single(0, 0, r, self._regular)
        if layer == len(self.radii):
            return self._single(layer, layer - 1, r, self._outgoing)
        end = layer - 1 if self.match.below[layer, 0] else layer
        stack, p = self.stack, weight_p(self.stack.tm, self.media, layer)[0]
        kappa, order = stack.kappa(layer)[0], orders(stack.l, stack.tm, self.media, layer)[0]
        shell = stack.layer(layer)
        reference = shell.at_a if end == layer - 1 else shell.at_b
        first, second = shell.coefficients(self.match.u[end], self.match.w[end], reference)
        pair = (bessel.complex_pair if stack.is_complex else bessel.real_pair)(order, kappa * r)
        log = self.match.log[end, 0]
        up, down = np.exp(log + pair.s - reference.s[0]), np.exp(log - pair.s + reference.s[0])
        u = first[0] * pair.p * up + second[0] * pair.x * down
        du = kappa * (first[0] * pair.dp * up + second[0] * pair.dx * down)
        return u, p * du

    def _single(self, layer: int, end: int, r: Array, wave) -> tuple[Array, Array]:  # type: ignore[no-untyped-def]
        """A layer with one wave only: its ratio to the value at an interface."""
        kappa, order = self.stack.kappa(layer)[0], orders(self.stack.l, self.stack.tm, self.media, layer)[0]
        value, slope, log = wave(order, kappa * r)
        unit, _, log_unit = wave(order, np.array([kappa * self.radii[end]]))
        factor = self.match.u[end, 0] / unit[0] * np.exp(log - log_unit[0] + self.match.log[end, 0])
        p = weight_p(self.stack.tm, self.media, layer)[0]
        return value * factor, p * kappa * slope * factor

    @staticmethod
    def _regular(order: float, z: Array) -> tuple[Array, Array, Array]:
        return bessel.regular(order, z)

    @staticmethod
    def _outgoing(order: float, z: Array) -> tuple[Array, Array, Array]:
        pair = bessel.complex_pair(order, z, outgoing=True)
        return pair.x, pair.dx, -pair.s

    @cached_property
    def samples(self) -> list[Samples]:
        """One quadrature rule for each layer, the ambient last.

        The ambient is integrated from R outwards to where the wave has decayed by 22 nepers, or to the outer turning point
        r = (l + 1/2) / (n k0) where the barrier ends and the radiated wave begins. A mode above the barrier has no
        evanescent part, and its ambient rule is empty.
        """
        return [self._sample(layer) for layer in range(len(self.radii) + 1)]

    def _sample(self, layer: int) -> Samples:
        kappa = float(abs(self.stack.kappa(layer)[0].real))
        order = float(orders(self.stack.l, self.stack.tm, self.media, layer)[0].real)
        turning = order / kappa
        if layer == len(self.radii):
            a, b = self.radii[-1], turning
            if b <= a:
                nothing = np.zeros(0)
                return Samples(nothing, nothing, nothing, nothing)
            r = np.linspace(a, b, 257)
            depth = bessel.barrier(order, kappa * r)
            b = float(np.interp(_DEEP, depth[0] - depth, r))
            edges = np.linspace(a, b, 5)
        else:
            a, b = (0.0 if layer == 0 else self.radii[layer - 1]), self.radii[layer]
            split = min(max(turning, a), b)
            pieces = []
            if split > a:
                low = a
                if layer == 0 and order > _SMALL_ORDER:
                    r = np.linspace(0.0, split, 513)[1:]
                    depth = bessel.barrier(order, kappa * r)
                    low = float(np.interp(-_DEEP, depth[-1] - depth, r, left=0.0))
                pieces.append(np.linspace(low, split, 6))
            if b > split:
                beyond = np.sqrt(np.maximum((kappa * np.array([split, b])) ** 2 - order**2, 0.0))
                phase = beyond - order * np.arctan2(beyond, order)
                pieces.append(np.linspace(split, b, int((phase[1] - phase[0]) / np.pi) + 4))
            edges = np.unique(np.concatenate(pieces))
        half = 0.5 * np.diff(edges)[:, None]
        r = (half * _GAUSS[0] + (edges[:-1, None] + half)).ravel()
        u, w = self.inside(layer, r)
        return Samples(r, (half * _GAUSS[1]).ravel(), u, w)
