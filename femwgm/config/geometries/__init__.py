"""The geometry kinds, one file each; a new kind joins by its import and its place in `Geometry`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from femwgm.config.geometries.base import Body
from femwgm.config.geometries.layered_sphere import LayeredSphere, SphereLayer
from femwgm.config.geometries.spheroid import Spheroid, SpheroidLayer

__all__ = ["Body", "Geometry", "LayeredSphere", "SphereLayer", "Spheroid", "SpheroidLayer"]

Geometry = Annotated[LayeredSphere | Spheroid, Field(discriminator="kind")]
"""Any geometry kind, told apart by `kind`."""
