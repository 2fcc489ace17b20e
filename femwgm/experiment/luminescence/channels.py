"""How much of a dipole's light leaves a layered sphere in each spherical wave, exactly and for all degrees at once.

By reciprocity a dipole at r radiates into the outgoing wave (l, pol) in proportion to the square of the field that the same
wave, coming in with unit amplitude, drives at r. With u the radial function that is psi + a xi outside
(:mod:`femwgm.analytic.layered`), k the vacuum wavenumber and n the ambient index,

    S(r) = sum over l of (2 l + 1) [ |u_TE|^2 / (n k r)^2 + |w_TM|^2 / (k^2 r)^2 + l (l + 1) |u_TM|^2 / (|eps| k^2 r^2)^2 ],

w = u' / eps, is 2 where there is no sphere. S / 2 is then the power that leaves, of a dipole at r with all directions alike, in
units of its power in the ambient (Chew 1987; Moroz 2005). The last term is the part along the radius, the others that across.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femwgm.analytic import LayeredSphere
from femwgm.analytic.bessel import barrier, complex_pair, real_pair, regular
from femwgm.analytic.layered import Stack, Wave, orders, weight_p
from femwgm.ground.typing import Array

SEALED = 17.0
"""Depth of the barrier (nepers) from which a wave neither enters nor leaves but in its resonance: exp(-34) of the power."""


@dataclass(frozen=True)
class Channels:
    """Terms of S averaged over a layer's volume, for one polarization and all degrees.

    Attributes
    ----------
    degree
        Polar degrees l.
    across, along
        Terms of the field across and along the radius.
    """

    degree: Array
    across: Array
    along: Array

    def strength(self, *, in_plane: bool) -> Array:
        """Share of each degree in the emission; dipoles in the plane of the layer see the field across the radius alone."""
        return 0.75 * self.across if in_plane else 0.5 * (self.across + self.along)


def degrees(sphere: LayeredSphere, k: float) -> Array:
    """Degrees that a wave can enter or leave in at a wavenumber, but for resonances narrower than any instrument."""
    ambient = float(np.sqrt(sphere.media.at(np.array([k])).t[-1, 0].real))
    x = ambient * k * sphere.outer_radius_um
    l = np.arange(1.0, x + 12.0 * x ** (1.0 / 3.0) + 40.0)
    return np.asarray(l[barrier(l + 0.5, x) < SEALED])


def radiated(sphere: LayeredSphere, layer: int, k: float, *, in_plane: bool = False) -> tuple[float, float]:
    """Emission by TE and TM waves of dipoles spread evenly through a layer, in units of a dipole's power in the ambient."""
    te, tm = (
        channels(sphere, layer, k, polarization).strength(in_plane=in_plane).sum()
        for polarization in (False, True)
    )
    return float(te), float(tm)


def channels(sphere: LayeredSphere, layer: int, k: float, tm: bool, l: Array | None = None) -> Channels:
    """Terms of S, averaged over a layer.

    Parameters
    ----------
    sphere
        The sphere.
    layer
        Where the dipoles are.
    k
        Vacuum wavenumber (rad/um).
    tm
        Polarization.
    l
        Degrees; by default all that count.
    """
    l = degrees(sphere, k) if l is None else np.asarray(l, dtype=float)
    r, weight = _points(sphere, layer, k)
    across, along = _terms(sphere, layer, k, tm, l, r)
    return Channels(l, across @ weight, along @ weight)


