"""Refractive indices of the layers as functions of k0, evaluated for whole batches of wavenumbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from femwgm.analytic.layered import Media
from femwgm.errors import GeometryError

Index = complex | Callable[[complex], complex]
Array = NDArray[Any]

_SLOPE_STEP = 1e-3


class MediaModel:
    """Permittivities of all layers, constant or dispersive.

    Parameters
    ----------
    indices
        Refractive index of each layer from the centre outwards, the ambient last: a number (positive imaginary part absorbs)
        or a callable k0 (rad/um, complex) -> index.
    radial_indices
        Index along the local radius where it differs from the tangential one (TM modes only see it); None elsewhere.

    Raises
    ------
    GeometryError
        If an index is zero or not finite, or the ambient is uniaxial.
    """

    def __init__(
        self, indices: Sequence[Index], radial_indices: Sequence[Index | None] | None = None
    ) -> None:
        radial = list(radial_indices) if radial_indices is not None else [None] * len(indices)
        if len(radial) != len(indices):
            raise GeometryError(f"radial_indices has {len(radial)} entries for {len(indices)} indices")
        if radial[-1] is not None:
            raise GeometryError("the ambient must be isotropic: its radial index has to be None")
        self._tangential = [_checked(n) for n in indices]
        self._radial = [
            _checked(r) if r is not None else n for r, n in zip(radial, self._tangential, strict=True)
        ]
        self.uniaxial = tuple(r is not None for r in radial)
        self.dispersive = any(callable(n) for n in [*self._tangential, *self._radial])
        self._fixed: tuple[Array, Array] | None = None
        if not self.dispersive:
            self._fixed = (_squares(self._tangential, 1.0), _squares(self._radial, 1.0))
        self.lossless = self._fixed is not None and not (
            self._fixed[0].imag.any() or self._fixed[1].imag.any()
        )

    def at(self, k: Array, lossless: bool = False) -> Media:
        """Permittivities at each wavenumber of a batch; `lossless` drops the imaginary parts."""
        if self._fixed is not None:
            t, r = (np.broadcast_to(a[:, None], (a.size, k.size)) for a in self._fixed)
        else:
            t = np.stack([_squares(self._tangential, value) for value in k], axis=1)
            r = np.stack([_squares(self._radial, value) for value in k], axis=1) if any(self.uniaxial) else t
        media = Media(t, r, self.uniaxial)
        return media.real() if lossless else media

    def slope(self, k: Array, lossless: bool = False) -> tuple[Array, Array]:
        """d eps / d k0 (tangential, radial) by central differences of fourth order; zeros without dispersion."""
        if not self.dispersive:
            zero = np.zeros((len(self._tangential), k.size))
            return zero, zero
        h = _SLOPE_STEP * np.abs(k)
        near = [self.at(k + s * h, lossless) for s in (-1.0, 1.0)]
        far = [self.at(k + s * h, lossless) for s in (-2.0, 2.0)]

        def difference(part: str) -> Array:
            inner = getattr(near[1], part) - getattr(near[0], part)
            outer = getattr(far[1], part) - getattr(far[0], part)
            return np.asarray((8.0 * inner - outer) / (12.0 * h))

        return difference("t"), difference("r")


def _checked(index: Index) -> Index:
    if callable(index):
        return index
    value = complex(index)
    if not np.isfinite(value) or value == 0.0:
        raise GeometryError(f"refractive index {index!r} must be finite and not zero")
    return value


def _squares(indices: Sequence[Index], k: complex) -> Array:
    values = [complex(n(complex(k)) if callable(n) else n) for n in indices]
    return np.asarray(values, dtype=np.complex128) ** 2
