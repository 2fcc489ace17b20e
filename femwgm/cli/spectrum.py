"""`femwgm spectrum`: what a spectrometer shows of a layered sphere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from femwgm.cli.options import Config, Out, Quiet, Set
from femwgm.cli.peaks import resolution_nm

__all__ = ["spectrum"]


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
    """Compute the emission spectrum of dipoles in a layer of a layered sphere, as an instrument records it."""
    from femwgm.config import load_config
    from femwgm.errors import ConfigError
    from femwgm.experiment.luminescence.spectrum import Settings, emission, plane_wave, purcell_map
    from femwgm.experiment.recorded.counts import read_recorded
    from femwgm.experiment.spectrum.model import CoatedSphere

    settings = load_config(config, override or [])
    if settings.geometry.kind != "layered_sphere":
        raise ConfigError(
            "has no exact emission spectrum", file=config, key="geometry.kind", value=settings.geometry.kind,
            remedy="use 'kind: layered_sphere'",
        )  # fmt: skip
    body = CoatedSphere.from_config(settings, layer)
    sphere = body.sphere(body.nominal)
    measured = None if over is None else read_recorded(over)
    lo, hi = settings.modes.window_um
    wanted = Settings(
        (1e3 * lo, 1e3 * hi),
        resolution_nm(resolution),
        body.shell,
        in_plane,
        float("inf") if q is None else q,
        aperture,
        _band(band),
    )
    made = emission(sphere, wanted)
    beside = plane_wave(sphere, wanted) if wave else None
    if out is not None:
        from femwgm.experiment.luminescence.write import write_spectrum

        write_spectrum(made, beside, measured, purcell_map(sphere, wanted) if density else None, out)
    if not quiet:
        _print(made, body.regions[body.shell])


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


def _print(made, layer: str) -> None:  # type: ignore[no-untyped-def]
    import numpy as np
    from scipy.signal import find_peaks

    from femwgm.cli.tables import console, plain_table

    screen = console()
    both = made.te + made.tm
    tops, _ = find_peaks(both, prominence=0.02 * float(np.ptp(both)) + 1e-12)
    table = plain_table(f"Emission of {layer}", ("λ (nm)", "emission", "nearest mode", "q", "Q"))
    for i in sorted(tops[np.argsort(-both[tops])][:16]):
        x = float(made.wavelength_nm[i])
        mode = min(made.modes, key=lambda m: abs(m.wavelength_nm - x), default=None)
        name = ("", "", "") if mode is None else (f"{mode.pol} {mode.l}", str(mode.q), f"{mode.q_total:.3g}")
        table.add_row(f"{x:.3f}", f"{both[i]:.4g}", *name)
    screen.print(table)
    screen.print(
        "in units of the power of the same dipoles in the ambient; the lines strongest in the window are listed"
    )
