"""`femwgm peaks`: from recorded spectra to lines with positions, widths and errors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from femwgm.cli.options import Out, Quiet, length_option

if TYPE_CHECKING:
    from femwgm.experiment.recorded.find import Found

Resolution = Annotated[
    str | None,
    typer.Option("--resolution", metavar="WIDTH", help="FWHM of the instrument response, e.g. '0.05 nm'."),
]
Ellipticity = Annotated[
    bool,
    typer.Option(
        "--ellipticity",
        help="The lines are unresolved multiplets of a slightly deformed sphere: fit its ellipticity.",
    ),
]
Air = Annotated[bool, typer.Option("--air", help="Wavelengths are in air; convert them to vacuum.")]


def peaks(
    files: Annotated[
        list[Path], typer.Argument(metavar="SPECTRUM...", help="Wavelength and counts.", show_default=False)
    ],
    out: Out = None,
    resolution: Resolution = None,
    false_alarms: Annotated[
        float,
        typer.Option(
            "--false-alarms", min=1e-12, max=1e3, help="Expected number of false lines per spectrum."
        ),
    ] = 0.01,
    saturation: Annotated[
        float | None,
        typer.Option("--saturation", metavar="COUNTS", help="Counts at which the detector clips."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="LENGTH", help="Knot spacing of the baseline, e.g. '4 nm'."),
    ] = None,
    column: Annotated[
        str | None, typer.Option("--column", metavar="NAME", help="Column of the counts.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", help="Unit of the wavelengths, if the file states none.")
    ] = None,
    air: Air = False,
    ellipticity: Ellipticity = False,
    quiet: Quiet = False,
) -> None:
    """Find and fit the lines of recorded spectra: positions and intrinsic widths, with errors."""
    from femwgm.experiment.recorded.counts import read_recorded
    from femwgm.experiment.recorded.find import find_lines

    spectra = [read_recorded(file, column, unit, in_air=air) for file in files]
    pieces = resolution_nm(baseline, "--baseline") or None
    response = resolution_nm(resolution)
    split_needs_resolution(ellipticity, response)
    found = [
        find_lines(one, response, false_alarms, saturation, pieces, ellipticity=ellipticity)
        for one in spectra
    ]
    if out is not None:
        from femwgm.experiment.recorded.write import write_lines

        write_lines(found, out)
    if not quiet:
        for one in found:
            _print(one)


def resolution_nm(text: str | None, key: str = "--resolution") -> float:
    """A length of the command line in nm, 0 where none is given."""
    return 0.0 if text is None else 1e3 * length_option(key, text, "0.05 nm")


def split_needs_resolution(ellipticity: bool, response_nm: float) -> None:
    """Refuse to tell a split line from a broad one where the instrument's response is not known.

    Raises
    ------
    ConfigError
        In that case.
    """
    if ellipticity and response_nm == 0.0:
        from femwgm.errors import ConfigError

        raise ConfigError(
            "needs the instrument's response", key="--ellipticity", remedy="e.g. --resolution '0.05 nm'"
        )


def _print(found: Found) -> None:
    from femwgm.cli.tables import console, notes, plain_table

    screen = console()
    table = plain_table(found.spectrum.name, ("λ (nm)", "±", "width (nm)", "± ", "height", "area", "σ"))
    for line in found.lines:
        table.add_row(
            f"{line.wavelength_nm:.5f}", f"{line.wavelength_error_nm:.5f}", f"{line.width_nm:.4f}", f"{line.width_error_nm:.4f}",
            f"{line.height:.6g}", f"{line.area:.5g}", f"{line.significance:.1f}" + (" clipped" if line.clipped else ""),
        )  # fmt: skip
    screen.print(table)
    screen.print(
        f"{len(found.lines)} lines above {found.threshold:.2f} σ: noise alone gives {found.false_alarms:g} a spectrum on average;"
        f" chi^2 {found.reduced_chi2:.3f} a point"
    )
    notes(found.notes(), screen)
