"""The analytic modes of a configuration, as rows of modes.csv."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from femwgm.config import RunConfig
from femwgm.errors import ConfigError
from femwgm.ground.columns import SHARES, columns
from femwgm.materials import Material, materials_from_config

if TYPE_CHECKING:
    from femwgm.analytic import ExactMode

__all__ = ["exact_rows"]


def exact_rows(config: RunConfig) -> list[dict[str, Any]]:
    """Rows of the exact solution, shortest wavelength first.

    Raises
    ------
    ConfigError
        When the body has no exact solution, or no mode lies in the window.
    """
    from femwgm.finders.exact_list import exact_sphere, expected_modes

    materials = materials_from_config(config)
    _require_exact(config, materials)
    sphere = exact_sphere(config, materials)
    regions = config.geometry.regions
    rows = []
    for wanted in expected_modes(config, materials):
        begin = time.perf_counter()
        mode = sphere.mode(wanted.pol, wanted.l, wanted.q, window_um=_around(config)).with_m(wanted.m)
        row = _row(mode, regions)
        rows.append({**row, "seconds": time.perf_counter() - begin})
    return sorted(rows, key=lambda row: (row["wavelength_nm"], row["pol"], row["m"]))


def _require_exact(config: RunConfig, materials: Mapping[str, Material]) -> None:
    """Refuse what no exact solution describes."""
    geometry = config.geometry
    if geometry.kind != "layered_sphere":
        raise ConfigError(
            "has no exact solution", key="geometry.kind", value=geometry.kind, remedy="use 'femwgm run'"
        )
    for name in geometry.region_materials.values():
        if materials[name].axis == "z":
            raise ConfigError(
                "a sphere with its optic axis along z has no exact solution",
                key=f"materials.{name}.axis",
                value="z",
                remedy="use 'axis: radial', or 'femwgm run'",
            )


def _around(config: RunConfig) -> tuple[float, float]:
    """The window with a little room for rounding at its ends."""
    lo, hi = config.modes.window_um
    return lo * (1.0 - 1e-12), hi * (1.0 + 1e-12)


def _row(mode: ExactMode, regions: tuple[str, ...]) -> dict[str, Any]:
    """One exact mode as a row; what does not apply is None."""
    row: dict[str, Any] = {name: _finite(getattr(mode, name, None)) for name in columns(())}
    row.update(k0_re_per_um=mode.k0.real, k0_im_per_um=mode.k0.imag, log10_q_rad=mode.log10_q_rad)
    for share in SHARES:
        values = getattr(mode, share)
        row.update({f"{share}_{region}": _finite(values[i]) for i, region in enumerate(regions)})
    return row


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
