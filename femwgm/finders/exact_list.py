"""Which modes to expect in a window: from the exact solution where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.config.geometries import AxialStack, Spheroid
from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError, MaterialError, SolveError
from femwgm.finders.refusals import no_mode
from femwgm.ground.units import k0_from_wavelength
from femwgm.materials import Material
from femwgm.modes.expected import Expected

if TYPE_CHECKING:
    from femwgm.analytic import ExactMode, LayeredSphere


def exact_sphere(config: RunConfig, materials: Mapping[str, Material], pol: str = "TM") -> LayeredSphere:
    """The analytic twin of a layered sphere (of the equatorial radii, for a spheroid).

    A medium with its axis along z counts as isotropic, with its index along the axis for TE and across it for TM modes, whose
    field near the equator sees that one: no such sphere has an exact solution.
    """
    from femwgm.analytic import LayeredSphere

    geometry = config.geometry
    middle = k0_from_wavelength(0.5 * sum(config.modes.window_um))
    across: list[Any] = []
    along: list[Any] = []
    for name in geometry.region_materials.values():
        medium = materials[name]
        seen = medium.index_axial if medium.axis == "z" and pol == "TE" else medium.index
        across.append(seen if medium.dispersive else seen(middle))
        axial = medium.index_axial if medium.dispersive else medium.index_axial(middle)
        along.append(axial if medium.axis == "radial" else None)
    return LayeredSphere(geometry.radii_um, across, along)


def expected_modes(config: RunConfig, materials: Mapping[str, Material]) -> list[Expected]:
    """Every mode that the configuration asks for, in ascending order of wavenumber.

    Raises
    ------
    ConfigError
        If no mode lies in the window; the message names the nearest ones.
    """
    if config.geometry.kind == "spheroid":
        return _on_spheroid(config, materials)
    modes = config.modes
    media = [materials[name] for name in config.geometry.region_materials.values()]
    middle = k0_from_wavelength(0.5 * sum(modes.window_um))
    if any(medium.permittivity(middle).real < 0.0 for medium in media):
        found = _with_metal(config, materials)
    elif any(medium.axis == "z" for medium in media):
        found = _around_window(config, materials)
    else:
        sphere = exact_sphere(config, materials)
        found = sphere.modes(
            window_um=modes.window_um, polarizations=modes.polarizations, radial_orders=modes.radial_orders,
            l_range=_degrees(modes.polar_orders, modes.azimuthal_orders),
        )  # fmt: skip
    expected = []
    for exact in found:
        orders = _azimuthal_orders(exact.l, modes.polar_orders, modes.azimuthal_orders)
        expected += [Expected(exact.pol, exact.q, exact.l, m, exact.k0, leak=_leak(exact)) for m in orders]
    if not expected and any(medium.permittivity(middle).real < 0.0 for medium in media):
        raise no_mode(
            config,
            "widen the window: modes of metals are sought from starting points in it, not counted",
            "of the requested kind was found",
        )
    if not expected:
        sphere = exact_sphere(config, materials)
        near = "; ".join(
            f"{e.pol} q={e.q} l={e.l} at {e.wavelength_nm:.3f} nm"
            for e in sphere.nearest_modes(window_um=modes.window_um, polarizations=modes.polarizations,
                                          radial_orders=modes.radial_orders)
        )  # fmt: skip
        raise no_mode(config, f"the nearest are {near}")
    return sorted(expected, key=lambda e: (e.k0.real, e.pol, e.m))


def expected_on_stack(
    config: RunConfig, materials: Mapping[str, Material], widen: float
) -> list[list[Expected]]:
    """Modes of each sphere of an axial stack by itself (order m = 0) in the window widened by a share on either side."""
    from femwgm.analytic import LayeredSphere

    geometry, modes = config.geometry, config.modes
    assert isinstance(geometry, AxialStack)
    lo, hi = modes.window_um
    found = []
    for sphere in geometry.spheres:
        names = [*(layer.material for layer in sphere.layers), geometry.ambient]
        exact = LayeredSphere(sphere.radii_um, [materials[name].index for name in names])
        here = exact.modes((lo * (1.0 - widen), hi * (1.0 + widen)), modes.polarizations, modes.radial_orders)
        found.append([Expected(e.pol, e.q, e.l, 0, e.k0, leak=10.0**-e.log10_q_rad) for e in here])
    return found


_WIDER = 3e-3
"""Share by which a window is widened where wavenumbers are estimates."""


_STARTS = 7
"""Starting points across the window for each decay rate."""
_DECAYS = (0.005, 0.05, 0.2)
"""Decay rates, -Im k0 / Re k0, from which modes of metals are sought."""
_MORE_DEGREES = 6
"""Polar degrees beyond the size parameter at which modes of metals are still sought."""


def _with_metal(config: RunConfig, materials: Mapping[str, Material]) -> list[ExactMode]:
    """Modes of spheres with metal: poles that Newton's iteration reaches from points all over the window, Q above one half.

    Negative permittivities leave no count to rely on, so q only numbers the poles of one degree, the longest wavelength first.
    """
    sphere, modes = exact_sphere(config, materials), config.modes
    lo, hi = (2.0 * np.pi / w for w in reversed(modes.window_um))
    starts = [k * (1.0 - 1j * decay) for k in np.linspace(lo, hi, _STARTS) for decay in _DECAYS]
    degrees = (
        int(hi * sphere.outer_radius_um * max(abs(materials[n].index(hi)) for n in materials)) + _MORE_DEGREES
    )
    found: list[ExactMode] = []
    for pol in modes.polarizations:
        for l in range(1, degrees + 1):
            poles: list[ExactMode] = []
            for start in starts:
                with suppress(SolveError, MaterialError):
                    pole = sphere.pole(pol, l, start)
                    k = pole.k0
                    new = all(abs(k / other.k0 - 1.0) > 1e-9 for other in poles)
                    if new and lo <= k.real <= hi and -k.real < k.imag:
                        poles.append(pole)
            poles.sort(key=lambda mode: mode.k0.real)
            found += [replace(pole, q=q) for q, pole in enumerate(poles, start=1)]
    return [mode for mode in found if modes.radial_orders is None or mode.q in modes.radial_orders]


def _around_window(config: RunConfig, materials: Mapping[str, Material]) -> list[ExactMode]:
    """Modes of isotropic spheres that resemble those of one with its optical axis along z, in a window a little wider."""
    lo, hi = config.modes.window_um
    wide = (lo * (1.0 - _WIDER), hi * (1.0 + _WIDER))
    return [
        mode
        for pol in config.modes.polarizations
        for mode in exact_sphere(config, materials, pol).modes(wide, [pol], config.modes.radial_orders)
    ]


def _on_spheroid(config: RunConfig, materials: Mapping[str, Material]) -> list[Expected]:
    """Modes near the window by the asymptotics of a spheroid over the exact layered sphere of its equatorial radii.

    To leading order the mode (m, p) is a sphere mode of the real degree m + (p + 1/2) a/b - 1/2; the next order is that of
    Gorodetsky and Fomin, IEEE J. Sel. Top. Quantum Electron. 12, 33 (2006). A few 1e-4 of the wavenumber; solving settles it.
    """
    modes, geometry = config.modes, config.geometry
    spheres = {pol: exact_sphere(config, materials, pol) for pol in modes.polarizations}
    assert isinstance(geometry, Spheroid)
    a, b = geometry.semi_axes_um[-1]
    if modes.polar_orders is None:
        raise ConfigError(
            "needs a list on a spheroid, whose modes are followed from the equator", key="modes.polar_orders", value="all",
            remedy="write e.g. [0, 1, 2]",
        )  # fmt: skip
    lo, hi = modes.window_um
    wide = (lo * (1.0 - 2.0 * _WIDER), hi * (1.0 + 2.0 * _WIDER))
    expected = []
    for p in modes.polar_orders:
        offset = (p + 0.5) * a / b - 0.5
        reach = 2 + int(abs(offset))
        for pol, sphere in spheres.items():
            found = sphere.modes(window_um=wide, polarizations=[pol], radial_orders=modes.radial_orders)
            for q in sorted({e.q for e in found}):
                degrees = [e.l for e in found if (e.pol, e.q) == (pol, q)]
                orders = range(max(0, min(degrees) - reach - 1), max(degrees) + reach + 2)
                wanted = [m for m in orders if modes.azimuthal_orders is None or m in modes.azimuthal_orders]
                wanted = [m for m in wanted if m + offset >= 1.0]
                for m in wanted:
                    like = sphere.comb(pol, [m + offset], q)
                    if not like:
                        continue
                    k0 = like[0].k0 * (1.0 + _spheroidal_shift(m + p, p, q, a / b))
                    if lo * (1.0 - _WIDER) <= 2.0 * np.pi / k0.real <= hi * (1.0 + _WIDER):
                        expected.append(Expected(pol, q, m + p, m, k0, m + offset, _leak(like[0])))
    if not expected:
        raise no_mode(config, "widen the window or ask for other orders")
    return sorted(expected, key=lambda e: (e.k0.real, e.pol, e.m))


def _leak(exact: ExactMode) -> float:
    """1/Q of the radiation of an exact mode; zero beyond the range of floats, all of Im k0 where it was not told apart."""
    if np.isnan(exact.log10_q_rad):
        return -2.0 * exact.k0.imag / exact.k0.real
    return float(10.0**-exact.log10_q_rad) if exact.log10_q_rad < 300.0 else 0.0


def _spheroidal_shift(l: int, p: int, q: int, ratio: float) -> float:
    """Relative shift of k0 from the sphere mode of the same leading order, for the ratio a/b of the semi-axes."""
    from scipy.special import ai_zeros

    zeta = float(ai_zeros(q)[0][-1])
    bracket = (2 * p * (ratio**3 - 1.0) + ratio**3) - (2 * p * (ratio - 1.0) + ratio)
    return -zeta / 12.0 * bracket * (0.5 * l) ** (-2.0 / 3.0) / l


def _degrees(polar: tuple[int, ...] | None, azimuthal: tuple[int, ...] | None) -> tuple[int, int] | None:
    """Lowest and highest degree l = m + p that the orders asked for allow; None where they leave it open.

    >>> _degrees((0, 2), (163, 170)), _degrees((0,), None)
    ((163, 172), None)
    """
    return (
        None
        if polar is None or azimuthal is None
        else (min(azimuthal) + min(polar), max(azimuthal) + max(polar))
    )


def _azimuthal_orders(l: int, polar: tuple[int, ...] | None, azimuthal: tuple[int, ...] | None) -> list[int]:
    orders = range(l, -1, -1) if polar is None else [l - p for p in polar if p <= l]
    return [m for m in orders if azimuthal is None or m in azimuthal]
