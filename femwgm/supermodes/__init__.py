"""Modes of spheres on a common axis by spherical waves, put on cells where fields are wanted."""

from __future__ import annotations

from femwgm.supermodes.run import solve_stack

__all__ = ["solve_stack"]
