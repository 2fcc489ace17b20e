"""Numbers as people read them: as many digits as are known, powers of ten as powers of ten."""

from __future__ import annotations

import math
from typing import Any

from femwgm.ground.rows import log10_of

__all__ = ["decimals_for", "percent", "plain", "quality", "short_error"]

_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def decimals_for(relative_error: float | None, value: float, most: int = 9) -> int:
    """Decimals of `value` that its relative error leaves standing, one of them uncertain.

    >>> decimals_for(1e-8, 659.121), decimals_for(1e-4, 659.121), decimals_for(None, 659.121)
    (6, 2, 6)
    """
    if relative_error is None or not relative_error > 0.0:
        return 6
    digits = math.ceil(-math.log10(relative_error * abs(value)))
    return min(max(digits, 1), most)


def plain(value: Any, decimals: int) -> str:
    """A number with fixed decimals; empty when it does not apply."""
    return "" if value is None else f"{float(value):.{decimals}f}"


def percent(share: Any) -> str:
    """A share in percent, with three significant digits below one percent.

    >>> percent(0.947152581), percent(0.0141800), percent(1.2e-7), percent(None)
    ('94.715', '1.418', '1.2e-05', '')
    """
    if share is None or share != share:
        return ""
    value = 100.0 * float(share)
    return f"{value:.3f}" if value == 0.0 or abs(value) >= 5e-4 else f"{value:.1e}"


def quality(value: Any, log10: float | None = None) -> str:
    """A quality factor of any size and sign.

    >>> quality(9333.237), quality(1.548939697e46), quality("1.2e+1284"), quality(-4200.0), quality(None)
    ('9333', '1.55×10⁴⁶', '1.20×10¹²⁸⁴', '-4200', '')
    """
    if value is None and log10 is None:
        return ""
    number = -float(value) if isinstance(value, float | int) and value < 0.0 else value
    sign = "-" if number is not value else ""
    size = log10 if number is None or number in (math.inf, 0.0) else log10_of(number)
    if size is None:
        return ""
    if size < 5.0:
        return f"{sign}{10.0**size:.0f}" if size >= 3.0 else f"{sign}{10.0**size:.4g}"
    exponent = math.floor(size + 1e-12)
    mantissa = f"{10.0 ** (size - exponent):.2f}"
    if mantissa == "10.00":
        mantissa, exponent = "1.00", exponent + 1
    return f"{sign}{mantissa}×10{str(exponent).translate(_SUPERSCRIPT)}"


def short_error(value: Any) -> str:
    """A relative error with one digit.

    >>> short_error(3.21e-9), short_error(None)
    ('3e-09', '')
    """
    return "" if value is None else f"{float(value):.0e}"
