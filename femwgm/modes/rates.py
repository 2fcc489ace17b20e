"""Rates of loss, 1/Q, with their errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """1/Q of a loss, negative for gain, and its absolute error."""

    value: float
    error: float

    @property
    def resolved(self) -> bool:
        """Whether the sign is known."""
        return self.error < abs(self.value)

    @property
    def floor(self) -> float | None:
        """Lower bound of |Q| (None where the rate is exactly zero)."""
        largest = abs(self.value) + self.error
        return 1.0 / largest if largest > 0.0 else None


def loss_rate(k0: complex) -> float:
    """1/Q = -2 Im k0 / Re k0.

    >>> loss_rate(10.0 - 0.5j)
    0.1
    """
    k0 = complex(k0)
    return -2.0 * k0.imag / k0.real


def added(rates: Sequence[Rate]) -> Rate:
    """The sum of independent channels.

    >>> added([Rate(0.5, 0.125), Rate(-0.25, 0.25)])
    Rate(value=0.25, error=0.375)
    """
    return Rate(sum(r.value for r in rates), sum(r.error for r in rates))


def better(first: Rate, second: Rate) -> Rate:
    """The rate with the smaller error, raised by what of their disagreement the other's error does not explain.

    >>> better(Rate(1.0, 0.01), Rate(1.25, 0.125)).error
    0.125
    """
    best, other = sorted((first, second), key=lambda rate: rate.error)
    return Rate(best.value, max(best.error, abs(best.value - other.value) - other.error))
