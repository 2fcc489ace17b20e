"""From what the configuration states to media that can be evaluated."""

from __future__ import annotations

from dataclasses import replace

from femwgm.config.material_specs import (
    EpsMaterial,
    IndexMaterial,
    MaterialSpec,
    PresetMaterial,
    PublishedMaterial,
    PublishedMedium,
    SellmeierMaterial,
    TableMaterial,
    UniaxialLaws,
)
from femwgm.config.schema import RunConfig
from femwgm.errors import MaterialError
from femwgm.ground.units import k0_from_wavelength
from femwgm.materials.bounds import demand_tractable
from femwgm.materials.dispersion import Absorbing, Constant, Law, Raised, Table
