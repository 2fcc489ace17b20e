"""From what the configuration states to media that can be evaluated."""

from __future__ import annotations

from femwgm.config.material_specs import (
    EpsMaterial,
    IndexMaterial,
    MaterialSpec,
    PresetMaterial,
    SellmeierMaterial,
    TableMaterial,
)
from femwgm.config.schema import RunConfig
from femwgm.ground.units import k0_from_wavelength
from femwgm.materials.dispersion import Constant, Sellmeier, Table
from femwgm.materials.material import Material
from femwgm.materials.presets import PRESETS

__all__ = ["material", "materials_from_config"]


def material(name: str, spec: MaterialSpec) -> Material:
    """The medium that one entry under `materials` states."""
    if isinstance(spec, PresetMaterial):
        preset = PRESETS[spec.preset]
        return Material(name, preset.law, preset.axial_law, spec.axis, preset.validity_um, preset.source)
    if isinstance(spec, IndexMaterial):
        return Material(name, Constant(complex(spec.n, spec.k) ** 2), source="constant index")
    if isinstance(spec, EpsMaterial):
        return Material(name, Constant(spec.eps), source="constant permittivity")
    if isinstance(spec, SellmeierMaterial):
        law = Sellmeier(spec.sellmeier.B, spec.sellmeier.C_um2)
        return Material(name, law, validity_um=spec.range_um, source="Sellmeier formula")
    if isinstance(spec, TableMaterial):
        table = spec.table
        absorption = table.k or (0.0,) * len(table.n)
        validity = (table.wavelength_um[0], table.wavelength_um[-1])
        source = f"table {table.source}" if table.source else "table"
        return Material(
            name, Table(table.wavelength_um, table.n, absorption), validity_um=validity, source=source
        )
    across = Constant(complex(spec.n_ordinary, spec.k_ordinary) ** 2)
    along = Constant(complex(spec.n_extraordinary, spec.k_extraordinary) ** 2)
    return Material(name, across, along, spec.axis, source="constant uniaxial index")


def materials_from_config(config: RunConfig) -> dict[str, Material]:
    """Every medium of a configuration by name.

    Raises
    ------
    MaterialError
        When a medium that the geometry uses is not known over the whole window.
    """
    media = {name: material(name, spec) for name, spec in config.materials.items()}
    for name in config.geometry.region_materials.values():
        for end in config.modes.window_um:
            media[name].require(k0_from_wavelength(end))
    return media
