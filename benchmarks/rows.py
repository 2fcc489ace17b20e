"""A line of the benchmark's table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table; `error` is relative (of Q in `q_error`), times are of the best repetition."""

    case: str
    solver: str
    setting: str
    error: float | None
    wall: float
    cpu: float
    unknowns: int | None = None
    q_error: float | None = None
    note: str = ""
    size: float | None = None
