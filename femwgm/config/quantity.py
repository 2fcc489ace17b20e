"""Quantities with units at the border: strings in the YAML, floats in um inside.

Arithmetic is decimal, so that '490 nm' is exactly the float 0.49. Everyday units are known here; every
other unit of length or frequency goes through pint, whose import alone would cost more than a solve.

Examples
--------
>>> length_um("490 nm"), length_um("2 inch")
(0.49, 50800.0)
>>> wavelength_um("299.792458 THz"), wavelength_um("10000 1/cm"), round(wavelength_um("1 eV"), 6)
(1.0, 1.0, 1.239842)
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from femwgm.config.base import nearest, refuse
from femwgm.ground.units import C_UM_THZ, SPECTRAL_ALIASES

_QUANTITY = re.compile(
    r"\s*(?P<number>[+-]?(?:(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][+-]?\d{1,4})?|nan|inf|infinity))\s*(?P<unit>\S.*?)?\s*",
    re.IGNORECASE,
)
LENGTHS = {
    "pm": "1e-6", "angstrom": "1e-4", "Å": "1e-4", "nm": "1e-3", "um": "1", "µm": "1", "μm": "1",
    "micron": "1", "mm": "1e3", "cm": "1e4", "m": "1e6",
}  # fmt: skip
"""Everyday length units in um."""
_PER_EV = Decimal("1.602176634e-19") / Decimal("6.62607015e-34")  # Hz, exact by definition
FREQUENCIES = {
    "Hz": "1e-12", "kHz": "1e-9", "MHz": "1e-6", "GHz": "1e-3", "THz": "1", "PHz": "1e3",
    "eV": str(_PER_EV * Decimal("1e-12")), "meV": str(_PER_EV * Decimal("1e-15")),
    **dict.fromkeys(("1/cm", *SPECTRAL_ALIASES), "0.0299792458"),
}  # fmt: skip
"""Everyday units of frequency, photon energy and wavenumber in THz."""


@lru_cache(maxsize=256)
def _scale(unit: str) -> tuple[str, Decimal]:
    """Dimension ('length' or 'frequency') of a unit, and its size in um or THz; else ValueError."""
    if unit in LENGTHS:
        return "length", Decimal(LENGTHS[unit])
    if unit in FREQUENCIES:
        return "frequency", Decimal(FREQUENCIES[unit])
    if not re.fullmatch(r"[^\W\d]{1,40}", unit):
        raise ValueError("unknown unit")
    import pint

    one = _registry().Quantity(Decimal(1), _pint_unit(unit))
    try:
        for dimension, inside in (("length", "um"), ("frequency", "THz")):
            if one.check(f"[{dimension}]"):
                return dimension, Decimal(one.to(inside).magnitude)
    except pint.errors.PintError:
        pass
    raise ValueError("not a length or frequency")


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(non_int_type=Decimal)


def _pint_unit(unit: str) -> Any:
    try:
        return _registry().Unit(unit)
    except Exception as error:  # pint raises whatever its tokenizer meets
        raise ValueError("unknown unit") from error


def _parse(value: Any, wanted: str, example: str) -> tuple[str, float]:
    """Dimension and magnitude (um or THz) of a quantity string."""
    remedy = f"write the number and its unit, e.g. '{example}'"
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise refuse(f"a bare number where a {wanted} belongs", remedy=remedy)
    if not isinstance(value, str):
        raise refuse(f"must be a {wanted} with its unit", remedy=remedy)
    match = _QUANTITY.fullmatch(value)
    if match is None:
        raise refuse(f"cannot be read as a {wanted}", remedy=remedy)
    number, unit = match["number"], match["unit"]
    if unit is None:
        raise refuse(f"a bare number where a {wanted} belongs", remedy=remedy)
    try:
        dimension, scale = _scale(unit)
    except ValueError as error:
        close = nearest(unit, [*LENGTHS, *FREQUENCIES])
        hint = f"did you mean '{close}'?" if close else remedy
        raise refuse(f"'{unit[:40]}': {error}", remedy=hint) from None
    exact = Decimal(number)
    magnitude = float(exact * scale) if exact.is_finite() else math.nan
    if not math.isfinite(magnitude):
        raise refuse("must be finite", remedy=remedy)
    return dimension, magnitude


def length_um(value: Any) -> float:
    """A length string in um; any length unit, any sign."""
    dimension, magnitude = _parse(value, "length", "490 nm")
    if dimension != "length":
        raise refuse(
            "a frequency where a length belongs", remedy="write the number and its unit, e.g. '490 nm'"
        )
    return magnitude


def spectral_um(value: Any) -> tuple[str, float]:
    """Whether a string was a length or a frequency, and the (positive) vacuum wavelength in um it means."""
    dimension, magnitude = _parse(value, "wavelength or frequency", "640 nm")
    if not magnitude > 0.0:
        raise refuse("must be positive")
    wavelength = C_UM_THZ / magnitude if dimension == "frequency" else magnitude
    if not 0.0 < wavelength < math.inf:
        raise refuse("must be finite")
    return dimension, wavelength


def wavelength_um(value: Any) -> float:
    """A vacuum wavelength in um, given as a length or as a frequency."""
    return spectral_um(value)[1]


def split_quantity(value: Any) -> tuple[Decimal, str] | None:
    """Number and unit ('' without one) of a number or quantity string; None for anything else.

    >>> split_quantity("490 nm"), split_quantity(1.74), split_quantity("air")
    ((Decimal('490'), 'nm'), (Decimal('1.74'), ''), None)
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(repr(value)), ""
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None or not Decimal(match["number"]).is_finite():
        return None
    return Decimal(match["number"]), match["unit"] or ""


