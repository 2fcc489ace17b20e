"""Ball arithmetic (Arb): working precision, numbers with a derivative, series with a bound, and their ends as decimals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any


class precision:  # noqa: N801 - reads like a verb
    """Working precision in bits and length of power series, put back at the end."""

    def __init__(self, bits: int, terms: int) -> None:
        self.bits, self.terms = bits, terms

    def __enter__(self) -> None:
        import flint

        self.before = flint.ctx.prec, flint.ctx.cap
        flint.ctx.prec, flint.ctx.cap = self.bits, self.terms + 1

    def __exit__(self, *_: object) -> None:
        import flint

        flint.ctx.prec, flint.ctx.cap = self.before


@dataclass(frozen=True)
class Dual:
    """A value and its derivative with respect to k."""

    value: Any
    slope: Any

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.value + other.value, self.slope + other.slope)

    def __sub__(self, other: Dual) -> Dual:
        return Dual(self.value - other.value, self.slope - other.slope)

    def __mul__(self, other: Dual) -> Dual:
        return Dual(self.value * other.value, self.value * other.slope + self.slope * other.value)

    def __truediv__(self, other: Dual) -> Dual:
        quotient = self.value / other.value
        return Dual(quotient, (self.slope - quotient * other.slope) / other.value)

    def times(self, factor: Any) -> Dual:
        """The product with a constant."""
        return Dual(self.value * factor, self.slope * factor)


@dataclass(frozen=True)
class Bounded:
    """A power series in k - c and a bound of its modulus on the disc of Cauchy's estimate."""

    series: Any
    bound: Any

    def __add__(self, other: Bounded) -> Bounded:
        return Bounded(self.series + other.series, self.bound + other.bound)

    def __sub__(self, other: Bounded) -> Bounded:
        return Bounded(self.series - other.series, self.bound + other.bound)

    def __mul__(self, other: Bounded) -> Bounded:
        return Bounded(self.series * other.series, self.bound * other.bound)

    def times(self, factor: Any) -> Bounded:
        """The product with a constant."""
        import flint

        return Bounded(self.series * flint.acb(factor), self.bound * abs(flint.acb(factor)))


def polynomial(coefficients: Sequence[Any], t: Any) -> Any:
    """Horner's rule."""
    total = coefficients[-1]
    for c in coefficients[-2::-1]:
        total = total * t + c
    return total


def log10_below(ratio: Any) -> float:
    """Decimal logarithm of the lower end of a ball, at any size."""
    import flint

    return float((ratio.log() / flint.arb(10).log()).lower()) if ratio > 0 else -100.0


def bounds(x: Any) -> tuple[Fraction, Fraction]:
    """Exact lower and upper bound of a real ball."""
    return _exact(x.mid()) - _exact(x.rad()), _exact(x.mid()) + _exact(x.rad())


def _exact(x: Any) -> Fraction:
    mantissa, exponent = x.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def decimal_text(x: Fraction, digits: int, *, up: bool) -> str:
    """Decimal text with so many significant digits, rounded up or down.

    >>> decimal_text(Fraction(2, 3), 4, up=True), decimal_text(Fraction(2, 3), 4, up=False)
    ('0.6667', '0.6666')
    >>> decimal_text(Fraction(10) ** 42, 3, up=True)
    '1.00e+42'
    """
    if x == 0:
        return "0"
    exponent = math.floor(_log10(abs(x)))
    scaled = x * Fraction(10) ** (digits - 1 - exponent)
    whole = math.ceil(scaled) if up else math.floor(scaled)
    sign, text = "-" if whole < 0 else "", str(abs(whole))
    exponent += len(text) - digits
    if -5 < exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{text}"
    if 0 <= exponent < min(len(text), 16):
        point = exponent + 1
        return f"{sign}{text[:point]}.{text[point:]}" if point < len(text) else sign + text
    return f"{sign}{text[0]}.{text[1:]}e{exponent:+d}"


def _log10(x: Fraction) -> float:
    """Decimal logarithm of a positive fraction of any size, floored right at powers of ten."""
    guess = math.floor((x.numerator.bit_length() - x.denominator.bit_length()) * math.log10(2.0)) - 1
    while Fraction(10) ** (guess + 1) <= x:
        guess += 1
    return float(guess)