def purcell(sphere: LayeredSphere, k: float, r: Array) -> tuple[Array, Array]:
    """Power that leaves the sphere, of a dipole along the radius and of one across it, in units of its power in the ambient.

    Without absorption this is Purcell's factor, the local density of states over that of the ambient. Resonances that are
    narrower than any instrument count only if k lies on one.

    Parameters
    ----------
    sphere
        The sphere.
    k
        Vacuum wavenumber (rad/um).
    r
        Radii (um) inside the sphere, none of them zero.
    """
    l, layer = degrees(sphere, k), np.searchsorted(sphere.radii_um, r)
    along, across = np.zeros(len(r)), np.zeros(len(r))
    for region in np.unique(layer):
        here = layer == region
        for tm in (False, True):
            tangential, radial = _terms(sphere, int(region), k, tm, l, r[here])
            across[here] += 0.75 * tangential.sum(axis=0)
            along[here] += 1.5 * radial.sum(axis=0)
    return along, across


def _terms(sphere: LayeredSphere, layer: int, k: float, tm: bool, l: Array, r: Array) -> tuple[Array, Array]:
    """Terms of S across and along the radius, shape (degrees, radii)."""
    stack, wave, drive = _driven(sphere, k, tm, l)
    u, w = _outward_at(stack, wave, layer, r)
    u, w = u * drive[:, None], w * drive[:, None]
    ambient = np.sqrt(stack.media.t[-1].real)[:, None]
    number = (2.0 * l + 1.0)[:, None]
    if not tm:
        return number * np.abs(u) ** 2 / (ambient * k * r) ** 2, np.zeros(u.shape)
    eps = np.abs(stack.media.r[layer])[:, None]
    along = number * (l * (l + 1.0))[:, None] * np.abs(u) ** 2 / (eps * k**2 * r**2) ** 2
    return number * np.abs(w) ** 2 / (k**2 * r) ** 2, along


def total(sphere: LayeredSphere, layer: int, k: float, tm: bool, l: Array) -> Channels:
    """The same terms for the whole power that the dipoles give off, from the imaginary part of Green's function at their place.

    Without absorption they are those of :func:`channels`: that is the power balance.
    """
    l = np.asarray(l, dtype=float)
    flags = np.full(l.shape, tm)
    stack = sphere.resonator.stack(np.full(l.shape, k, dtype=complex), l, flags, lossless=False)
    wave, back = stack.outward(), stack.inward(stack.exterior())
    r, weight = _points(sphere, layer, k)
    u, w = _outward_at(stack, wave, layer, r)
    v, x = _inward_at(stack, back, layer, r)
    ambient = np.sqrt(stack.media.t[-1])
    top = 1j * weight_p(flags, stack.media, -1) * ambient * k
    scale = (top / (wave.u[-1] * back.w[-1] - wave.w[-1] * back.u[-1]))[:, None]
    number = (2.0 * l + 1.0)[:, None]
    if not tm:
        return Channels(
            l,
            (number * (u * v * scale).real / (ambient[:, None].real * k * r) ** 2) @ weight,
            np.zeros(l.shape),
        )
    eps = stack.media.r[layer][:, None]
    along = number * (l * (l + 1.0))[:, None] * (u * v * scale / eps**2).real / (k**2 * r**2) ** 2
    return Channels(l, (number * (w * x * scale).real / (k**2 * r) ** 2) @ weight, along @ weight)


def _driven(sphere: LayeredSphere, k: float, tm: bool, l: Array) -> tuple[Stack, Wave, Array]:
    """The inner waves, and the factor that a wave of unit amplitude coming in gives them (in units of the value at R)."""
    flags = np.full(l.shape, tm)
    lossless = sphere.media.lossless
    at = np.full(l.shape, k) if lossless else np.full(l.shape, k, dtype=complex)
    stack = sphere.resonator.stack(at, l, flags, lossless=lossless)
    wave = stack.outward()
    ambient = np.sqrt(stack.media.t[-1])
    pair = complex_pair(l + 0.5, ambient * k * sphere.outer_radius_um + 0j, outgoing=True)
    slope = weight_p(flags, stack.media, -1) * ambient * k
    # c u = psi + a xi and c w = slope (psi' + a xi'), with psi xi' - psi' xi = i.
    drive = 1j * slope * np.exp(pair.s) / (wave.u[-1] * slope * pair.dx - wave.w[-1] * pair.x)
    return stack, wave, drive


