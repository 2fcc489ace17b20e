"""The geometry kinds, one idea a file; a new kind joins by its import and its place in `Geometry`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from femwgm.config.geometries.axial_stack import AxialStack, StackedSphere
from femwgm.config.geometries.base import Body
from femwgm.config.geometries.layered_sphere import LayeredSphere, SphereLayer
from femwgm.config.geometries.long_bodies import Bottle, Capillary, Cavity
from femwgm.config.geometries.mesh_file import MeshBody, MeshPiece
from femwgm.config.geometries.outlined import Coating, Enclosure, OutlinedBody, Substrate
from femwgm.config.geometries.profile import Profile, ProfileRegion
from femwgm.config.geometries.rounds import Disk, Hemisphere, PedestalSphere, Pillar, Ring, Toroid, Torus
from femwgm.config.geometries.spheroid import Spheroid, SpheroidLayer
from femwgm.config.geometries.stack import Stack

__all__ = [
    "AxialStack",
    "Body",
    "Bottle",
    "Capillary",
    "Cavity",
    "Coating",
    "Disk",
    "Enclosure",
    "Geometry",
    "Hemisphere",
    "LayeredSphere",
    "MeshBody",
    "MeshPiece",
    "OutlinedBody",
    "PedestalSphere",
    "Pillar",
    "Profile",
    "ProfileRegion",
    "Ring",
    "SphereLayer",
    "Spheroid",
    "SpheroidLayer",
    "Stack",
    "StackedSphere",
    "Substrate",
    "Toroid",
    "Torus",
]

Geometry = Annotated[
    LayeredSphere
    | Spheroid
    | Disk
    | Ring
    | Torus
    | Toroid
    | Hemisphere
    | PedestalSphere
    | Bottle
    | Capillary
    | Cavity
    | Profile
    | MeshBody
    | AxialStack
    | Stack,
    Field(discriminator="kind"),
]
"""Any geometry kind, told apart by `kind`."""
