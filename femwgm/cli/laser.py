"""What `femwgm lasing` and `femwgm vernier` do and print."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from femwgm.cli.tables import console, notes, plain_table
from femwgm.config import RunConfig
from femwgm.ground.units import C_UM_THZ

if TYPE_CHECKING:
    from femwgm.experiment.lasing.gain import GainSpectrum
    from femwgm.experiment.lasing.pulses import Flash
    from femwgm.experiment.lasing.rates import LightCurve
    from femwgm.experiment.lasing.thresholds import Threshold
    from femwgm.experiment.pairs.tolerance import Tolerance
    from femwgm.experiment.pairs.vernier import Vernier
    from femwgm.ground.typing import Array

SHOWN = 12
TOPS = (0.7, 1.2, 2.0, 4.0, 8.0)
"""Pumps at the top of a pulse over that of its threshold."""
PUMPS = (1.1, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Pumps, over that of the first threshold, of which the number of lines is printed."""


@dataclass(frozen=True)
class Lasing:
    """Thresholds in the order of lasing, and light against pump for travelling and standing waves."""

    ranked: list[tuple[Threshold, float]]
    curves: dict[str, LightCurve]
    names: list[tuple[str, int]]
    band: GainSpectrum
    in_plane: bool
    warnings: list[str]
    pulses: Pulses | None = None


@dataclass(frozen=True)
class Pulses:
    """What follows pump pulses of rising strength.

    Attributes
    ----------
    length_ns, life_ns
        Full width at half maximum of the pump, and lifetime of the inversion.
    threshold
        Pump at the top of a pulse, over the steady threshold, with which the first line's gain just reaches its loss.
    tops, flashes
        Pump at the top over the steady threshold, and what follows.
    """

    length_ns: float
    life_ns: float
    threshold: float
    tops: Array
    flashes: list[Flash]


def lasing(
    config: RunConfig,
    q: float,
    gain: Path | None,
    in_plane: bool,
    shell: str | None,
    named: str | None = None,
    pulse_ns: tuple[float, float] | None = None,
) -> Lasing:
    """Thresholds and light curves of a configuration's exact modes; `pulse_ns` is the pump's width and the inversion's life."""
    from femwgm.errors import ConfigError, SolveError
    from femwgm.experiment.lasing.gain import LUMINESCENCE, GainSpectrum, read_gain
    from femwgm.experiment.lasing.overlap import degree_intensities, shell_intensities
    from femwgm.experiment.lasing.pulses import flash, stored
    from femwgm.experiment.lasing.rates import light_curve, spontaneous_share
    from femwgm.experiment.lasing.thresholds import first_to_lase, relative_strengths, threshold
    from femwgm.experiment.spectrum.model import CoatedSphere

    body = CoatedSphere.from_config(config, shell)
    media = list(body.media.values())
    wanted = config.modes
    if gain is not None and named is not None:
        raise ConfigError("cannot be combined with --gain", key="--band", value=named, remedy="keep one")
    band = (
        read_gain(gain)
        if gain is not None
        else GainSpectrum()
        if named is None
        else GainSpectrum.named(named)
    )
    modes = body.sphere(body.nominal).modes(
        wanted.window_um, wanted.polarizations, wanted.radial_orders or (1,)
    )
    modes = [mode for mode in modes if float(band(mode.wavelength_nm)) > 1e-3]
    if not modes:
        raise SolveError("no mode of the window lies within the gain spectrum")
    found = [threshold(mode, media, body.shell, q_other=q, in_plane=in_plane) for mode in modes]
    ranked = first_to_lase(found, band)
    first = modes[found.index(ranked[0][0])]
    index = body.shell_index(body.nominal, first.k0.real).real
    belt = shell_intensities(modes, body.shell, in_plane=in_plane).volume_um3
    beta = spontaneous_share(1e-3 * first.wavelength_nm, index, first.energy[body.shell], belt, LUMINESCENCE)
    pump = np.union1d(np.geomspace(0.4, 10.0, 33), PUMPS)
    curves = {
        name: light_curve(
            shell_intensities(modes, body.shell, in_plane=in_plane, standing=standing), relative_strengths(found, band), pump,
            beta=min(beta, 0.5),
        )
        for name, standing in (("travelling", False), ("standing", True))
    }  # fmt: skip
    strength, copies = relative_strengths(found, band), [2 * mode.l + 1 for mode in modes]
    whole = degree_intensities(modes, body.shell, in_plane=in_plane)
    each = min(beta * belt / whole.volume_um3, 0.5 / max(copies))
    curves["all m"] = light_curve(whole, strength, pump, beta=each, copies=copies)
    together = each * copies[modes.index(first)]
    said = [
        f"losses: 1/Q = 1/{q:g} beside radiation and the media's own; no diffusion, no transparency density",
        f"spontaneous share {beta:.1e} of the belt's emission for m = l, {together:.1e} of the layer's for all m of a line",
        "travelling and standing: one mode a line competes, m = l; all m: the 2 l + 1 modes of each line, which fill the layer",
    ]
    pulses = None
    if pulse_ns is not None:
        least = 1.0 / stored(*pulse_ns)
        photon_ps = q * 1e-3 * first.wavelength_nm / (2.0 * np.pi * C_UM_THZ)
        tops = least * np.array(TOPS)
        flashes = [
            flash(
                whole, strength, float(top), pulse_ns=pulse_ns[0], life_ns=pulse_ns[1], photon_ps=photon_ps, beta=each,
                copies=copies,
            )
            for top in tops
        ]  # fmt: skip
        pulses = Pulses(*pulse_ns, least, tops, flashes)
    return Lasing(ranked, curves, [(m.pol, m.l) for m in modes], band, in_plane, said, pulses)


