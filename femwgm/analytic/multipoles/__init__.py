"""Exact modes of spheres on a common axis, by spherical waves about each centre."""

from __future__ import annotations

from femwgm.analytic.multipoles.ambient import up_to_its_end
from femwgm.analytic.multipoles.fields import StackField
from femwgm.analytic.multipoles.mode import StackMode
from femwgm.analytic.multipoles.peak import ModeVolume, mode_volume
from femwgm.analytic.multipoles.search import stack_modes
from femwgm.analytic.multipoles.system import Sphere

__all__ = ["ModeVolume", "Sphere", "StackField", "StackMode", "mode_volume", "stack_modes", "up_to_its_end"]
