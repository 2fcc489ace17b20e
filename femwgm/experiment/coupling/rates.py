"""1/Q_external of a mode against the gap, beside each kind of coupler."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from femwgm.config.coupler import Bus, Taper
from femwgm.experiment.coupling.bus import Guide
from femwgm.experiment.coupling.fibre import fundamental
from femwgm.experiment.coupling.plane import Fields, Plane, Resonance, field_on, given_to, lit_by
from femwgm.experiment.coupling.slab import slab_like
from femwgm.ground.typing import Array

Rate = Callable[[float, float], float]
"""1/Q_external at a gap (um), from a plane at a share of it."""

SLAB_ERROR = (0.2, 0.05)
"""Relative error of the slab that stands for a guide of known index: a constant, and per kappa gap; tried beside solved ones."""


def prism_rate(one: Resonance, outside: float, prism: float) -> tuple[Rate, float]:
    """The rate, and what of the resonator's radiation falls on the prism, whose reflection adds to the loss or spares it."""
    shortest = 2.0 * np.pi / (one.k0 * np.sqrt(prism))
    surface = field_on(one, one.radius, shortest)

    def rate(gap: float, share: float) -> float:
        plane = field_on(one, one.radius + share * gap, shortest) if share * gap else surface
        return lit_by(plane, one.radius + gap - plane.x, one.k0, outside, prism)[0] / (one.k0 * one.energy)

    return rate, lit_by(surface, 0.0, one.k0, outside, prism)[1] / (one.k0 * one.energy)


def fibre_rate(
    one: Resonance, taper: Taper, outside: float, core: float, notes: list[str]
) -> tuple[float, Rate]:
    """Phase index of the fibre's fundamental mode, and the rate; a remark is added to the notes where it guides more modes."""
    radius = 0.5 * taper.diameter_um
    fibre = fundamental(radius, one.k0, core, outside)
    if not fibre.single:
        notes.append(
            f"{one.name}: the fibre guides more than its fundamental mode (V = {fibre.v:.3g} > 2.405);"
            " q_external is that of the fundamental alone"
        )
    shortest = 2.0 * np.pi / (one.k0 * np.sqrt(core))
    surface, power, height = field_on(one, one.radius, shortest), fibre.power, one.height + taper.height_um

    def rate(gap: float, share: float) -> float:
        plane = field_on(one, one.radius + share * gap, shortest) if share * gap else surface
        axis = one.radius + gap + radius

        def polarized(turn: float) -> Fields:
            return lambda x, z: fibre.fields(x - axis, z - height, turn)

        given = sum(
            abs(given_to(plane, polarized(turn), fibre.beta, power)) ** 2 for turn in (0.0, 0.5 * np.pi)
        )
        return float(given / (one.k0 * one.energy))

    return fibre.beta / one.k0, rate


def bus_rate(one: Resonance, bus: Guide) -> Rate:
    """The rate beside a waveguide whose mode was solved by elements."""
    beta, far = bus.beta(one.k0)[0], bus.share(one.k0)
    planes = _planes(one, beta)

    def rate(gap: float, share: float) -> float:
        plane, taken = planes(gap, share), []
        for mode in bus.ends:
            # To first order the bend of the arc adds on one side what it takes on the other.
            given = [
                given_to(
                    plane, partial(_beside, mode.fields, one.radius + gap, mirrored=side), beta, mode.power
                )
                for side in (False, True)
            ]
            taken.append(float(np.mean(np.abs(given) ** 2)))
        return float(taken[0] ** (1.0 - far) * taken[-1] ** far) / (one.k0 * one.energy)

    return rate


def _planes(one: Resonance, beta: float) -> Callable[[float, float], Plane]:
    """Planes around the middle of a gap, where elements know both fields; in steps of two, so that many gaps share one."""

    @cache
    def away(distance: float) -> Plane:
        return field_on(one, one.radius + distance, 2.0 * np.pi / max(beta, one.k0))

    def at(gap: float, share: float) -> Plane:
        return away(2.0 ** np.floor(np.log2(0.6 * gap) - 2.0 * share) if gap else 0.0)

    return at


def _beside(fields: Callable[..., Any], face: float, x: Array, z: Array, **bent: bool) -> Any:
    return fields(x - face, z, **bent)


def slab_rate(one: Resonance, bus: Bus, pol: str, outside: float) -> Rate:
    """The rate beside a guide of known phase index and width, which a slab stands for."""
    assert bus.n_eff is not None
    planes = _planes(one, one.k0 * bus.n_eff)
    slab = slab_like(pol, planes(0.0, 0.0), one.k0, bus.width_um, bus.n_eff, outside)

    def rate(gap: float, share: float) -> float:
        plane = planes(gap, share)
        fields = partial(_beside, slab.fields, one.radius + gap)
        return abs(given_to(plane, fields, slab.beta, slab.power)) ** 2 / (one.k0 * one.energy)

    return rate
