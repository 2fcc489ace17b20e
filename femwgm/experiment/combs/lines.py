"""The lines of one family, as every engine gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from femwgm.ground.typing import Array, IntArray


@dataclass(frozen=True)
class Lines:
    """One family over its azimuthal orders.

    Attributes
    ----------
    pol, q, p
        Labels; l = m + p.
    m
        Azimuthal orders, ascending.
    frequency, error
        Frequencies and their errors (Hz).
    pump
        Azimuthal order of the line that mu counts from.
    source
        Which engine they come from.
    shift
        Orders from the pump, and by how much a richer solution moves the line there (Hz): a smooth curve; None where exact.
    energy
        Share of the electric energy of each region at the pump.
    kerr_um3
        (int |E|^2 dV)^2 / int |E|^4 dV over each region at the pump (um^3).
    kerr_error
        Relative error of these.
    notes
        What the user should know, in words.
    """

    pol: str
    q: int
    p: int
    m: IntArray
    frequency: Array
    error: Array
    pump: int
    source: str
    energy: Mapping[str, float]
    kerr_um3: Mapping[str, float]
    kerr_error: float
    shift: tuple[Array, Array] | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def mu(self) -> Array:
        """Orders from the pumped line."""
        return (self.m - self.pump).astype(float)

    @property
    def name(self) -> str:
        """E.g. 'TE q=1 p=0'."""
        return f"{self.pol} q={self.q} p={self.p}"
