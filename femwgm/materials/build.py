"""From what the configuration states to media that can be evaluated."""

from __future__ import annotations

from dataclasses import replace

from femwgm.config.index_files import PublishedMedium
from femwgm.config.material_specs import (
    EpsMaterial,
    IndexMaterial,
    MaterialSpec,
    MixedMaterial,
    PresetMaterial,
    PublishedMaterial,
    SellmeierMaterial,
    TableMaterial,
    UniaxialLaws,
)
from femwgm.config.schema import RunConfig
from femwgm.errors import MaterialError
from femwgm.ground.units import k0_from_wavelength
from femwgm.materials.bounds import demand_tractable
from femwgm.materials.dispersion import Absorbing, Constant, Law, Mixed, Raised, Table
from femwgm.materials.formulas import numbered, sellmeier
from femwgm.materials.material import Material
from femwgm.materials.presets import PRESETS


def material(name: str, spec: MaterialSpec) -> Material:
    """The medium that one entry under `materials` states."""
    medium = _stated(name, spec)
    if not spec.dn:
        return medium
    axial = None if medium.axial_law is None else Raised(medium.axial_law, spec.dn)
    return replace(
        medium,
        law=Raised(medium.law, spec.dn),
        axial_law=axial,
        source=f"{medium.source}, index raised by {spec.dn:.3g}",
    )


def _stated(name: str, spec: MaterialSpec) -> Material:
    if isinstance(spec, PresetMaterial):
        preset = PRESETS[spec.preset]
        return Material(name, preset.law, preset.axial_law, spec.axis, preset.validity_um, preset.source)
    if isinstance(spec, IndexMaterial):
        return Material(name, Constant(complex(spec.n, spec.k) ** 2), source="constant index")
    if isinstance(spec, EpsMaterial):
        return Material(name, Constant(spec.eps), source="constant permittivity")
    if isinstance(spec, SellmeierMaterial):
        formula = spec.sellmeier
        law = sellmeier(formula.B, formula.C_um2, formula.A, formula.added)
        return Material(name, law, validity_um=spec.range_um, source="Sellmeier formula")
    if isinstance(spec, TableMaterial):
        table = spec.table
        absorption = table.k or (0.0,) * len(table.n)
        validity = (table.wavelength_um[0], table.wavelength_um[-1])
        source = f"table {table.source}" if table.source else "table"
        return Material(
            name, Table(table.wavelength_um, table.n, absorption), validity_um=validity, source=source
        )
    if isinstance(spec, PublishedMaterial):
        stated = spec.refractiveindex
        source = f"refractiveindex.info, {stated.source}" if stated.source else "refractiveindex.info"
        return Material(name, _published(stated), validity_um=stated.validity_um, source=source)
    if isinstance(spec, MixedMaterial):
        inner, outer = material(name, spec.mix.inner), material(name, spec.mix.outer)
        source = f"{inner.source} and {outer.source}, mixed"
        return Material(
            name,
            Mixed(inner.law, outer.law, spec.mix.share),
            validity_um=_common(inner, outer),
            source=source,
        )
    if isinstance(spec, UniaxialLaws):
        ordinary, extraordinary = material(name, spec.ordinary), material(name, spec.extraordinary)
        both = _common(ordinary, extraordinary)
        source = f"{ordinary.source} (ordinary), {extraordinary.source} (extraordinary)"
        return Material(name, ordinary.law, extraordinary.law, spec.axis, both, source)
    across = Constant(complex(spec.n_ordinary, spec.k_ordinary) ** 2)
    along = Constant(complex(spec.n_extraordinary, spec.k_extraordinary) ** 2)
    return Material(name, across, along, spec.axis, source="constant uniaxial index")


def _common(*media: Material) -> tuple[float, float] | None:
    """The wavelengths (um) at which all media are known."""
    known = [medium.validity_um for medium in media if medium.validity_um is not None]
    return (max(lo for lo, _ in known), min(hi for _, hi in known)) if known else None


def _published(stated: PublishedMedium) -> Law:
    law: Law
    if stated.index is not None:
        law = Table(stated.index.wavelength_um, stated.index.n, (0.0,) * len(stated.index.n))
    else:
        assert stated.formula is not None
        law = numbered(stated.formula, stated.coefficients)
    if stated.absorption is None or not any(stated.absorption.k):
        return law
    return Absorbing(law, stated.absorption.wavelength_um, stated.absorption.k)


def materials_from_config(config: RunConfig) -> dict[str, Material]:
    """Every medium of a configuration by name.

    Raises
    ------
    MaterialError
        When a medium that the geometry uses is not known over the whole window, or is none.
    ConfigError
        When the body is too large, or holds more modes, than can be computed.
    """
    media = {}
    for name, spec in config.materials.items():
        try:
            media[name] = material(name, spec)
        except OverflowError:
            raise _beyond(name) from None
    for name in config.geometry.region_materials.values():
        for end in config.modes.window_um:
            k0 = k0_from_wavelength(end)
            media[name].require(k0)
            try:
                values = media[name].permittivity(k0), media[name].permittivity_axial(k0)
            except (OverflowError, ZeroDivisionError):
                raise _beyond(name) from None
            if not all(_LEAST <= abs(value) <= _MOST for value in values):
                raise _beyond(name)
    demand_tractable(config, media)
    return media


def media_of(config: RunConfig) -> dict[str, Material]:
    """Material of each region of a configuration; refused as by `materials_from_config`."""
    materials = materials_from_config(config)
    return {region: materials[name] for region, name in config.geometry.region_materials.items()}


_LEAST, _MOST = 1e-10, 1e10
"""Moduli of permittivities that the formulas were tried with."""


def _beyond(name: str) -> MaterialError:
    return MaterialError(
        f"material {name!r}: the permittivity in the window is not a number between {_LEAST:g} and {_MOST:g};"
        " check its index or formula"
    )
