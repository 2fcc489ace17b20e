r"""Regular Riccati-Bessel functions of every degree at many arguments at once, by downward recurrence.

psi_(l-1) = (2 l + 1) / z psi_l - psi_(l+1), run from a degree so high that what it starts with is forgotten (Miller's algorithm,
DLMF 3.6(iv)), with a logarithm kept apart, and normalised by psi_0 = sin z or psi_1 = sin z / z - cos z.

Examples
--------
>>> p, dp, s = regular_table(1, 3, np.array([2.0]))
>>> bool(np.isclose(p[0, 0] * np.exp(s[0, 0]), np.sin(2.0) / 2.0 - np.cos(2.0), rtol=1e-14))
True
"""

from __future__ import annotations

import numpy as np

from femwgm.ground.typing import Array

_LARGE = 1e120


def regular_table(first: int, last: int, z: Array) -> tuple[Array, Array, Array]:
    """psi_l = p exp(s) and its derivative dp exp(s) for l = first .. last, shape (len(z), degrees) each.

    Parameters
    ----------
    first, last
        Range of degrees, first >= 1.
    z
        Arguments, real and positive or complex with a small imaginary part.
    """
    above = max(float(last), float(np.abs(z).max()))
    top = int(above + 14.0 * above ** (1.0 / 3.0)) + 30
    values = np.empty((last - first + 2, len(z)), dtype=np.result_type(z, np.float64))
    logs = np.empty((last - first + 2, len(z)))
    low = np.empty((2, len(z)), dtype=values.dtype)
    following, value, log = np.zeros_like(values[0]), np.ones_like(values[0]), np.zeros(len(z))
    low_logs = np.zeros((2, len(z)))
    for l in range(top, -1, -1):
        if first - 1 <= l <= last:
            values[l - first + 1], logs[l - first + 1] = value, log
        if l <= 1:
            low[l], low_logs[l] = value, log
        if l:
            following, value = value, (2.0 * l + 1.0) / z * value - following
            size = np.abs(value)
            if size.max() > _LARGE:
                scale = np.where(size > _LARGE, size, 1.0)
                following, value, log = following / scale, value / scale, log + np.log(scale)
    exact = np.stack([np.sin(z), np.sin(z) / z - np.cos(z)])
    which = (np.abs(exact[1]) > np.abs(exact[0])).astype(int)
    every = np.arange(len(z))
    factor = exact[which, every] / low[which, every]
    s = logs - low_logs[which, every]
    p = values * factor
    below = p[:-1] * np.exp(s[:-1] - s[1:])
    dp = below - np.arange(first, last + 1)[:, None] / z * p[1:]
    return p[1:].T, dp.T, s[1:].T
