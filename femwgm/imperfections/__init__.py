"""Spheres as they are: rough, uneven, elliptic or off centre, by degenerate perturbation theory of the exact modes."""

from __future__ import annotations

from femwgm.imperfections.multiplet import Multiplet, multiplet
from femwgm.imperfections.relief import Relief

__all__ = ["Multiplet", "Relief", "multiplet"]
