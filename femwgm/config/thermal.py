"""Temperature: what a change of it does to indices and lengths, done once, before a configuration is checked.

`temperature: 35 C` raises the index of each medium by dn/dT (T - T0) and stretches each layer by 1 + expansion (T - T0), with
T0 = 20 C.
The coefficients are those of `thermal:` in the medium, or of its preset. What remains is a plain configuration of the warm body:
the resolved one has the stretched lengths and a `dn` in each medium.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from femwgm.config.quantity import length_um, um
from femwgm.errors import ConfigError

REFERENCE_C = 20.0


@dataclass(frozen=True)
class Coefficients:
    """dn/dT and linear expansion (1/K), the relative error of the former, and the source."""

    dn_dt: float
    expansion: float
    error: float
    source: str


THERMAL: dict[str, Coefficients] = {
    "fused_silica": Coefficients(
        8.45e-6, 5.5e-7, 0.04,
        "Rego, Sensors 23, 6023 (2023), Corning 7980 at 293 K: 8.74e-6 in the visible to 8.16e-6 at 1.55 um; its data sheet",
    ),
    "si": Coefficients(
        1.8e-4, 2.6e-6, 0.05,
        "Komma et al., Appl. Phys. Lett. 101, 041905 (2012), at 1.55 um, 300 K; 1.86e-4 is quoted as well",
    ),
    "si3n4": Coefficients(
        2.45e-5, 3.3e-6, 0.04, "Arbabi and Goddard, Opt. Lett. 38, 3878 (2013), LPCVD at 1.55 um: 2.45(9)e-5"
    ),
    "water": Coefficients(-9.0e-5, 0.0, 0.1, "IAPWS R9-97 with the density of water at 20 C; a liquid fills its vessel"),
}  # fmt: skip
"""By preset, around 20 C."""


@dataclass(frozen=True)
class Heat:
    """Conductivity (W/(m K)) and heat capacity by volume (J/(m^3 K)), None where unknown, and their relative error."""

    conductivity: float | None
    capacity: float | None
    error: float


HEAT: dict[str, Heat] = {
    "fused_silica": Heat(1.38, 1.6e6, 0.06),
    "water": Heat(0.598, 4.17e6, 0.01),
    "water_absorbing": Heat(0.598, 4.17e6, 0.01),
    "air": Heat(0.0257, 1.21e3, 0.02),
}
"""By preset, at 20 C; makers of silica quote 1.30 to 1.40 W/(m K) and 1.55 to 1.64 MJ/(m^3 K)."""


def heat_of(spec: Any) -> Heat | None:
    """How a medium takes heat; None where nothing is known."""
    stated = _part(spec, "thermal")
    conductivity, capacity = (_part(stated, key) for key in ("conductivity", "heat_capacity"))
    known = HEAT.get(str(_part(spec, "preset") or ""))
    if conductivity is None and capacity is None:
        return known
    fallback = known or Heat(None, None, 0.0)
    return Heat(conductivity or fallback.conductivity, capacity or fallback.capacity, 0.0)


def celsius(value: Any) -> float:
    """A temperature in degrees Celsius, from e.g. '35 C' or '308 K'.

    >>> celsius("35 C"), round(celsius("308.15 K"), 9)
    (35.0, 35.0)
    """
    match = (
        re.fullmatch(r"\s*([+-]?\d{1,9}(?:\.\d{0,12})?)\s*(C|°C|degC|K)\s*", value)
        if isinstance(value, str)
        else None
    )
    if match is None:
        raise ConfigError(
            "must be a temperature with its unit",
            key="temperature",
            value=value,
            remedy="write e.g. '35 C' or '308 K'",
        )
    number = Decimal(match[1])
    return float(number - Decimal("273.15") if match[2] == "K" else number)


def thermal_of(spec: Any) -> Coefficients | None:
    """The coefficients of a medium, as raw data or checked; None where none are known.

    Of a uniaxial one whose rays have their own: the mean of both dn/dT, with half their difference as its error.
    """
    stated = _part(spec, "thermal")
    if stated is not None:
        return Coefficients(
            float(_part(stated, "dn_dT" if isinstance(stated, Mapping) else "dn_dt") or 0.0),
            float(_part(stated, "expansion") or 0.0),
            0.0,
            "given",
        )
    rays = [thermal_of(ray) for name in _RAYS if (ray := _part(spec, name)) is not None]
    if not any(rays):
        return THERMAL.get(str(_part(spec, "preset") or ""))
    known = [ray or Coefficients(0.0, 0.0, 0.0, "given") for ray in rays]
    slopes, expansions = [ray.dn_dt for ray in known], {ray.expansion for ray in known}
    if len(expansions) > 1:
        raise ConfigError(
            "the rays of a medium expand alike", key="thermal.expansion", value=max(expansions),
            remedy="state one 'thermal' beside 'ordinary' and 'extraordinary', or the same expansion in both",
        )  # fmt: skip
    mean = sum(slopes) / len(slopes)
    return Coefficients(mean, expansions.pop(), abs(slopes[0] - mean) / abs(mean) if mean else 1.0, "given")


_RAYS = ("ordinary", "extraordinary")


def _part(data: Any, key: str) -> Any:
    return data.get(key) if isinstance(data, Mapping) else getattr(data, key, None)


def warmed(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Raw configuration data at its temperature, without the key `temperature`.

    Raises
    ------
    ConfigError
        If no medium has coefficients, lengths are not stated in the configuration itself, or rays expand differently.
    """
    out = {key: copy.deepcopy(value) for key, value in raw.items() if key != "temperature"}
    rise = celsius(raw["temperature"]) - REFERENCE_C
    media, shape = out.get("materials"), out.get("geometry")
    if not isinstance(media, dict) or not isinstance(shape, dict):
        return out
    known = {
        name: found
        for name, spec in media.items()
        if isinstance(spec, Mapping) and (found := thermal_of(spec))
    }
    if not known:
        raise ConfigError(
            "no medium has a dn/dT or an expansion", key="temperature", value=raw["temperature"],
            remedy="add e.g. 'thermal: {dn_dT: 1e-5, expansion: 5e-7}' to a medium",
        )  # fmt: skip
    media.update({name: _raised(spec, rise) for name, spec in media.items() if name in known})
    if shape.get("file") or isinstance(shape.get("points"), str) or isinstance(shape.get("contour"), str):
        raise ConfigError(
            "lengths that are not written in the configuration cannot be stretched", key="geometry.kind",
            value=shape.get("kind"), remedy="drop 'temperature', or draw the body in the configuration",
        )  # fmt: skip
    out["geometry"] = _stretched(shape, known, rise)
    return out


