"""The spheres of a stack one by one: where their own modes lie, and how far neighbours may move those."""

from __future__ import annotations

from collections.abc import Mapping

from femwgm.config.geometries import AxialStack
from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError
from femwgm.finders.exact_list import expected_on_stack
from femwgm.ground.units import k0_from_wavelength
from femwgm.materials import Material
from femwgm.stacks.domain import Ball

_COUPLING = 1.2
"""Shift that the neighbours may give a mode, in steps of l: the single spheres are searched in a window so much wider."""
_MOST_COUPLING = 0.012
DEFAULT_ORDERS = (0, 1)


class Singles:
    """Modes of every sphere of a stack by itself.

    Parameters
    ----------
    config
        A configuration of the kind axial_stack.
    media
        Material of each region.

    Attributes
    ----------
    window
        Wavenumbers asked for (rad/um).
    orders
        Azimuthal orders asked for.
    widening
        Share by which the window is widened on either side for the single spheres.
    materials
        Materials by their own names.
    balls
        The spheres with their modes.

    Raises
    ------
    ConfigError
        If a medium is uniaxial, or no sphere has a mode that was asked for.
    """

    def __init__(self, config: RunConfig, media: Mapping[str, Material]) -> None:
        geometry = config.geometry
        assert isinstance(geometry, AxialStack)
        for name, medium in media.items():
            if medium.axis is not None:
                raise ConfigError(
                    "is uniaxial, which an axial_stack does not support",
                    key="materials", value=f"{medium.name} ({name})", remedy="give it one index",
                )  # fmt: skip
        lo, hi = config.modes.window_um
        self.window = k0_from_wavelength(hi), k0_from_wavelength(lo)
        self.orders = config.modes.azimuthal_orders or DEFAULT_ORDERS
        middle = complex(0.5 * sum(self.window))
        self.materials = {material.name: material for material in media.values()}
        largest = middle.real * geometry.radius_ref_um * max(m.index(middle).real for m in media.values())
        self.widening = min(_COUPLING / largest, _MOST_COUPLING)
        self.balls = []
        found = expected_on_stack(config, self.materials, self.widening)
        for sphere, centre, modes in zip(geometry.spheres, geometry.centres_um, found, strict=True):
            regions = [f"{sphere.name}_{layer.name}" for layer in sphere.layers]
            indices = tuple(media[name].index(middle).real for name in (*regions, geometry.ambient))
            self.balls.append(Ball(centre, sphere.radii_um, indices, tuple(modes)))
        if not any(ball.modes for ball in self.balls):
            raise ConfigError(
                "no sphere of the stack has a mode of the requested kind near the window", key="modes.window",
                value=[f"{lo * 1e3:g} nm", f"{hi * 1e3:g} nm"], remedy="widen the window or ask for other orders",
            )  # fmt: skip
