"""Dispersion formulas as sums of simple terms, continued analytically to complex k0.

Every formula in use (Sellmeier, Cauchy, Herzberger, gases, the nine of refractiveindex.info) is a constant plus terms
c x^a / (x^2 - d)^e, x = lambda - s, for one of three quantities: the permittivity, the index, or the Lorentz-Lorenz ratio.
So one class holds them all, with its slope in closed form; the functions below write each formula in these terms.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal


@dataclass(frozen=True)
class Term:
    """c x^power / (x^2 - pole)^order with x = lambda - shift; lengths in um."""

    c: float
    power: float = 0.0
    pole: float = 0.0
    order: int = 0
    shift: float = 0.0

    def value_and_slope(self, wavelength: complex) -> tuple[complex, complex]:
        """The term, and its slope per um of wavelength."""
        x = wavelength - self.shift
        gap = x * x - self.pole
        scale = self.c / gap**self.order
        value = scale * _power(x, self.power)
        inner = scale * self.power * _power(x, self.power - 1.0) if self.power else 0.0
        return value, inner - value * (2.0 * self.order * x / gap)


def _power(x: complex, exponent: float) -> complex:
    """x^exponent; by products for a whole exponent, which keeps real numbers real."""
    return x ** int(exponent) if exponent == int(exponent) else cmath.exp(exponent * cmath.log(x))


@dataclass(frozen=True)
class Formula:
    """A quantity given as a constant plus terms.

    Attributes
    ----------
    terms, constant
        Their sum is the quantity at a vacuum wavelength in um.
    quantity
        "eps" = n^2, "n", or "ratio" = (n^2 - 1)/(n^2 + 2).
    """

    terms: tuple[Term, ...]
    constant: float = 0.0
    quantity: Literal["eps", "n", "ratio"] = "eps"

    def _at(self, k0: complex) -> tuple[complex, complex]:
        """Permittivity, and its slope in k0 (um)."""
        wavelength = 2.0 * math.pi / complex(k0)
        value, slope = complex(self.constant), 0j
        for term in self.terms:
            part, change = term.value_and_slope(wavelength)
            value += part
            slope += change
        slope *= -wavelength / complex(k0)
        if self.quantity == "n":
            return value * value, 2.0 * value * slope
        if self.quantity == "ratio":
            return (1.0 + 2.0 * value) / (1.0 - value), 3.0 * slope / (1.0 - value) ** 2
        return value, slope

    def eps(self, k0: complex) -> complex:
        return self._at(k0)[0]

    def slope(self, k0: complex) -> complex:
        return self._at(k0)[1]


def _pairs(values: Sequence[float]) -> list[tuple[float, float]]:
    return list(pairwise(values))[::2]


def sellmeier(
    b: Sequence[float],
    c_um2: Sequence[float],
    constant: float = 1.0,
    added: Sequence[tuple[float, float]] = (),
) -> Formula:
    """n^2 = constant + sum of B lambda^2 / (lambda^2 - C) + sum of the added terms (coefficient, power of lambda).

    >>> round(abs(sellmeier([1.4435], [0.020216]).eps(2 * math.pi / 0.5893)) ** 0.5, 3)  # polystyrene
    1.591
    """
    resonances = [Term(strength, 2, pole, 1) for strength, pole in zip(b, c_um2, strict=True)]
    return Formula((*resonances, *(Term(c, power) for c, power in added)), constant)


def poles(constant: float, b_um2: Sequence[float], c_um2: Sequence[float]) -> Formula:
    """n^2 = constant + sum of B / (lambda^2 - C)."""
    return Formula(tuple(Term(b, 0, c, 1) for b, c in zip(b_um2, c_um2, strict=True)), constant)


def gas(b: Sequence[float], c: Sequence[float]) -> Formula:
    """n = 1 + sum of B / (C - 1/lambda^2), B and C in 1/um^2."""
    return Formula(
        tuple(Term(strength / pole, 2, 1.0 / pole, 1) for strength, pole in zip(b, c, strict=True)), 1.0, "n"
    )


def numbered(number: int, coefficients: Sequence[float]) -> Formula:
    """One of the formulas of refractiveindex.info by its number, with the coefficients in the order of the site.

    Source: M. N. Polyanskiy, "Dispersion formulas", in the documentation of the database. Coefficients at the end may be left
    out where they are zero.

    >>> silica = numbered(1, [0, 0.6961663, 0.0684043, 0.4079426, 0.1162414, 0.8974794, 9.896161])
    >>> round(silica.eps(2 * math.pi / 1.55).real ** 0.5, 6)
    1.444024
    """
    return _FORMULAS[number](list(coefficients))


def _sellmeier_1(c: list[float]) -> Formula:
    return sellmeier(*_split([(b, root**2) for b, root in _pairs(c[1:])]), 1.0 + c[0])


def _sellmeier_2(c: list[float]) -> Formula:
    return sellmeier(*_split(_pairs(c[1:])), 1.0 + c[0])


def _split(pairs: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [a for a, _ in pairs], [b for _, b in pairs]


def _polynomial(c: list[float]) -> Formula:
    return Formula(tuple(Term(*pair) for pair in _pairs(c[1:])), c[0])


def _general(c: list[float]) -> Formula:
    c = c + [0.0] * (9 - len(c))
    # A resonance whose strength is zero stands for none: its exponents say nothing.
    first = [Term(b, power, base**exponent, 1) for b, power, base, exponent in (c[1:5], c[5:9]) if b]
    return Formula((*first, *(Term(*pair) for pair in _pairs(c[9:]))), c[0])


def _cauchy(c: list[float]) -> Formula:
    return Formula(tuple(Term(*pair) for pair in _pairs(c[1:])), c[0], "n")


def _gases(c: list[float]) -> Formula:
    simple = gas(*_split(_pairs(c[1:])))
    return Formula(simple.terms, 1.0 + c[0], "n")


def _herzberger(c: list[float]) -> Formula:
    c = c + [0.0] * (6 - len(c))
    powers = tuple(Term(value, power) for value, power in zip(c[3:], (2, 4, 6), strict=False))
    return Formula((Term(c[1], 0, 0.028, 1), Term(c[2], 0, 0.028, 2), *powers), c[0], "n")


def _retro(c: list[float]) -> Formula:
    c = c + [0.0] * (4 - len(c))
    return Formula((Term(c[1], 2, c[2], 1), Term(c[3], 2)), c[0], "ratio")


def _exotic(c: list[float]) -> Formula:
    c = c + [0.0] * (6 - len(c))
    return Formula((Term(c[1], 0, c[2], 1), Term(c[3], 1, -c[5], 1, c[4])), c[0])


_FORMULAS: dict[int, Callable[[list[float]], Formula]] = {
    1: _sellmeier_1, 2: _sellmeier_2, 3: _polynomial, 4: _general, 5: _cauchy, 6: _gases, 7: _herzberger, 8: _retro, 9: _exotic,
}  # fmt: skip
