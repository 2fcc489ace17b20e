"""Error bars of the input: what the stated tolerances of lengths and indices do to the numbers of a mode.

A tolerance is a standard deviation. The configuration is changed by it, key by key; the lengths and indices that differ then act
through the derivatives of the mode, to first order. Keys are independent and add in squares; keys joined by " + " move together.
On layered spheres the free spectral range and the shares follow from the exact solution of the changed sphere; on other bodies
the free spectral range does from the derivatives of a mode's neighbours in m.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from femwgm.config.load import load_config
from femwgm.config.quantity import length_um
from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError
from femwgm.geometry.lengths import by_radii, named_lengths
from femwgm.modes.mode import Mode

_STEP = 0.5
"""Part of a tolerance by which the exact sphere is changed to either side."""


def with_input_errors(mode: Mode, config: RunConfig) -> Mode:
    """The mode with the columns that its configuration's tolerances lead to; relative, of the shares absolute."""
    if not config.tolerances or mode.differentiate is None:
        return mode
    slopes = mode.derivatives
    squares: dict[str, float] = {}

    def add(name: str, value: float) -> None:
        squares[name] = squares.get(name, 0.0) + value**2

    for key, size in config.tolerances.items():
        changes = dict(_changes(config, key, size))
        add(
            "wavelength_input_error",
            sum(slopes.wavelength_nm[n] * d for n, d in changes.items()) / mode.wavelength_nm,
        )
        if mode.q_total is not None and all(n in slopes.ln_q_total for n in changes):
            add("q_total_input_error", sum(slopes.ln_q_total[n] * d for n, d in changes.items()))
        for name, value in _exactly(mode, config, key, size).items():
            add(name, value)
    columns = {name: float(np.sqrt(value)) for name, value in squares.items() if np.isfinite(value)}
    return replace(mode, extra={**mode.extra, **columns}, differentiate=partial(_known, slopes))


def _known(slopes: Any) -> Any:
    """Derivatives that are computed already."""
    return slopes


def with_fsr_errors(modes: Sequence[Mode], config: RunConfig) -> tuple[list[Mode], list[str]]:
    """The modes of a run with the column of the free spectral range where it has none yet, and lines on what stays unknown.

    Between m - 1 and m + 1, or a mode and its only neighbour, of one family.
    """
    if not config.tolerances:
        return list(modes), []
    by_order = {(mode.family, mode.m): mode for mode in modes if mode.differentiate is not None}
    out: list[Mode] = []
    for mode in modes:
        low, high = (by_order.get((mode.family, mode.m + step), mode) for step in (-1, 1))
        if "fsr_input_error" not in mode.extra and mode.differentiate is not None and low.m < high.m:
            apart = [
                sum(
                    (low.derivatives.wavelength_nm[n] - high.derivatives.wavelength_nm[n]) * d
                    for n, d in _changes(config, key, size)
                )
                for key, size in config.tolerances.items()
            ]
            error = float(np.linalg.norm(apart) / abs(low.wavelength_nm - high.wavelength_nm))
            mode = replace(mode, extra={**mode.extra, "fsr_input_error": error})
        out.append(mode)
    lines = []
    if alone := [mode.label for mode in out if "fsr_input_error" not in mode.extra]:
        lines.append(
            f"tolerances: no fsr_input_error of {', '.join(alone[:4])}: it takes the neighbour in m, which is not in the table"
        )
    if any("share_input_error" not in mode.extra for mode in out):
        lines.append("tolerances: share_input_error is given for layered spheres only")
    return out, lines


def demand_meaningful(config: RunConfig) -> None:
    """Refuse tolerances that change nothing: of keys that are none, or lengths that nothing follows.

    Raises
    ------
    ConfigError
        For the first of them.
    """
    for key, size in config.tolerances.items():
        rule = "changes no length or index that the modes follow"
        try:
            found = dict(_changes(config, key, size))
        except (ValueError, ConfigError):
            rule, found = "is not a length of the geometry", {}
        if not found:
            lengths = ", ".join(named_lengths(config.geometry)) or "none"
            raise ConfigError(
                rule, key=f"tolerances.{key}", value=size,
                remedy=f"name a length that the configuration states; those of this body are {lengths}",
            )  # fmt: skip


def _changes(config: RunConfig, key: str, size: float | str) -> Iterator[tuple[str, float]]:
    """Parameters of `femwgm.solver.derivatives.Derivatives` that a key changes, and by how much."""
    indices: dict[str, float] = {}
    for part in _parts(key):
        if part[0] == "materials":
            _, material, quantity = part
            for region, name in config.geometry.region_materials.items():
                if name == material:
                    indices[f"{quantity}_{region}"] = float(size)
    yield from indices.items()
    moved = shifted(config, key, size, 1.0).geometry
    lengths = named_lengths(config.geometry)
    before, after = by_radii(config.geometry), by_radii(moved)
    for name, path in lengths.items():
        change = _at(after, path) - _at(before, path)
        if change != 0.0:
            yield name, change


def _parts(key: str) -> list[list[str]]:
    return [part.strip().split(".") for part in key.split("+")]


def _at(model: Any, path: tuple[str | int, ...]) -> float:
    for part in path:
        model = model[part] if isinstance(part, int) else getattr(model, part)
    return float(model)


def shifted(config: RunConfig, key: str, size: float | str, factor: float) -> RunConfig:
    """The configuration with every part of a key raised by a tolerance times a factor."""
    overrides = []
    for part in _parts(key):
        before = value_at(config, part)
        if part[0] == "materials":
            overrides.append(f"{'.'.join(part)}={float(before or 0.0) + factor * float(size)!r}")
        else:
            overrides.append(f"{'.'.join(part)}={length_um(before) + factor * length_um(size)!r} um")
    return load_config(config.model_copy(update={"tolerances": {}}), overrides)


def value_at(config: RunConfig, path: list[str]) -> Any:
    """What the resolved configuration holds at a path; entries of lists by name. None where there is nothing."""
    here: Any = config.model_dump(mode="json", by_alias=True, exclude_none=True)
    for part in path:
        if isinstance(here, list):
            names = (
                (entry.get("name") if isinstance(entry, Mapping) else None, str(i))
                for i, entry in enumerate(here)
            )
            here = next((entry for entry, known in zip(here, names, strict=True) if part in known), None)
        else:
            here = here.get(part) if isinstance(here, Mapping) else None
    return here


def _exactly(mode: Mode, config: RunConfig, key: str, size: float | str) -> dict[str, float]:
    """Changes of the free spectral range (relative) and of the largest share (absolute) of the exact sphere."""
    from femwgm.finders.exact_list import exact_sphere
    from femwgm.materials import materials_from_config

    if mode.expected_k0 is None or mode.l is None or mode.fsr_nm is None:
        return {}
    wide = config.modes.window_um[0] * 0.98, config.modes.window_um[1] * 1.02
    moved = []
    for sign in (_STEP, -_STEP):
        changed = shifted(config, key, size, sign)
        exact = (
            exact_sphere(changed, materials_from_config(changed))
            .mode(mode.pol, mode.l, mode.q, wide)
            .with_m(mode.m)
        )
        moved.append((exact.fsr_nm, np.array(list(exact.energy.values()))))
    (one, first), (two, second) = moved
    return {
        "fsr_input_error": (one - two) / (2.0 * _STEP * mode.fsr_nm),
        "share_input_error": float(np.nanmax(np.abs(first - second))) / (2.0 * _STEP),
    }
