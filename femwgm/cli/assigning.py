"""What `femwgm assign` does and prints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from femwgm.cli.tables import COLOURS, console, notes, plain_table
from femwgm.config import RunConfig
from femwgm.errors import ConfigError

if TYPE_CHECKING:
    from femwgm.experiment.spectrum.assignment import Assignment, Parameter
    from femwgm.experiment.spectrum.peaks import Peaks
    from femwgm.studies.duan2022.content import Section

VERDICTS = {"reproduced": "green", "with a condition": "yellow", "differs": "red", "not reproducible": "dim"}
ORDERS = (1, 2, 3)
"""Radial orders that may occur where the configuration allows all."""


def assign_peaks(
    peaks: Path,
    config: RunConfig,
    free: Sequence[str],
    shell: str | None,
    resolution_nm: float = 0.0,
    *,
    in_air: bool = False,
    ellipticity: bool = False,
) -> Assignment:
    """Read the peaks, or find them in a recorded spectrum, and fit the sphere of the configuration."""
    from femwgm.cli.peaks import split_needs_resolution
    from femwgm.experiment.recorded.counts import looks_recorded
    from femwgm.experiment.spectrum.assign import assign
    from femwgm.experiment.spectrum.model import CoatedSphere
    from femwgm.experiment.spectrum.peaks import read_peaks
    from femwgm.experiment.spectrum.prior import prior_from

    recorded = looks_recorded(peaks)
    if ellipticity and not recorded:
        raise ConfigError(
            "is told by the shape of lines", key="--ellipticity", value=peaks.name,
            remedy="give the recorded spectrum, not a list of peaks",
        )  # fmt: skip
    split_needs_resolution(ellipticity, resolution_nm)
    table = _recorded_peaks(peaks, resolution_nm, in_air, ellipticity) if recorded else read_peaks(peaks)
    middle = 5e-4 * float(table.wavelength_nm[0] + table.wavelength_nm[-1])
    body = CoatedSphere.from_config(config, shell, reference_um=middle)
    prior = prior_from(body, free)
    if prior.free.size == 0 and not free:
        raise ConfigError("nothing to fit", key="--free", remedy="e.g. --free 'diameter=2 %'")
    return assign(body, table, prior, config.modes.radial_orders or ORDERS)


def _recorded_peaks(file: Path, resolution_nm: float, in_air: bool, ellipticity: bool) -> Peaks:
    """Lines of a recorded spectrum."""
    from femwgm.errors import SolveError
    from femwgm.experiment.recorded.counts import read_recorded
    from femwgm.experiment.recorded.find import find_lines
    from femwgm.experiment.recorded.write import as_peaks

    found = find_lines(read_recorded(file, in_air=in_air), resolution_nm, ellipticity=ellipticity)
    if not found.lines:
        raise SolveError(f"{file.name}: no line rises above its noise; `femwgm peaks` shows the spectrum")
    return as_peaks(found)


def print_assignment(result: Assignment) -> None:
    """The peaks with their labels, the fitted numbers, the rivals and what a reader must know."""
    screen = console()
    rows = result.rows()
    heads = ("λ (nm)", "mode", "q", "l", "exact\n(nm)", "residual\n(pm)", "prob.", "or else", "line\nQ")
    table = plain_table("Peaks", heads)
    for row in rows:
        other = row["alternative"]
        table.add_row(
            f"{row['wavelength_nm']:.4f}",
            Text(row["pol"] or "–", style=f"bold {COLOURS.get(row['pol'] or '', 'white')}"),
            _text(row["q"], "d"), _text(row["l"], "d"), _text(row["exact_nm"], ".4f"), _residual(row),
            f"{row['probability']:.3f}", f"{other} ({row['alternative_probability']:.2f})" if other else "",
            _text(row["line_q"], ".0f"),
        )  # fmt: skip
    screen.print(table)
    numbers = plain_table("Sphere", ("", "over all readings", "±", "unit", "± before", "best reading", "± "))
    shown = {p.name: _shown(p) for p in result.parameters.values()}
    for p in result.parameters.values():
        unit, scale, decimals = shown[p.name]
        cells = (f"{scale * v:.{decimals}f}" for v in (p.mean, p.spread, p.prior_error, p.value, p.error))
        mean, spread, before, value, error = cells
        numbers.add_row(p.name, mean, spread, unit, before, value, error)
    screen.print(numbers)
    screen.print(
        f"probability of this reading {result.probability:.4g};"
        f" {result.best.matched} of {len(result.peaks)} peaks matched, chi^2 {result.best.chi2:.3g}"
    )
    rivals = result.rivals()
    if rivals:
        others = plain_table(
            "Rivals",
            (
                "probability",
                *(f"{name}{f' ({unit})' if unit else ''}" for name, (unit, _, _) in shown.items()),
                "chi^2",
                "difference",
            ),
        )
        others.columns[-1].no_wrap = False
        for rival in rivals[:8]:
            values = [f"{scale * rival[name]:.{decimals}f}" for name, (_, scale, decimals) in shown.items()]
            others.add_row(
                f"{rival['probability']:.2g}", *values, f"{rival['chi2']:.3g}", rival["difference"]
            )
        screen.print(others)
    notes(result.notes(), screen)


def _shown(parameter: Parameter) -> tuple[str, float, int]:
    """Unit, scale and decimals that leave two digits of the error."""
    unit, scale = ("nm", 1e3) if parameter.name == "thickness" else (parameter.unit.replace("um", "µm"), 1.0)
    error = scale * parameter.error
    return unit, scale, min(max(0, 1 - math.floor(math.log10(error))), 9) if error > 0.0 else 6


def print_comparison(sections: Sequence[Section]) -> None:
    """Published numbers beside ours, a line each; the page has their measures and assumptions."""
    screen = console()
    for section in sections:
        rows = [row for row in section.rows if row.published not in ("", "not given")]
        if not rows:
            continue
        table = plain_table(section.title, ("", "published", "computed", "verdict"))
        for row in rows:
            ours = Text(row.ours)
            if row.known:
                ours.append(f"\n{row.known}", style="dim")
            table.add_row(
                row.what, row.published, ours, Text(row.verdict, style=VERDICTS.get(row.verdict, "white"))
            )
        for column in table.columns:
            column.justify, column.no_wrap = "left", False
        screen.print(table)


def _text(value: Any, form: str) -> str:
    return "" if value is None else format(value, form)


def _residual(row: dict[str, Any]) -> str:
    return (
        "" if row["residual_nm"] is None else f"{1e3 * row['residual_nm']:+.1f} ± {1e3 * row['error_nm']:.1f}"
    )
