"""Refractive indices of the layers as functions of k0, evaluated for whole batches of wavenumbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from femwgm.analytic.layered import Media
from femwgm.errors import GeometryError
from femwgm.ground.lossless import slope_without_loss
from femwgm.ground.tabulated import axis_wavenumber
from femwgm.ground.typing import Array

_STEP = 1e-3
"""Relative step of the numerical derivative of an index that comes as a callable."""


@runtime_checkable
class Medium(Protocol):
    """A medium that knows its permittivity, as `femwgm.materials.Material` does."""

    @property
    def dispersive(self) -> bool:
        """Whether the permittivity depends on k0."""

    @property
    def axis(self) -> str | None:
        """None, or "radial" for an optical axis along the local radius."""

    def permittivity(self, k0: complex) -> complex:
        """Permittivity across the axis."""

    def permittivity_axial(self, k0: complex) -> complex:
        """Permittivity along the axis."""

    def permittivity_slope(self, k0: complex) -> complex:
        """d eps / d k0 (um) across the axis."""

    def permittivity_axial_slope(self, k0: complex) -> complex:
        """d eps / d k0 (um) along the axis."""


Index = complex | Callable[[complex], complex] | Medium


class _Law(NamedTuple):
    """A permittivity and its slope; `fixed` where the slope is zero."""

    eps: Callable[[complex], complex]
    slope: Callable[[complex], complex]
    fixed: bool


def _square(index: Callable[[complex], complex], k0: complex) -> complex:
    return complex(index(k0)) ** 2


def _difference(index: Callable[[complex], complex], k0: complex) -> complex:
    h = _STEP * abs(k0)
    near, far = (_square(index, k0 + s * h) - _square(index, k0 - s * h) for s in (1.0, 2.0))
    return (8.0 * near - far) / (12.0 * h)


def _law(index: Index, axial: bool = False) -> _Law:
    if isinstance(index, Medium):
        eps, slope = (
            (index.permittivity_axial, index.permittivity_axial_slope)
            if axial
            else (index.permittivity, index.permittivity_slope)
        )
        return _Law(eps, slope, not index.dispersive)
    if callable(index):
        return _Law(partial(_square, index), partial(_difference, index), fixed=False)
    value = complex(index)
    if not np.isfinite(value) or value == 0.0:
        raise GeometryError(f"refractive index {index!r} must be finite and not zero")
    return _Law(lambda _: value**2, lambda _: 0.0, fixed=True)


class MediaModel:
    """Permittivities of all layers, constant or dispersive.

    Parameters
    ----------
    indices
        The medium of each layer from the centre outwards, the ambient last: a refractive index (positive imaginary part
        absorbs), a callable k0 (rad/um, complex) -> index, or a :class:`Medium`.
    radial_indices
        Index along the local radius where it differs from the tangential one (TM modes only see it); None elsewhere.
        A medium with axis "radial" brings its own.

    Raises
    ------
    GeometryError
        If an index is zero or not finite, if the ambient is uniaxial, or an axis is not the radius.
    """

    def __init__(
        self, indices: Sequence[Index], radial_indices: Sequence[Index | None] | None = None
    ) -> None:
        radial = list(radial_indices) if radial_indices is not None else [None] * len(indices)
        if len(radial) != len(indices):
            raise GeometryError(f"radial_indices has {len(radial)} entries for {len(indices)} indices")
        axes = {index.axis for index in indices if isinstance(index, Medium)} - {None, "radial"}
        if axes:
            raise GeometryError(
                f"a medium with its axis along {axes.pop()} has no exact solution in a sphere"
            )
        self._t = [_law(index) for index in indices]
        self._r = list(self._t)
        for i, (index, along) in enumerate(zip(indices, radial, strict=True)):
            if along is not None:
                self._r[i] = _law(along)
            elif isinstance(index, Medium) and index.axis == "radial":
                self._r[i] = _law(index, axial=True)
        self.uniaxial = tuple(r is not t for r, t in zip(self._r, self._t, strict=True))
        if self.uniaxial[-1]:
            raise GeometryError("the ambient must be isotropic")
        self.dispersive = not all(law.fixed for law in [*self._t, *self._r])
        self._fixed = None if self.dispersive else tuple(_values(laws, 1.0) for laws in (self._t, self._r))
        self.tabulated = np.array([bool(getattr(index, "tabulated", False)) for index in indices])
        self.lossless = self._fixed is not None and not any(eps.imag.any() for eps in self._fixed)

    def at(self, k: Array, lossless: bool = False, loss: float = 1.0) -> Media:
        """Permittivities at each wavenumber of a batch; `lossless` those of the twin without absorption.

        A lossless law is complex off the real axis, and stays so; one with loss counts by its twin at the real wavelength. With
        `loss` below one they are that share of the way from the twin to the media themselves.
        """
        if not lossless and loss < 1.0:
            without, with_all = self.at(k, lossless=True), self.at(k)
            t, r = (a + loss * (b - a) for a, b in ((without.t, with_all.t), (without.r, with_all.r)))
            return Media(t, r, self.uniaxial)
        if lossless and np.iscomplexobj(k) and np.any(k.imag):
            here, axis = self.at(k), self.at(axis_wavenumber(k))
            twin = axis.real()
            t, r = (
                np.where(a.imag == 0.0, h, b)
                for h, a, b in ((here.t, axis.t, twin.t), (here.r, axis.r, twin.r))
            )
            return Media(t, r, self.uniaxial)
        if self._fixed is not None:
            t, r = (np.broadcast_to(eps[:, None], (eps.size, k.size)) for eps in self._fixed)
        else:
            t = _along(self._t, k)
            r = _along(self._r, k) if any(self.uniaxial) else t
        media = Media(t, r, self.uniaxial)
        return media.real() if lossless else media

    def slope(self, k: Array, lossless: bool = False, loss: float = 1.0) -> tuple[Array, Array]:
        """d eps / d k0 (um), tangential and radial, shaped like the permittivities; see `at`."""
        shape = (len(self._t), k.size)
        if not lossless and loss < 1.0 and self.dispersive:
            without, with_all = self.slope(k, lossless=True), self.slope(k)
            return without[0] + loss * (with_all[0] - without[0]), without[1] + loss * (
                with_all[1] - without[1]
            )
        if not self.dispersive:
            return np.zeros(shape), np.zeros(shape)
        t = np.array([[law.slope(complex(value)) for value in k] for law in self._t]).reshape(shape)
        r = np.array([[law.slope(complex(value)) for value in k] for law in self._r]).reshape(shape)
        if not lossless:
            return t, r
        axis = self.at(axis_wavenumber(k))
        found = []
        for eps, law in ((axis.t, t), (axis.r, r)):
            twin = slope_without_loss(eps, law)
            found.append(np.where(eps.imag == 0.0, law, twin) if np.iscomplexobj(k) else twin)
        return found[0], found[1]


def _along(laws: Sequence[_Law], k: Array) -> Array:
    """Permittivities (laws, wavenumbers); a law that is fixed is asked once."""
    out = np.empty((len(laws), k.size), dtype=np.complex128)
    for row, law in zip(out, laws, strict=True):
        row[:] = law.eps(1.0 + 0.0j) if law.fixed else [law.eps(complex(value)) for value in k]
    return out


def _values(laws: Sequence[_Law], k0: complex) -> Array:
    return np.array([law.eps(complex(k0)) for law in laws], dtype=np.complex128)
