r"""The equations of spheres on a common axis: each sphere answers what its neighbours send it.

Outside, E = sum_j [ regular waves (f) + outgoing waves (a) about the centre of sphere j ]. Inside each sphere one radial wave of
amplitude x for each degree and polarization continues outwards as f(k) x and a(k) x. What arrives was sent by the others:

    f_j x_j = sum_(i != j) A_ji(k) a_i x_i,        M(k) x = 0,

with A of :mod:`femwgm.analytic.multipoles.translation`. M is holomorphic in k (the unknowns are amplitudes inside, where those
of a T-matrix would have poles), its zeros are the modes, and by reciprocity its left null vector is a x, with the other sign for
TM. In the normalisation used here the bilinear stored energy is |a x . M'(k) x / (2 k kappa)|, permittivities kept fixed in M'
(Bruning and Lo, IEEE Trans. Antennas Propag. 19, 378 (1971), for the equations; Lai et al., Phys. Rev. A 41, 5187 (1990), for
the norm).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial

import numpy as np

from femwgm.analytic import bessel
from femwgm.analytic.layered import Stack
from femwgm.analytic.media import MediaModel
from femwgm.analytic.multipoles.translation import Waves, translation
from femwgm.ground.typing import Array, ComplexArray

_LEAST_NODES = 12
_NODES_PER_RADIAN = 1.5
_KEPT = 6


@dataclass(frozen=True)
class Sphere:
    """One sphere: height of its centre (um), outer radii of its layers (um), their media and the ambient."""

    centre: float
    radii: tuple[float, ...]
    media: MediaModel


def own_wave(
    sphere: Sphere, degrees: Array, tm: bool, k: complex, frozen: complex | None = None
) -> tuple[Array, Array, Array]:
    """Inside wave of each degree at the surface: u, du/dr just outside, and the logarithm of their unit.

    `frozen` is the wavenumber at which permittivities are taken (k itself by default).
    """
    ks = np.full(len(degrees), complex(k))
    media = sphere.media.at(ks if frozen is None else np.full(len(degrees), complex(frozen)))
    stack = Stack(ks, degrees, np.full(len(degrees), tm), media, sphere.radii)
    wave = stack.outward()
    return wave.u[-1], wave.w[-1] * (media.t[-1] if tm else 1.0), wave.log[-1]


class _Interpolant:
    """Arrays as polynomials of k through Chebyshev points (Berrut and Trefethen, SIAM Rev. 46, 501 (2004))."""

    def __init__(
        self, span: tuple[float, float], nodes: int, function: Callable[[complex], ComplexArray]
    ) -> None:
        angle = np.pi * (np.arange(nodes) + 0.5) / nodes
        self.k = 0.5 * (span[0] + span[1]) + 0.5 * (span[1] - span[0]) * np.cos(angle)
        self.weights = (-1.0) ** np.arange(nodes) * np.sin(angle)
        self.values = np.stack([function(complex(value)) for value in self.k])
        self._kept: dict[complex, ComplexArray] = {}

    def __call__(self, k: complex) -> ComplexArray:
        if k not in self._kept:
            gap = k - self.k
            hit = np.flatnonzero(gap == 0.0)
            ratio = self.weights / np.where(gap == 0.0, 1.0, gap)
            ratio = (gap == 0.0) * 1.0 if hit.size else ratio / ratio.sum()
            if len(self._kept) >= _KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[k] = np.tensordot(ratio, self.values, axes=1)
        return self._kept[k]


class Couplings:
    """What the spheres of a stack send each other at one azimuthal order, in an interval of wavenumbers.

    Parameters
    ----------
    spheres
        From below upwards; they may touch.
    m
        Azimuthal order.
    tops
        Highest degree for each sphere.
    span
        Interval of real k0 (rad/um) in which, and close to which, it will be used.

    Attributes
    ----------
    waves
        The outside waves of each sphere.
    """

    def __init__(
        self, spheres: Sequence[Sphere], m: int, tops: Sequence[int], span: tuple[float, float]
    ) -> None:
        self.spheres, self.m, self.span = list(spheres), m, span
        self.middle = complex(0.5 * sum(span))
        self.waves: list[Waves] = []
        for sphere, top in zip(self.spheres, tops, strict=True):
            degrees = np.arange(max(m, 1), top + 1, dtype=np.float64)
            surface = np.full(len(degrees), self.kappa(self.middle) * sphere.radii[-1])
            pair = bessel.complex_pair(degrees + 0.5, surface, outgoing=True)
            scale = pair.s - np.log(np.abs(pair.x))
            self.waves.append(Waves(sphere.centre, sphere.radii[-1], degrees, scale))

    def kappa(self, k: complex, frozen: complex | None = None) -> complex:
        """Wavenumber in the ambient (rad/um)."""
        at = np.array([k if frozen is None else frozen], dtype=np.complex128)
        return complex(np.sqrt(self.spheres[0].media.at(at).t[-1, 0]) * k)

    def nodes(self, length: float) -> int:
        """Chebyshev points of the span for waves that run through a length (um) of the ambient."""
        turns = 0.5 * (self.span[1] - self.span[0]) * abs(self.kappa(self.middle) / self.middle) * length
        return int(_NODES_PER_RADIAN * turns) + _LEAST_NODES

    def translated(self, i: int, j: int, k: complex) -> ComplexArray:
        """Translation between two spheres: one matrix, or two (same polarization, turned) on top of each other."""
        same, turned = translation(self.waves[i], self.waves[j], self.m, self.kappa(k))
        return np.stack([same] if turned is None else [same, turned])

    @cached_property
    def pairs(self) -> dict[tuple[int, int], Callable[[complex], ComplexArray]]:
        """Translations between every two spheres."""
        out: dict[tuple[int, int], Callable[[complex], ComplexArray]] = {}
        for i, below in enumerate(self.waves):
            for j in range(i + 1, len(self.waves)):
                above = self.waves[j]
                length = above.centre - below.centre + max(below.radius, above.radius)
                out[i, j] = _Interpolant(self.span, self.nodes(length), partial(self.translated, i, j))
        return out


class System:
    """M(k) of a stack of spheres.

    Parameters
    ----------
    couplings
        What the spheres send each other.
    polarizations
        False for TE, True for TM: one of them for m = 0, both otherwise.

    Attributes
    ----------
    parts
        Place of the waves of each polarization and sphere among the unknowns.
    both
        f and a of every wave at a wavenumber, stacked.
    """

    def __init__(self, couplings: Couplings, polarizations: Sequence[bool]) -> None:
        self.couplings, self.polarizations = couplings, tuple(polarizations)
        self.spheres, self.waves = couplings.spheres, couplings.waves
        self.units = [
            [
                own_wave(s, w.degrees, tm, couplings.middle)[2]
                for s, w in zip(self.spheres, self.waves, strict=True)
            ]
            for tm in self.polarizations
        ]
        sizes = [len(w.degrees) for w in self.waves] * len(self.polarizations)
        ends = np.cumsum([0, *sizes]).tolist()
        places = [slice(a, b) for a, b in zip(ends, ends[1:], strict=False)]
        count = len(self.waves)
        self.parts = [places[p * count : (p + 1) * count] for p in range(len(self.polarizations))]
        self.size = int(ends[-1])
        self._sign = np.ones(self.size)
        for tm, parts in zip(self.polarizations, self.parts, strict=True):
            for part in parts:
                self._sign[part] = -1.0 if tm else 1.0
        self._dispersive = any(sphere.media.dispersive for sphere in self.spheres)
        index = max(
            float(np.abs(np.sqrt(s.media.at(np.array([couplings.middle])).t)).max()) for s in self.spheres
        )
        length = 2.0 * index * max(wave.radius for wave in self.waves)
        self.both: Callable[[complex], ComplexArray] = _Interpolant(
            couplings.span, couplings.nodes(length), lambda k: np.stack(self.answers(k))
        )

    def with_spheres(self, spheres: Sequence[Sphere]) -> System:
        """The equations of changed spheres in the units of these, without interpolation."""
        out, couplings = copy(self), copy(self.couplings)
        couplings.spheres = list(spheres)
        couplings.waves = [
            replace(wave, centre=sphere.centre) for wave, sphere in zip(self.waves, spheres, strict=True)
        ]
        moved = any(new.centre != old.centre for new, old in zip(spheres, self.spheres, strict=True))
        if moved or couplings.kappa(couplings.middle) != self.couplings.kappa(couplings.middle):
            couplings.pairs = {
                pair: lru_cache(maxsize=_KEPT)(partial(couplings.translated, *pair))
                for pair in couplings.pairs
            }
        out.couplings, out.spheres, out.waves = couplings, couplings.spheres, couplings.waves
        out.both = lambda k: np.stack(out.answers(k))
        return out

    def own(self, k: complex, frozen: complex | None = None) -> tuple[ComplexArray, ComplexArray]:
        """f and a of every wave: what stands outside a sphere for an inside amplitude of one.

        `frozen` is the wavenumber at which permittivities are taken (k itself by default).
        """
        if frozen is None or not self._dispersive:
            f, a = self.both(k)
            return f, a
        return self.answers(k, frozen)

    def answers(self, k: complex, frozen: complex | None = None) -> tuple[ComplexArray, ComplexArray]:
        """The same without interpolation."""
        f, a = np.empty(self.size, np.complex128), np.empty(self.size, np.complex128)
        kappa = self.couplings.kappa(k, frozen)
        for j, (sphere, wave) in enumerate(zip(self.spheres, self.waves, strict=True)):
            psi, dpsi, xi, dxi = wave.pair(kappa, sphere.radii[-1])
            for p, tm in enumerate(self.polarizations):
                u, du, log = own_wave(sphere, wave.degrees, tm, k, frozen)
                unit = np.exp(log - self.units[p][j]) / (1j * kappa)
                f[self.parts[p][j]] = (u * dxi - du * xi) * unit
                a[self.parts[p][j]] = (du * psi - u * dpsi) * unit
        return f, a

    def matrix(self, k: complex) -> ComplexArray:
        """M(k), shape (size, size)."""
        f, a = self.own(k)
        out = np.zeros((self.size, self.size), dtype=np.complex128)
        out[np.diag_indices(self.size)] = f
        for (i, j), interpolant in self.couplings.pairs.items():
            A, *turned = interpolant(k)
            for p in range(len(self.polarizations)):
                here, there = self.parts[p][j], self.parts[p][i]
                out[here, there] = -A * a[there]
                out[there, here] = -A.T * a[here]
            for B in turned:
                for p in range(2):
                    here, there = self.parts[p][j], self.parts[1 - p][i]
                    out[here, there] = -B * a[there]
                    out[there, here] = B.T * a[here]
        return out

    def left(self, k: complex, x: ComplexArray) -> ComplexArray:
        """The left null vector that belongs to the right one (no conjugation)."""
        return np.asarray(self._sign * self.own(k)[1] * x)

    def sent(self, k: complex, x: ComplexArray) -> ComplexArray:
        """The product a x: outgoing amplitudes, in the units of each wave."""
        return np.asarray(self.own(k)[1] * x)

    def arrived(self, k: complex, a_x: ComplexArray) -> ComplexArray:
        """A (a x): what arrives at each sphere of the outgoing amplitudes given."""
        out = np.zeros(self.size, dtype=np.complex128)
        for (i, j), interpolant in self.couplings.pairs.items():
            A, *turned = interpolant(k)
            for p in range(len(self.polarizations)):
                here, there = self.parts[p][j], self.parts[p][i]
                out[here] += A @ a_x[there]
                out[there] += A.T @ a_x[here]
            for B in turned:
                for p in range(2):
                    here, there = self.parts[p][j], self.parts[1 - p][i]
                    out[here] += B @ a_x[there]
                    out[there] -= B.T @ a_x[here]
        return out

    def apply(self, k: complex, x: ComplexArray, frozen: complex | None = None) -> ComplexArray:
        """M(k) x."""
        f, a = self.own(k, frozen)
        # The translations know kappa only: with frozen permittivities they are those of another k.
        still = frozen is None or not self._dispersive
        seen = k if still else self.couplings.kappa(k, frozen) / self.couplings.kappa(k) * k
        return np.asarray(f * x - self.arrived(seen, a * x))

    def inner(self, tops: Sequence[int]) -> Array:
        """Positions of the waves up to the degrees given, one for each sphere."""
        keep = np.zeros(self.size, dtype=bool)
        for parts in self.parts:
            for part, wave, top in zip(parts, self.waves, tops, strict=True):
                keep[part] = wave.degrees <= top
        return np.flatnonzero(keep)
