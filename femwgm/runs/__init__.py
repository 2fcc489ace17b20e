"""A run from a configuration to its modes, for every body, and to its folder."""

from __future__ import annotations

from femwgm.runs.run import part, run, run_into

__all__ = ["part", "run", "run_into"]
