"""Fields of stacks as numbers: the amplitudes of their spherical waves, from which and the configuration they come back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from femwgm.analytic.multipoles.fields import Expansion, StackField
from femwgm.analytic.multipoles.system import Couplings, System
from femwgm.config.geometries import AxialStack
from femwgm.config.schema import RunConfig
from femwgm.fem.field import CellField
from femwgm.fem.formula_field import SampledField
from femwgm.ground.typing import ComplexArray
from femwgm.materials import materials_from_config
from femwgm.stacks.derivatives import spheres_of


def waves_of(field: CellField) -> tuple[dict[str, Any], ComplexArray] | None:
    """Which waves a field is made of, and their amplitudes at its wavenumber; None for a field that is of no stack."""
    if not (isinstance(field, SampledField) and isinstance(field.formula, StackField)):
        return None
    waves = field.formula.mode
    couplings = waves.system.couplings
    what = {
        "m": waves.m, "tops": [int(wave.degrees[-1]) for wave in couplings.waves], "span": list(couplings.span),
        "polarizations": list(waves.system.polarizations),
    }  # fmt: skip
    return what, np.asarray(waves.amplitudes * field.factor)


def reader(config: RunConfig) -> Callable[[dict[str, Any], complex, ComplexArray], StackField]:
    """A function that makes fields of a stack from which waves they are, a wavenumber (rad/um) and amplitudes."""
    geometry = config.geometry
    assert isinstance(geometry, AxialStack)
    materials = materials_from_config(config)
    spheres = spheres_of(
        geometry, {region: materials[name] for region, name in geometry.region_materials.items()}
    )

    @cache
    def system(
        m: int, tops: tuple[int, ...], span: tuple[float, float], polarizations: tuple[bool, ...]
    ) -> System:
        return System(Couplings(spheres, m, tops, span), polarizations)

    def read(what: dict[str, Any], k0: complex, amplitudes: ComplexArray) -> StackField:
        low, high = what["span"]
        made = system(what["m"], tuple(what["tops"]), (low, high), tuple(what["polarizations"]))
        if amplitudes.shape != (made.size,):
            raise ValueError("amplitudes do not fit the stack")
        return StackField(Expansion(what["m"], k0, amplitudes, made))

    return read
