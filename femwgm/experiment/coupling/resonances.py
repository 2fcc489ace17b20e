"""The modes of a configuration as a coupler meets them: exact for layered spheres, by finite elements for other bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from femwgm.config.schema import RunConfig
from femwgm.experiment.combs.exact import layer_integrals
from femwgm.experiment.coupling.plane import Resonance
from femwgm.experiment.rough import rough_q
from femwgm.finders.exact_list import exact_sphere, expected_modes, has_exact_modes
from femwgm.geometry.build import section_of
from femwgm.ground.typing import Array, ComplexArray
from femwgm.materials import Material

_ROUNDING = 1e-13
"""Relative error of a wavelength of the exact sphere."""


def resonances(
    config: RunConfig, materials: dict[str, Material], progress: Any = None
) -> list[tuple[str, Resonance]]:
    """Every mode with m > 0 and its polarization, the shortest wavelength first.

    Raises
    ------
    ConfigError, SolveError
        As `femwgm.run`.
    """
    isotropic = all(materials[name].axis is None for name in config.geometry.region_materials.values())
    exact = isotropic and has_exact_modes(config, materials, 4.0 * np.pi / sum(config.modes.window_um))
    found = _of_sphere(config, materials, rough_q(config, progress)) if exact else _of_body(config, progress)
    return sorted(found, key=lambda pair: pair[1].wavelength_nm)


def _of_sphere(
    config: RunConfig, materials: dict[str, Material], rough: Mapping[str, tuple[float | None, float | None]]
) -> list[tuple[str, Resonance]]:
    sphere = exact_sphere(config, materials)
    lo, hi = config.modes.window_um
    out = []
    for wanted in expected_modes(config, materials):
        if not wanted.m:
            continue
        mode = sphere.mode(wanted.pol, wanted.l, wanted.q, (lo * (1 - 1e-9), hi * (1 + 1e-9))).with_m(
            wanted.m
        )
        media = [materials[name] for name in config.geometry.region_materials.values()]
        eps = [m.permittivity(mode.k0.real).real for m in media]
        total = sum(e * square for e, (square, _) in zip(eps, layer_integrals(mode), strict=True))
        # What dispersion adds to the energy is what it takes from the shift by an index.
        slower = (
            sum(np.sqrt(e) * v for e, v in zip(eps, mode.dlambda_dn_nm.values(), strict=True))
            / mode.wavelength_nm
        )

        def fields(r: Array, z: Array, mode: Any = mode) -> tuple[ComplexArray, ComplexArray]:
            return mode.field(r, z), mode.magnetic_field(r, z)

        name = f"{mode.pol} q={mode.q} l={mode.l} m={mode.m}"
        q, q_error = rough.get(name, (mode.q_total, 0.0))
        q = q if q is not None and np.isfinite(q) and 0.0 < q < 1e15 else None
        found = Resonance(
            name, mode.wavelength_nm, mode.k0.real, mode.m, sphere.outer_radius_um, 0.0, 0.5 * float(total) / slower, fields, q,
            _or_unknown(q_error), 1e-9, _ROUNDING,
        )  # fmt: skip
        out.append((mode.pol, found))
    return out


def _of_body(config: RunConfig, progress: Any) -> list[tuple[str, Resonance]]:
    from femwgm.runs.loop import run

    section = section_of(config.geometry)
    points = np.concatenate(
        [piece.outline.polygon for piece in section.pieces if piece.region in config.geometry.solid]
    )
    farthest = points[points[:, 0] > points[:, 0].max() * (1.0 - 1e-9)]
    radius, height = float(points[:, 0].max()), float(0.5 * (farthest[:, 1].min() + farthest[:, 1].max()))
    out = []
    for mode in run(config, progress=progress).modes:
        if not mode.m:
            continue
        q = mode.q_total if mode.q_total and 0.0 < mode.q_total < 1e15 else None
        error = max(mode.share_error or 0.0, mode.wavelength_error or 0.0)

        def fields(r: Array, z: Array, mode: Any = mode) -> tuple[ComplexArray, ComplexArray]:
            return mode.field(r, z), mode.magnetic_field(r, z)

        found = Resonance(
            f"{mode.pol} q={mode.q} p={mode.p} m={mode.m}", mode.wavelength_nm, mode.k0.real, mode.m, radius, height,
            0.5 * mode.integrals.stored, fields, q, _or_unknown(mode.q_total_error), error,
            _or_unknown(mode.wavelength_error), 1e3 * float(mode.extra.get("pair_splitting_ghz") or 0.0),
        )  # fmt: skip
        out.append((mode.pol, found))
    return out


def _or_unknown(error: float | None) -> float:
    return np.nan if error is None else error
