"""Numbers of modes, one a line: what `bend`, `couple` and `sense` print and write."""

from __future__ import annotations

from typing import NamedTuple


class Quantity(NamedTuple):
    """A number of a mode with its unit and its absolute error, None where nothing tells it."""

    mode: str
    quantity: str
    value: float
    unit: str
    error: float | None

    @property
    def cells(self) -> tuple[str, str, float, str, str | None]:
        """The line of a table, whose heading is `Quantity._fields`."""
        return *self[:2], float(self.value), self.unit, None if self.error is None else f"{self.error:.6g}"
