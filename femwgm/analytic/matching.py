"""Where the outward and the inward wave meet: mismatch, energies of the layers, and the Newton step they imply."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from femwgm.analytic.layered import Exterior, Stack, weight_q
from femwgm.ground.typing import Array


@dataclass(frozen=True)
class Match:
    """One radial wave in all layers, continuous except for a jump of w at the interface where the halves meet.

    Attributes
    ----------
    u, w, log
        Radial function and its weighted slope at each interface, mantissas in units of exp(log), shape (interfaces, batch).
        The wave is scaled to u = 1 where the halves meet.
    energies
        Electric energy of each layer, the ambient (regularised) last, in common units, shape (layers + 1, batch).
        Bilinear: u^2, not |u|^2; their sum is the magnetic energy.
    below
        True for layers inside the meeting interface, same shape as `energies`.
    w_out, w_in
        The two values of w at the meeting interface; equal at a mode.
    exterior
        The ambient wave used.
    """

    u: Array
    w: Array
    log: Array
    energies: Array
    below: Array
    w_out: Array
    w_in: Array
    exterior: Exterior

    def total(self, k: Array, eps: Array, slope: Array) -> Array:
        """Sum of the energies with the dispersive part; at a mode d(w_out - w_in)/dk0 = -(2 / k0) total."""
        return np.asarray((self.energies * (1.0 + 0.5 * k * slope / eps)).sum(axis=0))

    def step(self, stack: Stack, slope: Array, scale: Array, real_only: Array) -> Array:
        """Newton step in k0 towards w_out = w_in.

        Both values are read as scale * cot(angle) and the difference of the angles is driven to zero, so a node of u at
        the meeting interface does no harm. Layers marked `real_only` are known at real wavelengths only
        (`femwgm.ground.tabulated`): with D their part of the slope over the rest, the step s = k^2 u solves
        u + D Re u = (step without them) / k^2.
        """
        dispersive = self.energies * 0.5 * stack.k * slope / stack.media.t
        followed = real_only[:, None]
        flow_out, flow_in = np.where(stack.tm, self.w_out, 0.0), np.where(stack.tm, self.w_in, 0.0)

        def rate(energies: Array) -> Array:
            inner = np.where(self.below, energies, 0.0).sum(axis=0) / (scale**2 + self.w_out**2)
            return np.asarray(
                inner + np.where(self.below, 0.0, energies).sum(axis=0) / (scale**2 + self.w_in**2)
            )

        flow = flow_in / (scale**2 + self.w_in**2) - flow_out / (scale**2 + self.w_out**2)
        analytic = rate(self.energies + np.where(followed, 0.0, dispersive)) + flow
        D = rate(np.where(followed, dispersive, 0.0)) / analytic
        turn = np.arctan(scale * (self.w_out - self.w_in) / (scale**2 + self.w_out * self.w_in))
        free = np.asarray(0.5 * stack.k * turn / (scale * analytic)) / stack.k**2
        return np.asarray(stack.k**2 * (free - D * free.real / (1.0 + D.real)))


def match(stack: Stack, openness: float = 1.0, softness: float = 1.0, outermost: bool = False) -> Match:
    """Meet the outward and the inward wave at the interface where their product is largest.

    Parameters
    ----------
    stack
        The batch of radial problems.
    openness, softness
        See :meth:`Stack.exterior`.
    outermost
        Meet at the outer radius whatever the waves: no inward wave then has a pole between one interface and the next.
    """
    exterior = stack.exterior(openness, softness)
    out, inn = stack.outward(), stack.inward(exterior)
    count = len(stack.radii)
    batch = np.arange(stack.k.size)
    with np.errstate(divide="ignore"):
        product = [np.log(np.abs(out.u[i] * inn.u[i])) + out.log[i] + inn.log[i] for i in range(count)]
    meet = np.full(stack.k.size, count - 1) if outermost else np.argmax(np.stack(product), axis=0)

    out_u, out_w, out_log = (np.stack(values) for values in (out.u, out.w, out.log))
    in_u, in_w, in_log = (np.stack(values) for values in (inn.u, inn.w, inn.log))
    inside = np.arange(count)[:, None] <= meet
    u0, v0 = out_u[meet, batch], in_u[meet, batch]
    u = np.where(inside, out_u / u0, in_u / v0)
    w = np.where(inside, out_w / u0, in_w / v0)
    log = np.where(inside, out_log - out_log[meet, batch], in_log - in_log[meet, batch])
    w_out, w_in = out_w[meet, batch] / u0, in_w[meet, batch] / v0

    # Layer i lies below interface i (outward integrals, in units of interface i) or above interface i - 1 (inward ones).
    out_units = np.exp(2.0 * np.minimum(out_log - out_log[meet, batch], 300.0)) / u0**2
    in_units = np.exp(2.0 * np.minimum(in_log - in_log[meet, batch], 300.0)) / v0**2
    energies = []
    for i in range(count):
        square = out.integral[i] * out_units[i]
        if i > 0:
            square = np.where(inside[i], square, inn.integral[i - 1] * in_units[i - 1])
        energies.append(stack.k**2 * weight_q(stack.tm, stack.media, i) * square)
        if stack.tm.any():
            here = out_u[i] * out_w[i] * out_units[i]
            if i > 0:
                above = out_u[i - 1] * out_w[i - 1] * out_units[i - 1]
                other = in_u[i] * in_w[i] * in_units[i] - in_u[i - 1] * in_w[i - 1] * in_units[i - 1]
                here = np.where(inside[i], here - above, other)
            energies[-1] = energies[-1] + np.where(stack.tm, here, 0.0)
    outer = in_units[-1] * in_u[-1] ** 2
    ambient = 0.5 * stack.k * exterior.dm * outer
    energies.append(ambient - np.where(stack.tm, exterior.m * outer, 0.0))
    below = np.vstack([inside, np.zeros((1, stack.k.size), dtype=bool)])
    return Match(u, w, log, np.stack(energies), below, w_out, w_in, exterior)
