"""Which modes to expect in a window: from the exact solution where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError
from femwgm.materials import Material


@dataclass(frozen=True)
class Expected:
    """Labels and approximate vacuum wavenumber (rad/um) of a mode to look for."""

    pol: str
    q: int
    l: int  # noqa: E741
    m: int
    k0: complex

    @property
    def p(self) -> int:
        """Polar order l - m."""
        return self.l - self.m


def exact_sphere(config: RunConfig, materials: Mapping[str, Material]):  # type: ignore[no-untyped-def]
    """The analytic twin of a layered-sphere configuration."""
    from femwgm.analytic import LayeredSphere

    geometry = config.geometry
    media = [materials[name] for name in geometry.region_materials.values()]
    indices = [m.index if m.dispersive else m.index(2.0) for m in media]
    return LayeredSphere(geometry.radii_um, indices)


def expected_modes(config: RunConfig, materials: Mapping[str, Material]) -> list[Expected]:
    """Every mode that the configuration asks for, in ascending order of wavenumber.

    Raises
    ------
    ConfigError
        If no mode lies in the window; the message names the nearest ones.
    """
    modes = config.modes
    sphere = exact_sphere(config, materials)
    found = sphere.modes(
        window_um=modes.window_um, polarizations=modes.polarizations, radial_orders=modes.radial_orders
    )
    expected = []
    for exact in found:
        for m in _azimuthal_orders(exact.l, modes.polar_orders, modes.azimuthal_orders):
            expected.append(Expected(exact.pol, exact.q, exact.l, m, exact.k0))
    if not expected:
        lo, hi = modes.window_um
        near = "; ".join(
            f"{e.pol} q={e.q} l={e.l} at {e.wavelength_nm:.3f} nm"
            for e in sphere.nearest_modes(window_um=modes.window_um, polarizations=modes.polarizations,
                                          radial_orders=modes.radial_orders)
        )  # fmt: skip
        raise ConfigError(
            "no mode of the requested kind lies in the window",
            key="modes.window", value=[f"{lo * 1e3:g} nm", f"{hi * 1e3:g} nm"], remedy=f"the nearest are {near}",
        )  # fmt: skip
    return sorted(expected, key=lambda e: (e.k0.real, e.pol, e.m))


def _azimuthal_orders(l: int, polar: tuple[int, ...] | None, azimuthal: tuple[int, ...] | None) -> list[int]:  # noqa: E741
    orders = range(l, -1, -1) if polar is None else [l - p for p in polar if p <= l]
    return [m for m in orders if azimuthal is None or m in azimuthal]
