"""Quality factors: radiation from the eigenvalue or from the multipoles, whichever is the better known, and the loss rates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from femwgm.fem.field import CellField
from femwgm.ground.typing import Array
from femwgm.observables.energy import RegionIntegrals
from femwgm.observables.half_spaces import HalfSpaceWaves
from femwgm.observables.radiation import log_radiated_power
from femwgm.observables.surface import solid_surface

MULTIPOLE_LN_Q = float(np.log(1e6))
"""Above this the stored energy and the flux of a mode are defined well enough, to about 1/Q, for the multipoles."""

_AHEAD = 2.0
"""Nepers below it from which on the waves over a substrate are summed."""
_FIRST_ORDER = 20.0
"""Relative error of the multipoles times Q: flux over energy is of first order in 1/Q (5 for q = 1, 11 for q = 2 on spheres)."""

TAIL = 1.25
"""Error over the change between two solutions: what the richer one lacks itself adds to it."""

_LEAKY = 10.0
"""Relative error of Q over that of the wavenumber at least: where much leaks, both parts of the wavenumber err alike."""
_OF_WAVELENGTH = 0.3
"""The same of spheres, whose domains end alike: their change may be small by chance."""
_UNKNOWN = 0.3
"""A relative error above this leaves a lower bound instead of a value."""


@dataclass(frozen=True)
class RadiationQ:
    """Radiation quality factor with its evidence.

    Attributes
    ----------
    ln_q
        Natural logarithm; None where it is not known.
    error
        Estimated relative error.
    source
        "eigenvalue" or "multipoles", or why there is no value.
    floor
        Lower bound of Q where there is no value.
    """

    ln_q: float | None
    error: float | None
    source: str
    floor: float | None = None

    @property
    def log10_q(self) -> float | None:
        """Decimal logarithm."""
        return None if self.ln_q is None else self.ln_q / float(np.log(10.0))


def radiation_candidates(
    field: CellField,
    integrals: RegionIntegrals,
    *,
    stored: float | None = None,
    ambient: str,
    index: float,
    degrees: Array,
    pol: str | None,
    leaking: bool,
    image: bool = False,
    layered: HalfSpaceWaves | None = None,
) -> dict[str, float]:
    """Natural logarithms of Q_rad by each way that applies.

    Parameters
    ----------
    field, integrals
        The mode and its region integrals.
    stored
        Energy stored, in the units of `integrals.stored`, which it replaces where the field goes on beyond the domain.
    ambient, index
        Ambient region and its real index.
    degrees
        Polar degrees of the outgoing waves.
    pol
        Polarization of the outgoing waves; None for both.
    leaking
        Whether the domain has an absorbing layer, so that Im k0 contains the radiation.
    image
        Whether the body stands on a conducting plane z = 0: with its image it radiates twice the power.
    layered
        The waves of a body between layers of background.
    """
    found = {}
    if leaking:
        rate = -2.0 * field.k0.imag / field.k0.real - sum(integrals.absorption.values())
        if rate > 0.0:
            found["eigenvalue"] = float(-np.log(rate))
    energy = stored or integrals.stored
    if image:
        field, energy = replace(field, mirror="conductor"), 2.0 * energy
    if layered is not None and found.get("eigenvalue", np.inf) > MULTIPOLE_LN_Q - _AHEAD:
        power = layered.power
        ln_q = float(np.log(field.k0.real * 0.5 * energy) - np.log(power)) if power > 0.0 else 0.0
        if ln_q > MULTIPOLE_LN_Q:
            found["multipoles"] = ln_q
    samples = solid_surface(field, ambient) if len(degrees) else None
    if samples is not None and len(samples.r):
        te, tm = log_radiated_power(samples, field.m, field.k0.real, index, degrees)
        powers = {"TE": te, "TM": tm}.get(pol or "", np.concatenate([te, tm]))
        ln_q = float(np.log(field.k0.real * 0.5 * energy) - np.logaddexp.reduce(powers))
        if not leaking or ln_q > MULTIPOLE_LN_Q:
            found["multipoles"] = ln_q
    return found


def steepness(m: int, size: float) -> float:
    """|d ln Q / d ln k0| of the barrier that a wave of degree m crosses; 0 above it.

    Twice the slope of the WKB exponent int sqrt(m^2 / r^2 - k^2) dr from the surface to the turning point.

    Parameters
    ----------
    m
        Azimuthal order.
    size
        Size parameter k R in the ambient medium.

    >>> steepness(5, 4.0), steepness(5, 6.0)
    (6.0, 0.0)
    """
    return 2.0 * math.sqrt(max(m * m - size * size, 0.0))


def best_radiation_q(
    first: Mapping[str, float], second: Mapping[str, float], share: float = 1.0, barrier: float = 0.0,
    error: float = 0.0, imaginary: float = 0.0,
) -> RadiationQ:  # fmt: skip
    """The candidate with the smaller error; a floor if none is trustworthy.

    What of their disagreement the other's error does not explain counts as error.

    Parameters
    ----------
    first, second
        ln Q by each way, of the solution before and of the last one.
    share
        Error of the last one over its change.
    barrier
        What the error of the wavenumber does to ln Q at a fixed field. The field follows the wavenumber and makes up for much of
        it; 0.3 of it is the least that the multipoles are taken to be off by, whatever their change.
    error
        Relative error of the complex wavenumber, below which an imaginary part is not resolved.
    imaginary
        Share of it that the imaginary part has at least: its change is small by chance where its error passes through zero.
    """
    errors = {
        name: share * TAIL * abs(float(np.expm1(second[name] - first[name])))
        for name in first
        if name in second
    }
    if "eigenvalue" in errors:
        twice = 2.0 * float(np.exp(min(second["eigenvalue"], 100.0)))
        least = min(twice, _LEAKY) if imaginary else _OF_WAVELENGTH
        errors["eigenvalue"] = max(errors["eigenvalue"], min(max(imaginary * twice, least) * error, 0.1))
    if "multipoles" in errors:
        errors["multipoles"] = max(errors["multipoles"], 0.3 * barrier)
        errors["multipoles"] += _FIRST_ORDER * float(np.exp(-second["multipoles"]))
    if not errors:
        floor = 0.5 / error if error > 0.0 else None
        return RadiationQ(None, None, "not resolved: Im k0 is below the error of the eigenvalue", floor)
    source = min(errors, key=lambda name: errors[name])
    for other in set(errors) - {source}:
        apart = abs(float(np.expm1(second[other] - second[source])))
        errors[source] = max(errors[source], apart - errors[other])
    if errors[source] > _UNKNOWN:
        floor = float(np.exp(min(first[source], second[source], 690.0)) / (1.0 + errors[source]))
        return RadiationQ(
            None, errors[source], f"lower bound only: the {source} changed by {errors[source]:.0%}", floor
        )
    return RadiationQ(second[source], errors[source], source)