def _raised(spec: Any, rise: float) -> Any:
    """A medium with its index raised by its dn/dT; that of each ray by its own, unless the medium states one for both."""
    if not isinstance(spec, Mapping):
        return spec
    if _part(spec, "thermal") is None and any(name in spec for name in _RAYS):
        return {key: _raised(part, rise) if key in _RAYS else part for key, part in spec.items()}
    found = thermal_of(spec)
    return spec if found is None else {**spec, "dn": float(spec.get("dn") or 0.0) + found.dn_dt * rise}


def _stretched(shape: dict[str, Any], known: Mapping[str, Coefficients], rise: float) -> dict[str, Any]:
    """The geometry with its lengths stretched: layer by layer where layers state their thickness, else as one body.

    A film on a body grows by its own expansion; supports and walls move along with the body. Bodies of a stack expand one by one,
    and the gaps between them stay.
    """
    for several in ("bodies", "spheres"):
        if isinstance(shape.get(several), list):
            bodies = [
                _stretched(body, known, rise) if isinstance(body, dict) else body for body in shape[several]
            ]
            return {**shape, several: bodies}

    def factor(part: Any) -> float:
        found = known.get(str(part.get("material"))) if isinstance(part, Mapping) else None
        return 1.0 + (found.expansion if found else 0.0) * rise

    layers = shape.get("layers")
    if not isinstance(layers, list):
        scaled: dict[str, Any] = _scaled(shape, factor(shape))
        films = shape.get("coatings")
        return (
            {**scaled, "coatings": [_scaled(f, factor(f)) for f in films]}
            if isinstance(films, list)
            else scaled
        )
    factors = [factor(layer) for layer in layers]
    if len(set(factors)) == 1:
        return dict(_scaled(shape, factors[0]))
    if any(isinstance(layer, Mapping) and "thickness" not in layer for layer in layers[1:]):
        raise ConfigError(
            "layers that expand differently must be stated by their thickness", key="geometry.layers",
            remedy="give each layer outside the first a thickness, or all media one expansion",
        )  # fmt: skip
    return {**shape, "layers": [_scaled(layer, size) for layer, size in zip(layers, factors, strict=True)]}


def _scaled(value: Any, factor: float) -> Any:
    """Data with every string that is a length multiplied."""
    if isinstance(value, Mapping):
        return {
            key: part / factor
            if key.endswith("_per_um") and isinstance(part, int | float) and not isinstance(part, bool)
            else _scaled(part, factor)
            for key, part in value.items()
        }
    if isinstance(value, list | tuple):
        return [_scaled(part, factor) for part in value]
    if isinstance(value, str) and re.match(r"\s*[+-]?[\d.]", value):
        try:
            return um(length_um(value) * factor) if factor != 1.0 else value
        except ValueError:
            return value
    return value
