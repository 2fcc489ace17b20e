"""A mode's field in a few hundred numbers, the same ones at every point of a sweep."""

from __future__ import annotations

import base64
from functools import lru_cache

import numpy as np

from femwgm.ground.typing import Array
from femwgm.modes.mode import Mode

_RADIAL = ((-12.0, -3.0, 12), (-3.0, 1.0, 16))
"""Panels in units of R m^(-2/3) from the surface, and Gauss points on each."""
_LATITUDE = (4.0, 7)
"""Largest latitude in units of m^(-1/2), and Gauss points up to it."""


@lru_cache(maxsize=64)
def _grid(m: int, mirrored: bool) -> tuple[Array, Array, Array]:
    """Distance from the centre over R, latitude, and square root of the volume weight of each sample."""
    scale = max(m, 3)
    t, w = [], []
    for lo, hi, count in _RADIAL:
        x, weight = np.polynomial.legendre.leggauss(count)
        t.append(0.5 * (hi - lo) * x + 0.5 * (hi + lo))
        w.append(0.5 * (hi - lo) * weight)
    rho, radial = 1.0 + np.concatenate(t) * scale ** (-2.0 / 3.0), np.concatenate(w)
    radial = np.where(rho > 0.0, radial, 0.0)
    top = min(_LATITUDE[0] / np.sqrt(scale), 0.49 * np.pi)
    x, polar = np.polynomial.legendre.leggauss(_LATITUDE[1])
    beta = 0.5 * top * (x + 1.0)
    if not mirrored:
        beta, polar = np.concatenate([-beta[::-1], beta]), np.concatenate([polar[::-1], polar])
    rho_2d, beta_2d = np.meshgrid(np.maximum(rho, 1e-6), beta, indexing="ij")
    weight = np.outer(radial, polar) * rho_2d**2 * np.cos(beta_2d)
    return rho_2d.ravel(), beta_2d.ravel(), np.sqrt(weight.ravel())


def fingerprint(mode: Mode) -> Array:
    """Samples of a mode's magnetic field, weighted so that a plain scalar product approximates the overlap integral.

    H is continuous across interfaces and modes are orthogonal in the integral of H . H without a weight, so that neither moving
    surfaces nor changing indices disturb the product. The samples sit at fixed multiples of the outer radius, scaled to where
    whispering-gallery modes of order m live.

    Parameters
    ----------
    mode
        A mode with its field.

    Returns
    -------
    array
        Unit vector, real (float32) where a common phase makes it so, else complex64.
    """
    mirrored = getattr(mode.field_data, "mirror", None) is not None
    rho, beta, weight = _grid(mode.m, mirrored)
    h = mode.magnetic_field(mode.radius * rho * np.cos(beta), mode.radius * rho * np.sin(beta)) * weight
    v = np.concatenate([h[0], -1j * h[1], h[2]])
    v = v / np.linalg.norm(v)
    v = v * np.exp(-0.5j * np.angle(np.sum(v * v)))
    return v.real.astype(np.float32) if np.linalg.norm(v.imag) < 1e-5 else v.astype(np.complex64)


def pack(mark: Array) -> dict[str, str]:
    """A fingerprint as text for JSON."""
    kind = "c8" if np.iscomplexobj(mark) else "f4"
    return {"kind": kind, "data": base64.b64encode(mark.astype(f"<{kind}").tobytes()).decode()}


def unpack(packed: dict[str, str] | None) -> Array | None:
    """What `pack` wrote; None for nothing.

    >>> unpack(pack(np.array([0.5, -1.0], dtype=np.float32)))
    array([ 0.5, -1. ], dtype=float32)
    """
    if packed is None:
        return None
    return np.frombuffer(base64.b64decode(packed["data"]), dtype=np.dtype(f"<{packed['kind']}"))
