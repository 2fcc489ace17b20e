"""What a configuration would cost, told from a few numbers before anything is allocated."""

from __future__ import annotations

import math
from collections.abc import Mapping

from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError
from femwgm.ground.units import k0_from_wavelength
from femwgm.materials.material import Material

LARGEST_SIZE = 1e6
"""Size parameter n k R up to which the exact solution and the meshes were tried."""
MOST_MODES = 5_000
"""Modes that are solved for without being asked for by `modes.limit`."""
_ROUGH = 3.0
"""Factor by which the estimate may exceed the number of modes."""


def demand_tractable(config: RunConfig, media: Mapping[str, Material]) -> None:
    """Refuse what no machine would finish.

    Parameters
    ----------
    config
        The configuration.
    media
        Its media by name, known over the window.

    Raises
    ------
    ConfigError
        When the body is too large for the wavelength, a radial order cannot exist in it, or too many modes lie in the window.
    """
    lo, hi = _sizes(config, media)
    if not hi <= LARGEST_SIZE:
        raise ConfigError(
            f"a radius of {config.geometry.radius_ref_um:.4g} um and the largest index make a size parameter n k R of {hi:.2g}:"
            f" more than {LARGEST_SIZE:.0g}",
            key="modes.window", value=[f"{w * 1e3:g} nm" for w in config.modes.window_um],
            remedy="check the units of the lengths and the window",
        )  # fmt: skip
    most = int(hi / math.pi) + 2
    radial = config.modes.radial_orders
    if radial is not None and min(radial) > most and all(_dielectric(config, media)):
        raise ConfigError(
            f"a body of this size has fewer than {most} radial orders in the window",
            key="modes.radial_orders", value=list(radial)[:5], remedy="ask for lower ones",
        )  # fmt: skip
    count = _modes(config, lo, hi)
    limit = config.modes.limit
    if count > (MOST_MODES if limit is None else _ROUGH * limit):
        allowed = (
            f"{MOST_MODES} that are solved for without asking" if limit is None else f"modes.limit, {limit}"
        )
        raise ConfigError(
            f"about {count:.2g} modes would lie in the window: more than {allowed}",
            key="modes.window", value=[f"{w * 1e3:g} nm" for w in config.modes.window_um],
            remedy="narrow the window, name fewer orders, or raise modes.limit",
        )  # fmt: skip


def about_how_many(config: RunConfig, media: Mapping[str, Material]) -> float:
    """Number of modes to expect, from above and to a factor of about three."""
    return _modes(config, *_sizes(config, media))


def _sizes(config: RunConfig, media: Mapping[str, Material]) -> tuple[float, float]:
    """Size parameters n k R at the long and the short end of the window, n the largest index of all media."""
    short, long = config.modes.window_um
    names = set(config.geometry.region_materials.values())
    found = []
    for wavelength in (long, short):
        k = k0_from_wavelength(wavelength)
        index = max(max(abs(media[n].index(k)), abs(media[n].index_axial(k))) for n in names)
        found.append(k * index * config.geometry.radius_ref_um)
    return found[0], found[1]


def _dielectric(config: RunConfig, media: Mapping[str, Material]) -> list[bool]:
    """For each medium, whether its permittivity has a positive real part: only then does an order count zeros of the field."""
    k = k0_from_wavelength(config.modes.window_um[0])
    return [media[name].permittivity(k).real > 0.0 for name in set(config.geometry.region_materials.values())]


def _modes(config: RunConfig, lo: float, hi: float) -> float:
    """Lines of a sphere of one index: (hi - lo) of each radial order, x^2 / 8 of all up to a size parameter x (Weyl's law)."""
    modes = config.modes
    every = max(hi * hi - lo * lo, 0.0) / 8.0
    named = math.inf if modes.radial_orders is None else len(modes.radial_orders) * (max(hi - lo, 0.0) + 1.0)
    lines = len(modes.polarizations) * min(every + hi - lo + 1.0, named)
    polar = hi if modes.polar_orders is None else float(len(modes.polar_orders))
    azimuthal = math.inf if modes.azimuthal_orders is None else float(len(modes.azimuthal_orders))
    return lines * max(min(polar, azimuthal), 1.0)
