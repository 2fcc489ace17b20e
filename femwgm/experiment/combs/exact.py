"""Lines of a layered sphere, from its exact solution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.experiment.combs.lines import Lines
from femwgm.finders.exact_list import exact_sphere
from femwgm.ground.typing import Array
from femwgm.ground.units import C_UM_THZ
from femwgm.materials import Material

if TYPE_CHECKING:
    from femwgm.analytic import ExactMode, LayeredSphere

PER_K0 = C_UM_THZ * 1e12 / (2.0 * np.pi)
"""Frequency (Hz) of one rad/um."""
_ROUNDING = 1e-14
"""Relative error of an exact wavenumber in double precision."""
_NEAR = 0.75
_LOWEST = 0.5
"""Orders below this share of the pump's are left out: they belong to another regime, and to a leaky one."""


def sphere_lines(
    config: RunConfig, materials: Mapping[str, Material], pump_k0: float, half: int
) -> Lines | None:
    """The family of the line nearest to a wavenumber (rad/um) and `half` orders on either side; None if no line is near."""
    sphere = exact_sphere(config, materials)
    used = [materials[name] for name in config.geometry.region_materials.values()]
    lowest = max((m.validity_um[0] for m in used if m.validity_um), default=0.0)
    highest = min((m.validity_um[1] for m in used if m.validity_um), default=np.inf)
    spacing = 1.0 / sphere.outer_radius_um
    ends = [2.0 * np.pi / (pump_k0 + side * _NEAR * spacing) for side in (1.0, -1.0)]
    modes = config.modes
    p = (modes.polar_orders or (0,))[0]
    found = sphere.modes(
        (max(ends[0], lowest), min(ends[1], highest)), modes.polarizations, modes.radial_orders
    )
    found = [mode for mode in found if mode.l - p >= 1]
    if not found:
        return None
    pump = min(found, key=lambda mode: abs(mode.k0.real - pump_k0))
    at = _batch(sphere, pump, half, (lowest, highest))
    degree = np.array([mode.l for mode in at])
    frequency = np.array([mode.k0.real for mode in at]) * PER_K0
    m = degree - p
    regions = config.geometry.regions
    integrals = zip(regions, layer_integrals(pump.with_m(pump.l - p)), strict=True)
    kerr = {name: second**2 / fourth for name, (second, fourth) in integrals if fourth}
    energy = {name: float(pump.energy[i]) for i, name in enumerate(regions) if np.isfinite(pump.energy[i])}
    notes = []
    if len(m) < 2 * half + 1:
        notes.append(
            f"{len(m)} of {2 * half + 1} orders: the others lie outside the range of the media, or below half the pump's order"
        )
    return Lines(
        pump.pol, pump.q, p, m, frequency, _ROUNDING * frequency, pump.l - p, "exact solution", energy, kerr, 1e-6, notes=notes
    )  # fmt: skip


def _batch(
    sphere: LayeredSphere, pump: ExactMode, half: int, range_um: tuple[float, float]
) -> list[ExactMode]:
    """The modes of the family as far as the media are known."""
    slope = 1.0 / (sphere.outer_radius_um * pump.n_g)
    k = pump.k0.real + slope * np.arange(-half, half + 1)
    l = pump.l + np.arange(-half, half + 1)
    lowest, highest = range_um
    inside = (l >= max(1, int(_LOWEST * pump.l))) & (k > 2.0 * np.pi / highest) & (k * lowest < 2.0 * np.pi)
    l, k = l[inside], k[inside]
    # Farther out than the straight line leads, and never beyond the data.
    window = (max(1.8 * np.pi / k.max(), lowest), min(2.2 * np.pi / k.min(), highest))
    return sphere.comb(pump.pol, l, pump.q, window)


def layer_integrals(mode: ExactMode) -> list[tuple[float, float]]:
    """int |E|^2 dV and int |E|^4 dV over each layer, ambient last, in the amplitude of `mode.field`; by Gauss points."""
    R, k = mode.sphere.outer_radius_um, mode.k0.real
    reach = R * (mode.l + 0.5) ** (-2.0 / 3.0)
    p, width = mode.l - mode.m, 1.0 / np.sqrt(mode.l + 0.5)
    # The latitude where the wave turns, and six widths of the Gaussian beyond it.
    angle = min(0.5 * np.pi, np.arccos(mode.m / (mode.l + 0.5)) + 6.0 * width)
    t, wt = np.polynomial.legendre.leggauss(64 + 16 * p)
    latitude, wt = angle * t, angle * wt
    out = []
    inner = np.maximum([0.0, *mode.sphere.radii_um], R - (8.0 + 4.0 * mode.q) * reach)
    for a, b in zip(inner, [*mode.sphere.radii_um, R + 6.0 / k], strict=True):
        if not b > a:
            out.append((0.0, 0.0))
            continue
        x, w = np.polynomial.legendre.leggauss(44 + 12 * mode.q)
        rho, w = 0.5 * (a + b) + 0.5 * (b - a) * x, 0.5 * (b - a) * w
        grid, turn = np.meshgrid(rho, latitude, indexing="ij")
        E = mode.field(grid * np.cos(turn), grid * np.sin(turn))
        square = (np.abs(E) ** 2).sum(axis=0)
        volume: Array = 2.0 * np.pi * grid**2 * np.cos(turn) * np.outer(w, wt)
        out.append((float((volume * square).sum()), float((volume * square**2).sum())))
    return out
