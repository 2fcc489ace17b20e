"""Bodies of revolution of any cross-section: modes searched for, meshed for and solved without an exact list."""

from __future__ import annotations

from femwgm.bodies.run import BodyResult, is_general, solve_body

__all__ = ["BodyResult", "is_general", "solve_body"]