def _points(sphere: LayeredSphere, layer: int, k: float) -> tuple[Array, Array]:
    """Radii in a layer, and weights that average over its volume."""
    inner, outer = (sphere.radii_um[layer - 1] if layer else 0.0), sphere.radii_um[layer]
    index = float(np.sqrt(np.abs(sphere.media.at(np.array([k])).t[layer, 0])))
    nodes, weights = np.polynomial.legendre.leggauss(int(index * k * (outer - inner)) + 8)
    r = inner + 0.5 * (outer - inner) * (nodes + 1.0)
    return r, 1.5 * (outer - inner) * weights * r**2 / (outer**3 - inner**3)


def _outward_at(stack: Stack, wave: Wave, layer: int, r: Array) -> tuple[Array, Array]:
    """The wave that is regular at the centre, and its w, within a layer; in units of exp(log) at the outer radius."""
    kappa, order = stack.kappa(layer)[:, None], orders(stack.l, stack.tm, stack.media, layer)[:, None]
    p = weight_p(stack.tm, stack.media, layer)[:, None]
    if layer == 0:
        value, slope, s = regular(order, kappa * r)
        factor = np.exp(s - wave.log[-1][:, None])
        return value * factor, p * kappa * slope * factor
    shell, end = stack.layer(layer), layer - 1
    first, second = shell.coefficients(wave.u[end], wave.w[end], shell.at_a)
    return _pair_at(stack, kappa, order, p, first, second, shell.at_a.s, wave.log[end] - wave.log[-1], r)


def _inward_at(stack: Stack, wave: Wave, layer: int, r: Array) -> tuple[Array, Array]:
    """The outgoing wave, and its w, within a layer; in units of exp(log) at the outer radius."""
    kappa, order = stack.kappa(layer)[:, None], orders(stack.l, stack.tm, stack.media, layer)[:, None]
    p = weight_p(stack.tm, stack.media, layer)[:, None]
    if layer == 0:
        pair = complex_pair(order, kappa * r)
        there = complex_pair(order[:, 0], kappa[:, 0] * stack.radii[0])
        # What leaves the centre outwards meets the wave at the first interface: both of the pair's waves are there.
        du = wave.w[0] / p[:, 0]
        scale = kappa[:, 0] * there.wronskian
        first = (wave.u[0] * kappa[:, 0] * there.dx - du * there.x) / scale
        second = (du * there.p - wave.u[0] * kappa[:, 0] * there.dp) / scale
        return _combined(pair, kappa, p, first, second, there.s, wave.log[0] - wave.log[-1])
    shell = stack.layer(layer)
    first, second = shell.coefficients(wave.u[layer], wave.w[layer], shell.at_b)
    return _pair_at(stack, kappa, order, p, first, second, shell.at_b.s, wave.log[layer] - wave.log[-1], r)


def _pair_at(
    stack: Stack,
    kappa: Array,
    order: Array,
    p: Array,
    first: Array,
    second: Array,
    s: Array,
    log: Array,
    r: Array,
) -> tuple[Array, Array]:
    pair = (complex_pair if stack.is_complex else real_pair)(order, kappa * r)
    return _combined(pair, kappa, p, first, second, s, log)


def _combined(
    pair: object, kappa: Array, p: Array, first: Array, second: Array, s: Array, log: Array
) -> tuple[Array, Array]:
    up = np.exp(log[:, None] + pair.s - s[:, None]) * first[:, None]  # type: ignore[attr-defined]
    down = np.exp(log[:, None] - pair.s + s[:, None]) * second[:, None]  # type: ignore[attr-defined]
    u = pair.p * up + pair.x * down  # type: ignore[attr-defined]
    return u, p * kappa * (pair.dp * up + pair.dx * down)  # type: ignore[attr-defined]
