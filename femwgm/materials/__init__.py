"""Media: permittivity at any complex k0 inside its range, its slope, its source."""

from __future__ import annotations

from femwgm.materials.build import material, materials_from_config, media_of
from femwgm.materials.material import Material
from femwgm.materials.presets import PRESETS

__all__ = ["PRESETS", "Material", "material", "materials_from_config", "media_of"]
