"""Which modes to expect in a window: from the exact solution where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.config.geometries import AxialStack, Spheroid
from femwgm.config.schema import RunConfig
from femwgm.config.settings import Modes
from femwgm.errors import ConfigError
from femwgm.finders.refusals import no_mode
from femwgm.ground.expected import Expected
from femwgm.ground.units import k0_from_wavelength
from femwgm.materials import Material

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
    media: list[Any] = []
    along: list[complex | None] = []
    for name in geometry.region_materials.values():
        medium = materials[name]
        across = medium.index_axial if medium.axis == "z" and pol == "TE" else medium.index
        if medium.dispersive:
            media.append(across if medium.axis == "z" else medium)
        else:
            media.append(across(middle))
        fixed_along = medium.axis == "radial" and not medium.dispersive
        along.append(medium.index_axial(middle) if fixed_along else None)
    return LayeredSphere(geometry.radii_um, media, along)


def has_exact_modes(config: RunConfig, materials: Mapping[str, Material], k0: float) -> bool:
    """Whether `exact_sphere` has all that there is to know: layers of dielectrics, none of them with its axis along z."""
    used = [materials[name] for name in config.geometry.region_materials.values()]
    dielectric = all(m.permittivity(k0).real > 0.0 and m.axis != "z" for m in used)
    return config.geometry.kind == "layered_sphere" and dielectric


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
    if any(medium.axis == "z" for medium in media):
        found = _at_orders(_around_window(config, materials), modes)
    else:
        found = exact_modes(config, exact_sphere(config, materials))
    expected = [Expected(e.pol, e.q, e.l, e.m, e.k0, leak=_leak(e)) for e in found]
    if not expected:
        sphere = exact_sphere(config, materials)
        if beyond := metal_notes(config, materials):
            there = sphere.modes(modes.window_um, modes.polarizations)
            raise no_mode(config, f"{beyond[0]}; others there: {names_of(there[:6]) or 'none'}")
        if there := sphere.modes(modes.window_um, modes.polarizations, modes.radial_orders):
            raise no_mode(
                config,
                f"{names_of(there[:6])} do, none with such an m = l - p",
                "of the requested orders lies",
            )
        near = sphere.nearest_modes(
            window_um=modes.window_um, polarizations=modes.polarizations, radial_orders=modes.radial_orders
        )
        raise no_mode(config, f"the nearest are {names_of(near)}")
    return sorted(expected, key=lambda e: (e.k0.real, e.pol, e.m))


def names_of(found: Sequence[ExactMode]) -> str:
    """Lines by their labels and wavelengths."""
    return "; ".join(f"{e.pol} q={e.q} l={e.l} at {e.wavelength_nm:.3f} nm" for e in found)


def metal_notes(config: RunConfig, materials: Mapping[str, Material]) -> list[str]:
    """What is not looked for in a sphere with a metal or a strong absorber, and what its shares mean."""
    from femwgm.analytic.contour import LEAST_Q, needs_contour

    lo, hi = config.modes.window_um
    media = {name: materials[name] for name in config.geometry.region_materials.values()}
    if any(medium.axis == "z" for medium in media.values()):
        return []
    if not needs_contour(exact_sphere(config, materials).resonator, 2.0 * np.pi / hi, 2.0 * np.pi / lo):
        return []
    notes = [f"the poles of a sphere with metal are counted: all of Q above {LEAST_Q:g}, none below"]
    if config.geometry.kind == "spheroid":
        notes[0] += "; those of the equatorial radii are followed to the spheroid"
    middle = k0_from_wavelength(0.5 * (lo + hi))
    metals = [name for name, medium in media.items() if medium.permittivity(middle).real < 0.0]
    if metals:
        notes.append(
            f"shares of the electric energy are of the integral of Re eps |E|^2, which is negative in {', '.join(metals)}:"
            " they add up to one, but leave 0 to 1; those named e2 do not"
        )
    return notes


def exact_modes(config: RunConfig, sphere: LayeredSphere) -> list[ExactMode]:
    """The modes of a sphere in the window, a mode for each azimuthal order that the configuration asks for."""
    modes = config.modes
    found = sphere.modes(
        window_um=modes.window_um, polarizations=modes.polarizations, radial_orders=modes.radial_orders,
        l_range=_degrees(modes.polar_orders, modes.azimuthal_orders),
    )  # fmt: skip
    return _at_orders(found, modes)


def _at_orders(found: Sequence[ExactMode], modes: Modes) -> list[ExactMode]:
    return [
        mode.with_m(m)
        for mode in found
        for m in _azimuthal_orders(mode.l, modes.polar_orders, modes.azimuthal_orders)
    ]


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
                family = [e for e in found if e.q == q]
                for m in wanted:
                    like = sphere.of_degree(family, m + offset)
                    if like is None:
                        continue
                    k0 = like.k0 * (1.0 + _spheroidal_shift(m + p, p, q, a / b))
                    if lo * (1.0 - _WIDER) <= 2.0 * np.pi / k0.real <= hi * (1.0 + _WIDER):
                        expected.append(Expected(pol, q, m + p, m, k0, m + offset, _leak(like)))
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
