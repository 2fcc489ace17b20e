"""`prove`: every line of a window enclosed in ball arithmetic, with a complete count."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from femwgm.cli.options import Config, Quiet, Set
from femwgm.cli.screen import progress_bar, settings_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from femwgm.analytic import ExactMode, LayeredSphere
    from femwgm.analytic.proof import Pole, Prover
    from femwgm.config import RunConfig
    from femwgm.materials import Material

COLUMNS = ("pol", "q", "l", "wavelength_nm_low", "wavelength_nm_high", "q_low", "q_high", "proved")
_ROUGH = 6
"""Digits of the poles that are enclosed for the count only."""
_HIGHEST_FLOOR = 1e4


def prove(
    config: Config,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Folder for prove.csv and prove.json.")
    ] = None,
    override: Set = None,
    digits: Annotated[int, typer.Option("--digits", min=6, max=1000, help="Significant digits.")] = 30,
    quiet: Quiet = False,
) -> None:
    """Prove the lines of a layered sphere in ball arithmetic: existence, uniqueness, and a complete list."""
    from femwgm.analytic.balls import decimal_text
    from femwgm.errors import AccuracyError, MissingExtraError
    from femwgm.ground.files import json_bytes, write_files
    from femwgm.ground.rows import csv_bytes

    settings = settings_for("prove", config, override)
    if importlib.util.find_spec("flint") is None:
        raise MissingExtraError("a proof needs ball arithmetic: pip install 'femwgm[proof]'")
    poles, summary = proof_of(settings, digits, quiet=quiet)
    rows = []
    for pole in poles:
        low, high = (
            decimal_text(x, digits, up=up) for x, up in zip(pole.wavelength_nm(), (False, True), strict=True)
        )
        quality = pole.quality()
        q = (
            [decimal_text(x, digits, up=up) for x, up in zip(quality, (False, True), strict=True)]
            if quality
            else ["", ""]
        )
        rows.append((pole.pol, pole.q, pole.l, low, high, *q, str(pole.proved).lower()))
    if out is not None:
        write_files(out, {"prove.csv": csv_bytes([COLUMNS, *rows]), "prove.json": json_bytes(summary)})
    if not quiet:
        for row in rows:
            print(
                f"{row[0]} q={row[1]} l={row[2]}  {row[3]} .. {row[4]} nm  Q {row[5]} .. {row[6]}  proved: {row[7]}"
            )
        print(f"complete: {str(summary['complete']).lower()}")
    if not (summary["complete"] and all(pole.proved for pole in poles)):
        raise AccuracyError("not every line of the window is proved; see prove.json")


def proof_of(config: RunConfig, digits: int, *, quiet: bool = True) -> tuple[list[Pole], dict[str, Any]]:
    """The asked poles of a configuration, enclosed, and an account of the count.

    Degrees from one below the lowest asked for to the highest that can have a pole are counted: a radial order moves to shorter
    wavelengths as the degree grows, so the orders asked for lie below the window at lower degrees.
    """
    from femwgm.analytic.contour import LEAST_Q
    from femwgm.analytic.proof import distinct, outermost
    from femwgm.finders.exact_list import exact_sphere, expected_modes
    from femwgm.materials import materials_from_config

    materials = materials_from_config(config)
    prover = prover_of(config, materials)
    sphere = exact_sphere(config, materials)
    lo, hi = config.modes.window_um
    asked = {(e.pol, e.q, e.l) for e in expected_modes(config, materials)}
    there = sphere.modes((lo, hi), config.modes.polarizations)
    exact = {label: mode for mode in there if (label := (mode.pol, mode.q, mode.l)) in asked}
    k_low, k_high = 6.283185307179586 / hi, 6.283185307179586 / lo
    floor = max(LEAST_Q, min(_HIGHEST_FLOOR, *(0.5 * abs(m.q_total) for m in exact.values())))
    depth, height = 0.5 * k_low / floor, 1e-3 * k_low
    first = max(1, min(l for *_, l in asked) - 1)
    eps = [
        materials[name].permittivity(complex(k_high)) for name in config.geometry.region_materials.values()
    ]
    last = outermost(sphere.outer_radius_um, eps, k_high)
    if last is None:  # a metal carries waves of any degree: as far as the poles reach
        last = max(mode.l for mode in there) + 1
    if config.modes.azimuthal_orders is not None:
        last = min(last, max(l for *_, l in asked))
    poles: list[Pole] = []
    counts = []
    with progress_bar(quiet) as tell:
        for l in range(first, last + 1):
            for pol in config.modes.polarizations:
                tell(f"{pol} l={l}", l - first, last - first + 1)
                here = _enclosed(prover, sphere, exact, pol, l, (lo, hi), digits)
                poles += [p for p in here if (p.pol, p.q, p.l) in exact]
                counted = prover.count(pol, l, k_low, k_high, depth, height)
                inside = [p for p in here if p.proved and _within(p, depth)]
                if len(inside) < counted:
                    inside += _others(prover, sphere, (pol, l), inside, (k_low, k_high, depth))
                counts.append({"pol": pol, "l": l, "counted": counted, "enclosed": distinct(inside)})
    found = {(p.pol, p.q, p.l) for p in poles}
    complete = found == asked and all(c["counted"] == c["enclosed"] for c in counts)
    summary = {
        "complete": complete, "window_nm": [1e3 * lo, 1e3 * hi], "q_floor": floor, "digits": digits,
        "degrees": [first, last], "counts": counts,
    }  # fmt: skip
    return sorted(poles, key=lambda p: (p.wavelength_nm()[0], p.pol)), summary


def prover_of(config: RunConfig, materials: Mapping[str, Material]) -> Prover:
    """The sphere of a configuration in ball arithmetic.

    Raises
    ------
    ConfigError
        For other bodies, and for media that are not constant.
    """
    from femwgm.analytic.proof import Prover
    from femwgm.errors import ConfigError

    geometry = config.geometry
    if geometry.kind != "layered_sphere":
        raise ConfigError(
            "has no exact solution to prove",
            key="geometry.kind",
            value=geometry.kind,
            remedy="use 'femwgm run'",
        )
    indices = []
    for name in geometry.region_materials.values():
        medium = materials[name]
        if medium.dispersive or medium.axis is not None:
            raise ConfigError(
                "a proof needs constant, isotropic indices", key=f"materials.{name}", value="a law",
                remedy="write n (and k) at the wavelength in question",
            )  # fmt: skip
        n = medium.index(complex(1.0))
        indices.append((_text(n.real), _text(n.imag)))
    return Prover([_text(r) for r in geometry.radii_um], indices)


def _enclosed(
    prover: Prover, sphere: LayeredSphere, asked: Mapping[tuple[str, int, int], ExactMode], pol: str, l: int,
    window: Sequence[float], digits: int,
) -> list[Pole]:  # fmt: skip
    """Every pole of one degree in a window, those asked for to all digits."""
    found = []
    for mode in sphere.modes((window[0], window[1]), [pol], l_range=(l, l)):
        wanted = digits if (pol, mode.q, l) in asked else _ROUGH
        k = mode.k0
        if sphere.media.lossless and mode.log10_q_rad > 8.0:
            k = complex(mode.k_real, -0.5 * mode.k_real * 10.0 ** -min(mode.log10_q_rad, 300.0))
        log10_q = mode.log10_q_rad if sphere.media.lossless else 12.0
        found.append(prover.pole(pol, l, k, wanted, mode.q, log10_q))
    return found


def _others(
    prover: Prover, sphere: LayeredSphere, label: tuple[str, int], known: Sequence[Pole],
    box: tuple[float, float, float],
) -> list[Pole]:  # fmt: skip
    """Further poles of a degree in a box (lowest and highest Re k0, depth): waves of the ambient, which have no radial order."""
    from femwgm.analytic.contour import census

    pol, l = label
    found = census(sphere.resonator, pol == "TM", box[0], box[1], (l, l)).poles
    near = 1e-9 * box[1]
    new = [k for _, k in found if all(abs(k - complex(p.k0)) > near for p in known)]
    poles = [prover.pole(pol, l, k, _ROUGH, 0) for k in new]
    return [p for p in poles if p.proved and _within(p, box[2])]


def _within(pole: Pole, depth: float) -> bool:
    return bool(pole.k0.imag > -depth)


def _text(x: float) -> str:
    """A float as the decimal number it was written as."""
    return f"{x:.15g}"
