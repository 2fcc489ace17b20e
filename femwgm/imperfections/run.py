"""The multiplets of a configuration with imperfections, as modes for the table and as lines."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from femwgm.analytic.table import mode_row
from femwgm.config.schema import RunConfig
from femwgm.errors import ConfigError
from femwgm.finders.exact_list import exact_sphere, expected_modes
from femwgm.finders.refusals import refuse_too_many
from femwgm.ground.units import frequency_thz, k0_from_wavelength
from femwgm.imperfections.build import beads, common_axis, index_maps, reliefs
from femwgm.imperfections.multiplet import Multiplet, cost, multiplet
from femwgm.imperfections.relief import Relief
from femwgm.imperfections.series import Coat, Place
from femwgm.imperfections.surface import equatorial_pair
from femwgm.materials import Material, materials_from_config
from femwgm.modes.mode import Mode

LINES = (
    "pol",
    "q",
    "l",
    "index",
    "wavelength_nm",
    "shift_pm",
    "shift_error_pm",
    "q_total",
    "m_mean",
    "m_std",
)
"""Columns of multiplets.csv."""
_EXACT = 1e-12
"""Relative error of the lines of the perfect sphere."""
_DERIVED = 1e-7
"""Relative error of what is integrated and differentiated from the exact field."""
_SPEED = 1.5e9
"""Multiplications in a second of processor time."""
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Split:
    """What a run with imperfections found: rows for the table, the multiplets behind them, and notes."""

    modes: list[Mode]
    multiplets: list[Multiplet]
    notes: list[str]


def split_modes(
    config: RunConfig,
    tell: Tell,
    on_mode: Callable[[Mode], None],
    only: tuple[str, int, int] | None = None,
) -> Split:
    """Every multiplet that a configuration asks for, or only one (pol, q, l).

    Raises
    ------
    ConfigError
        If no mode lies in the window.
    SolveError
        Where the perturbation series is not trustworthy.
    """
    materials = materials_from_config(config)
    # about their common axis, every line has one order m: the second order of all of them costs little
    axis = common_axis(config)
    rough, placed, index = reliefs(config, axis), beads(config, axis), index_maps(config)
    shown = reliefs(config)
    result = Split([], [], [])
    wanted = [only] if only else _wanted(config, materials)
    sphere = exact_sphere(config, materials)
    lo, hi = config.modes.window_um
    for done, (pol, q, l) in enumerate(wanted):
        tell(f"{pol} q={q} l={l}: {2 * l + 1} lines", done, len(wanted))
        begin = time.perf_counter()
        exact = sphere.mode(pol, l, q, window_um=(lo * (1.0 - 1e-12), hi * (1.0 + 1e-12)))
        lines = multiplet(exact, rough, placed, index)
        if axis is not None:
            lines = lines.turned(axis, shown)
        row = {**mode_row(exact, config.geometry.regions), **_summary(lines)}
        result.modes.append(_mode(config, row, time.perf_counter() - begin))
        result.multiplets.append(lines)
        on_mode(result.modes[-1])
    result.notes.extend(_notes(config, result.multiplets, rough))
    tell("done", len(wanted), len(wanted))
    return result


def line_rows(lines: Multiplet) -> list[dict[str, Any]]:
    """Rows of multiplets.csv: the lines of one multiplet in ascending wavelength, numbered from 1."""
    mode = lines.mode
    columns = (
        lines.wavelength_nm, lines.shift_pm, lines.shift_error_pm, lines.q_total, lines.m_mean, lines.m_std
    )  # fmt: skip
    return [
        dict(zip(LINES, (mode.pol, mode.q, mode.l, index, *map(float, values)), strict=True))
        for index, values in enumerate(zip(*columns, strict=True), start=1)
    ]


def estimate(config: RunConfig) -> str:
    """A line on what a run with imperfections costs."""
    rough = reliefs(config, common_axis(config))
    wanted = _wanted(config, materials_from_config(config))
    refuse_too_many(len(wanted), config)
    kinds = len({(bead.radius, bead.index) for bead in beads(config)})
    degrees = Counter(l for _, _, l in wanted)
    seconds = sum(many * cost(l, rough, kinds) for l, many in degrees.items()) / _SPEED
    lines = sum(many * (2 * l + 1) for l, many in degrees.items())
    reach = max((relief.degree for relief in rough.values()), default=0)
    return (
        f"imperfections: {len(wanted)} multiplet{'s' * (len(wanted) != 1)}, {lines} lines in all, harmonics up to L = {reach},"
        f" about {max(seconds, 0.1):.1g} s of processor time"
    )


def _wanted(config: RunConfig, materials: Mapping[str, Material]) -> list[tuple[str, int, int]]:
    """(pol, q, l) of the multiplets, in ascending wavelength."""
    middle = k0_from_wavelength(0.5 * sum(config.modes.window_um))
    for region, name in config.geometry.region_materials.items():
        if materials[name].permittivity(middle).real < 0.0:
            raise ConfigError(
                "imperfections are not computed for spheres with metal, whose modes are not counted",
                key="materials", value=name, remedy=f"drop them, or give {region} another material",
            )  # fmt: skip
    expected = sorted(expected_modes(config, materials), key=lambda e: -e.k0.real)
    return list(dict.fromkeys((e.pol, e.q, e.l) for e in expected))


def _summary(lines: Multiplet) -> dict[str, Any]:
    """What a multiplet adds to the row of its mode; the pair is that of the two lines most like the equatorial mode."""
    first, second = equatorial_pair(lines)
    return {
        "multiplet_std_pm": lines.std_pm,
        "multiplet_fwhm_pm": lines.fwhm_pm,
        "multiplet_mean_pm": float(lines.shift_pm.mean()),
        "multiplet_error_pm": float(lines.shift_error_pm.max()),
        "multiplet_order": lines.order,
        "q_apparent": _apparent(lines),
        "pair_splitting_ghz": 1e3 * frequency_thz(float(abs(lines.k0[first].real - lines.k0[second].real))),
    }


def _apparent(lines: Multiplet) -> float | None:
    """Q that the width of the unresolved multiplet would be taken for."""
    return lines.mode.wavelength_nm * 1e3 / lines.fwhm_pm if lines.fwhm_pm > 0.0 else None


def _mode(config: RunConfig, row: dict[str, Any], seconds: float) -> Mode:
    """The perfect sphere's mode with its multiplet's columns; shares and volume are those of m = l."""
    regions = config.geometry.regions
    energy, e2, radial = (
        {region: row.pop(f"{name}_{region}") for region in regions} for name in ("energy", "e2", "radial_e2")
    )
    extra: dict[str, Any] = {"mode_volume_error": _DERIVED}
    extra |= {
        name: value for name, value in row.items() if name.startswith(("multiplet", "q_apparent", "pair"))
    }
    return Mode(
        pol=row["pol"], q=row["q"], l=row["l"], m=row["m"], p=row["p"],
        k0=complex(row["k0_re_per_um"], row["k0_im_per_um"]), radius=config.geometry.radius_ref_um, n_g=row["n_g"],
        log10_q_rad=row["log10_q_rad"], q_abs=row["q_abs"], mode_volume_um3=row["mode_volume_um3"],
        wavelength_error=_EXACT, residual=math.nan, dofs=2 * row["l"] + 1, seconds=seconds, q_rad_source="exact",
        extra=extra, energy=energy, e2=e2, radial_e2=radial,
        share_error=_DERIVED, e2_error=_DERIVED, radial_e2_error=_DERIVED, n_g_error=_DERIVED,
        q_error=None if row["log10_q_rad"] is None else _DERIVED, q_abs_error=None if row["q_abs"] is None else _DERIVED,
    )  # fmt: skip


def _notes(config: RunConfig, multiplets: list[Multiplet], rough: Mapping[Place, Relief]) -> list[str]:
    """What the reader of the table should know."""
    notes = []
    if any(lines.order == 1 for lines in multiplets):
        notes.append(
            "multiplets of order 1: shifts are of first order with the mean of the second, their error is that of a sample"
        )
    for lines in multiplets:
        if lines.partners:
            near = " and ".join(f"{pol} q={q} l={l}" for pol, q, l in lines.partners)
            mode = lines.mode
            notes.append(
                f"{mode.pol} q={mode.q} l={mode.l} is diagonalized together with {near}, which lie near"
            )
    missed = [
        lines for lines in multiplets if lines.shift_error_pm.max() > 1e3 * config.accuracy.wavelength * lines.mode.wavelength_nm
    ]  # fmt: skip
    if missed:
        worst = max(float(lines.shift_error_pm.max()) for lines in missed)
        notes.append(
            f"{len(missed)} of {len(multiplets)} multiplets are known to {worst:.2g} pm, short of"
            f" accuracy.wavelength = {config.accuracy.wavelength:.0e}, which the perturbation series cannot promise"
        )
    for place, relief in rough.items():
        i = place.interface if isinstance(place, Coat) else place
        if relief.left_out > 1e-4 * relief.rms**2:
            share = 100.0 * relief.left_out / relief.rms**2
            notes.append(
                f"surface of {config.geometry.regions[i]}: {share:.2g} % of the variance lies beyond"
                f" L = {relief.degree} and is left out"
            )
    return notes
