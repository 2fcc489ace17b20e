"""What the steps of a graded layer do to a mode: the same sphere in half and in a quarter as many steps, and Richardson's limit.

Within a step the permittivity is its mean, so a wavenumber errs by a multiple of the square of the thickness of the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from femwgm.config.material_specs import MixedMaterial
from femwgm.config.schema import RunConfig
from femwgm.errors import FemwgmError
from femwgm.materials.build import material

_SAFETY = 3.0
"""Over the difference of two limits by 15, which is the error of the better one as far as the fourth power goes."""


@dataclass(frozen=True)
class Smooth:
    """From the stepped to the smooth body: relative shift of k0, its relative error, and that of everything else."""

    shift: float
    error: float
    others: float


def smoothing(config: RunConfig) -> Callable[[str, int, int, complex], Smooth | None] | None:
    """What to do with a mode (pol, l, q, k0 of the stepped sphere); None where no layer is graded."""
    specs = [config.materials[layer.material] for layer in getattr(config.geometry, "layers", ())]
    if config.geometry.kind != "layered_sphere" or not any(_step(spec) for spec in specs):
        return None
    from femwgm.analytic import LayeredSphere

    coarser = [LayeredSphere(*_merged(config, count)) for count in (2, 4)]

    def smooth(pol: str, l: int, q: int, k0: complex) -> Smooth | None:
        wavelength = 2.0 * np.pi / k0.real
        near = (0.97 * wavelength, 1.03 * wavelength)
        with suppress(FemwgmError):
            half, quarter = (sphere.mode(pol, l, q, near).k0 for sphere in coarser)
            limit, before = k0 + (k0 - half) / 3.0, half + (half - quarter) / 3.0
            error = _SAFETY * abs(limit - before) / 15.0 / abs(k0)
            shift = (limit - k0).real / k0.real
            return Smooth(float(shift), float(error), float(10.0 * abs(shift)))
        return None

    return smooth


def _step(spec: Any) -> bool:
    return isinstance(spec, MixedMaterial) and spec.mix.step


def _merged(config: RunConfig, count: int) -> tuple[list[float], list[Any]]:
    """Radii and media with every `count` steps made one."""
    radii: list[float] = []
    media: list[Any] = []
    layers = list(zip(config.geometry.layers, config.geometry.radii_um, strict=True))  # type: ignore[union-attr]

    def owner(pair: Any) -> str:
        return (
            str(pair[0].name.rpartition("_")[0])
            if _step(config.materials[pair[0].material])
            else pair[0].name
        )

    for _, run in groupby(layers, key=owner):
        steps = list(run)
        size = count if _step(config.materials[steps[0][0].material]) else 1
        for i in range(0, len(steps), size):
            part = steps[i : i + size]
            spec: Any = config.materials[part[0][0].material]
            if size > 1:
                share = float(np.mean([config.materials[layer.material].mix.share for layer, _ in part]))  # type: ignore[union-attr]
                spec = spec.model_copy(update={"mix": spec.mix.model_copy(update={"share": share})})
            radii.append(part[-1][1])
            media.append(material(part[-1][0].name, spec))
    media.append(material(config.geometry.ambient, config.materials[config.geometry.ambient]))
    return radii, media


def smoothed_row(row: Mapping[str, Any], smooth: Smooth) -> dict[str, Any]:
    """A row of modes.csv of the exact solution, moved to the smooth body."""
    factor = 1.0 + smooth.shift
    moved = {
        name: row[name] * factor
        for name in ("k0_re_per_um", "k0_im_per_um", "frequency_thz")
        if row.get(name)
    }
    moved |= {name: row[name] / factor for name in ("wavelength_nm", "n_eff") if row.get(name)}
    return {**row, **moved, "wavelength_error": smooth.error + (row.get("wavelength_error") or 0.0)}