def in_unit(quantity: tuple[Decimal, str], unit: str) -> Decimal:
    """The number of a quantity in another unit of its dimension; ValueError if there is none.

    >>> float(in_unit((Decimal("0.49"), "um"), "nm"))
    490.0
    """
    number, own = quantity
    if own == unit:
        return number
    if not own or not unit:
        raise ValueError("one is a plain number")
    (kind, scale), (wanted, size) = _scale(own), _scale(unit)
    if kind != wanted:
        raise ValueError(f"one is a {kind}, the other a {wanted}")
    return number * scale / size


def um(value: float) -> str:
    """The quantity string of a length in um, in mm from 1 mm to a kilometre; reading it gives the same float back.

    >>> um(10.0), um(0.1 + 0.2), um(4000.0)
    ('10 um', '0.30000000000000004 um', '4 mm')
    """
    short = f"{value:.6g}"
    if float(short) == value and 1e3 <= abs(value) < 1e9:
        return f"{(Decimal(repr(value)) / 1000).normalize():f} mm"
    return f"{short if float(short) == value else repr(value)} um"


def _positive(value: float) -> float:
    if not value > 0.0:
        raise refuse("must be positive", remedy="give a length above zero, e.g. '490 nm'")
    return value


def _not_negative(value: float) -> float:
    if not value >= 0.0:
        raise refuse("must not be negative")
    return value


_SCHEMA = WithJsonSchema(
    {"type": "string", "description": "a length with its unit", "examples": ["490 nm", "10 um"]}
)
Length = Annotated[float, BeforeValidator(length_um), AfterValidator(_positive), PlainSerializer(um), _SCHEMA]
"""A positive length; a float in um inside, a string with unit outside."""
LengthOrZero = Annotated[
    float, BeforeValidator(length_um), AfterValidator(_not_negative), PlainSerializer(um), _SCHEMA
]
"""A length that may be zero."""
SignedLength = Annotated[
    float, BeforeValidator(length_um), PlainSerializer(um),
    WithJsonSchema({"type": "string", "description": "a length with its unit, any sign", "examples": ["-5 um"]}),
]  # fmt: skip
"""A length of either sign, such as a height."""
