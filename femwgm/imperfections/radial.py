r"""How a layered sphere answers to jumps of the tangential field at its interfaces, wave by wave.

A wave (pol, l) is its radial function and weighted slope (u, w) at the interfaces (:mod:`femwgm.analytic.layered`). Let u jump
by s_u and w by s_w at interface i. With U the wave that is regular at the centre, V the ambient's outgoing wave and
W = U V_w - V U_w,

    inside    (V s_w - V_w s_u)_i / W  times U,
    outside   (U s_w - U_w s_u)_i / W  times V.

At a resonance W vanishes like (k0 - k) N; what is left of the answer without the pole is its mean over a small circle.
"""

from __future__ import annotations

import numpy as np

from femwgm.analytic import LayeredSphere
from femwgm.ground.typing import Array

_CIRCLE = 1e-3
"""Radius of the circle around a pole over which the regular part is averaged, relative to k0."""
_POINTS = 12
_STEP = 1e-5
"""Relative step of the derivatives."""


def answers(sphere: LayeredSphere, k: complex, degrees: Array, tm: bool) -> tuple[Array, Array]:
    """Fields that jumps of unit size cause, for each degree, and their derivatives with respect to k.

    Parameters
    ----------
    sphere
        The perfect sphere.
    k
        Vacuum wavenumber (rad/um).
    degrees
        Polar degrees, shape (degrees,).
    tm
        Polarization of the waves.

    Returns
    -------
    arrays
        Each of shape (degrees, interfaces seen, interfaces that jump, 2 sides, 2 fields, 2 jumps): side 0 is inside, fields and
        jumps are u and w.
    """
    l = np.tile(degrees.astype(np.float64), 3)
    steps = np.repeat([0.0, _STEP, -_STEP], degrees.size)
    here, ahead, behind = np.split(_answers(sphere, k * (1.0 + steps + 0j), l, tm), 3)
    return here, (ahead - behind) / (2.0 * _STEP * k)


def _answers(sphere: LayeredSphere, k: Array, degrees: Array, tm: bool) -> Array:
    stack = sphere.resonator.stack(k, degrees, np.full(degrees.size, tm), lossless=False)
    out, inn = stack.outward(), stack.inward(stack.exterior())
    count = len(sphere.radii_um)
    result = np.zeros((degrees.size, count, count, 2, 2, 2), dtype=np.complex128)
    for i in range(count):
        wronskian = out.u[i] * inn.w[i] - inn.u[i] * out.w[i]
        within = np.stack([-inn.w[i], inn.u[i]], axis=-1) / wronskian[:, None]
        beyond = np.stack([-out.w[i], out.u[i]], axis=-1) / wronskian[:, None]
        for j in range(count):
            inner = np.stack([out.u[j], out.w[j]], axis=-1)[:, :, None] * within[:, None, :]
            outer = np.stack([inn.u[j], inn.w[j]], axis=-1)[:, :, None] * beyond[:, None, :]
            if j <= i:
                result[:, j, i, 0] = inner * np.exp(out.log[j] - out.log[i])[:, None, None]
            if j >= i:
                result[:, j, i, 1] = outer * np.exp(inn.log[j] - inn.log[i])[:, None, None]
            if j < i:
                result[:, j, i, 1] = result[:, j, i, 0]
            if j > i:
                result[:, j, i, 0] = result[:, j, i, 1]
    return result


def regular_answers(sphere: LayeredSphere, k0: complex, degree: int, tm: bool) -> tuple[Array, Array]:
    """The same at a pole of one degree, without the pole; each of shape (interfaces, interfaces, 2, 2, 2)."""
    turns = np.exp(2j * np.pi * (np.arange(_POINTS) + 0.5) / _POINTS)
    values = _answers(sphere, k0 * (1.0 + _CIRCLE * turns), np.full(_POINTS, float(degree)), tm)
    # Laurent coefficients of the orders 0 and 1
    slope = np.tensordot(1.0 / turns, values, axes=1) / (_POINTS * _CIRCLE * k0)
    return np.asarray(values.mean(axis=0)), np.asarray(slope)
