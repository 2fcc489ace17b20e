"""Lasing thresholds: the gain in one layer at which a mode neither decays nor grows.

At threshold k0 is real and the index of the gain layer is n' - i n''. Both unknowns follow from one complex equation; it is
solved by secants on Im k0(n''), each step a pole of the sphere with gain. Weak gain gives the familiar n'' = n' / (2 Q Gamma).
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from femwgm.analytic.media import Index, Medium
from femwgm.analytic.mode import ExactMode
from femwgm.analytic.sphere import LayeredSphere
from femwgm.errors import GeometryError, SolveError

_WEAK = 1e8
"""Above this total Q the first order in the gain is exact to rounding."""


@dataclass(frozen=True)
class Threshold:
    """What it takes to make a mode lase.

    Attributes
    ----------
    extinction
        n'' of the gain layer's index n' - i n''.
    k0
        Real wavenumber at threshold (rad/um).
    gain_per_cm
        Intensity gain of a plane wave in that medium, 2 k0 n'' (cm^-1).
    """

    extinction: float
    k0: float
    gain_per_cm: float


def threshold(mode: ExactMode, layer: int, in_plane: bool = False) -> Threshold:
    """Threshold gain of a mode, exactly.

    Parameters
    ----------
    mode
        The mode without gain, all other losses included.
    layer
        Index of the gain layer, 0 the core.
    in_plane
        Whether only fields tangential to the layer are amplified, as by platelets that lie flat.

    Raises
    ------
    GeometryError
        If the layer does not exist, or the mode already grows.
    SolveError
        If the iteration does not settle.
    """
    if not 0 <= layer < len(mode.sphere.radii_um):
        raise GeometryError(f"layer {layer} is not one of the {len(mode.sphere.radii_um)} layers")
    if mode.k0.imag > 0.0:
        raise GeometryError(f"{mode} lases without additional gain")
    sensitivity = mode.sensitivity
    t, r = sensitivity.by_permittivity()
    eps = sensitivity.radial.media.t[layer, 0]
    slope = complex(2.0 * cmath.sqrt(eps) * (t[layer] + (0.0 if in_plane else r[layer])))
    # n - i x moves k0 by -i x dk0/dn, so Im k0 rises by -x Re dk0/dn, which is positive.
    extinction = mode.k0.imag / slope.real
    k0 = mode.k0.real + (-1j * extinction * slope).real
    if mode.q_total < _WEAK:
        extinction, k0 = _refine(mode, layer, in_plane, extinction)
    return Threshold(extinction, k0, 2e4 * k0 * extinction)


def _refine(mode: ExactMode, layer: int, in_plane: bool, extinction: float) -> tuple[float, float]:
    before, value = 0.0, extinction
    height_before, start = mode.k0.imag, mode.k0
    for _ in range(30):
        pole = amplified(mode.sphere, layer, value, in_plane).pole(mode.pol, mode.l, start, mode.q)
        height, start = pole.k0.imag, pole.k0
        step = -height * (value - before) / (height - height_before) if height != height_before else 0.0
        if not math.isfinite(step):
            break
        before, height_before, value = value, height, value + step
        if abs(step) < 1e-12 * abs(value) or abs(height) < 1e-15 * start.real:
            return value, start.real
    raise SolveError(f"no threshold found for {mode} with gain in layer {layer}")


def amplified(sphere: LayeredSphere, layer: int, extinction: float, in_plane: bool = False) -> LayeredSphere:
    """The same sphere with n'' of gain added to one layer, for tangential fields only if `in_plane`."""
    indices, radial = list(sphere.indices), list(sphere.radial_indices)
    medium, along = indices[layer], radial[layer]
    indices[layer] = _shifted(medium, -1j * extinction)
    if in_plane or along is not None or (isinstance(medium, Medium) and medium.axis == "radial"):
        original = _shifted(medium, 0.0, axial=True) if along is None else along
        radial[layer] = original if in_plane else _shifted(original, -1j * extinction)
    return LayeredSphere(sphere.radii_um, indices, radial)


def _shifted(index: Index, change: complex, axial: bool = False) -> Index:
    """An index plus a constant, itself constant where the medium is."""
    if isinstance(index, Medium):
        eps = index.permittivity_axial if axial else index.permittivity
        return partial(_at, eps, change) if index.dispersive else cmath.sqrt(eps(1.0)) + change
    return partial(_sum, index, change) if callable(index) else index + change


def _at(eps: Callable[[complex], complex], change: complex, k0: complex) -> complex:
    return cmath.sqrt(eps(k0)) + change


def _sum(index: Callable[[complex], complex], change: complex, k0: complex) -> complex:
    return index(k0) + change
