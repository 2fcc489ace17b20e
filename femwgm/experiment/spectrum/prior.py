"""What is known of the sphere before its spectrum: a value and a standard deviation for each parameter."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from femwgm.config.quantity import length_um
from femwgm.errors import ConfigError
from femwgm.experiment.spectrum.model import PARAMETERS, UNITS, CoatedSphere
from femwgm.ground.typing import Array

DEFAULT_DEVIATIONS: dict[str, str] = {"diameter": "1 %", "thickness": "5 %", "index": "0.02"}
"""Standard deviations of what is fitted by default."""
SLOPE_OF_A_CONSTANT = (-0.1, 0.1)
"""Mean and standard deviation (1/um) of dn/dlambda where the configuration states a number and no law: every clear dense medium
disperses normally, silica by -0.03, polystyrene by -0.06, films of nanocrystals by up to -0.3 near 650 nm."""


@dataclass(frozen=True)
class Prior:
    """Independent normal distributions.

    Attributes
    ----------
    mean
        Centre of each of the four parameters.
    deviation
        Standard deviations, 0 for what is held.
    """

    mean: Array
    deviation: Array

    @property
    def free(self) -> Array:
        """Indices of what is fitted."""
        return np.flatnonzero(self.deviation > 0.0)

    def log_density(self, x: Array) -> float:
        """Logarithm of the density of the free parameters."""
        d = self.deviation[self.free]
        z = (x - self.mean)[self.free] / d
        return float(-0.5 * z @ z - np.log(np.sqrt(2.0 * np.pi) * d).sum())


def prior_from(body: CoatedSphere, deviations: Mapping[str, str] | Sequence[str] | None = None) -> Prior:
    """The configuration's values with standard deviations.

    Parameters
    ----------
    body
        The sphere.
    deviations
        By parameter (or as "name=deviation"), e.g. "diameter=2 %", "thickness=20 nm", "index=0.03", "slope=0.1"; 0 holds a
        parameter. What is not named keeps its default (:data:`DEFAULT_DEVIATIONS`); the slope's is 0 where the medium has a
        law, and :data:`SLOPE_OF_A_CONSTANT` where it states a number. A deviation given for it is one from no extra slope.

    Raises
    ------
    ConfigError
        For an unknown parameter, or a deviation that is no such quantity.

    Examples
    --------
    >>> from femwgm.materials import Material
    >>> from femwgm.materials.dispersion import Constant
    >>> media = {"core": Material("g", Constant(2.1 + 0j)), "air": Material("a", Constant(1.0 + 0j))}
    >>> prior_from(CoatedSphere((10.0,), media, reference_um=0.66), ["diameter=2 %"]).deviation
    array([0.4 , 0.  , 0.02, 0.1 ])
    """
    given = dict(DEFAULT_DEVIATIONS)
    mean = body.nominal
    if not body.media[body.regions[body.shell]].dispersive:
        mean[3], given["slope"] = SLOPE_OF_A_CONSTANT[0], str(SLOPE_OF_A_CONSTANT[1])
    for item in deviations.items() if isinstance(deviations, Mapping) else map(_pair, deviations or ()):
        if item[0] not in body.names:
            raise ConfigError(
                "is not a parameter of this body",
                key="--free",
                value=item[0],
                remedy=f"one of {', '.join(body.names)}",
            )
        given[item[0]] = item[1]
        if item[0] == "slope":
            mean[3] = 0.0
    deviation = np.array(
        [_deviation(name, given.get(name, "0"), mean[i]) for i, name in enumerate(PARAMETERS)]
    )
    deviation[[name not in body.names for name in PARAMETERS]] = 0.0
    return Prior(mean, deviation)


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise ConfigError(
            "must read NAME=DEVIATION", key="--free", value=text, remedy="e.g. --free 'diameter=2 %'"
        )
    return name.strip(), value.strip()


def _deviation(name: str, text: str, value: float) -> float:
    """A share of the value, a length, or a plain number."""
    remedy = "e.g. '2 %'" + (
        ", or a length such as '20 nm'" if UNITS[name] == "um" else ", or a number such as 0.02"
    )
    try:
        if text.endswith("%"):
            number = 1e-2 * float(text[:-1]) * abs(value)
        elif UNITS[name] == "um" and text != "0":
            number = length_um(text)
        else:
            number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0.0):
        raise ConfigError("must be a standard deviation", key=f"--free {name}", value=text, remedy=remedy)
    return number
