r"""Characteristic function of the N-layer sphere, TE and TM, by interface products of radial waves.

With u(rho) the radial function (TE: E = rho_hat x grad Y u / rho up to a constant; TM: H likewise), each layer obeys

    (p u')' + (k0^2 q - p_r L / rho^2) u = 0,    L = l (l + 1),

    TE: p = p_r = 1, q = eps_t;      TM: p = 1 / eps_t, p_r = 1 / eps_r, q = 1,

and u and w = p u' are continuous. Inside one layer u is a combination of Riccati-Bessel functions of order mu with
mu^2 - 1/4 = L (TE) or L eps_t / eps_r (TM; isotropic when eps_r = eps_t). The wave that is regular at the centre is carried
outwards, the ambient wave inwards, and a mode is where the two agree: u_out w_in - w_out u_in = 0, the same number at every
interface, so it is read where both waves are large. Only mantissas are multiplied; exponents are added.

On the real k0 axis with real permittivities the ambient wave xi+ = M exp(i theta) has xi+'/xi+ = M'/M + i / M^2. Its real part
gives a real equation (`Exterior.m`), its imaginary part (`Exterior.log_flux`, a logarithm) the radiated power at any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from femwgm.analytic import bessel
from femwgm.ground.lossless import without_loss
from femwgm.ground.typing import Array

Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class Media:
    """Permittivities along a batch of wavenumbers.

    Attributes
    ----------
    t, r
        Tangential and radial permittivity, shape (layers + 1, batch); the ambient is last.
    uniaxial
        For each layer, whether t and r differ.
    """

    t: Array
    r: Array
    uniaxial: tuple[bool, ...]

    def real(self) -> Media:
        """The lossless twin (`femwgm.ground.lossless`)."""
        return Media(without_loss(self.t), without_loss(self.r), self.uniaxial)

    def select(self, layers: Sequence[int]) -> Media:
        """Those of some layers, in the order given."""
        return Media(self.t[layers], self.r[layers], tuple(self.uniaxial[i] for i in layers))


@dataclass(frozen=True)
class Wave:
    """A radial wave at the interfaces, each value a mantissa in units of exp(log).

    Attributes
    ----------
    u, w, log
        One array (batch,) an interface, from the innermost.
    integral
        Integral of u^2 over each layer that was crossed, in units of exp(2 log) of the layer's end (the interface reached last).
    end
        Interface that each integral is scaled by.
    nodes
        Zeros of u between the centre and the outermost interface (outward real waves only).
    """

    u: list[Array]
    w: list[Array]
    log: list[Array]
    integral: list[Array]
    nodes: Array | None = None


@dataclass(frozen=True)
class Exterior:
    """The ambient wave at the outer radius: m = w / u, its derivative with respect to k0, and the flux 1 / M^2.

    Attributes
    ----------
    m, dm
        w / u and d(w / u)/dk0 at fixed permittivity.
    log_flux
        Logarithm of Im(w / u) on the real axis (real media only).
    """

    m: Array
    dm: Array
    log_flux: Array | None = None


def orders(l: Array, tm: Bool, media: Media, layer: int) -> Array:
    """Bessel order of one layer, l + 1/2 unless the layer is uniaxial and the mode TM."""
    isotropic = l + 0.5
    if not media.uniaxial[layer]:
        return np.asarray(isotropic)
    radicand = 0.25 + l * (l + 1.0) * media.t[layer] / media.r[layer]
    return np.asarray(np.where(tm, np.sqrt(radicand), isotropic))


def weight_p(tm: Bool, media: Media, layer: int) -> Array:
    """p of the radial equation: 1 (TE) or 1 / eps_t (TM)."""
    return np.asarray(np.where(tm, 1.0 / media.t[layer], 1.0))


def weight_q(tm: Bool, media: Media, layer: int) -> Array:
    """q of the radial equation: eps_t (TE) or 1 (TM)."""
    return np.asarray(np.where(tm, 1.0, media.t[layer]))


def lommel(u: Array, du: Array, r: float, kappa: Array, order: Array) -> Array:
    """Antiderivative of 2 kappa^2 u^2 for u'' = (mu^2 - 1/4) u / r^2 - kappa^2 u (first and virial identity combined)."""
    barrier = (order * order - 0.25) / r
    return np.asarray(r * du * du + (kappa * kappa * r - barrier) * u * u - u * du)


@dataclass(frozen=True)
class _Layer:
    """One shell with its pairs of waves at both ends."""

    a: float
    b: float
    kappa: Array
    order: Array
    p: Array
    at_a: bessel.RadialPair
    at_b: bessel.RadialPair

    def coefficients(self, u: Array, w: Array, here: bessel.RadialPair) -> tuple[Array, Array]:
        """Amplitudes of the two scaled waves of a pair, from (u, w) at its place."""
        du, scale = w / self.p, self.kappa * here.wronskian
        return (u * self.kappa * here.dx - du * here.x) / scale, (
            du * here.p - u * self.kappa * here.dp
        ) / scale

    def cross(self, u: Array, w: Array, outwards: bool) -> tuple[Array, Array, Array, Array]:
        """Carry (u, w) across; returns (u, w, growth, integral of u^2 in units of exp(2 growth))."""
        if outwards:
            here, there, r_here, r_there = self.at_a, self.at_b, self.a, self.b
        else:
            here, there, r_here, r_there = self.at_b, self.at_a, self.b, self.a
        du = w / self.p
        regular, second = self.coefficients(u, w, here)
        delta = there.s - here.s
        growth = np.abs(delta)
        regular, second = regular * np.exp(delta - growth), second * np.exp(-delta - growth)
        u_new = regular * there.p + second * there.x
        du_new = self.kappa * (regular * there.dp + second * there.dx)
        before = lommel(u, du, r_here, self.kappa, self.order) * np.exp(-2.0 * growth)
        after = lommel(u_new, du_new, r_there, self.kappa, self.order)
        integral = (after - before) / (2.0 * self.kappa**2)
        return u_new, self.p * du_new, growth, integral if outwards else -integral


class Stack:
    """All radial waves of a batch of (k0, l, pol) in a layered sphere.

    Parameters
    ----------
    k
        Vacuum wavenumbers (rad/um), real or complex, shape (batch,).
    l
        Polar degrees (real numbers are allowed), shape (batch,).
    tm
        True for TM, shape (batch,).
    media
        Permittivities. Real media and real k give the real problem.
    radii
        Interface radii (um), increasing.
    """

    def __init__(self, k: Array, l: Array, tm: Bool, media: Media, radii: tuple[float, ...]) -> None:
        self.k, self.l, self.tm, self.media, self.radii = k, l, tm, media, radii
        self.is_complex = np.iscomplexobj(k) or np.iscomplexobj(media.t)
        self._layers: dict[int, _Layer] = {}

    def kappa(self, layer: int) -> Array:
        """Local wavenumber sqrt(eps_t) k0."""
        return np.asarray(np.sqrt(self.media.t[layer]) * self.k)

    def layer(self, i: int) -> _Layer:
        """Shell i >= 1 with its pairs, built once."""
        if i not in self._layers:
            a, b = self.radii[i - 1], self.radii[i]
            kappa, order = self.kappa(i), orders(self.l, self.tm, self.media, i)
            pair = bessel.complex_pair if self.is_complex else bessel.real_pair
            inner = self._layers.get(i - 1)  # a layer cut in two has the same waves on both sides of the cut
            shared = (
                inner is not None
                and np.array_equal(inner.kappa, kappa)
                and np.array_equal(inner.order, order)
            )
            self._layers[i] = _Layer(
                a,
                b,
                kappa,
                order,
                weight_p(self.tm, self.media, i),
                inner.at_b if inner is not None and shared else pair(order, kappa * a),
                pair(order, kappa * b),
            )
        return self._layers[i]

    def _normalised(self, u: Array, w: Array) -> tuple[Array, Array, Array]:
        size = np.maximum(np.abs(u), np.abs(w) / np.abs(self.k))
        return u / size, w / size, size

    def outward(self, count_nodes: bool = False) -> Wave:
        """The wave that is regular at the centre, at every interface."""
        r, kappa, order = self.radii[0], self.kappa(0), orders(self.l, self.tm, self.media, 0)
        p, dp, s = bessel.regular(order, kappa * r)
        du = kappa * dp
        u, w, size = self._normalised(p, weight_p(self.tm, self.media, 0) * du)
        integral = lommel(p, du, r, kappa, order) / (2.0 * kappa**2 * size**2)
        wave = Wave([u], [w], [s + np.log(size)], [integral])
        nodes = _core_nodes(order, kappa * r, p) if count_nodes else None
        for i in range(1, len(self.radii)):
            layer = self.layer(i)
            u_new, w_new, growth, integral = layer.cross(u, w, outwards=True)
            if nodes is not None:
                nodes = nodes + _shell_nodes(layer, u, u_new)
            u, w, size = self._normalised(u_new, w_new)
            wave.u.append(u)
            wave.w.append(w)
            wave.log.append(wave.log[-1] + growth + np.log(size))
            wave.integral.append(integral / size**2)
        return Wave(wave.u, wave.w, wave.log, wave.integral, nodes)

    def inward(self, exterior: Exterior) -> Wave:
        """The ambient wave carried inwards; `integral[i]` belongs to layer i + 1 and is scaled by interface i."""
        u, w, size = self._normalised(np.ones_like(exterior.m), exterior.m)
        us, ws, logs = [u], [w], [np.log(size)]
        integrals: list[Array] = []
        for i in range(len(self.radii) - 1, 0, -1):
            u_new, w_new, growth, integral = self.layer(i).cross(u, w, outwards=False)
            u, w, size = self._normalised(u_new, w_new)
            us.insert(0, u)
            ws.insert(0, w)
            logs.insert(0, logs[0] + growth + np.log(size))
            integrals.insert(0, integral / size**2)
        return Wave(us, ws, logs, integrals)

    def exterior(self, openness: float = 1.0, softness: float = 1.0) -> Exterior:
        """The ambient wave at the outer radius.

        Parameters
        ----------
        openness
            1: the outgoing wave. For complex problems a value t below 1 takes the mean of outgoing and incoming logarithmic
            derivative plus t times half their difference: t = 0 is the real equation, continued to complex k0.
        softness
            1: the outgoing wave. For complex problems a smaller positive value divides its w / u: towards 0 the sphere is
            closed by a wall with u = 0.
        """
        r = self.radii[-1]
        n, kappa, order = np.sqrt(self.media.t[-1]), self.kappa(-1), self.l + 0.5
        z, p = kappa * r, weight_p(self.tm, self.media, -1)
        barrier = self.l * (self.l + 1.0) / (z * z)
        if self.is_complex:
            d = bessel.log_derivative(order, z)
            slope = d + z * (barrier - 1.0 - d * d)
            if openness != 1.0:
                back = bessel.log_derivative(order, z, outgoing=False)
                mix = 0.5 * (1.0 + openness), 0.5 * (1.0 - openness)
                slope = mix[0] * slope + mix[1] * (back + z * (barrier - 1.0 - back * back))
                d = mix[0] * d + mix[1] * back
            return Exterior(p * kappa * d / softness, p * n * slope / softness)
        pair = bessel.real_pair(order, z)
        ratio = np.exp(2.0 * pair.s)
        size = np.maximum(np.abs(pair.p * ratio), np.abs(pair.x))  # squares may overflow
        j, dj, x, dx = pair.p * ratio / size, pair.dp * ratio / size, pair.x / size, pair.dx / size
        modulus = j * j + x * x
        d = (j * dj + x * dx) / modulus
        flux = ratio / size / size / modulus
        slope = d + z * (barrier - 1.0 - d * d + flux * flux)
        log_flux = 2.0 * (pair.s - np.log(size)) - np.log(modulus) + np.log(p * kappa)
        return Exterior(p * kappa * d, p * n * slope, log_flux)


def _core_nodes(order: Array, z: Array, p: Array) -> Array:
    """Zeros of psi in (0, z): the integer of the right parity next to the Debye phase."""
    beyond = np.sqrt(np.maximum(z * z - order * order, 0.0))
    guess = (beyond - order * np.arctan2(beyond, order)) / np.pi - 0.25
    odd = p < 0.0
    return np.asarray(2.0 * np.maximum(np.round(0.5 * (guess - odd)), 0.0) + odd)


def _shell_nodes(layer: _Layer, u_a: Array, u_b: Array) -> Array:
    """Zeros of u in a shell: within one of the phase difference over pi, and of the parity that the signs tell."""
    theta_a = bessel.phase(layer.order, layer.kappa * layer.a, layer.at_a)
    theta_b = bessel.phase(layer.order, layer.kappa * layer.b, layer.at_b)
    odd = np.signbit(u_a) != np.signbit(u_b)
    turns = (theta_b - theta_a) / np.pi
    return np.asarray(2.0 * np.round(0.5 * (turns - odd)) + odd)
