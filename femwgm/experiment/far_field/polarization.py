"""Eq. 2 of the published study: light behind a turning polarizer, for one mode, for mixtures, and the mixture that gives a value.

Behind the lens the light has Stokes parameters; through a polarizer at angle psi from the image of the z axis it is
I(psi) = (S0 + S1 cos 2 psi + S2 sin 2 psi) / 2, so R = (I_max - I_min) / (I_max + I_min) = sqrt(S1^2 + S2^2) / S0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from femwgm.errors import GeometryError
from femwgm.experiment.far_field.emission import Cone, Multipoles, coherence
from femwgm.ground.typing import Array


@dataclass(frozen=True)
class Light:
    """Stokes parameters of collected light; S1 > 0 is polarized along the image of the z axis."""

    s0: float
    s1: float
    s2: float

    @property
    def factor(self) -> float:
        """R of Eq. 2."""
        return float(np.hypot(self.s1, self.s2) / self.s0)

    def behind_polarizer(self, angle_deg: Array | float) -> Array:
        """Intensity behind a polarizer at angles from the image of the z axis (degrees)."""
        turn = 2.0 * np.radians(np.asarray(angle_deg, dtype=float))
        return np.asarray(0.5 * (self.s0 + self.s1 * np.cos(turn) + self.s2 * np.sin(turn)))

    def __add__(self, other: Light) -> Light:
        return Light(self.s0 + other.s0, self.s1 + other.s1, self.s2 + other.s2)

    def __rmul__(self, power: float) -> Light:
        return Light(power * self.s0, power * self.s1, power * self.s2)


def through_lens(source: Multipoles, cone: Cone, points: int = 160) -> Light:
    """Light that a lens collects of a mode that radiates unit power."""
    matrix = coherence(source, cone, points) / source.power
    return Light(
        float((matrix[0, 0] + matrix[1, 1]).real),
        float((matrix[0, 0] - matrix[1, 1]).real),
        float(2.0 * matrix[0, 1].real),
    )


def mixture(lights: Sequence[Light], powers: Sequence[float]) -> Light:
    """Incoherent sum of modes that emit the given powers."""
    if len(lights) != len(powers) or not lights:
        raise GeometryError("a mixture needs one power for each of its modes")
    total = powers[0] * lights[0]
    for light, power in zip(lights[1:], powers[1:], strict=True):
        total = total + power * light
    return total


def minority_share(major: Light, minor: Light, factor: float) -> float:
    """Share of the emitted power in the minor mode for which the mixture has a given R, the major mode leading.

    Raises
    ------
    GeometryError
        If no mixture in which the major mode leads has that R.

    Examples
    --------
    >>> round(minority_share(Light(1.0, 1.0, 0.0), Light(1.0, -1.0, 0.0), 0.79), 3)
    0.105
    """

    def lead(share: float) -> float:
        light = mixture([major, minor], [1.0 - share, share])
        towards = np.array([major.s1, major.s2]) / np.hypot(major.s1, major.s2)
        return float(np.array([light.s1, light.s2]) @ towards / light.s0 - factor)

    if lead(0.0) < 0.0 or lead(1.0) > 0.0:
        raise GeometryError(f"no mixture of these two has a polarization factor of {factor:g}")
    return float(brentq(lead, 0.0, 1.0))
