"""`femwgm spectrum`: what a spectrometer shows of a body that emits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from femwgm.cli.options import Config, Out, Quiet, Set
from femwgm.cli.peaks import resolution_nm
from femwgm.cli.screen import progress_bar, settings_for

if TYPE_CHECKING:
    from femwgm.analytic import LayeredSphere
    from femwgm.config.schema import RunConfig
    from femwgm.experiment.luminescence.spectrum import Emission, Settings


def spectrum(
    config: Config,
    out: Out = None,
    override: Set = None,
    layer: Annotated[
        str | None,
        typer.Option("--layer", metavar="LAYER", help="Emitting layer (default: the outermost)."),
    ] = None,
    in_plane: Annotated[
        bool, typer.Option("--in-plane", help="Emitters oriented in the plane of the layer.")
    ] = False,
    resolution: Annotated[
        str, typer.Option("--resolution", metavar="WIDTH", help="FWHM of the instrument response.")
    ] = "0.05 nm",
    q: Annotated[
        float | None,
        typer.Option("--q", min=1.0, help="Scattering Q of every mode (default: no scattering)."),
    ] = None,
    aperture: Annotated[
        float,
        typer.Option(
            "--na", min=0.0, max=1.0, help="Numerical aperture of the collection; 0 collects everything."
        ),
    ] = 0.0,
    band: Annotated[
        str | None,
        typer.Option(
            "--band",
            metavar="'CENTRE, WIDTH'",
            help="Gaussian emission band: centre and FWHM, e.g. '655 nm, 18 nm'.",
        ),
    ] = None,
    wave: Annotated[
        bool, typer.Option("--plane-wave", help="Also compute extinction and scattering of a plane wave.")
    ] = False,
    density: Annotated[
        bool,
        typer.Option(
            "--purcell", help="Also map the Purcell factor of a dipole over the radius and the window."
        ),
    ] = False,
    over: Annotated[
        Path | None, typer.Option("--over", metavar="FILE", help="Recorded spectrum to overlay.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Compute the emission spectrum of dipoles in a layer, as an instrument records it.

    Exact for layered spheres. For other bodies it is the sum over the modes that the configuration asks for.
    """
    from femwgm.errors import ConfigError
    from femwgm.experiment.luminescence.spectrum import Settings, plane_wave, purcell_map
    from femwgm.experiment.recorded.counts import read_recorded

    settings = settings_for("spectrum", config, override)
    if settings.imperfections:
        raise ConfigError(
            "have no emission spectrum", file=config, key="imperfections", value=len(settings.imperfections),
            remedy="leave them out; 'femwgm run' gives the split lines",
        )  # fmt: skip
    lo, hi = settings.modes.window_um
    wanted = Settings(
        (1e3 * lo, 1e3 * hi),
        resolution_nm(resolution),
        in_plane=in_plane,
        scattering_q=float("inf") if q is None else q,
        aperture=aperture,
        band_nm=_band(band),
    )
    measured = None if over is None else read_recorded(over)
    beside = map_ = None
    if settings.geometry.kind == "layered_sphere":
        from femwgm.experiment.luminescence.spectrum import emission

        sphere, wanted, emitter = _sphere(settings, layer, wanted)
        made = emission(sphere, wanted)
        beside = plane_wave(sphere, wanted) if wave else None
        map_ = purcell_map(sphere, wanted) if density and out is not None else None
        left_out: list[str] = []
    else:
        only = {"--in-plane": in_plane, "--na": aperture > 0.0, "--plane-wave": wave, "--purcell": density}
        option = next((option for option, given in only.items() if given), None)
        if option is not None:
            raise ConfigError(
                "is for layered spheres", file=config, key=option, value=settings.geometry.kind,
                remedy="leave it out: other bodies emit from dipoles in all directions, and all light is collected",
            )  # fmt: skip
        made, emitter, left_out = _of_body(settings, layer, wanted, quiet)
    if out is not None:
        from femwgm.experiment.luminescence.write import write_spectrum

        write_spectrum(made, beside, measured, map_, out)
    if not quiet:
        _print(made, emitter, left_out)


def _sphere(settings: RunConfig, layer: str | None, wanted: Settings) -> tuple[LayeredSphere, Settings, str]:
    """The exact sphere, the settings with its layer, and the layer's name."""
    from femwgm.experiment.spectrum.model import CoatedSphere

    body = CoatedSphere.from_config(settings, layer)
    return body.sphere(body.nominal), replace(wanted, layer=body.shell), body.regions[body.shell]


def _of_body(
    settings: RunConfig, layer: str | None, wanted: Settings, quiet: bool
) -> tuple[Emission, str, list[str]]:
    """The sum over the modes of a run, the layer's name, and what the sum leaves out."""
    from femwgm.experiment.luminescence.quasinormal import emitting_region, resonances, sum_of_modes
    from femwgm.runs.loop import run

    layer = emitting_region(settings, layer)
    with progress_bar(quiet) as bar:
        result = run(settings, progress=bar)
    found = resonances(result, layer)
    worst = max(one.error for one in found)
    told = [
        f"the sum over {len(found)} modes of the configuration, m and -m counted; areas to {worst:.1g}",
        "left out: the smooth background between the lines and every mode that the configuration does not ask for",
        *result.warnings,
    ]
    return sum_of_modes(found, wanted), layer, told


def _band(text: str | None) -> tuple[float, float] | None:
    from femwgm.errors import ConfigError

    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2:
        raise ConfigError(
            "must be a centre and a full width", key="--band", value=text, remedy="e.g. '655 nm, 18 nm'"
        )
    return resolution_nm(parts[0], "--band"), resolution_nm(parts[1], "--band")


def _print(made: Emission, layer: str, told: list[str]) -> None:
    import numpy as np
    from scipy.signal import find_peaks

    from femwgm.cli.tables import console, notes, plain_table

    screen = console()
    both = made.te + made.tm
    tops, _ = find_peaks(both, prominence=0.02 * float(np.ptp(both)) + 1e-12)
    table = plain_table(f"Emission of {layer}", ("λ (nm)", "emission", "nearest mode", "q", "Q"))
    for i in sorted(tops[np.argsort(-both[tops])][:16]):
        x = float(made.wavelength_nm[i])
        mode = min(made.modes, key=lambda m: abs(m.wavelength_nm - x), default=None)
        name = ("", "", "")
        if mode is not None:
            quality = "" if mode.q_total is None else f"{mode.q_total:.3g}"
            name = (made.name(mode), str(mode.q), quality)
        table.add_row(f"{x:.3f}", f"{both[i]:.4g}", *name)
    screen.print(table)
    screen.print(
        "in units of the power of the same dipoles in the ambient; the lines strongest in the window are listed"
    )
    notes(told, screen)