def print_lasing(result: Lasing) -> None:
    """Thresholds of the first modes to lase, and how many lines there are."""
    screen = console()
    kind = "face-down" if result.in_plane else "isotropic"
    table = plain_table(
        f"Thresholds, {kind} emitters",
        ("mode", "λ (nm)", "Γ", "n'' exact", "gain\n(1/cm)", "by confi-\nnement", "at the top\nof the band"),
    )
    for one, needed in result.ranked[:SHOWN]:
        table.add_row(
            f"{one.pol} {one.l} q={one.q}", f"{one.wavelength_nm:.3f}", f"{one.confinement:.4f}", f"{one.n2_exact:.4e}",
            f"{one.gain_per_cm:.3f}", f"{one.gain_weighted_per_cm:.3f}", f"{needed:.3f}",
        )  # fmt: skip
    screen.print(table)
    lines = plain_table("Lasing lines", ("pump / threshold", *result.curves))
    pump = next(iter(result.curves.values())).pump
    for target in PUMPS:
        at = int(np.abs(pump - target).argmin())
        lines.add_row(f"{pump[at]:g}", *(str(int(curve.count[at])) for curve in result.curves.values()))
    screen.print(lines)
    if result.pulses is not None:
        made = result.pulses
        shown = plain_table(
            f"Pulses of {made.length_ns:g} ns (life {made.life_ns:g} ns): threshold at"
            f" {made.threshold:.3g} x steady",
            ("top / steady\nthreshold", "lines", "brightest\nat (ns)", "largest\ninversion"),
        )
        for top, light in zip(made.tops, made.flashes, strict=True):
            when, count = light.time_ns[int(light.photons.max(axis=1).argmax())], int(light.lasing.sum())
            shown.add_row(f"{top:.3g}", str(count), f"{when:+.2f}", f"{light.inversion.max():.3f}")
        screen.print(shown)
    notes(result.warnings, screen)


def write_lasing(result: Lasing, folder: Path) -> None:
    """Write thresholds.csv, light.csv and lasing.png."""
    from femwgm.ground.files import write_files
    from femwgm.ground.rows import csv_bytes
    from femwgm.views.figures.laser import laser_figure, pulse_figure
    from femwgm.views.figures.style import drawn

    rows: list[list[Any]] = [
        ["pol", "l", "q", "wavelength_nm", "confinement", "n2_exact", "n2_weighted", "gain_per_cm", "band_top_gain_per_cm"]
    ]  # fmt: skip
    rows += [
        [t.pol, t.l, t.q, t.wavelength_nm, t.confinement, t.n2_exact, t.n2_weighted, t.gain_per_cm, needed]
        for t, needed in result.ranked
    ]
    light: list[list[Any]] = [
        ["waves", "pump", "lasing_lines", *(f"photons_{p}{l}" for p, l in result.names)]
    ]
    for name, curve in result.curves.items():
        light += [
            [name, p, int(n), *s] for p, n, s in zip(curve.pump, curve.count, curve.photons, strict=True)
        ]
    plotted = [
        {
            "pol": t.pol,
            "wavelength_nm": t.wavelength_nm,
            "gain_per_cm": t.gain_per_cm,
            "in_plane": result.in_plane,
        }
        for t, _ in sorted(result.ranked, key=lambda pair: pair[0].wavelength_nm)
    ]
    files = {
        "thresholds.csv": csv_bytes(rows), "light.csv": csv_bytes(light),
        "lasing.png": drawn(laser_figure, plotted, None, result.band, result.curves, result.names),
    }  # fmt: skip
    if result.pulses is not None:
        traces: list[list[Any]] = [
            ["top", "time_ns", "inversion", *(f"photons_{p}{l}" for p, l in result.names)]
        ]
        for top, one in zip(result.pulses.tops, result.pulses.flashes, strict=True):
            traces += [
                [top, t, n, *s] for t, n, s in zip(one.time_ns, one.inversion, one.photons, strict=True)
            ]
        files["pulses.csv"] = csv_bytes(traces)
        files["pulses.png"] = drawn(pulse_figure, result.pulses, result.names)
    write_files(folder, files)


