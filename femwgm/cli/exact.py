"""The analytic modes of a configuration, as rows of modes.csv."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from femwgm.config import RunConfig
from femwgm.errors import ConfigError
from femwgm.materials import Material, materials_from_config


def exact_rows(config: RunConfig, formulas: bool = False) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of the exact solution, shortest wavelength first, and remarks; with `formulas` also the wavelengths those give.

    Raises
    ------
    ConfigError
        When the body has no exact solution, or no mode lies in the window.
    """
    from femwgm.analytic.formulas import by_formulas
    from femwgm.analytic.table import mode_row
    from femwgm.finders.exact_list import exact_modes, exact_sphere, expected_modes, metal_notes
    from femwgm.finders.low_q import table_notes
    from femwgm.finders.steps import smoothed_row, smoothing

    materials = materials_from_config(config)
    _require_exact(config, materials)
    sphere = exact_sphere(config, materials)
    regions = config.geometry.regions
    smooth = smoothing(config)
    rows = []
    expected_modes(config, materials)  # refuses a window without modes, and names the nearest
    modes = exact_modes(config, sphere)
    for mode in modes:
        begin = time.perf_counter()
        row = {**mode_row(mode, regions), "seconds": time.perf_counter() - begin}
        if smooth is not None and (found := smooth(mode.pol, mode.l, mode.q, mode.k0)) is not None:
            row = smoothed_row(row, found)
        rows.append({**row, **by_formulas(mode)} if formulas else row)
    rows.sort(key=lambda row: (row["wavelength_nm"], row["pol"], row["m"]))
    return rows, metal_notes(config, materials) + table_notes(config, materials, modes)


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


def show_formulas(rows: Sequence[Mapping[str, Any]], title: str) -> None:
    """Print exact wavelengths beside those of the formulas."""
    from femwgm.analytic.formulas import FORMULAS
    from femwgm.cli.tables import console, notes, plain_table

    screen = console()
    heads = [name for formula in FORMULAS for name in (formula.replace("_", "-").title(), "difference\n(nm)")]
    table = plain_table(title, ("mode", "q", "l", "exact\n(nm)", *heads))
    for row in rows:
        cells = [str(row["pol"]), str(row["q"]), str(row["l"]), f"{row['wavelength_nm']:.6f}"]
        for formula in FORMULAS:
            found, difference = row[f"{formula}_nm"], row[f"{formula}_difference_nm"]
            cells += ["", ""] if found is None else [f"{found:.6f}", f"{difference:+.2g}"]
        table.add_row(*cells)
    screen.print(table)
    if any(row[f"{formula}_nm"] is None for row in rows for formula in FORMULAS):
        notes(
            ["the formulas hold for a homogeneous, isotropic sphere that is denser than its ambient"], screen
        )