def vernier(
    first: RunConfig, second: RunConfig, q: float, pol: str, deviation_um: float, wanted_nm: float | None
) -> tuple[Vernier, Tolerance]:
    """Combs of two spheres in the window of the first, and what errors of their diameters do to the coincidence wanted."""
    from femwgm.experiment.pairs.tolerance import tolerance
    from femwgm.experiment.pairs.vernier import design
    from femwgm.experiment.spectrum.model import CoatedSphere

    bodies = CoatedSphere.from_config(first), CoatedSphere.from_config(second)
    window = first.modes.window_um
    made = design(*bodies, window, q, pol=pol, orders=first.modes.radial_orders or (1,), at_nm=wanted_nm)
    return made, tolerance(*bodies, made, wanted_nm or 500.0 * sum(window), deviation_um)


def print_vernier(made: Vernier, drawn: Tolerance, deviation_um: float, wanted_nm: float | None) -> None:
    """Spacings, coincidences and tolerances."""
    screen = console()
    screen.print(
        f"FSR {made.fsr_nm[0]:.4f} and {made.fsr_nm[1]:.4f} nm; coincidences every {made.period_nm:.3f} nm"
        f" (Eq. 3 with n = 1.76: {made.equation_nm:.3f} nm); line width {made.line_width_nm:.4f} nm"
    )
    table = plain_table("Coincidences", ("first", "second", "λ (nm)", "detuning (nm)", "line widths"))
    for pair in made.best[:SHOWN]:
        table.add_row(
            f"{pair.first[0]} {pair.first[1]} q={pair.first[2]}", f"{pair.second[0]} {pair.second[1]} q={pair.second[2]}",
            f"{pair.wavelength_nm:.4f}", f"{pair.detuning_nm:+.4f}", f"{pair.widths:.3f}",
        )  # fmt: skip
    screen.print(table)
    place = "the middle of the window" if wanted_nm is None else f"{wanted_nm:g} nm"
    screen.print(
        f"errors of {1e3 * deviation_um:g} nm in each diameter move the coincidence nearest"
        f" {place} by {drawn.deviation_nm:.2g} nm (one standard deviation);"
        f" {drawn.overlapping.mean():.1f} ± {drawn.overlapping.std():.1f} pairs lie within a line width of each other"
    )
    notes(made.warnings(), screen)


def write_vernier(
    made: Vernier, spread: Tolerance, deviation_um: float, wanted_nm: float | None, folder: Path
) -> None:
    """Write coincidences.csv and vernier.png."""
    from femwgm.ground.files import write_files
    from femwgm.ground.rows import csv_bytes
    from femwgm.views.figures.experiment import vernier_figure
    from femwgm.views.figures.style import drawn

    rows: list[list[Any]] = [
        [
            *(f"{name}_{i}" for i in (1, 2) for name in ("pol", "l", "q")),
            "wavelength_nm",
            "detuning_nm",
            "line_widths",
        ]
    ]
    rows += [[*p.first, *p.second, p.wavelength_nm, p.detuning_nm, p.widths] for p in made.coincidences]
    places = {1e3 * deviation_um: spread.wavelength_nm}
    picture = drawn(vernier_figure, made, ("first", "second"), places, wanted_nm)
    write_files(folder, {"coincidences.csv": csv_bytes(rows), "vernier.png": picture})
